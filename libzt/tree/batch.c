/* SPDX-License-Identifier: Apache-2.0 */
/* batch.c - changes gathered into changesets: sealed and signed when they are sent, and again,
 * over what others did meanwhile, when someone else came first. */
#include "tree/batch.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "chain/keys.h"
#include "chain/objects.h"
#include "chain/workspace.h"
#include "content/local.h"
#include "crypto/padding.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/sync.h"
#include "proto/metadata.pb-c.h"
#include "session/freeze.h"
#include "session/session.h"
#include "tree/tree.h"
#include "workspace/rotate.h"

struct pending { /* a new version of a file, or of a folder as it once was */
	struct id vlob;
	Zt__Manifest *m;
	bool adds_blocks, adds_some, has_local;
	struct bytes added;  /* ADDS_SOME: ids of blocks */
	struct stat local;   /* of the file that it was read from */
	uint64_t version;    /* once it is sealed */
	struct hash *object; /* the same, for who asked; or NULL */
};

struct op { /* a change to a folder's entries */
	struct buf name;
	bool is_set;
	struct tree_entry to;
	enum batch_expect expect;
	struct id same;
};

struct dirty { /* a folder that changes */
	struct id vlob;
	bool is_new, has_look;
	struct batch_look look;
	struct tree_way *way; /* of a new one that hangs on it; or NULL */
	struct op *ops;
	size_t count, cap;
};

/* What was sealed and signed of a batch, until the server has answered. */
struct outgoing {
	struct batch *b;
	struct changeset cs;
	struct buf body, *change, *object, *wrap;
	struct bytes *spans;
	const struct secret *key;
	size_t count;
};

/* What the batch relies on: the folder WAY is in the tree, and has NAME, if that is not empty,
 * which is VLOB. */
struct needed {
	struct tree_way *way;
	struct buf name;
	struct id vlob;
};

struct batch {
	struct workspace *s;
	bool is_adjacent; /* valid only directly after the parent that its author read */
	struct needed *needed;
	size_t needed_count, needed_cap;
	uint64_t checked; /* z->foreign, when all of that was so */
	struct outgoing out;
	struct calls_transfer call;
	bool is_sent, is_answered;
	struct pending *files;
	size_t file_count, file_cap;
	struct dirty **folders;
	size_t folder_count, folder_cap;
	struct idmap by_vlob; /* folders */
	size_t bytes;
};

/* What a push may grow to before it is sent, and what a file adds to it beside its content. */
enum {
	CHANGES_MAX = 2048,
	BYTES_MAX = 8 * 1024 * 1024,
	MANIFEST_MAX = 1024,
	REF_MAX = 160,
	ENTRY_MAX = 128,
	TRIES = 6,
	TURN_MS = 1000
};

static bool
may_rotate(const struct workspace *s)
{
	const struct org_user *me = org_state_user(s->z->state, &s->z->user);

	return me != NULL && org_state_role(s->w, me, ORG_NEVER) >= ROLE_MANAGER;
}

/* Rotates first if needed: nothing new is sealed under a key that a former member knows. */
static enum zt_err
close_open(struct workspace *s)
{
	enum zt_err err = ZT_OK;

	if (org_state_needs_rotation(s->w, ORG_NEVER) && may_rotate(s) &&
	    (err = workspace_rotate_if_needed(s->z, &s->w->id)) == ZT_OK)
		err = workspace_sync(s);
	return err;
}

enum zt_err
batch_new(struct workspace *s, struct batch **out)
{
	struct batch *b;
	enum zt_err err;

	if ((err = session_may_write(s->z, &s->w->id)) || (err = close_open(s)))
		return err;
	if ((b = calloc(1, sizeof *b)) == NULL)
		return ZT_ERR_MEMORY;
	b->s = s;
	b->out.b = b;
	*out = b;
	return ZT_OK;
}

static void
clear(struct batch *b)
{
	for (size_t i = 0; i < b->file_count; i++) {
		pb_wipe(b->files[i].m);
	}
	for (size_t i = 0; i < b->folder_count; i++) {
		for (size_t k = 0; k < b->folders[i]->count; k++)
			buf_free(&b->folders[i]->ops[k].name);
		free(b->folders[i]->ops);
		free(b->folders[i]);
	}
	for (size_t i = 0; i < b->needed_count; i++)
		buf_free(&b->needed[i].name);
	b->needed_count = 0;
	idmap_free(&b->by_vlob, NULL);
	b->file_count = b->folder_count = b->bytes = 0;
}

static void forget_outgoing(struct batch *b);

void
batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	/* What was sent may still be taken, even after other errors. */
	while (b->is_sent && !b->is_answered)
		if (calls_turn(b->s->z->calls, TURN_MS))
			calls_cancel(b->s->z->calls, &b->call);
	forget_outgoing(b);
	clear(b);
	free(b->files);
	free(b->folders);
	free(b->needed);
	free(b);
}

bool
batch_is_full(const struct batch *b)
{
	return b->file_count + b->folder_count > CHANGES_MAX || b->bytes > BYTES_MAX;
}

enum zt_err
batch_write(
    struct batch *b, const struct id *vlob, Zt__Manifest *m, bool adds_blocks, uint64_t size)
{
	struct pending *p;
	enum zt_err err = vec_room(&b->files, b->file_count, &b->file_cap, sizeof *b->files);

	if (err) {
		pb_wipe(m);
		return err;
	}
	p = &b->files[b->file_count++];
	*p = (struct pending){ .vlob = *vlob, .m = m, .adds_blocks = adds_blocks };
	b->bytes += MANIFEST_MAX + (size_t)(size / LIMIT_BLOCK) * REF_MAX;
	if (m->kind_case == ZT__MANIFEST__KIND_FOLDER)
		b->bytes += m->folder->n_entries * ENTRY_MAX;
	return ZT_OK;
}

void
batch_adds(struct batch *b, struct bytes ids)
{
	b->files[b->file_count - 1].adds_some = true;
	b->files[b->file_count - 1].added = ids;
}

void
batch_seals_as(struct batch *b, struct hash *object)
{
	b->files[b->file_count - 1].object = object;
}

void
batch_take_back(struct batch *b)
{
	pb_wipe(b->files[--b->file_count].m);
}

static enum zt_err
folder_of(struct batch *b, const struct id *vlob, struct dirty **out)
{
	struct dirty *d = idmap_get(&b->by_vlob, vlob);

	if (d == NULL) {
		if (vec_room(
			&b->folders, b->folder_count, &b->folder_cap, sizeof *b->folders) ||
		    (d = calloc(1, sizeof *d)) == NULL)
			return ZT_ERR_MEMORY;
		d->vlob = *vlob;
		if (idmap_put(&b->by_vlob, vlob, d)) {
			free(d);
			return ZT_ERR_MEMORY;
		}
		b->folders[b->folder_count++] = d;
	}
	*out = d;
	return ZT_OK;
}

static enum zt_err
add_op(struct batch *b, const struct id *folder, struct bytes name, struct op op)
{
	struct dirty *d;
	enum zt_err err;

	if ((err = folder_of(b, folder, &d)) ||
	    (err = vec_room(&d->ops, d->count, &d->cap, sizeof *d->ops)))
		return err;
	op.name = buf_init(LIMIT_NAME);
	buf_add(&op.name, name);
	if ((err = buf_err(&op.name)))
		return err;
	d->ops[d->count++] = op;
	b->bytes += name.n + 64;
	return ZT_OK;
}

enum zt_err
batch_link(struct batch *b, const struct id *folder, struct bytes name,
    const struct tree_entry *to, enum batch_expect expect)
{
	return add_op(b, folder, name,
	    (struct op){ .is_set = true, .to = *to, .expect = expect, .same = to->vlob });
}

enum zt_err
batch_unlink(
    struct batch *b, const struct id *folder, struct bytes name, const struct id *expect)
{
	return add_op(b, folder, name, (struct op){ .expect = BATCH_SAME, .same = *expect });
}

enum zt_err
batch_folder(struct batch *b, const struct id *vlob)
{
	struct dirty *d;
	enum zt_err err = folder_of(b, vlob, &d);

	if (err == ZT_OK)
		d->is_new = true;
	return err;
}

void
batch_from(struct batch *b, const struct stat *st)
{
	struct pending *p = &b->files[b->file_count - 1];

	p->has_local = true;
	p->local = *st;
}

enum zt_err
batch_look(struct batch *b, const struct id *vlob, const struct batch_look *look)
{
	struct dirty *d;
	enum zt_err err = folder_of(b, vlob, &d);

	if (err == ZT_OK) {
		d->has_look = true;
		d->look = *look;
	}
	return err;
}

enum zt_err
batch_hang(struct batch *b, struct tree_way *way)
{
	struct dirty *d;
	enum zt_err err = folder_of(b, &way->vlob, &d);

	if (err == ZT_OK) {
		d->is_new = true;
		d->way = way;
	}
	return err;
}

enum zt_err
batch_need(struct batch *b, struct tree_way *way, struct bytes name, const struct id *vlob)
{
	struct needed *n;
	enum zt_err err;

	/* many files of one folder need it once */
	if (name.n == 0 && b->needed_count > 0 && b->needed[b->needed_count - 1].way == way)
		return ZT_OK;
	if ((err = vec_room(&b->needed, b->needed_count, &b->needed_cap, sizeof *b->needed)))
		return err;
	/* not as of now: others may have changed it since it was listed */
	if (b->needed_count == 0 || tree_way_as_of(way) < b->checked)
		b->checked = tree_way_as_of(way);
	n = &b->needed[b->needed_count++];
	*n = (struct needed){ .way = way, .name = buf_init(LIMIT_NAME) };
	if (vlob != NULL)
		n->vlob = *vlob;
	buf_add(&n->name, name);
	return buf_err(&n->name);
}

/* After others changed something: what the batch relies on is so still. Errors: CONFLICT. */
static enum zt_err
check_needed(struct batch *b)
{
	struct tree_look look = { .m = NULL };
	enum zt_err err = ZT_OK;
	uint64_t now = b->s->z->foreign;

	if (b->checked == now)
		return ZT_OK;
	for (size_t i = 0; err == ZT_OK && i < b->needed_count; i++) {
		const struct needed *n = &b->needed[i];

		if ((err = tree_way_holds(b->s, n->way, &look)) == ZT_OK && n->name.n > 0)
			err = tree_has(b->s, n->way, buf_bytes(&n->name), &n->vlob, &look);
	}
	pb_wipe(look.m);
	if (err == ZT_OK)
		b->checked = now;
	return err;
}

/* What was sent came before what others did meanwhile, as long as what it relies on is in the
 * tree: they moved it, and what was written moved with it. Errors: CONFLICT (they removed it).
 */
static enum zt_err
check_kept(struct batch *b)
{
	enum zt_err err = check_needed(b);
	struct id *ids;
	size_t count = 0;
	bool all = false;

	if (err != ZT_ERR_CONFLICT)
		return err;
	if ((ids = calloc(2 * b->needed_count, sizeof *ids)) == NULL)
		return ZT_ERR_MEMORY;
	for (size_t i = 0; i < b->needed_count; i++) {
		ids[count++] = b->needed[i].way->vlob;
		if (b->needed[i].name.n > 0)
			ids[count++] = b->needed[i].vlob;
	}
	if ((err = tree_holds(b->s, ids, count, &all)) == ZT_OK && !all)
		err = ZT_ERR_CONFLICT;
	if (err == ZT_OK)
		b->s->z->message[0] = 0;
	free(ids);
	return err;
}

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

/* ---- sealing and sending ---- */

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

/* The changeset as a message; it borrows from O, and CHANGES from the caller. */
static Zt__Changeset
changeset_message(const struct outgoing *o, Zt__Statement *st, ProtobufCBinaryData *changes)
{
	Zt__Changeset cs = ZT__CHANGESET__INIT;

	for (size_t i = 0; i < o->count; i++)
		changes[i] = pb_field(o->change[i].p, o->change[i].n);
	*st = statement_message(&o->cs.stmt);
	cs.statement = st;
	cs.changes = changes;
	cs.n_changes = o->count;
	return cs;
}

static void
answered(struct calls_transfer *call)
{
	((struct batch *)call->ctx)->is_answered = true;
}

static enum zt_err
start_push(struct outgoing *o)
{
	struct calls_transfer *call = &o->b->call;
	Zt__PushRequest m = ZT__PUSH_REQUEST__INIT;
	Zt__Changeset cs;
	Zt__Statement st;
	Zt__Object *objects = calloc(o->count, sizeof *objects);
	ProtobufCBinaryData *changes = calloc(o->count, sizeof *changes);
	enum zt_err err = ZT_ERR_MEMORY;

	m.objects = calloc(o->count, sizeof *m.objects);
	if (objects == NULL || changes == NULL || m.objects == NULL)
		goto out;
	for (size_t i = 0; i < o->count; i++) {
		zt__object__init(&objects[i]);
		objects[i].object = pb_field(o->object[i].p, o->object[i].n);
		objects[i].wrap = pb_field(o->wrap[i].p, o->wrap[i].n);
		objects[i].generation = o->cs.generation;
		m.objects[i] = &objects[i];
	}
	m.n_objects = o->count;
	cs = changeset_message(o, &st, changes);
	m.changeset = &cs;
	*call = (struct calls_transfer){ .route = ROUTE_PUSH,
		.params = { .org = o->b->s->z->org, .id = o->b->s->w->id },
		.body = buf_init(LIMIT_PUSH + LIMIT_MANIFEST),
		.answer = buf_init(1024),
		.done = answered,
		.ctx = o->b };
	o->b->is_answered = false;
	if ((err = pb_encode(&m, &call->body)) == ZT_OK)
		err = calls_start(o->b->s->z->calls, call);
	o->b->is_sent = err == ZT_OK;
out:
	free(objects);
	free(changes);
	free(m.objects);
	return err;
}

/* Applies the accepted push to the local store. */
static enum zt_err
take_answer(struct outgoing *o)
{
	struct bytes answer = buf_bytes(&o->b->call.answer);
	ProtobufCBinaryData *changes = calloc(o->count, sizeof *changes);
	Zt__PushAnswer *m = NULL;
	struct hash link;
	enum zt_err err = changes != NULL ? ZT_OK : ZT_ERR_MEMORY;

	if (err == ZT_OK &&
	    (err = pb_decode(&zt__push_answer__descriptor, answer, answer.n, &m)) == ZT_OK &&
	    (err = pb_hash(m->link, &link)) == ZT_OK) {
		Zt__Statement st;
		Zt__Changeset cs = changeset_message(o, &st, changes);

		err = workspace_take_own(
		    o->b->s, &cs, m->position, &link, buf_bytes(&o->b->call.body), m->signed_);
	}
	pb_free(m);
	free(changes);
	return err;
}

static void
forget_outgoing(struct batch *b)
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
batch_start(struct batch *b)
{
	enum zt_err err;

	if (b->file_count + b->folder_count == 0)
		return ZT_OK;
	forget_outgoing(b);
	if (org_state_needs_rotation(b->s->w, ORG_NEVER))
		return session_refuse(b->s->z, ZT_ERR_STALE_KEY,
		    "a member left the workspace: nothing new is written until a manager's or "
		    "owner's device has rotated its key");
	if ((err = check_needed(b)) == ZT_OK && (err = seal_all(&b->out)) == ZT_OK &&
	    (err = sign_changeset(&b->out)) == ZT_OK)
		err = start_push(&b->out);
	if (err)
		forget_outgoing(b);
	return err;
}

static enum zt_err
wait_answer(struct batch *b)
{
	struct zt *z = b->s->z;
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && !b->is_answered)
		err = calls_turn(z->calls, TURN_MS);
	if (err == ZT_ERR_INTERRUPTED)
		return session_interrupted(z);
	if (err)
		return err;
	b->is_sent = false;
	if (b->call.err)
		err = session_refuse(z, b->call.err, "%s", b->call.detail);
	else
		err = take_answer(&b->out);
	forget_outgoing(b);
	return err;
}

/* Someone else came first: see what they did. */
static enum zt_err
catch_up(struct batch *b)
{
	enum zt_err err = log_fetch(b->s->z);

	if (err == ZT_OK && (err = workspace_sync(b->s)) == ZT_OK)
		err = close_open(b->s);
	return err;
}

/* All is in the chain: which local files hold what. */
static void
took(struct batch *b)
{
	struct local_note *notes = calloc(b->file_count + 1, sizeof *notes);
	size_t n = 0;

	for (size_t i = 0; i < b->folder_count; i++)
		if (b->folders[i]->way != NULL)
			b->folders[i]->way->is_there = true;
	if (notes == NULL)
		return;
	for (size_t i = 0; i < b->file_count; i++) {
		const struct pending *p = &b->files[i];

		if (p->has_local)
			notes[n++] = (struct local_note){ { b->s->w->id, p->vlob, p->version },
				p->local };
	}
	local_keep(b->s->z, notes, n);
	free(notes);
}

enum zt_err
batch_finish(struct batch *b)
{
	enum zt_err err;

	if (!b->is_sent)
		return ZT_OK;
	err = wait_answer(b);
	for (int tries = 1;
	     tries < TRIES && (err == ZT_ERR_CONFLICT || err == ZT_ERR_STALE_KEY); tries++) {
		/* the same again, over what they did */
		if ((err = catch_up(b)) || (err = batch_start(b)))
			break;
		err = wait_answer(b);
	}
	/* Checks others' earlier changes that this device has seen since, before the caller
	 * reports success. */
	if (err == ZT_OK && (err = check_kept(b)) == ZT_OK)
		took(b);
	if (err == ZT_OK)
		clear(b);
	return err;
}

enum zt_err
batch_send_once(struct batch *b)
{
	enum zt_err err;

	b->is_adjacent = true;
	err = batch_start(b);
	if (err == ZT_OK && b->is_sent)
		err = wait_answer(b);
	if (err == ZT_OK)
		clear(b);
	return err;
}
