/* SPDX-License-Identifier: Apache-2.0 */
/* send.c - files up: whole blocks of large ones, holes that are said and not sent, and small
 * files gathered in shared blocks. */
#include "content/send.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "content/send_parts.h"
#include "content/slot.h"
#include "content/sparse.h"
#include "content/transfer.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "session/session.h"

/* ---- reading ---- */

ssize_t
send_read(int fd, uint8_t *to, size_t n)
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

		if ((err = send_take_slot(t, room, &slot)))
			return err;
		if ((n = send_read(fd, slot->clear.p, want)) < 0)
			err = read_err(t, name);
		else if (n > 0)
			err = send_add_dest(slot, f, 0, (size_t)n, cap);
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
		if ((err = send_take_slot(t, room, &slot)))
			break;
		if ((err = send_add_dest(slot, f, 0, room, cap))) {
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
	if ((err = send_add_ref(f, room, cap, &b)))
		return err;
	b->hole = upto - f->size;
	t->done += b->hole;
	f->size = upto;
	return ZT_OK;
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
		if (!sparse_next(fd, f->size, size, &from, &to) ||
		    lseek(fd, (off_t)from, SEEK_SET) < 0)
			return read_err(t, name);
		if ((err = add_hole(t, from, room, f, &cap)) == ZT_OK)
			err = send_some(t, fd, name, room, to - from, f, &cap);
		if (err == ZT_OK && f->size < to)
			return ZT_OK; /* it was cut meanwhile: it changed, and is named */
	}
	return err;
}

static enum zt_err
send_blocks(struct transfer *t, int fd, const char *name, uint64_t size, Zt__FileManifest *f)
{
	size_t cap = 0;
	struct stat st = { 0 };
	bool is_cut = false;
	enum zt_err err;

	if (size > LIMIT_SMALL && fstat(fd, &st) == 0 && sparse_is(&st))
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
	if (t->shared_block == NULL && (err = send_take_slot(t, LIMIT_BLOCK, &t->shared_block)))
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
	if ((n = send_read(fd, to->p + to->n, size + 1)) < 0)
		return read_err(t, name);
	if ((size_t)n > size) {
		*grew = true;
		return lseek(fd, 0, SEEK_SET) == 0 ? ZT_OK : read_err(t, name);
	}
	if (n == 0)
		return ZT_OK;
	if ((err = send_add_dest(t->shared_block, f, to->n, (size_t)n, &cap)))
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
	if ((err = shares ? make_room(t, content.n) : send_take_slot(t, LIMIT_BLOCK, &slot)))
		return err;
	if (shares)
		slot = t->shared_block;
	if ((err = send_add_dest(slot, f, slot->clear.n, content.n, &cap))) {
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

	return fits(sparse_is(st) ? (uint64_t)st->st_blocks * 512 : size, size);
}

bool
send_fits_open(int fd, const struct stat *st)
{
	uint64_t size = (uint64_t)st->st_size, at = 0, sent = 0, from, to;

	if (fits(size, size) || !sparse_is(st))
		return fits(size, size);
	for (; at < size; at = to) {
		if (!sparse_next(fd, at, size, &from, &to))
			return false;
		sent += to - from;
	}
	return fits(sent, size) && lseek(fd, 0, SEEK_SET) == 0;
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
