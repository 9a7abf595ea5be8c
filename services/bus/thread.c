/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "bus/thread.h"

#include <signal.h>
#include <stddef.h>

bool
thread_begin(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
	sigset_t all, before;
	bool has_begun;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	has_begun = pthread_create(thread, NULL, run, arg) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return has_begun;
}

void
thread_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t monotonic;

	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(cond, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
}

struct timespec
thread_in_ms(uint64_t ms)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += (time_t)(ms / 1000);
	at.tv_nsec += (long)(ms % 1000) * 1000 * 1000;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	return at;
}

bool
thread_wait(pthread_cond_t *cond, pthread_mutex_t *lock, const struct timespec *at)
{
	return pthread_cond_timedwait(cond, lock, at) == 0;
}
