/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tls_listener_test.c - who reaches a service over a network, and what the others cost it. */
#include "bus/tls_listener.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bus/link.h"
#include "bus/tcp.h"
#include "crypto/suite.h"
#include "test.h"

enum { PEM = 8192, DAY = 86400, SILENT = 400 };

/* ---- certificates ---- */

struct issued {
	X509 *x;
	EVP_PKEY *key;
	char certificate[PEM], secret[PEM];
};

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

struct world {
	char folder[64];
	struct issued ours, theirs, service, caller, stranger, old;
	nng_socket server;
	struct tls_listener *listener;
	struct link *link;
	pthread_t thread;
	int port;
};

static void *
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

static int
set_up(void **state)
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

static int
tear_down(void **state)
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

static nng_socket
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

/* Whether N bytes come back as they went. */
static bool
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

/* A connection to the listener from 127.0.0.HOST. */
static int
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

/* Whether a caller with WHO's certificate (NULL: none), TLS up to MAX, one of GROUPS (NULL:
 * any), gets to nng, which says what it speaks before it is asked. */
static bool
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

static bool
gets_in(const struct world *w, uint8_t host, const struct issued *who, int max)
{
	return gets_in_by(w, host, who, max, NULL);
}

static bool
has_ended(int fd)
{
	char c;
	ssize_t n = recv(fd, &c, 1, MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN);
}

static size_t
still_open(const int *fds, size_t n)
{
	size_t open = 0;

	for (size_t i = 0; i < n; i++)
		open += !has_ended(fds[i]);
	return open;
}

/* ---- what the listener calls, in its order ---- */

/* Of the listener's end: one step of a stranger's handshake, or bytes of a known peer. */
struct step {
	bool is_known;
	int port; /* the stranger's */
};

enum { STEPS = 64, CROWD = 12 };
static struct watch {
	pthread_mutex_t lock;
	pthread_cond_t turn;
	struct step steps[STEPS];
	size_t count;
	bool records, holds, is_held;
	void (*at_step)(void); /* on the listener's thread */
} watch = { .lock = PTHREAD_MUTEX_INITIALIZER, .turn = PTHREAD_COND_INITIALIZER };
static atomic_int ahead_s; /* of the wall's clock */
static atomic_bool has_no_memory;

static void
record(const SSL *ssl, bool is_known)
{
	struct sockaddr_in from = { 0 };
	socklen_t n = sizeof from;

	(void)getpeername(SSL_get_fd(ssl), (struct sockaddr *)&from, &n);
	(void)pthread_mutex_lock(&watch.lock);
	if (watch.records && watch.count < STEPS) {
		watch.steps[watch.count++] = (struct step){ is_known, ntohs(from.sin_port) };
		if (!is_known)
			watch.at_step();
	}
	while (!is_known && watch.holds) {
		watch.is_held = true;
		(void)pthread_cond_broadcast(&watch.turn);
		(void)pthread_cond_wait(&watch.turn, &watch.lock);
	}
	(void)pthread_mutex_unlock(&watch.lock);
}

/* The library's own, under its name. */
#define NEXT(type, name) ((type)(uintptr_t)dlsym(RTLD_NEXT, name))

int
SSL_do_handshake(SSL *ssl)
{
	if (SSL_is_server(ssl))
		record(ssl, false);
	return NEXT(int (*)(SSL *), "SSL_do_handshake")(ssl);
}

int
SSL_read_ex(SSL *ssl, void *to, size_t n, size_t *got)
{
	int rv = NEXT(int (*)(SSL *, void *, size_t, size_t *), "SSL_read_ex")(ssl, to, n, got);

	if (rv == 1 && SSL_is_server(ssl))
		record(ssl, true);
	return rv;
}

SSL_CTX *
SSL_CTX_new(const SSL_METHOD *method)
{
	if (atomic_load(&has_no_memory))
		return NULL;
	return NEXT(SSL_CTX * (*)(const SSL_METHOD *), "SSL_CTX_new")(method);
}

int
clock_gettime(clockid_t clock, struct timespec *out)
{
	int rv = (int)syscall(SYS_clock_gettime, clock, out);

	if (rv == 0 && clock == CLOCK_REALTIME)
		out->tv_sec += atomic_load(&ahead_s);
	return rv;
}

/* The listener's thread stays in the next step of a handshake until it is let go. */
static void
hold(void)
{
	(void)pthread_mutex_lock(&watch.lock);
	watch.holds = true;
	(void)pthread_mutex_unlock(&watch.lock);
}

static void
await_held(void)
{
	(void)pthread_mutex_lock(&watch.lock);
	while (!watch.is_held)
		(void)pthread_cond_wait(&watch.turn, &watch.lock);
	(void)pthread_mutex_unlock(&watch.lock);
}

static void
let_on(void (*at_step)(void))
{
	(void)pthread_mutex_lock(&watch.lock);
	watch.holds = watch.is_held = false;
	watch.records = true;
	watch.count = 0;
	watch.at_step = at_step;
	(void)pthread_cond_broadcast(&watch.turn);
	(void)pthread_mutex_unlock(&watch.lock);
}

/* Until COUNT steps of strangers were made; what was recorded, to OUT. */
static size_t
await_steps(size_t count, struct step out[STEPS])
{
	size_t seen = 0, n = 0;

	while (seen < count) {
		(void)usleep(1000);
		(void)pthread_mutex_lock(&watch.lock);
		n = watch.count;
		memcpy(out, watch.steps, sizeof watch.steps);
		(void)pthread_mutex_unlock(&watch.lock);
		seen = 0;
		for (size_t i = 0; i < n; i++)
			seen += !out[i].is_known;
	}
	(void)pthread_mutex_lock(&watch.lock);
	watch.records = false;
	(void)pthread_mutex_unlock(&watch.lock);
	return n;
}

/* ---- tests ---- */

static void
a_peer_of_ours_is_answered(void **state)
{
	static const size_t sizes[] = { 1, 4096, 16383, 16384, 16385, 65535, 65536, 65537,
		1 << 20, (8 << 20) + 1, 0 };
	struct world *w = *state;
	nng_socket a = dial(w), b = dial(w);

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		assert_true(is_echoed(a, sizes[i]));
		assert_true(is_echoed(b, sizes[i]));
	}
	(void)nng_close(a);
	assert_true(is_echoed(b, 100)); /* the end of one is not the other's */
	(void)nng_close(b);
}

static void
N1_only_a_certificate_of_ours_reaches_nng(void **state)
{
	struct world *w = *state;

	assert_true(gets_in(w, 1, &w->caller, TLS1_3_VERSION));
	assert_true(gets_in(w, 1, &w->caller, TLS1_2_VERSION));
	assert_false(gets_in(w, 1, &w->caller, TLS1_1_VERSION));
	assert_false(gets_in(w, 1, NULL, TLS1_3_VERSION));
	assert_false(gets_in(w, 1, NULL, TLS1_2_VERSION));
	assert_false(gets_in(w, 1, &w->stranger, TLS1_3_VERSION));
	assert_false(gets_in(w, 1, &w->stranger, TLS1_2_VERSION));
	assert_false(gets_in(w, 1, &w->old, TLS1_3_VERSION));
	assert_true(gets_in(w, 1, &w->caller, TLS1_3_VERSION));
}

/* Each costs the one thread of all peers as much as the caller chooses, before it has proved
 * anything: with ffdhe8192, a tenth of a second. */
static void
N1_a_stranger_does_not_choose_what_costs_most(void **state)
{
	static const char *const cheap[] = { "X25519", "P-256", "ffdhe8192:X25519" },
				 *const dear[] = { "ffdhe2048", "ffdhe3072", "ffdhe4096",
					 "ffdhe6144", "ffdhe8192", "P-384", "P-521", "X448" };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof cheap / sizeof cheap[0]; i++)
		assert_true(gets_in_by(w, 1, &w->caller, TLS1_3_VERSION, cheap[i]));
	for (size_t i = 0; i < sizeof dear / sizeof dear[0]; i++)
		assert_false(gets_in_by(w, 1, &w->caller, TLS1_3_VERSION, dear[i]));
	assert_true(gets_in_by(w, 1, &w->caller, TLS1_2_VERSION, "P-256"));
	assert_false(gets_in_by(w, 1, &w->caller, TLS1_2_VERSION, "P-521"));
}

static void
N1_who_says_nothing_takes_few_places_for_a_short_time(void **state)
{
	struct world *w = *state;
	nng_socket before = dial(w);
	struct pollfd last;
	int fds[SILENT], slow;

	assert_true(is_echoed(before, 10));
	slow = connect_from(w, 1);
	for (size_t i = 0; i < SILENT; i++) {
		fds[i] = connect_from(w, 2);
		/* one of another address comes in between, and is not pushed out */
		if (i % 100 == 99)
			assert_true(gets_in(w, 1, &w->caller, TLS1_3_VERSION));
		if (i == 99)
			assert_false(has_ended(slow)); /* the oldest, and not of those */
	}
	assert_true(gets_in(w, 2, &w->caller, TLS1_3_VERSION)); /* in the strangers' place */
	assert_true(still_open(fds, SILENT) <= TLS_LISTENER_STRANGERS);
	assert_false(has_ended(fds[SILENT - 1])); /* the oldest went */
	assert_true(is_echoed(before, 1 << 20));
	last = (struct pollfd){ .fd = fds[SILENT - 1], .events = POLLIN };
	assert_int_equal(1, poll(&last, 1, 10 * TLS_LISTENER_PATIENCE_MS));
	assert_int_equal(0, still_open(fds, SILENT));
	assert_true(is_echoed(before, 10));
	for (size_t i = 0; i < SILENT; i++)
		(void)close(fds[i]);
	(void)close(slow);
	(void)nng_close(before);
}

static void
N1_what_is_not_TLS_ends(void **state)
{
	struct world *w = *state;
	uint8_t noise[4096];

	for (int i = 0; i < 50; i++) {
		int fd = connect_from(w, 2);
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		random_bytes(noise, sizeof noise);
		if (i % 2 == 0)
			memcpy(noise, "\0SP\0\0\x30\0\0", 8); /* what nng itself would say */
		(void)send(fd, noise, sizeof noise, MSG_NOSIGNAL);
		/* noise may look like the beginning of a long record, which has its time */
		assert_int_equal(1, poll(&p, 1, 5 * TLS_LISTENER_PATIENCE_MS));
		while ((n = recv(fd, noise, sizeof noise, 0)) > 0)
			assert_memory_not_equal(noise, "\0SP\0", 4);
		(void)close(fd);
	}
	assert_true(gets_in(w, 1, &w->caller, TLS1_3_VERSION));
}

static void
N1_a_rush_of_strangers_keeps_nobody_out(void **state)
{
	struct world *w = *state;
	nng_socket before = dial(w);
	struct linger reset = { 1, 0 };

	for (int i = 0; i < 3000; i++) {
		int fd = connect_from(w, 3);

		if (i % 2 == 0)
			(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
		(void)close(fd);
		if (i % 500 == 0) {
			nng_socket now = dial(w);

			assert_true(is_echoed(now, 1000));
			assert_true(is_echoed(before, 1000));
			(void)nng_close(now);
		}
	}
	(void)nng_close(before);
}

struct renewing {
	const struct world *w;
	atomic_bool sends, is_taken;
};

/* A peer of ours that sends nothing but new keys, made before so that they come as fast as they
 * are taken. */
static void *
renew(void *arg)
{
	enum { KEYS = 60000 };
	static const uint8_t hello[] = { 0, 'S', 'P', 0, 0, 0x30, 0, 0 };
	struct renewing *r = arg;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int fd = connect_from(r->w, 4);
	BIO *all = BIO_new(BIO_s_mem());
	char *p, end[64];
	SSL *ssl;
	long n;

	assert_int_equal(1, SSL_CTX_use_certificate(ctx, r->w->caller.x));
	assert_int_equal(1, SSL_CTX_use_PrivateKey(ctx, r->w->caller.key));
	assert_non_null(ssl = SSL_new(ctx));
	assert_int_equal(1, SSL_set_fd(ssl, fd));
	assert_int_equal(1, SSL_connect(ssl));
	/* nng ends who does not greet it in ten seconds, and the keys may take longer. */
	assert_int_equal(sizeof hello, SSL_write(ssl, hello, sizeof hello));
	SSL_set0_wbio(ssl, all);
	for (int i = 0; i < KEYS; i++)
		assert_true(SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
			    SSL_do_handshake(ssl) == 1);
	n = BIO_get_mem_data(all, &p);
	atomic_store(&r->sends, true);
	while (n > 0) {
		ssize_t some = send(fd, p, (size_t)n, MSG_NOSIGNAL);

		assert_true(some > 0);
		p += some;
		n -= some;
	}
	(void)shutdown(fd, SHUT_WR);
	while (recv(fd, end, sizeof end, 0) > 0)
		continue;
	atomic_store(&r->is_taken, true);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	(void)close(fd);
	return NULL;
}

static void
a_peer_that_sends_no_data_leaves_others_their_turn(void **state)
{
	struct world *w = *state;
	struct renewing r = { .w = w };
	nng_socket s = dial(w);
	pthread_t thread;

	assert_true(is_echoed(s, 10));
	assert_int_equal(0, pthread_create(&thread, NULL, renew, &r));
	while (!atomic_load(&r.sends))
		(void)usleep(1000);
	for (int i = 0; i < 5; i++)
		assert_true(is_echoed(s, 100));
	assert_false(atomic_load(&r.is_taken));
	(void)pthread_join(thread, NULL);
	assert_true(atomic_load(&r.is_taken));
	(void)nng_close(s);
}

/* The port of the loopback on which nng listens in this process, beside the listener's own. */
static int
inner_port(const struct world *w)
{
	char path[64];
	int found = 0;

	for (int fd = 3; fd < 256 && found == 0; fd++) {
		int listens = 0;
		socklen_t n = sizeof listens;
		struct stat st;

		(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		if (stat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
		    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) == 0 && listens &&
		    tcp_port(fd) != w->port)
			found = tcp_port(fd);
	}
	return found;
}

/* Whether a program of this machine gets an answer on nng's own PORT, from any address. */
static bool
is_answered_inside(int port)
{
	static const uint8_t hello[] = { 0, 'S', 'P', 0, 0, 0x30, 0, 0 },
			     call[] = { 0, 0, 0, 0, 0, 0, 0, 5, 0x80, 0, 0, 1, 'x' };
	struct world there = { .port = port };
	struct timeval patience = { 5, 0 };
	int fd = connect_from(&there, 1);
	uint8_t in[64];
	size_t n = 0;
	ssize_t got;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	(void)send(fd, hello, sizeof hello, MSG_NOSIGNAL);
	(void)send(fd, call, sizeof call, MSG_NOSIGNAL);
	while (n < 8 + sizeof call && (got = recv(fd, in + n, sizeof in - n, 0)) > 0)
		n += (size_t)got;
	(void)close(fd);
	return n == 8 + sizeof call && in[n - 1] == 'x';
}

static void
N1_another_program_of_this_machine_does_not_reach_nng(void **state)
{
	struct world *w = *state;
	nng_socket open = { 0 };
	nng_listener at;
	int port = 0;

	assert_true(inner_port(w) > 0);
	assert_false(is_answered_inside(inner_port(w)));
	/* What the listener does not guard answers: the test can see one. */
	assert_int_equal(0, nng_rep0_open(&open));
	assert_int_equal(0, nng_listen(open, "tcp://127.0.0.1:0", &at, 0));
	assert_int_equal(0, nng_listener_get_int(at, NNG_OPT_TCP_BOUND_PORT, &port));
	{
		struct world other = { .server = open };
		pthread_t thread;

		assert_int_equal(0, pthread_create(&thread, NULL, echo, &other));
		assert_true(is_answered_inside(port));
		(void)nng_close(open);
		(void)pthread_join(thread, NULL);
	}
}

static void
N1_an_address_without_a_port_opens_none(void **state)
{
	static const char *const wrong[] = { "", ":0", ":-1", ":7x", ":65536", ":99999" };
	struct world *w = *state;
	char url[64], message[200] = "";
	struct link_door door;
	nng_dialer dialer;
	nng_socket s;

	assert_int_equal(0, nng_rep0_open(&s));
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		(void)snprintf(url, sizeof url, "tls+tcp://127.0.0.1%s", wrong[i]);
		assert_err(ZT_ERR_CONFIG, link_listen(w->link, s, url, &door, message));
		(void)snprintf(url, sizeof url, "tls+tcp://localhost%s", wrong[i]);
		assert_true(link_dial(w->link, s, url, &dialer) != 0);
	}
	/* with one it is an address: this one is taken */
	(void)snprintf(url, sizeof url, "tls+tcp://127.0.0.1:%d", w->port);
	assert_err(ZT_ERR_UNAVAILABLE, link_listen(w->link, s, url, &door, message));
	(void)nng_close(s);
}

static void
N1_an_empty_host_opens_no_port(void **state)
{
	int fd = tcp_listen("", 0);

	(void)state;
	assert_int_equal(-1, fd);
	assert_true((fd = tcp_listen("*", 0)) >= 0);
	assert_true(tcp_port(fd) > 0);
	(void)close(fd);
}

/* A peer of ours, by hand. */
struct caller {
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
};

static void
begin_call(const struct world *w, struct caller *c)
{
	/* what it speaks, and the length of a message that comes in pieces */
	static const uint8_t head[] = { 0, 'S', 'P', 0, 0, 0x30, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0xff };
	const int now = 1;
	uint8_t theirs[8];

	assert_non_null(c->ctx = SSL_CTX_new(TLS_client_method()));
	assert_int_equal(1, SSL_CTX_use_certificate(c->ctx, w->caller.x));
	assert_int_equal(1, SSL_CTX_use_PrivateKey(c->ctx, w->caller.key));
	assert_non_null(c->ssl = SSL_new(c->ctx));
	c->fd = connect_from(w, 1);
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
	assert_int_equal(1, SSL_set_fd(c->ssl, c->fd));
	assert_int_equal(1, SSL_connect(c->ssl));
	assert_int_equal(sizeof theirs, SSL_read(c->ssl, theirs, sizeof theirs));
	assert_int_equal(sizeof head, SSL_write(c->ssl, head, sizeof head));
}

static void
end_call(struct caller *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	(void)close(c->fd);
}

static struct caller speaker;
static int latecomer, crowd[CROWD + 2];

static void
speak(void)
{
	assert_int_equal(1, SSL_write(speaker.ssl, "x", 1));
	if (latecomer >= 0)
		assert_int_equal(1, send(latecomer, "\x16", 1, MSG_NOSIGNAL));
	latecomer = -1;
}

/* Strangers that the listener has taken, of which the first keeps it busy; the rest, without
 * the last, has then said enough for a step each. */
static void
gather(const struct world *w)
{
	for (size_t i = 0; i < CROWD + 2; i++)
		crowd[i] = connect_from(w, 9);
	assert_true(gets_in(w, 1, &w->caller, TLS1_3_VERSION)); /* taken after those */
	hold();
	assert_int_equal(1, send(crowd[0], "\x16", 1, MSG_NOSIGNAL));
	await_held();
	for (size_t i = 1; i <= CROWD; i++)
		assert_int_equal(1, send(crowd[i], "\x16", 1, MSG_NOSIGNAL));
}

static void
scatter(void)
{
	for (size_t i = 0; i < CROWD + 2; i++)
		(void)close(crowd[i]);
}

/* A peer that speaks at each step of a stranger is heard after four of them at most. */
static void
N1_known_peers_come_before_handshakes_in_each_turn(void **state)
{
	struct world *w = *state;
	struct step steps[STEPS];
	size_t n, run = 4; /* known first */

	begin_call(w, &speaker);
	gather(w);
	latecomer = -1;
	speak();
	let_on(speak);
	n = await_steps(CROWD, steps);
	for (size_t i = 0; i < n; i++) {
		run = steps[i].is_known ? 0 : run + 1;
		assert_true(run <= 4);
	}
	scatter();
	end_call(&speaker);
}

/* Else a flood that comes faster than it is served keeps out all that came before it. */
static void
N1_a_stranger_does_not_overtake_those_that_wait(void **state)
{
	struct world *w = *state;
	struct step steps[STEPS];
	size_t n;

	begin_call(w, &speaker);
	gather(w);
	latecomer = crowd[CROWD + 1];
	let_on(speak);
	n = await_steps(CROWD + 1, steps);
	while (steps[n - 1].is_known)
		n--;
	assert_int_equal(tcp_port(crowd[CROWD + 1]), steps[n - 1].port);
	scatter();
	end_call(&speaker);
}

static void
N1_a_stranger_has_its_time_by_a_clock_that_is_not_set(void **state)
{
	struct world *w = *state;
	int fd = connect_from(w, 2);

	assert_true(gets_in(w, 1, &w->caller, TLS1_3_VERSION)); /* taken after it */
	atomic_store(&ahead_s, 3600);
	(void)usleep(TLS_LISTENER_PATIENCE_MS * 1000 / 3); /* some ticks */
	atomic_store(&ahead_s, 0);
	assert_false(has_ended(fd));
	(void)close(fd);
}

static void
N1_a_listener_without_memory_says_so(void **state)
{
	struct world *w = *state;
	struct tls_listener *l = NULL;
	char message[200] = "";
	nng_socket s;

	assert_int_equal(0, nng_rep0_open(&s));
	atomic_store(&has_no_memory, true);
	assert_err(
	    ZT_ERR_MEMORY, tls_listener_open(&(struct tls_identity){ w->ours.certificate,
						 w->service.certificate, w->service.secret },
			       s, "127.0.0.1", 0, &l, message));
	atomic_store(&has_no_memory, false);
	assert_string_equal(err_text(ZT_ERR_MEMORY), message);
	(void)nng_close(s);
}

static void
it_ends_with_connections_that_stand(void **state)
{
	struct world *w = *state;
	int silent = connect_from(w, 2);
	nng_socket s = dial(w);

	assert_true(is_echoed(s, 10));
	tls_listener_stop(w->listener); /* before nng_close (acceptor.h) */
	(void)nng_close(w->server);
	(void)pthread_join(w->thread, NULL);
	tls_listener_close(w->listener);
	w->listener = NULL;
	assert_true(has_ended(silent));
	(void)close(silent);
	(void)nng_close(s);
	assert_int_equal(0, nng_rep0_open(&w->server));
	assert_int_equal(0, pthread_create(&w->thread, NULL, echo, w));
}

static void
a_port_that_is_taken_is_said(void **state)
{
	struct world *w = *state;
	struct tls_listener *l = NULL;
	char message[200] = "";
	nng_socket s;

	assert_int_equal(0, nng_rep0_open(&s));
	assert_err(ZT_ERR_UNAVAILABLE,
	    tls_listener_open(&(struct tls_identity){ w->ours.certificate,
				  w->service.certificate, w->service.secret },
		s, "127.0.0.1", w->port, &l, message));
	assert_string_equal("Address already in use", message);
	assert_err(
	    ZT_ERR_CONFIG, tls_listener_open(&(struct tls_identity){ w->ours.certificate,
						 w->service.certificate, w->caller.secret },
			       s, "127.0.0.1", 0, &l, message));
	(void)nng_close(s);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_peer_of_ours_is_answered),
		TEST(N1_only_a_certificate_of_ours_reaches_nng),
		TEST(N1_a_stranger_does_not_choose_what_costs_most),
		TEST(N1_who_says_nothing_takes_few_places_for_a_short_time),
		TEST(N1_what_is_not_TLS_ends),
		TEST(N1_a_rush_of_strangers_keeps_nobody_out),
		TEST(N1_known_peers_come_before_handshakes_in_each_turn),
		TEST(N1_a_stranger_does_not_overtake_those_that_wait),
		TEST(N1_a_stranger_has_its_time_by_a_clock_that_is_not_set),
		TEST(N1_a_listener_without_memory_says_so),
		TEST(a_peer_that_sends_no_data_leaves_others_their_turn),
		TEST(N1_another_program_of_this_machine_does_not_reach_nng),
		TEST(N1_an_address_without_a_port_opens_none),
		TEST(N1_an_empty_host_opens_no_port),
		TEST(it_ends_with_connections_that_stand),
		TEST(a_port_that_is_taken_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
