/* SPDX-License-Identifier: Apache-2.0 */
/* reader.c - ranges of one version of a file: the block that is asked for, some that were asked
 * for before, and some that come next. */
#include "handles/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "chain/workspace.h"
#include "content/fetch.h"
#include "content/transfer.h"
#include "crypto/suite.h"
#include "files/block.h"
#include "files/manifest.h"
#include "format/limits.h"
#include "format/pb.h"
#include "handles/verbs.h"
#include "log/enter.h"
#include "net/calls.h"
#include "session/away.h"
#include "session/session.h"
#include "tree/list.h"
#include "zt/keep.h"

enum {
	BLOCKS = 8,
	AHEAD = 6,                      /* blocks, once a few were read in order, */
	AHEAD_BYTES = 12 * 1024 * 1024, /* as long as they are not larger */
	TURN_MS = 250,
	KEEP_TRIES = 20,
	KEEP_WAIT_MS = 10,
	PIECE = 512 * 1024
};

/* A block on its way, or held. */
struct held {
	struct calls_transfer call; /* its answer is the sealed block, until that was opened */
	size_t part;
	enum { NOTHING, FLYING, CAME, OPEN } state;
	bool is_kept; /* it is in the store */
	struct buf clear;
	uint64_t used; /* the newest is the largest */
};

struct zt_reader {
	struct zt *z;
	struct id workspace;
	struct id vlob; /* of the file, which it was opened by */
	enum zt_keep keep;
	bool has_kept; /* some of its blocks are in the store */
	Zt__Manifest *m;
	uint64_t version; /* 0: the caller that opened it knows */
	uint64_t *from;   /* where each part begins, and the end */
	size_t parts;
	size_t last;       /* the part that was read last, */
	unsigned in_order; /* and how many before it, one behind the other */
	uint64_t uses;
	struct held held[BLOCKS];
};

enum zt_err
reader_new(struct workspace *s, Zt__Manifest **m, struct zt_reader **out)
{
	struct zt_reader *r = calloc(1, sizeof *r);
	const Zt__FileManifest *f = (*m)->file;
	size_t n =
	    f->content_case == ZT__FILE_MANIFEST__CONTENT_BLOCKS ? f->blocks->n_blocks : 0;

	if (r == NULL || (r->from = calloc(n + 1, sizeof *r->from)) == NULL) {
		free(r);
		pb_wipe(*m);
		*m = NULL;
		return ZT_ERR_MEMORY;
	}
	r->z = s->z;
	r->workspace = s->w->id;
	r->m = *m;
	r->parts = n;
	*m = NULL;
	for (size_t i = 0; i < r->parts; i++) {
		struct block_part p;

		manifest_part(f, i, &p);
		r->from[i + 1] = r->from[i] + (p.hole > 0 ? p.hole : p.size);
		wipe(p.block.key, sizeof p.block.key);
	}
	for (size_t i = 0; i < BLOCKS; i++) {
		r->held[i].call.answer = buf_init(LIMIT_BLOCK_WIRE);
		r->held[i].clear = buf_init(BLOCK_CLEAR_MAX);
	}
	*out = r;
	return ZT_OK;
}

/* The key of BLOCK of R's file in the store; without BLOCK, what all of them begin with. */
enum { KEPT_KEY = 3 * ID_BYTES };
static struct bytes
kept_key(const struct zt_reader *r, const struct id *block, uint8_t out[KEPT_KEY])
{
	memcpy(out, r->workspace.b, ID_BYTES);
	memcpy(out + ID_BYTES, r->vlob.b, ID_BYTES);
	if (block == NULL)
		return bytes_of(out, 2 * ID_BYTES);
	memcpy(out + 2 * ID_BYTES, block->b, ID_BYTES);
	return bytes_of(out, KEPT_KEY);
}

enum zt_err
handle_reader_open(struct zt *z, const char *remote, uint64_t version, struct zt_reader **out)
{
	uint8_t key[KEPT_KEY];
	Zt__Manifest *m = NULL;
	struct workspace *s = NULL;
	struct zt_reader *r = NULL;
	struct id vlob;
	uint64_t which = 0;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = list_file_at(z, remote, version, &s, &vlob, &which, &m)) ||
	    (err = reader_new(s, &m, &r)))
		return err;
	r->vlob = vlob;
	r->version = which;
	(void)kept_key(r, NULL, key);
	r->has_kept =
	    z->reads_kept && (store_has(z->store, STORE_BLOCK, bytes_of(key, 2 * ID_BYTES)) ||
				 store_has(z->store, STORE_PIN, bytes_of(key, 2 * ID_BYTES)));
	*out = r;
	return ZT_OK;
}

void
zt_reader_close(struct zt_reader *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < BLOCKS; i++) {
		calls_cancel(r->z->calls, &r->held[i].call); /* it writes into R */
		buf_free(&r->held[i].call.answer);
		buf_free(&r->held[i].clear);
	}
	pb_wipe(r->m);
	free(r->from);
	free(r);
}

uint64_t
zt_reader_size(const struct zt_reader *r)
{
	return r->m->file->size;
}

uint64_t
zt_reader_version(const struct zt_reader *r)
{
	return r->version;
}

/* ---- blocks ---- */

static void
received(struct calls_transfer *call)
{
	struct held *h = call->ctx;

	h->state = CAME;
}

static struct held *
find(struct zt_reader *r, size_t part)
{
	for (size_t i = 0; i < BLOCKS; i++)
		if (r->held[i].state != NOTHING && r->held[i].part == part)
			return &r->held[i];
	return NULL;
}

/* The place that was not used for longest, but KEPT; NULL while all wait for the network. */
static struct held *
free_one(struct zt_reader *r, const struct held *kept)
{
	struct held *oldest = NULL;

	for (size_t i = 0; i < BLOCKS; i++) {
		struct held *h = &r->held[i];

		if (h->state == NOTHING)
			return h;
		if (h != kept && h->state != FLYING &&
		    (oldest == NULL || h->used < oldest->used))
			oldest = h;
	}
	return oldest;
}

/* Whether BLOCK is in the store, and came into H from there. Without the servers nothing else
 * helps: then it waits for others who have the store. */
static bool
take_kept(struct zt_reader *r, struct held *h, const struct id *block)
{
	uint8_t key[KEPT_KEY];
	struct bytes at = kept_key(r, block, key);
	enum zt_err err;

	if (!r->has_kept || (r->z->read_away ? log_enter(r->z) : log_try(r->z)))
		return false;
	if ((err = store_get(r->z->store, STORE_PIN, at, 0, &h->call.answer)) != ZT_OK)
		err = store_get(r->z->store, STORE_BLOCK, at, 0, &h->call.answer);
	(void)log_leave(r->z, ZT_OK);
	if (err)
		buf_empty(&h->call.answer);
	return err == ZT_OK;
}

/* Puts SEALED into the store, where there is room. */
static enum zt_err
put_kept(struct zt_reader *r, struct bytes at, struct bytes sealed)
{
	struct store *s = r->z->store;
	uint64_t size = 0;
	enum zt_err err;

	if (r->keep == ZT_KEEP_READ) {
		err = store_put(s, STORE_BLOCK, at, 0, sealed);
		return err ? err : store_trim(s, STORE_BLOCK, ZT_KEEP_READ_MAX, NULL);
	}
	if ((err = store_trim(s, STORE_PIN, UINT64_MAX, &size)))
		return err;
	if (size + sealed.n > ZT_KEEP_PINNED_MAX)
		return session_refuse(
		    r->z, ZT_ERR_FULL, "no more files are kept on this device: 2 GiB are");
	return store_put(s, STORE_PIN, at, 0, sealed);
}

/* Keeps what came for H, as the reader is to; what is kept of files that were only read just
 * saves work. */
static enum zt_err
keep_block(struct zt_reader *r, const struct held *h, const struct id *block)
{
	uint8_t key[KEPT_KEY];
	bool must = r->keep == ZT_KEEP_PINNED;
	enum zt_err err;

	if (r->keep == ZT_KEEP_NOTHING || (h->is_kept && !must))
		return ZT_OK;
	err = must ? log_enter(r->z) : log_try(r->z);
	/* Another handle has the device, for a moment mostly: the network runs meanwhile. */
	for (int i = 0; !must && err == ZT_ERR_LOCKED && i < KEEP_TRIES; i++)
		if ((err = calls_turn(r->z->calls, KEEP_WAIT_MS)) == ZT_OK)
			err = log_try(r->z);
	if (err)
		return must ? err : ZT_OK;
	if ((err = store_begin_unsynced(r->z->store)) == ZT_OK) {
		if ((err = put_kept(r, kept_key(r, block, key), buf_bytes(&h->call.answer))) ==
		    ZT_OK)
			err = store_commit(r->z->store);
		store_rollback(r->z->store);
	}
	r->has_kept = true;
	(void)log_leave(r->z, err);
	return must ? err : ZT_OK;
}

static enum zt_err
forget_pinned(struct zt_reader *r)
{
	uint8_t key[KEPT_KEY];
	enum zt_err err = log_enter(r->z);

	if (err == ZT_OK)
		err = store_forget(r->z->store, STORE_PIN, kept_key(r, NULL, key));
	return log_leave(r->z, err);
}

enum zt_err
zt_reader_keep(struct zt_reader *r, enum zt_keep how)
{
	enum zt_err err = how == ZT_KEEP_PINNED ? forget_pinned(r) : ZT_OK;

	if (err == ZT_OK)
		r->keep = how;
	return err;
}

enum zt_err
zt_keep_no_more(struct zt_reader *r)
{
	r->keep = ZT_KEEP_NOTHING;
	return forget_pinned(r);
}

/* Starts to fetch PART into H. */
static enum zt_err
start(struct zt_reader *r, struct held *h, size_t part)
{
	struct block_part p;
	enum zt_err err;

	manifest_part(r->m->file, part, &p);
	h->state = NOTHING;
	h->part = part;
	h->used = ++r->uses;
	buf_empty(&h->clear);
	buf_empty(&h->call.answer);
	h->call.err = ZT_OK;
	if ((h->is_kept = take_kept(r, h, &p.block.id))) {
		h->state = CAME;
		wipe(p.block.key, sizeof p.block.key);
		return ZT_OK;
	}
	if (r->z->read_away && session_is_away(r->z)) {
		wipe(p.block.key, sizeof p.block.key);
		return session_lacks(r->z);
	}
	h->call.route = ROUTE_BLOCK_GET;
	h->call.done = received;
	h->call.ctx = h;
	h->call.params =
	    (struct route_params){ .org = r->z->org, .id = r->workspace, .block = p.block.id };
	err = calls_start(r->z->calls, &h->call);
	if (err == ZT_OK)
		h->state = FLYING;
	wipe(p.block.key, sizeof p.block.key);
	return err;
}

static enum zt_err
turn(struct zt_reader *r)
{
	enum zt_err err = calls_turn(r->z->calls, TURN_MS);

	return err == ZT_ERR_INTERRUPTED ? session_interrupted(r->z) : err;
}

/* What came for H, verified. What failed is asked for again by the next call. */
static enum zt_err
open_block(struct zt_reader *r, struct held *h)
{
	struct block_part p;
	enum zt_err err = h->call.err;

	if (err) {
		err = fetch_lost(r->z, &h->call);
	} else {
		manifest_part(r->m->file, h->part, &p);
		if ((err = block_open(&p.block, buf_bytes(&h->call.answer), &h->clear)))
			err = fetch_altered(r->z, err);
		else
			err = keep_block(r, h, &p.block.id);
		wipe(p.block.key, sizeof p.block.key);
	}
	buf_free(&h->call.answer);
	h->call.answer = buf_init(LIMIT_BLOCK_WIRE);
	h->state = err ? NOTHING : OPEN;
	return err;
}

/* PART is read, which is no hole: behind the last one, or somewhere else. */
static void
note_place(struct zt_reader *r, size_t part)
{
	size_t next = r->last + 1;

	if (part == r->last)
		return;
	while (next < part && r->m->file->blocks->blocks[next]->hole > 0)
		next++;
	r->in_order = part == next ? r->in_order + 1 : 0;
	r->last = part;
}

/* Blocks behind that of NOW, which a reader that continues will want. Without them it only
 * waits. A reader that has just gone to a place waits for its block: few others are on their
 * way then.
 */
static void
fetch_ahead(struct zt_reader *r, const struct held *now)
{
	size_t started = 0, bytes = 0, most = 1 + 2 * (size_t)r->in_order;

	if (most > AHEAD)
		most = AHEAD;
	for (size_t i = now->part + 1; i < r->parts && started < most && bytes < AHEAD_BYTES;
	     i++) {
		const Zt__BlockRef *b = r->m->file->blocks->blocks[i];
		struct held *h;

		if (b->hole > 0)
			continue;
		started++;
		bytes += b->size;
		if (find(r, i) == NULL && ((h = free_one(r, now)) == NULL || start(r, h, i)))
			return;
	}
}

/* The clear bytes of PART's block, which is no hole. */
static enum zt_err
block_of(struct zt_reader *r, size_t part, struct bytes *out)
{
	struct held *h;
	enum zt_err err;

	while ((h = find(r, part)) == NULL) {
		if ((h = free_one(r, NULL)) != NULL)
			err = start(r, h, part);
		else
			err = turn(r);
		if (err)
			return err;
	}
	h->used = ++r->uses;
	note_place(r, part);
	fetch_ahead(r, h);
	while (h->state == FLYING)
		if ((err = turn(r)))
			return err;
	if (h->state == CAME && (err = open_block(r, h)))
		return err;
	*out = buf_bytes(&h->clear);
	return ZT_OK;
}

/* ---- ranges ---- */

/* The part that holds OFFSET, which is before the end. */
static size_t
part_at(const struct zt_reader *r, uint64_t offset)
{
	size_t low = 0, high = r->parts;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (r->from[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Some bytes at OFFSET, N at most, within one part. */
static enum zt_err
read_some(struct zt_reader *r, uint64_t offset, uint8_t *out, size_t n, size_t *got)
{
	size_t part = part_at(r, offset);
	uint64_t within = offset - r->from[part], left = r->from[part + 1] - offset;
	struct block_part p;
	struct bytes clear;
	enum zt_err err;

	if (n > left)
		n = (size_t)left;
	manifest_part(r->m->file, part, &p);
	wipe(p.block.key, sizeof p.block.key);
	if (p.hole > 0) {
		memset(out, 0, n);
	} else {
		if ((err = block_of(r, part, &clear)))
			return err;
		memcpy(out, clear.p + p.offset + within, n);
	}
	*got = n;
	return ZT_OK;
}

enum zt_err
zt_reader_read(struct zt_reader *r, uint64_t offset, void *out, size_t n, size_t *got)
{
	const Zt__FileManifest *f = r->m->file;
	size_t done = 0, some = 0;
	enum zt_err err;

	r->z->message[0] = 0;
	if (offset > f->size)
		offset = f->size;
	if (n > f->size - offset)
		n = (size_t)(f->size - offset);
	if (f->content_case == ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT) {
		if (n > 0)
			memcpy(out, f->inline_content.data + offset, n);
		*got = n;
		return ZT_OK;
	}
	while (done < n) {
		if ((err = read_some(r, offset + done, (uint8_t *)out + done, n - done, &some)))
			return err;
		done += some;
	}
	*got = n;
	return ZT_OK;
}

/* ---- all of it ---- */

static enum zt_err
write_all(struct zt *z, int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t wrote = write(fd, p, n);

		if (wrote < 0 && errno != EINTR)
			return transfer_err(z, session_translate(z, N_("writing")), errno);
		p += wrote > 0 ? wrote : 0;
		n -= wrote > 0 ? (size_t)wrote : 0;
	}
	return ZT_OK;
}

enum zt_err
reader_pour(struct zt_reader *r, int fd)
{
	uint64_t at = 0;
	uint8_t *extent = malloc(PIECE);
	size_t got = 1;
	enum zt_err err = extent != NULL ? ZT_OK : ZT_ERR_MEMORY;

	while (err == ZT_OK && at < r->m->file->size) {
		if ((err = zt_reader_read(r, at, extent, PIECE, &got)) == ZT_OK)
			err = write_all(r->z, fd, extent, got);
		at += got;
	}
	if (extent != NULL)
		wipe(extent, PIECE);
	free(extent);
	return err;
}
