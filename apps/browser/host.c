/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* host.c - the exports: a request of a page runs to its end; what it says on the way, and its
 * answer, go to the worker. Reply and cancel reach the blocked thread through the worker's
 * shared memory. */
#include "browser/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "encode/encode.h"
#include "hosts/note.h"
#include "rpc/person.h"
#include "zt/sync.h"
#include "zt/workspace.h"

enum { POLL_MS = 15000, REPLY_MAX = 65536 };

#define EXPORT(name) __attribute__((export_name(#name)))

static struct host *
the_host(void)
{
	static struct host h;

	return &h;
}

/* ---- what a call says while it runs ---- */

static void
send_note(const struct lane *l, const char *json, size_t n)
{
	char *note = note_of(json, n, l->device != NULL ? l->device->key : NULL, &n);

	if (note != NULL)
		worker_send(l->page, note, n, NULL, 0);
	free(note);
}

static void
hear_event(void *ctx, const char *json, size_t n)
{
	send_note(ctx, json, n);
}

static enum zt_err
ask(void *ctx, const struct rpc_question *q, char **reply, size_t *n)
{
	const struct lane *l = ctx;
	double number = (double)note_ask(q->json, q->n);
	int got;

	*reply = NULL;
	send_note(l, q->json, q->n);
	while ((got = worker_ask(number)) == ASK_WAITS)
		if (q->runs != NULL && !q->runs(q->arg))
			return ZT_OK;
	if (got < 0)
		return ZT_ERR_INTERRUPTED;
	if (got > REPLY_MAX || (*reply = malloc((size_t)got + 1)) == NULL)
		return ZT_ERR_MEMORY;
	worker_take_reply(*reply);
	(*reply)[got] = 0;
	*n = (size_t)got;
	return ZT_OK;
}

static bool
is_confirmed(void *ctx)
{
	const struct lane *l = ctx;

	return l->device != NULL && l->device->confirmed_until_ms > host_now_steady_ms();
}

void
host_lane(struct lane *l, struct rpc_host *out)
{
	*out = (struct rpc_host){ .event = hear_event,
		.ctx = l,
		.ask = ask,
		.is_confirmed = is_confirmed,
		.method = host_method };
}

/* ---- exports ---- */

int host_begin(void);
void host_run(unsigned page, char *json, size_t n, const void *content, size_t content_n);
void host_gone(unsigned page);
void host_cancel(unsigned depth);
void host_tick(void);
void host_hear(const char *key, const void *message, size_t n);

/* Before all others. Returns an enum zt_err. */
EXPORT(host_begin)
int
host_begin(void)
{
	struct host *h = the_host();
	struct rpc_host as;
	uint32_t seed = 0;

	if (getentropy(&seed, sizeof seed) != 0)
		return ZT_ERR_UNAVAILABLE;
	json_object_seed(seed);
	(void)mkdir(HOST_ROOT, 0700); /* which may be there */
	h->here.h = h;
	host_lane(&h->here, &as);
	host_scan(h);
	return (int)rpc_lane_new(&as, &h->here.rpc);
}

/* The lane that the request of PAGE at JSON runs on; without an open device it is the host's,
 * which refuses what needs one. Errors: RATE (within another request, where that cannot be). */
static enum zt_err
lane_for(struct host *h, unsigned page, const struct rpc_message *head, struct lane **out)
{
	enum rpc_lane_kind kind = head->row != NULL ? head->row->lane : RPC_HOST;
	struct device *d =
	    head->device[0] != 0 && kind != RPC_HOST ? host_find(h, head->device) : NULL;

	if (h->depth > 0 && (d == NULL || d->z == NULL || kind == RPC_PERSON))
		return ZT_ERR_RATE;
	if (d != NULL && d->z != NULL) {
		d->used_ms = host_now_steady_ms();
		return host_lane_of(h, d, page, kind == RPC_PERSON, out);
	}
	h->here.page = page;
	*out = &h->here;
	return ZT_OK;
}

static enum zt_err
run(struct lane *l, const char *json, size_t n, const void *content, size_t content_n,
    struct rpc_answer *answer)
{
	struct host *h = l->h;
	enum zt_err err;

	if (l->z != NULL)
		zt_use_cancel(l->z, &h->cancels[h->depth]);
	h->depth++;
	err = rpc_run(l->rpc, json, n, content, content_n, answer);
	h->depth--;
	if (l->z != NULL)
		zt_use_cancel(l->z, NULL);
	return err;
}

/* Runs the request of N bytes at JSON, which it wipes, and sends its answer to PAGE. A cancel
 * that came before it is kept. */
EXPORT(host_run)
void
host_run(unsigned page, char *json, size_t n, const void *content, size_t content_n)
{
	struct host *h = the_host();
	struct rpc_answer answer = { .json = NULL };
	struct rpc_host words = { 0 };
	struct rpc_message head;
	struct lane *l = NULL;
	enum zt_err err;

	if (h->depth >= sizeof h->cancels / sizeof h->cancels[0])
		return; /* not the worker that it should be */
	rpc_look(json, n, &head);
	if ((err = lane_for(h, page, &head, &l)) != ZT_OK)
		err = rpc_refuse(&words, head.id, err, &answer);
	else
		err = run(l, json, n, content, content_n, &answer);
	explicit_bzero(json, n);
	if (err == ZT_OK)
		worker_send(page, answer.json, answer.n, answer.content, answer.content_n);
	rpc_answer_free(&answer);
	h->cancels[h->depth] = (struct zt_cancel){ 0 };
}

/* PAGE has been closed: its handles are, too. */
EXPORT(host_gone)
void
host_gone(unsigned page)
{
	for (struct device *d = the_host()->devices; d != NULL; d = d->next)
		host_forget_page(d, page);
}

/* Ends the request that runs, or is about to, or (DEPTH 1) the one within it: from within an
 * import. */
EXPORT(host_cancel)
void
host_cancel(unsigned depth)
{
	if (depth < sizeof the_host()->cancels / sizeof the_host()->cancels[0])
		zt_cancel(&the_host()->cancels[depth]);
}

static void
tell_pages(struct device *d, const struct zt_event *e)
{
	for (struct lane *l = d->lanes; l != NULL; l = l->next)
		rpc_changed(l->rpc, e);
}

static void
each_workspace(void *ctx, const struct zt_workspace *w)
{
	tell_pages(ctx, &(struct zt_event){ .kind = ZT_EVENT_CHAIN, .workspace = w->id });
}

/* While there is no event socket, as behind a proxy that passes none, pages learn now and then
 * that files may have changed: they read what they show again. */
static void
poll(struct device *d)
{
	const struct zt_event log = { .kind = ZT_EVENT_LOG, .workspace = "" };
	struct zt_identity id;

	d->polled_ms = host_now_steady_ms();
	if (zt_sync(d->z) != ZT_OK)
		return; /* the page's own calls say what is wrong */
	zt_whoami(d->z, &id);
	if (id.log_size != d->log_size)
		tell_pages(d, &log);
	d->log_size = id.log_size;
	if (zt_workspaces(d->z, each_workspace, d) != ZT_OK)
		return; /* as above */
}

/* Now and then, between requests: locks what was not used, and looks for what is new. */
EXPORT(host_tick)
void
host_tick(void)
{
	struct host *h = the_host();
	uint64_t now = host_now_steady_ms();

	for (struct device *d = h->devices; d != NULL; d = d->next) {
		if (d->z == NULL)
			continue;
		if (d->lock_after > 0 && now - d->used_ms > (uint64_t)d->lock_after * 60000)
			host_lock_device(h, d);
		else if (!d->is_heard && now - d->polled_ms >= POLL_MS && d->lanes != NULL)
			poll(d);
	}
}

static void
hear_ready(void *ctx)
{
	struct device *d = ctx;

	d->is_heard = true;
	tell_pages(d, NULL);
}

static void
hear_changed(void *ctx, const struct zt_event *e)
{
	tell_pages(ctx, e);
}

/* The N bytes of MESSAGE came on the event socket of the device KEY; NULL: it ended, and is
 * opened again. Between requests, or within one that waits for people. */
EXPORT(host_hear)
void
host_hear(const char *key, const void *message, size_t n)
{
	struct host *h = the_host();
	struct device *d = host_find(h, key);
	struct zt_watch w = { .ctx = d, .ready = hear_ready, .event = hear_changed };

	if (d == NULL || d->z == NULL || h->depth >= sizeof h->cancels / sizeof h->cancels[0])
		return;
	if (message == NULL) {
		host_listen(d);
		return;
	}
	zt_use_cancel(d->z, &h->cancels[h->depth]);
	h->depth++;
	if (zt_hear(d->z, message, n, &w) != ZT_OK)
		d->polled_ms =
		    host_now_steady_ms(); /* the page's own calls say what is wrong */
	h->depth--;
	zt_use_cancel(d->z, NULL);
	h->cancels[h->depth] = (struct zt_cancel){ 0 };
}
