/* SPDX-License-Identifier: Apache-2.0 */
/* verify.c - a whole workspace, verified: its chain, each manifest, each block. */
#include <stdlib.h>

#include "base/vec.h"
#include "chain/objects.h"
#include "chain/workspace.h"
#include "content/fetch.h"
#include "content/file_writer.h"
#include "content/lend.h"
#include "content/transfer.h"
#include "files/path.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/sync.h"
#include "session/session.h"
#include "tree/verbs.h"

enum { AT_ONCE = 2048 }; /* objects asked for together */

/* An object still to be looked at, and where it is. */
struct to_check {
	struct id id;
	size_t parent;            /* in the queue */
	char *name;               /* NULL for the root */
	bool is_folder, is_later; /* a file whose manifest had no room beside the others */
};

struct checking {
	struct transfer t;
	struct zt_check *out;
	struct idmap seen;
	struct to_check *queue;
	size_t count, cap, next;
	struct workspace_object *objects; /* that are looked at together, */
	size_t *at;                       /* where each is in the queue, */
	Zt__Manifest **held;              /* and the files among them; NULL: no file */
	size_t held_bytes;
};

/* The path of the object at AT, for a person: its end, where it is deeper than paths go. */
static void
path_of(const struct checking *c, size_t at, struct buf *out)
{
	size_t way[LIMIT_DEPTH_READ], n = 0;

	for (; n < LIMIT_DEPTH_READ && c->queue[at].name != NULL; at = c->queue[at].parent)
		way[n++] = at;
	while (n > 0) {
		if (out->n > 0)
			buf_add_byte(out, '/');
		buf_add_text(out, c->queue[way[--n]].name);
	}
}

static enum zt_err
check_content(struct checking *c, size_t at, const Zt__FileManifest *f)
{
	struct buf path = buf_init(PATH_TEXT_MAX);
	struct file_writer_place place = { .in = NULL };
	struct file_writer *sink = NULL;
	enum zt_err err;

	path_of(c, at, &path);
	place.shown = buf_text(&path);
	err = file_writer_new(&c->t, &place, f, &sink);
	buf_free(&path);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): freed with its last block */
	return err ? err : fetch_content(&c->t, f, sink);
}

static enum zt_err
check_later(struct checking *c, size_t parent, const Zt__FolderEntry *e)
{
	struct to_check *at;
	struct id id;
	enum zt_err err = pb_id(e->vlob, &id);

	if (err)
		return err;
	if (idmap_get(&c->seen, &id) != NULL) {
		struct buf path = buf_init(PATH_TEXT_MAX);

		path_of(c, parent, &path);
		buf_printf(&path, "%s%.*s", path.n > 0 ? "/" : "", (int)e->name.len,
		    (const char *)e->name.data);
		transfer_exclude(&c->t, ZT_ERR_CORRUPT, buf_text(&path),
		    session_translate(c->t.z, "an object is in two folders"));
		buf_free(&path);
		return ZT_OK;
	}
	if ((err = idmap_put(&c->seen, &id, c)) ||
	    (err = vec_room(&c->queue, c->count, &c->cap, sizeof *c->queue)))
		return err;
	at = &c->queue[c->count];
	*at = (struct to_check){ id, parent, strndup((const char *)e->name.data, e->name.len),
		e->folder, false };
	if (at->name == NULL)
		return ZT_ERR_MEMORY;
	c->count++;
	return ZT_OK;
}

static enum zt_err
check_one(void *ctx, size_t i, Zt__Manifest **m)
{
	struct checking *c = ctx;
	const struct workspace_object *o = &c->objects[i];
	size_t at = c->at[i], weight = *m != NULL ? zt__manifest__get_packed_size(*m) : 0;
	enum zt_err err = ZT_OK;

	c->queue[at].is_later = weight > 0 && (*m)->kind_case == ZT__MANIFEST__KIND_FILE &&
				fetch_is_later(c->held_bytes, weight);
	if (c->queue[at].is_later)
		return ZT_OK;
	if (o->damaged > 0 || (o->v.version == 0 && at > 0)) {
		struct buf path = buf_init(PATH_TEXT_MAX);

		path_of(c, at, &path);
		if (o->damaged > 0)
			transfer_damaged(&c->t, at == 0 ? "/" : buf_text(&path), o);
		else
			transfer_lose(&c->t, ZT_ERR_CORRUPT, o->is_folder, buf_text(&path),
			    session_translate(c->t.z, "an object has no version"));
		buf_free(&path);
	}
	if (*m == NULL) /* or nothing was ever put into the workspace */
		return ZT_OK;
	if ((*m)->kind_case == ZT__MANIFEST__KIND_FILE) {
		c->out->files++;
		c->out->bytes += (*m)->file->size;
		c->t.total = c->out->bytes;
		c->held_bytes += weight;
		c->held[i] = *m;
		*m = NULL;
		return ZT_OK;
	}
	c->out->folders++;
	for (size_t k = 0; err == ZT_OK && k < (*m)->folder->n_entries; k++)
		err = check_later(c, at, (*m)->folder->entries[k]);
	return err;
}

/* The content of the files that are held. Others may have the device meanwhile: this takes most
 * of the time, and nothing of it is in the store. */
static enum zt_err
check_held(struct checking *c, size_t n)
{
	enum zt_err err = ZT_OK, back;

	lend_begin(&c->t);
	for (size_t i = 0; i < n; i++) {
		if (err == ZT_OK && c->held[i] != NULL)
			err = check_content(c, c->at[i], c->held[i]->file);
		pb_wipe(c->held[i]);
		c->held[i] = NULL;
	}
	c->held_bytes = 0;
	if (err == ZT_OK)
		err = fetch_shared(&c->t);
	if (err == ZT_OK && c->next == c->count)
		err = transfer_drain(&c->t);
	back = lend_end(&c->t);
	return err ? err : back;
}

/* Those that are next in the queue: what is in folders comes behind them. */
static enum zt_err
check_some(struct checking *c)
{
	size_t n = 0, later;
	enum zt_err err = ZT_OK;

	for (; n < AT_ONCE && c->next < c->count; c->next++)
		c->at[n++] = c->next;
	while (err == ZT_OK && n > 0) {
		for (size_t i = 0; i < n; i++)
			c->objects[i] =
			    (struct workspace_object){ .vlob = c->queue[c->at[i]].id,
				    .is_folder = c->queue[c->at[i]].is_folder };
		if ((err = workspace_read(c->t.s, c->objects, n, check_one, c)) == ZT_OK)
			err = check_held(c, n);
		later = n;
		n = 0;
		for (size_t i = 0; i < later; i++)
			if (c->queue[c->at[i]].is_later)
				c->at[n++] = c->at[i];
	}
	return err;
}

enum zt_err
tree_verify(
    struct zt *z, const char *workspace, const struct zt_progress *p, struct zt_check *out)
{
	struct checking c = { .out = out };
	struct workspace *s;
	enum zt_err err;

	z->message[0] = 0;
	chain_begin_reading(z);
	*out = (struct zt_check){ 0 };
	if ((err = log_fetch(z)) || (err = workspace_find(z, workspace, &s)) ||
	    (err = workspace_complete(s)))
		return err;
	if ((err = transfer_begin(&c.t, s, ZT_PROGRESS_VERIFY, p)))
		goto out;
	c.objects = calloc(AT_ONCE, sizeof *c.objects);
	c.at = calloc(AT_ONCE, sizeof *c.at);
	c.held = calloc(AT_ONCE, sizeof(Zt__Manifest *));
	if (c.objects == NULL || c.at == NULL || c.held == NULL) {
		err = ZT_ERR_MEMORY;
		goto out;
	}
	out->changesets = s->chain.position;
	out->skipped = s->chain.skipped;
	if ((err = vec_room(&c.queue, 0, &c.cap, sizeof *c.queue)) == ZT_OK)
		c.queue[c.count++] = (struct to_check){ .id = c.t.s->w->id, .is_folder = true };
	while (err == ZT_OK && c.next < c.count)
		err = check_some(&c);
	if (err == ZT_OK)
		err = transfer_skipped(&c.t);
	if (err == ZT_OK)
		err = chain_end_reading(z);
	out->blocks = c.t.blocks;
out:
	transfer_end(&c.t);
	for (size_t i = 0; c.held != NULL && i < AT_ONCE; i++)
		pb_wipe(c.held[i]); /* after a failure */
	free(c.held);
	free(c.at);
	free(c.objects);
	for (size_t i = 0; i < c.count; i++)
		free(c.queue[i].name);
	free(c.queue);
	idmap_free(&c.seen, NULL);
	return err;
}
