/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "bus/clock.h"
#include "bus/rpc.h"
#include "format/limits.h"
#include "format/pb.h"
#include "frame/verify.h"
#include "gateway/caller.h"
#include "gateway/connection.h"
#include "gateway/cors.h"
#include "gateway/head.h"
#include "gateway/pages.h"
#include "gateway/proof.h"
#include "site/site.h"

enum {
	CHUNK = 128 * 1024,
	SMALL = 2048,
	HEAD_BYTES = 4096, /* the page's headers are a thousand */
	/* Closed with bytes unread, a connection is reset, and its caller may lose the answer.
	 */
	LINGER_MS = 2000,
	LINGER_MAX = 1024 * 1024,
	/* With bytes behind a body: a few turns, to write a small answer in. */
	ENDS_MAX = 16,
	UNPROVED_BODY = 64 * 1024 /* that is carried before anybody has proved anything */
};

static const char *const unsigned_reason =
    N_("too many calls or bodies of this address that nobody has signed; wait a little");

enum state {
	PROVING, /* auth is asked for the caller's key; the body waits in the system */
	READING_BODY,
	WAITING,
	LATE, /* a refusal that is held back, so that a flood of calls waits for itself */
	ANSWERING_HEAD,
	ANSWERING_BODY,
	ANSWERED,
	LINGERING /* the answer went; what is unread of the body is dropped, then it ends */
};

struct exchange {
	struct upstream_call call; /* first: a call is its exchange */
	struct gateway *g;
	struct lws *wsi; /* NULL when the connection is gone */
	enum state state;

	struct caller caller;
	struct proof *proof;
	struct charge charge; /* for the body, then for the answer */

	LIST_ENTRY(exchange) link; /* while its connection is open */
	struct due due;            /* the end of the wait of its state */
	uint64_t waits_ms;         /* before its refusal is shown */
	uint64_t since_ms;         /* when its body, its answer or its lingering began */
	uint64_t chunk_ms;         /* when lws took the last chunk of its answer */
	uint64_t window_ms;        /* since when so much of its body was received: */
	size_t window_moved;
	bool is_stopped; /* nothing is read */
	unsigned ends;   /* how often lws said that its body came to its end */
	bool is_asking;  /* its call is upstream's: it stays until that is done */

	struct upstream *to;
	nng_msg *request; /* with its body as far as it came */
	size_t body, body_left;
	enum zt_err err;
	const char *type;
	nng_msg *kept;        /* the answer's message, whose memory is sent from */
	struct buf copied;    /* or a body of our own */
	struct bytes body_of; /* of the answer */
	size_t sent, lingered;
	const struct site_file *file; /* of the page */
	bool is_known;                /* the caller has it already */
	bool is_head;                 /* they ask for its head alone */
	bool is_call, is_question;    /* of a page of another origin: cors.h */
};

static void
release(struct exchange *x)
{
	proof_leave(x->proof);
	charge_drop(&x->charge);
	caller_gone(&x->caller);
	if (x->request != NULL)
		nng_msg_free(x->request);
	if (x->kept != NULL)
		nng_msg_free(x->kept);
	buf_free(&x->copied);
	free(x);
}

/* The exchange is timed by what is due, not by lws: see due.h. */
static void
own_time(struct exchange *x)
{
	if (!connection_is_ended(x->wsi))
		lws_set_timeout(x->wsi, NO_PENDING_TIMEOUT, 0);
}

/* Reads no more for now. At once, and once: where lws holds what came behind the head already,
 * it would wake in every turn. */
static void
stop_reading(struct exchange *x)
{
	if (!x->is_stopped)
		(void)lws_rx_flow_control(x->wsi, LWS_RXFLOW_REASON_APPLIES_DISABLE |
						      LWS_RXFLOW_REASON_USER_BOOL |
						      LWS_RXFLOW_REASON_FLAG_PROCESS_NOW);
	x->is_stopped = true;
}

static void
read_on(struct exchange *x)
{
	(void)lws_rx_flow_control(x->wsi, 1);
	x->is_stopped = false;
}

/* A body that came fast at first does not hold its memory for what it saved. */
static bool
stands_still(struct exchange *x, uint64_t now_ms)
{
	const struct gateway_settings *s = x->g->settings;
	size_t moved = x->body - x->body_left, since = moved - x->window_moved;

	if (now_ms - x->window_ms < (uint64_t)s->patience * 2000)
		return false;
	x->window_ms = now_ms;
	x->window_moved = moved;
	return since < (size_t)(s->patience * s->least_rate);
}

/* An answer is slow as a whole, or stops: the last chunk is lws's as well. */
static bool
is_too_slow(struct exchange *x, uint64_t now_ms)
{
	uint64_t passed = now_ms - x->since_ms;
	uint64_t patience = (uint64_t)x->g->settings->patience * 1000;
	uint64_t rate = (uint64_t)x->g->settings->least_rate;
	size_t moved = x->state == READING_BODY ? x->body - x->body_left : x->sent;

	if (x->state != READING_BODY &&
	    now_ms - x->chunk_ms > patience + CHUNK * (uint64_t)1000 / rate)
		return true;
	if (x->state == READING_BODY && stands_still(x, now_ms))
		return true;
	return passed > patience && moved < (passed - patience) * rate / 1000;
}

/* While bytes move. */
static void
look(struct due *d, uint64_t now_ms)
{
	struct exchange *x = DUE_OF(d, struct exchange, due);

	if (is_too_slow(x, now_ms)) {
		connection_end(x->wsi);
		return;
	}
	own_time(x); /* lws sets it again with each part of a body */
	due_set(&x->g->due, d, 0, look);
}

static void
move(struct exchange *x, enum state state)
{
	x->state = state;
	x->since_ms = x->chunk_ms = x->window_ms = clock_ms();
	due_set(&x->g->due, &x->due, 0, look);
}

/* While reading is paused lws does not write either. */
static void
show_now(struct due *d, uint64_t now_ms)
{
	struct exchange *x = DUE_OF(d, struct exchange, due);

	(void)now_ms;
	read_on(x);
	move(x, ANSWERING_HEAD);
	(void)lws_callback_on_writable(x->wsi);
}

/* Sends the answer, at once or after a refusal's delay. */
static void
show(struct exchange *x)
{
	own_time(x);
	if (x->waits_ms == 0) {
		show_now(&x->due, 0);
		return;
	}
	stop_reading(x);
	x->state = LATE;
	due_set(&x->g->due, &x->due, clock_ms() + x->waits_ms, show_now);
}

/* An answer of the gateway's own, or a copy of a service's. */
static void
answer_copy(struct exchange *x, enum zt_err err, const char *type, struct bytes body)
{
	x->err = err;
	x->type = type;
	buf_add(&x->copied, bytes_of("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", LWS_PRE));
	buf_add(&x->copied, body);
	if (buf_err(&x->copied) == ZT_OK)
		x->body_of = bytes_of(x->copied.p + LWS_PRE, body.n);
	show(x);
}

static void
answer_error(struct exchange *x, enum zt_err err, struct bytes detail)
{
	Zt__Answer m = ZT__ANSWER__INIT;
	struct buf b = buf_init(1024), text = buf_init(600);

	x->g->refused++;
	buf_add(&text, detail);
	m.error = (uint32_t)err;
	m.time = clock_wall_ms();
	m.detail = (char *)(uintptr_t)buf_text(&text);
	if (pb_encode(&m, &b) == ZT_OK)
		answer_copy(x, err, "application/x-zt-error", buf_bytes(&b));
	buf_free(&b);
	buf_free(&text);
}

/* A refusal of the gateway's own. What was not read of the body is not read any more: answer,
 * then close. */
static void
refuse(struct exchange *x, enum zt_err err, const char *reason)
{
	x->waits_ms = caller_refusal_waits(&x->caller, x->wsi);
	answer_error(x, err, bytes_text(reason));
}

/* A large answer is sent from the message itself, which stays until it was read. */
static void
answer_kept(struct exchange *x, struct upstream_answer *a)
{
	x->kept = a->msg; /* 16 bytes of count and head are before its body: LWS_PRE */
	a->msg = NULL;
	x->body_of = a->body;
	show(x);
}

/* The service did not answer in time, or auth for it: then nothing was passed on, which TIMEOUT
 * would leave open. What it says later is not shown. */
static void
too_late(struct due *d, uint64_t now_ms)
{
	struct exchange *x = DUE_OF(d, struct exchange, due);

	(void)now_ms;
	proof_leave(x->proof);
	x->proof = NULL;
	answer_error(x, x->is_asking ? ZT_ERR_TIMEOUT : ZT_ERR_UNAVAILABLE, bytes_text(""));
}

static void
expect_answer(struct exchange *x)
{
	due_set(&x->g->due, &x->due, clock_ms() + upstream_max_ms(x->g->upstream[SERVICE_AUTH]),
	    too_late);
}

/* The service answered; or it did not, and upstream says so. */
static void
done(struct upstream_call *c, struct upstream_answer *a)
{
	struct exchange *x = (struct exchange *)c;

	x->is_asking = false;
	caller_count(x->g, &x->caller, x->wsi, a);
	charge_drop(&x->charge);
	if (x->wsi == NULL)
		release(x);
	else if (x->state != WAITING)
		return; /* too late */
	else if (a->err)
		answer_error(x, a->err, a->detail);
	else if (a->body.n < 4096)
		answer_copy(x, ZT_OK, x->type, a->body);
	else if (!caller_charge(x->g, &x->caller,
		     a->msg != NULL ? nng_msg_len(a->msg) : a->body.n, &x->charge))
		refuse(x, ZT_ERR_RATE,
		    "too much is being read at once; read slower answers first");
	else if (a->msg == NULL) /* of a batch */
		answer_copy(x, ZT_OK, x->type, a->body);
	else
		answer_kept(x, a);
}

static void
submit(struct exchange *x)
{
	x->state = WAITING;
	x->is_asking = true;
	expect_answer(x);
	/* a caller who leaves would wake the loop until the service answers */
	stop_reading(x);
	x->call.msg = x->request;
	x->request = NULL;
	x->call.done = done;
	own_time(x);
	upstream_send(x->to, &x->call);
}

/* Room for the whole body at once, which is charged: it is received straight into the message.
 * What nobody has signed for has room, and is charged, as it is received. */
static enum zt_err
reserve(struct exchange *x)
{
	size_t at = nng_msg_len(x->request);

	if (x->body_left == 0 || !x->caller.is_proved)
		return ZT_OK;
	if (nng_msg_realloc(x->request, at + x->body_left) != 0)
		return ZT_ERR_MEMORY;
	(void)nng_msg_chop(x->request, x->body_left);
	return ZT_OK;
}

/* The rest of the body may be received. */
static enum zt_err
begin_body(struct exchange *x)
{
	enum zt_err err = reserve(x);

	if (err)
		return err;
	if (x->body_left == 0)
		submit(x);
	else
		move(x, READING_BODY);
	return ZT_OK;
}

/* The caller is who they say they are: what they send is on their account. */
static enum zt_err
begin_proved(struct exchange *x, const struct id *user)
{
	caller_proved(x->g, &x->caller, x->wsi, user);
	charge_drop(&x->charge);
	return caller_charge(x->g, &x->caller, x->body, &x->charge) ? begin_body(x)
								    : ZT_ERR_RATE;
}

static void
proved(void *who, enum zt_err err, const struct id *user)
{
	struct exchange *x = who;

	x->proof = NULL;
	if (err == ZT_ERR_TIMEOUT) /* auth's: nothing was passed on */
		err = ZT_ERR_UNAVAILABLE;
	if (err || (err = begin_proved(x, user)))
		refuse(x, err, "");
	else if (x->state == READING_BODY)
		read_on(x); /* one that was submitted reads nothing until its answer */
}

/* A body that nobody has signed for, of the address that holds most of such bodies and more
 * than N. NULL: none. */
static struct exchange *
largest_stranger(const struct gateway *g, size_t n)
{
	struct exchange *x, *most = NULL;

	LIST_FOREACH(x, &g->exchanges, link)
	if (x->state == READING_BODY && !x->caller.is_proved && x->charge.n > 0 &&
	    x->charge.one->held > n) {
		n = x->charge.one->held;
		most = x;
	}
	return most;
}

/* Whether a stranger has room for N bytes more: an address that holds little takes it from the
 * one that holds most, so that the step of one who joins does not wait for others to be done.
 */
static bool
has_or_takes_room(struct exchange *x, size_t n)
{
	enum { MAX = 32 };
	struct exchange *gives;

	for (int i = 0; i < MAX; i++) {
		if (caller_has_room(x->g, &x->caller, n))
			return true;
		if (x->caller.address->held + n > UNPROVED_BODY ||
		    (gives = largest_stranger(x->g, x->caller.address->held + n)) == NULL)
			return false;
		charge_drop(&gives->charge);
		nng_msg_free(gives->request);
		gives->request = NULL;
		refuse(gives, ZT_ERR_RATE, unsigned_reason);
	}
	return false;
}

/* Has the head's signature checked before anything else is read. */
static enum zt_err
demand_proof(struct exchange *x, const Zt__Call *call, const struct route_row *row,
    const struct route_params *params, const char **reason)
{
	static const struct verify_window any = { NULL, 0 };
	struct httpsig_params claim;
	struct id user;
	enum zt_err err;

	*reason = unsigned_reason;
	if (!x->caller.is_signed)
		return ZT_ERR_RATE;
	if ((err = verify_claims(
		 &any, call, row, params, x->body, clock_wall_ms(), &claim, reason)))
		return err;
	*reason = "";
	x->state = PROVING;
	if ((err = proof_ask(x->g->proofs, &claim, x->caller.device, x->request, proved, x,
		 &user, &x->proof)))
		return err;
	if (x->proof == NULL)
		return x->state == PROVING ? begin_proved(x, &user) : ZT_OK;
	stop_reading(x);
	expect_answer(x);
	return ZT_OK;
}

static enum zt_err
prepare(struct exchange *x, struct lws *wsi, const char *path, const char **reason)
{
	struct head_texts t;
	struct route_params params;
	struct httpsig_params claim;
	const struct route_row *row;
	char own[16];
	enum route route;
	Zt__Call call;
	enum zt_err err;

	if ((err = head_call(wsi, head_method(wsi, own), path, (int)x->g->settings->deadline_s,
		 &t, &call)) ||
	    (err = route_match(call.method, t.target, &route, &params)))
		return err;
	row = route_row(route);
	if (route == ROUTE_EVENTS)
		return ZT_ERR_METHOD; /* a WebSocket */
	if (x->body > row->limit)
		return ZT_ERR_TOO_BIG;
	if (row->who >= WHO_DEVICE &&
	    (err = caller_identify(x->g, &x->caller, t.input, &claim)))
		return err;
	x->to = x->g->upstream[row->service];
	x->call.batch = row->batch;
	if ((err = rpc_new(1, &x->request)) || (err = rpc_add_call(x->request, &call, x->body)))
		return err;
	if (x->caller.has_token && x->body <= UNPROVED_BODY &&
	    (row->who >= WHO_DEVICE ? caller_has_room(x->g, &x->caller, x->body)
				    : has_or_takes_room(x, x->body)))
		return begin_body(x);
	return demand_proof(x, &call, row, &params, reason);
}

/* ---- what the gateway says itself ---- */

static bool
own_page(struct exchange *x, const char *path)
{
	struct buf b = buf_init(4096);
	enum zt_err err;
	bool known = pages_print(x->g, x->wsi, path, &b, &err);

	if (known)
		answer_copy(x, err, PAGES_TEXT, buf_bytes(&b));
	buf_free(&b);
	return known;
}

/* The numbers of a service, for which the gateway asks. */
static enum zt_err
prepare_metrics(struct exchange *x, const char *path)
{
	enum route_service of;
	Zt__Call call = ZT__CALL__INIT;
	enum zt_err err;

	if ((err = pages_service(path, &of)))
		return err;
	call.method = (char *)(uintptr_t) "ASK";
	call.target = (char *)(uintptr_t) "/metrics";
	call.deadline_ms = (uint64_t)x->g->settings->deadline_s * 1000;
	x->type = PAGES_TEXT;
	x->to = x->g->upstream[of];
	if ((err = rpc_new(1, &x->request)))
		return err;
	return rpc_add_call(x->request, &call, 0);
}

/* The header TOKEN into OUT; "": it is not there, or does not fit. */
static const char *
header(struct lws *wsi, enum lws_token_indexes token, char *out, size_t size)
{
	if (lws_hdr_total_length(wsi, token) <= 0 ||
	    lws_hdr_copy(wsi, out, (int)size, token) <= 0)
		out[0] = 0;
	return out;
}

/* A file of the page, from the memory that it was read to. It is one of the calls of its
 * address that nobody signs. */
static enum zt_err
give_file(struct exchange *x, struct lws *wsi, const char **reason)
{
	char tag[SITE_TAG + 8];

	*reason = unsigned_reason;
	if (!x->caller.has_token)
		return ZT_ERR_RATE;
	*reason = "";
	x->is_head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
	if (!x->is_head && lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) <= 0)
		return ZT_ERR_METHOD;
	x->is_known = strcmp(header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, tag, sizeof tag),
			  x->file->tag) == 0;
	x->type = x->file->type;
	x->body_of = x->file->body;
	show(x);
	return ZT_OK;
}

static const struct site_file *
file_at(const struct exchange *x, struct lws *wsi, const char *path)
{
	char accepts[256];

	return site_find(x->g->site, path,
	    header(wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING, accepts, sizeof accepts));
}

static enum zt_err
begin(struct exchange *x, struct lws *wsi, const char *path, bool is_measured,
    const char **reason)
{
	enum zt_err err;

	*reason = "";
	if (connection_is_at_metrics(wsi))
		return (err = prepare_metrics(x, path)) ? err : begin_body(x);
	if ((err = caller_begin(x->g, wsi, &x->caller)))
		return err;
	if (x->g->is_draining)
		return ZT_ERR_UNAVAILABLE;
	if (!is_measured)
		return ZT_ERR_INVALID;
	if ((x->file = file_at(x, wsi, path)) == NULL)
		return prepare(x, wsi, path, reason);
	if ((err = give_file(x, wsi, reason)))
		x->file = NULL; /* the answer is a refusal */
	return err;
}

int
exchange_head(struct gateway *g, struct lws *wsi, struct exchange **slot, const char *path)
{
	struct exchange *x;
	const char *reason;
	enum zt_err err;

	int64_t body = head_body(wsi);

	exchange_gone(slot); /* of an earlier request on this connection */
	if (!connection_head_received(wsi) || (x = calloc(1, sizeof *x)) == NULL)
		return -1;
	/* Of one that is refused, and of one to a page, nothing is read: it ends the
	 * connection. */
	x->body = x->body_left = body >= 0 ? (size_t)body : 1;
	*slot = x;
	x->g = g;
	x->wsi = wsi;
	LIST_INSERT_HEAD(&g->exchanges, x, link);
	x->type = "application/octet-stream";
	x->copied = buf_init(LIMIT_PAGE);
	g->requests++;
	x->is_call = !connection_is_at_metrics(wsi) && cors_is_call(path);
	x->is_question = x->is_call && cors_is_question(wsi);
	if (x->is_question) /* the services are not asked, and it costs its address nothing */
		answer_copy(x, ZT_OK, PAGES_TEXT, bytes_of(NULL, 0));
	else if (!own_page(x, path) && (err = begin(x, wsi, path, body >= 0, &reason)))
		refuse(x, err, reason);
	return 0;
}

int
exchange_body(struct exchange *x, const void *p, size_t n)
{
	if (x != NULL && connection_is_ended(x->wsi))
		return -1;
	if (x != NULL && x->state == LINGERING) {
		x->lingered += n;
		return x->lingered > LINGER_MAX ? -1 : 0;
	}
	if (x == NULL || (x->state != READING_BODY && x->state != PROVING))
		return 0; /* refused already; what is still received is dropped */
	if (n > x->body_left)
		return -1;
	if (x->state == READING_BODY && !x->caller.is_proved)
		(void)has_or_takes_room(x, n);
	if (!x->caller.is_proved && !caller_charge(x->g, &x->caller, n, &x->charge)) {
		if (x->state == PROVING) /* it came together with its head */
			return -1;
		refuse(x, ZT_ERR_RATE, unsigned_reason);
		return 0;
	}
	if (nng_msg_append(x->request, p, n) != 0)
		return -1;
	x->body_left -= n;
	return 0;
}

int
exchange_body_end(struct exchange *x)
{
	if (x == NULL)
		return 0;
	/* With bytes behind the body lws calls again in every turn, and takes none. */
	if (++x->ends > ENDS_MAX) {
		connection_end(x->wsi); /* lws would let the rest of the answer go first */
		return -1;
	}
	if (x->state == LINGERING)
		return -1;
	if (x->state != READING_BODY)
		return 0; /* an unproved caller continues when they are proved */
	if (x->body_left != 0)
		return -1;
	submit(x);
	return 0;
}

static int
add_header(struct exchange *x, enum lws_token_indexes token, const char *value, uint8_t **p,
    uint8_t *end)
{
	return lws_add_http_header_by_token(
	    x->wsi, token, (const uint8_t *)value, (int)strlen(value), p, end);
}

static int
add_file_headers(struct exchange *x, uint8_t **p, uint8_t *end)
{
	const struct site_file *f = x->file;

	if (f == NULL)
		return 0;
	return add_header(x, WSI_TOKEN_HTTP_ETAG, f->tag, p, end) != 0 ||
	       add_header(x, WSI_TOKEN_HTTP_CACHE_CONTROL, "no-cache", p, end) != 0 ||
	       add_header(x, WSI_TOKEN_HTTP_VARY, "accept-encoding", p, end) != 0 ||
	       (f->is_brotli &&
		   add_header(x, WSI_TOKEN_HTTP_CONTENT_ENCODING, "br", p, end) != 0);
}

/* A small answer is sent with its head, in one packet. */
static int
write_head(struct exchange *x)
{
	uint8_t buffer[LWS_PRE + HEAD_BYTES + SMALL], *start = buffer + LWS_PRE, *p = start,
						      *end = start + HEAD_BYTES;
	unsigned status = x->is_known ? HTTP_STATUS_NOT_MODIFIED : (unsigned)err_http(x->err);
	size_t n;

	if (lws_add_http_common_headers(
		x->wsi, status, x->type, (lws_filepos_t)x->body_of.n, &p, end) != 0 ||
	    add_file_headers(x, &p, end) != 0 ||
	    (x->is_call && cors_headers(x->wsi, x->is_question, &p, end) != 0) ||
	    ((x->body_left > 0 || x->g->is_draining) &&
		add_header(x, WSI_TOKEN_CONNECTION, "close", &p, end) != 0) ||
	    lws_finalize_http_header(x->wsi, &p, end) != 0)
		return -1;
	if (x->is_known || x->is_head)
		x->body_of.n = 0;
	n = x->body_of.n <= SMALL ? x->body_of.n : 0;
	if (n > 0)
		memcpy(p, x->body_of.p, n);
	p += n;
	if (lws_write(x->wsi, start, (size_t)(p - start), LWS_WRITE_HTTP_HEADERS) < 0)
		return -1;
	x->sent = n;
	x->state = x->sent == x->body_of.n ? ANSWERED : ANSWERING_BODY;
	return 0;
}

static int
write_body(struct exchange *x)
{
	size_t n = x->body_of.n - x->sent;
	bool last;
	int written;

	if (n > CHUNK)
		n = CHUNK;
	last = x->sent + n == x->body_of.n;
	written = lws_write(x->wsi, (uint8_t *)(uintptr_t)x->body_of.p + x->sent, n,
	    last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP);
	if (written < 0 || (size_t)written < n)
		return -1;
	x->sent += n;
	x->chunk_ms = clock_ms();
	if (last)
		x->state = ANSWERED;
	else
		(void)lws_callback_on_writable(x->wsi);
	return 0;
}

static void
linger(struct due *d, uint64_t now_ms)
{
	struct exchange *x = DUE_OF(d, struct exchange, due);

	if (now_ms - x->since_ms > LINGER_MS) {
		connection_end(x->wsi);
		return;
	}
	own_time(x);
	due_set(&x->g->due, d, 0, linger);
}

int
exchange_writable(struct exchange **slot)
{
	struct exchange *x = *slot;
	struct lws *wsi;

	if (x == NULL)
		return 0;
	if (x->state == ANSWERING_HEAD) {
		if (write_head(x) != 0)
			return -1;
		if (x->state == ANSWERING_BODY && lws_send_pipe_choked(x->wsi)) {
			(void)lws_callback_on_writable(x->wsi);
			return 0;
		}
	}
	if (x->state == ANSWERING_BODY && write_body(x) != 0)
		return -1;
	if (x->state != ANSWERED)
		return 0;
	if (lws_partial_buffered(x->wsi)) { /* it is timed until all of it is the system's */
		(void)lws_callback_on_writable(x->wsi);
		return 0;
	}
	if (x->body_left > 0) {
		if (x->ends > 0)
			return -1; /* all of it was read */
		x->state = LINGERING;
		x->since_ms = clock_ms();
		due_set(&x->g->due, &x->due, 0, linger);
		return 0;
	}
	if (x->g->is_draining)
		return -1;
	wsi = x->wsi;
	exchange_gone(slot); /* before lws takes the slot's memory back */
	if (lws_http_transaction_completed(wsi))
		return -1;
	connection_waits(wsi);
	return 0;
}

void
exchange_gone(struct exchange **slot)
{
	struct exchange *x = *slot;

	*slot = NULL;
	if (x == NULL)
		return;
	x->wsi = NULL;
	LIST_REMOVE(x, link);
	due_cancel(&x->due);
	if (!x->is_asking)
		release(x);
}

/* Refusals that are held back, and what is left of refused bodies, keep nobody. */
bool
exchange_is_under_way(const struct gateway *g)
{
	const struct exchange *x;

	LIST_FOREACH(x, &g->exchanges, link)
	if (x->state != LATE && x->state != LINGERING)
		return true;
	return false;
}
