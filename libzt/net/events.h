/* SPDX-License-Identifier: Apache-2.0 */
/* events.h - the event socket: what changed, as the servers say it. An event is a hint only:
 * the client then fetches and verifies. Reconnects with a fresh signature after a lost
 * connection. */
#ifndef ZT_NET_EVENTS_H
#define ZT_NET_EVENTS_H

#include "format/event.h"
#include "net/calls.h"

struct events_options {
	const struct calls *calls; /* whose server and key; must outlive */
	const char *ca_file;       /* NULL: the system's authorities */
	struct id org;
	void *ctx;
	/* The connection is up, for the first time or again: events before it may have been
	 * missed. */
	void (*ready)(void *ctx);
	void (*event)(void *ctx, const struct event *e);
	/* The connection ended or could not be made; a returned error ends the watch. */
	enum zt_err (*lost)(void *ctx);
	/* The server refuses this device another connection, with the reason MESSAGE (safe to
	 * show, or empty): the watch ends with LIMIT. */
	void (*full)(void *ctx, const char *message);
	/* Called about four times a second while the connection is up and idle. */
	void (*idle)(void *ctx);
	/* The same, whether or not there is a connection, but in the pause between two. */
	void (*turned)(void *ctx);
	/* Asked about four times a second; true ends the watch. */
	bool (*stop)(void *ctx);
};

/* Watches until STOP returns true or LOST an error; keeps reconnecting while the server is
 * unreachable. Errors: those of LOST, LIMIT, MEMORY, INVALID (the server's address). */
ZT_CHECKED enum zt_err events_watch(const struct events_options *o);

#endif
