/* SPDX-License-Identifier: Apache-2.0 */
/* batch.c - changes gathered, until they are sealed and sent. */
#include "tree/batch.h"

#include <stdlib.h>

#include "base/vec.h"
#include "chain/workspace.h"
#include "format/limits.h"
#include "format/pb.h"
#include "port/clock.h"
#include "session/freeze.h"
#include "session/pace.h"
#include "session/session.h"
#include "tree/batch_parts.h"
#include "tree/tree.h"
#include "workspace/rotate.h"

/* What a push may grow to before it is sent, and what a file adds to it beside its content.
 * What ends a transfer costs the content of two pushes at most, or of one file. */
enum {
	CHANGES_MAX = 2048,
	BYTES_LEAST = 512 * 1024,
	BYTES_MAX = 8 * 1024 * 1024,
	CONTENT_MAX = 256 * 1024 * 1024,
	MANIFEST_MAX = 1024,
	REF_MAX = 160,
	ENTRY_MAX = 128
};

static bool
may_rotate(const struct workspace *s)
{
	const struct org_user *me = org_state_user(s->z->state, &s->z->user);

	return me != NULL && org_state_role(s->w, me, ORG_NEVER) >= ROLE_MANAGER;
}

enum zt_err
batch_close_open(struct workspace *s)
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

	if ((err = session_may_write(s->z, &s->w->id)) || (err = batch_close_open(s)))
		return err;
	if ((b = calloc(1, sizeof *b)) == NULL)
		return ZT_ERR_MEMORY;
	b->s = s;
	b->out.b = b;
	*out = b;
	return ZT_OK;
}

void
batch_clear(struct batch *b)
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
	b->content = 0;
}

void
batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	/* What was sent may still be taken, even after other errors. */
	while (b->is_sent && !b->is_answered)
		if (calls_turn(b->s->z->calls, BATCH_TURN_MS))
			calls_cancel(b->s->z->calls, &b->call);
	batch_forget(b);
	batch_clear(b);
	free(b->files);
	free(b->folders);
	free(b->needed);
	free(b);
}

/* Not less: each push has all of the folders' entries again. */
static const struct pace pace = { BYTES_LEAST, BYTES_MAX };

bool
batch_is_full(const struct batch *b)
{
	size_t room = b->s->z->push_room;

	return b->file_count + b->folder_count > CHANGES_MAX ||
	       b->bytes > (room > 0 ? room : pace.most) || b->content >= CONTENT_MAX;
}

bool
batch_needs_line(const struct batch *b)
{
	return b->s->z->push_room > 0 && b->s->z->push_room < pace.most;
}

void
batch_measure(struct batch *b)
{
	struct zt *z = b->s->z;

	z->push_room = pace_next(&pace, z->push_room, b->bytes, port_steady_ms() - b->sent_ms);
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
	b->content += adds_blocks ? size : 0;
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
