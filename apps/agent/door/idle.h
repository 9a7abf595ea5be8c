/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* idle.h - how long nobody was there, by clocks that are arguments: a machine sleeps, and its
 * clock is set. */
#ifndef ZT_AGENT_IDLE_H
#define ZT_AGENT_IDLE_H

#include <stdbool.h>
#include <stdint.h>

struct idle_clocks {
	uint64_t steady_ms; /* counts while the machine sleeps */
	uint64_t awake_ms;  /* does not */
	uint64_t wall_ms;   /* since 1970, as it is set */
};

/* Any thread. */
void idle_now(struct idle_clocks *out);
/* Whether nobody was there from THEN on for MOST_MS (0: no matter how long), by the steady
 * clock or by that of the wall. */
bool idle_is_over(
    const struct idle_clocks *then, const struct idle_clocks *now, uint64_t most_ms);
/* Whether the machine slept meanwhile, for where nobody said so before (agent/sleep.h): the
 * clock that stands still is behind the one that does not. */
bool idle_has_slept(const struct idle_clocks *then, const struct idle_clocks *now);

#endif
