/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* reader_test.c - ranges of a file (zt/reader.h): each is what the file has there, whatever the
 * server and others do meanwhile. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/suite.h"
#include "test.h"
#include "world.h"
#include "zt/cancel.h"
#include "zt/file.h"
#include "zt/history.h"
#include "zt/reader.h"
#include "zt/workspace.h"

enum { PART = 512 * 1024, BIG = 24 * PART + 12345 };

struct stage {
	struct scene *s;
	uint8_t *content;
};

static struct stage stage;

/* Writes BIG bytes with a hole in the middle, and puts them as REMOTE. */
static void
put_big(struct scene *s, const char *remote)
{
	char *path;
	FILE *f;

	random_bytes(stage.content, BIG);
	memset(stage.content + 8 * PART, 0, 4 * PART);
	path = world_file(s->w, "big", stage.content, BIG);
	assert_non_null(f = fopen(path, "r+e"));
	assert_int_equal(0, ftruncate(fileno(f), 8 * PART));
	assert_int_equal(0, ftruncate(fileno(f), BIG));
	assert_int_equal(0, fseek(f, 12 * PART, SEEK_SET));
	assert_int_equal(
	    BIG - 12 * PART, fwrite(stage.content + 12 * PART, 1, BIG - 12 * PART, f));
	assert_int_equal(0, fclose(f));
	assert_ok(zt_put(s->alice.zt, path, remote, NULL, NULL));
	free(path);
}

static int
begin(void **state)
{
	int rc = scene_begin(state);

	stage = (struct stage){ *state, malloc(BIG) };
	assert_non_null(stage.content);
	assert_ok(zt_workspace_create(stage.s->alice.zt, "films"));
	put_big(stage.s, "films:/big");
	return rc;
}

static int
end(void **state)
{
	free(stage.content);
	return scene_end(state);
}

/* N bytes at OFFSET, or fewer at the end, are the file's. */
static void
reads(struct zt_reader *r, uint64_t offset, size_t n)
{
	uint8_t *out = malloc(n + 1);
	size_t want = offset >= BIG      ? 0
		      : n < BIG - offset ? n
					 : (size_t)(BIG - offset),
	       got = 0;

	assert_non_null(out);
	assert_ok(zt_reader_read(r, offset, out, n, &got));
	assert_int_equal(want, got);
	if (want > 0)
		assert_memory_equal(stage.content + offset, out, want);
	free(out);
}

static void
any_range_is_what_the_file_has_there(void **state)
{
	struct scene *s = *state;
	struct zt_reader *r = NULL;

	assert_ok(zt_reader_open(s->alice.zt, "films:/big", 0, &r));
	assert_int_equal(BIG, zt_reader_size(r));
	reads(r, 0, 0);
	reads(r, 0, 1);
	reads(r, BIG - 1, 10);
	reads(r, BIG, 10);
	reads(r, UINT64_MAX, 10);
	reads(r, PART - 1, 2);
	reads(r, 8 * PART - 5, 4 * PART + 10); /* over the hole */
	reads(r, 0, BIG);
	for (int i = 0; i < 300; i++) {
		uint32_t at, n;

		random_bytes(&at, sizeof at);
		random_bytes(&n, sizeof n);
		reads(r, at % (BIG + 100), n % (i % 10 == 0 ? 3 * PART : 5000));
	}
	zt_reader_close(r);
}

/* The version that was opened, and any other by its number; with other calls between. */
static void
what_others_write_changes_no_open_version(void **state)
{
	struct scene *s = *state;
	struct zt_reader *old = NULL, *new_one = NULL, *again = NULL, *none = NULL;
	char *path = world_file(s->w, "small", "another film", 12);
	uint8_t got[64];
	size_t n = 0;

	assert_ok(zt_reader_open(s->alice.zt, "films:/big", 0, &old));
	reads(old, 3 * PART, 100);
	assert_ok(zt_put(s->alice.zt, path, "films:/big", NULL, NULL));
	free(path);
	assert_ok(zt_reader_open(s->alice.zt, "films:/big", 0, &new_one));
	assert_int_equal(12, zt_reader_size(new_one));
	assert_int_equal(1, zt_reader_version(old));
	assert_int_equal(2, zt_reader_version(new_one));
	assert_ok(zt_reader_read(new_one, 8, got, sizeof got, &n));
	assert_int_equal(4, n);
	assert_memory_equal("film", got, 4);
	reads(old, 20 * PART, PART);
	assert_ok(zt_reader_open(s->alice.zt, "films:/big", 1, &again));
	reads(again, 20 * PART, PART);
	assert_err(ZT_ERR_NOT_FOUND, zt_reader_open(s->alice.zt, "films:/big", 9, &none));
	assert_err(ZT_ERR_NOT_FOUND, zt_reader_open(s->alice.zt, "films:/none", 0, &none));
	assert_err(ZT_ERR_INVALID, zt_reader_open(s->alice.zt, "films:/", 0, &none));
	assert_null(none);
	zt_reader_close(again);
	zt_reader_close(new_one);
	zt_reader_close(old);
	assert_ok(zt_restore(s->alice.zt, "films:/big", 1, 0));
}

static void
alter(void *ctx, struct proxy_call *c)
{
	int *left = ctx;

	if (c->route == ROUTE_BLOCK_GET && c->status == 200 && *left != 0 &&
	    c->answer.n > 100) {
		c->answer.p[100] ^= 1;
		(*left)--;
	}
}

static bool
lose(void *ctx, struct proxy_call *c)
{
	int *left = ctx;

	if (c->route != ROUTE_BLOCK_GET || *left == 0)
		return false;
	(*left)--;
	proxy_refuse(c, ZT_ERR_NOT_FOUND);
	return true;
}

/* No byte of an altered or lost block is given out, and the next call asks for it again. */
static void
F1_what_the_server_alters_or_loses_is_told_and_asked_for_again(void **state)
{
	struct scene *s = *state;
	int left = 8;
	struct proxy_hooks altered = { .ctx = &left, .after = alter };
	struct proxy_hooks lost = { .ctx = &left, .before = lose };
	struct zt_reader *r = NULL;
	uint8_t out[100] = { 0 }, zeros[100] = { 0 };
	size_t got = 77;

	assert_ok(zt_reader_open(s->alice.zt, "films:/big", 0, &r));
	proxy_play(s->w->d, &altered);
	assert_err(ZT_ERR_CORRUPT, zt_reader_read(r, 50, out, sizeof out, &got));
	assert_memory_equal(zeros, out, sizeof out);
	assert_int_equal(77, got);
	assert_true(zt_error_message(s->alice.zt)[0] != 0);
	left = 0;
	for (int i = 0; i < 8; i++) /* those that were fetched ahead */
		(void)!(int)zt_reader_read(r, 50 + (uint64_t)i * PART, out, sizeof out, &got);
	proxy_play(s->w->d, NULL);
	reads(r, 50, 3 * PART);
	left = -1; /* blocks of before may still be asked for */
	proxy_play(s->w->d, &lost);
	assert_err(ZT_ERR_MISSING_BLOCK, zt_reader_read(r, 15 * PART, out, sizeof out, &got));
	proxy_play(s->w->d, NULL);
	for (int i = 15; i < 20; i++)
		(void)!(int)zt_reader_read(r, (uint64_t)i * PART, out, sizeof out, &got);
	reads(r, 15 * PART, 4 * PART);
	zt_reader_close(r);
}

/* Ends at once while nothing comes, and continues afterwards. */
static void
a_read_can_be_stopped(void **state)
{
	struct zt_cancel stop = { 0 };
	struct scene *s = *state;
	struct zt_reader *r = NULL;
	uint8_t out[100];
	size_t got = 0;

	assert_ok(zt_reader_open(s->alice.zt, "films:/big", 0, &r));
	zt_use_cancel(s->alice.zt, &stop);
	zt_cancel(&stop);
	assert_true(zt_cancel_is_set(&stop));
	assert_err(ZT_ERR_INTERRUPTED, zt_reader_read(r, 0, out, sizeof out, &got));
	zt_use_cancel(s->alice.zt, NULL);
	reads(r, 0, 100);
	reads(r, 23 * PART, 100);
	zt_reader_close(r); /* with blocks on their way */
	zt_reader_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_range_is_what_the_file_has_there),
		cmocka_unit_test(what_others_write_changes_no_open_version),
		cmocka_unit_test(
		    F1_what_the_server_alters_or_loses_is_told_and_asked_for_again),
		cmocka_unit_test(a_read_can_be_stopped),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, begin, end);
}
