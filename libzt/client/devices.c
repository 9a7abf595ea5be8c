/* devices.c - a device is revoked, and its user's key renewed so that what it knew opens
 * nothing that comes after. */
#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "client/client.h"
#include "format/limits.h"
#include "format/pb.h"
#include "zt/org.h"
#include "zt/workspace.h"

/* ---- the user's keys, as the log hands them out ---- */

enum zt_err
client_take_user_keys(struct zt *z)
{
	const struct org_user *me = org_state_user(z->state, &z->user);
	const struct org_device *d = org_state_device(z->state, &z->device);
	struct secret *key = NULL;
	enum zt_err err;

	if (me == NULL || d == NULL || z->user_keys >= me->key_generation)
		return ZT_OK;
	if (me->key_generation > CLIENT_USER_KEYS)
		return client_refuse(z, ZT_ERR_TOO_BIG,
		    "the user's key was renewed more often than this zt can hold");
	if (d->sealed_generation != me->key_generation ||
	    (err = keyring_open_user_key(d, z->seal, &key)) == ZT_ERR_KEY)
		return ZT_OK; /* revoked, or badly sealed: what needs the key will say so */
	if (err)
		return err;
	z->user_key[me->key_generation - 1] = key;
	for (unsigned g = me->key_generation; err == ZT_OK && g > z->user_keys + 1; g--)
		err =
		    keyring_open_user_previous(me, g, z->user_key[g - 1], &z->user_key[g - 2]);
	if (err == ZT_OK) {
		z->user_keys = me->key_generation;
		return ZT_OK;
	}
	for (size_t g = z->user_keys; g < me->key_generation; g++) {
		secret_free(z->user_key[g]);
		z->user_key[g] = NULL;
	}
	return err == ZT_ERR_KEY ? ZT_OK : err;
}

struct renewal {
	struct secret *key;
	uint8_t public[32];
	struct buf previous;
	Zt__UserKeyRotated m;
	Zt__SealedToDevice *sealed, **list;
	struct buf *bytes;
	size_t count;
};

static void
forget(struct renewal *r)
{
	for (size_t i = 0; i < r->count; i++)
		buf_free(&r->bytes[i]);
	free(r->sealed);
	free(r->list);
	free(r->bytes);
	r->sealed = NULL;
	r->list = NULL;
	r->bytes = NULL;
	r->count = 0;
	buf_free(&r->previous);
}

/* To every live device of this user. */
static enum zt_err
seal_to_devices(struct zt *z, const struct org_user *me, struct renewal *r)
{
	size_t most = z->state->devices.count, at = 0;
	struct org_device *d;
	enum zt_err err = ZT_OK;

	r->sealed = calloc(most, sizeof *r->sealed);
	r->list = calloc(most, sizeof *r->list);
	r->bytes = calloc(most, sizeof *r->bytes);
	if (r->sealed == NULL || r->list == NULL || r->bytes == NULL)
		return ZT_ERR_MEMORY;
	while (err == ZT_OK && (d = idmap_next(&z->state->devices, &at)) != NULL) {
		size_t i = r->count;

		if (d->user != me || !org_state_device_live(d, ORG_NEVER))
			continue;
		r->bytes[i] = buf_init(256);
		r->count++;
		err = keyring_seal_user_key(d, me->key_generation + 1, r->key, &r->bytes[i]);
		zt__sealed_to_device__init(&r->sealed[i]);
		r->sealed[i].device = pb_field(d->id.b, ID_BYTES);
		r->sealed[i].sealed = pb_field(r->bytes[i].p, r->bytes[i].n);
		r->list[i] = &r->sealed[i];
	}
	return err;
}

static enum zt_err
fill_renewal(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	const struct org_user *me = org_state_user(z->state, &z->user);
	struct renewal *r = ctx;
	enum zt_err err;

	forget(r);
	if (z->user_keys < me->key_generation)
		return client_refuse(
		    z, ZT_ERR_MISSING_KEY, "the user's newest key has not reached this device");
	if ((err = keyring_seal_user_previous(r->key, &me->id, me->key_generation + 1,
		 z->user_key[me->key_generation - 1], &r->previous)) ||
	    (err = seal_to_devices(z, me, r)))
		return err;
	zt__user_key_rotated__init(&r->m);
	r->m.user = pb_field(me->id.b, ID_BYTES);
	r->m.generation = me->key_generation + 1;
	r->m.user_key = pb_field(r->public, sizeof r->public);
	r->m.previous_sealed = pb_field(r->previous.p, r->previous.n);
	r->m.sealed = r->list;
	r->m.n_sealed = r->count;
	b->action_case = ZT__ENTRY_BODY__ACTION_USER_KEY_ROTATED;
	b->user_key_rotated = &r->m;
	return ZT_OK;
}

/* The same, unless another device of this user was faster. */
static enum zt_err
fill_needed_renewal(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	if (!org_state_user_key_is_open(org_state_user(z->state, &z->user)))
		return ZT_ERR_EXISTS;
	return fill_renewal(z, ctx, b);
}

static enum zt_err
renew(struct zt *z, client_fill *fill)
{
	struct renewal r = { .previous = buf_init(256) };
	enum zt_err err = secret_generate(&r.key);

	if (err)
		return err;
	hpke_public(r.key, r.public);
	err = client_append(z, &z->org, fill, &r);
	forget(&r);
	secret_free(r.key);
	return err == ZT_ERR_EXISTS ? ZT_OK : err;
}

enum zt_err
client_renew_user_key(struct zt *z)
{
	return renew(z, fill_renewal);
}

enum zt_err
client_close_user_key(struct zt *z)
{
	const struct org_user *me = org_state_user(z->state, &z->user);

	return me != NULL && org_state_user_live(me, ORG_NEVER) &&
		       org_state_user_key_is_open(me)
		   ? renew(z, fill_needed_renewal)
		   : ZT_OK;
}

/* ---- revocation ---- */

static enum zt_err
fill_revocation(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	(void)z;
	b->action_case = ZT__ENTRY_BODY__ACTION_DEVICE_REVOKED;
	b->device_revoked = ctx;
	return ZT_OK;
}

/* By its id, or the label of one of this user's own devices. */
static enum zt_err
find_device(struct zt *z, const char *text, struct org_device **out)
{
	struct org_device *d, *found = NULL;
	struct id id;
	size_t at = 0;

	if (id_parse(text, strlen(text), &id) == ZT_OK)
		found = org_state_device(z->state, &id);
	while (found == NULL && (d = idmap_next(&z->state->devices, &at)) != NULL) {
		struct buf label = buf_init(1024);

		if (id_equal(&d->user->id, &z->user) && org_state_device_live(d, ORG_NEVER)) {
			client_device_label(z, d, &label);
			if (label.n > 0 && strcmp(buf_text(&label), text) == 0)
				found = d;
		}
		buf_free(&label);
	}
	if (found == NULL)
		return client_refuse(z, ZT_ERR_NOT_FOUND,
		    "there is no device %.200s; zt devices lists them", text);
	*out = found;
	return ZT_OK;
}

enum zt_err
client_revoke_device(struct zt *z, const struct id *device)
{
	Zt__DeviceRevoked m = ZT__DEVICE_REVOKED__INIT;
	struct id id = *device; /* the log may be read anew meanwhile */

	m.device = pb_field(id.b, ID_BYTES);
	return client_append(z, &z->org, fill_revocation, &m);
}

enum zt_err
zt_device_revoke(struct zt *z, const char *device)
{
	struct org_device *d = NULL;
	enum zt_err err;

	z->why[0] = 0;
	if ((err = client_sync_log(z)) || (err = find_device(z, device, &d)))
		return err;
	if (id_equal(&d->id, &z->device))
		return client_refuse(z, ZT_ERR_INVALID,
		    "this device cannot renew the keys after its own removal: revoke it from "
		    "another one");
	if ((err = client_revoke_device(z, &d->id)))
		return err;
	return zt_tend(z, NULL);
}
