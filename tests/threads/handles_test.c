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

#include "log/enter.h"
#include "session/freeze.h"
#include "session/pace.h"
#include "test.h"
#include "workspace/rotate.h"
#include "world.h"
#include "zt/cancel.h"
#include "zt/file.h"
#include "zt/org.h"
#include "zt/reader.h"
#include "zt/sync.h"
#include "zt/workspace.h"
#include "zt/writer.h"

enum { THREADS = 3, ROUNDS = 12, SIZE = 700 * 1000 };

/* The first error of a thread, which the test's own thread looks at. */
struct worker {
	struct zt *z;
	unsigned number;
	enum zt_err err;
	char what[64];
	char message[256];
};

static bool
went(struct worker *w, const char *what, enum zt_err err)
{
	if (err && w->err == ZT_OK) {
		w->err = err;
		(void)snprintf(w->what, sizeof w->what, "%s", what);
		(void)snprintf(w->message, sizeof w->message, "%s", zt_error_message(w->z));
	}
	return err == ZT_OK;
}

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
is_well(const struct worker *w)
{
	if (w->err)
		print_message("%s: %s (%s)\n", w->what, zt_err_text(w->err), w->message);
	assert_ok(w->err);
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

struct held {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_in, may_go, timed_out;
};

static bool
hold(void *ctx, struct proxy_call *c)
{
	struct held *h = ctx;

	(void)c;
	(void)pthread_mutex_lock(&h->lock);
	h->is_in = true;
	(void)pthread_cond_broadcast(&h->changed);
	while (!h->may_go)
		(void)pthread_cond_wait(&h->changed, &h->lock);
	(void)pthread_mutex_unlock(&h->lock);
	return false;
}

static void *
sync_one(void *arg)
{
	struct worker *w = arg;

	(void)went(w, "sync", zt_sync(w->z));
	return NULL;
}

/* Holds a verification until it may go. */
static void
hold_on(struct held *h)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 20;
	(void)pthread_mutex_lock(&h->lock);
	h->is_in = true;
	(void)pthread_cond_broadcast(&h->changed);
	while (!h->may_go && !h->timed_out &&
	       pthread_cond_timedwait(&h->changed, &h->lock, &until) == 0)
		continue;
	h->timed_out = h->timed_out || !h->may_go;
	(void)pthread_mutex_unlock(&h->lock);
}

/* Runs START with ARG on *THREAD, and returns when it holds H. */
static void
run_held(struct held *h, pthread_t *thread, void *(*start)(void *), void *arg)
{
	assert_int_equal(0, pthread_mutex_init(&h->lock, NULL));
	assert_int_equal(0, pthread_cond_init(&h->changed, NULL));
	assert_int_equal(0, pthread_create(thread, NULL, start, arg));
	(void)pthread_mutex_lock(&h->lock);
	while (!h->is_in)
		(void)pthread_cond_wait(&h->changed, &h->lock);
	(void)pthread_mutex_unlock(&h->lock);
}

/* Lets THREAD go on, and waits for its end, which came by itself. */
static void
let_go(struct held *h, pthread_t thread)
{
	(void)pthread_mutex_lock(&h->lock);
	h->may_go = true;
	(void)pthread_cond_broadcast(&h->changed);
	(void)pthread_mutex_unlock(&h->lock);
	assert_int_equal(0, pthread_join(thread, NULL));
	assert_false(h->timed_out);
}

/* In its first block. */
static void
hold_step(void *ctx, const struct zt_progress_step *step)
{
	if (step->done > 0)
		hold_on(ctx);
}

/* After its first page. */
static void
hold_work(void *ctx, enum zt_work what, uint64_t done, uint64_t total)
{
	(void)done;
	(void)total;
	if (what == ZT_WORK_VERIFY_LOG)
		hold_on(ctx);
}

struct verified {
	struct worker w;
	struct held h;
	const char *workspace; /* NULL: the log */
	struct zt_check found;
	uint64_t entries;
};

static void *
verify_held(void *arg)
{
	struct verified *v = arg;
	struct zt_progress p = { .ctx = &v->h, .step = hold_step };

	(void)went(&v->w, "verify",
	    v->workspace != NULL ? zt_verify(v->w.z, v->workspace, &p, &v->found)
				 : zt_log_verify(v->w.z, &v->entries));
	(void)pthread_mutex_lock(&v->h.lock);
	v->h.is_in = true; /* also if no block came */
	(void)pthread_cond_broadcast(&v->h.changed);
	(void)pthread_mutex_unlock(&v->h.lock);
	return NULL;
}

static void
begin_held(struct verified *v, pthread_t *thread)
{
	run_held(&v->h, thread, verify_held, v);
}

static void
end_held(struct verified *v, pthread_t thread)
{
	let_go(&v->h, thread);
	is_well(&v->w);
}

/* Its callbacks use the lock in each call of the handle. */
static void
close_held(struct verified *v)
{
	zt_close(v->w.z);
	(void)pthread_cond_destroy(&v->h.changed);
	(void)pthread_mutex_destroy(&v->h.lock);
}

static void
write_file(struct zt *z, const char *remote)
{
	static char content[SIZE];
	struct zt_writer *w = NULL;

	memset(content, remote[strlen(remote) - 1], sizeof content);
	assert_ok(zt_writer_open(z, remote, 0, &w));
	assert_ok(zt_writer_write(w, 0, content, sizeof content));
	assert_ok(zt_writer_commit(w, ZT_COMMIT_ON_TOP, NULL));
	zt_writer_close(w);
}

/* A verification reads content for most of its time. Others act meanwhile, also so that the
 * workspace is read again: it continues, and verifies all that was there before. */
static void
a_verification_lets_others_act(void **state)
{
	struct scene *s = *state;
	struct verified v = { .workspace = "checked" };
	pthread_t thread;
	unsigned seen = 0;

	assert_ok(zt_workspace_create(s->alice.zt, "checked"));
	assert_ok(zt_mkdir(s->alice.zt, "checked:/1"));
	assert_ok(zt_mkdir(s->alice.zt, "checked:/1/2"));
	write_file(s->alice.zt, "checked:/a");
	write_file(s->alice.zt, "checked:/1/b");
	write_file(s->alice.zt, "checked:/1/2/c");
	assert_ok(zt_open_again(s->alice.zt, &s->alice.o, &v.w.z));
	begin_held(&v, &thread);
	assert_ok(zt_workspace_rotate(s->alice.zt, "checked"));
	write_file(s->alice.zt, "checked:/1/2/d");
	assert_ok(zt_ls(s->alice.zt, "checked:/", true, false, count, &seen));
	assert_int_equal(6, seen);
	end_held(&v, thread);
	assert_in_range(
	    v.found.files, 3, 4); /* what was new may be in a folder that it had seen */
	assert_int_equal(3, v.found.folders);
	assert_int_equal(v.found.files * SIZE, v.found.bytes);
	close_held(&v);
}

/* The same of the log, to which another adds meanwhile. */
static void
a_verification_of_the_log_lets_others_act(void **state)
{
	struct scene *s = *state;
	struct verified v = { .workspace = NULL };
	struct zt_options o = s->alice.o;
	struct zt_identity before, after;
	pthread_t thread;

	o.progress = hold_work;
	o.progress_ctx = &v.h;
	assert_ok(zt_open_again(s->alice.zt, &o, &v.w.z));
	zt_whoami(v.w.z, &before);
	begin_held(&v, &thread);
	assert_ok(zt_workspace_create(s->alice.zt, "meanwhile"));
	end_held(&v, thread);
	assert_true(v.entries >= before.log_size);
	assert_ok(zt_sync(v.w.z));
	zt_whoami(v.w.z, &after);
	assert_true(after.log_size > before.log_size);
	close_held(&v);
}

struct transferred {
	struct worker w;
	struct held h;
	char folder[40]; /* with one large file */
	bool puts, is_tree;
	uint64_t files;
};

/* In its first block, and not again: what begins again is not held. */
static void
hold_once(void *ctx, const struct zt_progress_step *step)
{
	struct held *h = ctx;

	if (step->total > 0 && !h->may_go)
		hold_on(h);
}

static void *
transfer_held(void *arg)
{
	struct transferred *v = arg;
	struct zt_progress p = { .ctx = &v->h, .step = hold_once };

	(void)went(&v->w, "transfer",
	    v->puts ? zt_put(v->w.z, v->folder, "shared:/large", &p, &v->files)
		    : zt_get(v->w.z, v->is_tree ? "shared:/large" : "shared:/large/file",
			  v->folder, &p, &v->files));
	(void)pthread_mutex_lock(&v->h.lock);
	v->h.is_in = true;
	(void)pthread_cond_broadcast(&v->h.changed);
	(void)pthread_mutex_unlock(&v->h.lock);
	return NULL;
}

/* Begins to put V->folder, or to get into it, and returns when its first block is on its way.
 */
static void
begin_transfer(struct scene *s, struct transferred *v, pthread_t *thread)
{
	assert_ok(zt_open_again(s->alice.zt, &s->alice.o, &v->w.z));
	run_held(&v->h, thread, transfer_held, v);
}

static void
end_transfer(struct transferred *v, pthread_t thread)
{
	let_go(&v->h, thread);
	is_well(&v->w);
	zt_close(v->w.z);
	(void)pthread_cond_destroy(&v->h.changed);
	(void)pthread_mutex_destroy(&v->h.lock);
}

static void
write_large(const char *path, unsigned mib)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (unsigned i = 0; i < mib * (1024 * 1024 / sizeof i); i++)
		assert_int_equal(1, fwrite(&i, sizeof i, 1, f));
	assert_int_equal(0, fclose(f));
}

static bool
is_same(const char *a, const char *b)
{
	FILE *one = fopen(a, "r"), *two = fopen(b, "r");
	int got = 0, other = 0;

	while (one != NULL && two != NULL && got == other && got != EOF) {
		got = getc(one);
		other = getc(two);
	}
	if (one != NULL)
		(void)fclose(one);
	if (two != NULL)
		(void)fclose(two);
	return got == EOF && other == EOF;
}

/* A transfer leaves the device to others while content is on its way. What they do is seen: a
 * folder that they removed meanwhile is made again, and the file is in no folder that nobody
 * finds. */
static void
a_transfer_lets_others_act(void **state)
{
	struct scene *s = *state;
	struct transferred up = { .puts = true }, down = { .puts = false };
	char path[64], copy[64];
	pthread_t thread;
	unsigned seen = 0;

	(void)snprintf(up.folder, sizeof up.folder, "/tmp/zt-lend-XXXXXX");
	assert_non_null(mkdtemp(up.folder));
	(void)snprintf(path, sizeof path, "%s/file", up.folder);
	write_large(path, 6);
	assert_ok(zt_mkdir(s->alice.zt, "shared:/large"));
	begin_transfer(s, &up, &thread);
	assert_ok(zt_mkdir(s->alice.zt, "shared:/beside-a-put"));
	assert_ok(zt_rm(s->alice.zt, "shared:/large", true));
	assert_ok(zt_workspace_rotate(s->alice.zt, "shared"));
	end_transfer(&up, thread);
	assert_ok(zt_ls(s->alice.zt, "shared:/large", false, false, count, &seen));
	assert_int_equal(1, seen);

	(void)snprintf(down.folder, sizeof down.folder, "/tmp/zt-lend-XXXXXX");
	assert_non_null(mkdtemp(down.folder));
	begin_transfer(s, &down, &thread);
	assert_ok(zt_mkdir(s->alice.zt, "shared:/beside-a-get"));
	end_transfer(&down, thread);
	assert_int_equal(1, down.files);
	(void)snprintf(copy, sizeof copy, "%s/file", down.folder);
	assert_true(is_same(path, copy));
	assert_int_equal(
	    0, unlink(path) | unlink(copy) | rmdir(up.folder) | rmdir(down.folder));
}

/* What is moved out of a folder that was not read yet, into one that was, is in the copy. */
static void
a_transfer_misses_nothing_that_is_moved(void **state)
{
	struct scene *s = *state;
	struct transferred down = { .is_tree = true };
	char path[64], small[96];
	pthread_t thread;

	(void)snprintf(down.folder, sizeof down.folder, "/tmp/zt-lend-XXXXXX");
	assert_non_null(mkdtemp(down.folder));
	(void)snprintf(path, sizeof path, "%s/file", down.folder);
	write_large(path, 40); /* more than is in flight at once */
	assert_ok(zt_put(s->alice.zt, path, "shared:/large/file", NULL, NULL));
	assert_int_equal(0, truncate(path, 100));
	assert_ok(zt_mkdir(s->alice.zt, "shared:/large/below"));
	assert_ok(zt_put(s->alice.zt, path, "shared:/large/below/small", NULL, NULL));
	assert_int_equal(0, unlink(path));
	begin_transfer(s, &down, &thread);
	assert_ok(zt_mv(s->alice.zt, "shared:/large/below/small", "shared:/large/small", NULL));
	/* it is looked through again where it is by then */
	assert_ok(zt_mv(s->alice.zt, "shared:/large", "shared:/elsewhere", NULL));
	end_transfer(&down, thread);
	assert_ok(zt_mv(s->alice.zt, "shared:/elsewhere", "shared:/large", NULL));
	(void)snprintf(small, sizeof small, "%s/small", down.folder);
	assert_int_equal(0, access(small, F_OK));
	assert_int_equal(0, unlink(small) | unlink(path));
	(void)snprintf(small, sizeof small, "%s/below", down.folder);
	assert_int_equal(0, rmdir(small) | rmdir(down.folder));
}

/* One fetches a file; another a second one, and the same, into the same folder. */
static void
two_transfers_into_one_folder_both_end_well(void **state)
{
	struct scene *s = *state;
	struct transferred down = { .puts = false };
	char path[64], small[96], copy[96];
	pthread_t thread;
	uint64_t files = 0;

	(void)snprintf(down.folder, sizeof down.folder, "/tmp/zt-lend-XXXXXX");
	assert_non_null(mkdtemp(down.folder));
	(void)snprintf(path, sizeof path, "%s-large", down.folder);
	write_large(path, 6);
	assert_ok(zt_put(s->alice.zt, path, "shared:/large/file", NULL, NULL));
	write_file(s->alice.zt, "shared:/beside");
	begin_transfer(s, &down, &thread);
	assert_ok(zt_get(s->alice.zt, "shared:/beside", down.folder, NULL, &files));
	assert_ok(zt_get(s->alice.zt, "shared:/large/file", down.folder, NULL, &files));
	end_transfer(&down, thread);
	(void)snprintf(copy, sizeof copy, "%s/file", down.folder);
	(void)snprintf(small, sizeof small, "%s/beside", down.folder);
	assert_true(is_same(path, copy));
	assert_int_equal(0, unlink(path) | unlink(copy) | unlink(small) | rmdir(down.folder));
}

/* A put of a large file, of which the first block is on its way. */
static void
begin_put(struct scene *s, struct transferred *up, char path[64], pthread_t *thread)
{
	(void)snprintf(up->folder, sizeof up->folder, "/tmp/zt-lend-XXXXXX");
	assert_non_null(mkdtemp(up->folder));
	(void)snprintf(path, 64, "%s/new", up->folder);
	write_large(path, 6);
	begin_transfer(s, up, thread);
}

/* While it was lent, this device saw a second history: nothing is written after that. */
static void
a_transfer_writes_nothing_to_a_frozen_workspace(void **state)
{
	struct scene *s = *state;
	struct transferred up = { .puts = true };
	struct zt_reader *in = NULL;
	char path[64];
	pthread_t thread;

	begin_put(s, &up, path, &thread);
	assert_ok(log_enter(s->alice.zt));
	assert_err(ZT_ERR_FORK, session_note_fork(s->alice.zt, NULL, ZT_ERR_FORK));
	assert_ok(log_leave(s->alice.zt, ZT_OK));
	let_go(&up.h, thread);
	assert_int_equal(ZT_ERR_FORK, up.w.err);
	zt_close(up.w.z);
	assert_ok(log_enter(s->alice.zt));
	assert_ok(log_leave(s->alice.zt, session_thaw(s->alice.zt)));
	assert_err(ZT_ERR_NOT_FOUND, zt_reader_open(s->alice.zt, "shared:/large/new", 0, &in));
	assert_int_equal(0, unlink(path) | rmdir(up.folder));
}

/* While it was lent, a member left: it is written under the next key. */
static void
a_transfer_renews_the_key_that_is_due(void **state)
{
	struct scene *s = *state;
	struct transferred up = { .puts = true };
	struct workspace *w = person_workspace(&s->alice, "shared");
	struct id workspace = w->w->id;
	size_t generations = w->w->generation_count;
	struct zt_reader *in = NULL;
	char path[64];
	pthread_t thread;

	begin_put(s, &up, path, &thread);
	assert_ok(log_enter(s->alice.zt));
	assert_ok(log_leave(s->alice.zt,
	    workspace_set_role(s->alice.zt, &workspace, &s->bob.zt->user, ROLE_NONE)));
	end_transfer(&up, thread);
	assert_ok(zt_reader_open(s->alice.zt, "shared:/large/new", 0, &in));
	zt_reader_close(in);
	assert_int_equal(
	    generations + 1, person_workspace(&s->alice, "shared")->w->generation_count);
	scene_share(s, "shared", &s->bob, "reader");
	assert_int_equal(0, unlink(path) | rmdir(up.folder));
}

static bool
hold_block(void *ctx, struct proxy_call *c)
{
	struct held *h = ctx;

	if (c->route == ROUTE_BLOCK_GET && !h->may_go)
		hold_on(h);
	return false;
}

static void *
get_bobs(void *arg)
{
	struct transferred *v = arg;

	(void)went(&v->w, "get", zt_get(v->w.z, "bobs:/file", v->folder, NULL, &v->files));
	return NULL;
}

static void
compare(struct scene *s, const char *folder, bool keeps_both)
{
	struct transferred down = { .puts = false };
	struct proxy_hooks hooks = { .ctx = &down.h, .before = hold_block };
	pthread_t thread;
	uint64_t n = 0;

	(void)snprintf(down.folder, sizeof down.folder, "%s", folder);
	assert_ok(zt_open_again(s->alice.zt, &s->alice.o, &down.w.z));
	down.w.z->keeps_both = keeps_both;
	proxy_play(s->w->d, &hooks);
	run_held(&down.h, &thread, get_bobs, &down);
	assert_ok(zt_check_store(s->alice.zt, &n)); /* asks nobody else */
	let_go(&down.h, thread);
	proxy_play(s->w->d, NULL);
	is_well(&down.w);
	assert_int_equal(0, down.files);
	zt_close(down.w.z);
}

/* What lies here may be what comes: while the two are compared, others have the device, also
 * where it may have to be put beside it. */
static void
a_comparison_lets_others_act(void **state)
{
	struct scene *s = *state;
	char folder[] = "/tmp/zt-lend-XXXXXX", path[64];

	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/file", folder);
	write_large(path, 6);
	assert_ok(zt_workspace_create(s->bob.zt, "bobs"));
	assert_ok(zt_workspace_share(s->bob.zt, "bobs", s->alice.email, "reader"));
	assert_ok(zt_put(s->bob.zt, path, "bobs:/file", NULL, NULL));
	assert_ok(zt_sync(s->alice.zt));
	compare(s, folder, false);
	compare(s, folder, true);
	assert_int_equal(0, unlink(path) | rmdir(folder));
}

struct line {
	unsigned pushes, slow; /* of those that are SLOW: the next */
};

static bool
delay_push(void *ctx, struct proxy_call *c)
{
	struct line *l = ctx;

	if (c->route != ROUTE_PUSH)
		return false;
	l->pushes++;
	if (l->slow > 0) {
		l->slow--;
		(void)nanosleep(&(struct timespec){ .tv_sec = 6 }, NULL);
	}
	return false;
}

/* How many pushes a put of COUNT small files takes. */
static unsigned
pushes_of(struct zt *z, struct line *l, unsigned count, const char *remote)
{
	char folder[] = "/tmp/zt-line-XXXXXX", path[64];

	assert_non_null(mkdtemp(folder));
	for (unsigned i = 0; i < count; i++) {
		FILE *f;

		(void)snprintf(path, sizeof path, "%s/%u", folder, i);
		assert_non_null(f = fopen(path, "w"));
		assert_true(fprintf(f, "%u", i) > 0);
		assert_int_equal(0, fclose(f));
	}
	l->pushes = 0;
	assert_ok(zt_put(z, folder, remote, NULL, NULL));
	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(path, sizeof path, "%s/%u", folder, i);
		assert_int_equal(0, unlink(path));
	}
	assert_int_equal(0, rmdir(folder));
	return l->pushes;
}

/* The device is kept as long as a push is under way: on a slow line each has little. */
static void
on_a_slow_line_pushes_are_small(void **state)
{
	struct scene *s = *state;
	struct line l = { .slow = 0 };
	struct proxy_hooks hooks = { .ctx = &l, .before = delay_push };
	struct zt *z = NULL;
	assert_ok(zt_open_again(s->alice.zt, &s->alice.o, &z));
	proxy_play(s->w->d, &hooks);
	assert_int_equal(1, pushes_of(z, &l, 700, "shared:/line-1"));
	l.slow = 1;
	assert_int_equal(1, pushes_of(z, &l, 700, "shared:/line-2"));
	assert_int_equal(2, pushes_of(z, &l, 700, "shared:/line-3"));
	assert_int_equal(1, pushes_of(z, &l, 700, "shared:/line-4")); /* that was fast */
	proxy_play(s->w->d, NULL);
	zt_close(z);
}

/* What a trip of MS had, and what the next has. */
static void
a_pace_follows_the_line(void **state)
{
	static const struct pace p = { 10, 1000 };

	(void)state;
	assert_int_equal(1000, pace_next(&p, 0, 1, 1));
	assert_int_equal(1000, pace_next(&p, 0, 1000, 5000)); /* a busy machine */
	assert_int_equal(500, pace_next(&p, 0, 1000, 10000));
	assert_int_equal(50, pace_next(&p, 500, 100, 10000));
	assert_int_equal(10, pace_next(&p, 400, 100, UINT64_MAX));
	assert_int_equal(40, pace_next(&p, 40, 1, 1)); /* too little says nothing */
	assert_int_equal(160, pace_next(&p, 40, 40, 100));
	assert_int_equal(1000, pace_next(&p, 400, 400, 100));
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

	assert_int_equal(0, pthread_mutex_init(&h.lock, NULL));
	assert_int_equal(0, pthread_cond_init(&h.changed, NULL));
	assert_ok(zt_open_again(s->alice.zt, &s->alice.o, &w.z));
	proxy_play(s->w->d, &hooks);
	assert_int_equal(0, pthread_create(&thread, NULL, sync_one, &w));
	(void)pthread_mutex_lock(&h.lock);
	while (!h.is_in)
		(void)pthread_cond_wait(&h.changed, &h.lock);
	(void)pthread_mutex_unlock(&h.lock);
	zt_use_cancel(s->alice.zt, &cancel);
	zt_cancel(&cancel);
	assert_err(ZT_ERR_INTERRUPTED, zt_sync(s->alice.zt)); /* the other has the store */
	zt_use_cancel(s->alice.zt, NULL);
	(void)pthread_mutex_lock(&h.lock);
	h.may_go = true;
	(void)pthread_cond_broadcast(&h.changed);
	(void)pthread_mutex_unlock(&h.lock);
	assert_int_equal(0, pthread_join(thread, NULL));
	is_well(&w);
	proxy_play(s->w->d, NULL);
	zt_close(w.z);
	assert_ok(zt_sync(s->alice.zt));
	(void)pthread_cond_destroy(&h.changed);
	(void)pthread_mutex_destroy(&h.lock);
}

static int
begin(void **state)
{
	int rc = scene_begin(state);
	struct scene *s = *state;

	assert_ok(zt_workspace_create(s->alice.zt, "shared"));
	assert_ok(zt_workspace_share(s->alice.zt, "shared", s->bob.email, "reader"));
	return rc;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_handle_works_on_a_thread_of_its_own),
		cmocka_unit_test(a_handle_sees_what_another_did),
		cmocka_unit_test(while_one_watches_another_works),
		cmocka_unit_test(a_watch_without_a_server_keeps_nobody_waiting),
		cmocka_unit_test(a_verification_lets_others_act),
		cmocka_unit_test(a_verification_of_the_log_lets_others_act),
		cmocka_unit_test(a_transfer_lets_others_act),
		cmocka_unit_test(a_transfer_misses_nothing_that_is_moved),
		cmocka_unit_test(two_transfers_into_one_folder_both_end_well),
		cmocka_unit_test(a_transfer_writes_nothing_to_a_frozen_workspace),
		cmocka_unit_test(a_transfer_renews_the_key_that_is_due),
		cmocka_unit_test(a_comparison_lets_others_act),
		cmocka_unit_test(on_a_slow_line_pushes_are_small),
		cmocka_unit_test(a_pace_follows_the_line),
		cmocka_unit_test(waiting_for_another_handle_ends),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, begin, scene_end);
}
