/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* scratch_test.c - sealed blocks that wait on the disk: what is put comes back, in a file that
 * has no name and is no larger than what waited at once. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/suite.h"
#include "files/block.h"
#include "format/limits.h"
#include "store/scratch.h"

enum { PLACES = 7 };

static const size_t sizes[] = { BLOCK_OVERHEAD + 1, 300000, LIMIT_BLOCK + BLOCK_OVERHEAD,
	LIMIT_BLOCK + BLOCK_OVERHEAD + 1, LIMIT_BLOCK_LARGE + BLOCK_OVERHEAD,
	BLOCK_CLEAR_MAX + BLOCK_OVERHEAD };

static uint8_t *
some(size_t n)
{
	uint8_t *p = malloc(n);

	assert_non_null(p);
	random_bytes(p, n);
	return p;
}

static void
is_there(struct scratch *s, const struct scratch_place *at, const uint8_t *p, size_t n)
{
	struct buf b = buf_init(LIMIT_BLOCK_WIRE);

	assert_ok(scratch_get(s, at, &b));
	assert_int_equal(n, b.n);
	assert_memory_equal(p, b.p, n);
	buf_free(&b);
}

/* Where the file ends that S has open, which is the only one. */
static off_t
end_of(const char *folder)
{
	for (int fd = 3; fd < 100; fd++) {
		char link[64], to[200] = "";

		(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		if (readlink(link, to, sizeof to - 1) > 0 &&
		    strncmp(to, folder, strlen(folder)) == 0)
			return lseek(fd, 0, SEEK_END);
	}
	return -1;
}

static void
what_is_put_comes_back_and_room_is_used_again(void **state)
{
	char folder[] = "/tmp/zt-scratch.XXXXXX";
	struct scratch *s = NULL, *other = NULL;
	struct scratch_place at[PLACES] = { { 0, 0 } }, others = { 0, 0 };
	uint8_t *p[PLACES] = { NULL };
	size_t n[PLACES] = { 0 };
	off_t max = PLACES * (off_t)block_sealed_size(BLOCK_CLEAR_MAX);

	(void)state;
	assert_ok(suite_init());
	assert_non_null(mkdtemp(folder));
	assert_ok(scratch_new(folder, &s));
	assert_int_equal(-1, end_of(folder)); /* no file before the first put */
	for (int i = 0; i < 300; i++) {
		uint8_t turn[2];
		size_t k;

		random_bytes(turn, sizeof turn);
		k = turn[0] % PLACES;
		scratch_forget(s, &at[k]);
		assert_int_equal(0, at[k].n);
		free(p[k]);
		n[k] = sizes[turn[1] % (sizeof sizes / sizeof *sizes)];
		p[k] = some(n[k]);
		assert_ok(scratch_put(s, bytes_of(p[k], n[k]), &at[k]));
		for (k = 0; k < PLACES; k++)
			if (p[k] != NULL)
				is_there(s, &at[k], p[k], n[k]);
		/* At most PLACES of each of the three sizes at once. */
		assert_true(end_of(folder) <= 2 * max);
	}
	assert_int_equal(0, rmdir(folder)); /* nothing has a name in it */
	assert_int_equal(0, mkdir(folder, 0700));
	assert_ok(scratch_new(folder, &other));
	assert_ok(scratch_put(other, bytes_of(p[0], n[0]), &others));
	is_there(s, &at[0], p[0], n[0]);
	is_there(other, &others, p[0], n[0]);
	scratch_close(other);
	for (int k = 0; k < PLACES; k++) {
		scratch_forget(s, &at[k]);
		scratch_forget(s, &at[k]); /* it is nowhere */
		free(p[k]);
	}
	assert_int_equal(0, end_of(folder)); /* nothing waits, and takes no room */
	scratch_close(s);
	scratch_close(NULL);
	assert_int_equal(0, rmdir(folder));
}

static void
what_finds_no_room_changes_nothing(void **state)
{
	char folder[] = "/tmp/zt-scratch.XXXXXX", path[64];
	struct scratch *s = NULL;
	struct scratch_place one = { 0, 0 }, two = { 77, 77 };
	uint8_t *p = some(LIMIT_BLOCK);
	struct rlimit was, low;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/none", folder);
	assert_ok(scratch_new(path, &s)); /* a folder that is not there */
	assert_err(ZT_ERR_IO, scratch_put(s, bytes_of(p, 100), &two));
	assert_int_equal(ENOENT, scratch_number(s));
	scratch_close(s);
	assert_ok(scratch_new(folder, &s));
	assert_ok(scratch_put(s, bytes_of(p, LIMIT_BLOCK), &one));
	assert_int_equal(0, getrlimit(RLIMIT_FSIZE, &was));
	low = (struct rlimit){ LIMIT_BLOCK * 3 / 2, was.rlim_max };
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &low));
	assert_err(ZT_ERR_FULL, scratch_put(s, bytes_of(p, LIMIT_BLOCK), &two));
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &was));
	assert_int_equal(EFBIG, scratch_number(s));
	assert_int_equal(77, two.n); /* untouched on failure */
	assert_err(ZT_ERR_TOO_BIG, scratch_put(s, bytes_of(p, LIMIT_BLOCK_WIRE), &two));
	is_there(s, &one, p, LIMIT_BLOCK);
	assert_ok(scratch_put(s, bytes_of(p, LIMIT_BLOCK), &two));
	is_there(s, &two, p, LIMIT_BLOCK);
	scratch_close(s);
	assert_int_equal(0, rmdir(folder));
	free(p);
}

static void
what_a_killed_program_left_is_removed(void **state)
{
	char folder[] = "/tmp/zt-scratch.XXXXXX", path[64];
	int fd;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/scratch", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	scratch_sweep(folder);
	assert_int_equal(0, rmdir(folder));
	scratch_sweep(folder); /* nothing is there */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_comes_back_and_room_is_used_again),
		cmocka_unit_test(what_finds_no_room_changes_nothing),
		cmocka_unit_test(what_a_killed_program_left_is_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
