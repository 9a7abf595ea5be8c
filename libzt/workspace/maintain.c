/* SPDX-License-Identifier: Apache-2.0 */
/* maintain.c - maintains keys for others: after a revocation any online manager or owner
 * rotates the keys, and seals the new key to each member who lacks it. */
#include <stdlib.h>

#include "base/wire.h"
#include "chain/keys.h"
#include "chain/workspace.h"
#include "format/pb.h"
#include "log/user_keys.h"
#include "session/session.h"
#include "workspace/rotate.h"
#include "workspace/verbs.h"
#include "workspace/workspace.h"
#include "zt/workspace.h"

enum { FILL_MS = 100 }; /* backfill budget of each command */

/* The generation of USER's key to which this device sealed W's newest key; 0: none. */
static unsigned
sealed_generation(struct zt *z, const struct org_workspace *w, const struct id *user)
{
	uint8_t key[2 * ID_BYTES];
	struct buf b = buf_init(16);
	unsigned n = 0;

	memcpy(key, w->id.b, ID_BYTES);
	memcpy(key + ID_BYTES, user->b, ID_BYTES);
	if (store_get(z->store, STORE_SEALED, bytes_of(key, sizeof key), w->generation_count,
		&b) == ZT_OK &&
	    b.n == 4)
		n = wire_load_u32(b.p);
	buf_free(&b);
	return n;
}

/* Seals the newest key to members who lack it: to all if we are manager or owner, else to our
 * own user. */
static enum zt_err
seal_where_missing(struct zt *z, struct org_workspace *w, enum role mine, uint64_t *sealed)
{
	struct org_user **users = calloc(w->member_count + 1, sizeof(struct org_user *));
	const struct secret *key;
	struct workspace *s;
	size_t n = 0;
	enum zt_err err = users != NULL ? ZT_OK : ZT_ERR_MEMORY;

	for (size_t i = 0; err == ZT_OK && i < w->member_count; i++) {
		struct org_user *u = w->members[i]->user;

		if ((mine >= ROLE_MANAGER || id_equal(&u->id, &z->user)) &&
		    org_state_role(w, u, ORG_NEVER) != ROLE_NONE &&
		    !org_state_user_key_needs_rotation(u) &&
		    sealed_generation(z, w, &u->id) < u->key_generation)
			users[n++] = u;
	}
	if (err == ZT_OK && n > 0 && (err = workspace_of(z, w, &s)) == ZT_OK) {
		err = workspace_key(s, (unsigned)w->generation_count, &key);
		if (err == ZT_OK)
			err = workspace_deposit(z, w, key, users, n);
		else if (err == ZT_ERR_MISSING_KEY || err == ZT_ERR_KEY)
			err = ZT_OK; /* this device lacks the key too */
		*sealed += err == ZT_OK ? n : 0;
	}
	free(users);
	return err;
}

/* Rotates the workspace key if access was revoked, or if older generations are unreachable
 * from the newest key. For managers and owners. */
static enum zt_err
renew(
    struct zt *z, const struct org_workspace *w, const struct id *id, struct zt_maintained *out)
{
	bool made_reachable = false;
	enum zt_err err;

	if (org_state_needs_rotation(w, ORG_NEVER)) {
		err = workspace_rotate_if_needed(z, id);
		out->rotated += err == ZT_OK;
	} else {
		err = workspace_make_reachable(z, id, &made_reachable);
		out->made_reachable += made_reachable;
	}
	return err;
}

static enum zt_err
maintain_workspace(struct zt *z, const struct id *id, struct zt_maintained *out)
{
	struct org_workspace *w = org_state_workspace(z->state, id);
	const struct org_user *me = org_state_user(z->state, &z->user);
	enum role mine;
	struct workspace *s;
	enum zt_err err;

	if (w == NULL || me == NULL || (mine = org_state_role(w, me, ORG_NEVER)) == ROLE_NONE ||
	    workspace_is_gone(w))
		return ZT_OK;
	if (mine >= ROLE_MANAGER) {
		if ((err = renew(z, w, id, out)))
			return err;
		if ((w = org_state_workspace(z->state, id)) == NULL)
			return ZT_OK;
	}
	if ((err = seal_where_missing(z, w, mine, &out->sealed)) ||
	    (err = workspace_of(z, w, &s)))
		return err;
	if (workspace_background(s, FILL_MS))
		z->message[0] = 0; /* background work: tried again by the next command */
	return ZT_OK;
}

enum zt_err
workspace_maintain_keys(struct zt *z, struct zt_maintained *out)
{
	struct zt_maintained done = { 0 };
	struct session_failure failure = { .err = ZT_OK };
	struct org_workspace *w;
	struct id *ids;
	size_t n = 0, at = 0;
	enum zt_err err;

	z->message[0] = 0;
	/* Rotate the user key first: anything sealed to the old one is open to the revoked
	 * device. */
	if ((err = log_rotate_user_key_if_needed(z)))
		return err;
	if ((ids = calloc(z->state->workspaces.count + 1, sizeof *ids)) == NULL)
		return ZT_ERR_MEMORY;
	while ((w = idmap_next(&z->state->workspaces, &at)) != NULL)
		ids[n++] = w->id;
	for (size_t i = 0; i < n; i++)
		if (!session_goes_on(z, &failure, maintain_workspace(z, &ids[i], &done)))
			break;
	free(ids);
	if (out != NULL)
		*out = done;
	return session_failed(z, &failure);
}
