/* SPDX-License-Identifier: Apache-2.0 */
/* writer.c - the next version of a file, written at any place.
 *
 * The file is a row of parts: holes, blocks that are on the servers or on their way, those that
 * wait on the disk (spill.c), and a few whose clear bytes are held here. A write holds the part
 * that it hits, fetched first unless all of it is written over; what was held longest is sealed
 * when another needs its place, and sent if it is a stream's. A commit sends what is left,
 * waits for all, and writes the manifest. */
#include "handles/writer.h"
#include "handles/kept.h"

#include <stdlib.h>

#include "chain/objects.h"
#include "content/send.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "session/session.h"
#include "tree/list.h"
#include "tree/names.h"

/* ---- opening and closing ---- */

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
		struct writer_part p = { .from = w->size,
			.size = b->hole > 0 ? b->hole : b->size,
			.ref = b->hole > 0 ? NULL : b,
			.is_kept = true };

		if ((err = writer_add_part(w, w->count, p)))
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
		struct writer_block *b = &w->blocks[0];

		buf_add(&b->clear, pb_bytes(f->inline_content));
		if ((err = buf_err(&b->clear)) == ZT_OK &&
		    (err = writer_add_part(w, 0,
			 (struct writer_part){ .size = f->inline_content.len, .held = b })) ==
			ZT_OK) {
			b->is_used = b->is_dirty = true;
			w->size = f->inline_content.len;
		}
	}
	return err;
}

/* PATH of S, for each commit. */
static enum zt_err
keep_path(struct zt_writer *w, struct workspace *s, const struct path *path)
{
	struct buf text = buf_init(PATH_TEXT_MAX + 2 * LIMIT_NAME);
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

enum zt_err
writer_refuse_folder(struct zt *z, const struct path *path)
{
	struct buf text = buf_init(PATH_TEXT_MAX + 2 * LIMIT_NAME);
	enum zt_err err = path_print(path, &text);

	if (err == ZT_OK)
		err = session_refuse(z, ZT_ERR_EXISTS,
		    "%.180s is a folder; name another place for this file", buf_text(&text));
	buf_free(&text);
	return err;
}

/* What is at REMOTE now, and the content of BASE. */
static enum zt_err
look(struct zt_writer *w, const char *remote, uint64_t base)
{
	struct tree_entry parent, at;
	struct workspace_version newest = { 0 };
	Zt__Manifest *m = NULL;
	struct workspace *s;
	struct path path;
	uint64_t which = 0;
	enum zt_err err;

	if ((err = tree_open(w->z, remote, &s, &path)) ||
	    (err = tree_parent(s, &path, &parent)) || (err = keep_path(w, s, &path)))
		return err;
	if ((err = tree_find(s, &path, path.count, &at)) == ZT_ERR_NOT_FOUND && base == 0) {
		w->z->message[0] = 0;
		return path.count <= LIMIT_DEPTH
			   ? ZT_OK
			   : session_refuse(w->z, ZT_ERR_TOO_BIG, "the path is too deep");
	}
	if (err)
		return err;
	if (at.is_folder)
		return writer_refuse_folder(w->z, &path);
	w->is_there = true;
	w->vlob = at.vlob;
	if ((err = workspace_newest(s, &at.vlob, &newest)) && err != ZT_ERR_NOT_FOUND)
		return err;
	w->version = base == 0 || base == ZT_NEWEST ? newest.version : base;
	if (base == 0)
		return ZT_OK;
	err = list_manifest(s, &at.vlob, base == ZT_NEWEST ? 0 : base, &which, &m);
	if (err == ZT_OK)
		err = take_base(w, m->file);
	pb_wipe(m);
	return err;
}

enum zt_err
handle_writer_open(struct zt *z, const char *remote, uint64_t base, struct zt_writer **out)
{
	struct zt_writer *w = calloc(1, sizeof *w);
	enum zt_err err = ZT_ERR_MEMORY;

	z->message[0] = 0;
	if (w == NULL)
		return err;
	w->z = z;
	w->mode = 0644;
	random_bytes(w->fresh.b, ID_BYTES);
	w->is_changed = base == 0;
	for (size_t i = 0; i < WRITER_BLOCKS; i++)
		w->blocks[i].clear = buf_init(BLOCK_CLEAR_MAX);
	w->sealed = buf_init(LIMIT_BLOCK_WIRE);
	if ((err = look(w, remote, base)) || (err = writer_kept_open(w)))
		goto out;
	*out = w;
	w = NULL;
out:
	zt_writer_close(w);
	return err;
}

void
zt_writer_close(struct zt_writer *w)
{
	if (w == NULL)
		return;
	if (w->is_begun)
		transfer_end(&w->t); /* first: blocks on their way write to the references */
	writer_kept_close(w);
	for (size_t i = 0; i < w->count; i++)
		pb_wipe(w->parts[i].ref);
	writer_forget_stale(w);
	for (size_t i = 0; i < WRITER_BLOCKS; i++)
		buf_free(&w->blocks[i].clear);
	buf_free(&w->sealed);
	scratch_close(w->scratch);
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

/* ---- writing ---- */

static bool
is_hole(const struct writer_part *p)
{
	return p->ref == NULL && p->held == NULL;
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
		err = writer_add_part(
		    w, w->count, (struct writer_part){ .from = w->size, .size = more });
	if (err == ZT_OK) {
		w->size = size;
		w->is_changed = true;
	}
	return err;
}

/* Of the hole that is part I, the block around OFFSET becomes a separate part: *AT. */
static enum zt_err
carve(struct zt_writer *w, size_t i, uint64_t offset, size_t *at)
{
	struct writer_part hole = w->parts[i];
	uint64_t end = hole.from + hole.size, to = writer_room_end(offset), from;
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
		err = writer_add_part(
		    w, i + 1, (struct writer_part){ .from = to, .size = end - to });
		if (err)
			return err;
		w->parts[i].size = to - hole.from;
	}
	if ((err = writer_add_zeros(w, i + before, from, (size_t)(to - from))))
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

/* N bytes at WITHIN of part P were written. */
static void
note_run(struct writer_part *p, uint64_t within, size_t n)
{
	if (within <= p->run && p->run < within + n)
		p->run = within + n;
}

/* Some of N bytes at the end. */
static enum zt_err
append(struct zt_writer *w, const uint8_t *in, size_t n, size_t *did)
{
	size_t i = w->count - 1;
	struct writer_block *b;
	enum zt_err err;

	if (w->count == 0 || is_hole(&w->parts[i]) ||
	    w->size >= writer_room_end(w->parts[i].from)) {
		i = w->count;
		if ((err = writer_add_zeros(w, i, w->size, 0)))
			return err;
	}
	if (n > writer_room_end(w->parts[i].from) - w->size)
		n = (size_t)(writer_room_end(w->parts[i].from) - w->size);
	if ((err = writer_hold(w, i, false, &b)) || (err = buf_reserve(&b->clear, n)) ||
	    (err = writer_make_dirty(w, i))) {
		if (w->parts[i].size == 0)
			(void)!(int)drop_last(w);
		return err;
	}
	buf_add(&b->clear, bytes_of(in, n));
	note_run(&w->parts[i], w->parts[i].size, n);
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
	struct writer_block *b;
	enum zt_err err;

	if (offset == w->size)
		return append(w, in, n, did);
	i = writer_part_at(w, offset);
	if (is_hole(&w->parts[i]) && (err = carve(w, i, offset, &i)))
		return err;
	within = (size_t)(offset - w->parts[i].from);
	if (n > w->parts[i].size - within)
		n = (size_t)w->parts[i].size - within;
	if ((err = writer_hold(w, i, n == w->parts[i].size, &b)))
		return err;
	if ((err = writer_make_dirty(w, i))) {
		if (n == w->parts[i].size)
			writer_let_go(w, b); /* it was not fetched */
		return err;
	}
	memcpy(b->clear.p + within, in, n);
	note_run(&w->parts[i], within, n);
	*did = n;
	return ZT_OK;
}

enum zt_err
zt_writer_write(struct zt_writer *w, uint64_t offset, const void *p, size_t n)
{
	size_t done = 0, some = 0;
	enum zt_err err = writer_resume(w);

	if (err || n == 0)
		return err;
	if (offset > INT64_MAX || n > INT64_MAX - offset)
		return session_refuse(w->z, ZT_ERR_TOO_BIG, "it is larger than a file may be");
	if (offset > w->size && (err = grow(w, offset)))
		return err;
	while (done < n) {
		if ((err = write_some(
			 w, offset + done, (const uint8_t *)p + done, n - done, &some)))
			return err;
		done += some;
	}
	writer_kept_note(w, false);
	return ZT_OK;
}

enum zt_err
zt_writer_read(struct zt_writer *w, uint64_t offset, void *out, size_t n, size_t *got)
{
	uint8_t *to = out;
	struct writer_block *b;
	enum zt_err err = writer_resume(w);

	if (err)
		return err;
	if (offset > w->size)
		offset = w->size;
	if (n > w->size - offset)
		n = (size_t)(w->size - offset);
	for (size_t done = 0, some; done < n; done += some) {
		size_t i = writer_part_at(w, offset + done);
		uint64_t within = offset + done - w->parts[i].from;

		some = w->parts[i].size - within < n - done
			   ? (size_t)(w->parts[i].size - within)
			   : n - done;
		if (is_hole(&w->parts[i])) {
			memset(to + done, 0, some);
			continue;
		}
		if ((err = writer_hold(w, i, false, &b)))
			return err;
		memcpy(to + done, b->clear.p + within, some);
	}
	*got = n;
	return ZT_OK;
}

/* Some of P is cut off: what comes in its place is not sent again before the commit. */
static void
note_cut(struct zt_writer *w, const struct writer_part *p)
{
	if (p->is_sent && p->from + p->size > w->sent_to)
		w->sent_to = p->from + p->size;
}

/* The last part is removed. */
static enum zt_err
drop_last(struct zt_writer *w)
{
	struct writer_part *p = &w->parts[w->count - 1];
	enum zt_err err;

	if ((err = writer_forget_ref(w, w->count - 1)))
		return err;
	note_cut(w, p);
	if (p->held != NULL)
		writer_let_go(w, p->held);
	w->size = p->from;
	w->count--;
	return ZT_OK;
}

/* The part across SIZE ends there. */
static enum zt_err
cut(struct zt_writer *w, uint64_t size)
{
	size_t i = writer_part_at(w, size);
	struct writer_part *p = &w->parts[i];
	struct writer_block *b;
	enum zt_err err;

	if (p->from >= size || is_hole(p))
		return ZT_OK;
	if ((err = writer_hold(w, i, false, &b)) || (err = writer_make_dirty(w, i)))
		return err;
	note_cut(w, p);
	return ZT_OK;
}

enum zt_err
zt_writer_truncate(struct zt_writer *w, uint64_t size)
{
	enum zt_err err = writer_resume(w);

	if (err || size == w->size)
		return err;
	if (size > INT64_MAX)
		return session_refuse(w->z, ZT_ERR_TOO_BIG, "it is larger than a file may be");
	if (size > w->size)
		return grow(w, size);
	if ((err = cut(w, size)))
		return err;
	w->is_changed = true;
	while (w->count > 0 && w->parts[w->count - 1].from >= size)
		if ((err = drop_last(w)))
			return err;
	if (w->count > 0) {
		struct writer_part *p = &w->parts[w->count - 1];

		p->size = size - p->from;
		if (p->run > p->size)
			p->run = p->size;
		if (p->held != NULL)
			p->held->clear.n = (size_t)p->size;
	}
	w->size = size;
	return ZT_OK;
}

enum zt_err
zt_writer_set_time(struct zt_writer *w, int64_t seconds, unsigned nanoseconds)
{
	w->z->message[0] = 0;
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
	w->z->message[0] = 0;
	if (mode > 07777)
		return ZT_ERR_INVALID;
	w->mode = mode;
	w->is_changed = true;
	return ZT_OK;
}
