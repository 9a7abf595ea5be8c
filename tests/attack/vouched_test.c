/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* vouched_test.c - who begins at a checkpoint: one that names only what is left out is refused,
 * a reader rests on a word that is named and not always, and rubbish at it is passed over. */
#include <stdio.h>
#include <stdlib.h>

#include "chain/objects.h"
#include "chain/workspace.h"
#include "crypto/suite.h"
#include "expect.h"
#include "files/checkpoint.h"
#include "forge.h"
#include "format/limits.h"
#include "format/pb.h"
#include "session/session.h"
#include "test.h"
#include "tree/tree.h"

/* ---- a checkpoint, and a server that shows what is behind it ---- */

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

static int
by_place(const void *a, const void *b)
{
	return checkpoint_order(a, b);
}

/* ---- what it may say ---- */

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
		scene_share(s, name, &s->bob, "contributor");
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
		scene_share(s, name, &erin, "contributor");
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
	e[1] = (struct checkpoint_entry){ person_vlob(&s->alice, "resting:/f"), 1, 1 };
	e[2] = (struct checkpoint_entry){ person_vlob(&s->alice, "resting:/g"), 1, 2 };
	qsort(e, 3, sizeof *e, by_place);
	vouch(&s->alice, w, e, 3);
	scene_share(s, "resting", &erin, "reader");
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
	scene_share(s, "brick-begun", &s->bob, "contributor");
	root = person_workspace(&s->bob, "brick-begun")->w->id;
	e[1] = (struct checkpoint_entry){ person_vlob(&s->alice, "brick-begun:/f"), 1, 1 };
	forge_version(&s->bob, "brick-begun", &root, "no manifest at all", NULL);
	w = person_workspace(&s->alice, "brick-begun");
	e[0] = (struct checkpoint_entry){ root, 2, 2 };
	qsort(e, 2, sizeof *e, by_place);
	vouch(&s->alice, w, e, 2);
	scene_share(s, "brick-begun", &erin, "contributor");
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
		    f4_a_checkpoint_of_left_out_versions_alone_is_refused, honest_again),
		cmocka_unit_test_teardown(
		    f12_rubbish_at_a_checkpoint_is_passed_over_as_well, honest_again),
		cmocka_unit_test_teardown(
		    f4_a_reader_rests_on_a_word_that_is_named_and_not_for_ever, honest_again),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
