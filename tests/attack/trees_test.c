/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* trees_test.c - trees that are larger than a push, or deeper than a path: what others do while
 * one is sent, and how it looks when all of it is there; and one that was removed comes back.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crypto/suite.h"
#include "expect.h"
#include "files/path.h"
#include "forge.h"
#include "format/limits.h"
#include "test.h"
#include "tree/batch.h"
#include "tree/tree.h"
#include "zt/history.h"

enum { PUSH = 2048 }; /* files of a push, about */

static void
begin_workspace(struct scene *s, const char *name)
{
	assert_ok(zt_workspace_create(s->alice.zt, name));
	assert_ok(zt_workspace_share(s->alice.zt, name, s->bob.email, "contributor"));
}

static void
make_folder(const char *in, const char *name, char out[240])
{
	assert_true(snprintf(out, 240, "%.200s/%.30s", in, name) < 240);
	assert_int_equal(0, mkdir(out, 0700));
}

static void
make_files(const char *in, int count)
{
	for (int i = 0; i < count; i++) {
		char path[260];
		FILE *f;

		(void)snprintf(path, sizeof path, "%s/%05d", in, i);
		f = fopen(path, "we");
		assert_non_null(f);
		assert_true(fprintf(f, "%d", i) > 0);
		assert_int_equal(0, fclose(f));
	}
}

/* What BY does to PATH as soon as a transfer reports. */
struct meanwhile {
	struct person *by;
	enum { REMOVES, WRITES, MOVES } how;
	const char *path, *to;
	int times;
};

static void
act_once(void *ctx, const struct zt_progress_step *at)
{
	struct meanwhile *m = ctx;

	assert_int_equal(ZT_PROGRESS_SEND, at->kind);
	assert_true(at->done <= at->total);
	if (m->times++ > 0)
		return;
	if (m->how == REMOVES)
		assert_ok(zt_rm(m->by->zt, m->path, true));
	else if (m->how == WRITES)
		person_put(m->by, "what bob wrote", m->path);
	else
		assert_ok(zt_mv(m->by->zt, m->path, m->to, NULL));
}

static void
a_folder_that_was_removed_behind_a_put_is_there_when_the_put_is_done(void **state)
{
	struct scene *s = *state;
	struct meanwhile m = { &s->bob, REMOVES, .path = "behind:/a/z" };
	struct zt_progress p = { .ctx = &m, .step = act_once };
	char a[240], many[240], z[240], got[200];

	make_folder(s->w->state, "behind", a);
	make_folder(a, "many", many);
	make_folder(a, "z", z);
	make_files(many, 3 * PUSH + 100); /* z has its turn when the first push was answered */
	make_files(z, 1);
	begin_workspace(s, "behind");
	assert_ok(zt_mkdir(s->alice.zt, "behind:/a"));
	assert_ok(zt_mkdir(s->alice.zt, "behind:/a/many"));
	assert_ok(zt_mkdir(s->alice.zt, "behind:/a/z"));
	assert_ok(zt_put(s->alice.zt, a, "behind:/a", &p, NULL));
	assert_true(m.times > 1);
	(void)snprintf(got, sizeof got, "%s/behind-got", s->w->state);
	assert_ok(zt_get(s->bob.zt, "behind:/a/z/00000", got, NULL, NULL));
}

/* What a file was compared with is what it is noted to hold, and not what came meanwhile: else
 * it would never come down again, and never go up. */
static void
a_file_that_others_change_behind_a_comparison_is_not_known_to_hold_that(void **state)
{
	struct scene *s = *state;
	struct meanwhile m = { &s->bob, WRITES, .path = "compared:/a/z" };
	struct zt_progress p = { .ctx = &m, .step = act_once };
	char a[240], z[260], is[32] = "";
	FILE *f;

	make_folder(s->w->state, "compared", a);
	(void)snprintf(z, sizeof z, "%s/z", a);
	f = fopen(z, "we");
	assert_non_null(f);
	assert_true(fputs("what alice has", f) >= 0);
	assert_int_equal(0, fclose(f));
	begin_workspace(s, "compared");
	assert_ok(zt_put(s->alice.zt, a, "compared:/a", NULL, NULL));
	make_files(a, 3 * PUSH + 100); /* z has its turn when the first push was answered */
	s->alice.zt->rereads = true;
	assert_ok(zt_put(s->alice.zt, a, "compared:/a", &p, NULL));
	s->alice.zt->rereads = false;
	assert_true(m.times > 1);
	assert_ok(zt_get(s->alice.zt, "compared:/a/z", z, NULL, NULL));
	f = fopen(z, "re");
	assert_non_null(f);
	assert_non_null(fgets(is, sizeof is, f));
	assert_int_equal(0, fclose(f));
	assert_string_equal("what bob wrote", is);
}

static void
a_folder_of_more_than_a_push_has_the_time_that_it_had(void **state)
{
	static const struct timespec then[2] = { { 1000000000, 0 }, { 1000000000, 5 } };
	struct scene *s = *state;
	struct stat st;
	char a[240], many[240], got[200];

	make_folder(s->w->state, "old", a);
	make_folder(a, "many", many);
	make_files(many, PUSH + 100);
	assert_int_equal(0, utimensat(AT_FDCWD, many, then, 0));
	begin_workspace(s, "old");
	assert_ok(zt_put(s->alice.zt, a, "old:/a", NULL, NULL));
	(void)snprintf(got, sizeof got, "%s/old-got", s->w->state);
	assert_ok(zt_get(s->bob.zt, "old:/a", got, NULL, NULL));
	(void)snprintf(got, sizeof got, "%s/old-got/many", s->w->state);
	assert_int_equal(0, stat(got, &st));
	assert_int_equal(1000000000, st.st_mtim.tv_sec);
	assert_int_equal(5, st.st_mtim.tv_nsec);
}

static struct tree_entry
entry_of(struct workspace *s, const char *remote)
{
	struct tree_entry e;
	struct path path;
	const char *message;

	assert_ok(path_parse(remote, &path, &message));
	assert_ok(tree_find(s, &path, path.count, &e));
	return e;
}

/* Two moves that change no folder in common, each right by what its author sees: together they
 * hang /p/a and /q/b into one another. */
static void
two_moves_that_cross_make_no_circle(void **state)
{
	struct scene *s = *state;
	struct tree_entry a, b, q;
	struct batch *batch = NULL;
	struct workspace *w;

	begin_workspace(s, "crossed");
	assert_ok(zt_mkdir(s->alice.zt, "crossed:/p"));
	assert_ok(zt_mkdir(s->alice.zt, "crossed:/q"));
	assert_ok(zt_mkdir(s->alice.zt, "crossed:/p/a"));
	assert_ok(zt_mkdir(s->alice.zt, "crossed:/q/b"));
	w = person_workspace(&s->alice, "crossed");
	a = entry_of(w, "crossed:/p/a");
	b = entry_of(w, "crossed:/q/b");
	q = entry_of(w, "crossed:/q");
	assert_ok(zt_mv(s->bob.zt, "crossed:/p/a", "crossed:/q/b/a", NULL));
	assert_ok(batch_new(w, &batch)); /* she has not heard of it yet */
	assert_ok(batch_link(batch, &a.vlob, bytes_text("b"), &b, BATCH_ABSENT));
	assert_ok(batch_unlink(batch, &q.vlob, bytes_text("b"), &b.vlob));
	assert_err(ZT_ERR_CONFLICT, batch_send_once(batch));
	batch_free(batch);
	assert_err(
	    ZT_ERR_NOT_FOUND, zt_mv(s->alice.zt, "crossed:/q/b", "crossed:/p/a/b", NULL));
	assert_ok(zt_mv(s->alice.zt, "crossed:/q/b", "crossed:/p/b", NULL));
}

static enum zt_err
put_hello(struct person *p, const char *remote, const struct zt_progress *progress)
{
	char *path = world_file(p->w, "hello", "hello", 5);
	enum zt_err err = zt_put(p->zt, path, remote, progress, NULL);

	free(path);
	return err;
}

/* What a put wrote moves with what others move: it is there once, and not at both places. */
static void
what_is_moved_behind_a_put_is_there_once(void **state)
{
	struct scene *s = *state;
	struct meanwhile m = { &s->bob, MOVES, "moving:/f", "moving:/to/f", 0 };
	struct zt_progress p = { .ctx = &m, .step = act_once };
	char local[200], is[8] = "";
	struct stat st;
	FILE *f;

	begin_workspace(s, "moving");
	person_put(&s->alice, "old", "moving:/f");
	assert_ok(zt_mkdir(s->alice.zt, "moving:/to"));
	assert_ok(put_hello(&s->alice, "moving:/f", &p));
	(void)snprintf(local, sizeof local, "%s/moved", s->w->state);
	assert_err(ZT_ERR_NOT_FOUND, zt_get(s->bob.zt, "moving:/f", local, NULL, NULL));
	assert_ok(zt_get(s->bob.zt, "moving:/to/f", local, NULL, NULL));
	f = fopen(local, "re");
	assert_non_null(f);
	assert_non_null(fgets(is, sizeof is, f));
	assert_int_equal(0, fclose(f));
	assert_string_equal("hello", is);
	/* and its folder with all that is put into it */
	m = (struct meanwhile){ &s->bob, MOVES, "moving:/to", "moving:/there", 0 };
	assert_ok(put_hello(&s->alice, "moving:/to/g", &p));
	assert_err(ZT_ERR_NOT_FOUND, zt_get(s->bob.zt, "moving:/to/g", local, NULL, NULL));
	assert_ok(zt_get(s->bob.zt, "moving:/there/g", local, NULL, NULL));
	assert_int_equal(0, stat(local, &st));
	assert_int_equal(5, st.st_size);
}

struct bin {
	int count;
	char id[33];
};

static void
take_removed(void *ctx, const struct zt_removed *r)
{
	struct bin *b = ctx;

	b->count++;
	memcpy(b->id, r->id, sizeof b->id);
}

static void
what_was_removed_needs_a_name_to_come_back_under(void **state)
{
	struct scene *s = *state;
	struct bin b = { 0 };

	begin_workspace(s, "unnamed");
	person_put(&s->alice, "it", "unnamed:/f");
	assert_ok(zt_rm(s->alice.zt, "unnamed:/f", false));
	assert_ok(zt_trash(s->alice.zt, "unnamed", take_removed, &b));
	assert_int_equal(1, b.count);
	assert_err(ZT_ERR_INVALID, zt_restore_removed(s->alice.zt, "unnamed:/", b.id));
	assert_ok(zt_restore_removed(s->alice.zt, "unnamed:/f", b.id));
}

/* A member hangs folders into one another, deeper than any path. */
static void
folders_without_end_hide_nothing_that_was_removed(void **state)
{
	enum { DEEP = LIMIT_DEPTH_READ + 12 };
	static struct forged_folder folder[DEEP];
	struct forged_change changes[DEEP] = { { .version = 1 } };
	struct scene *s = *state;
	struct bin b = { 0 };
	struct workspace *w;
	struct forged f;
	struct id next;
	char name[LIMIT_NAME + 1];

	begin_workspace(s, "deep");
	w = person_workspace(&s->alice, "deep");
	memset(name, 'n', sizeof name);
	random_bytes(next.b, ID_BYTES);
	for (int i = DEEP - 1; i >= 0; i--) {
		changes[i] = (struct forged_change){ .version = 1, .m = &folder[i].m };
		if (i == 0)
			changes[i].vlob = w->w->id;
		else
			random_bytes(changes[i].vlob.b, ID_BYTES);
	}
	for (int i = 0; i < DEEP; i++)
		forge_folder(&folder[i], bytes_of((uint8_t *)name, LIMIT_NAME),
		    i + 1 < DEEP ? &changes[i + 1].vlob : &next, true);
	forge_changeset(&s->alice, w, changes, DEEP, 1, &f);
	assert_ok(forged_send(&s->alice, w, &f));
	forged_free(&f);
	person_put(&s->bob, "it", "deep:/f");
	assert_ok(zt_rm(s->bob.zt, "deep:/f", false));
	assert_ok(zt_trash(s->bob.zt, "deep", take_removed, &b));
	assert_int_equal(1, b.count);
}

/* "(zt)" makes it longer than a name may be here. */
static void
a_name_that_the_file_system_cannot_have_costs_its_file_alone(void **state)
{
	struct scene *s = *state;
	char name[LIMIT_NAME + 1], remote[LIMIT_NAME + 40], in[240], path[600];
	FILE *f;

	memset(name, 'n', LIMIT_NAME);
	name[LIMIT_NAME] = 0;
	begin_workspace(s, "long");
	(void)snprintf(remote, sizeof remote, "long:/%s", name);
	person_put(&s->alice, "it", remote);
	person_put(&s->alice, "other", "long:/z");
	make_folder(s->w->state, "long", in);
	(void)snprintf(path, sizeof path, "%s/%s", in, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(0, fclose(f));
	s->bob.zt->keeps_both = true;
	assert_err(ZT_ERR_NAME, zt_get(s->bob.zt, "long:/", in, NULL, NULL));
	s->bob.zt->keeps_both = false;
	(void)snprintf(path, sizeof path, "%s/z", in);
	assert_int_equal(0, access(path, F_OK));
}

static uint64_t
moment(void)
{
	const struct timespec a_little = { 0, 20 * 1000000 };
	uint64_t now;

	(void)nanosleep(&a_little, NULL); /* times are milliseconds */
	now = session_now_ms();
	(void)nanosleep(&a_little, NULL);
	return now;
}

static void
a_removed_tree_comes_back_as_it_was(void **state)
{
	struct scene *s = *state;
	struct zt *z = s->alice.zt;
	struct zt_check check;
	uint64_t then, later;

	assert_ok(zt_workspace_create(z, "back"));
	assert_ok(zt_mkdir(z, "back:/a"));
	assert_ok(zt_mkdir(z, "back:/a/b"));
	person_put(&s->alice, "one", "back:/a/one");
	person_put(&s->alice, "two", "back:/a/b/two");
	person_put(&s->alice, "moved", "back:/a/moved");
	then = moment();
	person_put(&s->alice, "another one", "back:/a/one");
	person_put(&s->alice, "young", "back:/a/b/young");
	assert_ok(zt_mv(z, "back:/a/moved", "back:/moved", NULL));
	later = moment();
	assert_ok(zt_rm(z, "back:/a", true));
	expect_list(&s->alice, "back:/", "/moved ");
	expect_list_at(&s->alice, "back:/", then, "/a/ /a/b/ /a/moved /a/one /a/b/two ");
	assert_err(ZT_ERR_NOT_FOUND, zt_restore(z, "back:/never", 1, 0));
	assert_err(
	    ZT_ERR_NOT_FOUND, zt_restore(z, "back:/a/one", 0, then)); /* its folder first */
	assert_ok(zt_restore(z, "back:/a", 0, then));
	expect_list(&s->alice, "back:/", "/a/ /moved /a/b/ /a/one /a/b/two ");
	expect_content(&s->alice, "back:/a/one", "one");
	assert_err(ZT_ERR_EXISTS, zt_restore(z, "back:/a/moved", 0, then));
	assert_ok(zt_restore(z, "back:/a", 0, later));
	expect_list(&s->alice, "back:/", "/a/ /moved /a/b/ /a/one /a/b/two /a/b/young ");
	expect_content(&s->alice, "back:/a/one", "another one");
	assert_ok(zt_rm(z, "back:/a/b/two", false));
	assert_ok(zt_restore(z, "back:/a/b/two", 1, 0));
	expect_content(&s->alice, "back:/a/b/two", "two");
	assert_ok(zt_restore(z, "back:/a/b", 1, 0)); /* its names alone, when it was empty */
	expect_list(&s->alice, "back:/", "/a/ /moved /a/b/ /a/one ");
	assert_ok(zt_verify(z, "back", NULL, &check));
	assert_int_equal(2, check.files);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_moves_that_cross_make_no_circle),
		cmocka_unit_test(
		    a_folder_that_was_removed_behind_a_put_is_there_when_the_put_is_done),
		cmocka_unit_test(
		    a_file_that_others_change_behind_a_comparison_is_not_known_to_hold_that),
		cmocka_unit_test(a_folder_of_more_than_a_push_has_the_time_that_it_had),
		cmocka_unit_test(what_is_moved_behind_a_put_is_there_once),
		cmocka_unit_test(what_was_removed_needs_a_name_to_come_back_under),
		cmocka_unit_test(a_name_that_the_file_system_cannot_have_costs_its_file_alone),
		cmocka_unit_test(folders_without_end_hide_nothing_that_was_removed),
		cmocka_unit_test(a_removed_tree_comes_back_as_it_was),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
