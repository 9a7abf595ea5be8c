/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* hostile_test.c - one hostile member of each role makes every call of the table, with content
 * that is well formed and aimed at what others have; afterwards no honest one has lost a
 * workspace, a file, a name or the power to act, and a newcomer finds all of it (promise F12).
 *
 * The calls come from the route table: one that is added there fails here until somebody has
 * thought of what a hostile member does with it. What a role may do by the log (an admin
 * revokes users, a manager removes members) is theirs, and is not tried. */
#include <stdio.h>
#include <unistd.h>

#include "crypto/envelope.h"
#include "crypto/suite.h"
#include "forge.h"
#include "format/invite_link.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/append.h"
#include "log/handles.h"
#include "log/sync.h"
#include "proto/auth.pb-c.h"
#include "test.h"
#include "trust/checkpoint.h"
#include "trust/keyring.h"
#include "zt/recover.h"

enum role_of { READER, CONTRIBUTOR, OUTSIDER, MANAGER, ADMIN, ROLES };
static const char *const names[] = { "reader", "contributor", "outsider", "manager", "admin" };

enum { LARGE = 300 * 1024, PART = 200 };

struct setting {
	struct world *w;
	struct person alice, bob, dora; /* owner and admin, contributor, reader */
	struct person hostile;
	enum role_of role;
	char workspace[32];
	struct id id, block, invitation;
	struct hash block_hash;
	struct buf held; /* what is stored as that block */
	uint64_t before; /* the time at which all was well */
	uint8_t large[LARGE], part[PART];
};

typedef void attack(struct setting *s, enum route r);

/* One call of the hostile member's, in the organization and the workspace. */
static enum zt_err
call(struct setting *s, enum route r, const void *message, const struct route_params *at)
{
	struct route_params p = { .org = s->alice.zt->org, .id = s->id };
	struct buf body = buf_init(LIMIT_PUSH),
		   answer = buf_init(LIMIT_PAGE + LIMIT_BLOCK_WIRE);
	enum zt_err err;

	p.block = s->block;
	p.hash = s->block_hash;
	if (message != NULL)
		assert_ok(pb_encode(message, &body));
	err = session_call(
	    s->hostile.zt, r, at != NULL ? at : &p, NULL, buf_bytes(&body), &answer);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

/* ---- what a hostile member does with each call ---- */

/* A look takes nothing away; it is made all the same. */
static void
look(struct setting *s, enum route r)
{
	(void)!call(s, r, NULL, NULL);
}

/* The operator's calls, without the operator's token. */
static void
as_operator(struct setting *s, enum route r)
{
	Zt__OrgSet m = ZT__ORG_SET__INIT;

	m.sets_storage = m.sets_expires = m.sets_users = 1;
	m.storage = m.expires = m.users = 1;
	m.freeze = pb_field(s->alice.zt->user.b, ID_BYTES);
	assert_err(ZT_ERR_FORBIDDEN, call(s, r, r == ROUTE_ORG_SET ? &m : NULL, NULL));
}

static void
found_again(struct setting *s, enum route r)
{
	Zt__Bootstrap m = ZT__BOOTSTRAP__INIT;
	uint8_t guess[32] = { 1 };
	Zt__Statement st = ZT__STATEMENT__INIT;

	st.body = pb_field(guess, sizeof guess);
	m.token = pb_field(guess, sizeof guess);
	m.entry = &st;
	assert_int_not_equal(ZT_OK, call(s, r, &m, NULL));
}

/* Acts of the log against others, each beyond every role that is tried here. */
struct act {
	const struct setting *s;
	unsigned which;
	union {
		Zt__RoleChanged role;
		Zt__UserRevoked user;
		Zt__DeviceRevoked device;
		Zt__WorkspaceDeletion deletion;
		Zt__WorkspaceRenamed name;
		Zt__ProfileChanged profile;
		Zt__ChangesetVoided voided;
		Zt__KeyRotated key;
	} m;
	Zt__ChainPin pin;
	struct hash link;
	uint64_t position;
};
enum { ACTS = 7, ROTATION = ACTS };

static enum zt_err
fill_act(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	static uint8_t rubbish[ENVELOPE_WRAP_BYTES];
	struct act *a = ctx;
	struct zt *alice = a->s->alice.zt;

	switch (a->which) {
	case 0: /* the owner out of their workspace */
		zt__role_changed__init(&a->m.role);
		a->m.role.user = pb_field(alice->user.b, ID_BYTES);
		b->action_case = ZT__ENTRY_BODY__ACTION_ROLE_CHANGED;
		b->role_changed = &a->m.role;
		break;
	case 1: /* oneself its owner */
		zt__role_changed__init(&a->m.role);
		a->m.role.user = pb_field(a->s->hostile.zt->user.b, ID_BYTES);
		a->m.role.role = ZT__ROLE__OWNER;
		b->action_case = ZT__ENTRY_BODY__ACTION_ROLE_CHANGED;
		b->role_changed = &a->m.role;
		break;
	case 2:
		zt__workspace_deletion__init(&a->m.deletion);
		a->m.deletion.due = session_now_ms() + 1000;
		b->action_case = ZT__ENTRY_BODY__ACTION_WORKSPACE_DELETION;
		b->workspace_deletion = &a->m.deletion;
		break;
	case 3:
		zt__workspace_renamed__init(&a->m.name);
		a->m.name.sealed_name = pb_field(rubbish, sizeof rubbish);
		a->m.name.generation = 1;
		b->action_case = ZT__ENTRY_BODY__ACTION_WORKSPACE_RENAMED;
		b->workspace_renamed = &a->m.name;
		break;
	case 4:
		zt__changeset_voided__init(&a->m.voided);
		a->m.voided.position = 1;
		a->m.voided.link = pb_field(rubbish, HASH_BYTES);
		b->action_case = ZT__ENTRY_BODY__ACTION_CHANGESET_VOIDED;
		b->changeset_voided = &a->m.voided;
		break;
	case 5:
		zt__user_revoked__init(&a->m.user);
		a->m.user.user = pb_field(alice->user.b, ID_BYTES);
		b->action_case = ZT__ENTRY_BODY__ACTION_USER_REVOKED;
		b->user_revoked = &a->m.user;
		break;
	case ROTATION: /* to a key that nobody gets, under which no older one opens */
		zt__key_rotated__init(&a->m.key);
		zt__chain_pin__init(&a->pin);
		a->m.key.generation =
		    (uint32_t)org_state_workspace(z->state, &a->s->id)->generation_count + 1;
		a->m.key.key_commitment = pb_field(rubbish, HASH_BYTES);
		a->m.key.previous_sealed = pb_field(rubbish, sizeof rubbish);
		a->m.key.sealed_name = pb_field(rubbish, sizeof rubbish);
		a->pin.position = a->position;
		a->pin.link = pb_field(a->link.b, HASH_BYTES);
		a->m.key.pin = &a->pin;
		b->action_case = ZT__ENTRY_BODY__ACTION_KEY_ROTATED;
		b->key_rotated = &a->m.key;
		break;
	default:
		zt__profile_changed__init(&a->m.profile);
		a->m.profile.user = pb_field(a->s->hostile.zt->user.b, ID_BYTES);
		a->m.profile.profile = ZT__PROFILE__ADMIN;
		b->action_case = ZT__ENTRY_BODY__ACTION_PROFILE_CHANGED;
		b->profile_changed = &a->m.profile;
		break;
	}
	return ZT_OK;
}

/* A manager may rotate, and so spoil the newest key: until the owner rotates again. */
static void
rotate_to_nobody(struct setting *s)
{
	struct workspace *w = person_workspace(&s->hostile, s->workspace);
	struct act a = {
		.s = s, .which = ROTATION, .position = w->chain.position, .link = w->chain.link
	};

	assert_ok(log_append(s->hostile.zt, &s->id, fill_act, &a));
	assert_ok(zt_sync(s->alice.zt));
	assert_ok(zt_workspace_rotate(s->alice.zt, s->workspace));
}

static void
act_against_others(struct setting *s, enum route r)
{
	for (unsigned i = 0; i < ACTS; i++) {
		struct act a = { .s = s, .which = i };
		bool of_org = i >= 5;
		Zt__AppendRequest m = ZT__APPEND_REQUEST__INIT;
		Zt__Statement st;
		struct entry *e = NULL;

		if ((s->role == ADMIN && of_org) || (s->role == MANAGER && i == 3))
			continue; /* what the role may do */
		assert_ok(zt_sync(s->hostile.zt));
		if (log_sign_act(
			s->hostile.zt, of_org ? &s->alice.zt->org : &s->id, fill_act, &a, &e))
			continue; /* it does not even see that topic */
		st = statement_message(&e->stmt);
		m.entry = &st;
		assert_int_not_equal(ZT_OK, call(s, r, &m, NULL));
		entry_free(e);
	}
	if (s->role == MANAGER)
		rotate_to_nobody(s);
}

static void
bring_back_the_log(struct setting *s, enum route r)
{
	Zt__LogRepair m = ZT__LOG_REPAIR__INIT;
	struct act a = { .s = s, .which = 5 };
	Zt__Statement *head = NULL, st, *one[] = { &st };
	struct entry *e = NULL;

	assert_ok(zt_sync(s->hostile.zt));
	assert_ok(log_kept_head(s->hostile.zt, &head));
	assert_ok(log_sign_act(s->hostile.zt, &s->alice.zt->org, fill_act, &a, &e));
	st = statement_message(&e->stmt);
	m.entries = one;
	m.n_entries = 1;
	m.head = head;
	m.from = merkle_size(s->hostile.zt->state->tree);
	assert_int_not_equal(ZT_OK, call(s, r, &m, NULL));
	entry_free(e);
	pb_free(head);
}

static void
disclose_rubbish(struct setting *s, enum route r)
{
	const struct person *all[] = { &s->alice, &s->bob, &s->dora, &s->hostile };
	Zt__Disclosures m = ZT__DISCLOSURES__INIT;
	Zt__Disclosure d[16], *list[16];
	uint8_t rubbish[200];

	random_bytes(rubbish, sizeof rubbish);
	for (size_t i = 0; i < 16; i++) {
		zt__disclosure__init(list[m.n_items++] = &d[i]);
		d[i].recipient = pb_field(all[i / 4]->zt->user.b, ID_BYTES);
		d[i].subject = pb_field(all[i % 4]->zt->user.b, ID_BYTES);
		d[i].sealed = pb_field(rubbish, sizeof rubbish);
	}
	m.items = list;
	(void)!call(s, r, &m, NULL);
}

/* Another's invitation: made again, mailed, ended, greeted, claimed. */
static void
spoil_invitation(struct setting *s, enum route r)
{
	struct route_params p = { .org = s->alice.zt->org, .id = s->invitation };
	Zt__Invitation put = ZT__INVITATION__INIT;
	Zt__InvitationEnd end = ZT__INVITATION_END__INIT;
	Zt__InvitationMail mail = ZT__INVITATION_MAIL__INIT;
	Zt__ExchangePut talk = ZT__EXCHANGE_PUT__INIT;
	uint8_t attempt[ID_BYTES] = { 3 }, message[100] = { 0 };

	put.kind = ZT__INVITATION_KIND__DEVICE;
	mail.email = (char *)(uintptr_t) "mallory@test.example";
	talk.attempt = pb_field(attempt, sizeof attempt);
	talk.message = pb_field(message, sizeof message);
	(void)!call(s, r,
	    r == ROUTE_INVITE           ? (void *)&put
	    : r == ROUTE_INVITATION_END ? (void *)&end
	    : r == ROUTE_INVITE_MAIL    ? (void *)&mail
					: (void *)&talk,
	    &p);
	talk.abort = 1;
	if (r == ROUTE_GREET || r == ROUTE_CLAIM)
		(void)!call(s, r, &talk, &p);
}

static void
ask_pki(struct setting *s, enum route r)
{
	struct route_params p = { .org = s->alice.zt->org };
	Zt__Bootstrap some = ZT__BOOTSTRAP__INIT; /* any message that is no request */

	random_bytes(p.id.b, ID_BYTES);
	(void)!call(s, r, r == ROUTE_PKI_ASK || r == ROUTE_PKI_END ? &some : NULL, &p);
}

/* Parts of recoveries in the names of others, for those who hold good ones. */
static void
leave_false_parts(struct setting *s, enum route r)
{
	Zt__RecoveryParts m = ZT__RECOVERY_PARTS__INIT;
	Zt__RecoveryPart part = ZT__RECOVERY_PART__INIT, *list[] = { &part };
	uint8_t rubbish[PART];

	random_bytes(rubbish, sizeof rubbish);
	part.owner = pb_field(s->bob.zt->user.b, ID_BYTES);
	part.device = pb_field(s->bob.zt->device.b, ID_BYTES);
	part.helper = pb_field(s->alice.zt->user.b, ID_BYTES);
	part.sealed = pb_field(rubbish, sizeof rubbish);
	m.items = list;
	m.n_items = 1;
	(void)!call(s, r, &m, NULL);
}

static struct workspace *
workspace_here(struct setting *s)
{
	return s->role == ADMIN ? NULL : person_workspace(&s->hostile, s->workspace);
}

/* The root folder as rubbish, and with everything out of it; and what another one signed. */
static void
push_rubbish(struct setting *s, enum route r)
{
	struct workspace *w = workspace_here(s);
	struct workspace_version v;
	struct forged_file file;
	struct forged_change c = { .raw = bytes_text("no manifest at all") };
	struct forged f;

	(void)r;
	forge_file(&file, "of the owner, they say");
	if (w != NULL) {
		assert_ok(workspace_version(w, &s->id, 0, &v));
		c.vlob = s->id;
		c.version = v.version + 1;
		c.prev = &v.pins.object;
		forge_changeset(&s->hostile, w, &c, 1, (unsigned)w->w->generation_count, &f);
		assert_int_equal(s->role != READER, forged_send(&s->hostile, w, &f) == ZT_OK);
		forged_free(&f);
	}
	w = person_workspace(&s->alice, s->workspace);
	c = (struct forged_change){ .version = 1, .m = &file.m };
	random_bytes(c.vlob.b, ID_BYTES);
	forge_changeset(&s->alice, w, &c, 1, (unsigned)w->w->generation_count, &f);
	assert_int_not_equal(ZT_OK, forged_send(&s->hostile, w, &f));
	forged_free(&f);
}

/* The workspace holds one object at its newest place, says a checkpoint of the hostile one's.
 */
static void
misstate_checkpoint(struct setting *s, enum route r)
{
	struct workspace *w = person_workspace(&s->alice, s->workspace);
	struct zt *z = s->hostile.zt;
	struct checkpoint_entry e = { s->id, w->chain.position, 1 };
	uint8_t entries[CHECKPOINT_ENTRY_BYTES];
	struct checkpoint c = { .org = z->org,
		.workspace = s->id,
		.author = z->device,
		.position = w->chain.position,
		.link = w->chain.link,
		.count = 1,
		.seen_size = merkle_size(z->state->tree),
		.time = session_now_ms() };
	Zt__CheckpointRequest m = ZT__CHECKPOINT_REQUEST__INIT;
	struct buf body = buf_init(4096);
	struct statement st;
	Zt__Statement message;

	checkpoint_pack(&e, entries);
	assert_ok(merkle_root(z->state->tree, c.seen_size, &c.seen_root));
	assert_ok(
	    checkpoint_root(bytes_of(entries, sizeof entries), w->chain.position, &c.root));
	assert_ok(checkpoint_sign(z->sign, &c, &body, &st));
	message = statement_message(&st);
	m.statement = &message;
	m.entries = pb_field(entries, sizeof entries);
	(void)!call(s, r, &m, NULL);
	buf_free(&body);
}

static void
rewrap_rubbish(struct setting *s, enum route r)
{
	struct workspace *w = person_workspace(&s->alice, s->workspace);
	Zt__RewrapRequest m = ZT__REWRAP_REQUEST__INIT;
	Zt__Rewrapped one[8], *list[8];
	uint8_t rubbish[ENVELOPE_WRAP_BYTES];

	random_bytes(rubbish, sizeof rubbish);
	m.generation = (uint32_t)w->w->generation_count;
	for (size_t i = 0; i < 8; i++) {
		zt__rewrapped__init(list[m.n_items++] = &one[i]);
		one[i].vlob = pb_field(s->id.b, ID_BYTES);
		one[i].version = i + 1;
		one[i].wrap = pb_field(rubbish, sizeof rubbish);
	}
	m.items = list;
	(void)!call(s, r, &m, NULL);
	m.finish = 1;
	assert_int_not_equal(ZT_OK, call(s, r, &m, NULL));
}

/* What is there, with wraps of rubbish; and links that lead nowhere. */
static void
repair_with_rubbish(struct setting *s, enum route r)
{
	Zt__RepairRequest m = ZT__REPAIR_REQUEST__INIT;
	Zt__RepairLinks links = ZT__REPAIR_LINKS__INIT;
	struct buf push = buf_init(LIMIT_PUSH);

	assert_ok(
	    store_get(s->alice.zt->store, STORE_PUSH, bytes_of(s->id.b, ID_BYTES), 1, &push));
	assert_ok(
	    pb_decode(&zt__push_request__descriptor, buf_bytes(&push), LIMIT_PUSH, &m.push));
	for (size_t i = 0; i < m.push->n_objects; i++)
		if (m.push->objects[i]->wrap.len > 0)
			random_bytes(
			    m.push->objects[i]->wrap.data, m.push->objects[i]->wrap.len);
	m.position = 1;
	links.last = 1;
	links.statements = &m.push->changeset->statement;
	links.n_statements = 1;
	(void)!call(s, r, r == ROUTE_REPAIR ? (void *)&m : (void *)&links, NULL);
	pb_free(m.push);
	buf_free(&push);
}

/* A key that is none, sealed to each honest member. */
static void
deposit_rubbish(struct setting *s, enum route r)
{
	struct person *all[] = { &s->alice, &s->bob, &s->dora };
	struct zt *z = s->hostile.zt;
	Zt__SealedKeys m = ZT__SEALED_KEYS__INIT;
	Zt__Statement one[3], *list[3];
	struct statement st[3];
	struct buf body[3];
	struct secret *rubbish = NULL;

	assert_ok(zt_sync(z));
	assert_ok(secret_generate(&rubbish));
	for (size_t i = 0; i < 3; i++) {
		const struct org_user *u = org_state_user(z->state, &all[i]->zt->user);
		struct keyring_subject subject = { .org = z->org,
			.workspace = s->id,
			.generation = 1,
			.user = u->id,
			.user_generation = u->key_generation };

		body[i] = buf_init(4096);
		assert_ok(keyring_seal(
		    z->sign, &z->device, &subject, u->key, rubbish, &body[i], &st[i]));
		one[i] = statement_message(&st[i]);
		list[i] = &one[i];
	}
	m.keys = list;
	m.n_keys = 3;
	(void)!call(s, r, &m, NULL);
	secret_free(rubbish);
	for (size_t i = 0; i < 3; i++)
		buf_free(&body[i]);
}

/* Other bytes in the place of a stored block. */
static void
overwrite_block(struct setting *s, enum route r)
{
	struct route_params p = { .org = s->alice.zt->org, .id = s->id, .block = s->block };
	struct buf answer = buf_init(64);
	struct bytes other = bytes_text("other bytes");

	hash_block(other, &p.hash);
	assert_int_not_equal(ZT_OK, session_call(s->hostile.zt, r, &p, NULL, other, &answer));
	p.hash = s->block_hash;
	assert_int_not_equal(ZT_OK, session_call(s->hostile.zt, r, &p, NULL, other, &answer));
	buf_free(&answer);
}

static void
ask_twice(struct setting *s, enum route r)
{
	Zt__ObjectAsk ask = ZT__OBJECT_ASK__INIT, *asks[] = { &ask, &ask };
	Zt__ObjectsRequest m = ZT__OBJECTS_REQUEST__INIT;

	ask.vlob = pb_field(s->id.b, ID_BYTES);
	ask.version = 1;
	m.asks = asks;
	m.n_asks = 2;
	assert_int_not_equal(ZT_OK, call(s, r, &m, NULL));
}

static attack *const attacks[ROUTE_COUNT] = {
	[ROUTE_ORG_CREATE] = as_operator,
	[ROUTE_ORG_LIST] = as_operator,
	[ROUTE_ORG_SET] = as_operator,
	[ROUTE_ORG_ACCEPT] = as_operator,
	[ROUTE_ORG_USAGE] = as_operator,
	[ROUTE_CHAINS_ACCEPT] = as_operator,
	[ROUTE_BOOTSTRAP] = found_again,
	[ROUTE_LOG_APPEND] = act_against_others,
	[ROUTE_LOG_READ] = look,
	[ROUTE_LOG_REPAIR] = bring_back_the_log,
	[ROUTE_TOPIC_READ] = look,
	[ROUTE_DISCLOSE] = disclose_rubbish,
	[ROUTE_DISCLOSURES] = look,
	[ROUTE_INVITE] = spoil_invitation,
	[ROUTE_INVITATIONS] = look,
	[ROUTE_INVITATION_END] = spoil_invitation,
	[ROUTE_INVITE_MAIL] = spoil_invitation,
	[ROUTE_GREET] = spoil_invitation,
	[ROUTE_CLAIM] = spoil_invitation,
	[ROUTE_PKI_ASK] = ask_pki,
	[ROUTE_PKI_STATE] = ask_pki,
	[ROUTE_PKI_LIST] = ask_pki,
	[ROUTE_PKI_END] = ask_pki,
	[ROUTE_RECOVERY_PUT] = leave_false_parts,
	[ROUTE_RECOVERY_GET] = look,
	[ROUTE_PUSH] = push_rubbish,
	[ROUTE_CHAIN] = look,
	[ROUTE_OBJECTS] = ask_twice,
	[ROUTE_CHECKPOINT_PUT] = misstate_checkpoint,
	[ROUTE_CHECKPOINTS] = look,
	[ROUTE_CHECKPOINT] = look,
	[ROUTE_REWRAP] = rewrap_rubbish,
	[ROUTE_REPAIR] = repair_with_rubbish,
	[ROUTE_REPAIR_LINKS] = repair_with_rubbish,
	[ROUTE_KEYS_PUT] = deposit_rubbish,
	[ROUTE_KEYS_GET] = look,
	[ROUTE_BLOCK_PUT] = overwrite_block,
	[ROUTE_BLOCK_GET] = look,
	[ROUTE_EVENTS] = look,
};

/* ---- what honest ones have, before and after ---- */

static void
put(struct person *p, const char *workspace, const char *name, const void *content, size_t n)
{
	char *path = world_file(p->w, "content", content, n), remote[64];

	(void)snprintf(remote, sizeof remote, "%s:/%s", workspace, name);
	assert_ok(zt_put(p->zt, path, remote, NULL, NULL));
	free(path);
}

static void
expect(struct person *p, const char *workspace, const char *name, const void *content, size_t n)
{
	char *path = world_file(p->w, "back", "", 0), remote[64];
	uint8_t *got = malloc(n + 1);
	FILE *f;

	assert_non_null(got);
	(void)snprintf(remote, sizeof remote, "%s:/%s", workspace, name);
	f = fopen(path, "w+e");
	assert_non_null(f);
	assert_ok(zt_cat(p->zt, remote, 0, fileno(f)));
	rewind(f);
	assert_int_equal(n, fread(got, 1, n + 1, f));
	assert_memory_equal(content, got, n);
	(void)fclose(f);
	free(got);
	free(path);
}

/* P's device, which forgets what it knew of the others, finds their names again. */
static void
expect_names(struct setting *s, struct person *p)
{
	struct person *all[] = { &s->alice, &s->bob, &s->dora };
	struct log_handle h;

	for (size_t i = 0; i < 3; i++)
		assert_ok(store_delete(
		    p->zt->store, STORE_HANDLE, bytes_of(all[i]->zt->user.b, ID_BYTES), 0));
	assert_ok(log_sync_handles(p->zt));
	for (size_t i = 0; i < 3; i++) {
		log_handle(p->zt, &all[i]->zt->user, &h);
		assert_string_equal(all[i]->email, h.email);
	}
}

/* The part of BOB's recovery that alice holds. */
static void
part_of_bob(struct setting *s, uint8_t out[PART])
{
	struct route_params p = { .org = s->alice.zt->org };
	struct buf answer = buf_init(LIMIT_PAGE);
	Zt__RecoveryParts *m = NULL;
	bool found = false;

	assert_ok(session_call(
	    s->alice.zt, ROUTE_RECOVERY_GET, &p, NULL, bytes_of(NULL, 0), &answer));
	assert_ok(
	    pb_decode(&zt__recovery_parts__descriptor, buf_bytes(&answer), LIMIT_PAGE, &m));
	for (size_t i = 0; i < m->n_items; i++)
		if (memcmp(m->items[i]->owner.data, s->bob.zt->user.b, ID_BYTES) == 0 &&
		    memcmp(m->items[i]->device.data, s->bob.zt->device.b, ID_BYTES) != 0) {
			memset(out, 0, PART);
			memcpy(out, m->items[i]->sealed.data,
			    m->items[i]->sealed.len < PART ? m->items[i]->sealed.len : PART);
			found = true;
		}
	assert_true(found);
	pb_free(m);
	buf_free(&answer);
}

struct open {
	const struct id *id;
	bool found;
};

static void
find_open(void *ctx, const struct zt_invitation *i)
{
	struct open *o = ctx;
	char text[ID_TEXT];

	id_print(o->id, text);
	o->found = o->found || (strcmp(text, i->id) == 0 && strcmp(i->state, "open") == 0);
}

static void
expect_all(struct setting *s)
{
	struct person *all[] = { &s->alice, &s->bob, &s->dora };
	struct route_params p = { .org = s->alice.zt->org, .id = s->id, .block = s->block };
	struct open open = { .id = &s->invitation };
	struct buf block = buf_init(LIMIT_BLOCK_WIRE);
	struct person newcomer;
	uint8_t part[PART];
	char name[32], root[40];

	for (size_t i = 0; i < 3; i++) {
		assert_ok(zt_sync(all[i]->zt));
		expect_names(s, all[i]);
	}
	assert_ok(zt_maintain_keys(s->alice.zt, NULL)); /* what a loss of access asks for */
	(void)snprintf(root, sizeof root, "%s:/", s->workspace);
	if (s->role == CONTRIBUTOR || s->role == MANAGER || s->role == OUTSIDER)
		assert_ok(zt_restore(s->alice.zt, root, 0, s->before)); /* they may write */
	for (size_t i = 0; i < 3; i++) {
		expect(all[i], s->workspace, "small", "small", 5);
		expect(all[i], s->workspace, "large", s->large, LARGE);
	}
	put(&s->bob, s->workspace, "more", "of bob", 6);
	put(&s->alice, s->workspace, "small2", "of alice", 8);
	expect(&s->dora, s->workspace, "more", "of bob", 6);
	part_of_bob(s, part);
	assert_memory_equal(s->part, part, PART);
	assert_ok(
	    session_call(s->bob.zt, ROUTE_BLOCK_GET, &p, NULL, bytes_of(NULL, 0), &block));
	assert_true(bytes_equal(buf_bytes(&s->held), buf_bytes(&block)));
	assert_ok(zt_invitations(s->alice.zt, find_open, &open));
	assert_true(open.found);
	(void)snprintf(name, sizeof name, "new-%s", names[s->role]);
	world_join(&s->alice, &newcomer, name, "standard");
	assert_ok(zt_workspace_share(s->alice.zt, s->workspace, newcomer.email, "contributor"));
	expect(&newcomer, s->workspace, "small", "small", 5);
	expect(&newcomer, s->workspace, "large", s->large, LARGE);
	put(&newcomer, s->workspace, "new", "of the newcomer", 15);
	expect(&s->bob, s->workspace, "new", "of the newcomer", 15);
	expect_names(s, &newcomer);
	assert_ok(zt_workspace_unshare(s->alice.zt, s->workspace, newcomer.email));
	person_close(&newcomer);
	if (s->role != ADMIN) /* and the owner has the last word */
		assert_ok(zt_workspace_unshare(s->alice.zt, s->workspace, s->hostile.email));
	buf_free(&block);
}

/* ---- the tests ---- */

static void
store_block(struct setting *s)
{
	struct route_params p = { .org = s->alice.zt->org, .id = s->id };
	struct buf answer = buf_init(64);

	buf_empty(&s->held);
	buf_add_text(&s->held, "what a block holds is nobody's business here");
	hash_block(buf_bytes(&s->held), &s->block_hash);
	random_bytes(s->block.b, ID_BYTES);
	p.block = s->block;
	p.hash = s->block_hash;
	assert_ok(
	    session_call(s->alice.zt, ROUTE_BLOCK_PUT, &p, NULL, buf_bytes(&s->held), &answer));
	buf_free(&answer);
}

static void
prepare(struct setting *s, enum role_of role)
{
	struct invite_link link;
	char text[1024];

	s->role = role;
	(void)snprintf(s->workspace, sizeof s->workspace, "beside-%s", names[role]);
	world_join(&s->alice, &s->hostile, names[role],
	    role == ADMIN      ? "admin"
	    : role == OUTSIDER ? "outsider"
			       : "standard");
	assert_ok(zt_workspace_create(s->alice.zt, s->workspace));
	put(&s->alice, s->workspace, "small", "small", 5);
	put(&s->alice, s->workspace, "large", s->large, LARGE);
	assert_ok(zt_workspace_share(s->alice.zt, s->workspace, s->bob.email, "contributor"));
	assert_ok(zt_workspace_share(s->alice.zt, s->workspace, s->dora.email, "reader"));
	if (role != ADMIN)
		assert_ok(zt_workspace_share(s->alice.zt, s->workspace, s->hostile.email,
		    role == MANAGER  ? "manager"
		    : role == READER ? "reader"
				     : "contributor"));
	s->id = person_workspace(&s->alice, s->workspace)->w->id;
	store_block(s);
	assert_ok(zt_invite(s->alice.zt, ZT_INVITE_USER, text));
	assert_ok(invite_link_parse(text, &link));
	s->invitation = link.invitation;
	part_of_bob(s, s->part);
	s->before = session_now_ms();
	(void)usleep(2000); /* what comes now is younger */
}

static void
run(struct setting *s, enum role_of role)
{
	prepare(s, role);
	for (size_t r = 0; r < ROUTE_COUNT; r++) {
		if (attacks[r] == NULL)
			fail_msg("%s: nobody has thought of a hostile member's",
			    route_row((enum route)r)->name);
		attacks[r](s, (enum route)r);
	}
	expect_all(s);
	person_close(&s->hostile);
}

#define EACH(role, name)                                                                       \
	static void name(void **state)                                                         \
	{                                                                                      \
		run(*state, role);                                                             \
	}
EACH(READER, F12_a_hostile_reader_takes_nothing_from_others)
EACH(CONTRIBUTOR, F12_a_hostile_contributor_takes_nothing_from_others)
EACH(OUTSIDER, F12_a_hostile_outsider_takes_nothing_from_others)
EACH(MANAGER, F12_a_hostile_manager_takes_nothing_from_others)
EACH(ADMIN, F12_a_hostile_admin_takes_nothing_from_others)

static int
begin(void **state)
{
	struct setting *s = calloc(1, sizeof *s);
	const char *helpers[2];

	assert_non_null(s);
	s->held = buf_init(1024);
	random_bytes(s->large, sizeof s->large);
	s->w = world_begin();
	world_found(s->w, &s->alice, "alice");
	world_join(&s->alice, &s->bob, "bob", "standard");
	world_join(&s->alice, &s->dora, "dora", "standard");
	helpers[0] = s->alice.email;
	helpers[1] = s->dora.email;
	assert_ok(zt_sync(s->bob.zt));
	assert_ok(zt_recovery_colleagues(
	    s->bob.zt, &(struct zt_split){ .users = helpers, .count = 2, .need = 2 }, NULL));
	*state = s;
	return 0;
}

static int
end(void **state)
{
	struct setting *s = *state;

	person_close(&s->alice);
	person_close(&s->bob);
	person_close(&s->dora);
	buf_free(&s->held);
	world_end(s->w);
	free(s);
	assert_int_equal(0, secret_live());
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(F12_a_hostile_reader_takes_nothing_from_others),
		cmocka_unit_test(F12_a_hostile_contributor_takes_nothing_from_others),
		cmocka_unit_test(F12_a_hostile_outsider_takes_nothing_from_others),
		cmocka_unit_test(F12_a_hostile_manager_takes_nothing_from_others),
		cmocka_unit_test(F12_a_hostile_admin_takes_nothing_from_others),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, begin, end);
}
