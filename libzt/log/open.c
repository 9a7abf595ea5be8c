/* SPDX-License-Identifier: Apache-2.0 */
/* open.c - a device, opened: its file, its store, and the log as it knows it. */
#include "log/open.h"

#include <stdio.h>
#include <stdlib.h>

#include "crypto/suite.h"
#include "format/head_text.h"
#include "format/pb.h"
#include "log/enter.h"
#include "log/person.h"
#include "log/sync.h"
#include "log/user_keys.h"
#include "log/verbs.h"
#include "session/device.h"
#include "session/session.h"
#include "store/device_file.h"

static enum zt_err
take_secrets(struct zt *z, const Zt__DeviceSecrets *m)
{
	enum zt_err err;

	z->server = strdup(m->server);
	z->slug = strdup(m->slug);
	z->email = strdup(m->email);
	if (z->server == NULL || z->slug == NULL || z->email == NULL)
		return ZT_ERR_MEMORY;
	if ((err = pb_id(m->org, &z->org)) || (err = pb_id(m->user, &z->user)) ||
	    (err = pb_id(m->device, &z->device)) ||
	    (m->root_key.len > 0 &&
		(err = pb_exact(m->root_key, z->root_key, sizeof z->root_key))) ||
	    (err = sign_from_seed(pb_bytes(m->sign_seed), &z->sign)) ||
	    (err = secret_from(pb_bytes(m->seal_key), &z->seal)) ||
	    (err = secret_from(pb_bytes(m->local_key), &z->local)))
		return err;
	if (m->n_user_keys == 0 || m->n_user_keys > SESSION_USER_KEYS_MAX)
		return ZT_ERR_CORRUPT;
	for (size_t i = 0; i < m->n_user_keys; i++) {
		struct secret *key = NULL;

		if ((err = secret_from(pb_bytes(m->user_keys[i]), &key)) ||
		    (err = log_add_user_key(z, key)))
			return err;
	}
	z->root_by_id = m->root_key.len == 0;
	z->vouched_size = m->tree_size;
	if (m->tree_size > 0 && (err = pb_hash(m->root_hash, &z->vouched_root)))
		return err;
	id_print(&z->org, z->org_text);
	id_print(&z->user, z->user_text);
	id_print(&z->device, z->device_text);
	return ZT_OK;
}

static enum zt_err
open_by(
    const struct zt_options *o, const struct device_opener *by, struct zt **out, char *message)
{
	Zt__DeviceSecrets *m = NULL;
	struct zt *z = calloc(1, sizeof *z);
	enum zt_err err = ZT_ERR_MEMORY;

	if (message != NULL)
		message[0] = 0;
	if (z == NULL)
		return err;
	if ((err = suite_init()))
		goto out;
	session_take_options(z, o);
	z->home = strdup(o->home);
	z->ca_file = o->ca_file != NULL ? strdup(o->ca_file) : NULL;
	err = ZT_ERR_MEMORY;
	if (z->home == NULL)
		goto out;
	if ((err = device_file_open_by(o->home, by, &m))) {
		const char *said = device_closed(o->home, by, err);

		if (said[0] != 0)
			(void)session_refuse(z, err, "%s", said);
		else if (err == ZT_ERR_NOT_FOUND)
			(void)session_refuse(z, err, "there is no device in %.200s", o->home);
		goto out;
	}
	if ((err = take_secrets(z, m)) ||
	    (err = store_open(o->home, z->local, z->stop, &z->store)) ||
	    (err = session_connect(z)) || (err = log_load(z)))
		goto out;
	*out = z;
	z = NULL;
out:
	pb_wipe(m);
	if (z != NULL) {
		if (message != NULL)
			(void)snprintf(message, SESSION_MESSAGE, "%s", session_message(z));
		device_explain(o, err, message);
	}
	session_close(z);
	return err;
}

enum zt_err
log_open(const struct zt_options *o, struct zt **out, char *message)
{
	const struct device_opener by = device_opener(o, NULL);

	return open_by(o, &by, out, message);
}

enum zt_err
log_open_by_passkey(const struct zt_options *o, const struct zt_passkey_output *p,
    struct zt **out, char *message)
{
	const struct device_opener by = device_opener(o, p);

	return open_by(o, &by, out, message);
}

/* What OF has of the device's keys. */
static enum zt_err
copy_keys(struct zt *z, const struct zt *of)
{
	enum zt_err err;

	if ((err = sign_from_seed(sign_seed(of->sign), &z->sign)) ||
	    (err = secret_from(secret_bytes(of->seal), &z->seal)) ||
	    (err = secret_from(secret_bytes(of->local), &z->local)))
		return err;
	for (size_t i = 0; i < of->user_key_count; i++) {
		struct secret *key = NULL;

		if ((err = secret_from(secret_bytes(of->user_keys[i].key), &key)) ||
		    (err = log_add_user_key(z, key)))
			return err;
	}
	return ZT_OK;
}

/* Which device of which organization OF is, and how it reaches the server. */
static enum zt_err
copy_identity(struct zt *z, const struct zt *of)
{
	z->in_clear = of->in_clear;
	z->org = of->org;
	z->user = of->user;
	z->device = of->device;
	memcpy(z->org_text, of->org_text, sizeof z->org_text);
	memcpy(z->user_text, of->user_text, sizeof z->user_text);
	memcpy(z->device_text, of->device_text, sizeof z->device_text);
	memcpy(z->root_key, of->root_key, sizeof z->root_key);
	z->root_by_id = of->root_by_id;
	z->vouched_size = of->vouched_size;
	z->vouched_root = of->vouched_root;
	z->marked = of->marked;
	z->home = strdup(of->home);
	z->server = strdup(of->server);
	z->slug = strdup(of->slug);
	z->email = strdup(of->email);
	z->ca_file = of->ca_file != NULL ? strdup(of->ca_file) : NULL;
	return z->home == NULL || z->server == NULL || z->slug == NULL || z->email == NULL ||
		       (of->ca_file != NULL && z->ca_file == NULL)
		   ? ZT_ERR_MEMORY
		   : ZT_OK;
}

enum zt_err
log_open_again(struct zt *of, const struct zt_options *o, struct zt **out)
{
	struct zt *z = calloc(1, sizeof *z);
	enum zt_err err = ZT_ERR_MEMORY;

	of->message[0] = 0;
	if (z == NULL)
		return err;
	session_take_options(z, o);
	if ((err = copy_identity(z, of)) || (err = copy_keys(z, of)) ||
	    (err = session_connect(z)))
		goto out;
	store_share(of->store);
	z->store = of->store;
	z->is_stale = true; /* it has no state yet */
	err = log_leave(z, log_enter(z));
	memcpy(of->message, z->message, sizeof of->message);
	if (err)
		goto out;
	*out = z;
	z = NULL;
out:
	session_close(z);
	return err;
}

void
log_whoami(const struct zt *z, struct zt_identity *out)
{
	const struct org_user *me = org_state_user(z->state, &z->user);
	struct hash root = { { 0 } };

	*out = (struct zt_identity){ .server = z->server,
		.slug = z->slug,
		.org = z->org_text,
		.user = z->user_text,
		.device = z->device_text,
		.email = z->email,
		.log_size = merkle_size(z->state->tree),
		.log_marked = z->marked };
	if (merkle_root(z->state->tree, out->log_size, &root) == ZT_OK)
		hex_print(root.b, HASH_BYTES, out->log_root);
	head_text_print(out->log_size, &root, out->log_head);
	if (me != NULL)
		log_fingerprint(me, out->fingerprint);
}

enum zt_err
log_sync(struct zt *z)
{
	z->message[0] = 0;
	return log_fetch(z);
}
