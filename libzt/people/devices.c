/* SPDX-License-Identifier: Apache-2.0 */
/* devices.c - a device is revoked; what that asks for is done by zt_maintain_keys. */
#include "people/devices.h"

#include <stdio.h>
#include <stdlib.h>

#include "crypto/labels.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/append.h"
#include "log/sync.h"
#include "people/verbs.h"
#include "session/session.h"
#include "workspace/verbs.h"
#include "zt/org.h"
#include "zt/workspace.h"

/* ---- revocation ---- */

static enum zt_err
fill_revocation(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	(void)z;
	b->action_case = ZT__ENTRY_BODY__ACTION_DEVICE_REVOKED;
	b->device_revoked = ctx;
	return ZT_OK;
}

/* Finds a device by id, or by the label of one of this user's own devices: the user who adds a
 * device chooses its label, and that may be a thief. */
static enum zt_err
find_device(struct zt *z, const char *text, struct org_device **out)
{
	struct org_device *d, *found = NULL, *other = NULL;
	struct id id;
	size_t at = 0;

	if (id_parse(text, strlen(text), &id) == ZT_OK &&
	    (*out = org_state_device(z->state, &id)) != NULL)
		return ZT_OK;
	while (other == NULL && (d = idmap_next(&z->state->devices, &at)) != NULL) {
		struct buf label = buf_init(1024);

		if (id_equal(&d->user->id, &z->user) && org_state_device_live(d, ORG_NEVER)) {
			people_device_label(z, d, &label);
			if (label.n > 0 && strcmp(buf_text(&label), text) == 0)
				*(found == NULL ? &found : &other) = d;
		}
		buf_free(&label);
	}
	if (found == NULL)
		return session_refuse(z, ZT_ERR_NOT_FOUND, "there is no device %.200s", text);
	if (other != NULL) {
		char one[ID_TEXT], two[ID_TEXT];

		id_print(&found->id, one);
		id_print(&other->id, two);
		return session_refuse(z, ZT_ERR_WHO,
		    "two devices are called %.60s: %s and %s; name one by its id", text, one,
		    two);
	}
	*out = found;
	return ZT_OK;
}

enum zt_err
people_find_device(struct zt *z, const char *device, char id[33])
{
	struct org_device *d = NULL;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch(z)) == ZT_OK && (err = find_device(z, device, &d)) == ZT_OK)
		id_print(&d->id, id);
	return err;
}

enum zt_err
people_revoke_device(struct zt *z, const struct id *device)
{
	Zt__DeviceRevoked m = ZT__DEVICE_REVOKED__INIT;
	struct id id = *device; /* a copy: reading the log again may free the original */

	m.device = pb_field(id.b, ID_BYTES);
	return log_append(z, &z->org, fill_revocation, &m);
}

enum zt_err
people_device_revoke(struct zt *z, const char *device)
{
	struct org_device *d = NULL;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch(z)) || (err = find_device(z, device, &d)))
		return err;
	if (id_equal(&d->id, &z->device))
		return session_refuse(z, ZT_ERR_INVALID,
		    "this device cannot renew the keys after its own removal: revoke it from "
		    "another one");
	if ((err = people_revoke_device(z, &d->id)))
		return err;
	return workspace_maintain_keys(z, NULL);
}

void
people_device_label(struct zt *z, const struct org_device *d, struct buf *out)
{
	for (size_t i = 0; i < z->user_key_count && out->n == 0; i++)
		(void)!(int)hpke_open(z->user_keys[i].key, bytes_text(LABEL_DEVICE_LABEL),
		    bytes_of(d->id.b, ID_BYTES), bytes_of(d->sealed_label, d->sealed_label_n),
		    out);
}
