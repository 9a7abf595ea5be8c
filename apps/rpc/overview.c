/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* overview.c - methods about what the server tells admins. */
#include "zt/overview.h"

#include "encode/encode.h"
#include "rpc/call.h"

enum zt_err
method_organization_overview(struct call *c)
{
	struct zt_overview o = { 0 };
	enum zt_err err = zt_overview(c->z, &o, NULL);
	json_t *made;

	if (err != ZT_OK)
		return err;
	made = json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "time", encode_number(o.time), "version",
	    encode_text(o.version), "users", encode_number(o.users), "usersLimit",
	    encode_number(o.users_limit), "bytesLimit", encode_number(o.bytes_limit), "expires",
	    encode_number(o.expires));
	return call_answer(
	    c, ZT_OK, o.has_bytes ? encode_with(made, "bytes", encode_number(o.bytes)) : made);
}

static void
each_seen(void *page, const struct zt_seen *s)
{
	if (page_wants(page))
		page_add(page, json_pack("{s:o,s:o}", "device", encode_text(s->device), "day",
				   encode_number(s->day)));
}

static void
each_frozen(void *page, const struct zt_frozen *f)
{
	if (page_wants(page))
		page_add(page, json_pack("{s:o,s:b}", "user", encode_text(f->user), "byAdmin",
				   f->by_admin));
}

PAGED(people_seen, "seen",
    zt_overview(c->z, NULL, &(struct zt_overview_lists){ .ctx = &p, .seen = each_seen }))
PAGED(people_frozen, "frozen",
    zt_overview(c->z, NULL, &(struct zt_overview_lists){ .ctx = &p, .frozen = each_frozen }))

enum zt_err
method_people_freeze(struct call *c)
{
	return zt_freeze(c->z, call_text(c, "user"), call_flag(c, "frozen"));
}
