/* SPDX-License-Identifier: Apache-2.0 */
/* send.c - content up: whole blocks of large files, and small files gathered in shared ones. */
#include "content/send.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/vec.h"
#include "content/slot.h"
#include "content/transfer.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "session/session.h"

/* ---- reading ---- */

static ssize_t
read_full(int fd, uint8_t *to, size_t n)
{
	size_t at = 0;

	while (at < n) {
		ssize_t got = read(fd, to + at, n - at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		at += (size_t)got;
	}
	return (ssize_t)at;
}

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

/* ---- one block ---- */

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

/* Its block is whole: it is sealed and sent. */
static void
send_slot(struct transfer_slot *slot)
{
	slot->push = slot->t->push[0];
	slot->push->blocks++;
	transfer_submit(slot, seal, then_send);
}

/* A free slot with ROOM for a block. */
static enum zt_err
take_slot(struct transfer *t, uint32_t room, struct transfer_slot **out)
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

/* F's next reference, empty. */
static enum zt_err
add_ref(Zt__FileManifest *f, uint32_t room, size_t *cap, Zt__BlockRef **out)
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

/* Adds F's next reference, for SIZE bytes at OFFSET of SLOT's block. */
static enum zt_err
add_dest(
    struct transfer_slot *slot, Zt__FileManifest *f, size_t offset, size_t size, size_t *cap)
{
	Zt__BlockRef *b;
	enum zt_err err = add_ref(f, slot->room, cap, &b);

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
	if ((err = take_slot(t, 1, &slot)) || (err = pin_ref(slot, NULL, b, 0, clear->n))) {
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
	enum zt_err err = take_slot(t, 1, &slot);

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

/* ---- a file ---- */

/* This file cannot be read (on); that is not the transfer's error yet. */
static enum zt_err
read_err(struct transfer *t, const char *name)
{
	t->unread = errno;
	return transfer_err(t->z, name, errno);
}

uint32_t
send_room(uint64_t size)
{
	return size < LIMIT_LARGE  ? LIMIT_BLOCK
	       : size < LIMIT_HUGE ? LIMIT_BLOCK_LARGE
				   : BLOCK_CLEAR_MAX;
}

/* The same of a file of SIZE that is sent whole, in which nobody writes a part again. */
static uint32_t
whole_room(uint64_t size)
{
	return size >= LIMIT_WIDE && size < LIMIT_HUGE ? LIMIT_BLOCK_WIDE : send_room(size);
}

/* Sends blocks from FD's position, MAX bytes or to its end. */
static enum zt_err
send_some(struct transfer *t, int fd, const char *name, uint32_t room, uint64_t max,
    Zt__FileManifest *f, size_t *cap)
{
	enum zt_err err;

	while (max > 0) {
		struct transfer_slot *slot;
		size_t want = max < room ? (size_t)max : room;
		ssize_t n;

		if ((err = take_slot(t, room, &slot)))
			return err;
		if ((n = read_full(fd, slot->clear.p, want)) < 0)
			err = read_err(t, name);
		else if (n > 0)
			err = add_dest(slot, f, 0, (size_t)n, cap);
		if (err || n == 0) {
			transfer_release(slot);
			return err;
		}
		slot->clear.n = (size_t)n;
		f->size += (uint64_t)n;
		send_slot(slot);
		transfer_report(t, name);
		max -= (uint64_t)n;
		if ((size_t)n < want)
			break;
	}
	return ZT_OK;
}

/* F ends where its source ended. */
static void
cut(Zt__FileManifest *f, uint32_t room, uint64_t end)
{
	size_t keeps = (size_t)((end + room - 1) / room);

	while (f->blocks->n_blocks > keeps)
		pb_wipe(f->blocks->blocks[--f->blocks->n_blocks]);
	f->size = end;
	if (keeps > 0)
		return;
	zt__block_list__free_unpacked(f->blocks, NULL);
	f->blocks = NULL;
	f->content_case = ZT__FILE_MANIFEST__CONTENT__NOT_SET;
}

/* Sends the whole blocks of FD, a regular file of SIZE bytes that is read from its start. The
 * pool's threads read them: each seals what it has just read, and this thread, which all blocks
 * pass, has less to do. *IS_CUT: the file ended before SIZE, and so does F. */
static enum zt_err
send_whole(struct transfer *t, int fd, const char *name, uint64_t size, Zt__FileManifest *f,
    size_t *cap, bool *is_cut)
{
	uint32_t room = whole_room(size);
	struct source from = { .fd = fd, .end = size };
	struct transfer_slot *slot;
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && from.os_error == 0 && f->size + room <= from.end) {
		if ((err = take_slot(t, room, &slot)))
			break;
		if ((err = add_dest(slot, f, 0, room, cap))) {
			transfer_release(slot);
			break;
		}
		slot->source = &from;
		slot->at = f->size;
		from.pending++;
		f->size += room;
		send_slot(slot);
		transfer_report(t, name);
	}
	transfer_settle(t, &from.pending);
	if ((*is_cut = from.end < f->size))
		cut(f, room, from.end);
	errno = from.os_error;
	return err == ZT_OK && errno != 0 ? read_err(t, name) : err;
}

/* The hole of F from its end to UPTO. */
static enum zt_err
add_hole(struct transfer *t, uint64_t upto, uint32_t room, Zt__FileManifest *f, size_t *cap)
{
	Zt__BlockRef *b;
	enum zt_err err;

	if (upto <= f->size)
		return ZT_OK;
	if ((err = add_ref(f, room, cap, &b)))
		return err;
	b->hole = upto - f->size;
	t->done += b->hole;
	f->size = upto;
	return ZT_OK;
}

/* A hole takes a reference, and ends a block before it is full: in a file with many, smaller
 * holes are sent as zeros. */
enum { HOLES_MAX = 8000 };

/* The next data of FD from AT on, which is less than SIZE: *FROM and *TO; *FROM is SIZE when
 * there is none. Small holes count as data. */
static bool
next_data(int fd, uint64_t at, uint64_t size, uint64_t *from, uint64_t *to)
{
	uint64_t min = size / HOLES_MAX;
	off_t data = lseek(fd, (off_t)at, SEEK_DATA), hole;

	*from = *to = size;
	if (data < 0 || (uint64_t)data >= size)
		return data >= 0 || errno == ENXIO;
	*from = (uint64_t)data - at < min ? at : (uint64_t)data;
	for (;;) {
		if ((hole = lseek(fd, data, SEEK_HOLE)) < 0)
			return false;
		data = lseek(fd, hole, SEEK_DATA);
		if (data < 0 && errno != ENXIO)
			return false;
		if ((uint64_t)hole >= size || data < 0 || (uint64_t)(data - hole) >= min)
			break;
	}
	if ((uint64_t)hole < size)
		*to = (uint64_t)hole;
	return true;
}

/* A file of which parts take no room on the disk: these are said, and not sent. */
static enum zt_err
send_sparse(struct transfer *t, int fd, const char *name, uint64_t size, Zt__FileManifest *f)
{
	uint32_t room = whole_room(size);
	size_t cap = 0;
	uint64_t from, to;
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && f->size < size) {
		if (!next_data(fd, f->size, size, &from, &to) ||
		    lseek(fd, (off_t)from, SEEK_SET) < 0)
			return read_err(t, name);
		if ((err = add_hole(t, from, room, f, &cap)) == ZT_OK)
			err = send_some(t, fd, name, room, to - from, f, &cap);
		if (err == ZT_OK && f->size < to)
			return ZT_OK; /* it was cut meanwhile: it changed, and is named */
	}
	return err;
}

static bool
is_sparse(const struct stat *st)
{
	return S_ISREG(st->st_mode) && (uint64_t)st->st_blocks * 512 < (uint64_t)st->st_size;
}

static enum zt_err
send_blocks(struct transfer *t, int fd, const char *name, uint64_t size, Zt__FileManifest *f)
{
	size_t cap = 0;
	struct stat st = { 0 };
	bool is_cut = false;
	enum zt_err err;

	if (size > LIMIT_SMALL && fstat(fd, &st) == 0 && is_sparse(&st))
		return send_sparse(t, fd, name, size, f);
	if (size >= LIMIT_LARGE && S_ISREG(st.st_mode)) {
		if ((err = send_whole(t, fd, name, size, f, &cap, &is_cut)) || is_cut)
			return err;
		if (lseek(fd, (off_t)f->size, SEEK_SET) < 0)
			return read_err(t, name);
	}
	return send_some(t, fd, name, whole_room(size), UINT64_MAX, f, &cap);
}

/* Room in the shared block for SIZE bytes more, LIMIT_SMALL at most. */
static enum zt_err
make_room(struct transfer *t, size_t size)
{
	enum zt_err err = ZT_OK;

	if (t->shared_block != NULL && t->shared_block->clear.n + size > LIMIT_BLOCK)
		send_gathered(t);
	if (t->shared_block == NULL && (err = take_slot(t, LIMIT_BLOCK, &t->shared_block)))
		t->shared_block = NULL;
	return err;
}

/* SIZE bytes of FD behind what is gathered. *GREW: there are more by now, and none was taken.
 */
static enum zt_err
gather(
    struct transfer *t, int fd, const char *name, size_t size, Zt__FileManifest *f, bool *grew)
{
	struct buf *to;
	size_t cap = 0;
	ssize_t n;
	enum zt_err err;

	*grew = false;
	if ((err = make_room(t, size + 1)))
		return err;
	to = &t->shared_block->clear;
	if ((n = read_full(fd, to->p + to->n, size + 1)) < 0)
		return read_err(t, name);
	if ((size_t)n > size) {
		*grew = true;
		return lseek(fd, 0, SEEK_SET) == 0 ? ZT_OK : read_err(t, name);
	}
	if (n == 0)
		return ZT_OK;
	if ((err = add_dest(t->shared_block, f, to->n, (size_t)n, &cap)))
		return err;
	to->n += (size_t)n;
	f->size = (uint64_t)n;
	return ZT_OK;
}

enum zt_err
send_content(struct transfer *t, int fd, const char *name, uint64_t size, Zt__FileManifest *f)
{
	bool grew = true;
	enum zt_err err = ZT_OK;

	if (size <= LIMIT_SMALL)
		err = gather(t, fd, name, (size_t)size, f, &grew);
	return err == ZT_OK && grew ? send_blocks(t, fd, name, size, f) : err;
}

enum zt_err
send_bytes(struct transfer *t, struct bytes content, Zt__FileManifest *f)
{
	bool shares = content.n <= LIMIT_SMALL;
	struct transfer_slot *slot;
	size_t cap = 0;
	enum zt_err err;

	if (content.n == 0)
		return ZT_OK;
	if ((err = shares ? make_room(t, content.n) : take_slot(t, LIMIT_BLOCK, &slot)))
		return err;
	if (shares)
		slot = t->shared_block;
	if ((err = add_dest(slot, f, slot->clear.n, content.n, &cap))) {
		if (!shares)
			transfer_release(slot);
		return err;
	}
	buf_add(&slot->clear, content);
	f->size = content.n;
	if (!shares)
		send_slot(slot);
	return ZT_OK;
}

/* SIZE bytes of content, of which SENT are no holes. */
static bool
fits(uint64_t sent, uint64_t size)
{
	return sent / whole_room(size) < SEND_PARTS_MAX;
}

bool
send_fits(const struct stat *st)
{
	uint64_t size = (uint64_t)st->st_size;

	return fits(is_sparse(st) ? (uint64_t)st->st_blocks * 512 : size, size);
}

bool
send_fits_open(int fd, const struct stat *st)
{
	uint64_t size = (uint64_t)st->st_size, at = 0, sent = 0, from, to;

	if (fits(size, size) || !is_sparse(st))
		return fits(size, size);
	for (; at < size; at = to) {
		if (!next_data(fd, at, size, &from, &to))
			return false;
		sent += to - from;
	}
	return fits(sent, size) && lseek(fd, 0, SEEK_SET) == 0;
}

/* Sets *SAME: whether part I of F, which is no hole, is what follows at FD. BUFFER has room for
 * it. Errors: MEMORY. */
static enum zt_err
is_part(int fd, const Zt__FileManifest *f, size_t i, uint8_t *buffer, bool *same)
{
	const Zt__BlockRef *b = f->blocks->blocks[i];
	struct bytes clear = bytes_of(buffer, b->size);
	struct block_part part;
	struct hash content;
	enum zt_err err;

	*same = false;
	if (read_full(fd, buffer, b->size) != (ssize_t)b->size)
		return ZT_OK;
	if (b->whole > 0) {
		hash_content(clear, &content);
		*same = bytes_equal(pb_bytes(b->content), bytes_of(content.b, HASH_BYTES));
		return ZT_OK;
	}
	manifest_part(f, i, &part);
	err = block_is(&part.block, clear, same);
	wipe(part.block.key, sizeof part.block.key);
	return err;
}

/* Whether nothing is at FD but zeros, for N bytes. */
static bool
is_zeros(int fd, uint64_t n, uint8_t *buffer)
{
	off_t at = lseek(fd, 0, SEEK_CUR), data = lseek(fd, at, SEEK_DATA);

	if (data < 0 ? errno == ENXIO : (uint64_t)(data - at) >= n)
		return lseek(fd, at + (off_t)n, SEEK_SET) >= 0;
	if (lseek(fd, at, SEEK_SET) < 0)
		return false;
	while (n > 0) {
		size_t want = n < BLOCK_CLEAR_MAX ? (size_t)n : BLOCK_CLEAR_MAX;

		if (read_full(fd, buffer, want) != (ssize_t)want || buffer[0] != 0 ||
		    memcmp(buffer, buffer + 1, want - 1) != 0)
			return false;
		n -= want;
	}
	return true;
}

enum zt_err
send_is_same(int fd, const Zt__FileManifest *f, bool *same)
{
	size_t n =
	    f->content_case == ZT__FILE_MANIFEST__CONTENT_BLOCKS ? f->blocks->n_blocks : 0;
	uint8_t *buffer = malloc(BLOCK_CLEAR_MAX);
	enum zt_err err = ZT_OK;

	if (buffer == NULL)
		return ZT_ERR_MEMORY;
	*same = lseek(fd, 0, SEEK_SET) == 0;
	if (f->content_case == ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT)
		*same = *same &&
			read_full(fd, buffer, f->inline_content.len) ==
			    (ssize_t)f->inline_content.len &&
			memcmp(buffer, f->inline_content.data, f->inline_content.len) == 0;
	for (size_t i = 0; err == ZT_OK && *same && i < n; i++) {
		uint64_t hole = f->blocks->blocks[i]->hole;

		if (hole > 0)
			*same = is_zeros(fd, hole, buffer);
		else
			err = is_part(fd, f, i, buffer, same);
	}
	free(buffer);
	if (err)
		return err;
	return lseek(fd, 0, SEEK_SET) == 0 ? ZT_OK : ZT_ERR_IO;
}

/* Out of the block and into the manifest. */
static enum zt_err
put_inline(const struct block_ref_dest *p, struct bytes block)
{
	Zt__FileManifest *f = p->file;
	size_t n = p->ref->size;
	uint8_t *copy = malloc(n);

	if (copy == NULL)
		return ZT_ERR_MEMORY;
	memcpy(copy, block.p + p->ref->offset, n);
	zt__block_list__free_unpacked(f->blocks, NULL);
	f->blocks = NULL;
	f->content_case = ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT;
	f->inline_content = pb_field(copy, n);
	return ZT_OK;
}

/* Marks SLOT's block as shared, with room for the hash of each part. Errors: MEMORY. */
static enum zt_err
share(struct transfer_slot *slot)
{
	for (size_t i = 0; i < slot->dest_count; i++) {
		Zt__BlockRef *b = slot->dests[i].ref;

		b->whole = (uint32_t)slot->clear.n;
		b->content = pb_field(calloc(1, HASH_BYTES), HASH_BYTES);
		if (b->content.data == NULL)
			return ZT_ERR_MEMORY;
	}
	return ZT_OK;
}

void
send_gathered(struct transfer *t)
{
	struct transfer_slot *slot = t->shared_block;
	enum zt_err err = ZT_OK;

	t->shared_block = NULL;
	if (slot == NULL)
		return;
	if (slot->clear.n > LIMIT_INLINE) {
		if (slot->dest_count == 1 || (err = share(slot)) == ZT_OK) {
			send_slot(slot);
			return;
		}
		transfer_fail(t, err);
		transfer_release(slot);
		return;
	}
	/* So little content that a separate call would cost more. */
	for (size_t i = 0; i < slot->dest_count; i++)
		if ((err = put_inline(&slot->dests[i], buf_bytes(&slot->clear))))
			transfer_fail(t, err);
	t->done += slot->clear.n;
	transfer_release(slot);
}
