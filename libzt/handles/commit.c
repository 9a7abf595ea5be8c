/* SPDX-License-Identifier: Apache-2.0 */
/* commit.c - what a writer has becomes the newest version: the last blocks, then the manifest.
 */
#include <stdlib.h>

#include "content/send.h"
#include "files/block.h"
#include "files/manifest.h"
#include "format/limits.h"
#include "format/pb.h"
#include "handles/kept.h"
#include "handles/writer.h"
#include "log/enter.h"
#include "session/session.h"
#include "tree/names.h"

/* So little that it rides in the manifest. */
static bool
is_inline(const struct zt_writer *w)
{
	return w->count == 1 && w->size <= LIMIT_INLINE && w->parts[0].held != NULL &&
	       w->parts[0].held->is_dirty;
}

static enum zt_err
list_parts(const struct zt_writer *w, Zt__FileManifest *f)
{
	enum zt_err err = manifest_begin_blocks(f, w->count, BLOCK_CLEAR_MAX);

	for (size_t i = 0; err == ZT_OK && i < w->count; i++) {
		const struct writer_part *p = &w->parts[i];
		Zt__BlockRef hole = ZT__BLOCK_REF__INIT;

		hole.hole = p->size;
		err = manifest_add_block(f, p->ref != NULL ? p->ref : &hole);
		f->restored = f->restored || p->is_kept;
	}
	return err;
}

/* The manifest of what was written. */
static enum zt_err
compose(const struct zt_writer *w, Zt__Manifest **out)
{
	Zt__Manifest *m = manifest_new_file();
	enum zt_err err = ZT_OK;

	if (m == NULL)
		return ZT_ERR_MEMORY;
	m->file->size = w->size;
	m->file->mode = w->mode;
	m->file->modified = w->has_time ? w->modified : (int64_t)(session_now_ms() / 1000);
	m->file->modified_ns = w->has_time ? w->modified_ns : 0;
	if (is_inline(w)) {
		const struct buf *clear = &w->parts[0].held->clear;

		m->file->content_case = ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT;
		err = pb_copy(pb_field(clear->p, clear->n), &m->file->inline_content);
	} else if (w->count > 0) {
		err = list_parts(w, m->file);
	}
	if (err) {
		pb_wipe(m);
		return err;
	}
	*out = m;
	return ZT_OK;
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
is_others(const struct act *a, const struct workspace_version *newest, bool is_there)
{
	const struct zt_writer *w = a->w;
	bool is_same = is_there && w->is_there && id_equal(&a->vlob, &w->vlob);

	return is_same ? newest->version != w->version : is_there || w->is_there;
}

static bool
is_sent(const struct zt_writer *w, const struct hash *object)
{
	for (unsigned i = 0; i < WRITER_SENT && i < w->sent_count; i++)
		if (hash_equal(object, &w->sent[i]))
			return true;
	return false;
}

/* A commit before this one failed, and it was taken, perhaps later than it failed: the newest
 * version is its object. */
static void
learn(struct act *a, const struct workspace_version *newest, bool is_there)
{
	struct zt_writer *w = a->w;

	if (!is_there || !is_sent(w, &newest->pins.object))
		return;
	w->is_there = true;
	w->vlob = a->vlob;
	w->version = newest->version;
}

static enum zt_err
write_version(void *ctx, struct workspace *s, const struct path *path, struct batch *b)
{
	struct act *a = ctx;
	struct zt_writer *w = a->w;
	struct tree_entry parent, at = { .is_folder = false };
	struct workspace_version newest = { 0 };
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
		return writer_refuse_folder(s->z, path);
	if (!is_there)
		at.vlob = w->fresh;
	if ((err = workspace_newest(s, &at.vlob, &newest)) && err != ZT_ERR_NOT_FOUND)
		return err;
	s->z->message[0] = 0;
	a->vlob = at.vlob;
	a->version = newest.version + 1;
	learn(a, &newest, is_there);
	a->is_on_top = is_others(a, &newest, is_there);
	if (a->is_on_top && a->how == ZT_COMMIT_OR_CONFLICT)
		return session_refuse(s->z, ZT_ERR_CONFLICT,
		    "somebody else wrote, moved or removed it since it was opened");
	if ((err = compose(w, &m)) || (err = batch_write(b, &at.vlob, m, true, 0)))
		return err;
	batch_adds(b, buf_bytes(&a->ids));
	batch_seals_as(b, &w->sent[w->sent_count++ % WRITER_SENT]);
	return is_there ? ZT_OK
			: batch_link(
			      b, &parent.vlob, path->name[path->count - 1], &at, BATCH_ABSENT);
}

/* All blocks are on the servers; *IDS: those that no version has yet. */
static enum zt_err
send_all(struct zt_writer *w, struct buf *ids)
{
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < w->count; i++)
		err = writer_send_spilled(w, &w->parts[i]);
	for (size_t i = 0; err == ZT_OK && !is_inline(w) && i < WRITER_BLOCKS; i++)
		if (w->blocks[i].is_used && w->blocks[i].is_dirty)
			err = writer_send(w, &w->blocks[i]);
	if (err == ZT_OK && w->is_begun)
		err = transfer_drain(&w->t);
	if (err)
		return err;
	writer_forget_stale(w);
	for (size_t i = 0; i < w->count; i++)
		if (w->parts[i].is_new)
			buf_add(ids, pb_bytes(w->parts[i].ref->id));
	return buf_err(ids);
}

/* A is in the chain. */
static void
took(struct zt_writer *w, const struct act *a)
{
	for (size_t i = 0; i < w->count; i++) {
		w->parts[i].is_new = w->parts[i].is_sent = false;
		w->parts[i].run = 0;
	}
	w->sent_to = 0;
	w->is_changed = false;
	w->sent_count = 0;
	w->is_there = true;
	w->vlob = a->vlob;
	w->version = a->version;
}

/* Whether the servers lack a block that they once took: the next writer sends all. */
static bool
is_useless(enum zt_err err)
{
	return err == ZT_ERR_NOT_FOUND || err == ZT_ERR_MISSING_BLOCK;
}

enum zt_err
zt_writer_commit(struct zt_writer *w, enum zt_commit how, struct zt_committed *out)
{
	struct act a = { .w = w, .how = how, .ids = buf_init(LIMIT_CHANGESET) };
	enum zt_err err = writer_resume(w);

	if (err || !w->is_changed || (err = send_all(w, &a.ids)))
		goto out;
	if ((err = log_enter(w->z)) == ZT_OK &&
	    ((err = tree_act(w->z, w->remote, write_version, &a)) == ZT_OK || is_useless(err)))
		writer_kept_forget(w);
	(void)log_leave(w->z, err);
	if (err == ZT_OK)
		took(w, &a);
out:
	buf_free(&a.ids);
	if (err == ZT_OK && out != NULL)
		*out = (struct zt_committed){ w->version, a.is_on_top };
	return err;
}
