/* SPDX-License-Identifier: Apache-2.0 */
/* send_block.c - one block up: read, sealed on a thread of the pool, sent, and pinned in the
 * manifests of its files. */
#include "content/send_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/vec.h"
#include "content/send.h"
#include "content/slot.h"
#include "content/transfer.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "session/session.h"

/* Runs on a thread of the pool: SLOT's part of its source, or what is there of it. */
static void
read_part(struct transfer_slot *slot)
{
	slot->os_error = 0;
	slot->clear.n = 0;
	while (slot->clear.n < slot->room) {
		ssize_t got = pread(slot->source->fd, slot->clear.p + slot->clear.n,
		    slot->room - slot->clear.n, (off_t)(slot->at + slot->clear.n));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			slot->os_error = errno;
		if (got <= 0)
			break;
		slot->clear.n += (size_t)got;
	}
}

/* Runs on a thread of the pool. */
static void
seal(struct pool_job *job)
{
	struct transfer_slot *slot = (struct transfer_slot *)job;

	if (slot->source != NULL)
		read_part(slot);
	if (slot->source != NULL && (slot->os_error != 0 || slot->clear.n == 0))
		return; /* is_read sees it */
	buf_empty(&slot->call.body);
	for (size_t i = 0; i < slot->dest_count; i++) {
		Zt__BlockRef *b = slot->dests[i].ref;
		struct hash content;

		if (b->whole == 0)
			continue;
		hash_content(bytes_of(slot->clear.p + b->offset, b->size), &content);
		memcpy(b->content.data, content.b, HASH_BYTES);
	}
	/* Known whole: grown, it could have twice the room, which is wiped in the end. */
	if ((slot->err = buf_reserve(&slot->call.body, block_sealed_size(slot->clear.n))) ==
	    ZT_OK)
		slot->err = block_seal(buf_bytes(&slot->clear), &slot->ref, &slot->call.body);
}

static void
end_block(struct transfer_slot *slot)
{
	slot->push->blocks--;
	transfer_release(slot);
}

static void
sent(struct calls_transfer *call)
{
	struct transfer_slot *slot = call->ctx;

	if (call->err) {
		(void)(call->err == ZT_ERR_INTERRUPTED
			   ? session_interrupted(slot->t->z)
			   : session_refuse(slot->t->z, call->err, "%s", call->detail));
		transfer_fail(slot->t, call->err);
		if (slot->t->resumes) {
			slot->is_stalled = true;
			return;
		}
	}
	if (call->err == ZT_OK && slot->t->taken != NULL)
		slot->t->taken(slot->t->taken_ctx, slot);
	slot->t->done += slot->ref.size;
	end_block(slot);
}

/* Starts to send SLOT's block, which is sealed unless ERR. */
static void
start(struct transfer_slot *slot, enum zt_err err)
{
	struct transfer *t = slot->t;

	if (err == ZT_OK) {
		slot->call.route = ROUTE_BLOCK_PUT;
		slot->call.done = sent;
		slot->call.ctx = slot;
		slot->call.params = (struct route_params){ .org = t->z->org,
			.id = t->workspace,
			.block = slot->ref.id,
			.hash = slot->ref.hash };
		err = calls_start(t->z->calls, &slot->call);
	}
	if (err == ZT_OK)
		return;
	transfer_fail(t, err);
	if (t->resumes)
		slot->is_stalled = true;
	else
		end_block(slot);
}

/* Whether there is anything to send of SLOT, whose source has been read; else nothing was
 * sealed, or it is behind the source's new end. */
static bool
is_read(struct transfer_slot *slot)
{
	struct source *from = slot->source;

	slot->source = NULL;
	from->pending--;
	if (slot->os_error != 0 && from->os_error == 0)
		from->os_error = slot->os_error;
	if (slot->clear.n < slot->room && slot->at + slot->clear.n < from->end)
		from->end = slot->at + slot->clear.n;
	slot->dests[0].ref->size = (uint32_t)slot->clear.n;
	return slot->os_error == 0 && slot->at < from->end;
}

/* The block is sealed: puts its reference into the manifests and starts to send it. */
static void
then_send(struct transfer_slot *slot)
{
	enum zt_err err = slot->err;

	if (slot->source != NULL && !is_read(slot)) {
		wipe(slot->ref.key, sizeof slot->ref.key);
		end_block(slot);
		return;
	}
	for (size_t i = 0; err == ZT_OK && i < slot->dest_count; i++) {
		Zt__BlockRef *b = slot->dests[i].ref;

		memcpy(b->id.data, slot->ref.id.b, ID_BYTES);
		memcpy(b->key.data, slot->ref.key, AEAD_KEY_BYTES);
		memcpy(b->hash.data, slot->ref.hash.b, HASH_BYTES);
	}
	wipe(slot->ref.key, sizeof slot->ref.key);
	start(slot, err);
}

void
send_slot(struct transfer_slot *slot)
{
	slot->push = slot->t->push[0];
	slot->push->blocks++;
	transfer_submit(slot, seal, then_send);
}

enum zt_err
send_take_slot(struct transfer *t, uint32_t room, struct transfer_slot **out)
{
	enum zt_err err = transfer_slot(t, room, out);

	if (err)
		return err;
	(*out)->dest_count = 0;
	(*out)->room = room;
	(*out)->source = NULL;
	buf_empty(&(*out)->clear);
	buf_empty(&(*out)->call.body);
	if ((err = buf_reserve(&(*out)->clear, room)))
		transfer_release(*out);
	return err;
}

enum zt_err
send_add_ref(Zt__FileManifest *f, uint32_t room, size_t *cap, Zt__BlockRef **out)
{
	Zt__BlockRef *b;
	enum zt_err err;

	if (f->blocks == NULL) {
		if ((f->blocks = malloc(sizeof *f->blocks)) == NULL)
			return ZT_ERR_MEMORY;
		zt__block_list__init(f->blocks);
		f->content_case = ZT__FILE_MANIFEST__CONTENT_BLOCKS;
		f->blocks->block_size = room;
	}
	if ((err = vec_room(&f->blocks->blocks, f->blocks->n_blocks, cap, sizeof b)))
		return err;
	if ((b = malloc(sizeof *b)) == NULL)
		return ZT_ERR_MEMORY;
	zt__block_ref__init(b);
	f->blocks->blocks[f->blocks->n_blocks++] = *out = b;
	return ZT_OK;
}

/* SLOT's block fills in B, for SIZE bytes at its OFFSET. F is the file of B, or NULL. */
static enum zt_err
pin_ref(struct transfer_slot *slot, Zt__FileManifest *f, Zt__BlockRef *b, size_t offset,
    size_t size)
{
	enum zt_err err =
	    vec_room(&slot->dests, slot->dest_count, &slot->dest_cap, sizeof *slot->dests);

	if (err)
		return err;
	b->size = (uint32_t)size;
	b->offset = (uint32_t)offset;
	b->id = pb_field(calloc(1, ID_BYTES), ID_BYTES);
	b->key = pb_field(calloc(1, AEAD_KEY_BYTES), AEAD_KEY_BYTES);
	b->hash = pb_field(calloc(1, HASH_BYTES), HASH_BYTES);
	if (b->id.data == NULL || b->key.data == NULL || b->hash.data == NULL)
		return ZT_ERR_MEMORY;
	slot->dests[slot->dest_count++] = (struct block_ref_dest){ f, b };
	return ZT_OK;
}

enum zt_err
send_add_dest(
    struct transfer_slot *slot, Zt__FileManifest *f, size_t offset, size_t size, size_t *cap)
{
	Zt__BlockRef *b;
	enum zt_err err = send_add_ref(f, slot->room, cap, &b);

	return err ? err : pin_ref(slot, f, b, offset, size);
}

enum zt_err
send_block(struct transfer *t, struct buf *clear, Zt__BlockRef **out)
{
	struct transfer_slot *slot = NULL;
	Zt__BlockRef *b = malloc(sizeof *b);
	struct buf full = *clear;
	enum zt_err err = ZT_ERR_MEMORY;

	if (b == NULL)
		return err;
	zt__block_ref__init(b);
	if ((err = send_take_slot(t, 1, &slot)) ||
	    (err = pin_ref(slot, NULL, b, 0, clear->n))) {
		if (slot != NULL && slot->busy)
			transfer_release(slot);
		pb_wipe(b);
		return err;
	}
	*clear = slot->clear; /* of the same maximum */
	slot->clear = full;
	*out = b;
	send_slot(slot);
	return ZT_OK;
}

enum zt_err
send_sealed(struct transfer *t, const struct block_ref *ref, struct buf *sealed)
{
	struct transfer_slot *slot = NULL;
	struct buf whole = *sealed;
	enum zt_err err = send_take_slot(t, 1, &slot);

	if (err)
		return err;
	*sealed = slot->call.body; /* of the same maximum */
	slot->call.body = whole;
	slot->ref = (struct block_ref){ .id = ref->id, .size = ref->size, .hash = ref->hash };
	slot->push = t->push[0];
	slot->push->blocks++;
	start(slot, ZT_OK);
	return ZT_OK;
}

enum zt_err
send_resume(struct transfer *t)
{
	enum zt_err err;

	t->err = ZT_OK;
	for (size_t i = 0; i < TRANSFER_SLOTS; i++) {
		struct transfer_slot *slot = &t->slot[i];

		if (!slot->is_stalled)
			continue;
		slot->is_stalled = false;
		if (slot->err || slot->call.body.n == 0) {
			transfer_submit(slot, seal, then_send);
		} else if ((err = calls_start(t->z->calls, &slot->call))) {
			slot->is_stalled = true;
			return err;
		}
	}
	return ZT_OK;
}
