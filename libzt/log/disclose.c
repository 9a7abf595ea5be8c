/* SPDX-License-Identifier: Apache-2.0 */
/* disclose.c - handles, sealed one by one to those who may know them: everybody but outsiders,
 * and each user their own. */
#include <stdlib.h>

#include "format/limits.h"
#include "format/pb.h"
#include "log/handles.h"
#include "proto/auth.pb-c.h"
#include "session/session.h"

enum { AT_ONCE = 500 };

struct disclosing {
	struct zt *z;
	Zt__Disclosure item[AT_ONCE], *list[AT_ONCE];
	struct buf sealed[AT_ONCE];
	size_t count;
};

static enum zt_err
flush(struct disclosing *d)
{
	struct route_params p = { .org = d->z->org };
	Zt__Disclosures m = ZT__DISCLOSURES__INIT;
	struct buf body = buf_init(4 * 1024 * 1024), answer = buf_init(64);
	enum zt_err err = ZT_OK;

	m.items = d->list;
	m.n_items = d->count;
	if (d->count > 0 && (err = pb_encode(&m, &body)) == ZT_OK)
		err = session_call(d->z, ROUTE_DISCLOSE, &p, NULL, buf_bytes(&body), &answer);
	while (d->count > 0)
		buf_free(&d->sealed[--d->count]);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

static enum zt_err
add(struct disclosing *d, const struct org_user *to, const struct org_user *subject,
    struct bytes handle)
{
	size_t i = d->count;
	enum zt_err err = i == AT_ONCE ? flush(d) : ZT_OK;

	if (err)
		return err;
	i = d->count++;
	d->sealed[i] = buf_init(4096);
	if ((err = log_seal_handle(&d->z->org, to, &subject->id, handle, &d->sealed[i])))
		return err;
	zt__disclosure__init(d->list[i] = &d->item[i]);
	d->item[i].recipient = pb_field(to->id.b, ID_BYTES);
	d->item[i].subject = pb_field(subject->id.b, ID_BYTES);
	d->item[i].sealed = pb_field(d->sealed[i].p, d->sealed[i].n);
	return ZT_OK;
}

static bool
may_know(const struct org_user *to, const struct org_user *subject)
{
	return org_state_user_live(to, ORG_NEVER) &&
	       (to == subject || org_state_profile(to, ORG_NEVER) != PROFILE_OUTSIDER);
}

enum zt_err
log_disclose(struct zt *z, const struct id *to, const struct id *subject, uint64_t since)
{
	struct disclosing *d = calloc(1, sizeof *d);
	struct org_user *s, *r;
	size_t at = 0;
	enum zt_err err = ZT_OK;

	if (d == NULL)
		return ZT_ERR_MEMORY;
	d->z = z;
	while (err == ZT_OK && (s = idmap_next(&z->state->users, &at)) != NULL) {
		struct buf handle = buf_init(4096);
		size_t next = 0;

		if ((subject != NULL && !id_equal(subject, &s->id)) ||
		    store_get(z->store, STORE_HANDLE, bytes_of(s->id.b, ID_BYTES), 0,
			&handle) != ZT_OK)
			continue; /* not known here: nothing to tell */
		while (err == ZT_OK && (r = idmap_next(&z->state->users, &next)) != NULL)
			if ((to == NULL || id_equal(to, &r->id)) && may_know(r, s) &&
			    (r->added >= since || s->added >= since))
				err = add(d, r, s, buf_bytes(&handle));
		buf_free(&handle);
	}
	if (err == ZT_OK)
		err = flush(d);
	while (d->count > 0)
		buf_free(&d->sealed[--d->count]);
	free(d);
	return err;
}
