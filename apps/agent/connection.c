/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "agent/connection.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

#include "agent/device.h"
#include "agent/host.h"
#include "agent/lane.h"

enum { CHUNK = 128 * 1024, FIRST_ROOM = 4096 };
#define MESSAGE_MAX (4 + RPC_REQUEST_MAX + RPC_CONTENT_MAX)

struct out *
out_new(const char *json, size_t n, const void *content, size_t content_n)
{
	size_t head = content != NULL ? 4 : 0, whole = head + n + content_n;
	struct out *o = malloc(sizeof *o + LWS_PRE + whole);
	uint8_t *at;

	if (o == NULL)
		return NULL;
	*o = (struct out){ .n = whole, .is_binary = content != NULL };
	at = o->bytes + LWS_PRE;
	for (size_t i = 0; i < head; i++)
		*at++ = (uint8_t)(n >> 8 * i);
	memcpy(at, json, n);
	if (content_n > 0)
		memcpy(at + n, content, content_n);
	return o;
}

struct connection *
connection_open(struct agent *a, struct lws *wsi)
{
	struct connection *c, *other;
	unsigned count = 0;
	bool is_near = lws_get_vhost(wsi) == a->near;

	LIST_FOREACH(other, &a->connections, link)
	count += other->is_near == is_near;
	if (a->is_ending || count >= CONNECTIONS_MAX || (c = calloc(1, sizeof *c)) == NULL)
		return NULL;
	c->a = a;
	c->wsi = wsi;
	c->is_near = is_near;
	STAILQ_INIT(&c->out);
	LIST_INSERT_HEAD(&a->connections, c, link);
	return c;
}

/* ---- out ---- */

/* Reads, or not, by what is under way. */
static void
flow(struct connection *c)
{
	bool is_stopped = c->pending > CONNECTION_PENDING || c->giving >= CONNECTION_GIVING;

	if (is_stopped == c->is_stopped)
		return;
	c->is_stopped = is_stopped;
	(void)lws_rx_flow_control(c->wsi, !is_stopped);
}

void
connection_send(struct connection *c, struct out *o)
{
	if (c == NULL || o == NULL) {
		free(o);
		return;
	}
	STAILQ_INSERT_TAIL(&c->out, o, link);
	c->pending += o->n;
	flow(c);
	(void)lws_callback_on_writable(c->wsi);
}

void
connection_tell_all(struct agent *a, const char *json, size_t n)
{
	struct connection *c;

	LIST_FOREACH(c, &a->connections, link)
	if (c->pending < CONNECTION_EVENTS)
		connection_send(c, out_new(json, n, NULL, 0));
}

int
connection_writable(struct connection *c)
{
	struct out *o = STAILQ_FIRST(&c->out);
	size_t n;
	int flags;

	if (o == NULL)
		return 0;
	n = o->n - o->at < CHUNK ? o->n - o->at : CHUNK;
	flags = lws_write_ws_flags(
	    o->is_binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT, o->at == 0, o->at + n == o->n);
	if (lws_write(c->wsi, o->bytes + LWS_PRE + o->at, n, (enum lws_write_protocol)flags) <
	    (int)n)
		return -1;
	o->at += n;
	c->pending -= n;
	if (o->at == o->n) {
		STAILQ_REMOVE_HEAD(&c->out, link);
		free(o);
	}
	flow(c);
	if (!STAILQ_EMPTY(&c->out))
		(void)lws_callback_on_writable(c->wsi);
	return 0;
}

/* ---- requests ---- */

void
connection_answer(struct request *r, struct out *o)
{
	struct connection *c = r->connection;

	if (c != NULL)
		LIST_REMOVE(r, of_connection);
	if (r->flow != NULL) {
		free(o);
		r->answered(r->flow, r);
	} else if (c != NULL) {
		c->waiting[r->lane]--;
		c->giving -= request_gives(r);
		if (o ==
		    NULL) /* there was no memory: the page learns that its answer is lost */
			lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
		connection_send(c, o);
		flow(c);
	} else {
		free(o);
	}
	if (r->device != NULL) {
		r->device->running--;
		device_used(r->device);
	}
	request_free(r);
}

/* Runs R at once, by the loop: what waits for nothing, and every refusal of rpc_run. */
static void
run_here(struct connection *c, struct request *r)
{
	struct out *o;

	lane_run(c->a->here, r);
	o = r->out;
	r->out = NULL;
	connection_answer(r, o);
}

/* What is no request, or nobody's: rpc_run says what is wrong with it. */
static void
refuse_text(struct connection *c, const struct message_parts *m)
{
	struct rpc_answer answer = { .json = NULL };

	if (rpc_run(c->a->here->rpc, m->json, m->json_n, NULL, 0, &answer) == ZT_OK)
		connection_send(c, out_new(answer.json, answer.n, NULL, 0));
	rpc_answer_free(&answer);
}

static void
take_request(struct connection *c, struct request *r)
{
	struct device *d = NULL;

	r->connection = c;
	LIST_INSERT_HEAD(&c->requests, r, of_connection);
	r->lane = r->head.row != NULL ? r->head.row->lane : RPC_HOST;
	c->waiting[r->lane]++;
	c->giving += request_gives(r);
	flow(c);
	if (c->waiting[r->lane] > CONNECTION_WAITING)
		connection_answer(r, request_refusal(r, ZT_ERR_RATE));
	else if (r->head.row != NULL && host_waits(r->head.row))
		host_take(c->a, r);
	else if (r->lane != RPC_HOST && (d = device_find(c->a, r->head.device)) != NULL &&
		 d->state == DEVICE_OPEN)
		device_take(d, r);
	else
		run_here(c, r); /* refuses what needs a device */
}

void
connection_begin(struct connection *c, struct request *r)
{
	struct device *d = device_find(c->a, r->head.device);

	r->connection = c;
	r->lane = RPC_STREAM;
	LIST_INSERT_HEAD(&c->requests, r, of_connection);
	if (d != NULL && d->state == DEVICE_OPEN)
		device_take(d, r);
	else
		connection_answer(r, NULL);
}

void
connection_cancel(struct connection *c, const struct flow *f)
{
	struct request *r;

	LIST_FOREACH(r, &c->requests, of_connection)
	if (r->flow == f)
		request_cancel(r);
}

/* The request of C with the id of a cancel or reply; NULL: none runs. */
static struct request *
find_request(struct connection *c, uint64_t id)
{
	struct request *r;

	LIST_FOREACH(r, &c->requests, of_connection)
	if (r->head.id == id && r->flow == NULL)
		return r;
	return NULL;
}

/* Judges the message that came whole. Takes BYTES. */
static int
take_message(struct connection *c, uint8_t *bytes, size_t n)
{
	struct message_parts m = { .json = (const char *)bytes, .json_n = n };
	struct rpc_message head = { .kind = RPC_OTHER };
	struct request *r = NULL;
	bool is_message = !c->in_is_binary || message_split(bytes, n, &m);

	if (is_message)
		rpc_look(m.json, m.json_n, &head);
	if (is_message && head.kind == RPC_REQUEST) {
		if ((r = request_new(&head, bytes, n, &m)) == NULL)
			return -1; /* the page learns that its answer is lost */
		take_request(c, r);
		return 0;
	}
	if (is_message && head.kind == RPC_OTHER)
		refuse_text(c, &m);
	else if (is_message && (r = find_request(c, head.id)) != NULL) {
		if (head.kind == RPC_CANCEL)
			request_cancel(r);
		else
			request_reply(r, head.ask, m.json, m.json_n);
	}
	explicit_bzero(bytes, n);
	free(bytes);
	return is_message ? 0 : -1; /* where its parts begin is not known, nor whose it is */
}

/* ---- in ---- */

/* Room for N more bytes. No copy of what came, a password perhaps, stays behind. */
static bool
make_room(struct connection *c, size_t n)
{
	size_t room = c->in_room > 0 ? c->in_room : FIRST_ROOM;
	uint8_t *more;

	if (n > MESSAGE_MAX - c->in_n)
		return false;
	while (room - c->in_n < n)
		room *= 2;
	if (room == c->in_room)
		return true;
	if ((more = malloc(room)) == NULL)
		return false;
	if (c->in != NULL) {
		memcpy(more, c->in, c->in_n);
		explicit_bzero(c->in, c->in_n);
		free(c->in);
	}
	c->in = more;
	c->in_room = room;
	return true;
}

int
connection_receive(struct connection *c, void *part, size_t n)
{
	uint8_t *whole;
	size_t whole_n;

	if (c->in_n == 0)
		c->in_is_binary = lws_frame_is_binary(c->wsi) != 0;
	if (!make_room(c, n + 1)) { /* one, so that an empty message has room */
		lws_close_reason(c->wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
		return -1;
	}
	if (n > 0) {
		memcpy(c->in + c->in_n, part, n);
		explicit_bzero(part, n);
	}
	c->in_n += n;
	if (!lws_is_final_fragment(c->wsi) || lws_remaining_packet_payload(c->wsi) > 0)
		return 0;
	whole = c->in;
	whole_n = c->in_n;
	c->in = NULL;
	c->in_n = c->in_room = 0;
	return take_message(c, whole, whole_n);
}

void
connection_gone(struct connection *c)
{
	struct request *r;
	struct lane *l;
	struct out *o;

	if (c == NULL)
		return;
	LIST_REMOVE(c, link);
	c->a->http->forget(c);
	while ((r = LIST_FIRST(&c->requests)) != NULL) {
		LIST_REMOVE(r, of_connection);
		r->connection = NULL;
		request_cancel(r);
	}
	while ((l = LIST_FIRST(&c->streams)) != NULL) {
		LIST_REMOVE(l, link);
		l->connection = NULL;
		l->device->streams--;
		lane_end(l);
	}
	while ((o = STAILQ_FIRST(&c->out)) != NULL) {
		STAILQ_REMOVE_HEAD(&c->out, link);
		free(o);
	}
	if (c->in != NULL)
		explicit_bzero(c->in, c->in_n);
	free(c->in);
	free(c);
}
