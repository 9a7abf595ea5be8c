/* rotate.c - a workspace's next key: after a loss of access, because somebody wants it, or to
 * bring along older keys that a rotation left behind (docs/protocol.md). */
#include <stdlib.h>

#include "client/chain.h"
#include "format/limits.h"
#include "format/pb.h"
#include "zt/workspace.h"

struct rotation {
	struct id workspace;
	struct secret *key;
	struct hash commitment, link;
	struct buf previous, name;
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

/* The previous key under the new one, and those older ones that no rotation leads to. Whoever
 * never got the previous key (its author sealed it to nobody, or the server withholds it)
 * rotates without it: who has it brings it along with the next rotation. */
static enum zt_err
bring_along(struct space *s, struct rotation *r, unsigned next)
{
	unsigned stranded[LIMIT_OLDER];
	const struct secret *old;
	size_t n;
	enum zt_err err = space_key(s, next - 1, &old);

	if (err == ZT_OK)
		err = keyring_seal_older(r->key, &r->workspace, next, old, &r->previous);
	else if (err == ZT_ERR_MISSING_KEY || err == ZT_ERR_KEY)
		err = ZT_OK;
	if (err || (err = space_stranded(s, stranded, &n)))
		return err;
	for (size_t i = 0; err == ZT_OK && i < n; i++) {
		r->sealed[i] = buf_init(256);
		if ((err = space_key(s, stranded[i], &old)) == ZT_OK)
			err =
			    keyring_seal_older(r->key, &r->workspace, next, old, &r->sealed[i]);
		zt__older_key__init(&r->older[i]);
		r->older[i].generation = stranded[i];
		r->older[i].sealed = pb_field(r->sealed[i].p, r->sealed[i].n);
		r->list[i] = &r->older[i];
	}
	zt__key_rotated__init(&r->m);
	r->m.previous_sealed = pb_field(r->previous.p, r->previous.n);
	r->m.older = r->list;
	r->m.n_older = n;
	s->z->why[0] = 0;
	return err;
}

/* From the state as it is now: the chain up to here is what counts for whoever lost access. */
static enum zt_err
fill_rotation(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	struct rotation *r = ctx;
	struct space *s = NULL;
	char name[260];
	unsigned next;
	enum zt_err err;

	if ((err = space_of(z, org_state_workspace(z->state, &r->workspace), &s)) ||
	    (err = space_sync_fresh(s)))
		return err;
	next = (unsigned)s->w->generation_count + 1;
	empty_rotation(r);
	space_name(s, name);
	if ((err = bring_along(s, r, next)) ||
	    (err = keyring_seal_name(r->key, &r->workspace, next, bytes_text(name), &r->name)))
		return err;
	r->link = s->link;
	r->m.generation = next;
	r->m.key_commitment = pb_field(r->commitment.b, HASH_BYTES);
	r->m.sealed_name = pb_field(r->name.p, r->name.n);
	r->m.chain_position = s->position;
	if (s->position > 0)
		r->m.chain_hash = pb_field(r->link.b, HASH_BYTES);
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

	if (!org_state_is_open(org_state_workspace(z->state, &r->workspace), ORG_NEVER))
		return ZT_ERR_EXISTS;
	return fill_rotation(z, ctx, b);
}

static enum zt_err
rotate(struct zt *z, const struct id *workspace, client_fill *fill)
{
	struct rotation r = {
		.workspace = *workspace, .previous = buf_init(256), .name = buf_init(1024)
	};
	enum zt_err err = secret_generate(&r.key);

	if (err)
		return err;
	keyring_commit(r.key, &r.commitment);
	if ((err = client_append(z, workspace, fill, &r)) == ZT_OK)
		err = deposit_to_all(z, workspace, r.key);
	secret_free(r.key);
	empty_rotation(&r);
	return err;
}

enum zt_err
workspace_rotate(struct zt *z, const struct id *id)
{
	return rotate(z, id, fill_rotation);
}

enum zt_err
workspace_close(struct zt *z, const struct id *id)
{
	enum zt_err err = rotate(z, id, fill_needed_rotation);

	return err == ZT_ERR_EXISTS ? ZT_OK : err;
}

/* Whether the newest key is here, and others that it does not lead to. */
static enum zt_err
strands(struct space *s, bool *out)
{
	unsigned list[LIMIT_OLDER], newest = (unsigned)s->w->generation_count;
	size_t n;
	enum zt_err err;

	*out = false;
	if (newest == 1 || s->led == newest || space_held_key(s, newest) == NULL)
		return ZT_OK;
	if ((err = space_stranded(s, list, &n)))
		return err;
	*out = n > 0;
	s->led = n > 0 ? 0 : newest;
	return chain_note(s);
}

/* A rotation, unless someone else was faster. */
static enum zt_err
fill_mending(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	const struct rotation *r = ctx;
	struct space *s;
	bool is_needed;
	enum zt_err err;

	if ((err = space_of(z, org_state_workspace(z->state, &r->workspace), &s)) ||
	    (err = strands(s, &is_needed)))
		return err;
	return is_needed ? fill_rotation(z, ctx, b) : ZT_ERR_EXISTS;
}

enum zt_err
workspace_mend(struct zt *z, const struct id *id, bool *done)
{
	struct space *s;
	enum zt_err err;

	if ((err = space_of(z, org_state_workspace(z->state, id), &s)) ||
	    (err = strands(s, done)) || !*done)
		return err;
	err = rotate(z, id, fill_mending);
	*done = err == ZT_OK;
	return err == ZT_ERR_EXISTS ? ZT_OK : err;
}

enum zt_err
zt_workspace_rotate(struct zt *z, const char *workspace)
{
	struct space *s;
	struct id id;
	enum zt_err err;

	z->why[0] = 0;
	if ((err = client_sync_log(z)) || (err = space_find(z, workspace, &s)))
		return err;
	id = s->w->id;
	return workspace_rotate(z, &id);
}
