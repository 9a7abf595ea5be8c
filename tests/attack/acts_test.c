/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* acts_test.c - rows L3 and L4 of the attacks: acts by those who may not do them, signed by
 * people with patched clients and shown by a server that takes their side. Client and server
 * both refuse each. */
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/append.h"
#include "log_scene.h"
#include "test.h"

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
	assert_ok(log_sign_act(by->zt, topic, fill, &f, &e));
	return e;
}

/* The real server's answer to E, and to what is to come behind it (or NULL), sent by BY past
 * its own client's rules. */
static enum zt_err
send_both(struct person *by, const struct entry *e, const struct entry *behind)
{
	struct route_params p = { .org = by->zt->org };
	Zt__AppendRequest m = ZT__APPEND_REQUEST__INIT;
	Zt__Statement st = statement_message(&e->stmt), more, *list[] = { &more };
	struct buf body = buf_init(2 * LIMIT_ENTRY), answer = buf_init(64 * 1024);
	enum zt_err err;

	m.entry = &st;
	if (behind != NULL) {
		more = statement_message(&behind->stmt);
		m.more = list;
		m.n_more = 1;
	}
	assert_ok(pb_encode(&m, &body));
	err = session_call(by->zt, ROUTE_LOG_APPEND, &p, NULL, buf_bytes(&body), &answer);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

static enum zt_err
send(struct person *by, const struct entry *e)
{
	return send_both(by, e, NULL);
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

/* Keys to which nothing can be sealed: points of low order. */
static void
add_user_without_a_key(Zt__EntryBody *b, const void *ctx)
{
	static const uint8_t zero[32];

	add_user(b, ctx);
	new_user.user_key = pb_field(zero, sizeof zero);
}

static void
add_user_whose_device_has_no_key(Zt__EntryBody *b, const void *ctx)
{
	static const uint8_t one[32] = { 1 };

	add_user(b, ctx);
	new_device.seal_key = pb_field(one, sizeof one);
}

static void
add_device_without_a_key(Zt__EntryBody *b, const void *user)
{
	static const uint8_t order[32] = { 0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f }; /* p, that is 0 */

	add_device_for(b, user);
	new_device.seal_key = pb_field(order, sizeof order);
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
step_down(Zt__EntryBody *b, const void *user)
{
	change_profile(b, user);
	b->profile_changed->profile = ZT__PROFILE__STANDARD;
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

struct only_device {
	const struct id *user, *device;
};

/* Sealed to the user's only device, so that it lacks nothing but a key. */
static void
rotate_to_no_key(Zt__EntryBody *b, const void *of)
{
	static const uint8_t some[128];
	static Zt__SealedToDevice to, *list[] = { &to };
	const struct only_device *only = of;

	rotate_user_key(b, only->user->b);
	zt__sealed_to_device__init(&to);
	to.device = pb_field(only->device->b, ID_BYTES);
	to.sealed = pb_field(some, SECRET_BYTES + HPKE_OVERHEAD);
	b->user_key_rotated->sealed = list;
	b->user_key_rotated->n_sealed = 1;
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
change_settings_to(Zt__EntryBody *b, const void *settings)
{
	static uint8_t encoded[128];
	static Zt__OrgSettings m;

	zt__org_settings__init(&m);
	m.settings = pb_field(encoded, zt__settings__pack(settings, encoded));
	b->action_case = ZT__ENTRY_BODY__ACTION_ORG_SETTINGS;
	b->org_settings = &m;
}

static void
pin_release(Zt__EntryBody *b, const void *twice)
{
	static Zt__WebReleasePinned m;
	static uint8_t some[32];
	static ProtobufCBinaryData list[2];

	zt__web_release_pinned__init(&m);
	list[0] = list[1] = pb_field(some, sizeof some);
	m.manifests = list;
	m.n_manifests = twice != NULL ? 2 : 1;
	b->action_case = ZT__ENTRY_BODY__ACTION_WEB_RELEASE_PINNED;
	b->web_release_pinned = &m;
}

/* Of somebody who runs a page of their own at an address that holds no keys. */
static void
add_device_of_a_bad_origin(Zt__EntryBody *b, const void *user)
{
	add_device_for(b, user);
	new_device.browser = (char *)(uintptr_t) "http://zt.acme.example";
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

/* The begin of a chain. */
static Zt__ChainPin nowhere = ZT__CHAIN_PIN__INIT;

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
	m.pin = &nowhere;
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
	struct log_scene *s = *state;
	struct fake_log f;
	struct entry *e;
	struct id was = s->alice.zt->device;

	log_scene_take(s, &s->bob, &f);
	s->alice.zt->device.b[0] ^= 1; /* a device that nobody added */
	{
		struct forged how = { .fill = add_user };

		assert_ok(log_sign_act(s->alice.zt, &s->alice.zt->org, fill, &how, &e));
	}
	s->alice.zt->device = was;
	fake_log_insert(&f, f.count, e);
	log_scene_refuses(s, &s->bob, &f, ZT_ERR_UNKNOWN_DEVICE);
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
	log_scene_refuses(s, &s->bob, &f, ZT_ERR_UNKNOWN_DEVICE);
	fake_log_free(&f);
}

static void
L3_an_entry_by_a_revoked_device_is_refused_by_client_and_server(void **state)
{
	struct log_scene *s = *state;
	struct person ada, ben;
	struct fake_log f;
	struct id topic;
	struct entry *e;
	struct sign_key *was = s->log_key;

	world_found(s->w, &ada, "ada");
	world_join(&ada, &ben, "ben", "standard");
	s->log_key = world_log_key(s->w, &ada.zt->org);
	random_bytes(topic.b, ID_BYTES);
	e = forge(&ben, &topic, create_workspace, topic.b); /* while he still may */
	assert_ok(zt_user_revoke(ada.zt, "ben@test.example"));
	assert_err(ZT_ERR_REVOKED, send(&ben, e));
	log_scene_take(s, &ada, &f);
	fake_log_insert(&f, f.count, e);
	log_scene_refuses(s, &ada, &f, ZT_ERR_REVOKED);
	entry_free(e);
	fake_log_free(&f);
	sign_free(s->log_key);
	s->log_key = was;
	person_close(&ada);
	person_close(&ben);
}

/* ---- L4 ---- */

struct row {
	const char *what;
	struct person *by;
	const struct id *topic;
	void (*how)(Zt__EntryBody *b, const void *ctx);
	const void *ctx;
	enum zt_err wanted;
};

/* The server refuses it, and bob a log in which the server takes it all the same. */
static void
refused_by_both(struct log_scene *s, struct fake_log *f, const struct row *r)
{
	struct entry *e = forge(r->by, r->topic, r->how, r->ctx);
	enum zt_err err = send(r->by, e);

	if (err != r->wanted)
		print_message("server: %s\n", r->what);
	assert_err(r->wanted, err);
	fake_log_insert(f, f->count, e);
	log_scene_refuses(s, &s->bob, f, r->wanted);
	fake_log_drop(f, f->count - 1);
	entry_free(e);
}

static void
L4_each_row_of_who_may_sign_what_is_kept_by_client_and_server(void **state)
{
	struct log_scene *s = *state;
	struct zt *a = s->alice.zt, *b = s->bob.zt, *o = s->otto.zt;
	struct id fresh;
	const struct grant otto_reads = { &o->user, ZT__ROLE__CONTRIBUTOR },
			   otto_manages = { &o->user, ZT__ROLE__MANAGER },
			   bob_owns = { &b->user, ZT__ROLE__OWNER },
			   alice_leaves = { &a->user, ZT__ROLE__ROLE_NONE };
	const struct only_device bob_alone = { &b->user, &b->device };
	const size_t too_much = LIMIT_SETTINGS + 1;
	const Zt__Settings never = { .base = PROTOBUF_C_MESSAGE_INIT(&zt__settings__descriptor),
		.deletion_delay = UINT64_MAX };
	const struct row rows[] = {
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
		{ "an admin's settings end all deletions", &s->alice, &a->org,
		    change_settings_to, &never, ZT_ERR_CORRUPT },
		{ "a standard user pins a release of the page", &s->bob, &b->org, pin_release,
		    NULL, ZT_ERR_FORBIDDEN },
		{ "an admin pins a release twice", &s->alice, &a->org, pin_release, &too_much,
		    ZT_ERR_CORRUPT },
		{ "a user adds a device of a page that is sent in clear", &s->bob, &b->org,
		    add_device_of_a_bad_origin, b->user.b, ZT_ERR_CORRUPT },
		{ "an admin adds a device to another user", &s->alice, &b->org, add_device_for,
		    b->user.b, ZT_ERR_FORBIDDEN },
		{ "a standard user revokes another's device", &s->bob, &b->org, revoke_device,
		    a->device.b, ZT_ERR_FORBIDDEN },
		{ "an admin rotates another's key", &s->alice, &b->org, rotate_user_key,
		    b->user.b, ZT_ERR_FORBIDDEN },
		{ "an admin adds a user to whom nothing can be sealed", &s->alice, &a->org,
		    add_user_without_a_key, NULL, ZT_ERR_CORRUPT },
		{ "an admin adds a user with such a device", &s->alice, &a->org,
		    add_user_whose_device_has_no_key, NULL, ZT_ERR_CORRUPT },
		{ "a user adds such a device", &s->bob, &b->org, add_device_without_a_key,
		    b->user.b, ZT_ERR_CORRUPT },
		{ "a user's next key is such", &s->bob, &b->org, rotate_to_no_key, &bob_alone,
		    ZT_ERR_CORRUPT },
		{ "an admin revokes itself", &s->alice, &b->org, revoke_user, a->user.b,
		    ZT_ERR_FORBIDDEN },
		{ "the last admin steps down", &s->alice, &a->org, step_down, a->user.b,
		    ZT_ERR_FORBIDDEN },
		{ "a device revokes itself", &s->bob, &b->org, revoke_device, b->device.b,
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
	};
	struct fake_log f;

	random_bytes(fresh.b, ID_BYTES);
	log_scene_take(s, &s->bob, &f);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		refused_by_both(s, &f, &rows[i]);
	fake_log_free(&f);
}

/* Bob may give alice a role in his workspace; the same act under her signature is nobody's. */
static void
L4_an_admin_takes_no_role_in_another_s_workspace(void **state)
{
	struct log_scene *s = *state;
	struct zt *a = s->alice.zt, *b = s->bob.zt;
	const struct grant alice_in = { &a->user, ZT__ROLE__READER };
	struct forged how = { .fill = grant, .ctx = &alice_in };
	struct sign_key *key = b->sign;
	struct id device = b->device;
	struct fake_log f;
	struct entry *e;

	log_scene_take(s, &s->bob, &f);
	b->sign = a->sign;
	b->device = a->device;
	assert_ok(log_sign_act(b, &s->bobs, fill, &how, &e));
	b->sign = key;
	b->device = device;
	assert_err(ZT_ERR_FORBIDDEN, send(&s->alice, e));
	fake_log_insert(&f, f.count, e);
	log_scene_refuses(s, &s->bob, &f, ZT_ERR_FORBIDDEN);
	entry_free(e);
	fake_log_free(&f);
}

#define PLAY(test) cmocka_unit_test_teardown(test, log_scene_honest)

/* Else it would be there, and neither the audit nor any event would tell of it. */
static void
L4_what_comes_behind_a_refused_act_in_its_request_is_refused(void **state)
{
	struct log_scene *s = *state;
	struct id bob = s->bob.zt->user, added;
	struct entry *refused = forge(&s->bob, &s->bob.zt->org, add_user, NULL);
	struct entry *good = forge(&s->bob, &s->bob.zt->org, add_device_for, &bob);

	memset(added.b, 8, 1);
	memset(added.b + 1, 0, ID_BYTES - 1);
	assert_err(ZT_ERR_FORBIDDEN, send_both(&s->bob, refused, good));
	assert_ok(zt_sync(s->alice.zt));
	assert_null(org_state_device(s->alice.zt->state, &added));
	assert_ok(send(&s->bob, good));
	assert_ok(zt_sync(s->alice.zt));
	assert_non_null(org_state_device(s->alice.zt->state, &added));
	entry_free(refused);
	entry_free(good);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAY(L3_an_entry_by_an_unknown_or_later_device_is_refused_by_the_client),
		PLAY(L3_an_entry_by_a_revoked_device_is_refused_by_client_and_server),
		PLAY(L4_each_row_of_who_may_sign_what_is_kept_by_client_and_server),
		PLAY(L4_an_admin_takes_no_role_in_another_s_workspace),
		PLAY(L4_what_comes_behind_a_refused_act_in_its_request_is_refused),
	};

	return cmocka_run_group_tests(tests, log_scene_begin, log_scene_end);
}
