/* SPDX-License-Identifier: Apache-2.0 */
#include "content/transfer.h"

#include <errno.h>
#include <stdlib.h>

#include "base/stop.h"
#include "chain/objects.h"
#include "chain/workspace.h"
#include "content/fetch.h"
#include "content/local.h"
#include "content/slot.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "port/clock.h"
#include "port/umask.h"
#include "session/session.h"

enum { TURN_MS = 1000, IN_FLIGHT = 20 * 1024 * 1024 };

enum zt_err
transfer_err(struct zt *z, const char *name, int number)
{
	enum zt_err err = number == ENOENT                       ? ZT_ERR_NOT_FOUND
			  : number == EEXIST                     ? ZT_ERR_EXISTS
			  : number == ENOSPC || number == EDQUOT ? ZT_ERR_FULL
								 : ZT_ERR_IO;

	return session_refuse(
	    z, err, "%.180s: %s", name, session_translate(z, strerror(number)));
}

void
transfer_report(const struct transfer *t, const char *name)
{
	struct zt_progress_step s = { .kind = t->kind,
		.done = t->done,
		.total = t->total,
		.files = t->files,
		.name = name };

	if (t->p != NULL && t->p->step != NULL)
		t->p->step(t->p->ctx, &s);
}

/* Whether NAME was named by an earlier look at the same. */
static bool
is_named(const struct transfer *t, const char *name)
{
	struct hash h;
	struct id key;

	if (t->named == NULL)
		return false;
	hash_content(bytes_text(name), &h);
	memcpy(key.b, h.b, ID_BYTES);
	if (idmap_get(t->named, &key) != NULL)
		return true;
	(void)!(int)idmap_put(t->named, &key, t->named); /* or it is named twice */
	return false;
}

void
transfer_skip(const struct transfer *t, const char *name, const char *message)
{
	if (is_named(t, name))
		return;
	if (t->p != NULL && t->p->skipped != NULL)
		t->p->skipped(t->p->ctx, name, message);
}

void
transfer_kept_both(const struct transfer *t, const char *name, const char *as)
{
	if (name != NULL && t->p != NULL && t->p->kept_both != NULL)
		t->p->kept_both(t->p->ctx, name, as);
}

void
transfer_exclude(struct transfer *t, enum zt_err err, const char *name, const char *message)
{
	if (t->skipped == ZT_OK)
		t->skipped = err;
	transfer_skip(t, name, message);
}

void
transfer_lose(
    struct transfer *t, enum zt_err err, bool is_folder, const char *name, const char *message)
{
	*(is_folder ? &t->lost_folder : &t->lost_file) = true;
	transfer_exclude(t, err, name, message);
}

enum zt_err
transfer_class(int number)
{
	switch (number) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return ZT_ERR_FULL;
	case ENAMETOOLONG:
	case EINVAL:
	case EILSEQ:
		return ZT_ERR_NAME;
	case EEXIST:
	case EISDIR:
	case ENOTDIR:
	case ELOOP:
		return ZT_ERR_EXISTS;
	default:
		return ZT_ERR_IO;
	}
}

void
transfer_damaged(struct transfer *t, const char *path, const struct workspace_object *o)
{
	char what[SESSION_MESSAGE];

	if (o->damaged == 0)
		return;
	workspace_damage_text(t->s, o, what);
	transfer_lose(t, o->reason, o->is_folder, path, what);
}

enum zt_err
transfer_skipped(const struct transfer *t)
{
	bool is_lost;

	if (t->skipped == ZT_OK)
		return ZT_OK;
	if (t->skipped == ZT_ERR_SOME || t->skipped == ZT_ERR_EXISTS) {
		t->z->message[0] = 0; /* the error's own sentence says all */
		return ZT_ERR_SOME;
	}
	is_lost = t->skipped == ZT_ERR_MISSING_BLOCK || t->skipped == ZT_ERR_CORRUPT;
	if (!is_lost || (!t->lost_file && !t->lost_folder))
		return session_refuse(t->z, t->skipped,
		    "the error concerns what is named above; all else is whole");
	/* A copy cures a file, an older version a folder, whose files are there. */
	return session_refuse(t->z, t->skipped,
	    !t->lost_folder ? N_("damaged content is named above; all else is whole")
	    : !t->lost_file
		? N_("a damaged folder is named above; all else is whole")
		: N_("damaged files and folders are named above; all else is whole"));
}

void
transfer_note(struct transfer *t)
{
	if (t->z->is_resting)
		return; /* it failed: what is not noted is read again */
	local_keep(t->z, t->notes, t->note_count);
	t->note_count = 0;
}

static void
wake(void *ctx)
{
	calls_wake(ctx);
}

enum zt_err
transfer_begin(struct transfer *t, struct workspace *s, enum zt_progress_kind kind,
    const struct zt_progress *p)
{
	struct zt *z = s->z;

	*t = (struct transfer){ .z = z, .s = s, .workspace = s->w->id, .kind = kind, .p = p };
	random_bytes(t->run, sizeof t->run);
	t->mask = (mode_t)port_umask();
	t->kept_ms = port_steady_ms();
	for (size_t i = 0; i < TRANSFER_SLOTS; i++) {
		t->slot[i].t = t;
		t->slot[i].clear = buf_init(BLOCK_CLEAR_MAX);
		t->slot[i].call.body = buf_init(LIMIT_BLOCK_WIRE);
		t->slot[i].call.answer = buf_init(LIMIT_BLOCK_WIRE);
	}
	return pool_new(wake, z->calls, &t->pool);
}

/* Continues the pool's finished jobs; whether there was one. */
static bool
go_on(struct transfer *t)
{
	struct pool_job *job;
	bool any = false;

	for (; (job = pool_done(t->pool)) != NULL; any = true) {
		struct transfer_slot *slot = (struct transfer_slot *)job;

		slot->then(slot);
	}
	return any;
}

/* One turn: the pool's finished jobs, then the network. */
static void
turn(struct transfer *t, int wait_ms)
{
	enum zt_err err;

	if (go_on(t))
		wait_ms = 0; /* something moved: look again before waiting */
	err = calls_turn(t->z->calls, wait_ms);
	if (err && t->err == ZT_OK)
		transfer_fail(
		    t, err == ZT_ERR_INTERRUPTED ? session_interrupted(t->z) : ZT_ERR_NETWORK);
}

static bool
is_idle(const struct transfer *t)
{
	for (size_t i = 0; i < TRANSFER_SLOTS; i++)
		if (t->slot[i].busy && !t->slot[i].is_stalled)
			return false;
	return true;
}

enum zt_err
transfer_drain(struct transfer *t)
{
	while (!is_idle(t) && t->err != ZT_ERR_INTERRUPTED)
		turn(t, TURN_MS);
	return t->err;
}

enum zt_err
transfer_wait(struct transfer *t, const struct push *l)
{
	while (l->blocks > 0 && t->err != ZT_ERR_INTERRUPTED)
		turn(t, TURN_MS);
	return t->err;
}

bool
transfer_ends_within(struct transfer *t, const struct push *l, unsigned ms)
{
	const uint64_t until = port_steady_ms() + ms;

	for (;;) {
		const uint64_t now = port_steady_ms();

		if ((l != NULL ? l->blocks == 0 : is_idle(t)) || t->err == ZT_ERR_INTERRUPTED)
			return true;
		if (now >= until)
			return false;
		turn(t, (int)(until - now));
	}
}

void
transfer_settle(struct transfer *t, const size_t *jobs)
{
	while (*jobs > 0)
		if (t->err != ZT_ERR_INTERRUPTED)
			turn(t, TURN_MS);
		else if (!go_on(t))
			(void)!(int)calls_settle(t->z->calls, STOP_LOOK_MS);
}

/* Drops calls in flight: the caller who cancelled waits for no answer. */
static void
cut_off(struct transfer *t)
{
	while (!is_idle(t)) {
		for (size_t i = 0; i < TRANSFER_SLOTS; i++)
			calls_cancel(t->z->calls, &t->slot[i].call);
		if (!go_on(t) && !is_idle(t)) /* for the pool */
			(void)!(int)calls_settle(t->z->calls, STOP_LOOK_MS);
	}
}

void
transfer_end(struct transfer *t)
{
	if (t->shared_block != NULL) /* gathered for nothing, after a failure */
		transfer_release(t->shared_block);
	t->shared_block = NULL;
	fetch_forget(t);
	if (t->pool != NULL && (t->resumes || t->err == ZT_ERR_INTERRUPTED))
		cut_off(t);
	while (t->pool != NULL && !is_idle(t)) {
		turn(t, TURN_MS);
		if (t->err == ZT_ERR_INTERRUPTED || stop_is_set(t->z->stop))
			cut_off(t);
	}
	pool_free(t->pool);
	free(t->notes);
	t->notes = NULL;
	for (size_t i = 0; i < TRANSFER_SLOTS; i++) {
		free(t->slot[i].dests);
		free(t->slot[i].extents);
		buf_free(&t->slot[i].clear);
		buf_free(&t->slot[i].call.body);
		buf_free(&t->slot[i].call.answer);
	}
	t->pool = NULL;
	buf_free(&t->looked);
	wipe(&t->looked_at, sizeof t->looked_at);
}

/* A slot keeps its buffers: large blocks take the first slots alone, so that memory, and what a
 * slow line has under way at once, are bounded whatever size blocks have. */
static size_t
slots_for(size_t size)
{
	size_t n = size > 0 ? IN_FLIGHT / size : TRANSFER_SLOTS;

	return n < 1 ? 1 : n < TRANSFER_SLOTS ? n : TRANSFER_SLOTS;
}

enum zt_err
transfer_slot(struct transfer *t, size_t size, struct transfer_slot **out)
{
	size_t n = slots_for(size);

	for (;;) {
		if (t->err)
			return t->err;
		for (size_t i = 0; i < n; i++)
			if (!t->slot[i].busy) {
				*out = &t->slot[i];
				(*out)->busy = true;
				(*out)->err = ZT_OK;
				return ZT_OK;
			}
		turn(t, TURN_MS);
	}
}

void
transfer_requeue(struct transfer_slot *slot, void (*work)(struct pool_job *job),
    void (*then)(struct transfer_slot *slot))
{
	slot->job.work = work;
	slot->then = then;
	pool_submit(slot->t->pool, &slot->job);
}

void
transfer_submit(struct transfer_slot *slot, void (*work)(struct pool_job *job),
    void (*then)(struct transfer_slot *slot))
{
	transfer_requeue(slot, work, then);
	turn(slot->t, 0); /* runs the network while the caller reads */
}

void
transfer_release(struct transfer_slot *slot)
{
	slot->busy = false;
}

void
transfer_fail(struct transfer *t, enum zt_err err)
{
	if (t->err == ZT_OK)
		t->err = err;
}
