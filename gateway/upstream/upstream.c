/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* upstream.c - each line is an nng context with a call or a batch in flight. Lines for batches
 * are few, so that calls gather while those before them are under way: that is the batching,
 * and an idle service sees each call at once. Lines for single calls (bodies, calls that may
 * wait) are many. */
#include "upstream/upstream.h"

#include <libwebsockets.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "bus/clock.h"
#include "bus/ipc.h"
#include "bus/link.h"
#include "bus/pipes.h"
#include "bus/rpc.h"
#include "format/limits.h"

enum { BATCH_LINES = 4, SINGLE_LINES = 32, LINES = BATCH_LINES + SINGLE_LINES };
enum { LATE_MS = 5000 };

STAILQ_HEAD(queue, upstream_call);

struct line {
	struct mail mail; /* first, so that a mail is its line */
	struct upstream *u;
	nng_ctx ctx;
	nng_aio *aio;
	bool busy;
	atomic_bool receiving;
	int result;
	atomic_uint_fast64_t since_ms; /* sending, or RECEIVING */
	uint64_t at_ms; /* the deadline of the last of CALLS, for send and receive together */
	struct queue calls; /* in the order of the message */
};

struct upstream {
	nng_socket socket;
	struct pipes pipes;
	struct mailbox *inbox;
	struct lws_context *const *wake;
	nng_duration deadline;
	struct queue batch, single;
	struct line line[LINES];
};

static struct upstream_call *
pop(struct queue *q)
{
	struct upstream_call *c = STAILQ_FIRST(q);

	if (c != NULL)
		STAILQ_REMOVE_HEAD(q, link);
	return c;
}

static void
finish(struct upstream_call *c, enum zt_err err)
{
	struct upstream_answer a = { .err = err };

	c->done(c, &a);
}

/* One message of all CALLS of LINE. Several keep theirs, which may have to be sent again. */
static nng_msg *
message_of(struct line *l, uint32_t count)
{
	struct upstream_call *c = STAILQ_FIRST(&l->calls);
	nng_msg *m = c->msg;

	if (count == 1) {
		c->msg = NULL;
		return m;
	}
	if (rpc_new(count, &m))
		return NULL;
	STAILQ_FOREACH(c, &l->calls, link)
	if (nng_msg_append(m, (uint8_t *)nng_msg_body(c->msg) + 4, nng_msg_len(c->msg) - 4) !=
	    0) {
		nng_msg_free(m);
		return NULL;
	}
	return m;
}

static void
drop_message(struct upstream_call *c)
{
	if (c->msg != NULL)
		nng_msg_free(c->msg);
	c->msg = NULL;
}

static void
fail_line(struct line *l, enum zt_err err)
{
	struct queue calls = STAILQ_HEAD_INITIALIZER(calls);
	struct upstream_call *c;

	STAILQ_CONCAT(&calls, &l->calls);
	l->busy = false;
	while ((c = pop(&calls)) != NULL) {
		drop_message(c);
		finish(c, err);
	}
}

static void
set_deadline(struct line *l)
{
	uint64_t now = clock_ms();

	nng_aio_set_timeout(l->aio, l->at_ms > now ? (nng_duration)(l->at_ms - now) : 1);
}

/* Takes what waits in Q, up to MAX calls, and sends it on L. */
static void
start(struct line *l, struct queue *q, uint32_t max)
{
	uint32_t count = 0;
	size_t bytes = 0;
	nng_msg *m;

	while (count < max && !STAILQ_EMPTY(q) && bytes < 256 * 1024) {
		struct upstream_call *c = pop(q);

		bytes += nng_msg_len(c->msg);
		l->at_ms = c->at_ms;
		STAILQ_INSERT_TAIL(&l->calls, c, link);
		count++;
	}
	l->busy = true;
	l->receiving = false;
	l->since_ms = clock_ms();
	if ((m = message_of(l, count)) == NULL) {
		fail_line(l, ZT_ERR_MEMORY);
		return;
	}
	set_deadline(l);
	nng_aio_set_msg(l->aio, m);
	nng_ctx_send(l->ctx, l->aio);
}

/* All calls of a queue have as long: the first is the first to be overdue. */
static void
finish_overdue(struct queue *q)
{
	uint64_t now = clock_ms();
	struct upstream_call *c;

	while ((c = STAILQ_FIRST(q)) != NULL && c->at_ms <= now) {
		STAILQ_REMOVE_HEAD(q, link);
		drop_message(c);
		finish(c, ZT_ERR_UNAVAILABLE);
	}
}

static void
pump(struct upstream *u)
{
	for (size_t i = 0; i < LINES; i++) {
		struct queue *q = i < BATCH_LINES ? &u->batch : &u->single;

		finish_overdue(q); /* may send others, and call this again */
		if (!u->line[i].busy && !STAILQ_EMPTY(q))
			start(&u->line[i], q, i < BATCH_LINES ? LIMIT_BATCH : 1);
	}
}

/* Of what was passed on, nobody knows whether it was done: UNAVAILABLE says that it was not. */
static enum zt_err
err_of(int result, bool was_receiving)
{
	if (was_receiving)
		return ZT_ERR_TIMEOUT;
	return result == NNG_ENOMEM ? ZT_ERR_MEMORY : ZT_ERR_UNAVAILABLE;
}

/* Gives each call of the line its answer out of MSG, which it may keep when it was alone. */
static void
hand_out(struct line *l, nng_msg *msg)
{
	struct wire_reader r = wire_read(bytes_of(nng_msg_body(msg), nng_msg_len(msg)));
	struct queue calls = STAILQ_HEAD_INITIALIZER(calls);
	struct upstream_call *c = STAILQ_FIRST(&l->calls);
	bool is_alone = STAILQ_NEXT(c, link) == NULL;
	uint32_t answers = wire_u32(&r);

	STAILQ_CONCAT(&calls, &l->calls);
	l->busy = false;
	for (uint32_t i = 0; (i < answers || i == 0) && (c = pop(&calls)) != NULL; i++) {
		struct upstream_answer a = { .err = ZT_ERR_TIMEOUT };
		struct rpc_result one;

		drop_message(c);
		if (rpc_read_answer(&r, &one) == ZT_OK)
			a = (struct upstream_answer){ one.err, one.is_proved, one.user,
				one.detail, one.body, NULL };
		a.msg = is_alone ? msg : NULL;
		c->done(c, &a);
		if (is_alone && a.msg == NULL)
			msg = NULL; /* the receiver kept it */
	}
	/* Those that the service has not begun are the next. */
	STAILQ_CONCAT(&calls, &l->u->batch);
	STAILQ_CONCAT(&l->u->batch, &calls);
	if (msg != NULL)
		nng_msg_free(msg);
}

/* The loop's thread: the answer came, or none will. */
static void
deliver(struct mail *mail)
{
	struct line *l = (struct line *)mail;
	struct upstream *u = l->u;
	nng_msg *m = nng_aio_get_msg(l->aio); /* the answer, or what was not sent */

	nng_aio_set_msg(l->aio, NULL);
	if (l->result != 0) {
		if (m != NULL)
			nng_msg_free(m);
		if (l->result == NNG_ETIMEDOUT && l->receiving)
			pipes_drop_silent(&u->pipes, l->since_ms);
		fail_line(l, err_of(l->result, l->receiving));
	} else {
		pipes_heard(&u->pipes, NULL);
		hand_out(l, m);
	}
	pump(u);
}

/* Runs on an nng thread. Until the line is back at its loop, nobody else looks at it. */
static void
upstream_done(void *arg)
{
	struct line *l = arg;

	l->result = nng_aio_result(l->aio);
	if (l->result == 0 && !l->receiving) { /* it was sent */
		l->receiving = true;
		l->since_ms = clock_ms();
		set_deadline(l);
		nng_ctx_recv(l->ctx, l->aio);
		return;
	}
	if (mailbox_put(l->u->inbox, &l->mail) && *l->u->wake != NULL)
		lws_cancel_service(*l->u->wake); /* the only lws call of another thread */
}

/* Runs on an nng thread. */
static void
pipe_changed(void *ctx, bool is_new)
{
	(void)ctx;
	if (is_new)
		ipc_widen();
}

enum zt_err
upstream_open(const struct link *link, const char *url, struct mailbox *inbox,
    struct lws_context *const *wake, int deadline_s, struct upstream **out)
{
	struct upstream *u = calloc(1, sizeof *u);
	enum zt_err err = ZT_ERR_MEMORY;

	if (u == NULL)
		return ZT_ERR_MEMORY;
	u->inbox = inbox;
	u->wake = wake;
	u->deadline = deadline_s * 1000;
	STAILQ_INIT(&u->batch);
	STAILQ_INIT(&u->single);
	if (nng_req0_open(&u->socket) != 0) {
		free(u);
		return err;
	}
	(void)nng_socket_set_ms(u->socket, NNG_OPT_RECONNMINT, 20);
	(void)nng_socket_set_ms(u->socket, NNG_OPT_RECONNMAXT, 500);
	(void)nng_socket_set_size(u->socket, NNG_OPT_RECVMAXSZ, 0);
	pipes_watch(&u->pipes, u->socket, link, link_dial, pipe_changed, NULL);
	for (size_t i = 0; i < LINES; i++) {
		struct line *l = &u->line[i];

		l->u = u;
		STAILQ_INIT(&l->calls);
		l->mail.deliver = deliver;
		if (nng_ctx_open(&l->ctx, u->socket) != 0 ||
		    nng_aio_alloc(&l->aio, upstream_done, l) != 0)
			goto out;
	}
	err = ZT_ERR_CONFIG;
	if (pipes_dial(&u->pipes, url) != 0)
		goto out;
	*out = u;
	u = NULL;
	err = ZT_OK;
out:
	upstream_close(u);
	return err;
}

void
upstream_close(struct upstream *u)
{
	struct upstream_call *c;

	if (u == NULL)
		return;
	(void)nng_close(u->socket);
	for (size_t i = 0; i < LINES; i++)
		pipes_end_aio(u->line[i].aio); /* waits for its callback */
	for (size_t i = 0; i < LINES; i++)
		fail_line(&u->line[i], err_of(NNG_ECLOSED, u->line[i].receiving));
	while ((c = pop(&u->batch)) != NULL || (c = pop(&u->single)) != NULL) {
		drop_message(c);
		finish(c, ZT_ERR_UNAVAILABLE);
	}
	pipes_end(&u->pipes);
	free(u);
}

void
upstream_send(struct upstream *u, struct upstream_call *c)
{
	c->at_ms = clock_ms() + (uint64_t)u->deadline;
	STAILQ_INSERT_TAIL(c->batch ? &u->batch : &u->single, c, link);
	pump(u);
}

/* Whether nng has not sent L's message for so long that its connection takes nothing. */
static bool
is_stuck(const struct line *l, uint64_t now)
{
	return l->busy && !l->receiving && now > l->since_ms + PIPES_SILENT_MS;
}

void
upstream_tick(struct upstream *u)
{
	uint64_t now = clock_ms();

	if (u == NULL)
		return;
	for (size_t i = 0; i < LINES; i++)
		if (is_stuck(&u->line[i], now)) {
			pipes_drop_silent(&u->pipes, now - PIPES_SILENT_MS);
			break;
		}
	pipes_redial(&u->pipes);
}

uint64_t
upstream_max_ms(const struct upstream *u)
{
	return (uint64_t)u->deadline + LATE_MS;
}

bool
upstream_is_up(struct upstream *u)
{
	return pipes_count(&u->pipes) > 0;
}
