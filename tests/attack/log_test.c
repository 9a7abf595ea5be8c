/* log_test.c - rows L1 to L6 and K1 of the attacks: a hostile server, which has the key of the
 * log and signs whatever it shows, against the real client. After each lie the client says what
 * is wrong, keeps what it had verified, and goes on when the server is honest again. */
#include "test.h"

#include <stdio.h>

#include "crypto/suite.h"
#include "fake_log.h"
#include "format/limits.h"
#include "format/pb.h"
#include "proto/auth.pb-c.h"
#include "world.h"

struct setting {
	struct world *w;
	struct person alice, bob, otto; /* admin, standard, outsider */
	struct person eve;              /* another organization */
	struct sign_key *log_key;
	struct id plans, bobs; /* alice's workspace, bob's */
	struct fake_log log;   /* as the honest server shows it to bob */
};

/* ---- playing ---- */

/* What the double answers to LOG_READ; the topics stay honest. */
struct lie {
	struct fake_log *log;
	void (*spoil)(Zt__LogPage *page, void *ctx); /* the finished page, or NULL */
	void *ctx;
};

static bool
lie_about_the_log(void *ctx, struct double_call *c)
{
	struct lie *l = ctx;
	uint64_t from;
	Zt__LogPage *m = NULL;

	if (c->route != ROUTE_LOG_READ)
		return false;
	assert_ok(route_query(c->target, "from", 0, &from));
	fake_log_page(l->log, from, &c->answer);
	c->status = 200;
	if (l->spoil != NULL) {
		assert_ok(pb_decode(
		    &zt__log_page__descriptor, buf_bytes(&c->answer), LIMIT_PAGE, &m));
		l->spoil(m, l->ctx);
		buf_empty(&c->answer);
		assert_ok(pb_encode(m, &c->answer));
		pb_free(m);
	}
	return true;
}

static void
keep_page(void *ctx, struct double_call *c)
{
	struct fake_log *log = ctx;

	if (c->route == ROUTE_LOG_READ)
		fake_log_take(log, buf_bytes(&c->answer));
}

/* The honest log as P sees it, from the first entry on. */
static void
take_log(struct setting *s, struct person *p, struct fake_log *out)
{
	struct double_hooks keep = { .ctx = out, .after = keep_page };
	uint64_t n;

	*out = (struct fake_log){ .org = p->zt->org, .key = s->log_key };
	double_play(s->w->d, &keep);
	assert_ok(zt_log_verify(p->zt, &n));
	double_play(s->w->d, NULL);
	assert_true(out->count > 0);
}

/* P must refuse LOG with WANTED and say why, and still accept the honest one. */
static void
refuses(struct setting *s, struct person *p, struct fake_log *log, enum zt_err wanted)
{
	struct lie lie = { .log = log };
	struct double_hooks hooks = { .ctx = &lie, .before = lie_about_the_log };
	uint64_t n = 0;

	double_play(s->w->d, &hooks);
	assert_err(wanted, zt_log_verify(p->zt, &n));
	assert_int_equal(0, n);
	assert_true(strlen(zt_why(p->zt)) > 10);
	double_play(s->w->d, NULL);
	assert_ok(zt_log_verify(p->zt, &n));
	assert_ok(zt_sync(p->zt));
}

/* ---- forging: acts of people with patched clients ---- */

struct forged {
	Zt__EntryBody body;
	void (*fill)(Zt__EntryBody *b, const void *ctx);
	const void *ctx;
};

static enum zt_err
fill(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	struct forged *f = ctx;

	(void)z;
	f->fill(b, f->ctx);
	return ZT_OK;
}

static struct entry *
forge(struct person *by, const struct id *topic, void (*how)(Zt__EntryBody *b, const void *ctx),
    const void *ctx)
{
	struct forged f = { .fill = how, .ctx = ctx };
	struct entry *e = NULL;

	assert_ok(zt_sync(by->zt));
	assert_ok(client_sign_act(by->zt, topic, fill, &f, &e));
	return e;
}

/* The real server's answer to E, sent by BY past its own client's rules. */
static enum zt_err
send(struct person *by, const struct entry *e)
{
	struct route_params p = { .org = by->zt->org };
	Zt__AppendRequest m = ZT__APPEND_REQUEST__INIT;
	Zt__Statement st = statement_message(&e->signed_);
	struct buf body = buf_init(LIMIT_ENTRY), answer = buf_init(64 * 1024);
	enum zt_err err;

	m.entry = &st;
	assert_ok(pb_encode(&m, &body));
	err = client_call(by->zt, ROUTE_LOG_APPEND, &p, NULL, buf_bytes(&body), &answer);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

/* ---- the setting: one organization, five entries and two workspaces ---- */

static int
begin(void **state)
{
	struct setting *s = calloc(1, sizeof *s);

	assert_non_null(s);
	s->w = world_begin();
	world_found(s->w, &s->eve, "eve");
	world_found(s->w, &s->alice, "alice");
	world_join(&s->alice, &s->bob, "bob", "standard");
	world_join(&s->alice, &s->otto, "otto", "outsider");
	s->log_key = world_log_key(s->w, &s->alice.zt->org);
	assert_ok(zt_workspace_create(s->alice.zt, "plans"));
	assert_ok(zt_workspace_share(s->alice.zt, "plans", "bob@test.example", "contributor"));
	assert_ok(zt_workspace_share(s->alice.zt, "plans", "otto@test.example", "reader"));
	assert_ok(zt_workspace_create(s->bob.zt, "bobs"));
	s->plans = person_space(&s->alice, "plans")->w->id;
	s->bobs = person_space(&s->bob, "bobs")->w->id;
	take_log(s, &s->bob, &s->log);
	*state = s;
	return 0;
}

static int
end(void **state)
{
	struct setting *s = *state;

	fake_log_free(&s->log);
	sign_free(s->log_key);
	person_close(&s->alice);
	person_close(&s->bob);
	person_close(&s->otto);
	person_close(&s->eve);
	world_end(s->w);
	free(s);
	assert_int_equal(0, secret_live());
	return 0;
}

/* ---- L1, L2 ---- */

static void
L1_every_entry_dropped_swapped_or_repeated_is_refused_by_the_client(void **state)
{
	struct setting *s = *state;
	struct fake_log f;

	take_log(s, &s->bob, &f);
	for (size_t i = 1; i < s->log.count; i++) {
		struct statement st = { .body = buf_bytes(&s->log.entry[i].body) };
		struct entry *e = NULL;
		enum zt_err err;
		uint64_t n;
		struct lie lie = { .log = &f };
		struct double_hooks hooks = { .ctx = &lie, .before = lie_about_the_log };

		if (st.body.n == 0)
			continue; /* hidden from bob */
		memcpy(st.signature, s->log.entry[i].signature, SIGN_BYTES);
		assert_ok(entry_decode(&st, &e));
		fake_log_drop(&f, i);
		double_play(s->w->d, &hooks);
		err = zt_log_verify(s->bob.zt, &n); /* shorter, or with a gap: never accepted */
		assert_true(err == ZT_ERR_FORK || err == ZT_ERR_ROLLBACK ||
			    err == ZT_ERR_UNKNOWN_DEVICE || err == ZT_ERR_FORBIDDEN ||
			    err == ZT_ERR_NOT_FOUND || err == ZT_ERR_CORRUPT ||
			    err == ZT_ERR_PROOF);
		fake_log_insert(&f, i, e);
		assert_ok(zt_log_verify(s->bob.zt, &n)); /* whole again */
		fake_log_insert(&f, i, e);
		assert_true(zt_log_verify(s->bob.zt, &n) != ZT_OK);
		fake_log_drop(&f, i);
		fake_log_swap(&f, i - 1, i);
		assert_true(zt_log_verify(s->bob.zt, &n) != ZT_OK);
		fake_log_swap(&f, i - 1, i);
		entry_free(e);
	}
	double_play(s->w->d, NULL);
	fake_log_free(&f);
}

static void
L1_every_altered_byte_of_an_entry_is_refused_by_the_client(void **state)
{
	struct setting *s = *state;
	struct lie lie = { .log = &s->log };
	struct double_hooks hooks = { .ctx = &lie, .before = lie_about_the_log };
	uint64_t n;

	double_play(s->w->d, &hooks);
	assert_ok(zt_log_verify(s->bob.zt, &n));
	for (size_t i = 0; i < s->log.count; i++)
		for (size_t at = 0; at < s->log.entry[i].body.n; at += 3) {
			s->log.entry[i].body.p[at] ^= 4;
			assert_true(zt_log_verify(s->bob.zt, &n) != ZT_OK);
			s->log.entry[i].body.p[at] ^= 4;
		}
	assert_ok(zt_log_verify(s->bob.zt, &n));
	double_play(s->w->d, NULL);
}

static void
L2_an_entry_of_another_organization_or_topic_is_refused_by_the_client(void **state)
{
	struct setting *s = *state;
	struct fake_log f, other = { .count = 0 };
	struct statement st;
	struct entry *e = NULL;
	struct double_hooks keep = { .ctx = &other, .after = keep_page };
	uint64_t n;

	double_play(s->w->d, &keep);
	assert_ok(zt_log_verify(s->eve.zt, &n));
	double_play(s->w->d, NULL);
	st.body = buf_bytes(&other.entry[0].body);
	memcpy(st.signature, other.entry[0].signature, SIGN_BYTES);
	assert_ok(entry_decode(&st, &e));
	take_log(s, &s->bob, &f);
	fake_log_insert(&f, f.count, e);
	refuses(s, &s->bob, &f, ZT_ERR_CORRUPT);
	fake_log_drop(&f, f.count - 1);
	entry_free(e);
	/* and whole: another organization in the place of this one */
	other.key = s->log_key;
	other.org = s->bob.zt->org;
	refuses(s, &s->bob, &other, ZT_ERR_CORRUPT);
	fake_log_free(&other);
	fake_log_free(&f);
}

/* ---- acts ---- */

static Zt__UserAdded new_user;
static Zt__DeviceAdded new_device;

static void
add_user(Zt__EntryBody *b, const void *ctx)
{
	static uint8_t some[32] = { 7 };

	(void)ctx;
	zt__user_added__init(&new_user);
	zt__device_added__init(&new_device);
	new_user.user = new_device.user = pb_field(some, ID_BYTES);
	new_user.profile = ZT__PROFILE__STANDARD;
	new_user.handle_commitment = new_user.user_key = pb_field(some, 32);
	new_device.device = pb_field(some, ID_BYTES);
	new_device.sign_key = new_device.seal_key = pb_field(some, 32);
	new_user.device = &new_device;
	b->action_case = ZT__ENTRY_BODY__ACTION_USER_ADDED;
	b->user_added = &new_user;
}

static void
add_device_for(Zt__EntryBody *b, const void *user)
{
	static uint8_t some[32] = { 8 };

	zt__device_added__init(&new_device);
	new_device.user = pb_field(user, ID_BYTES);
	new_device.device = pb_field(some, ID_BYTES);
	new_device.sign_key = new_device.seal_key = pb_field(some, 32);
	b->action_case = ZT__ENTRY_BODY__ACTION_DEVICE_ADDED;
	b->device_added = &new_device;
}

static void
change_profile(Zt__EntryBody *b, const void *user)
{
	static Zt__ProfileChanged m;

	zt__profile_changed__init(&m);
	m.user = pb_field(user, ID_BYTES);
	m.profile = ZT__PROFILE__ADMIN;
	b->action_case = ZT__ENTRY_BODY__ACTION_PROFILE_CHANGED;
	b->profile_changed = &m;
}

static void
revoke_user(Zt__EntryBody *b, const void *user)
{
	static Zt__UserRevoked m;

	zt__user_revoked__init(&m);
	m.user = pb_field(user, ID_BYTES);
	b->action_case = ZT__ENTRY_BODY__ACTION_USER_REVOKED;
	b->user_revoked = &m;
}

static void
revoke_device(Zt__EntryBody *b, const void *device)
{
	static Zt__DeviceRevoked m;

	zt__device_revoked__init(&m);
	m.device = pb_field(device, ID_BYTES);
	b->action_case = ZT__ENTRY_BODY__ACTION_DEVICE_REVOKED;
	b->device_revoked = &m;
}

static void
rotate_user_key(Zt__EntryBody *b, const void *user)
{
	static Zt__UserKeyRotated m;
	static uint8_t some[128];

	zt__user_key_rotated__init(&m);
	m.user = pb_field(user, ID_BYTES);
	m.generation = 2;
	m.user_key = pb_field(some, 32);
	m.previous_sealed = pb_field(some, SECRET_BYTES + AEAD_OVERHEAD);
	b->action_case = ZT__ENTRY_BODY__ACTION_USER_KEY_ROTATED;
	b->user_key_rotated = &m;
}

static void
change_settings(Zt__EntryBody *b, const void *size)
{
	static Zt__OrgSettings m;
	static uint8_t some[LIMIT_SETTINGS + 1];

	zt__org_settings__init(&m);
	m.settings = pb_field(some, size != NULL ? *(const size_t *)size : 0);
	b->action_case = ZT__ENTRY_BODY__ACTION_ORG_SETTINGS;
	b->org_settings = &m;
}

static void
create_workspace(Zt__EntryBody *b, const void *workspace)
{
	static Zt__WorkspaceCreated m;
	static uint8_t some[64];

	zt__workspace_created__init(&m);
	m.workspace = pb_field(workspace, ID_BYTES);
	m.key_commitment = pb_field(some, 32);
	m.sealed_name = pb_field(some, 64);
	b->action_case = ZT__ENTRY_BODY__ACTION_WORKSPACE_CREATED;
	b->workspace_created = &m;
}

struct grant {
	const struct id *user;
	Zt__Role role;
};

static void
grant(Zt__EntryBody *b, const void *ctx)
{
	const struct grant *g = ctx;
	static Zt__RoleChanged m;

	zt__role_changed__init(&m);
	m.user = pb_field(g->user->b, ID_BYTES);
	m.role = g->role;
	b->action_case = ZT__ENTRY_BODY__ACTION_ROLE_CHANGED;
	b->role_changed = &m;
}

static void
rotate_key(Zt__EntryBody *b, const void *ctx)
{
	static Zt__KeyRotated m;
	static uint8_t some[128];

	(void)ctx;
	zt__key_rotated__init(&m);
	m.generation = 2;
	m.key_commitment = pb_field(some, 32);
	m.previous_sealed = pb_field(some, SECRET_BYTES + AEAD_OVERHEAD);
	m.sealed_name = pb_field(some, 64);
	b->action_case = ZT__ENTRY_BODY__ACTION_KEY_ROTATED;
	b->key_rotated = &m;
}

static void
claim_ownership(Zt__EntryBody *b, const void *ctx)
{
	static Zt__OwnershipClaimed m;

	(void)ctx;
	zt__ownership_claimed__init(&m);
	b->action_case = ZT__ENTRY_BODY__ACTION_OWNERSHIP_CLAIMED;
	b->ownership_claimed = &m;
}

static void
rename_workspace(Zt__EntryBody *b, const void *ctx)
{
	static Zt__WorkspaceRenamed m;
	static uint8_t some[64];

	(void)ctx;
	zt__workspace_renamed__init(&m);
	m.generation = 1;
	m.sealed_name = pb_field(some, 64);
	b->action_case = ZT__ENTRY_BODY__ACTION_WORKSPACE_RENAMED;
	b->workspace_renamed = &m;
}

static void
archive(Zt__EntryBody *b, const void *ctx)
{
	static Zt__WorkspaceArchived m;

	(void)ctx;
	zt__workspace_archived__init(&m);
	m.archived = true;
	b->action_case = ZT__ENTRY_BODY__ACTION_WORKSPACE_ARCHIVED;
	b->workspace_archived = &m;
}

static void
delete_workspace(Zt__EntryBody *b, const void *ctx)
{
	static Zt__WorkspaceDeletion m;

	(void)ctx;
	zt__workspace_deletion__init(&m);
	m.due = UINT64_C(4102444800000);
	b->action_case = ZT__ENTRY_BODY__ACTION_WORKSPACE_DELETION;
	b->workspace_deletion = &m;
}

/* ---- L3 ---- */

static void
L3_an_entry_by_an_unknown_or_later_device_is_refused_by_the_client(void **state)
{
	struct setting *s = *state;
	struct fake_log f;
	struct entry *e;
	struct id was = s->alice.zt->device;

	take_log(s, &s->bob, &f);
	s->alice.zt->device.b[0] ^= 1; /* a device that nobody added */
	{
		struct forged how = { .fill = add_user };

		assert_ok(client_sign_act(s->alice.zt, &s->alice.zt->org, fill, &how, &e));
	}
	s->alice.zt->device = was;
	fake_log_insert(&f, f.count, e);
	refuses(s, &s->bob, &f, ZT_ERR_UNKNOWN_DEVICE);
	entry_free(e);
	fake_log_drop(&f, f.count - 1);
	/* bob's own first act, moved in front of the entry that adds him */
	for (size_t i = 2; i < f.count; i++) {
		struct statement st = { .body = buf_bytes(&f.entry[i].body) };

		if (st.body.n == 0)
			continue;
		memcpy(st.signature, f.entry[i].signature, SIGN_BYTES);
		assert_ok(entry_decode(&st, &e));
		if (id_equal(&e->author, &s->bob.zt->device)) {
			fake_log_drop(&f, i);
			fake_log_insert(&f, 1, e);
			entry_free(e);
			break;
		}
		entry_free(e);
	}
	refuses(s, &s->bob, &f, ZT_ERR_UNKNOWN_DEVICE);
	fake_log_free(&f);
}

static void
L3_an_entry_by_a_revoked_device_is_refused_by_client_and_server(void **state)
{
	struct setting *s = *state;
	struct person ada, ben;
	struct fake_log f;
	struct id topic;
	struct entry *e;
	struct sign_key *was = s->log_key;

	world_found(s->w, &ada, "ada");
	world_join(&ada, &ben, "ben", "standard");
	s->log_key = world_log_key(s->w, &ada.zt->org);
	suite_random(topic.b, ID_BYTES);
	e = forge(&ben, &topic, create_workspace, topic.b); /* while he still may */
	assert_ok(zt_user_revoke(ada.zt, "ben@test.example"));
	assert_err(ZT_ERR_REVOKED, send(&ben, e));
	take_log(s, &ada, &f);
	fake_log_insert(&f, f.count, e);
	refuses(s, &ada, &f, ZT_ERR_REVOKED);
	entry_free(e);
	fake_log_free(&f);
	sign_free(s->log_key);
	s->log_key = was;
	person_close(&ada);
	person_close(&ben);
}

/* ---- L4 ---- */

static void
L4_each_row_of_who_may_sign_what_is_kept_by_client_and_server(void **state)
{
	struct setting *s = *state;
	struct zt *a = s->alice.zt, *b = s->bob.zt, *o = s->otto.zt;
	struct id fresh;
	const struct grant otto_reads = { &o->user, ZT__ROLE__CONTRIBUTOR },
			   otto_manages = { &o->user, ZT__ROLE__MANAGER },
			   bob_owns = { &b->user, ZT__ROLE__OWNER },
			   alice_leaves = { &a->user, ZT__ROLE__ROLE_NONE },
			   alice_in = { &a->user, ZT__ROLE__READER };
	const size_t too_much = LIMIT_SETTINGS + 1;
	const struct row {
		const char *what;
		struct person *by;
		const struct id *topic;
		void (*how)(Zt__EntryBody *b, const void *ctx);
		const void *ctx;
		enum zt_err wanted;
	} rows[] = {
		{ "an admin's settings are larger than the log takes", &s->alice, &a->org,
		    change_settings, &too_much, ZT_ERR_TOO_BIG },
		{ "a standard user adds a user", &s->bob, &b->org, add_user, NULL,
		    ZT_ERR_FORBIDDEN },
		{ "a standard user makes itself admin", &s->bob, &b->org, change_profile,
		    b->user.b, ZT_ERR_FORBIDDEN },
		{ "a standard user revokes a user", &s->bob, &b->org, revoke_user, o->user.b,
		    ZT_ERR_FORBIDDEN },
		{ "a standard user changes the settings", &s->bob, &b->org, change_settings,
		    NULL, ZT_ERR_FORBIDDEN },
		{ "an admin adds a device to another user", &s->alice, &b->org, add_device_for,
		    b->user.b, ZT_ERR_FORBIDDEN },
		{ "a standard user revokes another's device", &s->bob, &b->org, revoke_device,
		    a->device.b, ZT_ERR_FORBIDDEN },
		{ "an admin rotates another's key", &s->alice, &b->org, rotate_user_key,
		    b->user.b, ZT_ERR_FORBIDDEN },
		{ "an admin revokes itself", &s->alice, &b->org, revoke_user, a->user.b,
		    ZT_ERR_FORBIDDEN },
		{ "an outsider creates a workspace", &s->otto, &fresh, create_workspace,
		    fresh.b, ZT_ERR_FORBIDDEN },
		{ "a contributor grants a role", &s->bob, &s->plans, grant, &otto_reads,
		    ZT_ERR_FORBIDDEN },
		{ "a contributor makes itself owner", &s->bob, &s->plans, grant, &bob_owns,
		    ZT_ERR_FORBIDDEN },
		{ "an outsider becomes manager", &s->alice, &s->plans, grant, &otto_manages,
		    ZT_ERR_FORBIDDEN },
		{ "the last owner leaves", &s->alice, &s->plans, grant, &alice_leaves,
		    ZT_ERR_FORBIDDEN },
		{ "a contributor rotates the key", &s->bob, &s->plans, rotate_key, NULL,
		    ZT_ERR_FORBIDDEN },
		{ "ownership is claimed while an owner lives", &s->bob, &s->plans,
		    claim_ownership, NULL, ZT_ERR_FORBIDDEN },
		{ "a contributor renames", &s->bob, &s->plans, rename_workspace, NULL,
		    ZT_ERR_FORBIDDEN },
		{ "a contributor archives", &s->bob, &s->plans, archive, NULL,
		    ZT_ERR_FORBIDDEN },
		{ "a contributor deletes", &s->bob, &s->plans, delete_workspace, NULL,
		    ZT_ERR_FORBIDDEN },
		{ "an admin takes a role in another's workspace", &s->bob, &s->bobs, grant,
		    &alice_in, ZT_OK },
	};
	struct fake_log f;

	suite_random(fresh.b, ID_BYTES);
	take_log(s, &s->bob, &f);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		struct entry *e = forge(r->by, r->topic, r->how, r->ctx);

		if (r->wanted ==
		    ZT_OK) { /* signed by bob it is fine; alice's signature is not */
			struct forged how = { .fill = r->how, .ctx = r->ctx };
			struct sign_key *key = s->bob.zt->sign;
			struct id device = s->bob.zt->device;

			entry_free(e);
			s->bob.zt->sign = a->sign;
			s->bob.zt->device = a->device;
			assert_ok(client_sign_act(s->bob.zt, r->topic, fill, &how, &e));
			s->bob.zt->sign = key;
			s->bob.zt->device = device;
			assert_err(ZT_ERR_FORBIDDEN, send(&s->alice, e));
			fake_log_insert(&f, f.count, e);
			refuses(s, &s->bob, &f, ZT_ERR_FORBIDDEN);
		} else {
			enum zt_err err = send(r->by, e);

			if (err != r->wanted)
				print_message("server: %s\n", r->what);
			assert_err(r->wanted, err);
			fake_log_insert(&f, f.count, e);
			refuses(s, &s->bob, &f, r->wanted);
		}
		fake_log_drop(&f, f.count - 1);
		entry_free(e);
	}
	fake_log_free(&f);
}

/* ---- L5, L6 ---- */

static void
sign_badly(Zt__LogPage *page, void *ctx)
{
	(void)ctx;
	page->head->signature.data[10] ^= 1;
}

static void
L5_a_head_badly_signed_smaller_or_of_the_same_size_is_refused_by_the_client(void **state)
{
	struct setting *s = *state;
	struct fake_log f;
	struct lie lie = { .log = &s->log, .spoil = sign_badly };
	struct double_hooks hooks = { .ctx = &lie, .before = lie_about_the_log };

	assert_ok(zt_sync(s->bob.zt));
	double_play(s->w->d, &hooks);
	assert_err(ZT_ERR_SIGNATURE, zt_sync(s->bob.zt));
	lie.spoil = NULL;
	assert_ok(zt_sync(s->bob.zt)); /* the same log, well signed */
	take_log(s, &s->bob, &f);
	lie.log = &f;
	fake_log_drop(&f, f.count - 1);
	double_play(s->w->d, &hooks);
	assert_err(ZT_ERR_ROLLBACK, zt_sync(s->bob.zt));
	assert_true(strstr(zt_why(s->bob.zt), "this device has verified") != NULL);
	fake_log_free(&f);
	take_log(s, &s->bob, &f);
	f.entry[f.count - 1].signature[0] ^= 1; /* as many leaves, another root */
	double_play(s->w->d, &hooks);
	assert_err(ZT_ERR_FORK, zt_sync(s->bob.zt));
	double_play(s->w->d, NULL);
	assert_ok(zt_sync(s->bob.zt));
	fake_log_free(&f);
}

struct flip {
	size_t node;
	bool done;
};

static void
flip_consistency(Zt__LogPage *page, void *ctx)
{
	struct flip *f = ctx;

	if (f->node < page->n_consistency) {
		page->consistency[f->node].data[f->node % HASH_BYTES] ^= 1;
		f->done = true;
	}
}

static void
flip_append(void *ctx, struct double_call *c)
{
	struct flip *f = ctx;
	Zt__AppendAnswer *m = NULL;
	size_t all;

	if (c->route != ROUTE_LOG_APPEND || c->status != 200)
		return;
	assert_ok(
	    pb_decode(&zt__append_answer__descriptor, buf_bytes(&c->answer), 64 * 1024, &m));
	all = m->n_inclusion + m->n_consistency;
	assert_true(all > 0);
	if (f->node < m->n_inclusion)
		m->inclusion[f->node].data[3] ^= 1;
	else if (f->node < all)
		m->consistency[f->node - m->n_inclusion].data[3] ^= 1;
	f->done = f->node < all;
	buf_empty(&c->answer);
	assert_ok(pb_encode(m, &c->answer));
	pb_free(m);
}

static void
L6_each_flipped_node_of_a_proof_is_refused_by_the_client(void **state)
{
	struct setting *s = *state;
	struct fake_log f;
	struct flip flip = { .done = true };
	struct lie lie = { .log = &f, .spoil = flip_consistency, .ctx = &flip };
	struct double_hooks hooks = { .ctx = &lie, .before = lie_about_the_log };
	struct double_hooks appends = { .ctx = &flip, .after = flip_append };
	size_t flipped = 0;

	/* bob is behind by some entries: the server must prove that its log continues his */
	assert_ok(zt_sync(s->bob.zt));
	assert_ok(zt_workspace_create(s->alice.zt, "one"));
	assert_ok(zt_workspace_create(s->alice.zt, "two"));
	take_log(s, &s->alice, &f);
	for (; flip.done; flip.node++) {
		flip.done = false;
		double_play(s->w->d, &hooks);
		if (!flip.done && zt_sync(s->bob.zt) == ZT_OK)
			break; /* no node is left to flip */
		assert_true(flip.done);
		assert_true(strstr(zt_why(s->bob.zt), "does not continue") != NULL);
		flipped++;
	}
	assert_true(flipped > 0);
	fake_log_free(&f);
	/* an append is in the log, whatever the server proves: what is refused is its word */
	flipped = 0;
	flip = (struct flip){ .done = true };
	for (; flip.done; flip.node++) {
		char name[16];
		enum zt_err err;

		flip.done = false;
		(void)snprintf(name, sizeof name, "w%zu", flip.node);
		double_play(s->w->d, &appends);
		err = zt_workspace_create(s->alice.zt, name);
		assert_err(flip.done ? ZT_ERR_PROOF : ZT_OK, err);
		flipped += flip.done;
	}
	assert_true(flipped > 0);
	double_play(s->w->d, NULL);
	assert_ok(zt_sync(s->alice.zt));
	assert_ok(zt_sync(s->bob.zt));
}

/* ---- K1 ---- */

static void
K1_a_users_key_cannot_be_substituted_because_it_stands_in_the_log(void **state)
{
	struct setting *s = *state;
	struct fake_log f;
	const struct org_user *bob = org_state_user(s->alice.zt->state, &s->bob.zt->user);
	bool found = false;

	take_log(s, &s->alice, &f);
	for (size_t i = 0; i < f.count; i++) {
		uint8_t *at = f.entry[i].body.n == 0
				  ? NULL
				  : memmem(f.entry[i].body.p, f.entry[i].body.n, bob->key,
					sizeof bob->key);

		if (at == NULL)
			continue;
		found = true;
		memset(at, 9, sizeof bob->key); /* the server's own key in bob's place */
	}
	assert_true(found);
	refuses(s, &s->alice, &f, ZT_ERR_SIGNATURE);
	fake_log_free(&f);
}

static int
honest_again(void **state)
{
	struct setting *s = *state;

	double_play(s->w->d, NULL);
	return 0;
}

#define PLAY(test) cmocka_unit_test_teardown(test, honest_again)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAY(L1_every_entry_dropped_swapped_or_repeated_is_refused_by_the_client),
		PLAY(L1_every_altered_byte_of_an_entry_is_refused_by_the_client),
		PLAY(L2_an_entry_of_another_organization_or_topic_is_refused_by_the_client),
		PLAY(L3_an_entry_by_an_unknown_or_later_device_is_refused_by_the_client),
		PLAY(L3_an_entry_by_a_revoked_device_is_refused_by_client_and_server),
		PLAY(L4_each_row_of_who_may_sign_what_is_kept_by_client_and_server),
		PLAY(
		    L5_a_head_badly_signed_smaller_or_of_the_same_size_is_refused_by_the_client),
		PLAY(L6_each_flipped_node_of_a_proof_is_refused_by_the_client),
		PLAY(K1_a_users_key_cannot_be_substituted_because_it_stands_in_the_log),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
