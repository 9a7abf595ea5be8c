/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* lost_device_test.c - P9, and the delay of deletions: what a stolen device can do until it is
 * revoked, and afterwards, held against every short history.
 *
 * A user has a device of their own, and one that a thief holds unlocked. The thief renews the
 * user's key and seals rubbish to everybody, or the true key to itself alone, adds a device,
 * and announces that the user's workspace is deleted. The user's own device tends, renews,
 * looks at what was announced, and revokes the other one. After any history: when the own
 * device has tended, it holds the newest key, a device that was revoked does not, and the
 * newest leads to all that the own device holds; and nobody deletes a workspace whose owner
 * looks once a day.
 *
 * The validator and the client's user_keys.c are the real ones; what that appends is put into
 * the log here (mk/rules.mk). A fiftieth of ZT_HISTORY_RANDOM long ones are played by chance;
 * ZT_MODEL_SEED says which. */
#include <stdio.h>
#include <time.h>

#include "chain/workspace.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/append.h"
#include "log/user_keys.h"
#include "play.h"
#include "session/session.h"
#include "test.h"
#include "trust/keyring.h"

enum { OWN, THIEF, ADDED, DEVICES };
enum { SHORT = 4, LONG = 120, BASE = 3, MAX = BASE + 2 * LONG };
enum act {
	THIEF_SPOILS,  /* renews the user's key, and seals rubbish to each device */
	THIEF_KEEPS,   /* the same, but to itself the true key */
	THIEF_ADDS,    /* a device that it chose */
	THIEF_DELETES, /* announces it for as early as the rules let it */
	OWN_TENDS,     /* opens what was sealed to it, and renews where that is needed */
	OWN_RENEWS,    /* as a new recovery device asks for */
	OWN_REVOKES,   /* the stolen one */
	OWN_LOOKS,     /* and takes back a deletion that is announced */
	HOURS_PASS,
	ACTS
};
static const char *const act_names[] = { "the thief renews the key and spoils it",
	"the thief renews the key for itself", "the thief adds a device",
	"the thief announces the deletion", "the user's device tends",
	"the user's device renews the key", "the user's device revokes the stolen one",
	"the user's device looks at what is announced", "eight hours pass" };
enum { HOUR = 60 * 60 * 1000, DAY = 24 * HOUR };

static struct {
	struct zt own; /* the user's device; its state is the log */
	struct id org, user, space, devices[DEVICES];
	struct sign_key *root, *sign[DEVICES];
	struct secret *seal[DEVICES], *first; /* FIRST: the user's key as it began */
	struct entry *log[MAX];
	size_t count;
	uint64_t now, looked; /* when the own device did that last */
	enum act acts[LONG];
	unsigned act_count;
	uint64_t histories;
} t;

/* ---- entries ---- */

/* What an entry's body borrows. */
struct place {
	Zt__TreeHead seen;
	struct hash root, prev;
};

static void
begin_body(Zt__EntryBody *b, struct place *p, unsigned author, const struct id *topic)
{
	const struct org_workspace *s = org_state_workspace(t.own.state, topic);
	const struct org_topic fresh = { 0 };
	const struct org_topic *at = id_equal(topic, &t.org) ? &t.own.state->topic
				     : s != NULL             ? &s->topic
							     : &fresh;

	zt__entry_body__init(b);
	zt__tree_head__init(&p->seen);
	b->suite = SUITE_1;
	b->org = pb_field(t.org.b, ID_BYTES);
	b->topic = pb_field(topic->b, ID_BYTES);
	b->topic_index = at->length;
	b->time = t.now;
	if (t.count == 0)
		return;
	p->prev = at->last;
	if (at->length > 0)
		b->prev = pb_field(p->prev.b, HASH_BYTES);
	p->seen.tree_size = t.count;
	assert_ok(merkle_root(t.own.state->tree, t.count, &p->root));
	p->seen.root_hash = pb_field(p->root.b, HASH_BYTES);
	b->seen = &p->seen;
	b->author = pb_field(t.devices[author].b, ID_BYTES);
}

/* Puts the act behind the log if the rules take it. */
static enum zt_err
append(const Zt__EntryBody *b, const struct sign_key *key)
{
	struct entry *e = NULL;
	const char *message = "";
	enum zt_err err = entry_sign(key, b, &e);

	if (err == ZT_OK)
		err = rules_check(t.own.state, e, t.count, &message);
	if (err) {
		entry_free(e);
		return err;
	}
	assert_ok(org_state_apply(t.own.state, e, t.count));
	assert_ok(merkle_add(t.own.state->tree, &e->leaf));
	assert_true(t.count < MAX);
	t.log[t.count++] = e;
	return ZT_OK;
}

enum zt_err __wrap_log_append(struct zt *z, const struct id *topic, log_fill *fill, void *ctx);

/* What libzt calls in place of log_append. */
enum zt_err
__wrap_log_append(struct zt *z, const struct id *topic, log_fill *fill, void *ctx)
{
	Zt__EntryBody b;
	struct place p;
	enum zt_err err;

	begin_body(&b, &p, OWN, topic);
	err = fill(z, ctx, &b);
	return err ? err : append(&b, t.sign[OWN]);
}

/* The log as far as COUNT entries. */
static void
go_back(size_t count)
{
	while (t.count > count)
		entry_free(t.log[--t.count]);
	org_state_free(t.own.state);
	assert_ok(org_state_new(&t.org, &t.own.state));
	for (size_t i = 0; i < count; i++) {
		assert_ok(org_state_apply(t.own.state, t.log[i], i));
		assert_ok(merkle_add(t.own.state->tree, &t.log[i]->leaf));
	}
}

static const struct org_user *
user(void)
{
	return org_state_user(t.own.state, &t.user);
}

/* ---- a device's keys: what it was given at first, and what the log holds for it ---- */

static void
forget_keys(struct zt *z)
{
	for (size_t i = 0; i < z->user_key_count; i++)
		secret_free(z->user_keys[i].key);
	free(z->user_keys);
	z->user_keys = NULL;
	z->user_key_count = z->user_key_cap = 0;
	z->user_generation = 0;
}

static void
give(struct zt *z, const struct secret *key)
{
	struct secret *copy = NULL;

	assert_ok(secret_from(secret_bytes(key), &copy));
	assert_ok(log_add_user_key(z, copy));
}

/* As the own device is when it is opened. */
static enum zt_err
open_own(void)
{
	forget_keys(&t.own);
	give(&t.own, t.first);
	return log_take_user_keys(&t.own);
}

/* ---- the thief ---- */

/* A renewal with rubbish for every live device, but for the thief the true key if it KEEPS it.
 */
static void
spoil(bool keeps)
{
	static const uint8_t rubbish[SECRET_BYTES + HPKE_OVERHEAD] = { 1 };
	Zt__UserKeyRotated m = ZT__USER_KEY_ROTATED__INIT;
	Zt__SealedToDevice sealed[DEVICES], *list[DEVICES];
	struct buf true_one = buf_init(256);
	struct secret *key = NULL;
	uint8_t public[HPKE_PUBLIC_BYTES];
	Zt__EntryBody b;
	struct place p;

	assert_ok(secret_generate(&key));
	hpke_public(key, public);
	for (unsigned i = 0; i < DEVICES; i++) {
		const struct org_device *d = org_state_device(t.own.state, &t.devices[i]);

		if (d == NULL || !org_state_device_live(d, ORG_NEVER))
			continue;
		zt__sealed_to_device__init(list[m.n_sealed] = &sealed[m.n_sealed]);
		sealed[m.n_sealed].device = pb_field(d->id.b, ID_BYTES);
		sealed[m.n_sealed].sealed = pb_field(rubbish, sizeof rubbish);
		if (keeps && i == THIEF) {
			assert_ok(keyring_seal_user_key(
			    d, user()->key_generation + 1, key, &true_one));
			sealed[m.n_sealed].sealed = pb_field(true_one.p, true_one.n);
		}
		m.n_sealed++;
	}
	begin_body(&b, &p, THIEF, &t.org);
	m.user = pb_field(t.user.b, ID_BYTES);
	m.generation = user()->key_generation + 1;
	m.user_key = pb_field(public, sizeof public);
	m.previous_sealed = pb_field(rubbish, ENVELOPE_WRAP_BYTES);
	m.sealed = list;
	b.action_case = ZT__ENTRY_BODY__ACTION_USER_KEY_ROTATED;
	b.user_key_rotated = &m;
	(void)append(&b, t.sign[THIEF]); /* refused once the device is revoked */
	secret_free(key);
	buf_free(&true_one);
}

static void
fill_device(Zt__DeviceAdded *m, unsigned device, uint8_t sign[SIGN_PUBLIC_BYTES],
    uint8_t seal[HPKE_PUBLIC_BYTES])
{
	zt__device_added__init(m);
	sign_public(t.sign[device], sign);
	hpke_public(t.seal[device], seal);
	m->user = pb_field(t.user.b, ID_BYTES);
	m->device = pb_field(t.devices[device].b, ID_BYTES);
	m->sign_key = pb_field(sign, SIGN_PUBLIC_BYTES);
	m->seal_key = pb_field(seal, HPKE_PUBLIC_BYTES);
	m->purpose = (char *)(uintptr_t) "desktop";
}

static enum zt_err
add_device(unsigned by, unsigned device)
{
	uint8_t sign[SIGN_PUBLIC_BYTES], seal[HPKE_PUBLIC_BYTES];
	Zt__DeviceAdded m;
	Zt__EntryBody b;
	struct place p;

	begin_body(&b, &p, by, &t.org);
	fill_device(&m, device, sign, seal);
	b.action_case = ZT__ENTRY_BODY__ACTION_DEVICE_ADDED;
	b.device_added = &m;
	return append(&b, t.sign[by]);
}

static enum zt_err
announce(unsigned by, uint64_t due)
{
	Zt__WorkspaceDeletion m = ZT__WORKSPACE_DELETION__INIT;
	Zt__EntryBody b;
	struct place p;

	begin_body(&b, &p, by, &t.space);
	m.due = due;
	b.action_case = ZT__ENTRY_BODY__ACTION_WORKSPACE_DELETION;
	b.workspace_deletion = &m;
	return append(&b, t.sign[by]);
}

static void
announce_earliest(void)
{
	enum zt_err err = ZT_ERR_FORBIDDEN;

	for (uint64_t due = t.now + HOUR; err && due <= t.now + DAY; due += HOUR)
		err = announce(THIEF, due);
}

/* ---- the user ---- */

static void
revoke(void)
{
	Zt__DeviceRevoked m = ZT__DEVICE_REVOKED__INIT;
	Zt__EntryBody b;
	struct place p;

	begin_body(&b, &p, OWN, &t.org);
	m.device = pb_field(t.devices[THIEF].b, ID_BYTES);
	b.action_case = ZT__ENTRY_BODY__ACTION_DEVICE_REVOKED;
	b.device_revoked = &m;
	(void)append(&b, t.sign[OWN]);
}

static uint64_t
due(void)
{
	return org_state_workspace(t.own.state, &t.space)->deletion_due;
}

/* ---- what must hold ---- */

static void
tell(const char *broken)
{
	print_message("after %llu histories: %s\n", (unsigned long long)t.histories, broken);
	for (unsigned i = 0; i < t.act_count; i++)
		print_message("  %s\n", act_names[t.acts[i]]);
	fail();
}

static bool
is_revoked(void)
{
	return !org_state_device_live(
	    org_state_device(t.own.state, &t.devices[THIEF]), ORG_NEVER);
}

/* A device that gets the newest key alone, as one that was just bought. */
static void
check_newest_leads(void)
{
	struct zt bought = {
		.org = t.org, .user = t.user, .device = t.devices[OWN], .state = t.own.state
	};
	struct secret *other = NULL;

	assert_ok(secret_generate(&other));
	bought.seal = other; /* what is sealed to devices says nothing to it */
	give(&bought, log_user_key(&t.own, user()->key_generation));
	assert_ok(log_take_user_keys(&bought));
	for (unsigned g = 1; g <= user()->key_generation; g++)
		if (log_user_key(&t.own, g) != NULL && log_user_key(&bought, g) == NULL)
			tell("P9: the newest key does not lead to an older one");
	forget_keys(&bought);
	secret_free(other);
}

static void
check_thief_is_out(void)
{
	struct secret *key = NULL;

	if (is_revoked() &&
	    keyring_open_user_key(org_state_device(t.own.state, &t.devices[THIEF]),
		user()->key_generation, t.seal[THIEF], &key) == ZT_OK)
		tell("P9: the stolen device knows the newest key after its revocation");
	secret_free(key);
}

/* With any log: the own device tends, and all is well. */
static void
check(void)
{
	size_t count = t.count;

	if (open_own() || log_rotate_user_key_if_needed(&t.own) || log_take_user_keys(&t.own))
		tell("P9: the user's own device is locked out");
	if (log_user_key(&t.own, user()->key_generation) == NULL ||
	    org_state_user_key_needs_rotation(user()))
		tell("P9: the user's own device lacks the newest key, or the thief knows it");
	check_thief_is_out();
	check_newest_leads();
	if (t.count > count)
		go_back(count);
}

/* ---- the acts ---- */

static void
pass(void)
{
	uint64_t then = t.now;

	t.now += 8 * HOUR;
	if (due() > then && due() <= t.now && due() - t.looked < DAY)
		tell("a workspace is deleted whose owner had looked less than a day before");
}

static void
act(enum act a)
{
	t.acts[t.act_count++] = a;
	switch (a) {
	case THIEF_SPOILS:
	case THIEF_KEEPS:
		spoil(a == THIEF_KEEPS);
		break;
	case THIEF_ADDS:
		(void)add_device(THIEF, ADDED);
		break;
	case THIEF_DELETES:
		announce_earliest();
		break;
	case OWN_TENDS:
	case OWN_RENEWS:
		if (open_own() || (a == OWN_TENDS ? log_rotate_user_key_if_needed(&t.own)
						  : log_rotate_user_key(&t.own)))
			tell("P9: the user's own device is locked out");
		break;
	case OWN_REVOKES:
		revoke();
		break;
	case OWN_LOOKS:
		if (due() > t.now && announce(OWN, 0))
			tell("a deletion that is announced cannot be taken back");
		t.looked = t.now;
		break;
	case HOURS_PASS:
	case ACTS:
		pass();
		break;
	}
}

/* An act that changed nothing leaves a history that was looked at. */
static bool
did_something(enum act a, size_t count)
{
	return t.count > count || a == OWN_LOOKS || a == HOURS_PASS;
}

static bool
is_of_keys(enum act a)
{
	return a != THIEF_DELETES && a != OWN_LOOKS && a != HOURS_PASS;
}

static void
each_history(unsigned more)
{
	size_t count = t.count;
	uint64_t now = t.now, looked = t.looked;

	if (t.act_count == 0 || is_of_keys(t.acts[t.act_count - 1]))
		check();
	t.histories++;
	for (unsigned a = 0; more > 0 && a < ACTS; a++) {
		act((enum act)a);
		if (did_something((enum act)a, count))
			each_history(more - 1);
		go_back(count);
		t.act_count--;
		t.now = now;
		t.looked = looked;
	}
}

static void
P9_a_thief_locks_nobody_out_in_any_short_history(void **state)
{
	(void)state;
	t.histories = 0;
	each_history(SHORT);
	print_message(
	    "%llu histories of up to %d acts\n", (unsigned long long)t.histories, (int)SHORT);
}

/* The Nth act of a long history: more keys come to be than a new device is given, before the
 * thief is out. */
static enum act
by_chance(struct chance *c, unsigned n)
{
	if (n < LONG * 3 / 4)
		return chance(c, 4) > 0 ? OWN_RENEWS : (enum act)chance(c, OWN_REVOKES);
	return (enum act)chance(c, ACTS);
}

static void
P9_nor_in_long_ones_by_chance(void **state)
{
	uint64_t count = number_of("ZT_HISTORY_RANDOM", 100) / 50;
	struct chance c = { .seed = number_of("ZT_MODEL_SEED", (uint64_t)time(NULL)) | 1 };

	(void)state;
	print_message("seed %llu\n", (unsigned long long)c.seed);
	t.histories = 0;
	for (uint64_t i = 0; i < count; i++) {
		for (unsigned n = 0; n < LONG; n++) {
			act(by_chance(&c, n));
			if (n % 24 == 23) {
				check();
				t.histories++;
			}
		}
		go_back(BASE);
		t.act_count = 0;
		t.now = t.looked = DAY;
	}
	print_message("%llu looks at %llu histories\n", (unsigned long long)t.histories,
	    (unsigned long long)count);
}

/* ---- frame ---- */

static void
begin_log(void)
{
	static const uint8_t zeros[64];
	Zt__Genesis g = ZT__GENESIS__INIT;
	Zt__UserAdded u = ZT__USER_ADDED__INIT;
	Zt__WorkspaceCreated s = ZT__WORKSPACE_CREATED__INIT;
	uint8_t root[SIGN_PUBLIC_BYTES], sign[SIGN_PUBLIC_BYTES], seal[HPKE_PUBLIC_BYTES],
	    key[HPKE_PUBLIC_BYTES];
	Zt__DeviceAdded d;
	Zt__EntryBody b;
	struct place p;

	sign_public(t.root, root);
	hpke_public(t.first, key);
	fill_device(&d, OWN, sign, seal);
	u.user = pb_field(t.user.b, ID_BYTES);
	u.profile = ZT__PROFILE__ADMIN;
	u.handle_commitment = pb_field(zeros, HASH_BYTES);
	u.user_key = pb_field(key, sizeof key);
	u.device = &d;
	begin_body(&b, &p, OWN, &t.org);
	g.slug = (char *)(uintptr_t) "stolen";
	g.format = LOG_FORMAT;
	g.root_key = g.log_key = pb_field(root, sizeof root);
	g.first = &u;
	b.action_case = ZT__ENTRY_BODY__ACTION_GENESIS;
	b.genesis = &g;
	assert_ok(append(&b, t.root));
	assert_ok(add_device(OWN, THIEF));
	begin_body(&b, &p, OWN, &t.space);
	s.workspace = pb_field(t.space.b, ID_BYTES);
	s.key_commitment = pb_field(zeros, HASH_BYTES);
	s.sealed_name = pb_field(zeros, 50);
	b.action_case = ZT__ENTRY_BODY__ACTION_WORKSPACE_CREATED;
	b.workspace_created = &s;
	assert_ok(append(&b, t.sign[OWN]));
	assert_int_equal(BASE, t.count);
}

static int
begin(void **state)
{
	uint8_t root[SIGN_PUBLIC_BYTES];

	(void)state;
	assert_ok(sign_generate(&t.root));
	sign_public(t.root, root);
	org_state_id(root, &t.org);
	random_bytes(t.user.b, ID_BYTES);
	random_bytes(t.space.b, ID_BYTES);
	for (unsigned i = 0; i < DEVICES; i++) {
		random_bytes(t.devices[i].b, ID_BYTES);
		assert_ok(sign_generate(&t.sign[i]));
		assert_ok(secret_generate(&t.seal[i]));
	}
	assert_ok(secret_generate(&t.first));
	t.now = t.looked = DAY;
	t.own.org = t.org;
	t.own.user = t.user;
	t.own.device = t.devices[OWN];
	t.own.seal = t.seal[OWN];
	assert_ok(org_state_new(&t.org, &t.own.state));
	begin_log();
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	forget_keys(&t.own);
	go_back(0);
	org_state_free(t.own.state);
	for (unsigned i = 0; i < DEVICES; i++) {
		sign_free(t.sign[i]);
		secret_free(t.seal[i]);
	}
	secret_free(t.first);
	sign_free(t.root);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P9_a_thief_locks_nobody_out_in_any_short_history),
		cmocka_unit_test(P9_nor_in_long_ones_by_chance),
	};

	if (suite_init())
		return 1;
	return cmocka_run_group_tests(tests, begin, finish);
}
