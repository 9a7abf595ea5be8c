/* exchange.h - one HTTP exchange as a machine: head, body, waiting for a service, answer. */
#ifndef ZT_GATEWAY_EXCHANGE_H
#define ZT_GATEWAY_EXCHANGE_H

#include "gateway/gateway.h"

/* The head arrived. Returns what lws wants: 0, or -1 to close. *SLOT is the connection's place.
 */
int exchange_head(struct gateway *g, struct lws *wsi, struct exchange **slot, const char *path);
int exchange_body(struct exchange *x, const void *p, size_t n);
int exchange_body_end(struct exchange *x);
int exchange_writable(struct exchange **slot);
/* The connection is gone; an answer that is still under way finds nobody. */
void exchange_gone(struct exchange **slot);
/* To be run about twice a second: refusals that are due, and what moves too slowly. */
void exchange_tick(struct gateway *g);

#endif
