/* rate.h - how often each user and each organization may ask this service, counted once it is
 * proved who asks: nobody spends another's. In the mean of a minute, so that a transfer or a
 * listing may run ahead. The table is keyed and bounded: when it is full, whoever has been
 * silent longest is forgotten, and begins again. Thread-safe. */
#ifndef ZT_COMMON_RATE_H
#define ZT_COMMON_RATE_H

#include "base/id.h"

#define RATE_SPAN_S 60

struct rate;

/* A second, in the mean. Errors: MEMORY. */
ZT_CHECKED enum zt_err rate_new(uint64_t of_a_user, uint64_t of_an_org, struct rate **out);
void rate_free(struct rate *r);
/* Counts a request of USER of ORG. Errors: RATE; WHY says whose, and when to come again. */
ZT_CHECKED enum zt_err rate_take(struct rate *r, const struct id *org, const struct id *user,
    uint64_t now_ms, const char **why);

#endif
