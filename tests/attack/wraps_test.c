/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* wraps_test.c - wraps that open nothing, brought by a rewrapping or a repair: what was good
 * stays, and what somebody brought back spoiled is repaired by its author. */
#include <stdio.h>
#include <stdlib.h>

#include "chain/workspace.h"
#include "crypto/envelope.h"
#include "crypto/suite.h"
#include "expect.h"
#include "forge.h"
#include "format/limits.h"
#include "format/pb.h"
#include "test.h"
#include "zt/history.h"
#include "zt/repair.h"

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
	scene_share(s, "rewrapped", &s->bob, "manager");
	w = person_workspace(&s->bob, "rewrapped");
	expect_list(&s->bob, "rewrapped:/", "/f ");
	world_lose_chain(s->w, &w->w->id);
	assert_ok(zt_repair(s->bob.zt, lost, &losses, &r));
	assert_int_equal(1, r.changesets);
	assert_int_equal(1, losses); /* the file's manifest, which only its author holds */
	expect_list_err(&s->bob, "rewrapped:/", "/f ", ZT_ERR_MISSING_BLOCK);
}

/* ---- what was good stays ---- */

static void
note_what(void *ctx, const char *path, const char *what)
{
	(void)path;
	buf_printf(ctx, "%s. ", what);
}

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
	scene_share(s, "dear", &erin, "reader");
	opens_all(&erin, "dear", 3);
	w = person_workspace(&s->alice, "dear");
	root = w->w->id;
	f = person_vlob(&s->alice, "dear:/f");
	assert_ok(
	    store_get(s->alice.zt->store, STORE_PUSH, bytes_of(root.b, ID_BYTES), 1, &push));
	for (size_t r = 0; r < 3; r++) {
		bool is_manager = r == 2;

		scene_share(s, "dear", &s->bob, roles[r]);
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
	scene_share(s, "again", &s->bob, "manager");
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
	scene_share(s, "spoiled", &s->bob, "contributor");
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
	scene_share(s, "spoiled", &erin, "reader");
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
		    l9_who_read_a_folder_after_a_rewrapping_repairs_as_anybody, honest_again),
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
