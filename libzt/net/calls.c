#include "net/calls.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "base/utf8.h"
#include "crypto/suite.h"
#include "format/httpsig.h"
#include "format/limits.h"
#include "format/pb.h"
#include "net/loop.h"
#include "proto/rpc.pb-c.h"

enum { VALID_S = 60, TRIES = 4, MOST_IDLE = 16 };

struct calls_request {
	CURL *easy;
	struct curl_slist *headers;
	struct calls *c;
	enum route route;
	struct route_params params;
	const char *query;
	struct bytes body;
	struct buf *answer;
	struct calls_transfer *transfer; /* NULL for a single call */
	struct buf error_body;
	unsigned tries;
	size_t sent;
	bool failed_write;
};

struct calls {
	char *server, *ca_file;
	bool is_near; /* the server is this machine */
	struct id org, device;
	const struct sign_key *key;
	const char *operator_token;
	const char *(*translate)(const char *english);
	int64_t ahead_s; /* of this machine's clock: what a server said that refused for it */
	struct loop *loop;
	CURL *single;          /* of calls_run: it keeps its connection, or NULL */
	CURL *idle[MOST_IDLE]; /* of transfers, whose connections the loop keeps */
	size_t idle_count;
};

/* ---- whom to speak to ---- */

static bool
is_this_machine(const char *host)
{
	struct in_addr a;

	if (inet_pton(AF_INET, host, &a) == 1)
		return (ntohl(a.s_addr) >> 24) == IN_LOOPBACKNET;
	return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0;
}

/* Without TLS anybody on the network path reads */
static enum zt_err
check_server(const char *server, bool in_clear, bool *is_near)
{
	static const CURLUPart beside[] = { CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY,
		CURLUPART_FRAGMENT };
	CURLU *u = curl_url();
	char *scheme = NULL, *host = NULL, *text = NULL;
	enum zt_err err = ZT_ERR_INVALID;

	if (u == NULL)
		return ZT_ERR_MEMORY;
	if (curl_url_set(u, CURLUPART_URL, server, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		goto out;
	for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++)
		if (curl_url_get(u, beside[i], &text, 0) == CURLUE_OK)
			goto out;
	*is_near = is_this_machine(host);
	if (strcmp(scheme, "https") == 0)
		err = ZT_OK;
	else if (strcmp(scheme, "http") == 0)
		err = *is_near || in_clear ? ZT_OK : ZT_ERR_CLEAR;
out:
	curl_free(scheme);
	curl_free(host);
	curl_free(text);
	curl_url_cleanup(u);
	return err;
}

enum zt_err
calls_new(const struct calls_options *o, struct calls **out)
{
	struct calls *c;
	bool is_near = false;
	enum zt_err err = check_server(o->server, o->in_clear, &is_near);

	if (err)
		return err;
	if ((c = calloc(1, sizeof *c)) == NULL)
		return ZT_ERR_MEMORY;
	c->is_near = is_near;
	c->org = o->org;
	c->device = o->device;
	c->key = o->key;
	c->operator_token = o->operator_token;
	c->translate = o->translate;
	c->server = strdup(o->server);
	c->ca_file = o->ca_file != NULL ? strdup(o->ca_file) : NULL;
	if (c->server == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		err = ZT_ERR_MEMORY;
	else
		err = loop_new(&c->loop);
	if (err) {
		calls_free(c);
		return err;
	}
	*out = c;
	return ZT_OK;
}

void
calls_free(struct calls *c)
{
	if (c == NULL)
		return;
	curl_easy_cleanup(c->single);
	while (c->idle_count > 0)
		curl_easy_cleanup(c->idle[--c->idle_count]);
	loop_free(c->loop);
	free(c->server);
	free(c->ca_file);
	free(c);
}

const char *
calls_server(const struct calls *c)
{
	return c->server;
}

struct digest {
	const char *value;
};

static const char *
digest_field(const void *ctx, const char *name)
{
	return strcmp(name, "content-digest") == 0 ? ((const struct digest *)ctx)->value : NULL;
}

static enum zt_err
sign(const struct calls *c, enum route r, const char *target, const char *digest,
    struct buf *input, struct buf *signature)
{
	struct digest d = { digest };
	struct httpsig_message m = { .method = route_verb(route_row(r)->verb),
		.target = target,
		.authority = "",
		.field = digest_field,
		.ctx = &d };
	struct httpsig_params p = { .org = c->org,
		.device = c->device,
		.created_s = (uint64_t)(time(NULL) + c->ahead_s),
		.covers_digest = digest[0] != 0 };
	uint8_t nonce[HTTPSIG_NONCE / 2];

	suite_random(nonce, sizeof nonce);
	hex_print(nonce, sizeof nonce, p.nonce);
	p.expires_s = p.created_s + VALID_S;
	return httpsig_sign(&m, &p, c->key, input, signature);
}

enum zt_err
calls_sign(const struct calls *c, enum route r, const struct route_params *p,
    struct buf *target, struct buf *input, struct buf *signature)
{
	route_path(r, p, target);
	return sign(c, r, buf_text(target), "", input, signature);
}

static void
add_header(struct calls_request *q, const char *name, const char *value)
{
	struct buf line = buf_init(LIMIT_HEAD);

	buf_printf(&line, "%s: %s", name, value);
	q->headers = curl_slist_append(q->headers, buf_text(&line));
	buf_free(&line);
}

/* The headers of one try: each has its own signature. */
static enum zt_err
write_head(struct calls_request *q, const char *target)
{
	const struct route_row *row = route_row(q->route);
	struct buf digest = buf_init(256), input = buf_init(LIMIT_HEAD),
		   signature = buf_init(256);
	enum zt_err err = ZT_OK;

	curl_slist_free_all(q->headers);
	q->headers = curl_slist_append(NULL, "Expect:");
	q->headers = curl_slist_append(q->headers, "Content-Type: application/octet-stream");
	if (q->body.n > 0 && strstr(row->path, "{hash}") == NULL) {
		httpsig_digest(q->body, &digest);
		add_header(q, "Content-Digest", buf_text(&digest));
	}
	if (row->who == WHO_OPERATOR && q->c->operator_token != NULL) {
		struct buf bearer = buf_init(256);

		buf_printf(&bearer, "Bearer %s", q->c->operator_token);
		add_header(q, "Authorization", buf_text(&bearer));
		buf_free(&bearer);
	}
	if (row->who >= WHO_DEVICE && (err = sign(q->c, q->route, target, buf_text(&digest),
					   &input, &signature)) == ZT_OK) {
		add_header(q, "Signature-Input", buf_text(&input));
		add_header(q, "Signature", buf_text(&signature));
	}
	buf_free(&digest);
	buf_free(&input);
	buf_free(&signature);
	return err;
}

/* Whether an answer is the gateway's, by its content type. Something in between (a hotel's
 * login page, a proxy, another web server) answers with its own pages, also with 200. */
static bool
is_ours(const struct calls_request *q, long status)
{
	const char *type = NULL;

	(void)curl_easy_getinfo(q->easy, CURLINFO_CONTENT_TYPE, &type);
	return type != NULL && strcmp(type, status == 200 ? "application/octet-stream"
							  : "application/x-zt-error") == 0;
}

static size_t
take_answer(char *p, size_t size, size_t n, void *ctx)
{
	struct calls_request *q = ctx;
	long status = 0;
	struct buf *to;

	(void)size;
	(void)curl_easy_getinfo(q->easy, CURLINFO_RESPONSE_CODE, &status);
	if (!is_ours(q, status))
		return n; /* dropped, however long it is */
	to = status == 200 ? q->answer : &q->error_body;
	buf_add(to, bytes_of(p, n));
	q->failed_write = buf_err(to) != ZT_OK;
	return q->failed_write ? 0 : n;
}

static size_t
give_body(char *to, size_t size, size_t n, void *ctx)
{
	struct calls_request *q = ctx;
	size_t left = q->body.n - q->sent;

	n *= size;
	if (n > left)
		n = left;
	if (n > 0)
		memcpy(to, q->body.p + q->sent, n);
	q->sent += n;
	return n;
}

static int
rewind_body(void *ctx, curl_off_t offset, int origin)
{
	struct calls_request *q = ctx;

	if (origin != SEEK_SET || offset < 0 || (size_t)offset > q->body.n)
		return CURL_SEEKFUNC_FAIL;
	q->sent = (size_t)offset;
	return CURL_SEEKFUNC_OK;
}

static void
set_body(struct calls_request *q)
{
	const struct route_row *row = route_row(q->route);

	switch (row->verb) {
	case VERB_GET:
		(void)curl_easy_setopt(q->easy, CURLOPT_HTTPGET, 1L);
		return;
	case VERB_PUT:
		(void)curl_easy_setopt(q->easy, CURLOPT_UPLOAD, 1L);
		(void)curl_easy_setopt(q->easy, CURLOPT_READFUNCTION, give_body);
		(void)curl_easy_setopt(q->easy, CURLOPT_READDATA, q);
		(void)curl_easy_setopt(q->easy, CURLOPT_SEEKFUNCTION, rewind_body);
		(void)curl_easy_setopt(q->easy, CURLOPT_SEEKDATA, q);
		(void)curl_easy_setopt(
		    q->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)q->body.n);
		return;
	case VERB_POST:
	case VERB_DELETE:
		(void)curl_easy_setopt(q->easy, CURLOPT_POST, 1L);
		(void)curl_easy_setopt(q->easy, CURLOPT_POSTFIELDS,
		    q->body.p != NULL ? (const char *)q->body.p : "");
		(void)curl_easy_setopt(
		    q->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.n);
		if (row->verb == VERB_DELETE)
			(void)curl_easy_setopt(q->easy, CURLOPT_CUSTOMREQUEST, "DELETE");
		return;
	}
}

/* Makes the easy handle ready for the next try. */
static enum zt_err
prepare(struct calls_request *q)
{
	struct buf url = buf_init(2048), target = buf_init(LIMIT_TARGET);
	enum zt_err err;

	route_path(q->route, &q->params, &target);
	if (q->query != NULL)
		buf_printf(&target, "?%s", q->query);
	buf_printf(&url, "%s%s", q->c->server, buf_text(&target));
	q->sent = 0;
	q->answer->n = 0;
	buf_free(&q->error_body);
	curl_easy_reset(q->easy);
	if ((err = write_head(q, buf_text(&target))) == ZT_OK) {
		(void)curl_easy_setopt(q->easy, CURLOPT_URL, buf_text(&url));
		(void)curl_easy_setopt(q->easy, CURLOPT_HTTPHEADER, q->headers);
		(void)curl_easy_setopt(q->easy, CURLOPT_WRITEFUNCTION, take_answer);
		(void)curl_easy_setopt(q->easy, CURLOPT_WRITEDATA, q);
		(void)curl_easy_setopt(q->easy, CURLOPT_PRIVATE, q);
		(void)curl_easy_setopt(q->easy, CURLOPT_NOSIGNAL, 1L);
		(void)curl_easy_setopt(q->easy, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
		(void)curl_easy_setopt(q->easy, CURLOPT_LOW_SPEED_LIMIT, 100L);
		(void)curl_easy_setopt(q->easy, CURLOPT_LOW_SPEED_TIME, 60L);
		(void)curl_easy_setopt(q->easy, CURLOPT_BUFFERSIZE, 256L * 1024);
		(void)curl_easy_setopt(q->easy, CURLOPT_UPLOAD_BUFFERSIZE, 512L * 1024);
		(void)curl_easy_setopt(q->easy, CURLOPT_TCP_NODELAY, 1L);
		(void)curl_easy_setopt(q->easy, CURLOPT_PROTOCOLS_STR, "http,https");
		(void)curl_easy_setopt(
		    q->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
		if (q->c->is_near) /* nor by a proxy of the environment's */
			(void)curl_easy_setopt(q->easy, CURLOPT_NOPROXY, "*");
		if (q->c->ca_file != NULL)
			(void)curl_easy_setopt(q->easy, CURLOPT_CAINFO, q->c->ca_file);
		set_body(q);
	}
	buf_free(&url);
	buf_free(&target);
	return err;
}

static enum zt_err
transport_err(const struct calls_request *q, CURLcode code, char detail[200])
{
	(void)snprintf(detail, 200, "%s: %s", q->c->server, curl_easy_strerror(code));
	if (q->failed_write)
		return ZT_ERR_TOO_BIG;
	return code == CURLE_OPERATION_TIMEDOUT ? ZT_ERR_TIMEOUT : ZT_ERR_NETWORK;
}

static const char *words(const struct calls *c, const char *text)
    __attribute__((format_arg(2)));
static const char *
words(const struct calls *c, const char *text)
{
	return c->translate != NULL ? c->translate(text) : text;
}

void
calls_quote(const struct calls *c, const char *said, char detail[200])
{
	char text[400];

	if (said[0] == 0)
		return;
	(void)snprintf(text, sizeof text, words(c, "the server says: %.300s"), words(c, said));
	utf8_show_text(text, detail, 200);
}

/* A service that has just begun takes nothing that was signed before, and a clock may be a
 * little behind: the next signature is by the server's, as far as clocks may differ at all. */
static void
take_time(struct calls *c, enum zt_err err, uint64_t time_ms)
{
	int64_t ahead = (int64_t)(time_ms / 1000) + 1 - (int64_t)time(NULL);

	if (err == ZT_ERR_REPLAY && time_ms < (uint64_t)INT64_MAX && ahead > 0 &&
	    ahead <= LIMIT_CLOCK_MS / 1000)
		c->ahead_s = ahead;
}

/* Trying again can help: behind a login page the server may be there. */
static enum zt_err
not_ours(const struct calls_request *q, long status, char detail[200])
{
	if (status == 404 || status == 405 || (status >= 200 && status < 400))
		(void)snprintf(detail, 200,
		    words(q->c, "%.150s is not a zt server (a login page?)"), q->c->server);
	else
		(void)snprintf(
		    detail, 200, words(q->c, "%.150s answered %ld"), q->c->server, status);
	return ZT_ERR_NETWORK;
}

/* The error that the server named in its answer. */
static enum zt_err
service_err(const struct calls_request *q, long status, char detail[200])
{
	Zt__Answer *m = NULL;
	enum zt_err err;

	if (pb_decode(&zt__answer__descriptor, buf_bytes(&q->error_body), 4096, &m) == ZT_OK &&
	    m->error != 0) {
		err = err_from_number(m->error);
		take_time(q->c, err, m->time);
		detail[0] = 0;
		calls_quote(q->c, m->detail, detail);
	} else {
		err = not_ours(q, status, detail);
	}
	pb_free(m);
	return err;
}

static enum zt_err
outcome(const struct calls_request *q, CURLcode code, char detail[200])
{
	long status = 0;

	detail[0] = 0;
	if (code != CURLE_OK)
		return transport_err(q, code, detail);
	(void)curl_easy_getinfo(q->easy, CURLINFO_RESPONSE_CODE, &status);
	if (!is_ours(q, status))
		return not_ours(q, status, detail);
	return status == 200 ? ZT_OK : service_err(q, status, detail);
}

/* Whether to sign again and retry: transient errors only. Retries are short if the server is
 * unreachable: local work must go on. */
static bool
again(struct calls_request *q, enum zt_err err)
{
	static const struct timespec pause[] = { { 0, 30000000 }, { 0, 300000000 }, { 1, 0 } };
	bool heals = err == ZT_ERR_NETWORK || err == ZT_ERR_UNAVAILABLE ||
		     err == ZT_ERR_TIMEOUT || err == ZT_ERR_RATE || err == ZT_ERR_REPLAY ||
		     err == ZT_ERR_DATABASE;

	if (!heals || !route_row(q->route)->retry || q->tries >= TRIES)
		return false;
	(void)nanosleep(&pause[q->tries - 1], NULL);
	return true;
}

/* Never move an easy handle between easy and multi use: libcurl drops its connection when a
 * handle joins a multi loop. */
static CURL *
take_handle(struct calls *c)
{
	return c->idle_count > 0 ? c->idle[--c->idle_count] : curl_easy_init();
}

static void
end_request(struct calls_request *q)
{
	struct calls *c = q->c;

	if (q->transfer == NULL && c->single == NULL)
		c->single = q->easy;
	else if (q->transfer != NULL && q->easy != NULL && c->idle_count < MOST_IDLE)
		c->idle[c->idle_count++] = q->easy;
	else
		curl_easy_cleanup(q->easy);
	curl_slist_free_all(q->headers);
	buf_free(&q->error_body);
}

enum zt_err
calls_run(struct calls *c, enum route r, const struct route_params *p, const char *query,
    struct bytes body, struct buf *answer, char detail[200])
{
	struct calls_request q = { .c = c,
		.route = r,
		.params = *p,
		.query = query,
		.body = body,
		.answer = answer,
		.error_body = buf_init(4096) };
	enum zt_err err;

	detail[0] = 0;
	q.easy = c->single != NULL ? c->single : curl_easy_init();
	c->single = NULL; /* until its end */
	if (q.easy == NULL)
		return ZT_ERR_MEMORY;
	do {
		q.tries++;
		if ((err = prepare(&q)) == ZT_OK)
			err = outcome(&q, curl_easy_perform(q.easy), detail);
	} while (err != ZT_OK && again(&q, err));
	end_request(&q);
	return err;
}

enum zt_err
calls_start(struct calls *c, struct calls_transfer *t)
{
	struct calls_request *q = calloc(1, sizeof *q);
	enum zt_err err = ZT_ERR_MEMORY;

	if (q == NULL)
		return err;
	*q = (struct calls_request){ .c = c,
		.route = t->route,
		.params = t->params,
		.body = buf_bytes(&t->body),
		.answer = &t->answer,
		.transfer = t,
		.error_body = buf_init(4096),
		.tries = 1 };
	if ((q->easy = take_handle(c)) == NULL || (err = prepare(q)) ||
	    curl_multi_add_handle(loop_multi(c->loop), q->easy) != CURLM_OK) {
		end_request(q);
		free(q);
		return err;
	}
	t->request = q;
	return ZT_OK;
}

static void
finish(struct calls *c, CURL *easy, CURLcode code)
{
	struct calls_request *q = NULL;
	struct calls_transfer *t;

	(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&q);
	t = q->transfer;
	t->err = outcome(q, code, t->detail);
	(void)curl_multi_remove_handle(loop_multi(c->loop), easy);
	if (t->err != ZT_OK && again(q, t->err)) {
		q->tries++;
		if (prepare(q) == ZT_OK &&
		    curl_multi_add_handle(loop_multi(c->loop), easy) == CURLM_OK)
			return;
	}
	end_request(q);
	free(q);
	t->request = NULL;
	t->done(t);
}

static void
finish_ended(struct calls *c)
{
	CURLMsg *m;
	int left = 0;

	while ((m = curl_multi_info_read(loop_multi(c->loop), &left)) != NULL)
		if (m->msg == CURLMSG_DONE)
			finish(c, m->easy_handle, m->data.result);
}

enum zt_err
calls_turn(struct calls *c, int wait_ms)
{
	enum zt_err err = loop_turn(c->loop, wait_ms);

	finish_ended(c);
	return err;
}

void
calls_wake(struct calls *c)
{
	loop_wake(c->loop);
}
