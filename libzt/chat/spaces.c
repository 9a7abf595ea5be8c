/* SPDX-License-Identifier: Apache-2.0 */
/* spaces.c - channels and direct conversations: made, listed, and who is in them. */
#include <stdio.h>
#include <stdlib.h>

#include "chat/channel.h"
#include "chat/outbox.h"
#include "chat/verbs.h"
#include "chat/view.h"
#include "log/handles.h"
#include "log/person.h"
#include "log/sync.h"
#include "session/away.h"
#include "workspace/verbs.h"
#include "workspace/workspace.h"

enum zt_err
channel_create(struct zt *z, const char *name, char *id)
{
	return workspace_make_space(
	    z, name[0] == '#' ? name + 1 : name, SPACE_CHANNEL, false, id);
}

enum zt_err
channel_direct(struct zt *z, const char *user, char *id)
{
	char at[300], made[ID_TEXT];
	struct org_user *other;
	struct channel c;
	enum zt_err err = ZT_OK, away;

	z->message[0] = 0;
	away = log_fetch(z);
	if ((away && !outbox_waits(away)) || (!away && (err = log_sync_handles(z))))
		return away ? away : err;
	(void)snprintf(at, sizeof at, "@%s", user);
	if ((err = channel_find(z, at, &c)) == ZT_OK) {
		z->message[0] = 0;
		if (id != NULL)
			id_print(&c.s->w->id, id);
		return ZT_OK;
	}
	if (err == ZT_ERR_NOT_FOUND && away)
		return session_refuse(z, away,
		    "the servers are away, and there is no conversation with %.100s yet: the "
		    "message "
		    "was not kept",
		    user);
	if (err != ZT_ERR_NOT_FOUND)
		return err;
	/* An address that is nobody's leaves no conversation behind. */
	if ((err = log_find_user(z, user, &other)) || (err = log_meant(z, &other->id)))
		return err;
	if (id_equal(&other->id, &z->user))
		return session_refuse(
		    z, ZT_ERR_INVALID, "a direct conversation is with somebody else");
	if ((err = workspace_make_space(z, "direct", SPACE_CONVERSATION, true, made)))
		return err;
	err = workspace_share(z, made, user, "contributor");
	if (err == ZT_OK && id != NULL)
		memcpy(id, made, ID_TEXT);
	return err;
}

enum zt_err
channel_id(struct zt *z, const char *channel, char *id)
{
	struct channel c;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch(z)) || (err = log_sync_handles(z)) ||
	    (err = channel_find(z, channel, &c)))
		return err;
	id_print(&c.s->w->id, id);
	return ZT_OK;
}

/* Texts that others wrote behind what was read. */
static enum zt_err
count_unread(const struct channel *c, uint64_t *out)
{
	enum zt_err err = ZT_OK;

	*out = 0;
	for (uint64_t p = c->t.position;
	     err == ZT_OK && p > c->read && p >= c->t.first && *out < ZT_UNREAD_MOST; p--) {
		enum view_kind kind;
		struct id of;
		bool mine = false;

		if ((err = view_kind(c, p, &kind, &of)) == ZT_OK && kind == VIEW_TEXT &&
		    (err = view_is_mine(c, p, &mine)) == ZT_OK)
			*out += !mine;
	}
	return err;
}

static enum zt_err
show_one(struct zt *z, struct org_workspace *w, enum role role, bool fresh,
    void (*each)(void *ctx, const struct zt_channel *c), void *ctx)
{
	char id[ID_TEXT], name[260];
	struct workspace *s;
	struct channel c;
	struct zt_channel one = { .id = id,
		.name = name,
		.role = org_state_role_name(role),
		.is_direct = w->kind == SPACE_CONVERSATION,
		.is_archived = w->archived };
	enum zt_err err;

	if ((err = workspace_of(z, w, &s)) || (err = channel_open(s, &c)) ||
	    (fresh && !z->read_away && (err = channel_sync(&c))))
		return err;
	id_print(&w->id, id);
	channel_name(&c, name);
	one.newest = c.t.position;
	if ((err = count_unread(&c, &one.unread)))
		return err;
	each(ctx, &one);
	return ZT_OK;
}

enum zt_err
channel_each(
    struct zt *z, bool fresh, void (*each)(void *ctx, const struct zt_channel *c), void *ctx)
{
	const struct org_user *me;
	struct org_workspace **all;
	struct session_failure failed = { .err = ZT_OK };
	size_t n;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch_to_read(z)) || (!z->read_away && (err = log_sync_handles(z))) ||
	    (err = workspace_spaces(z, true, &all, &n)))
		return err;
	me = org_state_user(z->state, &z->user);
	for (size_t i = 0; i < n; i++)
		if ((err = show_one(
			 z, all[i], org_state_role(all[i], me, ORG_NEVER), fresh, each, ctx)) &&
		    !session_goes_on(z, &failed, err))
			break;
	free(all);
	return session_failed(z, &failed);
}

/* The channel's id, by which the rooms of workspaces know it. */
static enum zt_err
id_of(struct zt *z, const char *channel, char id[ID_TEXT])
{
	struct channel c;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch_to_read(z)) || (err = channel_find(z, channel, &c)))
		return err;
	id_print(&c.s->w->id, id);
	return ZT_OK;
}

enum zt_err
channel_members(struct zt *z, const char *channel,
    void (*each)(void *ctx, const struct zt_member *m), void *ctx)
{
	char id[ID_TEXT];
	enum zt_err err = id_of(z, channel, id);

	return err ? err : workspace_members(z, id, each, ctx);
}

enum zt_err
channel_share(struct zt *z, const char *channel, const char *user, const char *role)
{
	char id[ID_TEXT];
	enum zt_err err = id_of(z, channel, id);

	return err ? err : workspace_share(z, id, user, role);
}

enum zt_err
channel_unshare(struct zt *z, const char *channel, const char *user)
{
	char id[ID_TEXT];
	enum zt_err err = id_of(z, channel, id);

	return err ? err : workspace_unshare(z, id, user);
}
