/* SPDX-License-Identifier: Apache-2.0 */
/* writer.c - the next version of a file, written at any place.
 *
 * The file is a row of parts: holes, blocks that are on the servers or on their way, and a few
 * whose clear bytes are held here. A write holds the part that it hits, fetched first unless
 * all of it is written over; what was held longest is sealed and sent when another needs its
 * place. A commit sends what is left, waits for all, and writes the manifest. */
#include "zt/writer.h"

#include <stdlib.h>

#include "base/vec.h"
#include "chain/objects.h"
#include "chain/space.h"
#include "content/fetch.h"
#include "content/send.h"
#include "content/transfer.h"
#include "crypto/suite.h"
#include "files/block.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/enter.h"
#include "session/session.h"
#include "tree/list.h"
#include "tree/names.h"
#include "tree/verbs.h"

enum { BLOCKS = 6 };

/* The clear bytes of a part. */
struct block {
	struct buf clear;
	uint64_t from; /* of the part */
	uint64_t used; /* the newest is the largest */
	bool is_used, is_dirty;
};

/* Consecutive bytes of the file. Neither REF nor HELD: a hole. */
struct part {
	uint64_t from, size;
	Zt__BlockRef *ref;  /* on the servers, or on its way; NULL while HELD is dirty */
	struct block *held; /* or NULL */
	bool is_new;        /* REF: no commit has named it yet */
	bool is_kept;       /* REF: of the base, which others may have written */
};

struct zt_writer {
	struct zt *z;
	struct space *s;
	char *remote;          /* its workspace by id: names may change */
	struct id vlob, fresh; /* what is there; what becomes of it when nothing is */
	bool is_there, is_changed, is_begun, is_unsure; /* UNSURE: a commit without an answer */
	bool has_time;
	uint64_t version, size, uses;
	int64_t modified;
	unsigned modified_ns, mode;
	struct part *parts;
	size_t count, cap;
	Zt__BlockRef **stale; /* written over; a block on its way may still write to them */
	size_t stale_count, stale_cap;
	struct block blocks[BLOCKS];
	struct load load;
	struct transfer t; /* once IS_BEGUN */
};

/* ---- opening and closing ---- */

static enum zt_err
add_part(struct zt_writer *w, size_t at, struct part p)
{
	enum zt_err err = vec_room(&w->parts, w->count, &w->cap, sizeof *w->parts);

	if (err)
		return err;
	if (w->count >= SEND_PARTS_MOST)
		return client_refuse(w->z, ZT_ERR_TOO_BIG, "it is larger than a file may be");
	memmove(&w->parts[at + 1], &w->parts[at], (w->count - at) * sizeof *w->parts);
	w->parts[at] = p;
	w->count++;
	return ZT_OK;
}

/* The base's content, which is emptied. */
static enum zt_err
take_base(struct zt_writer *w, Zt__FileManifest *f)
{
	size_t n =
	    f->content_case == ZT__FILE_MANIFEST__CONTENT_BLOCKS ? f->blocks->n_blocks : 0;
	enum zt_err err = ZT_OK;

	w->mode = f->mode;
	for (size_t i = 0; err == ZT_OK && i < n; i++) {
		Zt__BlockRef *b = f->blocks->blocks[i];
		struct part p = { .from = w->size,
			.size = b->hole > 0 ? b->hole : b->size,
			.ref = b->hole > 0 ? NULL : b,
			.is_kept = true };

		if ((err = add_part(w, w->count, p)))
			break;
		w->size += p.size;
		if (p.ref != NULL) { /* a manifest without it stays well formed for pb_wipe */
			f->blocks->blocks[i] = malloc(sizeof *b);
			if (f->blocks->blocks[i] == NULL) {
				f->blocks->blocks[i] = b;
				w->parts[--w->count].ref = NULL;
				return ZT_ERR_MEMORY;
			}
			zt__block_ref__init(f->blocks->blocks[i]);
		}
	}
	if (err == ZT_OK && f->content_case == ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT &&
	    f->inline_content.len > 0) {
		struct block *b = &w->blocks[0];

		buf_add(&b->clear, pb_bytes(f->inline_content));
		if ((err = buf_err(&b->clear)) == ZT_OK &&
		    (err = add_part(w, 0,
			 (struct part){ .size = f->inline_content.len, .held = b })) == ZT_OK) {
			b->is_used = b->is_dirty = true;
			w->size = f->inline_content.len;
		}
	}
	return err;
}

/* PATH of S, for each commit. */
static enum zt_err
keep_path(struct zt_writer *w, struct space *s, const struct path *path)
{
	struct buf text = buf_init(PATH_TEXT_MOST + 2 * LIMIT_NAME);
	char id[ID_TEXT];
	enum zt_err err;

	w->s = s;
	id_print(&s->w->id, id);
	buf_printf(&text, "%s:", id);
	for (size_t i = 0; i < path->count; i++) {
		buf_add_byte(&text, '/');
		buf_add(&text, path->name[i]);
	}
	if ((err = buf_err(&text)) == ZT_OK && (w->remote = strdup(buf_text(&text))) == NULL)
		err = ZT_ERR_MEMORY;
	buf_free(&text);
	return err;
}

static enum zt_err
refuse_folder(struct zt *z, const struct path *path)
{
	struct buf text = buf_init(PATH_TEXT_MOST + 2 * LIMIT_NAME);
	enum zt_err err = path_print(path, &text);

	if (err == ZT_OK)
		err = client_refuse(z, ZT_ERR_EXISTS,
		    "%.180s is a folder; name another place for this file", buf_text(&text));
	buf_free(&text);
	return err;
}

/* What is at REMOTE now, and the content of BASE. */
static enum zt_err
look(struct zt_writer *w, const char *remote, uint64_t base)
{
	struct tree_entry parent, at;
	struct space_version newest = { 0 };
	Zt__Manifest *m = NULL;
	struct space *s;
	struct path path;
	enum zt_err err;

	if ((err = tree_open(w->z, remote, &s, &path)) ||
	    (err = tree_parent(s, &path, &parent)) || (err = keep_path(w, s, &path)))
		return err;
	if ((err = tree_find(s, &path, path.count, &at)) == ZT_ERR_NOT_FOUND && base == 0) {
		w->z->why[0] = 0;
		return path.count <= LIMIT_DEPTH
			   ? ZT_OK
			   : client_refuse(w->z, ZT_ERR_TOO_BIG, "the path is too deep");
	}
	if (err)
		return err;
	if (at.is_folder)
		return refuse_folder(w->z, &path);
	w->is_there = true;
	w->vlob = at.vlob;
	if ((err = space_newest(s, &at.vlob, &newest)) && err != ZT_ERR_NOT_FOUND)
		return err;
	w->version = base == 0 || base == ZT_NEWEST ? newest.version : base;
	if (base == 0)
		return ZT_OK;
	err = list_manifest(s, &at.vlob, base == ZT_NEWEST ? 0 : base, &m);
	if (err == ZT_OK)
		err = take_base(w, m->file);
	pb_wipe(m);
	return err;
}

enum zt_err
tree_writer_open(struct zt *z, const char *remote, uint64_t base, struct zt_writer **out)
{
	struct zt_writer *w = calloc(1, sizeof *w);
	enum zt_err err = ZT_ERR_MEMORY;

	z->why[0] = 0;
	if (w == NULL)
		return err;
	w->z = z;
	w->mode = 0644;
	suite_random(w->fresh.b, ID_BYTES);
	w->is_changed = base == 0;
	for (size_t i = 0; i < BLOCKS; i++)
		w->blocks[i].clear = buf_init(BLOCK_CLEAR_MOST);
	if ((err = look(w, remote, base)))
		goto out;
	*out = w;
	w = NULL;
out:
	zt_writer_close(w);
	return err;
}

static void
forget_stale(struct zt_writer *w)
{
	for (size_t i = 0; i < w->stale_count; i++)
		pb_wipe(w->stale[i]);
	w->stale_count = 0;
}

void
zt_writer_close(struct zt_writer *w)
{
	if (w == NULL)
		return;
	if (w->is_begun)
		transfer_end(&w->t); /* first: blocks on their way write to the references */
	for (size_t i = 0; i < w->count; i++)
		pb_wipe(w->parts[i].ref);
	forget_stale(w);
	for (size_t i = 0; i < BLOCKS; i++)
		buf_free(&w->blocks[i].clear);
	free(w->parts);
	free(w->stale);
	free(w->remote);
	free(w);
}

uint64_t
zt_writer_size(const struct zt_writer *w)
{
	return w->size;
}

uint64_t
zt_writer_version(const struct zt_writer *w)
{
	return w->version;
}

/* ---- blocks ---- */

/* The part that holds OFFSET, which is before the end. */
static size_t
part_at(const struct zt_writer *w, uint64_t offset)
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
static void
let_go(struct zt_writer *w, struct block *b)
{
	w->parts[part_at(w, b->from)].held = NULL;
	b->is_used = b->is_dirty = false;
	buf_empty(&b->clear);
}

static enum zt_err
begin(struct zt_writer *w)
{
	enum zt_err err;

	if (w->is_begun)
		return ZT_OK;
	w->is_begun = true;
	if ((err = transfer_begin(&w->t, w->z, w->s, NULL))) {
		transfer_end(&w->t);
		w->is_begun = false;
	}
	w->t.resumes = true;
	w->t.load[0] = &w->load;
	return err;
}

/* Sends B, if it is dirty, and frees its place. */
static enum zt_err
put_away(struct zt_writer *w, struct block *b)
{
	struct part *p = &w->parts[part_at(w, b->from)];
	enum zt_err err;

	if (b->is_dirty) {
		if ((err = begin(w)) || (err = send_block(&w->t, &b->clear, &p->ref)))
			return err;
		p->is_new = true;
		p->is_kept = false;
	}
	let_go(w, b);
	return ZT_OK;
}

static enum zt_err
free_block(struct zt_writer *w, struct block **out)
{
	struct block *oldest = &w->blocks[0];
	enum zt_err err;

	for (size_t i = 0; i < BLOCKS; i++) {
		struct block *b = &w->blocks[i];

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
fetch_part(struct zt_writer *w, const struct part *p, struct buf *clear)
{
	Zt__BlockRef *ref = p->ref;
	Zt__BlockList list = ZT__BLOCK_LIST__INIT;
	Zt__FileManifest f;
	struct block_part part;
	enum zt_err err;

	/* It may still be on its way. */
	if ((err = begin(w)) || (p->is_new && (err = transfer_drain(&w->t))))
		return err;
	zt__file_manifest__init(&f);
	list.blocks = &ref;
	list.n_blocks = 1;
	f.blocks = &list;
	manifest_part(&f, 0, &part);
	if ((err = fetch_block(&w->t, &part.block, clear)) == ZT_ERR_NOT_FOUND)
		err = client_refuse(
		    w->z, ZT_ERR_MISSING_BLOCK, "a block of the file is not on the server");
	if (err == ZT_OK) {
		memmove(clear->p, clear->p + part.offset, part.size);
		clear->n = part.size;
	}
	suite_wipe(part.block.key, sizeof part.block.key);
	return err;
}

/* Holds part I, which is no hole; what it has there is not needed if ALL of it is written over.
 */
static enum zt_err
hold(struct zt_writer *w, size_t i, bool all, struct block **out)
{
	struct part *p = &w->parts[i];
	struct block *b = p->held;
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
static enum zt_err
forget_ref(struct zt_writer *w, size_t i)
{
	struct part *p = &w->parts[i];
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
	p->ref = NULL;
	p->is_new = p->is_kept = false;
	return ZT_OK;
}

static enum zt_err
make_dirty(struct zt_writer *w, size_t i)
{
	enum zt_err err = forget_ref(w, i);

	if (err == ZT_OK)
		w->parts[i].held->is_dirty = w->is_changed = true;
	return err;
}

/* A part that is new, SIZE zeros at FROM, as part AT; held. */
static enum zt_err
add_zeros(struct zt_writer *w, size_t at, uint64_t from, size_t size)
{
	struct block *b;
	enum zt_err err = free_block(w, &b);

	if (err)
		return err;
	buf_empty(&b->clear);
	if (size > 0 && buf_room(&b->clear, size) == NULL)
		return ZT_ERR_MEMORY;
	if (size > 0)
		memset(b->clear.p, 0, size);
	if ((err = add_part(w, at, (struct part){ .from = from, .size = size, .held = b })))
		return err;
	b->from = from;
	b->used = ++w->uses;
	b->is_used = b->is_dirty = w->is_changed = true;
	return ZT_OK;
}

/* ---- writing ---- */

static bool
is_hole(const struct part *p)
{
	return p->ref == NULL && p->held == NULL;
}

/* Where the block that begins at FROM ends at last. */
static uint64_t
room_end(uint64_t from)
{
	uint32_t room = send_room(from);

	return from - from % room + room;
}

/* Zeros from the end up to SIZE. */
static enum zt_err
grow(struct zt_writer *w, uint64_t size)
{
	uint64_t more = size - w->size;
	enum zt_err err = ZT_OK;

	if (more == 0)
		return ZT_OK;
	if (w->count > 0 && is_hole(&w->parts[w->count - 1]))
		w->parts[w->count - 1].size += more;
	else
		err = add_part(w, w->count, (struct part){ .from = w->size, .size = more });
	if (err == ZT_OK) {
		w->size = size;
		w->is_changed = true;
	}
	return err;
}

/* Of the hole that is part I, the block around OFFSET becomes a part of its own: *AT. */
static enum zt_err
carve(struct zt_writer *w, size_t i, uint64_t offset, size_t *at)
{
	struct part hole = w->parts[i];
	uint64_t end = hole.from + hole.size, to = room_end(offset), from;
	size_t before;
	enum zt_err err;

	from = to - send_room(offset);
	if (from < hole.from)
		from = hole.from;
	if (to > end)
		to = end;
	before = from > hole.from;
	/* Behind first: what fails here leaves two holes, one behind the other. */
	if (to < end) {
		err = add_part(w, i + 1, (struct part){ .from = to, .size = end - to });
		if (err)
			return err;
		w->parts[i].size = to - hole.from;
	}
	if ((err = add_zeros(w, i + before, from, (size_t)(to - from))))
		return err;
	if (before)
		w->parts[i].size = from - hole.from;
	else /* it took the hole's place, which now is behind it and empty */
		memmove(&w->parts[i + 1], &w->parts[i + 2],
		    (--w->count - i - 1) * sizeof *w->parts);
	*at = i + before;
	return ZT_OK;
}

static enum zt_err drop_last(struct zt_writer *w);

/* Some of N bytes at the end. */
static enum zt_err
append(struct zt_writer *w, const uint8_t *in, size_t n, size_t *did)
{
	size_t i = w->count - 1;
	struct block *b;
	enum zt_err err;

	if (w->count == 0 || is_hole(&w->parts[i]) || w->size >= room_end(w->parts[i].from)) {
		i = w->count;
		if ((err = add_zeros(w, i, w->size, 0)))
			return err;
	}
	if (n > room_end(w->parts[i].from) - w->size)
		n = (size_t)(room_end(w->parts[i].from) - w->size);
	if ((err = hold(w, i, false, &b)) || (err = buf_reserve(&b->clear, n)) ||
	    (err = make_dirty(w, i))) {
		if (w->parts[i].size == 0)
			(void)!(int)drop_last(w);
		return err;
	}
	buf_add(&b->clear, bytes_of(in, n));
	w->parts[i].size += n;
	w->size += n;
	*did = n;
	return ZT_OK;
}

/* Some of N bytes at OFFSET. */
static enum zt_err
write_some(struct zt_writer *w, uint64_t offset, const uint8_t *in, size_t n, size_t *did)
{
	size_t i, within;
	struct block *b;
	enum zt_err err;

	if (offset == w->size)
		return append(w, in, n, did);
	i = part_at(w, offset);
	if (is_hole(&w->parts[i]) && (err = carve(w, i, offset, &i)))
		return err;
	within = (size_t)(offset - w->parts[i].from);
	if (n > w->parts[i].size - within)
		n = (size_t)w->parts[i].size - within;
	if ((err = hold(w, i, n == w->parts[i].size, &b)))
		return err;
	if ((err = make_dirty(w, i))) {
		if (n == w->parts[i].size)
			let_go(w, b); /* it was not fetched */
		return err;
	}
	memcpy(b->clear.p + within, in, n);
	*did = n;
	return ZT_OK;
}

/* Each call begins here: what failed before goes on. */
static enum zt_err
resume(struct zt_writer *w)
{
	w->z->why[0] = 0;
	return w->is_begun ? send_resume(&w->t) : ZT_OK;
}

enum zt_err
zt_writer_write(struct zt_writer *w, uint64_t offset, const void *p, size_t n)
{
	size_t done = 0, some = 0;
	enum zt_err err = resume(w);

	if (err || n == 0)
		return err;
	if (offset > INT64_MAX || n > INT64_MAX - offset)
		return client_refuse(w->z, ZT_ERR_TOO_BIG, "it is larger than a file may be");
	if (offset > w->size && (err = grow(w, offset)))
		return err;
	while (done < n) {
		if ((err = write_some(
			 w, offset + done, (const uint8_t *)p + done, n - done, &some)))
			return err;
		done += some;
	}
	return ZT_OK;
}

enum zt_err
zt_writer_read(struct zt_writer *w, uint64_t offset, void *out, size_t n, size_t *got)
{
	uint8_t *to = out;
	struct block *b;
	enum zt_err err = resume(w);

	if (err)
		return err;
	if (offset > w->size)
		offset = w->size;
	if (n > w->size - offset)
		n = (size_t)(w->size - offset);
	for (size_t done = 0, some; done < n; done += some) {
		size_t i = part_at(w, offset + done);
		uint64_t within = offset + done - w->parts[i].from;

		some = w->parts[i].size - within < n - done
			   ? (size_t)(w->parts[i].size - within)
			   : n - done;
		if (is_hole(&w->parts[i])) {
			memset(to + done, 0, some);
			continue;
		}
		if ((err = hold(w, i, false, &b)))
			return err;
		memcpy(to + done, b->clear.p + within, some);
	}
	*got = n;
	return ZT_OK;
}

/* The last part goes. */
static enum zt_err
drop_last(struct zt_writer *w)
{
	struct part *p = &w->parts[w->count - 1];
	enum zt_err err;

	if ((err = forget_ref(w, w->count - 1)))
		return err;
	if (p->held != NULL)
		let_go(w, p->held);
	w->size = p->from;
	w->count--;
	return ZT_OK;
}

/* The part across SIZE ends there. */
static enum zt_err
cut(struct zt_writer *w, uint64_t size)
{
	size_t i = part_at(w, size);
	struct part *p = &w->parts[i];
	struct block *b;
	enum zt_err err;

	if (p->from >= size || is_hole(p))
		return ZT_OK;
	err = hold(w, i, false, &b);
	return err ? err : make_dirty(w, i);
}

enum zt_err
zt_writer_truncate(struct zt_writer *w, uint64_t size)
{
	enum zt_err err = resume(w);

	if (err || size == w->size)
		return err;
	if (size > INT64_MAX)
		return client_refuse(w->z, ZT_ERR_TOO_BIG, "it is larger than a file may be");
	if (size > w->size)
		return grow(w, size);
	if ((err = cut(w, size)))
		return err;
	w->is_changed = true;
	while (w->count > 0 && w->parts[w->count - 1].from >= size)
		if ((err = drop_last(w)))
			return err;
	if (w->count > 0) {
		struct part *p = &w->parts[w->count - 1];

		p->size = size - p->from;
		if (p->held != NULL)
			p->held->clear.n = (size_t)p->size;
	}
	w->size = size;
	return ZT_OK;
}

enum zt_err
zt_writer_set_time(struct zt_writer *w, int64_t seconds, unsigned nanoseconds)
{
	w->z->why[0] = 0;
	if (nanoseconds >= 1000000000)
		return ZT_ERR_INVALID;
	w->modified = seconds;
	w->modified_ns = nanoseconds;
	w->has_time = w->is_changed = true;
	return ZT_OK;
}

enum zt_err
zt_writer_set_mode(struct zt_writer *w, unsigned mode)
{
	w->z->why[0] = 0;
	if (mode > 07777)
		return ZT_ERR_INVALID;
	w->mode = mode;
	w->is_changed = true;
	return ZT_OK;
}

/* ---- committing ---- */

/* So little that it rides in the manifest. */
static bool
is_inline(const struct zt_writer *w)
{
	return w->count == 1 && w->size <= LIMIT_INLINE && w->parts[0].held != NULL &&
	       w->parts[0].held->is_dirty;
}

static enum zt_err
copy_field(const ProtobufCBinaryData *from, ProtobufCBinaryData *to)
{
	if (from->len == 0)
		return ZT_OK;
	if ((to->data = malloc(from->len)) == NULL)
		return ZT_ERR_MEMORY;
	memcpy(to->data, from->data, from->len);
	to->len = from->len;
	return ZT_OK;
}

/* P as the next reference of L, which has room for it. */
static enum zt_err
add_ref(Zt__BlockList *l, const struct part *p)
{
	Zt__BlockRef *b = malloc(sizeof *b);
	enum zt_err err;

	if (b == NULL)
		return ZT_ERR_MEMORY;
	zt__block_ref__init(b);
	l->blocks[l->n_blocks++] = b;
	if (p->ref == NULL) {
		b->hole = p->size;
		return ZT_OK;
	}
	b->size = p->ref->size;
	b->offset = p->ref->offset;
	b->whole = p->ref->whole;
	if ((err = copy_field(&p->ref->id, &b->id)) ||
	    (err = copy_field(&p->ref->key, &b->key)) ||
	    (err = copy_field(&p->ref->hash, &b->hash)))
		return err;
	return copy_field(&p->ref->content, &b->content);
}

static enum zt_err
list_parts(const struct zt_writer *w, Zt__FileManifest *f)
{
	enum zt_err err = ZT_OK;

	if ((f->blocks = malloc(sizeof *f->blocks)) == NULL)
		return ZT_ERR_MEMORY;
	zt__block_list__init(f->blocks);
	f->content_case = ZT__FILE_MANIFEST__CONTENT_BLOCKS;
	f->blocks->block_size = BLOCK_CLEAR_MOST;
	if ((f->blocks->blocks = calloc(w->count, sizeof(Zt__BlockRef *))) == NULL)
		return ZT_ERR_MEMORY;
	for (size_t i = 0; err == ZT_OK && i < w->count; i++) {
		err = add_ref(f->blocks, &w->parts[i]);
		f->restored = f->restored || w->parts[i].is_kept;
	}
	return err;
}

/* The manifest of what was written. */
static enum zt_err
compose(const struct zt_writer *w, Zt__Manifest **out)
{
	Zt__Manifest *m = malloc(sizeof *m);
	enum zt_err err = ZT_ERR_MEMORY;

	if (m == NULL)
		return err;
	zt__manifest__init(m);
	if ((m->file = malloc(sizeof *m->file)) == NULL)
		goto out;
	m->kind_case = ZT__MANIFEST__KIND_FILE;
	zt__file_manifest__init(m->file);
	m->file->size = w->size;
	m->file->mode = w->mode;
	m->file->modified = w->has_time ? w->modified : (int64_t)(client_now_ms() / 1000);
	m->file->modified_ns = w->has_time ? w->modified_ns : 0;
	err = ZT_OK;
	if (is_inline(w)) {
		ProtobufCBinaryData clear =
		    pb_field(w->parts[0].held->clear.p, w->parts[0].held->clear.n);

		m->file->content_case = ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT;
		err = copy_field(&clear, &m->file->inline_content);
	} else if (w->count > 0) {
		err = list_parts(w, m->file);
	}
	if (err)
		goto out;
	*out = m;
	m = NULL;
out:
	pb_wipe(m);
	return err;
}

/* One commit. */
struct act {
	struct zt_writer *w;
	enum zt_commit how;
	struct buf ids;   /* of the blocks that it adds */
	struct id vlob;   /* which it writes, */
	uint64_t version; /* as this version */
	bool is_on_top;
};

/* Whether others wrote, made, moved or removed what is at the path. */
static bool
is_others(const struct act *a, const struct space_version *newest, bool is_there)
{
	const struct zt_writer *w = a->w;
	bool is_same = is_there && w->is_there && id_equal(&a->vlob, &w->vlob);
	uint64_t known = is_same ? w->version : 0;

	/* The answer to a commit before this one was lost, and it had been taken. */
	if (w->is_unsure && newest->version == known + 1 &&
	    id_equal(&newest->author, &w->z->device) &&
	    (is_same || id_equal(&a->vlob, &w->fresh)))
		return false;
	return is_same ? newest->version != known : is_there || w->is_there;
}

static enum zt_err
write_version(void *ctx, struct space *s, const struct path *path, struct batch *b)
{
	struct act *a = ctx;
	struct zt_writer *w = a->w;
	struct tree_entry parent, at = { .is_folder = false };
	struct space_version newest = { 0 };
	Zt__Manifest *m = NULL;
	bool is_there;
	enum zt_err err;

	if ((err = tree_parent(s, path, &parent)))
		return err;
	err = tree_find(s, path, path->count, &at);
	is_there = err == ZT_OK;
	if (err && err != ZT_ERR_NOT_FOUND)
		return err;
	if (is_there && at.is_folder)
		return refuse_folder(s->z, path);
	if (!is_there)
		at.vlob = w->fresh;
	if ((err = space_newest(s, &at.vlob, &newest)) && err != ZT_ERR_NOT_FOUND)
		return err;
	s->z->why[0] = 0;
	a->vlob = at.vlob;
	a->version = newest.version + 1;
	a->is_on_top = is_others(a, &newest, is_there);
	if (a->is_on_top && a->how == ZT_COMMIT_OR_CONFLICT)
		return client_refuse(s->z, ZT_ERR_CONFLICT,
		    "somebody else wrote, moved or removed it since it was opened");
	if ((err = compose(w, &m)) || (err = batch_write(b, &at.vlob, m, true, 0)))
		return err;
	batch_adds(b, buf_bytes(&a->ids));
	return is_there ? ZT_OK
			: batch_link(
			      b, &parent.vlob, path->name[path->count - 1], &at, BATCH_ABSENT);
}

/* All blocks are on the servers; *IDS: those that no version has yet. */
static enum zt_err
send_all(struct zt_writer *w, struct buf *ids)
{
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && !is_inline(w) && i < BLOCKS; i++)
		if (w->blocks[i].is_used && w->blocks[i].is_dirty)
			err = put_away(w, &w->blocks[i]);
	if (err == ZT_OK && w->is_begun)
		err = transfer_drain(&w->t);
	if (err)
		return err;
	forget_stale(w);
	for (size_t i = 0; i < w->count; i++)
		if (w->parts[i].is_new)
			buf_add(ids, pb_bytes(w->parts[i].ref->id));
	return buf_err(ids);
}

/* A is in the chain. */
static void
took(struct zt_writer *w, const struct act *a)
{
	for (size_t i = 0; i < w->count; i++)
		w->parts[i].is_new = w->parts[i].is_kept = false;
	w->is_changed = w->is_unsure = false;
	w->is_there = true;
	w->vlob = a->vlob;
	w->version = a->version;
}

enum zt_err
zt_writer_commit(struct zt_writer *w, enum zt_commit how, struct zt_committed *out)
{
	struct act a = { .w = w, .how = how, .ids = buf_init(LIMIT_CHANGESET) };
	enum zt_err err = resume(w);

	if (err || !w->is_changed || (err = send_all(w, &a.ids)))
		goto out;
	if ((err = client_enter(w->z)) == ZT_OK)
		err = tree_act(w->z, w->remote, write_version, &a);
	(void)client_leave(w->z, err);
	if (err == ZT_OK)
		took(w, &a);
	else if (err_retry(err) && err != ZT_ERR_CONFLICT)
		w->is_unsure = true;
out:
	buf_free(&a.ids);
	if (err == ZT_OK && out != NULL)
		*out = (struct zt_committed){ w->version, a.is_on_top };
	return err;
}
