/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* acceptor_test.c - whatever a peer does before it is greeted, those who come later are heard.
 * With an nng that has the fault (1.5.2) the listener is replaced; with another one this must
 * pass as well. */
#include "bus/acceptor.h"

#include <errno.h>
#include <netinet/in.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"
#include "bus/clock.h"
#include "test.h"

enum { HEARD_MS = 20000, CALLERS = 20 };

/* nng never frees a connection that waits for a listener which ends. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libnng.so\n";
}

struct there {
	nng_socket socket;
	struct acceptor *acceptor;
	pthread_t thread;
	char folder[64], path[96], url[128];
	bool is_near;
	atomic_int ended; /* connections */
};

static void
gone(nng_pipe pipe, nng_pipe_ev ev, void *arg)
{
	struct there *t = arg;

	(void)pipe;
	(void)ev;
	(void)atomic_fetch_add(&t->ended, 1);
}

static void
open_there(struct there *t, int (*open_socket)(nng_socket *), bool is_near)
{
	char message[200] = "";

	*t = (struct there){ .folder = "/tmp/zt-test.XXXXXX", .is_near = is_near };
	assert_non_null(mkdtemp(t->folder));
	(void)snprintf(t->path, sizeof t->path, "%s/a.ipc", t->folder);
	(void)snprintf(t->url, sizeof t->url, "ipc://%s", t->path);
	assert_int_equal(0, open_socket(&t->socket));
	(void)nng_pipe_notify(t->socket, NNG_PIPE_EV_REM_POST, gone, t);
	assert_ok(acceptor_open(t->socket, is_near ? t->url : "tcp://127.0.0.1:0", NULL, NULL,
	    &t->acceptor, message));
}

static void
close_there(struct there *t)
{
	acceptor_stop(t->acceptor);
	(void)nng_close(t->socket);
	acceptor_close(t->acceptor);
	(void)unlink(t->path);
	(void)rmdir(t->folder);
}

static void *
echo(void *arg)
{
	struct there *t = arg;
	nng_msg *m;

	while (nng_recvmsg(t->socket, &m, 0) == 0)
		if (nng_sendmsg(t->socket, m, 0) != 0)
			nng_msg_free(m);
	return NULL;
}

/* A connection to where T listens now. */
static int
call(const struct there *t)
{
	struct sockaddr_un near = { .sun_family = AF_UNIX };
	struct sockaddr_in far = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(t->is_near ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (t->is_near) {
		memcpy(near.sun_path, t->path, strlen(t->path) + 1);
		(void)connect(fd, (const struct sockaddr *)&near, sizeof near);
	} else {
		far.sin_port = htons((in_port_t)acceptor_port(t->acceptor));
		(void)connect(fd, (const struct sockaddr *)&far, sizeof far);
	}
	return fd;
}

/* One that connects, and ends before nng can have said a word. Over TCP its end has to be a
 * FIN and then a reset, for nng to find EPIPE. */
static void
call_and_end(const struct there *t)
{
	const struct linger now = { .l_onoff = 1 };
	int fd = call(t);

	if (!t->is_near) {
		(void)shutdown(fd, SHUT_WR);
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	}
	(void)close(fd);
}

/* What a peer of PROTOCOL reads after it said SAYS, in a second; by hand, since an nng that
 * dials may give up, or wait at its end, for the same fault. Whether it has the LIKE last
 * bytes. */
static bool
is_told(const struct there *t, uint8_t protocol, struct bytes says, struct bytes like)
{
	const uint8_t hello[] = { 0, 'S', 'P', 0, 0, protocol, 0, 0 };
	const struct timeval patience = { 1, 0 };
	int fd = call(t);
	uint8_t in[256];
	size_t n = 0;
	ssize_t got;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	(void)send(fd, hello, sizeof hello, MSG_NOSIGNAL);
	(void)send(fd, says.p, says.n, MSG_NOSIGNAL);
	while (n < sizeof hello + says.n && (got = recv(fd, in + n, sizeof in - n, 0)) > 0)
		n += (size_t)got;
	(void)close(fd);
	return n >= like.n && memcmp(in + n - like.n, like.p, like.n) == 0;
}

/* Whether somebody who comes now gets an answer, in HEARD_MS. */
static bool
is_answered(const struct there *t)
{
	static const uint8_t near[] = { 1, 0, 0, 0, 0, 0, 0, 0, 5, 0x80, 0, 0, 1, 'x' };
	uint64_t until = clock_ms() + HEARD_MS;
	bool is = false;

	while (!is && clock_ms() < until)
		is = is_told(t, 0x30,
		    t->is_near ? bytes_of(near, sizeof near)
			       : bytes_of(near + 1, sizeof near - 1),
		    bytes_of(near + 9, 5));
	return is;
}

static void
later_peers_are_answered(bool is_near)
{
	struct there t;

	open_there(&t, nng_rep0_open, is_near);
	assert_int_equal(0, pthread_create(&t.thread, NULL, echo, &t));
	assert_true(is_answered(&t));
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < CALLERS; i++)
			call_and_end(&t);
		assert_true(is_answered(&t));
	}
	print_message(
	    "another listener took the address %u times\n", acceptor_renewals(t.acceptor));
	acceptor_stop(t.acceptor);
	(void)nng_close(t.socket);
	(void)pthread_join(t.thread, NULL);
	close_there(&t);
}

static void
one_that_ends_before_its_greeting_makes_no_socket_deaf(void **state)
{
	(void)state;
	later_peers_are_answered(true);
}

static void
one_that_ends_before_its_greeting_makes_no_port_deaf(void **state)
{
	(void)state;
	later_peers_are_answered(false);
}

static void *
tell(void *arg)
{
	struct there *t = arg;

	while (nng_send(t->socket, (char *)(uintptr_t) "news", 4, 0) == 0)
		(void)usleep(20 * 1000);
	return NULL;
}

static void
who_listens_to_events_hears_those_after_it(void **state)
{
	uint64_t until = clock_ms() + HEARD_MS;
	struct there t;
	bool is = false;

	(void)state;
	open_there(&t, nng_pub0_open, true);
	assert_int_equal(0, pthread_create(&t.thread, NULL, tell, &t));
	for (int i = 0; i < CALLERS; i++)
		call_and_end(&t);
	while (!is && clock_ms() < until)
		is = is_told(&t, 0x21, bytes_of(NULL, 0), bytes_text("news"));
	assert_true(is);
	acceptor_stop(t.acceptor);
	(void)nng_close(t.socket);
	(void)pthread_join(t.thread, NULL);
	close_there(&t);
}

/* The looks cost those who are there nothing, and their own connections end. */
static void
a_listener_that_hears_is_left_alone(void **state)
{
	static const uint8_t hello[] = { 0, 'S', 'P', 0, 0, 0x30, 0, 0 };
	struct there t;
	uint8_t in[sizeof hello + 1];
	int looks, fd;

	(void)state;
	open_there(&t, nng_rep0_open, true);
	assert_int_equal(0, pthread_create(&t.thread, NULL, echo, &t));
	fd = call(&t);
	assert_int_equal(sizeof hello, send(fd, hello, sizeof hello, MSG_NOSIGNAL));
	assert_int_equal(sizeof hello, recv(fd, in, sizeof hello, MSG_WAITALL));
	looks = atomic_load(&t.ended);
	(void)usleep(2 * ACCEPTOR_LOOK_MS * 1000);
	assert_int_equal(0, acceptor_renewals(t.acceptor));
	looks = atomic_load(&t.ended) - looks;
	assert_in_range(looks, 1, 5);
	assert_int_equal(-1, recv(fd, in, 1, MSG_DONTWAIT)); /* it stands */
	assert_int_equal(EAGAIN, errno);
	(void)close(fd);
	acceptor_stop(t.acceptor);
	(void)nng_close(t.socket);
	(void)pthread_join(t.thread, NULL);
	close_there(&t);
}

/* At any moment of a look, of one that fails, and of the change. */
static void
closing_waits_for_no_look(void **state)
{
	(void)state;
	for (unsigned at = 0; at < 5; at++) {
		struct there t;
		uint64_t start;

		open_there(&t, nng_rep0_open, true);
		for (int i = 0; i < CALLERS; i++)
			call_and_end(&t);
		(void)usleep(at * 2200 * 1000);
		start = clock_ms();
		close_there(&t);
		assert_true(clock_ms() - start < 5000);
	}
}

static void
an_address_that_is_none_is_refused(void **state)
{
	struct acceptor *a = NULL;
	char message[200] = "", url[600] = "ipc://";
	nng_socket s;

	(void)state;
	memset(url + strlen(url), 'x', sizeof url - strlen(url) - 1);
	assert_int_equal(0, nng_rep0_open(&s));
	assert_err(ZT_ERR_UNAVAILABLE, acceptor_open(s, url, NULL, NULL, &a, message));
	assert_err(ZT_ERR_UNAVAILABLE,
	    acceptor_open(s, "ipc:///nowhere/at/all", NULL, NULL, &a, message));
	assert_true(message[0] != 0);
	assert_null(a);
	(void)nng_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_ends_before_its_greeting_makes_no_socket_deaf),
		cmocka_unit_test(one_that_ends_before_its_greeting_makes_no_port_deaf),
		cmocka_unit_test(who_listens_to_events_hears_those_after_it),
		cmocka_unit_test(a_listener_that_hears_is_left_alone),
		cmocka_unit_test(closing_waits_for_no_look),
		cmocka_unit_test(an_address_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
