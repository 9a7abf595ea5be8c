/* SPDX-License-Identifier: Apache-2.0 */
#include "net/events.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "format/limits.h"

/* Ping after ASK_AFTER_S without traffic; drop the connection after GIVE_UP_AFTER_S. NATs and
 * proxies forget idle connections silently, mostly after a minute; without pings the client
 * would wait without an end. */
enum { ASK_AFTER_S = 25, GIVE_UP_AFTER_S = 35 };

/* A server that refuses a connection closes it with this code and the number of its error. */
enum { REFUSED = 4000 };

enum { TURN_MS = 250, PAUSE_FIRST_MS = 250, PAUSE_MAX_MS = 10000 };

struct watch {
	const struct events_options *o;
	struct lws *wsi; /* NULL: no line */
	struct buf target, message;
	char host[256];
	int port;
	bool tls, is_signed, is_up, is_full;
	char said[128];    /* why it is full */
	unsigned received; /* events, or what should be */
};

static void
take_event(struct watch *w)
{
	struct event e;

	w->received++;
	if (w->message.n == 0) { /* the empty frame: the server listens for us */
		w->is_up = true;
		w->o->ready(w->o->ctx);
	} else if (event_read(buf_bytes(&w->message), &e) == ZT_OK) {
		w->o->event(w->o->ctx, &e);
	}
	buf_empty(&w->message);
}

/* Signs the request that opened the line: the first message. */
static enum zt_err
write_first(const struct watch *w, struct buf *out)
{
	uint8_t room[LWS_PRE] = { 0 };
	enum zt_err err;

	buf_add(out, bytes_of(room, sizeof room));
	err = calls_sign_events(w->o->calls, out);
	return err ? err : buf_err(out);
}

static int
say_first(struct watch *w, struct lws *wsi)
{
	struct buf b = buf_init(LWS_PRE + EVENT_FIRST_MAX);
	bool is_said;

	if (w->is_signed)
		return 0;
	is_said = write_first(w, &b) == ZT_OK && lws_write(wsi, b.p + LWS_PRE, b.n - LWS_PRE,
						     LWS_WRITE_TEXT) == (int)(b.n - LWS_PRE);
	w->is_signed = true;
	buf_free(&b);
	return is_said ? 0 : -1;
}

static int
receive(struct watch *w, struct lws *wsi, const void *p, size_t n)
{
	buf_add(&w->message, bytes_of(p, n));
	if (buf_err(&w->message))
		return -1; /* larger than any event */
	if (lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0)
		take_event(w);
	return 0;
}

/* The server closes the line: a code, and perhaps a sentence. */
static void
take_close(struct watch *w, const uint8_t *p, size_t n)
{
	if (n < 2 || (p[0] << 8 | p[1]) != REFUSED + (int)ZT_ERR_LIMIT)
		return; /* LOST asks why */
	w->is_full = true;
	(void)snprintf(w->said, sizeof w->said, "%.*s", (int)n - 2, (const char *)p + 2);
}

static int
callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	struct watch *w = lws_context_user(lws_get_context(wsi));

	(void)user;
	switch ((int)reason) {
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		return lws_callback_on_writable(wsi) < 0 ? -1 : 0;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return say_first(w, wsi);
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return receive(w, wsi, in, n);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		take_close(w, in, n);
		return 0;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
	case LWS_CALLBACK_CLIENT_CLOSED:
		w->wsi = NULL;
		return 0;
	default:
		return 0;
	}
}

static const struct lws_protocols *
protocols(void)
{
	static const struct lws_protocols list[] = {
		{ .name = "zt-events", .callback = callback, .rx_buffer_size = 4096 },
		{ 0 },
	};

	return list;
}

/* http://HOST:PORT or https://HOST[:PORT] into its parts. */
static enum zt_err
read_server(struct watch *w)
{
	const char *url = calls_server(w->o->calls), *at = strstr(url, "://"), *colon;
	size_t n;

	if (at == NULL)
		return ZT_ERR_INVALID;
	w->tls = strncmp(url, "https", 5) == 0;
	w->port = w->tls ? 443 : 80;
	at += 3;
	n = strcspn(at, "/");
	if ((colon = memrchr(at, ':', n)) != NULL && colon[1] != ']') {
		w->port = atoi(colon + 1);
		n = (size_t)(colon - at);
	}
	if (n == 0 || n >= sizeof w->host || w->port <= 0 || w->port > 65535)
		return ZT_ERR_INVALID;
	memcpy(w->host, at, n);
	w->host[n] = 0;
	return ZT_OK;
}

static void
dial(struct watch *w, struct lws_context *lws)
{
	static const struct lws_retry_bo patience = { .secs_since_valid_ping = ASK_AFTER_S,
		.secs_since_valid_hangup = GIVE_UP_AFTER_S };
	struct lws_client_connect_info info = { 0 };
	struct route_params p = { .org = w->o->org };

	buf_empty(&w->target);
	buf_empty(&w->message);
	route_path(ROUTE_EVENTS, &p, &w->target);
	w->is_up = w->is_signed = false;
	info.context = lws;
	info.address = info.host = info.origin = w->host;
	info.port = w->port;
	info.path = buf_text(&w->target);
	info.protocol = "zt-events";
	info.ssl_connection = w->tls ? LCCSCF_USE_SSL : 0;
	info.pwsi = &w->wsi;
	info.retry_and_idle_policy = &patience;
	(void)lws_client_connect_via_info(&info); /* a failure shows as wsi NULL */
}

/* Between two lines; longer each time that no connection is made. */
static void
pause_between(const struct watch *w, unsigned *ms)
{
	unsigned left = *ms;

	while (left > 0 && !w->o->stop(w->o->ctx)) {
		unsigned part = left < TURN_MS ? left : TURN_MS;
		struct timespec t = { 0, (long)part * 1000000 };

		(void)nanosleep(&t, NULL);
		left -= part;
	}
	*ms = *ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : *ms * 2;
}

static void
tick(lws_sorted_usec_list_t *timer)
{
	(void)timer; /* it ended a wait of lws_service: that was all */
}

/* Runs the network for a turn; calls IDLE if the connection is up and nothing arrived. */
static bool
turn(struct watch *w, struct lws_context *lws, lws_sorted_usec_list_t *timer)
{
	unsigned received = w->received;

	lws_sul_schedule(lws, 0, timer, tick, TURN_MS * LWS_US_PER_MS);
	if (lws_service(lws, 0) < 0)
		return false;
	w->o->turned(w->o->ctx);
	if (w->wsi != NULL && w->is_up && w->received == received)
		w->o->idle(w->o->ctx);
	return true;
}

/* There is no line. Waits a little, unless that would not help. */
static enum zt_err
go_on(struct watch *w, unsigned *pause)
{
	char message[200] = "";
	enum zt_err err;

	if (w->is_full) {
		calls_quote(w->o->calls, w->said, message);
		w->o->full(w->o->ctx, message);
		return ZT_ERR_LIMIT;
	}
	if (w->is_up)
		*pause = PAUSE_FIRST_MS;
	if ((err = w->o->lost(w->o->ctx)) == ZT_OK)
		pause_between(w, pause);
	return err;
}

enum zt_err
events_watch(const struct events_options *o)
{
	struct watch w = {
		.o = o, .target = buf_init(LIMIT_TARGET), .message = buf_init(EVENT_MAX)
	};
	struct lws_context_creation_info info = { 0 };
	struct lws_context *lws = NULL;
	lws_sorted_usec_list_t timer = { 0 };
	unsigned pause = PAUSE_FIRST_MS;
	enum zt_err err;

	if ((err = read_server(&w)))
		return err;
	lws_set_log_level(0, NULL);
	info.port = CONTEXT_PORT_NO_LISTEN;
	info.protocols = protocols();
	info.user = &w;
	info.options = w.tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0;
	info.ssl_client_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;
	info.client_ssl_ca_filepath = o->ca_file;
	info.gid = info.uid = (__typeof__(info.gid))-1;
	if ((lws = lws_create_context(&info)) == NULL)
		return ZT_ERR_MEMORY;
	while (err == ZT_OK && !o->stop(o->ctx)) {
		if (w.wsi == NULL)
			dial(&w, lws);
		while (w.wsi != NULL && !o->stop(o->ctx)) {
			if (!turn(&w, lws, &timer))
				break;
		}
		if (w.wsi == NULL)
			err = go_on(&w, &pause);
	}
	lws_sul_schedule(lws, 0, &timer, tick, LWS_SET_TIMER_USEC_CANCEL);
	lws_context_destroy(lws);
	buf_free(&w.target);
	buf_free(&w.message);
	return err;
}
