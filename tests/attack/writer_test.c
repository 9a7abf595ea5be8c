/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* writer_test.c - the next version of a file, written at any place (zt/writer.h): it is what a
 * model of bytes is, whatever others and the server do meanwhile. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/suite.h"
#include "files/block.h"
#include "forge.h"
#include "format/limits.h"
#include "test.h"
#include "writer_model.h"
#include "zt/file.h"
#include "zt/reader.h"
#include "zt/workspace.h"

/* One act of any kind, small or large, at any place. */
static void
any_act(struct zt_writer *w, struct model *m)
{
	uint32_t kind = below(20), n = below(4) == 0 ? below(3 * PART) : below(3000),
		 at = below(3) == 0 ? (uint32_t)m->n : below(MAX);

	if (below(4) == 0)
		at -= at % PART; /* whole blocks, too */
	if (below(8) == 0)
		n = PART;
	if (n > MAX - at)
		n = MAX - at;
	if (kind == 0)
		cut_both(w, m, below(4) == 0 ? 0 : below(MAX));
	else if (kind < 5)
		read_both(w, m, at, n);
	else
		write_any(w, m, at, n);
}

static void
any_writes_make_what_a_model_says(void **state)
{
	struct scene *s = *state;
	struct zt_writer *w = NULL;
	struct zt_committed c = { 0 };
	struct model m = model_new();

	assert_ok(zt_writer_open(s->alice.zt, "films:/any", 0, &w));
	for (uint64_t version = 1; version <= 24; version++) {
		for (uint32_t acts = below(30); acts > 0; acts--)
			any_act(w, &m);
		assert_ok(zt_writer_set_mode(w, 0640)); /* so that each has something new */
		assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, &c));
		assert_int_equal(version, c.version);
		assert_int_equal(version, zt_writer_version(w));
		assert_false(c.is_on_top);
		is_model(&s->alice, "films:/any", 0, &m);
		if (below(2) == 0)
			continue;
		zt_writer_close(w);
		assert_ok(zt_writer_open(
		    s->alice.zt, "films:/any", below(2) == 0 ? ZT_NEWEST : version, &w));
		read_both(w, &m, 0, MAX);
	}
	is_model(&s->bob, "films:/any", 0, &m); /* who sees it for the first time */
	assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, &c));
	assert_int_equal(24, c.version); /* nothing was written */
	zt_writer_close(w);
	free(m.p);
}

/* ---- what is sent, and what is not ---- */

static void
what_nobody_wrote_over_is_not_sent_again(void **state)
{
	struct scene *s = *state;
	struct sent n = { 0 };
	struct proxy_hooks counted = { .ctx = &n, .before = count_sent };
	struct zt_writer *w = NULL;
	struct model m = model_new();

	assert_ok(zt_writer_open(s->alice.zt, "films:/kept", 0, &w));
	write_any(w, &m, 0, MAX);
	assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
	zt_writer_close(w);
	proxy_play(s->w->d, &counted);
	assert_ok(zt_writer_open(s->bob.zt, "films:/kept", ZT_NEWEST, &w));
	assert_int_equal(0, n.gets);
	write_any(w, &m, 5 * PART + 100, 10);
	write_any(w, &m, 7 * PART, PART); /* all of one: it is not fetched */
	assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
	assert_int_equal(1, n.gets);
	assert_int_equal(2, n.puts);
	assert_int_equal(1, n.pushes);
	n = (struct sent){ 0 };
	cut_both(w, &m, 3 * PART); /* at the end of a block */
	assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
	assert_int_equal(0, n.puts + n.gets);
	n = (struct sent){ 0 };
	cut_both(w, &m, MAX); /* zeros take no room */
	write_any(w, &m, 9 * PART + 5, 5);
	assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
	assert_int_equal(1, n.puts);
	n = (struct sent){ 0 };
	cut_both(w, &m, 0);
	write_any(w, &m, 0, 100); /* so little that it rides in the manifest */
	assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
	assert_int_equal(0, n.puts);
	proxy_play(s->w->d, NULL);
	is_model(&s->alice, "films:/kept", 0, &m);
	zt_writer_close(w);
	free(m.p);
}

/* A stream: no more than the writer's blocks wait, however much is written. */
static void
a_stream_is_sent_while_it_is_written(void **state)
{
	struct scene *s = *state;
	struct sent n = { 0 };
	struct proxy_hooks counted = { .ctx = &n, .before = count_sent };
	struct zt_writer *w = NULL;
	struct model m = model_new();

	proxy_play(s->w->d, &counted);
	assert_ok(zt_writer_open(s->alice.zt, "films:/stream", 0, &w));
	while (m.n < MAX) {
		size_t more = 1 + below(100000);

		write_any(w, &m, m.n, more < MAX - m.n ? more : MAX - m.n);
	}
	proxy_play(s->w->d, NULL);
	assert_true(n.puts >= 1); /* 6 are held here, and the newest calls are on their way */
	assert_int_equal(0, n.pushes);
	assert_err(ZT_ERR_NOT_FOUND, zt_cat(s->alice.zt, "films:/stream", 0, STDOUT_FILENO));
	assert_ok(zt_writer_set_time(w, 1234567890, 5));
	assert_err(ZT_ERR_INVALID, zt_writer_set_time(w, 0, 1000000000));
	assert_err(ZT_ERR_INVALID, zt_writer_set_mode(w, 010000));
	assert_ok(zt_writer_commit(w, ZT_COMMIT_ON_TOP, NULL));
	is_model(&s->bob, "films:/stream", 0, &m);
	zt_writer_close(w);
	free(m.p);
}

static void
see_time(void *ctx, const struct zt_file *f)
{
	if (strcmp(f->path, "/look") == 0)
		*(struct zt_file *)ctx = *f;
}

static void
time_and_mode_are_as_they_were_set(void **state)
{
	struct scene *s = *state;
	struct zt_writer *w = NULL;
	struct zt_file f = { 0 };

	assert_ok(zt_writer_open(s->alice.zt, "films:/look", 0, &w));
	assert_ok(zt_writer_set_time(w, -5, 999999999));
	assert_ok(zt_writer_set_mode(w, 0751));
	assert_ok(zt_writer_commit(w, ZT_COMMIT_ON_TOP, NULL));
	zt_writer_close(w);
	assert_ok(zt_writer_open(s->alice.zt, "films:/look", ZT_NEWEST, &w));
	assert_ok(zt_writer_write(w, 0, "x", 1)); /* the mode stays, the time is of now */
	assert_ok(zt_ls(s->bob.zt, "films:/", false, true, see_time, &f));
	assert_int_equal(-5, f.modified);
	assert_int_equal(999999999, f.modified_ns);
	assert_int_equal(0751, f.mode);
	assert_ok(zt_writer_commit(w, ZT_COMMIT_ON_TOP, NULL));
	zt_writer_close(w);
	assert_ok(zt_ls(s->bob.zt, "films:/", false, true, see_time, &f));
	assert_true(f.modified > 1700000000);
	assert_int_equal(0751, f.mode);
}

/* ---- others ---- */

static void
other_writers_are_never_lost_unseen(void **state)
{
	struct scene *s = *state;
	struct zt_writer *a = NULL, *b = NULL;
	struct zt_committed c = { 0 };

	/* both make it */
	assert_ok(zt_writer_open(s->alice.zt, "films:/both", 0, &a));
	assert_ok(zt_writer_open(s->bob.zt, "films:/both", 0, &b));
	assert_int_equal(0, zt_writer_version(a));
	assert_ok(zt_writer_write(a, 0, "alice", 5));
	assert_ok(zt_writer_write(b, 0, "bob", 3));
	assert_ok(zt_writer_commit(a, ZT_COMMIT_OR_CONFLICT, &c));
	assert_int_equal(1, c.version);
	assert_err(ZT_ERR_CONFLICT, zt_writer_commit(b, ZT_COMMIT_OR_CONFLICT, &c));
	assert_true(zt_error_message(s->bob.zt)[0] != 0);
	assert_ok(zt_writer_commit(b, ZT_COMMIT_ON_TOP, &c));
	assert_int_equal(2, c.version);
	assert_true(c.is_on_top);
	/* both write on */
	assert_ok(zt_writer_write(a, 5, "!", 1));
	assert_err(ZT_ERR_CONFLICT, zt_writer_commit(a, ZT_COMMIT_OR_CONFLICT, &c));
	assert_ok(zt_writer_write(b, 3, "!", 1));
	assert_ok(zt_writer_commit(b, ZT_COMMIT_OR_CONFLICT, &c));
	assert_int_equal(3, c.version);
	assert_ok(zt_writer_commit(a, ZT_COMMIT_ON_TOP, &c));
	assert_int_equal(4, c.version);
	assert_true(c.is_on_top);
	is_model(&s->bob, "films:/both", 1, &(struct model){ (uint8_t[]){ "alice" }, 5 });
	is_model(&s->bob, "films:/both", 2, &(struct model){ (uint8_t[]){ "bob" }, 3 });
	is_model(&s->bob, "films:/both", 3, &(struct model){ (uint8_t[]){ "bob!" }, 4 });
	is_model(&s->bob, "films:/both", 0, &(struct model){ (uint8_t[]){ "alice!" }, 6 });
	/* an older base, and another file there */
	zt_writer_close(b);
	assert_ok(zt_writer_open(s->bob.zt, "films:/both", 1, &b));
	assert_ok(zt_writer_write(b, 0, "A", 1));
	assert_err(ZT_ERR_CONFLICT, zt_writer_commit(b, ZT_COMMIT_OR_CONFLICT, NULL));
	assert_ok(zt_mv(s->alice.zt, "films:/both", "films:/moved", NULL));
	assert_err(ZT_ERR_CONFLICT, zt_writer_commit(b, ZT_COMMIT_OR_CONFLICT, NULL));
	assert_ok(zt_writer_commit(b, ZT_COMMIT_ON_TOP, &c));
	assert_int_equal(1, c.version);
	is_model(&s->alice, "films:/both", 0, &(struct model){ (uint8_t[]){ "Alice" }, 5 });
	is_model(&s->alice, "films:/moved", 0, &(struct model){ (uint8_t[]){ "alice!" }, 6 });
	zt_writer_close(a);
	zt_writer_close(b);
}

/* What was written once is there, also when others removed what it was written over. */
static void
a_stream_that_was_read_is_never_put_again_as_empty(void **state)
{
	struct scene *s = *state;
	struct zt_writer *w = NULL;
	struct zt_committed c = { 0 };

	person_put(&s->alice, "old", "films:/f");
	assert_ok(zt_writer_open(s->alice.zt, "films:/f", 0, &w));
	assert_ok(zt_writer_write(w, 0, "hello", 5));
	assert_ok(zt_sync(s->bob.zt));
	assert_ok(zt_rm(s->bob.zt, "films:/f", false));
	assert_ok(zt_writer_commit(w, ZT_COMMIT_ON_TOP, &c));
	assert_true(c.is_on_top);
	zt_writer_close(w);
	is_model(&s->bob, "films:/f", 0, &(struct model){ (uint8_t[]){ "hello" }, 5 });
}

static void
what_cannot_be_written_is_told_at_once(void **state)
{
	struct scene *s = *state;
	struct zt_writer *w = NULL;

	assert_ok(zt_mkdir(s->alice.zt, "films:/folder"));
	assert_err(ZT_ERR_EXISTS, zt_writer_open(s->alice.zt, "films:/folder", 0, &w));
	assert_err(ZT_ERR_INVALID, zt_writer_open(s->alice.zt, "films:/", 0, &w));
	assert_err(ZT_ERR_NOT_FOUND, zt_writer_open(s->alice.zt, "films:/no/file", 0, &w));
	assert_err(ZT_ERR_NOT_FOUND, zt_writer_open(s->alice.zt, "films:/no", ZT_NEWEST, &w));
	assert_err(ZT_ERR_NOT_FOUND, zt_writer_open(s->alice.zt, "none:/no", 0, &w));
	person_put(&s->alice, "one", "films:/one");
	assert_err(ZT_ERR_NOT_FOUND, zt_writer_open(s->alice.zt, "films:/one", 2, &w));
	assert_null(w);
	assert_ok(zt_writer_open(s->alice.zt, "films:/new", 0, &w));
	assert_err(ZT_ERR_TOO_BIG, zt_writer_write(w, UINT64_MAX, "x", 1));
	assert_err(ZT_ERR_TOO_BIG, zt_writer_truncate(w, UINT64_MAX));
	assert_int_equal(0, zt_writer_size(w));
	assert_ok(zt_mkdir(s->bob.zt, "films:/new"));
	assert_err(ZT_ERR_EXISTS, zt_writer_commit(w, ZT_COMMIT_ON_TOP, NULL));
	zt_writer_close(w);
	zt_writer_close(NULL);
}

static void
count_files(void *ctx, const struct zt_file *f)
{
	(void)f;
	++*(size_t *)ctx;
}

static size_t
files_of(struct person *p)
{
	size_t n = 0;

	assert_ok(zt_ls(p->zt, "films:/", true, false, count_files, &n));
	return n;
}

static void
what_is_abandoned_leaves_nothing(void **state)
{
	struct scene *s = *state;
	struct zt_writer *w = NULL;
	struct model m = model_new(), old = model_new();
	size_t files = files_of(&s->bob);

	assert_ok(zt_writer_open(s->alice.zt, "films:/gone", 0, &w));
	write_any(w, &m, 0, MAX); /* with blocks on their way */
	zt_writer_close(w);
	assert_int_equal(files, files_of(&s->bob));
	assert_ok(zt_writer_open(s->alice.zt, "films:/stays", 0, &w));
	write_any(w, &old, 0, 3 * PART);
	assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
	model_cut(&m, 0);
	model_set(&m, 0, old.p, old.n);
	write_any(w, &m, PART, 10 * PART);
	zt_writer_close(w);
	is_model(&s->bob, "films:/stays", 0, &old);
	assert_int_equal(files + 1, files_of(&s->bob));
	free(m.p);
	free(old.p);
}

/* A stream of all of M to films:/cut, which ends before its commit; what was sent is
 * acknowledged. */
static void
cut_off(struct scene *s, const struct model *m)
{
	struct zt_writer *w = NULL;
	uint8_t first[10];
	size_t got = 0;

	assert_ok(zt_writer_open(s->alice.zt, "films:/cut", 0, &w));
	assert_ok(zt_writer_write(w, 0, m->p, m->n));
	assert_ok(zt_writer_read(w, 0, first, sizeof first, &got));
	zt_writer_close(w);
}

/* All of M to REMOTE by alice, and what came to the server. */
static struct sent
stream_again(struct scene *s, const char *remote, const struct model *m)
{
	struct sent n = { 0 };
	struct proxy_hooks counted = { .ctx = &n, .before = count_sent };
	struct zt_writer *w = NULL;

	proxy_play(s->w->d, &counted);
	assert_ok(zt_writer_open(s->alice.zt, remote, 0, &w));
	assert_ok(zt_writer_write(w, 0, m->p, m->n));
	assert_ok(zt_writer_commit(w, ZT_COMMIT_ON_TOP, NULL));
	zt_writer_close(w);
	proxy_play(s->w->d, NULL);
	is_model(&s->bob, remote, 0, m);
	return n;
}

/* Of a stream that was cut off, what the servers have is not sent again; what has changed is,
 * and a version ends it. */
static void
a_stream_that_was_cut_off_continues(void **state)
{
	struct scene *s = *state;
	struct model m = model_new();
	uint8_t *p = calloc(1, MAX);
	int left;

	assert_non_null(p);
	random_bytes(p, MAX);
	model_set(&m, 0, p, MAX);
	cut_off(s, &m);
	assert_int_equal(PARTS, stream_again(s, "films:/other", &m).puts);
	left = stream_again(s, "films:/cut", &m).puts;
	assert_true(left > 0 && left < PARTS - 2);
	assert_int_equal(PARTS, stream_again(s, "films:/cut", &m).puts);
	cut_off(s, &m);
	model_set(&m, PART + 5, (const uint8_t *)"changed", 7);
	assert_int_equal(left + 1, stream_again(s, "films:/cut", &m).puts);
	cut_off(s, &m);
	person_close(&s->alice);
	person_open(&s->alice);
	assert_int_equal(left, stream_again(s, "films:/cut", &m).puts);
	free(p);
	free(m.p);
}

/* ---- who wrote what ---- */

/* NAME in the workspace NAME becomes a file of bob's, with one block that he never sent, and
 * that would have CLEAR. */
static void
name_what_was_not_sent(struct scene *s, const char *name, struct bytes clear)
{
	struct workspace *w = person_workspace(&s->bob, name);
	struct forged_change changes[2] = { { .version = 1 }, { .version = 1 } };
	struct buf sealed = buf_init(LIMIT_BLOCK_WIRE);
	Zt__BlockRef ref = ZT__BLOCK_REF__INIT, *refs[] = { &ref };
	Zt__BlockList list = ZT__BLOCK_LIST__INIT;
	Zt__FileManifest file;
	Zt__Manifest m = ZT__MANIFEST__INIT;
	struct block_ref b = { 0 };
	struct forged_folder in;
	struct forged f;

	zt__file_manifest__init(&file);
	assert_ok(block_seal(clear, &b, &sealed));
	ref.id = pb_field(b.id.b, ID_BYTES);
	ref.key = pb_field(b.key, AEAD_KEY_BYTES);
	ref.hash = pb_field(b.hash.b, HASH_BYTES);
	ref.size = (uint32_t)clear.n;
	list.block_size = BLOCK_CLEAR_MAX;
	list.blocks = refs;
	list.n_blocks = 1;
	file.size = clear.n;
	file.mode = 0644;
	file.content_case = ZT__FILE_MANIFEST__CONTENT_BLOCKS;
	file.blocks = &list;
	m.kind_case = ZT__MANIFEST__KIND_FILE;
	m.file = &file;
	random_bytes(changes[0].vlob.b, ID_BYTES);
	changes[0].m = &m;
	forge_folder(&in, bytes_text(name), &changes[0].vlob, false);
	changes[1].m = &in.m;
	changes[1].vlob = w->w->id;
	forge_changeset(&s->bob, w, changes, 2, 1, &f);
	assert_ok(forged_send(&s->bob, w, &f));
	forged_free(&f);
	buf_free(&sealed);
}

/* However often alice's program writes behind bob's block: what she puts then is sent. */
static void
F_a_writer_vouches_for_no_block_of_others(void **state)
{
	static uint8_t clear[PART + 8], got[PART + 8];
	struct scene *s = *state;
	struct zt_writer *w = NULL;
	struct zt_reader *r = NULL;
	char name[32], remote[80];
	size_t n = 0;

	random_bytes(clear, sizeof clear);
	for (int commits = 1; commits <= 3; commits++) {
		char *local;

		(void)snprintf(name, sizeof name, "behind%d", commits);
		(void)snprintf(remote, sizeof remote, "%s:/%s", name, name);
		assert_ok(zt_workspace_create(s->alice.zt, name));
		assert_ok(zt_workspace_share(s->alice.zt, name, s->bob.email, "contributor"));
		assert_ok(zt_sync(s->bob.zt));
		name_what_was_not_sent(s, name, bytes_of(clear, PART));
		assert_ok(zt_sync(s->alice.zt));
		assert_ok(zt_writer_open(s->alice.zt, remote, ZT_NEWEST, &w));
		for (int i = 0; i < commits; i++) {
			assert_ok(zt_writer_write(w, PART + (uint64_t)i, clear + PART + i, 1));
			assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
		}
		zt_writer_close(w);
		local = world_file(s->w, name, clear, PART + (size_t)commits);
		assert_ok(zt_put(s->alice.zt, local, remote, NULL, NULL));
		assert_ok(zt_reader_open(s->alice.zt, remote, 0, &r));
		assert_ok(zt_reader_read(r, 0, got, sizeof got, &n));
		assert_int_equal(PART + (size_t)commits, n);
		assert_memory_equal(clear, got, n);
		zt_reader_close(r);
		free(local);
	}
}

static bool
refuse_push(void *ctx, struct proxy_call *c)
{
	(void)ctx;
	if (c->route != ROUTE_PUSH)
		return false;
	proxy_refuse(c, ZT_ERR_UNAVAILABLE);
	return true;
}

/* A commit that never arrived does not make another program's version one's own. */
static void
another_program_of_the_device_is_somebody_else(void **state)
{
	struct scene *s = *state;
	struct proxy_hooks down = { .before = refuse_push };
	struct zt_writer *w = NULL, *other = NULL;
	struct zt *again = NULL;
	struct zt_committed c = { 0 };

	person_put(&s->alice, "v1", "films:/shared");
	assert_ok(zt_open_again(s->alice.zt, &s->alice.o, &again));
	assert_ok(zt_writer_open(s->alice.zt, "films:/shared", ZT_NEWEST, &w));
	assert_ok(zt_writer_write(w, 0, "AA", 2));
	proxy_play(s->w->d, &down);
	assert_true(zt_err_retry(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, &c)));
	proxy_play(s->w->d, NULL);
	assert_ok(zt_writer_open(again, "films:/shared", ZT_NEWEST, &other));
	assert_ok(zt_writer_write(other, 0, "the other program's", 19));
	assert_ok(zt_writer_commit(other, ZT_COMMIT_OR_CONFLICT, &c));
	zt_writer_close(other);
	assert_err(ZT_ERR_CONFLICT, zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, &c));
	zt_writer_close(w);
	zt_close(again);
}

/* ---- a hostile or broken server ---- */

struct breaking {
	unsigned at, calls; /* AT: the call that breaks, and those after it */
	unsigned broken, tries;
	bool is_done; /* the server did it, and its answer is lost */
};

static bool
before(void *ctx, struct proxy_call *c)
{
	struct breaking *b = ctx;

	if (b->is_done || b->calls++ < b->at || b->broken >= b->tries)
		return false;
	b->broken++;
	proxy_refuse(c, ZT_ERR_UNAVAILABLE);
	return true;
}

static void
after(void *ctx, struct proxy_call *c)
{
	struct breaking *b = ctx;

	if (!b->is_done || b->calls++ < b->at || b->broken >= b->tries)
		return;
	b->broken++;
	proxy_refuse(c, ZT_ERR_UNAVAILABLE);
}

/* Each call of BASE's next version breaks in turn, for good; the writer continues with the same
 * call when the server is there again. */
static void
break_each(struct scene *s, bool is_done, const char *remote)
{
	struct zt_writer *w = NULL;
	struct model m = model_new();
	uint64_t version = 1;
	bool more = true;

	assert_ok(zt_writer_open(s->alice.zt, remote, 0, &w));
	write_any(w, &m, 0, 3 * PART);
	assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
	for (unsigned at = 0; more; at++) {
		struct breaking b = { .at = at, .tries = 4, .is_done = is_done };
		struct proxy_hooks broken = { .ctx = &b, .before = before, .after = after };
		struct zt_committed c = { 0 };
		uint8_t p[100];
		enum zt_err err;
		int rounds = 0;

		random_bytes(p, sizeof p);
		proxy_play(s->w->d, &broken);
		while ((err = zt_writer_write(w, PART - 50, p, sizeof p)))
			assert_true(zt_err_retry(err) && rounds++ < 9);
		while ((err = zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, &c)))
			assert_true(zt_err_retry(err) && rounds++ < 9);
		proxy_play(s->w->d, NULL);
		more = b.broken > 0;
		model_set(&m, PART - 50, p, sizeof p);
		assert_true(c.version > version && !c.is_on_top);
		version = c.version;
		is_model(&s->bob, remote, 0, &m);
		zt_writer_close(w); /* so that the next fetches again */
		assert_ok(zt_writer_open(s->alice.zt, remote, ZT_NEWEST, &w));
	}
	zt_writer_close(w);
	free(m.p);
}

static void
F_each_call_may_fail_and_the_writer_goes_on(void **state)
{
	break_each(*state, false, "films:/failing");
}

static void
F_each_answer_may_be_lost_and_the_writer_goes_on(void **state)
{
	break_each(*state, true, "films:/lost");
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
		cmocka_unit_test(any_writes_make_what_a_model_says),
		cmocka_unit_test(what_nobody_wrote_over_is_not_sent_again),
		cmocka_unit_test(a_stream_is_sent_while_it_is_written),
		cmocka_unit_test(time_and_mode_are_as_they_were_set),
		cmocka_unit_test(other_writers_are_never_lost_unseen),
		cmocka_unit_test(a_stream_that_was_read_is_never_put_again_as_empty),
		cmocka_unit_test(what_cannot_be_written_is_told_at_once),
		cmocka_unit_test(what_is_abandoned_leaves_nothing),
		cmocka_unit_test(a_stream_that_was_cut_off_continues),
		cmocka_unit_test(F_a_writer_vouches_for_no_block_of_others),
		cmocka_unit_test(another_program_of_the_device_is_somebody_else),
		cmocka_unit_test(F_each_call_may_fail_and_the_writer_goes_on),
		cmocka_unit_test(F_each_answer_may_be_lost_and_the_writer_goes_on),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, begin, scene_end);
}
