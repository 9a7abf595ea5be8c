/* pages.h - what the gateway says itself, for whoever runs it. /healthz and /readyz stand at
 * the door; /metrics, and /metrics/SERVICE of each service, at the listener that was set up for
 * it: what a server does is not told to everybody. */
#ifndef ZT_GATEWAY_PAGES_H
#define ZT_GATEWAY_PAGES_H

#include "gateway/gateway.h"

#define PAGES_TEXT "text/plain; version=0.0.4" /* the exposition format of Prometheus */

/* Appends the page at PATH; false: there is none. Errors, in *ERR: UNAVAILABLE. */
bool pages_print(const struct gateway *g, struct lws *wsi, const char *path, struct buf *out,
    enum zt_err *err);
/* Whether WSI came by the listener for metrics, where there is nothing else. */
bool pages_are_all(const struct gateway *g, struct lws *wsi);
/* The service whose numbers are at PATH. Errors: NOT_FOUND. */
ZT_CHECKED enum zt_err pages_service(const char *path, enum route_service *out);

#endif
