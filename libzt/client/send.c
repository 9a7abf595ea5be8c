/* send.c - content up: whole blocks of large files, and small files gathered in shared ones. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/vec.h"
#include "client/transfer.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"

/* ---- one block ---- */

/* Runs on a thread of the pool. */
static void
seal(struct pool_job *job)
{
	struct transfer_slot *slot = (struct transfer_slot *)job;

	buf_empty(&slot->call.body);
	slot->err = block_seal(buf_bytes(&slot->clear), &slot->ref, &slot->call.body);
}

static void
end_block(struct transfer_slot *slot)
{
	slot->load->blocks--;
	transfer_release(slot);
}

static void
sent(struct calls_transfer *call)
{
	struct transfer_slot *slot = call->ctx;

	if (call->err)
		transfer_fail(
		    slot->t, client_refuse(slot->t->z, call->err, "%s", call->detail));
	slot->t->done += slot->ref.size;
	end_block(slot);
}

/* The block is sealed: its reference goes into the manifests, it goes to the servers. */
static void
send_sealed(struct transfer_slot *slot)
{
	struct transfer *t = slot->t;
	enum zt_err err = slot->err;

	for (size_t i = 0; err == ZT_OK && i < slot->pin_count; i++) {
		Zt__BlockRef *b = slot->pins[i].ref;

		memcpy(b->id.data, slot->ref.id.b, ID_BYTES);
		memcpy(b->key.data, slot->ref.key, AEAD_KEY_BYTES);
		memcpy(b->hash.data, slot->ref.hash.b, HASH_BYTES);
	}
	if (err == ZT_OK) {
		slot->call.route = ROUTE_BLOCK_PUT;
		slot->call.done = sent;
		slot->call.ctx = slot;
		slot->call.params = (struct route_params){ .org = t->z->org,
			.id = t->s->w->id,
			.block = slot->ref.id,
			.hash = slot->ref.hash };
		err = calls_start(t->z->calls, &slot->call);
	}
	suite_wipe(slot->ref.key, sizeof slot->ref.key);
	if (err) {
		transfer_fail(t, err);
		end_block(slot);
	}
}

/* Its block is whole: it is sealed and sent. */
static void
send_slot(struct transfer_slot *slot)
{
	slot->load = slot->t->load[0];
	slot->load->blocks++;
	transfer_submit(slot, seal, send_sealed);
}

/* A free slot with ROOM for a block. */
static enum zt_err
take_slot(struct transfer *t, uint32_t room, struct transfer_slot **out)
{
	enum zt_err err = transfer_slot(t, out);

	if (err)
		return err;
	(*out)->pin_count = 0;
	(*out)->room = room;
	buf_empty(&(*out)->clear);
	if ((err = buf_reserve(&(*out)->clear, room)))
		transfer_release(*out);
	return err;
}

/* The next reference of F, for SIZE bytes that stand at OFFSET of SLOT's block. */
static enum zt_err
pin(struct transfer_slot *slot, Zt__FileManifest *f, size_t offset, size_t size, size_t *cap)
{
	Zt__BlockRef *b;
	enum zt_err err;

	if ((err = vec_room(&slot->pins, slot->pin_count, &slot->pin_cap, sizeof *slot->pins)))
		return err;
	if (f->blocks == NULL) {
		if ((f->blocks = malloc(sizeof *f->blocks)) == NULL)
			return ZT_ERR_MEMORY;
		zt__block_list__init(f->blocks);
		f->content_case = ZT__FILE_MANIFEST__CONTENT_BLOCKS;
		f->blocks->block_size = slot->room;
	}
	if ((err = vec_room(&f->blocks->blocks, f->blocks->n_blocks, cap, sizeof b)))
		return err;
	if ((b = malloc(sizeof *b)) == NULL)
		return ZT_ERR_MEMORY;
	zt__block_ref__init(b);
	f->blocks->blocks[f->blocks->n_blocks++] = b;
	b->size = (uint32_t)size;
	b->offset = (uint32_t)offset;
	b->id = pb_field(calloc(1, ID_BYTES), ID_BYTES);
	b->key = pb_field(calloc(1, AEAD_KEY_BYTES), AEAD_KEY_BYTES);
	b->hash = pb_field(calloc(1, HASH_BYTES), HASH_BYTES);
	if (b->id.data == NULL || b->key.data == NULL || b->hash.data == NULL)
		return ZT_ERR_MEMORY;
	slot->pins[slot->pin_count++] = (struct pin){ f, b };
	return ZT_OK;
}

/* ---- a file ---- */

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

static enum zt_err
send_blocks(struct transfer *t, int fd, const char *name, uint64_t size, Zt__FileManifest *f)
{
	uint32_t room = size < LIMIT_LARGE ? LIMIT_BLOCK : LIMIT_BLOCK_LARGE;
	size_t cap = 0;
	enum zt_err err;

	for (;;) {
		struct transfer_slot *slot;
		ssize_t n;

		if ((err = take_slot(t, room, &slot)))
			return err;
		if ((n = read_full(fd, slot->clear.p, room)) < 0)
			err = transfer_err(t->z, name, errno);
		else if (n > 0)
			err = pin(slot, f, 0, (size_t)n, &cap);
		if (err || n == 0) {
			transfer_release(slot);
			return err;
		}
		slot->clear.n = (size_t)n;
		f->size += (uint64_t)n;
		send_slot(slot);
		transfer_report(t, name);
		if ((size_t)n < room)
			return ZT_OK;
	}
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
	if (t->pack != NULL && t->pack->clear.n + size + 1 > LIMIT_BLOCK)
		send_gathered(t);
	if (t->pack == NULL && (err = take_slot(t, LIMIT_BLOCK, &t->pack))) {
		t->pack = NULL;
		return err;
	}
	to = &t->pack->clear;
	if ((n = read_full(fd, to->p + to->n, size + 1)) < 0)
		return transfer_err(t->z, name, errno);
	if ((size_t)n > size) {
		*grew = true;
		return lseek(fd, 0, SEEK_SET) == 0 ? ZT_OK : transfer_err(t->z, name, errno);
	}
	if (n == 0)
		return ZT_OK;
	if ((err = pin(t->pack, f, to->n, (size_t)n, &cap)))
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

/* Out of the block and into the manifest. */
static enum zt_err
put_inline(const struct pin *p, struct bytes block)
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

void
send_gathered(struct transfer *t)
{
	struct transfer_slot *slot = t->pack;

	t->pack = NULL;
	if (slot == NULL)
		return;
	if (slot->clear.n > LIMIT_INLINE) {
		for (size_t i = 0; i < slot->pin_count && slot->pin_count > 1; i++)
			slot->pins[i].ref->whole = (uint32_t)slot->clear.n;
		send_slot(slot);
		return;
	}
	/* So little that a trip of its own would cost more. */
	for (size_t i = 0; i < slot->pin_count; i++) {
		enum zt_err err = put_inline(&slot->pins[i], buf_bytes(&slot->clear));

		if (err)
			transfer_fail(t, err);
	}
	t->done += slot->clear.n;
	transfer_release(slot);
}
