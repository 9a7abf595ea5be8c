/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* connection.h - limits connections, in total and per address. When full, closes the oldest
 * unauthenticated connection, so that strangers hold a place only until somebody else needs
 * it. */
#ifndef ZT_GATEWAY_CONNECTION_H
#define ZT_GATEWAY_CONNECTION_H

#include "gateway/gateway.h"

/* A connection opened. Returns the lws callback's value: 0, or -1 to close. */
int connection_came(struct gateway *g, struct lws *wsi);
void connection_gone(struct lws *wsi);
/* Its caller was authenticated: it is no longer closed for others. */
void connection_proved(struct lws *wsi);
/* A head came: the limits of its request, or socket, hold from here on. False when it has to
 * end: a stranger who sends a head before having the answer to the last makes the gateway keep
 * what comes, and wake for it. */
bool connection_is_asked(struct lws *wsi);
/* It was answered: another head is awaited. */
void connection_waits(struct lws *wsi);
/* Closes the strangers whose head did not come in time. To be called at every tick. */
void connection_tick(struct gateway *g);
/* Whether its peer is one of the operator's proxies. */
bool connection_is_proxy(struct lws *wsi);
/* The account of this request's address, with one holder more; NULL without memory. */
struct account *connection_caller(struct gateway *g, struct lws *wsi);

#endif
