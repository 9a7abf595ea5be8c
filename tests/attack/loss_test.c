/* Loss of access (P6, F7): what those sign who may not write any more counts for nobody, on an
 * honest server or a hostile one, before, at and after the entry of the log that says up to
 * where they count. And what a member signs that cannot stand costs that workspace, and can be
 * passed over. */
#include "test.h"

#include "client/chain.h"
#include "crypto/suite.h"
#include "forge.h"
#include "format/pb.h"

static void
put(struct person *p, const char *content, const char *remote)
{
	char *path = world_file(p->w, "content", content, strlen(content));

	assert_ok(zt_put(p->zt, path, remote, NULL, NULL));
	free(path);
}

/* A root folder of version 1 with one file, by BY. */
static void
forge_late(struct person *by, struct space *w, const char *name, struct forged *f)
{
	struct forged_file file;
	struct forged_folder folder;
	struct forged_change changes[2];

	suite_random(changes[0].vlob.b, ID_BYTES);
	forge_file(&file, "too late");
	forge_folder(&folder, bytes_text(name), &changes[0].vlob, false);
	changes[0] =
	    (struct forged_change){ .vlob = changes[0].vlob, .version = 1, .m = &file.m };
	changes[1] = (struct forged_change){ .vlob = w->w->id, .version = 1, .m = &folder.m };
	forge_changeset(by, w, changes, 2, (unsigned)w->w->generation_count, f);
}

/* A hostile server, whose chain of WORKSPACE has one changeset more, at POSITION. */
struct late {
	struct id workspace;
	uint64_t position;
	struct forged f;
};

static bool
asks(const struct late *l, const struct double_call *c, uint64_t *from)
{
	const char *text = strstr(c->target, "from=");

	if (c->route != ROUTE_CHAIN || text == NULL || !id_equal(&l->workspace, &c->params.id))
		return false;
	*from = strtoull(text + 5, NULL, 10);
	return true;
}

static void
inject(void *ctx, struct double_call *c)
{
	struct late *l = ctx;
	uint64_t from;

	if (asks(l, c, &from) && from <= l->position && c->status == 200)
		forge_chain_add(&c->answer, &l->f);
}

/* Behind it there is nothing. */
static bool
inject_end(void *ctx, struct double_call *c)
{
	Zt__ChainPage m = ZT__CHAIN_PAGE__INIT;
	struct late *l = ctx;
	uint64_t from;

	if (!asks(l, c, &from) || from <= l->position)
		return false;
	m.newest = l->position;
	c->status = 200;
	assert_ok(pb_encode(&m, &c->answer));
	return true;
}

static int
honest_again(void **state)
{
	struct scene *s = *state;

	double_play(s->w->d, NULL);
	return 0;
}

/* The newest version of the root folder, counted or not, as P's device sees it. */
static void
root_is(struct person *p, const char *workspace, uint64_t newest, uint64_t counts)
{
	struct space *w = person_space(p, workspace);
	struct space_version v;
	enum zt_err err = space_newest(w, &w->w->id, &v);

	assert_int_equal(newest, err == ZT_OK ? v.version : 0);
	err = space_version(w, &w->w->id, 0, &v);
	assert_int_equal(counts, err == ZT_OK ? v.version : 0);
}

static void
F7_a_contributor_who_was_made_a_reader_writes_nothing_more(void **state)
{
	struct scene *s = *state;
	struct late late;
	struct double_hooks hooks = { .ctx = &late, .before = inject_end, .after = inject };
	struct forged before;
	struct space *w;

	assert_ok(zt_workspace_create(s->alice.zt, "demote"));
	assert_ok(zt_workspace_share(s->alice.zt, "demote", "bob@test.example", "contributor"));
	w = person_space(&s->bob, "demote");
	forge_late(&s->bob, w, "in-time", &before);
	assert_ok(forged_send(&s->bob, w, &before)); /* while he may */
	root_is(&s->alice, "demote", 1, 1);
	w = person_space(&s->bob, "demote");
	forge_late(&s->bob, w, "late", &late.f); /* names a head from before */
	late.workspace = w->w->id;
	late.position = 2;
	assert_ok(zt_workspace_share(s->alice.zt, "demote", "bob@test.example", "reader"));
	assert_err(ZT_ERR_FORBIDDEN, forged_send(&s->bob, w, &late.f));
	double_play(s->w->d, &hooks);
	root_is(&s->alice, "demote", 1, 1); /* what he wrote in time stays */
	root_is(&s->bob, "demote", 1, 1);
	assert_int_equal(1, person_space(&s->alice, "demote")->skipped);
	forged_free(&before);
	forged_free(&late.f);
}

static void
F7_what_comes_after_a_revocation_was_heard_of_does_not_count_nor_is_it_pinned(void **state)
{
	struct scene *s = *state;
	struct person carol;
	struct late late;
	struct double_hooks hooks = { .ctx = &late, .before = inject_end, .after = inject };
	struct space *w;

	world_join(&s->alice, &carol, "carol", "standard");
	assert_ok(zt_workspace_create(s->bob.zt, "window")); /* bob's; the admin is no member */
	assert_ok(zt_workspace_share(s->bob.zt, "window", carol.email, "contributor"));
	w = person_space(&carol, "window");
	forge_late(&carol, w, "late", &late.f);
	late.workspace = w->w->id;
	late.position = 1;
	assert_ok(zt_user_revoke(s->alice.zt, carol.email));
	assert_ok(zt_sync(s->bob.zt)); /* bob's device has heard of it */
	double_play(s->w->d, &hooks);
	root_is(&s->bob, "window", 1, 0);
	/* The rotation pins what bob's device had before it heard. */
	w = person_space(&s->bob, "window");
	{
		uint64_t position = 99;
		struct hash link;

		assert_ok(judge_pin(w, &position, &link));
		assert_int_equal(0, position);
	}
	forged_free(&late.f);
	person_close(&carol);
}

static void
F7_who_had_verified_it_before_the_revocation_was_heard_of_goes_on_counting_it(void **state)
{
	struct scene *s = *state;
	struct person carol;

	world_join(&s->alice, &carol, "cora", "standard");
	assert_ok(zt_workspace_create(s->bob.zt, "earlier"));
	assert_ok(zt_workspace_share(s->bob.zt, "earlier", carol.email, "contributor"));
	put(&carol, "good", "earlier:/good");
	root_is(&s->bob, "earlier", 1, 1);
	assert_ok(zt_user_revoke(s->alice.zt, carol.email));
	root_is(&s->bob, "earlier", 1, 1);
	assert_ok(zt_workspace_rotate(s->bob.zt, "earlier"));
	assert_int_equal(2, person_space(&s->bob, "earlier")->w->generation_count);
	root_is(&s->bob, "earlier", 1, 1);
	person_close(&carol);
}

/* A device that took a late write before it heard of anything judges again when the pin comes.
 */
static void
F7_who_counted_too_much_judges_again_when_the_log_pins_the_chain(void **state)
{
	struct scene *s = *state;
	struct person carol;
	struct late late;
	struct double_hooks hooks = { .ctx = &late, .before = inject_end, .after = inject };
	struct space *w, *of_alice;

	world_join(&s->alice, &carol, "carmen", "standard");
	assert_ok(zt_workspace_create(s->bob.zt, "judged"));
	assert_ok(zt_workspace_share(s->bob.zt, "judged", "alice@test.example", "contributor"));
	assert_ok(zt_workspace_share(s->bob.zt, "judged", carol.email, "contributor"));
	w = person_space(&carol, "judged");
	forge_late(&carol, w, "evil", &late.f);
	late.workspace = w->w->id;
	late.position = 1;
	of_alice = person_space(&s->alice, "judged"); /* her log ends here for a moment */
	assert_ok(zt_workspace_unshare(s->bob.zt, "judged", carol.email));
	double_play(s->w->d, &hooks);
	assert_ok(space_sync(of_alice));
	assert_int_equal(1, of_alice->position);
	root_is(&s->bob, "judged", 1, 0);
	root_is(&s->alice, "judged", 1, 0); /* she hears of it, and judges as bob does */
	assert_int_equal(1, person_space(&s->alice, "judged")->skipped);
	forged_free(&late.f);
	person_close(&carol);
}

/* ---- what cannot stand ---- */

/* Signs F's changeset anew with another head: what its author says to have seen. */
static void
reseal(struct person *by, struct forged *f, uint64_t size, const struct hash *root)
{
	Zt__PushRequest *m = NULL;
	Zt__ChangesetBody *b = NULL;
	Zt__Statement st;
	struct statement signed_;
	struct buf body = buf_init(4096);
	uint8_t copy[HASH_BYTES];

	assert_ok(pb_decode(&zt__push_request__descriptor, buf_bytes(&f->push), 1u << 22, &m));
	assert_ok(pb_decode(&zt__changeset_body__descriptor,
	    pb_bytes(m->changeset->statement->body), 4096, &b));
	memcpy(copy, root->b, HASH_BYTES);
	b->seen->tree_size = size;
	memcpy(b->seen->root_hash.data, copy, HASH_BYTES);
	assert_ok(statement_sign(by->zt->sign, STATEMENT_CHANGESET, b, &body, &signed_));
	st = statement_message(&signed_);
	{
		Zt__Statement *was = m->changeset->statement;

		m->changeset->statement = &st;
		buf_empty(&f->push);
		buf_empty(&f->changeset);
		assert_ok(pb_encode(m, &f->push));
		assert_ok(pb_encode(m->changeset, &f->changeset));
		m->changeset->statement = was;
	}
	pb_free(b);
	pb_free(m);
	buf_free(&body);
}

/* By a member and a hostile server: it costs that workspace, and not the organization; the
 * member is named, can be shut out, and an owner passes over what they signed. */
static void
P5_a_member_who_names_another_history_freezes_one_workspace_until_it_is_passed_over(
    void **state)
{
	struct scene *s = *state;
	struct late late;
	struct double_hooks hooks = { .ctx = &late, .before = inject_end, .after = inject };
	struct hash none;
	struct space *w;
	char *path = world_file(s->w, "note", "note", 4);

	assert_ok(zt_workspace_create(s->alice.zt, "frozen"));
	assert_ok(zt_workspace_share(s->alice.zt, "frozen", "bob@test.example", "contributor"));
	w = person_space(&s->bob, "frozen");
	forge_late(&s->bob, w, "x", &late.f);
	late.workspace = w->w->id;
	late.position = 1;
	memset(none.b, 7, HASH_BYTES);
	reseal(&s->bob, &late.f, merkle_size(s->bob.zt->state->tree), &none);
	double_play(s->w->d, &hooks);
	assert_ok(zt_sync(s->alice.zt));
	assert_ok(space_find(s->alice.zt, "frozen", &w));
	assert_err(ZT_ERR_FORK, space_sync(w));
	assert_non_null(strstr(zt_why(s->alice.zt), "bob@test.example"));
	assert_err(ZT_ERR_FORK, zt_put(s->alice.zt, path, "frozen:/note", NULL, NULL));
	assert_ok(zt_workspace_create(s->alice.zt, "another"));
	put(&s->alice, "elsewhere", "another:/f");
	assert_ok(zt_workspace_unshare(s->alice.zt, "frozen", "bob@test.example"));
	/* Still there, in the hands of a server that is hostile: the owner passes over it. */
	assert_ok(space_find(s->alice.zt, "frozen", &w));
	assert_err(ZT_ERR_FORK, space_sync(w));
	assert_ok(zt_workspace_void_changeset(s->alice.zt, "frozen", 1));
	assert_ok(space_find(s->alice.zt, "frozen", &w));
	assert_ok(space_sync(w));
	root_is(&s->alice, "frozen", 1, 0);
	assert_ok(client_thaw(s->alice.zt));
	forged_free(&late.f);
	free(path);
}

struct false_pin {
	struct id workspace;
	Zt__ChainPin pin;
	Zt__KeyRotated m;
};

static enum zt_err
fill_false_pin(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	static uint8_t some[ENVELOPE_WRAP_BYTES];
	struct false_pin *p = ctx;

	zt__key_rotated__init(&p->m);
	zt__chain_pin__init(&p->pin);
	p->m.generation =
	    (uint32_t)org_state_workspace(z->state, &p->workspace)->generation_count + 1;
	p->m.key_commitment = pb_field(some, HASH_BYTES);
	p->m.sealed_name = pb_field(some, sizeof some);
	p->pin.position = 77;
	p->pin.link = pb_field(some, HASH_BYTES);
	p->m.pin = &p->pin;
	b->action_case = ZT__ENTRY_BODY__ACTION_KEY_ROTATED;
	b->key_rotated = &p->m;
	return ZT_OK;
}

/* What a manager and a server did together outlives neither: an owner voids the pin. */
static void
K8_a_place_that_never_was_is_declared_void_by_an_owner(void **state)
{
	struct scene *s = *state;
	struct space *w;
	struct false_pin p;
	uint64_t index;

	assert_ok(zt_workspace_create(s->alice.zt, "pinned"));
	put(&s->alice, "first", "pinned:/f");
	w = person_space(&s->alice, "pinned");
	p.workspace = w->w->id;
	assert_err(ZT_ERR_PROOF,
	    client_append(s->alice.zt, &w->w->id, fill_false_pin, &p)); /* the honest one */
	assert_ok(zt_workspace_rotate(s->alice.zt, "pinned"));
	w = person_space(&s->alice, "pinned");
	assert_int_equal(1, w->w->pin_count);
	index = w->w->pins[0].index;
	assert_err(ZT_ERR_NOT_FOUND, zt_workspace_void_pin(s->alice.zt, "pinned", index + 1));
	assert_ok(zt_workspace_void_pin(s->alice.zt, "pinned", index));
	w = person_space(&s->alice, "pinned");
	assert_null(org_state_furthest_pin(w->w));
	assert_err(ZT_ERR_NOT_FOUND, zt_workspace_void_pin(s->alice.zt, "pinned", index));
	put(&s->alice, "second", "pinned:/g");
}

int
main(void)
{
#define EACH(name) cmocka_unit_test_teardown(name, honest_again)
	const struct CMUnitTest tests[] = {
		EACH(F7_a_contributor_who_was_made_a_reader_writes_nothing_more),
		EACH(
		    F7_what_comes_after_a_revocation_was_heard_of_does_not_count_nor_is_it_pinned),
		EACH(
		    F7_who_had_verified_it_before_the_revocation_was_heard_of_goes_on_counting_it),
		EACH(F7_who_counted_too_much_judges_again_when_the_log_pins_the_chain),
		EACH(
		    P5_a_member_who_names_another_history_freezes_one_workspace_until_it_is_passed_over),
		EACH(K8_a_place_that_never_was_is_declared_void_by_an_owner),
	};

	if (suite_start())
		return 1;
	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
