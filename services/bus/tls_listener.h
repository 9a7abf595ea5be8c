/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tls_listener.h - TLS ends here, before nng: a peer that has not proved a certificate of ours
 * reaches no code but the handshake, and no more memory than its share.
 *
 * nng 1.5 accepts without a bound and keeps each connection for ten seconds. So one thread
 * accepts, does the handshakes with OpenSSL (TLS 1.2 or newer) and relays the clear bytes to
 * nng, which listens on a port of the loopback and takes connections of the relay alone. There
 * are TLS_LISTENER_STRANGERS handshakes at once at most, each for two seconds; when one more
 * comes, the oldest of the address that has the most gives way. In a turn of the loop all known
 * peers come before a few steps of handshakes, which strangers have in the order of the
 * polls that found them ready. A known peer is relayed without a bound on their number: the
 * authority decides how many there are. */
#ifndef ZT_BUS_TLS_LISTENER_H
#define ZT_BUS_TLS_LISTENER_H

#include <nng/nng.h>

#include "base/err.h"

#define TLS_LISTENER_STRANGERS 64
#define TLS_LISTENER_PATIENCE_MS 2000

/* PEM texts, with an end. */
struct tls_identity {
	const char *ca, *certificate, *key;
};

struct tls_listener;

/* Listens for SOCKET, which has no other listener with callbacks before a pipe is added, on
 * HOST and PORT (bus/tcp.h). The caller stops *OUT, closes SOCKET, and
 * then *OUT. MESSAGE[200] says what
 * failed. Errors: UNAVAILABLE (the port), CONFIG (the identity), MEMORY. */
ZT_CHECKED enum zt_err tls_listener_open(const struct tls_identity *who, nng_socket socket,
    const char *host, int port, struct tls_listener **out, char message[200]);
/* As acceptor_stop. */
void tls_listener_stop(struct tls_listener *l);
/* Ends all its connections. NULL is nothing. */
void tls_listener_close(struct tls_listener *l);
/* The port that it listens on. */
int tls_listener_port(const struct tls_listener *l);

#endif
