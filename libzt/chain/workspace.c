/* SPDX-License-Identifier: Apache-2.0 */
/* workspace.c - a workspace, opened, and its name. */
#include "chain/workspace.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "chain/keys.h"
#include "chain/records.h"
#include "format/limits.h"
#include "log/handles.h"
#include "session/session.h"
#include "trust/keyring.h"

static void
reset(struct workspace *s, struct org_workspace *w)
{
	for (size_t i = 0; i < s->key_cap; i++)
		secret_free(s->keys[i]);
	free(s->keys);
	*s = (struct workspace){ .z = s->z, .w = w };
}

static void
workspace_free(void *p)
{
	struct workspace *s = p;

	if (s == NULL)
		return;
	reset(s, NULL);
	free(s);
}

static void
workspaces_reset(struct zt *z, const struct org_state *o)
{
	struct workspace *s;
	size_t at = 0;

	while ((s = idmap_next(&z->workspaces, &at)) != NULL)
		reset(s, s->w != NULL ? org_state_workspace(o, &s->w->id) : NULL);
}

static const struct workspace_care care = { workspace_free, workspaces_reset };

enum zt_err
workspace_load(struct workspace *s)
{
	struct org_workspace *w = s->w;
	enum zt_err err;

	if (s->is_loaded)
		return ZT_OK;
	if (w == NULL)
		return ZT_ERR_STORE;
	if ((err = chain_load(s)))
		reset(s, w);
	s->is_loaded = err == ZT_OK;
	return err;
}

static bool
open_name(
    struct workspace *s, const struct org_name *name, const struct secret *key, char out[260])
{
	struct buf b = buf_init(1024);
	bool opened = key != NULL && keyring_open_name(key, &s->w->id, name->generation,
					 bytes_of(name->sealed, name->n), &b) == ZT_OK;

	if (opened)
		(void)snprintf(out, 260, "%s", buf_text(&b));
	buf_free(&b);
	return opened;
}

/* A rotation seals the name again, so its author can damage it: fall back to the earlier
 * name. */
void
workspace_name(struct workspace *s, char out[260])
{
	size_t n = s->w->name_count;
	const struct secret *key = NULL;

	if (s->named == n) { /* each search by name asks all workspaces */
		memcpy(out, s->name, sizeof s->name);
		return;
	}
	if (workspace_key(s, s->w->names[n - 1].generation, &key) == ZT_OK &&
	    open_name(s, &s->w->names[n - 1], key, out)) {
		s->named = n;
		memcpy(s->name, out, sizeof s->name);
		return;
	}
	while (n-- > 0) {
		const struct org_name *name = &s->w->names[n];

		if (open_name(s, name, workspace_held_key(s, name->generation), out))
			return;
	}
	id_print(&s->w->id, out);
}

/* ---- finding ---- */

enum zt_err
workspace_of(struct zt *z, struct org_workspace *w, struct workspace **out)
{
	struct workspace *s = idmap_get(&z->workspaces, &w->id);

	if (s == NULL) {
		if ((s = calloc(1, sizeof *s)) == NULL ||
		    idmap_put(&z->workspaces, &w->id, s)) {
			free(s);
			return ZT_ERR_MEMORY;
		}
		s->z = z;
		z->care = &care;
	}
	if (s->w != w)
		reset(s, w);
	*out = s;
	return workspace_load(s);
}

bool
workspace_is_gone(const struct org_workspace *w)
{
	return w->deletion_due != 0 && w->deletion_due <= session_now_ms();
}

/* By whom a person tells workspaces of one name apart. */
static void
owner_of(struct workspace *s, char out[40])
{
	struct log_handle h;

	for (size_t i = 0; i < s->w->member_count; i++) {
		const struct org_user *u = s->w->members[i]->user;

		if (org_state_role(s->w, u, ORG_NEVER) != ROLE_OWNER)
			continue;
		log_handle(s->z, &u->id, &h);
		utf8_show_text(h.email, out, 40);
		return;
	}
	(void)snprintf(out, 40, "?");
}

static enum zt_err
refuse_two(struct zt *z, const char *name, struct workspace *a, struct workspace *b)
{
	char ids[2][ID_TEXT], owners[2][40], shown[40];

	id_print(&a->w->id, ids[0]);
	id_print(&b->w->id, ids[1]);
	owner_of(a, owners[0]);
	owner_of(b, owners[1]);
	utf8_show_text(name, shown, sizeof shown);
	return session_refuse(z, ZT_ERR_INVALID,
	    "two workspaces have the name %s; use the id: %s of %s, or %s of %s", shown, ids[0],
	    owners[0], ids[1], owners[1]);
}

static enum zt_err
refuse_none(struct zt *z, const char *name, enum space_kind kind, bool was_member)
{
	enum zt_err err = was_member ? ZT_ERR_NOT_MEMBER : ZT_ERR_NOT_FOUND;

	if (kind == SPACE_WORKSPACE)
		return session_refuse(z, err,
		    was_member ? "you are no longer a member of the workspace %.100s"
			       : N_("there is no workspace %.100s"),
		    name);
	return session_refuse(z, err,
	    was_member ? "you are no longer a member of the channel %.100s"
		       : N_("there is no channel %.100s"),
	    name);
}

static enum zt_err
find_as(struct zt *z, const char *name, enum space_kind kind, struct workspace **out)
{
	const struct org_user *me = org_state_user(z->state, &z->user);
	struct org_workspace *w;
	struct workspace *s, *found = NULL, *two = NULL, *gone = NULL;
	size_t at = 0;
	bool was_member = false;
	enum zt_err err;

	while ((w = idmap_next(&z->state->workspaces, &at)) != NULL) {
		char text[ID_TEXT], is[260];

		if (!org_state_knows(w, me))
			continue;
		if ((err = workspace_of(z, w, &s)))
			return err;
		id_print(&w->id, text);
		workspace_name(s, is);
		if (strcmp(name, text) != 0 && (w->kind != kind || strcmp(name, is) != 0))
			continue;
		if (org_state_role(w, me, ORG_NEVER) == ROLE_NONE) {
			was_member = true;
			continue;
		}
		if (workspace_is_gone(w) && strcmp(name, text) != 0) {
			gone = s; /* its name is anybody's */
			continue;
		}
		if (strcmp(name, text) == 0) { /* whatever else is called so */
			*out = s;
			return ZT_OK;
		}
		if (found != NULL)
			two = s;
		else
			found = s;
	}
	if (two != NULL)
		return refuse_two(z, name, found, two);
	if (found == NULL)
		found = gone;
	if (found == NULL)
		return refuse_none(z, name, kind, was_member);
	*out = found;
	return ZT_OK;
}

enum zt_err
workspace_find(struct zt *z, const char *name, struct workspace **out)
{
	return workspace_find_as(z, name, SPACE_WORKSPACE, out);
}

enum zt_err
workspace_find_as(struct zt *z, const char *name, enum space_kind kind, struct workspace **out)
{
	struct buf normal = buf_init(LIMIT_NAME + 1);
	bool made =
	    utf8_valid(bytes_text(name)) && utf8_normal(bytes_text(name), &normal) == ZT_OK;
	enum zt_err err = find_as(z, made ? buf_text(&normal) : name, kind, out);

	buf_free(&normal);
	return err;
}
