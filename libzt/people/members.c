/* SPDX-License-Identifier: Apache-2.0 */
/* members.c - users and devices: what the log says, with the handles disclosed to this device.
 */
#include <stdio.h>
#include <stdlib.h>

#include "format/limits.h"
#include "format/pb.h"
#include "log/append.h"
#include "log/handles.h"
#include "log/person.h"
#include "log/sync.h"
#include "people/acts.h"
#include "people/devices.h"
#include "people/verbs.h"
#include "people/ways.h"
#include "proto/auth.pb-c.h"
#include "proto/device.pb-c.h"
#include "session/session.h"
#include "workspace/verbs.h"
#include "zt/org.h"
#include "zt/workspace.h"

static int
by_added(const void *a, const void *b)
{
	const struct org_user *const *x = a, *const *y = b;

	return (*x)->added < (*y)->added ? -1 : (*x)->added > (*y)->added;
}

static int
device_by_added(const void *a, const void *b)
{
	const struct org_device *const *x = a, *const *y = b;

	return (*x)->added < (*y)->added ? -1 : (*x)->added > (*y)->added;
}

enum zt_err
people_users(struct zt *z, void (*each)(void *ctx, const struct zt_user *u), void *ctx)
{
	struct org_user **all, *u;
	size_t n = 0, at = 0;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch_to_read(z)))
		return err;
	if ((all = calloc(z->state->users.count + 1, sizeof(struct org_user *))) == NULL)
		return ZT_ERR_MEMORY;
	while ((u = idmap_next(&z->state->users, &at)) != NULL)
		all[n++] = u;
	qsort(all, n, sizeof *all, by_added);
	for (size_t i = 0; i < n; i++) {
		char id[ID_TEXT];
		struct log_handle h;
		char fingerprint[ZT_FINGERPRINT];
		struct zt_user one = {
			.id = id, .email = h.email, .name = h.name, .fingerprint = fingerprint
		};

		id_print(&all[i]->id, id);
		log_handle(z, &all[i]->id, &h);
		log_fingerprint(all[i], fingerprint);
		one.profile = org_state_profile_name(org_state_profile(all[i], ORG_NEVER));
		one.is_live = org_state_user_live(all[i], ORG_NEVER);
		one.is_me = id_equal(&all[i]->id, &z->user);
		each(ctx, &one);
	}
	free(all);
	return ZT_OK;
}

static void
show_device(struct zt *z, const struct org_device *d,
    void (*each)(void *ctx, const struct zt_device *d), void *ctx)
{
	char id[ID_TEXT], user[ID_TEXT];
	struct log_handle h;
	struct buf label = buf_init(8192);
	struct zt_device one = {
		.id = id, .user = user, .email = h.email, .purpose = d->purpose
	};

	id_print(&d->id, id);
	id_print(&d->user->id, user);
	log_handle(z, &d->user->id, &h);
	if (id_equal(&d->user->id, &z->user) && strcmp(d->purpose, "recovery") == 0)
		ways_describe(z, d, &label);
	else if (id_equal(&d->user->id, &z->user))
		people_device_label(z, d, &label);
	one.added = acts_time(z, d->added, NULL);
	one.by = "";
	one.label = buf_text(&label);
	one.is_live = org_state_device_live(d, ORG_NEVER);
	one.is_me = id_equal(&d->id, &z->device);
	one.browser = d->browser != NULL ? d->browser : "";
	each(ctx, &one);
	buf_free(&label);
}

enum zt_err
people_devices(struct zt *z, void (*each)(void *ctx, const struct zt_device *d), void *ctx)
{
	struct org_device **all, *d;
	size_t n = 0, at = 0;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch_to_read(z)))
		return err;
	if ((all = calloc(z->state->devices.count + 1, sizeof(struct org_device *))) == NULL)
		return ZT_ERR_MEMORY;
	while ((d = idmap_next(&z->state->devices, &at)) != NULL)
		all[n++] = d;
	qsort(all, n, sizeof *all, device_by_added);
	for (size_t i = 0; i < n; i++)
		show_device(z, all[i], each, ctx);
	free(all);
	return ZT_OK;
}

struct show {
	struct zt *z;
	void (*each)(void *ctx, const struct zt_entry *e);
	void *ctx;
};

static enum zt_err
show_line(void *ctx, struct bytes key, uint64_t n, struct bytes value)
{
	struct show *s = ctx;
	Zt__StoredEntry *m = NULL;
	struct statement st;
	struct entry *e = NULL;
	char leaf[2 * HASH_BYTES + 1] = "", author[ID_TEXT] = "", topic[260] = "";
	struct zt_entry one = {
		.index = n, .topic = topic, .action = "", .author = author, .leaf = leaf
	};
	enum zt_err err =
	    pb_decode(&zt__stored_entry__descriptor, value, LIMIT_ENTRY + 256, &m);

	(void)key;
	if (err)
		return err;
	if (n < merkle_size(s->z->state->tree))
		hex_print(merkle_leaf(s->z->state->tree, n)->b, HASH_BYTES, leaf);
	if (m->signature.len == SIGN_BYTES) {
		st.body = pb_bytes(m->body);
		memcpy(st.signature, m->signature.data, SIGN_BYTES);
		if ((err = entry_decode(&st, &e)) == ZT_OK) {
			one.time = e->body->time;
			one.action = entry_action(e);
			id_print(&e->author, author);
			if (id_equal(&e->topic, &s->z->org))
				(void)snprintf(topic, sizeof topic, "org");
			else
				id_print(&e->topic, topic);
		}
	}
	if (err == ZT_OK)
		s->each(s->ctx, &one);
	entry_free(e);
	pb_free(m);
	return err;
}

enum zt_err
people_log(
    struct zt *z, uint64_t from, void (*each)(void *ctx, const struct zt_entry *e), void *ctx)
{
	struct show s = { z, each, ctx };
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch(z)))
		return err;
	return store_each(z->store, STORE_LOG, bytes_of(NULL, 0), from, show_line, &s);
}

static enum zt_err
fill_revocation(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	Zt__UserRevoked *m = ctx;

	(void)z;
	b->action_case = ZT__ENTRY_BODY__ACTION_USER_REVOKED;
	b->user_revoked = m;
	return ZT_OK;
}

static enum zt_err
fill_profile(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	(void)z;
	b->action_case = ZT__ENTRY_BODY__ACTION_PROFILE_CHANGED;
	b->profile_changed = ctx;
	return ZT_OK;
}

enum zt_err
people_user_profile(struct zt *z, const char *user, const char *profile)
{
	Zt__ProfileChanged m = ZT__PROFILE_CHANGED__INIT;
	struct org_user *u;
	struct id id;
	int p = PROFILE_ADMIN;
	enum zt_err err;

	z->message[0] = 0;
	while (p <= PROFILE_OUTSIDER &&
	       strcmp(profile, org_state_profile_name((enum profile)p)) != 0)
		p++;
	if (p > PROFILE_OUTSIDER)
		return session_refuse(z, ZT_ERR_INVALID,
		    "a profile is one of admin, standard, outsider, not %.40s", profile);
	if ((err = log_fetch(z)) || (err = log_sync_handles(z)) ||
	    (err = log_find_user(z, user, &u)) || (err = log_meant(z, &u->id)))
		return err;
	id = u->id;
	m.user = pb_field(id.b, ID_BYTES);
	m.profile = (Zt__Profile)p;
	if ((err = log_append(z, &z->org, fill_profile, &m)))
		return err;
	/* An outsider knew no other's name: now they may. An admin who stepped down knows them,
	 * and discloses none any more. */
	return id_equal(&id, &z->user) ? ZT_OK : log_disclose(z, &id, NULL, 0);
}

enum zt_err
people_user_revoke(struct zt *z, const char *user)
{
	Zt__UserRevoked m = ZT__USER_REVOKED__INIT;
	struct org_user *u;
	struct id id;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch(z)) || (err = log_sync_handles(z)) ||
	    (err = log_find_user(z, user, &u)))
		return err;
	id = u->id;
	m.user = pb_field(id.b, ID_BYTES);
	if ((err = log_append(z, &z->org, fill_revocation, &m)))
		return err;
	return workspace_maintain_keys(z, NULL);
}
