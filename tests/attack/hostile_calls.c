/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* hostile_calls.c - what a hostile member does with each call of the table: content that is
 * well formed and aimed at what others have. What a role may do by the log (an admin revokes
 * users, a manager removes members) is theirs, and is not tried. */
#include "hostile.h"

#include "crypto/envelope.h"
#include "crypto/suite.h"
#include "files/checkpoint.h"
#include "forge.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/append.h"
#include "log/sync.h"
#include "proto/auth.pb-c.h"
#include "proto/messages.pb-c.h"
#include "test.h"
#include "trust/keyring.h"

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

/* An admin freezes users, as an admin revokes them; another user does not. */
static void
freeze_oneself(struct setting *s, enum route r)
{
	Zt__Freeze m = ZT__FREEZE__INIT;

	m.user = pb_field(s->hostile.zt->user.b, ID_BYTES);
	m.is_frozen = true;
	assert_int_not_equal(ZT_OK, call(s, r, &m, NULL));
	(void)!call(s, r, NULL, NULL);
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

/* What is no message; and one that a colleague signed. */
static void
write_rubbish(struct setting *s, enum route r)
{
	struct workspace *w = workspace_here(s);
	struct route_params p = { .org = s->alice.zt->org, .id = s->id, .about = s->id };
	Zt__Message m = ZT__MESSAGE__INIT;
	Zt__Statement st = ZT__STATEMENT__INIT;
	uint8_t rubbish[SIGN_BYTES] = { 1 };

	if (w != NULL)
		p.id = p.about = w->w->id;
	m.statement = &st;
	assert_int_not_equal(ZT_OK, call(s, r, &m, &p));
	st.body = pb_field(rubbish, sizeof rubbish);
	st.signature = pb_field(rubbish, sizeof rubbish);
	m.sealed = pb_field(rubbish, sizeof rubbish);
	assert_int_not_equal(ZT_OK, call(s, r, &m, &p));
}

attack *const attacks[ROUTE_COUNT] = {
	[ROUTE_ORG_CREATE] = as_operator,
	[ROUTE_ORG_LIST] = as_operator,
	[ROUTE_ORG_SET] = as_operator,
	[ROUTE_ORG_ACCEPT] = as_operator,
	[ROUTE_ORG_LOSS] = as_operator,
	[ROUTE_ORG_USAGE] = as_operator,
	[ROUTE_CHAINS_ACCEPT] = as_operator,
	[ROUTE_CHAINS_LOSS] = as_operator,
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
	[ROUTE_OVERVIEW] = look,
	[ROUTE_FREEZE] = freeze_oneself,
	[ROUTE_PUSH] = push_rubbish,
	[ROUTE_CHAIN] = look,
	[ROUTE_MESSAGE_PUT] = write_rubbish,
	[ROUTE_MESSAGES] = look,
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
