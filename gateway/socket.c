/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/socket.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "bus/clock.h"
#include "bus/rpc.h"
#include "format/event.h"
#include "format/limits.h"
#include "format/pb.h"
#include "frame/verify.h"
#include "gateway/caller.h"
#include "gateway/connection.h"
#include "gateway/head.h"
#include "gateway/proof.h"

/* Within FIRST_MS after the handshake its first message comes. */
enum { WAITING_MAX = 64, FIRST_MS = 5000 };

struct frame {
	STAILQ_ENTRY(frame) link;
	size_t n;
	uint8_t bytes[]; /* LWS_PRE of room, then N */
};

/* Of the request that opened a socket, until its first message has signed it. */
struct first {
	struct head_texts texts;
	Zt__Call call;
	struct route_params params;
	size_t n;
	char text[EVENT_FIRST_MAX + 1];
};

struct socket {
	struct upstream_call call; /* first: a call is its socket */
	LIST_ENTRY(socket) link;   /* of those with the same end of their numbers */
	struct gateway *g;
	struct lws *wsi;
	struct caller caller;
	struct first *first; /* NULL: it came */
	struct proof *proof;
	struct account *device; /* when it counts among this device's sockets */
	uint64_t number;        /* messaging's; 0 until it answered */
	bool asking, refused;
	struct due
	    due; /* its refusal, while that is held back, or an answer or message awaited */
	enum zt_err err; /* why it was refused, in words */
	const char *reason;
	STAILQ_HEAD(, frame) frames;
	unsigned waiting;
};

struct sockets {
	size_t mask;
	struct socket_list by_number[];
};

enum zt_err
sockets_new(size_t max, struct sockets **out)
{
	struct sockets *s;
	size_t n = 1024;

	while (n < max)
		n *= 2;
	if ((s = calloc(1, sizeof *s + n * sizeof s->by_number[0])) == NULL)
		return ZT_ERR_MEMORY;
	s->mask = n - 1;
	*out = s;
	return ZT_OK;
}

void
sockets_free(struct sockets *s)
{
	free(s);
}

/* Numbers count up: their ends are spread evenly. */
static struct socket_list *
list_of(struct gateway *g, uint64_t number)
{
	return &g->sockets->by_number[number & g->sockets->mask];
}

static struct socket *
find(struct gateway *g, uint64_t number)
{
	struct socket *s;

	LIST_FOREACH(s, list_of(g, number), link)
	if (s->number == number)
		return s;
	return NULL;
}

static void
release(struct socket *s)
{
	for (struct frame *f; (f = STAILQ_FIRST(&s->frames)) != NULL; free(f))
		STAILQ_REMOVE_HEAD(&s->frames, link);
	if (s->call.msg != NULL)
		nng_msg_free(s->call.msg); /* messaging was never asked */
	free(s->first);
	proof_leave(s->proof);
	caller_gone(&s->caller);
	free(s);
}

/* Now it is sent its refusal. */
static void
tell(struct due *d, uint64_t now_ms)
{
	struct socket *s = DUE_OF(d, struct socket, due);

	(void)now_ms;
	(void)lws_rx_flow_control(s->wsi, 1);
	(void)lws_callback_on_writable(s->wsi);
}

/* Closes the socket with a sentence for the user; later if its address exceeded its limits, so
 * that repeated attempts wait. */
static void
refuse(struct socket *s, enum zt_err err, const char *reason)
{
	uint64_t waits_ms;

	s->refused = true;
	s->err = err;
	s->reason = reason;
	waits_ms = caller_refusal_waits(&s->caller, s->wsi);
	if (waits_ms == 0) {
		due_cancel(&s->due);
		(void)lws_callback_on_writable(s->wsi);
		return;
	}
	/* What is received later and is no frame would end the socket at once. */
	(void)lws_rx_flow_control(s->wsi, 0);
	due_set(&s->g->due, &s->due, clock_ms() + waits_ms, tell);
}

static void
too_late(struct due *d, uint64_t now_ms)
{
	struct socket *s = DUE_OF(d, struct socket, due);

	(void)now_ms;
	proof_leave(s->proof);
	s->proof = NULL;
	refuse(s, ZT_ERR_TIMEOUT, "");
}

static void
expect_answer(struct socket *s)
{
	due_set(&s->g->due, &s->due,
	    clock_ms() + upstream_max_ms(s->g->upstream[SERVICE_MESSAGING]), too_late);
}

static void
queue(struct socket *s, struct bytes bytes)
{
	struct frame *f;

	/* A device that does not read is cut off; it finds what it missed when it reconnects.
	 */
	if (s->waiting >= WAITING_MAX || (f = malloc(sizeof *f + LWS_PRE + bytes.n)) == NULL) {
		s->refused = true;
	} else {
		f->n = bytes.n;
		if (bytes.n > 0)
			memcpy(f->bytes + LWS_PRE, bytes.p, bytes.n);
		STAILQ_INSERT_TAIL(&s->frames, f, link);
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

	if (g->upstream[SERVICE_MESSAGING] == NULL || (c = calloc(1, sizeof *c)) == NULL)
		return; /* the first: the gateway is ending */
	call.method = (char *)(uintptr_t) "ASK";
	call.target = (char *)(uintptr_t) "/closed";
	wire_store_u64(body, number);
	c->batch = true;
	c->done = closed_done;
	if (rpc_new(1, &c->msg) == ZT_OK && rpc_add_call(c->msg, &call, sizeof body) == ZT_OK &&
	    nng_msg_append(c->msg, body, sizeof body) == 0)
		upstream_send(g->upstream[SERVICE_MESSAGING], c);
	else
		free(c);
}

/* Messaging took the socket: it is one of its device's, which may have a few. */
static enum zt_err
join(struct socket *s, uint64_t number)
{
	struct account *device = account_hold(s->g->accounts, s->caller.device);

	if (device == NULL)
		return ZT_ERR_MEMORY;
	if (device->sockets >= s->g->settings->sockets_per_device) {
		account_leave(device);
		return ZT_ERR_LIMIT;
	}
	device->sockets++;
	s->device = device;
	s->number = number;
	LIST_INSERT_HEAD(list_of(s->g, number), s, link);
	return ZT_OK;
}

static void
leave(struct socket *s)
{
	if (s->number == 0)
		return;
	tell_closed(s->g, s->number);
	LIST_REMOVE(s, link);
	s->number = 0;
	s->device->sockets--;
	account_leave(s->device);
	s->device = NULL;
}

/* The first frame is empty: you are listening. */
static void
listens(struct socket *s)
{
	due_cancel(&s->due);
	queue(s, bytes_of(NULL, 0));
}

/* Messaging verified the request, or refused it; or upstream did. */
static void
done(struct upstream_call *c, struct upstream_answer *a)
{
	struct socket *s = (struct socket *)c;
	struct wire_reader r = wire_read(a->body);
	uint64_t number = wire_u64(&r);
	enum zt_err err = a->err;

	s->asking = false;
	caller_count(s->g, &s->caller, s->wsi, a);
	if (err == ZT_OK && wire_end(&r))
		err = ZT_ERR_CORRUPT;
	if (err == ZT_OK && s->wsi != NULL && !s->refused)
		err = join(s, number);
	if (a->err == ZT_OK && s->number == 0)
		tell_closed(s->g, number);
	if (s->wsi == NULL)
		release(s);
	else if (s->refused)
		return; /* too late */
	else if (err == ZT_ERR_LIMIT)
		refuse(s, err, "this device has as many event sockets as one may have");
	else if (err)
		refuse(s, err, "");
	else
		listens(s);
}

static void
ask_messaging(struct socket *s)
{
	s->asking = true;
	expect_answer(s);
	upstream_send(s->g->upstream[SERVICE_MESSAGING], &s->call);
}

static void
proved(void *who, enum zt_err err, const struct id *user)
{
	struct socket *s = who;

	s->proof = NULL;
	if (err) {
		refuse(s, err, "");
		return;
	}
	caller_proved(s->g, &s->caller, s->wsi, user);
	ask_messaging(s);
}

/* Reads the head, as long as there is one. */
static enum zt_err
prepare(struct socket *s)
{
	enum route route;
	char path[512];
	enum zt_err err;

	if ((s->first = calloc(1, sizeof *s->first)) == NULL)
		return ZT_ERR_MEMORY;
	if (lws_hdr_copy(s->wsi, path, sizeof path, WSI_TOKEN_GET_URI) <= 0)
		return ZT_ERR_INVALID;
	if ((err = head_call(s->wsi, "GET", path, (int)s->g->settings->deadline_s,
		 &s->first->texts, &s->first->call)) ||
	    (err = route_match(
		 s->first->call.method, s->first->call.target, &route, &s->first->params)) ||
	    (err = caller_begin(s->g, s->wsi, &s->caller)))
		return err;
	return route == ROUTE_EVENTS ? ZT_OK : ZT_ERR_METHOD;
}

int
socket_handshake(struct gateway *g, struct lws *wsi, struct socket **slot)
{
	struct socket *s;

	if (g->is_draining || !connection_head_received(wsi) ||
	    (s = calloc(1, sizeof *s)) == NULL)
		return -1;
	s->g = g;
	s->wsi = wsi;
	STAILQ_INIT(&s->frames);
	s->call.batch = true;
	s->call.done = done;
	s->err = prepare(s); /* sent when there is a socket to send it on */
	if (s->caller.address == NULL) {
		release(s);
		return -1;
	}
	*slot = s;
	return 0;
}

/* Nobody signed. */
static void
no_first(struct due *d, uint64_t now_ms)
{
	struct socket *s = DUE_OF(d, struct socket, due);

	(void)now_ms;
	refuse(s, ZT_ERR_TIMEOUT, "");
}

int
socket_open(struct gateway *g, struct lws *wsi, struct socket **slot)
{
	struct socket *s = *slot;

	if (s == NULL)
		return -1;
	s->wsi = wsi;
	if (s->err)
		refuse(s, s->err, "");
	else
		due_set(&g->due, &s->due, clock_ms() + FIRST_MS, no_first);
	return 0;
}

/* The whole first message came: asks whether it is its device's. A caller whose address made
 * many calls that nobody signed is to prove theirs before messaging is asked. */
static enum zt_err
begin(struct socket *s, struct first *f)
{
	static const struct verify_window any = { NULL, 0 };
	const char *input, *signature, *reason;
	struct httpsig_params claim;
	struct id user;
	enum zt_err err;

	if (event_first_read(f->text, f->n, &input, &signature))
		return ZT_ERR_SIGNATURE;
	f->call.signature_input = (char *)(uintptr_t)input;
	f->call.signature = (char *)(uintptr_t)signature;
	if ((err = caller_identify(s->g, &s->caller, input, &claim)) ||
	    (err = rpc_new(1, &s->call.msg)) || (err = rpc_add_call(s->call.msg, &f->call, 0)))
		return err;
	if (s->caller.has_token) {
		ask_messaging(s);
		return ZT_OK;
	}
	if ((err = verify_claims(&any, &f->call, route_row(ROUTE_EVENTS), &f->params, 0,
		 clock_wall_ms(), &claim, &reason)))
		return err;
	expect_answer(s);
	if ((err = proof_ask(s->g->proofs, &claim, s->caller.device, s->call.msg, proved, s,
		 &user, &s->proof)))
		return err;
	if (s->proof == NULL && !s->refused)
		proved(s, ZT_OK, &user);
	return ZT_OK;
}

/* A browser's socket cannot ping: it asks by an empty message whether the line lives. */
static int
beat(struct socket *s)
{
	if (s->number != 0 && STAILQ_EMPTY(&s->frames))
		queue(s, bytes_of(NULL, 0));
	return 0;
}

int
socket_received(struct socket *s, const void *p, size_t n, bool is_end)
{
	struct first *f = s != NULL ? s->first : NULL;
	enum zt_err err;

	if (s == NULL)
		return -1;
	if (s->refused)
		return 0; /* it is dropped */
	if (f == NULL)
		return n == 0 ? beat(s) : -1;
	if (n >= sizeof f->text - f->n) {
		refuse(s, ZT_ERR_TOO_BIG, "");
		return 0;
	}
	memcpy(f->text + f->n, p, n);
	f->n += n;
	if (!is_end)
		return 0;
	s->first = NULL;
	due_cancel(&s->due);
	if ((err = begin(s, f)))
		refuse(s, err, "");
	free(f);
	return 0;
}

static int
close_with_words(const struct socket *s)
{
	if (s->err)
		lws_close_reason(s->wsi, (enum lws_close_status)(SOCKET_REFUSED + (int)s->err),
		    (unsigned char *)(uintptr_t)s->reason, strlen(s->reason));
	return -1;
}

int
socket_writable(struct socket *s)
{
	struct frame *f = s != NULL ? STAILQ_FIRST(&s->frames) : NULL;

	if (s == NULL)
		return -1;
	if (s->due.is_set)
		return 0; /* nothing is sent yet */
	if (s->refused && f == NULL)
		return close_with_words(s);
	if (f == NULL)
		return 0;
	if (lws_write(s->wsi, f->bytes + LWS_PRE, f->n, LWS_WRITE_BINARY) < (int)f->n)
		return -1;
	STAILQ_REMOVE_HEAD(&s->frames, link);
	s->waiting--;
	free(f);
	if (!STAILQ_EMPTY(&s->frames) || s->refused)
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
	leave(s);
	due_cancel(&s->due);
	s->wsi = NULL;
	if (!s->asking)
		release(s);
}

void
socket_close_all(struct gateway *g)
{
	struct socket *s;

	for (size_t i = 0; i <= g->sockets->mask; i++)
		LIST_FOREACH(s, &g->sockets->by_number[i], link)
		{
			s->refused = true;
			(void)lws_callback_on_writable(s->wsi);
		}
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
		for (size_t i = 0; i < e->n_sockets; i++) {
			struct socket *s = find(g, e->sockets[i]);

			if (s == NULL)
				continue;
			s->refused |= e->close;
			queue(s, buf_bytes(&b));
		}
	buf_free(&b);
	pb_free(e);
}
