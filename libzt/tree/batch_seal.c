/* SPDX-License-Identifier: Apache-2.0 */
/* batch_seal.c - a batch sealed and signed: each folder as it is now, with its changes, and a
 * changeset over all of it. */
#include <stdlib.h>

#include "base/vec.h"
#include "chain/keys.h"
#include "chain/objects.h"
#include "chain/workspace.h"
#include "format/limits.h"
#include "format/pb.h"
#include "session/session.h"
#include "tree/batch_parts.h"

/* ---- a folder as it is now, with its changes ---- */

struct listing {
	Zt__FolderEntry *entries;
	size_t count, cap;
	Zt__Manifest *base; /* whose memory the entries borrow */
};

/* The place of NAME, and whether it is there. */
static size_t
place_of(const struct listing *l, struct bytes name, bool *found)
{
	size_t lo = 0, hi = l->count;

	*found = false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = bytes_order(pb_bytes(l->entries[mid].name), name);

		if (order == 0) {
			*found = true;
			return mid;
		}
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static enum zt_err
apply(struct batch *b, struct listing *l, struct op *op)
{
	struct bytes name = buf_bytes(&op->name);
	bool found, same;
	size_t at = place_of(l, name, &found);
	enum zt_err err;

	same =
	    found && bytes_equal(pb_bytes(l->entries[at].vlob), bytes_of(op->same.b, ID_BYTES));
	if (op->expect == BATCH_SAME && !same)
		return session_refuse(b->s->z, found ? ZT_ERR_CONFLICT : ZT_ERR_NOT_FOUND,
		    "\"%.*s\" was moved or removed by someone else", (int)name.n,
		    (const char *)name.p);
	if (op->expect == BATCH_ABSENT && found && !same)
		return session_refuse(b->s->z, ZT_ERR_EXISTS, "\"%.*s\" exists already",
		    (int)name.n, (const char *)name.p);
	if (!op->is_set) {
		memmove(&l->entries[at], &l->entries[at + 1],
		    (l->count - at - 1) * sizeof *l->entries);
		l->count--;
		return ZT_OK;
	}
	if (!found) {
		if (l->count >= LIMIT_FOLDER)
			return session_refuse(b->s->z, ZT_ERR_TOO_BIG, "the folder is full");
		if ((err = vec_room(&l->entries, l->count, &l->cap, sizeof *l->entries)))
			return err;
		memmove(
		    &l->entries[at + 1], &l->entries[at], (l->count - at) * sizeof *l->entries);
		l->count++;
	}
	zt__folder_entry__init(&l->entries[at]);
	l->entries[at].name = pb_field(name.p, name.n);
	l->entries[at].vlob = pb_field(op->to.vlob.b, ID_BYTES);
	l->entries[at].folder = op->to.is_folder;
	return ZT_OK;
}

/* What lies in D, with its changes. Rubbish that somebody signed is written over; what could be
 * read again one day is not. */
static enum zt_err
list_folder(struct batch *b, struct dirty *d, struct listing *l)
{
	struct workspace_object o = { .vlob = d->vlob, .is_folder = true };
	enum zt_err err = d->is_new ? ZT_OK : workspace_read_one(b->s, &o, &l->base);

	if (err == ZT_OK && o.damaged > 0 && !o.is_rubbish)
		err = session_refuse(b->s->z, o.reason,
		    "the newest version of a folder cannot be read now, so nothing is written "
		    "over it");
	for (size_t i = 0; err == ZT_OK && l->base != NULL && i < l->base->folder->n_entries;
	     i++)
		if ((err = vec_room(&l->entries, l->count, &l->cap, sizeof *l->entries)) ==
		    ZT_OK)
			l->entries[l->count++] = *l->base->folder->entries[i];
	for (size_t i = 0; err == ZT_OK && i < d->count; i++)
		err = apply(b, l, &d->ops[i]);
	return err;
}

/* ---- sealing ---- */

static enum zt_err
seal_one(struct outgoing *o, const struct id *vlob, const Zt__Manifest *m, struct bytes blocks,
    uint64_t *version, struct hash *object)
{
	struct workspace_version before = { 0 };
	struct change c = { .vlob = *vlob, .blocks = blocks };
	struct manifest_place place = { .workspace = o->b->s->w->id, .vlob = *vlob };
	size_t i = o->count;
	const char *message;
	enum zt_err err = manifest_check(m, &message);

	if (err) /* what every reader would refuse is not written */
		return session_refuse(
		    o->b->s->z, err, "%s", session_translate(o->b->s->z, message));
	err = workspace_newest(o->b->s, vlob, &before);
	if (err && err != ZT_ERR_NOT_FOUND)
		return err;
	c.has_prev = err == ZT_OK;
	c.prev = before.pins.object;
	*version = c.version = place.version = before.version + 1;
	o->change[i] = buf_init(LIMIT_CHANGESET);
	o->object[i] = buf_init(LIMIT_MANIFEST + 1024);
	o->wrap[i] = buf_init(256);
	o->count++;
	if ((err = manifest_seal(o->key, &place, m, &o->object[i], &o->wrap[i], &c.pins)))
		return err;
	if (object != NULL)
		*object = c.pins.object;
	err = changeset_encode_change(&c, &o->change[i]);
	o->spans[i] = buf_bytes(&o->change[i]);
	return err;
}

static enum zt_err
seal_file(struct outgoing *o, struct pending *p)
{
	const Zt__FileManifest *f = p->m->file;
	struct buf ids = buf_init(LIMIT_CHANGESET);
	size_t n = p->adds_blocks && p->m->kind_case == ZT__MANIFEST__KIND_FILE &&
			   f->content_case == ZT__FILE_MANIFEST__CONTENT_BLOCKS
		       ? f->blocks->n_blocks
		       : 0;
	enum zt_err err;

	if (p->adds_some)
		buf_add(&ids, p->added);
	for (size_t i = 0; !p->adds_some && i < n; i++)
		buf_add(&ids, pb_bytes(f->blocks->blocks[i]->id)); /* none of a hole */
	if ((err = buf_err(&ids)) == ZT_OK)
		err = seal_one(o, &p->vlob, p->m, buf_bytes(&ids), &p->version, p->object);
	buf_free(&ids);
	return err;
}

static enum zt_err
seal_folder(struct outgoing *o, struct dirty *d)
{
	struct listing l = { 0 };
	Zt__Manifest m = ZT__MANIFEST__INIT;
	Zt__FolderManifest f = ZT__FOLDER_MANIFEST__INIT;
	uint64_t version;
	enum zt_err err = list_folder(o->b, d, &l);

	if (err == ZT_OK && (f.entries = calloc(l.count + 1, sizeof *f.entries)) == NULL)
		err = ZT_ERR_MEMORY;
	if (err == ZT_OK) {
		for (size_t i = 0; i < l.count; i++)
			f.entries[f.n_entries++] = &l.entries[i];
		f.modified =
		    d->has_look ? d->look.modified : (int64_t)(session_now_ms() / 1000);
		f.modified_ns = d->has_look ? d->look.modified_ns : 0;
		f.mode = d->has_look ? d->look.mode : l.base != NULL ? l.base->folder->mode : 0;
		m.kind_case = ZT__MANIFEST__KIND_FOLDER;
		m.folder = &f;
		err = seal_one(o, &d->vlob, &m, bytes_of(NULL, 0), &version, NULL);
	}
	free(f.entries);
	free(l.entries);
	pb_wipe(l.base);
	return err;
}

static enum zt_err
sign_changeset(struct outgoing *o)
{
	struct workspace *s = o->b->s;
	struct zt *z = s->z;
	uint64_t now = session_now_ms();

	o->cs.org = z->org;
	o->cs.workspace = s->w->id;
	o->cs.author = z->device;
	o->cs.generation = (unsigned)s->w->generation_count;
	o->cs.parent_position = s->chain.position;
	o->cs.parent_link = s->chain.link;
	o->cs.is_adjacent = o->b->is_adjacent;
	o->cs.seen_size = merkle_size(z->state->tree);
	/* Never earlier than the parent's time, even if its author's clock was wrong. */
	o->cs.time = now > s->chain.time ? now : s->chain.time;
	return merkle_root(z->state->tree, o->cs.seen_size, &o->cs.seen_root)
		   ? ZT_ERR_STORE
		   : changeset_sign(z->sign, &o->cs, o->spans, o->count, &o->body);
}

static enum zt_err
seal_all(struct outgoing *o)
{
	struct batch *b = o->b;
	size_t n = b->file_count + b->folder_count;
	enum zt_err err;

	o->change = calloc(n, sizeof *o->change);
	o->object = calloc(n, sizeof *o->object);
	o->wrap = calloc(n, sizeof *o->wrap);
	o->spans = calloc(n, sizeof *o->spans);
	if (o->change == NULL || o->object == NULL || o->wrap == NULL || o->spans == NULL)
		return ZT_ERR_MEMORY;
	if ((err = workspace_key_to_write(b->s, &o->key)))
		return err;
	for (size_t i = 0; err == ZT_OK && i < b->file_count; i++)
		err = seal_file(o, &b->files[i]);
	for (size_t i = 0; err == ZT_OK && i < b->folder_count; i++)
		err = seal_folder(o, b->folders[i]);
	return err;
}

enum zt_err
batch_seal(struct batch *b)
{
	enum zt_err err = seal_all(&b->out);

	return err ? err : sign_changeset(&b->out);
}

void
batch_forget(struct batch *b)
{
	struct outgoing *o = &b->out;

	for (size_t i = 0; i < o->count; i++) {
		buf_free(&o->change[i]);
		buf_free(&o->object[i]);
		buf_free(&o->wrap[i]);
	}
	free(o->change);
	free(o->object);
	free(o->wrap);
	free(o->spans);
	buf_free(&o->body);
	buf_free(&b->call.body);
	buf_free(&b->call.answer);
	*o = (struct outgoing){ .b = b, .body = buf_init(8192) };
}
