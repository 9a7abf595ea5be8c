/* damage_test.c - what one member did wrong costs that object only: rubbish in a folder, a
 * folder of another workspace, a checkpoint that leaves out, wraps that open nothing. */
#include "test.h"

#include <stdio.h>

#include "client/chain.h"
#include "crypto/suite.h"
#include "forge.h"
#include "format/pb.h"
#include "trust/checkpoint.h"
#include "zt/repair.h"

/* ---- people's acts, in a line each ---- */

static int
honest_again(void **state)
{
	struct scene *s = *state;

	double_play(s->w->d, NULL);
	return 0;
}

static void
put(struct person *p, const char *content, const char *remote)
{
	char *path = world_file(p->w, "content", content, strlen(content));

	assert_ok(zt_put(p->zt, path, remote, NULL, NULL));
	free(path);
}

static void
add_name(void *ctx, const struct zt_file *f)
{
	buf_printf(ctx, "%s%s ", f->path, f->is_folder ? "/" : "");
}

/* What is listed of REMOTE is WANTED: paths, each with a space behind it. */
static void
expect_list(struct person *p, const char *remote, const char *wanted)
{
	struct buf names = buf_init(4096);

	assert_ok(zt_ls(p->zt, remote, true, false, add_name, &names));
	assert_string_equal(wanted, buf_text(&names));
	buf_free(&names);
}

static void
share(struct scene *s, const char *workspace, const struct person *p, const char *role)
{
	assert_ok(zt_workspace_share(s->alice.zt, workspace, p->email, role));
}

/* ---- a folder of one workspace, and another ---- */

static void
f2_a_folder_with_the_id_of_another_workspace_spoils_nothing_there(void **state)
{
	struct scene *s = *state;
	struct person laptop;
	struct space *x, *y;
	struct forged f;
	struct forged_file file;
	struct forged_folder root, folder;
	struct forged_change changes[3];

	assert_ok(zt_workspace_create(s->alice.zt, "private"));
	put(&s->alice, "dear", "private:/dear");
	assert_ok(zt_workspace_create(s->alice.zt, "shared"));
	share(s, "shared", &s->bob, "contributor");
	world_add_device(&s->alice, &laptop, "laptop29");
	y = person_space(&s->alice, "private");
	x = person_space(&s->bob, "shared");
	suite_random(changes[0].vlob.b, ID_BYTES);
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
	put(&laptop, "more", "private:/more");
	expect_list(&s->alice, "private:/", "/dear /more ");
	forged_free(&f);
	person_close(&laptop);
}

static void
f1_what_is_kept_and_does_not_open_is_fetched_again(void **state)
{
	struct scene *s = *state;
	struct space *w;
	uint8_t at[2 * ID_BYTES];
	struct bytes key;

	assert_ok(zt_workspace_create(s->alice.zt, "kept"));
	put(&s->alice, "dear", "kept:/dear");
	expect_list(&s->alice, "kept:/", "/dear ");
	w = person_space(&s->alice, "kept");
	key = space_object_key(w, &w->w->id, at);
	assert_ok(store_put(s->alice.zt->store, STORE_FOLDER, key, 1, bytes_text("rubbish")));
	expect_list(&s->alice, "kept:/", "/dear ");
}

/* ---- a repair after a rewrapping ---- */

/* The database of an older backup, in which nothing of the workspace's chain stood yet. */
static void
lose(struct world *w, const struct id *workspace)
{
	static const char *const sql[] = {
		"DELETE FROM metadata.changesets WHERE workspace = $1::bytea RETURNING 1",
		"DELETE FROM metadata.objects WHERE workspace = $1::bytea RETURNING 1",
		"DELETE FROM metadata.vlobs WHERE workspace = $1::bytea RETURNING 1",
		"DELETE FROM metadata.chains WHERE workspace = $1::bytea RETURNING 1"
	};

	for (size_t i = 0; i < sizeof sql / sizeof sql[0]; i++)
		PQclear(world_ask(w, "metadata", sql[i], workspace));
}

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
	struct space *w;
	unsigned losses = 0;
	uint64_t done = 0, none = 0;

	assert_ok(zt_workspace_create(s->alice.zt, "rewrapped"));
	put(&s->alice, "x", "rewrapped:/f");
	assert_ok(zt_workspace_rotate(s->alice.zt, "rewrapped"));
	assert_ok(zt_workspace_rewrap(s->alice.zt, "rewrapped", &done, &none));
	assert_int_equal(2, done);
	share(s, "rewrapped", &s->bob, "manager");
	w = person_space(&s->bob, "rewrapped");
	expect_list(&s->bob, "rewrapped:/", "/f ");
	lose(s->w, &w->w->id);
	assert_ok(zt_repair(s->bob.zt, lost, &losses, &r));
	assert_int_equal(1, r.changesets);
	assert_int_equal(1, losses); /* the file's manifest, which only its author holds */
	expect_list(&s->bob, "rewrapped:/", "/f ");
}

/* ---- a checkpoint that names only what is left out ---- */

/* The chain as if it ended at MOST; or, with PAGE, its first answer holds that many. */
struct cut {
	uint64_t most, page;
};

static void
cut(void *ctx, struct double_call *c)
{
	const struct cut *k = ctx;
	Zt__ChainPage *m = NULL;

	if (c->route != ROUTE_CHAIN || c->status != 200)
		return;
	assert_ok(
	    pb_decode(&zt__chain_page__descriptor, buf_bytes(&c->answer), LIMIT_PAGE, &m));
	while (m->n_changesets > 0 &&
	       ((k->most > 0 && m->first + m->n_changesets - 1 > k->most) ||
		   (k->page > 0 && m->first == 1 && m->n_changesets > k->page)))
		pb_free(m->changesets[--m->n_changesets]);
	if (k->most > 0 && m->newest > k->most)
		m->newest = k->most;
	buf_empty(&c->answer);
	assert_ok(pb_encode(m, &c->answer));
	pb_free(m);
}

/* BY signs COUNT ENTRIES as what is current in W at its newest position. */
static void
vouch(struct person *by, struct space *w, const struct checkpoint_entry *entries, size_t count)
{
	uint8_t packed[4 * CHECKPOINT_ENTRY_BYTES];
	struct checkpoint c = { .org = by->zt->org,
		.workspace = w->w->id,
		.author = by->zt->device,
		.position = w->position,
		.link = w->link,
		.count = count,
		.seen_size = merkle_size(by->zt->state->tree),
		.time = client_now_ms() };
	struct route_params p = { .org = by->zt->org, .id = w->w->id };
	Zt__CheckpointRequest m = ZT__CHECKPOINT_REQUEST__INIT;
	struct buf signed_ = buf_init(4096), body = buf_init(8192), answer = buf_init(64);
	Zt__Statement message;
	struct statement st;

	assert_true(count <= 4);
	for (size_t i = 0; i < count; i++)
		checkpoint_pack(&entries[i], packed + i * CHECKPOINT_ENTRY_BYTES);
	m.entries = pb_field(packed, count * CHECKPOINT_ENTRY_BYTES);
	assert_ok(merkle_root(by->zt->state->tree, c.seen_size, &c.seen_root));
	assert_ok(checkpoint_root(pb_bytes(m.entries), c.position, &c.root));
	assert_ok(checkpoint_sign(by->zt->sign, &c, &signed_, &st));
	message = statement_message(&st);
	m.statement = &message;
	assert_ok(pb_encode(&m, &body));
	assert_ok(
	    client_call(by->zt, ROUTE_CHECKPOINT_PUT, &p, NULL, buf_bytes(&body), &answer));
	buf_free(&signed_);
	buf_free(&body);
	buf_free(&answer);
}

/* FROM, in which alice has written "dear", gets version 2 of the root folder by bob, whom the
 * rotation that follows leaves out. */
static struct space *
leave_out_bob(struct scene *s, const char *name)
{
	struct space *w = person_space(&s->bob, name);
	struct cut hidden = { .most = 1 };
	struct double_hooks hooks = { .ctx = &hidden, .after = cut };
	struct forged_folder folder;
	struct forged_change late = { .vlob = w->w->id, .version = 2 };
	struct space_version v;
	struct forged f;
	struct id nowhere;

	suite_random(nowhere.b, ID_BYTES);
	assert_ok(space_version(w, &w->w->id, 0, &v));
	forge_folder(&folder, bytes_text("evil"), &nowhere, false);
	late.prev = &v.pins.object;
	late.m = &folder.m;
	forge_changeset(&s->bob, w, &late, 1, 1, &f);
	assert_ok(forged_send(&s->bob, w, &f));
	forged_free(&f);
	double_play(s->w->d, &hooks); /* it races the removal */
	assert_ok(zt_workspace_unshare(s->alice.zt, name, "bob@test.example"));
	double_play(s->w->d, NULL);
	w = person_space(&s->alice, name);
	assert_int_equal(2, w->position);
	assert_ok(space_newest(w, &w->w->id, &v));
	assert_true(v.left_out);
	return w;
}

static void
f4_a_checkpoint_of_left_out_versions_alone_is_refused(void **state)
{
	struct scene *s = *state;
	struct person erin;
	struct cut first = { .page = 1 };
	struct double_hooks hooks = { .ctx = &first, .after = cut };

	world_join(&s->alice, &erin, "erin", "standard");
	for (int honest = 1; honest >= 0; honest--) {
		const char *name = honest ? "vouched" : "wiped";
		char remote[32], more[32];
		struct checkpoint_entry e[3] = { { .version = 1, .position = 1 } };
		struct tree_entry dear;
		struct path path;
		struct space *w;

		(void)snprintf(remote, sizeof remote, "%s:/dear", name);
		(void)snprintf(more, sizeof more, "%s:/more", name);
		assert_ok(zt_workspace_create(s->alice.zt, name));
		put(&s->alice, "dear", remote);
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
		double_play(s->w->d, &hooks);
		put(&erin, "hello", more);
		double_play(s->w->d, NULL);
		assert_int_equal(honest ? 2 : 0, person_space(&erin, name)->base);
		(void)snprintf(remote, sizeof remote, "%s:/", name);
		expect_list(&s->alice, remote, "/dear /more ");
	}
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
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
