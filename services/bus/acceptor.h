/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* acceptor.h - a listener of nng that never stops accepting.
 *
 * That of nng 1.5.2 may stop for good, without a word: a peer connects and ends before nng has
 * greeted it, and nng takes the peer's end (EPIPE) for the end of the listener. Later peers are
 * greeted, and nothing that they send is read. nng 1.6 has this mended. So a thread connects
 * every ACCEPTOR_LOOK_MS as a peer would. When it was greeted twice and no connection counted,
 * another listener takes the address: the connections of the first one end, and peers dial
 * again. Of those that waited there nng keeps a file each until the process ends. */
#ifndef ZT_BUS_ACCEPTOR_H
#define ZT_BUS_ACCEPTOR_H

#include <nng/nng.h>

#include "base/err.h"

#ifndef ACCEPTOR_LOOK_MS /* a test waits for less */
#define ACCEPTOR_LOOK_MS 4000
#define ACCEPTOR_AGAIN_MS 1000    /* behind a look that found it deaf */
#define ACCEPTOR_PATIENCE_MS 2000 /* from the greeting until the connection counts */
#endif

struct acceptor;

/* Runs on an nng thread before PIPE counts, and may close it. */
typedef void acceptor_admit_fn(void *ctx, nng_pipe pipe);

/* Listens for SOCKET, which has no other callback before a pipe is added, at URL: ipc://PATH,
 * where users of the owner's group may connect and nobody else (services that run as different
 * users share a group), or tcp://127.0.0.1:0. ADMIT may be NULL. The caller stops *OUT,
 * closes SOCKET, and then *OUT. MESSAGE[200] says what failed. Errors: UNAVAILABLE (the
 * address), MEMORY. */
ZT_CHECKED enum zt_err acceptor_open(nng_socket socket, const char *url,
    acceptor_admit_fn *admit, void *ctx, struct acceptor **out, char message[200]);
/* Ends the looks. To be called before SOCKET is closed: nng 1.5.2 may wait for good for a
 * connection that is just made. NULL is nothing. */
void acceptor_stop(struct acceptor *a);
/* NULL is nothing. After it returns ADMIT is not begun any more. */
void acceptor_close(struct acceptor *a);
/* The port of tcp://127.0.0.1:0, which another listener changes. Thread-safe. */
int acceptor_port(const struct acceptor *a);
/* How often another listener took the address. Thread-safe. */
unsigned acceptor_renewals(const struct acceptor *a);

#endif
