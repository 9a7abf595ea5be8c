/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* doors_test.c - row N1: what members of an organization, and those who were, can take of the
 * gateway's places and memory, and what it speaks besides HTTP/1.1. */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate.h"
#include "test.h"

#define PLAIN_UPGRADE(to)                                                                      \
	"GET / HTTP/1.1\r\nhost: x\r\nupgrade: " to "\r\nconnection: upgrade\r\n"              \
	"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"         \
	"http2-settings: AAMAAABkAAQAAP__\r\n\r\n"

/* The status of TEXT on FD; 0: closed. */
static int
report_text(int fd, const char *text, double seconds)
{
	gate_say(fd, text, strlen(text));
	return gate_status(fd, seconds);
}

static int
report_signed(int fd, const struct person *p, const struct gate_ask *ask)
{
	struct buf request = gate_request(p, ask);
	int status;

	gate_say(fd, request.p, request.n);
	buf_free(&request);
	status = gate_status(fd, GATE_LONG_S);
	return status;
}

/* ---- places ---- */

/* A former member still makes good signatures: they prove nothing any more. */
static void
N1_a_revoked_device_has_no_place_of_its_own(void **state)
{
	enum { ALL = 60, EACH = 20 };
	struct scene *s = *state;
	char id[ID_TEXT];
	struct person old;
	struct gate g;
	int fd[ALL];

	world_join(&s->alice, &old, "old", "standard");
	id_print(&old.zt->user, id);
	assert_ok(zt_user_revoke(s->alice.zt, id));
	gate_open(s, "connections: 60\nconnections_per_address: 20\n", &g);
	for (int i = 0; i < ALL; i++) {
		fd[i] = gate_dial(&g, 2 + (unsigned)(i / EACH));
		assert_int_equal(403, report_signed(fd[i], &old, &gate_good));
	}
	for (int i = 0; i < ALL; i++)
		assert_int_equal(200, gate_call(&g, 99, &s->alice, &gate_good));
	for (int i = 0; i < ALL; i++)
		(void)close(fd[i]);
	gate_close(&g);
	person_close(&old);
}

/* A member who takes all places that they get leaves some to colleagues, and to newcomers. */
static void
N1_who_has_most_places_gives_way(void **state)
{
	enum { ALL = 80, EACH = 20, HERS = 5 };
	struct scene *s = *state;
	int fd[ALL], hers[HERS], open = 0;
	struct gate g;

	gate_open(s,
	    "connections: 80\nconnections_per_address: 20\nconnections_per_user: 60000\n", &g);
	for (int i = 0; i < HERS; i++) {
		hers[i] = gate_dial(&g, 99);
		assert_int_equal(200, report_signed(hers[i], &s->alice, &gate_good));
	}
	for (int i = 0; i < ALL; i++) {
		fd[i] = gate_dial(&g, 2 + (unsigned)(i / EACH));
		assert_int_equal(200, report_signed(fd[i], &s->bob, &gate_good));
	}
	assert_int_equal(200, gate_call(&g, 98, &s->eve, &gate_good));
	gate_pause_ms(600); /* ticks, in which what gave way is closed */
	for (int i = 0; i < ALL; i++)
		open += gate_is_open(fd[i]);
	assert_in_range(open, 40, 60); /* three quarters, of which alice has hers */
	for (int i = 0; i < HERS; i++) {
		assert_int_equal(200, report_signed(hers[i], &s->alice, &gate_good));
		(void)close(hers[i]);
	}
	for (int i = 0; i < ALL; i++)
		(void)close(fd[i]);
	gate_close(&g);
}

static void
N1_a_user_has_so_many_places_and_the_oldest_gives_way(void **state)
{
	enum { MAX = 10, MORE = 5 };
	struct scene *s = *state;
	int fd[MAX + MORE];
	struct gate g;

	gate_open(s, "connections_per_user: 10\n", &g);
	for (int i = 0; i < MAX + MORE; i++) {
		fd[i] = gate_dial(&g, 2);
		assert_int_equal(200, report_signed(fd[i], &s->bob, &gate_good));
	}
	gate_pause_ms(600);
	for (int i = 0; i < MAX + MORE; i++) {
		assert_int_equal(i >= MORE, gate_is_open(fd[i]));
		(void)close(fd[i]);
	}
	gate_close(&g);
}

/* What is under way stays: an upload, and an event socket, which proves itself once alone. */
static void
N1_idle_connections_of_a_user_give_way_before_uploads_and_event_sockets(void **state)
{
	enum { IDLE = 12, SIZE = 4 * GATE_MIB };
	struct scene *s = *state;
	struct bytes body = bytes_of(calloc(1, SIZE), SIZE);
	struct gate_ask push = { .route = ROUTE_PUSH, .body = body, .is_signed = true };
	struct gate_ask listen = {
		.route = ROUTE_EVENTS, .extra = GATE_UPGRADE, .is_signed = true
	};
	struct buf request = gate_request(&s->bob, &push), listening;
	int events, upload, fd[IDLE], open = 0;
	struct gate g;

	gate_open(s, "connections_per_user: 10\n", &g);
	for (;;) { /* a gateway that begins closes its sockets when it first hears messaging */
		events = gate_dial(&g, 2);
		listening = gate_request(&s->bob, &listen);
		gate_say_socket(events, &listening);
		buf_free(&listening);
		gate_pause_ms(1000);
		if (gate_is_open(events))
			break;
		(void)close(events);
	}
	upload = gate_dial(&g, 2);
	gate_say(upload, request.p, request.n / 2);
	gate_pause_ms(300);
	for (int i = 0; i < IDLE; i++) {
		fd[i] = gate_dial(&g, 2);
		assert_int_equal(200, report_signed(fd[i], &s->bob, &gate_good));
	}
	gate_pause_ms(600);
	assert_true(gate_is_open(events));
	assert_true(gate_is_open(upload));
	gate_say(upload, request.p + request.n / 2, request.n - request.n / 2);
	assert_int_equal(
	    403, gate_status(upload, GATE_LONG_S)); /* read whole, by the service */
	for (int i = 0; i < IDLE; i++) {
		open += gate_is_open(fd[i]);
		(void)close(fd[i]);
	}
	assert_int_equal(8, open);
	(void)close(events);
	(void)close(upload);
	gate_close(&g);
	buf_free(&request);
	free((void *)(uintptr_t)body.p);
}

struct rush {
	const struct gate *g;
	int stop;
	uint64_t count;
};

static void *
connect_and_reset(void *arg)
{
	static const struct linger at_once = { .l_onoff = 1 };
	struct rush *r = arg;
	struct sockaddr_in from = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1) };
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)r->g->port) };

	while (!__atomic_load_n(&r->stop, __ATOMIC_SEQ_CST)) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
		if (bind(fd, (const struct sockaddr *)&from, sizeof from) == 0 &&
		    (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 ||
			errno == EINPROGRESS))
			(void)__atomic_fetch_add(&r->count, 1, __ATOMIC_SEQ_CST);
		(void)close(fd);
	}
	return NULL;
}

/* Who connects and leaves in a loop keeps nobody from being answered. (Who comes only now waits
 * for a place in the system's queue besides.) */
static void
N1_a_rush_of_connections_keeps_nobody_waiting(void **state)
{
	enum { CALLS = 20, SIDE = 2 };
	struct scene *s = *state;
	struct rush r = { .stop = 0 };
	pthread_t thread[SIDE];
	struct gate g;
	double longest = 0;
	int fd;

	gate_open(s, "", &g);
	r.g = &g;
	fd = gate_dial(&g, 99);
	for (int i = 0; i < SIDE; i++)
		assert_int_equal(0, pthread_create(&thread[i], NULL, connect_and_reset, &r));
	gate_pause_ms(500);
	for (int i = 0; i < CALLS; i++) {
		double began = gate_now();

		assert_int_equal(200, report_signed(fd, &s->alice, &gate_good));
		if (gate_now() - began > longest)
			longest = gate_now() - began;
	}
	__atomic_store_n(&r.stop, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < SIDE; i++)
		(void)pthread_join(thread[i], NULL);
	print_message("%llu connections; the longest call took %.2f s\n",
	    (unsigned long long)r.count, longest);
	assert_true(r.count > 1000);
	assert_true(longest < 5);
	(void)close(fd);
	gate_close(&g);
}

/* The system gives no file for another connection: who comes waits, and the loop does not turn
 * in vain. */
static void
N1_without_files_who_comes_waits(void **state)
{
	enum { MANY = 40 };
	struct scene *s = *state;
	struct rlimit was, few;
	int fd[MANY];
	struct gate g;

	gate_open(s, "", &g);
	assert_int_equal(0, prlimit(g.pid, RLIMIT_NOFILE, NULL, &was));
	few = was;
	few.rlim_cur = 5; /* it has more open already */
	assert_int_equal(0, prlimit(g.pid, RLIMIT_NOFILE, &few, NULL));
	for (int i = 0; i < MANY; i++) { /* a head that is late is a reason to be ended */
		struct buf request = gate_request(&s->alice, &gate_good);

		fd[i] = gate_dial(&g, 2);
		gate_say(fd[i], request.p, request.n);
		buf_free(&request);
	}
	assert_true(gate_share(&g, 1000) < 0.2);
	assert_int_equal(0, prlimit(g.pid, RLIMIT_NOFILE, &was, NULL));
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(200, gate_status(fd[i], GATE_LONG_S));
		(void)close(fd[i]);
	}
	gate_close(&g);
}

/* What was proved once holds until a call that proves nothing: then it is a stranger's. */
static void
N1_a_connection_is_as_proved_as_its_last_call(void **state)
{
	struct scene *s = *state;
	int stranger, member;
	struct gate g;

	gate_open(s, "", &g);
	stranger = gate_dial(&g, 2);
	member = gate_dial(&g, 2);
	assert_int_equal(200, report_signed(stranger, &s->alice, &gate_good));
	assert_int_equal(
	    200, report_text(stranger, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", 5));
	assert_int_equal(200, report_signed(member, &s->alice, &gate_good));
	gate_pause_ms(17000);
	assert_false(gate_is_open(stranger));
	assert_int_equal(200, report_signed(member, &s->alice, &gate_good));
	(void)close(stranger);
	(void)close(member);
	gate_close(&g);
}

/* ---- memory ---- */

/* A push of BODY, of which 300 KB come: the connection, or -1 when it was refused. */
static int
hold(const struct gate *g, const struct person *p, struct bytes body)
{
	struct gate_ask ask = { .route = ROUTE_PUSH, .body = body, .is_signed = true };
	struct buf request = gate_request(p, &ask);
	int fd = gate_dial(g, 2);

	gate_say(fd, request.p, request.n - body.n + (body.n < 300000 ? body.n - 1 : 300000));
	buf_free(&request);
	if (gate_status(fd, 0.3) == -1)
		return fd;
	(void)close(fd);
	return -1;
}

static void
N1_six_devices_of_a_member_leave_memory_to_colleagues_and_others(void **state)
{
	enum { DEVICES = 6, SIZE = 24 * GATE_MIB - 1024, MAX = 120 };
	static const size_t sizes[] = { SIZE, 4 * GATE_MIB, GATE_MIB, 256 * 1024, 80000 };
	struct scene *s = *state;
	struct bytes body = bytes_of(calloc(1, SIZE), SIZE);
	struct gate_ask push = { .route = ROUTE_PUSH, .body = body, .is_signed = true };
	struct gate_ask read = { .route = ROUTE_LOG_READ, .is_signed = true };
	struct person p[DEVICES];
	int fd[MAX], n = 0;
	struct gate g;

	assert_non_null(body.p);
	p[0] = s->bob;
	for (int i = 1; i < DEVICES; i++) {
		char name[16];

		(void)snprintf(name, sizeof name, "d%d", i);
		world_add_device(&s->bob, &p[i], name);
	}
	gate_open(s, "", &g);
	for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++)
		for (int i = 0; i < DEVICES && n < MAX; i++)
			while (n < MAX &&
			       (fd[n] = hold(&g, &p[i], bytes_of(body.p, sizes[k]))) >= 0)
				n++;
	print_message("%d bodies of one member are under way\n", n);
	assert_in_range(n, 5, MAX - 1);                           /* it came to an end */
	assert_int_equal(403, gate_call(&g, 99, &s->eve, &push)); /* by the service */
	assert_int_equal(403, gate_call(&g, 99, &s->alice, &push));
	assert_int_equal(200, gate_call(&g, 99, &s->alice, &read));
	for (int i = 0; i < n; i++)
		(void)close(fd[i]);
	gate_close(&g);
	for (int i = 1; i < DEVICES; i++)
		person_close(&p[i]);
	free((void *)(uintptr_t)body.p);
}

static void
N1_a_body_that_came_fast_at_first_does_not_stand_still(void **state)
{
	enum { SIZE = 8 * GATE_MIB };
	struct scene *s = *state;
	struct bytes body = bytes_of(calloc(1, SIZE), SIZE);
	struct gate_ask ask = { .route = ROUTE_PUSH, .body = body, .is_signed = true };
	struct buf request = gate_request(&s->alice, &ask);
	struct gate g;
	int fd;

	assert_non_null(body.p);
	gate_open(s, "least_rate: 4096\npatience: 1\n", &g);
	fd = gate_dial(&g, GATE_OWN);
	gate_say(fd, request.p, request.n - 100000);
	for (int i = 0; i < 60; i++) {
		(void)!send(fd, "x", 1, MSG_NOSIGNAL);
		gate_pause_ms(100);
	}
	assert_int_equal(0, gate_status(fd, 0.2));
	(void)close(fd);
	gate_close(&g);
	buf_free(&request);
	free((void *)(uintptr_t)body.p);
}

/* Bodies that nobody signed are charged as they come, and who holds most of them gives way to a
 * newcomer's step. */
static void
N1_addresses_that_send_nothing_leave_newcomers_their_steps(void **state)
{
	enum { ADDRESSES = 28, EACH = 64, STEP = 62000 };
	static uint8_t max[65000];
	static char step[STEP + 200];
	struct scene *s = *state;
	int fd[ADDRESSES * EACH], n = 0, one, status;
	struct gate g;

	gate_open(s, "", &g);
	for (unsigned a = 0; a < ADDRESSES; a++)
		for (int k = 0; k < EACH; k++) {
			fd[n] = gate_dial(&g, 2 + a);
			gate_say(fd[n], GATE_CLAIM "content-length: 65536\r\n\r\n",
			    sizeof GATE_CLAIM "content-length: 65536\r\n\r\n" - 1);
			n++;
		}
	for (int sent = 0; sent < 2; sent++) {
		gate_pause_ms(2000);
		one = gate_dial(&g, 99);
		(void)snprintf(
		    step, sizeof step, GATE_CLAIM "content-length: %d\r\n\r\n", STEP);
		gate_say(one, step, strlen(step) + STEP);
		status = gate_status(one, GATE_LONG_S);
		assert_int_not_equal(429, status);
		assert_true(status >= 400); /* the service's: it is no step */
		(void)close(one);
		for (int i = 0; i < n; i++)
			(void)!send(fd[i], max, sizeof max, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	for (int i = 0; i < n; i++)
		(void)close(fd[i]);
	gate_close(&g);
}

/* ---- what came ahead ---- */

/* A call and another one with a part of its body, in one piece: lws frees its buffer while it
 * reads the second head. Under the address sanitizer any use of it ends the gateway. */
static void
N1_a_body_that_came_with_the_call_before_is_read_from_what_is_there(void **state)
{
	enum { TRIES = 40, PART = 20000 };
	static char part[PART];
	static const char claim[] = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n" GATE_CLAIM
				    "content-length: 60000\r\n\r\n";
	struct scene *s = *state;
	struct bytes body = bytes_of(calloc(1, 300000), 300000);
	struct gate_ask push = { .route = ROUTE_PUSH, .body = body, .is_signed = true };
	struct gate g;

	gate_open(s, "", &g);
	for (int i = 0; i < TRIES; i++) {
		struct buf all = buf_init(GATE_MIB);
		int fd = gate_dial(&g, 2);

		if (i % 2 == 0) {
			buf_add(&all, bytes_of(claim, sizeof claim - 1));
			buf_add(&all, bytes_of(part, PART));
		} else {
			struct buf call = gate_request(&s->alice, &gate_good),
				   second = gate_request(&s->alice, &push);

			buf_add(&all, buf_bytes(&call));
			buf_add(&all, bytes_of(second.p, second.n - 200000));
			buf_free(&call);
			buf_free(&second);
		}
		gate_say(fd, all.p, all.n);
		for (int k = 0; k < 100; k++)
			(void)!send(fd, "x", 1, MSG_NOSIGNAL);
		buf_free(&all);
		if (i % 4 == 3)
			gate_pause_ms(50);
		(void)close(fd);
	}
	assert_int_equal(200, gate_call(&g, 99, &s->alice, &gate_good));
	gate_close(&g);
	free((void *)(uintptr_t)body.p);
}

/* Whose head was proved is a user's before the service has answered. */
static void
N1_strangers_end_no_upload_whose_head_was_proved(void **state)
{
	enum { SIZE = 4 * GATE_MIB, STRANGERS = 60 };
	struct scene *s = *state;
	struct bytes body = bytes_of(calloc(1, SIZE), SIZE);
	struct gate_ask push = { .route = ROUTE_PUSH, .body = body, .is_signed = true };
	struct buf request = gate_request(&s->alice, &push);
	int fd, strange[STRANGERS];
	struct gate g;

	gate_open(s, "connections: 60\nconnections_per_address: 20\n", &g);
	fd = gate_dial(&g, 2);
	gate_say(fd, request.p, request.n / 2);
	gate_pause_ms(500);
	for (int i = 0; i < STRANGERS; i++)
		strange[i] = gate_dial(&g, i < 20 ? 2 : 3 + (unsigned)(i / 20));
	gate_pause_ms(800);
	gate_say(fd, request.p + request.n / 2, request.n - request.n / 2);
	assert_int_equal(403, gate_status(fd, GATE_LONG_S)); /* read whole, by the service */
	for (int i = 0; i < STRANGERS; i++)
		(void)close(strange[i]);
	(void)close(fd);
	gate_close(&g);
	buf_free(&request);
	free((void *)(uintptr_t)body.p);
}

/* ---- what is spoken ---- */

static void
N1_nothing_is_spoken_but_http_1_1_and_event_sockets(void **state)
{
	static const char *const upgrades[] = { PLAIN_UPGRADE("websocket"),
		PLAIN_UPGRADE("h2c"), PLAIN_UPGRADE("H2C"),
		PLAIN_UPGRADE("websocket\r\nsec-websocket-protocol: http"),
		PLAIN_UPGRADE("websocket\r\nsec-websocket-protocol: other") };
	struct scene *s = *state;
	struct gate g;

	gate_open(s, "", &g);
	for (size_t i = 0; i < sizeof upgrades / sizeof upgrades[0]; i++)
		for (int twice = 0; twice < 2; twice++) {
			int fd = gate_dial(&g, 2);
			int status = report_text(fd, upgrades[i], 5);

			if (status == 101 || status == -1)
				fail_msg("%.60s: %d", upgrades[i], status);
			(void)close(fd);
		}
	gate_close(&g);
}

/* A page of the gateway's own reads no body: whatever one it comes with, the connection ends,
 * and nothing of it is taken for the next request. */
static void
N1_a_body_to_a_page_ends_its_connection(void **state)
{
	static const char *const requests[] = {
		"POST /healthz HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
		"5\r\nhello\r\n0\r\n\r\n",
		"GET /healthz HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
		"5\r\nhello\r\n0\r\n\r\n",
		"POST /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 44\r\n\r\n"
		"GET /readyz HTTP/1.1\r\nhost: x\r\nx-y-z: abc\r\n\r\n",
		"GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 44\r\n\r\n"
		"GET /readyz HTTP/1.1\r\nhost: x\r\nx-y-z: abc\r\n\r\n",
	};
	struct scene *s = *state;
	struct gate g;

	gate_open(s, "", &g);
	for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
		int fd = gate_dial(&g, 2);

		assert_int_equal(200, report_text(fd, requests[i], 5));
		assert_int_equal(0, gate_await_close(fd, 5));
		(void)close(fd);
	}
	gate_close(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(N1_a_revoked_device_has_no_place_of_its_own),
		cmocka_unit_test(N1_who_has_most_places_gives_way),
		cmocka_unit_test(N1_a_user_has_so_many_places_and_the_oldest_gives_way),
		cmocka_unit_test(
		    N1_idle_connections_of_a_user_give_way_before_uploads_and_event_sockets),
		cmocka_unit_test(N1_a_rush_of_connections_keeps_nobody_waiting),
		cmocka_unit_test(N1_without_files_who_comes_waits),
		cmocka_unit_test(N1_a_connection_is_as_proved_as_its_last_call),
		cmocka_unit_test(
		    N1_six_devices_of_a_member_leave_memory_to_colleagues_and_others),
		cmocka_unit_test(N1_a_body_that_came_fast_at_first_does_not_stand_still),
		cmocka_unit_test(N1_addresses_that_send_nothing_leave_newcomers_their_steps),
		cmocka_unit_test(
		    N1_a_body_that_came_with_the_call_before_is_read_from_what_is_there),
		cmocka_unit_test(N1_strangers_end_no_upload_whose_head_was_proved),
		cmocka_unit_test(N1_nothing_is_spoken_but_http_1_1_and_event_sockets),
		cmocka_unit_test(N1_a_body_to_a_page_ends_its_connection),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, gate_begin_with_eve, scene_end);
}
