/* SPDX-License-Identifier: Apache-2.0 */
#include "port/lock.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/stop.h"

/* Who waits has QUEUE, and is the next: who gives the lock and takes it again at once
 * would be faster each time. */
struct lock {
	pthread_mutex_t mutex, queue;
};

enum zt_err
lock_new(struct lock **out)
{
	struct lock *l = calloc(1, sizeof *l);

	if (l == NULL || pthread_mutex_init(&l->mutex, NULL) != 0) {
		free(l);
		return ZT_ERR_MEMORY;
	}
	if (pthread_mutex_init(&l->queue, NULL) != 0) {
		(void)pthread_mutex_destroy(&l->mutex);
		free(l);
		return ZT_ERR_MEMORY;
	}
	*out = l;
	return ZT_OK;
}

void
lock_free(struct lock *l)
{
	if (l == NULL)
		return;
	(void)pthread_mutex_destroy(&l->mutex);
	(void)pthread_mutex_destroy(&l->queue);
	free(l);
}

/* Whether M was taken within STOP_LOOK_MS. */
static bool
take_soon(pthread_mutex_t *m)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += STOP_LOOK_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	return pthread_mutex_timedlock(m, &until) == 0;
}

enum zt_err
lock_take(struct lock *l, const int *stop)
{
	enum zt_err err = ZT_OK;

	while (!take_soon(&l->queue))
		if (stop_is_set(stop))
			return ZT_ERR_INTERRUPTED;
	while (err == ZT_OK && !take_soon(&l->mutex))
		if (stop_is_set(stop))
			err = ZT_ERR_INTERRUPTED;
	(void)pthread_mutex_unlock(&l->queue);
	return err;
}

enum zt_err
lock_try(struct lock *l)
{
	return pthread_mutex_trylock(&l->mutex) == 0 ? ZT_OK : ZT_ERR_LOCKED;
}

void
lock_give(struct lock *l)
{
	(void)pthread_mutex_unlock(&l->mutex);
}
