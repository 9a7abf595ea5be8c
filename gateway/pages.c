/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/pages.h"

#include "gateway/connection.h"

/* Each service can be reached; names those that cannot. */
static enum zt_err
ready(const struct gateway *g, struct buf *out)
{
	enum zt_err err = ZT_OK;

	for (size_t i = 0; i < SERVICE_COUNT; i++)
		if (!upstream_is_up(g->upstream[i])) {
			buf_printf(out, "%s cannot be reached\n",
			    route_service_name((enum route_service)i));
			err = ZT_ERR_UNAVAILABLE;
		}
	if (err == ZT_OK)
		buf_add_text(out, "ok\n");
	return err;
}

static void
numbers(const struct gateway *g, struct buf *out)
{
	buf_printf(out,
	    "# TYPE zt_gateway_requests_total counter\nzt_gateway_requests_total %llu\n"
	    "# TYPE zt_gateway_refused_total counter\nzt_gateway_refused_total %llu\n"
	    "# TYPE zt_gateway_connections gauge\nzt_gateway_connections %lld\n"
	    "# TYPE zt_gateway_service_up gauge\n",
	    (unsigned long long)g->requests, (unsigned long long)g->refused,
	    (long long)g->connected);
	for (size_t i = 0; i < SERVICE_COUNT; i++)
		buf_printf(out, "zt_gateway_service_up{service=\"%s\"} %d\n",
		    route_service_name((enum route_service)i), upstream_is_up(g->upstream[i]));
}

bool
pages_print(const struct gateway *g, struct lws *wsi, const char *path, struct buf *out,
    enum zt_err *err)
{
	*err = ZT_OK;
	if (strcmp(path, "/healthz") == 0)
		buf_add_text(out, "ok\n");
	else if (strcmp(path, "/readyz") == 0)
		*err = ready(g, out);
	else if (strcmp(path, "/metrics") == 0 && connection_is_at_metrics(wsi))
		numbers(g, out);
	else
		return false;
	return true;
}

enum zt_err
pages_service(const char *path, enum route_service *out)
{
	static const char before[] = "/metrics/";

	if (strncmp(path, before, sizeof before - 1) != 0)
		return ZT_ERR_NOT_FOUND;
	for (size_t i = 0; i < SERVICE_COUNT; i++)
		if (strcmp(path + sizeof before - 1,
			route_service_name((enum route_service)i)) == 0) {
			*out = (enum route_service)i;
			return ZT_OK;
		}
	return ZT_ERR_NOT_FOUND;
}
