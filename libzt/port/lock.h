/* SPDX-License-Identifier: Apache-2.0 */
/* lock.h - one of several threads at a time. Where there are no threads, always free. */
#ifndef ZT_PORT_LOCK_H
#define ZT_PORT_LOCK_H

#include "base/err.h"

struct lock;

/* Errors: MEMORY. */
ZT_CHECKED enum zt_err lock_new(struct lock **out);
/* Nobody has it. NULL is nothing. */
void lock_free(struct lock *l);
/* Waits until no other thread has L; the caller gives it to lock_give, on the same thread. STOP
 * (base/stop.h) ends the wait. Errors: INTERRUPTED. */
ZT_CHECKED enum zt_err lock_take(struct lock *l, const int *stop);
/* The same without waiting. Errors: LOCKED. */
ZT_CHECKED enum zt_err lock_try(struct lock *l);
void lock_give(struct lock *l);

#endif
