/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/gateway.h"

#include <ev.h>
#include <nng/protocol/pubsub0/sub.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bus/clock.h"
#include "bus/events.h"
#include "bus/pipes.h"
#include "crypto/suite.h"
#include "frame/log.h"
#include "frame/service.h"
#include "gateway/connection.h"
#include "gateway/door.h"
#include "gateway/exchange.h"
#include "gateway/lws_memory.h"
#include "gateway/proof.h"
#include "gateway/socket.h"
#include "site/site.h"

enum { TICK_MS = 250, SPARE_FILES = 512, DRAIN_S = 10 };

/* Events of messaging: one receive at a time, brought to the loop like any answer. */
struct events {
	struct mail mail; /* first */
	struct gateway *g;
	nng_socket sub;
	struct pipes pipes;
	nng_aio *aio;
	struct secret *key;
	struct line lines[SERVICE_COUNT];
	bool is_whole;
};

/* Messaging announces here which sockets to close. After a missed frame, or silence, closes
 * all of them: listeners that may connect return and fetch the news. */
static void
take_frame(struct events *e, struct bytes frame)
{
	uint64_t now = clock_ms();
	struct line_news news = { .lost = false };
	bool is_taken = frame.n > 0 && line_take(e->lines, e->key, frame, now, &news) == ZT_OK;
	bool is_whole = line_is_whole(&e->lines[SERVICE_MESSAGING], now);

	if (news.lost || (e->is_whole && !is_whole))
		socket_close_all(e->g);
	if (is_taken && news.event.n > 0)
		socket_event(e->g, news.event);
	e->is_whole = is_whole;
}

static void
deliver_event(struct mail *m)
{
	struct events *e = (struct events *)m;
	nng_msg *msg;

	pipes_drop_without_heartbeat(&e->pipes);
	pipes_redial(&e->pipes);
	if (nng_aio_result(e->aio) == NNG_ETIMEDOUT) {
		take_frame(e, bytes_of(NULL, 0));
	} else if (nng_aio_result(e->aio) != 0) {
		return; /* closing */
	} else {
		msg = nng_aio_get_msg(e->aio);
		nng_aio_set_msg(e->aio, NULL);
		pipes_heard(&e->pipes, msg);
		take_frame(e, bytes_of(nng_msg_body(msg), nng_msg_len(msg)));
		nng_msg_free(msg);
	}
	nng_recv_aio(e->sub, e->aio);
}

/* Runs on an nng thread. */
static void
event_received(void *arg)
{
	struct events *e = arg;

	if (mailbox_put(e->g->inbox, &e->mail))
		lws_cancel_service(e->g->lws);
}

static enum zt_err
open_events(struct events *e, struct gateway *g, char message[200])
{
	const char *url = g->settings->messaging_events;
	enum zt_err err;

	e->g = g;
	e->mail.deliver = deliver_event;
	if (url[0] == 0)
		return ZT_OK;
	if ((err = events_key(g->settings->key_file, &e->key, message)))
		return err;
	if (nng_sub0_open(&e->sub) != 0 || nng_aio_alloc(&e->aio, event_received, e) != 0)
		return ZT_ERR_MEMORY;
	nng_aio_set_timeout(e->aio, LINE_SILENT_MS);
	(void)nng_socket_set(e->sub, NNG_OPT_SUB_SUBSCRIBE, "", 0);
	(void)nng_socket_set_int(e->sub, NNG_OPT_RECVBUF, 1024);
	(void)nng_socket_set_ms(e->sub, NNG_OPT_RECONNMINT, 20);
	(void)nng_socket_set_ms(e->sub, NNG_OPT_RECONNMAXT, 500);
	pipes_watch(&e->pipes, e->sub, g->settings->link, link_dial, NULL, NULL);
	if (pipes_dial(&e->pipes, url) != 0)
		return ZT_ERR_CONFIG;
	nng_recv_aio(e->sub, e->aio);
	return ZT_OK;
}

static void
close_events(struct events *e)
{
	/* The socket ends with the process: closing it while messaging ends too may never
	 * return (nng 1.5.2, a dialer that is just about to try again). */
	pipes_end_aio(e->aio);
	(void)nng_pipe_notify(e->sub, NNG_PIPE_EV_ADD_PRE, NULL, NULL);
	(void)nng_pipe_notify(e->sub, NNG_PIPE_EV_REM_POST, NULL, NULL);
	secret_free(e->key);
}

static enum zt_err
open_lws(struct gateway *g, struct ev_loop *loop, char message[200])
{
	const struct gateway_settings *s = g->settings;
	struct lws_context_creation_info info = { 0 };
	void *loops[] = { loop };

	lws_memory_begin();
	lws_memory_watch(loop);
	lws_set_log_level(0, NULL);
	info.port = CONTEXT_PORT_NO_LISTEN_SERVER; /* the doors listen */
	info.protocols = glue_protocols();
	info.user = g;
	info.gid = info.uid = (__typeof__(info.gid))-1;
	info.foreign_loops = loops;
	info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_LIBEV;
	if (g->site != NULL)
		info.headers = site_headers(); /* of which those of lws would forbid some */
	else
		info.options |= LWS_SERVER_OPTION_HTTP_HEADERS_SECURITY_BEST_PRACTICES_ENFORCE;
	info.timeout_secs = CONNECTION_HEAD_S;
	/* lws walks its timers up to this one for each answer; connection.c takes it back, and
	 * ends who is idle. 0 is five seconds. */
	info.keepalive_timeout = 1;
	info.max_http_header_data = 8192;
	/* One for each connection: a slow head must not delay others. */
	info.max_http_header_pool = (unsigned short)(s->connections + SPARE_FILES);
	info.pt_serv_buf_size = 128 * 1024;
	info.server_string = "zt";
	if (s->tls_certificate[0] != 0) {
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
		info.ssl_cert_filepath = s->tls_certificate;
		info.ssl_private_key_filepath = s->tls_key;

		/* The h2 of lws, 4.1 as well as 4.3, drops fields that it does not know,
		 * Signature among them: so that everything is HTTP/1.1. */
		info.alpn = "http/1.1";
	}
	if ((g->lws = lws_create_context(&info)) == NULL)
		return ZT_ERR_MEMORY;
	if ((g->vhost = lws_create_vhost(g->lws, &info)) == NULL) {
		(void)snprintf(message, 200,
		    "tls_certificate, tls_key: cannot use %.60s and %.60s", s->tls_certificate,
		    s->tls_key);
		return ZT_ERR_CONFIG;
	}
	return ZT_OK;
}

static enum zt_err
open_doors(struct gateway *g, struct ev_loop *loop, char message[200])
{
	const struct gateway_settings *s = g->settings;
	struct door_settings public = { "port", s->listen_host, s->port, s->port_file, false };
	struct door_settings metrics = { "metrics_port", s->metrics_host, s->metrics_port,
		s->metrics_port_file, true };
	enum zt_err err = door_open(g, loop, &public, &g->public, message);

	if (err || s->metrics_port < 0)
		return err;
	return door_open(g, loop, &metrics, &g->metrics, message);
}

static void
tick(lws_sorted_usec_list_t *timer)
{
	struct gateway *g =
	    (struct gateway *)((char *)timer - offsetof(struct gateway, ticking));

	due_tick(&g->due, clock_ms());
	for (size_t i = 0; i < SERVICE_COUNT; i++)
		upstream_tick(g->upstream[i]);
	lws_sul_schedule(g->lws, 0, timer, tick, TICK_MS * LWS_US_PER_MS);
}

/* As many files as there may be connections; fewer connections where the system says so. */
static void
allow_files(struct gateway_settings *s)
{
	struct rlimit files;
	rlim_t want = (rlim_t)s->connections + SPARE_FILES;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= want)
		return;
	files.rlim_cur = files.rlim_max < want ? files.rlim_max : want;
	if (setrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= want)
		return;
	s->connections = files.rlim_cur > 2 * SPARE_FILES
			     ? (int64_t)files.rlim_cur - SPARE_FILES
			     : SPARE_FILES;
	log_line("warning", "fewer connections", "why",
	    "the system allows fewer open files than there may be connections", NULL);
}

static struct budget
budget_of(int64_t mib, int64_t each_mib)
{
	return (struct budget){ .max = (size_t)mib << 20, .max_each = (size_t)each_mib << 20 };
}

/* What bounds the callers. */
static enum zt_err
open_limits(struct gateway *g, char message[200])
{
	const struct gateway_settings *s = g->settings;
	enum zt_err err;

	TAILQ_INIT(&g->strangers);
	LIST_INIT(&g->by_org);
	LIST_INIT(&g->due);
	g->users_memory = budget_of(s->memory, s->memory_per_user);
	g->strangers_memory = budget_of(s->unproved_memory, s->unproved_memory_per_address);
	if (address_list(s->proxies, &g->proxies)) {
		(void)snprintf(
		    message, 200, "proxies: %.100s is no list of addresses", s->proxies);
		return ZT_ERR_CONFIG;
	}
	if ((err = accounts_new(&g->accounts)) ||
	    (err = throttle_new(s->unproved_rate, s->unproved_burst, &g->calls)) ||
	    (err = throttle_new(s->rate, s->burst, &g->questions)) ||
	    (err = throttle_new(s->rate, s->burst, &g->devices)) ||
	    (err = throttle_new(s->org_rate, s->org_burst, &g->orgs)) ||
	    (err = sockets_new((size_t)s->connections, &g->sockets)))
		return err;
	return ZT_OK;
}

static void
close_limits(struct gateway *g)
{
	sockets_free(g->sockets);
	proofs_free(g->proofs);
	throttle_free(g->calls);
	throttle_free(g->questions);
	throttle_free(g->devices);
	throttle_free(g->orgs);
	accounts_free(g->accounts);
}

/* The loop, and what ends it. */
struct engine {
	struct gateway g;
	/* libev's epoll: the loop of lws itself looks at each connection in every turn, so that
	 * a thousand idle ones halve what the others get. */
	struct ev_loop *loop;
	struct ev_signal terminate, interrupt;
	struct due drained;
	uint64_t drain_by_ms;
};

static void
look_if_drained(struct due *d, uint64_t now_ms)
{
	struct engine *e = DUE_OF(d, struct engine, drained);

	if (now_ms >= e->drain_by_ms || !exchange_is_under_way(&e->g))
		ev_break(e->loop, EVBREAK_ALL);
	else
		due_set(&e->g.due, d, 0, look_if_drained);
}

/* Calls under way are served to their end; a second signal ends that. */
static void
drain(struct ev_loop *loop, struct ev_signal *signal, int events)
{
	struct engine *e = ev_userdata(loop);

	(void)signal;
	(void)events;
	e->drain_by_ms = e->g.is_draining ? 0 : clock_ms() + DRAIN_S * 1000;
	e->g.is_draining = true;
	log_line("info", "draining", NULL);
	service_end_by(DRAIN_S + SERVICE_END_S, ZT_OK);
	look_if_drained(&e->drained, clock_ms());
}

static enum zt_err
open_loop(struct engine *e)
{
	/* Not as an environment says: the other back ends are slower, or end at 1,024 files. */
	if ((e->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV)) == NULL)
		return ZT_ERR_MEMORY;
	ev_set_userdata(e->loop, e);
	ev_signal_init(&e->terminate, drain, SIGTERM);
	ev_signal_init(&e->interrupt, drain, SIGINT);
	ev_signal_start(e->loop, &e->terminate);
	ev_signal_start(e->loop, &e->interrupt);
	return ZT_OK;
}

/* libev leaves its signal handlers in place, which would write into a loop that is gone;
 * stopping its watchers would leave a moment in which a second signal ends the process by
 * itself. */
static void
close_loop(struct engine *e)
{
	if (e->loop == NULL)
		return;
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	ev_loop_destroy(e->loop);
}

enum zt_err
gateway_run(struct gateway_settings *settings, char message[200])
{
	struct engine *e = calloc(1, sizeof *e);
	static struct events events; /* as long as its socket: see close_events */
	struct gateway *g;
	enum zt_err err;

	if (e == NULL)
		return ZT_ERR_MEMORY;
	g = &e->g;
	g->settings = settings;
	(void)signal(SIGPIPE, SIG_IGN);
	allow_files(settings);
	if (settings->web[0] != 0 && (err = site_read(settings->web, &g->site, message)))
		goto out;
	if ((err = open_loop(e)) || (err = mailbox_new(&g->inbox)) ||
	    (err = open_limits(g, message)))
		goto out;
	for (size_t i = 0; i < SERVICE_COUNT; i++)
		if ((err = upstream_open(settings->link, settings->service[i], g->inbox,
			 &g->lws, (int)settings->deadline_s, &g->upstream[i]))) {
			(void)snprintf(message, 200, "%s: %.150s is not an nng address",
			    route_service_name((enum route_service)i), settings->service[i]);
			goto out;
		}
	if ((err = proofs_new(g->upstream[SERVICE_AUTH], &g->proofs)) ||
	    (err = open_lws(g, e->loop, message)) || (err = open_doors(g, e->loop, message)) ||
	    (err = open_events(&events, g, message)))
		goto out;
	lws_sul_schedule(g->lws, 0, &g->ticking, tick, TICK_MS * LWS_US_PER_MS);
	log_line("info", "ready", "host", settings->listen_host, NULL);
	(void)ev_run(e->loop, 0);
out:
	service_end_by(SERVICE_END_S, err);
	close_events(&events);
	door_close(g->public);
	door_close(g->metrics);
	for (size_t i = 0; i < SERVICE_COUNT; i++) {
		upstream_close(g->upstream[i]);
		g->upstream[i] = NULL;
	}
	if (g->lws != NULL)
		lws_context_destroy(g->lws);
	close_loop(e);
	lws_memory_free();
	close_limits(g);
	mailbox_free(g->inbox);
	site_free(g->site);
	free(e);
	return err;
}
