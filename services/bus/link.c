/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "bus/link.h"

#include <nng/supplemental/tls/tls.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/acceptor.h"
#include "bus/private.h"
#include "bus/tls_listener.h"
#include "crypto/suite.h"

enum { PEM_MAX = 64 * 1024 };

static const char far[] = LINK_FAR, near[] = "ipc://";

struct link {
	char ca[PEM_MAX], certificate[PEM_MAX], key[PEM_MAX];
};

bool
link_is_address(const char *url, size_t n)
{
	return (n > strlen(near) && strncmp(url, near, strlen(near)) == 0) ||
	       (n > strlen(far) && strncmp(url, far, strlen(far)) == 0);
}

static enum zt_err
read_public(const char *name, const char *file, char out[PEM_MAX], char message[200])
{
	FILE *f = fopen(file, "re");
	size_t n = f != NULL ? fread(out, 1, PEM_MAX, f) : 0;

	if (f != NULL)
		(void)fclose(f);
	if (n > 0 && n < PEM_MAX && memchr(out, 0, n) == NULL) {
		out[n] = 0;
		return ZT_OK;
	}
	(void)snprintf(message, 200, "%s: %.100s cannot be read", name, file);
	return ZT_ERR_CONFIG;
}

/* The settings of the end that dials; the caller owns *OUT and gives it to nng_tls_config_free.
 */
static int
configure(const struct link *l, nng_tls_auth_mode who, nng_tls_config **out)
{
	nng_tls_config *c = NULL;
	int rv;

	if (l == NULL)
		return NNG_ECRYPTO;
	if ((rv = nng_tls_config_alloc(&c, NNG_TLS_MODE_CLIENT)) != 0)
		return rv;
	if ((rv = nng_tls_config_version(c, NNG_TLS_1_2, NNG_TLS_1_3)) == 0 &&
	    (rv = nng_tls_config_ca_chain(c, l->ca, NULL)) == 0 &&
	    (rv = nng_tls_config_own_cert(c, l->certificate, l->key, NULL)) == 0)
		rv = nng_tls_config_auth_mode(c, who);
	if (rv == 0)
		*out = c;
	else
		nng_tls_config_free(c);
	return rv;
}

/* nng takes any key with any certificate. */
static bool
is_pair(const char *certificate, const char *key)
{
	BIO *c = BIO_new_mem_buf(certificate, -1), *k = BIO_new_mem_buf(key, -1);
	X509 *x = c != NULL ? PEM_read_bio_X509(c, NULL, NULL, NULL) : NULL;
	EVP_PKEY *p = k != NULL ? PEM_read_bio_PrivateKey(k, NULL, NULL, NULL) : NULL;
	bool is = x != NULL && p != NULL && X509_check_private_key(x, p) == 1;

	X509_free(x);
	EVP_PKEY_free(p);
	(void)BIO_free(c);
	(void)BIO_free(k);
	return is;
}

enum zt_err
link_new(const struct link_settings *set, bool is_far, struct link **out, char message[200])
{
	nng_tls_config *c = NULL;
	struct link *l;
	enum zt_err err = ZT_ERR_CONFIG;
	int rv;

	if (!is_far && set->ca[0] == 0 && set->certificate[0] == 0 && set->key[0] == 0)
		return ZT_OK;
	if (set->ca[0] == 0 || set->certificate[0] == 0 || set->key[0] == 0) {
		(void)snprintf(message, 200,
		    "tls+tcp:// needs peers_ca, peers_certificate and peers_key: one is "
		    "missing");
		return err;
	}
	if ((l = calloc(1, sizeof *l)) == NULL)
		return ZT_ERR_MEMORY;
	if ((err = read_public("peers_ca", set->ca, l->ca, message)) ||
	    (err = read_public(
		 "peers_certificate", set->certificate, l->certificate, message)) ||
	    (err = private_read("peers_key", set->key, l->key, PEM_MAX, message)))
		goto out;
	rv = is_pair(l->certificate, l->key) ? 0 : NNG_ECRYPTO;
	if (rv != 0 || (rv = configure(l, NNG_TLS_AUTH_MODE_REQUIRED, &c)) != 0) {
		(void)snprintf(message, 200,
		    "peers_ca, peers_certificate, peers_key: these do not serve: %s",
		    nng_strerror(rv));
		err = ZT_ERR_CONFIG;
	}
	if (c != NULL)
		nng_tls_config_free(c);
out:
	if (err)
		link_free(l);
	else
		*out = l;
	return err;
}

void
link_free(struct link *l)
{
	if (l == NULL)
		return;
	wipe(l, sizeof *l);
	free(l);
}

/* 1 to 65535; 0: TEXT is no port. */
static int
port_of(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	return *end == 0 && n > 0 && n <= UINT16_MAX ? (int)n : 0;
}

enum zt_err
link_listen(const struct link *l, nng_socket socket, const char *url, struct link_door *out,
    char message[200])
{
	nng_url *parts = NULL;
	enum zt_err err;

	*out = (struct link_door){ 0 };
	if (strncmp(url, far, strlen(far)) != 0)
		return acceptor_open(socket, url, NULL, NULL, &out->near, message);
	if (l == NULL || nng_url_parse(&parts, url) != 0 || port_of(parts->u_port) == 0) {
		nng_url_free(parts);
		(void)snprintf(message, 200, "it is no address of a service");
		return ZT_ERR_CONFIG;
	}
	err = tls_listener_open(
	    &(struct tls_identity){ .ca = l->ca, .certificate = l->certificate, .key = l->key },
	    socket, parts->u_hostname[0] != 0 ? parts->u_hostname : "*", port_of(parts->u_port),
	    &out->far, message);
	nng_url_free(parts);
	return err;
}

void
link_stop(struct link_door *d)
{
	acceptor_stop(d->near);
	tls_listener_stop(d->far);
}

void
link_close(struct link_door *d)
{
	acceptor_close(d->near);
	tls_listener_close(d->far);
	*d = (struct link_door){ 0 };
}

static int
dial(const struct link *l, nng_socket socket, const char *url, const char *name,
    nng_tls_auth_mode who, nng_dialer *out)
{
	nng_tls_config *c = NULL;
	nng_dialer d;
	int rv;

	if ((rv = configure(l, who, &c)) != 0)
		return rv;
	if ((rv = nng_tls_config_server_name(c, name)) == 0 &&
	    (rv = nng_dialer_create(&d, socket, url)) == 0 &&
	    ((rv = nng_dialer_set_ptr(d, NNG_OPT_TLS_CONFIG, c)) != 0 ||
		(rv = nng_dialer_set_bool(d, NNG_OPT_TCP_KEEPALIVE, true)) != 0 ||
		(rv = nng_dialer_start(d, NNG_FLAG_NONBLOCK)) != 0))
		(void)nng_dialer_close(d);
	else if (rv == 0)
		*out = d;
	nng_tls_config_free(c);
	return rv;
}

int
link_dial(const struct link *l, nng_socket socket, const char *url, nng_dialer *out)
{
	nng_url *parts = NULL;
	int rv;

	if (strncmp(url, far, strlen(far)) != 0)
		return nng_dial(socket, url, out, NNG_FLAG_NONBLOCK);
	if ((rv = nng_url_parse(&parts, url)) != 0)
		return rv;
	rv = parts->u_hostname[0] == 0 || port_of(parts->u_port) == 0
		 ? NNG_EADDRINVAL
		 : dial(l, socket, url, parts->u_hostname, NNG_TLS_AUTH_MODE_REQUIRED, out);
	nng_url_free(parts);
	return rv;
}

int
link_dial_self(const struct link *l, nng_socket socket, const char *url, nng_dialer *out)
{
	char self[64];
	nng_url *parts = NULL;
	int rv;

	if (strncmp(url, far, strlen(far)) != 0)
		return nng_dial(socket, url, out, NNG_FLAG_NONBLOCK);
	if ((rv = nng_url_parse(&parts, url)) != 0)
		return rv;
	(void)snprintf(self, sizeof self, "tls+tcp://127.0.0.1:%.5s", parts->u_port);
	nng_url_free(parts);
	return dial(l, socket, self, "localhost", NNG_TLS_AUTH_MODE_NONE, out);
}
