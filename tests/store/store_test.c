/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* store_test.c - the local store: one process at a time, and a rest in between. */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "crypto/suite.h"
#include "store/store.h"

static const struct bytes name = { (const uint8_t *)"k", 1 };

static enum zt_err
put(struct store *s, uint64_t n, const char *value)
{
	return store_put(s, STORE_META, name, n, bytes_text(value));
}

static enum zt_err
newest(struct store *s, uint64_t *n)
{
	struct buf b = buf_init(64);
	enum zt_err err = store_newest(s, STORE_META, name, n, &b);

	buf_free(&b);
	return err;
}

struct lender {
	struct store *s;
	atomic_bool ends;
	enum zt_err err;
};

/* Keeps the store, and lends it for an instant, again and again. */
static void *
lend(void *arg)
{
	struct lender *l = arg;

	while (l->err == ZT_OK && !atomic_load(&l->ends)) {
		(void)nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
		store_rest(l->s);
		l->err = store_wake(l->s, true);
	}
	return NULL;
}

static void
remove_all(const char *folder)
{
	static const char *const names[] = { "store.db", "store.db-wal", "store.db-shm",
		"device.zt", "lock" };
	char path[64];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	assert_int_equal(0, rmdir(folder));
}

static void
a_store_that_rests_is_anybodys_and_finds_what_others_wrote(void **state)
{
	char folder[] = "/tmp/zt-store.XXXXXX";
	struct secret *key = NULL;
	struct store *one = NULL, *other = NULL;
	uint64_t n = 0;

	(void)state;
	assert_ok(suite_init());
	assert_non_null(mkdtemp(folder));
	assert_ok(secret_generate(&key));
	assert_ok(store_open(folder, key, NULL, &one));
	assert_ok(put(one, 1, "one's"));
	assert_ok(store_begin(one));
	assert_ok(put(one, 7, "never committed"));
	store_rest(one);
	store_rest(one);
	assert_err(ZT_ERR_LOCKED, newest(one, &n));
	assert_err(ZT_ERR_LOCKED, put(one, 2, "in its sleep"));
	assert_err(ZT_ERR_LOCKED, store_begin(one));
	assert_err(ZT_ERR_LOCKED, store_commit(one));
	assert_ok(store_open(folder, key, NULL, &other));
	assert_ok(newest(other, &n));
	assert_int_equal(1, n);
	assert_ok(put(other, 2, "the other's"));
	assert_err(ZT_ERR_LOCKED, store_wake(one, false));
	assert_err(ZT_ERR_LOCKED, store_wake(one, true)); /* after ten seconds of waiting */
	assert_err(ZT_ERR_LOCKED, newest(one, &n));
	store_close(other);
	assert_ok(store_wake(one, true));
	assert_ok(store_wake(one, true));
	assert_ok(newest(one, &n));
	assert_int_equal(2, n);
	store_close(one);
	secret_free(key);
	remove_all(folder);
}

static void
what_a_device_that_is_gone_has_left_is_dropped_and_what_is_anothers_is_not(void **state)
{
	char folder[] = "/tmp/zt-store.XXXXXX", path[64];
	struct secret *old = NULL, *key = NULL;
	struct store *s = NULL;
	uint64_t n = 0;
	int fd;

	(void)state;
	assert_ok(suite_init());
	assert_err(ZT_ERR_NOT_FOUND, store_discard("/tmp/zt-store.none"));
	assert_non_null(mkdtemp(folder));
	assert_ok(secret_generate(&old));
	assert_ok(secret_generate(&key));
	assert_ok(store_open(folder, old, NULL, &s));
	assert_ok(put(s, 1, "of the old device"));
	store_close(s);
	assert_ok(store_discard(folder));
	assert_ok(store_open(folder, key, NULL, &s));
	assert_err(ZT_ERR_NOT_FOUND, newest(s, &n));
	assert_ok(put(s, 2, "of the new one"));
	store_close(s);
	(void)snprintf(path, sizeof path, "%s/device.zt", folder);
	assert_true((fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) >= 0);
	(void)close(fd);
	assert_ok(store_discard(folder));
	assert_ok(store_open(folder, key, NULL, &s));
	assert_ok(newest(s, &n));
	assert_int_equal(2, n);
	store_close(s);
	secret_free(old);
	secret_free(key);
	remove_all(folder);
}

static void
who_waits_gets_a_store_that_is_lent_for_an_instant(void **state)
{
	char folder[] = "/tmp/zt-store.XXXXXX";
	struct secret *key = NULL;
	struct lender l = { .err = ZT_OK };
	struct store *other = NULL;
	pthread_t thread;

	(void)state;
	assert_ok(suite_init());
	assert_non_null(mkdtemp(folder));
	assert_ok(secret_generate(&key));
	assert_ok(store_open(folder, key, NULL, &l.s));
	assert_int_equal(0, pthread_create(&thread, NULL, lend, &l));
	for (int i = 0; i < 5; i++) {
		assert_ok(store_open(folder, key, NULL, &other));
		store_close(other);
	}
	atomic_store(&l.ends, true);
	assert_int_equal(0, pthread_join(thread, NULL));
	assert_ok(l.err);
	store_close(l.s);
	secret_free(key);
	remove_all(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_store_that_rests_is_anybodys_and_finds_what_others_wrote),
		cmocka_unit_test(
		    what_a_device_that_is_gone_has_left_is_dropped_and_what_is_anothers_is_not),
		cmocka_unit_test(who_waits_gets_a_store_that_is_lent_for_an_instant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
