/* SPDX-License-Identifier: Apache-2.0 */
#include "port/clock.h"

#include <time.h>

static uint64_t
read_ms(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t
port_wall_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

uint64_t
port_steady_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}
