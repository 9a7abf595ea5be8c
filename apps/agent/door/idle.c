/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "door/idle.h"

#include <time.h>

enum { SLEPT_MS = 5000 };

static uint64_t
clock_ms(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void
idle_now(struct idle_clocks *out)
{
	out->awake_ms = clock_ms(CLOCK_MONOTONIC); /* first: so it is never ahead of the next */
	out->steady_ms = clock_ms(CLOCK_BOOTTIME);
	out->wall_ms = clock_ms(CLOCK_REALTIME);
}

bool
idle_is_over(const struct idle_clocks *then, const struct idle_clocks *now, uint64_t most_ms)
{
	return most_ms > 0 &&
	       (now->steady_ms - then->steady_ms >= most_ms ||
		   (now->wall_ms > then->wall_ms && now->wall_ms - then->wall_ms >= most_ms));
}

bool
idle_has_slept(const struct idle_clocks *then, const struct idle_clocks *now)
{
	return now->steady_ms - then->steady_ms > now->awake_ms - then->awake_ms + SLEPT_MS;
}
