/* SPDX-License-Identifier: Apache-2.0 */
/* audit.c - zt/audit.h: an export in pieces of any size, record by record. */
#include "zt/audit.h"

#include <stdlib.h>

#include "base/wire.h"
#include "crypto/suite.h"
#include "history/audit.h"

struct zt_audit {
	struct audit *a;
	struct buf held;   /* of the record that is under way, its head included */
	bool has_magic;    /* it was read */
	enum zt_err ended; /* a refusal is the last word */
};

enum zt_err
zt_audit_new(const char *org, struct zt_audit **out)
{
	struct zt_audit *a;
	struct id id;
	enum zt_err err;

	if (id_parse(org, strlen(org), &id))
		return ZT_ERR_INVALID;
	if ((err = suite_init()))
		return err;
	if ((a = calloc(1, sizeof *a)) == NULL)
		return ZT_ERR_MEMORY;
	a->held = buf_init(AUDIT_RECORD_BYTES + AUDIT_RECORD_MAX);
	if ((err = audit_new(&id, &a->a))) {
		free(a);
		return err;
	}
	*out = a;
	return ZT_OK;
}

void
zt_audit_free(struct zt_audit *a)
{
	if (a == NULL)
		return;
	audit_free(a->a);
	buf_free(&a->held);
	free(a);
}

/* How many bytes the part that is under way has, as far as that is known. Errors: CORRUPT. */
static enum zt_err
wanted(const struct zt_audit *a, size_t *out)
{
	uint32_t size;

	*out = a->has_magic ? AUDIT_RECORD_BYTES : sizeof AUDIT_MAGIC - 1;
	if (!a->has_magic || a->held.n < AUDIT_RECORD_BYTES)
		return ZT_OK;
	if ((size = wire_load_u32(a->held.p + 1)) > AUDIT_RECORD_MAX)
		return ZT_ERR_CORRUPT;
	*out += size;
	return ZT_OK;
}

/* The part that is under way is whole. */
static enum zt_err
take_part(struct zt_audit *a)
{
	enum zt_err err = ZT_OK;

	if (!a->has_magic) {
		a->has_magic = memcmp(a->held.p, AUDIT_MAGIC, sizeof AUDIT_MAGIC - 1) == 0;
		err = a->has_magic ? ZT_OK : ZT_ERR_CORRUPT;
	} else {
		err = audit_take(a->a, (enum audit_record)a->held.p[0],
		    bytes_of(a->held.p + AUDIT_RECORD_BYTES, a->held.n - AUDIT_RECORD_BYTES));
	}
	buf_empty(&a->held);
	return err;
}

/* Takes as much of IN as the part that is under way wants; *TAKEN says how much. */
static enum zt_err
take_some(struct zt_audit *a, struct bytes in, size_t *taken)
{
	size_t want, again;
	enum zt_err err = wanted(a, &want);

	if (err)
		return err;
	*taken = want - a->held.n < in.n ? want - a->held.n : in.n;
	buf_add(&a->held, bytes_of(in.p, *taken));
	if ((err = buf_err(&a->held)) || a->held.n < want || (err = wanted(a, &again)) ||
	    again > a->held.n)
		return err;
	return take_part(a);
}

enum zt_err
zt_audit_take(struct zt_audit *a, const void *bytes, size_t n)
{
	struct bytes in = bytes_of(bytes, n);
	size_t taken;

	while (a->ended == ZT_OK && in.n > 0) {
		if ((a->ended = take_some(a, in, &taken)))
			break;
		in = bytes_of(in.p + taken, in.n - taken);
	}
	return a->ended;
}

enum zt_err
zt_audit_end(struct zt_audit *a)
{
	if (a->ended == ZT_OK && (!a->has_magic || a->held.n > 0))
		a->ended = ZT_ERR_CORRUPT;
	if (a->ended == ZT_OK)
		a->ended = audit_end(a->a);
	return a->ended;
}

void
zt_audit_result(const struct zt_audit *a, struct zt_audit_result *out)
{
	const struct audit_result *r = audit_result(a->a);
	const struct org_state *o = audit_state(a->a);

	*out = (struct zt_audit_result){ .entries = r->entries,
		.hidden = r->hidden,
		.users = o->users.count,
		.devices = o->devices.count,
		.workspaces = o->workspaces.count,
		.changesets = r->changesets,
		.changes = r->changes,
		.excluded = r->excluded,
		.head_size = r->has_head ? r->head.size : 0,
		.what = r->what,
		.message = r->message,
		.number = r->number };
	hex_print(r->head.root.b, HASH_BYTES, out->head_root);
}

void
zt_audit_releases(
    const struct zt_audit *a, void (*each)(void *ctx, const char *release), void *ctx)
{
	const struct org_state *o = audit_state(a->a);
	char text[2 * HASH_BYTES + 1];

	for (size_t i = 0; i < o->release_count; i++) {
		hex_print(o->releases[i].b, HASH_BYTES, text);
		each(ctx, text);
	}
}

void
zt_audit_browsers(const struct zt_audit *a,
    void (*each)(void *ctx, const char *device, const char *user, const char *origin),
    void *ctx)
{
	const struct org_state *o = audit_state(a->a);
	char device[ID_TEXT], user[ID_TEXT];
	const struct org_device *d;
	size_t at = 0;

	while ((d = idmap_next(&o->devices, &at)) != NULL)
		if (d->browser != NULL && org_state_device_live(d, ORG_NEVER)) {
			id_print(&d->id, device);
			id_print(&d->user->id, user);
			each(ctx, device, user, d->browser);
		}
}
