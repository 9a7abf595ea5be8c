/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* validator_test.c - rows L1 to L6, K2 and K3, F11 and J1 to J3 of the attacks, played directly
 * against the validator that clients and the auth service share. Each refusal has beside it the
 * acceptance of the same thing unaltered. */
#include "test.h"

#include "crypto/hpke.h"
#include "crypto/suite.h"
#include "files/changeset.h"
#include "format/limits.h"
#include "format/pb.h"
#include "trust/head.h"
#include "trust/keyring.h"
#include "trust/rules.h"
#include "trust/sas.h"

enum who { ALICE, BOB, CAROL, OTTO, PEOPLE }; /* admin, standard, standard, outsider */

struct person {
	struct id user, device;
	struct sign_key *sign;
	struct secret *key;
	uint8_t sign_public[32], key_public[32], commitment[32];
	Zt__UserAdded u;
	Zt__DeviceAdded d;
};

struct world {
	struct sign_key *root, *log;
	uint8_t root_public[32], log_public[32];
	struct person p[PEOPLE];
	struct org_state *o;
	struct id org, workspace;
};

static void
person_new(struct person *p, Zt__Profile profile)
{
	random_bytes(p->user.b, ID_BYTES);
	random_bytes(p->device.b, ID_BYTES);
	random_bytes(p->commitment, 32);
	assert_ok(sign_generate(&p->sign));
	assert_ok(secret_generate(&p->key));
	sign_public(p->sign, p->sign_public);
	hpke_public(p->key, p->key_public);
	zt__user_added__init(&p->u);
	zt__device_added__init(&p->d);
	p->d.user = p->u.user = pb_field(p->user.b, ID_BYTES);
	p->d.device = pb_field(p->device.b, ID_BYTES);
	p->d.sign_key = pb_field(p->sign_public, 32);
	p->d.seal_key = pb_field(p->key_public, 32);
	p->u.profile = profile;
	p->u.handle_commitment = pb_field(p->commitment, 32);
	p->u.user_key = pb_field(p->key_public, 32);
	p->u.device = &p->d;
}

/* An act of AUTHOR with everything about its place right; the test spoils what it likes. */
struct draft {
	Zt__EntryBody b;
	Zt__TreeHead seen;
	struct hash root, last;
};

static void
draft(struct world *w, enum who author, const struct id *topic, struct draft *d)
{
	struct org_workspace *ws = org_state_workspace(w->o, topic);
	struct org_topic *t = id_equal(topic, &w->org) ? &w->o->topic
			      : ws != NULL             ? &ws->topic
						       : NULL;

	zt__entry_body__init(&d->b);
	zt__tree_head__init(&d->seen);
	d->seen.tree_size = merkle_size(w->o->tree);
	assert_ok(merkle_root(w->o->tree, d->seen.tree_size, &d->root));
	d->seen.root_hash = pb_field(d->root.b, HASH_BYTES);
	d->b.suite = 1;
	d->b.org = pb_field(w->org.b, ID_BYTES);
	d->b.topic = pb_field(topic->b, ID_BYTES);
	d->b.topic_index = t != NULL ? t->length : 0;
	if (t != NULL) {
		d->last = t->last;
		d->b.prev = pb_field(d->last.b, HASH_BYTES);
	}
	d->b.seen = &d->seen;
	d->b.author = pb_field(w->p[author].device.b, ID_BYTES);
	d->b.time = 1000000;
}

/* What the rules say to BODY signed by AUTHOR; taken in when they accept and TAKE. */
static enum zt_err
offer(struct world *w, const struct sign_key *key, const Zt__EntryBody *body, bool take)
{
	struct entry *e = NULL;
	const char *message;
	enum zt_err err = entry_sign(key, body, &e);

	if (err == ZT_OK) {
		uint64_t index = merkle_size(w->o->tree);

		err = rules_check(w->o, e, index, &message);
		if (err == ZT_OK && take) {
			assert_ok(org_state_apply(w->o, e, index));
			assert_ok(merkle_add(w->o->tree, &e->leaf));
		}
	}
	entry_free(e);
	return err;
}

static enum zt_err
add_user(struct world *w, enum who by, enum who whom, bool take)
{
	struct draft d;

	draft(w, by, &w->org, &d);
	d.b.action_case = ZT__ENTRY_BODY__ACTION_USER_ADDED;
	d.b.user_added = &w->p[whom].u;
	return offer(w, w->p[by].sign, &d.b, take);
}

static enum zt_err
set_role(struct world *w, enum who by, enum who whom, Zt__Role role, bool take)
{
	const struct org_workspace *of = org_state_workspace(w->o, &w->workspace);
	const struct org_user *u = org_state_user(w->o, &w->p[whom].user);
	Zt__RoleChanged m = ZT__ROLE_CHANGED__INIT;
	Zt__ChainPin pin = ZT__CHAIN_PIN__INIT;
	struct draft d;

	draft(w, by, &w->workspace, &d);
	m.user = pb_field(w->p[whom].user.b, ID_BYTES);
	m.role = role;
	if (of != NULL && u != NULL && role < ZT__ROLE__CONTRIBUTOR &&
	    org_state_role(of, u, ORG_NEVER) >= ROLE_CONTRIBUTOR)
		m.pin = &pin; /* of the chain's begin */
	d.b.action_case = ZT__ENTRY_BODY__ACTION_ROLE_CHANGED;
	d.b.role_changed = &m;
	return offer(w, w->p[by].sign, &d.b, take);
}

static enum zt_err
create_workspace(struct world *w, enum who by, bool take)
{
	Zt__WorkspaceCreated m = ZT__WORKSPACE_CREATED__INIT;
	struct id id = w->workspace;
	struct draft d;
	uint8_t some[32] = { 1 };

	if (!take)
		random_bytes(id.b, ID_BYTES);
	draft(w, by, &id, &d);
	m.workspace = pb_field(id.b, ID_BYTES);
	m.key_commitment = pb_field(some, 32);
	m.sealed_name = pb_field(some, 32);
	d.b.action_case = ZT__ENTRY_BODY__ACTION_WORKSPACE_CREATED;
	d.b.workspace_created = &m;
	return offer(w, w->p[by].sign, &d.b, take);
}

static enum zt_err
revoke_user(struct world *w, enum who by, enum who whom, bool take)
{
	Zt__UserRevoked m = ZT__USER_REVOKED__INIT;
	struct draft d;

	draft(w, by, &w->org, &d);
	m.user = pb_field(w->p[whom].user.b, ID_BYTES);
	d.b.action_case = ZT__ENTRY_BODY__ACTION_USER_REVOKED;
	d.b.user_revoked = &m;
	return offer(w, w->p[by].sign, &d.b, take);
}

static enum zt_err
rotate_key(struct world *w, enum who by, unsigned generation, bool take)
{
	Zt__KeyRotated m = ZT__KEY_ROTATED__INIT;
	Zt__ChainPin pin = ZT__CHAIN_PIN__INIT;
	uint8_t some[72] = { 2 };
	struct draft d;

	draft(w, by, &w->workspace, &d);
	m.generation = generation;
	m.key_commitment = pb_field(some, 32);
	m.previous_sealed = pb_field(some, SECRET_BYTES + AEAD_OVERHEAD);
	m.sealed_name = pb_field(some, 32);
	m.pin = &pin;
	d.b.action_case = ZT__ENTRY_BODY__ACTION_KEY_ROTATED;
	d.b.key_rotated = &m;
	return offer(w, w->p[by].sign, &d.b, take);
}

static int
begin(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	Zt__Genesis g = ZT__GENESIS__INIT;
	Zt__EntryBody b = ZT__ENTRY_BODY__INIT;

	assert_non_null(w);
	assert_ok(sign_generate(&w->root));
	assert_ok(sign_generate(&w->log));
	sign_public(w->root, w->root_public);
	sign_public(w->log, w->log_public);
	org_state_id(w->root_public, &w->org);
	random_bytes(w->workspace.b, ID_BYTES);
	person_new(&w->p[ALICE], ZT__PROFILE__ADMIN);
	person_new(&w->p[BOB], ZT__PROFILE__STANDARD);
	person_new(&w->p[CAROL], ZT__PROFILE__STANDARD);
	person_new(&w->p[OTTO], ZT__PROFILE__OUTSIDER);
	assert_ok(org_state_new(&w->org, &w->o));
	g.slug = (char *)(uintptr_t) "acme";
	g.format = LOG_FORMAT;
	g.root_key = pb_field(w->root_public, 32);
	g.log_key = pb_field(w->log_public, 32);
	g.first = &w->p[ALICE].u;
	b.suite = 1;
	b.org = b.topic = pb_field(w->org.b, ID_BYTES);
	b.time = 1;
	b.action_case = ZT__ENTRY_BODY__ACTION_GENESIS;
	b.genesis = &g;
	assert_err(ZT_ERR_SIGNATURE, offer(w, w->log, &b, false)); /* not by the root key */
	assert_ok(offer(w, w->root, &b, true));
	assert_ok(add_user(w, ALICE, BOB, true));
	assert_ok(add_user(w, ALICE, OTTO, true));
	assert_ok(create_workspace(w, ALICE, true));
	*state = w;
	return 0;
}

static int
finish(void **state)
{
	struct world *w = *state;

	sign_free(w->root);
	sign_free(w->log);
	for (size_t i = 0; i < PEOPLE; i++) {
		sign_free(w->p[i].sign);
		secret_free(w->p[i].key);
	}
	org_state_free(w->o);
	free(w);
	assert_int_equal(0, secret_live());
	return 0;
}

static void
L1_an_entry_dropped_reordered_repeated_or_altered_is_refused(void **state)
{
	struct world *w = *state;
	struct draft d;
	struct entry *e = NULL;
	const char *message;
	uint64_t at = merkle_size(w->o->tree);

	draft(w, ALICE, &w->org, &d);
	d.b.action_case = ZT__ENTRY_BODY__ACTION_USER_ADDED;
	d.b.user_added = &w->p[CAROL].u;
	d.b.topic_index++; /* one was dropped */
	assert_err(ZT_ERR_CONFLICT, offer(w, w->p[ALICE].sign, &d.b, false));
	d.b.topic_index -= 2; /* an old place again */
	assert_err(ZT_ERR_CONFLICT, offer(w, w->p[ALICE].sign, &d.b, false));
	d.b.topic_index++;
	d.last.b[0] ^= 1; /* behind another predecessor */
	assert_err(ZT_ERR_CONFLICT, offer(w, w->p[ALICE].sign, &d.b, false));
	d.last.b[0] ^= 1;
	assert_ok(entry_sign(w->p[ALICE].sign, &d.b, &e));
	assert_ok(rules_check(w->o, e, at, &message));
	for (size_t i = 0; i < SIGN_BYTES; i++) { /* each byte of the signature */
		e->stmt.signature[i] ^= 1;
		assert_err(ZT_ERR_SIGNATURE, rules_check(w->o, e, at, &message));
		e->stmt.signature[i] ^= 1;
	}
	for (size_t i = 0; i < e->stmt.body.n; i++) { /* each byte of what was signed */
		uint8_t *body = exact_copy(e->stmt.body.p, e->stmt.body.n);
		struct statement s = e->stmt;
		struct entry *bad = NULL;

		body[i] ^= 1;
		s.body = bytes_of(body, e->stmt.body.n);
		if (entry_decode(&s, &bad) == ZT_OK)
			assert_true(rules_check(w->o, bad, at, &message) != ZT_OK);
		entry_free(bad);
		free(body);
	}
	assert_ok(org_state_apply(w->o, e, at));
	assert_ok(merkle_add(w->o->tree, &e->leaf));
	assert_err(ZT_ERR_CONFLICT, rules_check(w->o, e, at + 1, &message)); /* twice */
	entry_free(e);
}

static void
L2_an_entry_of_another_topic_or_organization_is_refused(void **state)
{
	struct world *w = *state;
	struct id other;
	struct draft d;

	random_bytes(other.b, ID_BYTES);
	draft(w, ALICE, &w->org, &d);
	d.b.action_case = ZT__ENTRY_BODY__ACTION_USER_ADDED;
	d.b.user_added = &w->p[CAROL].u;
	assert_ok(offer(w, w->p[ALICE].sign, &d.b, false));
	d.b.org = pb_field(other.b, ID_BYTES);
	assert_err(ZT_ERR_CORRUPT, offer(w, w->p[ALICE].sign, &d.b, false));
	draft(w, ALICE, &w->workspace,
	    &d); /* an act of the organization in a workspace's topic */
	d.b.action_case = ZT__ENTRY_BODY__ACTION_USER_ADDED;
	d.b.user_added = &w->p[CAROL].u;
	assert_err(ZT_ERR_CORRUPT, offer(w, w->p[ALICE].sign, &d.b, false));
}

static void
L3_an_entry_by_an_unknown_revoked_or_later_device_is_refused(void **state)
{
	struct world *w = *state;
	struct draft d;
	struct entry *e = NULL;
	const char *message;

	assert_ok(create_workspace(w, BOB, false));
	assert_err(ZT_ERR_UNKNOWN_DEVICE, create_workspace(w, CAROL, false));
	draft(w, BOB, &w->org, &d);
	d.b.action_case = ZT__ENTRY_BODY__ACTION_DEVICE_ADDED;
	d.b.device_added = &w->p[CAROL].d;
	assert_ok(entry_sign(w->p[BOB].sign, &d.b, &e));
	assert_err(ZT_ERR_UNKNOWN_DEVICE,
	    rules_check(w->o, e, 1, &message)); /* before Bob's device was */
	entry_free(e);
	assert_ok(revoke_user(w, ALICE, BOB, true));
	assert_err(ZT_ERR_REVOKED, create_workspace(w, BOB, false));
}

static void
L4_who_may_sign_what(void **state)
{
	struct world *w = *state;
	const Zt__Role reader = ZT__ROLE__READER, contributor = ZT__ROLE__CONTRIBUTOR;
	const Zt__Role manager = ZT__ROLE__MANAGER, owner = ZT__ROLE__OWNER;
	const Zt__Role none = ZT__ROLE__ROLE_NONE;

	/* users and profiles: admins only */
	assert_err(ZT_ERR_FORBIDDEN, add_user(w, BOB, CAROL, false));
	assert_ok(add_user(w, ALICE, CAROL, true));
	assert_err(ZT_ERR_EXISTS, add_user(w, ALICE, CAROL, false));
	assert_err(ZT_ERR_FORBIDDEN, revoke_user(w, BOB, CAROL, false));
	assert_ok(revoke_user(w, ALICE, CAROL, false));
	/* workspaces: not by outsiders */
	assert_ok(create_workspace(w, BOB, false));
	assert_err(ZT_ERR_FORBIDDEN, create_workspace(w, OTTO, false));
	/* roles */
	assert_err(ZT_ERR_FORBIDDEN, set_role(w, BOB, CAROL, reader, false));
	assert_ok(set_role(w, ALICE, BOB, contributor, true));
	assert_err(ZT_ERR_FORBIDDEN, set_role(w, BOB, CAROL, reader, false));
	assert_ok(set_role(w, ALICE, BOB, manager, true));
	assert_ok(set_role(w, BOB, CAROL, reader, true));
	assert_err(ZT_ERR_FORBIDDEN, set_role(w, BOB, CAROL, manager, false));
	assert_err(ZT_ERR_FORBIDDEN, set_role(w, BOB, ALICE, none, false));
	assert_err(ZT_ERR_FORBIDDEN, set_role(w, BOB, BOB, owner, false));
	assert_err(ZT_ERR_FORBIDDEN, set_role(w, ALICE, ALICE, none, false));
	assert_err(ZT_ERR_FORBIDDEN, set_role(w, ALICE, OTTO, manager, false));
	assert_err(ZT_ERR_FORBIDDEN, set_role(w, ALICE, OTTO, owner, false));
	assert_ok(set_role(w, ALICE, OTTO, contributor, true));
	/* keys: managers and owners, the next generation, and at once after a loss */
	assert_err(ZT_ERR_FORBIDDEN, rotate_key(w, CAROL, 2, false));
	assert_err(ZT_ERR_CONFLICT, rotate_key(w, BOB, 3, false));
	assert_ok(set_role(w, BOB, CAROL, none, true));
	assert_err(ZT_ERR_STALE_KEY, set_role(w, BOB, CAROL, reader, false));
	assert_ok(rotate_key(w, BOB, 2, true));
	assert_ok(set_role(w, BOB, CAROL, reader, true));
	/* a revoked member is a loss, too */
	assert_ok(revoke_user(w, ALICE, CAROL, true));
	assert_err(ZT_ERR_STALE_KEY, set_role(w, ALICE, BOB, owner, false));
	assert_ok(rotate_key(w, ALICE, 3, true));
	assert_ok(set_role(w, ALICE, BOB, owner, true));
}

/* ALICE rotates without the previous key, and brings along those of LIST (ends with 0). */
static enum zt_err
rotate_past(struct world *w, unsigned generation, const unsigned *list, size_t sealed)
{
	Zt__KeyRotated m = ZT__KEY_ROTATED__INIT;
	Zt__ChainPin pin = ZT__CHAIN_PIN__INIT;
	Zt__OlderKey older[LIMIT_OLDER + 1], *p[LIMIT_OLDER + 1];
	struct draft d;
	uint8_t some[128] = { 1 };

	draft(w, ALICE, &w->workspace, &d);
	m.generation = generation;
	m.key_commitment = pb_field(some, 32);
	m.sealed_name = pb_field(some, 32);
	m.older = p;
	m.pin = &pin;
	for (; list[m.n_older] != 0; m.n_older++) {
		zt__older_key__init(&older[m.n_older]);
		older[m.n_older].generation = list[m.n_older];
		older[m.n_older].sealed = pb_field(some, sealed);
		p[m.n_older] = &older[m.n_older];
	}
	d.b.action_case = ZT__ENTRY_BODY__ACTION_KEY_ROTATED;
	d.b.key_rotated = &m;
	return offer(w, w->p[ALICE].sign, &d.b, false);
}

static void
L4_a_rotation_brings_along_older_keys_each_once_and_in_order(void **state)
{
	struct world *w = *state;
	size_t right = SECRET_BYTES + AEAD_OVERHEAD;
	unsigned many[LIMIT_OLDER + 2] = { 0 };
	unsigned n = (unsigned)org_state_workspace(w->o, &w->workspace)->generation_count;

	for (; n < LIMIT_OLDER + 3; n++)
		assert_ok(rotate_key(w, ALICE, n + 1, true));
	n++;
	assert_ok(rotate_past(w, n, (unsigned[]){ 0 }, right));
	assert_ok(rotate_past(w, n, (unsigned[]){ 1, n - 2, 0 }, right));
	assert_err(ZT_ERR_CORRUPT, rotate_past(w, n, (unsigned[]){ 1, n - 1, 0 }, right));
	assert_err(ZT_ERR_CORRUPT, rotate_past(w, n, (unsigned[]){ n, 0 }, right));
	assert_err(ZT_ERR_CORRUPT, rotate_past(w, n, (unsigned[]){ UINT32_MAX, 0 }, right));
	assert_err(ZT_ERR_CORRUPT, rotate_past(w, n, (unsigned[]){ 2, 1, 0 }, right));
	assert_err(ZT_ERR_CORRUPT, rotate_past(w, n, (unsigned[]){ 2, 2, 0 }, right));
	assert_err(ZT_ERR_CORRUPT, rotate_past(w, n, (unsigned[]){ 1, 0 }, right - 1));
	assert_err(ZT_ERR_CORRUPT, rotate_past(w, n, (unsigned[]){ 1, 0 }, right + 1));
	for (unsigned i = 0; i < LIMIT_OLDER; i++)
		many[i] = i + 1;
	assert_ok(rotate_past(w, n, many, right));
	many[LIMIT_OLDER] = LIMIT_OLDER + 1;
	assert_err(ZT_ERR_CORRUPT, rotate_past(w, n, many, right));
}

static void
L5_a_head_with_a_bad_signature_or_of_another_organization_is_refused(void **state)
{
	struct world *w = *state;
	struct buf body = buf_init(1024);
	struct statement s;
	struct head h = { .size = 4, .time = 9 }, out;
	struct id other;

	random_bytes(other.b, ID_BYTES);
	assert_ok(head_sign(w->log, &w->org, &h, &body, &s));
	assert_ok(head_check(w->log_public, &w->org, &s, &out));
	assert_int_equal(4, out.size);
	assert_err(ZT_ERR_CORRUPT, head_check(w->log_public, &other, &s, &out));
	assert_err(ZT_ERR_SIGNATURE, head_check(w->root_public, &w->org, &s, &out));
	s.signature[7] ^= 1;
	assert_err(ZT_ERR_SIGNATURE, head_check(w->log_public, &w->org, &s, &out));
	buf_free(&body);
}

static void
L6_no_node_of_a_proof_can_be_flipped_lost_or_added(void **state)
{
	struct merkle *t = NULL;
	struct hash root[65], leaf;

	(void)state;
	assert_ok(merkle_new(&t));
	for (size_t n = 1; n <= 64; n++) {
		random_bytes(leaf.b, HASH_BYTES);
		assert_ok(merkle_add(t, &leaf));
		assert_ok(merkle_root(t, n, &root[n]));
	}
	for (size_t n = 1; n <= 64; n++)
		for (size_t m = 1; m <= n; m++) {
			struct merkle_proof in, con;

			assert_ok(merkle_inclusion(t, m - 1, n, &in));
			assert_ok(merkle_check_inclusion(
			    m - 1, n, merkle_leaf(t, m - 1), &in, &root[n]));
			assert_ok(merkle_consistency(t, m, n, &con));
			assert_ok(merkle_check_consistency(m, n, &root[m], &root[n], &con));
			for (size_t i = 0; i < in.count; i++) {
				in.node[i].b[3] ^= 4;
				assert_err(
				    ZT_ERR_PROOF, merkle_check_inclusion(m - 1, n,
						      merkle_leaf(t, m - 1), &in, &root[n]));
				in.node[i].b[3] ^= 4;
			}
			for (size_t i = 0; i < con.count; i++) {
				con.node[i].b[3] ^= 4;
				assert_err(ZT_ERR_PROOF,
				    merkle_check_consistency(m, n, &root[m], &root[n], &con));
				con.node[i].b[3] ^= 4;
			}
			if (con.count > 0) {
				con.count--;
				assert_err(ZT_ERR_PROOF,
				    merkle_check_consistency(m, n, &root[m], &root[n], &con));
			}
			in.node[in.count++] = root[1];
			assert_err(ZT_ERR_PROOF, merkle_check_inclusion(m - 1, n,
						     merkle_leaf(t, m - 1), &in, &root[n]));
		}
	merkle_free(t);
}

static void
L8_an_entry_whose_author_saw_another_history_is_refused(void **state)
{
	struct world *w = *state;
	struct draft d;

	draft(w, ALICE, &w->org, &d);
	d.b.action_case = ZT__ENTRY_BODY__ACTION_USER_ADDED;
	d.b.user_added = &w->p[CAROL].u;
	assert_ok(offer(w, w->p[ALICE].sign, &d.b, false));
	d.root.b[0] ^= 1;
	assert_err(ZT_ERR_FORK, offer(w, w->p[ALICE].sign, &d.b, false));
	d.root.b[0] ^= 1;
	d.seen.tree_size++;
	assert_err(ZT_ERR_FORK, offer(w, w->p[ALICE].sign, &d.b, false));
}

static void
K2_K3_a_sealed_key_opens_only_for_its_subject_and_only_to_the_committed_key(void **state)
{
	struct world *w = *state;
	struct keyring_subject s = { .org = w->org,
		.workspace = w->workspace,
		.user = w->p[BOB].user,
		.generation = 1,
		.user_generation = 1 };
	struct keyring_subject other;
	struct secret *key = NULL, *wrong = NULL, *out = NULL;
	struct buf body = buf_init(4096), body2 = buf_init(4096);
	struct statement st, st2;
	struct hash commitment;

	assert_ok(secret_generate(&key));
	assert_ok(secret_generate(&wrong));
	keyring_commit(key, &commitment);
	assert_ok(keyring_seal(
	    w->p[ALICE].sign, &w->p[ALICE].device, &s, w->p[BOB].key_public, key, &body, &st));
	assert_ok(keyring_open(w->o, &s, &st, w->p[BOB].key, &commitment, &out));
	assert_true(secret_equal(key, out));
	secret_free(out);
	out = NULL;
#define K2(field)                                                                              \
	other = s;                                                                             \
	other.field.b[0] ^= 1;                                                                 \
	assert_err(                                                                            \
	    ZT_ERR_CORRUPT, keyring_open(w->o, &other, &st, w->p[BOB].key, &commitment, &out))
	K2(org);
	K2(workspace);
	K2(user);
	other = s;
	other.generation = 2;
	assert_err(
	    ZT_ERR_CORRUPT, keyring_open(w->o, &other, &st, w->p[BOB].key, &commitment, &out));
	assert_err(ZT_ERR_KEY, keyring_open(w->o, &s, &st, w->p[OTTO].key, &commitment, &out));
	assert_ok(keyring_seal(w->p[ALICE].sign, &w->p[ALICE].device, &s, w->p[BOB].key_public,
	    wrong, &body2, &st2)); /* K3: signed well, but another key */
	assert_err(ZT_ERR_KEY, keyring_open(w->o, &s, &st2, w->p[BOB].key, &commitment, &out));
	st.signature[0] ^= 1;
	assert_err(
	    ZT_ERR_SIGNATURE, keyring_open(w->o, &s, &st, w->p[BOB].key, &commitment, &out));
	assert_null(out);
	secret_free(key);
	secret_free(wrong);
	buf_free(&body);
	buf_free(&body2);
}

/* ---- joining ---- */

static void
carry(struct sas *from, struct sas *to)
{
	struct buf m = buf_init(4096), clear = buf_init(4096);

	assert_ok(sas_send(from, bytes_text("content"), &m));
	assert_ok(sas_receive(to, buf_bytes(&m), &clear));
	buf_free(&m);
	buf_free(&clear);
}

static void
pair(struct sas **c, struct sas **g, const struct id *attempt)
{
	struct id org = { { 1 } }, invitation = { { 2 } };

	assert_ok(sas_new(SAS_CLAIMER, &org, &invitation, attempt, c));
	assert_ok(sas_new(SAS_GREETER, &org, &invitation, attempt, g));
}

static void
J1_whoever_stands_in_between_makes_the_codes_differ(void **state)
{
	struct id attempt = { { 3 } };
	struct sas *c, *g, *mc, *mg;
	char at_c[SAS_CHOICES][SAS_CODE], shown[SAS_CODE], of_mg[SAS_CODE];
	unsigned same = 0;

	(void)state;
	for (int i = 0; i < 50; i++) {
		pair(&c, &mg, &attempt); /* the claimer talks to the adversary's greeter */
		pair(&mc, &g, &attempt); /* and the greeter to its claimer */
		for (int step = 0; step < 4; step++) {
			carry(step % 2 == 0 ? c : mg, step % 2 == 0 ? mg : c);
			carry(step % 2 == 0 ? mc : g, step % 2 == 0 ? g : mc);
		}
		assert_ok(sas_my_code(g, shown)); /* what the greeter reads out */
		assert_ok(sas_my_code(mg, of_mg));
		assert_ok(sas_choices(c, at_c));
		same += strcmp(shown, of_mg) == 0;
		assert_err(ZT_ERR_CODES, sas_pick(c, strcmp(shown, of_mg) != 0 ? shown : ""));
		sas_free(c);
		sas_free(g);
		sas_free(mc);
		sas_free(mg);
	}
	assert_int_equal(0, same); /* 50 times 2^-20 */
	pair(&c, &g, &attempt);    /* without it the codes agree, and all is done */
	for (int step = 0; step < 4; step++)
		carry(step % 2 == 0 ? c : g, step % 2 == 0 ? g : c);
	assert_ok(sas_my_code(g, shown));
	assert_ok(sas_pick(c, shown));
	assert_ok(sas_my_code(c, shown));
	assert_ok(sas_pick(g, shown));
	for (int step = 4; step < SAS_STEPS; step++)
		carry(step % 2 == 0 ? c : g, step % 2 == 0 ? g : c);
	sas_free(c);
	sas_free(g);
}

static void
J2_J3_a_reveal_before_its_commitment_or_of_another_attempt_aborts(void **state)
{
	struct id attempt = { { 3 } }, other = { { 4 } };
	struct sas *c, *g, *c2, *g2;
	struct buf m = buf_init(4096), m2 = buf_init(4096), clear = buf_init(64);

	(void)state;
	pair(&c, &g, &attempt);
	pair(&c2, &g2, &attempt);
	carry(c, g);
	carry(c2, g2);
	assert_ok(sas_send(g, bytes_of(NULL, 0), &m));   /* commits ... */
	assert_ok(sas_send(g2, bytes_of(NULL, 0), &m2)); /* ... and commits again, otherwise */
	assert_ok(sas_receive(c, buf_bytes(&m), &clear));
	assert_err(ZT_ERR_ABORTED, sas_receive(c, buf_bytes(&m2), &clear));
	sas_free(c);
	sas_free(g);
	pair(&c, &g, &attempt);
	carry(c, g);
	assert_ok(sas_receive(c, buf_bytes(&m2), &clear)); /* g2's commitment */
	buf_free(&m);
	assert_ok(sas_send(c, bytes_of(NULL, 0), &m));
	buf_free(&m2);
	assert_ok(sas_send(g, bytes_of(NULL, 0), &m2));
	assert_ok(sas_receive(g, buf_bytes(&m), &clear));
	buf_free(&m2);
	assert_ok(sas_send(g, bytes_of(NULL, 0), &m2)); /* g's nonce does not open it */
	assert_err(ZT_ERR_ABORTED, sas_receive(c, buf_bytes(&m2), &clear));
	sas_free(c2);
	sas_free(g2);
	pair(&c2, &g2, &other);
	buf_free(&m);
	assert_ok(sas_send(c2, bytes_of(NULL, 0), &m));
	sas_free(g);
	sas_free(c);
	pair(&c, &g, &attempt);
	assert_err(ZT_ERR_ABORTED, sas_receive(g, buf_bytes(&m), &clear)); /* J3 */
	sas_free(c);
	sas_free(g);
	sas_free(c2);
	sas_free(g2);
	buf_free(&m);
	buf_free(&m2);
	buf_free(&clear);
	assert_int_equal(0, secret_live());
}

/* ---- settings that bind, and releases ---- */

static enum zt_err
offer_settings(struct world *w, enum who by, const Zt__Settings *m, bool take)
{
	Zt__OrgSettings s = ZT__ORG_SETTINGS__INIT;
	uint8_t encoded[128];
	struct draft d;

	assert_true(zt__settings__get_packed_size(m) <= sizeof encoded);
	s.settings = pb_field(encoded, zt__settings__pack(m, encoded));
	draft(w, by, &w->org, &d);
	d.b.action_case = ZT__ENTRY_BODY__ACTION_ORG_SETTINGS;
	d.b.org_settings = &s;
	return offer(w, w->p[by].sign, &d.b, take);
}

static void
settle(struct world *w, Zt__BrowserDevices browsers, Zt__WorkspacesBy creators, uint64_t delay)
{
	Zt__Settings m = ZT__SETTINGS__INIT;

	m.browser_devices = browsers;
	m.workspaces_by = creators;
	m.deletion_delay = delay;
	assert_ok(offer_settings(w, ALICE, &m, true));
}

/* A second device of BY, made by the page of ORIGIN. */
static enum zt_err
add_device(struct world *w, enum who by, const char *origin, bool take)
{
	Zt__DeviceAdded m = w->p[by].d;
	struct id id;
	struct draft d;

	random_bytes(id.b, ID_BYTES);
	m.device = pb_field(id.b, ID_BYTES);
	m.browser = (char *)(uintptr_t)origin;
	draft(w, by, &w->org, &d);
	d.b.action_case = ZT__ENTRY_BODY__ACTION_DEVICE_ADDED;
	d.b.device_added = &m;
	return offer(w, w->p[by].sign, &d.b, take);
}

static enum zt_err
set_profile(struct world *w, enum who by, enum who whom, Zt__Profile profile, bool take)
{
	Zt__ProfileChanged m = ZT__PROFILE_CHANGED__INIT;
	struct draft d;

	draft(w, by, &w->org, &d);
	m.user = pb_field(w->p[whom].user.b, ID_BYTES);
	m.profile = profile;
	d.b.action_case = ZT__ENTRY_BODY__ACTION_PROFILE_CHANGED;
	d.b.profile_changed = &m;
	return offer(w, w->p[by].sign, &d.b, take);
}

static void
L4_devices_in_a_browser_are_of_those_alone_whom_the_settings_let(void **state)
{
	static const char page[] = "https://zt.acme.example";
	struct world *w = *state;

	assert_ok(add_device(w, ALICE, page, false));
	assert_ok(add_device(w, BOB, page, false));
	settle(w, ZT__BROWSER_DEVICES__NOT_ADMINS, 0, 0);
	assert_err(ZT_ERR_FORBIDDEN, add_device(w, ALICE, page, false));
	assert_ok(add_device(w, ALICE, "", false)); /* a program */
	assert_ok(add_device(w, BOB, page, false));
	assert_ok(add_device(w, OTTO, page, false));
	w->p[CAROL].d.browser = (char *)(uintptr_t)page;
	assert_ok(add_user(w, ALICE, CAROL, false));
	w->p[CAROL].u.profile = ZT__PROFILE__ADMIN;
	assert_err(ZT_ERR_FORBIDDEN, add_user(w, ALICE, CAROL, false));
	w->p[CAROL].u.profile = ZT__PROFILE__STANDARD;
	settle(w, ZT__BROWSER_DEVICES__NOBODY, 0, 0);
	assert_err(ZT_ERR_FORBIDDEN, add_user(w, ALICE, CAROL, false));
	assert_err(ZT_ERR_FORBIDDEN, add_device(w, BOB, page, false));
	assert_err(ZT_ERR_FORBIDDEN, add_device(w, OTTO, page, false));
	assert_ok(add_device(w, OTTO, "", false));
	settle(w, ZT__BROWSER_DEVICES__EVERYBODY, 0, 0);
	assert_ok(add_user(w, ALICE, CAROL, true));
	assert_string_equal(page, org_state_device(w->o, &w->p[CAROL].device)->browser);
	assert_null(org_state_device(w->o, &w->p[BOB].device)->browser);
}

static void
L4_nobody_becomes_an_admin_beside_a_device_that_no_admin_may_have(void **state)
{
	struct world *w = *state;

	assert_ok(add_device(w, BOB, "https://zt.acme.example", true));
	assert_ok(set_profile(w, ALICE, BOB, ZT__PROFILE__ADMIN, false));
	settle(w, ZT__BROWSER_DEVICES__NOT_ADMINS, 0, 0);
	assert_err(ZT_ERR_FORBIDDEN, set_profile(w, ALICE, BOB, ZT__PROFILE__ADMIN, false));
	assert_ok(set_profile(w, ALICE, BOB, ZT__PROFILE__OUTSIDER, false));
	assert_ok(set_profile(w, ALICE, OTTO, ZT__PROFILE__ADMIN, false));
}

static void
L4_the_origin_of_a_browser_is_one(void **state)
{
	static const char *const good[] = { "https://zt.acme.example",
		"https://zt.acme.example:8443", "http://localhost", "http://127.0.0.1:8080",
		"http://zt-a1.localhost:65535", "http://[::1]:80", "https://[2001:db8::1]" };
	static const char *const bad[] = { "zt.acme.example", "https://", "https://zt.acme/",
		"https://ZT.acme.example", "http://zt.acme.example", "https://a:b@c",
		"https://a:0", "https://a:65536", "https://a:80:80",
		"https://a:", "https://a b", "https://a\n", "https://zt\xc3\xa9.example",
		"file://", "https://[::1", "https://.a", "http://localhost.evil.example",
		"http://127.0.0.1.evil.example", "http://10.0.0.1", "null" };
	struct world *w = *state;
	char long_one[8 + 256] = "https://";

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_ok(add_device(w, BOB, good[i], false));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_err(ZT_ERR_CORRUPT, add_device(w, BOB, bad[i], false));
	memset(long_one + 8, 'a', 247);
	assert_ok(add_device(w, BOB, long_one, false));
	long_one[255] = 'a';
	assert_err(ZT_ERR_CORRUPT, add_device(w, BOB, long_one, false));
}

static void
L4_workspaces_are_made_by_those_alone_whom_the_settings_let(void **state)
{
	struct world *w = *state;

	assert_ok(create_workspace(w, BOB, false));
	settle(w, 0, ZT__WORKSPACES_BY__ADMINS_ONLY, 0);
	assert_err(ZT_ERR_FORBIDDEN, create_workspace(w, BOB, false));
	assert_ok(create_workspace(w, ALICE, false));
	assert_err(ZT_ERR_FORBIDDEN, create_workspace(w, OTTO, false));
	settle(w, 0, ZT__WORKSPACES_BY__ADMINS_AND_STANDARD, 0);
	assert_ok(create_workspace(w, BOB, false));
	assert_err(ZT_ERR_FORBIDDEN, create_workspace(w, OTTO, false));
}

static void
draft_deletion(struct world *w, Zt__WorkspaceDeletion *m, uint64_t after, struct draft *d)
{
	zt__workspace_deletion__init(m);
	draft(w, ALICE, &w->workspace, d);
	m->due = d->b.time + after;
	d->b.action_case = ZT__ENTRY_BODY__ACTION_WORKSPACE_DELETION;
	d->b.workspace_deletion = m;
}

static enum zt_err
delete_after(struct world *w, uint64_t after)
{
	Zt__WorkspaceDeletion m;
	struct draft d;

	draft_deletion(w, &m, after, &d);
	return offer(w, w->p[ALICE].sign, &d.b, false);
}

static void
M_a_deletion_is_due_no_earlier_than_the_settings_say(void **state)
{
	struct world *w = *state;
	uint64_t day = LIMIT_DELETION_MS;

	assert_ok(delete_after(w, day));
	settle(w, 0, 0, 7 * day);
	assert_err(ZT_ERR_FORBIDDEN, delete_after(w, day));
	assert_err(ZT_ERR_FORBIDDEN, delete_after(w, 7 * day - 1));
	assert_ok(delete_after(w, 7 * day));
	settle(w, 0, 0, 0);
	assert_err(ZT_ERR_FORBIDDEN, delete_after(w, day - 1));
	assert_ok(delete_after(w, day));
}

/* Who is let into a workspace reads its entries when the organization's settings are newer. */
static void
M_an_entry_is_judged_by_the_settings_of_its_time(void **state)
{
	struct world *w = *state;
	uint64_t day = LIMIT_DELETION_MS, at = merkle_size(w->o->tree);
	Zt__WorkspaceDeletion m;
	struct draft d;
	struct entry *early = NULL, *late = NULL;
	const char *message;

	draft_deletion(w, &m, day, &d);
	assert_ok(entry_sign(w->p[ALICE].sign, &d.b, &early));
	assert_ok(merkle_add(w->o->tree, &early->leaf)); /* hidden from this device as yet */
	settle(w, 0, 0, 7 * day);
	assert_ok(rules_check(w->o, early, at, &message));
	draft_deletion(w, &m, day, &d);
	assert_ok(entry_sign(w->p[ALICE].sign, &d.b, &late));
	assert_ok(merkle_add(w->o->tree, &late->leaf));
	settle(w, 0, 0, 0);
	assert_err(ZT_ERR_FORBIDDEN, rules_check(w->o, late, at + 2, &message));
	assert_ok(delete_after(w, day));
	entry_free(early);
	entry_free(late);
}

static void
L4_settings_out_of_bounds_are_refused(void **state)
{
	static const uint8_t noise[] = { 0xff, 0xff, 0xff };
	struct world *w = *state;
	Zt__Settings m = ZT__SETTINGS__INIT;
	Zt__OrgSettings raw = ZT__ORG_SETTINGS__INIT;
	uint64_t day = LIMIT_DELETION_MS;
	struct draft d;

	assert_ok(offer_settings(w, ALICE, &m, false));
	assert_err(ZT_ERR_FORBIDDEN, offer_settings(w, BOB, &m, false));
	m.deletion_delay = day - 1;
	assert_err(ZT_ERR_CORRUPT, offer_settings(w, ALICE, &m, false));
	m.deletion_delay = 30 * day;
	assert_ok(offer_settings(w, ALICE, &m, false));
	m.deletion_delay++; /* or an admin could forbid every deletion */
	assert_err(ZT_ERR_CORRUPT, offer_settings(w, ALICE, &m, false));
	m.deletion_delay = 0;
	for (int unknown = -1; unknown <= 3; unknown += 4) {
		m.browser_devices = (Zt__BrowserDevices)unknown;
		assert_err(ZT_ERR_CORRUPT, offer_settings(w, ALICE, &m, false));
		m.browser_devices = 0;
		m.workspaces_by = (Zt__WorkspacesBy)unknown;
		assert_err(ZT_ERR_CORRUPT, offer_settings(w, ALICE, &m, false));
		m.workspaces_by = 0;
	}
	draft(w, ALICE, &w->org, &d);
	raw.settings = pb_field(noise, sizeof noise);
	d.b.action_case = ZT__ENTRY_BODY__ACTION_ORG_SETTINGS;
	d.b.org_settings = &raw;
	assert_err(ZT_ERR_CORRUPT, offer(w, w->p[ALICE].sign, &d.b, false));
}

/* Of two admins who change settings at once, one does it again, over what the other did. */
static void
L4_settings_made_over_older_ones_are_refused(void **state)
{
	struct world *w = *state;
	Zt__OrgSettings s = ZT__ORG_SETTINGS__INIT;
	struct draft d;

	draft(w, ALICE, &w->org, &d);
	d.b.action_case = ZT__ENTRY_BODY__ACTION_ORG_SETTINGS;
	d.b.org_settings = &s;
	assert_ok(offer(w, w->p[ALICE].sign, &d.b, false));
	settle(w, ZT__BROWSER_DEVICES__NOBODY, 0, 0);
	assert_err(ZT_ERR_CONFLICT, offer(w, w->p[ALICE].sign, &d.b, false));
}

static enum zt_err
pin(struct world *w, enum who by, ProtobufCBinaryData *list, size_t n, bool take)
{
	Zt__WebReleasePinned m = ZT__WEB_RELEASE_PINNED__INIT;
	struct draft d;

	m.manifests = list;
	m.n_manifests = n;
	draft(w, by, &w->org, &d);
	d.b.action_case = ZT__ENTRY_BODY__ACTION_WEB_RELEASE_PINNED;
	d.b.web_release_pinned = &m;
	return offer(w, w->p[by].sign, &d.b, take);
}

static void
W9_releases_are_pinned_by_admins_each_once_and_few(void **state)
{
	struct world *w = *state;
	struct hash h[LIMIT_RELEASES + 1];
	ProtobufCBinaryData list[LIMIT_RELEASES + 1];

	memset(h, 0, sizeof h);
	for (size_t i = 0; i <= LIMIT_RELEASES; i++) {
		h[i].b[0] = (uint8_t)i;
		list[i] = pb_field(h[i].b, HASH_BYTES);
	}
	assert_err(ZT_ERR_FORBIDDEN, pin(w, BOB, list, 1, false));
	assert_err(ZT_ERR_FORBIDDEN, pin(w, OTTO, list, 0, false));
	assert_err(ZT_ERR_LIMIT, pin(w, ALICE, list, LIMIT_RELEASES + 1, false));
	assert_ok(pin(w, ALICE, list, LIMIT_RELEASES, false));
	h[1].b[0] = 0;
	assert_err(ZT_ERR_CORRUPT, pin(w, ALICE, list, 2, false));
	h[1].b[0] = 1;
	list[1].len--;
	assert_err(ZT_ERR_CORRUPT, pin(w, ALICE, list, 2, false));
	list[1].len++;
	assert_ok(pin(w, ALICE, list, 2, true));
	assert_int_equal(2, w->o->release_count);
	assert_memory_equal(&h[1], &w->o->releases[1], sizeof h[1]);
	assert_ok(pin(w, ALICE, list + 2, 1, true)); /* in place of them */
	assert_int_equal(1, w->o->release_count);
	assert_memory_equal(&h[2], &w->o->releases[0], sizeof h[2]);
	assert_ok(pin(w, ALICE, NULL, 0, true));
	assert_int_equal(0, w->o->release_count);
}

int
main(void)
{
#define ROW(name) cmocka_unit_test_setup_teardown(name, begin, finish)
	const struct CMUnitTest tests[] = {
		ROW(L1_an_entry_dropped_reordered_repeated_or_altered_is_refused),
		ROW(L2_an_entry_of_another_topic_or_organization_is_refused),
		ROW(L3_an_entry_by_an_unknown_revoked_or_later_device_is_refused),
		ROW(L4_who_may_sign_what),
		ROW(L4_a_rotation_brings_along_older_keys_each_once_and_in_order),
		ROW(L5_a_head_with_a_bad_signature_or_of_another_organization_is_refused),
		ROW(L8_an_entry_whose_author_saw_another_history_is_refused),
		ROW(K2_K3_a_sealed_key_opens_only_for_its_subject_and_only_to_the_committed_key),
		ROW(L4_devices_in_a_browser_are_of_those_alone_whom_the_settings_let),
		ROW(L4_nobody_becomes_an_admin_beside_a_device_that_no_admin_may_have),
		ROW(L4_the_origin_of_a_browser_is_one),
		ROW(L4_workspaces_are_made_by_those_alone_whom_the_settings_let),
		ROW(M_a_deletion_is_due_no_earlier_than_the_settings_say),
		ROW(M_an_entry_is_judged_by_the_settings_of_its_time),
		ROW(L4_settings_out_of_bounds_are_refused),
		ROW(L4_settings_made_over_older_ones_are_refused),
		ROW(W9_releases_are_pinned_by_admins_each_once_and_few),
		cmocka_unit_test(L6_no_node_of_a_proof_can_be_flipped_lost_or_added),
		cmocka_unit_test(J1_whoever_stands_in_between_makes_the_codes_differ),
		cmocka_unit_test(
		    J2_J3_a_reveal_before_its_commitment_or_of_another_attempt_aborts),
	};

	return suite_init() != ZT_OK || cmocka_run_group_tests(tests, NULL, NULL);
}
