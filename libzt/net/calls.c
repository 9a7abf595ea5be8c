/* SPDX-License-Identifier: Apache-2.0 */
#include "net/calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/stop.h"
#include "base/utf8.h"
#include "crypto/suite.h"
#include "format/event.h"
#include "format/httpsig.h"
#include "format/limits.h"
#include "format/pb.h"
#include "port/clock.h"
#include "port/http.h"
#include "proto/rpc.pb-c.h"

enum { VALID_S = 60, TURN_MS = 1000 };
/* Tries of a call, and of a transfer whose server answered something RECENT_MS ago or less: one
 * that is begun again is waited for, eleven seconds in all. */
enum { TRIES = 4, PATIENT_TRIES = 7, RECENT_MS = 5000 };

/* One call and its tries, each an exchange with its own signature. */
struct calls_request {
	struct calls *c;
	struct calls_request *next; /* among those that wait for their next try */
	uint64_t due_ms;            /* the steady clock, for the next try */
	enum route route;
	struct route_params params;
	const char *query;
	struct bytes body;
	struct buf *answer;
	struct calls_transfer *transfer; /* NULL for a single call */
	struct http *http;
	struct http_exchange x;
	struct buf url, headers, refusal;
	unsigned tries, max_tries;
	bool may_be_done; /* a try was sent, and no service answered it */
	enum zt_err err;  /* once it IS_DONE */
	bool is_done;
	char *detail; /* 200 */
};

struct calls {
	char *server, *ca_file;
	bool is_near; /* the server is this machine */
	struct id org, device;
	const struct sign_key *key;
	const char *operator_token;
	const char *(*translate)(const char *english);
	int64_t ahead_s; /* of this machine's clock: what a server said that refused for it */
	struct http *several; /* of transfers */
	struct http
	    *single; /* of calls_run, which may be called while transfers are under way */
	struct calls_request *waiting;
	uint64_t answered_ms; /* the steady clock: when the server last did */
	const int *stop;      /* or NULL */
};

/* ---- whom to speak to ---- */

/* HOST without its port, and without the brackets of an IPv6 address: 127.0.0.0/8, ::1 or
 * localhost. */
static bool
is_this_machine(const char *host)
{
	unsigned part[4];
	int used = 0;

	if (sscanf(host, "%3u.%3u.%3u.%3u%n", &part[0], &part[1], &part[2], &part[3], &used) ==
		4 &&
	    host[used] == 0 && strspn(host, "0123456789.") == strlen(host))
		return part[0] == 127 && part[1] < 256 && part[2] < 256 && part[3] < 256;
	return strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0;
}

/* Splits SCHEME://HOST[:PORT][/], and nothing else: HOST is appended to OUT. */
static enum zt_err
read_server(const char *server, bool *is_tls, struct buf *out)
{
	const char *host, *end, *port;

	if (strncasecmp(server, "https://", 8) == 0)
		*is_tls = true;
	else if (strncasecmp(server, "http://", 7) == 0)
		*is_tls = false;
	else
		return ZT_ERR_INVALID;
	host = server + (*is_tls ? 8 : 7);
	if (*host == '[') {
		host++;
		end = host + strspn(host, "0123456789abcdefABCDEF:.");
		if (*end != ']')
			return ZT_ERR_INVALID;
		port = end + 1;
	} else {
		end = host + strcspn(host, "/:?#@[]%\\ \t\r\n");
		port = end;
	}
	if (end == host)
		return ZT_ERR_INVALID;
	if (*port == ':') {
		size_t digits = strspn(port + 1, "0123456789");

		if (digits == 0 || digits > 5 || strtoul(port + 1, NULL, 10) > 65535)
			return ZT_ERR_INVALID;
		port += 1 + digits;
	}
	if (*port == '/')
		port++;
	if (*port != 0)
		return ZT_ERR_INVALID;
	buf_add(out, bytes_of(host, (size_t)(end - host)));
	return buf_err(out);
}

enum zt_err
calls_check_server(const char *server, bool in_clear, bool *is_near)
{
	struct buf host = buf_init(256);
	bool is_tls = false;
	enum zt_err err = read_server(server, &is_tls, &host);

	if (err == ZT_OK) {
		*is_near = is_this_machine(buf_text(&host));
		if (!is_tls && !*is_near && !in_clear)
			err = ZT_ERR_CLEAR;
	}
	buf_free(&host);
	return err == ZT_ERR_TOO_BIG ? ZT_ERR_INVALID : err;
}

enum zt_err
calls_new(const struct calls_options *o, struct calls **out)
{
	struct calls *c;
	bool is_near = false;
	enum zt_err err = calls_check_server(o->server, o->in_clear, &is_near);

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
	c->stop = o->stop;
	c->server = strdup(o->server);
	c->ca_file = o->ca_file != NULL ? strdup(o->ca_file) : NULL;
	if (c->server == NULL || (o->ca_file != NULL && c->ca_file == NULL))
		err = ZT_ERR_MEMORY;
	else if ((err = http_new(&(struct http_options){ c->ca_file, is_near }, &c->single)) ==
		 ZT_OK)
		err = http_new(&(struct http_options){ c->ca_file, is_near }, &c->several);
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
	http_free(c->single);
	http_free(c->several);
	free(c->server);
	free(c->ca_file);
	free(c);
}

void
calls_heed(struct calls *c, const int *stop)
{
	c->stop = stop;
}

const int *
calls_stop(const struct calls *c)
{
	return c->stop;
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
		.created_s = (uint64_t)((int64_t)(port_wall_ms() / 1000) + c->ahead_s),
		.covers_digest = digest[0] != 0 };
	uint8_t nonce[HTTPSIG_NONCE / 2];

	random_bytes(nonce, sizeof nonce);
	hex_print(nonce, sizeof nonce, p.nonce);
	p.expires_s = p.created_s + VALID_S;
	return httpsig_sign(&m, &p, c->key, input, signature);
}

enum zt_err
calls_sign_events(const struct calls *c, struct buf *out)
{
	struct buf target = buf_init(LIMIT_TARGET), input = buf_init(LIMIT_HEAD),
		   signature = buf_init(256);
	struct route_params p = { .org = c->org };
	enum zt_err err;

	route_path(ROUTE_EVENTS, &p, &target);
	err = sign(c, ROUTE_EVENTS, buf_text(&target), "", &input, &signature);
	if (err == ZT_OK)
		event_first_write(buf_text(&input), buf_text(&signature), out);
	buf_free(&target);
	buf_free(&input);
	buf_free(&signature);
	return err ? err : buf_err(out);
}

/* The headers of one try: each has its own signature. */
static enum zt_err
write_head(struct calls_request *q, const char *target)
{
	const struct route_row *row = route_row(q->route);
	struct buf digest = buf_init(256), input = buf_init(LIMIT_HEAD),
		   signature = buf_init(256), *h = &q->headers;
	enum zt_err err = ZT_OK;

	buf_empty(h);
	buf_add_text(h, "Content-Type: application/octet-stream\n");
	if (q->body.n > 0 && strstr(row->path, "{hash}") == NULL) {
		httpsig_digest(q->body, &digest);
		buf_printf(h, "Content-Digest: %s\n", buf_text(&digest));
	}
	if (row->who == WHO_OPERATOR && q->c->operator_token != NULL)
		buf_printf(h, "Authorization: Bearer %s\n", q->c->operator_token);
	if (row->who >= WHO_DEVICE && (err = sign(q->c, q->route, target, buf_text(&digest),
					   &input, &signature)) == ZT_OK)
		buf_printf(h, "Signature-Input: %s\nSignature: %s\n", buf_text(&input),
		    buf_text(&signature));
	buf_free(&digest);
	buf_free(&input);
	buf_free(&signature);
	return err ? err : buf_err(h);
}

static void on_done(struct http_exchange *x);

/* Starts the next try. */
static enum zt_err
try_it(struct calls_request *q)
{
	struct buf target = buf_init(LIMIT_TARGET);
	enum zt_err err;

	q->tries++;
	route_path(q->route, &q->params, &target);
	if (q->query != NULL)
		buf_printf(&target, "?%s", q->query);
	buf_empty(&q->url);
	buf_printf(&q->url, "%s%s", q->c->server, buf_text(&target));
	buf_empty(q->answer);
	buf_empty(&q->refusal);
	q->x = (struct http_exchange){ .method = route_verb(route_row(q->route)->verb),
		.url = buf_text(&q->url),
		.headers = &q->headers,
		.body = q->body,
		.answer_type = "application/octet-stream",
		.answer = q->answer,
		.refusal_type = "application/x-zt-error",
		.refusal = &q->refusal,
		.done = on_done,
		.ctx = q };
	if ((err = buf_err(&q->url)) == ZT_OK &&
	    (err = write_head(q, buf_text(&target))) == ZT_OK)
		err = http_start(q->http, &q->x);
	buf_free(&target);
	return err;
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
	int64_t ahead = (int64_t)(time_ms / 1000) + 1 - (int64_t)(port_wall_ms() / 1000);

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

	if (pb_decode(&zt__answer__descriptor, buf_bytes(&q->refusal), 4096, &m) == ZT_OK &&
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
outcome(const struct calls_request *q, char detail[200])
{
	const struct http_exchange *x = &q->x;

	detail[0] = 0;
	if (x->err) {
		(void)snprintf(detail, 200, "%s: %s", q->c->server, x->failure);
		return x->err;
	}
	/* Something in between (a hotel's login page, a proxy, another web server) answers with
	 * its own pages, also with 200. */
	if (!x->is_typed)
		return not_ours(q, x->status, detail);
	return x->status == 200 ? ZT_OK : service_err(q, x->status, detail);
}

/* Whether the service may have executed this try, though it did not answer. The gateway says
 * UNAVAILABLE only of what it has not passed on. */
static bool
is_uncertain(const struct calls_request *q, enum zt_err err)
{
	if (q->x.err)
		return q->x.is_sent;
	return err == ZT_ERR_TIMEOUT || (err == ZT_ERR_NETWORK && q->x.status >= 500);
}

static void
say_uncertain(const struct calls_request *q, enum zt_err err)
{
	char said[111]; /* whole characters, with room for what follows */

	if (!q->may_be_done || !route_row(q->route)->act)
		return;
	utf8_show_text(
	    q->detail[0] != 0 ? q->detail : words(q->c, err_text(err)), said, sizeof said);
	(void)snprintf(q->detail, 200,
	    words(
		q->c, "%.110s; it may have been done all the same: look before you repeat it"),
	    said);
}

/* Whether an error may pass by itself. */
static bool
is_transient(enum zt_err err)
{
	return err == ZT_ERR_NETWORK || err == ZT_ERR_UNAVAILABLE || err == ZT_ERR_TIMEOUT ||
	       err == ZT_ERR_RATE || err == ZT_ERR_REPLAY || err == ZT_ERR_DATABASE;
}

/* Whether to sign again and retry, and when: transient errors only. Retries are short if the
 * server is unreachable from the start: local work must go on. */
static bool
again(struct calls_request *q, enum zt_err err)
{
	static const unsigned pause_ms[PATIENT_TRIES - 1] = { 30, 300, 1000, 2000, 3000, 5000 };
	uint64_t now = port_steady_ms();

	if (q->tries == 1)
		q->max_tries = q->transfer != NULL && now - q->c->answered_ms <= RECENT_MS
				   ? PATIENT_TRIES
				   : TRIES;
	if (!is_transient(err) || !route_row(q->route)->retry || q->tries >= q->max_tries)
		return false;
	q->due_ms = now + pause_ms[q->tries - 1];
	q->next = q->c->waiting;
	q->c->waiting = q;
	return true;
}

static void
finish(struct calls_request *q, enum zt_err err)
{
	struct calls_transfer *t = q->transfer;

	buf_free(&q->url);
	buf_free(&q->headers);
	buf_free(&q->refusal);
	q->err = err;
	q->is_done = true;
	if (t == NULL)
		return;
	free(q); /* NOLINT(clang-analyzer-unix.Malloc): calls_start made it */
	t->request = NULL;
	t->err = err;
	t->done(t);
}

static void
on_done(struct http_exchange *x)
{
	struct calls_request *q = x->ctx;
	enum zt_err err = outcome(q, q->detail);

	if (!is_transient(err))
		q->c->answered_ms = port_steady_ms();
	q->may_be_done |= err && is_uncertain(q, err);
	if (err && again(q, err))
		return;
	if (is_transient(err))
		say_uncertain(q, err);
	finish(q, err);
}

/* Starts those tries that are due. Returns the milliseconds until the next, WAIT_MS at most. */
static int
start_due(struct calls *c, const struct http *of, int wait_ms)
{
	uint64_t now = port_steady_ms();
	struct calls_request **at = &c->waiting, *q, *due = NULL;

	while ((q = *at) != NULL) {
		if (q->http == of && q->due_ms <= now) {
			*at = q->next;
			q->next = due;
			due = q;
			continue;
		}
		if (q->http == of && q->due_ms - now < (uint64_t)wait_ms)
			wait_ms = (int)(q->due_ms - now);
		at = &q->next;
	}
	while ((q = due) != NULL) { /* what ends may call back, which may call this again */
		enum zt_err err;

		due = q->next;
		wait_ms = 0;
		if ((err = try_it(q)))
			finish(q, err);
	}
	return wait_ms;
}

static void
wait_no_more(struct calls_request *q)
{
	struct calls_request **at = &q->c->waiting;

	while (*at != NULL && *at != q)
		at = &(*at)->next;
	if (*at != NULL)
		*at = q->next;
}

static void
begin(struct calls_request *q, struct calls *c, enum route r, const struct route_params *p)
{
	q->c = c;
	q->route = r;
	q->params = *p;
	q->url = buf_init(2048 + LIMIT_TARGET);
	q->headers = buf_init(4 * LIMIT_HEAD);
	q->refusal = buf_init(4096);
}

enum zt_err
calls_run(struct calls *c, enum route r, const struct route_params *p, const char *query,
    struct bytes body, struct buf *answer, char detail[200])
{
	struct calls_request q = { .query = query,
		.body = body,
		.answer = answer,
		.http = c->single,
		.detail = detail };
	enum zt_err err;

	detail[0] = 0;
	begin(&q, c, r, p);
	if ((err = stop_is_set(c->stop) ? ZT_ERR_INTERRUPTED : try_it(&q)))
		finish(&q, err);
	while (!q.is_done) {
		int wait_ms = start_due(c, c->single, stop_wait(c->stop, TURN_MS));

		if (!q.is_done)
			err = http_turn(c->single, wait_ms);
		if (err == ZT_OK && stop_is_set(c->stop))
			err = ZT_ERR_INTERRUPTED;
		if (err && !q.is_done) {
			http_cancel(c->single, &q.x);
			wait_no_more(&q);
			finish(&q, err);
		}
	}
	return q.err;
}

enum zt_err
calls_start(struct calls *c, struct calls_transfer *t)
{
	struct calls_request *q = calloc(1, sizeof *q);
	enum zt_err err = ZT_ERR_MEMORY;

	if (q == NULL)
		return err;
	*q = (struct calls_request){ .body = buf_bytes(&t->body),
		.answer = &t->answer,
		.transfer = t,
		.http = c->several,
		.detail = t->detail };
	begin(q, c, t->route, &t->params);
	if ((err = try_it(q))) {
		q->transfer = NULL; /* DONE is for what was started */
		finish(q, err);
		free(q);
		return err;
	}
	t->request = q;
	return ZT_OK;
}

enum zt_err
calls_settle(struct calls *c, int wait_ms)
{
	return http_turn(c->several, start_due(c, c->several, wait_ms));
}

enum zt_err
calls_turn(struct calls *c, int wait_ms)
{
	enum zt_err err =
	    calls_settle(c, stop_is_set(c->stop) ? 0 : stop_wait(c->stop, wait_ms));

	return err == ZT_OK && stop_is_set(c->stop) ? ZT_ERR_INTERRUPTED : err;
}

void
calls_cancel(struct calls *c, struct calls_transfer *t)
{
	struct calls_request *q = t->request;

	if (q == NULL)
		return;
	http_cancel(c->several, &q->x);
	wait_no_more(q);
	finish(q, ZT_ERR_INTERRUPTED);
}

void
calls_wake(struct calls *c)
{
	http_wake(c->several);
}
