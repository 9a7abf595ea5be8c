/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tls_relay.h - one connection of TLS: its handshake, then its clear bytes to and from a local
 * socket. Never waits: the caller waits for what a turn wants. */
#ifndef ZT_BUS_TLS_RELAY_H
#define ZT_BUS_TLS_RELAY_H

#include <openssl/types.h>
#include <stdbool.h>

#include "base/err.h"

struct tls_relay;

enum tls_relay_state {
	TLS_RELAY_STRANGER, /* in the handshake: the peer has not proved a certificate */
	TLS_RELAY_KNOWN,    /* it has; without a local socket it waits for one */
	TLS_RELAY_ENDED     /* either end is gone, or said what is not TLS */
};

/* What has to be ready before the next turn is of use: POLLIN, POLLOUT of <poll.h>. */
struct tls_relay_wants {
	short peer, local;
};

/* The server's end of PEER, which must not block. The relay owns PEER when it succeeds. Errors:
 * MEMORY. */
ZT_CHECKED enum zt_err tls_relay_new(SSL_CTX *ctx, int peer, struct tls_relay **out);
/* NULL is nothing. Both sockets are closed. */
void tls_relay_free(struct tls_relay *r);
/* Connects it with LOCAL, which it owns from now on and which must not block. Only for one
 * that is KNOWN and has none. Errors: MEMORY (LOCAL is the caller's). */
ZT_CHECKED enum zt_err tls_relay_join(struct tls_relay *r, int local);
/* Does what can be done now, up to a few MiB, so that others have their turn. */
enum tls_relay_state tls_relay_turn(struct tls_relay *r, struct tls_relay_wants *wants);

#endif
