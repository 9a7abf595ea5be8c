/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* checkpoint_test.c - a long chain begun at a member's checkpoint: what is proved is taken,
 * and the chain itself corrects every false statement of a server or the checkpoint's
 * author. */
#include <stdio.h>

#include "base/wire.h"
#include "chain/chain.h"
#include "chain/workspace.h"
#include "crypto/suite.h"
#include "files/checkpoint.h"
#include "format/pb.h"
#include "join/newcomer.h"
#include "log/sync.h"
#include "session/freeze.h"
#include "session/session.h"
#include "test.h"
#include "tree/batch.h"
#include "tree/tree.h"
#include "world.h"

enum {
	LONG = 2100,
	OLD = 5
}; /* changesets: more than one answer holds; versions of one file */

/* ---- a long chain ---- */

/* COUNT changesets: a folder of one name, made again and again; the old ones are in no folder.
 */
static void
churn(struct person *p, const char *workspace, unsigned count)
{
	struct workspace *s = person_workspace(p, workspace);

	for (unsigned i = 0; i < count; i++) {
		struct tree_entry to = { .is_folder = true };
		struct batch *b = NULL;

		random_bytes(to.vlob.b, ID_BYTES);
		assert_ok(batch_new(s, &b));
		assert_ok(batch_folder(b, &to.vlob));
		assert_ok(batch_link(b, &s->w->id, bytes_text("churn"), &to, BATCH_ANY));
		assert_ok(batch_send_once(b));
		batch_free(b);
	}
}

static void
expect(struct person *p, const char *remote, uint64_t version, const char *wanted)
{
	char got[256] = "", path[128];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/got", p->w->state);
	assert_non_null(f = fopen(path, "we+"));
	assert_ok(zt_cat(p->zt, remote, version, fileno(f)));
	rewind(f);
	(void)!fread(got, 1, sizeof got - 1, f);
	(void)fclose(f);
	assert_string_equal(wanted, got);
}

static int
begin(void **state)
{
	int rv = scene_begin(state);
	struct scene *s = *state;
	char content[32];

	assert_ok(zt_workspace_create(s->alice.zt, "long"));
	assert_ok(zt_mkdir(s->alice.zt, "long:/folder"));
	for (int i = 1; i <= OLD; i++) {
		(void)snprintf(content, sizeof content, "version %d", i);
		person_put(&s->alice, content, "long:/folder/file");
	}
	churn(&s->alice, "long", LONG);
	assert_ok(zt_workspace_share(s->alice.zt, "long", "bob@test.example", "manager"));
	assert_ok(zt_maintain_keys(s->alice.zt, NULL)); /* which puts the checkpoint down */
	return rv;
}

/* P, as if it had never seen the workspace. */
static struct workspace *
newcomer(struct person *p, const char *workspace)
{
	struct workspace *s = person_workspace(p, workspace);
	struct bytes key = bytes_of(s->w->id.b, ID_BYTES);

	assert_ok(store_forget(p->zt->store, STORE_VERSION, key));
	assert_ok(store_forget(p->zt->store, STORE_LINK, key));
	assert_ok(store_forget(p->zt->store, STORE_CHAIN, key));
	idmap_free(&p->zt->workspaces, p->zt->care->release);
	assert_ok(workspace_find(p->zt, workspace, &s));
	assert_int_equal(0, s->chain.position);
	return s;
}

/* ---- what the hostile server does ---- */

struct count {
	unsigned chain, checkpoints, put;
};

static void
count_calls(void *ctx, struct proxy_call *c)
{
	struct count *n = ctx;

	n->chain += c->route == ROUTE_CHAIN;
	n->checkpoints += c->route == ROUTE_CHECKPOINT;
	n->put += c->route == ROUTE_CHECKPOINT_PUT;
}

struct lie {
	enum {
		NO_LIE,
		DROP_CHANGE,
		REPEAT_CHANGE,
		ALTER_CHANGE,
		ALTER_INDEX,
		ALTER_PROOF,
		ALTER_STATEMENT,
		ALTER_POSITION,
		NO_CHANGES,
		ALTER_CHECKPOINT,
		LIES
	} how;
	bool was_used;
};

static void
spoil_list(struct proxy_call *c)
{
	Zt__Checkpoints *m = NULL;

	assert_ok(pb_decode(&zt__checkpoints__descriptor, buf_bytes(&c->answer), 1 << 20, &m));
	for (size_t i = 0; i < m->n_statements; i++)
		m->statements[i]->body.data[m->statements[i]->body.len / 2] ^= 1;
	buf_empty(&c->answer);
	assert_ok(pb_encode(m, &c->answer));
	pb_free(m);
}

static void
spoil(void *ctx, struct proxy_call *c)
{
	struct lie *l = ctx;
	Zt__CheckpointPage *m = NULL;
	Zt__ProvedChange *one, *first, *second;
	size_t n;

	if (c->status != 200 || (c->route != ROUTE_CHECKPOINT && c->route != ROUTE_CHECKPOINTS))
		return;
	if ((l->how == ALTER_CHECKPOINT) != (c->route == ROUTE_CHECKPOINTS))
		return;
	l->was_used = true;
	if (l->how == ALTER_CHECKPOINT) {
		spoil_list(c);
		return;
	}
	assert_ok(
	    pb_decode(&zt__checkpoint_page__descriptor, buf_bytes(&c->answer), LIMIT_PAGE, &m));
	n = m->n_changes;
	assert_true(n >= 3);
	first = m->changes[0];
	second = m->changes[1];
	one = m->changes[n - 1];
	assert_true(one->n_proof > 0);
	if (l->how == DROP_CHANGE)
		m->changes[0] = m->changes[1];
	else if (l->how == REPEAT_CHANGE)
		m->changes[1] = m->changes[0];
	else if (l->how == ALTER_CHANGE)
		one->change.data[one->change.len / 2] ^= 1;
	else if (l->how == ALTER_INDEX)
		one->index ^= 1;
	else if (l->how == ALTER_PROOF)
		one->proof[0].data[7] ^= 1;
	else if (l->how == ALTER_STATEMENT)
		m->statements[0]->statement->signature.data[3] ^= 1;
	else if (l->how == ALTER_POSITION)
		one->position++;
	else if (l->how == NO_CHANGES)
		m->n_changes = 0;
	buf_empty(&c->answer);
	assert_ok(pb_encode(m, &c->answer));
	m->changes[0] = first; /* whole again, to be freed */
	m->changes[1] = second;
	m->n_changes = n;
	pb_free(m);
}

/* ---- tests ---- */

static void
P4_a_newcomer_begins_a_long_chain_at_a_checkpoint(void **state)
{
	struct scene *s = *state;
	struct workspace *at = newcomer(&s->bob, "long");
	struct count n = { 0 };
	struct proxy_hooks hooks = { .ctx = &n, .after = count_calls };
	struct workspace *alice = person_workspace(&s->alice, "long");

	proxy_play(s->w->d, &hooks);
	assert_ok(workspace_sync(at));
	assert_int_equal(alice->chain.position, at->chain.position);
	assert_int_equal(alice->chain.position, at->chain.anchor_position);
	assert_memory_equal(alice->chain.link.b, at->chain.link.b, HASH_BYTES);
	assert_true(n.chain <= 2);
	assert_int_equal(1, n.checkpoints);
	expect(&s->bob, "long:/folder/file", 0, "version 5");
	assert_ok(workspace_load(at)); /* who reads leaves the store to others meanwhile */
	assert_int_equal(at->chain.anchor_position, at->chain.position); /* and still so */
	/* What is not in it is fetched when it is asked for: all is verified then. */
	expect(&s->bob, "long:/folder/file", 2, "version 2");
	assert_ok(workspace_load(at));
	assert_int_equal(0, at->chain.anchor_position);
	assert_int_equal(0, at->chain.target);
	assert_int_equal(alice->chain.position, at->chain.position);
	expect(&s->bob, "long:/folder/file", 0, "version 5");
	proxy_play(s->w->d, NULL);
}

/* ---- what is before a checkpoint ---- */

/* S as the store has it. */
static struct workspace *
opened_again(struct person *p, const char *workspace)
{
	struct workspace *s;

	idmap_free(&p->zt->workspaces, p->zt->care->release);
	assert_ok(workspace_find(p->zt, workspace, &s));
	return s;
}

struct patience {
	struct scene *s;
	struct id workspace;
	uint64_t wanted;
	unsigned asked;
};

static uint64_t
newest_checkpoint(struct scene *s, const struct id *workspace)
{
	PGresult *r = world_ask(s->w, "metadata",
	    "SELECT max(position) FROM metadata.checkpoints WHERE workspace = $1::bytea",
	    workspace);
	struct wire_reader number = wire_read(bytes_of(PQgetvalue(r, 0, 0), 8));
	uint64_t n = wire_u64(&number);

	PQclear(r);
	return n;
}

static bool
enough(void *ctx)
{
	struct patience *p = ctx;

	return ++p->asked > 400 || newest_checkpoint(p->s, &p->workspace) >= p->wanted;
}

/* P's device is left alone until there is a checkpoint of OF as it is. */
static void
watch(struct scene *s, struct person *p, const struct workspace *of)
{
	struct patience patience = { s, of->w->id, of->chain.position, 0 };

	assert_true(newest_checkpoint(s, &patience.workspace) < patience.wanted);
	person_watch(p, enough, &patience);
	assert_int_equal(patience.wanted, newest_checkpoint(s, &patience.workspace));
}

static void
P4_what_stands_before_a_checkpoint_is_verified_by_and_by_and_then_vouched_for(void **state)
{
	struct scene *s = *state;
	struct workspace *at = newcomer(&s->bob, "long"), *alice;
	struct count n = { 0 };
	struct proxy_hooks hooks = { .ctx = &n, .after = count_calls };
	struct workspace_version v;
	struct hash link;
	uint64_t filled, base;

	assert_ok(workspace_sync(at));
	churn(&s->alice, "long", 1001);
	alice = person_workspace(&s->alice, "long");
	assert_ok(workspace_sync(at));
	base = at->chain.anchor_position;
	assert_true(base > 0 && at->chain.position > base + 1000);
	proxy_play(s->w->d, &hooks);
	/* A moment, and what it did stays done. What it found does not count yet. */
	assert_ok(workspace_backfill(at, 1));
	at = opened_again(&s->bob, "long");
	filled = at->chain.backfilled_to;
	assert_true(filled > 0 && filled < base);
	assert_ok(chain_link(at, filled, &link, NULL));
	assert_memory_equal(at->chain.backfilled_link.b, link.b, HASH_BYTES);
	assert_err(ZT_ERR_NOT_FOUND, chain_version(at, &at->w->id, 2, &v));
	assert_ok(workspace_newest(at, &at->w->id, &v));
	/* A manager who is asked for a checkpoint gives none before all is verified. */
	assert_ok(zt_maintain_keys(s->bob.zt, NULL));
	assert_true(at->chain.anchor_position == 0 || at->chain.backfilled_to > filled);
	assert_int_equal(at->chain.anchor_position == 0, n.put);
	proxy_play(s->w->d, NULL);
	if (at->chain.anchor_position > 0)
		watch(s, &s->bob, at);
	at = opened_again(&s->bob, "long");
	assert_int_equal(0, at->chain.anchor_position);
	assert_int_equal(0, at->chain.target); /* no restart from position 0 */
	assert_memory_equal(alice->chain.link.b, at->chain.link.b, HASH_BYTES);
	assert_ok(chain_version(at, &at->w->id, 2, &v));
	assert_int_equal(2, v.version);
	expect(&s->bob, "long:/folder/file", 2, "version 2");
	expect(&s->bob, "long:/folder/file", 0, "version 5");
}

struct omission {
	size_t index; /* in a page */
	bool was_used;
};

/* Of the pages that it shows of what is older, the hostile server leaves one changeset out. */
static void
leave_one_out(void *ctx, struct proxy_call *c)
{
	struct omission *o = ctx;
	Zt__ChainPage *m = NULL;
	Zt__Changeset *excluded;
	size_t n;

	if (c->route != ROUTE_CHAIN || c->status != 200)
		return;
	assert_ok(
	    pb_decode(&zt__chain_page__descriptor, buf_bytes(&c->answer), LIMIT_PAGE, &m));
	n = m->n_changesets;
	if (m->first < LONG && n > 100) {
		/* The last version of the file: no version is behind it. */
		excluded = m->changesets[o->index];
		memmove(&m->changesets[o->index], &m->changesets[o->index + 1],
		    (n - o->index - 1) * sizeof *m->changesets);
		m->n_changesets--;
		buf_empty(&c->answer);
		assert_ok(pb_encode(m, &c->answer));
		m->changesets[n - 1] = excluded;
		m->n_changesets = n;
		o->was_used = true;
	}
	pb_free(m);
}

static void
P4_a_server_that_leaves_out_what_stood_before_a_checkpoint_is_found(void **state)
{
	struct scene *s = *state;
	struct workspace *at = newcomer(&s->bob, "long"), *alice;
	struct omission omitted = { 0 };
	struct proxy_hooks hooks = { .ctx = &omitted, .after = leave_one_out };
	struct tree_entry file;
	struct workspace_version v;
	struct path path;

	assert_ok(tree_open(s->alice.zt, "long:/folder/file", &alice, &path));
	assert_ok(tree_find(alice, &path, path.count, &file));
	assert_ok(workspace_version(alice, &file.vlob, OLD, &v));
	omitted.index = (size_t)v.position - 1;
	assert_ok(workspace_sync(at));
	assert_true(at->chain.anchor_position > 0);
	proxy_play(s->w->d, &hooks);
	assert_ok(workspace_backfill(at, 60000)); /* the checkpoint is discarded: restart from
						   * position 0 */
	assert_true(omitted.was_used);
	assert_int_equal(0, at->chain.position);
	assert_int_equal(alice->chain.position, at->chain.target);
	assert_err(ZT_ERR_FORK, workspace_sync(at));
	assert_err(ZT_ERR_FORK, session_may_write(s->bob.zt, &at->w->id));
	assert_ok(session_may_write(s->bob.zt, NULL)); /* only this workspace */
	proxy_play(s->w->d, NULL);
	assert_ok(workspace_sync(at));
	assert_int_equal(0, at->chain.target);
	assert_memory_equal(alice->chain.link.b, at->chain.link.b, HASH_BYTES);
	expect(&s->bob, "long:/folder/file", 0, "version 5");
	assert_ok(session_thaw(s->bob.zt)); /* the humans have compared heads */
}

static void
F11_what_a_server_alters_in_a_checkpoint_is_not_taken_and_the_chain_tells(void **state)
{
	struct scene *s = *state;
	struct lie lie = { 0 };
	struct proxy_hooks hooks = { .ctx = &lie, .after = spoil };

	proxy_play(s->w->d, &hooks);
	for (lie.how = NO_LIE; lie.how < LIES; lie.how++) {
		struct workspace *at = newcomer(&s->bob, "long");

		lie.was_used = false;
		assert_ok(workspace_sync(at));
		assert_true(lie.was_used);
		assert_true((at->chain.anchor_position == 0) == (lie.how != NO_LIE));
		assert_int_equal(
		    person_workspace(&s->alice, "long")->chain.position, at->chain.position);
		expect(&s->bob, "long:/folder/file", 0, "version 5");
	}
	proxy_play(s->w->d, NULL);
}

/* A checkpoint of WHO as of S, in which VLOB is at VERSION (of POSITION): sent to the
 * server whatever it says. */
static enum zt_err
forge(struct person *who, struct workspace *s, const struct checkpoint_entry *entry,
    bool false_link)
{
	struct zt *z = who->zt;
	struct route_params p = { .org = z->org, .id = s->w->id };
	struct checkpoint c = { .org = z->org,
		.workspace = s->w->id,
		.author = z->device,
		.position = s->chain.position,
		.link = s->chain.link,
		.count = 1,
		.seen_size = merkle_size(z->state->tree) };
	uint8_t packed[CHECKPOINT_ENTRY_BYTES];
	Zt__CheckpointRequest m = ZT__CHECKPOINT_REQUEST__INIT;
	Zt__Statement message;
	struct statement st;
	struct buf stmt = buf_init(4096), body = buf_init(8192), answer = buf_init(64);
	enum zt_err err;

	c.link.b[0] ^= false_link;
	checkpoint_pack(entry, packed);
	assert_ok(merkle_root(z->state->tree, c.seen_size, &c.seen_root));
	assert_ok(checkpoint_root(bytes_of(packed, sizeof packed), c.position, &c.root));
	assert_ok(checkpoint_sign(z->sign, &c, &stmt, &st));
	message = statement_message(&st);
	m.statement = &message;
	m.entries = pb_field(packed, sizeof packed);
	assert_ok(pb_encode(&m, &body));
	err = session_call(z, ROUTE_CHECKPOINT_PUT, &p, NULL, buf_bytes(&body), &answer);
	buf_free(&stmt);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

static struct checkpoint_entry
root_at(struct workspace *s, uint64_t version)
{
	struct workspace_version v;

	assert_ok(workspace_version(s, &s->w->id, version, &v));
	return (struct checkpoint_entry){ v.vlob, v.version, v.position };
}

static void
F4_a_manager_who_calls_an_old_version_current_is_corrected_by_the_next_write(void **state)
{
	struct scene *s = *state;
	struct workspace *alice = person_workspace(&s->alice, "long"), *at;
	struct checkpoint_entry old = root_at(alice, LONG / 2);

	churn(&s->alice, "long", 1);
	assert_int_equal(ZT_ERR_ROLLBACK, forge(&s->alice, alice, &old, true));
	assert_ok(forge(&s->alice, alice, &old, false));
	/* The word of an owner, and bob has no other. */
	at = newcomer(&s->bob, "long");
	assert_ok(workspace_sync(at));
	assert_int_equal(alice->chain.position, at->chain.anchor_position);
	churn(&s->alice, "long", 1);
	assert_ok(workspace_sync(at));
	assert_int_equal(0, at->chain.anchor_position); /* the write did not fit the word */
	assert_int_equal(0, at->chain.target);
	assert_int_equal(alice->chain.position, at->chain.position);
	expect(&s->bob, "long:/folder/file", 0, "version 5");
}

static void
F4_a_manager_who_calls_an_old_version_current_is_corrected_by_what_stands_before(void **state)
{
	struct scene *s = *state;
	struct workspace *alice = person_workspace(&s->alice, "long"), *at;
	struct checkpoint_entry old = root_at(alice, LONG / 2);
	struct workspace_version v;

	churn(&s->alice, "long", 1);
	alice = person_workspace(&s->alice, "long");
	assert_ok(forge(&s->alice, alice, &old, false));
	at = newcomer(&s->bob, "long");
	assert_ok(workspace_sync(at));
	assert_int_equal(alice->chain.position, at->chain.anchor_position);
	assert_ok(workspace_newest(at, &at->w->id, &v));
	assert_int_equal(LONG / 2, v.version);
	assert_ok(workspace_backfill(at, 60000)); /* nobody has written since */
	assert_int_equal(0, at->chain.anchor_position);
	assert_int_equal(alice->chain.position, at->chain.target);
	assert_ok(workspace_sync(at));
	assert_memory_equal(alice->chain.link.b, at->chain.link.b, HASH_BYTES);
	expect(&s->bob, "long:/folder/file", 0, "version 5");
}

static void
F7_a_checkpoint_counts_only_while_its_author_may_give_the_workspace(void **state)
{
	struct scene *s = *state;
	struct workspace *bob = person_workspace(&s->bob, "long"), *at;
	struct checkpoint_entry old;

	assert_ok(workspace_complete(bob));
	churn(&s->alice, "long", 1);
	assert_ok(workspace_sync(bob));
	old = root_at(bob, LONG / 2);
	assert_ok(forge(&s->bob, bob, &old, false)); /* a manager, still */
	assert_ok(zt_workspace_share(s->alice.zt, "long", "bob@test.example", "contributor"));
	at = newcomer(&s->bob, "long");
	assert_ok(log_fetch(s->bob.zt));
	assert_ok(workspace_sync(at));
	assert_true(at->chain.anchor_position <
		    at->chain.position); /* not his own; alice's, before it */
	assert_ok(workspace_complete(at));
	old.version--;
	assert_int_equal(ZT_ERR_FORBIDDEN, forge(&s->bob, at, &old, false));
	assert_ok(zt_workspace_share(s->alice.zt, "long", "bob@test.example", "manager"));
	assert_ok(log_fetch(s->bob.zt));
}

/* A writer whose newest verified link lies before the checkpoint. */
static void
P5_a_write_over_links_before_the_checkpoint_is_checked_by_the_links_between(void **state)
{
	struct scene *s = *state;
	struct workspace *bob = person_workspace(&s->bob, "long"), *alice, *at;
	struct tree_entry to = { .is_folder = true };
	struct batch *b = NULL;
	struct hash wrong = { 0 };
	uint64_t behind;

	assert_ok(workspace_complete(bob));
	assert_ok(zt_mkdir(s->bob.zt, "long:/his"));
	assert_ok(workspace_sync(bob));
	behind = bob->chain.position;
	churn(&s->alice, "long", 1001);
	assert_ok(zt_maintain_keys(s->alice.zt, NULL));
	/* A folder that nobody has touched since: the server takes it over the old link. */
	assert_ok(batch_new(bob, &b));
	random_bytes(to.vlob.b, ID_BYTES);
	assert_ok(batch_folder(b, &to.vlob));
	assert_ok(batch_link(b, &to.vlob, bytes_text("x"), &to, BATCH_ANY));
	assert_int_equal(behind, bob->chain.position);
	assert_ok(batch_start(b));
	assert_ok(batch_finish(b));
	batch_free(b);
	alice = person_workspace(&s->alice, "long");
	assert_ok(workspace_sync(alice));
	at = newcomer(&s->bob, "long");
	assert_ok(workspace_sync(at));
	assert_true(at->chain.anchor_position > behind &&
		    at->chain.anchor_position < at->chain.position);
	assert_memory_equal(alice->chain.link.b, at->chain.link.b, HASH_BYTES);
	/* And a link that is not of this chain leads nowhere. */
	assert_ok(store_begin(s->bob.zt->store));
	assert_int_equal(ZT_ERR_FORK, checkpoint_link(at, behind - 10, &wrong));
	store_rollback(s->bob.zt->store);
}

/* Shows bob a chain that ends before the place which the log pins. */
static void
hide_the_end(void *ctx, struct proxy_call *c)
{
	Zt__ChainPage m = ZT__CHAIN_PAGE__INIT;

	(void)ctx;
	if (c->route != ROUTE_CHAIN || c->status != 200)
		return;
	buf_empty(&c->answer);
	assert_ok(pb_encode(&m, &c->answer));
}

static void
count_file(void *ctx, const struct zt_file *f)
{
	(void)f;
	++*(int *)ctx;
}

static void
P4_a_chain_that_ends_before_the_place_that_a_rotation_pinned_is_refused(void **state)
{
	struct scene *s = *state;
	struct proxy_hooks hooks = { .after = hide_the_end };
	struct workspace *at;
	int n = 0;

	assert_ok(zt_workspace_create(s->alice.zt, "short"));
	person_put(&s->alice, "x", "short:/x");
	assert_ok(zt_workspace_rotate(s->alice.zt, "short"));
	assert_ok(zt_workspace_share(s->alice.zt, "short", "bob@test.example", "reader"));
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_ROLLBACK, zt_ls(s->bob.zt, "short:/", false, true, count_file, &n));
	assert_true(strstr(zt_error_message(s->bob.zt), "the trust log records") != NULL);
	assert_ok(workspace_find(s->bob.zt, "short", &at));
	assert_ok(workspace_sync(at)); /* for zt repair */
	proxy_play(s->w->d, NULL);
	assert_ok(zt_ls(s->bob.zt, "short:/", false, true, count_file, &n));
	assert_int_equal(1, n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P4_a_newcomer_begins_a_long_chain_at_a_checkpoint),
		cmocka_unit_test(
		    P4_what_stands_before_a_checkpoint_is_verified_by_and_by_and_then_vouched_for),
		cmocka_unit_test(
		    P4_a_server_that_leaves_out_what_stood_before_a_checkpoint_is_found),
		cmocka_unit_test(
		    F11_what_a_server_alters_in_a_checkpoint_is_not_taken_and_the_chain_tells),
		cmocka_unit_test(
		    F4_a_manager_who_calls_an_old_version_current_is_corrected_by_the_next_write),
		cmocka_unit_test(
		    F4_a_manager_who_calls_an_old_version_current_is_corrected_by_what_stands_before),
		cmocka_unit_test(
		    F7_a_checkpoint_counts_only_while_its_author_may_give_the_workspace),
		cmocka_unit_test(
		    P5_a_write_over_links_before_the_checkpoint_is_checked_by_the_links_between),
		cmocka_unit_test(
		    P4_a_chain_that_ends_before_the_place_that_a_rotation_pinned_is_refused),
	};

	return cmocka_run_group_tests(tests, begin, scene_end);
}
