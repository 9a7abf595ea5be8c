/* SPDX-License-Identifier: Apache-2.0 */
/* zt/sync.h - notification of changes as they happen. */
#ifndef ZT_SYNC_H
#define ZT_SYNC_H

#include "zt/org.h"
#include "zt/zt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A new entry of the trust log; a workspace's files; its keys; a message of a channel; or a
 * kind that a newer server sends. */
enum zt_event_kind {
	ZT_EVENT_OTHER,
	ZT_EVENT_LOG,
	ZT_EVENT_CHAIN,
	ZT_EVENT_KEYS,
	ZT_EVENT_MESSAGE
};
struct zt_event {
	enum zt_event_kind kind;
	const char *workspace; /* its name, or its id; "" for the organization */
	uint64_t position;     /* the server's word; the next call that reads it verifies it */
	const char *space;     /* the id of workspace or channel, or of the organization */
};
struct zt_watch {
	void *ctx;
	/* Connected, or connected again: events before this may have been missed. */
	void (*ready)(void *ctx);
	void (*event)(void *ctx, const struct zt_event *e);
	/* Called for each device of this user added after this one and not acknowledged here
	 * (zt_new_devices): at the start, and when one is added. May be NULL. */
	void (*new_device)(void *ctx, const struct zt_device *d);
	/* Called about four times a second; return true to end the watch. */
	bool (*stop)(void *ctx);
};
/* Reports events until STOP returns true; reconnects while the server is unreachable. An event
 * is an unverified hint to call zt_sync or to read. Between events other processes may use the
 * state folder, and other handles the device; do not use Z until this returns. Errors: MEMORY,
 * INVALID, LOCKED (another process has the folder at the end). */
ZT_CALL enum zt_err zt_watch(struct zt *z, const struct zt_watch *w);

/* The same in steps, for a host that has its own WebSockets and may not wait (a browser):
 * zt_listen gives the address to connect to, with the subprotocol "zt-events", and the text
 * that is to be sent first, once, within a minute. Each binary message of N bytes that comes is
 * given to zt_hear, which calls READY or EVENT of W, and may speak to the server. A socket that
 * ends is opened again with what zt_listen gives then. An empty message that the host sends
 * (not oftener than every ten seconds) is answered by one, which is not for zt_hear: so it
 * knows that the line lives. Errors: MEMORY, TOO_BIG (the address); of zt_hear those of
 * zt_sync. */
#define ZT_LISTEN_URL 512
#define ZT_LISTEN_FIRST 1281
ZT_CALL enum zt_err zt_listen(
    struct zt *z, char url[ZT_LISTEN_URL], char first[ZT_LISTEN_FIRST]);
ZT_CALL enum zt_err zt_hear(
    struct zt *z, const void *message, size_t n, const struct zt_watch *w);

#ifdef __cplusplus
}
#endif

#endif
