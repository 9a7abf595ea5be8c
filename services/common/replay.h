/* replay.h - the nonces of requests that were taken, so that no signed request is taken twice.
 *
 * A nonce is remembered with the minute in which its request was created, which the signature
 * covers, until no request of that minute is taken any more. Requests created before the
 * process started are refused by the caller, so that nothing need be kept on disk. When a
 * minute's room is half full each device and each organization has a share of it, so that none
 * of them can shut out others. Thread-safe; no lock is held for long. */
#ifndef ZT_COMMON_REPLAY_H
#define ZT_COMMON_REPLAY_H

#include "base/id.h"

#define REPLAY_MINUTE (1u << 21)       /* requests of one minute in all: 35,000 a second */
#define REPLAY_DEVICE_SHARE (1u << 11) /* of a device, when half of that is used */
#define REPLAY_ORG_SHARE (1u << 16)    /* of an organization then */

struct replay;

/* Errors: MEMORY. */
ZT_CHECKED enum zt_err replay_new(struct replay **out);
void replay_free(struct replay *r);
/* Takes NONCE of a request of DEVICE of ORG, signed by it and created at CREATED_MS. Errors:
 * REPLAY (also a request so old that its minute is forgotten), MEMORY, RATE (the share). */
ZT_CHECKED enum zt_err replay_take(struct replay *r, const struct id *org,
    const struct id *device, const struct id *nonce, uint64_t created_ms);

#endif
