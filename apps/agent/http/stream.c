/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* stream.c - a GET reads ahead of what the browser takes, a PUT writes behind what it gives;
 * each piece is a request of the connection's stream lane, so that what rpc checks is checked.
 */
#include "http/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/connection.h"
#include "agent/device.h"
#include "agent/lane.h"
#include "door/content.h"
#include "encode/encode.h"
#include "http/head.h"

enum {
	PIECE = 1024 * 1024, /* of a request */
	AHEAD = 4,           /* requests under way, and what is not sent yet */
	CHUNK = 64 * 1024,   /* for the socket at once: glue.c's, beyond which lws copies */
	JSON_ROOM = 256,
	SAY_MS = 200
};

struct stream {
	LIST_ENTRY(stream) link;
	struct connection *c;
	char ticket[MARK_TEXT], key[RPC_KEY_MAX], type[80];
	char *name; /* NULL: it is shown, not saved */
	uint64_t handle, size, used_ms;
	bool is_held;
	LIST_HEAD(, flow) flows;
};

/* Content that was read, on its way to the browser. */
struct piece {
	STAILQ_ENTRY(piece) link;
	uint8_t *bytes;
	size_t n, at;
};

/* An exchange. It outlives both its socket and its stream, until its requests are answered. */
struct flow {
	LIST_ENTRY(flow) link;
	struct lws *wsi;  /* NULL: the browser has gone */
	struct stream *s; /* NULL: the page has gone */
	bool writes, failed;
	unsigned asked; /* requests under way */
	/* GET: what is sent, what came, what is asked for, and their end. */
	bool is_begun, is_part;
	uint64_t at, came, next, end, said_ms;
	STAILQ_HEAD(, piece) read;
	size_t read_count;
	/* PUT: NEXT is where the piece that comes begins. */
	struct request *piece;
	size_t piece_n;
	uint64_t left; /* to be received */
	bool is_stopped;
	char *answer; /* the first refusal, or the last answer */
	size_t answer_n;
};

/* ---- streams ---- */

static void
stream_free(struct stream *s)
{
	struct flow *f;

	while ((f = LIST_FIRST(&s->flows)) != NULL) {
		LIST_REMOVE(f, link);
		f->s = NULL;
		if (f->wsi != NULL)
			lws_set_timeout(f->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	}
	LIST_REMOVE(s, link);
	explicit_bzero(s->ticket, sizeof s->ticket);
	free(s->name);
	free(s);
}

void
stream_forget(struct connection *c)
{
	struct stream *s, *next;

	for (s = LIST_FIRST(&c->given); s != NULL; s = next) {
		next = LIST_NEXT(s, link);
		stream_free(s);
	}
}

/* A place for one more: that of the one which was used longest ago. */
static bool
make_place(struct connection *c)
{
	struct stream *s, *oldest = NULL;
	unsigned count = 0;

	LIST_FOREACH(s, &c->given, link)
	{
		count++;
		if (LIST_EMPTY(&s->flows) && (oldest == NULL || s->used_ms <= oldest->used_ms))
			oldest = s;
	}
	if (count < STREAMS_MAX)
		return true;
	if (oldest != NULL)
		stream_free(oldest);
	return oldest != NULL;
}

static struct stream *
find(struct connection *c, const char *key, uint64_t handle)
{
	struct stream *s;

	LIST_FOREACH(s, &c->given, link)
	if (s->handle == handle && strcmp(s->key, key) == 0)
		return s;
	return NULL;
}

static struct stream *
make(struct connection *c, const struct stream_wish *w)
{
	struct stream *s = make_place(c) ? calloc(1, sizeof *s) : NULL;

	if (s == NULL)
		return NULL;
	if (w->name != NULL && (s->name = strdup(w->name)) == NULL) {
		free(s);
		return NULL;
	}
	s->c = c;
	s->handle = w->handle;
	s->size = w->size;
	(void)snprintf(s->key, sizeof s->key, "%s", w->key);
	(void)snprintf(s->type, sizeof s->type, "%s",
	    w->type != NULL && content_is_shown(w->type) ? w->type
							 : "application/octet-stream");
	mark_new(s->ticket);
	LIST_INSERT_HEAD(&c->given, s, link);
	return s;
}

static void ask_ahead(struct flow *f);

bool
stream_open(struct connection *c, const struct stream_wish *w, char *url, size_t size)
{
	struct stream *s = find(c, w->key, w->handle);
	struct flow *f;

	if (s == NULL && (s = make(c, w)) == NULL)
		return false;
	s->used_ms = agent_now_ms();
	s->is_held = w->is_held;
	LIST_FOREACH(f, &s->flows, link)
	ask_ahead(f);
	return snprintf(url, size, STREAM_PATH "%s", s->ticket) < (int)size;
}

/* The stream of TICKET, N bytes, and how many flows its connection has. */
static struct stream *
find_ticket(struct agent *a, const char *ticket, size_t n, unsigned *flows)
{
	struct stream *s, *found = NULL;
	struct connection *c;
	struct flow *f;

	LIST_FOREACH(c, &a->connections, link)
	LIST_FOREACH(s, &c->given, link)
	if (mark_is(s->ticket, ticket, n))
		found = s;
	*flows = 0;
	if (found != NULL)
		LIST_FOREACH(s, &found->c->given, link)
	LIST_FOREACH(f, &s->flows, link)
	++*flows;
	return found;
}

/* ---- requests ---- */

/* A request of METHOD at OFFSET, for SIZE bytes; or (0) with room for a piece. */
static struct request *
make_request(const struct flow *f, const char *method, uint64_t offset, size_t size)
{
	struct rpc_message head = { .kind = RPC_REQUEST, .row = rpc_find(method) };
	size_t room = JSON_ROOM + (size == 0 ? PIECE : 0);
	uint8_t *bytes = malloc(room);
	struct message_parts parts = { .json = (char *)bytes };

	if (bytes == NULL)
		return NULL;
	parts.json_n = (size_t)snprintf((char *)bytes, JSON_ROOM,
	    "{\"id\":0,\"method\":\"%s\",\"params\":{\"handle\":%" PRIu64
	    ",\"offset\":%" PRIu64,
	    method, f->s->handle, offset);
	if (size > 0)
		parts.json_n += (size_t)snprintf((char *)bytes + parts.json_n,
		    JSON_ROOM - parts.json_n, ",\"size\":%zu", size);
	parts.json_n +=
	    (size_t)snprintf((char *)bytes + parts.json_n, JSON_ROOM - parts.json_n, "}}");
	parts.content = bytes + JSON_ROOM;
	(void)snprintf(head.device, sizeof head.device, "%s", f->s->key);
	return request_new(&head, bytes, JSON_ROOM, &parts);
}
static void answered(struct flow *f, struct request *r);

/* Gives R, which it takes, to the lane. */
static void
ask(struct flow *f, struct request *r)
{
	f->asked++;
	r->flow = f;
	r->answered = answered;
	connection_begin(f->s->c, r); /* which may answer at once */
}

/* How much of F is read at once at AT: pieces end where blocks do, so that the first one behind
 * a jump waits for one block. */
static size_t
piece_size(const struct flow *f, uint64_t at)
{
	uint64_t n = PIECE - at % PIECE;

	return (size_t)(n < f->end - at ? n : f->end - at);
}

static void
ask_ahead(struct flow *f)
{
	while (!f->writes && !f->failed && f->s != NULL && !f->s->is_held && f->wsi != NULL &&
	       f->next < f->end && f->asked + f->read_count < AHEAD) {
		size_t n = piece_size(f, f->next);
		struct request *r = make_request(f, "reader.read", f->next, n);

		if (r == NULL) {
			f->failed = true;
			(void)lws_callback_on_writable(f->wsi);
			return;
		}
		f->next += n;
		ask(f, r);
	}
}

static void
flow_free(struct flow *f)
{
	struct piece *p;

	while ((p = STAILQ_FIRST(&f->read)) != NULL) {
		STAILQ_REMOVE_HEAD(&f->read, link);
		free(p->bytes);
		free(p);
	}
	if (f->piece != NULL) {
		f->piece->n += f->piece_n; /* what came so far is wiped as well */
		request_free(f->piece);
	}
	free(f->answer);
	free(f);
}

/* How far it is, to the page. */
static void
say(struct flow *f, bool ended)
{
	uint64_t now = agent_now_ms();
	json_t *event;
	size_t n = 0;
	char *text;

	if (f->s == NULL || f->s->name == NULL || (!ended && now - f->said_ms < SAY_MS))
		return;
	f->said_ms = now;
	event = json_pack("{s:s,s:n,s:o,s:{s:o,s:o,s:b}}", "event", "stream", "request",
	    "device", encode_text(f->s->key), "data", "handle", encode_number(f->s->handle),
	    "done", encode_number(f->at), "ended", ended);
	text = event != NULL ? encode_json(event, &n) : NULL;
	if (text != NULL)
		connection_send(f->s->c, out_new(text, n, NULL, 0));
	free(text);
	json_decref(event);
}

void
stream_gone(struct flow **slot)
{
	struct flow *f = *slot;

	*slot = NULL;
	if (f == NULL)
		return;
	say(f, true);
	if (f->s != NULL) {
		f->s->used_ms = agent_now_ms();
		LIST_REMOVE(f, link);
		if (f->asked > 0)
			connection_cancel(f->s->c, f);
		f->s = NULL;
	}
	f->wsi = NULL;
	if (f->asked == 0)
		flow_free(f);
}

/* ---- reading ---- */

static bool
take_read(struct flow *f, struct request *r)
{
	size_t wanted = piece_size(f, f->came);
	struct piece *p;

	/* Not as many bytes as were asked for: the file is not as long as its page said. */
	if (r->answer.content == NULL || r->answer.content_n != wanted ||
	    (p = malloc(sizeof *p)) == NULL)
		return false;
	f->came += wanted;
	*p = (struct piece){ .bytes = r->answer.content, .n = r->answer.content_n };
	r->answer.content = NULL;
	STAILQ_INSERT_TAIL(&f->read, p, link);
	f->read_count++;
	return true;
}

static int
send_read_head(struct flow *f)
{
	char range[80], name[CONTENT_DISPOSITION];
	struct head h;

	if (f->failed && f->read_count == 0)
		return head_refuse(f->wsi, HTTP_STATUS_NOT_FOUND);
	head_begin(&h, f->wsi, f->is_part ? HTTP_STATUS_PARTIAL_CONTENT : HTTP_STATUS_OK);
	head_add(&h, "content-type:", f->s->type);
	head_add(&h, "cache-control:", "no-store");
	head_add(&h, "accept-ranges:", "bytes");
	/* Beside the page's policy: what is opened as a page by itself has no origin. */
	head_add(&h, "content-security-policy:", "default-src 'none'; sandbox");
	if (f->is_part) {
		(void)snprintf(range, sizeof range, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64,
		    f->at, f->end - 1, f->s->size);
		head_add(&h, "content-range:", range);
	}
	if (f->s->name != NULL) {
		content_disposition(f->s->name, name);
		head_add(&h, "content-disposition:", name);
	}
	f->is_begun = true;
	return head_end(&h, f->end - f->at) ? 0 : -1;
}

static int
send_some(struct flow *f)
{
	struct piece *p = STAILQ_FIRST(&f->read);
	size_t n = p->n - p->at < CHUNK ? p->n - p->at : CHUNK;
	bool is_last = f->at + n >= f->end;

	if (n > f->end - f->at) /* not as many were asked for */
		return -1;
	if (lws_write(f->wsi, p->bytes + p->at, n,
		is_last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < (int)n)
		return -1;
	p->at += n;
	f->at += n;
	if (p->at == p->n) {
		STAILQ_REMOVE_HEAD(&f->read, link);
		f->read_count--;
		free(p->bytes);
		free(p);
	}
	return 0;
}

/* The answer is sent. */
static int
completed(struct flow **slot)
{
	struct lws *wsi = (*slot)->wsi;

	stream_gone(slot);
	return head_completed(wsi);
}

static int
write_read(struct flow **slot)
{
	struct flow *f = *slot;

	if (!f->is_begun) {
		if (f->read_count == 0 && !f->failed && f->at < f->end)
			return 0;
		if (send_read_head(f) != 0)
			return -1;
	} else if (f->read_count > 0) {
		if (send_some(f) != 0)
			return -1;
		say(f, false);
	} else if (f->failed) {
		return -1; /* the browser sees that it is cut off */
	}
	if (f->at == f->end)
		return completed(slot);
	ask_ahead(f);
	if (f->read_count > 0 || f->failed)
		(void)lws_callback_on_writable(f->wsi);
	return 0;
}

/* ---- writing ---- */

/* Reads what comes, or not, by how much is under way. */
static void
flow_control(struct flow *f)
{
	bool is_stopped = f->asked >= AHEAD;

	if (f->wsi == NULL || is_stopped == f->is_stopped)
		return;
	f->is_stopped = is_stopped;
	(void)lws_rx_flow_control(f->wsi, is_stopped ? LWS_RXFLOW_REASON_APPLIES_DISABLE |
							   LWS_RXFLOW_REASON_USER_BOOL |
							   LWS_RXFLOW_REASON_FLAG_PROCESS_NOW
						     : 1);
}

static void
take_wrote(struct flow *f, struct request *r)
{
	bool refused = r->answer.json == NULL ||
		       memmem(r->answer.json, r->answer.n, "\"error\":", 8) != NULL;

	if (f->failed)
		return;
	f->failed = refused;
	free(f->answer);
	f->answer = r->answer.json;
	f->answer_n = r->answer.n;
	r->answer.json = NULL;
}

/* The piece is whole, or the body is. */
static void
give_piece(struct flow *f)
{
	struct request *r = f->piece;

	if (r == NULL)
		return;
	f->piece = NULL;
	r->parts.content_n = f->piece_n;
	r->n += f->piece_n;
	f->next += f->piece_n;
	f->piece_n = 0;
	if (f->failed || f->s == NULL)
		request_free(r); /* the rest is received, and dropped */
	else
		ask(f, r);
}

int
stream_body(struct flow *f, const void *in, size_t n)
{
	const uint8_t *at = in;

	if (f == NULL || !f->writes || f->s == NULL || n > f->left)
		return -1;
	f->left -= n;
	while (n > 0) {
		size_t some = PIECE - f->piece_n < n ? PIECE - f->piece_n : n;

		if (f->piece == NULL &&
		    (f->piece = make_request(f, "writer.write", f->next, 0)) == NULL)
			return -1;
		memcpy(f->piece->bytes + JSON_ROOM + f->piece_n, at, some);
		f->piece_n += some;
		at += some;
		n -= some;
		if (f->piece_n == PIECE)
			give_piece(f);
	}
	flow_control(f);
	lws_set_timeout(f->wsi, NO_PENDING_TIMEOUT, 0);
	return 0;
}

/* Whether all was received, and all of it is written. */
static bool
is_written(const struct flow *f)
{
	return f->writes && f->left == 0 && f->piece == NULL && f->asked == 0;
}

int
stream_body_end(struct flow *f)
{
	if (f == NULL || !f->writes || f->left > 0)
		return f == NULL ? 0 : -1;
	give_piece(f);
	(void)lws_callback_on_writable(f->wsi);
	return 0;
}

static int
write_wrote(struct flow **slot)
{
	struct flow *f = *slot;
	struct head h;

	if (!is_written(f))
		return 0;
	if (f->answer == NULL)
		return -1;
	if (f->is_begun) {
		uint8_t bytes[LWS_PRE + 2048];
		size_t n = f->answer_n < 2048 ? f->answer_n : 0;

		memcpy(bytes + LWS_PRE, f->answer, n);
		if (n == 0 ||
		    lws_write(f->wsi, bytes + LWS_PRE, n, LWS_WRITE_HTTP_FINAL) < (int)n)
			return -1;
		return completed(slot);
	}
	head_begin(&h, f->wsi, HTTP_STATUS_OK);
	head_add(&h, "content-type:", "application/json");
	head_add(&h, "cache-control:", "no-store");
	f->is_begun = true;
	if (!head_end(&h, f->answer_n))
		return -1;
	(void)lws_callback_on_writable(f->wsi);
	return 0;
}

/* ---- exchanges ---- */

/* R, which F asked for, was answered; the caller frees it. */
static void
answered(struct flow *f, struct request *r)
{
	f->asked--;
	if (f->wsi == NULL) {
		if (f->asked == 0)
			flow_free(f);
		return;
	}
	if (f->writes) {
		take_wrote(f, r);
		flow_control(f);
	} else if (!take_read(f, r)) {
		f->failed = true;
	}
	(void)lws_callback_on_writable(f->wsi);
}

int
stream_writable(struct flow **slot)
{
	if ((*slot)->s == NULL)
		return -1;
	return (*slot)->writes ? write_wrote(slot) : write_read(slot);
}

/* A number in the header TOKEN, or in the address, as TEXT. */
static bool
read_number(const char *text, uint64_t *out)
{
	char *end;

	if (text == NULL || text[0] < '0' || text[0] > '9' || strlen(text) > 18)
		return false;
	*out = strtoull(text, &end, 10);
	return *end == 0;
}

static int
begin_get(struct flow *f, struct lws *wsi)
{
	char range[128];
	enum content_range how =
	    content_range(head_get(wsi, WSI_TOKEN_HTTP_RANGE, range, sizeof range), f->s->size,
		&f->at, &f->end);

	if (how == CONTENT_OUTSIDE)
		return head_refuse(wsi, HTTP_STATUS_REQ_RANGE_NOT_SATISFIABLE);
	f->is_part = how == CONTENT_PART;
	f->next = f->came = f->at;
	ask_ahead(f);
	if (f->at == f->end)
		(void)lws_callback_on_writable(wsi);
	return 0;
}

static int
begin_put(struct flow *f, struct lws *wsi)
{
	char length[32], place[64];

	f->writes = true;
	if (!read_number(head_get(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, length, sizeof length),
		&f->left) ||
	    f->left == 0 ||
	    !read_number(lws_get_urlarg_by_name(wsi, "offset=", place, sizeof place), &f->next))
		return head_refuse(wsi, HTTP_STATUS_BAD_REQUEST);
	return 0;
}

int
stream_head(struct agent *a, struct lws *wsi, struct flow **slot, const char *path)
{
	const char *ticket = path + strlen(STREAM_PATH);
	bool puts = lws_hdr_total_length(wsi, WSI_TOKEN_PUT_URI) > 0;
	unsigned flows;
	struct stream *s = find_ticket(a, ticket, strcspn(ticket, "/"), &flows);
	struct flow *f;
	int rc;

	if (s == NULL)
		return head_refuse(wsi, HTTP_STATUS_NOT_FOUND);
	if (flows >= STREAM_FLOWS_MAX || (f = calloc(1, sizeof *f)) == NULL)
		return head_refuse(wsi, HTTP_STATUS_SERVICE_UNAVAILABLE);
	f->s = s;
	f->wsi = wsi;
	STAILQ_INIT(&f->read);
	LIST_INSERT_HEAD(&s->flows, f, link);
	*slot = f;
	/* It is as slow as the servers and the person are: it ends with its connection. */
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	if ((rc = puts ? begin_put(f, wsi) : begin_get(f, wsi)) != 0)
		stream_gone(slot);
	return rc;
}
