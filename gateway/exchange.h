/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* exchange.h - one HTTP exchange as a state machine: head, body, waiting for a service,
 * answer. */
#ifndef ZT_GATEWAY_EXCHANGE_H
#define ZT_GATEWAY_EXCHANGE_H

#include "gateway/gateway.h"

/* The head arrived. Returns the lws callback's value: 0, or -1 to close. *SLOT: the exchange
 * of this connection. */
int exchange_head(struct gateway *g, struct lws *wsi, struct exchange **slot, const char *path);
int exchange_body(struct exchange *x, const void *p, size_t n);
int exchange_body_end(struct exchange *x);
int exchange_writable(struct exchange **slot);
/* The connection closed; a late answer is discarded. */
void exchange_gone(struct exchange **slot);
/* Whether any caller is still sending, waits for a service, or reads an answer. */
bool exchange_is_under_way(const struct gateway *g);

#endif
