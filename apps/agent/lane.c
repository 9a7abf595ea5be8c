/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "agent/lane.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/device.h"
#include "agent/host.h"
#include "common/l10n.h"
#include "hosts/note.h"
#include "rpc/person.h"
#include "zt/org.h"
#include "zt/release.h"
#include "zt/zt.h"

/* ---- requests ---- */

struct request *
request_new(
    const struct rpc_message *head, uint8_t *bytes, size_t n, const struct message_parts *parts)
{
	struct request *r = calloc(1, sizeof *r);

	if (r == NULL) {
		explicit_bzero(bytes, n);
		free(bytes);
		return NULL;
	}
	r->head = *head;
	r->bytes = bytes;
	r->n = n;
	r->parts = *parts;
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_cond_init(&r->comes, NULL);
	return r;
}

void
request_free(struct request *r)
{
	explicit_bzero(r->bytes, r->n);
	free(r->bytes);
	free(r->out);
	rpc_answer_free(&r->answer);
	free(r->reply);
	(void)pthread_mutex_destroy(&r->lock);
	(void)pthread_cond_destroy(&r->comes);
	free(r);
}

bool
request_gives(const struct request *r)
{
	return r->head.row != NULL && r->head.row->content == RPC_GIVES;
}

void
request_cancel(struct request *r)
{
	zt_cancel(&r->cancel);
	(void)pthread_mutex_lock(&r->lock);
	(void)pthread_cond_signal(&r->comes);
	(void)pthread_mutex_unlock(&r->lock);
}

void
request_reply(struct request *r, uint64_t ask, const char *text, size_t n)
{
	(void)pthread_mutex_lock(&r->lock);
	if (r->ask == ask && r->reply == NULL && (r->reply = malloc(n + 1)) != NULL) {
		memcpy(r->reply, text, n);
		r->reply[n] = 0;
		r->reply_n = n;
		(void)pthread_cond_signal(&r->comes);
	}
	(void)pthread_mutex_unlock(&r->lock);
}

struct out *
request_refusal(const struct request *r, enum zt_err err)
{
	struct rpc_host words = { .translate = l10n };
	struct rpc_answer answer = { .json = NULL };
	struct out *o = NULL;

	if (rpc_refuse(&words, r->head.id, err, &answer) == ZT_OK)
		o = out_new(answer.json, answer.n, NULL, 0);
	rpc_answer_free(&answer);
	return o;
}

/* ---- what a call says while it runs ---- */

/* An event or a question on its way; before its request's answer, so that R is there. */
struct note {
	struct post post;
	struct agent *a;
	struct request *r; /* NULL: for all connections */
	bool is_event;
	size_t n;
	char *json;
};

static void
deliver_note(struct post *p)
{
	struct note *n = (struct note *)p;

	if (n->r == NULL)
		connection_tell_all(n->a, n->json, n->n);
	else if (n->r->connection != NULL &&
		 (!n->is_event || n->r->connection->pending < CONNECTION_EVENTS))
		connection_send(n->r->connection, out_new(n->json, n->n, NULL, 0));
	free(n->json);
	free(n);
}

static void
send_note(struct lane *l, const char *json, size_t n, bool is_event)
{
	struct note *note = malloc(sizeof *note);

	if (note == NULL)
		return;
	*note = (struct note){
		.post.deliver = deliver_note, .a = l->a, .r = l->now, .is_event = is_event
	};
	note->json = note_of(json, n, l->device != NULL ? l->device->key : NULL, &note->n);
	if (note->json != NULL)
		agent_post(l->a, &note->post);
	else
		free(note);
}

static void
hear_event(void *ctx, const char *json, size_t n)
{
	send_note(ctx, json, n, true);
}

/* Waits for the reply, a second at most. Whether there is none yet. */
static bool
wait_for_reply(struct request *r)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	while (r->reply == NULL && !zt_cancel_is_set(&r->cancel))
		if (pthread_cond_timedwait(&r->comes, &r->lock, &until) == ETIMEDOUT)
			return true;
	return false;
}

static enum zt_err
ask(void *ctx, const struct rpc_question *q, char **reply, size_t *n)
{
	struct lane *l = ctx;
	struct request *r = l->now;

	(void)pthread_mutex_lock(&r->lock);
	r->ask = note_ask(q->json, q->n);
	(void)pthread_mutex_unlock(&r->lock);
	send_note(l, q->json, q->n, false);
	(void)pthread_mutex_lock(&r->lock);
	while (wait_for_reply(r)) {
		bool runs;

		(void)pthread_mutex_unlock(&r->lock);
		runs = q->runs == NULL || q->runs(q->arg);
		(void)pthread_mutex_lock(&r->lock);
		if (!runs)
			break;
	}
	*reply = r->reply;
	*n = r->reply_n;
	r->reply = NULL;
	r->ask = 0;
	(void)pthread_mutex_unlock(&r->lock);
	return *reply == NULL && zt_cancel_is_set(&r->cancel) ? ZT_ERR_INTERRUPTED : ZT_OK;
}

static bool
is_confirmed(void *ctx)
{
	const struct lane *l = ctx;

	return l->device != NULL &&
	       atomic_load(&l->device->confirmed_until_ms) > agent_now_ms();
}

struct rpc_host
lane_host(struct lane *l)
{
	return (struct rpc_host){ .event = hear_event,
		.ctx = l,
		.translate = l10n,
		.ask = ask,
		.is_confirmed = is_confirmed,
		.method = host_method };
}

/* ---- the thread ---- */

void
lane_run(struct lane *l, struct request *r)
{
	struct rpc_answer answer = { .json = NULL };
	const struct message_parts *m = &r->parts;

	l->now = r;
	if (l->z != NULL)
		zt_use_cancel(l->z, &r->cancel);
	if (rpc_run(l->rpc, m->json, m->json_n, m->content, m->content_n, &answer) != ZT_OK)
		;
	else if (r->flow != NULL)
		r->answer = answer;
	else
		r->out = out_new(answer.json, answer.n, answer.content, answer.content_n);
	if (l->z != NULL)
		zt_use_cancel(l->z, NULL);
	if (r->flow == NULL)
		rpc_answer_free(&answer);
	l->now = NULL;
}

static void
deliver_answer(struct post *p)
{
	struct request *r = (struct request *)p;
	struct out *o = r->out;

	r->out = NULL;
	connection_answer(r, o);
}

/* The lane's own handle of its device. Without one its requests are refused. */
static enum zt_err
open_handle(struct lane *l)
{
	struct zt_options o = { .cancel = &l->cancel };
	struct device *d = l->device;
	enum zt_err err;

	if (d == NULL)
		return ZT_OK;
	rpc_lane_hear(l->rpc, &o);
	(void)pthread_mutex_lock(&d->base_lock);
	err = zt_open_again(d->base, &o, &l->z);
	(void)pthread_mutex_unlock(&d->base_lock);
	rpc_lane_use(l->rpc, l->z);
	return err;
}

static struct request *
next_request(struct lane *l, bool *ends)
{
	struct request *r;

	(void)pthread_mutex_lock(&l->lock);
	while (TAILQ_EMPTY(&l->queue) && !l->ends)
		(void)pthread_cond_wait(&l->comes, &l->lock);
	if ((r = TAILQ_FIRST(&l->queue)) != NULL)
		TAILQ_REMOVE(&l->queue, r, of_lane);
	*ends = l->ends;
	(void)pthread_mutex_unlock(&l->lock);
	return r;
}

static void *
run_lane(void *arg)
{
	struct lane *l = arg;
	enum zt_err err = open_handle(l);
	struct request *r;
	bool ends;

	agent_post(l->a, &l->opened);
	while ((r = next_request(l, &ends)) != NULL) {
		if (ends && !l->is_once)
			r->out = request_refusal(r, ZT_ERR_INTERRUPTED);
		else if (err)
			r->out = request_refusal(r, err);
		else
			lane_run(l, r);
		agent_post(l->a, &r->done);
	}
	rpc_lane_use(l->rpc, NULL);
	zt_close(l->z);
	agent_post(l->a, &l->ended);
	return NULL;
}

static void
deliver_opened(struct post *p)
{
	struct lane *l = (struct lane *)((char *)p - offsetof(struct lane, opened));

	if (l->device != NULL)
		device_lane_opened(l->device);
}

static void
deliver_end(struct post *p)
{
	struct lane *l = (struct lane *)p;

	(void)pthread_join(l->thread, NULL);
	if (l->device != NULL)
		device_thread_ended(l->device);
	else
		l->a->jobs--;
	lane_free(l);
}

struct lane *
lane_of_loop(struct agent *a)
{
	struct lane *l = calloc(1, sizeof *l);
	struct rpc_host host;

	if (l == NULL)
		return NULL;
	l->a = a;
	l->ended.deliver = deliver_end;
	l->opened.deliver = deliver_opened;
	TAILQ_INIT(&l->queue);
	(void)pthread_mutex_init(&l->lock, NULL);
	(void)pthread_cond_init(&l->comes, NULL);
	host = lane_host(l);
	if (rpc_lane_new(&host, &l->rpc) != ZT_OK) {
		lane_free(l);
		return NULL;
	}
	return l;
}

void
lane_free(struct lane *l)
{
	if (l == NULL)
		return;
	rpc_lane_free(l->rpc);
	(void)pthread_mutex_destroy(&l->lock);
	(void)pthread_cond_destroy(&l->comes);
	free(l);
}

/* ---- the watch ---- */

enum { PAUSE_MAX_S = 32 };

static void
watch_ready(void *ctx)
{
	struct lane *l = ctx;

	rpc_changed(l->rpc, NULL);
}

static void
watch_event(void *ctx, const struct zt_event *e)
{
	struct lane *l = ctx;

	rpc_changed(l->rpc, e);
}

static void
watch_new_device(void *ctx, const struct zt_device *d)
{
	struct lane *l = ctx;

	rpc_new_device(l->rpc, d);
}

static void
watch_page(void *ctx, const struct zt_page *p)
{
	struct lane *l = ctx;

	agent_log("the page of a device's server is not as it should be");
	rpc_page_alarm(l->rpc, p);
}

static bool
watch_stops(void *ctx)
{
	struct lane *l = ctx;
	bool ends;

	(void)pthread_mutex_lock(&l->lock);
	ends = l->ends;
	(void)pthread_mutex_unlock(&l->lock);
	return ends;
}

/* The label of a device, which takes a call to learn. */
struct label {
	struct device *device;
	char text[sizeof((struct device *)0)->label];
};

static void
take_label(void *ctx, const struct zt_device *d)
{
	struct label *is = ctx;

	if (d->is_me)
		(void)snprintf(is->text, sizeof is->text, "%s", d->label);
}

static void
set_label(void *ctx)
{
	struct label *is = ctx;

	memcpy(is->device->label, is->text, sizeof is->text);
	host_changed(is->device->a);
}

static void
learn_label(struct lane *l)
{
	struct label is = { .device = l->device };

	if (l->device->label[0] == 0 && zt_devices(l->z, take_label, &is) == ZT_OK &&
	    is.text[0] != 0)
		agent_do(l->a, set_label, &is);
}

/* Waits for SECONDS, or until the lane ends. */
static void
pause_watch(struct lane *l, unsigned seconds)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds;
	(void)pthread_mutex_lock(&l->lock);
	while (!l->ends && pthread_cond_timedwait(&l->comes, &l->lock, &until) != ETIMEDOUT)
		;
	(void)pthread_mutex_unlock(&l->lock);
}

/* While it watches, the state folder is free for other processes between calls (zt/sync.h). */
static void *
run_watch(void *arg)
{
	struct lane *l = arg;
	struct zt_watch w = { .ctx = l,
		.ready = watch_ready,
		.event = watch_event,
		.new_device = watch_new_device,
		.stop = watch_stops };
	struct zt_page_watch page = {
		.ctx = l, .every_ms = l->a->page_check_ms, .alarm = watch_page
	};
	enum zt_err err = open_handle(l), why;
	unsigned pause = 1;
	uint64_t began;

	if (err == ZT_OK) {
		zt_watch_page(l->z, &page);
		learn_label(l);
	}
	/* Without a server it ends before it has begun, and its tries delay other calls. */
	while (err == ZT_OK && !watch_stops(l)) {
		began = agent_now_ms();
		if ((why = zt_watch(l->z, &w)) == ZT_OK || watch_stops(l))
			continue;
		if (agent_now_ms() - began > PAUSE_MAX_S * 1000)
			pause = 1; /* it had begun */
		agent_log(
		    "the watch of a device ended: %s; again in %u s", zt_err_name(why), pause);
		pause_watch(l, pause);
		pause = pause < PAUSE_MAX_S ? 2 * pause : PAUSE_MAX_S;
	}
	rpc_lane_use(l->rpc, NULL);
	zt_close(l->z);
	agent_post(l->a, &l->ended);
	return NULL;
}

/* Threads leave signals to the loop. */
static bool
start_thread(struct lane *l, void *(*run)(void *))
{
	sigset_t all, before;
	bool is_started;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	is_started = pthread_create(&l->thread, NULL, run, l) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return is_started;
}

struct lane *
lane_begin(struct agent *a, struct device *d, enum lane_use use)
{
	struct lane *l = lane_of_loop(a);

	if (l == NULL)
		return NULL;
	l->device = d;
	l->is_once = use == LANE_ONCE;
	if (!start_thread(l, use == LANE_WATCH ? run_watch : run_lane)) {
		lane_free(l);
		return NULL;
	}
	return l;
}

void
lane_give(struct lane *l, struct request *r)
{
	r->done.deliver = deliver_answer;
	(void)pthread_mutex_lock(&l->lock);
	TAILQ_INSERT_TAIL(&l->queue, r, of_lane);
	l->ends |= l->is_once;
	(void)pthread_cond_signal(&l->comes);
	(void)pthread_mutex_unlock(&l->lock);
}

void
lane_end(struct lane *l)
{
	zt_cancel(&l->cancel);
	(void)pthread_mutex_lock(&l->lock);
	l->ends = true;
	(void)pthread_cond_signal(&l->comes);
	(void)pthread_mutex_unlock(&l->lock);
}
