/* SPDX-License-Identifier: Apache-2.0 */
/* stop.h - a flag that another thread, or a signal handler, sets to end what is under way. */
#ifndef ZT_BASE_STOP_H
#define ZT_BASE_STOP_H

#include <stdbool.h>
#include <stddef.h>

/* How long a wait lasts before its flag is looked at again. */
enum { STOP_LOOK_MS = 50 };

/* Whether STOP is set; NULL never is. Any thread. */
static inline bool
stop_is_set(const int *stop)
{
	return stop != NULL && __atomic_load_n(stop, __ATOMIC_ACQUIRE) != 0;
}

/* Of a wait of WAIT_MS, what may pass before STOP is looked at again. */
static inline int
stop_wait(const int *stop, int wait_ms)
{
	return stop != NULL && wait_ms > STOP_LOOK_MS ? STOP_LOOK_MS : wait_ms;
}

#endif
