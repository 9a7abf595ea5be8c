/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* handles_test.c - several handles of one device (zt_open_again), each on another thread,
 * on real services; run under ThreadSanitizer by `make test-threads`. */
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "held.h"
#include "test.h"
#include "world.h"
#include "zt/cancel.h"
#include "zt/file.h"
#include "zt/org.h"
#include "zt/reader.h"
#include "zt/sync.h"
#include "zt/workspace.h"
#include "zt/writer.h"

enum { THREADS = 3, ROUNDS = 12, SIZE = HELD_SIZE };

static void
count(void *ctx, const struct zt_file *f)
{
	(void)f;
	++*(unsigned *)ctx;
}

/* A stream, names and listings, all in one folder with the others. */
static void *
work(void *arg)
{
	struct worker *w = arg;
	char *content = malloc(SIZE), remote[64];

	for (unsigned i = 0; content != NULL && w->err == ZT_OK && i < ROUNDS; i++) {
		struct zt_writer *out = NULL;
		struct zt_reader *in = NULL;
		char got[16] = "";
		size_t n = 0;
		unsigned seen = 0;

		memset(content, (int)('a' + w->number), SIZE);
		(void)snprintf(remote, sizeof remote, "shared:/%u-%u", w->number, i);
		if (went(w, "open", zt_writer_open(w->z, remote, 0, &out)) &&
		    went(w, "write", zt_writer_write(out, 0, content, SIZE)) &&
		    went(w, "commit", zt_writer_commit(out, ZT_COMMIT_OR_CONFLICT, NULL)) &&
		    went(w, "reader", zt_reader_open(w->z, remote, 0, &in)) &&
		    went(w, "read", zt_reader_read(in, SIZE - 5, got, 10, &n)) &&
		    went(w, "ls", zt_ls(w->z, "shared:/", false, true, count, &seen)) &&
		    (n != 5 || got[0] != 'a' + (char)w->number || seen <= i))
			(void)went(w, "what was read", ZT_ERR_CORRUPT);
		zt_writer_close(out);
		zt_reader_close(in);
		(void)snprintf(remote, sizeof remote, "shared:/folder-%u-%u", w->number, i);
		(void)went(w, "mkdir", zt_mkdir(w->z, remote));
		(void)went(w, "sync", zt_sync(w->z));
	}
	free(content);
	return NULL;
}

static void
each_handle_works_on_a_thread_of_its_own(void **state)
{
	struct scene *s = *state;
	struct worker w[THREADS] = { { .z = s->alice.zt } };
	pthread_t thread[THREADS];
	unsigned seen = 0;

	for (unsigned i = 1; i < THREADS; i++) {
		w[i].number = i;
		assert_ok(zt_open_again(s->alice.zt, &s->alice.o, &w[i].z));
	}
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(0, pthread_create(&thread[i], NULL, work, &w[i]));
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(0, pthread_join(thread[i], NULL));
	for (size_t i = 0; i < THREADS; i++)
		is_well(&w[i]);
	for (size_t i = 1; i < THREADS; i++)
		zt_close(w[i].z);
	assert_ok(zt_sync(s->bob.zt));
	assert_ok(zt_ls(s->bob.zt, "shared:/", false, false, count, &seen));
	assert_int_equal(2 * THREADS * ROUNDS, seen);
	assert_ok(zt_check_store(s->alice.zt, &(uint64_t){ 0 }));
}

/* What one handle did, the other sees: new entries of the log, workspaces, keys, names. */
static void
a_handle_sees_what_another_did(void **state)
{
	struct scene *s = *state;
	struct zt_identity a, b;
	struct zt *other = NULL;
	unsigned seen = 0;

	assert_ok(zt_open_again(s->alice.zt, &s->alice.o, &other));
	assert_ok(zt_workspace_create(other, "new"));
	assert_ok(zt_mkdir(s->alice.zt, "new:/a"));
	assert_ok(zt_workspace_rotate(other, "new"));
	assert_ok(zt_mkdir(other, "new:/a/b"));
	assert_ok(zt_mv(s->alice.zt, "new:/a/b", "new:/c", NULL));
	assert_ok(zt_ls(other, "new:/", false, false, count, &seen));
	assert_int_equal(2, seen);
	assert_ok(zt_sync(other));
	zt_whoami(s->alice.zt, &a);
	zt_whoami(other, &b);
	assert_string_equal(a.device, b.device);
	assert_int_equal(a.log_size, b.log_size);
	zt_close(other);
	assert_ok(zt_mkdir(s->alice.zt, "new:/d"));
}

/* ---- waiting ---- */

struct watched {
	struct zt *z;
	atomic_bool ready, ends, is_over;
	enum zt_err err;
};

static void
is_ready(void *ctx)
{
	atomic_store(&((struct watched *)ctx)->ready, true);
}

static void
see_event(void *ctx, const struct zt_event *e)
{
	(void)ctx;
	(void)e;
}

static bool
ends(void *ctx)
{
	return atomic_load(&((struct watched *)ctx)->ends);
}

static void *
watch(void *arg)
{
	struct watched *w = arg;
	struct zt_watch how = { .ctx = w, .ready = is_ready, .event = see_event, .stop = ends };

	w->err = zt_watch(w->z, &how);
	atomic_store(&w->is_over, true);
	return NULL;
}

static void
while_one_watches_another_works(void **state)
{
	struct scene *s = *state;
	struct watched w = { .err = ZT_OK };
	struct zt_options o = s->alice.o;
	struct zt *again = NULL;
	pthread_t thread;
	char *server;

	o.progress = NULL;
	assert_ok(zt_open_again(s->alice.zt, &o, &w.z));
	server = w.z->server; /* event sockets do not pass the double */
	w.z->server = s->w->url;
	calls_free(w.z->calls);
	assert_ok(session_connect(w.z));
	assert_int_equal(0, pthread_create(&thread, NULL, watch, &w));
	for (int i = 0; i < 600 && !atomic_load(&w.ready); i++)
		(void)nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	assert_true(atomic_load(&w.ready));
	for (int i = 0; i < 10; i++) {
		char remote[32];

		(void)snprintf(remote, sizeof remote, "shared:/watched-%d", i);
		assert_ok(zt_mkdir(s->alice.zt, remote));
	}
	/* and it leaves the folder to other processes between calls, as zt_watch does */
	assert_ok(zt_open(&s->alice.o, &again, NULL));
	zt_close(again);
	assert_ok(zt_mkdir(s->alice.zt, "shared:/after"));
	atomic_store(&w.ends, true);
	assert_int_equal(0, pthread_join(thread, NULL));
	assert_ok(w.err);
	assert_ok(zt_sync(w.z));
	w.z->server = server;
	zt_close(w.z);
}

static struct zt_cancel patience;

static void
lose_patience(int number)
{
	(void)number;
	zt_cancel(&patience); /* NOLINT(bugprone-signal-handler,cert-sig30-c): it may be */
}

/* Where no server answers, a watch asks again and again: others have the device meanwhile. */
static void
a_watch_without_a_server_keeps_nobody_waiting(void **state)
{
	struct scene *s = *state;
	struct sockaddr_in here = { .sin_family = AF_INET };
	socklen_t n = sizeof here;
	int mute = socket(AF_INET, SOCK_STREAM, 0);
	struct pollfd called = { .fd = mute, .events = POLLIN };
	struct watched w = { .err = ZT_OK };
	struct zt_options o = s->alice.o;
	pthread_t thread;
	char *server, silent[32];

	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(0, bind(mute, (struct sockaddr *)&here, sizeof here));
	assert_int_equal(0, listen(mute, 8));
	assert_int_equal(0, getsockname(mute, (struct sockaddr *)&here, &n));
	(void)snprintf(silent, sizeof silent, "http://127.0.0.1:%d", ntohs(here.sin_port));
	o.progress = NULL;
	o.cancel = &patience; /* one that keeps the device ends then, and the test with it */
	(void)signal(SIGALRM, lose_patience);
	(void)alarm(20);
	assert_ok(zt_open_again(s->alice.zt, &o, &w.z));
	server = w.z->server;
	w.z->server = silent;
	calls_free(w.z->calls);
	assert_ok(session_connect(w.z));
	assert_int_equal(0, pthread_create(&thread, NULL, watch, &w));
	assert_int_equal(1, poll(&called, 1, 60000));
	assert_ok(zt_mkdir(s->alice.zt, "shared:/beside-silence"));
	assert_false(atomic_load(&w.is_over));
	(void)alarm(0);
	atomic_store(&w.ends, true);
	assert_int_equal(0, pthread_join(thread, NULL));
	assert_ok(w.err);
	w.z->server = server;
	zt_close(w.z);
	(void)close(mute);
}

static bool
hold(void *ctx, struct proxy_call *c)
{
	(void)c;
	held_wait(ctx);
	return false;
}

static void *
sync_one(void *arg)
{
	struct worker *w = arg;

	(void)went(w, "sync", zt_sync(w->z));
	return NULL;
}

/* A handle that waits for its turn can be cancelled. */
static void
waiting_for_another_handle_ends(void **state)
{
	struct scene *s = *state;
	struct held h = { .is_in = false };
	struct proxy_hooks hooks = { .ctx = &h, .before = hold };
	struct zt_cancel cancel = { 0 };
	struct worker w = { .number = 1 };
	pthread_t thread;

	assert_ok(zt_open_again(s->alice.zt, &s->alice.o, &w.z));
	proxy_play(s->w->d, &hooks);
	held_run(&h, &thread, sync_one, &w);
	zt_use_cancel(s->alice.zt, &cancel);
	zt_cancel(&cancel);
	assert_err(ZT_ERR_INTERRUPTED, zt_sync(s->alice.zt)); /* the other has the store */
	zt_use_cancel(s->alice.zt, NULL);
	held_let_go(&h, thread);
	is_well(&w);
	proxy_play(s->w->d, NULL);
	zt_close(w.z);
	assert_ok(zt_sync(s->alice.zt));
	held_close(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_handle_works_on_a_thread_of_its_own),
		cmocka_unit_test(a_handle_sees_what_another_did),
		cmocka_unit_test(while_one_watches_another_works),
		cmocka_unit_test(a_watch_without_a_server_keeps_nobody_waiting),
		cmocka_unit_test(waiting_for_another_handle_ends),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, held_scene, scene_end);
}
