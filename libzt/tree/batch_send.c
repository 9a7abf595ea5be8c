/* SPDX-License-Identifier: Apache-2.0 */
/* batch_send.c - a batch on its way: sent, and again, over what others did meanwhile, when
 * someone else came first; done when what it relies on is so still. */
#include <stdlib.h>

#include "chain/workspace.h"
#include "content/local.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/sync.h"
#include "port/clock.h"
#include "proto/metadata.pb-c.h"
#include "session/freeze.h"
#include "session/session.h"
#include "tree/batch_parts.h"
#include "tree/tree.h"

enum { TRIES = 6 };

/* ---- what a batch relies on ---- */

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

/* ---- one push, and its answer ---- */

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
	struct batch *b = call->ctx;

	b->is_answered = true;
	batch_measure(b);
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
	o->b->sent_ms = port_steady_ms();
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

enum zt_err
batch_start(struct batch *b)
{
	enum zt_err err;

	if (b->file_count + b->folder_count == 0)
		return ZT_OK;
	batch_forget(b);
	/* Others had the device since the batch was made, and may have seen a second history,
	 * or that a member has left. An act on names was made just now, and on this very chain.
	 */
	if ((err = session_may_write(b->s->z, &b->s->w->id)) ||
	    (!b->is_adjacent && (err = batch_close_open(b->s))))
		return err;
	if (org_state_needs_rotation(b->s->w, ORG_NEVER))
		return session_refuse(b->s->z, ZT_ERR_STALE_KEY,
		    "a member left the workspace: nothing new is written until a manager's or "
		    "owner's device has rotated its key");
	if ((err = check_needed(b)) == ZT_OK && (err = batch_seal(b)) == ZT_OK)
		err = start_push(&b->out);
	if (err)
		batch_forget(b);
	return err;
}

static enum zt_err
wait_answer(struct batch *b)
{
	struct zt *z = b->s->z;
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && !b->is_answered)
		err = calls_turn(z->calls, BATCH_TURN_MS);
	if (err == ZT_ERR_INTERRUPTED)
		return session_interrupted(z);
	if (err)
		return err;
	b->is_sent = false;
	if (b->call.err)
		err = session_refuse(z, b->call.err, "%s", b->call.detail);
	else
		err = take_answer(&b->out);
	batch_forget(b);
	return err;
}

/* ---- until it is taken ---- */

/* Someone else came first: see what they did. */
static enum zt_err
catch_up(struct batch *b)
{
	enum zt_err err = log_fetch(b->s->z);

	if (err == ZT_OK && (err = workspace_sync(b->s)) == ZT_OK)
		err = batch_close_open(b->s);
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
		batch_clear(b);
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
		batch_clear(b);
	return err;
}
