/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* damage_test.c - what one member did wrong costs that object only: rubbish in a folder, a
 * folder of another workspace, a checkpoint that leaves out, wraps that open nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "chain/objects.h"
#include "chain/workspace.h"
#include "content/file_writer.h"
#include "content/local.h"
#include "crypto/suite.h"
#include "forge.h"
#include "format/pb.h"
#include "session/session.h"
#include "test.h"
#include "tree/tree.h"
#include "trust/checkpoint.h"
#include "zt/repair.h"

/* ---- people's acts, in a line each ---- */

static int
honest_again(void **state)
{
	struct scene *s = *state;

	proxy_play(s->w->d, NULL);
	return 0;
}

static void
add_name(void *ctx, const struct zt_file *f)
{
	buf_printf(ctx, "%s%s ", f->path, f->is_folder ? "/" : "");
}

/* What is listed of REMOTE is WANTED: paths, each with a space behind it; and how it ends. */
static void
expect_list_err(struct person *p, const char *remote, const char *wanted, enum zt_err err)
{
	struct buf names = buf_init(4096);

	assert_err(err, zt_ls(p->zt, remote, true, true, add_name, &names));
	assert_string_equal(wanted, buf_text(&names));
	buf_free(&names);
}

static void
expect_list(struct person *p, const char *remote, const char *wanted)
{
	expect_list_err(p, remote, wanted, ZT_OK);
}

static void
expect_content(struct person *p, const char *remote, const char *wanted)
{
	char got[256] = "", path[128];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/got", p->w->state);
	assert_non_null(f = fopen(path, "we+"));
	assert_ok(zt_cat(p->zt, remote, 0, fileno(f)));
	rewind(f);
	(void)!fread(got, 1, sizeof got - 1, f);
	(void)fclose(f);
	assert_string_equal(wanted, got);
}

static void
share(struct scene *s, const char *workspace, const struct person *p, const char *role)
{
	assert_ok(zt_workspace_share(s->alice.zt, workspace, p->email, role));
}

static struct id
vlob_of(struct person *p, const char *remote)
{
	struct tree_entry at;
	struct workspace *w;
	struct path path;

	assert_ok(tree_open(p->zt, remote, &w, &path));
	assert_ok(tree_find(w, &path, path.count, &at));
	return at.vlob;
}

/* ---- a folder of one workspace, and another ---- */

static void
f2_a_folder_with_the_id_of_another_workspace_spoils_nothing_there(void **state)
{
	struct scene *s = *state;
	struct person laptop;
	struct workspace *x, *y;
	struct forged f;
	struct forged_file file;
	struct forged_folder root, folder;
	struct forged_change changes[3];

	assert_ok(zt_workspace_create(s->alice.zt, "private"));
	person_put(&s->alice, "dear", "private:/dear");
	assert_ok(zt_workspace_create(s->alice.zt, "shared"));
	share(s, "shared", &s->bob, "contributor");
	world_add_device(&s->alice, &laptop, "laptop29");
	y = person_workspace(&s->alice, "private");
	x = person_workspace(&s->bob, "shared");
	random_bytes(changes[0].vlob.b, ID_BYTES);
	forge_file(&file, "bait");
	forge_folder(&folder, bytes_text("bait"), &changes[0].vlob, false);
	forge_folder(&root, bytes_text("look"), &y->w->id, true);
	changes[0] =
	    (struct forged_change){ .vlob = changes[0].vlob, .version = 1, .m = &file.m };
	changes[1] = (struct forged_change){ .vlob = y->w->id, .version = 1, .m = &folder.m };
	changes[2] = (struct forged_change){ .vlob = x->w->id, .version = 1, .m = &root.m };
	forge_changeset(&s->bob, x, changes, 3, 1, &f);
	assert_ok(forged_send(&s->bob, x, &f));
	expect_list(&laptop, "shared:/", "/look/ /look/bait ");
	expect_list(&laptop, "private:/", "/dear ");
	person_put(&laptop, "more", "private:/more");
	expect_list(&s->alice, "private:/", "/dear /more ");
	forged_free(&f);
	person_close(&laptop);
}

static void
f1_what_is_kept_and_does_not_open_is_fetched_again(void **state)
{
	struct scene *s = *state;
	struct workspace *w;
	uint8_t at[2 * ID_BYTES];
	struct bytes key;

	assert_ok(zt_workspace_create(s->alice.zt, "kept"));
	person_put(&s->alice, "dear", "kept:/dear");
	expect_list(&s->alice, "kept:/", "/dear ");
	w = person_workspace(&s->alice, "kept");
	key = workspace_object_key(w, &w->w->id, at);
	assert_ok(store_put(s->alice.zt->store, STORE_FOLDER, key, 1, bytes_text("rubbish")));
	expect_list(&s->alice, "kept:/", "/dear ");
}

/* ---- a repair after a rewrapping ---- */

static void
lost(void *ctx, const struct zt_loss *l)
{
	(void)l;
	++*(unsigned *)ctx;
}

static void
l9_who_read_a_folder_after_a_rewrapping_repairs_as_anybody(void **state)
{
	struct scene *s = *state;
	struct zt_repaired r;
	struct workspace *w;
	unsigned losses = 0;
	uint64_t done = 0, none = 0;

	assert_ok(zt_workspace_create(s->alice.zt, "rewrapped"));
	person_put(&s->alice, "x", "rewrapped:/f");
	assert_ok(zt_workspace_rotate(s->alice.zt, "rewrapped"));
	assert_ok(zt_workspace_rewrap(s->alice.zt, "rewrapped", &done, &none));
	assert_int_equal(2, done);
	share(s, "rewrapped", &s->bob, "manager");
	w = person_workspace(&s->bob, "rewrapped");
	expect_list(&s->bob, "rewrapped:/", "/f ");
	world_lose_chain(s->w, &w->w->id);
	assert_ok(zt_repair(s->bob.zt, lost, &losses, &r));
	assert_int_equal(1, r.changesets);
	assert_int_equal(1, losses); /* the file's manifest, which only its author holds */
	expect_list_err(&s->bob, "rewrapped:/", "/f ", ZT_ERR_MISSING_BLOCK);
}

/* ---- a checkpoint that names only what is left out ---- */

/* The chain as if it ended at MAX; or, with PAGE, its first answer holds that many. */
struct cut {
	uint64_t max, page;
};

static void
cut(void *ctx, struct proxy_call *c)
{
	const struct cut *k = ctx;
	Zt__ChainPage *m = NULL;

	if (c->route != ROUTE_CHAIN || c->status != 200)
		return;
	assert_ok(
	    pb_decode(&zt__chain_page__descriptor, buf_bytes(&c->answer), LIMIT_PAGE, &m));
	while (m->n_changesets > 0 &&
	       ((k->max > 0 && m->first + m->n_changesets - 1 > k->max) ||
		   (k->page > 0 && m->first == 1 && m->n_changesets > k->page)))
		pb_free(m->changesets[--m->n_changesets]);
	if (k->max > 0 && m->newest > k->max)
		m->newest = k->max;
	buf_empty(&c->answer);
	assert_ok(pb_encode(m, &c->answer));
	pb_free(m);
}

/* BY signs COUNT ENTRIES as what is current in W at its newest position. */
static void
vouch(struct person *by, struct workspace *w, const struct checkpoint_entry *entries,
    size_t count)
{
	uint8_t packed[4 * CHECKPOINT_ENTRY_BYTES];
	struct checkpoint c = { .org = by->zt->org,
		.workspace = w->w->id,
		.author = by->zt->device,
		.position = w->chain.position,
		.link = w->chain.link,
		.count = count,
		.seen_size = merkle_size(by->zt->state->tree),
		.time = session_now_ms() };
	struct route_params p = { .org = by->zt->org, .id = w->w->id };
	Zt__CheckpointRequest m = ZT__CHECKPOINT_REQUEST__INIT;
	struct buf stmt = buf_init(4096), body = buf_init(8192), answer = buf_init(64);
	Zt__Statement message;
	struct statement st;

	assert_true(count <= 4);
	for (size_t i = 0; i < count; i++)
		checkpoint_pack(&entries[i], packed + i * CHECKPOINT_ENTRY_BYTES);
	m.entries = pb_field(packed, count * CHECKPOINT_ENTRY_BYTES);
	assert_ok(merkle_root(by->zt->state->tree, c.seen_size, &c.seen_root));
	assert_ok(checkpoint_root(pb_bytes(m.entries), c.position, &c.root));
	assert_ok(checkpoint_sign(by->zt->sign, &c, &stmt, &st));
	message = statement_message(&st);
	m.statement = &message;
	assert_ok(pb_encode(&m, &body));
	assert_ok(
	    session_call(by->zt, ROUTE_CHECKPOINT_PUT, &p, NULL, buf_bytes(&body), &answer));
	buf_free(&stmt);
	buf_free(&body);
	buf_free(&answer);
}

/* FROM, in which alice has written "dear", gets version 2 of the root folder by bob, whom the
 * rotation that follows leaves out. */
static struct workspace *
leave_out_bob(struct scene *s, const char *name)
{
	struct workspace *w = person_workspace(&s->bob, name);
	struct cut hidden = { .max = 1 };
	struct proxy_hooks hooks = { .ctx = &hidden, .after = cut };
	struct forged_folder folder;
	struct forged_change late = { .vlob = w->w->id, .version = 2 };
	struct workspace_version v;
	struct forged f;
	struct id nowhere;

	random_bytes(nowhere.b, ID_BYTES);
	assert_ok(workspace_version(w, &w->w->id, 0, &v));
	forge_folder(&folder, bytes_text("evil"), &nowhere, false);
	late.prev = &v.pins.object;
	late.m = &folder.m;
	forge_changeset(&s->bob, w, &late, 1, 1, &f);
	assert_ok(forged_send(&s->bob, w, &f));
	forged_free(&f);
	proxy_play(s->w->d, &hooks); /* it races the removal */
	assert_ok(zt_workspace_unshare(s->alice.zt, name, "bob@test.example"));
	proxy_play(s->w->d, NULL);
	w = person_workspace(&s->alice, name);
	assert_int_equal(2, w->chain.position);
	assert_ok(workspace_newest(w, &w->w->id, &v));
	assert_true(v.excluded);
	return w;
}

static void
f4_a_checkpoint_of_left_out_versions_alone_is_refused(void **state)
{
	struct scene *s = *state;
	struct person erin;
	struct cut first = { .page = 1 };
	struct proxy_hooks hooks = { .ctx = &first, .after = cut };

	world_join(&s->alice, &erin, "erin", "standard");
	for (int honest = 1; honest >= 0; honest--) {
		const char *name = honest ? "vouched" : "wiped";
		char remote[32], more[32];
		struct checkpoint_entry e[3] = { { .version = 1, .position = 1 } };
		struct tree_entry dear;
		struct path path;
		struct workspace *w;

		(void)snprintf(remote, sizeof remote, "%s:/dear", name);
		(void)snprintf(more, sizeof more, "%s:/more", name);
		assert_ok(zt_workspace_create(s->alice.zt, name));
		person_put(&s->alice, "dear", remote);
		share(s, name, &s->bob, "contributor");
		w = leave_out_bob(s, name);
		assert_ok(tree_open(s->alice.zt, remote, &w, &path));
		assert_ok(tree_find(w, &path, 1, &dear));
		e[1].vlob = w->w->id;
		e[1].version = e[1].position = 1;
		e[0].vlob = dear.vlob;
		e[2] = (struct checkpoint_entry){ w->w->id, 2, 2 };
		if (checkpoint_order(&e[0], &e[1]) > 0) {
			e[1].vlob = dear.vlob;
			e[0].vlob = w->w->id;
		}
		vouch(&s->alice, w, honest ? e : &e[2], honest ? 3 : 1);
		share(s, name, &erin, "contributor");
		proxy_play(s->w->d, &hooks);
		person_put(&erin, "hello", more);
		proxy_play(s->w->d, NULL);
		assert_int_equal(
		    honest ? 2 : 0, person_workspace(&erin, name)->chain.anchor_position);
		(void)snprintf(remote, sizeof remote, "%s:/", name);
		expect_list(&s->alice, remote, "/dear /more ");
	}
	person_close(&erin);
}

static int
by_place(const void *a, const void *b)
{
	return checkpoint_order(a, b);
}

static void
note_rest(void *ctx, const struct zt_workspace *w)
{
	if (w->rests_on != NULL)
		buf_printf(ctx, "%s: %s, %u of %u. ", w->name, w->rests_on,
		    (unsigned)w->verified, (unsigned)w->rests_until);
}

static void
f4_a_reader_rests_on_a_word_that_is_named_and_not_for_ever(void **state)
{
	struct scene *s = *state;
	struct person erin;
	struct cut first = { .page = 1 };
	struct proxy_hooks hooks = { .ctx = &first, .after = cut };
	struct checkpoint_entry e[3];
	struct buf rests = buf_init(4096);
	struct workspace *w;

	world_join(&s->alice, &erin, "erin43", "standard");
	assert_ok(zt_workspace_create(s->alice.zt, "resting"));
	person_put(&s->alice, "f", "resting:/f");
	person_put(&s->alice, "g", "resting:/g");
	w = person_workspace(&s->alice, "resting");
	e[0] = (struct checkpoint_entry){ w->w->id, 2, 2 };
	e[1] = (struct checkpoint_entry){ vlob_of(&s->alice, "resting:/f"), 1, 1 };
	e[2] = (struct checkpoint_entry){ vlob_of(&s->alice, "resting:/g"), 1, 2 };
	qsort(e, 3, sizeof *e, by_place);
	vouch(&s->alice, w, e, 3);
	share(s, "resting", &erin, "reader");
	proxy_play(s->w->d, &hooks);
	assert_ok(zt_sync(erin.zt));
	assert_int_equal(2, person_workspace(&erin, "resting")->chain.anchor_position);
	proxy_play(s->w->d, NULL);
	assert_ok(zt_workspaces(erin.zt, note_rest, &rests));
	assert_string_equal("resting: alice@test.example, 0 of 2. ", buf_text(&rests));
	assert_ok(zt_maintain_keys(erin.zt, NULL)); /* as every command does */
	buf_empty(&rests);
	assert_ok(zt_workspaces(erin.zt, note_rest, &rests));
	assert_int_equal(0, rests.n);
	expect_list(&erin, "resting:/", "/f /g ");
	buf_free(&rests);
	person_close(&erin);
}

/* ---- what somebody spoiled, or the servers lost ---- */

/* Pushes one new version of VLOB by P, who says what it is: RAW, or the manifest M. */
static void
spoil(struct person *p, const char *workspace, const struct id *vlob, const char *raw,
    const Zt__Manifest *m)
{
	struct workspace *w = person_workspace(p, workspace);
	struct workspace_version v;
	struct forged_change c = { .vlob = *vlob, .version = 1, .m = m };
	struct forged f;

	if (workspace_newest(w, vlob, &v) == ZT_OK) {
		c.version = v.version + 1;
		c.prev = &v.pins.object;
	}
	if (raw != NULL)
		c.raw = bytes_text(raw);
	forge_changeset(p, w, &c, 1, (unsigned)w->w->generation_count, &f);
	assert_ok(forged_send(p, w, &f));
	forged_free(&f);
}

static void
note(void *ctx, const char *path, const char *what)
{
	(void)what;
	buf_printf(ctx, "%s ", path);
}

static void
note_what(void *ctx, const char *path, const char *what)
{
	(void)path;
	buf_printf(ctx, "%s. ", what);
}

/* The version that is taken in place of the rubbish is before the checkpoint at which the
 * reader begins: the chain is read for it, in the midst of reading folders. */
static void
f12_rubbish_at_a_checkpoint_is_passed_over_as_well(void **state)
{
	struct scene *s = *state;
	struct person erin;
	struct cut first = { .page = 1 };
	struct proxy_hooks hooks = { .ctx = &first, .after = cut };
	struct checkpoint_entry e[2];
	struct workspace *w;
	struct id root;

	world_join(&s->alice, &erin, "erinbegun", "standard");
	assert_ok(zt_workspace_create(s->alice.zt, "brick-begun"));
	person_put(&s->alice, "f", "brick-begun:/f");
	share(s, "brick-begun", &s->bob, "contributor");
	root = person_workspace(&s->bob, "brick-begun")->w->id;
	e[1] = (struct checkpoint_entry){ vlob_of(&s->alice, "brick-begun:/f"), 1, 1 };
	spoil(&s->bob, "brick-begun", &root, "no manifest at all", NULL);
	w = person_workspace(&s->alice, "brick-begun");
	e[0] = (struct checkpoint_entry){ root, 2, 2 };
	qsort(e, 2, sizeof *e, by_place);
	vouch(&s->alice, w, e, 2);
	share(s, "brick-begun", &erin, "contributor");
	proxy_play(s->w->d, &hooks);
	assert_ok(zt_sync(erin.zt));
	assert_int_equal(2, person_workspace(&erin, "brick-begun")->chain.anchor_position);
	proxy_play(s->w->d, NULL);
	expect_list_err(&erin, "brick-begun:/", "/f ", ZT_ERR_CORRUPT);
	expect_list_err(&erin, "brick-begun:/", "/f ", ZT_ERR_CORRUPT); /* and continues */
	person_put(&erin, "g", "brick-begun:/g");
	expect_list(&s->alice, "brick-begun:/", "/f /g ");
	person_close(&erin);
}

static void
f12_rubbish_in_place_of_the_root_folder_is_named_and_written_over(void **state)
{
	struct scene *s = *state;
	struct buf named = buf_init(4096);
	char local[160];
	struct id root;

	assert_ok(zt_workspace_create(s->alice.zt, "brick"));
	person_put(&s->alice, "dear content", "brick:/f");
	share(s, "brick", &s->bob, "contributor");
	root = person_workspace(&s->bob, "brick")->w->id;
	for (int i = 0; i < 3; i++)
		spoil(&s->bob, "brick", &root, "no manifest at all", NULL);
	s->alice.zt->damaged = note;
	s->alice.zt->damaged_ctx = &named;
	expect_list_err(&s->alice, "brick:/", "/f ", ZT_ERR_CORRUPT);
	assert_string_equal("/ ", buf_text(&named));
	(void)snprintf(local, sizeof local, "%s/brick", s->w->state);
	assert_err(ZT_ERR_CORRUPT, zt_get(s->alice.zt, "brick:/f", local, NULL, NULL));
	expect_content(&s->alice, "brick:/f", "dear content");
	assert_ok(zt_restore(s->alice.zt, "brick:/f", 1, 0));
	person_put(&s->alice, "more", "brick:/more"); /* behind the rubbish */
	buf_empty(&named);
	expect_list(&s->alice, "brick:/", "/f /more ");
	expect_list(&s->bob, "brick:/", "/f /more ");
	assert_ok(zt_get(s->alice.zt, "brick:/f", local, NULL, NULL));
	assert_int_equal(0, named.n);
	s->alice.zt->damaged = NULL;
	buf_free(&named);
}

/* A folder whose root holds COUNT entries, each of the right kind or not. */
static void
forge_tree(struct person *p, const char *workspace, const char *const *names,
    const struct tree_entry *entries, size_t count)
{
	struct workspace *w = person_workspace(p, workspace);
	Zt__FolderEntry e[8], *list[8];
	Zt__FolderManifest folder = ZT__FOLDER_MANIFEST__INIT;
	Zt__Manifest m = ZT__MANIFEST__INIT;

	assert_true(count <= 8);
	for (size_t i = 0; i < count; i++) {
		zt__folder_entry__init(list[i] = &e[i]);
		e[i].name = pb_field(names[i], strlen(names[i]));
		e[i].vlob = pb_field(entries[i].vlob.b, ID_BYTES);
		e[i].folder = entries[i].is_folder;
	}
	folder.entries = list;
	folder.n_entries = count;
	m.kind_case = ZT__MANIFEST__KIND_FOLDER;
	m.folder = &folder;
	spoil(p, workspace, &w->w->id, NULL, &m);
}

/* All of WANTED were named, once each, in any order, and nothing else. */
static void
expect_named(struct buf *named, const char *const *wanted, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		assert_non_null(strstr(buf_text(named), wanted[i]));
		n += strlen(wanted[i]);
	}
	assert_int_equal(n, named->n);
}

static const char *const below_named[] = { "/rubbish ", "/old ", "/circle ", "/afile ",
	"/folder " };

static void
f12_what_is_spoiled_below_costs_that_entry_only(void **state)
{
	static const char *const names[] = { "afile", "circle", "dear", "folder", "nothing",
		"old", "rubbish" };
	struct scene *s = *state;
	struct tree_entry e[7];
	struct forged_file file;
	struct buf named = buf_init(4096);
	struct zt_progress p = { .ctx = &named, .skipped = note };
	struct zt_check check;
	struct workspace *w;
	char local[160], dear[200];

	assert_ok(zt_workspace_create(s->alice.zt, "below"));
	person_put(&s->alice, "dear content", "below:/dear");
	person_put(&s->alice, "first", "below:/old");
	share(s, "below", &s->bob, "contributor");
	w = person_workspace(&s->bob, "below");
	for (size_t i = 0; i < 7; i++) {
		random_bytes(e[i].vlob.b, ID_BYTES);
		e[i].is_folder = false;
	}
	forge_file(&file, "a file");
	e[0].is_folder = true; /* a folder that is a file */
	spoil(&s->bob, "below", &e[0].vlob, NULL, &file.m);
	e[1] = (struct tree_entry){ w->w->id, true };
	e[2].vlob = vlob_of(&s->bob, "below:/dear");
	e[3].is_folder = true;
	spoil(&s->bob, "below", &e[3].vlob, "no folder", NULL);
	e[5].vlob = vlob_of(&s->bob, "below:/old");
	spoil(&s->bob, "below", &e[5].vlob, "no file", NULL);
	spoil(&s->bob, "below", &e[6].vlob, "no file", NULL);
	forge_tree(&s->bob, "below", names, e, 7);
	s->alice.zt->damaged = note;
	s->alice.zt->damaged_ctx = &named;
	expect_list_err(&s->alice, "below:/",
	    "/afile/ /circle/ /dear /folder/ /nothing /old /rubbish ", ZT_ERR_CORRUPT);
	expect_named(&named, below_named, 5);
	expect_content(&s->alice, "below:/old", "first");
	buf_empty(&named);
	(void)snprintf(local, sizeof local, "%s/below", s->w->state);
	(void)snprintf(dear, sizeof dear, "%s/dear", local);
	assert_err(ZT_ERR_CORRUPT, zt_get(s->alice.zt, "below:/", local, &p, NULL));
	assert_non_null(strstr(buf_text(&named), "circle "));
	assert_non_null(strstr(buf_text(&named), "afile "));
	assert_non_null(strstr(buf_text(&named), "folder "));
	assert_non_null(strstr(buf_text(&named), "nothing "));
	assert_non_null(strstr(buf_text(&named), "rubbish "));
	assert_non_null(strstr(buf_text(&named), "old "));
	assert_null(strstr(buf_text(&named), "dear"));
	assert_int_equal(0, access(dear, R_OK));
	buf_empty(&named);
	assert_err(ZT_ERR_CORRUPT, zt_verify(s->alice.zt, "below", &p, &check));
	assert_int_equal(2, check.files); /* dear, old */
	assert_non_null(strstr(buf_text(&named), "circle "));
	person_put(&s->alice, "more", "below:/more");
	assert_ok(zt_rm(s->alice.zt, "below:/circle", true));
	s->alice.zt->damaged = NULL;
	buf_free(&named);
}

static void
f10_what_the_servers_lost_of_a_folder_is_not_written_over(void **state)
{
	struct scene *s = *state;
	struct person laptop;
	struct id root;
	char *path = world_file(s->w, "content", "x", 1);

	assert_ok(zt_workspace_create(s->alice.zt, "holes"));
	person_put(&s->alice, "one", "holes:/one");
	person_put(&s->alice, "two", "holes:/two");
	expect_list(&s->alice, "holes:/", "/one /two ");
	root = person_workspace(&s->alice, "holes")->w->id;
	world_add_device(&s->alice, &laptop, "laptop27");
	PQclear(world_ask(s->w, "metadata",
	    "DELETE FROM metadata.objects WHERE vlob = $1::bytea AND version = 2 RETURNING 1",
	    &root));
	expect_list_err(&laptop, "holes:/", "/one ", ZT_ERR_MISSING_BLOCK);
	expect_content(&laptop, "holes:/one", "one");
	assert_err(ZT_ERR_MISSING_BLOCK, zt_put(laptop.zt, path, "holes:/x", NULL, NULL));
	expect_list(&s->alice, "holes:/", "/one /two ");   /* who has it continues */
	assert_ok(zt_restore(laptop.zt, "holes:/", 1, 0)); /* a person's decision */
	assert_ok(zt_put(laptop.zt, path, "holes:/x", NULL, NULL));
	expect_list(&laptop, "holes:/", "/one /x ");
	free(path);
	person_close(&laptop);
}

/* ---- what was there once ---- */

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
expect_list_at(struct person *p, const char *remote, uint64_t time, const char *wanted)
{
	struct buf names = buf_init(4096);

	assert_ok(zt_ls_at(p->zt, remote, time, true, false, add_name, &names));
	assert_string_equal(wanted, buf_text(&names));
	buf_free(&names);
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

/* ---- wraps: what was good stays ---- */

/* A wrap of random bytes under GENERATION for VERSION of VLOB, sent as a patched client would.
 */
static enum zt_err
rewrap_rubbish(struct person *by, struct workspace *w, const struct id *vlob, uint64_t version,
    bool finish)
{
	struct route_params p = { .org = by->zt->org, .id = w->w->id };
	struct buf body = buf_init(1 << 20), answer = buf_init(64);
	Zt__RewrapRequest m = ZT__REWRAP_REQUEST__INIT;
	Zt__Rewrapped one = ZT__REWRAPPED__INIT, *list[] = { &one };
	uint8_t garbage[ENVELOPE_WRAP_BYTES];
	enum zt_err err;

	random_bytes(garbage, sizeof garbage);
	m.generation = (uint32_t)w->w->generation_count;
	m.finish = finish;
	m.items = list;
	m.n_items = 1;
	one.vlob = pb_field(vlob->b, ID_BYTES);
	one.version = version;
	one.wrap = pb_field(garbage, sizeof garbage);
	assert_ok(pb_encode(&m, &body));
	err = session_call(by->zt, ROUTE_REWRAP, &p, NULL, buf_bytes(&body), &answer);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

/* PUSH, as it was once sent, by REPAIR at POSITION, with wraps of random bytes. */
static enum zt_err
repair_rubbish(
    struct person *by, const struct id *workspace, struct bytes push, uint64_t position)
{
	struct buf spoiled = buf_init(LIMIT_PUSH);
	Zt__PushRequest *m = NULL;
	enum zt_err err;

	assert_ok(pb_decode(&zt__push_request__descriptor, push, LIMIT_PUSH, &m));
	for (size_t i = 0; i < m->n_objects; i++)
		random_bytes(m->objects[i]->wrap.data, ENVELOPE_WRAP_BYTES);
	assert_ok(pb_encode(m, &spoiled));
	err = forged_repair(by, workspace, buf_bytes(&spoiled), position);
	pb_free(m);
	buf_free(&spoiled);
	return err;
}

static void
is_whole(void *ctx, const struct zt_version *v)
{
	assert_false(v->is_damaged);
	++*(unsigned *)ctx;
}

/* P opens VERSIONS versions of the root folder and of f from what the servers hold. */
static void
opens_all(struct person *p, const char *workspace, unsigned versions)
{
	char remote[40];
	unsigned n = 0;

	assert_ok(store_forget(p->zt->store, STORE_FOLDER, bytes_of(NULL, 0)));
	(void)snprintf(remote, sizeof remote, "%s:/", workspace);
	assert_ok(zt_history(p->zt, remote, is_whole, &n));
	(void)snprintf(remote, sizeof remote, "%s:/f", workspace);
	assert_ok(zt_history(p->zt, remote, is_whole, &n));
	assert_int_equal(versions, n);
	expect_content(p, remote, "second");
}

static void
f12_no_call_of_any_member_takes_from_another_what_they_could_open(void **state)
{
	static const char *const roles[] = { "reader", "contributor", "manager" };
	struct scene *s = *state;
	struct person erin;
	struct buf push = buf_init(LIMIT_PUSH);
	struct workspace *w;
	struct id root, f;

	world_join(&s->alice, &erin, "erin12", "standard");
	assert_ok(zt_workspace_create(s->alice.zt, "dear"));
	person_put(&s->alice, "first", "dear:/f");
	person_put(&s->alice, "second", "dear:/f");
	share(s, "dear", &erin, "reader");
	opens_all(&erin, "dear", 3);
	w = person_workspace(&s->alice, "dear");
	root = w->w->id;
	f = vlob_of(&s->alice, "dear:/f");
	assert_ok(
	    store_get(s->alice.zt->store, STORE_PUSH, bytes_of(root.b, ID_BYTES), 1, &push));
	for (size_t r = 0; r < 3; r++) {
		bool is_manager = r == 2;

		share(s, "dear", &s->bob, roles[r]);
		if (is_manager)
			assert_ok(zt_workspace_rotate(s->bob.zt, "dear"));
		w = person_workspace(&s->bob, "dear");
		for (uint64_t v = 1; v <= 2; v++) {
			assert_err(is_manager ? ZT_OK : ZT_ERR_FORBIDDEN,
			    rewrap_rubbish(&s->bob, w, v == 1 ? &root : &f, v, false));
			assert_err(ZT_ERR_FORBIDDEN,
			    rewrap_rubbish(&s->bob, w, v == 1 ? &root : &f, v, true));
		}
		(void)repair_rubbish(&s->bob, &root, buf_bytes(&push), 1);
		opens_all(&erin, "dear", 3);
		opens_all(&s->alice, "dear", 3);
	}
	buf_free(&push);
	person_close(&erin);
}

static int
count_of(struct scene *s, const char *sql, const struct id *workspace)
{
	PGresult *r = world_ask(s->w, "metadata", sql, workspace);
	int n = PQntuples(r);

	PQclear(r);
	return n;
}

static void
f12_a_spoiled_rewrapping_is_named_and_older_keys_stay_until_an_owner_finishes(void **state)
{
	struct scene *s = *state;
	struct buf named = buf_init(4096);
	uint64_t done = 0, gone = 0;
	struct workspace *w;
	struct id root;

	assert_ok(zt_workspace_create(s->alice.zt, "again"));
	person_put(&s->alice, "first", "again:/f");
	person_put(&s->alice, "second", "again:/f");
	share(s, "again", &s->bob, "manager");
	assert_ok(zt_workspace_rotate(s->bob.zt, "again"));
	w = person_workspace(&s->bob, "again");
	root = w->w->id;
	assert_ok(rewrap_rubbish(&s->bob, w, &root, 1, false));
	s->alice.zt->damaged = note_what;
	s->alice.zt->damaged_ctx = &named;
	assert_ok(zt_workspace_rewrap(s->alice.zt, "again", &done, &gone));
	assert_int_equal(3, done); /* the folder, beside bob's rubbish, and two versions of f */
	assert_int_equal(0, gone);
	assert_non_null(strstr(buf_text(&named), "the server says that bob@test.example"));
	assert_ok(zt_workspace_rewrap(s->alice.zt, "again", &done, &gone));
	assert_int_equal(0, done);
	assert_int_equal(3,
	    count_of(s,
		"SELECT 1 FROM metadata.objects WHERE workspace = $1::bytea AND generation = 1",
		&root));
	assert_err(
	    ZT_ERR_FORBIDDEN, zt_workspace_rewrap_finish(s->bob.zt, "again", &done, &gone));
	assert_ok(zt_workspace_rewrap_finish(s->alice.zt, "again", &done, &gone));
	assert_int_equal(3, done);
	assert_int_equal(0, gone);
	assert_int_equal(3,
	    count_of(s,
		"SELECT 1 FROM metadata.objects WHERE workspace = $1::bytea AND generation = 2",
		&root));
	assert_int_equal(
	    0, count_of(s, "SELECT 1 FROM metadata.wraps WHERE workspace = $1::bytea", &root));
	opens_all(&s->bob, "again", 3);
	opens_all(&s->alice, "again", 3);
	/* What nothing opens is lost, though its key is of the newest generation. */
	PQclear(world_ask(s->w, "metadata",
	    "UPDATE metadata.objects SET wrap = sha256(wrap) || sha256(vlob) || "
	    "'\\x0102030405060708'::bytea WHERE workspace = $1::bytea AND vlob = $1::bytea "
	    "RETURNING 1",
	    &root));
	assert_ok(zt_workspace_rewrap(s->alice.zt, "again", &done, &gone));
	assert_int_equal(1, gone);
	s->alice.zt->damaged = NULL;
	buf_free(&named);
}

static void
f12_an_author_repairs_what_somebody_brought_back_spoiled(void **state)
{
	struct scene *s = *state;
	struct person erin;
	struct zt_repaired r;
	struct workspace *w;
	struct buf push = buf_init(LIMIT_PUSH);
	unsigned losses = 0;

	world_join(&s->alice, &erin, "erin26", "standard");
	assert_ok(zt_workspace_create(s->alice.zt, "spoiled"));
	person_put(&s->alice, "second", "spoiled:/f");
	share(s, "spoiled", &s->bob, "contributor");
	w = person_workspace(&s->bob, "spoiled");
	/* what bob could have read from the server before */
	assert_ok(store_get(
	    s->alice.zt->store, STORE_PUSH, bytes_of(w->w->id.b, ID_BYTES), 1, &push));
	assert_int_equal(1, w->chain.position);
	world_lose_chain(s->w, &w->w->id);
	/* Nothing comes back before it is shown to have stood there; then bob's rubbish does.
	 */
	assert_err(ZT_ERR_PROOF, repair_rubbish(&s->bob, &w->w->id, buf_bytes(&push), 1));
	/* the mark, which an older backup does not take back, says the same of its link */
	assert_ok(forged_show(
	    &s->bob, &w->w->id, &(struct forged_way){ .push = buf_bytes(&push), .last = 1 }));
	assert_ok(repair_rubbish(&s->bob, &w->w->id, buf_bytes(&push), 1));
	assert_ok(zt_repair(s->alice.zt, lost, &losses, &r));
	assert_true(r.is_whole);
	assert_true(r.objects >= 2);
	assert_int_equal(0, losses);
	share(s, "spoiled", &erin, "reader");
	opens_all(&erin, "spoiled", 2);
	opens_all(&s->alice, "spoiled", 2);
	buf_free(&push);
	person_close(&erin);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
		    f2_a_folder_with_the_id_of_another_workspace_spoils_nothing_there,
		    honest_again),
		cmocka_unit_test_teardown(
		    f1_what_is_kept_and_does_not_open_is_fetched_again, honest_again),
		cmocka_unit_test_teardown(
		    l9_who_read_a_folder_after_a_rewrapping_repairs_as_anybody, honest_again),
		cmocka_unit_test_teardown(
		    f4_a_checkpoint_of_left_out_versions_alone_is_refused, honest_again),
		cmocka_unit_test(
		    f12_rubbish_in_place_of_the_root_folder_is_named_and_written_over),
		cmocka_unit_test_teardown(
		    f12_rubbish_at_a_checkpoint_is_passed_over_as_well, honest_again),
		cmocka_unit_test(f12_what_is_spoiled_below_costs_that_entry_only),
		cmocka_unit_test(f10_what_the_servers_lost_of_a_folder_is_not_written_over),
		cmocka_unit_test_teardown(
		    f4_a_reader_rests_on_a_word_that_is_named_and_not_for_ever, honest_again),
		cmocka_unit_test(a_removed_tree_comes_back_as_it_was),
		cmocka_unit_test(
		    f12_no_call_of_any_member_takes_from_another_what_they_could_open),
		cmocka_unit_test(
		    f12_a_spoiled_rewrapping_is_named_and_older_keys_stay_until_an_owner_finishes),
		cmocka_unit_test(f12_an_author_repairs_what_somebody_brought_back_spoiled),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
