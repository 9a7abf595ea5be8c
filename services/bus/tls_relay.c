/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "bus/tls_relay.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	HALF = 64 * 1024, /* bytes under way in one direction */
	STEPS = 32        /* of a turn */
};

/* Clear bytes that one end has given and the other has not taken. */
struct half {
	size_t from, to;
	uint8_t bytes[HALF];
};

struct tls_relay {
	int peer, local;
	SSL *ssl;
	struct half *in, *out; /* from the peer, and to it */
	bool is_known;
};

enum step { MOVED, WAITS, ENDED };

enum zt_err
tls_relay_new(SSL_CTX *ctx, int peer, struct tls_relay **out)
{
	struct tls_relay *r = calloc(1, sizeof *r);

	if (r == NULL || (r->ssl = SSL_new(ctx)) == NULL || SSL_set_fd(r->ssl, peer) != 1) {
		if (r != NULL)
			SSL_free(r->ssl);
		free(r);
		ERR_clear_error();
		return ZT_ERR_MEMORY;
	}
	SSL_set_accept_state(r->ssl);
	r->peer = peer;
	r->local = -1;
	*out = r;
	return ZT_OK;
}

void
tls_relay_free(struct tls_relay *r)
{
	if (r == NULL)
		return;
	SSL_free(r->ssl);
	(void)close(r->peer);
	if (r->local >= 0)
		(void)close(r->local);
	free(r->in);
	free(r->out);
	free(r);
}

enum zt_err
tls_relay_join(struct tls_relay *r, int local)
{
	/* Not zeroed: pages that are never used are never touched. */
	if ((r->in = malloc(sizeof *r->in)) == NULL ||
	    (r->out = malloc(sizeof *r->out)) == NULL)
		return ZT_ERR_MEMORY;
	r->in->from = r->in->to = r->out->from = r->out->to = 0;
	r->local = local;
	return ZT_OK;
}

/* What OpenSSL said by RV, which was no success. */
static enum step
of_ssl(struct tls_relay *r, int rv, struct tls_relay_wants *wants)
{
	switch (SSL_get_error(r->ssl, rv)) {
	case SSL_ERROR_WANT_READ:
		wants->peer |= POLLIN;
		return WAITS;
	case SSL_ERROR_WANT_WRITE:
		wants->peer |= POLLOUT;
		return WAITS;
	default:
		return ENDED;
	}
}

static enum step
of_local(short event, short *wants)
{
	if (errno == EINTR)
		return MOVED;
	if (errno != EAGAIN)
		return ENDED;
	*wants |= event;
	return WAITS;
}

static bool
is_empty(const struct half *h)
{
	return h->from == h->to;
}

static enum step
from_peer(struct tls_relay *r, struct tls_relay_wants *wants)
{
	size_t n = 0;
	int rv;

	if (!is_empty(r->in))
		return WAITS;
	ERR_clear_error();
	if ((rv = SSL_read_ex(r->ssl, r->in->bytes, HALF, &n)) != 1)
		return of_ssl(r, rv, wants);
	r->in->from = 0;
	r->in->to = n;
	return MOVED;
}

static enum step
to_local(struct tls_relay *r, struct tls_relay_wants *wants)
{
	struct half *h = r->in;
	ssize_t n;

	if (is_empty(h))
		return WAITS;
	if ((n = send(r->local, h->bytes + h->from, h->to - h->from, MSG_NOSIGNAL)) < 0)
		return of_local(POLLOUT, &wants->local);
	h->from += (size_t)n;
	return MOVED;
}

static enum step
from_local(struct tls_relay *r, struct tls_relay_wants *wants)
{
	ssize_t n;

	if (!is_empty(r->out))
		return WAITS;
	if ((n = recv(r->local, r->out->bytes, HALF, 0)) < 0)
		return of_local(POLLIN, &wants->local);
	if (n == 0)
		return ENDED;
	r->out->from = 0;
	r->out->to = (size_t)n;
	return MOVED;
}

static enum step
to_peer(struct tls_relay *r, struct tls_relay_wants *wants)
{
	struct half *h = r->out;
	size_t n = 0;
	int rv;

	if (is_empty(h))
		return WAITS;
	ERR_clear_error();
	if ((rv = SSL_write_ex(r->ssl, h->bytes + h->from, h->to - h->from, &n)) != 1)
		return of_ssl(r, rv, wants);
	h->from += n;
	return MOVED;
}

/* Its end is what the peer sees of the handshake's failure: OpenSSL has sent an alert. */
static enum tls_relay_state
shake_hands(struct tls_relay *r, struct tls_relay_wants *wants)
{
	int rv;

	ERR_clear_error();
	if ((rv = SSL_do_handshake(r->ssl)) != 1)
		return of_ssl(r, rv, wants) == ENDED ? TLS_RELAY_ENDED : TLS_RELAY_STRANGER;
	r->is_known = true;
	return TLS_RELAY_KNOWN;
}

enum tls_relay_state
tls_relay_turn(struct tls_relay *r, struct tls_relay_wants *wants)
{
	static enum step (*const all[])(struct tls_relay *,
	    struct tls_relay_wants *) = { from_peer, to_local, from_local, to_peer };

	*wants = (struct tls_relay_wants){ 0 };
	if (!r->is_known)
		return shake_hands(r, wants);
	if (r->local < 0)
		return TLS_RELAY_KNOWN;
	for (int i = 0; i < STEPS; i++) {
		bool has_moved = false;

		*wants = (struct tls_relay_wants){ 0 };
		for (size_t k = 0; k < sizeof all / sizeof all[0]; k++)
			switch (all[k](r, wants)) {
			case MOVED:
				has_moved = true;
				break;
			case WAITS:
				break;
			case ENDED:
				return TLS_RELAY_ENDED;
			}
		if (!has_moved)
			return TLS_RELAY_KNOWN;
	}
	/* OpenSSL may hold bytes for which no socket becomes readable. */
	*wants = (struct tls_relay_wants){ POLLIN | POLLOUT, POLLIN | POLLOUT };
	return TLS_RELAY_KNOWN;
}
