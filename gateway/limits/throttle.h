/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* throttle.h - token buckets in bounded memory.
 *
 * A bucket belongs to a name (account.h), which nobody can choose. When the table is full, it
 * drops the fullest bucket of a few: that gives its owner tokens, so that a flood of new names
 * can neither spend another's tokens nor make the table grow. */
#ifndef ZT_LIMITS_THROTTLE_H
#define ZT_LIMITS_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct throttle;

/* RATE tokens a second, at most BURST at once. Errors: MEMORY. */
ZT_CHECKED enum zt_err throttle_new(int64_t rate, int64_t burst, struct throttle **out);
void throttle_free(struct throttle *t);
/* Takes a token of NAME; false when there is none. */
bool throttle_take(struct throttle *t, uint64_t name, uint64_t now_ms);
/* Whether NAME has no token left; changes nothing. */
bool throttle_is_spent(struct throttle *t, uint64_t name, uint64_t now_ms);
/* Gives back a token that was taken. */
void throttle_give(struct throttle *t, uint64_t name);

#endif
