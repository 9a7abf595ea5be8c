/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* replay.h - the nonces of accepted requests, so that no signed request is accepted twice.
 *
 * A nonce is stored with the minute in which its request was created, which the signature
 * covers, until requests of that minute are refused as too old. The caller refuses requests
 * created before the process started, so nothing need be stored on disk. When a minute's table
 * is half full each device and each organization gets a share of it, so that none can shut out
 * others. Thread-safe; no lock is held for long. */
#ifndef ZT_FRAME_REPLAY_H
#define ZT_FRAME_REPLAY_H

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
