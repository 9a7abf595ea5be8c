/* events.h - what services tell each other without being asked, over nng PUB/SUB: a publisher
 * with its heartbeat, and a listener to several. line.h says what is on the wire. */
#ifndef ZT_COMMON_EVENTS_H
#define ZT_COMMON_EVENTS_H

#include "common/line.h"

/* The key that the services share, from FILE: 64 hexadecimal digits, for its owner alone. On
 * error WHY[200] says why. Errors: CONFIG, MEMORY. */
ZT_CHECKED enum zt_err events_key(const char *file, struct secret **out, char why[200]);

struct publisher;

/* Listens on URL and begins to beat, as SERVICE. KEY must outlive it. Errors: UNAVAILABLE with
 * WHY[200], MEMORY. */
ZT_CHECKED enum zt_err publisher_open(const char *url, enum route_service service,
    const struct secret *key, struct publisher **out, char why[200]);
void publisher_close(struct publisher *p);
/* Tells EVENT, not empty, to all that listen. Thread-safe; never waits. */
void publisher_tell(struct publisher *p, struct bytes event);

struct listener_hooks {
	void *ctx;
	/* FROM is heard of at NOW_MS; LOST: something that it told before was missed. */
	void (*heard)(void *ctx, enum route_service from, bool lost, uint64_t now_ms);
	/* And it told EVENT. */
	void (*event)(void *ctx, enum route_service from, struct bytes event);
	/* A line ended, whosever it was: runs on an nng thread. */
	void (*ended)(void *ctx);
};

struct events_listener;

/* Listens to the publishers at URLS, separated by commas, on a thread of its own, where the
 * hooks run: they do not wait. KEY must outlive it. Errors: CONFIG with WHY[200], MEMORY. */
ZT_CHECKED enum zt_err listener_open(const char *urls, const struct secret *key,
    const struct listener_hooks *hooks, struct events_listener **out, char why[200]);
/* After it returns no hook is running. */
void listener_close(struct events_listener *l);

#endif
