/* SPDX-License-Identifier: Apache-2.0 */
/* workspace.c - workspaces: made, listed, shared and taken away again. */
#include "workspace/workspace.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "base/wire.h"
#include "chain/keys.h"
#include "chain/workspace.h"
#include "crypto/suite.h"
#include "files/path.h"
#include "format/pb.h"
#include "log/append.h"
#include "log/handles.h"
#include "log/person.h"
#include "log/sync.h"
#include "proto/metadata.pb-c.h"
#include "session/session.h"
#include "trust/keyring.h"
#include "workspace/rotate.h"
#include "workspace/verbs.h"
#include "zt/workspace.h"

static enum zt_err
note_sealed(struct zt *z, const struct org_workspace *w, const struct org_user *u)
{
	uint8_t key[2 * ID_BYTES], value[4];

	memcpy(key, w->id.b, ID_BYTES);
	memcpy(key + ID_BYTES, u->id.b, ID_BYTES);
	wire_store_u32(value, u->key_generation);
	return store_put(z->store, STORE_SEALED, bytes_of(key, sizeof key), w->generation_count,
	    bytes_of(value, sizeof value));
}

enum zt_err
workspace_deposit(struct zt *z, const struct org_workspace *w, const struct secret *key,
    struct org_user *const *users, size_t count)
{
	struct route_params p = { .org = z->org, .id = w->id };
	Zt__SealedKeys m = ZT__SEALED_KEYS__INIT;
	Zt__Statement *list = calloc(count, sizeof *list);
	struct statement *stmt = calloc(count, sizeof *stmt);
	struct buf *bodies = calloc(count, sizeof *bodies);
	struct buf body = buf_init(1024 * 1024), answer = buf_init(64);
	enum zt_err err = ZT_ERR_MEMORY;

	m.keys = calloc(count, sizeof *m.keys);
	if (list == NULL || stmt == NULL || bodies == NULL || m.keys == NULL)
		goto out;
	err = ZT_OK;
	for (size_t i = 0; err == ZT_OK && i < count; i++) {
		struct keyring_subject s = { .org = z->org,
			.workspace = w->id,
			.user = users[i]->id,
			.generation = (unsigned)w->generation_count,
			.user_generation = users[i]->key_generation };
		size_t n = m.n_keys;

		bodies[i] = buf_init(4096);
		if (org_state_user_key_needs_rotation(users[i]))
			continue; /* a revoked device knows that key: it waits for the next */
		err = keyring_seal(
		    z->sign, &z->device, &s, users[i]->key, key, &bodies[i], &stmt[n]);
		list[n] = statement_message(&stmt[n]);
		m.keys[n] = &list[n];
		m.n_keys++;
	}
	if (err == ZT_OK && m.n_keys > 0 && (err = pb_encode(&m, &body)) == ZT_OK)
		err = session_call(z, ROUTE_KEYS_PUT, &p, NULL, buf_bytes(&body), &answer);
	for (size_t i = 0; err == ZT_OK && i < count; i++)
		if (!org_state_user_key_needs_rotation(users[i]))
			err = note_sealed(z, w, users[i]);
out:
	for (size_t i = 0; bodies != NULL && i < count; i++)
		buf_free(&bodies[i]);
	free(list);
	free(stmt);
	free(bodies);
	free(m.keys);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

/* ---- creation ---- */

struct creation {
	struct id id;
	struct secret *key;
	struct hash commitment;
	struct buf name;
	const char *only; /* refused when one of this user's has this name; NULL: any name */
	Zt__WorkspaceCreated m;
};

enum zt_err
workspace_refuse_second(
    struct zt *z, const char *name, enum space_kind kind, const struct id *besides)
{
	const struct org_user *me = org_state_user(z->state, &z->user);
	struct org_workspace *w;
	size_t at = 0;
	enum zt_err err;

	while ((w = idmap_next(&z->state->workspaces, &at)) != NULL) {
		char id[ID_TEXT], is[260];
		struct workspace *s;

		if (w->kind != kind || org_state_role(w, me, ORG_NEVER) != ROLE_OWNER ||
		    workspace_is_gone(w) || (besides != NULL && id_equal(&w->id, besides)))
			continue;
		if ((err = workspace_of(z, w, &s)))
			return err;
		workspace_name(s, is);
		id_print(&w->id, id);
		if (strcmp(is, name) == 0)
			return session_refuse(z, ZT_ERR_EXISTS,
			    kind == SPACE_CHANNEL
				? "you have a channel %.100s already (%s)"
				: N_("you have a workspace %.100s already (%s)"),
			    name, id);
	}
	return ZT_OK;
}

static enum zt_err
fill_creation(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	struct creation *c = ctx;
	enum zt_err err = c->only != NULL ? workspace_refuse_second(
						z, c->only, (enum space_kind)c->m.kind, NULL)
					  : ZT_OK;

	if (err)
		return err;
	b->action_case = ZT__ENTRY_BODY__ACTION_WORKSPACE_CREATED;
	b->workspace_created = &c->m;
	return ZT_OK;
}

enum zt_err
workspace_check_name(struct zt *z, const char *name, char normal[LIMIT_NAME + 1])
{
	struct buf b = buf_init(LIMIT_NAME);
	struct bytes is = bytes_text(name);
	const char *message = "";
	enum zt_err err = ZT_OK;

	z->message[0] = 0;
	if (utf8_valid(is) && utf8_normal(is, &b) == ZT_OK)
		is = buf_bytes(&b);
	if (path_name_check(is, &message))
		err = session_refuse(z, ZT_ERR_INVALID, "%s", session_translate(z, message));
	else if (memchr(is.p, ':', is.n) != NULL)
		err = session_refuse(z, ZT_ERR_INVALID, "a workspace's name holds no colon");
	if (err == ZT_OK) {
		memcpy(normal, is.p, is.n);
		normal[is.n] = 0;
	}
	buf_free(&b);
	return err;
}

enum zt_err
workspace_create(struct zt *z, const char *name)
{
	return workspace_make(z, name, false, NULL);
}

enum zt_err
workspace_make(struct zt *z, const char *name, bool second, char *id)
{
	return workspace_make_space(z, name, SPACE_WORKSPACE, second, id);
}

enum zt_err
workspace_make_space(
    struct zt *z, const char *name, enum space_kind kind, bool second, char *id)
{
	char normal[LIMIT_NAME + 1];
	struct creation c = { .name = buf_init(1024), .only = second ? NULL : normal };
	struct org_user *me;
	enum zt_err err = workspace_check_name(z, name, normal);

	if (err)
		return err;
	random_bytes(c.id.b, ID_BYTES);
	if ((err = secret_generate(&c.key)) ||
	    (err = keyring_seal_name(c.key, &c.id, 1, bytes_text(normal), &c.name)))
		goto out;
	keyring_commit(c.key, &c.commitment);
	zt__workspace_created__init(&c.m);
	c.m.workspace = pb_field(c.id.b, ID_BYTES);
	c.m.kind = (Zt__SpaceKind)kind;
	c.m.key_commitment = pb_field(c.commitment.b, HASH_BYTES);
	c.m.sealed_name = pb_field(c.name.p, c.name.n);
	/* The key is kept before the act: a workspace without its key would be of no use. */
	if ((err = store_put(
		 z->store, STORE_KEY, bytes_of(c.id.b, ID_BYTES), 1, secret_bytes(c.key))) ||
	    (err = log_append(z, &c.id, fill_creation, &c)))
		goto out;
	me = org_state_user(z->state, &z->user);
	/* for this user's other devices */
	err = workspace_deposit(z, org_state_workspace(z->state, &c.id), c.key, &me, 1);
	if (err == ZT_OK && id != NULL)
		id_print(&c.id, id);
out:
	secret_free(c.key);
	buf_free(&c.name);
	return err;
}

/* ---- lists ---- */

static void
rest(struct workspace *s, struct log_handle *by, struct zt_workspace *out)
{
	const struct org_device *d = org_state_device(s->z->state, &s->chain.voucher);

	*by = (struct log_handle){ .email = "?" };
	if (d != NULL)
		log_handle(s->z, &d->user->id, by);
	out->rests_on = by->email;
	out->rests_until = s->chain.anchor_position;
	out->verified = s->chain.backfilled_to;
}

static int
by_created(const void *a, const void *b)
{
	const struct org_workspace *const *x = a, *const *y = b;

	return (*x)->created < (*y)->created ? -1 : (*x)->created > (*y)->created;
}

static enum zt_err
show_one(struct zt *z, struct org_workspace *w, enum role role,
    void (*each)(void *ctx, const struct zt_workspace *w), void *ctx)
{
	char id[ID_TEXT], name[260];
	struct workspace *s;
	struct log_handle by;
	struct zt_workspace one = { .id = id,
		.name = name,
		.role = org_state_role_name(role),
		.is_archived = w->archived,
		.deletion_due = w->deletion_due,
		.generation = (unsigned)w->generation_count };
	enum zt_err err = workspace_of(z, w, &s);

	if (err)
		return err;
	id_print(&w->id, id);
	workspace_name(s, name);
	if (s->chain.anchor_position > 0)
		rest(s, &by, &one);
	each(ctx, &one);
	return ZT_OK;
}

enum zt_err
workspace_spaces(struct zt *z, bool is_chat, struct org_workspace ***out, size_t *count)
{
	const struct org_user *me = org_state_user(z->state, &z->user);
	struct org_workspace **all, *w;
	size_t n = 0, at = 0;

	if ((all = calloc(z->state->workspaces.count + 1, sizeof(struct org_workspace *))) ==
	    NULL)
		return ZT_ERR_MEMORY;
	while ((w = idmap_next(&z->state->workspaces, &at)) != NULL)
		if ((w->kind != SPACE_WORKSPACE) == is_chat &&
		    org_state_role(w, me, ORG_NEVER) != ROLE_NONE && !workspace_is_gone(w))
			all[n++] = w;
	/* the map's own order is another one each time */
	qsort(all, n, sizeof *all, by_created);
	*out = all;
	*count = n;
	return ZT_OK;
}

enum zt_err
workspace_each(struct zt *z, void (*each)(void *ctx, const struct zt_workspace *w), void *ctx)
{
	const struct org_user *me;
	struct org_workspace **all;
	size_t n;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch_to_read(z)) || (err = workspace_spaces(z, false, &all, &n)))
		return err;
	me = org_state_user(z->state, &z->user);
	for (size_t i = 0; err == ZT_OK && i < n; i++)
		err = show_one(z, all[i], org_state_role(all[i], me, ORG_NEVER), each, ctx);
	free(all);
	return err;
}

enum zt_err
workspace_members(struct zt *z, const char *workspace,
    void (*each)(void *ctx, const struct zt_member *m), void *ctx)
{
	struct workspace *s;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch_to_read(z)) || (err = workspace_find(z, workspace, &s)))
		return err;
	for (size_t i = 0; i < s->w->member_count; i++) {
		const struct org_user *u = s->w->members[i]->user;
		enum role role = org_state_role(s->w, u, ORG_NEVER);
		char id[ID_TEXT];
		struct log_handle h;
		struct zt_member one = { .user = id,
			.email = h.email,
			.name = h.name,
			.role = org_state_role_name(role) };

		if (role == ROLE_NONE)
			continue;
		id_print(&u->id, id);
		log_handle(z, &u->id, &h);
		each(ctx, &one);
	}
	return ZT_OK;
}

/* ---- roles ---- */

static enum zt_err
role_of(struct zt *z, const char *text, enum role *out)
{
	for (int r = ROLE_READER; r <= ROLE_OWNER; r++)
		if (strcmp(text, org_state_role_name((enum role)r)) == 0) {
			*out = (enum role)r;
			return ZT_OK;
		}
	return session_refuse(z, ZT_ERR_INVALID,
	    "a role is one of reader, contributor, manager, owner, not %.40s", text);
}

static enum zt_err
find_both(struct zt *z, const char *workspace, const char *user, struct workspace **s,
    struct org_user **u)
{
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch(z)) || (err = log_sync_handles(z)) ||
	    (err = workspace_find(z, workspace, s)))
		return err;
	return log_find_user(z, user, u);
}

enum zt_err
workspace_share(struct zt *z, const char *workspace, const char *user, const char *role)
{
	struct workspace *s;
	struct org_user *u;
	const struct secret *key;
	struct id wid, uid;
	enum role to = ROLE_NONE;
	enum zt_err err;

	if ((err = find_both(z, workspace, user, &s, &u)) || (err = role_of(z, role, &to)) ||
	    (err = log_meant(z, &u->id)))
		return err;
	wid = s->w->id;
	uid = u->id;
	/* The same role again deposits the key again: this heals a lost sealed key. */
	if (org_state_role(s->w, u, ORG_NEVER) != to &&
	    (err = workspace_set_role(z, &wid, &uid, to)))
		return err;
	if ((err = workspace_of(z, org_state_workspace(z->state, &wid), &s)) ||
	    (err = workspace_key_to_write(s, &key)))
		return err;
	u = org_state_user(z->state, &uid);
	return workspace_deposit(z, s->w, key, &u, 1);
}

enum zt_err
workspace_unshare(struct zt *z, const char *workspace, const char *user)
{
	struct workspace *s;
	struct org_user *u;
	struct id id, user_id;
	enum zt_err err;

	if ((err = find_both(z, workspace, user, &s, &u)))
		return err;
	id = s->w->id;
	if (org_state_role(s->w, u, ORG_NEVER) == ROLE_NONE)
		return session_refuse(
		    z, ZT_ERR_NOT_FOUND, "%.100s has no role in this workspace", user);
	user_id = u->id;
	return workspace_remove(z, &id, &user_id);
}
