#include "gateway/exchange.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/rpc.h"
#include "format/limits.h"
#include "format/pb.h"
#include "gateway/pages.h"

enum { CHUNK = 128 * 1024 };

enum state { READING_BODY, WAITING, ANSWERING_HEAD, ANSWERING_BODY, ANSWERED };

struct exchange {
	struct upstream_call call; /* first: a call is its exchange */
	struct gateway *g;
	struct lws *wsi; /* NULL when the connection is gone */
	enum state state;
	struct upstream *to;
	nng_msg *request; /* with its body as far as it came */
	size_t body_left;
	enum zt_err err;
	const char *type;
	nng_msg *kept;     /* the answer's message, whose memory is sent from */
	struct buf copied; /* or a body of our own */
	struct bytes body;
	size_t sent;
};

const char *
gateway_field(struct lws *wsi, const char *name, char *out, size_t size)
{
	int n = lws_hdr_custom_length(wsi, name, (int)strlen(name));

	out[0] = 0;
	if (n > 0 && (size_t)n < size &&
	    lws_hdr_custom_copy(wsi, out, (int)size, name, (int)strlen(name)) < 0)
		out[0] = 0;
	return out;
}

static void
copy_token(struct lws *wsi, enum lws_token_indexes token, char *out, size_t size)
{
	if (lws_hdr_copy(wsi, out, (int)size, token) < 0)
		out[0] = 0;
}

/* The query as it was signed: libwebsockets keeps it in pieces, without the signs between them.
 */
static bool
copy_query(struct lws *wsi, char *out, size_t size)
{
	size_t n = 0;
	int got;

	for (int i = 0; lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i) > 0; i++) {
		if (i > 0 && n + 1 < size)
			out[n++] = '&';
		if ((got = lws_hdr_copy_fragment(
			 wsi, out + n, (int)(size - n), WSI_TOKEN_HTTP_URI_ARGS, i)) < 0)
			return false;
		n += (size_t)got;
	}
	out[n] = 0;
	return true;
}

enum zt_err
exchange_call(struct lws *wsi, const char *method, const char *path, int deadline_s,
    struct exchange_head_texts *t, Zt__Call *out)
{
	char query[512] = "";

	if (!copy_query(wsi, query, sizeof query))
		return ZT_ERR_TOO_BIG;
	(void)snprintf(
	    t->target, sizeof t->target, "%.512s%s%s", path, query[0] != 0 ? "?" : "", query);
	copy_token(wsi, WSI_TOKEN_HOST, t->authority, sizeof t->authority);
	copy_token(
	    wsi, WSI_TOKEN_HTTP_AUTHORIZATION, t->authorization, sizeof t->authorization);
	zt__call__init(out);
	out->method = (char *)(uintptr_t)method;
	out->target = t->target;
	out->authority = t->authority;
	out->signature_input = (char *)(uintptr_t)gateway_field(
	    wsi, "signature-input:", t->input, sizeof t->input);
	out->signature = (char *)(uintptr_t)gateway_field(
	    wsi, "signature:", t->signature, sizeof t->signature);
	out->content_digest = (char *)(uintptr_t)gateway_field(
	    wsi, "content-digest:", t->digest, sizeof t->digest);
	out->authorization = t->authorization;
	out->trace =
	    (char *)(uintptr_t)gateway_field(wsi, "traceparent:", t->trace, sizeof t->trace);
	out->deadline_ms = (uint64_t)deadline_s * 1000;
	return ZT_OK;
}

static void
release(struct exchange *x)
{
	if (x->request != NULL)
		nng_msg_free(x->request);
	if (x->kept != NULL)
		nng_msg_free(x->kept);
	buf_free(&x->copied);
	free(x);
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
		x->body = bytes_of(x->copied.p + LWS_PRE, body.n);
	x->state = ANSWERING_HEAD;
	if (x->wsi != NULL)
		(void)lws_callback_on_writable(x->wsi);
}

static void
answer_error(struct exchange *x, enum zt_err err, struct bytes detail)
{
	Zt__Answer m = ZT__ANSWER__INIT;
	struct buf b = buf_init(1024), text = buf_init(600);

	x->g->refused++;
	buf_add(&text, detail);
	m.error = (uint32_t)err;
	m.detail = (char *)(uintptr_t)buf_text(&text);
	if (pb_encode(&m, &b) == ZT_OK)
		answer_copy(x, err, "application/x-zt-error", buf_bytes(&b));
	buf_free(&b);
	buf_free(&text);
}

/* The service answered. A large body is sent from the message itself. */
static void
done(struct upstream_call *c, struct upstream_answer *a)
{
	struct exchange *x = (struct exchange *)c;

	if (x->wsi == NULL) {
		release(x);
		return;
	}
	if (a->err) {
		answer_error(x, a->err, a->detail);
	} else if (a->msg != NULL && a->body.n >= 4096) {
		x->kept =
		    a->msg; /* 16 bytes of count and head stand before its body: LWS_PRE */
		a->msg = NULL;
		x->body = a->body;
		x->state = ANSWERING_HEAD;
		(void)lws_callback_on_writable(x->wsi);
	} else {
		answer_copy(x, ZT_OK, x->type, a->body);
	}
}

static void
submit(struct exchange *x)
{
	x->state = WAITING;
	x->call.msg = x->request;
	x->request = NULL;
	x->call.done = done;
	/* Without this lws would close a connection that waits for a slow service. */
	lws_set_timeout(
	    x->wsi, PENDING_TIMEOUT_HTTP_CONTENT, (int)x->g->settings->deadline_s + 5);
	upstream_send(x->to, &x->call);
}

static const char *
method_of(struct lws *wsi, char out[16])
{
	static const struct {
		enum lws_token_indexes token;
		const char *name;
	} known[] = { { WSI_TOKEN_GET_URI, "GET" }, { WSI_TOKEN_POST_URI, "POST" },
		{ WSI_TOKEN_PUT_URI, "PUT" }, { WSI_TOKEN_DELETE_URI, "DELETE" } };

	for (size_t i = 0; i < 4; i++)
		if (lws_hdr_total_length(wsi, known[i].token) > 0)
			return known[i].name;
	if (lws_hdr_copy(wsi, out, 16, WSI_TOKEN_HTTP_COLON_METHOD) > 0)
		return out;
	return "?";
}

/* The body's announced size, or -1. A body without one (chunked) is not taken. */
static int64_t
content_length(struct lws *wsi)
{
	char text[24];
	char *end;
	long long n;

	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0)
		return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0 ? -1 : 0;
	if (lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH) < 0)
		return -1;
	n = strtoll(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == 0 ? n : -1;
}

/* The device of a signature's keyid, as a key for its bucket; unverified, so that it only ever
 * limits, and never more than its own name. */
static bool
within_rate(struct gateway *g, const char *input)
{
	const char *keyid = strstr(input, "keyid=\"");

	if (keyid == NULL || strlen(keyid) < 72)
		return true; /* no device: the address's connections bound it */
	return throttle_take(g->devices, keyid + 7, 65, clock_ms());
}

static enum zt_err
prepare(struct exchange *x, struct lws *wsi, const char *path)
{
	struct exchange_head_texts t;
	struct route_params params;
	const struct route_row *row;
	char own[16];
	enum route route;
	Zt__Call call;
	int64_t n;
	enum zt_err err;

	if ((err = exchange_call(
		 wsi, method_of(wsi, own), path, (int)x->g->settings->deadline_s, &t, &call)) ||
	    (err = route_match(call.method, t.target, &route, &params)))
		return err;
	row = route_row(route);
	if (route == ROUTE_EVENTS)
		return ZT_ERR_METHOD; /* a WebSocket */
	if ((n = content_length(wsi)) < 0)
		return ZT_ERR_INVALID;
	if ((uint64_t)n > row->limit)
		return ZT_ERR_TOO_BIG;
	if (!within_rate(x->g, t.input))
		return ZT_ERR_RATE;
	x->to = x->g->upstream[row->service];
	x->call.batch = row->batch;
	x->body_left = (size_t)n;
	if ((err = rpc_new(1, &x->request)) ||
	    (err = rpc_add_call(x->request, &call, (size_t)n)))
		return err;
	/* Room for the whole body at once: it is received straight into the message. */
	if (n > 0) {
		size_t at = nng_msg_len(x->request);

		if (nng_msg_realloc(x->request, at + (size_t)n) != 0)
			return ZT_ERR_MEMORY;
		(void)nng_msg_chop(x->request, (size_t)n);
	}
	return ZT_OK;
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

int
exchange_head(struct gateway *g, struct lws *wsi, struct exchange **slot, const char *path)
{
	struct exchange *x = calloc(1, sizeof *x);
	enum zt_err err;

	exchange_gone(slot); /* of an earlier request on this connection */
	if (x == NULL)
		return -1;
	*slot = x;
	x->g = g;
	x->wsi = wsi;
	x->type = "application/octet-stream";
	x->copied = buf_init(LIMIT_PAGE);
	g->requests++;
	if (own_page(x, path))
		return 0;
	err = pages_are_all(g, wsi) ? prepare_metrics(x, path) : prepare(x, wsi, path);
	if (err) {
		/* The body that follows is not read: answer, then close. */
		answer_error(x, err, bytes_of(NULL, 0));
		return 0;
	}
	if (x->body_left == 0)
		submit(x);
	return 0;
}

int
exchange_body(struct exchange *x, const void *p, size_t n)
{
	if (x == NULL || x->state != READING_BODY)
		return 0; /* refused already; what still comes is dropped */
	if (n > x->body_left || nng_msg_append(x->request, p, n) != 0)
		return -1;
	x->body_left -= n;
	lws_set_timeout(x->wsi, PENDING_TIMEOUT_HTTP_CONTENT, 30);
	return 0;
}

int
exchange_body_end(struct exchange *x)
{
	if (x == NULL || x->state != READING_BODY)
		return 0;
	if (x->body_left != 0)
		return -1;
	submit(x);
	return 0;
}

static int
write_head(struct exchange *x)
{
	uint8_t buffer[LWS_PRE + 1024], *start = buffer + LWS_PRE, *p = start;
	uint8_t *end = buffer + sizeof buffer - 1;

	if (lws_add_http_common_headers(x->wsi, (unsigned)err_http(x->err), x->type,
		(lws_filepos_t)x->body.n, &p, end) != 0 ||
	    lws_finalize_write_http_header(x->wsi, start, &p, end) != 0)
		return -1;
	x->state = x->body.n == 0 ? ANSWERED : ANSWERING_BODY;
	return 0;
}

static int
write_body(struct exchange *x)
{
	size_t n = x->body.n - x->sent;
	bool last;
	int written;

	if (n > CHUNK)
		n = CHUNK;
	last = x->sent + n == x->body.n;
	written = lws_write(x->wsi, (uint8_t *)(uintptr_t)x->body.p + x->sent, n,
	    last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP);
	if (written < 0 || (size_t)written < n)
		return -1;
	x->sent += n;
	if (last) {
		x->state = ANSWERED;
		return 0;
	}
	lws_set_timeout(x->wsi, PENDING_TIMEOUT_HTTP_CONTENT, 30);
	(void)lws_callback_on_writable(x->wsi);
	return 0;
}

int
exchange_writable(struct exchange **slot)
{
	struct exchange *x = *slot;
	struct lws *wsi;
	bool is_unread; /* an unread body follows: the connection cannot be used again */

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
	is_unread = x->body_left > 0;
	wsi = x->wsi;
	exchange_gone(slot); /* before lws takes the slot's memory back */
	return is_unread || lws_http_transaction_completed(wsi) ? -1 : 0;
}

void
exchange_gone(struct exchange **slot)
{
	struct exchange *x = *slot;

	*slot = NULL;
	if (x == NULL)
		return;
	x->wsi = NULL;
	if (x->state != WAITING)
		release(x);
}
