/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* events.h - events between services over nng PUB/SUB: a publisher with a heartbeat, and a
 * listener to several publishers. The wire format is in line.h. */
#ifndef ZT_BUS_EVENTS_H
#define ZT_BUS_EVENTS_H

#include "bus/line.h"

/* Reads the services' shared key from FILE: 64 hexadecimal digits, readable by its owner only.
 * MESSAGE[200]: a sentence on an error. Errors: CONFIG, MEMORY. */
ZT_CHECKED enum zt_err events_key(const char *file, struct secret **out, char message[200]);

struct link;
struct publisher;

/* Listens on URL and starts the heartbeat of SERVICE. KEY must outlive it. Errors: UNAVAILABLE
 * with MESSAGE[200], MEMORY. */
ZT_CHECKED enum zt_err publisher_open(const struct link *link, const char *url,
    enum route_service service, const struct secret *key, struct publisher **out,
    char message[200]);
void publisher_close(struct publisher *p);
/* Sends EVENT, not empty, to all listeners. Thread-safe; never waits. */
void publisher_tell(struct publisher *p, struct bytes event);

struct listener_hooks {
	void *ctx;
	/* A frame of FROM arrived at NOW_MS; LOST: earlier events of FROM were missed. */
	void (*heard)(void *ctx, enum route_service from, bool lost, uint64_t now_ms);
	/* FROM sent EVENT. */
	void (*event)(void *ctx, enum route_service from, struct bytes event);
	/* A connection to any publisher ended. Runs on an nng thread. */
	void (*ended)(void *ctx);
};

struct events_listener;

/* Listens to the publishers at URLS, separated by commas, on its own thread, which runs the
 * hooks: they must not wait. KEY must outlive it. Errors: CONFIG with MESSAGE[200], MEMORY. */
ZT_CHECKED enum zt_err listener_open(const struct link *link, const char *urls,
    const struct secret *key, const struct listener_hooks *hooks, struct events_listener **out,
    char message[200]);
/* After it returns no hook is running. */
void listener_close(struct events_listener *l);

#endif
