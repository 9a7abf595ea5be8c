/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* list_test.c - a folder in pages (zt/list.h): one version of it, whatever others do meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/suite.h"
#include "test.h"
#include "tree/batch.h"
#include "world.h"
#include "zt/cancel.h"
#include "zt/file.h"
#include "zt/history.h"
#include "zt/list.h"
#include "zt/workspace.h"

enum { MANY = 50000, PAGE = 700 };

/* Fills the root of WORKSPACE with MANY names of one new file, as one changeset. */
static void
fill(struct person *p, const char *workspace)
{
	struct workspace *s = person_workspace(p, workspace);
	struct tree_entry file = { .is_folder = false };
	struct batch *b = NULL;
	Zt__Manifest *m = malloc(sizeof *m);

	assert_non_null(m);
	zt__manifest__init(m);
	m->kind_case = ZT__MANIFEST__KIND_FILE;
	assert_non_null(m->file = malloc(sizeof *m->file));
	zt__file_manifest__init(m->file);
	random_bytes(file.vlob.b, ID_BYTES);
	assert_ok(batch_new(s, &b));
	assert_ok(batch_write(b, &file.vlob, m, false, 0));
	for (int i = 0; i < MANY; i++) {
		char name[32];

		(void)snprintf(name, sizeof name, "name-%05d", i);
		assert_ok(batch_link(b, &s->w->id, bytes_text(name), &file, BATCH_ABSENT));
	}
	assert_ok(batch_send_once(b));
	batch_free(b);
}

static bool
count(void *ctx, struct proxy_call *c)
{
	(void)c;
	++*(unsigned *)ctx;
	return false;
}

static void
a_large_folder_is_read_in_pages_and_stays_one_version(void **state)
{
	struct scene *s = *state;
	const struct zt_file *const *page = NULL;
	unsigned calls = 0;
	struct proxy_hooks counted = { .ctx = &calls, .before = count };
	struct zt_list *l = NULL;
	size_t n = 1, seen = 0;

	fill(&s->alice, "wide");
	assert_ok(zt_sync(s->bob.zt));
	assert_ok(zt_list_open(s->bob.zt, "wide:/", 0, ZT_LIST_NAMES, &l));
	assert_int_equal(MANY, zt_list_size(l));
	while (n > 0) {
		if (seen == (size_t)3 * PAGE) { /* others remove, add, and come before */
			assert_ok(zt_rm(s->alice.zt, "wide:/name-49000", false));
			assert_ok(zt_mkdir(s->alice.zt, "wide:/a"));
			assert_ok(zt_sync(s->bob.zt));
			assert_err(ZT_ERR_EXISTS, zt_mkdir(s->bob.zt, "wide:/a"));
			proxy_play(s->w->d, &counted);
		}
		assert_int_equal(seen, zt_list_at(l));
		assert_ok(zt_list_next(l, PAGE, &page, &n));
		for (size_t i = 0; i < n; i++) {
			char name[32];

			(void)snprintf(name, sizeof name, "/name-%05zu", seen++);
			assert_string_equal(name, page[i]->path);
			assert_false(page[i]->is_folder);
		}
	}
	proxy_play(s->w->d, NULL);
	assert_int_equal(MANY, seen);
	assert_int_equal(0, calls); /* names need no request */
	zt_list_seek(l, 49999);
	assert_ok(zt_list_next(l, PAGE, &page, &n));
	assert_int_equal(1, n);
	assert_string_equal("/name-49999", page[0]->path);
	zt_list_seek(l, SIZE_MAX);
	assert_ok(zt_list_next(l, PAGE, &page, &n));
	assert_int_equal(0, n);
	assert_err(ZT_ERR_INVALID, zt_list_next(l, 0, &page, &n));
	zt_list_close(l);
	assert_ok(zt_list_open(s->bob.zt, "wide:/", 0, ZT_LIST_NAMES, &l));
	assert_int_equal(MANY, zt_list_size(l));
	assert_ok(zt_list_next(l, 1, &page, &n));
	assert_string_equal("/a", page[0]->path);
	assert_true(page[0]->is_folder);
	zt_list_close(l);
}

/* What zt_ls says, in pages. */
struct rows {
	struct zt_file f[32];
	char path[32][32];
	size_t n;
};

static void
take(void *ctx, const struct zt_file *f)
{
	struct rows *r = ctx;

	assert_true(r->n < 32);
	r->f[r->n] = *f;
	(void)snprintf(r->path[r->n++], 32, "%s", f->path);
}

static void
is_listed(struct person *p, uint64_t time, const struct rows *r)
{
	const struct zt_file *const *page;
	struct zt_list *l = NULL;
	size_t n, at = 0;

	assert_ok(zt_list_open(p->zt, "narrow:/in", time, ZT_LIST_DETAILS, &l));
	assert_int_equal(r->n, zt_list_size(l));
	do {
		assert_ok(zt_list_next(l, 3, &page, &n));
		for (size_t i = 0; i < n; i++, at++) {
			assert_string_equal(r->path[at], page[i]->path);
			assert_int_equal(r->f[at].size, page[i]->size);
			assert_int_equal(r->f[at].version, page[i]->version);
			assert_int_equal(r->f[at].mode, page[i]->mode);
			assert_int_equal(r->f[at].modified, page[i]->modified);
			assert_int_equal(r->f[at].is_folder, page[i]->is_folder);
		}
	} while (n > 0);
	assert_int_equal(r->n, at);
	zt_list_close(l);
}

static void
pages_are_what_a_listing_is(void **state)
{
	struct scene *s = *state;
	struct rows now = { .n = 0 }, then = { .n = 0 };
	struct zt_list *l = NULL;
	uint64_t time;

	assert_ok(zt_mkdir(s->alice.zt, "narrow:/in"));
	for (int i = 0; i < 10; i++) {
		char remote[32], content[16];

		(void)snprintf(remote, sizeof remote, "narrow:/in/%d", i);
		(void)snprintf(content, sizeof content, "%.*s", i, "0123456789");
		if (i % 4 == 3)
			assert_ok(zt_mkdir(s->alice.zt, remote));
		else
			person_put(&s->alice, content, remote);
	}
	time = person_workspace(&s->alice, "narrow")->chain.time;
	person_put(&s->alice, "another", "narrow:/in/1");
	assert_ok(zt_rm(s->alice.zt, "narrow:/in/2", false));
	assert_ok(zt_sync(s->bob.zt));
	assert_ok(zt_ls(s->bob.zt, "narrow:/in", false, true, take, &now));
	assert_ok(zt_ls_at(s->bob.zt, "narrow:/in", time, false, true, take, &then));
	assert_int_equal(9, now.n);
	assert_int_equal(10, then.n);
	is_listed(&s->bob, 0, &now);
	is_listed(&s->bob, time, &then);
	assert_err(
	    ZT_ERR_INVALID, zt_list_open(s->bob.zt, "narrow:/in/1", 0, ZT_LIST_NAMES, &l));
	assert_err(
	    ZT_ERR_NOT_FOUND, zt_list_open(s->bob.zt, "narrow:/no", 0, ZT_LIST_NAMES, &l));
	assert_null(l);
	zt_list_close(NULL);
}

static bool
refuse(void *ctx, struct proxy_call *c)
{
	(void)ctx;
	proxy_refuse(c, ZT_ERR_LIMIT);
	return true;
}

/* A page that failed is asked for again, and none of it is left out. */
static void
a_page_that_failed_comes_again(void **state)
{
	struct scene *s = *state;
	struct proxy_hooks refusing = { .before = refuse };
	const struct zt_file *const *page = NULL;
	struct zt_cancel cancel = { 0 };
	struct zt_list *l = NULL;
	size_t n = 77;

	assert_ok(zt_mkdir(s->alice.zt, "narrow:/again"));
	person_put(&s->alice, "one", "narrow:/again/1");
	person_put(&s->alice, "two", "narrow:/again/2");
	assert_ok(zt_sync(s->bob.zt));
	assert_ok(zt_list_open(s->bob.zt, "narrow:/again", 0, ZT_LIST_DETAILS, &l));
	proxy_play(s->w->d, &refusing);
	assert_err(ZT_ERR_LIMIT, zt_list_next(l, 5, &page, &n));
	proxy_play(s->w->d, NULL);
	zt_use_cancel(s->bob.zt, &cancel);
	zt_cancel(&cancel);
	assert_err(ZT_ERR_INTERRUPTED, zt_list_next(l, 5, &page, &n));
	zt_use_cancel(s->bob.zt, NULL);
	assert_int_equal(77, n);
	assert_null(page);
	assert_ok(zt_list_next(l, 5, &page, &n));
	assert_int_equal(2, n);
	assert_int_equal(3, page[0]->size);
	zt_list_close(l);
}

/* The sentence put together again from its parts. */
static void
put_together(const struct zt_error *e, char out[512])
{
	size_t n = 0, at = 0;

	for (const char *p = e->english; *p != 0 && n < 500; p++) {
		if (*p != '%') {
			out[n++] = *p;
			continue;
		}
		p += strcspn(p, "sdiux"); /* to its conversion */
		assert_true(at < e->count);
		n += (size_t)snprintf(out + n, 512 - n, "%s", e->parameter[at++]);
	}
	out[n] = 0;
	assert_int_equal(e->count, at);
}

static void
an_error_has_parts_that_make_its_sentence(void **state)
{
	struct scene *s = *state;
	struct zt_error e;
	char whole[512];
	enum zt_err err = zt_rm(s->bob.zt, "narrow:/none", false);

	zt_error_of(s->bob.zt, err, &e);
	assert_int_equal(ZT_ERR_NOT_FOUND, e.number);
	assert_string_equal(zt_error_message(s->bob.zt), e.sentence);
	assert_int_equal(3, e.count);
	assert_string_equal("none", e.parameter[0]);
	assert_string_equal("narrow", e.parameter[1]);
	put_together(&e, whole);
	assert_string_equal(e.sentence, whole);
	err = zt_restore_removed(s->bob.zt, "narrow:/x", "no id");
	zt_error_of(s->bob.zt, err, &e); /* no parameter */
	put_together(&e, whole);
	assert_string_equal(e.sentence[0] != 0 ? e.sentence : zt_err_text(err), whole);
	assert_ok(zt_sync(s->bob.zt));
	zt_error_of(s->bob.zt, ZT_ERR_FULL, &e); /* of no sentence: the words of the number */
	assert_string_equal("", e.sentence);
	assert_string_equal(zt_err_text(ZT_ERR_FULL), e.english);
	assert_int_equal(0, e.count);
}

static int
begin(void **state)
{
	int rc = scene_begin(state);
	struct scene *s = *state;

	assert_ok(zt_workspace_create(s->alice.zt, "wide"));
	assert_ok(zt_workspace_share(s->alice.zt, "wide", s->bob.email, "contributor"));
	assert_ok(zt_workspace_create(s->alice.zt, "narrow"));
	assert_ok(zt_workspace_share(s->alice.zt, "narrow", s->bob.email, "contributor"));
	assert_ok(zt_sync(s->bob.zt));
	return rc;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_large_folder_is_read_in_pages_and_stays_one_version),
		cmocka_unit_test(pages_are_what_a_listing_is),
		cmocka_unit_test(a_page_that_failed_comes_again),
		cmocka_unit_test(an_error_has_parts_that_make_its_sentence),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, begin, scene_end);
}
