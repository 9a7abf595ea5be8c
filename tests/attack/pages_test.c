/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What members may write, members can read: page by page, however much of it there is, and in
 * bounded memory of the services (P5, R4). */
#include <stdio.h>
#include <unistd.h>

#include "crypto/suite.h"
#include "fake_log.h"
#include "forge.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/append.h"
#include "log/handles.h"
#include "proto/auth.pb-c.h"
#include "test.h"
#include "trust/head.h"
#include "world.h"
#include "zt/repair.h"

enum { LARGE_ENTRIES = 134, MIB = 1024 };

struct settings {
	Zt__OrgSettings act;
	uint8_t bytes[LIMIT_SETTINGS];
};

static enum zt_err
fill_settings(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	struct settings *s = ctx;
	size_t n;

	(void)z;
	random_bytes(s->bytes, sizeof s->bytes);
	/* One anchor (field 1) of all that follows its length, which has three bytes. */
	n = sizeof s->bytes - 4;
	assert_true(n >= 1 << 14 && n < 1 << 21);
	s->bytes[0] = 1 << 3 | 2;
	for (size_t i = 1; i < 4; i++, n >>= 7)
		s->bytes[i] = (uint8_t)((n & 0x7f) | (i < 3 ? 0x80 : 0));
	zt__org_settings__init(&s->act);
	s->act.settings = pb_field(s->bytes, sizeof s->bytes);
	b->action_case = ZT__ENTRY_BODY__ACTION_ORG_SETTINGS;
	b->org_settings = &s->act;
	return ZT_OK;
}

/* COUNT entries as large as the rules let an admin write: together more than any answer. */
static void
write_large_entries(struct person *by, size_t count)
{
	struct settings *s = malloc(sizeof *s);

	assert_non_null(s);
	for (size_t i = 0; i < count; i++)
		assert_ok(log_append(by->zt, &by->zt->org, fill_settings, s));
	free(s);
}

/* Asks ROUTE for what lies from FROM on, as P. */
static void
ask_from(struct person *p, enum route route, const struct id *id, uint64_t from,
    const ProtobufCMessageDescriptor *type, void *out)
{
	struct route_params at = { .org = p->zt->org, .id = *id };
	struct buf answer = buf_init(LIMIT_PAGE);
	char query[40];

	(void)snprintf(query, sizeof query, "from=%llu", (unsigned long long)from);
	assert_ok(session_call(p->zt, route, &at, query, bytes_of(NULL, 0), &answer));
	assert_ok(pb_decode(type, buf_bytes(&answer), LIMIT_PAGE, out));
	buf_free(&answer);
}

/* All of the organization's topic, as pages of which none is empty; how many entries. */
static uint64_t
read_topic(struct person *p)
{
	uint64_t n = 0;
	bool more = true;

	while (more) {
		Zt__TopicPage *m = NULL;

		ask_from(p, ROUTE_TOPIC_READ, &p->zt->org, n, &zt__topic_page__descriptor, &m);
		assert_true(m->n_lines > 0);
		n += m->n_lines;
		more = m->more;
		pb_free(m);
	}
	return n;
}

static void
a_log_of_large_entries_is_read_page_by_page(void **state)
{
	struct scene *s = *state;
	struct person chief, out, phone, late;
	uint64_t size = 0;
	long before;

	world_found(s->w, &chief, "chief");
	world_join(&chief, &out, "out", "outsider");
	before = world_peak_kib(s->w, "auth");
	write_large_entries(&chief, LARGE_ENTRIES);
	assert_ok(zt_sync(out.zt)); /* who did not listen meanwhile */
	assert_ok(zt_log_verify(out.zt, &size));
	assert_int_equal(merkle_size(chief.zt->state->tree), size);
	assert_int_equal(size, read_topic(&out));
	world_join(&chief, &late, "late", "standard");
	world_add_device(&chief, &phone, "phone");
	assert_ok(zt_user_revoke(chief.zt, out.email)); /* an act continues working too */
	assert_ok(zt_sync(late.zt));
	assert_true(world_peak_kib(s->w, "auth") - before < 150 * MIB);
	person_close(&late);
	person_close(&phone);
	person_close(&out);
	person_close(&chief);
}

/* Handles deposited as an admin of a large organization does: 20,000 of 1 KiB. */
static void
handles_are_read_page_by_page(void **state)
{
	struct scene *s = *state;
	PGresult *r = world_ask(s->w, "auth",
	    "WITH made AS (INSERT INTO auth.disclosures SELECT e.org, $1::bytea, "
	    "decode(lpad(to_hex(g), 32, '0'), 'hex'), convert_to(repeat('x', 1024), 'UTF8') "
	    "FROM auth.entries e, generate_series(1, 20000) g WHERE e.idx = 0 AND e.org = "
	    "(SELECT org FROM auth.disclosures WHERE recipient = $1::bytea LIMIT 1) RETURNING "
	    "1) SELECT count(*) FROM made",
	    &s->bob.zt->user);
	uint64_t n = 0;
	bool more = true;
	long before = world_peak_kib(s->w, "auth");

	PQclear(r);
	while (more) {
		Zt__Disclosures *m = NULL;

		ask_from(&s->bob, ROUTE_DISCLOSURES, &s->bob.zt->org, n,
		    &zt__disclosures__descriptor, &m);
		assert_true(m->n_items > 0);
		n += m->n_items;
		more = m->more;
		pb_free(m);
	}
	assert_true(n >= 20000);
	assert_true(world_peak_kib(s->w, "auth") - before < 60 * MIB);
	assert_ok(log_sync_handles(s->bob.zt));
}

/* A handle of whom, and for whom, no entry speaks would be a row without number. */
static void
handles_are_taken_for_users_only(void **state)
{
	struct scene *s = *state;
	struct route_params p = { .org = s->alice.zt->org };
	Zt__Disclosure one = ZT__DISCLOSURE__INIT, *list[] = { &one };
	Zt__Disclosures m = ZT__DISCLOSURES__INIT;
	struct id nobody;
	const struct id *subject[] = { &nobody, &s->alice.zt->user };
	const enum zt_err wanted[] = { ZT_ERR_NOT_FOUND, ZT_OK };

	random_bytes(nobody.b, ID_BYTES);
	m.items = list;
	m.n_items = 1;
	one.recipient = pb_field(s->bob.zt->user.b, ID_BYTES);
	one.sealed = pb_field("x", 1);
	for (size_t i = 0; i < 2; i++) {
		struct buf body = buf_init(4096), answer = buf_init(64);

		one.subject = pb_field(subject[i]->b, ID_BYTES);
		assert_ok(pb_encode(&m, &body));
		assert_err(wanted[i], session_call(s->alice.zt, ROUTE_DISCLOSE, &p, NULL,
					  buf_bytes(&body), &answer));
		buf_free(&body);
		buf_free(&answer);
	}
}

/* The server as an older backup has it: it shows the first entries alone, and counts what comes
 * back. */
struct older {
	struct fake_log log;
	size_t repairs, entries;
};

static void
take_first_page(void *ctx, struct proxy_call *c)
{
	struct older *o = ctx;
	uint64_t from;

	assert_ok(route_query(c->target, "from", 0, &from));
	if (c->route == ROUTE_LOG_READ && from == 0 && o->log.count == 0)
		fake_log_take(&o->log, buf_bytes(&c->answer));
}

static bool
show_older(void *ctx, struct proxy_call *c)
{
	struct older *o = ctx;
	Zt__LogRepair *m = NULL;

	if (c->route == ROUTE_LOG_REPAIR) {
		assert_ok(pb_decode(&zt__log_repair__descriptor, c->body, 8 * 1024 * 1024, &m));
		o->entries += m->n_entries;
		o->repairs++;
		pb_free(m);
	}
	if (c->route != ROUTE_LOG_READ)
		return false;
	fake_log_page(&o->log, 0, &c->answer);
	c->status = 200;
	return true;
}

static void
nothing_lost(void *ctx, const struct zt_loss *l)
{
	(void)ctx;
	(void)l;
}

static void
large_entries_are_brought_back_in_requests_that_the_server_takes(void **state)
{
	struct scene *s = *state;
	struct older *o = calloc(1, sizeof *o);
	struct proxy_hooks take = { .ctx = o, .after = take_first_page },
			   show = { .ctx = o, .before = show_older };
	struct zt_repaired out = { 0 };
	struct person chief;
	struct sign_key *key;
	uint64_t size, shown;

	assert_non_null(o);
	world_found(s->w, &chief, "mender");
	write_large_entries(&chief, 70);
	key = world_log_key(s->w, &chief.zt->org);
	o->log = (struct fake_log){ .org = chief.zt->org, .key = key };
	proxy_play(s->w->d, &take);
	assert_ok(zt_log_verify(chief.zt, &size));
	while (o->log.count > 3)
		fake_log_drop(&o->log, o->log.count - 1);
	shown = o->log.count;
	proxy_play(s->w->d, &show);
	(void)!zt_repair(
	    chief.zt, nothing_lost, NULL, &out); /* then the log is as short as before */
	proxy_play(s->w->d, NULL);
	assert_int_equal(size - shown, o->entries);
	assert_true(o->repairs > 1);
	assert_ok(zt_sync(chief.zt));
	sign_free(key);
	fake_log_free(&o->log);
	free(o);
	person_close(&chief);
}

/* ---- objects, the chain, checkpoints ---- */

enum { ASKS = 512, LARGE_OBJECT = 4 * 1000 * 1000 };

/* A separate file with a manifest of 4 MB, pushed by bob's patched client. */
static void
push_large_object(struct scene *s, struct workspace *w, struct id *vlob)
{
	char *big = malloc(LARGE_OBJECT + 1);
	struct forged_file file;
	struct forged_change c = { .version = 1, .m = &file.m };
	struct forged f;

	assert_non_null(big);
	memset(big, 'x', LARGE_OBJECT);
	big[LARGE_OBJECT] = 0;
	random_bytes(c.vlob.b, ID_BYTES);
	*vlob = c.vlob;
	forge_file(&file, big);
	forge_changeset(&s->bob, w, &c, 1, 1, &f);
	assert_ok(forged_send(&s->bob, w, &f));
	forged_free(&f);
	free(big);
}

static struct workspace *
shared(struct scene *s, const char *name)
{
	assert_ok(zt_workspace_create(s->alice.zt, name));
	assert_ok(zt_workspace_share(s->alice.zt, name, "bob@test.example", "contributor"));
	return person_workspace(&s->bob, name);
}

/* COUNT asks for all of the N in VLOBS in turn; *CAME (or NULL): how many objects the answer
 * holds. */
static enum zt_err
ask_objects(struct person *p, const struct id *workspace, const struct id *vlobs, size_t n,
    size_t count, size_t *came)
{
	struct route_params at = { .org = p->zt->org, .id = *workspace };
	Zt__ObjectsRequest m = ZT__OBJECTS_REQUEST__INIT;
	Zt__ObjectAsk ask[ASKS], *asks[ASKS];
	Zt__ObjectsAnswer *got = NULL;
	struct buf body = buf_init(1 << 20), answer = buf_init(LIMIT_PAGE);
	enum zt_err err;

	for (size_t i = 0; i < count; i++) {
		zt__object_ask__init(asks[i] = &ask[i]);
		ask[i].vlob = pb_field(vlobs[i % n].b, ID_BYTES);
		ask[i].version = 1;
	}
	m.asks = asks;
	m.n_asks = count;
	assert_ok(pb_encode(&m, &body));
	err = session_call(p->zt, ROUTE_OBJECTS, &at, NULL, buf_bytes(&body), &answer);
	if (err == ZT_OK) {
		assert_ok(pb_decode(
		    &zt__objects_answer__descriptor, buf_bytes(&answer), LIMIT_PAGE, &got));
		*came = got->n_objects;
		for (size_t i = 0; i < *came; i++)
			assert_true(got->objects[i]->object.len > LARGE_OBJECT);
	}
	pb_free(got);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

static void
a_question_for_many_large_objects_costs_a_page(void **state)
{
	struct scene *s = *state;
	struct workspace *w = shared(s, "large objects");
	struct id vlobs[6];
	size_t n;
	long before;

	for (size_t i = 0; i < 6; i++) {
		push_large_object(s, w, &vlobs[i]);
		assert_ok(zt_sync(s->bob.zt));
		assert_ok(workspace_sync(w));
	}
	assert_ok(ask_objects(&s->bob, &w->w->id, vlobs, 6, 1, &n));
	before = world_peak_kib(s->w, "metadata");
	for (int i = 0; i < 8; i++) {
		assert_ok(ask_objects(&s->bob, &w->w->id, vlobs, 6, 6, &n));
		assert_true(n >= 1 && n <= 3); /* never none, never more than an answer takes */
		/* each version once: neither all of them, nor the first, nor the last again */
		assert_err(ZT_ERR_INVALID, ask_objects(&s->bob, &w->w->id, vlobs, 6, ASKS, &n));
		assert_err(ZT_ERR_INVALID, ask_objects(&s->bob, &w->w->id, vlobs, 6, 7, &n));
		assert_err(ZT_ERR_INVALID, ask_objects(&s->bob, &w->w->id, vlobs, 1, 2, &n));
	}
	assert_true(world_peak_kib(s->w, "metadata") - before < 200 * MIB);
}

/* A folder may name an object twice: honest readers ask once, and have it under both names. */
static void
a_file_of_two_names_is_read_under_both(void **state)
{
	struct scene *s = *state;
	struct workspace *w = shared(s, "two names");
	struct forged_file file;
	Zt__FolderManifest in = ZT__FOLDER_MANIFEST__INIT;
	Zt__FolderEntry e[3], *list[] = { &e[0], &e[1], &e[2] };
	Zt__Manifest folder = ZT__MANIFEST__INIT;
	struct forged_change changes[3] = { { .version = 1, .m = &file.m },
		{ .version = 1, .m = &file.m }, { .version = 1, .m = &folder } };
	static const char *const names[] = { "a", "b", "c" };
	char local[128], path[160];
	struct forged f;

	forge_file(&file, "once");
	for (int i = 0; i < 2; i++)
		random_bytes(changes[i].vlob.b, ID_BYTES);
	changes[2].vlob = w->w->id;
	for (int i = 0; i < 3; i++) {
		zt__folder_entry__init(&e[i]);
		e[i].name = pb_field(names[i], 1);
		e[i].vlob = pb_field(changes[i == 1].vlob.b, ID_BYTES); /* a and c are one */
	}
	in.entries = list;
	in.n_entries = 3;
	folder.kind_case = ZT__MANIFEST__KIND_FOLDER;
	folder.folder = &in;
	forge_changeset(&s->bob, w, changes, 3, 1, &f);
	assert_ok(forged_send(&s->bob, w, &f));
	(void)snprintf(local, sizeof local, "%s/two-names", s->w->state);
	assert_ok(zt_get(s->alice.zt, "two names:/", local, NULL, NULL));
	for (int i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", local, names[i]);
		assert_int_equal(0, access(path, R_OK));
	}
	forged_free(&f);
}

/* In a chain's place COUNT changesets like F, as large as changesets can be; and a checkpoint
 * that names each, whose position is COUNT. They cannot be pushed: their blocks are nowhere. */
static void
fill_chain(struct scene *s, struct workspace *w, const struct forged *f, const struct id *vlob,
    unsigned count)
{
	Zt__Changeset *m = NULL;
	struct buf sql = buf_init(16 * 1024 * 1024);
	char *hex = malloc(2 * LIMIT_CHANGESET + 1);

	assert_non_null(hex);
	assert_ok(pb_decode(
	    &zt__changeset__descriptor, buf_bytes(&f->changeset), LIMIT_CHANGESET, &m));
	buf_printf(&sql,
	    "WITH at AS (SELECT org, workspace FROM metadata.chains WHERE workspace = "
	    "$1::bytea), c AS (INSERT INTO metadata.changesets SELECT org, workspace, "
	    "g, ");
	hex_print(m->statement->body.data, m->statement->body.len, hex);
	buf_printf(&sql, "'\\x%s'::bytea, ", hex);
	hex_print(m->statement->signature.data, m->statement->signature.len, hex);
	buf_printf(&sql, "'\\x%s'::bytea, int4send(%zu) || ", hex, m->changes[0].len);
	hex_print(m->changes[0].data, m->changes[0].len, hex);
	buf_add_text(&sql, "'\\x");
	buf_add_text(&sql, hex);
	hex_print(vlob->b, ID_BYTES, hex);
	buf_printf(&sql,
	    "'::bytea, sha256(int4send(g)) FROM at, generate_series(1, %u) g RETURNING 1), p "
	    "AS "
	    "(INSERT INTO metadata.checkpoints SELECT org, workspace, %u, ''::bytea, "
	    "''::bytea, "
	    "(SELECT string_agg('\\x%s'::bytea || int8send(1) || int8send(g), ''::bytea ORDER "
	    "BY g) FROM generate_series(1, %u) g) FROM at RETURNING 1), n AS (UPDATE "
	    "metadata.chains SET position = %u WHERE workspace = $1::bytea RETURNING 1) SELECT "
	    "(SELECT count(*) FROM c), (SELECT count(*) FROM p), (SELECT count(*) FROM n)",
	    count, count, hex, count, count);
	assert_ok(buf_err(&sql));
	PQclear(world_ask(s->w, "metadata", buf_text(&sql), &w->w->id));
	buf_free(&sql);
	free(hex);
	pb_free(m);
}

static void
a_chain_of_the_largest_changesets_is_read_page_by_page(void **state)
{
	enum { COUNT = 48, BLOCKS = 100000 };
	struct scene *s = *state;
	struct workspace *w = shared(s, "large changesets");
	struct route_params at = { .org = s->bob.zt->org, .id = w->w->id };
	uint8_t *blocks = malloc((size_t)BLOCKS * ID_BYTES);
	struct forged_file file;
	struct forged_change c = { .version = 1, .m = &file.m };
	struct forged first, f;
	uint64_t got;
	long before;

	assert_non_null(blocks);
	random_bytes(c.vlob.b, ID_BYTES);
	forge_file(&file, "x");
	forge_changeset(&s->bob, w, &c, 1, 1, &first);
	random_bytes(blocks, (size_t)BLOCKS * ID_BYTES);
	c.blocks = bytes_of(blocks, (size_t)BLOCKS * ID_BYTES);
	forge_changeset(&s->bob, w, &c, 1, 1, &f);
	assert_ok(forged_send(&s->bob, w, &first)); /* now the chain has its row */
	PQclear(world_ask(s->w, "metadata",
	    "WITH gone AS (DELETE FROM metadata.changesets WHERE workspace = $1::bytea "
	    "RETURNING 1) SELECT count(*) FROM gone",
	    &w->w->id));
	fill_chain(s, w, &f, &c.vlob, COUNT);
	before = world_peak_kib(s->w, "metadata");
	for (got = 0; got < COUNT;) {
		Zt__ChainPage *m = NULL;

		ask_from(
		    &s->bob, ROUTE_CHAIN, &at.id, got + 1, &zt__chain_page__descriptor, &m);
		assert_true(m->n_changesets > 0);
		assert_int_equal(COUNT, m->newest);
		got += m->n_changesets;
		pb_free(m);
	}
	for (got = 0; got < COUNT;) {
		Zt__CheckpointPage *m = NULL;
		struct buf answer = buf_init(LIMIT_PAGE);
		char query[64];

		(void)snprintf(
		    query, sizeof query, "position=%u&from=%u", COUNT, (unsigned)got);
		assert_ok(session_call(
		    s->bob.zt, ROUTE_CHECKPOINT, &at, query, bytes_of(NULL, 0), &answer));
		assert_ok(pb_decode(
		    &zt__checkpoint_page__descriptor, buf_bytes(&answer), LIMIT_PAGE, &m));
		assert_true(m->n_changes > 0);
		got += m->n_changes;
		pb_free(m);
		buf_free(&answer);
	}
	assert_true(world_peak_kib(s->w, "metadata") - before < 200 * MIB);
	forged_free(&first);
	forged_free(&f);
	free(blocks);
}

/* One id 60,000 times would be a large answer for a small change. */
static void
a_change_names_each_block_once(void **state)
{
	struct scene *s = *state;
	struct workspace *w = shared(s, "twice");
	uint8_t ids[2 * ID_BYTES];
	struct forged_file file;
	struct forged_change c = { .version = 1, .m = &file.m };
	const enum zt_err wanted[] = { ZT_ERR_CORRUPT, ZT_ERR_MISSING_BLOCK };

	random_bytes(ids, sizeof ids);
	memcpy(ids + ID_BYTES, ids, ID_BYTES);
	random_bytes(c.vlob.b, ID_BYTES);
	forge_file(&file, "x");
	c.blocks = bytes_of(ids, sizeof ids);
	for (size_t i = 0; i < 2; i++) {
		struct forged f;

		forge_changeset(&s->bob, w, &c, 1, 1, &f);
		assert_err(wanted[i], forged_send(&s->bob, w, &f));
		forged_free(&f);
		ids[0]++; /* then they differ, and are only not there */
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_of_large_entries_is_read_page_by_page),
		cmocka_unit_test(handles_are_read_page_by_page),
		cmocka_unit_test(handles_are_taken_for_users_only),
		cmocka_unit_test_teardown(
		    large_entries_are_brought_back_in_requests_that_the_server_takes,
		    honest_again),
		cmocka_unit_test(a_question_for_many_large_objects_costs_a_page),
		cmocka_unit_test(a_file_of_two_names_is_read_under_both),
		cmocka_unit_test(a_chain_of_the_largest_changesets_is_read_page_by_page),
		cmocka_unit_test(a_change_names_each_block_once),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
