/* SPDX-License-Identifier: Apache-2.0 */
/* damage.c - objects that do not open: named, once a call, in sentences for people. */
#include "chain/objects.h"

#include <stdio.h>

#include "log/handles.h"
#include "session/session.h"

void
workspace_damage_text(
    struct workspace *s, const struct workspace_object *o, char out[SESSION_MESSAGE])
{
	const struct org_device *d = org_state_device(s->z->state, &o->author);
	const char *what = o->reason == ZT_ERR_MISSING_BLOCK
			       ? session_translate(s->z, "the server does not have it")
			       : session_translate(s->z, err_text(o->reason));
	struct log_handle by = { .email = "?" };

	if (d != NULL)
		log_handle(s->z, &d->user->id, &by);
	if (o->v.version > 0)
		(void)snprintf(out, SESSION_MESSAGE,
		    session_translate(s->z,
			"version %llu, by %.80s, does not open (%.80s); version %llu is taken"),
		    (unsigned long long)o->damaged, by.email, what,
		    (unsigned long long)o->v.version);
	else
		(void)snprintf(out, SESSION_MESSAGE,
		    session_translate(s->z,
			"version %llu, by %.80s, does not open (%.80s), nor does one before "
			"it"),
		    (unsigned long long)o->damaged, by.email, what);
}

void
chain_damage(struct zt *z, enum zt_err err, const char *path, const char *what)
{
	if (z->damage == ZT_OK)
		z->damage = err;
	if (z->damaged != NULL)
		z->damaged(z->damaged_ctx, path, what);
}

void
workspace_damaged(struct workspace *s, const char *path, const struct workspace_object *o)
{
	char what[SESSION_MESSAGE];

	if (o->damaged == 0 || idmap_get(&s->z->named, &o->vlob) != NULL ||
	    idmap_put(&s->z->named, &o->vlob, s)) /* named already; or there is no memory */
		return;
	workspace_damage_text(s, o, what);
	chain_damage(s->z, o->reason, path, what);
}

void
chain_begin_reading(struct zt *z)
{
	idmap_free(&z->named, NULL);
	z->damage = ZT_OK;
}

enum zt_err
chain_end_reading(struct zt *z)
{
	if (z->damage == ZT_OK)
		return ZT_OK;
	return session_refuse(
	    z, z->damage, "it is about what is named above; all else is whole");
}
