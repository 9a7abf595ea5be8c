/* SPDX-License-Identifier: Apache-2.0 */
/* overview.c - what the server tells an organization's admins, read strictly. */
#include <stdio.h>
#include <string.h>

#include "format/limits.h"
#include "format/pb.h"
#include "log/handles.h"
#include "log/person.h"
#include "log/sync.h"
#include "people/verbs.h"
#include "proto/auth.pb-c.h"
#include "session/session.h"

#define VERSION_LETTERS "0123456789.abcdefghijklmnopqrstuvwxyz~+-"
#define DAY_MS (24ull * 60 * 60 * 1000)

static enum zt_err
read_lists(const Zt__Overview *m, const struct zt_overview_lists *l)
{
	char text[ID_TEXT];
	struct id id;

	for (size_t i = 0; l->seen != NULL && i < m->n_seen; i++) {
		if (pb_id(m->seen[i]->device, &id) || m->seen[i]->day > UINT32_MAX)
			return ZT_ERR_CORRUPT;
		id_print(&id, text);
		l->seen(l->ctx,
		    &(struct zt_seen){ .device = text, .day = m->seen[i]->day * DAY_MS });
	}
	for (size_t i = 0; l->frozen != NULL && i < m->n_frozen; i++) {
		if (pb_id(m->frozen[i]->user, &id))
			return ZT_ERR_CORRUPT;
		id_print(&id, text);
		l->frozen(l->ctx,
		    &(struct zt_frozen){ .user = text, .by_admin = m->frozen[i]->by_admin });
	}
	return ZT_OK;
}

enum zt_err
people_overview(struct zt *z, struct zt_overview *out, const struct zt_overview_lists *l)
{
	struct route_params p = { .org = z->org };
	struct buf answer = buf_init(LIMIT_PAGE);
	Zt__Overview *m = NULL;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = session_call(z, ROUTE_OVERVIEW, &p, NULL, bytes_of(NULL, 0), &answer)) ==
	    ZT_OK)
		err = pb_decode(&zt__overview__descriptor, buf_bytes(&answer), LIMIT_PAGE, &m);
	if (err == ZT_OK && strspn(m->version, VERSION_LETTERS) != strlen(m->version))
		err = ZT_ERR_CORRUPT;
	if (err == ZT_OK && l != NULL)
		err = read_lists(m, l);
	if (err == ZT_OK && out != NULL) {
		*out = (struct zt_overview){ .time = m->time,
			.users = m->users,
			.users_limit = m->users_limit,
			.bytes = m->bytes,
			.bytes_limit = m->bytes_limit,
			.expires = m->expires,
			.has_bytes = m->has_bytes };
		(void)snprintf(out->version, sizeof out->version, "%s", m->version);
	}
	pb_free(m);
	buf_free(&answer);
	return err;
}

enum zt_err
people_freeze(struct zt *z, const char *user, bool frozen)
{
	struct route_params p = { .org = z->org };
	struct buf body = buf_init(128), answer = buf_init(64);
	Zt__Freeze m = ZT__FREEZE__INIT;
	struct org_user *u;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch(z)) || (err = log_sync_handles(z)) ||
	    (err = log_find_user(z, user, &u)))
		return err;
	m.user = pb_field(u->id.b, ID_BYTES);
	m.is_frozen = frozen;
	if ((err = pb_encode(&m, &body)) == ZT_OK)
		err = session_call(z, ROUTE_FREEZE, &p, NULL, buf_bytes(&body), &answer);
	buf_free(&body);
	buf_free(&answer);
	return err;
}
