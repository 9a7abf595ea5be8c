/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cancel_test.c - any call is cancelled at each of its requests, counted: it ends at once,
 * though the server never answers, and the next call finds all as if the answer had been lost.
 */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crypto/suite.h"
#include "test.h"
#include "world.h"
#include "zt/cancel.h"
#include "zt/file.h"
#include "zt/reader.h"
#include "zt/sync.h"
#include "zt/workspace.h"
#include "zt/writer.h"

enum {
	PART = 512 * 1024,
	FILES = 4,
	ENDS_MS =
	    5000 /* 100 by the contract, on a busy machine; the server says nothing for 30 s */
};

static uint64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A server that says nothing from the request AT on, and cancels then. */
struct silence {
	struct zt_cancel cancel;
	unsigned at;
	atomic_uint calls;
	/* The server does what it is asked, and only says nothing; or the cancel comes with its
	 * answer. */
	enum { UNDONE, DONE, ANSWERED, WAYS } way;
	pthread_mutex_t lock;
	pthread_cond_t over_;
	bool is_over;
	uint64_t since_ms;
};

/* Cancels at the first; holds this and all that follow until the call has ended. */
static void
hold(struct silence *q)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 30;
	(void)pthread_mutex_lock(&q->lock);
	if (q->since_ms == 0)
		q->since_ms = now_ms();
	zt_cancel(&q->cancel);
	while (!q->is_over && pthread_cond_timedwait(&q->over_, &q->lock, &until) == 0)
		;
	(void)pthread_mutex_unlock(&q->lock);
}

static bool
before(void *ctx, struct proxy_call *c)
{
	struct silence *q = ctx;

	if (q->way != UNDONE || atomic_fetch_add(&q->calls, 1) < q->at)
		return false;
	hold(q);
	proxy_refuse(c, ZT_ERR_UNAVAILABLE);
	return true;
}

static void
after(void *ctx, struct proxy_call *c)
{
	struct silence *q = ctx;

	(void)c;
	if (q->way == UNDONE || atomic_fetch_add(&q->calls, 1) < q->at)
		return;
	q->is_over = q->is_over || q->way == ANSWERED;
	hold(q);
}

static void
end_silence(struct silence *q)
{
	(void)pthread_mutex_lock(&q->lock);
	q->is_over = true;
	(void)pthread_cond_broadcast(&q->over_);
	(void)pthread_mutex_unlock(&q->lock);
}

/* One call of the API, on a state that UNDO brings back. */
struct act {
	const char *name;
	enum zt_err (*run)(struct scene *s);
	void (*is_done)(struct scene *s); /* once it ended well: all is as it should be */
};

/* Runs A with a cancel at its request AT; whether it had so many. */
static bool
cancel_at(struct scene *s, const struct act *a, unsigned at, int way)
{
	struct silence q = { .at = at, .way = (unsigned)way };
	struct proxy_hooks hooks = { .ctx = &q, .before = before, .after = after };
	uint64_t ended;
	enum zt_err err;

	assert_int_equal(0, pthread_mutex_init(&q.lock, NULL));
	assert_int_equal(0, pthread_cond_init(&q.over_, NULL));
	proxy_play(s->w->d, &hooks);
	zt_use_cancel(s->alice.zt, &q.cancel);
	err = a->run(s);
	ended = now_ms();
	zt_use_cancel(s->alice.zt, NULL);
	end_silence(&q);
	proxy_play(s->w->d, NULL); /* waits for the hooks that run */
	(void)pthread_cond_destroy(&q.over_);
	(void)pthread_mutex_destroy(&q.lock);
	if (q.since_ms == 0) {
		assert_ok(err);
		return false;
	}
	if (err != ZT_OK) { /* or it was answered by what came before */
		if (err != ZT_ERR_INTERRUPTED)
			print_message(
			    "%s at %u: %s\n", a->name, at, zt_error_message(s->alice.zt));
		assert_err(ZT_ERR_INTERRUPTED, err);
		if (ended - q.since_ms > ENDS_MS)
			print_message(
			    "%s at %u: %u ms\n", a->name, at, (unsigned)(ended - q.since_ms));
		assert_true(ended - q.since_ms <= ENDS_MS);
	}
	return true;
}

/* At each request in turn, in one of the ways, or with ZT_CANCEL_WAYS in each of them; then the
 * same call, which nobody cancels, does what it should. */
static void
cancel_each(struct scene *s, const struct act *a)
{
	const bool all = getenv("ZT_CANCEL_WAYS") != NULL;
	const unsigned step = all ? 1 : WAYS;
	unsigned at, count[WAYS] = { 0 }, sum = 0;

	for (int way = 0; way < WAYS; way++) {
		for (at = all ? 0 : (unsigned)way; cancel_at(s, a, at, way); at += step) {
			assert_ok(a->run(s));
			a->is_done(s);
			count[way]++;
			sum++;
		}
		a->is_done(s);
		assert_true(at < 100);
	}
	assert_true(sum > 0 && (!all || (count[0] > 0 && count[1] > 0 && count[2] > 0)));
	print_message(
	    "%s: cancelled at %u, %u and %u requests\n", a->name, count[0], count[1], count[2]);
}

/* ---- what is still on its way ---- */

/* A first push that was cancelled and had left: it arrives when the second has come. */
struct late {
	struct zt_cancel cancel;
	const struct proxy *d;
	struct buf first;
	unsigned pushes;
};

static bool
late_before(void *ctx, struct proxy_call *c)
{
	struct late *l = ctx;
	enum zt_err err;

	if (c->route != ROUTE_PUSH)
		return false;
	if (++l->pushes == 1) {
		buf_add(&l->first, c->request);
		zt_cancel(&l->cancel);
		proxy_refuse(c, ZT_ERR_UNAVAILABLE);
		return true;
	}
	if (l->pushes == 2)
		assert_int_equal(200, proxy_send(l->d, buf_bytes(&l->first), &err));
	return false;
}

/* The version that is found then is the writer's own, and not somebody else's. */
static void
what_was_cancelled_may_be_taken_later(void **state)
{
	struct scene *s = *state;
	struct late l = { .d = s->w->d, .first = buf_init(1 << 20) };
	struct proxy_hooks hooks = { .ctx = &l, .before = late_before };
	struct zt_writer *w = NULL;
	struct zt_committed done;

	assert_ok(zt_writer_open(s->alice.zt, "films:/late", 0, &w));
	assert_ok(zt_writer_write(w, 0, "abc", 3));
	proxy_play(s->w->d, &hooks);
	zt_use_cancel(s->alice.zt, &l.cancel);
	assert_err(ZT_ERR_INTERRUPTED, zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
	zt_use_cancel(s->alice.zt, NULL);
	assert_ok(zt_writer_write(w, 3, "def", 3));
	assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, &done));
	proxy_play(s->w->d, NULL);
	assert_int_equal(2, done.version);
	assert_true(l.pushes >= 2);
	zt_writer_close(w);
	buf_free(&l.first);
}

/* ---- the calls ---- */

static uint8_t content[6 * PART + 77];
static unsigned round_; /* so that each run has something to do */

static void
fresh(void)
{
	round_++;
	random_bytes(content, sizeof content);
}

/* REMOTE is CONTENT for bob, who sees what the servers have. */
static void
is_content(struct scene *s, const char *remote)
{
	struct zt_reader *r = NULL;
	uint8_t *all = malloc(sizeof content + 1);
	size_t got = 0;

	assert_non_null(all);
	assert_ok(zt_reader_open(s->bob.zt, remote, 0, &r));
	assert_ok(zt_reader_read(r, 0, all, sizeof content + 1, &got));
	assert_int_equal(sizeof content, got);
	assert_memory_equal(content, all, got);
	zt_reader_close(r);
	free(all);
}

static enum zt_err
put(struct scene *s)
{
	char *path;
	enum zt_err err;

	fresh();
	path = world_file(s->w, "up", content, sizeof content);
	err = zt_put(s->alice.zt, path, "films:/up", NULL, NULL);
	free(path);
	return err;
}

static void
is_put(struct scene *s)
{
	is_content(s, "films:/up");
}

static struct zt_writer *writer;

/* A writer lives through cancels: what it took by then is not lost. */
static enum zt_err
write_on(struct scene *s)
{
	enum zt_err err = ZT_OK;

	if (writer == NULL) {
		fresh();
		err = zt_writer_open(s->alice.zt, "films:/written", 0, &writer);
	}
	for (size_t at = 0; err == ZT_OK && at < sizeof content; at += PART) {
		size_t n = sizeof content - at < PART ? sizeof content - at : PART;

		if (zt_writer_size(writer) < at + n)
			err = zt_writer_write(writer, at, content + at, n);
	}
	if (err == ZT_OK &&
	    (err = zt_writer_commit(writer, ZT_COMMIT_OR_CONFLICT, NULL)) == ZT_OK) {
		zt_writer_close(writer);
		writer = NULL;
	}
	return err;
}

static void
is_written(struct scene *s)
{
	is_content(s, "films:/written");
}

static size_t unwritten;

/* From its end to its beginning, in halves of parts: no part is a stream's, so that those that
 * are not held wait on the disk. */
static enum zt_err
write_backwards(struct scene *s)
{
	enum { HALF = PART / 2 };
	enum zt_err err = ZT_OK;

	if (writer == NULL) {
		fresh();
		unwritten = sizeof content;
		err = zt_writer_open(s->alice.zt, "films:/backwards", 0, &writer);
	}
	while (err == ZT_OK && unwritten > 0) {
		size_t n = unwritten % HALF > 0 ? unwritten % HALF : HALF, at = unwritten - n;

		if ((err = zt_writer_write(writer, at, content + at, n)) == ZT_OK)
			unwritten = at;
	}
	if (err == ZT_OK &&
	    (err = zt_writer_commit(writer, ZT_COMMIT_OR_CONFLICT, NULL)) == ZT_OK) {
		zt_writer_close(writer);
		writer = NULL;
	}
	return err;
}

static void
is_written_backwards(struct scene *s)
{
	is_content(s, "films:/backwards");
}

static struct zt_reader *reader;

static enum zt_err
read_on(struct scene *s)
{
	static uint8_t all[sizeof content + 1];
	size_t got = 0;
	enum zt_err err = ZT_OK;

	if (reader == NULL)
		err = zt_reader_open(s->alice.zt, "films:/read", 0, &reader);
	if (err == ZT_OK && (err = zt_reader_read(reader, 0, all, sizeof all, &got)) == ZT_OK) {
		assert_int_equal(sizeof content, got);
		assert_memory_equal(content, all, got);
		zt_reader_close(reader);
		reader = NULL;
	}
	return err;
}

static void
nothing(struct scene *s)
{
	(void)s;
}

static void
local_path(struct scene *s, char out[256])
{
	(void)snprintf(out, 256, "%s/cancelled", s->w->state);
}

/* No partial file, whatever happened. */
static enum zt_err
get(struct scene *s)
{
	char path[256], name[600];
	const struct dirent *e;
	enum zt_err err;
	DIR *d;

	local_path(s, path);
	(void)mkdir(path, 0700);
	for (int i = 0; i < FILES; i++) {
		(void)snprintf(name, sizeof name, "%s/%d", path, i);
		(void)unlink(name);
	}
	err = zt_get(s->alice.zt, "films:/tree", path, NULL, NULL);
	(void)snprintf(name, sizeof name, "%s", path);
	for (d = opendir(name); d != NULL && (e = readdir(d)) != NULL;) {
		struct stat st;

		assert_true(strncmp(e->d_name, ".zt-", 4) != 0);
		if (e->d_name[0] != '.' && fstatat(dirfd(d), e->d_name, &st, 0) == 0)
			assert_int_equal(PART + 1, st.st_size);
	}
	if (d != NULL)
		(void)closedir(d);
	return err;
}

static void
is_got(struct scene *s)
{
	char path[256], name[600];

	local_path(s, path);
	for (int i = 0; i < FILES; i++) {
		struct stat st;

		(void)snprintf(name, sizeof name, "%s/%d", path, i);
		assert_int_equal(0, stat(name, &st));
		assert_int_equal(PART + 1, st.st_size);
	}
}

static void
count_one(void *ctx, const struct zt_file *f)
{
	(void)f;
	++*(int *)ctx;
}

/* Makes, moves and removes: what an earlier run did already is no error. */
static enum zt_err
names(struct scene *s)
{
	enum zt_err err = zt_mkdir(s->alice.zt, "films:/names");

	if (err == ZT_OK || err == ZT_ERR_EXISTS)
		err = zt_mv(s->alice.zt, "films:/names", "films:/moved", NULL);
	if (err == ZT_OK || err == ZT_ERR_NOT_FOUND || err == ZT_ERR_EXISTS)
		err = zt_rm(s->alice.zt, "films:/moved", true);
	return err == ZT_ERR_NOT_FOUND ? ZT_OK : err;
}

static enum zt_err
look(struct scene *s)
{
	struct zt_check c;
	int n = 0;
	enum zt_err err;

	if ((err = zt_sync(s->alice.zt)) ||
	    (err = zt_ls(s->alice.zt, "films:/", true, true, count_one, &n)))
		return err;
	assert_true(n >= FILES + 1);
	return zt_verify(s->alice.zt, "films", NULL, &c);
}

static enum zt_err
share(struct scene *s)
{
	enum zt_err err = zt_workspace_share(s->alice.zt, "films", s->bob.email, "manager");

	if (err == ZT_OK || err == ZT_ERR_EXISTS)
		err = zt_workspace_share(s->alice.zt, "films", s->bob.email, "contributor");
	if (err == ZT_OK || err == ZT_ERR_EXISTS)
		err = zt_workspace_rotate(s->alice.zt, "films");
	return err;
}

static void
a_call_is_cancelled_at_each_of_its_requests(void **state)
{
	static const struct act acts[] = {
		{ "put", put, is_put },
		{ "writer", write_on, is_written },
		{ "waiting", write_backwards, is_written_backwards },
		{ "reader", read_on, nothing },
		{ "get", get, is_got },
		{ "names", names, nothing },
		{ "look", look, nothing },
		{ "share", share, nothing },
	};
	struct scene *s = *state;
	char *path;

	for (int i = 0; i < FILES; i++) {
		char remote[64];

		random_bytes(content, PART + 1);
		path = world_file(s->w, "one", content, PART + 1);
		(void)snprintf(remote, sizeof remote, "films:/tree/%d", i);
		assert_ok(zt_put(s->alice.zt, path, remote, NULL, NULL));
		free(path);
	}
	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
		if (acts[i].run == read_on) {
			fresh();
			path = world_file(s->w, "read", content, sizeof content);
			assert_ok(zt_put(s->alice.zt, path, "films:/read", NULL, NULL));
			free(path);
		}
		cancel_each(s, &acts[i]);
	}
}

/* ---- other waits ---- */

static bool
is_away(void *ctx, struct proxy_call *c)
{
	(void)ctx;
	proxy_refuse(c, ZT_ERR_UNAVAILABLE);
	return true;
}

struct later {
	struct zt_cancel cancel;
	unsigned ms;
	atomic_uint_fast64_t at_ms;
};

static void *
cancel_later(void *arg)
{
	struct later *l = arg;
	struct timespec t = { l->ms / 1000, (long)(l->ms % 1000) * 1000000 };

	(void)nanosleep(&t, NULL);
	atomic_store(&l->at_ms, now_ms());
	zt_cancel(&l->cancel);
	return NULL;
}

/* The pause before the fourth try lasts a second. */
static void
the_pause_between_two_tries_ends(void **state)
{
	struct scene *s = *state;
	struct proxy_hooks away = { .before = is_away };
	struct later l = { .ms = 500 };
	pthread_t thread;

	proxy_play(s->w->d, &away);
	zt_use_cancel(s->alice.zt, &l.cancel);
	assert_int_equal(0, pthread_create(&thread, NULL, cancel_later, &l));
	assert_err(ZT_ERR_INTERRUPTED, zt_sync(s->alice.zt));
	assert_true(now_ms() - atomic_load(&l.at_ms) <= ENDS_MS);
	assert_int_equal(0, pthread_join(thread, NULL));
	/* and what comes later with the same ends at once, without a request */
	assert_err(ZT_ERR_INTERRUPTED, zt_sync(s->alice.zt));
	proxy_play(s->w->d, NULL);
	assert_err(ZT_ERR_INTERRUPTED, zt_sync(s->alice.zt));
	zt_use_cancel(s->alice.zt, NULL);
	assert_ok(zt_sync(s->alice.zt));
}

static void
waiting_for_another_process_ends(void **state)
{
	struct scene *s = *state;
	struct zt_options o = s->alice.o;
	struct later l = { .ms = 2500 }; /* the password takes a second */
	struct zt *second = NULL;
	pthread_t thread;

	o.cancel = &l.cancel;
	assert_int_equal(0, pthread_create(&thread, NULL, cancel_later, &l));
	assert_err(ZT_ERR_INTERRUPTED, zt_open(&o, &second, NULL));
	assert_true(now_ms() - atomic_load(&l.at_ms) <= ENDS_MS);
	assert_int_equal(0, pthread_join(thread, NULL));
}

static void
waiting_for_a_newcomer_ends(void **state)
{
	struct scene *s = *state;
	struct humans h;
	struct human one = { .h = &h };
	struct zt_codes codes;
	struct later l = { .ms = 700 };
	char link[1024];
	pthread_t thread;

	humans_init(&h, "standard");
	codes = human_codes(&one);
	assert_ok(zt_invite(s->alice.zt, ZT_INVITE_USER, link));
	zt_use_cancel(s->alice.zt, &l.cancel);
	assert_int_equal(0, pthread_create(&thread, NULL, cancel_later, &l));
	assert_err(ZT_ERR_INTERRUPTED, zt_greet(s->alice.zt, link, &codes, NULL));
	assert_true(now_ms() - atomic_load(&l.at_ms) <= ENDS_MS);
	assert_int_equal(0, pthread_join(thread, NULL));
	zt_use_cancel(s->alice.zt, NULL);
	assert_ok(zt_sync(s->alice.zt));
}

static int
begin(void **state)
{
	int rc = scene_begin(state);
	struct scene *s = *state;

	assert_ok(zt_workspace_create(s->alice.zt, "films"));
	assert_ok(zt_workspace_share(s->alice.zt, "films", s->bob.email, "contributor"));
	assert_ok(zt_mkdir(s->alice.zt, "films:/tree"));
	assert_ok(zt_sync(s->bob.zt));
	return rc;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_is_cancelled_at_each_of_its_requests),
		cmocka_unit_test(what_was_cancelled_may_be_taken_later),
		cmocka_unit_test(the_pause_between_two_tries_ends),
		cmocka_unit_test(waiting_for_another_process_ends),
		cmocka_unit_test(waiting_for_a_newcomer_ends),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, begin, scene_end);
}
