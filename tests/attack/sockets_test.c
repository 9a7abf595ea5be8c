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

/* The first frame of a socket of P's: 0 when it listens (an empty frame), or the code with
 * which it was closed, and the sentence in WORDS. */
static unsigned
open_socket(
    const struct gate *g, const struct person *p, bool is_signed, char words[128], int *out)
{
	struct gate_ask ask = {
		.route = ROUTE_EVENTS, .extra = GATE_UPGRADE, .is_signed = is_signed
	};
	struct buf request = gate_request(p, &ask);
	int fd = gate_dial(g, GATE_OWN);
	uint8_t text[2048];
	const uint8_t *frame = NULL;
	size_t got = 0, n;

	gate_say(fd, request.p, request.n);
	buf_free(&request);
	while (frame == NULL || got < (size_t)(frame - text) + 2) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		ssize_t more;

		assert_int_equal(1, poll(&wait, 1, 8000));
		assert_true((more = recv(fd, text + got, sizeof text - got, 0)) > 0);
		got += (size_t)more;
		if ((frame = memmem(text, got, "\r\n\r\n", 4)) != NULL)
			frame += 4;
	}
	*out = fd;
	n = frame[1];
	if (frame[0] == 0x82)
		return n == 0 ? 0 : 1;
	assert_int_equal(0x88, frame[0]);
	assert_in_range(n, 2, 125);
	(void)snprintf(words, 128, "%.*s", (int)n - 2, (const char *)frame + 4);
	return (unsigned)(frame[2] << 8 | frame[3]);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(R4_a_device_has_a_few_event_sockets_and_each_hears),
	};

	return cmocka_run_group_tests(tests, gate_begin, scene_end);
}
