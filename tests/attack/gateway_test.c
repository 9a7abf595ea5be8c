/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* gateway_test.c - row N1: what one caller can hold of the gateway, and for how long; and how a
 * gateway stops. Each test has its own gateway; where the service must be slow, silent or
 * talkative, it is the test's. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gate.h"
#include "test.h"

static struct bytes
zeros(size_t n)
{
	static uint8_t z[4096];

	assert_true(n <= sizeof z);
	return bytes_of(z, n);
}

/* A signed request of Alice's with a small body, and N bytes that belong to nothing behind it.
 */
static struct buf
request_and_more(struct scene *s, size_t n)
{
	struct gate_ask ask = { .route = ROUTE_OBJECTS, .body = zeros(10), .is_signed = true };
	struct buf one = gate_request(&s->alice, &ask), all = buf_init(65536);

	buf_add(&all, buf_bytes(&one));
	buf_add(&all, zeros(n));
	buf_free(&one);
	return all;
}

static void
await_bytes(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	assert_int_equal(1, poll(&p, 1, GATE_LONG_S * 1000));
}

/* Whether G takes much less of the processor in the next MS than who never waits. */
static void
expect_idle(const struct gate *g, long ms)
{
	double share = gate_share(g, ms);

	print_message("%.2f of the time of a process that never waits\n", share);
	assert_true(share < 0.35);
}

/* ---- bytes that nobody asked for ---- */

/* A refusal of the gateway's own whose body was read, with bytes behind it. */
static void
N1_bytes_behind_a_refused_body_cost_nothing_and_end_the_connection(void **state)
{
	enum { MANY = 10, BEHIND = 100 };
	static const char head[] = "POST /v1/nothing HTTP/1.1\r\nhost: x\r\n"
				   "content-length: 10\r\n\r\n0123456789";
	struct buf all = buf_init(1024);
	struct gate g;
	int fd[MANY];

	gate_open(*state, "", &g);
	buf_add_text(&all, head);
	buf_add(&all, zeros(BEHIND));
	for (int i = 0; i < MANY; i++) {
		fd[i] = gate_dial(&g, 2);
		gate_say(fd[i], all.p, all.n);
	}
	expect_idle(&g, 1500);
	for (int i = 0; i < MANY; i++) {
		(void)gate_await_close(fd[i], GATE_LONG_S);
		(void)close(fd[i]);
	}
	gate_close(&g);
	buf_free(&all);
}

/* A service that answers one call of each batch: the others are sent again, until each is
 * answered. */
static void
N1_calls_of_a_batch_that_were_not_run_are_sent_again(void **state)
{
	enum { MANY = 100 };
	struct gate_ask get = { .route = ROUTE_CHAIN, .is_signed = true };
	struct scene *s = *state;
	struct fake f = { .answer = 100 };
	struct buf request[MANY];
	char more[200];
	struct gate g;
	int fd[MANY];

	fake_open(s, "fake", &f);
	(void)snprintf(more, sizeof more, "metadata: %s\n", f.url);
	gate_open(s, more, &g);
	for (int i = 0; i < MANY; i++) {
		request[i] = gate_request(&s->alice, &get);
		fd[i] = gate_dial(&g, GATE_OWN);
	}
	for (int i = 0; i < MANY; i++)
		gate_say(fd[i], request[i].p, request[i].n);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(200, gate_status(fd[i], GATE_LONG_S));
		(void)close(fd[i]);
		buf_free(&request[i]);
	}
	gate_close(&g);
	fake_close(&f);
}

/* A connection to a service that stands and on which nothing comes: the gateway makes another.
 */
static void
a_line_on_which_nobody_answers_is_given_up(void **state)
{
	struct gate_ask get = { .route = ROUTE_CHAIN, .is_signed = true };
	struct scene *s = *state;
	struct fake f = { .answer = 100, .first_is_dead = true };
	char more[200];
	struct gate g;
	int status = 0, tries = 0;

	fake_open(s, "fake", &f);
	(void)snprintf(more, sizeof more, "metadata: %s\ndeadline_s: 1\n", f.url);
	gate_open(s, more, &g);
	for (; status != 200 && tries < 10; tries++) {
		struct buf request = gate_request(&s->alice, &get);
		int fd = gate_dial(&g, GATE_OWN);

		gate_say(fd, request.p, request.n);
		status = gate_status(fd, GATE_LONG_S);
		(void)close(fd);
		buf_free(&request);
	}
	assert_int_equal(200, status);
	assert_true(tries > 1); /* the first was not */
	gate_close(&g);
	fake_close(&f);
}

/* A member's call with bytes behind its body, and a large answer that is not read. */
static void
N1_bytes_behind_a_members_body_cost_nothing_while_the_answer_waits(void **state)
{
	enum { MANY = 4 };
	struct scene *s = *state;
	struct fake f = { .answer = GATE_MIB };
	char more[200];
	struct gate g;
	int fd[MANY];

	fake_open(s, "fake", &f);
	(void)snprintf(more, sizeof more, "metadata: %s\n", f.url);
	gate_open(s, more, &g);
	for (int i = 0; i < MANY; i++) {
		struct buf request = request_and_more(s, 100);

		fd[i] = gate_dial_port(g.port, GATE_OWN, true);
		gate_say(fd[i], request.p, request.n);
		buf_free(&request);
	}
	for (int i = 0; i < MANY; i++) /* until the answers have begun, and no more fits */
		await_bytes(fd[i]);
	gate_pause_ms(500);
	expect_idle(&g, 2000);
	for (int i = 0; i < MANY; i++)
		(void)close(fd[i]);

	/* A small answer is given whole, whatever is behind its call. */
	__atomic_store_n(&f.answer, (size_t)100, __ATOMIC_SEQ_CST);
	for (int i = 0; i < MANY; i++) {
		struct buf request = request_and_more(s, 100);

		fd[i] = gate_dial(&g, GATE_OWN);
		gate_say(fd[i], request.p, request.n);
		assert_int_equal(200, gate_status(fd[i], GATE_LONG_S));
		(void)close(fd[i]);
		buf_free(&request);
	}
	gate_close(&g);
	fake_close(&f);
}

/* Requests of somebody who has to prove who they are, and who does: while the service is silent
 * those that came ahead wake nobody. */
static void
N1_a_proved_caller_who_sends_ahead_costs_nothing_while_the_call_waits(void **state)
{
	struct scene *s = *state;
	struct gate_ask get = { .route = ROUTE_CHAIN, .is_signed = true };
	struct fake f = { .answer = FAKE_SILENT };
	struct buf three = buf_init(65536), flood = gate_request(&s->alice, &gate_bad);
	char more[300];
	struct gate g;
	int fd, spent;

	fake_open(s, "fake", &f);
	(void)snprintf(
	    more, sizeof more, "metadata: %s\nunproved_rate: 1\nunproved_burst: 1\n", f.url);
	gate_open(s, more, &g);
	spent = gate_dial(&g, 2);
	gate_say(spent, flood.p, flood.n);
	assert_in_range(gate_status(spent, GATE_LONG_S), 400, 429);
	for (int i = 0; i < 3; i++) {
		struct buf one = gate_request(&s->alice, &get);

		buf_add(&three, buf_bytes(&one));
		buf_free(&one);
	}
	fd = gate_dial(&g, 2);
	gate_say(fd, three.p, three.n);
	gate_pause_ms(500);
	expect_idle(&g, 2000);
	assert_true(gate_is_open(fd));
	(void)close(fd);
	(void)close(spent);
	gate_close(&g);
	fake_close(&f);
	buf_free(&three);
	buf_free(&flood);
}

/* Who is refused in the middle of a body reads why: what they still send is dropped, for a
 * while and up to an amount. */
static void
N1_a_refusal_is_read_by_who_still_sends_and_sending_on_ends(void **state)
{
	enum { BODY = 700 * 1024, PIECE = 4096 };
	static const char head[] = "POST /v1/nothing HTTP/1.1\r\nhost: x\r\ncontent-length: ";
	struct gate g;
	char text[200];
	double began;
	size_t sent = 0;
	int fd;

	gate_open(*state, "", &g);
	fd = gate_dial(&g, 2);
	(void)snprintf(text, sizeof text, "%s%d\r\n\r\n", head, BODY);
	gate_say(fd, text, strlen(text));
	for (size_t n = 0; n < BODY; n += PIECE)
		gate_say(fd, zeros(PIECE).p, PIECE);
	assert_int_equal(405, gate_status(fd, GATE_LONG_S));
	(void)gate_await_close(fd, GATE_LONG_S);
	(void)close(fd);

	fd = gate_dial(&g, 2); /* who sends nothing more */
	(void)snprintf(text, sizeof text, "%s%d\r\n\r\nx", head, BODY);
	gate_say(fd, text, strlen(text));
	assert_int_equal(405, gate_status(fd, GATE_LONG_S));
	began = gate_now();
	(void)gate_await_close(fd, GATE_LONG_S);
	assert_true(gate_now() - began > 1.5);
	assert_true(gate_now() - began < 10); /* lws alone would wait for 15 */
	(void)close(fd);

	fd = gate_dial(&g, 2); /* who sends without end */
	(void)snprintf(text, sizeof text, "%s%d\r\n\r\n", head, 1 << 30);
	gate_say(fd, text, strlen(text));
	while (send(fd, zeros(PIECE).p, PIECE, MSG_NOSIGNAL) > 0) {
		sent += PIECE;
		assert_true(sent < 64 * GATE_MIB);
	}
	(void)close(fd);
	gate_close(&g);
}

/* ---- what has to end ---- */

/* Those that gave way stay away, though bytes of their bodies still come. */
static void
N1_a_connection_that_gave_way_is_gone_whatever_it_sends(void **state)
{
	enum { MANY = 200, MAX = 20 };
	static const char head[] = GATE_CLAIM "content-length: 60000\r\n\r\n";
	struct gate g;
	double end;
	int fd[MANY], open = MANY;

	gate_open(*state,
	    "connections_per_address: 20\npatience: 600\nunproved_memory_per_address: 60\n",
	    &g);
	for (int i = 0; i < MANY; i++) {
		fd[i] = gate_dial(&g, 2);
		gate_say(fd[i], head, sizeof head - 1);
		for (int k = 0; k <= i; k += 7)
			gate_say(fd[k], "x", 1);
	}
	end = gate_now() + 8;
	while (open > MAX && gate_now() < end) {
		open = 0;
		for (int i = 0; i < MANY; i++) {
			gate_say(fd[i], "x", 1);
			open += gate_is_open(fd[i]);
		}
		gate_pause_ms(20);
	}
	print_message("%d connections are open\n", open);
	assert_in_range(open, 1, MAX);
	for (int i = 0; i < MANY; i++)
		(void)close(fd[i]);
	gate_close(&g);
}

/* More calls than there are lines to a service that is away. */
static void
N1_a_call_for_a_service_that_is_away_is_answered_by_its_deadline(void **state)
{
	enum { MANY = 320 };
	struct scene *s = *state;
	struct gate_ask ask = { .route = ROUTE_OBJECTS, .body = zeros(10), .is_signed = true };
	struct gate g;
	char more[200];
	double began;
	int fd[MANY];

	(void)snprintf(
	    more, sizeof more, "deadline_s: 2\nmetadata: ipc://%s/nobody.ipc\n", s->w->state);
	gate_open(s, more, &g);
	began = gate_now();
	for (int i = 0; i < MANY; i++) {
		struct buf request = gate_request(&s->alice, &ask);

		fd[i] = gate_dial(&g, GATE_OWN);
		gate_say(fd[i], request.p, request.n);
		buf_free(&request);
	}
	for (int i = 0; i < MANY; i++) {
		assert_in_range(gate_status(fd[i], GATE_LONG_S), 503, 504);
		(void)close(fd[i]);
	}
	print_message("the last answer came after %.1f s\n", gate_now() - began);
	assert_true(gate_now() - began < 12); /* one after the other, by 32: 20 s */
	gate_close(&g);
}

/* What auth did not vouch for in time was not passed on, and is not said to be perhaps done. */
static void
a_call_that_auth_has_not_proved_in_time_was_not_made(void **state)
{
	static const uint8_t large[100 * 1024]; /* more than is carried without a proof */
	struct gate_ask put = { .route = ROUTE_KEYS_PUT,
		.body = bytes_of(large, sizeof large),
		.is_signed = true };
	struct scene *s = *state;
	struct fake f = { .answer = FAKE_SILENT };
	int status;
	char more[200];
	struct gate g;

	fake_open(s, "fake", &f);
	(void)snprintf(more, sizeof more, "auth: %s\ndeadline_s: 1\n", f.url);
	gate_open(s, more, &g);
	status = gate_call(&g, GATE_OWN, &s->alice, &put);
	gate_close(&g);
	fake_close(&f);
	assert_int_equal(503, status);
}

/* A batch waits as long as its youngest call may; the older ones do not. */
static void
N1_a_call_is_not_held_by_a_younger_one_of_its_batch(void **state)
{
	enum { DEADLINE_MS = 10000, LINES = 4 }; /* for batches: upstream.c */
	struct scene *s = *state;
	struct gate_ask get = { .route = ROUTE_CHAIN, .is_signed = true };
	struct fake f = { .answer = FAKE_SILENT };
	char more[200];
	struct gate g;
	int fd[LINES + 2], young, old;

	fake_open(s, "fake", &f);
	(void)snprintf(more, sizeof more, "metadata: %s\ndeadline_s: 10\n", f.url);
	gate_open(s, more, &g);
	for (int i = 0; i < LINES + 2; i++) {
		struct buf request = gate_request(&s->alice, &get);

		if (i == LINES)
			gate_pause_ms(500);
		if (i == LINES + 1)
			gate_pause_ms(DEADLINE_MS - 1500);
		fd[i] = gate_dial(&g, GATE_OWN);
		gate_say(fd[i], request.p, request.n);
		buf_free(&request);
	}
	old = gate_status(fd[LINES], GATE_LONG_S);
	young = gate_status(fd[LINES + 1], 0.01);
	assert_int_equal(504, old);
	assert_int_equal(-1, young);
	assert_int_equal(504, gate_status(fd[LINES + 1], GATE_LONG_S));
	for (int i = 0; i < LINES + 2; i++)
		(void)close(fd[i]);
	gate_close(&g);
	fake_close(&f);
}

static int
count_in(const char *table, const struct gate *g)
{
	unsigned port, status;
	char line[256];
	int count = 0;
	FILE *f = fopen(table, "re");

	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		count +=
		    sscanf(line, "%*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x", &port, &status) == 2 &&
		    port == (unsigned)g->port && status == 1;
	if (f != NULL)
		(void)fclose(f);
	return count;
}

/* How many connections of the gateway's are open. */
static int
count_established(const struct gate *g)
{
	return count_in("/proc/net/tcp", g) + count_in("/proc/net/tcp6", g);
}

/* Alice asks, over a connection that takes little at once, and is to be closed after it. */
static int
ask_and_do_not_read(struct scene *s, const struct gate *g)
{
	struct gate_ask ask = {
		.route = ROUTE_CHAIN, .is_signed = true, .extra = "connection: close\r\n"
	};
	struct buf request = gate_request(&s->alice, &ask);
	int fd = gate_dial_port(g->port, GATE_OWN, true);

	gate_say(fd, request.p, request.n);
	buf_free(&request);
	return fd;
}

static void
await_none_established(const struct gate *g)
{
	double end = gate_now() + GATE_LONG_S;

	while (count_established(g) > 0) {
		assert_true(gate_now() < end);
		gate_pause_ms(50);
	}
}

/* What the system takes of an answer is its affair; what the gateway keeps of it has an end,
 * the last part too. */
static void
N1_no_part_of_an_answer_that_nobody_reads_is_kept(void **state)
{
	enum { STEP = 16 * 1024, MANY = 24 };
	struct scene *s = *state;
	struct fake f = { .answer = FAKE_SILENT };
	size_t cut = 0;
	char more[300];
	struct gate g;
	int fd[MANY];

	fake_open(s, "fake", &f);
	(void)snprintf(
	    more, sizeof more, "metadata: %s\npatience: 1\nleast_rate: 1000000\n", f.url);
	gate_open(s, more, &g);
	for (size_t i = 0; i < MANY; i++) { /* up to three chunks */
		__atomic_store_n(&f.answer, (i + 1) * STEP, __ATOMIC_SEQ_CST);
		fd[i] = ask_and_do_not_read(s, &g);
		await_bytes(fd[i]);
	}
	await_none_established(&g);
	for (size_t i = 0; i < MANY; i++) {
		cut += gate_await_close(fd[i], GATE_LONG_S) < (i + 1) * STEP;
		(void)close(fd[i]);
	}
	print_message("%zu of %d were more than the system took\n", cut, MANY);
	assert_in_range(cut, 1, MANY - 1);
	gate_close(&g);
	fake_close(&f);
}

/* The time for a head is the stranger's; a peer of the operator's own listener keeps the
 * connection for longer than Prometheus' usual interval. */
static void
N1_a_stranger_sends_a_head_in_time_and_the_operator_asks_again(void **state)
{
	static const char get[] = "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n";
	struct scene *s = *state;
	char more[300], path[200];
	struct gate g;
	int silent, half, scraper, port = 0;
	double began;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/gate-metrics-port", s->w->state);
	(void)snprintf(more, sizeof more, "metrics_port: 0\nmetrics_port_file: %s\n", path);
	gate_open(s, more, &g);
	while ((f = fopen(path, "re")) == NULL || fscanf(f, "%d", &port) != 1)
		gate_pause_ms(10);
	(void)fclose(f);
	scraper = gate_dial_port(port, GATE_OWN, false);
	gate_say(scraper, get, sizeof get - 1);
	assert_int_equal(200, gate_status(scraper, GATE_LONG_S));
	began = gate_now();
	silent = gate_dial(&g, 2);
	half = gate_dial(&g, 2);
	gate_say(half, get, sizeof get - 5);
	assert_int_equal(0, gate_await_close(silent, 2 * GATE_LONG_S));
	assert_int_equal(0, gate_await_close(half, GATE_LONG_S));
	print_message("strangers ended after %.1f s\n", gate_now() - began);
	assert_true(gate_now() - began > 14);
	while (gate_now() - began < 17)
		gate_pause_ms(100);
	assert_true(gate_is_open(scraper));
	gate_say(scraper, get, sizeof get - 1);
	assert_int_equal(200, gate_status(scraper, GATE_LONG_S));
	(void)close(silent);
	(void)close(half);
	(void)close(scraper);
	gate_close(&g);
}

/* ---- how it stops ---- */

/* Whether TABLE has the gateway's end of the connection from port FROM, with nothing unread. */
static bool
is_read(const char *table, const struct gate *g, unsigned from)
{
	unsigned port, other, unread;
	char line[256];
	bool is = false;
	FILE *f = fopen(table, "re");

	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		is |= sscanf(line, "%*d: %*[0-9A-F]:%x %*[0-9A-F]:%x 01 %*x:%x", &port, &other,
			  &unread) == 3 &&
		      port == (unsigned)g->port && other == from && unread == 0;
	if (f != NULL)
		(void)fclose(f);
	return is;
}

/* Until the gateway has read all that was sent over FD. */
static void
await_read(const struct gate *g, int fd)
{
	struct sockaddr_in own;
	socklen_t n = sizeof own;
	double end = gate_now() + GATE_LONG_S;

	assert_int_equal(0, getsockname(fd, (struct sockaddr *)&own, &n));
	while (!is_read("/proc/net/tcp", g, ntohs(own.sin_port)) &&
	       !is_read("/proc/net/tcp6", g, ntohs(own.sin_port))) {
		assert_true(gate_now() < end);
		gate_pause_ms(10);
	}
}

static void
a_stop_lets_what_is_under_way_end_and_takes_nothing_new(void **state)
{
	struct scene *s = *state;
	struct gate_ask get = { .route = ROUTE_CHAIN, .is_signed = true };
	struct buf request = gate_request(&s->alice, &get), next;
	pid_t metadata = world_pid(s->w, "metadata");
	double end = gate_now() + GATE_LONG_S;
	int fd, idle, again, status, got;
	unsigned before;
	struct gate g;

	gate_open(s, "", &g);
	idle = gate_dial(&g, GATE_OWN);
	next = gate_request(&s->alice, &get);
	gate_say(idle, next.p, next.n);
	got = gate_status(idle, GATE_LONG_S); /* 403, or so: the service's */
	buf_free(&next);
	assert_int_equal(0, kill(metadata, SIGSTOP));
	fd = gate_dial(&g, GATE_OWN);
	gate_say(fd, request.p, request.n);
	await_read(&g, fd); /* what is read is under way */
	gate_pause_ms(300); /* and with the service */
	before = gate_said(&g, "draining");
	(void)kill(g.pid, SIGTERM);
	while (gate_said(&g, "draining") == before && gate_now() < end)
		gate_pause_ms(10);
	gate_pause_ms(500); /* in which it does not end */
	status = waitpid(g.pid, NULL, WNOHANG);
	if (status != 0)
		(void)kill(metadata, SIGCONT);
	assert_int_equal(0, status);
	again = gate_dial(&g, GATE_OWN);
	next = gate_request(&s->alice, &get);
	gate_say(again, next.p, next.n);
	gate_say(idle, next.p, next.n);
	(void)kill(metadata, SIGCONT);
	assert_int_equal(0, gate_status(again, GATE_LONG_S));
	assert_int_equal(503, gate_status(idle, GATE_LONG_S));
	assert_int_equal(got, gate_status(fd, GATE_LONG_S));
	(void)gate_await_close(fd, GATE_LONG_S);
	status = gate_await_end(&g);
	assert_true(WIFEXITED(status));
	assert_int_equal(0, WEXITSTATUS(status));
	(void)close(fd);
	(void)close(idle);
	(void)close(again);
	buf_free(&next);
	buf_free(&request);
}

/* A caller who holds the gateway up does so for ten seconds; asking twice takes no longer. */
static void
a_stop_does_not_wait_for_who_does_not_end(void **state)
{
	static const char head[] = GATE_CLAIM "content-length: 60000\r\n\r\n";
	double began;
	int fd, status;
	struct gate g;

	for (int twice = 0; twice < 2; twice++) {
		gate_open(*state, "patience: 600\n", &g);
		fd = gate_dial(&g, 2);
		gate_say(fd, head, sizeof head - 1);
		await_read(&g, fd);
		gate_pause_ms(300);
		began = gate_now();
		(void)kill(g.pid, SIGTERM);
		if (twice) {
			gate_pause_ms(300);
			(void)kill(g.pid, SIGTERM);
		}
		status = gate_await_end(&g);
		assert_true(WIFEXITED(status));
		assert_int_equal(0, WEXITSTATUS(status));
		if (twice)
			assert_true(gate_now() - began < 8);
		else
			assert_in_range((int)(gate_now() - began), 9, 20);
		(void)close(fd);
	}
}

/* nng may never return when a socket is closed: preloaded, it does. */
static void
a_stop_that_hangs_ends_all_the_same(void **state)
{
	struct scene *s = *state;
	char command[2048], path[512];
	int status;
	struct gate g;

	gate_open_with(s, "", "hang.so", &g);
	(void)kill(g.pid, SIGTERM);
	status = gate_await_end(&g);
	assert_true(WIFEXITED(status));
	assert_int_equal(0, WEXITSTATUS(status));

	/* A service that fails when its sockets are open already. */
	gate_built(path);
	(void)snprintf(command, sizeof command,
	    "grep -v -e '^folder' -e '^listen' %s/config/blocks.yaml >%s/config/hang.yaml; "
	    "printf 'folder: /nowhere/blocks\\nlisten: ipc:///nowhere/calls\\n' "
	    ">>%s/config/hang.yaml; timeout -s KILL 20 env "
	    "ASAN_OPTIONS=verify_asan_link_order=0 "
	    "LD_PRELOAD=%s/tests/attack/hang.so %s/bin/zt-blocks --config %s/config/hang.yaml "
	    ">>%s/gate.log 2>&1",
	    s->w->state, s->w->state, s->w->state, path, path, s->w->state, s->w->state);
	status = system(command);
	assert_true(WIFEXITED(status));
	assert_int_equal(70, WEXITSTATUS(status)); /* service_end_by */
}

/* Its database takes the connection, and says nothing. */
static void
a_service_that_is_asked_to_end_while_it_begins_ends(void **state)
{
	struct scene *s = *state;
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;
	char command[2048], path[512];
	int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), status;

	assert_int_equal(0, bind(silent, (struct sockaddr *)&at, sizeof at));
	assert_int_equal(0, listen(silent, 8));
	assert_int_equal(0, getsockname(silent, (struct sockaddr *)&at, &n));
	gate_built(path);
	(void)snprintf(command, sizeof command,
	    "sed 's|^database:.*|database: host=127.0.0.1 port=%d dbname=x user=x|' "
	    "%s/config/metadata.yaml >%s/config/silent.yaml; timeout -k 10 3 "
	    "%s/bin/zt-metadata --config %s/config/silent.yaml >>%s/gate.log 2>&1",
	    ntohs(at.sin_port), s->w->state, s->w->state, path, s->w->state, s->w->state);
	status = system(command); /* 124: TERM after three seconds, which ended it; 137: KILL */
	assert_true(WIFEXITED(status));
	assert_int_equal(124, WEXITSTATUS(status));
	(void)close(silent);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    N1_bytes_behind_a_refused_body_cost_nothing_and_end_the_connection),
		cmocka_unit_test(N1_calls_of_a_batch_that_were_not_run_are_sent_again),
		cmocka_unit_test(a_line_on_which_nobody_answers_is_given_up),
		cmocka_unit_test(
		    N1_bytes_behind_a_members_body_cost_nothing_while_the_answer_waits),
		cmocka_unit_test(
		    N1_a_proved_caller_who_sends_ahead_costs_nothing_while_the_call_waits),
		cmocka_unit_test(N1_a_refusal_is_read_by_who_still_sends_and_sending_on_ends),
		cmocka_unit_test(N1_a_connection_that_gave_way_is_gone_whatever_it_sends),
		cmocka_unit_test(
		    N1_a_call_for_a_service_that_is_away_is_answered_by_its_deadline),
		cmocka_unit_test(a_call_that_auth_has_not_proved_in_time_was_not_made),
		cmocka_unit_test(N1_a_call_is_not_held_by_a_younger_one_of_its_batch),
		cmocka_unit_test(N1_no_part_of_an_answer_that_nobody_reads_is_kept),
		cmocka_unit_test(
		    N1_a_stranger_sends_a_head_in_time_and_the_operator_asks_again),
		cmocka_unit_test(a_stop_lets_what_is_under_way_end_and_takes_nothing_new),
		cmocka_unit_test(a_stop_does_not_wait_for_who_does_not_end),
		cmocka_unit_test(a_stop_that_hangs_ends_all_the_same),
		cmocka_unit_test(a_service_that_is_asked_to_end_while_it_begins_ends),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, gate_begin, scene_end);
}
