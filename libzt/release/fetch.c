/* SPDX-License-Identifier: Apache-2.0 */
#include "release/fetch.h"

#include <stdio.h>

#include "base/stop.h"
#include "port/clock.h"

enum { TRIES = 30, PAUSE_MS = 1000, TURN_MS = 250 };

static void
done(struct http_exchange *x)
{
	bool *is_done = x->ctx;

	*is_done = true;
}

static enum zt_err
turn(struct fetch *f, int wait_ms)
{
	if (stop_is_set(f->stop))
		return ZT_ERR_INTERRUPTED;
	if (port_steady_ms() >= f->until_ms)
		return ZT_ERR_TIMEOUT;
	return http_turn(f->http, stop_wait(f->stop, wait_ms));
}

static enum zt_err
get_once(struct fetch *f, const char *url, struct buf *headers, struct buf *out, long *status)
{
	struct buf refusal = buf_init(1);
	bool is_done = false;
	struct http_exchange x = { .method = "GET",
		.url = url,
		.headers = headers,
		.answer = out,
		.refusal_type = "", /* none is looked at */
		.refusal = &refusal,
		.done = done,
		.ctx = &is_done };
	enum zt_err err = http_start(f->http, &x);

	if (err)
		return err;
	while (err == ZT_OK && !is_done)
		err = turn(f, TURN_MS);
	if (!is_done)
		http_cancel(f->http, &x);
	else if (err == ZT_OK)
		err = x.err;
	f->failure = x.failure;
	*status = x.status;
	buf_free(&refusal);
	return err;
}

/* A server that has too much to do says so, and is no liar. */
static enum zt_err
pause(struct fetch *f)
{
	uint64_t until = port_steady_ms() + PAUSE_MS;
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && port_steady_ms() < until)
		err = turn(f, TURN_MS);
	return err;
}

enum zt_err
fetch_file(struct fetch *f, const char *name, bool brotli, struct buf *out, long *status)
{
	struct buf url = buf_init(2048), headers = buf_init(512);
	enum zt_err err;

	buf_add(&url, bytes_text(f->origin));
	buf_add(&url, bytes_text("/"));
	buf_add(&url, bytes_text(name));
	/* As many a browser says; the answer is compared as it was sent. */
	buf_add(&headers, bytes_text("User-Agent: Mozilla/5.0\nAccept: */*\n"));
	if (brotli)
		buf_add(&headers, bytes_text("Accept-Encoding: gzip, deflate, br\n"));
	if ((err = buf_err(&url)) == ZT_OK)
		err = buf_err(&headers);
	for (int tries = 0; err == ZT_OK && tries < TRIES; tries++) {
		if ((err = get_once(f, buf_text(&url), &headers, out, status)) ||
		    (*status != 429 && *status < 500))
			break;
		err = tries + 1 < TRIES ? pause(f) : ZT_ERR_UNAVAILABLE;
	}
	if (err == ZT_OK && (f->bytes += out->n) > FETCH_ALL_BYTES)
		err = ZT_ERR_TOO_BIG;
	buf_free(&url);
	buf_free(&headers);
	return err;
}
