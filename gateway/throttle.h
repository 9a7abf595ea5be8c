/* throttle.h - token buckets by key, in bounded memory: two keys that share a slot share a
 * bucket. */
#ifndef ZT_GATEWAY_THROTTLE_H
#define ZT_GATEWAY_THROTTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct throttle;

/* RATE tokens a second, at most BURST at once. Errors: MEMORY. */
ZT_CHECKED enum zt_err throttle_new(int64_t rate, int64_t burst, struct throttle **out);
void throttle_free(struct throttle *t);
/* Takes a token for KEY; false when there is none. */
bool throttle_take(struct throttle *t, const void *key, size_t n, uint64_t now_ms);
/* Gives a token back (a connection closed); only with rate 0. */
void throttle_give(struct throttle *t, const void *key, size_t n);

#endif
