/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* marks_test.c - marks outlive a killed process and a torn end, and are never guessed from a
 * damaged file. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frame/marks.h"
#include "test.h"

enum { HEAD = 11, RECORD = 96 };

static char folder[64], path[96], message[200];
static const struct id org = { { 1 } }, other = { { 9 } }, topic = { { 2 } };

static int
begin(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof folder, "/tmp/zt-marks.XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/marks", folder);
	return 0;
}

static int
end(void **state)
{
	char lock[128];

	(void)state;
	(void)snprintf(lock, sizeof lock, "%s.lock", path);
	(void)unlink(path);
	(void)unlink(lock);
	return rmdir(folder);
}

static struct marks *
open_marks(bool is_new)
{
	struct marks *m = NULL;
	bool was_new = !is_new;

	assert_ok(marks_open(path, &m, &was_new, message));
	assert_int_equal(is_new, was_new);
	return m;
}

static void
raise_to(struct marks *m, const struct id *at, uint64_t position)
{
	struct hash h = { { (uint8_t)position } };

	assert_ok(marks_raise(m, &org, at, position, &h));
}

static void
expect(struct marks *m, const struct id *at, uint64_t position)
{
	struct mark is = marks_get(m, &org, at);

	assert_int_equal(position, is.position);
	assert_int_equal((uint8_t)position, is.hash.b[0]);
}

static off_t
size(void)
{
	struct stat st;

	assert_int_equal(0, stat(path, &st));
	return st.st_size;
}

static void
begin_file(void)
{
	struct marks *m = open_marks(true);

	raise_to(m, NULL, 5);
	assert_int_equal(-1, access(path, F_OK)); /* not before it is whole */
	assert_ok(marks_settle(m));
	raise_to(m, &topic, 7);
	marks_close(m);
}

static void
L9_a_mark_only_rises_and_is_there_after_a_kill(void **state)
{
	struct marks *m;
	int status;
	pid_t child;

	(void)state;
	begin_file();
	if ((child = fork()) == 0) {
		bool is_new;

		m = NULL;
		if (marks_open(path, &m, &is_new, message) == ZT_OK) {
			raise_to(m, &topic, 8);
			raise_to(m, NULL, 3); /* below: nothing */
		}
		(void)kill(getpid(), SIGKILL);
	}
	assert_int_equal(child, waitpid(child, &status, 0));
	assert_true(WIFSIGNALED(status));
	m = open_marks(false);
	expect(m, NULL, 5);
	expect(m, &topic, 8);
	assert_int_equal(0, marks_get(m, &other, &topic).position);
	marks_close(m);
}

/* What it marks was done: nobody reads that it was refused, and it is marked later. */
static void
L9_a_mark_that_finds_no_room_leaves_it_open_whether_it_was_done(void **state)
{
	struct hash h = { { 9 } };
	struct rlimit was, none;
	struct marks *m;
	enum zt_err err;

	(void)state;
	begin_file();
	m = open_marks(false);
	assert_int_equal(0, getrlimit(RLIMIT_FSIZE, &was));
	none = (struct rlimit){ 0, was.rlim_max };
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &none));
	err = marks_of_done(marks_raise(m, &org, NULL, 9, &h));
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &was));
	assert_err(ZT_ERR_TIMEOUT, err);
	expect(m, NULL, 5);
	raise_to(m, NULL, 9);
	marks_close(m);
	m = open_marks(false);
	expect(m, NULL, 9);
	marks_close(m);
}

static void
L9_only_the_operator_lowers_a_mark(void **state)
{
	struct mark lower = { .position = 2, .hash = { { 2 } }, .given_up = 77 }, none = { 0 };
	struct marks *m;

	(void)state;
	begin_file();
	m = open_marks(false);
	assert_ok(marks_set(m, &org, NULL, &lower));
	assert_ok(marks_set(m, &other, &topic, &none));
	expect(m, &topic, 7);
	assert_ok(marks_set(m, &org, &topic, &none));
	assert_int_equal(77, marks_chains_given_up(m, &org));
	assert_ok(marks_give_up_chains(m, &org, 78));
	marks_close(m);
	m = open_marks(false);
	expect(m, NULL, 2);
	assert_int_equal(77, marks_get(m, &org, NULL).given_up);
	assert_int_equal(0, marks_get(m, &org, &topic).position);
	assert_int_equal(78, marks_chains_given_up(m, &org));
	raise_to(m, NULL, 9);
	assert_int_equal(77, marks_get(m, &org, NULL).given_up);
	marks_close(m);
}

static void
L9_a_torn_end_is_cut_off_and_the_rest_counts(void **state)
{
	struct marks *m;

	(void)state;
	for (off_t cut = 1; cut < RECORD; cut += 13) {
		begin_file();
		assert_int_equal(0, truncate(path, size() - cut));
		m = open_marks(false);
		expect(m, NULL, 5);
		assert_int_equal(0, marks_get(m, &org, &topic).position);
		raise_to(m, &topic, 8); /* behind what is good */
		marks_close(m);
		m = open_marks(false);
		expect(m, &topic, 8);
		marks_close(m);
		assert_int_equal(0, unlink(path));
	}
	begin_file();
	assert_int_equal(
	    0, truncate(path, size() + (off_t)5 * RECORD)); /* zeros, as a disk may leave */
	m = open_marks(false);
	expect(m, &topic, 7);
	marks_close(m);
}

static void
damage(off_t at)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t b = 0;

	assert_true(fd >= 0 && pread(fd, &b, 1, at) == 1);
	b ^= 1;
	assert_true(pwrite(fd, &b, 1, at) == 1);
	(void)close(fd);
}

static void
L9_a_damaged_file_is_refused_in_a_sentence(void **state)
{
	struct marks *m = NULL;
	bool is_new;

	(void)state;
	begin_file();
	for (off_t at = 0; at < HEAD + RECORD; at++) {
		damage(at);
		assert_err(ZT_ERR_CONFIG, marks_open(path, &m, &is_new, message));
		assert_non_null(strstr(message, "marks: "));
		damage(at);
	}
	m = open_marks(false); /* the same, unaltered */
	expect(m, NULL, 5);
	assert_err(ZT_ERR_CONFIG, marks_open(path, &m, &is_new, message)); /* held */
	marks_close(m);
}

static void
R4_the_file_does_not_grow_for_ever(void **state)
{
	struct marks *m;

	(void)state;
	begin_file();
	m = open_marks(false);
	for (uint64_t i = 0; i < 30000; i++) {
		struct hash h = { { 1 } };

		assert_ok(marks_raise(m, &org, &topic, 100 + i, &h));
	}
	assert_in_range(size(), 0, 1024 * 1024 + 2 * 1024);
	marks_close(m);
	m = open_marks(false);
	assert_int_equal(30099, marks_get(m, &org, &topic).position);
	expect(m, NULL, 5);
	marks_close(m);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(L9_a_mark_only_rises_and_is_there_after_a_kill),
		TEST(L9_a_mark_that_finds_no_room_leaves_it_open_whether_it_was_done),
		TEST(L9_only_the_operator_lowers_a_mark),
		TEST(L9_a_torn_end_is_cut_off_and_the_rest_counts),
		TEST(L9_a_damaged_file_is_refused_in_a_sentence),
		TEST(R4_the_file_does_not_grow_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
