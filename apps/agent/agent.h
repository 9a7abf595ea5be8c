/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* agent.h - the host on this machine: one loop on the main thread, which owns connections and
 * devices; threads do the calls and bring their results back by posts.
 *
 * All functions of this room belong to the loop's thread, unless they say "any thread". */
#ifndef ZT_AGENT_AGENT_H
#define ZT_AGENT_AGENT_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "door/door.h"
#include "door/idle.h"
#include "rpc/rpc.h"

struct lws_context;
struct lws_protocols;
struct lws_protocol_vhost_options;
struct lws_vhost;
struct connection;
struct device;
struct flow;
struct lane;
struct request;
struct serve_headers;
struct site;
struct stream_wish;

/* What a thread hands to the loop, once. */
struct post {
	STAILQ_ENTRY(post) link;
	void (*deliver)(struct post *p); /* on the loop's thread; P is the receiver's then */
};

LIST_HEAD(connections, connection);
LIST_HEAD(devices, device);
LIST_HEAD(requests, request);

/* What is said by HTTP is above the loop (http/): what the loop asks of it. */
struct agent_http {
	const struct lws_protocols *(*protocols)(void);
	/* The headers of every answer of HOST (with its port), also of those that lws makes
	 * itself, in ROOM. */
	const struct lws_protocol_vhost_options *(*headers)(
	    struct serve_headers *room, const char *host);
	struct serve_headers *room;
	/* The address of W at C (http/stream.h). */
	bool (*address)(
	    struct connection *c, const struct stream_wish *w, char *url, size_t size);
	/* C has gone. */
	void (*forget)(struct connection *c);
};

struct agent {
	const struct agent_http *http;
	char root[PATH_MAX];  /* its folders are the devices */
	bool is_usual;        /* the root of the command line, which others use as well */
	char place[PATH_MAX]; /* the agent's own folder in it */
	char socket[108];
	const char *ca_file; /* zt_options, for all devices */
	bool in_clear;
	uint64_t page_check_ms; /* between looks at a page of a server; 0: none */
	struct lws_context *lws;
	struct lws_vhost *near, *loop; /* the unix socket, and 127.0.0.1 */
	struct door door;
	struct site *site;
	struct lane *here; /* runs what waits for nothing, and refuses */
	struct connections connections;
	uint64_t last_connection; /* number given */
	struct devices devices;
	unsigned jobs;           /* host methods that have a thread */
	struct idle_clocks seen; /* at the last tick */
	bool is_ending;
	uint64_t quiet_until_ms;     /* refusals of other users are not logged */
	uint64_t ends_by_ms;         /* then answers are sent no more */
	pthread_mutex_t posted_lock; /* of POSTED alone */
	STAILQ_HEAD(, post) posted;
};

/* Hands P to the loop. Any thread. */
void agent_post(struct agent *a, struct post *p);
/* Runs WHAT(CTX) on the loop's thread, and waits for it. Any other thread. */
void agent_do(struct agent *a, void (*what)(void *ctx), void *ctx);
/* Delivers what was posted. */
void agent_deliver(struct agent *a);
/* Opens sockets and serves until SIGTERM, SIGINT or agent_end. Returns an exit code. */
int agent_run(struct agent *a);
/* All devices lock, and the agent ends. */
void agent_end(struct agent *a);
/* A line of the log, on standard error: no secret is ever a part of it. Any thread. */
void agent_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Milliseconds of a clock that counts while the machine sleeps. Any thread. */
uint64_t agent_now_ms(void);

#endif
