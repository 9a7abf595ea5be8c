/* zt/sync.h - hearing of changes as they happen. */
#ifndef ZT_SYNC_H
#define ZT_SYNC_H

#include "zt/org.h"
#include "zt/zt.h"

struct zt_event {
	const char *kind;      /* "log", "chain" (a workspace's files), "keys" */
	const char *workspace; /* its name, or its id; "" for the organization */
	uint64_t position;     /* as the server says; verified by the next call that reads it */
};
struct zt_watch {
	void *ctx;
	/* The line stands, or stands again: what happened before may have been missed. */
	void (*ready)(void *ctx);
	void (*event)(void *ctx, const struct zt_event *e);
	/* A device of this user that came since this one, and that nobody has acknowledged
	 * here (zt_new_devices): at the beginning, and when one comes. May be NULL. */
	void (*new_device)(void *ctx, const struct zt_device *d);
	/* Asked about four times a second; true ends the watch. */
	bool (*stop)(void *ctx);
};
/* Tells what happens until it is stopped; a server that is away is waited for. An event is the
 * server's word, a hint to look: nothing is believed for it. Between events other processes may
 * use the state folder; Z itself must not be used until this returns. Errors: MEMORY, INVALID,
 * LOCKED (at the end another process has the folder: only zt_close is left). */
ZT_CALL enum zt_err zt_watch(struct zt *z, const struct zt_watch *w);

#endif
