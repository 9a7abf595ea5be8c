/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "agent/agent.h"

#include <libwebsockets.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "agent/connection.h"
#include "agent/device.h"
#include "agent/lane.h"
#include "agent/sleep.h"

enum {
	TICK_MS = 1000,
	LAST_WORDS_MS = 2000,
	HEAD_S = 15, /* within which a head comes */
	IDLE_S = 5   /* and another one, on the same connection */
};

void
agent_log(const char *format, ...)
{
	char text[512], when[32];
	time_t now = time(NULL);
	struct tm tm;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	(void)strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	(void)fprintf(stderr, "%s zt-agent: %s\n", when, text);
}

uint64_t
agent_now_ms(void)
{
	struct idle_clocks now;

	idle_now(&now);
	return now.steady_ms;
}

/* ---- posts ---- */

void
agent_post(struct agent *a, struct post *p)
{
	(void)pthread_mutex_lock(&a->posted_lock);
	STAILQ_INSERT_TAIL(&a->posted, p, link);
	(void)pthread_mutex_unlock(&a->posted_lock);
	lws_cancel_service(a->lws); /* the only call of lws that another thread may make */
}

void
agent_deliver(struct agent *a)
{
	struct post *p;

	do {
		(void)pthread_mutex_lock(&a->posted_lock);
		if ((p = STAILQ_FIRST(&a->posted)) != NULL)
			STAILQ_REMOVE_HEAD(&a->posted, link);
		(void)pthread_mutex_unlock(&a->posted_lock);
		if (p != NULL)
			p->deliver(p);
	} while (p != NULL);
}

/* Something that a thread has the loop do. */
struct doing {
	struct post post;
	void (*what)(void *ctx);
	void *ctx;
	pthread_mutex_t lock;
	pthread_cond_t comes;
	bool is_done;
};

static void
deliver_doing(struct post *p)
{
	struct doing *d = (struct doing *)p;

	d->what(d->ctx);
	(void)pthread_mutex_lock(&d->lock);
	d->is_done = true;
	(void)pthread_cond_signal(&d->comes);
	(void)pthread_mutex_unlock(&d->lock);
}

void
agent_do(struct agent *a, void (*what)(void *ctx), void *ctx)
{
	struct doing d = { .post.deliver = deliver_doing,
		.what = what,
		.ctx = ctx,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.comes = PTHREAD_COND_INITIALIZER };

	agent_post(a, &d.post);
	(void)pthread_mutex_lock(&d.lock);
	while (!d.is_done)
		(void)pthread_cond_wait(&d.comes, &d.lock);
	(void)pthread_mutex_unlock(&d.lock);
	(void)pthread_cond_destroy(&d.comes);
	(void)pthread_mutex_destroy(&d.lock);
}

/* ---- time ---- */

struct ticking {
	lws_sorted_usec_list_t timer; /* first */
	struct agent *a;
};

static void
tick(lws_sorted_usec_list_t *timer)
{
	struct ticking *t = (struct ticking *)timer;

	struct idle_clocks now;
	bool slept;

	idle_now(&now);
	slept = idle_has_slept(&t->a->seen, &now);
	t->a->seen = now;
	if (slept)
		agent_log("the machine has slept");
	device_tick(t->a, &now, slept);
	lws_sul_schedule(t->a->lws, 0, timer, tick, TICK_MS * LWS_US_PER_MS);
}

/* ---- beginning and end ---- */

static bool
open_lws(struct agent *a)
{
	struct lws_context_creation_info info = { 0 };

	lws_set_log_level(0, NULL);
	info.port = CONTEXT_PORT_NO_LISTEN;
	info.protocols = a->http->protocols();
	info.user = a;
	info.gid = info.uid = (__typeof__(info.gid))-1;
	info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_IPV6;
	info.timeout_secs = HEAD_S;
	info.keepalive_timeout = IDLE_S;
	info.max_http_header_data = 8192;
	info.max_http_header_pool = 4 * CONNECTIONS_MAX;
	info.pt_serv_buf_size = 128 * 1024;
	info.server_string = "zt";
	if ((a->lws = lws_create_context(&info)) == NULL)
		return false;
	info.vhost_name = "loop";
	info.port = 0; /* the kernel chooses */
	info.iface = "127.0.0.1";
	info.headers = a->http->headers(a->http->room, "");
	if ((a->loop = lws_create_vhost(a->lws, &info)) == NULL)
		return false;
	door_begin(&a->door, lws_get_vhost_listen_port(a->loop));
	(void)a->http->headers(
	    a->http->room, a->door.origin + strlen("http://")); /* now that it is known */
	info.vhost_name = "near";
	info.iface = a->socket;
	info.options |= LWS_SERVER_OPTION_UNIX_SOCK;
	return (a->near = lws_create_vhost(a->lws, &info)) != NULL;
}

/* SIGTERM and SIGINT as a file of the loop. */
static bool
watch_signals(struct agent *a)
{
	lws_sock_file_fd_type fd;
	sigset_t end;

	(void)sigemptyset(&end);
	(void)sigaddset(&end, SIGTERM);
	(void)sigaddset(&end, SIGINT);
	(void)sigaddset(&end, SIGHUP);
	(void)pthread_sigmask(SIG_BLOCK, &end, NULL);
	fd.filefd = signalfd(-1, &end, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd.filefd >= 0 && lws_adopt_descriptor_vhost(a->loop, LWS_ADOPT_RAW_FILE_DESC,
				     fd, "signals", NULL) != NULL;
}

void
agent_end(struct agent *a)
{
	if (a->is_ending)
		return;
	agent_log("ends");
	(void)unlink(a->socket); /* the sign of an end: who begins meanwhile waits for the lock
				    (take_lock) */
	a->is_ending = true;
	a->ends_by_ms = agent_now_ms() + LAST_WORDS_MS;
	device_shut_all(a);
}

/* Whether nothing runs any more, and the last answers are sent, so that the loop may end. */
static bool
is_over(const struct agent *a)
{
	const struct connection *c;

	if (!a->is_ending || a->jobs > 0)
		return false;
	LIST_FOREACH(c, &a->connections, link)
	if (c->pending > 0 && agent_now_ms() < a->ends_by_ms)
		return false;
	return !device_is_open(a);
}

static void
cancel_jobs(struct agent *a)
{
	struct connection *c;
	struct request *r;

	LIST_FOREACH(c, &a->connections, link)
	LIST_FOREACH(r, &c->requests, of_connection)
	request_cancel(r);
}

int
agent_run(struct agent *a)
{
	struct ticking ticking = { .a = a };
	struct sleep *sleep = NULL;
	int code = 0;

	STAILQ_INIT(&a->posted);
	(void)pthread_mutex_init(&a->posted_lock, NULL);
	if ((a->here = lane_of_loop(a)) == NULL || !open_lws(a) || !watch_signals(a)) {
		agent_log("cannot listen on %s, or on 127.0.0.1", a->socket);
		code = 69;
		goto out;
	}
	device_scan(a);
	idle_now(&a->seen);
	agent_log("ready at %s and %s", a->socket, a->door.origin);
	lws_sul_schedule(a->lws, 0, &ticking.timer, tick, TICK_MS * LWS_US_PER_MS);
	sleep = sleep_begin(a);
	while (!is_over(a) && lws_service(a->lws, 0) >= 0) {
		if (a->is_ending)
			cancel_jobs(a);
		sleep_turn(sleep);
	}
	lws_sul_cancel(&ticking.timer);
out:
	sleep_free(sleep);
	if (a->lws != NULL)
		lws_context_destroy(a->lws);
	agent_deliver(a);
	lane_free(a->here);
	device_forget_all(a);
	(void)pthread_mutex_destroy(&a->posted_lock);
	return code;
}
