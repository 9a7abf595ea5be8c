/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* gateway.h - the public HTTP and WebSocket endpoint: one event loop, connections to the
 * services, limits.
 *
 * The gateway bounds sizes, times and rates, routes each request by proto/routes.def, and
 * forwards the signed request unaltered. It makes no access decisions. Everything here belongs
 * to the loop's thread unless it says otherwise. */
#ifndef ZT_GATEWAY_H
#define ZT_GATEWAY_H

#include <libwebsockets.h>

#include "bus/config.h"
#include "bus/link.h"
#include "format/route.h"
#include "limits/account.h"
#include "limits/address.h"
#include "limits/due.h"
#include "limits/throttle.h"
#include "upstream/mailbox.h"
#include "upstream/upstream.h"

struct gateway_settings {
	char listen_host[CONFIG_TEXT_MAX], port_file[CONFIG_TEXT_MAX];
	char metrics_host[CONFIG_TEXT_MAX], metrics_port_file[CONFIG_TEXT_MAX];
	char tls_certificate[CONFIG_TEXT_MAX], tls_key[CONFIG_TEXT_MAX];
	char service[SERVICE_COUNT][CONFIG_TEXT_MAX], messaging_events[CONFIG_TEXT_MAX],
	    key_file[CONFIG_TEXT_MAX];
	struct link_settings peers;
	struct link *link; /* what PEERS name */
	char proxies[CONFIG_TEXT_MAX], web[CONFIG_TEXT_MAX];
	int64_t port, metrics_port, deadline_s, least_rate, patience;
	int64_t connections, connections_per_address, connections_per_user, sockets_per_device;
	int64_t rate, burst, org_rate, org_burst, unproved_rate, unproved_burst;
	int64_t memory, memory_per_user, unproved_memory, unproved_memory_per_address; /* MiB */
};

struct exchange;
LIST_HEAD(exchange_list, exchange);
struct proofs;
struct door;
struct sockets;
struct site;
struct socket;
LIST_HEAD(socket_list, socket);

struct gateway {
	const struct gateway_settings *settings;
	struct lws_context *lws;
	struct lws_vhost *vhost;
	struct door *public, *metrics; /* the listeners; METRICS may be NULL */
	const struct door *door;       /* which lets somebody in just now */
	struct mailbox *inbox;
	struct upstream *upstream[SERVICE_COUNT];
	struct accounts *accounts;          /* what addresses, users and others hold */
	struct throttle *calls, *questions; /* by address: unauthenticated ones; cors.h */
	struct throttle *devices, *orgs;    /* authenticated calls */
	struct budget strangers_memory, users_memory;
	struct address_list proxies;      /* proxies whose X-Forwarded-For is trusted */
	struct connection_list strangers; /* unauthenticated connections, oldest first */
	struct account_list by_org;       /* those that have connections */
	struct exchange_list exchanges;   /* those whose connection is open */
	struct due_list due;              /* what is to happen at a time */
	lws_sorted_usec_list_t ticking;
	struct proofs *proofs;
	struct sockets *sockets;    /* open event sockets */
	int64_t connected, proved;  /* of them, those of users */
	struct site *site;          /* the page; NULL: it is not served */
	bool is_draining;           /* new connections are refused */
	uint64_t requests, refused; /* for /metrics */
};

/* Runs until a signal, then as long as exchanges are under way and ten seconds at most; lowers
 * a setting that the system does not allow. MESSAGE[200] says what failed. Errors: CONFIG,
 * UNAVAILABLE (the port). */
ZT_CHECKED enum zt_err gateway_run(struct gateway_settings *settings, char message[200]);
/* What lws calls (glue.c). */
const struct lws_protocols *glue_protocols(void);

#endif
