/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* removal_test.c - after a removal: with all that the removed side ever held, and all that the
 * servers hold, nothing written afterwards opens. The same tool opens what was written before,
 * so that it is known to work. */
#include <stdio.h>
#include <stdlib.h>

#include "base/wire.h"
#include "crypto/hash.h"
#include "files/manifest.h"
#include "format/limits.h"
#include "format/pb.h"
#include "people/devices.h"
#include "test.h"
#include "tree/batch.h"
#include "tree/tree.h"
#include "trust/keyring.h"
#include "world.h"
#include "zt/repair.h"

static struct bytes
field(PGresult *r, int row, int column)
{
	return bytes_of(PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column));
}

/* Whether any workspace key of THEIRS opens the object of VERSION, whose pins the tool
 * even has. */
static bool
opens_object(struct workspace *theirs, const struct workspace_version *v, struct bytes wrap,
    struct bytes object)
{
	struct manifest_place place = { theirs->w->id, v->vlob, v->version };
	bool opened = false;

	for (size_t i = 0; i < theirs->key_cap; i++) {
		Zt__Manifest *m = NULL;
		const char *message;

		if (theirs->keys[i] == NULL)
			continue;
		opened |= manifest_open(theirs->keys[i], &place, object, wrap, &v->pins, &m,
			      &message) == ZT_OK;
		pb_wipe(m);
	}
	return opened;
}

/* How many workspace keys that the servers hold, of generations behind AFTER, the private keys
 * of T open; KNOWS has verified the log that far. */
static unsigned
opens_sealed_keys(
    struct scene *s, struct zt *t, struct zt *knows, const struct id *workspace, unsigned after)
{
	PGresult *r = world_ask(s->w, "metadata",
	    "SELECT body, signature FROM metadata.sealed_keys WHERE workspace = $1::bytea",
	    workspace);
	unsigned opened = 0;

	assert_true(PQntuples(r) > 0);
	for (int i = 0; i < PQntuples(r); i++) {
		struct statement st = { .body = field(r, i, 0) };
		struct keyring_subject subject;
		struct id author;
		const struct org_workspace *w = org_state_workspace(knows->state, workspace);

		memcpy(st.signature, field(r, i, 1).p, SIGN_BYTES);
		assert_ok(keyring_read(&st, &subject, &author));
		assert_true(subject.generation <= w->generation_count);
		if (subject.generation <= after)
			continue;
		for (size_t k = 0; k <= t->user_key_count; k++) {
			struct secret *key = NULL;
			const struct secret *with =
			    k < t->user_key_count ? t->user_keys[k].key : t->seal;

			opened += keyring_open(knows->state, &subject, &st, with,
				      &w->generations[subject.generation - 1].commitment,
				      &key) == ZT_OK;
			secret_free(key);
		}
	}
	PQclear(r);
	return opened;
}

/* Whether a key of an older generation opens a newer one: the way through the generations leads
 * back only. */
static bool
opens_forward(const struct workspace *theirs, const struct org_workspace *w)
{
	bool opened = false;

	for (size_t g = 1; g < w->generation_count; g++)
		for (size_t i = 0; i < theirs->key_cap; i++) {
			struct secret *key = NULL;

			if (theirs->keys[i] == NULL || i >= g)
				continue;
			for (size_t k = 0; k < w->generations[g].older_count; k++) {
				const struct org_older *o = &w->generations[g].older[k];

				opened |=
				    keyring_open_older(theirs->keys[i], &w->id, (unsigned)g + 1,
					bytes_of(o->sealed, sizeof o->sealed),
					&w->generations[g].commitment, &key) == ZT_OK;
				secret_free(key);
				key = NULL;
			}
		}
	return opened;
}

/* How many of the workspace's objects the keys of THEIRS open, of those up to, or behind,
 * changeset POSITION.
 */
static unsigned
opens_objects(struct scene *s, struct workspace *theirs, struct workspace *alices,
    uint64_t position, bool behind, unsigned *seen)
{
	PGresult *r = world_ask(s->w, "metadata",
	    "SELECT vlob, version, wrap, object FROM metadata.objects WHERE workspace = "
	    "$1::bytea",
	    &alices->w->id);
	unsigned opened = 0;

	*seen = 0;
	for (int i = 0; i < PQntuples(r); i++) {
		struct workspace_version v;
		struct wire_reader n = wire_read(field(r, i, 1));
		struct id vlob;

		memcpy(vlob.b, field(r, i, 0).p, ID_BYTES);
		assert_ok(workspace_version(alices, &vlob, wire_u64(&n), &v));
		if ((v.position > position) != behind)
			continue;
		++*seen;
		opened += opens_object(theirs, &v, field(r, i, 2), field(r, i, 3));
	}
	PQclear(r);
	return opened;
}

static void
put(struct scene *s, struct person *p, const char *name, const char *remote)
{
	char *file = world_file(s->w, name, "some content", 12);
	uint64_t n;

	assert_ok(zt_put(p->zt, file, remote, NULL, &n));
	free(file);
}

static void
count_file(void *ctx, const struct zt_file *f)
{
	(void)f;
	++*(int *)ctx;
}

/* T knew the workspace; then REMOVE, and alice writes on. */
static void
removed_opens_nothing(
    struct scene *s, struct person *thief, const char *name, void (*remove)(struct scene *s))
{
	char remote[64];
	struct workspace *theirs, *alices;
	uint64_t position;
	unsigned generation, seen;
	int n = 0;

	(void)snprintf(remote, sizeof remote, "%s:/before", name);
	put(s, &s->alice, "before", remote);
	remote[strlen(name) + 2] = 0;
	assert_ok(zt_ls(thief->zt, remote, true, true, count_file, &n));
	assert_int_equal(1, n);
	theirs = person_workspace(thief, name);
	alices = person_workspace(&s->alice, name);
	position = alices->chain.position;
	generation = (unsigned)alices->w->generation_count;
	assert_int_equal(2, opens_objects(s, theirs, alices, position, false, &seen));
	assert_true(opens_sealed_keys(s, thief->zt, s->alice.zt, &alices->w->id, 0) > 0);

	remove(s);
	(void)snprintf(remote, sizeof remote, "%s:/after", name);
	put(s, &s->alice, "after", remote);
	alices = person_workspace(&s->alice, name);
	assert_true(alices->w->generation_count > generation);
	assert_int_equal(0, opens_objects(s, theirs, alices, position, true, &seen));
	assert_int_equal(2, seen); /* the folder and the file */
	assert_int_equal(
	    0, opens_sealed_keys(s, thief->zt, s->alice.zt, &alices->w->id, generation));
	assert_false(opens_forward(theirs, alices->w));
	/* and what it signs is refused */
	(void)snprintf(remote, sizeof remote, "%s:/forged", name);
	assert_true(zt_mkdir(thief->zt, remote) != ZT_OK);
}

static void
remove_bob(struct scene *s)
{
	assert_ok(zt_workspace_unshare(s->alice.zt, "shared", "bob@test.example"));
}

static void
R5_a_removed_member_opens_nothing_that_came_after(void **state)
{
	struct scene *s = *state;

	assert_ok(zt_workspace_create(s->alice.zt, "shared"));
	assert_ok(zt_workspace_share(s->alice.zt, "shared", "bob@test.example", "contributor"));
	removed_opens_nothing(s, &s->bob, "shared", remove_bob);
}

static void
remove_laptop(struct scene *s)
{
	assert_ok(zt_device_revoke(s->alice.zt, s->laptop.zt->device_text));
}

static void
R5_a_revoked_device_opens_nothing_that_came_after(void **state)
{
	struct scene *s = *state;

	world_add_device(&s->alice, &s->laptop, "laptop");
	assert_ok(zt_workspace_create(s->alice.zt, "own"));
	removed_opens_nothing(s, &s->laptop, "own", remove_laptop);
	person_close(&s->laptop);
}

/* Bob's workspace, that alice's user may read: his device must not seal its next key to the
 * user key that the lost device knows, before alice has renewed that. */
static void
K7_a_key_is_not_sealed_to_a_user_whose_lost_device_knows_theirs(void **state)
{
	struct scene *s = *state;
	struct workspace *bobs;
	unsigned before;
	int n = 0;

	world_add_device(&s->alice, &s->laptop, "lost");
	assert_ok(zt_workspace_create(s->bob.zt, "bobs"));
	assert_ok(zt_workspace_share(s->bob.zt, "bobs", "alice@test.example", "reader"));
	put(s, &s->bob, "one", "bobs:/one");
	assert_ok(zt_ls(s->laptop.zt, "bobs:/", true, true, count_file, &n));
	bobs = person_workspace(&s->bob, "bobs");
	before = (unsigned)bobs->w->generation_count;
	/* the act alone: bob is faster than alice's renewal */
	assert_ok(people_revoke_device(s->alice.zt, &s->laptop.zt->device));
	assert_ok(zt_sync(s->bob.zt));
	assert_ok(zt_maintain_keys(s->bob.zt, NULL));
	bobs = person_workspace(&s->bob, "bobs");
	assert_int_equal(before + 1, bobs->w->generation_count);
	assert_int_equal(
	    0, opens_sealed_keys(s, s->laptop.zt, s->bob.zt, &bobs->w->id, before));
	put(s, &s->bob, "two", "bobs:/two");
	assert_ok(zt_maintain_keys(s->alice.zt, NULL));
	assert_ok(zt_sync(s->bob.zt));
	assert_ok(zt_maintain_keys(s->bob.zt, NULL));
	assert_int_equal(
	    0, opens_sealed_keys(s, s->laptop.zt, s->bob.zt, &bobs->w->id, before));
	n = 0;
	assert_ok(zt_ls(s->alice.zt, "bobs:/", true, true, count_file, &n));
	assert_int_equal(2, n);
	person_close(&s->laptop);
}

struct renewal {
	struct zt *zt;
	struct id workspace;
	size_t wanted;
	int asked;
};

static bool
is_renewed(void *ctx)
{
	struct renewal *r = ctx;
	const struct org_workspace *w = org_state_workspace(r->zt->state, &r->workspace);

	return ++r->asked > 400 || w->generation_count >= r->wanted;
}

/* The act alone, of which no event tells a watch that begins later. */
static void
K7_a_watch_that_begins_after_a_loss_of_access_renews_the_keys(void **state)
{
	struct scene *s = *state;
	struct renewal r = { .zt = s->alice.zt };
	struct workspace *hers;

	world_add_device(&s->alice, &s->laptop, "stolen");
	assert_ok(zt_workspace_create(s->alice.zt, "hers"));
	hers = person_workspace(&s->alice, "hers");
	r.workspace = hers->w->id;
	r.wanted = hers->w->generation_count + 1;
	assert_ok(people_revoke_device(s->alice.zt, &s->laptop.zt->device));
	person_watch(&s->alice, is_renewed, &r);
	hers = person_workspace(&s->alice, "hers");
	assert_int_equal(r.wanted, hers->w->generation_count);
	assert_false(org_state_needs_rotation(hers->w, ORG_NEVER));
	person_close(&s->laptop);
}

/* A server, or what a hostile colleague did, stops the first workspace that is tended. */
struct stopped {
	struct id workspace;
	bool chosen;
	unsigned others; /* calls for other ones */
};

static bool
stop_the_first(void *ctx, struct proxy_call *c)
{
	struct stopped *st = ctx;

	if (c->route != ROUTE_CHAIN)
		return false;
	if (!st->chosen)
		st->workspace = c->params.id;
	st->chosen = true;
	if (!id_equal(&st->workspace, &c->params.id)) {
		st->others++;
		return false;
	}
	proxy_refuse(c, ZT_ERR_CORRUPT);
	return true;
}

/* How many workspaces wait for a key that P may renew. */
static size_t
count_open(const struct person *p)
{
	const struct org_user *me = org_state_user(p->zt->state, &p->zt->user);
	struct org_workspace *w;
	size_t at = 0, n = 0;

	while ((w = idmap_next(&p->zt->state->workspaces, &at)) != NULL)
		n += org_state_needs_rotation(w, ORG_NEVER) &&
		     org_state_role(w, me, ORG_NEVER) >= ROLE_MANAGER;
	return n;
}

static void
K7_a_workspace_that_cannot_be_renewed_holds_up_no_other(void **state)
{
	struct scene *s = *state;
	struct stopped st = { .chosen = false };
	struct proxy_hooks hooks = { .ctx = &st, .before = stop_the_first };

	world_add_device(&s->alice, &s->laptop, "left");
	assert_ok(zt_workspace_create(s->alice.zt, "first"));
	assert_ok(zt_workspace_create(s->alice.zt, "second"));
	assert_ok(zt_workspace_create(s->alice.zt, "third"));
	assert_ok(people_revoke_device(s->alice.zt, &s->laptop.zt->device));
	assert_true(count_open(&s->alice) >= 3);
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_CORRUPT, zt_maintain_keys(s->alice.zt, NULL));
	assert_true(st.chosen);
	assert_true(org_state_needs_rotation(
	    org_state_workspace(s->alice.zt->state, &st.workspace), ORG_NEVER));
	assert_int_equal(1, count_open(&s->alice));
	proxy_play(s->w->d, NULL);
	assert_ok(zt_maintain_keys(s->alice.zt, NULL));
	assert_int_equal(0, count_open(&s->alice));
	person_close(&s->laptop);
}

static void
name_loss(void *ctx, const struct zt_loss *l)
{
	(void)ctx;
	(void)l;
}

static void
L9_a_workspace_that_cannot_be_repaired_holds_up_no_other(void **state)
{
	struct scene *s = *state;
	struct stopped st = { .chosen = false };
	struct proxy_hooks hooks = { .ctx = &st, .before = stop_the_first };
	struct zt_repaired done;

	assert_ok(zt_workspace_create(s->alice.zt, "one of two"));
	assert_ok(zt_workspace_create(s->alice.zt, "two of two"));
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_CORRUPT, zt_repair(s->alice.zt, name_loss, NULL, &done));
	proxy_play(s->w->d, NULL);
	assert_true(st.others > 0);
	assert_ok(zt_repair(s->alice.zt, name_loss, NULL, &done));
}

/* An admin who is no member revokes one while alice's push waits: her device renews the key,
 * and sends the push under the new one. */
static void
R5_a_push_behind_a_loss_of_access_closes_the_workspace_first(void **state)
{
	struct scene *s = *state;
	struct person admin, lost;
	struct tree_entry to = { .is_folder = true };
	struct batch *b = NULL;
	struct workspace *w;
	size_t before;

	world_join(&s->alice, &admin, "ada", "admin");
	world_join(&s->alice, &lost, "lost", "standard");
	assert_ok(zt_workspace_create(s->alice.zt, "waits"));
	assert_ok(zt_workspace_share(s->alice.zt, "waits", lost.email, "contributor"));
	w = person_workspace(&s->alice, "waits");
	before = w->w->generation_count;
	random_bytes(to.vlob.b, ID_BYTES);
	assert_ok(batch_new(w, &b));
	assert_ok(batch_folder(b, &to.vlob));
	assert_ok(batch_link(b, &w->w->id, bytes_text("new"), &to, BATCH_ABSENT));
	assert_ok(batch_start(b));
	assert_ok(batch_finish(b)); /* nothing was lost: under the same key */
	assert_int_equal(before, w->w->generation_count);
	assert_ok(zt_user_revoke(admin.zt, lost.email));
	random_bytes(to.vlob.b, ID_BYTES);
	assert_ok(batch_folder(b, &to.vlob));
	assert_ok(batch_link(b, &w->w->id, bytes_text("newer"), &to, BATCH_ABSENT));
	assert_ok(batch_start(b)); /* her device has not heard of it */
	assert_ok(batch_finish(b));
	assert_true(w->w->generation_count > before);
	batch_free(b);
	person_close(&lost);
	person_close(&admin);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(R5_a_removed_member_opens_nothing_that_came_after),
		cmocka_unit_test(R5_a_revoked_device_opens_nothing_that_came_after),
		cmocka_unit_test(R5_a_push_behind_a_loss_of_access_closes_the_workspace_first),
		cmocka_unit_test(
		    K7_a_key_is_not_sealed_to_a_user_whose_lost_device_knows_theirs),
		cmocka_unit_test(K7_a_watch_that_begins_after_a_loss_of_access_renews_the_keys),
		cmocka_unit_test(K7_a_workspace_that_cannot_be_renewed_holds_up_no_other),
		cmocka_unit_test(L9_a_workspace_that_cannot_be_repaired_holds_up_no_other),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return suite_init() != ZT_OK || cmocka_run_group_tests(tests, scene_begin, scene_end);
}
