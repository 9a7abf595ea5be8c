/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* keep_test.c - what is read without the servers (zt/keep.h): what this device has verified,
 * and no more; it says so, and what it keeps is sealed. */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/suite.h"
#include "test.h"
#include "writer_model.h"
#include "zt/file.h"
#include "zt/keep.h"
#include "zt/list.h"
#include "zt/workspace.h"

/* The server is away. */
static bool
no_answer(void *ctx, struct proxy_call *c)
{
	++*(unsigned *)ctx;
	c->status = 0;
	return true;
}

static unsigned asked;
static const struct proxy_hooks away = { .ctx = &asked, .before = no_answer };

/* How many entries bob lists of FOLDER, with the size of the last in *SIZE. */
static size_t
listed(struct person *p, const char *folder, uint64_t *size)
{
	const struct zt_file *const *page = NULL;
	struct zt_list *l = NULL;
	size_t n = 0;

	assert_ok(zt_list_open(p->zt, folder, 0, ZT_LIST_DETAILS, &l));
	assert_ok(zt_list_next(l, 100, &page, &n));
	if (n > 0)
		*size = page[n - 1]->size;
	zt_list_close(l);
	return n;
}

/* The file REMOTE as M, kept as HOW. */
static void
reads(struct person *p, const char *remote, const struct model *m, enum zt_keep how)
{
	struct zt_reader *r = NULL;
	uint8_t *is = malloc(m->n + 1);
	size_t got = 0;

	assert_non_null(is);
	assert_ok(zt_reader_open(p->zt, remote, 0, &r));
	assert_ok(zt_reader_keep(r, how));
	assert_ok(zt_reader_read(r, 0, is, m->n + 1, &got));
	assert_int_equal(m->n, got);
	assert_memory_equal(m->p, is, got);
	zt_reader_close(r);
	free(is);
}

static void
does_not_read(struct person *p, const char *remote)
{
	struct zt_reader *r = NULL;
	uint8_t one;
	size_t got;
	enum zt_err err = zt_reader_open(p->zt, remote, 0, &r);

	if (err == ZT_OK)
		err = zt_reader_read(r, 0, &one, 1, &got);
	assert_int_equal(ZT_ERR_NETWORK, err);
	assert_true(zt_error_message(p->zt)[0] != 0);
	zt_reader_close(r);
}

static struct model
put_any(struct person *p, const char *remote, size_t n)
{
	struct zt_writer *w = NULL;
	struct model m = model_new();

	assert_ok(zt_writer_open(p->zt, remote, 0, &w));
	write_any(w, &m, 0, n);
	assert_ok(zt_writer_commit(w, ZT_COMMIT_ON_TOP, NULL));
	zt_writer_close(w);
	return m;
}

static void
what_was_read_is_read_without_the_servers(void **state)
{
	struct scene *s = *state;
	struct person *b = &s->bob;
	struct model read = put_any(&s->alice, "films:/read", 3 * PART + 5), small;
	struct model pinned = put_any(&s->alice, "films:/pinned", 2 * PART);
	struct model other = put_any(&s->alice, "films:/unread", PART);
	uint64_t size = 0;
	unsigned before;

	small = put_any(&s->alice, "films:/small", 100); /* in its manifest */
	zt_read_kept(b->zt, true);
	assert_int_equal(4, listed(b, "films:/", &size));
	assert_int_equal(PART, size);
	assert_false(zt_is_away(b->zt));
	reads(b, "films:/read", &read, ZT_KEEP_READ);
	reads(b, "films:/pinned", &pinned, ZT_KEEP_READ);
	reads(b, "films:/pinned", &pinned, ZT_KEEP_PINNED); /* what was looked at before, too */
	assert_ok(store_trim(b->zt->store, STORE_PIN, UINT64_MAX, &size));
	assert_true(size >= 2 * PART);
	person_close(b);
	person_open(b);
	proxy_play(s->w->d, &away);
	zt_read_kept(b->zt, true);
	size = 0;
	assert_int_equal(4, listed(b, "films:/", &size));
	assert_int_equal(PART, size); /* their manifests are kept too */
	assert_true(zt_is_away(b->zt));
	before = asked;
	reads(b, "films:/read", &read, ZT_KEEP_READ);
	reads(b, "films:/pinned", &pinned, ZT_KEEP_NOTHING);
	reads(b, "films:/small", &small, ZT_KEEP_NOTHING);
	does_not_read(b, "films:/unread");
	assert_int_equal(before, asked); /* nobody waits for the server at each step */
	zt_read_kept(b->zt, false);
	does_not_read(b, "films:/small"); /* a program that did not ask for it */
	zt_read_kept(b->zt, true);
	/* A change needs the server. */
	assert_err(ZT_ERR_NETWORK, zt_mkdir(b->zt, "films:/no"));
	proxy_play(s->w->d, NULL);
	assert_ok(zt_sync(b->zt));
	assert_int_equal(4, listed(b, "films:/", &size));
	assert_false(zt_is_away(b->zt));
	reads(b, "films:/unread", &other, ZT_KEEP_NOTHING);
	free(read.p);
	free(pinned.p);
	free(other.p);
	free(small.p);
}

static void
a_pin_ends(void **state)
{
	struct scene *s = *state;
	struct person *b = &s->bob;
	struct model m = put_any(&s->alice, "films:/pin", PART);
	struct zt_reader *r = NULL;

	zt_read_kept(b->zt, true);
	reads(b, "films:/pin", &m, ZT_KEEP_PINNED);
	assert_ok(zt_reader_open(b->zt, "films:/pin", 0, &r));
	assert_ok(zt_keep_no_more(r));
	zt_reader_close(r);
	proxy_play(s->w->d, &away);
	does_not_read(b, "films:/pin");
	proxy_play(s->w->d, NULL);
	assert_ok(zt_sync(b->zt));
	free(m.p);
}

static void
no_matter(void *ctx, const struct zt_workspace *w)
{
	(void)ctx;
	(void)w;
}

static void
a_workspace_that_was_never_read_is_not_shown_as_empty(void **state)
{
	struct scene *s = *state;
	struct person *b = &s->bob;
	struct zt_list *l = NULL;

	assert_ok(zt_workspace_create(s->alice.zt, "new"));
	assert_ok(zt_workspace_share(s->alice.zt, "new", b->email, "reader"));
	person_put(&s->alice, "there", "new:/file");
	assert_ok(zt_sync(b->zt));
	assert_ok(zt_workspaces(b->zt, no_matter, NULL)); /* its name opens here */
	zt_read_kept(b->zt, true);
	proxy_play(s->w->d, &away);
	assert_err(ZT_ERR_NETWORK, zt_list_open(b->zt, "new:/", 0, ZT_LIST_NAMES, &l));
	proxy_play(s->w->d, NULL);
	assert_ok(zt_sync(b->zt));
}

struct seen {
	size_t count;
	char name[80], value[80];
};

static void
see_note(void *ctx, const char *name, const void *value, size_t n)
{
	struct seen *s = ctx;

	s->count++;
	(void)snprintf(s->name, sizeof s->name, "%s", name);
	(void)snprintf(s->value, sizeof s->value, "%.*s", (int)n, (const char *)value);
}

static void
notes_are_kept_and_bounded(void **state)
{
	struct scene *s = *state;
	struct person *b = &s->bob;
	static char large[64 * 1024 + 1];
	struct seen seen = { 0 };
	char name[32];

	assert_ok(zt_note_put(b->zt, "a.1", "first", 5));
	assert_ok(zt_note_put(b->zt, "a.1", "second", 6));
	assert_ok(zt_note_put(b->zt, "b.1", "other", 5));
	person_close(b);
	person_open(b);
	assert_ok(zt_notes(b->zt, "a.", see_note, &seen));
	assert_int_equal(1, seen.count);
	assert_string_equal("a.1", seen.name);
	assert_string_equal("second", seen.value);
	assert_err(ZT_ERR_NAME, zt_note_put(b->zt, "", "x", 1));
	assert_err(ZT_ERR_NAME, zt_note_put(b->zt, "A name", "x", 1));
	assert_err(ZT_ERR_TOO_BIG, zt_note_put(b->zt, "a.2", large, sizeof large));
	assert_ok(zt_note_remove(b->zt, "a.1"));
	assert_ok(zt_note_remove(b->zt, "a.1"));
	for (int i = 1; i < 1000; i++) {
		(void)snprintf(name, sizeof name, "n.%d", i);
		assert_ok(zt_note_put(b->zt, name, "", 0));
	}
	assert_err(ZT_ERR_TOO_BIG, zt_note_put(b->zt, "n.1000", "", 0));
	assert_ok(zt_note_put(b->zt, "n.1", "again", 5));
}

static int
begin(void **state)
{
	return scene_begin_with(state, "films");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_read_is_read_without_the_servers),
		cmocka_unit_test(a_pin_ends),
		cmocka_unit_test(a_workspace_that_was_never_read_is_not_shown_as_empty),
		cmocka_unit_test(notes_are_kept_and_bounded),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, begin, scene_end);
}
