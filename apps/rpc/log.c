/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* log.c - methods about the trust log, and about the store in which this device has it. */
#include "encode/encode.h"
#include "rpc/call.h"
#include "zt/repair.h"

EACH(log_entry, zt_entry)

enum zt_err
method_log_entries(struct call *c)
{
	struct page p;

	page_begin(&p, c);
	p.seen = p.from; /* libzt begins there */
	return page_end(&p, c, zt_log(c->z, p.from, each_log_entry, &p), "entries");
}

enum zt_err
method_log_head(struct call *c)
{
	struct zt_identity id;

	zt_whoami(c->z, &id);
	return call_answer(c, ZT_OK, encode_head(&id));
}

enum zt_err
method_log_compare(struct call *c)
{
	uint64_t size = 0;
	uint8_t root[32];
	enum zt_err err = zt_head_read(call_text(c, "head"), &size, root);

	if (err == ZT_ERR_CORRUPT)
		return call_refuse(
		    c, err, "the check digits of %s do not match", call_text(c, "head"));
	if (err != ZT_OK)
		return call_refuse(
		    c, err, "%s is not the head of a trust log", call_text(c, "head"));
	return zt_log_compare(c->z, size, root);
}

enum zt_err
method_log_verify(struct call *c)
{
	uint64_t n = 0;
	enum zt_err err = zt_log_verify(c->z, &n);

	return call_answer(c, err, json_pack("{s:o}", "entries", encode_number(n)));
}

enum zt_err
method_health_store(struct call *c)
{
	uint64_t n = 0;
	enum zt_err err = zt_check_store(c->z, &n);

	return call_answer(c, err, json_pack("{s:o}", "records", encode_number(n)));
}

static void
lost(void *ctx, const struct zt_loss *l)
{
	json_t *made = json_pack("{s:o,s:o,s:o}", "what", encode_text(lane_words(ctx, l->what)),
	    "first", encode_number(l->first), "last", encode_number(l->last));

	if (l->workspace != NULL)
		made = encode_with(made, "workspace", encode_text(l->workspace));
	lane_event(ctx, "lost", made);
}

enum zt_err
method_device_repair(struct call *c)
{
	struct zt_repaired r = { 0 };
	enum zt_err err = zt_repair(c->z, lost, c->lane, &r);

	return call_answer(c, err,
	    json_pack("{s:o,s:o,s:o,s:b}", "entries", encode_number(r.entries), "changesets",
		encode_number(r.changesets), "objects", encode_number(r.objects), "whole",
		r.is_whole));
}
