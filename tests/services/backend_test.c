/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* backend_test.c - the file-system backend gives back what was put or says CORRUPT, reads files
 * of its first version, and acknowledges nothing that a failing disk may not have. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/wire.h"
#include "blocks/backend.h"
#include "format/limits.h"

enum { PAGE = 4096 };

static char folder[64];
static struct backend *b;
static const struct backend_place place = { { { 1 } }, { { 2 } }, { { 3 } } };

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int
begin(void **state)
{
	char message[200];

	(void)state;
	(void)snprintf(folder, sizeof folder, "/var/tmp/zt-backend.XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_ok(backend_fs_open(folder, &b, message));
	return 0;
}

static int
end(void **state)
{
	(void)state;
	b->close(b);
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- a block of N bytes, put and got ---- */

struct got {
	uint8_t *p;
	size_t n;
};

static uint8_t *
room(void *ctx, size_t n)
{
	struct got *g = ctx;

	free(g->p);
	return g->p = aligned_alloc(PAGE, (n + PAGE - 1) / PAGE * PAGE);
}

static void
keep(void *ctx, size_t n)
{
	((struct got *)ctx)->n = n;
}

static enum zt_err
get(struct got *g)
{
	const struct backend_sink to = { room, keep, g };

	return b->get(b, &place, &to);
}

static uint8_t *
content(size_t n, uint8_t seed)
{
	uint8_t *p = malloc(n);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 7 + seed);
	return p;
}

static bool added;

static enum zt_err
put(const uint8_t *p, size_t n)
{
	struct hash h;

	hash_block(bytes_of(p, n), &h);
	return b->put(b, &place, bytes_of(p, n), &h, &added);
}

static void
path_of_block(char out[200])
{
	char org[ID_TEXT], workspace[ID_TEXT], block[ID_TEXT];

	id_print(&place.org, org);
	id_print(&place.workspace, workspace);
	id_print(&place.block, block);
	(void)snprintf(out, 200, "%s/%s/%s/%.2s/%s", folder, org, workspace, block, block);
}

static void
backend_gives_back_what_was_put(void **state)
{
	static const size_t sizes[] = { 1, 100, PAGE - 49, PAGE - 48, PAGE - 47, PAGE, 70000,
		LIMIT_BLOCK_WIRE };

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct got g = { 0 };
		uint8_t *p = content(sizes[i], 1), *other = content(sizes[i], 2);
		char path[200];

		assert_err(ZT_ERR_NOT_FOUND, get(&g));
		assert_ok(put(p, sizes[i]));
		assert_true(added);
		assert_ok(put(p, sizes[i]));
		assert_false(added);
		assert_err(ZT_ERR_EXISTS, put(other, sizes[i]));
		assert_false(added);
		assert_true(b->has(b, &place));
		assert_ok(get(&g));
		assert_int_equal(sizes[i], g.n);
		assert_memory_equal(p, g.p, g.n);
		path_of_block(path);
		assert_int_equal(0, unlink(path));
		free(g.p);
		free(p);
		free(other);
	}
}

static void
backend_takes_no_block_with_another_hash(void **state)
{
	enum { N = 100 };
	uint8_t *p = content(N, 1), *other = content(N, 2);
	struct got g = { 0 };
	struct hash h;
	char path[200];

	(void)state;
	hash_block(bytes_of(p, N), &h);
	assert_err(ZT_ERR_DIGEST, b->put(b, &place, bytes_of(other, N), &h, &added));
	assert_false(added);
	assert_false(b->has(b, &place));
	/* What is damaged stays, too, until the right block comes. */
	assert_ok(put(p, N));
	path_of_block(path);
	assert_int_equal(0, truncate(path, PAGE / 2));
	assert_err(ZT_ERR_DIGEST, b->put(b, &place, bytes_of(other, N), &h, &added));
	assert_true(b->has(b, &place));
	assert_err(ZT_ERR_CORRUPT, get(&g));
	assert_ok(put(p, N));
	assert_true(added);
	assert_ok(get(&g));
	assert_int_equal(0, unlink(path));
	free(g.p);
	free(p);
	free(other);
}

/* Each byte of the file in turn, but for the filling that nobody reads. */
static void
backend_finds_each_damaged_byte(void **state)
{
	enum { N = 500, TRAILER = 48 };
	uint8_t *p = content(N, 1);
	struct got g = { 0 };
	char path[200];
	int fd;

	(void)state;
	assert_ok(put(p, N));
	path_of_block(path);
	assert_true((fd = open(path, O_RDWR)) >= 0);
	for (off_t at = 0; at < PAGE; at = at == N - 1 ? PAGE - TRAILER : at + 1) {
		uint8_t was, spoiled;

		if (at == PAGE - HASH_BYTES)
			break; /* the hash is for telling blocks apart: clients check it */
		assert_int_equal(1, pread(fd, &was, 1, at));
		spoiled = was ^ 0x20;
		assert_int_equal(1, pwrite(fd, &spoiled, 1, at));
		assert_err(ZT_ERR_CORRUPT, get(&g));
		assert_int_equal(1, pwrite(fd, &was, 1, at));
	}
	assert_ok(get(&g));
	assert_int_equal(0, ftruncate(fd, PAGE / 2));
	assert_err(ZT_ERR_CORRUPT, get(&g));
	(void)close(fd);
	assert_ok(put(p, N)); /* half of a block is written again */
	assert_ok(get(&g));
	assert_memory_equal(p, g.p, N);
	free(g.p);
	free(p);
	assert_int_equal(0, unlink(path));
}

static void
backend_reads_files_of_the_first_version(void **state)
{
	enum { N = 1000, TRAILER = 40 };
	uint8_t file[PAGE] = { 0 }, *p = content(N, 1), *trailer = file + PAGE - TRAILER;
	struct got g = { 0 };
	struct hash h;
	char path[200];
	int fd;

	(void)state;
	assert_ok(put(p, N)); /* makes the folders */
	hash_block(bytes_of(p, N), &h);
	memcpy(file, p, N);
	wire_store_u32(trailer, 0x5a544246);
	wire_store_u32(trailer + 4, N);
	memcpy(trailer + 8, h.b, HASH_BYTES);
	path_of_block(path);
	assert_true((fd = open(path, O_WRONLY)) >= 0);
	assert_int_equal(PAGE, pwrite(fd, file, PAGE, 0));
	assert_ok(get(&g));
	assert_int_equal(N, g.n);
	assert_memory_equal(p, g.p, N);
	assert_ok(put(p, N));
	file[3] ^= 1;
	assert_int_equal(PAGE, pwrite(fd, file, PAGE, 0));
	assert_err(ZT_ERR_CORRUPT, get(&g));
	(void)close(fd);
	free(g.p);
	free(p);
}

struct racer {
	pthread_barrier_t *start;
	const uint8_t *p;
	enum zt_err err;
	bool added;
};

static void *
race(void *arg)
{
	enum { N = 3000 };
	struct racer *r = arg;
	struct hash h;

	hash_block(bytes_of(r->p, N), &h);
	(void)pthread_barrier_wait(r->start);
	r->err = b->put(b, &place, bytes_of(r->p, N), &h, &r->added);
	return NULL;
}

/* Two contents under one id at once: one is acknowledged, and stays. */
static void
backend_never_replaces_what_it_acknowledged(void **state)
{
	enum { N = 3000, ROUNDS = 200 };
	uint8_t *p[2] = { content(N, 1), content(N, 2) };

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		pthread_barrier_t start;
		struct racer r[2] = { { &start, p[0], ZT_OK, false },
			{ &start, p[1], ZT_OK, false } };
		struct got g = { 0 };
		pthread_t thread[2];
		char path[200];
		int winner;

		(void)pthread_barrier_init(&start, NULL, 2);
		for (int k = 0; k < 2; k++)
			assert_int_equal(0, pthread_create(&thread[k], NULL, race, &r[k]));
		for (int k = 0; k < 2; k++)
			(void)pthread_join(thread[k], NULL);
		(void)pthread_barrier_destroy(&start);
		winner = r[0].err == ZT_OK ? 0 : 1;
		assert_err(ZT_OK, r[winner].err);
		assert_true(r[winner].added);
		assert_err(ZT_ERR_EXISTS, r[1 - winner].err);
		assert_false(r[1 - winner].added);
		assert_ok(get(&g));
		assert_memory_equal(p[winner], g.p, N);
		free(g.p);
		path_of_block(path);
		assert_int_equal(0, unlink(path));
	}
	free(p[0]);
	free(p[1]);
}

/* ---- a disk that fails ---- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t go;
	int calls, fails_at; /* the call that fails; 0: none */
	bool holds;          /* the first call waits */
} disk = { .lock = PTHREAD_MUTEX_INITIALIZER, .go = PTHREAD_COND_INITIALIZER };

int __real_syncfs(int fd);
int __wrap_syncfs(int fd);

int
__wrap_syncfs(int fd)
{
	bool fails;

	(void)pthread_mutex_lock(&disk.lock);
	fails = ++disk.calls == disk.fails_at;
	while (disk.holds)
		(void)pthread_cond_wait(&disk.go, &disk.lock);
	(void)pthread_mutex_unlock(&disk.lock);
	errno = EIO;
	return fails ? -1 : __real_syncfs(fd);
}

struct writer {
	struct backend_place at;
	uint8_t *p;
	enum zt_err err;
};

static void *
write_one(void *arg)
{
	enum { N = 3000 };
	struct writer *w = arg;
	struct hash h;
	bool is_new;

	hash_block(bytes_of(w->p, N), &h);
	w->err = b->put(b, &w->at, bytes_of(w->p, N), &h, &is_new);
	return NULL;
}

static void
await(const struct writer *w)
{
	while (!b->has(b, &w->at))
		(void)usleep(1000);
}

/* One sync was to cover two writers, and failed: the system says so once, to one of them. */
static void
backend_acknowledges_nobody_whom_a_failed_sync_was_to_cover(void **state)
{
	struct writer w[3];
	pthread_t thread[3];

	(void)state;
	disk.calls = 0;
	disk.fails_at = 2;
	disk.holds = true;
	for (size_t i = 0; i < 3; i++) {
		w[i].at = place;
		w[i].at.block.b[0] = (uint8_t)(0xa0 + i);
		w[i].p = content(3000, (uint8_t)i);
		assert_int_equal(0, pthread_create(&thread[i], NULL, write_one, &w[i]));
		await(&w[i]); /* the first leads a sync, the others wait for the next */
	}
	(void)usleep(300 * 1000);
	(void)pthread_mutex_lock(&disk.lock);
	disk.holds = false;
	(void)pthread_cond_broadcast(&disk.go);
	(void)pthread_mutex_unlock(&disk.lock);
	for (size_t i = 0; i < 3; i++)
		(void)pthread_join(thread[i], NULL);
	assert_ok(w[0].err);
	assert_err(ZT_ERR_IO, w[1].err);
	assert_err(ZT_ERR_IO, w[2].err);
	assert_int_equal(2, disk.calls);
	(void)write_one(&w[1]); /* sent again, to a disk that is well */
	assert_ok(w[1].err);
	for (size_t i = 0; i < 3; i++)
		free(w[i].p);
}

/* A process that was killed wrote half of a block; the next one may have its number. */
static void
backend_is_not_stopped_by_what_a_killed_process_left(void **state)
{
	enum { N = 600 };
	const struct timespec old[2] = { { 1, 0 }, { 1, 0 } };
	struct backend *next = NULL;
	struct backend_place at = place;
	uint8_t *p = content(N, 9);
	struct hash hash;
	char path[128], message[200];
	int fd;

	(void)state;
	hash_block(bytes_of(p, N), &hash);
	for (int i = 0; i < 8; i++) {
		(void)snprintf(path, sizeof path, "%s/tmp/%d-%d", folder, (int)getpid(), i);
		assert_true((fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) >= 0);
		assert_int_equal(0, i % 2 == 0 ? futimens(fd, old) : 0);
		(void)close(fd);
	}
	assert_ok(backend_fs_open(folder, &next, message));
	for (int i = 0; i < 8; i++) { /* those of a day ago are gone */
		(void)snprintf(path, sizeof path, "%s/tmp/%d-%d", folder, (int)getpid(), i);
		assert_int_equal(i % 2 == 0 ? -1 : 0, access(path, F_OK));
		(void)unlink(path);
		assert_true((fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) >= 0);
		(void)close(fd);
	}
	for (uint8_t i = 0; i < 4; i++) {
		at.block.b[5] = (uint8_t)(i + 100);
		assert_ok(next->put(next, &at, bytes_of(p, N), &hash, &added));
		assert_true(added);
	}
	next->close(next);
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backend_gives_back_what_was_put),
		cmocka_unit_test(backend_takes_no_block_with_another_hash),
		cmocka_unit_test(backend_finds_each_damaged_byte),
		cmocka_unit_test(backend_reads_files_of_the_first_version),
		cmocka_unit_test(backend_never_replaces_what_it_acknowledged),
		cmocka_unit_test(backend_is_not_stopped_by_what_a_killed_process_left),
		cmocka_unit_test(backend_acknowledges_nobody_whom_a_failed_sync_was_to_cover),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
