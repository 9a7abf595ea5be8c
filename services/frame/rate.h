/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rate.h - limits requests of each user and each organization at this service. Counts after
 * verification, so that nobody spends another's rate. The limit is the mean over a minute, so
 * that a transfer or a listing may burst. The table is keyed and bounded: when full, it drops
 * the user that was silent longest, whose count restarts. Thread-safe. */
#ifndef ZT_FRAME_RATE_H
#define ZT_FRAME_RATE_H

#include "base/id.h"

#define RATE_SPAN_S 60

struct rate;

/* Both rates are requests a second, in the mean. Errors: MEMORY. */
ZT_CHECKED enum zt_err rate_new(uint64_t of_a_user, uint64_t of_an_org, struct rate **out);
void rate_free(struct rate *r);
/* Counts a request of USER of ORG. Errors: RATE; MESSAGE says whose limit, and when to retry.
 */
ZT_CHECKED enum zt_err rate_take(struct rate *r, const struct id *org, const struct id *user,
    uint64_t now_ms, const char **message);

#endif
