/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tls_listener_test.c - who reaches a service over a network, and what the others cost it. */
#include "bus/tls_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/link.h"
#include "bus/tcp.h"
#include "crypto/suite.h"
#include "test.h"
#include "tls_world.h"

enum { SILENT = 400 };

static void
a_peer_of_ours_is_answered(void **state)
{
	static const size_t sizes[] = { 1, 4096, 16383, 16384, 16385, 65535, 65536, 65537,
		1 << 20, (8 << 20) + 1, 0 };
	struct world *w = *state;
	nng_socket a = dial(w), b = dial(w);

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		assert_true(is_echoed(a, sizes[i]));
		assert_true(is_echoed(b, sizes[i]));
	}
	(void)nng_close(a);
	assert_true(is_echoed(b, 100)); /* the end of one is not the other's */
	(void)nng_close(b);
}

static void
N1_only_a_certificate_of_ours_reaches_nng(void **state)
{
	struct world *w = *state;

	assert_true(gets_in(w, 1, &w->caller, TLS1_3_VERSION));
	assert_true(gets_in(w, 1, &w->caller, TLS1_2_VERSION));
	assert_false(gets_in(w, 1, &w->caller, TLS1_1_VERSION));
	assert_false(gets_in(w, 1, NULL, TLS1_3_VERSION));
	assert_false(gets_in(w, 1, NULL, TLS1_2_VERSION));
	assert_false(gets_in(w, 1, &w->stranger, TLS1_3_VERSION));
	assert_false(gets_in(w, 1, &w->stranger, TLS1_2_VERSION));
	assert_false(gets_in(w, 1, &w->old, TLS1_3_VERSION));
	assert_true(gets_in(w, 1, &w->caller, TLS1_3_VERSION));
}

/* Each costs the one thread of all peers as much as the caller chooses, before it has proved
 * anything: with ffdhe8192, a tenth of a second. */
static void
N1_a_stranger_does_not_choose_what_costs_most(void **state)
{
	static const char *const cheap[] = { "X25519", "P-256", "ffdhe8192:X25519" },
				 *const dear[] = { "ffdhe2048", "ffdhe3072", "ffdhe4096",
					 "ffdhe6144", "ffdhe8192", "P-384", "P-521", "X448" };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof cheap / sizeof cheap[0]; i++)
		assert_true(gets_in_by(w, 1, &w->caller, TLS1_3_VERSION, cheap[i]));
	for (size_t i = 0; i < sizeof dear / sizeof dear[0]; i++)
		assert_false(gets_in_by(w, 1, &w->caller, TLS1_3_VERSION, dear[i]));
	assert_true(gets_in_by(w, 1, &w->caller, TLS1_2_VERSION, "P-256"));
	assert_false(gets_in_by(w, 1, &w->caller, TLS1_2_VERSION, "P-521"));
}

static void
N1_who_says_nothing_takes_few_places_for_a_short_time(void **state)
{
	struct world *w = *state;
	nng_socket before = dial(w);
	struct pollfd last;
	int fds[SILENT], slow;

	assert_true(is_echoed(before, 10));
	slow = connect_from(w, 1);
	for (size_t i = 0; i < SILENT; i++) {
		fds[i] = connect_from(w, 2);
		/* one of another address comes in between, and is not pushed out */
		if (i % 100 == 99)
			assert_true(gets_in(w, 1, &w->caller, TLS1_3_VERSION));
		if (i == 99)
			assert_false(has_ended(slow)); /* the oldest, and not of those */
	}
	assert_true(gets_in(w, 2, &w->caller, TLS1_3_VERSION)); /* in the strangers' place */
	assert_true(still_open(fds, SILENT) <= TLS_LISTENER_STRANGERS);
	assert_false(has_ended(fds[SILENT - 1])); /* the oldest went */
	assert_true(is_echoed(before, 1 << 20));
	last = (struct pollfd){ .fd = fds[SILENT - 1], .events = POLLIN };
	assert_int_equal(1, poll(&last, 1, 10 * TLS_LISTENER_PATIENCE_MS));
	assert_int_equal(0, still_open(fds, SILENT));
	assert_true(is_echoed(before, 10));
	for (size_t i = 0; i < SILENT; i++)
		(void)close(fds[i]);
	(void)close(slow);
	(void)nng_close(before);
}

static void
N1_what_is_not_TLS_ends(void **state)
{
	struct world *w = *state;
	uint8_t noise[4096];

	for (int i = 0; i < 50; i++) {
		int fd = connect_from(w, 2);
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		random_bytes(noise, sizeof noise);
		if (i % 2 == 0)
			memcpy(noise, "\0SP\0\0\x30\0\0", 8); /* what nng itself would say */
		(void)send(fd, noise, sizeof noise, MSG_NOSIGNAL);
		/* noise may look like the beginning of a long record, which has its time */
		assert_int_equal(1, poll(&p, 1, 5 * TLS_LISTENER_PATIENCE_MS));
		while ((n = recv(fd, noise, sizeof noise, 0)) > 0)
			assert_memory_not_equal(noise, "\0SP\0", 4);
		(void)close(fd);
	}
	assert_true(gets_in(w, 1, &w->caller, TLS1_3_VERSION));
}

static void
N1_a_rush_of_strangers_keeps_nobody_out(void **state)
{
	struct world *w = *state;
	nng_socket before = dial(w);
	struct linger reset = { 1, 0 };

	for (int i = 0; i < 3000; i++) {
		int fd = connect_from(w, 3);

		if (i % 2 == 0)
			(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
		(void)close(fd);
		if (i % 500 == 0) {
			nng_socket now = dial(w);

			assert_true(is_echoed(now, 1000));
			assert_true(is_echoed(before, 1000));
			(void)nng_close(now);
		}
	}
	(void)nng_close(before);
}

/* The port of the loopback on which nng listens in this process, beside the listener's own. */
static int
inner_port(const struct world *w)
{
	char path[64];
	int found = 0;

	for (int fd = 3; fd < 256 && found == 0; fd++) {
		int listens = 0;
		socklen_t n = sizeof listens;
		struct stat st;

		(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		if (stat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
		    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) == 0 && listens &&
		    tcp_port(fd) != w->port)
			found = tcp_port(fd);
	}
	return found;
}

/* Whether a program of this machine gets an answer on nng's own PORT, from any address. */
static bool
is_answered_inside(int port)
{
	static const uint8_t hello[] = { 0, 'S', 'P', 0, 0, 0x30, 0, 0 },
			     call[] = { 0, 0, 0, 0, 0, 0, 0, 5, 0x80, 0, 0, 1, 'x' };
	struct world there = { .port = port };
	struct timeval patience = { 5, 0 };
	int fd = connect_from(&there, 1);
	uint8_t in[64];
	size_t n = 0;
	ssize_t got;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	(void)send(fd, hello, sizeof hello, MSG_NOSIGNAL);
	(void)send(fd, call, sizeof call, MSG_NOSIGNAL);
	while (n < 8 + sizeof call && (got = recv(fd, in + n, sizeof in - n, 0)) > 0)
		n += (size_t)got;
	(void)close(fd);
	return n == 8 + sizeof call && in[n - 1] == 'x';
}

static void
N1_another_program_of_this_machine_does_not_reach_nng(void **state)
{
	struct world *w = *state;
	nng_socket open = { 0 };
	nng_listener at;
	int port = 0;

	assert_true(inner_port(w) > 0);
	assert_false(is_answered_inside(inner_port(w)));
	/* What the listener does not guard answers: the test can see one. */
	assert_int_equal(0, nng_rep0_open(&open));
	assert_int_equal(0, nng_listen(open, "tcp://127.0.0.1:0", &at, 0));
	assert_int_equal(0, nng_listener_get_int(at, NNG_OPT_TCP_BOUND_PORT, &port));
	{
		struct world other = { .server = open };
		pthread_t thread;

		assert_int_equal(0, pthread_create(&thread, NULL, echo, &other));
		assert_true(is_answered_inside(port));
		(void)nng_close(open);
		(void)pthread_join(thread, NULL);
	}
}

static void
N1_an_address_without_a_port_opens_none(void **state)
{
	static const char *const wrong[] = { "", ":0", ":-1", ":7x", ":65536", ":99999" };
	struct world *w = *state;
	char url[64], message[200] = "";
	struct link_door door;
	nng_dialer dialer;
	nng_socket s;

	assert_int_equal(0, nng_rep0_open(&s));
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		(void)snprintf(url, sizeof url, "tls+tcp://127.0.0.1%s", wrong[i]);
		assert_err(ZT_ERR_CONFIG, link_listen(w->link, s, url, &door, message));
		(void)snprintf(url, sizeof url, "tls+tcp://localhost%s", wrong[i]);
		assert_true(link_dial(w->link, s, url, &dialer) != 0);
	}
	/* with one it is an address: this one is taken */
	(void)snprintf(url, sizeof url, "tls+tcp://127.0.0.1:%d", w->port);
	assert_err(ZT_ERR_UNAVAILABLE, link_listen(w->link, s, url, &door, message));
	(void)nng_close(s);
}

static void
N1_an_empty_host_opens_no_port(void **state)
{
	int fd = tcp_listen("", 0);

	(void)state;
	assert_int_equal(-1, fd);
	assert_true((fd = tcp_listen("*", 0)) >= 0);
	assert_true(tcp_port(fd) > 0);
	(void)close(fd);
}

static void
it_ends_with_connections_that_stand(void **state)
{
	struct world *w = *state;
	int silent = connect_from(w, 2);
	nng_socket s = dial(w);

	assert_true(is_echoed(s, 10));
	tls_listener_stop(w->listener); /* before nng_close (acceptor.h) */
	(void)nng_close(w->server);
	(void)pthread_join(w->thread, NULL);
	tls_listener_close(w->listener);
	w->listener = NULL;
	assert_true(has_ended(silent));
	(void)close(silent);
	(void)nng_close(s);
	assert_int_equal(0, nng_rep0_open(&w->server));
	assert_int_equal(0, pthread_create(&w->thread, NULL, echo, w));
}

static void
a_port_that_is_taken_is_said(void **state)
{
	struct world *w = *state;
	struct tls_listener *l = NULL;
	char message[200] = "";
	nng_socket s;

	assert_int_equal(0, nng_rep0_open(&s));
	assert_err(ZT_ERR_UNAVAILABLE,
	    tls_listener_open(&(struct tls_identity){ w->ours.certificate,
				  w->service.certificate, w->service.secret },
		s, "127.0.0.1", w->port, &l, message));
	assert_string_equal("Address already in use", message);
	assert_err(
	    ZT_ERR_CONFIG, tls_listener_open(&(struct tls_identity){ w->ours.certificate,
						 w->service.certificate, w->caller.secret },
			       s, "127.0.0.1", 0, &l, message));
	(void)nng_close(s);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, tls_world_begin, tls_world_end)
	const struct CMUnitTest tests[] = {
		TEST(a_peer_of_ours_is_answered),
		TEST(N1_only_a_certificate_of_ours_reaches_nng),
		TEST(N1_a_stranger_does_not_choose_what_costs_most),
		TEST(N1_who_says_nothing_takes_few_places_for_a_short_time),
		TEST(N1_what_is_not_TLS_ends),
		TEST(N1_a_rush_of_strangers_keeps_nobody_out),
		TEST(N1_another_program_of_this_machine_does_not_reach_nng),
		TEST(N1_an_address_without_a_port_opens_none),
		TEST(N1_an_empty_host_opens_no_port),
		TEST(it_ends_with_connections_that_stand),
		TEST(a_port_that_is_taken_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
