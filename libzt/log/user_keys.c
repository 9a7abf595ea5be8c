/* SPDX-License-Identifier: Apache-2.0 */
/* user_keys.c - this user's own keys: as devices hand them on, as the log holds them for this
 * device, and their renewal.
 *
 * Nobody can check what is sealed to another device, so that a stolen device may have sealed
 * rubbish to all others. A key is therefore taken where it opens, and a device renews without
 * the newest one. */
#include "log/user_keys.h"

#include <stdlib.h>

#include "base/vec.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/append.h"
#include "session/session.h"
#include "trust/keyring.h"

/* Generations that are looked at, from the newest on: each key is a guarded page, and those are
 * limited. */
enum { LOOKED_AT = 512 };

static const struct secret *
find(const struct zt *z, const uint8_t public[HPKE_PUBLIC_BYTES])
{
	for (size_t i = z->user_key_count; i-- > 0;)
		if (memcmp(z->user_keys[i].public, public, HPKE_PUBLIC_BYTES) == 0)
			return z->user_keys[i].key;
	return NULL;
}

enum zt_err
log_add_user_key(struct zt *z, struct secret *key)
{
	struct session_user_key k = { .key = key };
	enum zt_err err;

	hpke_public(key, k.public);
	if (find(z, k.public) != NULL) {
		secret_free(key);
		return ZT_OK;
	}
	if ((err = vec_room(
		 &z->user_keys, z->user_key_count, &z->user_key_cap, sizeof *z->user_keys))) {
		secret_free(key);
		return err;
	}
	z->user_keys[z->user_key_count++] = k;
	return ZT_OK;
}

const struct secret *
log_user_key(const struct zt *z, unsigned generation)
{
	const struct org_user *me = org_state_user(z->state, &z->user);

	return me == NULL || generation == 0 || generation > me->key_generation
		   ? NULL
		   : find(z, me->keys[generation - 1].key);
}

size_t
log_hand_user_keys(const struct zt *z, struct bytes out[SESSION_USER_KEYS_MAX])
{
	const struct org_user *me = org_state_user(z->state, &z->user);
	size_t n = 0;

	for (unsigned g = me->key_generation; g > 0 && n < SESSION_USER_KEYS_MAX; g--) {
		const struct secret *key = log_user_key(z, g);

		if (key != NULL)
			out[n++] = secret_bytes(key);
	}
	return n;
}

static enum zt_err
take_one(struct zt *z, enum zt_err err, struct secret *key)
{
	if (err == ZT_OK)
		return log_add_user_key(z, key);
	return err == ZT_ERR_MEMORY ? err : ZT_OK; /* not for this device, or badly sealed */
}

/* GENERATION as it was sealed to D, and what its rotation brought along under it. */
static enum zt_err
take_generation(
    struct zt *z, const struct org_user *me, const struct org_device *d, unsigned generation)
{
	const struct org_user_key *k = &me->keys[generation - 1];
	const struct secret *key;
	struct secret *opened = NULL;
	enum zt_err err = ZT_OK;

	if (log_user_key(z, generation) == NULL) {
		err = keyring_open_user_key(d, generation, z->seal, &opened);
		err = take_one(z, err, opened);
	}
	for (size_t i = 0; err == ZT_OK && i < k->older_count; i++) {
		if ((key = log_user_key(z, generation)) == NULL ||
		    log_user_key(z, k->older[i].generation) != NULL)
			continue;
		err = keyring_open_user_older(me, generation, key, &k->older[i], &opened);
		err = take_one(z, err, opened);
	}
	return err;
}

enum zt_err
log_take_user_keys(struct zt *z)
{
	const struct org_user *me = org_state_user(z->state, &z->user);
	const struct org_device *d = org_state_device(z->state, &z->device);
	unsigned last;
	enum zt_err err = ZT_OK;

	if (me == NULL || d == NULL || z->user_generation == me->key_generation)
		return ZT_OK;
	last = me->key_generation > LOOKED_AT ? me->key_generation - LOOKED_AT : 0;
	for (unsigned g = me->key_generation; err == ZT_OK && g > last; g--)
		err = take_generation(z, me, d, g);
	if (err == ZT_OK)
		z->user_generation = me->key_generation;
	return err;
}

/* ---- renewal ---- */

struct renewal {
	struct secret *key;
	uint8_t public[32];
	struct buf previous;
	Zt__UserKeyRotated m;
	Zt__SealedToDevice *sealed, **list;
	struct buf *bytes;
	size_t count;
	Zt__OlderKey older[LIMIT_OLDER], *older_list[LIMIT_OLDER];
	struct buf older_bytes[LIMIT_OLDER];
	size_t older_count;
};

static void
forget(struct renewal *r)
{
	for (size_t i = 0; i < r->count; i++)
		buf_free(&r->bytes[i]);
	for (size_t i = 0; i < r->older_count; i++)
		buf_free(&r->older_bytes[i]);
	free(r->sealed);
	free(r->list);
	free(r->bytes);
	r->sealed = NULL;
	r->list = NULL;
	r->bytes = NULL;
	r->count = r->older_count = 0;
	buf_free(&r->previous);
}

/* To every live device of this user. */
static enum zt_err
seal_to_devices(struct zt *z, const struct org_user *me, struct renewal *r)
{
	size_t max = z->state->devices.count, at = 0;
	struct org_device *d;
	enum zt_err err = ZT_OK;

	r->sealed = calloc(max, sizeof *r->sealed);
	r->list = calloc(max, sizeof *r->list);
	r->bytes = calloc(max, sizeof *r->bytes);
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

/* LEADS by generation: what the rotation to G really opens to one who has its key. */
static void
follow(const struct zt *z, const struct org_user *me, unsigned g, bool *leads)
{
	const struct org_user_key *k = &me->keys[g - 1];

	for (size_t i = 0; i < k->older_count; i++) {
		struct secret *opened = NULL;

		if (!leads[k->older[i].generation] &&
		    keyring_open_user_older(me, g, log_user_key(z, g), &k->older[i], &opened) ==
			ZT_OK)
			leads[k->older[i].generation] = true;
		secret_free(opened);
	}
}

/* The newest key, and those to which it does not lead, under the new one. */
static enum zt_err
bring_older(struct zt *z, const struct org_user *me, struct renewal *r)
{
	unsigned newest = me->key_generation, list[LIMIT_OLDER];
	bool *leads = calloc(newest + 1, sizeof *leads);
	size_t n = 0;
	enum zt_err err = leads != NULL ? ZT_OK : ZT_ERR_MEMORY;

	for (unsigned g = newest; err == ZT_OK && g > 0; g--) {
		if (log_user_key(z, g) == NULL)
			continue;
		if (g == newest)
			err = keyring_seal_user_older(
			    r->key, &me->id, newest + 1, log_user_key(z, g), &r->previous);
		else if (!leads[g] && n < LIMIT_OLDER)
			list[n++] = g;
		follow(z, me, g, leads);
	}
	for (; err == ZT_OK && n > 0; r->older_count++) { /* oldest first */
		size_t i = r->older_count;
		unsigned g = list[--n];

		r->older_bytes[i] = buf_init(256);
		err = keyring_seal_user_older(
		    r->key, &me->id, newest + 1, log_user_key(z, g), &r->older_bytes[i]);
		zt__older_key__init(&r->older[i]);
		r->older[i].generation = g;
		r->older[i].sealed = pb_field(r->older_bytes[i].p, r->older_bytes[i].n);
		r->older_list[i] = &r->older[i];
	}
	free(leads);
	return err;
}

static enum zt_err
fill_renewal(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	const struct org_user *me = org_state_user(z->state, &z->user);
	struct renewal *r = ctx;
	enum zt_err err;

	forget(r);
	if ((err = bring_older(z, me, r)) || (err = seal_to_devices(z, me, r)))
		return err;
	zt__user_key_rotated__init(&r->m);
	r->m.user = pb_field(me->id.b, ID_BYTES);
	r->m.generation = me->key_generation + 1;
	r->m.user_key = pb_field(r->public, sizeof r->public);
	r->m.previous_sealed = pb_field(r->previous.p, r->previous.n);
	r->m.older = r->older_list;
	r->m.n_older = r->older_count;
	r->m.sealed = r->list;
	r->m.n_sealed = r->count;
	b->action_case = ZT__ENTRY_BODY__ACTION_USER_KEY_ROTATED;
	b->user_key_rotated = &r->m;
	return ZT_OK;
}

/* A revoked device knows the newest key, or it has not reached this device. */
static bool
needs_renewal(const struct zt *z)
{
	const struct org_user *me = org_state_user(z->state, &z->user);

	return org_state_user_key_needs_rotation(me) ||
	       log_user_key(z, me->key_generation) == NULL;
}

/* The same, unless another device of this user was faster. */
static enum zt_err
fill_needed_renewal(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	return needs_renewal(z) ? fill_renewal(z, ctx, b) : ZT_ERR_EXISTS;
}

static enum zt_err
renew(struct zt *z, log_fill *fill)
{
	struct renewal r = { .previous = buf_init(256) };
	enum zt_err err = secret_generate(&r.key);

	if (err)
		return err;
	hpke_public(r.key, r.public);
	err = log_append(z, &z->org, fill, &r);
	forget(&r);
	secret_free(r.key);
	return err == ZT_ERR_EXISTS ? ZT_OK : err;
}

enum zt_err
log_rotate_user_key(struct zt *z)
{
	return renew(z, fill_renewal);
}

enum zt_err
log_rotate_user_key_if_needed(struct zt *z)
{
	const struct org_device *d = org_state_device(z->state, &z->device);

	return d != NULL && org_state_device_live(d, ORG_NEVER) && needs_renewal(z)
		   ? renew(z, fill_needed_renewal)
		   : ZT_OK;
}
