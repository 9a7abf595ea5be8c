/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pages.h - the gateway's own pages, for its operator. /healthz and /readyz are on the public
 * listener; /metrics, and /metrics/SERVICE of each service, only on the metrics listener: the
 * public must not see a server's activity. */
#ifndef ZT_GATEWAY_PAGES_H
#define ZT_GATEWAY_PAGES_H

#include "gateway/gateway.h"

#define PAGES_TEXT "text/plain; version=0.0.4" /* the exposition format of Prometheus */

/* Appends the page at PATH; false: no such page. Errors, in *ERR: UNAVAILABLE. */
bool pages_print(const struct gateway *g, struct lws *wsi, const char *path, struct buf *out,
    enum zt_err *err);
/* The service whose metrics are at PATH. Errors: NOT_FOUND. */
ZT_CHECKED enum zt_err pages_service(const char *path, enum route_service *out);

#endif
