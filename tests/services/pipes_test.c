/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pipes_test.c - a connection that stands and on which the other end says nothing is given up
 * by each of those that dial. */
#include "bus/pipes.h"

#include <dlfcn.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "bus/clock.h"
#include "bus/events.h"
#include "bus/link.h"
#include "bus/peer.h"
#include "bus/rpc.h"
#include "crypto/suite.h"
#include "test.h"

enum { PATIENCE_MS = 300, LARGE = 4 * 1024 * 1024 };

struct there {
	nng_socket socket;
	pthread_t thread;
	char folder[64], url[128];
	uint32_t dead;    /* the connection of the first call */
	atomic_int lines; /* that were made */
};

static void
came(nng_pipe pipe, nng_pipe_ev ev, void *arg)
{
	struct there *t = arg;

	(void)pipe;
	(void)ev;
	(void)atomic_fetch_add(&t->lines, 1);
}

static void
open_there(struct there *t, int (*open_socket)(nng_socket *))
{
	*t = (struct there){ .folder = "/tmp/zt-test.XXXXXX" };
	assert_ok(suite_init());
	assert_non_null(mkdtemp(t->folder));
	(void)snprintf(t->url, sizeof t->url, "ipc://%s/a.ipc", t->folder);
	assert_int_equal(0, open_socket(&t->socket));
	(void)nng_pipe_notify(t->socket, NNG_PIPE_EV_ADD_POST, came, t);
	assert_int_equal(0, nng_listen(t->socket, t->url, NULL, 0));
}

static void
close_there(struct there *t)
{
	(void)nng_close(t->socket);
	(void)unlink(t->url + strlen("ipc://"));
	(void)rmdir(t->folder);
}

/* Until WANTED connections were made to T, for some seconds; how many were. */
static int
await_lines(struct there *t, int wanted)
{
	uint64_t until = clock_ms() + 6 * PIPES_SILENT_MS;

	while (atomic_load(&t->lines) < wanted && clock_ms() < until)
		(void)nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000 * 1000 }, NULL);
	return atomic_load(&t->lines);
}

static void *
serve(void *arg)
{
	struct there *t = arg;
	nng_msg *m;

	while (nng_recvmsg(t->socket, &m, 0) == 0) {
		uint32_t from = nng_msg_get_pipe(m).id;
		nng_msg *out = NULL;
		struct rpc_answer a;

		nng_msg_free(m);
		if (t->dead == 0)
			t->dead = from;
		if (from == t->dead)
			continue;
		assert_ok(rpc_new(1, &out));
		a = rpc_answer_begin(out);
		assert_ok(rpc_answer_end(&a, ZT_OK));
		if (nng_sendmsg(t->socket, out, 0) != 0)
			nng_msg_free(out);
	}
	return NULL;
}

static void
a_service_gives_up_a_line_without_answers(void **state)
{
	struct buf out = buf_init(100);
	struct peer *p = NULL;
	struct there t;

	(void)state;
	open_there(&t, nng_rep0_open);
	assert_int_equal(0, pthread_create(&t.thread, NULL, serve, &t));
	assert_ok(peer_open(NULL, t.url, &p));
	assert_int_equal(1, await_lines(&t, 1));
	assert_err(ZT_ERR_TIMEOUT, peer_call(p, "/x", bytes_of(NULL, 0), PATIENCE_MS, &out));
	assert_ok(peer_call(p, "/x", bytes_of(NULL, 0), 100 * PATIENCE_MS, &out));
	assert_int_equal(2, atomic_load(&t.lines));
	/* One that answers is kept, however long it is not used. */
	assert_ok(peer_call(p, "/x", bytes_of(NULL, 0), 100 * PATIENCE_MS, &out));
	assert_int_equal(2, atomic_load(&t.lines));
	peer_close(p);
	close_there(&t);
	(void)pthread_join(t.thread, NULL);
	buf_free(&out);
}

static void
heard(void *ctx, enum route_service from, bool lost, uint64_t now_ms)
{
	(void)ctx;
	(void)from;
	(void)lost;
	(void)now_ms;
}

static void
event(void *ctx, enum route_service from, struct bytes e)
{
	(void)ctx;
	(void)from;
	(void)e;
}

static void
ended(void *ctx)
{
	(void)atomic_fetch_add((atomic_int *)ctx, 1);
}

/* Two publishers: one without a heartbeat, and a good one. */
static void
a_listener_gives_up_a_line_without_a_heartbeat(void **state)
{
	static atomic_int ends;
	const struct listener_hooks hooks = { &ends, heard, event, ended };
	struct events_listener *l = NULL;
	struct publisher *good = NULL;
	struct secret *key = NULL;
	struct there t;
	char urls[300], message[200] = "";

	(void)state;
	open_there(&t, nng_pub0_open);
	assert_ok(secret_generate(&key));
	(void)snprintf(urls, sizeof urls, "ipc://%s/good.ipc", t.folder);
	assert_ok(publisher_open(NULL, urls, SERVICE_AUTH, key, &good, message));
	(void)snprintf(urls, sizeof urls, "%s, ipc://%s/good.ipc", t.url, t.folder);
	assert_ok(listener_open(NULL, urls, key, &hooks, &l, message));
	assert_int_equal(2, await_lines(&t, 2));
	assert_int_equal(1, atomic_load(&ends)); /* and not the good one's */
	listener_close(l);
	publisher_close(good);
	(void)snprintf(urls, sizeof urls, "%s/good.ipc", t.folder);
	(void)unlink(urls);
	close_there(&t);
	secret_free(key);
}

static void
count_ends(void *ctx, bool is_new)
{
	if (!is_new)
		ended(ctx);
}

/* A caller at a publisher's address: each connection ends before anything is said on it. */
static void
a_line_of_another_protocol_counts_for_nothing(void **state)
{
	static atomic_int ends;
	uint64_t until = clock_ms() + 6 * PIPES_SILENT_MS;
	struct pipes p;
	struct there t;
	nng_socket s;

	(void)state;
	open_there(&t, nng_pub0_open);
	assert_int_equal(0, nng_req0_open(&s));
	(void)nng_socket_set_ms(s, NNG_OPT_RECONNMINT, 20);
	(void)nng_socket_set_ms(s, NNG_OPT_RECONNMAXT, 20);
	pipes_watch(&p, s, NULL, link_dial, count_ends, &ends);
	assert_int_equal(0, nng_dial(s, t.url, NULL, NNG_FLAG_NONBLOCK));
	while (atomic_load(&ends) < 3 && clock_ms() < until)
		(void)nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000 * 1000 }, NULL);
	assert_true(atomic_load(&ends) >= 3);
	(void)nng_close(s);
	assert_int_equal(0, pipes_count(&p));
	pipes_end(&p);
	close_there(&t);
}

static _Atomic uint64_t stuck_to;

/* nng's own, under its name; which may not return, or here late. */
int
nng_dialer_close(nng_dialer dialer)
{
	int (*next)(nng_dialer) =
	    (int (*)(nng_dialer))(uintptr_t)dlsym(RTLD_NEXT, "nng_dialer_close");

	while (clock_ms() < atomic_load(&stuck_to))
		(void)nanosleep(&(struct timespec){ .tv_nsec = 1000 * 1000 }, NULL);
	return next(dialer);
}

/* A dialer that dials no more, as nng's may when a peer was killed: here it is closed. That it
 * never ends holds nobody up. */
static void
a_dialer_that_forgot_is_replaced(void **state)
{
	uint64_t until = clock_ms() + 10 * PIPES_REDIAL_MS, before;
	struct pipes p;
	struct there t;
	nng_socket s;

	(void)state;
	open_there(&t, nng_rep0_open);
	assert_int_equal(0, nng_req0_open(&s));
	pipes_watch(&p, s, NULL, link_dial, NULL, NULL);
	assert_int_equal(0, pipes_dial(&p, t.url));
	assert_int_equal(1, await_lines(&t, 1));
	assert_int_equal(0, nng_dialer_close(p.to[0].dialer));
	atomic_store(&stuck_to, until);
	while (atomic_load(&t.lines) < 2 && clock_ms() < until) {
		before = clock_ms();
		pipes_redial(&p);
		assert_true(clock_ms() - before < PIPES_REDIAL_MS);
		(void)nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000 * 1000 }, NULL);
	}
	assert_int_equal(2, atomic_load(&t.lines));
	assert_int_equal(1, pipes_count(&p));
	atomic_store(&stuck_to, 0);
	(void)nng_close(s);
	pipes_end(&p);
	close_there(&t);
}

/* A connection whose other end reads nothing: a large call cannot be sent on it. */
static void
a_service_gives_up_a_line_that_takes_nothing(void **state)
{
	static const uint8_t hello[] = { 0, 'S', 'P', 0, 0, 0x31, 0, 0 };
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct buf out = buf_init(100);
	uint8_t *large = calloc(1, LARGE), theirs[8];
	struct peer *p = NULL;
	struct there t;
	enum zt_err err = ZT_ERR_UNAVAILABLE;
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), deaf;

	(void)state;
	assert_non_null(large);
	open_there(&t, nng_rep0_open);
	close_there(&t); /* its place is taken */
	assert_int_equal(0, mkdir(t.folder, 0700));
	(void)snprintf(at.sun_path, sizeof at.sun_path, "%.100s", t.url + strlen("ipc://"));
	assert_int_equal(0, bind(listener, (struct sockaddr *)&at, sizeof at));
	assert_int_equal(0, listen(listener, 1));
	assert_ok(peer_open(NULL, t.url, &p));
	assert_true((deaf = accept(listener, NULL, NULL)) >= 0);
	assert_int_equal(sizeof hello, send(deaf, hello, sizeof hello, MSG_NOSIGNAL));
	assert_int_equal(sizeof theirs, recv(deaf, theirs, sizeof theirs, MSG_WAITALL));
	(void)close(listener);
	(void)unlink(at.sun_path);
	/* The good one takes that place, and the deaf connection stays. */
	assert_int_equal(0, nng_rep0_open(&t.socket));
	(void)nng_socket_set_size(t.socket, NNG_OPT_RECVMAXSZ, 0);
	assert_int_equal(0, nng_listen(t.socket, t.url, NULL, 0));
	t.dead = UINT32_MAX; /* none */
	assert_int_equal(0, pthread_create(&t.thread, NULL, serve, &t));
	for (int i = 0; err && i < 20; i++)
		err = peer_call(p, "/x", bytes_of(large, LARGE), 10 * PATIENCE_MS, &out);
	assert_ok(err);
	peer_close(p);
	close_there(&t);
	(void)pthread_join(t.thread, NULL);
	(void)close(deaf);
	free(large);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_gives_up_a_line_without_answers),
		cmocka_unit_test(a_service_gives_up_a_line_that_takes_nothing),
		cmocka_unit_test(a_dialer_that_forgot_is_replaced),
		cmocka_unit_test(a_listener_gives_up_a_line_without_a_heartbeat),
		cmocka_unit_test(a_line_of_another_protocol_counts_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
