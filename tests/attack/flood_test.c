/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* flood_test.c - rows N1 and N3: what strangers can make the gateway hold and do. Each test has
 * its own gateway before the real services, with the limits that it is about; "another
 * address" is another one of 127.0.0.0/8. */
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/suite.h"
#include "gate.h"
#include "test.h"

/* The begin of a call that needs no signature. */
#define CLAIM                                                                                  \
	"POST /v1/orgs/00112233445566778899aabbccddeeff/invitations/"                          \
	"00112233445566778899aabbccddeeff/claimer HTTP/1.1\r\nhost: x\r\n"

/* N new connections from 127.0.0.VIA, each of which says the M bytes of P. */
static void
say_from(const struct gate *g, unsigned via, const void *p, size_t m, int *fd, int n)
{
	for (int i = 0; i < n; i++) {
		fd[i] = gate_dial(g, via);
		gate_say(fd[i], p, m);
	}
}

/* Ends N connections after their answers, each within eight seconds; how many are refused
 * for their number. */
static int
refused_of(const int *fd, int n)
{
	int refused = 0;

	for (int i = 0; i < n; i++) {
		int status = gate_status(fd[i], GATE_LONG_S);

		assert_in_range(status, 200, 429);
		refused += status == 429;
		(void)close(fd[i]);
	}
	return refused;
}

/* ---- N1 ---- */

static void
N1_bodies_that_nobody_signed_are_not_taken_and_signed_ones_are(void **state)
{
	enum { MANY = 40, SIZE = 24 * GATE_MIB - 1024 };
	struct scene *s = *state;
	struct bytes body = bytes_of(calloc(1, SIZE), SIZE);
	struct gate_ask ask = { .route = ROUTE_PUSH, .body = body };
	struct id nobody;
	struct buf request;
	struct gate g;
	long before;
	int fd[MANY];

	assert_non_null(body.p);
	random_bytes(nobody.b, ID_BYTES);
	gate_open(s, "", &g);
	before = process_kib(g.pid);
	for (int i = 0; i < MANY; i++) {
		ask.as = i % 2 == 0 ? NULL : &nobody;
		request = gate_request(&s->alice, &ask);
		fd[i] = gate_dial(&g, GATE_OWN);
		gate_say(fd[i], request.p, request.n - 64);
		buf_free(&request);
	}
	assert_in_range(process_kib(g.pid), 0, before + 8 * 1024);
	for (int i = 0; i < MANY; i++) {
		/* the answer, or the end of a connection that was still sending */
		assert_int_not_equal(-1, gate_status(fd[i], GATE_LONG_S));
		(void)close(fd[i]);
	}

	/* The same body is taken when its head is signed: it is answered by the service. */
	ask = (struct gate_ask){ .route = ROUTE_PUSH, .body = body, .is_signed = true };
	assert_int_equal(403, gate_call(&g, GATE_OWN, &s->alice, &ask));
	gate_close(&g);
	free((void *)(uintptr_t)body.p);
}

static void
N1_a_body_that_comes_a_byte_at_a_time_ends_and_a_slow_one_does_not(void **state)
{
	enum { SIZE = 60000 };
	static const char head[] = CLAIM "content-length: 60000\r\n\r\n";
	struct scene *s = *state;
	uint8_t piece[SIZE / 40] = { 0 };
	struct bytes body = bytes_of(calloc(1, GATE_MIB), GATE_MIB);
	struct gate_ask ask = { .route = ROUTE_PUSH, .body = body, .is_signed = true };
	struct buf request = gate_request(&s->alice, &ask);
	struct gate g;
	double began = gate_now();
	int by_bytes, a_member, slow;

	gate_open(s, "least_rate: 4096\npatience: 1\n", &g);
	by_bytes = gate_dial(&g, GATE_OWN);
	a_member = gate_dial(&g, GATE_OWN);
	slow = gate_dial(&g, GATE_OWN);
	gate_say(by_bytes, head, sizeof head - 1);
	gate_say(a_member, request.p, request.n - GATE_MIB);
	gate_say(slow, head, sizeof head - 1);
	for (int i = 0; i < 40; i++) { /* four seconds */
		gate_say(by_bytes, piece, 1);
		gate_say(a_member, piece, 1);
		gate_say(slow, piece, sizeof piece);
		gate_pause_ms(100);
	}
	assert_int_equal(0, gate_status(by_bytes, 0.2));
	assert_int_equal(0, gate_status(a_member, 0.2));
	assert_in_range(gate_status(slow, 4), 400, 499); /* read whole, by the service */
	assert_true(gate_now() - began < 20);
	(void)close(by_bytes);
	(void)close(a_member);
	(void)close(slow);
	gate_close(&g);
	buf_free(&request);
	free((void *)(uintptr_t)body.p);
}

/* An address that made too many unsigned calls waits for each refusal; signed calls are served
 * at once, from that address too. */
static void
N1_calls_that_nobody_signed_use_up_their_address_and_no_signed_call(void **state)
{
	static const char claim[] = CLAIM "content-length: 1\r\n\r\nx";
	struct scene *s = *state;
	struct buf flood = gate_request(&s->alice, &gate_bad);
	struct gate g;
	double began;
	int fd, held[20];

	gate_open(s, "unproved_rate: 1\nunproved_burst: 40\n", &g);
	fd = gate_dial(&g, 2);
	for (int i = 0; i < 40; i++) {
		gate_say(fd, flood.p, flood.n);
		assert_int_equal(400, gate_status(fd, GATE_LONG_S));
	}
	began = gate_now();
	say_from(&g, 2, flood.p, flood.n, held, 20);
	for (int i = 0; i < 20; i++) {
		assert_in_range(gate_status(held[i], GATE_LONG_S), 400, 429);
		(void)close(held[i]);
	}
	assert_true(gate_now() - began > 0.9); /* they waited */
	(void)close(fd);
	/* callers who cannot sign; a token came back meanwhile */
	say_from(&g, 2, claim, sizeof claim - 1, held, 8);
	assert_in_range(refused_of(held, 8), 4, 8);
	began = gate_now();
	for (int i = 0; i < 10; i++)
		assert_int_equal(200, gate_call(&g, 2, &s->alice, &gate_good));
	assert_true(gate_now() - began < 0.9);
	fd = gate_dial(&g, 3); /* another address calls without a signature */
	gate_say(fd, claim, sizeof claim - 1);
	assert_int_not_equal(429, gate_status(fd, GATE_LONG_S));
	(void)close(fd);
	gate_close(&g);
	buf_free(&flood);
}

/* Refusals of one address come one after the other, each within a time that a person waits. */
static void
N1_refusals_of_an_address_wait_for_each_other_and_for_no_more(void **state)
{
	enum { MANY = 120 };
	struct scene *s = *state;
	struct buf flood = gate_request(&s->alice, &gate_bad);
	double began, quarter = 0;
	struct gate g;
	int held[MANY];

	gate_open(s, "unproved_rate: 1\nunproved_burst: 1\n", &g);
	began = gate_now();
	say_from(&g, 2, flood.p, flood.n, held, MANY);
	for (int i = 0; i < MANY; i++) {
		assert_in_range(gate_status(held[i], GATE_LONG_S), 400, 429);
		if (i == MANY / 4)
			quarter = gate_now() - began;
		(void)close(held[i]);
	}
	assert_true(quarter > 2);
	assert_true(gate_now() - began > 5);
	assert_true(gate_now() - began < 14); /* ten seconds at most, and a busy machine */
	gate_close(&g);
	buf_free(&flood);
}

/* Requests that come before the answer to the first: while its refusal waits they wake nobody,
 * and afterwards the connection ends. */
static void
N1_a_stranger_who_sends_ahead_costs_nothing_and_is_let_go(void **state)
{
	enum { MANY = 60 };
	struct scene *s = *state;
	struct buf request = gate_request(&s->alice, &gate_bad), three = buf_init(65536);
	int fd[MANY];
	struct gate g;
	double share;
	char rest[64];

	gate_open(s, "unproved_rate: 1\nunproved_burst: 1\n", &g);
	for (int i = 0; i < 3; i++)
		buf_add(&three, buf_bytes(&request));
	say_from(&g, 2, three.p, three.n, fd, MANY);
	gate_pause_ms(500);
	share = gate_share(&g, 2000);
	print_message("%.2f of the time of a process that never waits\n", share);
	assert_true(share < 0.35);
	assert_in_range(
	    gate_status(fd[0], GATE_LONG_S), 400, 429); /* the one that had a token */
	assert_true(recv(fd[0], rest, sizeof rest, 0) <= 0);
	assert_in_range(gate_status(fd[MANY - 1], 30), 400, 429); /* one whose refusal waited */
	assert_true(recv(fd[MANY - 1], rest, sizeof rest, 0) <= 0);
	for (int i = 0; i < MANY; i++)
		(void)close(fd[i]);
	gate_close(&g);
	buf_free(&request);
	buf_free(&three);
}

/* More connections than there may be, from one address and from many: those that are let in
 * last take the places of strangers. */
static void
N1_a_connection_that_proved_nothing_gives_way(void **state)
{
	enum { MANY = 600 };
	static const char half[] = "GET /v1/orgs HTTP/1.1\r\nhost: x\r\nsignature: ";
	struct scene *s = *state;
	struct buf request = gate_request(&s->alice, &gate_good);
	struct gate g;
	int fd[MANY], alice;

	gate_open(s, "connections: 200\nconnections_per_address: 50\n", &g);
	alice = gate_dial(&g, GATE_OWN);
	gate_say(alice, request.p, request.n);
	assert_int_equal(200, gate_status(alice, GATE_LONG_S));
	for (int i = 0; i < MANY; i++) {
		fd[i] = gate_dial(&g, i < MANY / 2 ? GATE_OWN : 2 + (unsigned)i % 20);
		gate_say(fd[i], half, sizeof half - 1);
	}
	for (int i = 0; i < 20; i++)
		assert_int_equal(200, gate_call(&g, GATE_OWN, &s->alice, &gate_good));
	buf_free(&request);
	request =
	    gate_request(&s->alice, &gate_good); /* on the connection that she had before */
	gate_say(alice, request.p, request.n);
	assert_int_equal(200, gate_status(alice, GATE_LONG_S));
	for (int i = 0; i < MANY; i++)
		(void)close(fd[i]);
	(void)close(alice);
	gate_close(&g);
	buf_free(&request);
}

/* What a browser asks before a call of a page of another origin costs its address no call.
 * An address that asks without end waits, as with calls that nobody signed. */
static void
N1_questions_before_calls_are_bounded_and_cost_their_address_no_call(void **state)
{
	static const char question[] =
	    "OPTIONS /v1/orgs/00112233445566778899aabbccddeeff/log HTTP/1.1\r\nhost: x\r\n\r\n";
	struct scene *s = *state;
	struct buf call = gate_request(&s->alice, &gate_bad);
	struct gate g;
	double began;
	int fd, held[10];

	gate_open(s, "rate: 1\nburst: 40\nunproved_rate: 1\nunproved_burst: 10\n", &g);
	fd = gate_dial(&g, 2);
	for (int i = 0; i < 40; i++) {
		gate_say(fd, question, sizeof question - 1);
		assert_int_equal(200, gate_status(fd, GATE_LONG_S));
	}
	(void)close(fd);
	began = gate_now();
	say_from(&g, 2, question, sizeof question - 1, held, 10);
	assert_in_range(refused_of(held, 10), 5, 10); /* some tokens came back meanwhile */
	assert_true(gate_now() - began > 0.9);
	fd = gate_dial(&g, 2); /* its calls are not spent */
	for (int i = 0; i < 5; i++) {
		gate_say(fd, call.p, call.n);
		assert_int_equal(400, gate_status(fd, GATE_LONG_S));
	}
	(void)close(fd);
	fd = gate_dial(&g, 3); /* nor another address's questions */
	gate_say(fd, question, sizeof question - 1);
	assert_int_equal(200, gate_status(fd, GATE_LONG_S));
	(void)close(fd);
	gate_close(&g);
	buf_free(&call);
}

/* ---- N3 ---- */

static void
N3_a_name_that_nobody_proved_spends_nothing_of_its_owners(void **state)
{
	struct scene *s = *state;
	struct buf flood = gate_request(&s->alice, &gate_bad);
	struct gate g;
	int fd, limited = 0;

	gate_open(s, "rate: 1\nburst: 40\nunproved_burst: 2000\n", &g);
	fd = gate_dial(&g, 2);
	for (int i = 0; i < 200; i++) {
		gate_say(fd, flood.p, flood.n);
		assert_int_equal(400, gate_status(fd, GATE_LONG_S));
	}
	(void)close(fd);
	for (int i = 0; i < 20; i++)
		assert_int_equal(200, gate_call(&g, GATE_OWN, &s->alice, &gate_good));
	for (int i = 0; i < 60; i++) /* what she signs counts */
		limited += gate_call(&g, GATE_OWN, &s->alice, &gate_good) == 429;
	assert_true(limited > 0);
	assert_int_equal(200, gate_call(&g, GATE_OWN, &s->bob, &gate_good)); /* for her alone */
	gate_close(&g);
	buf_free(&flood);
}

/* ---- behind a proxy ---- */

/* The status of a call that needs no signature, from 127.0.0.VIA, whose head has FIELD. */
static int
call_through(const struct gate *g, unsigned via, const char *field)
{
	char text[512];
	int fd = gate_dial(g, via), status;

	(void)snprintf(text, sizeof text, CLAIM "content-length: 1\r\n%s\r\nx", field);
	gate_say(fd, text, strlen(text));
	status = gate_status(fd, GATE_LONG_S);
	(void)close(fd);
	return status;
}

static void
N1_the_address_that_our_proxy_names_is_the_one_that_counts(void **state)
{
	enum { PROXY = 7, STRANGER = 8, BURST = 10, REFUSED = 429 };
	struct scene *s = *state;
	char field[64];
	struct gate g;
	int last = 0, refused = 0;

	gate_open(s, "proxies: 127.0.0.7, ::1\nunproved_rate: 1\nunproved_burst: 10\n", &g);
	for (int i = 0; i < 2 * BURST; i++)
		last = call_through(&g, PROXY, "x-forwarded-for: 192.0.2.1\r\n");
	assert_int_equal(REFUSED, last);
	assert_int_not_equal(
	    REFUSED, call_through(&g, PROXY, "x-forwarded-for: 192.0.2.2\r\n"));
	/* What the caller wrote is before what the proxy adds. */
	for (int i = 0; i < 3; i++)
		last = call_through(
		    &g, PROXY, "x-forwarded-for: 192.0.2.3\r\nx-forwarded-for: 192.0.2.1\r\n");
	assert_int_equal(REFUSED, last);
	for (int i = 0; i < 3; i++)
		last = call_through(&g, PROXY, "x-forwarded-for: 192.0.2.3, 192.0.2.1\r\n");
	assert_int_equal(REFUSED, last);
	/* One site chooses among 2^64 addresses of IPv6: they count together. */
	for (int i = 0; i < 2 * BURST; i++) {
		(void)snprintf(field, sizeof field, "x-forwarded-for: 2001:db8::%x\r\n", i);
		last = call_through(&g, PROXY, field);
	}
	assert_int_equal(REFUSED, last);
	assert_int_not_equal(
	    REFUSED, call_through(&g, PROXY, "x-forwarded-for: 2001:db8:0:1::1\r\n"));
	/* X-Forwarded-For from an address that is no configured proxy is ignored. */
	for (int i = 0; i < BURST + 3; i++) {
		(void)snprintf(field, sizeof field, "x-forwarded-for: 198.51.100.%d\r\n", i);
		refused += call_through(&g, STRANGER, field) == REFUSED;
	}
	assert_in_range(refused, 1, 3);
	gate_close(&g);
}

/* ---- all of it ---- */

static void
N1_a_flood_of_everything_leaves_the_gateway_small_and_the_others_served(void **state)
{
	enum { MANY = 2400, BOUND = 160 * 1024 };
	static const char *const services[] = { "auth", "metadata", "blocks", "messaging" };
	struct scene *s = *state;
	struct gate_ask socket = { .route = ROUTE_EVENTS, .extra = GATE_UPGRADE };
	struct buf unsigned_call = gate_request(&s->alice, &gate_bad),
		   unsigned_socket = gate_request(&s->alice, &socket), slow = buf_init(70000);
	long before[4], at_most = 0;
	double began;
	struct gate g;
	int *fd = calloc(MANY, sizeof *fd);

	assert_non_null(fd);
	buf_add_text(&slow, CLAIM "content-length: 65536\r\n\r\n");
	assert_non_null(memset(buf_room(&slow, 65000), 'x', 65000));
	for (size_t i = 0; i < 4; i++)
		before[i] = world_kib(s->w, services[i]);
	gate_open(s, "", &g);
	began = gate_now();
	for (unsigned i = 0; i < MANY; i++) {
		fd[i] = gate_dial(&g, 2 + i / 4 % 8);
		if (i % 4 == 0)
			gate_say(fd[i], slow.p, 4096);
		else if (i % 4 == 1)
			gate_say(fd[i], unsigned_call.p, unsigned_call.n - 10);
		else if (i % 4 == 2)
			gate_say(fd[i], unsigned_call.p, unsigned_call.n);
		else
			gate_say_socket(fd[i], &unsigned_socket);
		if (i % 100 == 0)
			assert_int_equal(200, gate_call(&g, GATE_OWN, &s->alice, &gate_good));
		if (process_kib(g.pid) > at_most)
			at_most = process_kib(g.pid);
	}
	for (unsigned i = 0; i < MANY; i += 4) {
		struct pollfd p = { .fd = fd[i], .events = POLLOUT };

		if (poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) == 0)
			(void)!send(fd[i], slow.p + 4096, 60000, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	for (int i = 0; i < 20; i++)
		assert_int_equal(200, gate_call(&g, GATE_OWN, &s->alice, &gate_good));
	if (process_kib(g.pid) > at_most)
		at_most = process_kib(g.pid);
	print_message(
	    "the gateway held %ld KiB at most, in %.1f s\n", at_most, gate_now() - began);
	assert_in_range(at_most, 0, BOUND);
	for (size_t i = 0; i < 4; i++) {
		long after = world_kib(s->w, services[i]);

		print_message("%s: %ld KiB, then %ld\n", services[i], before[i], after);
		assert_in_range(after, 0, before[i] + 32 * 1024);
	}
	for (unsigned i = 0; i < MANY; i++)
		(void)close(fd[i]);
	gate_close(&g);
	buf_free(&unsigned_call);
	buf_free(&unsigned_socket);
	buf_free(&slow);
	free(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    N1_bodies_that_nobody_signed_are_not_taken_and_signed_ones_are),
		cmocka_unit_test(
		    N1_a_body_that_comes_a_byte_at_a_time_ends_and_a_slow_one_does_not),
		cmocka_unit_test(
		    N1_calls_that_nobody_signed_use_up_their_address_and_no_signed_call),
		cmocka_unit_test(N1_refusals_of_an_address_wait_for_each_other_and_for_no_more),
		cmocka_unit_test(
		    N1_questions_before_calls_are_bounded_and_cost_their_address_no_call),
		cmocka_unit_test(N1_a_stranger_who_sends_ahead_costs_nothing_and_is_let_go),
		cmocka_unit_test(N1_a_connection_that_proved_nothing_gives_way),
		cmocka_unit_test(N3_a_name_that_nobody_proved_spends_nothing_of_its_owners),
		cmocka_unit_test(N1_the_address_that_our_proxy_names_is_the_one_that_counts),
		cmocka_unit_test(
		    N1_a_flood_of_everything_leaves_the_gateway_small_and_the_others_served),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, gate_begin, scene_end);
}
