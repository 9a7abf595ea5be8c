/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* threads_test.c - what several threads share, driven by several threads; run under
 * ThreadSanitizer by `make test-threads`. */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "crypto/suite.h"
#include "files/block.h"
#include "frame/replay.h"
#include "port/lock.h"
#include "port/pool.h"
#include "test.h"

enum { THREADS = 8, NONCES = 2000, BLOCKS = 200, BLOCK_BYTES = 70000 };

/* ---- the pool seals and opens blocks ---- */

struct job {
	struct pool_job base; /* first */
	struct block_ref ref;
	struct buf clear, sealed;
	enum zt_err err;
};

static void
seal_and_open(struct pool_job *p)
{
	struct job *j = (struct job *)p;
	struct buf back = buf_init(BLOCK_CLEAR_MAX);

	if ((j->err = block_seal(buf_bytes(&j->clear), &j->ref, &j->sealed)) == ZT_OK &&
	    (j->err = block_open(&j->ref, buf_bytes(&j->sealed), &back)) == ZT_OK &&
	    !bytes_equal(buf_bytes(&j->clear), buf_bytes(&back)))
		j->err = ZT_ERR_CORRUPT;
	buf_free(&back);
}

static void
wake(void *ctx)
{
	(void)sem_post(ctx);
}

/* As the client waits: a thread that sleeps while a done job is not taken would never
 * wake. */
static bool
is_woken(sem_t *s)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 60;
	return sem_timedwait(s, &until) == 0;
}

static void
every_job_of_the_pool_is_done_once(void **state)
{
	struct job *jobs = calloc(BLOCKS, sizeof *jobs);
	struct pool *p = NULL;
	sem_t woken;
	size_t done = 0;

	(void)state;
	assert_non_null(jobs);
	assert_int_equal(0, sem_init(&woken, 0, 0));
	assert_ok(pool_new(wake, &woken, &p));
	for (size_t i = 0; i < BLOCKS; i++) {
		uint8_t *to;

		jobs[i] = (struct job){ .base.work = seal_and_open,
			.clear = buf_init(BLOCK_BYTES),
			.sealed = buf_init(2 * BLOCK_BYTES) };
		assert_non_null(to = buf_room(&jobs[i].clear, BLOCK_BYTES));
		random_bytes(to, BLOCK_BYTES);
		pool_submit(p, &jobs[i].base);
	}
	while (done < BLOCKS) {
		struct job *j = (struct job *)pool_done(p);

		if (j == NULL) {
			assert_true(is_woken(&woken));
			continue;
		}
		assert_ok(j->err);
		buf_free(&j->clear);
		buf_free(&j->sealed);
		done++;
	}
	assert_int_equal(BLOCKS, done);
	assert_null(pool_done(p));
	pool_free(p);
	(void)sem_destroy(&woken);
	free(jobs);
}

/* ---- the memory of nonces ---- */

struct taking {
	struct replay *r;
	const struct id *nonces;
	atomic_int *taken;
};

static void *
take_all(void *arg)
{
	struct taking *t = arg;

	for (size_t i = 0; i < NONCES; i++)
		if (replay_take(t->r, &t->nonces[0], &t->nonces[0], &t->nonces[i], 1000) ==
		    ZT_OK)
			atomic_fetch_add(t->taken, 1);
	return NULL;
}

static void
a_nonce_is_taken_by_one_thread_only(void **state)
{
	struct id *nonces = calloc(NONCES, sizeof *nonces);
	pthread_t thread[THREADS];
	atomic_int taken = 0;
	struct taking t = { .nonces = nonces, .taken = &taken };

	(void)state;
	assert_non_null(nonces);
	random_bytes(nonces, NONCES * sizeof *nonces);
	assert_ok(replay_new(&t.r));
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(0, pthread_create(&thread[i], NULL, take_all, &t));
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(0, pthread_join(thread[i], NULL));
	assert_int_equal(NONCES, atomic_load(&taken));
	replay_free(t.r);
	free(nonces);
}

/* ---- a lock ---- */

struct turns {
	struct lock *l;
	atomic_uint rounds;
	atomic_bool is_over;
};

static void *
take_again_and_again(void *ctx)
{
	struct turns *t = ctx;

	while (!t->is_over) {
		if (lock_take(t->l, NULL))
			break;
		t->rounds++;
		(void)usleep(1000); /* most of the time it is taken */
		lock_give(t->l);
	}
	return NULL;
}

static void
who_waits_is_the_next_to_have_a_lock(void **state)
{
	struct turns t = { 0 };
	unsigned before, most = 0;
	pthread_t other;

	(void)state;
	assert_ok(lock_new(&t.l));
	assert_int_equal(0, pthread_create(&other, NULL, take_again_and_again, &t));
	while (t.rounds == 0)
		(void)usleep(1000);
	for (int i = 0; i < 20; i++) {
		before = t.rounds;
		assert_ok(lock_take(t.l, NULL));
		most = t.rounds - before > most ? t.rounds - before : most;
		lock_give(t.l);
		while (t.rounds < before + 5)
			(void)usleep(1000);
	}
	t.is_over = true;
	(void)pthread_join(other, NULL);
	lock_free(t.l);
	assert_in_range(most, 0, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_job_of_the_pool_is_done_once),
		cmocka_unit_test(a_nonce_is_taken_by_one_thread_only),
		cmocka_unit_test(who_waits_is_the_next_to_have_a_lock),
	};

	if (suite_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
