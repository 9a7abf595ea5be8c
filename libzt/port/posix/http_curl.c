/* SPDX-License-Identifier: Apache-2.0 */
/* http_curl.c - exchanges over libcurl. */
#include <stdlib.h>

#include "port/http.h"
#include "posix/curl_loop.h"

enum { MAX_IDLE = 16 };

struct http {
	struct http_options options;
	struct loop *loop;
	CURL *idle[MAX_IDLE]; /* handles without an exchange; the loop keeps connections */
	size_t idle_count;
};

struct transfer {
	struct http *h;
	struct http_exchange *x;
	CURL *easy;
	struct curl_slist *headers;
	size_t sent;
	bool failed_write;
	bool is_foreign; /* an answer of another type */
};

enum zt_err
http_new(const struct http_options *o, struct http **out)
{
	struct http *h = calloc(1, sizeof *h);
	enum zt_err err = ZT_ERR_MEMORY;

	if (h == NULL)
		return err;
	h->options = *o;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || (err = loop_new(&h->loop))) {
		free(h);
		return err;
	}
	*out = h;
	return ZT_OK;
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	while (h->idle_count > 0)
		curl_easy_cleanup(h->idle[--h->idle_count]);
	loop_free(h->loop);
	free(h);
}

static bool
is_typed(CURL *easy, const struct http_exchange *x, long status)
{
	const char *type = NULL, *want = status == 200 ? x->answer_type : x->refusal_type;

	(void)curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
	return want == NULL || (type != NULL && strcmp(type, want) == 0);
}

static size_t
take_answer(char *p, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	struct buf *to;
	long status = 0;

	(void)size;
	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (!is_typed(t->easy, t->x, status)) {
		t->is_foreign = true;
		return 0; /* nobody waits for its end: there may be none */
	}
	to = status == 200 ? t->x->answer : t->x->refusal;
	buf_add(to, bytes_of(p, n));
	t->failed_write = buf_err(to) != ZT_OK;
	return t->failed_write ? 0 : n;
}

static size_t
give_body(char *to, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	size_t left = t->x->body.n - t->sent;

	n *= size;
	if (n > left)
		n = left;
	if (n > 0)
		memcpy(to, t->x->body.p + t->sent, n);
	t->sent += n;
	return n;
}

static int
rewind_body(void *ctx, curl_off_t offset, int origin)
{
	struct transfer *t = ctx;

	if (origin != SEEK_SET || offset < 0 || (size_t)offset > t->x->body.n)
		return CURL_SEEKFUNC_FAIL;
	t->sent = (size_t)offset;
	return CURL_SEEKFUNC_OK;
}

static void
set_body(struct transfer *t)
{
	const struct http_exchange *x = t->x;

	if (strcmp(x->method, "GET") == 0) {
		(void)curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
	} else if (strcmp(x->method, "PUT") == 0) {
		(void)curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
		(void)curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, give_body);
		(void)curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
		(void)curl_easy_setopt(t->easy, CURLOPT_SEEKFUNCTION, rewind_body);
		(void)curl_easy_setopt(t->easy, CURLOPT_SEEKDATA, t);
		(void)curl_easy_setopt(
		    t->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)x->body.n);
	} else {
		(void)curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
		(void)curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS,
		    x->body.p != NULL ? (const char *)x->body.p : "");
		(void)curl_easy_setopt(
		    t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body.n);
		if (strcmp(x->method, "POST") != 0)
			(void)curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, x->method);
	}
}

static enum zt_err
set_headers(struct transfer *t)
{
	char *line = NULL, *rest = NULL, *text = strdup(buf_text(t->x->headers));
	struct curl_slist *more;
	enum zt_err err = text != NULL ? ZT_OK : ZT_ERR_MEMORY;

	t->headers = curl_slist_append(NULL, "Expect:");
	for (line = text != NULL ? strtok_r(text, "\n", &rest) : NULL; line != NULL && !err;
	     line = strtok_r(NULL, "\n", &rest)) {
		if ((more = curl_slist_append(t->headers, line)) == NULL)
			err = ZT_ERR_MEMORY;
		else
			t->headers = more;
	}
	free(text);
	return err;
}

static enum zt_err
prepare(struct transfer *t)
{
	const struct http_options *o = &t->h->options;
	enum zt_err err;

	curl_easy_reset(t->easy);
	if ((err = set_headers(t)))
		return err;
	(void)curl_easy_setopt(t->easy, CURLOPT_URL, t->x->url);
	(void)curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	(void)curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, take_answer);
	(void)curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	(void)curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	(void)curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
	(void)curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_LIMIT, 100L);
	(void)curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_TIME, 60L);
	(void)curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE, 256L * 1024);
	(void)curl_easy_setopt(t->easy, CURLOPT_UPLOAD_BUFFERSIZE, 512L * 1024);
	(void)curl_easy_setopt(t->easy, CURLOPT_TCP_NODELAY, 1L);
	(void)curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(t->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (o->is_near) /* nor by a proxy of the environment's */
		(void)curl_easy_setopt(t->easy, CURLOPT_NOPROXY, "*");
	if (o->ca_file != NULL)
		(void)curl_easy_setopt(t->easy, CURLOPT_CAINFO, o->ca_file);
	set_body(t);
	return ZT_OK;
}

static void
end(struct transfer *t)
{
	struct http *h = t->h;

	t->x->transfer = NULL;
	if (t->easy != NULL && h->idle_count < MAX_IDLE)
		h->idle[h->idle_count++] = t->easy;
	else
		curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	free(t);
}

enum zt_err
http_start(struct http *h, struct http_exchange *x)
{
	struct transfer *t = calloc(1, sizeof *t);
	enum zt_err err = ZT_ERR_MEMORY;

	if (t == NULL)
		return err;
	t->h = h;
	t->x = x;
	x->transfer = t;
	x->err = ZT_OK;
	x->status = 0;
	x->is_typed = x->is_sent = false;
	x->failure = "";
	t->easy = h->idle_count > 0 ? h->idle[--h->idle_count] : curl_easy_init();
	if (t->easy == NULL || (err = prepare(t)) ||
	    curl_multi_add_handle(loop_multi(h->loop), t->easy) != CURLM_OK) {
		end(t);
		return err ? err : ZT_ERR_MEMORY;
	}
	return ZT_OK;
}

void
http_cancel(struct http *h, struct http_exchange *x)
{
	struct transfer *t = x->transfer;

	if (t == NULL)
		return;
	(void)curl_multi_remove_handle(loop_multi(h->loop), t->easy);
	end(t);
}

static void
finish(struct http *h, CURL *easy, CURLcode code)
{
	struct transfer *t = NULL;
	struct http_exchange *x;
	long sent = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
	x = t->x;
	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &x->status);
	(void)curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent);
	x->is_sent = sent > 0;
	x->is_typed = is_typed(easy, x, x->status);
	if (code != CURLE_OK && !t->is_foreign) {
		x->failure = curl_easy_strerror(code);
		x->err = t->failed_write                    ? ZT_ERR_TOO_BIG
			 : code == CURLE_OPERATION_TIMEDOUT ? ZT_ERR_TIMEOUT
							    : ZT_ERR_NETWORK;
	}
	(void)curl_multi_remove_handle(loop_multi(h->loop), easy);
	end(t);
	x->done(x);
}

enum zt_err
http_turn(struct http *h, int wait_ms)
{
	enum zt_err err = loop_turn(h->loop, wait_ms);
	CURLMsg *m;
	int left = 0;

	while ((m = curl_multi_info_read(loop_multi(h->loop), &left)) != NULL)
		if (m->msg == CURLMSG_DONE)
			finish(h, m->easy_handle, m->data.result);
	return err;
}

void
http_wake(struct http *h)
{
	loop_wake(h->loop);
}
