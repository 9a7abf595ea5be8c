/* connection.h - who is let in: connections at all, and of one address. When there is no room,
 * the oldest that has proved nothing goes, so that strangers hold a place only until somebody
 * else wants it. */
#ifndef ZT_GATEWAY_CONNECTION_H
#define ZT_GATEWAY_CONNECTION_H

#include "gateway/gateway.h"

/* A connection came. Returns what lws wants: 0, or -1 to close. */
int connection_came(struct gateway *g, struct lws *wsi);
void connection_gone(struct lws *wsi);
/* Its caller proved who they are: it is nobody's to close. */
void connection_proved(struct lws *wsi);
/* Whether a proxy of ours is at its other end. */
bool connection_is_proxy(struct lws *wsi);
/* The account of the address that sent this request, which the caller now holds; NULL without
 * memory. */
struct account *connection_caller(struct gateway *g, struct lws *wsi);

#endif
