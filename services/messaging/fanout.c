/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* fanout.c - every service's events to the connected devices that they concern.
 *
 * A gateway opens a listener with the device's own signed request, which is verified like any
 * other, and receives a socket number; messaging sends events to gateways with the numbers of
 * the sockets to write to. Each event of a workspace is checked against its roles. */
#include <stdlib.h>

#include "base/vec.h"
#include "bus/peer.h"
#include "bus/thread.h"
#include "crypto/suite.h"
#include "format/event.h"
#include "format/limits.h"
#include "format/pb.h"
#include "messaging/messaging.h"
#include "proto/auth.pb-c.h"

enum {
	LISTENERS_MAX = 200000,
	NEWS_MAX = 32, /* of one organization in one question */
	ASK_MS = 5000,
	AGAIN_MS = 250
};

static void
forget(struct messaging *m, uint64_t socket)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->listeners[i].socket == socket) {
			m->listeners[i] = m->listeners[--m->count];
			break;
		}
}

/* Checks again after listing: a device revoked between its request's check and its listing was
 * missed when the revocation closed the listed sockets. */
static enum zt_err
check_again(struct messaging *m, const struct listener *l)
{
	static const struct id none;
	struct decision d;
	enum zt_err err =
	    policy_decide(service_policy(m->service), &l->org, &l->device, &none, false, &d);

	if (err == ZT_OK && (!d.live || d.frozen))
		err = ZT_ERR_REVOKED;
	if (err) {
		(void)pthread_mutex_lock(&m->lock);
		forget(m, l->socket);
		(void)pthread_mutex_unlock(&m->lock);
	}
	return err;
}

/* EVENTS: a device listens. The answer is its socket's number. */
enum zt_err
fanout_open(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct messaging *m = state;
	struct listener l = {
		.org = rq->params.org, .device = rq->device, .since_ms = rq->now_ms
	};
	uint8_t number[8];
	enum zt_err err = ZT_ERR_RATE;

	(void)pthread_mutex_lock(&m->lock);
	if (m->count < LISTENERS_MAX)
		err = vec_room(&m->listeners, m->count, &m->cap, sizeof l);
	if (err == ZT_OK) {
		l.socket = ++m->next_socket;
		m->listeners[m->count++] = l;
	}
	(void)pthread_mutex_unlock(&m->lock);
	if (err || (err = check_again(m, &l)))
		return err;
	wire_store_u64(number, l.socket);
	rpc_answer_add(out, bytes_of(number, sizeof number));
	return ZT_OK;
}

/* The question "/closed": a gateway lost these sockets. */
enum zt_err
fanout_close(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct messaging *m = state;
	struct wire_reader r = wire_read(rq->body);

	(void)out;
	(void)pthread_mutex_lock(&m->lock);
	while (!r.bad && r.left > 0)
		forget(m, wire_u64(&r));
	(void)pthread_mutex_unlock(&m->lock);
	return wire_end(&r) ? ZT_ERR_CORRUPT : ZT_OK;
}

/* ---- what waits to be sent ---- */

static struct waiting *
waiting_of(struct messaging *m, const struct id *org)
{
	struct waiting *w = idmap_get(&m->waiting, org);

	if (w != NULL)
		return w;
	if ((w = calloc(1, sizeof *w)) == NULL || idmap_put(&m->waiting, org, w)) {
		free(w);
		return NULL;
	}
	w->org = *org;
	STAILQ_INSERT_TAIL(&m->queue, w, link);
	return w;
}

static struct news *
find_news(const struct waiting *w, const struct news *t)
{
	for (size_t i = 0; i < w->count; i++)
		if (id_equal(&w->news[i].topic, &t->topic) &&
		    strcmp(w->news[i].kind, t->kind) == 0)
			return &w->news[i];
	return NULL;
}

/* Queues T for the listeners of ORG; M is locked. Drops T when the queue is full: clients
 * fetch everything new after the next event. */
static void
wait_to_tell(struct messaging *m, const struct id *org, const struct news *t)
{
	struct waiting *w = waiting_of(m, org);
	struct news *same = w != NULL ? find_news(w, t) : NULL;

	if (same != NULL)
		*same = *t;
	else if (w != NULL && w->count < NEWS_MAX &&
		 vec_room(&w->news, w->count, &w->cap, sizeof *w->news) == ZT_OK)
		w->news[w->count++] = *t;
	(void)pthread_cond_broadcast(&m->more);
}

static bool
has_listeners(const struct messaging *m, const struct id *org)
{
	for (size_t i = 0; i < m->count; i++)
		if (id_equal(&m->listeners[i].org, org))
			return true;
	return false;
}

void
fanout_event(void *state, const Zt__Event *e)
{
	struct messaging *m = state;
	struct news t = { .position = e->position };
	struct id org;

	if (pb_id(e->org, &org) || pb_id(e->topic, &t.topic) || e->n_sockets > 0 ||
	    strlen(e->kind) >= sizeof t.kind)
		return;
	memcpy(t.kind, e->kind, strlen(e->kind) + 1);
	(void)pthread_mutex_lock(&m->lock);
	if (has_listeners(m, &org))
		wait_to_tell(m, &org, &t);
	(void)pthread_mutex_unlock(&m->lock);
}

void
fanout_lost(void *state, enum route_service from)
{
	struct messaging *m = state;

	if (from != SERVICE_AUTH)
		return;
	(void)pthread_mutex_lock(&m->lock);
	for (size_t i = 0; i < m->count; i++) {
		struct news t = { .topic = m->listeners[i].org, .kind = "log" };

		if (idmap_get(&m->waiting, &t.topic) == NULL)
			wait_to_tell(m, &m->listeners[i].org, &t);
	}
	(void)pthread_mutex_unlock(&m->lock);
}

/* ---- one organization at a time ---- */

static bool
is_asked(const struct messaging *m, const struct id *org)
{
	for (size_t i = 0; i < MESSAGING_THREADS; i++)
		if (id_equal(&m->asked[i], org))
			return true;
	return false;
}

/* Takes out the first organization of which nobody is asking; NULL: none. M is locked. */
static struct waiting *
take_waiting(struct messaging *m)
{
	struct waiting *w;

	STAILQ_FOREACH(w, &m->queue, link)
	{
		if (is_asked(m, &w->org))
			continue;
		STAILQ_REMOVE(&m->queue, w, waiting, link);
		(void)idmap_remove(&m->waiting, &w->org);
		return w;
	}
	return NULL;
}

static void
waiting_free(void *p)
{
	struct waiting *w = p;

	if (w != NULL)
		free(w->news);
	free(w);
}

/* A copy of the listeners of ORG, so that no lock is held while auth is asked. */
static struct listener *
listeners_of(struct messaging *m, const struct id *org, size_t *count)
{
	struct listener *copy;
	size_t n = 0;

	(void)pthread_mutex_lock(&m->lock);
	if ((copy = malloc((m->count + 1) * sizeof *copy)) != NULL)
		for (size_t i = 0; i < m->count; i++)
			if (id_equal(&m->listeners[i].org, org))
				copy[n++] = m->listeners[i];
	(void)pthread_mutex_unlock(&m->lock);
	*count = n;
	return copy;
}

static void
send_to(struct messaging *m, const struct id *org, const struct news *t, uint64_t *sockets,
    size_t count, bool is_close)
{
	Zt__Event out = ZT__EVENT__INIT;

	if (count == 0)
		return;
	out.org = pb_field(org->b, ID_BYTES);
	out.topic = pb_field(t->topic.b, ID_BYTES);
	out.kind = (char *)(uintptr_t)t->kind;
	out.position = t->position;
	out.sockets = sockets;
	out.n_sockets = count;
	out.close = is_close;
	service_publish_event(m->service, &out);
}

/* What each of COUNT listeners may hear of each of W's topics, from auth in one question: for
 * each topic one byte a listener. */
static enum zt_err
ask_who_hears(struct messaging *m, const struct waiting *w, const struct listener *to,
    size_t count, uint8_t *may)
{
	Zt__HearAsk ask = ZT__HEAR_ASK__INIT;
	Zt__HearAnswer *got = NULL;
	struct buf ids = buf_init(LISTENERS_MAX * ID_BYTES),
		   topics = buf_init(NEWS_MAX * ID_BYTES),
		   body = buf_init((LISTENERS_MAX + NEWS_MAX) * ID_BYTES + 256),
		   answer = buf_init(LIMIT_PAGE);
	enum zt_err err;

	for (size_t i = 0; i < count; i++)
		buf_add(&ids, bytes_of(to[i].device.b, ID_BYTES));
	for (size_t k = 0; k < w->count; k++)
		buf_add(&topics, bytes_of(w->news[k].topic.b, ID_BYTES));
	ask.org = pb_field(w->org.b, ID_BYTES);
	ask.workspaces = pb_field(topics.p, topics.n);
	ask.devices = pb_field(ids.p, ids.n);
	if ((err = buf_err(&ids)) == ZT_OK && (err = buf_err(&topics)) == ZT_OK &&
	    (err = pb_encode(&ask, &body)) == ZT_OK &&
	    (err = peer_call(service_auth(m->service), "/hear", buf_bytes(&body), ASK_MS,
		 &answer)) == ZT_OK &&
	    (err = pb_decode(
		 &zt__hear_answer__descriptor, buf_bytes(&answer), answer.n, &got)) == ZT_OK)
		err = pb_exact(got->may, may, count * w->count);
	pb_free(got);
	buf_free(&ids);
	buf_free(&topics);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

/* Closes the sockets of those who may hear nothing any more (R2), then tells the others what
 * concerns them. Errors: those of the question. */
static enum zt_err
tell(struct messaging *m, const struct waiting *w)
{
	size_t count, n = 0;
	struct listener *to = listeners_of(m, &w->org, &count);
	uint64_t *sockets = calloc(count + 1, sizeof *sockets);
	uint8_t *may = calloc(count * w->count + 1, 1);
	enum zt_err err = ZT_ERR_MEMORY;

	if (to == NULL || sockets == NULL || may == NULL)
		goto out;
	if (count == 0)
		err = ZT_OK;
	if (count == 0 || (err = ask_who_hears(m, w, to, count, may)))
		goto out;
	for (size_t i = 0; i < count; i++)
		if (may[i] == 0)
			sockets[n++] = to[i].socket;
	send_to(m, &w->org, &w->news[0], sockets, n, true);
	for (size_t k = 0; k < w->count; k++) {
		bool is_log = event_kind_of(w->news[k].kind) == EVENT_LOG;

		n = 0;
		for (size_t i = 0; i < count; i++)
			if (may[k * count + i] == 2 || (may[k * count + i] == 1 && is_log))
				sockets[n++] = to[i].socket;
		send_to(m, &w->org, &w->news[k], sockets, n, false);
	}
out:
	free(to);
	free(sockets);
	free(may);
	return err;
}

/* Auth did not answer: nobody hears anything until it does, and it is asked again in a moment.
 * M is locked. */
static void
wait_again(struct messaging *m, const struct waiting *w)
{
	struct timespec at;

	for (size_t k = 0; k < w->count; k++) {
		const struct waiting *newer = idmap_get(&m->waiting, &w->org);

		if (newer == NULL || find_news(newer, &w->news[k]) == NULL)
			wait_to_tell(m, &w->org, &w->news[k]);
	}
	at = thread_in_ms(AGAIN_MS);
	while (!m->is_ending && thread_wait(&m->more, &m->lock, &at))
		;
}

static void *
work(void *arg)
{
	struct messaging *m = arg;
	struct waiting *w;
	struct id *mine;
	enum zt_err err;

	(void)pthread_mutex_lock(&m->lock);
	mine = &m->asked[m->started++];
	while (!m->is_ending) {
		if ((w = take_waiting(m)) == NULL) {
			(void)pthread_cond_wait(&m->more, &m->lock);
			continue;
		}
		*mine = w->org;
		(void)pthread_mutex_unlock(&m->lock);
		err = tell(m, w);
		(void)pthread_mutex_lock(&m->lock);
		if (err)
			wait_again(m, w);
		*mine = (struct id){ { 0 } };
		waiting_free(w);
		(void)pthread_cond_broadcast(&m->more); /* more of it may wait by now */
	}
	(void)pthread_mutex_unlock(&m->lock);
	return NULL;
}

enum zt_err
fanout_start(struct messaging *m)
{
	STAILQ_INIT(&m->queue);
	thread_cond_init(&m->more);
	for (; m->thread_count < MESSAGING_THREADS; m->thread_count++)
		if (!thread_begin(&m->threads[m->thread_count], work, m))
			return ZT_ERR_MEMORY;
	return ZT_OK;
}

void
fanout_stop(struct messaging *m)
{
	(void)pthread_mutex_lock(&m->lock);
	m->is_ending = true;
	(void)pthread_cond_broadcast(&m->more);
	(void)pthread_mutex_unlock(&m->lock);
	for (size_t i = 0; i < m->thread_count; i++)
		(void)pthread_join(m->threads[i], NULL);
	idmap_free(&m->waiting, waiting_free);
	(void)pthread_cond_destroy(&m->more);
}
