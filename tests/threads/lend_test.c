/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* lend_test.c - what takes long leaves the device to other handles meanwhile, and sees what
 * they did (docs/decisions/0009-lending.md); on real services, run under ThreadSanitizer by
 * `make test-threads`. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "held.h"
#include "log/enter.h"
#include "session/freeze.h"
#include "test.h"
#include "workspace/rotate.h"
#include "world.h"
#include "zt/file.h"
#include "zt/org.h"
#include "zt/reader.h"
#include "zt/sync.h"
#include "zt/workspace.h"

static void
count(void *ctx, const struct zt_file *f)
{
	(void)f;
	++*(unsigned *)ctx;
}

/* In its first block. */
static void
hold_step(void *ctx, const struct zt_progress_step *step)
{
	if (step->done > 0)
		held_wait(ctx);
}

/* After its first page. */
static void
hold_work(void *ctx, enum zt_work what, uint64_t done, uint64_t total)
{
	(void)done;
	(void)total;
	if (what == ZT_WORK_VERIFY_LOG)
		held_wait(ctx);
}

struct verified {
	struct worker w;
	struct held h;
	const char *workspace; /* NULL: the log */
	struct zt_check found;
	uint64_t entries;
};

static void *
verify_held(void *arg)
{
	struct verified *v = arg;
	struct zt_progress p = { .ctx = &v->h, .step = hold_step };

	(void)went(&v->w, "verify",
	    v->workspace != NULL ? zt_verify(v->w.z, v->workspace, &p, &v->found)
				 : zt_log_verify(v->w.z, &v->entries));
	held_came(&v->h); /* also if no block came */
	return NULL;
}

static void
begin_verification(struct verified *v, pthread_t *thread)
{
	held_run(&v->h, thread, verify_held, v);
}

static void
end_verification(struct verified *v, pthread_t thread)
{
	held_let_go(&v->h, thread);
	is_well(&v->w);
}

/* Its callbacks use the lock in each call of the handle. */
static void
close_verification(struct verified *v)
{
	zt_close(v->w.z);
	held_close(&v->h);
}

/* A verification reads content for most of its time. Others act meanwhile, also so that the
 * workspace is read again: it continues, and verifies all that was there before. */
static void
a_verification_lets_others_act(void **state)
{
	struct scene *s = *state;
	struct verified v = { .workspace = "checked" };
	pthread_t thread;
	unsigned seen = 0;

	assert_ok(zt_workspace_create(s->alice.zt, "checked"));
	assert_ok(zt_mkdir(s->alice.zt, "checked:/1"));
	assert_ok(zt_mkdir(s->alice.zt, "checked:/1/2"));
	held_write(s->alice.zt, "checked:/a");
	held_write(s->alice.zt, "checked:/1/b");
	held_write(s->alice.zt, "checked:/1/2/c");
	assert_ok(zt_open_again(s->alice.zt, &s->alice.o, &v.w.z));
	begin_verification(&v, &thread);
	assert_ok(zt_workspace_rotate(s->alice.zt, "checked"));
	held_write(s->alice.zt, "checked:/1/2/d");
	assert_ok(zt_ls(s->alice.zt, "checked:/", true, false, count, &seen));
	assert_int_equal(6, seen);
	end_verification(&v, thread);
	assert_in_range(
	    v.found.files, 3, 4); /* what was new may be in a folder that it had seen */
	assert_int_equal(3, v.found.folders);
	assert_int_equal(v.found.files * HELD_SIZE, v.found.bytes);
	close_verification(&v);
}

/* The same of the log, to which another adds meanwhile. */
static void
a_verification_of_the_log_lets_others_act(void **state)
{
	struct scene *s = *state;
	struct verified v = { .workspace = NULL };
	struct zt_options o = s->alice.o;
	struct zt_identity before, after;
	pthread_t thread;

	o.progress = hold_work;
	o.progress_ctx = &v.h;
	assert_ok(zt_open_again(s->alice.zt, &o, &v.w.z));
	zt_whoami(v.w.z, &before);
	begin_verification(&v, &thread);
	assert_ok(zt_workspace_create(s->alice.zt, "meanwhile"));
	end_verification(&v, thread);
	assert_true(v.entries >= before.log_size);
	assert_ok(zt_sync(v.w.z));
	zt_whoami(v.w.z, &after);
	assert_true(after.log_size > before.log_size);
	close_verification(&v);
}

struct transferred {
	struct worker w;
	struct held h;
	char folder[40]; /* with one large file */
	bool puts, is_tree;
	uint64_t files;
};

/* In its first block, and not again: what begins again is not held. */
static void
hold_once(void *ctx, const struct zt_progress_step *step)
{
	struct held *h = ctx;

	if (step->total > 0 && !h->may_go)
		held_wait(h);
}

static void *
transfer_held(void *arg)
{
	struct transferred *v = arg;
	struct zt_progress p = { .ctx = &v->h, .step = hold_once };

	(void)went(&v->w, "transfer",
	    v->puts ? zt_put(v->w.z, v->folder, "shared:/large", &p, &v->files)
		    : zt_get(v->w.z, v->is_tree ? "shared:/large" : "shared:/large/file",
			  v->folder, &p, &v->files));
	held_came(&v->h);
	return NULL;
}

/* Begins to put V->folder, or to get into it, and returns when its first block is on its way.
 */
static void
begin_transfer(struct scene *s, struct transferred *v, pthread_t *thread)
{
	assert_ok(zt_open_again(s->alice.zt, &s->alice.o, &v->w.z));
	held_run(&v->h, thread, transfer_held, v);
}

static void
end_transfer(struct transferred *v, pthread_t thread)
{
	held_let_go(&v->h, thread);
	is_well(&v->w);
	zt_close(v->w.z);
	held_close(&v->h);
}

static void
write_large(const char *path, unsigned mib)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (unsigned i = 0; i < mib * (1024 * 1024 / sizeof i); i++)
		assert_int_equal(1, fwrite(&i, sizeof i, 1, f));
	assert_int_equal(0, fclose(f));
}

static bool
is_same(const char *a, const char *b)
{
	FILE *one = fopen(a, "r"), *two = fopen(b, "r");
	int got = 0, other = 0;

	while (one != NULL && two != NULL && got == other && got != EOF) {
		got = getc(one);
		other = getc(two);
	}
	if (one != NULL)
		(void)fclose(one);
	if (two != NULL)
		(void)fclose(two);
	return got == EOF && other == EOF;
}

/* A transfer leaves the device to others while content is on its way. What they do is seen: a
 * folder that they removed meanwhile is made again, and the file is in no folder that nobody
 * finds. */
static void
a_transfer_lets_others_act(void **state)
{
	struct scene *s = *state;
	struct transferred up = { .puts = true }, down = { .puts = false };
	char path[64], copy[64];
	pthread_t thread;
	unsigned seen = 0;

	(void)snprintf(up.folder, sizeof up.folder, "/tmp/zt-lend-XXXXXX");
	assert_non_null(mkdtemp(up.folder));
	(void)snprintf(path, sizeof path, "%s/file", up.folder);
	write_large(path, 6);
	assert_ok(zt_mkdir(s->alice.zt, "shared:/large"));
	begin_transfer(s, &up, &thread);
	assert_ok(zt_mkdir(s->alice.zt, "shared:/beside-a-put"));
	assert_ok(zt_rm(s->alice.zt, "shared:/large", true));
	assert_ok(zt_workspace_rotate(s->alice.zt, "shared"));
	end_transfer(&up, thread);
	assert_ok(zt_ls(s->alice.zt, "shared:/large", false, false, count, &seen));
	assert_int_equal(1, seen);

	(void)snprintf(down.folder, sizeof down.folder, "/tmp/zt-lend-XXXXXX");
	assert_non_null(mkdtemp(down.folder));
	begin_transfer(s, &down, &thread);
	assert_ok(zt_mkdir(s->alice.zt, "shared:/beside-a-get"));
	end_transfer(&down, thread);
	assert_int_equal(1, down.files);
	(void)snprintf(copy, sizeof copy, "%s/file", down.folder);
	assert_true(is_same(path, copy));
	assert_int_equal(
	    0, unlink(path) | unlink(copy) | rmdir(up.folder) | rmdir(down.folder));
}

/* What is moved out of a folder that was not read yet, into one that was, is in the copy. */
static void
a_transfer_misses_nothing_that_is_moved(void **state)
{
	struct scene *s = *state;
	struct transferred down = { .is_tree = true };
	char path[64], small[96];
	pthread_t thread;

	(void)snprintf(down.folder, sizeof down.folder, "/tmp/zt-lend-XXXXXX");
	assert_non_null(mkdtemp(down.folder));
	(void)snprintf(path, sizeof path, "%s/file", down.folder);
	write_large(path, 40); /* more than is in flight at once */
	assert_ok(zt_put(s->alice.zt, path, "shared:/large/file", NULL, NULL));
	assert_int_equal(0, truncate(path, 100));
	assert_ok(zt_mkdir(s->alice.zt, "shared:/large/below"));
	assert_ok(zt_put(s->alice.zt, path, "shared:/large/below/small", NULL, NULL));
	assert_int_equal(0, unlink(path));
	begin_transfer(s, &down, &thread);
	assert_ok(zt_mv(s->alice.zt, "shared:/large/below/small", "shared:/large/small", NULL));
	end_transfer(&down, thread);
	(void)snprintf(small, sizeof small, "%s/small", down.folder);
	assert_int_equal(0, access(small, F_OK));
	assert_int_equal(0, unlink(small) | unlink(path));
	(void)snprintf(small, sizeof small, "%s/below", down.folder);
	assert_int_equal(0, rmdir(small) | rmdir(down.folder));
}

/* One fetches a file; another a second one, and the same, into the same folder. */
static void
two_transfers_into_one_folder_both_end_well(void **state)
{
	struct scene *s = *state;
	struct transferred down = { .puts = false };
	char path[64], small[96], copy[96];
	pthread_t thread;
	uint64_t files = 0;

	(void)snprintf(down.folder, sizeof down.folder, "/tmp/zt-lend-XXXXXX");
	assert_non_null(mkdtemp(down.folder));
	(void)snprintf(path, sizeof path, "%s-large", down.folder);
	write_large(path, 6);
	assert_ok(zt_put(s->alice.zt, path, "shared:/large/file", NULL, NULL));
	held_write(s->alice.zt, "shared:/beside");
	begin_transfer(s, &down, &thread);
	assert_ok(zt_get(s->alice.zt, "shared:/beside", down.folder, NULL, &files));
	assert_ok(zt_get(s->alice.zt, "shared:/large/file", down.folder, NULL, &files));
	end_transfer(&down, thread);
	(void)snprintf(copy, sizeof copy, "%s/file", down.folder);
	(void)snprintf(small, sizeof small, "%s/beside", down.folder);
	assert_true(is_same(path, copy));
	assert_int_equal(0, unlink(path) | unlink(copy) | unlink(small) | rmdir(down.folder));
}

/* A put of a large file, of which the first block is on its way. */
static void
begin_put(struct scene *s, struct transferred *up, char path[64], pthread_t *thread)
{
	(void)snprintf(up->folder, sizeof up->folder, "/tmp/zt-lend-XXXXXX");
	assert_non_null(mkdtemp(up->folder));
	(void)snprintf(path, 64, "%s/new", up->folder);
	write_large(path, 6);
	begin_transfer(s, up, thread);
}

/* While it was lent, this device saw a second history: nothing is written after that. */
static void
a_transfer_writes_nothing_to_a_frozen_workspace(void **state)
{
	struct scene *s = *state;
	struct transferred up = { .puts = true };
	struct zt_reader *in = NULL;
	char path[64];
	pthread_t thread;

	begin_put(s, &up, path, &thread);
	assert_ok(log_enter(s->alice.zt));
	assert_err(ZT_ERR_FORK, session_note_fork(s->alice.zt, NULL, ZT_ERR_FORK));
	assert_ok(log_leave(s->alice.zt, ZT_OK));
	held_let_go(&up.h, thread);
	assert_int_equal(ZT_ERR_FORK, up.w.err);
	zt_close(up.w.z);
	assert_ok(log_enter(s->alice.zt));
	assert_ok(log_leave(s->alice.zt, session_thaw(s->alice.zt)));
	assert_err(ZT_ERR_NOT_FOUND, zt_reader_open(s->alice.zt, "shared:/large/new", 0, &in));
	assert_int_equal(0, unlink(path) | rmdir(up.folder));
}

/* While it was lent, a member left: it is written under the next key. */
static void
a_transfer_renews_the_key_that_is_due(void **state)
{
	struct scene *s = *state;
	struct transferred up = { .puts = true };
	struct workspace *w = person_workspace(&s->alice, "shared");
	struct id workspace = w->w->id;
	size_t generations = w->w->generation_count;
	struct zt_reader *in = NULL;
	char path[64];
	pthread_t thread;

	begin_put(s, &up, path, &thread);
	assert_ok(log_enter(s->alice.zt));
	assert_ok(log_leave(s->alice.zt,
	    workspace_set_role(s->alice.zt, &workspace, &s->bob.zt->user, ROLE_NONE)));
	end_transfer(&up, thread);
	assert_ok(zt_reader_open(s->alice.zt, "shared:/large/new", 0, &in));
	zt_reader_close(in);
	assert_int_equal(
	    generations + 1, person_workspace(&s->alice, "shared")->w->generation_count);
	scene_share(s, "shared", &s->bob, "reader");
	assert_int_equal(0, unlink(path) | rmdir(up.folder));
}

static bool
hold_block(void *ctx, struct proxy_call *c)
{
	struct held *h = ctx;

	if (c->route == ROUTE_BLOCK_GET && !h->may_go)
		held_wait(h);
	return false;
}

static void *
get_bobs(void *arg)
{
	struct transferred *v = arg;

	(void)went(&v->w, "get", zt_get(v->w.z, "bobs:/file", v->folder, NULL, &v->files));
	return NULL;
}

/* What lies here may be what comes: while the two are compared, others have the device. */
static void
a_comparison_lets_others_act(void **state)
{
	struct scene *s = *state;
	struct transferred down = { .puts = false };
	struct proxy_hooks hooks = { .ctx = &down.h, .before = hold_block };
	char path[64];
	pthread_t thread;
	uint64_t n = 0;

	(void)snprintf(down.folder, sizeof down.folder, "/tmp/zt-lend-XXXXXX");
	assert_non_null(mkdtemp(down.folder));
	(void)snprintf(path, sizeof path, "%s/file", down.folder);
	write_large(path, 6);
	assert_ok(zt_workspace_create(s->bob.zt, "bobs"));
	assert_ok(zt_workspace_share(s->bob.zt, "bobs", s->alice.email, "reader"));
	assert_ok(zt_put(s->bob.zt, path, "bobs:/file", NULL, NULL));
	assert_ok(zt_sync(s->alice.zt));
	assert_ok(zt_open_again(s->alice.zt, &s->alice.o, &down.w.z));
	proxy_play(s->w->d, &hooks);
	held_run(&down.h, &thread, get_bobs, &down);
	assert_ok(zt_check_store(s->alice.zt, &n)); /* asks nobody else */
	held_let_go(&down.h, thread);
	proxy_play(s->w->d, NULL);
	is_well(&down.w);
	assert_int_equal(0, down.files);
	zt_close(down.w.z);
	assert_int_equal(0, unlink(path) | rmdir(down.folder));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_verification_lets_others_act),
		cmocka_unit_test(a_verification_of_the_log_lets_others_act),
		cmocka_unit_test(a_transfer_lets_others_act),
		cmocka_unit_test(a_transfer_misses_nothing_that_is_moved),
		cmocka_unit_test(two_transfers_into_one_folder_both_end_well),
		cmocka_unit_test(a_transfer_writes_nothing_to_a_frozen_workspace),
		cmocka_unit_test(a_transfer_renews_the_key_that_is_due),
		cmocka_unit_test(a_comparison_lets_others_act),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, held_scene, scene_end);
}
