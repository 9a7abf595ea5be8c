/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tls_world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/suite.h"
#include "test.h"

enum { DAY = 86400 };

/* ---- certificates ---- */

static void
to_text(BIO *b, char out[PEM])
{
	int n = BIO_read(b, out, PEM - 1);

	assert_true(n > 0);
	out[n] = 0;
	(void)BIO_free(b);
}

static void
extend(X509 *x, X509 *by, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, by, x, NULL, NULL, 0);
	assert_non_null(e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value));
	assert_int_equal(1, X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
}

/* BY NULL: an authority. Ends DAYS from now. */
static void
issue(struct issued *w, const char *name, const struct issued *by, int days)
{
	static long serial;
	X509 *x = X509_new();
	BIO *b;

	w->x = x;
	assert_non_null(w->key = EVP_EC_gen("P-256"));
	(void)X509_set_version(x, X509_VERSION_3);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
	(void)X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)name, -1, -1, 0);
	(void)X509_set_issuer_name(x, X509_get_subject_name(by != NULL ? by->x : x));
	(void)X509_gmtime_adj(X509_getm_notBefore(x), -2 * DAY);
	(void)X509_gmtime_adj(X509_getm_notAfter(x), days * (long)DAY);
	(void)X509_set_pubkey(x, w->key);
	extend(x, by != NULL ? by->x : x, NID_basic_constraints,
	    by != NULL ? "critical,CA:FALSE" : "critical,CA:TRUE");
	if (by != NULL)
		extend(x, by->x, NID_subject_alt_name, "DNS:localhost");
	assert_true(X509_sign(x, by != NULL ? by->key : w->key, EVP_sha256()) > 0);
	assert_non_null(b = BIO_new(BIO_s_mem()));
	assert_int_equal(1, PEM_write_bio_X509(b, x));
	to_text(b, w->certificate);
	assert_non_null(b = BIO_new(BIO_s_mem()));
	assert_int_equal(1, PEM_write_bio_PrivateKey(b, w->key, NULL, NULL, 0, NULL, NULL));
	to_text(b, w->secret);
}

static void
let_go(struct issued *w)
{
	X509_free(w->x);
	EVP_PKEY_free(w->key);
}

/* ---- a service that answers each call with its own bytes ---- */

void *
echo(void *arg)
{
	struct world *w = arg;
	nng_msg *m;

	while (nng_recvmsg(w->server, &m, 0) == 0)
		if (nng_sendmsg(w->server, m, 0) != 0)
			nng_msg_free(m);
	return NULL;
}

static void
write_file(
    const struct world *w, const char *name, const char *text, char path[CONFIG_TEXT_MAX])
{
	int fd;

	(void)snprintf(path, CONFIG_TEXT_MAX, "%s/%s", w->folder, name);
	assert_true((fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) >= 0);
	assert_int_equal(strlen(text), write(fd, text, strlen(text)));
	(void)close(fd);
}

int
tls_world_begin(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct link_settings set = { 0 };
	char message[200] = "";

	assert_non_null(w);
	assert_ok(suite_init());
	(void)signal(SIGPIPE, SIG_IGN);
	(void)snprintf(w->folder, sizeof w->folder, "/tmp/zt-test.XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	issue(&w->ours, "ours", NULL, 2);
	issue(&w->theirs, "theirs", NULL, 2);
	issue(&w->service, "service", &w->ours, 2);
	issue(&w->caller, "caller", &w->ours, 2);
	issue(&w->stranger, "stranger", &w->theirs, 2);
	issue(&w->old, "old", &w->ours, -1);
	write_file(w, "ca", w->ours.certificate, set.ca);
	write_file(w, "crt", w->caller.certificate, set.certificate);
	write_file(w, "key", w->caller.secret, set.key);
	assert_ok(link_new(&set, true, &w->link, message));
	assert_int_equal(0, nng_rep0_open(&w->server));
	(void)nng_socket_set_size(w->server, NNG_OPT_RECVMAXSZ, 0);
	assert_ok(tls_listener_open(&(struct tls_identity){ w->ours.certificate,
					w->service.certificate, w->service.secret },
	    w->server, "127.0.0.1", 0, &w->listener, message));
	w->port = tls_listener_port(w->listener);
	assert_int_equal(0, pthread_create(&w->thread, NULL, echo, w));
	*state = w;
	return 0;
}

int
tls_world_end(void **state)
{
	static const char *const names[] = { "ca", "crt", "key" };
	struct world *w = *state;
	char path[128];

	tls_listener_stop(w->listener);
	/* nng 1.5.2 may wait for good for a connection that is just made: by a peer, too */
	(void)usleep(100 * 1000);
	(void)nng_close(w->server);
	(void)pthread_join(w->thread, NULL);
	tls_listener_close(w->listener);
	link_free(w->link);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", w->folder, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(w->folder);
	let_go(&w->ours);
	let_go(&w->theirs);
	let_go(&w->service);
	let_go(&w->caller);
	let_go(&w->stranger);
	let_go(&w->old);
	free(w);
	return 0;
}

/* ---- callers ---- */

nng_socket
dial(const struct world *w)
{
	char url[64];
	nng_dialer dialer;
	nng_socket s;

	assert_int_equal(0, nng_req0_open(&s));
	(void)nng_socket_set_ms(s, NNG_OPT_RECVTIMEO, 10000);
	(void)nng_socket_set_ms(s, NNG_OPT_SENDTIMEO, 10000);
	(void)nng_socket_set_ms(s, NNG_OPT_RECONNMINT, 20);
	(void)nng_socket_set_ms(s, NNG_OPT_RECONNMAXT, 100);
	(void)nng_socket_set_size(s, NNG_OPT_RECVMAXSZ, 0);
	(void)snprintf(url, sizeof url, "tls+tcp://localhost:%d", w->port);
	assert_int_equal(0, link_dial(w->link, s, url, &dialer));
	return s;
}

bool
is_echoed(nng_socket s, size_t n)
{
	uint8_t *sent = malloc(n + 1);
	nng_msg *m = NULL;
	bool is;

	assert_non_null(sent);
	random_bytes(sent, n);
	assert_int_equal(0, nng_msg_alloc(&m, 0));
	assert_int_equal(0, nng_msg_append(m, sent, n));
	if (nng_sendmsg(s, m, 0) != 0) {
		nng_msg_free(m);
		free(sent);
		return false;
	}
	is = nng_recvmsg(s, &m, 0) == 0;
	if (is) {
		is = nng_msg_len(m) == n && memcmp(nng_msg_body(m), sent, n) == 0;
		nng_msg_free(m);
	}
	free(sent);
	return is;
}

int
connect_from(const struct world *w, uint8_t host)
{
	struct sockaddr_in from = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f000000u | host) },
			   to = { .sin_family = AF_INET,
				   .sin_port = htons((uint16_t)w->port),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(0, bind(fd, (struct sockaddr *)&from, sizeof from));
	assert_int_equal(0, connect(fd, (struct sockaddr *)&to, sizeof to));
	return fd;
}

bool
gets_in_by(
    const struct world *w, uint8_t host, const struct issued *who, int max, const char *groups)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct timeval patience = { 5, 0 };
	int fd = connect_from(w, host);
	uint8_t head[8];
	SSL *ssl;
	bool is;

	assert_non_null(ctx);
	SSL_CTX_set_security_level(ctx, 0);
	(void)SSL_CTX_set_min_proto_version(ctx, 0);
	(void)SSL_CTX_set_max_proto_version(ctx, max);
	if (groups != NULL)
		assert_int_equal(1, SSL_CTX_set1_groups_list(ctx, groups));
	if (who != NULL) {
		assert_int_equal(1, SSL_CTX_use_certificate(ctx, who->x));
		assert_int_equal(1, SSL_CTX_use_PrivateKey(ctx, who->key));
	}
	assert_non_null(ssl = SSL_new(ctx));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	assert_int_equal(1, SSL_set_fd(ssl, fd));
	is = SSL_connect(ssl) == 1 && SSL_read(ssl, head, sizeof head) == sizeof head &&
	     memcmp(head, "\0SP\0", 4) == 0;
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	(void)close(fd);
	return is;
}

bool
gets_in(const struct world *w, uint8_t host, const struct issued *who, int max)
{
	return gets_in_by(w, host, who, max, NULL);
}

bool
has_ended(int fd)
{
	char c;
	ssize_t n = recv(fd, &c, 1, MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN);
}

size_t
still_open(const int *fds, size_t n)
{
	size_t open = 0;

	for (size_t i = 0; i < n; i++)
		open += !has_ended(fds[i]);
	return open;
}
