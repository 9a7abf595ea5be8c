#include "gateway/socket.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/rpc.h"
#include "format/limits.h"
#include "format/pb.h"
#include "gateway/exchange.h"

enum { MOST_WAITING = 64 };

struct frame {
	struct frame *next;
	size_t n;
	uint8_t bytes[]; /* LWS_PRE of room, then N */
};

struct socket {
	struct upstream_call call; /* first: a call is its socket */
	struct socket *next, **here;
	struct gateway *g;
	struct lws *wsi;
	uint64_t number; /* messaging's; 0 until it answered */
	bool asking, refused;
	struct frame *first, **last;
	unsigned waiting;
};

static void
release(struct socket *s)
{
	for (struct frame *f = s->first, *next; f != NULL; f = next) {
		next = f->next;
		free(f);
	}
	free(s);
}

static void
queue(struct socket *s, struct bytes bytes)
{
	struct frame *f;

	/* A device that does not read is cut off; it finds what it missed when it comes back.
	 */
	if (s->waiting >= MOST_WAITING || (f = malloc(sizeof *f + LWS_PRE + bytes.n)) == NULL) {
		s->refused = true;
	} else {
		f->next = NULL;
		f->n = bytes.n;
		if (bytes.n > 0)
			memcpy(f->bytes + LWS_PRE, bytes.p, bytes.n);
		*s->last = f;
		s->last = &f->next;
		s->waiting++;
	}
	(void)lws_callback_on_writable(s->wsi);
}

/* Tells messaging that NUMBER is gone. The call frees itself. */
static void
closed_done(struct upstream_call *c, struct upstream_answer *a)
{
	(void)a;
	free(c);
}

static void
tell_closed(struct gateway *g, uint64_t number)
{
	struct upstream_call *c;
	Zt__Call call = ZT__CALL__INIT;
	uint8_t body[8];

	if (g->upstream[SERVICE_messaging] == NULL || (c = calloc(1, sizeof *c)) == NULL)
		return; /* the first: the gateway is ending */
	call.method = (char *)(uintptr_t) "ASK";
	call.target = (char *)(uintptr_t) "/closed";
	wire_store_u64(body, number);
	c->batch = true;
	c->done = closed_done;
	if (rpc_new(1, &c->msg) == ZT_OK && rpc_add_call(c->msg, &call, sizeof body) == ZT_OK &&
	    nng_msg_append(c->msg, body, sizeof body) == 0)
		upstream_send(g->upstream[SERVICE_messaging], c);
	else
		free(c);
}

/* Messaging verified the request, or refused it. */
static void
done(struct upstream_call *c, struct upstream_answer *a)
{
	struct socket *s = (struct socket *)c;
	struct wire_reader r = wire_read(a->body);
	uint64_t number = wire_u64(&r);

	s->asking = false;
	if (s->wsi == NULL) {
		if (a->err == ZT_OK)
			tell_closed(s->g, number);
		release(s);
		return;
	}
	if (a->err || wire_end(&r)) {
		s->refused = true;
		(void)lws_callback_on_writable(s->wsi);
		return;
	}
	s->number = number;
	queue(s, bytes_of(NULL, 0)); /* an empty frame: you are listening */
}

int
socket_handshake(struct gateway *g, struct lws *wsi, struct socket **slot)
{
	struct socket *s = calloc(1, sizeof *s);
	struct exchange_head_texts t;
	char path[512];
	Zt__Call call;

	if (s == NULL)
		return -1;
	if (lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI) <= 0 ||
	    exchange_call(wsi, "GET", path, (int)g->settings->deadline_s, &t, &call) ||
	    rpc_new(1, &s->call.msg) || rpc_add_call(s->call.msg, &call, 0)) {
		free(s);
		return -1;
	}
	s->g = g;
	s->wsi = wsi;
	s->last = &s->first;
	s->call.batch = true;
	s->call.done = done;
	*slot = s;
	return 0;
}

int
socket_open(struct gateway *g, struct lws *wsi, struct socket **slot)
{
	struct socket *s = *slot;

	if (s == NULL)
		return -1;
	s->wsi = wsi;
	s->asking = true;
	s->next = g->sockets;
	s->here = &g->sockets;
	if (s->next != NULL)
		s->next->here = &s->next;
	g->sockets = s;
	upstream_send(g->upstream[SERVICE_messaging], &s->call);
	return 0;
}

int
socket_writable(struct socket *s)
{
	struct frame *f = s != NULL ? s->first : NULL;

	if (s == NULL || (s->refused && f == NULL))
		return -1;
	if (f == NULL)
		return 0;
	if (lws_write(s->wsi, f->bytes + LWS_PRE, f->n, LWS_WRITE_BINARY) < (int)f->n)
		return -1;
	if ((s->first = f->next) == NULL)
		s->last = &s->first;
	s->waiting--;
	free(f);
	if (s->first != NULL || s->refused)
		(void)lws_callback_on_writable(s->wsi);
	return 0;
}

void
socket_gone(struct socket **slot)
{
	struct socket *s = *slot;

	*slot = NULL;
	if (s == NULL)
		return;
	if (s->here != NULL) {
		*s->here = s->next;
		if (s->next != NULL)
			s->next->here = s->here;
	} else if (s->call.msg != NULL) { /* the handshake never ended */
		nng_msg_free(s->call.msg);
	}
	s->wsi = NULL;
	if (s->number != 0)
		tell_closed(s->g, s->number);
	if (!s->asking)
		release(s);
}

static bool
names(const Zt__Event *e, uint64_t number)
{
	for (size_t i = 0; i < e->n_sockets; i++)
		if (e->sockets[i] == number)
			return true;
	return false;
}

void
socket_event(struct gateway *g, struct bytes message)
{
	Zt__Event *e = NULL;
	Zt__Event plain;
	struct buf b = buf_init(4096);

	if (pb_decode(&zt__event__descriptor, message, 4 * 1024 * 1024, &e))
		return;
	plain = *e; /* the device sees what happened, not the other sockets */
	plain.n_sockets = 0;
	plain.close = false;
	if (pb_encode(&plain, &b) == ZT_OK)
		for (struct socket *s = g->sockets; s != NULL; s = s->next) {
			if (s->number == 0 || !names(e, s->number))
				continue;
			if (e->close)
				s->refused = true;
			queue(s, buf_bytes(&b));
		}
	buf_free(&b);
	pb_free(e);
}
