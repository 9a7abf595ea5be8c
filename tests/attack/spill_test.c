/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* spill_test.c - what a writer (zt/writer.h) sends before its commit, and what waits on the
 * device's disk instead: sealed, without a name, and not lost. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/suite.h"
#include "files/block.h"
#include "format/limits.h"
#include "test.h"
#include "writer_model.h"
#include "zt/workspace.h"

/* From the beginning on, up to N, in pieces that end anywhere. */
static void
stream_both(struct zt_writer *w, struct model *m, size_t n)
{
	uint8_t *p = malloc(100000);

	assert_non_null(p);
	for (size_t at = 0, some; at < n; at += some) {
		some = 1 + below(100000);
		if (some > n - at)
			some = n - at;
		random_bytes(p, some);
		write_both(w, m, at, p, some);
	}
	free(p);
}

/* N writes of one byte at any place, and reads of what is there by then. */
static void
scatter(struct zt_writer *w, struct model *m, int n)
{
	for (int i = 0; i < n; i++) {
		uint8_t byte = (uint8_t)below(256), there[100];
		size_t at = below((uint32_t)m->n), got = 0;

		write_both(w, m, at, &byte, 1);
		at = below((uint32_t)(m->n - sizeof there));
		if (below(3) > 0)
			continue;
		assert_ok(zt_writer_read(w, at, there, sizeof there, &got));
		assert_int_equal(sizeof there, got);
		assert_memory_equal(m->p + at, there, got);
	}
}

/* Opens REMOTE with N bytes of M, which its newest version has. */
static void
open_with(
    struct person *p, const char *remote, struct model *m, size_t n, struct zt_writer **out)
{
	struct zt_writer *w = NULL;

	*m = model_new();
	assert_ok(zt_writer_open(p->zt, remote, 0, &w));
	stream_both(w, m, n);
	assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
	zt_writer_close(w);
	assert_ok(zt_writer_open(p->zt, remote, ZT_NEWEST, out));
}

/* ---- the file that waits ---- */

/* What this process has open of P's folder that has no name: a path to it, and how many there
 * are. */
static int
nameless(const struct person *p, char path[320])
{
	DIR *d = opendir("/proc/self/fd");
	const struct dirent *e;
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		char at[300], to[400] = "";
		ssize_t len;

		(void)snprintf(at, sizeof at, "/proc/self/fd/%.20s", e->d_name);
		len = readlink(at, to, sizeof to - 1);
		if (len > 0 && strncmp(to, p->home, strlen(p->home)) == 0 &&
		    strstr(to, " (deleted)") != NULL) {
			(void)snprintf(path, 320, "%s", at);
			n++;
		}
	}
	(void)closedir(d);
	return n;
}

/* How much room it takes; 0 if there is none. */
static size_t
waiting(const struct person *p)
{
	char path[320];
	struct stat st;

	if (nameless(p, path) == 0)
		return 0;
	assert_int_equal(0, stat(path, &st));
	return (size_t)st.st_blocks * 512;
}

/* The names in P's folder. */
static int
names_of(const struct person *p)
{
	DIR *d = opendir(p->home);
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n;
}

/* ---- what is sent ---- */

static void
writes_anywhere_send_each_part_once(void **state)
{
	struct scene *s = *state;
	struct sent n = { 0 };
	struct proxy_hooks counted = { .ctx = &n, .before = count_sent };
	struct zt_writer *w = NULL;
	struct model m;

	open_with(&s->alice, "db:/kept", &m, 8 * PART, &w);
	proxy_play(s->w->d, &counted);
	for (int commits = 1; commits <= 3; commits++) {
		n = (struct sent){ 0 };
		scatter(w, &m, 200);
		assert_int_equal(0, n.puts);
		assert_true(waiting(&s->alice) > 0);
		assert_true(waiting(&s->alice) <= 9 * block_sealed_size(PART));
		assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
		assert_true(n.puts <= 8 && n.bytes <= 8 * block_sealed_size(PART));
		assert_int_equal(0, waiting(&s->alice));
		is_model(&s->bob, "db:/kept", 0, &m);
	}
	/* The same of a new file, of which a stream has sent some. */
	zt_writer_close(w);
	n = (struct sent){ 0 };
	m.n = 0;
	assert_ok(zt_writer_open(s->alice.zt, "db:/new", 0, &w));
	stream_both(w, &m, 8 * PART);
	scatter(w, &m, 200);
	assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
	assert_true(n.puts >= 8 && n.bytes <= 2 * 8 * block_sealed_size(PART));
	proxy_play(s->w->d, NULL);
	zt_writer_close(w);
	is_model(&s->bob, "db:/new", 0, &m);
	free(m.p);
}

/* However often a stream begins again, and however its file is cut. */
static void
what_is_cut_off_is_not_sent_again(void **state)
{
	struct scene *s = *state;
	struct sent n = { 0 };
	struct proxy_hooks counted = { .ctx = &n, .before = count_sent };
	struct zt_writer *w = NULL;
	struct model m = model_new();

	proxy_play(s->w->d, &counted);
	assert_ok(zt_writer_open(s->alice.zt, "db:/cut", 0, &w));
	for (int i = 0; i < 6; i++) {
		size_t to = i % 2 == 0 ? 0 : PART / 3;

		stream_both(w, &m, MAX);
		assert_ok(zt_writer_truncate(w, to));
		memset(m.p + to, 0, MAX - to);
		m.n = to;
		if (to > 0) { /* a hole behind what stays */
			assert_ok(zt_writer_truncate(w, MAX));
			m.n = MAX;
		}
	}
	stream_both(w, &m, MAX);
	assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
	proxy_play(s->w->d, NULL);
	assert_true(n.puts <= 2 * (PARTS + 1));
	is_model(&s->bob, "db:/cut", 0, &m);
	zt_writer_close(w);
	free(m.p);
}

static void
a_stream_sends_each_block_once_and_none_waits(void **state)
{
	enum { SIZE = 64 << 20, PIECE = 100000 };
	struct scene *s = *state;
	struct sent n = { 0 };
	struct proxy_hooks counted = { .ctx = &n, .before = count_sent };
	struct zt_writer *w = NULL;
	uint8_t *p = malloc(PIECE);
	char path[320];

	assert_non_null(p);
	random_bytes(p, PIECE);
	proxy_play(s->w->d, &counted);
	assert_ok(zt_writer_open(s->alice.zt, "db:/stream", 0, &w));
	for (size_t at = 0; at < SIZE; at += PIECE)
		assert_ok(zt_writer_write(w, at, p, SIZE - at < PIECE ? SIZE - at : PIECE));
	assert_true(n.puts > 40); /* 6 are held, and 12 on their way */
	assert_int_equal(0, nameless(&s->alice, path));
	assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
	assert_int_equal(
	    LIMIT_LARGE / LIMIT_BLOCK + (SIZE - LIMIT_LARGE) / LIMIT_BLOCK_LARGE, n.puts);
	assert_int_equal(0, nameless(&s->alice, path));
	/* The same over what is there. */
	n = (struct sent){ 0 };
	for (size_t at = 0; at < SIZE / 4; at += PIECE)
		assert_ok(zt_writer_write(w, at, p, PIECE));
	assert_int_equal(0, nameless(&s->alice, path));
	zt_writer_close(w);
	proxy_play(s->w->d, NULL);
	free(p);
}

/* ---- what waits ---- */

static void
what_waits_is_sealed_and_gone_at_the_end(void **state)
{
	static const uint8_t marker[] = "nobody else may read this, on no disk";
	struct scene *s = *state;
	struct zt_writer *w = NULL, *other = NULL;
	struct model m, n;
	char path[320];
	uint8_t *all = malloc(MAX);
	int names = names_of(&s->alice), fd;
	ssize_t got, max = 0;

	assert_non_null(all);
	open_with(&s->alice, "db:/one", &m, 8 * PART, &w);
	for (size_t i = 0; i < 40; i++)
		write_both(w, &m, (i * 3 % 8) * PART + i * 100, marker, sizeof marker);
	assert_int_equal(1, nameless(&s->alice, path));
	assert_int_equal(names, names_of(&s->alice));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	while ((got = read(fd, all, MAX)) > 0) {
		assert_null(memmem(all, (size_t)got, marker, sizeof marker));
		max = got > max ? got : max;
	}
	assert_true(max >= PART);
	(void)close(fd);
	/* Another writer has its own. */
	open_with(&s->alice, "db:/two", &n, 8 * PART, &other);
	scatter(other, &n, 40);
	assert_int_equal(2, nameless(&s->alice, path));
	scatter(w, &m, 40);
	zt_writer_close(other);
	assert_int_equal(1, nameless(&s->alice, path));
	scatter(w, &m, 40);
	assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
	is_model(&s->bob, "db:/one", 0, &m);
	zt_writer_close(w);
	assert_int_equal(0, nameless(&s->alice, path));
	assert_int_equal(names, names_of(&s->alice));
	free(all);
	free(m.p);
	free(n.p);
}

/* What main does in a separate process, whose folder and password are ARGS: that begins with
 * exec, because this one has threads. */
static int
write_until_killed(char **args)
{
	struct zt_options o = { .home = args[0], .password = args[1] };
	struct person p = { 0 };
	struct zt *z = NULL;
	struct zt_writer *w = NULL;
	char message[256], path[320];

	(void)snprintf(p.home, sizeof p.home, "%s", o.home);
	if (zt_open(&o, &z, message) || zt_writer_open(z, "db:/killed", ZT_NEWEST, &w))
		return 1;
	for (uint64_t i = 0; i < 40; i++)
		if (zt_writer_write(w, i * 3 % 8 * PART, "x", 1))
			return 1;
	if (nameless(&p, path) != 1 || write(STDOUT_FILENO, "k", 1) != 1)
		return 1;
	for (;;)
		(void)pause();
}

static void
a_killed_program_leaves_nothing(void **state)
{
	struct scene *s = *state;
	struct zt_writer *w = NULL;
	struct model m;
	char path[400], said = 0;
	int names, tell[2], fd;
	pid_t child;

	open_with(&s->alice, "db:/killed", &m, 8 * PART, &w);
	zt_writer_close(w);
	names = names_of(&s->alice);
	person_close(&s->alice);
	assert_int_equal(0, pipe(tell));
	if ((child = fork()) == 0) {
		(void)dup2(tell[1], STDOUT_FILENO);
		(void)execl("/proc/self/exe", "spill_test", "killed", s->alice.o.home,
		    s->alice.o.password, (char *)NULL);
		_exit(1);
	}
	assert_true(child > 0);
	(void)close(tell[1]);
	assert_int_equal(1, read(tell[0], &said, 1));
	(void)close(tell[0]);
	assert_int_equal(0, kill(child, SIGKILL));
	assert_int_equal(child, waitpid(child, NULL, 0));
	/* It had a name, if it was killed just then. */
	(void)snprintf(path, sizeof path, "%s/scratch", s->alice.home);
	assert_int_equal(-1, access(path, F_OK));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	person_open(&s->alice);
	assert_int_equal(names, names_of(&s->alice));
	is_model(&s->alice, "db:/killed", 0, &m);
	assert_ok(zt_writer_open(s->alice.zt, "db:/killed", ZT_NEWEST, &w));
	scatter(w, &m, 60);
	assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
	zt_writer_close(w);
	is_model(&s->bob, "db:/killed", 0, &m);
	free(m.p);
}

static void
a_full_disk_is_named_and_loses_nothing(void **state)
{
	struct scene *s = *state;
	struct zt_writer *w = NULL;
	struct model m;
	struct rlimit was, low;
	uint8_t byte = 7;
	enum zt_err err = ZT_OK;
	size_t at = 0;

	open_with(&s->alice, "db:/full", &m, MAX, &w);
	assert_int_equal(0, getrlimit(RLIMIT_FSIZE, &was));
	low = (struct rlimit){ 2 * PART, was.rlim_max };
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &low));
	for (; at < MAX && (err = zt_writer_write(w, at, &byte, 1)) == ZT_OK; at += PART)
		m.p[at] = byte;
	assert_err(ZT_ERR_FULL, err);
	assert_true(at > 6 * PART);
	assert_non_null(strstr(zt_error_message(s->alice.zt), s->alice.home));
	assert_err(ZT_ERR_FULL, zt_writer_write(w, at, &byte, 1));
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &was));
	write_both(w, &m, at, &byte, 1); /* the same call, when there is room */
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &low));
	assert_err(ZT_ERR_FULL, zt_writer_write(w, at + PART, &byte, 1));
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &was));
	assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
	is_model(&s->bob, "db:/full", 0, &m);
	zt_writer_close(w);
	free(m.p);
}

static void
what_waited_and_was_altered_is_refused(void **state)
{
	struct scene *s = *state;
	struct sent n = { 0 };
	struct proxy_hooks counted = { .ctx = &n, .before = count_sent };
	struct zt_writer *w = NULL;
	struct model m;
	char path[320];
	uint8_t *p = malloc(PART);
	int fd;

	assert_non_null(p);
	open_with(&s->alice, "db:/altered", &m, 8 * PART, &w);
	for (size_t i = 0; i < 7; i++)
		write_both(w, &m, i * PART, (const uint8_t *)"x", 1); /* one waits: the first */
	assert_int_equal(1, nameless(&s->alice, path));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(1, pwrite(fd, "?", 1, PART / 2));
	(void)close(fd);
	proxy_play(s->w->d, &counted);
	assert_err(ZT_ERR_STORE, zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
	assert_err(ZT_ERR_STORE, zt_writer_write(w, 1, "y", 1));
	assert_int_equal(0, n.puts);
	proxy_play(s->w->d, NULL);
	random_bytes(p, PART); /* all of it is written over */
	write_both(w, &m, 0, p, PART);
	assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
	is_model(&s->bob, "db:/altered", 0, &m);
	zt_writer_close(w);
	free(m.p);
	free(p);
}

/* The server is away when what waits is sent; more is written, and the commit made again. */
static void
F_a_commit_that_failed_sends_what_waits_again(void **state)
{
	struct scene *s = *state;
	struct sent n = { 0 };
	struct proxy_hooks counted = { .ctx = &n, .before = count_sent };
	struct zt_writer *w = NULL;
	struct model m;

	open_with(&s->alice, "db:/away", &m, MAX, &w);
	proxy_play(s->w->d, &counted);
	for (int i = 0; i < 3; i++) {
		scatter(w, &m, 100);
		n = (struct sent){ .is_down = true };
		assert_true(zt_err_retry(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL)));
		assert_int_equal(0, n.puts + n.pushes);
		n.is_down = false;
		if (i == 1)
			scatter(w, &m, 100);
		assert_ok(zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL));
		assert_true(n.puts <= (i == 1 ? 2 : 1) * PARTS);
		assert_int_equal(1, n.pushes);
		is_model(&s->bob, "db:/away", 0, &m);
	}
	proxy_play(s->w->d, NULL);
	zt_writer_close(w);
	free(m.p);
}

static int
begin(void **state)
{
	return scene_begin_with(state, "db");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_anywhere_send_each_part_once),
		cmocka_unit_test(what_is_cut_off_is_not_sent_again),
		cmocka_unit_test(a_stream_sends_each_block_once_and_none_waits),
		cmocka_unit_test(what_waits_is_sealed_and_gone_at_the_end),
		cmocka_unit_test(a_killed_program_leaves_nothing),
		cmocka_unit_test(a_full_disk_is_named_and_loses_nothing),
		cmocka_unit_test(what_waited_and_was_altered_is_refused),
		cmocka_unit_test(F_a_commit_that_failed_sends_what_waits_again),
	};

	if (argc == 4)
		return write_until_killed(argv + 2);
	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, begin, scene_end);
}
