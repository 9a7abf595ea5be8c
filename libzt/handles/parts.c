/* SPDX-License-Identifier: Apache-2.0 */
/* parts.c - the parts of a writer's file, and the few of which it holds the bytes. */
#include <stdlib.h>

#include "base/vec.h"
#include "content/fetch.h"
#include "content/send.h"
#include "crypto/suite.h"
#include "files/block.h"
#include "format/limits.h"
#include "format/pb.h"
#include "handles/kept.h"
#include "handles/writer.h"
#include "session/session.h"

enum zt_err
writer_add_part(struct zt_writer *w, size_t at, struct writer_part p)
{
	enum zt_err err = vec_room(&w->parts, w->count, &w->cap, sizeof *w->parts);

	if (err)
		return err;
	if (w->count >= SEND_PARTS_MAX)
		return session_refuse(w->z, ZT_ERR_TOO_BIG, "it is larger than a file may be");
	memmove(&w->parts[at + 1], &w->parts[at], (w->count - at) * sizeof *w->parts);
	w->parts[at] = p;
	w->count++;
	return ZT_OK;
}

uint64_t
writer_room_end(uint64_t from)
{
	uint32_t room = send_room(from);

	return from - from % room + room;
}

/* The part that holds OFFSET, which is before the end. */
size_t
writer_part_at(const struct zt_writer *w, uint64_t offset)
{
	size_t low = 0, high = w->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (w->parts[middle].from <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Of a block that is not used: its memory stays for the next. */
void
writer_let_go(struct zt_writer *w, struct writer_block *b)
{
	w->parts[writer_part_at(w, b->from)].held = NULL;
	b->is_used = b->is_dirty = false;
	buf_empty(&b->clear);
}

enum zt_err
writer_begin(struct zt_writer *w)
{
	enum zt_err err;

	if (w->is_begun)
		return ZT_OK;
	w->is_begun = true;
	if ((err = transfer_begin(&w->t, w->s, ZT_PROGRESS_SEND, NULL))) {
		transfer_end(&w->t);
		w->is_begun = false;
	}
	w->t.resumes = true;
	w->t.push[0] = &w->push;
	writer_kept_hear(w);
	return err;
}

/* Sends B, if it is dirty, and frees its place. */
enum zt_err
writer_send(struct zt_writer *w, struct writer_block *b)
{
	struct writer_part *p = &w->parts[writer_part_at(w, b->from)];
	enum zt_err err;

	if (b->is_dirty) {
		bool took;

		if ((err = writer_kept_take(w, p, buf_bytes(&b->clear), &took)) ||
		    (!took && ((err = writer_begin(w)) ||
				  (err = send_block(&w->t, &b->clear, &p->ref)))))
			return err;
		p->is_new = p->is_sent = true;
		p->is_kept = false;
	}
	writer_let_go(w, b);
	return ZT_OK;
}

/* B's place is for another. */
static enum zt_err
put_away(struct zt_writer *w, struct writer_block *b)
{
	enum zt_err err;

	if (!b->is_dirty || writer_is_stream(w, &w->parts[writer_part_at(w, b->from)]))
		return writer_send(w, b);
	if ((err = writer_spill(w, b)) == ZT_OK)
		writer_let_go(w, b);
	return err;
}

static enum zt_err
free_block(struct zt_writer *w, struct writer_block **out)
{
	struct writer_block *oldest = &w->blocks[0];
	enum zt_err err;

	for (size_t i = 0; i < WRITER_BLOCKS; i++) {
		struct writer_block *b = &w->blocks[i];

		if (!b->is_used) {
			*out = b;
			return ZT_OK;
		}
		if (b->used < oldest->used)
			oldest = b;
	}
	if ((err = put_away(w, oldest)) == ZT_OK)
		*out = oldest;
	return err;
}

/* The bytes of P's block that are P's, into CLEAR. */
static enum zt_err
fetch_part(struct zt_writer *w, const struct writer_part *p, struct buf *clear)
{
	struct block_part part;
	enum zt_err err;

	if (p->spilled.n > 0)
		return writer_unspill(w, p, clear);
	/* It may still be on its way. */
	if ((err = writer_begin(w)) || (p->is_new && (err = transfer_drain(&w->t))))
		return err;
	writer_part_block(p, &part);
	if ((err = fetch_block(&w->t, &part.block, clear)) == ZT_ERR_NOT_FOUND)
		err = session_refuse(
		    w->z, ZT_ERR_MISSING_BLOCK, "a block of the file is not on the server");
	if (err == ZT_OK) {
		memmove(clear->p, clear->p + part.offset, part.size);
		clear->n = part.size;
	}
	wipe(part.block.key, sizeof part.block.key);
	return err;
}

/* Holds part I, which is no hole; what it has there is not needed if ALL of it is written over.
 */
enum zt_err
writer_hold(struct zt_writer *w, size_t i, bool all, struct writer_block **out)
{
	struct writer_part *p = &w->parts[i];
	struct writer_block *b = p->held;
	enum zt_err err;

	if (b == NULL) {
		if ((err = free_block(w, &b)))
			return err;
		buf_empty(&b->clear);
		if (!all)
			err = fetch_part(w, p, &b->clear);
		else if (buf_room(&b->clear, (size_t)p->size) == NULL)
			err = ZT_ERR_MEMORY;
		if (err)
			return err;
		b->from = p->from;
		b->is_used = true;
		p->held = b;
	}
	b->used = ++w->uses;
	*out = b;
	return ZT_OK;
}

/* Part I's block is no longer what it holds. */
enum zt_err
writer_forget_ref(struct zt_writer *w, size_t i)
{
	struct writer_part *p = &w->parts[i];
	enum zt_err err;

	if (p->ref == NULL)
		return ZT_OK;
	if (p->is_new) {
		if ((err = vec_room(
			 &w->stale, w->stale_count, &w->stale_cap, sizeof *w->stale)))
			return err;
		w->stale[w->stale_count++] = p->ref;
	} else {
		pb_wipe(p->ref);
	}
	scratch_forget(w->scratch, &p->spilled);
	p->ref = NULL;
	p->is_new = p->is_kept = false;
	return ZT_OK;
}

enum zt_err
writer_make_dirty(struct zt_writer *w, size_t i)
{
	enum zt_err err = writer_forget_ref(w, i);

	if (err == ZT_OK)
		w->parts[i].held->is_dirty = w->is_changed = true;
	return err;
}

/* A part that is new, SIZE zeros at FROM, as part AT; held. */
enum zt_err
writer_add_zeros(struct zt_writer *w, size_t at, uint64_t from, size_t size)
{
	struct writer_block *b;
	enum zt_err err = free_block(w, &b);

	if (err)
		return err;
	buf_empty(&b->clear);
	if (size > 0 && buf_room(&b->clear, size) == NULL)
		return ZT_ERR_MEMORY;
	if (size > 0)
		memset(b->clear.p, 0, size);
	if ((err = writer_add_part(
		 w, at, (struct writer_part){ .from = from, .size = size, .held = b })))
		return err;
	b->from = from;
	b->used = ++w->uses;
	b->is_used = b->is_dirty = w->is_changed = true;
	return ZT_OK;
}

void
writer_forget_stale(struct zt_writer *w)
{
	for (size_t i = 0; i < w->stale_count; i++)
		pb_wipe(w->stale[i]);
	w->stale_count = 0;
}

/* Each call begins here: what failed before continues. */
enum zt_err
writer_resume(struct zt_writer *w)
{
	w->z->message[0] = 0;
	return w->is_begun ? send_resume(&w->t) : ZT_OK;
}
