/* SPDX-License-Identifier: Apache-2.0 */
/* keep.c - the functions of zt/keep.h that take a device: its notes are records of the store.
 */
#include "zt/keep.h"

#include <string.h>

#include "log/enter.h"
#include "session/session.h"
#include "store/store.h"

enum { NOTES_MAX = 1000, NAME_MAX_BYTES = 64, VALUE_MAX_BYTES = 64 * 1024 };

void
zt_read_kept(struct zt *z, bool on)
{
	z->reads_kept = on;
}

bool
zt_is_away(const struct zt *z)
{
	return z->read_away;
}

static bool
is_name(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= NAME_MAX_BYTES &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == n;
}

static enum zt_err
count_one(void *ctx, struct bytes key, uint64_t n, struct bytes value)
{
	(void)key;
	(void)n;
	(void)value;
	++*(size_t *)ctx;
	return ZT_OK;
}

static enum zt_err
put(struct zt *z, struct bytes name, struct bytes value)
{
	struct buf was = buf_init(VALUE_MAX_BYTES);
	size_t count = 0;
	enum zt_err err = store_get(z->store, STORE_NOTE, name, 0, &was);

	buf_free(&was);
	if (err == ZT_ERR_NOT_FOUND &&
	    (err = store_each(z->store, STORE_NOTE, bytes_of(NULL, 0), 0, count_one, &count)) ==
		ZT_OK &&
	    count >= NOTES_MAX)
		err = session_refuse(z, ZT_ERR_TOO_BIG, "no more notes are kept");
	return err ? err : store_put(z->store, STORE_NOTE, name, 0, value);
}

enum zt_err
zt_note_put(struct zt *z, const char *name, const void *value, size_t n)
{
	enum zt_err err;

	if (!is_name(name))
		return ZT_ERR_NAME;
	if (n > VALUE_MAX_BYTES)
		return ZT_ERR_TOO_BIG;
	if ((err = log_enter(z)) == ZT_OK)
		err = put(z, bytes_text(name), bytes_of(value, n));
	return log_leave(z, err);
}

enum zt_err
zt_note_remove(struct zt *z, const char *name)
{
	enum zt_err err;

	if (!is_name(name))
		return ZT_ERR_NAME;
	if ((err = log_enter(z)) == ZT_OK)
		err = store_delete(z->store, STORE_NOTE, bytes_text(name), 0);
	return log_leave(z, err);
}

struct showing {
	void (*each)(void *ctx, const char *name, const void *value, size_t n);
	void *ctx;
};

static enum zt_err
show(void *ctx, struct bytes key, uint64_t n, struct bytes value)
{
	const struct showing *s = ctx;
	char name[NAME_MAX_BYTES + 1];

	(void)n;
	if (key.n > NAME_MAX_BYTES)
		return ZT_ERR_STORE;
	memcpy(name, key.p, key.n);
	name[key.n] = 0;
	s->each(s->ctx, name, value.p, value.n);
	return ZT_OK;
}

enum zt_err
zt_notes(struct zt *z, const char *prefix,
    void (*each)(void *ctx, const char *name, const void *value, size_t n), void *ctx)
{
	struct showing s = { each, ctx };
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = store_each(z->store, STORE_NOTE, bytes_text(prefix), 0, show, &s);
	return log_leave(z, err);
}
