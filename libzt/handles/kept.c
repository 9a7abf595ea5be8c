/* SPDX-License-Identifier: Apache-2.0 */
/* kept.c - what a stream had sent when it was cut off.
 *
 * A block that the servers have taken stays there. The store notes, for each path, the blocks
 * of a stream that no version names yet. A later writer of the path that is given the same
 * bytes at the same place takes such a block, and does not send it. It seals what it is given
 * again to see that: so a file that changed meanwhile is sent as it is now. */
#include <stdlib.h>

#include "base/vec.h"
#include "base/wire.h"
#include "content/slot.h"
#include "crypto/labels.h"
#include "crypto/suite.h"
#include "files/block.h"
#include "format/limits.h"
#include "format/pb.h"
#include "handles/kept.h"
#include "handles/writer.h"
#include "log/enter.h"
#include "session/session.h"

/* SENT_MAX: as many wait to be noted. PATHS: as many are forgotten at once. */
enum {
	SENT_MAX = 32,
	AT_ONCE = 4,
	PATHS = 16,
	VALUE = 8 + 4 + ID_BYTES + AEAD_KEY_BYTES + HASH_BYTES
};
#define KEPT_MS (30ull * 24 * 3600 * 1000)

/* A block of the part that begins at FROM. */
struct kept {
	uint64_t from;
	struct block_ref ref;
};

struct writer_kept {
	struct hash place; /* the path, in the store */
	struct kept *list; /* of the writer before, by FROM */
	size_t count, cap;
	struct kept sent[SENT_MAX]; /* by this one, and not noted yet */
	size_t sent_count;
	bool is_noted, has_swept;
};

/* The store's name for W's path, which it does not show. */
static enum zt_err
place_of(const struct zt_writer *w, struct hash *out)
{
	struct secret *key = NULL;
	enum zt_err err = secret_derive(w->z->local, LABEL_UPLOAD, &key);

	if (err == ZT_OK) {
		struct bytes parts[] = { secret_bytes(key), bytes_text(w->remote) };

		hash_blake2b_parts(LABEL_UPLOAD, parts, 2, out);
	}
	secret_free(key);
	return err;
}

static enum zt_err
read_one(void *ctx, struct bytes key, uint64_t n, struct bytes value)
{
	struct writer_kept *k = ctx;
	struct wire_reader r = wire_read(value);
	struct kept one = { .from = n };
	enum zt_err err = vec_room_secret(&k->list, k->count, &k->cap, sizeof *k->list);

	(void)key;
	if (err)
		return err;
	(void)wire_u64(&r); /* when */
	one.ref.size = wire_u32(&r);
	wire_copy(&r, one.ref.id.b, ID_BYTES);
	wire_copy(&r, one.ref.key, AEAD_KEY_BYTES);
	wire_copy(&r, one.ref.hash.b, HASH_BYTES);
	if (!wire_end(&r) && one.ref.size > 0 && one.ref.size <= BLOCK_CLEAR_MAX)
		k->list[k->count++] = one;
	wipe(one.ref.key, sizeof one.ref.key);
	return ZT_OK;
}

enum zt_err
writer_kept_open(struct zt_writer *w)
{
	struct writer_kept *k = calloc(1, sizeof *k);
	enum zt_err err;

	if (k == NULL)
		return ZT_ERR_MEMORY;
	w->kept = k;
	if ((err = place_of(w, &k->place)))
		return err;
	return store_each(
	    w->z->store, STORE_UPLOAD, bytes_of(k->place.b, HASH_BYTES), 0, read_one, k);
}

void
writer_kept_close(struct zt_writer *w)
{
	struct writer_kept *k = w->kept;

	if (k == NULL)
		return;
	writer_kept_note(w, true);
	if (k->cap > 0)
		wipe(k->list, k->cap * sizeof *k->list);
	free(k->list);
	wipe(k, sizeof *k);
	free(k);
	w->kept = NULL;
}

/* ---- noted ---- */

/* The paths whose streams were cut off long ago. */
struct old {
	struct hash place[PATHS];
	size_t count;
	uint64_t before;
};

static enum zt_err
look_at_age(void *ctx, struct bytes key, uint64_t n, struct bytes value)
{
	struct old *o = ctx;

	(void)n;
	if (key.n != HASH_BYTES || value.n < 8 || wire_load_u64(value.p) >= o->before ||
	    o->count == PATHS ||
	    (o->count > 0 && memcmp(o->place[o->count - 1].b, key.p, HASH_BYTES) == 0))
		return ZT_OK;
	memcpy(o->place[o->count++].b, key.p, HASH_BYTES);
	return ZT_OK;
}

static void
sweep(struct zt_writer *w)
{
	struct old o = { .before = session_now_ms() - KEPT_MS };

	if (store_each(w->z->store, STORE_UPLOAD, bytes_of(NULL, 0), 0, look_at_age, &o))
		return;
	for (size_t i = 0; i < o.count; i++)
		if (store_forget(w->z->store, STORE_UPLOAD, bytes_of(o.place[i].b, HASH_BYTES)))
			return;
}

static enum zt_err
put_sent(struct zt_writer *w, struct buf *value)
{
	struct writer_kept *k = w->kept;
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < k->sent_count; i++) {
		const struct kept *one = &k->sent[i];

		buf_empty(value);
		wire_put_u64(value, session_now_ms());
		wire_put_u32(value, one->ref.size);
		buf_add(value, bytes_of(one->ref.id.b, ID_BYTES));
		buf_add(value, bytes_of(one->ref.key, AEAD_KEY_BYTES));
		buf_add(value, bytes_of(one->ref.hash.b, HASH_BYTES));
		if ((err = buf_err(value)) == ZT_OK)
			err = store_put(w->z->store, STORE_UPLOAD,
			    bytes_of(k->place.b, HASH_BYTES), one->from, buf_bytes(value));
	}
	return err;
}

/* Notes only save work: one that fails is left out. */
void
writer_kept_note(struct zt_writer *w, bool all)
{
	struct writer_kept *k = w->kept;
	struct buf value = buf_init(VALUE);
	enum zt_err err;

	if (k->sent_count < (all ? 1 : AT_ONCE) || log_try(w->z))
		goto out;
	if ((err = store_begin_unsynced(w->z->store)) == ZT_OK) {
		if (!k->has_swept)
			sweep(w);
		k->has_swept = true;
		if ((err = put_sent(w, &value)) == ZT_OK &&
		    store_commit(w->z->store) == ZT_OK) {
			k->is_noted = true;
			wipe(k->sent, sizeof k->sent);
			k->sent_count = 0;
		}
		store_rollback(w->z->store);
	}
	(void)log_leave(w->z, ZT_OK);
out:
	buf_free(&value);
}

/* The servers have the block of SLOT. */
static void
note_sent(void *ctx, const struct transfer_slot *slot)
{
	struct zt_writer *w = ctx;
	struct writer_kept *k = w->kept;
	const Zt__BlockRef *ref = slot->dest_count == 1 ? slot->dests[0].ref : NULL;
	struct kept *one = &k->sent[k->sent_count];
	size_t i = w->count;

	/* It is among the last parts of a stream; what was written over since is none. */
	while (i > 0 && w->parts[i - 1].ref != ref && w->count - i < 2 * SENT_MAX)
		i--;
	if (ref == NULL || i == 0 || w->parts[i - 1].ref != ref || k->sent_count == SENT_MAX)
		return;
	one->from = w->parts[i - 1].from;
	one->ref.size = ref->size;
	memcpy(one->ref.id.b, ref->id.data, ID_BYTES);
	memcpy(one->ref.key, ref->key.data, AEAD_KEY_BYTES);
	memcpy(one->ref.hash.b, ref->hash.data, HASH_BYTES);
	k->sent_count++;
}

void
writer_kept_hear(struct zt_writer *w)
{
	w->t.taken = note_sent;
	w->t.taken_ctx = w;
}

void
writer_kept_forget(struct zt_writer *w)
{
	struct writer_kept *k = w->kept;

	k->sent_count = 0;
	if (!k->is_noted && k->count == 0)
		return;
	if (store_forget(w->z->store, STORE_UPLOAD, bytes_of(k->place.b, HASH_BYTES)) ==
	    ZT_OK) {
		wipe(k->list, k->count * sizeof *k->list);
		k->count = 0;
		k->is_noted = false;
	}
}

/* ---- taken ---- */

static struct kept *
find(const struct writer_kept *k, uint64_t from)
{
	size_t low = 0, high = k->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (k->list[middle].from < from)
			low = middle + 1;
		else
			high = middle;
	}
	return low < k->count && k->list[low].from == from ? &k->list[low] : NULL;
}

enum zt_err
writer_kept_take(struct zt_writer *w, struct writer_part *p, struct bytes clear, bool *took)
{
	const struct kept *one = find(w->kept, p->from);
	bool same = false;
	enum zt_err err;

	*took = false;
	if (one == NULL || one->ref.size != clear.n)
		return ZT_OK;
	if ((err = block_is(&one->ref, clear, &same)) || !same ||
	    (err = writer_reference(&one->ref, &p->ref)))
		return err;
	*took = true;
	return ZT_OK;
}
