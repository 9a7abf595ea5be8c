/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* exchange_answer.c - the answer of an exchange: what it is, its head, its body, and the body
 * of a refused request, of which nothing is read. */
#include <string.h>

#include "bus/clock.h"
#include "format/pb.h"
#include "gateway/connection.h"
#include "gateway/exchange_parts.h"
#include "proto/rpc.pb-c.h"
#include "site/cors.h"

enum {
	SMALL = 2048,
	HEAD_BYTES = 4096, /* the page's headers are a thousand */
	/* Closed with bytes unread, a connection is reset, and its caller may lose the answer.
	 */
	LINGER_MS = 2000
};

/* While reading is paused lws does not write either. */
static void
show_now(struct due *d, uint64_t now_ms)
{
	struct exchange *x = DUE_OF(d, struct exchange, due);

	(void)now_ms;
	exchange_read_on(x);
	exchange_move(x, ANSWERING_HEAD);
	(void)lws_callback_on_writable(x->wsi);
}

void
exchange_show(struct exchange *x)
{
	exchange_own_time(x);
	if (x->waits_ms == 0) {
		show_now(&x->due, 0);
		return;
	}
	exchange_stop_reading(x);
	x->state = LATE;
	due_set(&x->g->due, &x->due, clock_ms() + x->waits_ms, show_now);
}

void
exchange_answer_copy(struct exchange *x, enum zt_err err, const char *type, struct bytes body)
{
	x->err = err;
	x->type = type;
	buf_add(&x->copied, bytes_of("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", LWS_PRE));
	buf_add(&x->copied, body);
	if (buf_err(&x->copied) == ZT_OK)
		x->body_of = bytes_of(x->copied.p + LWS_PRE, body.n);
	exchange_show(x);
}

void
exchange_answer_error(struct exchange *x, enum zt_err err, struct bytes detail)
{
	Zt__Answer m = ZT__ANSWER__INIT;
	struct buf b = buf_init(1024), text = buf_init(600);

	x->g->refused++;
	buf_add(&text, detail);
	m.error = (uint32_t)err;
	m.time = clock_wall_ms();
	m.detail = (char *)(uintptr_t)buf_text(&text);
	if (pb_encode(&m, &b) == ZT_OK)
		exchange_answer_copy(x, err, "application/x-zt-error", buf_bytes(&b));
	buf_free(&b);
	buf_free(&text);
}

void
exchange_refuse(struct exchange *x, enum zt_err err, const char *reason)
{
	x->waits_ms = caller_refusal_waits(&x->caller, x->wsi);
	exchange_answer_error(x, err, bytes_text(reason));
}

void
exchange_answer_kept(struct exchange *x, struct upstream_answer *a)
{
	x->kept = a->msg; /* 16 bytes of count and head are before its body: LWS_PRE */
	a->msg = NULL;
	x->body_of = a->body;
	exchange_show(x);
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

/* One chunk of the answer's body. */
static int
write_chunk(struct exchange *x)
{
	size_t n = x->body_of.n - x->sent;
	bool last;
	int written;

	if (n > EXCHANGE_CHUNK)
		n = EXCHANGE_CHUNK;
	last = x->sent + n == x->body_of.n;
	written = lws_write(x->wsi, (uint8_t *)(uintptr_t)x->body_of.p + x->sent, n,
	    last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP);
	if (written < 0 || (size_t)written < n)
		return -1;
	x->sent += n;
	x->chunk_ms = clock_ms();
	if (last)
		x->state = ANSWERED;
	return 0;
}

/* As many chunks as the system takes at once: each turn of the loop costs as much as a few
 * pages. Not more than some, because others wait meanwhile. */
static int
write_body(struct exchange *x)
{
	enum { CHUNKS_MAX = 8 };

	for (int i = 0; i < CHUNKS_MAX && x->state == ANSWERING_BODY; i++) {
		if (i > 0 && lws_partial_buffered(x->wsi))
			break;
		if (write_chunk(x) != 0)
			return -1;
	}
	if (x->state == ANSWERING_BODY)
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
	exchange_own_time(x);
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
