/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* clock.h - the clocks: read in one place and passed on as values. */
#ifndef ZT_BUS_CLOCK_H
#define ZT_BUS_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t
clock_of(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Milliseconds since 1970 UTC. */
static inline uint64_t
clock_wall_ms(void)
{
	return clock_of(CLOCK_REALTIME);
}

/* Milliseconds that only grow. */
static inline uint64_t
clock_ms(void)
{
	return clock_of(CLOCK_MONOTONIC);
}

#endif
