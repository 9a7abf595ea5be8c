/* gateway.h - the only door: one event loop, its lines to the services, its limits.
 *
 * The gateway carries and never decides: it bounds sizes, times and rates, routes each request
 * by proto/routes.def, and passes the signed request on whole. Everything here belongs to the
 * loop's thread unless it says otherwise. */
#ifndef ZT_GATEWAY_H
#define ZT_GATEWAY_H

#include <libwebsockets.h>

#include "common/config.h"
#include "format/route.h"
#include "gateway/mailbox.h"
#include "gateway/throttle.h"
#include "gateway/upstream.h"

struct gateway_settings {
	char listen_host[CONFIG_TEXT_MOST], port_file[CONFIG_TEXT_MOST];
	char metrics_host[CONFIG_TEXT_MOST], metrics_port_file[CONFIG_TEXT_MOST];
	char tls_certificate[CONFIG_TEXT_MOST], tls_key[CONFIG_TEXT_MOST];
	char service[SERVICE_COUNT][CONFIG_TEXT_MOST], messaging_events[CONFIG_TEXT_MOST];
	int64_t port, metrics_port, connections, connections_per_address, rate, burst,
	    deadline_s;
};

struct socket;

struct gateway {
	const struct gateway_settings *settings;
	struct lws_context *lws;
	struct lws_vhost *metrics; /* the listener of /metrics, or NULL */
	struct mailbox *inbox;
	struct upstream *upstream[SERVICE_COUNT];
	struct throttle *devices, *addresses; /* requests by device, connections by address */
	struct socket *sockets;               /* open event sockets */
	int64_t connected;
	uint64_t requests, refused; /* for /metrics */
};

/* Runs until a signal; WHY[200] says what failed. Errors: CONFIG, UNAVAILABLE (the port). */
ZT_CHECKED enum zt_err gateway_run(const struct gateway_settings *settings, char why[200]);
/* The protocols of the door, and of the listener for metrics (glue.c). */
const struct lws_protocols *glue_protocols(void);
const struct lws_protocols *glue_metrics_protocols(void);
/* A header's value, or "" when it is absent or longer than SIZE. */
const char *gateway_field(struct lws *wsi, const char *name, char *out, size_t size);

#endif
