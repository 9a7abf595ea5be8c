/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* signed_test.c - rows F6, F7 and F9 of the attacks against the real client: members sign what
 * is not so, what they may not, and names that lead elsewhere. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chain/objects.h"
#include "crypto/suite.h"
#include "expect.h"
#include "files/block.h"
#include "files/path.h"
#include "forge.h"
#include "format/limits.h"
#include "format/pb.h"
#include "test.h"
#include "tree/tree.h"
#include "zt/history.h"

enum { BIG = 1400000 }; /* three blocks */

static void
ignore(void *ctx, const struct zt_file *f)
{
	(void)ctx;
	(void)f;
}

/* ---- a manifest that misstates what its blocks hold ---- */

/* A new version of REMOTE by bob, which says that it holds MINE: where files share a block, of
 * the block that is there; else of blocks that nobody sent. */
static void
misstate(struct scene *s, const char *remote, struct bytes mine)
{
	struct workspace_object o = { .is_folder = false };
	struct forged_change change = { .version = 0 };
	struct forged f;
	struct tree_entry at;
	struct path path;
	struct workspace *w;
	struct hash content;
	struct block_ref unsent;
	struct buf sealed = buf_init(1 << 20);
	Zt__Manifest *m = NULL;
	Zt__BlockRef *b;

	assert_ok(tree_open(s->bob.zt, remote, &w, &path));
	assert_ok(tree_find(w, &path, path.count, &at));
	o.vlob = at.vlob;
	assert_ok(workspace_read_one(w, &o, &m));
	assert_int_equal(mine.n, m->file->size);
	for (size_t i = 0; i < m->file->blocks->n_blocks; i++) {
		b = m->file->blocks->blocks[i];
		if (b->whole > 0) {
			hash_content(bytes_of(mine.p, b->size), &content);
			memcpy(b->content.data, content.b, HASH_BYTES);
		} else {
			buf_empty(&sealed);
			assert_ok(block_seal(bytes_of(mine.p, b->size), &unsent, &sealed));
			memcpy(b->id.data, unsent.id.b, ID_BYTES);
			memcpy(b->key.data, unsent.key, AEAD_KEY_BYTES);
			memcpy(b->hash.data, unsent.hash.b, HASH_BYTES);
		}
		mine = bytes_of(mine.p + b->size, mine.n - b->size);
	}
	change = (struct forged_change){
		.vlob = at.vlob, .version = o.v.version + 1, .prev = &o.v.pins.object, .m = m
	};
	forge_changeset(&s->bob, w, &change, 1, (unsigned)w->w->generation_count, &f);
	assert_ok(forged_send(&s->bob, w, &f));
	forged_free(&f);
	buf_free(&sealed);
	pb_wipe(m);
}

/* P gets REMOTE as a device that knows nothing of the files here would. */
static void
is_there(struct person *p, const char *remote, struct bytes wanted)
{
	struct buf b = buf_init(4 << 20);

	assert_ok(person_get(p, remote, &b));
	assert_true(bytes_equal(wanted, buf_bytes(&b)));
	buf_free(&b);
}

/* FOLDER of this world has two files of N random bytes, of which F's are *OUT. */
static char *
two_files(struct scene *s, const char *folder, size_t n, uint8_t *out)
{
	char name[128];
	char *path;

	(void)snprintf(name, sizeof name, "%s/%s", s->w->state, folder);
	assert_int_equal(0, mkdir(name, 0700));
	path = strdup(name);
	random_bytes(out, n);
	(void)snprintf(name, sizeof name, "%s/g", folder);
	free(world_file(s->w, name, out, n));
	random_bytes(out, n);
	(void)snprintf(name, sizeof name, "%s/f", folder);
	free(world_file(s->w, name, out, n));
	return path;
}

/* Alice's file of N bytes is sent whenever bob has said that the workspace holds it. */
static void
misstated_is_sent(struct scene *s, const char *name, size_t n)
{
	uint8_t *mine = malloc(n), *evil = malloc(n);
	char too[128], remote[64], folder[64], *good, *bad;
	uint64_t sent = 0;

	assert_non_null(mine);
	assert_non_null(evil);
	(void)snprintf(folder, sizeof folder, "%s-mine", name);
	good = two_files(s, folder, n, mine);
	(void)snprintf(folder, sizeof folder, "%s-evil", name);
	bad = two_files(s, folder, n, evil);
	(void)scene_workspace(s, name, "contributor");
	(void)snprintf(folder, sizeof folder, "%s:/d", name);
	(void)snprintf(remote, sizeof remote, "%s:/d/f", name);
	assert_ok(zt_put(s->alice.zt, good, folder, NULL, NULL));
	assert_ok(zt_put(s->bob.zt, bad, folder, NULL, NULL));
	misstate(s, remote, bytes_of(mine, n));
	/* for get it is another file, which zt has not written */
	free(world_file(s->w, "too", mine, n));
	(void)snprintf(too, sizeof too, "%s/too", s->w->state);
	assert_err(ZT_ERR_SOME, zt_get(s->alice.zt, remote, too, NULL, NULL));
	s->alice.zt->rereads = true;
	assert_ok(zt_put(s->alice.zt, good, folder, NULL, &sent));
	assert_int_equal(2, sent); /* F and G */
	is_there(&s->bob, remote, bytes_of(mine, n));
	/* A restore does not say the same in the name of its author. */
	assert_ok(zt_restore(s->alice.zt, remote, 3, 0));
	assert_ok(zt_put(s->alice.zt, good, folder, NULL, &sent));
	assert_int_equal(1, sent);
	is_there(&s->bob, remote, bytes_of(mine, n));
	/* And the same of bob's that is true is sent by nobody again. */
	assert_ok(zt_put(s->bob.zt, bad, folder, NULL, NULL));
	assert_ok(zt_put(s->bob.zt, good, folder, NULL, NULL));
	assert_ok(zt_put(s->alice.zt, good, folder, NULL, &sent));
	assert_int_equal(0, sent);
	assert_ok(zt_get(s->alice.zt, remote, too, NULL, NULL)); /* it is there */
	s->alice.zt->rereads = false;
	free(mine);
	free(evil);
	free(good);
	free(bad);
}

static void
F6_a_version_that_names_the_content_of_another_file_is_not_taken_for_it(void **state)
{
	struct scene *s = *state;

	misstated_is_sent(s, "unsent", BIG);
	misstated_is_sent(s, "shared-block", 20000);
}

/* ---- who may write: F7 ---- */

static void
F7_a_readers_write_is_refused_by_client_and_server(void **state)
{
	struct scene *s = *state;
	struct forged_file file;
	struct forged_change change = { .version = 1, .m = &file.m };
	struct forged f;
	struct proxy_hooks hooks = { .ctx = &f, .after = forge_inject };
	struct workspace *w;

	(void)scene_workspace(s, "f7", "reader");
	w = person_workspace(&s->bob, "f7");
	random_bytes(change.vlob.b, ID_BYTES);
	forge_file(&file, "by a reader");
	forge_changeset(&s->bob, w, &change, 1, 1, &f);
	assert_err(ZT_ERR_FORBIDDEN, forged_send(&s->bob, w, &f));
	proxy_play(s->w->d, &hooks); /* the server takes it all the same */
	assert_err(ZT_ERR_FORBIDDEN, zt_ls(s->alice.zt, "f7:/", false, false, ignore, NULL));
	proxy_play(s->w->d, NULL);
	assert_ok(zt_ls(s->alice.zt, "f7:/", false, false, ignore, NULL));
	forged_free(&f);
}

static void
F7_a_removed_members_write_dated_before_the_removal_is_left_out(void **state)
{
	struct scene *s = *state;
	struct forged_file file;
	struct forged_folder folder;
	struct forged_change changes[2];
	struct forged f;
	struct proxy_hooks hooks = { .ctx = &f, .after = forge_inject };
	struct zt_check check;
	struct workspace *w;
	uint64_t before;

	(void)scene_workspace(s, "f7r", "contributor");
	w = person_workspace(&s->bob, "f7r");
	random_bytes(changes[0].vlob.b, ID_BYTES);
	forge_file(&file, "too late");
	forge_folder(&folder, bytes_text("late"), &changes[0].vlob, false);
	changes[0] =
	    (struct forged_change){ .vlob = changes[0].vlob, .version = 1, .m = &file.m };
	changes[1] = (struct forged_change){ .vlob = w->w->id, .version = 1, .m = &folder.m };
	forge_changeset(&s->bob, w, changes, 2, 1, &f); /* signed while bob was a member */
	assert_ok(zt_workspace_unshare(s->alice.zt, "f7r", "bob@test.example"));
	assert_err(ZT_ERR_NOT_MEMBER, forged_send(&s->bob, w, &f));
	before = person_workspace(&s->alice, "f7r")->chain.position;
	proxy_play(s->w->d, &hooks); /* the server slips it in, behind the pinned place */
	assert_ok(zt_verify(s->alice.zt, "f7r", NULL, &check));
	assert_int_equal(before + 1, check.changesets);
	assert_int_equal(1, check.skipped);
	assert_int_equal(0, check.files);
	proxy_play(s->w->d, NULL);
	forged_free(&f);
}

/* Shows a chain without its newest changeset, as if it had not come yet. */
static void
hide_newest(void *ctx, struct proxy_call *c)
{
	Zt__ChainPage *m = NULL;

	(void)ctx;
	if (c->route != ROUTE_CHAIN ||
	    pb_decode(&zt__chain_page__descriptor, buf_bytes(&c->answer), LIMIT_PAGE, &m))
		return;
	if (m->n_changesets > 0) {
		zt__changeset__free_unpacked(m->changesets[--m->n_changesets], NULL);
		m->newest--;
		buf_empty(&c->answer);
		assert_ok(pb_encode(m, &c->answer));
	}
	pb_free(m);
}

/* A write that the server took before the removal, but that comes behind the place which the
 * rotation pinned: it counts for nobody, and what it wrote to can be written on. */
static void
F7_what_is_left_out_does_not_stand_in_the_way_of_others(void **state)
{
	struct scene *s = *state;
	struct proxy_hooks hooks = { .after = hide_newest };
	struct zt_check check;
	struct buf got = buf_init(BIG);

	(void)scene_workspace(s, "f7o", "contributor");
	person_put(&s->alice, "one", "f7o:/file");
	assert_ok(zt_sync(s->bob.zt));
	person_put(&s->bob, "two", "f7o:/file");  /* the newest version, and */
	person_put(&s->bob, "more", "f7o:/bobs"); /* of the root folder, too */
	assert_ok(workspace_sync(person_workspace(&s->alice, "f7o")));
	person_put(&s->bob, "three", "f7o:/file");
	person_put(&s->bob, "four", "f7o:/fourth");
	proxy_play(s->w->d, &hooks); /* alice does not see the last of these when she pins */
	assert_ok(zt_workspace_unshare(s->alice.zt, "f7o", "bob@test.example"));
	proxy_play(s->w->d, NULL);
	assert_ok(zt_verify(s->alice.zt, "f7o", NULL, &check));
	assert_true(check.skipped >= 1);
	person_put(&s->alice, "five", "f7o:/file");
	person_put(&s->alice, "six", "f7o:/fourth");
	assert_ok(person_get(&s->alice, "f7o:/file", &got));
	assert_string_equal("five", buf_text(&got));
	buf_empty(&got);
	assert_ok(person_get(&s->alice, "f7o:/fourth", &got));
	assert_string_equal("six", buf_text(&got));
	buf_empty(&got);
	assert_ok(person_get(&s->alice, "f7o:/bobs", &got));
	assert_string_equal("more", buf_text(&got));
	assert_ok(zt_verify(s->alice.zt, "f7o", NULL, &check));
	buf_free(&got);
}

/* ---- names: F9 ---- */

static void
F9_a_members_hostile_names_never_write_outside_the_target_folder(void **state)
{
	static const struct {
		const char *name;
		size_t n;
	} names[] = { { "..", 2 }, { ".", 1 }, { "../evil", 7 }, { "/tmp/evil", 9 },
		{ "a/b", 3 }, { "a\0b", 3 }, { "\x1b[2J", 4 }, { "\xff\xfe", 2 }, { "", 0 },
		{ "e\xcc\x81", 3 /* a second spelling */ } };
	struct scene *s = *state;
	struct zt_check check;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char workspace[16], remote[20], local[128], outside[160];
		struct workspace *w;
		struct forged_file file;
		struct forged_folder folder;
		struct forged_change changes[2];
		struct buf raw = buf_init(4096);
		struct forged f;

		(void)snprintf(workspace, sizeof workspace, "f9-%zu", i);
		(void)snprintf(remote, sizeof remote, "%s:/", workspace);
		w = scene_workspace(s, workspace, "reader");
		forge_file(&file, "evil");
		random_bytes(changes[0].vlob.b, ID_BYTES);
		forge_folder(
		    &folder, bytes_of(names[i].name, names[i].n), &changes[0].vlob, false);
		assert_ok(pb_encode(&folder.m, &raw));
		changes[0] = (struct forged_change){
			.vlob = changes[0].vlob, .version = 1, .m = &file.m
		};
		changes[1] = (struct forged_change){
			.vlob = w->w->id, .version = 1, .raw = buf_bytes(&raw)
		};
		forge_changeset(&s->alice, w, changes, 2, 1, &f);
		assert_ok(forged_send(&s->alice, w, &f)); /* sealed: the server cannot see it */
		(void)snprintf(local, sizeof local, "%s/in/%zu", s->w->state, i);
		(void)snprintf(outside, sizeof outside, "mkdir -p %s", local);
		assert_int_equal(0, system(outside));
		assert_err(ZT_ERR_NAME, zt_get(s->bob.zt, remote, local, NULL, NULL));
		assert_err(ZT_ERR_NAME, zt_ls(s->bob.zt, remote, true, true, ignore, NULL));
		assert_err(ZT_ERR_NAME, zt_verify(s->bob.zt, workspace, NULL, &check));
		(void)snprintf(
		    outside, sizeof outside, "test -z \"$(find %s/in -type f)\"", s->w->state);
		assert_int_equal(0, system(outside));
		assert_int_not_equal(0, access("/tmp/evil", F_OK));
		buf_free(&raw);
		forged_free(&f);
	}
}

#define PLAY(test) cmocka_unit_test_teardown(test, honest_again)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAY(F7_a_readers_write_is_refused_by_client_and_server),
		PLAY(F7_a_removed_members_write_dated_before_the_removal_is_left_out),
		PLAY(F7_what_is_left_out_does_not_stand_in_the_way_of_others),
		PLAY(F9_a_members_hostile_names_never_write_outside_the_target_folder),
		PLAY(F6_a_version_that_names_the_content_of_another_file_is_not_taken_for_it),
	};

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
