/* zt/event.h - the event socket: hears of changes as they happen. */
#ifndef ZT_EVENT_H
#define ZT_EVENT_H

#include "zt/zt.h"

struct zt_event {
	const char *kind;      /* listening, log, chain, keys */
	const char *workspace; /* its name or id; "" for the organization */
	uint64_t position;
};
/* Listens, reconnecting, until EACH returns false or, when SECONDS is not 0, until they passed.
 * Errors: REVOKED and the like when the server refuses; NETWORK. */
ZT_CALL enum zt_err zt_watch(struct zt *z, unsigned seconds,
    bool (*each)(void *ctx, const struct zt_event *e), void *ctx);

#endif
