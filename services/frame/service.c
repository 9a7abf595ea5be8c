/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "frame/service.h"

#include <malloc.h>
#include <nng/protocol/reqrep0/rep.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/clock.h"
#include "bus/events.h"
#include "bus/ipc.h"
#include "bus/link.h"
#include "bus/peer.h"
#include "bus/private.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "frame/audit.h"
#include "frame/dispatch.h"
#include "frame/log.h"
#include "proto/auth.pb-c.h"

/* For calls that are being handled. Fewer than a caller may wait (the gateway's deadline_s):
 * one that is cut was not acknowledged, and its client asks again. */
enum { DRAIN_S = 10 };
enum { POLL_MS = 250, DUE_MS = 60 * 1000, DUE_MAX = 16 * 1024 * 1024 };

struct service {
	const struct service_def *def;
	struct dispatch dispatch;
	struct link *link;
	struct peer *auth;
	struct audit *audit;
	struct secret *key; /* of events */
	struct publisher *publisher;
	struct events_listener *listener;
	nng_socket server;
	struct link_door door;
	pthread_t stopper; /* ends when somebody asks for an end */
	atomic_bool stopping;
	atomic_int running; /* workers */
};

struct worker {
	struct service *s;
	struct db *db;
	nng_aio *aio;
	pthread_t thread;
};

/* Periodic cleanup thread. */
struct sweeper {
	struct service *s;
	struct db *db;
	pthread_t thread;
	bool runs;
};

void
service_harden(void)
{
	struct rlimit none = { 0, 0 };

	(void)umask(077);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

void
service_keep_memory(void)
{
	enum { KEPT = 64 * 1024 * 1024 };

	(void)mallopt(M_ARENA_MAX, 4);
	(void)mallopt(M_MMAP_THRESHOLD, 8 * 1024 * 1024);
	(void)mallopt(M_TRIM_THRESHOLD, KEPT);
}

/* As many as the system lets it have: over a network, each caller takes one until its
 * handshake ends, and the service's own files must not be among those that are missing. */
static void
allow_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

enum zt_err
service_refuse(struct rpc_answer *out, enum zt_err err, const char *message)
{
	(void)snprintf(out->detail, sizeof out->detail, "%s", message);
	return err;
}

static void
end_late(int sig)
{
	(void)sig;
	_exit(0);
}

static void
fail_late(int sig)
{
	(void)sig;
	_exit(70);
}

void
service_end_by(unsigned seconds, enum zt_err err)
{
	(void)signal(SIGALRM, err ? fail_late : end_late);
	(void)alarm(seconds);
}

static void
stop_signals(sigset_t *out)
{
	(void)sigemptyset(out);
	(void)sigaddset(out, SIGTERM);
	(void)sigaddset(out, SIGINT);
}

/* A service that still begins (its database does not answer, a migration is long) has no calls
 * to end. One that is ready waits for this thread, and gives itself more time. */
static void *
await_stop(void *unused)
{
	sigset_t stop;
	int sig;

	stop_signals(&stop);
	(void)sigwait(&stop, &sig);
	service_end_by(SERVICE_END_S, ZT_OK);
	return unused;
}

const struct link *
service_link(const struct service *s)
{
	return s->link;
}

struct policy *
service_policy(struct service *s)
{
	return s->dispatch.policy;
}

struct peer *
service_auth(struct service *s)
{
	return s->auth;
}

void
audit(struct service *s, const char *event, const struct id *org, const struct id *device,
    const struct id *subject)
{
	audit_line(s != NULL ? s->audit : NULL, event, org, device, subject);
}

void
service_publish_event(struct service *s, const Zt__Event *e)
{
	struct buf b = buf_init(1024 * 1024);

	if (s->publisher != NULL && pb_encode(e, &b) == ZT_OK)
		publisher_tell(s->publisher, buf_bytes(&b));
	buf_free(&b);
}

void
service_publish(struct service *s, const struct id *org, const struct id *topic,
    enum event_kind kind, uint64_t position)
{
	Zt__Event e = ZT__EVENT__INIT;

	e.org = pb_field(org->b, ID_BYTES);
	e.topic = pb_field(topic->b, ID_BYTES);
	e.kind = (char *)(uintptr_t)event_kind_name(kind);
	e.position = position;
	service_publish_event(s, &e);
}

/* ---- workers: one nng context and one database connection each, plain blocking code ---- */

static void
serve(struct worker *w, nng_ctx ctx, nng_aio *aio)
{
	nng_msg *in, *out = NULL;

	/* Without a deadline, which nng would keep a thread busy with: stop_workers ends the
	 * wait. */
	nng_aio_set_timeout(aio, NNG_DURATION_INFINITE);
	nng_ctx_recv(ctx, aio);
	nng_aio_wait(aio);
	if (nng_aio_result(aio) != 0)
		return;
	in = nng_aio_get_msg(aio);
	if (dispatch_message(&w->s->dispatch, w->db,
		bytes_of(nng_msg_body(in), nng_msg_len(in)), &out) == ZT_OK) {
		nng_aio_set_timeout(aio, 5000);
		nng_aio_set_msg(aio, out);
		nng_ctx_send(ctx, aio);
		nng_aio_wait(aio);
		if (nng_aio_result(aio) != 0)
			nng_msg_free(nng_aio_get_msg(aio));
	}
	nng_msg_free(in);
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	nng_ctx ctx;

	if (nng_ctx_open(&ctx, w->s->server) == 0) {
		while (!atomic_load(&w->s->stopping))
			serve(w, ctx, w->aio);
		(void)nng_ctx_close(ctx);
	}
	atomic_fetch_sub(&w->s->running, 1);
	return NULL;
}

/* Ends each worker's wait for a call, again until all have seen it: one may be just about to
 * wait. A call that is being handled is finished. */
static void
stop_workers(struct service *s, struct worker *w, size_t started)
{
	static const struct timespec pause = { 0, 5 * 1000 * 1000 };

	atomic_store(&s->stopping, true);
	while (atomic_load(&s->running) > 0) {
		for (size_t i = 0; i < started; i++)
			nng_aio_cancel(w[i].aio);
		(void)nanosleep(&pause, NULL);
	}
	for (size_t i = 0; i < started; i++)
		(void)pthread_join(w[i].thread, NULL);
}

/* ---- periodic cleanup ---- */

enum zt_err
service_each_due(struct service *s,
    enum zt_err (*each)(void *ctx, const struct id *org, const struct id *workspace), void *ctx)
{
	struct buf answer = buf_init(DUE_MAX);
	Zt__DueAnswer *m = NULL;
	enum zt_err err = peer_call(s->auth, "/due", bytes_of(NULL, 0), DUE_MS, &answer);

	if (err == ZT_OK)
		err = pb_decode(&zt__due_answer__descriptor, buf_bytes(&answer), DUE_MAX, &m);
	for (size_t i = 0; err == ZT_OK && i < m->n_items; i++) {
		struct id org, workspace;

		if ((err = pb_id(m->items[i]->org, &org)) == ZT_OK &&
		    (err = pb_id(m->items[i]->workspace, &workspace)) == ZT_OK)
			err = each(ctx, &org, &workspace);
	}
	pb_free(m);
	buf_free(&answer);
	return err;
}

static void *
sweep(void *arg)
{
	static const struct timespec pause = { 0, POLL_MS * 1000 * 1000 };
	struct sweeper *w = arg;
	struct service *s = w->s;
	uint64_t next = clock_wall_ms() + (uint64_t)s->def->settings->sweep * 1000;

	while (!atomic_load(&s->stopping)) {
		(void)nanosleep(&pause, NULL);
		if (clock_wall_ms() < next)
			continue;
		s->def->sweep(s->dispatch.state, s, w->db);
		next = clock_wall_ms() + (uint64_t)s->def->settings->sweep * 1000;
	}
	return NULL;
}

/* ---- events of other services ---- */

/* After a missed event of unknown content: drops auth's cached decisions and informs the
 * service, before the line counts as whole again. */
static void
heard(void *ctx, enum route_service from, bool lost, uint64_t now_ms)
{
	struct service *s = ctx;

	if (from == SERVICE_AUTH && s->dispatch.policy != NULL) {
		if (lost)
			policy_forget(s->dispatch.policy, NULL);
		policy_heard(s->dispatch.policy, now_ms);
	}
	if (lost && s->def->lost != NULL)
		s->def->lost(s->dispatch.state, from);
}

static void
on_event(void *ctx, enum route_service from, struct bytes message)
{
	struct service *s = ctx;
	Zt__Event *e = NULL;
	struct id org;

	if (pb_decode(&zt__event__descriptor, message, 1024 * 1024, &e))
		return;
	if (from == SERVICE_AUTH && s->dispatch.policy != NULL &&
	    event_kind_of(e->kind) == EVENT_LOG && pb_id(e->org, &org) == ZT_OK)
		policy_forget(s->dispatch.policy, &org);
	if (s->def->event != NULL)
		s->def->event(s->dispatch.state, e);
	pb_free(e);
}

/* Runs on an nng thread. */
static void
line_ended(void *ctx)
{
	struct service *s = ctx;

	if (s->dispatch.policy != NULL)
		policy_deaf(s->dispatch.policy);
}

/* Once the service's state is there, which the hooks speak to. */
static enum zt_err
open_listener(struct service *s, char message[200])
{
	struct listener_hooks hooks = {
		.ctx = s, .heard = heard, .event = on_event, .ended = line_ended
	};

	if (s->def->settings->subscribe[0] == 0)
		return ZT_OK;
	return listener_open(
	    s->link, s->def->settings->subscribe, s->key, &hooks, &s->listener, message);
}

static enum zt_err
listen_on(struct service *s, const char *key, const char *url, char message[200])
{
	char cause[200] = "";
	enum zt_err err = link_listen(s->link, s->server, url, &s->door, cause);

	if (err)
		(void)snprintf(
		    message, 200, "%s: cannot listen on %.100s: %.70s", key, url, cause);
	return err;
}

/* Runs on an nng thread. */
static void
connected(nng_pipe pipe, nng_pipe_ev ev, void *arg)
{
	(void)pipe;
	(void)ev;
	(void)arg;
	ipc_widen();
}

static enum zt_err
open_sockets(struct service *s, char message[200])
{
	const struct service_settings *set = s->def->settings;
	enum zt_err err;

	if (nng_rep0_open(&s->server) != 0)
		return ZT_ERR_MEMORY;
	(void)nng_pipe_notify(s->server, NNG_PIPE_EV_ADD_POST, connected, NULL);
	(void)nng_socket_set_size(s->server, NNG_OPT_RECVMAXSZ, LIMIT_PUSH + LIMIT_PAGE);
	if (set->events[0] != 0 && (err = publisher_open(s->link, set->events, s->def->service,
					s->key, &s->publisher, message)))
		return err;
	if (set->auth[0] != 0 && s->def->decide == NULL) {
		if ((err = peer_open(s->link, set->auth, &s->auth))) {
			(void)snprintf(
			    message, 200, "auth: %.150s is not an nng address", set->auth);
			return err;
		}
		if ((err = policy_new(s->auth, &s->dispatch.policy)))
			return err;
	}
	return ZT_OK;
}

static enum zt_err
open_database(const struct service *s, struct db **out, char message[200])
{
	if (!s->def->has_database)
		return ZT_OK;
	return db_open(s->def->settings->database, s->def->name, out, message);
}

static enum zt_err
open_link(const struct service_def *def, struct link **out, char message[200])
{
	return link_new(&def->settings->peers,
	    config_is_far(def->keys, def->key_count, def->settings), out, message);
}

static enum zt_err
read_database(struct service_settings *set, char message[200])
{
	enum zt_err err;

	if (set->database_file[0] == 0)
		return ZT_OK;
	if (set->database[0] != 0) {
		(void)snprintf(
		    message, 200, "database and database_file: one of them is too many");
		return ZT_ERR_CONFIG;
	}
	if ((err = private_read("database_file", set->database_file, set->database,
		 sizeof set->database, message)) == ZT_OK)
		set->database[strcspn(set->database, "\n")] = 0;
	return err;
}

/* Every route of this service must have its handler: a forgotten one is found at the start. */
static enum zt_err
check_handlers(const struct service_def *def, char message[200])
{
	for (size_t r = 0; r < ROUTE_COUNT; r++)
		if (route_row((enum route)r)->service == def->service &&
		    def->handlers[r] == NULL) {
			(void)snprintf(
			    message, 200, "no handler for %s", route_row((enum route)r)->name);
			return ZT_ERR_METHOD;
		}
	return ZT_OK;
}

static enum zt_err
run_workers(struct service *s, struct db *first, char message[200])
{
	size_t n = (size_t)s->def->settings->workers, started = 0;
	struct worker *w = calloc(n, sizeof *w);
	struct sweeper sweeper = { .s = s };
	enum zt_err err = w != NULL ? ZT_OK : ZT_ERR_MEMORY;

	for (size_t i = 0; err == ZT_OK && i < n; i++) {
		w[i].s = s;
		w[i].db = i == 0 ? first : NULL;
		if (i > 0)
			err = open_database(s, &w[i].db, message);
	}
	if (err == ZT_OK && s->def->sweep != NULL)
		err = open_database(s, &sweeper.db, message);
	if (err == ZT_OK)
		err = listen_on(s, "listen", s->def->settings->listen, message);
	for (; err == ZT_OK && started < n; started++) {
		atomic_fetch_add(&s->running, 1);
		if (nng_aio_alloc(&w[started].aio, NULL, NULL) != 0 ||
		    pthread_create(&w[started].thread, NULL, work, &w[started]) != 0) {
			atomic_fetch_sub(&s->running, 1);
			err = ZT_ERR_MEMORY;
			break;
		}
	}
	if (err == ZT_OK && s->def->sweep != NULL)
		sweeper.runs = pthread_create(&sweeper.thread, NULL, sweep, &sweeper) == 0;
	if (err == ZT_OK) {
		log_line("info", "ready", "listen", s->def->settings->listen, NULL);
		(void)pthread_join(s->stopper, NULL);
		log_line("info", "draining", NULL);
	}
	service_end_by(DRAIN_S, err);
	stop_workers(s, w, started);
	service_end_by(SERVICE_END_S, err);
	peer_end(s->auth); /* the sweeper may wait for one that has stopped before */
	if (sweeper.runs)
		(void)pthread_join(sweeper.thread, NULL);
	db_close(sweeper.db);
	for (size_t i = 0; w != NULL && i < n; i++) {
		if (i > 0)
			db_close(w[i].db);
		if (w[i].aio != NULL)
			nng_aio_free(w[i].aio);
	}
	free(w);
	return err;
}

static enum zt_err
live(struct service *s, char message[200])
{
	struct db *first = NULL;
	enum zt_err err;

	if (pthread_create(&s->stopper, NULL, await_stop, NULL) != 0) {
		(void)snprintf(message, 200, "no thread can be begun");
		return ZT_ERR_MEMORY;
	}
	if ((err = audit_open(s->def->name, s->def->settings->audit_file,
		 s->def->settings->audit_syslog, &s->audit, message)) ||
	    (err = check_handlers(s->def, message)) || (err = suite_init()) ||
	    (err = open_link(s->def, &s->link, message)) ||
	    (err = read_database(s->def->settings, message)) ||
	    (err = events_key(s->def->settings->key_file, &s->key, message)) ||
	    (err = replay_new(&s->dispatch.window.replay)) ||
	    (err = rate_new((uint64_t)s->def->settings->user_rate,
		 (uint64_t)s->def->settings->org_rate, &s->dispatch.rate)) ||
	    (err = open_database(s, &first, message)))
		goto out;
	if (first != NULL &&
	    (err = db_migrate(first, s->def->migrations, s->def->migration_count, message)))
		goto out;
	if ((err = open_sockets(s, message)) ||
	    (err = s->def->open(s, s->def->settings, first, &s->dispatch.state, message)))
		goto out;
	if ((err = open_listener(s, message)) == ZT_OK)
		err = run_workers(s, first, message);
	if (err)
		service_end_by(SERVICE_END_S, err); /* the listener as well may never return */
	listener_close(s->listener);
	s->def->close(s->dispatch.state);
out:
	if (err)
		service_end_by(SERVICE_END_S, err);
	db_close(first);
	publisher_close(s->publisher);
	link_stop(&s->door);
	(void)nng_close(s->server);
	link_close(&s->door);
	policy_free(s->dispatch.policy);
	peer_close(s->auth);
	replay_free(s->dispatch.window.replay);
	rate_free(s->dispatch.rate);
	audit_close(s->audit);
	secret_free(s->key);
	link_free(s->link);
	return err;
}

/* For a probe beside the service: whether the one with these settings answers. */
static enum zt_err
ask_health(const struct service_def *def, char message[200])
{
	enum { PATIENCE_MS = 3000 };
	struct buf answer = buf_init(1024);
	struct link *link = NULL;
	struct peer *p = NULL;
	enum zt_err err;

	if ((err = suite_init()) || (err = open_link(def, &link, message)) ||
	    (err = peer_open_self(link, def->settings->listen, &p)))
		goto out;
	err = peer_call(p, "/health", bytes_of(NULL, 0), PATIENCE_MS, &answer);
out:
	service_end_by(SERVICE_END_S, err);
	peer_close(p);
	link_free(link);
	buf_free(&answer);
	return err;
}

static int
usage(const struct service_def *def, FILE *to)
{
	(void)fprintf(to,
	    "usage: zt-%s --config FILE\n       zt-%s --health FILE   whether the service with "
	    "these settings answers\n\nSettings of FILE (YAML):\n",
	    def->name, def->name);
	for (size_t i = 0; i < def->key_count; i++)
		(void)fprintf(to, "  %-22s %s%s%s%s\n", def->keys[i].name, def->keys[i].help,
		    def->keys[i].fallback == NULL ? " (required" : " (default: ",
		    def->keys[i].fallback == NULL ? "" : def->keys[i].fallback, ")");
	return to == stdout ? 0 : 64;
}

int
service_main(int argc, char **argv, const struct service_def *def)
{
	struct service *s;
	char message[200] = "";
	sigset_t stop;
	bool is_probe;
	enum zt_err err;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(def, stdout);
	is_probe = argc == 3 && strcmp(argv[1], "--health") == 0;
	if (argc != 3 || (!is_probe && strcmp(argv[1], "--config") != 0))
		return usage(def, stderr);
	if ((s = calloc(1, sizeof *s)) == NULL)
		return err_exit(ZT_ERR_MEMORY);
	service_harden();
	service_keep_memory();
	allow_files();
	log_start(def->name);
	stop_signals(&stop); /* blocked in every thread; one waits for them */
	(void)pthread_sigmask(SIG_BLOCK, &stop, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	s->def = def;
	s->dispatch.def = def;
	s->dispatch.service = s;
	s->dispatch.window.started_ms = clock_wall_ms();
	err = config_load(argv[2], def->keys, def->key_count, def->settings, message);
	if (err == ZT_OK)
		err = is_probe ? ask_health(def, message) : live(s, message);
	if (err)
		log_line("error", "stopped", "error", err_name(err), "why",
		    message[0] != 0 ? message : err_text(err), NULL);
	else if (!is_probe)
		log_line("info", "stopped", NULL);
	free(s);
	return err_exit(err);
}
