/* events.h - the event socket: what changed, as the servers say it. An event is a hint and
 * nothing more: who gets one fetches and verifies. A lost line is dialled again, with a new
 * signature. */
#ifndef ZT_NET_EVENTS_H
#define ZT_NET_EVENTS_H

#include "net/calls.h"

struct events_options {
	const struct calls *calls; /* whose server and key; must outlive */
	const char *ca_file;       /* NULL: the system's authorities */
	struct id org;
	void *ctx;
	/* The line stands, for the first time or again: whatever happened before may have been
	 * missed. */
	void (*ready)(void *ctx);
	/* KIND is "log", "chain" or "keys"; TOPIC the organization or a workspace. */
	void (*event)(void *ctx, const char *kind, const struct id *topic, uint64_t position);
	/* The line ended or did not come to stand; an error ends the watch with it. */
	enum zt_err (*lost)(void *ctx);
	/* The server lets this device have no line more, and says WHY (safe to show, or empty):
	 * the watch ends with LIMIT. */
	void (*full)(void *ctx, const char *why);
	/* The line stands and is silent, about four times a second. */
	void (*idle)(void *ctx);
	/* Asked about four times a second; true ends the watch. */
	bool (*stop)(void *ctx);
};

/* Watches until STOP or LOST says so. Errors: those of LOST, LIMIT, MEMORY, INVALID (the
 * server's address). A server that is away is waited for. */
ZT_CHECKED enum zt_err events_watch(const struct events_options *o);

#endif
