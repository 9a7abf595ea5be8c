/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* thread.h - threads of the bus and of messaging, and waits that a change of the wall clock
 * does not move. */
#ifndef ZT_BUS_THREAD_H
#define ZT_BUS_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Begins *THREAD, in which no signal ends: libraries write to sockets without MSG_NOSIGNAL. The
 * caller joins it. False: none can be begun. */
bool thread_begin(pthread_t *thread, void *(*run)(void *arg), void *arg);
/* A condition for thread_wait; the caller destroys it. */
void thread_cond_init(pthread_cond_t *cond);
/* The time MS milliseconds from now, for thread_wait. */
struct timespec thread_in_ms(uint64_t ms);
/* Waits until COND is signalled, or AT; LOCK is held. False: the time is over. */
bool thread_wait(pthread_cond_t *cond, pthread_mutex_t *lock, const struct timespec *at);

#endif
