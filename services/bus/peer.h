/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* peer.h - calls from one service to another over nng, each with a deadline. Thread-safe. */
#ifndef ZT_BUS_PEER_H
#define ZT_BUS_PEER_H

#include "base/buf.h"

struct link;
struct peer;

/* Dials URL (link.h) in the background; reconnects when a peer starts later. Errors: CONFIG. */
ZT_CHECKED enum zt_err peer_open(const struct link *link, const char *url, struct peer **out);
/* The same, of this very service, which listens on URL (link.h). Errors: CONFIG. */
ZT_CHECKED enum zt_err peer_open_self(
    const struct link *link, const char *url, struct peer **out);
void peer_close(struct peer *p);
/* Ends all pending calls (NETWORK), and refuses new ones. NULL is nothing. */
void peer_end(struct peer *p);
/* Calls WHAT (such as "/decision") with BODY; appends the answer's body. Errors: UNAVAILABLE,
 * TIMEOUT, and those of the other service. */
ZT_CHECKED enum zt_err peer_call(
    struct peer *p, const char *what, struct bytes body, unsigned deadline_ms, struct buf *out);
/* The same; MESSAGE gets the sentence of the other service's error, or none. */
enum { PEER_MESSAGE = 200 };
ZT_CHECKED enum zt_err peer_call_message(struct peer *p, const char *what, struct bytes body,
    unsigned deadline_ms, struct buf *out, char message[PEER_MESSAGE]);

#endif
