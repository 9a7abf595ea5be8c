/* SPDX-License-Identifier: Apache-2.0 */
/* acts.c - what a device has done: shown when it is revoked, so that nothing that a thief added
 * stays; and the devices that came since, until a person has acknowledged them. */
#include "people/acts.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "chain/workspace.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/handles.h"
#include "log/sync.h"
#include "people/devices.h"
#include "people/verbs.h"
#include "people/ways.h"
#include "proto/device.pb-c.h"
#include "session/session.h"
#include "zt/enrol.h"
#include "zt/org.h"

/* ---- one entry ---- */

/* A stored line whose entry this device may see. */
static enum zt_err
read_entry(struct bytes value, struct entry **out)
{
	Zt__StoredEntry *m = NULL;
	struct statement st;
	enum zt_err err =
	    pb_decode(&zt__stored_entry__descriptor, value, LIMIT_ENTRY + 256, &m);

	if (err == ZT_OK && m->signature.len != SIGN_BYTES)
		err = ZT_ERR_NOT_FOUND;
	if (err == ZT_OK) {
		st.body = pb_bytes(m->body);
		memcpy(st.signature, m->signature.data, SIGN_BYTES);
		err = entry_decode(&st, out);
	}
	pb_free(m);
	return err;
}

uint64_t
acts_time(struct zt *z, uint64_t index, struct id *author)
{
	struct buf b = buf_init(LIMIT_ENTRY + 256);
	struct entry *e = NULL;
	uint64_t time = 0;

	if (store_get(z->store, STORE_LOG, bytes_of(NULL, 0), index, &b) == ZT_OK &&
	    read_entry(buf_bytes(&b), &e) == ZT_OK) {
		time = e->body->time;
		if (author != NULL)
			*author = e->author;
	}
	entry_free(e);
	buf_free(&b);
	return time;
}

/* ---- the acts of a device, and of those that it brought ---- */

struct acting {
	struct zt *z;
	struct id *devices; /* the device asked for, and the devices that it brought in */
	size_t count, cap;
	void (*each)(void *ctx, const struct zt_act *a);
	void *ctx;
	enum zt_err err;
};

static bool
is_one(const struct acting *a, const struct id *device)
{
	for (size_t i = 0; i < a->count; i++)
		if (id_equal(&a->devices[i], device))
			return true;
	return false;
}

static enum zt_err
add_one(struct acting *a, ProtobufCBinaryData device)
{
	struct id id;
	enum zt_err err;

	if ((err = pb_id(device, &id)) ||
	    (err = vec_room(&a->devices, a->count, &a->cap, sizeof *a->devices)))
		return err;
	a->devices[a->count++] = id;
	return ZT_OK;
}

static void
name_user(struct zt *z, const struct id *user, char what[300])
{
	struct log_handle h;

	log_handle(z, user, &h);
	if (h.email[0] != 0)
		(void)snprintf(what, 300, "%s", h.email);
	else
		id_print(user, what);
}

static void
name_device(struct zt *z, const struct org_device *d, char what[300])
{
	struct buf label = buf_init(8192);

	if (id_equal(&d->user->id, &z->user) && strcmp(d->purpose, "recovery") == 0)
		ways_describe(z, d, &label);
	else if (id_equal(&d->user->id, &z->user))
		people_device_label(z, d, &label);
	(void)snprintf(what, 300, "%.299s", buf_text(&label));
	buf_free(&label);
}

/* What the act was about, and whether anything of it is valid and can be taken back. */
static void
look_at_user(struct acting *a, ProtobufCBinaryData user, bool can_end, struct zt_act *act,
    char subject[ID_TEXT], char what[300])
{
	const struct org_user *u;
	struct id id;

	if (pb_id(user, &id))
		return;
	id_print(&id, subject);
	name_user(a->z, &id, what);
	u = org_state_user(a->z->state, &id);
	if (can_end && u != NULL && org_state_user_live(u, ORG_NEVER))
		act->undo = ZT_UNDO_USER;
}

static void
look_at_device(struct acting *a, ProtobufCBinaryData device, bool can_end, struct zt_act *act,
    char subject[ID_TEXT], char what[300])
{
	const struct org_device *d;
	struct id id;

	if (pb_id(device, &id) || (d = org_state_device(a->z->state, &id)) == NULL)
		return;
	id_print(&id, subject);
	name_device(a->z, d, what);
	if (can_end && org_state_device_live(d, ORG_NEVER) && !id_equal(&id, &a->z->device))
		act->undo = ZT_UNDO_DEVICE;
}

/* A role that was given, and still is as it was given. */
static void
look_at_role(struct acting *a, const struct entry *e, struct zt_act *act, char subject[ID_TEXT],
    char what[300])
{
	const Zt__RoleChanged *m = e->body->role_changed;
	struct org_workspace *w = org_state_workspace(a->z->state, &e->topic);
	const struct org_user *u;
	struct workspace *s;
	char name[260] = "";
	struct id id;

	look_at_user(a, m->user, false, act, subject, what);
	if (w == NULL || pb_id(m->user, &id) ||
	    (u = org_state_user(a->z->state, &id)) == NULL || m->role > ZT__ROLE__OWNER)
		return;
	if (workspace_of(a->z, w, &s) == ZT_OK)
		workspace_name(s, name);
	(void)snprintf(what + strlen(what), 300 - strlen(what), ": %s, %.200s",
	    org_state_role_name((enum role)m->role), name);
	if (m->role != ZT__ROLE__ROLE_NONE &&
	    org_state_role(w, u, ORG_NEVER) == (enum role)m->role)
		act->undo = ZT_UNDO_ROLE;
}

static enum zt_err
show_act(struct acting *a, const struct entry *e, uint64_t index)
{
	char subject[ID_TEXT] = "", workspace[ID_TEXT] = "", by[ID_TEXT], what[300] = "";
	struct zt_act act = { .index = index,
		.time = e->body->time,
		.action = entry_action(e),
		.by = by,
		.subject = subject,
		.workspace = workspace,
		.what = what };
	const Zt__EntryBody *b = e->body;
	enum zt_err err = ZT_OK;

	id_print(&e->author, by);
	if (!id_equal(&e->topic, &a->z->org))
		id_print(&e->topic, workspace);
	switch ((int)b->action_case) {
	case ZT__ENTRY_BODY__ACTION_USER_ADDED:
		look_at_user(a, b->user_added->user, true, &act, subject, what);
		if (b->user_added->device != NULL)
			err = add_one(a, b->user_added->device->device);
		break;
	case ZT__ENTRY_BODY__ACTION_DEVICE_ADDED:
		look_at_device(a, b->device_added->device, true, &act, subject, what);
		err = add_one(a, b->device_added->device);
		break;
	case ZT__ENTRY_BODY__ACTION_USER_REVOKED:
		look_at_user(a, b->user_revoked->user, false, &act, subject, what);
		break;
	case ZT__ENTRY_BODY__ACTION_DEVICE_REVOKED:
		look_at_device(a, b->device_revoked->device, false, &act, subject, what);
		break;
	case ZT__ENTRY_BODY__ACTION_PROFILE_CHANGED:
		look_at_user(a, b->profile_changed->user, false, &act, subject, what);
		break;
	case ZT__ENTRY_BODY__ACTION_ROLE_CHANGED:
		look_at_role(a, e, &act, subject, what);
		break;
	case ZT__ENTRY_BODY__ACTION_USER_KEY_ROTATED:
	case ZT__ENTRY_BODY__ACTION_KEY_ROTATED:
		return ZT_OK; /* what any device does by itself */
	default:
		break;
	}
	if (err == ZT_OK)
		a->each(a->ctx, &act);
	return err;
}

static enum zt_err
take_line(void *ctx, struct bytes key, uint64_t n, struct bytes value)
{
	struct acting *a = ctx;
	struct entry *e = NULL;
	enum zt_err err = read_entry(value, &e);

	(void)key;
	if (err == ZT_OK && is_one(a, &e->author))
		err = show_act(a, e, n);
	entry_free(e);
	return err == ZT_ERR_NOT_FOUND ? ZT_OK : err;
}

static void
take_invitation(void *ctx, const struct zt_invitation *i)
{
	struct acting *a = ctx;
	struct zt_act act = { .time = i->created,
		.action = "invitation",
		.by = i->author,
		.subject = i->id,
		.workspace = "",
		.what = i->kind,
		.undo = ZT_UNDO_INVITATION };
	struct id author;

	if (strcmp(i->state, "open") == 0 &&
	    id_parse(i->author, strlen(i->author), &author) == ZT_OK && is_one(a, &author))
		a->each(a->ctx, &act);
}

enum zt_err
people_device_acts(struct zt *z, const char *device,
    void (*each)(void *ctx, const struct zt_act *a), void *ctx)
{
	struct acting a = { .z = z, .each = each, .ctx = ctx };
	struct org_device *d;
	struct id id;
	enum zt_err err;

	z->message[0] = 0;
	if (id_parse(device, strlen(device), &id) ||
	    (d = org_state_device(z->state, &id)) == NULL)
		return session_refuse(z, ZT_ERR_NOT_FOUND, "there is no device %.200s", device);
	if ((err = log_sync_handles(z)) == ZT_OK &&
	    (err = add_one(&a, pb_field(id.b, ID_BYTES))) == ZT_OK &&
	    (err = store_each(
		 z->store, STORE_LOG, bytes_of(NULL, 0), d->added, take_line, &a)) == ZT_OK)
		err = people_invitations(z, take_invitation, &a);
	free(a.devices);
	return err;
}

/* ---- devices that came ---- */

enum zt_err
acts_know_device(struct zt *z, const struct id *device)
{
	return store_put(
	    z->store, STORE_KNOWN, bytes_of(device->b, ID_BYTES), 0, bytes_of(NULL, 0));
}

/* One that came after this device, by another. */
static bool
is_new(struct zt *z, const struct org_device *me, const struct org_device *d)
{
	struct buf b = buf_init(16);
	bool known =
	    id_equal(&d->id, &z->device) || !id_equal(&d->user->id, &z->user) ||
	    !org_state_device_live(d, ORG_NEVER) || d->added <= me->added ||
	    store_get(z->store, STORE_KNOWN, bytes_of(d->id.b, ID_BYTES), 0, &b) == ZT_OK;

	buf_free(&b);
	return !known;
}

static void
show_new(struct zt *z, const struct org_device *d,
    void (*each)(void *ctx, const struct zt_device *d), void *ctx)
{
	char id[ID_TEXT], user[ID_TEXT], what[300] = "", by[300] = "";
	struct log_handle h;
	struct zt_device one = { .id = id,
		.user = user,
		.email = h.email,
		.purpose = d->purpose,
		.label = what,
		.by = by,
		.is_live = true,
		.browser = d->browser != NULL ? d->browser : "" };
	const struct org_device *author;
	struct id author_id;

	id_print(&d->id, id);
	id_print(&d->user->id, user);
	log_handle(z, &d->user->id, &h);
	name_device(z, d, what);
	if ((one.added = acts_time(z, d->added, &author_id)) != 0 &&
	    (author = org_state_device(z->state, &author_id)) != NULL) {
		name_device(z, author, by);
		if (by[0] == 0)
			id_print(&author_id, by);
	}
	each(ctx, &one);
}

void
acts_new_devices(
    struct zt *z, uint64_t from, void (*each)(void *ctx, const struct zt_device *d), void *ctx)
{
	const struct org_device *me = org_state_device(z->state, &z->device);
	struct org_device *d;
	size_t at = 0;

	while (me != NULL && (d = idmap_next(&z->state->devices, &at)) != NULL)
		if (d->added >= from && is_new(z, me, d))
			show_new(z, d, each, ctx);
}

enum zt_err
people_new_devices(struct zt *z, void (*each)(void *ctx, const struct zt_device *d), void *ctx)
{
	z->message[0] = 0;
	acts_new_devices(z, 0, each, ctx);
	return ZT_OK;
}

enum zt_err
people_device_acknowledge(struct zt *z, const char *device, unsigned *count)
{
	const struct org_device *me;
	struct org_device *d;
	struct id id;
	size_t at = 0;
	unsigned n = 0;
	char text[ID_TEXT];
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch(z)))
		return err;
	if (device != NULL) {
		if ((err = people_find_device(z, device, text)) ||
		    (err = id_parse(text, strlen(text), &id)))
			return err;
	}
	me = org_state_device(z->state, &z->device);
	while (err == ZT_OK && me != NULL && (d = idmap_next(&z->state->devices, &at)) != NULL)
		if ((device == NULL || id_equal(&d->id, &id)) && is_new(z, me, d) &&
		    (err = acts_know_device(z, &d->id)) == ZT_OK)
			n++;
	if (err == ZT_OK)
		*count = n;
	return err;
}
