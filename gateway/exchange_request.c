/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* exchange_request.c - the request of an exchange: its head, who asks, its body, and the call
 * of the service. */
#include <stdlib.h>
#include <string.h>

#include "bus/clock.h"
#include "bus/rpc.h"
#include "format/limits.h"
#include "frame/verify.h"
#include "gateway/connection.h"
#include "gateway/exchange_parts.h"
#include "gateway/head.h"
#include "gateway/pages.h"
#include "site/cors.h"

enum {
	LINGER_MAX = 1024 * 1024, /* of a refused body, read and dropped */
	/* With bytes behind a body: a few turns, to write a small answer in. */
	ENDS_MAX = 16,
	UNPROVED_BODY = 64 * 1024 /* that is carried before anybody has proved anything */
};

static const char *const unsigned_reason =
    N_("too many calls or bodies of this address that nobody has signed; wait a little");

/* The service did not answer in time, or auth for it: then nothing was passed on, which TIMEOUT
 * would leave open. What it says later is not shown. */
static void
too_late(struct due *d, uint64_t now_ms)
{
	struct exchange *x = DUE_OF(d, struct exchange, due);

	(void)now_ms;
	proof_leave(x->proof);
	x->proof = NULL;
	exchange_answer_error(
	    x, x->is_asking ? ZT_ERR_TIMEOUT : ZT_ERR_UNAVAILABLE, bytes_text(""));
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
		exchange_release(x);
	else if (x->state != WAITING)
		return; /* too late */
	else if (a->err)
		exchange_answer_error(x, a->err, a->detail);
	else if (a->body.n < 4096)
		exchange_answer_copy(x, ZT_OK, x->type, a->body);
	else if (!caller_charge(x->g, &x->caller,
		     a->msg != NULL ? nng_msg_len(a->msg) : a->body.n, &x->charge))
		exchange_refuse(x, ZT_ERR_RATE,
		    "too much is being read at once; read slower answers first");
	else if (a->msg == NULL) /* of a batch */
		exchange_answer_copy(x, ZT_OK, x->type, a->body);
	else
		exchange_answer_kept(x, a);
}

static void
submit(struct exchange *x)
{
	x->state = WAITING;
	x->is_asking = true;
	expect_answer(x);
	/* a caller who leaves would wake the loop until the service answers */
	exchange_stop_reading(x);
	x->call.msg = x->request;
	x->request = NULL;
	x->call.done = done;
	exchange_own_time(x);
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
		exchange_move(x, READING_BODY);
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
		exchange_refuse(x, err, "");
	else if (x->state == READING_BODY)
		exchange_read_on(x); /* one that was submitted reads nothing until its answer */
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
		exchange_refuse(gives, ZT_ERR_RATE, unsigned_reason);
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
	exchange_stop_reading(x);
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
		exchange_answer_copy(x, err, PAGES_TEXT, buf_bytes(&b));
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
	exchange_show(x);
	return ZT_OK;
}

static const struct site_file *
file_at(const struct exchange *x, struct lws *wsi, const char *path)
{
	char accepts[256];

	return site_find(x->g->site, path,
	    header(wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING, accepts, sizeof accepts));
}

/* ---- what lws says of a request ---- */

static enum zt_err
answer_question(struct exchange *x, struct lws *wsi, const char **reason)
{
	enum zt_err err = caller_asks(x->g, wsi, &x->caller);

	*reason = err == ZT_ERR_RATE ? unsigned_reason : "";
	if (err == ZT_OK)
		exchange_answer_copy(x, ZT_OK, PAGES_TEXT, bytes_of(NULL, 0));
	return err;
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
	const char *reason = "";
	int64_t body = head_body(wsi);
	enum zt_err err = ZT_OK;

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
	if (x->is_question)
		err = answer_question(x, wsi, &reason);
	else if (!own_page(x, path))
		err = begin(x, wsi, path, body >= 0, &reason);
	if (err)
		exchange_refuse(x, err, reason);
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
		exchange_refuse(x, ZT_ERR_RATE, unsigned_reason);
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
