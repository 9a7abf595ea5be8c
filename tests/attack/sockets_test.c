/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* sockets_test.c - row R4: event sockets at a gateway of the test's own, as frames on raw
 * sockets. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate.h"
#include "test.h"
#include "zt/sync.h"

/* The first frame on FD, a socket: 0 when it listens (an empty frame), or the code with which
 * it was closed, and the sentence in WORDS. */
static unsigned
first_frame(int fd, char words[128])
{
	uint8_t frame[130];
	size_t got = 0;

	while (got < 2 || got < (size_t)2 + frame[1]) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		ssize_t more;

		assert_int_equal(1, poll(&wait, 1, 8000));
		assert_true((more = recv(fd, frame + got, sizeof frame - got, 0)) > 0);
		got += (size_t)more;
	}
	if (frame[0] == 0x82)
		return frame[1] == 0 ? 0 : 1;
	assert_int_equal(0x88, frame[0]);
	assert_in_range(frame[1], 2, 125);
	(void)snprintf(words, 128, "%.*s", frame[1] - 2, (const char *)frame + 4);
	return (unsigned)(frame[2] << 8 | frame[3]);
}

/* The first frame of a socket of P's. */
static unsigned
open_socket(
    const struct gate *g, const struct person *p, bool is_signed, char words[128], int *out)
{
	struct gate_ask ask = {
		.route = ROUTE_EVENTS, .extra = GATE_UPGRADE, .is_signed = is_signed
	};
	struct buf request = gate_request(p, &ask);
	int fd = gate_dial(g, GATE_OWN);

	gate_say_socket(fd, &request);
	buf_free(&request);
	*out = fd;
	return first_frame(fd, words);
}

/* Whether the gateway has not closed FD: nothing waits there but pings and events. */
static bool
is_open(int fd)
{
	uint8_t frame[512];
	ssize_t n = recv(fd, frame, sizeof frame, MSG_PEEK | MSG_DONTWAIT);

	return n > 0 ? memchr(frame, 0x88, (size_t)n) == NULL
		     : n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* Opens sockets of Alice's to FD until one is refused, and leaves out those that the gateway
 * closed meanwhile: it closes all when its line to messaging was silent, as on a busy machine.
 * At least FEW are taken. Returns how many are open; on such a machine perhaps none. */
static size_t
open_until_refused(const struct gate *g, const struct scene *s, int *fd, size_t few, size_t max)
{
	char words[128];
	size_t count = 0, kept = 0;
	unsigned code = 0;
	int refused;

	while (count < max && (code = open_socket(g, &s->alice, true, words, &fd[count])) == 0)
		count++;
	assert_int_equal(4000 + ZT_ERR_LIMIT, code);
	assert_string_equal("this device has as many event sockets as one may have", words);
	assert_true(count >= few);
	refused = fd[count];
	for (size_t i = 0; i < count; i++)
		if (is_open(fd[i]))
			fd[kept++] = fd[i];
		else
			(void)close(fd[i]);
	(void)close(refused);
	return kept;
}

static void
R4_a_device_has_a_few_event_sockets_and_each_hears(void **state)
{
	enum { FEW = 8, MAX = 8 * FEW };
	struct scene *s = *state;
	char words[128];
	struct gate g;
	double end = gate_now() + 60;
	size_t count;
	int fd[MAX], more, of_bob;

	gate_open(s, "", &g);
	do
		count = open_until_refused(&g, s, fd, FEW, MAX);
	while (count == 0 && gate_now() < end);
	assert_in_range(count, 1, FEW);
	assert_int_equal(0, open_socket(&g, &s->bob, true, words, &of_bob));
	assert_int_equal(
	    4000 + ZT_ERR_SIGNATURE, open_socket(&g, &s->bob, false, words, &more));
	(void)close(more);
	assert_ok(zt_workspace_create(s->alice.zt, "heard"));
	for (size_t i = 0; i < count; i++) { /* the event, or the end of the socket */
		struct pollfd p = { .fd = fd[i], .events = POLLIN };

		assert_int_equal(1, poll(&p, 1, 8000));
	}
	(void)close(fd[0]); /* one that ended makes room for another */
	for (int i = 0; i < 50; i++) {
		unsigned code = open_socket(&g, &s->alice, true, words, &fd[0]);

		if (code == 0)
			break;
		assert_int_equal(4000 + ZT_ERR_LIMIT, code);
		(void)close(fd[0]);
		gate_pause_ms(50);
		assert_int_not_equal(49, i);
	}
	for (size_t i = 0; i < count; i++)
		(void)close(fd[i]);
	(void)close(of_bob);
	gate_close(&g);
}

/* A socket of FD that was opened as P's by HEAD alone, whose first message is still to come. */
static int
open_unsigned(const struct gate *g, const struct buf *request)
{
	const char *end = memmem(request->p, request->n, "\r\n\r\n", 4);
	struct buf head = buf_init(4096);
	int fd = gate_dial(g, GATE_OWN);

	buf_add(&head, bytes_of(request->p, (size_t)(end + 4 - (const char *)request->p)));
	gate_say_socket(fd, &head);
	buf_free(&head);
	return fd;
}

static unsigned
refusal_of(const struct gate *g, const struct buf *request, struct bytes text)
{
	struct buf frame = buf_init(8192);
	int fd = open_unsigned(g, request);
	char words[128];
	unsigned code;

	gate_frame(text, &frame);
	gate_say(fd, frame.p, frame.n);
	code = first_frame(fd, words);
	(void)gate_await_close(fd, 8);
	(void)close(fd);
	buf_free(&frame);
	return code;
}

static void
R4_a_socket_that_nobody_signs_ends(void **state)
{
	struct scene *s = *state;
	struct gate_ask ask = {
		.route = ROUTE_EVENTS, .extra = GATE_UPGRADE, .is_signed = true
	};
	struct buf request = gate_request(&s->alice, &ask);
	const char *frame = (const char *)memmem(request.p, request.n, "\r\n\r\n", 4) + 4;
	char text[4096], words[128];
	double began;
	struct gate g;
	int fd;

	gate_open(s, "", &g);
	memset(text, 'a', sizeof text);
	assert_int_equal(
	    4000 + ZT_ERR_SIGNATURE, refusal_of(&g, &request, bytes_of(text, 300)));
	assert_int_equal(
	    4000 + ZT_ERR_TOO_BIG, refusal_of(&g, &request, bytes_of(text, sizeof text)));
	began = gate_now();
	fd = open_unsigned(&g, &request); /* and says nothing */
	assert_int_equal(4000 + ZT_ERR_TIMEOUT, first_frame(fd, words));
	assert_true(gate_now() - began > 4 && gate_now() - began < 7);
	(void)close(fd);
	fd =
	    gate_dial(&g, GATE_OWN); /* one that was signed is not one that may be sent again */
	gate_say_socket(fd, &request);
	assert_int_equal(0, first_frame(fd, words));
	assert_int_equal(4000 + ZT_ERR_REPLAY,
	    refusal_of(&g, &request,
		bytes_of(
		    frame + 8, request.n - (size_t)(frame + 8 - (const char *)request.p))));
	gate_say(fd, frame, 300); /* after it nothing is to be said */
	(void)gate_await_close(fd, 8);
	(void)close(fd);
	buf_free(&request);
	gate_close(&g);
}

static void
count_ready(void *ctx)
{
	++*(unsigned *)ctx;
}

static void
count_event(void *ctx, const struct zt_event *e)
{
	if (e->kind == ZT_EVENT_LOG)
		*(unsigned *)ctx += 100;
}

/* What a host needs that has its own WebSockets. */
static void
R4_zt_listen_opens_a_socket_which_answers_an_empty_message(void **state)
{
	static const uint8_t empty[] = { 0x82, 0x80, 0, 0, 0, 0 };
	struct scene *s = *state;
	unsigned count = 0;
	struct zt_watch w = { .ctx = &count, .ready = count_ready, .event = count_event };
	char url[ZT_LISTEN_URL], first[ZT_LISTEN_FIRST], words[128];
	struct buf request = buf_init(4096);
	uint8_t head[2], message[128];
	struct gate g;
	int fd;

	gate_open(s, "", &g);
	fd = gate_dial(&g, GATE_OWN);
	assert_ok(zt_listen(s->alice.zt, url, first));
	assert_memory_equal("ws://", url, 5);
	buf_printf(&request, "GET %s HTTP/1.1\r\nhost: x\r\n%s\r\n", strchr(url + 5, '/'),
	    GATE_UPGRADE);
	gate_frame(bytes_text(first), &request);
	gate_say_socket(fd, &request);
	assert_int_equal(0, first_frame(fd, words));
	gate_say(fd, empty, sizeof empty);
	assert_int_equal(0, first_frame(fd, words));
	assert_ok(zt_hear(s->alice.zt, "", 0, &w));
	assert_int_equal(1, count);
	assert_ok(zt_hear(s->alice.zt, "no event", 8, &w));
	assert_int_equal(1, count);
	assert_ok(zt_workspace_create(s->bob.zt, "heard by bob"));
	assert_ok(zt_workspace_create(s->alice.zt, "heard by alice"));
	assert_int_equal(2, recv(fd, head, 2, MSG_WAITALL));
	assert_int_equal(0x82, head[0]);
	assert_in_range(head[1], 1, 125);
	assert_int_equal(head[1], recv(fd, message, head[1], MSG_WAITALL));
	assert_ok(zt_hear(s->alice.zt, message, head[1], &w));
	assert_int_equal(101, count);
	(void)close(fd);
	buf_free(&request);
	gate_close(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(R4_a_device_has_a_few_event_sockets_and_each_hears),
		cmocka_unit_test(R4_a_socket_that_nobody_signs_ends),
		cmocka_unit_test(R4_zt_listen_opens_a_socket_which_answers_an_empty_message),
	};

	return cmocka_run_group_tests(tests, gate_begin, scene_end);
}
