/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* large_test.c - one large file, whose blocks several threads read: what is sent of it when it
 * is cut meanwhile or cannot be read, and one of wide blocks. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "content/send.h"
#include "crypto/suite.h"
#include "expect.h"
#include "format/limits.h"
#include "test.h"
#include "zt/file.h"

enum { LARGE = 40 * 1024 * 1024, MIDDLE = LARGE / 2 + 123, PART = 1024 * 1024 };

/* Byte I of each file: no two blocks are alike. */
static uint8_t
byte_at(size_t i)
{
	return (uint8_t)(i * 31 + i / PART * 7 + i / 4096);
}

static void
make_file(const struct scene *s, const char *name, size_t size, char path[240])
{
	static uint8_t part[PART];
	FILE *f;

	assert_true(snprintf(path, 240, "%.200s/%.30s", s->w->state, name) < 240);
	f = fopen(path, "we");
	assert_non_null(f);
	for (size_t at = 0; at < size; at += PART) {
		size_t n = size - at < PART ? size - at : PART;

		for (size_t i = 0; i < n; i++)
			part[i] = byte_at(at + i);
		assert_int_equal(n, fwrite(part, 1, n, f));
	}
	assert_int_equal(0, fclose(f));
}

/* The size of what is at PATH, which is the beginning of a file of make_file, and gone then. */
static size_t
take_beginning(const char *path)
{
	static uint8_t part[PART];
	FILE *f = fopen(path, "re");
	size_t at = 0, n;

	assert_non_null(f);
	while ((n = fread(part, 1, PART, f)) > 0) {
		for (size_t i = 0; i < n; i++)
			if (part[i] != byte_at(at + i))
				fail_msg("another byte at %zu", at + i);
		at += n;
	}
	assert_int_equal(0, fclose(f));
	assert_int_equal(0, unlink(path));
	return at;
}

/* Cuts a file as soon as its first block is under way. */
struct cutter {
	const char *path;
	off_t to;
	unsigned times, named;
};

static void
cut_once(void *ctx, const struct zt_progress_step *at)
{
	struct cutter *c = ctx;

	(void)at;
	if (c->times++ == 0)
		assert_int_equal(0, truncate(c->path, c->to));
}

static void
count_named(void *ctx, const char *name, const char *message)
{
	struct cutter *c = ctx;

	assert_non_null(name);
	assert_non_null(strstr(message, "changed while it was read"));
	c->named++;
}

/* The size of what the servers hold of a large file that is cut to TO while it is sent. */
static size_t
cut_to(struct scene *s, const char *name, off_t to)
{
	char path[240], remote[100], got[260];
	struct cutter c = { .path = path, .to = to };
	struct zt_progress p = { .ctx = &c, .step = cut_once, .skipped = count_named };

	make_file(s, name, LARGE, path);
	(void)snprintf(remote, sizeof remote, "large:/%.60s", name);
	assert_int_equal(ZT_ERR_SOME, zt_put(s->alice.zt, path, remote, &p, NULL));
	assert_int_equal(1, c.named);
	assert_int_equal(0, unlink(path));
	(void)snprintf(got, sizeof got, "%s.got", path);
	assert_ok(zt_get(s->alice.zt, remote, got, NULL, NULL));
	return take_beginning(got);
}

static void
a_file_that_is_cut_while_it_is_read_ends_there_and_is_named(void **state)
{
	struct scene *s = *state;

	assert_int_equal(MIDDLE, cut_to(s, "middle", MIDDLE));
	assert_int_equal(LARGE / 2, cut_to(s, "between", LARGE / 2));
	/* Its first blocks may have been read before. */
	assert_true(cut_to(s, "nothing", 0) < LARGE / 2);
}

/* Not the transfer's error: a tree is sent without this file. */
static void
a_file_that_cannot_be_read_is_that_files_error(void **state)
{
	struct scene *s = *state;
	struct transfer t;
	struct push push = { .batch = NULL };
	Zt__FileManifest f;
	char path[240];
	int fd;

	zt__file_manifest__init(&f);
	make_file(s, "unread", LARGE, path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_ok(
	    transfer_begin(&t, person_workspace(&s->alice, "large"), ZT_PROGRESS_SEND, NULL));
	t.push[0] = &push;
	assert_int_equal(ZT_ERR_IO, send_content(&t, fd, "unread", LARGE, &f));
	assert_int_equal(EBADF, t.unread);
	assert_int_equal(0, push.blocks);
	assert_int_equal(ZT_OK, t.err);
	transfer_end(&t);
	zt__block_list__free_unpacked(f.blocks, NULL);
	assert_int_equal(0, close(fd));
	assert_int_equal(0, unlink(path));
}

static void
a_file_of_wide_blocks_comes_back(void **state)
{
	struct scene *s = *state;
	size_t size = LIMIT_WIDE + 12345;
	char path[240], got[260];

	make_file(s, "wide", size, path);
	assert_ok(zt_put(s->alice.zt, path, "large:/wide", NULL, NULL));
	assert_int_equal(0, unlink(path));
	(void)snprintf(got, sizeof got, "%s.got", path);
	assert_ok(zt_get(s->alice.zt, "large:/wide", got, NULL, NULL));
	assert_int_equal(size, take_beginning(got));
}

/* What ends a transfer costs the content of two pushes at most: several large files are
 * several.
 */
static void
large_files_are_pushed_as_they_come(void **state)
{
	enum { FILES = 5 };
	struct scene *s = *state;
	struct workspace *w = person_workspace(&s->alice, "large");
	uint64_t before = w->chain.position;
	char folder[220], path[FILES][240];

	(void)snprintf(folder, sizeof folder, "%.180s/several", s->w->state);
	assert_int_equal(0, mkdir(folder, 0700));
	for (int i = 0; i < FILES; i++) {
		int fd;

		(void)snprintf(path[i], sizeof path[i], "%.220s/%d", folder, i);
		fd = open(path[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		assert_int_equal(0, ftruncate(fd, 200 * 1024 * 1024)); /* holes count, too */
		assert_int_equal(0, close(fd));
	}
	assert_ok(zt_put(s->alice.zt, folder, "large:/several", NULL, NULL));
	assert_int_equal(before + 3, person_workspace(&s->alice, "large")->chain.position);
	for (int i = 0; i < FILES; i++)
		assert_int_equal(0, unlink(path[i]));
	assert_int_equal(0, rmdir(folder));
}

static int
begin(void **state)
{
	struct scene *s;
	int rv = scene_begin(state);

	s = *state;
	return rv != 0 ? rv : (int)zt_workspace_create(s->alice.zt, "large");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_is_cut_while_it_is_read_ends_there_and_is_named),
		cmocka_unit_test(a_file_that_cannot_be_read_is_that_files_error),
		cmocka_unit_test(a_file_of_wide_blocks_comes_back),
		cmocka_unit_test(large_files_are_pushed_as_they_come),
	};

	return cmocka_run_group_tests(tests, begin, scene_end);
}
