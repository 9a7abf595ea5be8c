/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* connection.h - limits connections, in total and per address, and the time in which a head
 * comes. When full, closes the oldest unauthenticated connection, so that strangers hold a
 * place only until somebody else needs it; a quarter of the places is always theirs, so that
 * a new peer can prove who it is. Proxies, and peers of the operator's own listener, are
 * neither strangers nor users. */
#ifndef ZT_GATEWAY_CONNECTION_H
#define ZT_GATEWAY_CONNECTION_H

#include "gateway/gateway.h"

/* Within which a head is read whole, and a stranger sends the next one. */
#define CONNECTION_HEAD_S 15

/* A connection opened. Returns the lws callback's value: 0, or -1 to close. */
int connection_accept(struct gateway *g, struct lws *wsi);
void connection_gone(struct lws *wsi);
/* Its caller was authenticated as USER of ORG (names, account.h): it is no longer closed for
 * strangers, and counts among theirs, until a call that proves nothing was answered on it. When
 * those who proved who they are have three quarters of all places, or one user has too many, it
 * is one of who has most that is closed: the least recent one without a call under way. */
void connection_proved(struct lws *wsi, uint64_t org, uint64_t user);
/* Its caller was authenticated as the operator. */
void connection_is_operators(struct lws *wsi);
/* A head came: the limits of its request, or socket, hold from here on. False when it has to
 * end: it was ended before, or a stranger sent the head in the same breath as the last, so that
 * the gateway would keep what it receives, and wake for it. One that was sent after the last
 * was read and before its answer passes: bytes are counted at heads only. */
ZT_CHECKED bool connection_head_received(struct lws *wsi);
/* It was answered: another head is awaited. */
void connection_waits(struct lws *wsi);
/* Ends it: its place is free at once, and it is closed at one of the next ticks, whatever comes
 * meanwhile. */
void connection_end(struct lws *wsi);
bool connection_is_ended(struct lws *wsi);
/* Whether it came by the operator's own listener, which serves only pages. */
bool connection_is_at_metrics(struct lws *wsi);
/* Whether its peer is one of the operator's proxies. */
bool connection_is_proxy(struct lws *wsi);
/* The account of this request's address, with one holder more; NULL without memory. */
struct account *connection_caller(struct gateway *g, struct lws *wsi);

#endif
