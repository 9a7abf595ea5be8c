/* replay.h - the window of nonces already seen, so that no signed request is taken twice.
 *
 * A nonce is kept for two windows at most. Requests created before the process started are
 * refused by the caller, so that nothing need be kept on disk. Thread-safe. */
#ifndef ZT_COMMON_REPLAY_H
#define ZT_COMMON_REPLAY_H

#include "base/id.h"

struct replay;

/* WINDOW_MS: how long a request can be valid. Errors: MEMORY. */
ZT_CHECKED enum zt_err replay_new(uint64_t window_ms, struct replay **out);
void replay_free(struct replay *r);
/* Errors: REPLAY, MEMORY, RATE (more than the window can hold). */
ZT_CHECKED enum zt_err replay_take(struct replay *r, const struct id *nonce, uint64_t now_ms);

#endif
