/* SPDX-License-Identifier: Apache-2.0 */
/* rotate.c - a workspace's next key: after a loss of access, because somebody wants it, or to
 * bring along older keys that a rotation left behind (docs/protocol.md). */
#include "workspace/rotate.h"

#include <stdlib.h>

#include "chain/chain.h"
#include "chain/keys.h"
#include "chain/records.h"
#include "chain/workspace.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/append.h"
#include "log/sync.h"
#include "session/session.h"
#include "topic/pin.h"
#include "trust/keyring.h"
#include "workspace/verbs.h"
#include "workspace/workspace.h"
#include "zt/workspace.h"

struct rotation {
	struct id workspace;
	struct secret *key;
	struct hash commitment, link;
	struct buf previous, name;
	Zt__ChainPin pin;
	struct topic_pins topics;
	Zt__KeyRotated m;
	Zt__OlderKey older[LIMIT_OLDER], *list[LIMIT_OLDER];
	struct buf sealed[LIMIT_OLDER]; /* of those */
};

static void
empty_rotation(struct rotation *r)
{
	buf_free(&r->previous);
	buf_free(&r->name);
	for (size_t i = 0; i < LIMIT_OLDER; i++)
		buf_free(&r->sealed[i]);
}

/* Seals under the new key the previous key, and the older ones that no rotation reaches. A
 * rotation without the previous key is allowed (its author sealed it to nobody, or the server
 * withholds it): a device that has that key includes it in the next rotation. */
static enum zt_err
add_unreachable(struct workspace *s, struct rotation *r, unsigned next)
{
	unsigned unreachable[LIMIT_OLDER];
	const struct secret *old;
	size_t n;
	enum zt_err err = workspace_key(s, next - 1, &old);

	if (err == ZT_OK)
		err = keyring_seal_older(r->key, &r->workspace, next, old, &r->previous);
	else if (err == ZT_ERR_MISSING_KEY || err == ZT_ERR_KEY)
		err = ZT_OK;
	if (err || (err = workspace_unreachable_keys(s, unreachable, &n)))
		return err;
	for (size_t i = 0; err == ZT_OK && i < n; i++) {
		r->sealed[i] = buf_init(256);
		if ((err = workspace_key(s, unreachable[i], &old)) == ZT_OK)
			err =
			    keyring_seal_older(r->key, &r->workspace, next, old, &r->sealed[i]);
		zt__older_key__init(&r->older[i]);
		r->older[i].generation = unreachable[i];
		r->older[i].sealed = pb_field(r->sealed[i].p, r->sealed[i].n);
		r->list[i] = &r->older[i];
	}
	zt__key_rotated__init(&r->m);
	r->m.previous_sealed = pb_field(r->previous.p, r->previous.n);
	r->m.older = r->list;
	r->m.n_older = n;
	s->z->message[0] = 0;
	return err;
}

/* Syncs the chain as far as it is valid: a colleague's invalid changeset must not prevent
 * their removal. */
static enum zt_err
sync_as_far(struct workspace *s)
{
	enum zt_err err = workspace_sync_fresh(s);

	return s->is_refused ? ZT_OK : err;
}

static enum zt_err
fill_pin(struct workspace *s, struct hash *link, Zt__ChainPin *out)
{
	uint64_t position = 0;
	enum zt_err err = judge_pin(s, &position, link);

	zt__chain_pin__init(out);
	out->position = position;
	if (position > 0)
		out->link = pb_field(link->b, HASH_BYTES);
	return err;
}

/* From the state as it is now: the chain up to the pin is what counts of those who lost access.
 */
static enum zt_err
fill_rotation(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	struct rotation *r = ctx;
	struct workspace *s = NULL;
	char name[260];
	unsigned next;
	enum zt_err err;

	if ((err = workspace_of(z, org_state_workspace(z->state, &r->workspace), &s)) ||
	    (err = sync_as_far(s)))
		return err;
	next = (unsigned)s->w->generation_count + 1;
	empty_rotation(r);
	workspace_name(s, name);
	if ((err = add_unreachable(s, r, next)) ||
	    (err = keyring_seal_name(r->key, &r->workspace, next, bytes_text(name), &r->name)))
		return err;
	if ((err = fill_pin(s, &r->link, &r->pin)) ||
	    (err = topic_add_pins(s, true, &r->topics, &r->pin)))
		return err;
	r->m.generation = next;
	r->m.key_commitment = pb_field(r->commitment.b, HASH_BYTES);
	r->m.sealed_name = pb_field(r->name.p, r->name.n);
	r->m.pin = &r->pin;
	b->action_case = ZT__ENTRY_BODY__ACTION_KEY_ROTATED;
	b->key_rotated = &r->m;
	return store_put(z->store, STORE_KEY, bytes_of(r->workspace.b, ID_BYTES), next,
	    secret_bytes(r->key));
}

static enum zt_err
deposit_to_all(struct zt *z, const struct id *workspace, const struct secret *key)
{
	struct org_workspace *w = org_state_workspace(z->state, workspace);
	struct org_user **users = calloc(w->member_count + 1, sizeof(struct org_user *));
	size_t n = 0;
	enum zt_err err;

	if (users == NULL)
		return ZT_ERR_MEMORY;
	for (size_t i = 0; i < w->member_count; i++)
		if (org_state_role(w, w->members[i]->user, ORG_NEVER) != ROLE_NONE)
			users[n++] = w->members[i]->user;
	err = workspace_deposit(z, w, key, users, n);
	free(users);
	return err;
}

/* The same, unless someone else was faster. */
static enum zt_err
fill_needed_rotation(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	const struct rotation *r = ctx;

	if (!org_state_needs_rotation(org_state_workspace(z->state, &r->workspace), ORG_NEVER))
		return ZT_ERR_EXISTS;
	return fill_rotation(z, ctx, b);
}

static enum zt_err
begin_rotation(const struct id *workspace, struct rotation *r)
{
	enum zt_err err;

	*r = (struct rotation){
		.workspace = *workspace, .previous = buf_init(256), .name = buf_init(1024)
	};
	if ((err = secret_generate(&r->key)) == ZT_OK)
		keyring_commit(r->key, &r->commitment);
	return err;
}

static void
end_rotation(struct rotation *r)
{
	secret_free(r->key);
	empty_rotation(r);
}

static enum zt_err
rotate(struct zt *z, const struct id *workspace, log_fill *fill)
{
	struct rotation r;
	enum zt_err err = begin_rotation(workspace, &r);

	if (err)
		return err;
	if ((err = log_append(z, workspace, fill, &r)) == ZT_OK)
		err = deposit_to_all(z, workspace, r.key);
	end_rotation(&r);
	return err;
}

/* ---- a role changes ---- */

struct role_act {
	struct id workspace, user;
	struct hash link;
	Zt__ChainPin pin;
	struct topic_pins topics;
	Zt__RoleChanged m;
};

/* A user who loses the right to write: their changesets verified here count, later ones do
 * not. */
static enum zt_err
fill_role(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	struct role_act *r = ctx;
	struct org_workspace *w = org_state_workspace(z->state, &r->workspace);
	const struct org_user *u = org_state_user(z->state, &r->user);
	struct workspace *s;
	enum zt_err err;

	r->m.pin = NULL;
	if (w != NULL && u != NULL && org_state_role(w, u, ORG_NEVER) >= ROLE_CONTRIBUTOR &&
	    r->m.role < ZT__ROLE__CONTRIBUTOR) {
		if ((err = workspace_of(z, w, &s)) || (err = sync_as_far(s)))
			return err;
		zt__chain_pin__init(&r->pin);
		r->link = s->chain.link;
		if ((r->pin.position = s->chain.position) > 0)
			r->pin.link = pb_field(r->link.b, HASH_BYTES);
		if ((err = topic_add_pins(s, false, &r->topics, &r->pin)))
			return err;
		r->m.pin = &r->pin;
	}
	b->action_case = ZT__ENTRY_BODY__ACTION_ROLE_CHANGED;
	b->role_changed = &r->m;
	return ZT_OK;
}

static struct role_act
role_act(const struct id *workspace, const struct id *user, enum role role)
{
	struct role_act act = { .workspace = *workspace, .user = *user };

	zt__role_changed__init(&act.m);
	act.m.role = (Zt__Role)role;
	return act;
}

enum zt_err
workspace_set_role(
    struct zt *z, const struct id *workspace, const struct id *user, enum role role)
{
	struct role_act act = role_act(workspace, user, role);

	act.m.user = pb_field(act.user.b, ID_BYTES);
	return log_append(z, workspace, fill_role, &act);
}

enum zt_err
workspace_remove(struct zt *z, const struct id *workspace, const struct id *user)
{
	struct role_act act = role_act(workspace, user, ROLE_NONE);
	struct rotation r;
	bool both = false;
	enum zt_err err = begin_rotation(workspace, &r);

	act.m.user = pb_field(act.user.b, ID_BYTES);
	if (err == ZT_OK &&
	    (err = log_append_two(z, workspace, fill_role, &act, fill_rotation, &r, &both)) ==
		ZT_OK &&
	    both)
		err = deposit_to_all(z, workspace, r.key);
	end_rotation(&r);
	return err || both ? err : workspace_rotate_if_needed(z, workspace);
}

/* ---- what a member spoiled ---- */

/* What an owner declares void: one of them. */
struct voided {
	Zt__PinVoided *pin;
	Zt__ChangesetVoided *changeset;
};

static enum zt_err
fill_void(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	const struct voided *v = ctx;

	(void)z;
	if (v->pin != NULL) {
		b->action_case = ZT__ENTRY_BODY__ACTION_PIN_VOIDED;
		b->pin_voided = v->pin;
	} else {
		b->action_case = ZT__ENTRY_BODY__ACTION_CHANGESET_VOIDED;
		b->changeset_voided = v->changeset;
	}
	return ZT_OK;
}

static enum zt_err
open_for_void(struct zt *z, const char *workspace, struct workspace **out)
{
	enum zt_err err;

	z->message[0] = 0;
	return (err = log_fetch(z)) ? err : workspace_find(z, workspace, out);
}

static enum zt_err
append_void(const struct workspace *s, struct voided v)
{
	struct id id = s->w->id; /* a copy: reading the log again may free the original */

	return log_append(s->z, &id, fill_void, &v);
}

enum zt_err
workspace_void_pin(struct zt *z, const char *workspace, uint64_t entry)
{
	Zt__PinVoided m = ZT__PIN_VOIDED__INIT;
	struct workspace *s;
	enum zt_err err = open_for_void(z, workspace, &s);

	m.index = entry;
	return err ? err : append_void(s, (struct voided){ .pin = &m });
}

/* The link of POSITION: verified here, or what the server shows right behind what is. */
static enum zt_err
link_of(struct workspace *s, uint64_t position, struct hash *out)
{
	Zt__ChainPage *m = NULL;
	struct statement st;
	enum zt_err err;

	if (position == 0 || position > s->chain.position + 1)
		return session_refuse(s->z, ZT_ERR_NOT_FOUND,
		    "this device has verified the chain up to changeset %llu",
		    (unsigned long long)s->chain.position);
	if (position <= s->chain.position)
		return chain_link(s, position, out, NULL);
	if ((err = chain_page(s, position, &m)) == ZT_OK && m->n_changesets == 0)
		err = ZT_ERR_NOT_FOUND;
	if (err == ZT_OK && (err = statement_of(m->changesets[0]->statement, &st)) == ZT_OK)
		changeset_link(&s->chain.link, &st, out);
	pb_free(m);
	return err;
}

enum zt_err
workspace_void_changeset(struct zt *z, const char *workspace, uint64_t position)
{
	Zt__ChangesetVoided m = ZT__CHANGESET_VOIDED__INIT;
	struct workspace *s;
	struct hash link;
	enum zt_err err;

	if ((err = open_for_void(z, workspace, &s)) || (err = sync_as_far(s)) ||
	    (err = link_of(s, position, &link)))
		return err;
	m.position = position;
	m.link = pb_field(link.b, HASH_BYTES);
	return append_void(s, (struct voided){ .changeset = &m });
}

/* ---- keys that are due ---- */

enum zt_err
workspace_rotate(struct zt *z, const struct id *id)
{
	return rotate(z, id, fill_rotation);
}

enum zt_err
workspace_rotate_if_needed(struct zt *z, const struct id *id)
{
	enum zt_err err = rotate(z, id, fill_needed_rotation);

	return err == ZT_ERR_EXISTS ? ZT_OK : err;
}

/* Whether the newest key is here, and others that it does not lead to. */
static enum zt_err
finds_unreachable(struct workspace *s, bool *out)
{
	unsigned list[LIMIT_OLDER], newest = (unsigned)s->w->generation_count;
	size_t n;
	enum zt_err err;

	*out = false;
	if (newest == 1 || s->all_reachable_from == newest ||
	    workspace_held_key(s, newest) == NULL)
		return ZT_OK;
	if ((err = workspace_unreachable_keys(s, list, &n)))
		return err;
	*out = n > 0;
	s->all_reachable_from = n > 0 ? 0 : newest;
	return chain_note(s);
}

/* A rotation, unless someone else was faster. */
static enum zt_err
fill_reachable(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	const struct rotation *r = ctx;
	struct workspace *s;
	bool is_needed;
	enum zt_err err;

	if ((err = workspace_of(z, org_state_workspace(z->state, &r->workspace), &s)) ||
	    (err = finds_unreachable(s, &is_needed)))
		return err;
	return is_needed ? fill_rotation(z, ctx, b) : ZT_ERR_EXISTS;
}

enum zt_err
workspace_make_reachable(struct zt *z, const struct id *id, bool *done)
{
	struct workspace *s;
	enum zt_err err;

	if ((err = workspace_of(z, org_state_workspace(z->state, id), &s)) ||
	    (err = finds_unreachable(s, done)) || !*done)
		return err;
	err = rotate(z, id, fill_reachable);
	*done = err == ZT_OK;
	return err == ZT_ERR_EXISTS ? ZT_OK : err;
}

enum zt_err
workspace_rotate_now(struct zt *z, const char *workspace)
{
	struct workspace *s;
	struct id id;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch(z)) || (err = workspace_find(z, workspace, &s)))
		return err;
	id = s->w->id;
	return workspace_rotate(z, &id);
}
