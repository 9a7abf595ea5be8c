/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* door_test.c - who comes in by loopback (rows W2, W3, W5), a binary message in its parts, and
 * when a device locks by itself: by times that are given. */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "door/content.h"
#include "door/door.h"
#include "door/idle.h"
#include "door/message.h"
#include "rpc/rpc.h"
#include "test.h"

enum { PORT = 4711, NOW = 1000000 };

static struct door
door(void)
{
	struct door d;

	door_begin(&d, PORT);
	return d;
}

static void
w5_a_ticket_is_used_once(void **state)
{
	struct door d = door();
	char one[MARK_TEXT], other[MARK_TEXT];

	(void)state;
	assert_true(door_ticket(&d, NOW, one));
	assert_true(door_ticket(&d, NOW, other));
	assert_string_not_equal(one, other);
	assert_int_equal(MARK_TEXT - 1, strlen(one));
	assert_true(door_use(&d, NOW, one));
	assert_false(door_use(&d, NOW, one));
	assert_true(door_use(&d, NOW, other));
	assert_false(door_use(&d, NOW, other));
}

static void
w5_a_ticket_ends_after_a_minute(void **state)
{
	struct door d = door();
	char ticket[MARK_TEXT];

	(void)state;
	assert_true(door_ticket(&d, NOW, ticket));
	assert_false(door_use(&d, NOW + DOOR_TICKET_MS, ticket));
	assert_false(door_use(&d, NOW, ticket + 1));
	assert_true(door_use(&d, NOW + DOOR_TICKET_MS - 1, ticket));
}

static void
w5_no_part_of_a_ticket_is_one(void **state)
{
	struct door d = door();
	char ticket[MARK_TEXT], part[2 * MARK_TEXT];

	(void)state;
	assert_true(door_ticket(&d, NOW, ticket));
	for (size_t n = 0; n < MARK_TEXT - 1; n++) {
		(void)snprintf(part, sizeof part, "%.*s", (int)n, ticket);
		assert_false(door_use(&d, NOW, part));
		memcpy(part, ticket, sizeof ticket);
		part[n] ^= 1;
		assert_false(door_use(&d, NOW, part));
	}
	(void)snprintf(part, sizeof part, "%sA", ticket);
	assert_false(door_use(&d, NOW, part));
	assert_true(door_use(&d, NOW, ticket));
}

static void
eight_tickets_are_open_at_once(void **state)
{
	struct door d = door();
	char ticket[DOOR_TICKETS][MARK_TEXT], more[MARK_TEXT];

	(void)state;
	for (size_t i = 0; i < DOOR_TICKETS; i++)
		assert_true(door_ticket(&d, NOW, ticket[i]));
	assert_false(door_ticket(&d, NOW, more));
	assert_true(door_use(&d, NOW, ticket[3]));
	assert_true(door_ticket(&d, NOW, more));
	assert_false(door_ticket(&d, NOW, more));
	assert_true(door_ticket(&d, NOW + DOOR_TICKET_MS, more));
	assert_false(door_use(&d, NOW + DOOR_TICKET_MS, ticket[0]));
}

static void
a_range_is_within_its_content(void **state)
{
	static const struct {
		const char *range;
		enum content_range is;
		uint64_t from, end;
	} rows[] = {
		{ NULL, CONTENT_ALL, 0, 10 },
		{ "bytes=0-0", CONTENT_PART, 0, 1 },
		{ "bytes=3-", CONTENT_PART, 3, 10 },
		{ "bytes=3-99", CONTENT_PART, 3, 10 },
		{ "bytes=9-9", CONTENT_PART, 9, 10 },
		{ "bytes=-3", CONTENT_PART, 7, 10 },
		{ "bytes=-99", CONTENT_PART, 0, 10 },
		{ "bytes=10-", CONTENT_OUTSIDE, 0, 10 },
		{ "bytes=-0", CONTENT_OUTSIDE, 0, 10 },
		{ "bytes=5-4", CONTENT_ALL, 0, 10 },
		{ "bytes=-", CONTENT_ALL, 0, 10 },
		{ "bytes=", CONTENT_ALL, 0, 10 },
		{ "bytes=1", CONTENT_ALL, 0, 10 },
		{ "bytes=1-2,4-5", CONTENT_ALL, 0, 10 },
		{ "bytes=1-2 ", CONTENT_ALL, 0, 10 },
		{ "bytes=18446744073709551617-", CONTENT_ALL, 0, 10 },
		{ "Bytes=1-2", CONTENT_ALL, 0, 10 },
		{ "", CONTENT_ALL, 0, 10 },
	};
	uint64_t from, end;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(rows[i].is, content_range(rows[i].range, 10, &from, &end));
		assert_int_equal(rows[i].from, from);
		assert_int_equal(rows[i].end, end);
	}
	assert_int_equal(CONTENT_OUTSIDE, content_range("bytes=-5", 0, &from, &end));
}

static void
w4_what_is_shown_has_no_script(void **state)
{
	static const char *const shown[] = { "image/png", "audio/mpeg", "video/mp4",
		"image/vnd.microsoft.icon" };
	static const char *const others[] = { "", "image/", "image/svg+xml", "text/html",
		"application/pdf", "IMAGE/PNG", "image/png; charset=x", "image/png\r\nX: y",
		"ximage/png", "video" };
	char out[CONTENT_DISPOSITION], longest[1000];

	(void)state;
	for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
		assert_true(content_is_shown(shown[i]));
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(content_is_shown(others[i]));
	content_disposition("a b\"\r\n.txt", out);
	assert_string_equal("attachment; filename*=UTF-8''a%20b%22%0D%0A.txt", out);
	memset(longest, '%', sizeof longest - 1);
	longest[sizeof longest - 1] = 0;
	content_disposition(longest, out);
	assert_int_equal(
	    strlen("attachment; filename*=UTF-8''") + 3 * (size_t)255, strlen(out));
}

static void
w3_only_its_names_are_hosts(void **state)
{
	static const char *const others[] = { "", "127.0.0.1", "127.0.0.1:4712", "evil:4711",
		"localhost:", "127.0.0.1:4711 ", " 127.0.0.1:4711", "127.0.0.1:47110",
		"localhost.evil:4711", "127.0.0.1:4711, evil", "LOCALHOST:4711", "[::1]",
		"0.0.0.0:4711", "127.1:4711", "127.0.0.1:4711", "localhost:4711", "[::1]:4711",
		"zt-.localhost:4711" };
	struct door d = door(), other = door();

	(void)state;
	assert_true(door_has_host(&d, d.origin + strlen("http://")));
	assert_false(door_has_host(&d, other.origin + strlen("http://")));
	assert_false(door_has_host(&d, NULL));
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(door_has_host(&d, others[i]));
}

static void
w2_only_its_page_is_an_origin(void **state)
{
	static const char *const others[] = { "", "null", "http://127.0.0.1",
		"http://127.0.0.1:4712", "https://127.0.0.1:4711", "http://localhost:4711",
		"http://127.0.0.1:4711/", "http://127.0.0.1:4711.evil", "http://evil:4711",
		"http://127.0.0.1:4711, http://evil", "HTTP://127.0.0.1:4711",
		"http://127.0.0.1:4711" };
	struct door d = door();
	const char *origin = d.origin, *host = origin + strlen("http://");

	(void)state;
	assert_true(door_has_origin(&d, host, origin));
	assert_false(door_has_origin(&d, host, NULL));
	assert_false(door_has_origin(&d, NULL, origin));
	assert_false(door_has_origin(&d, "localhost:4711", origin));
	assert_false(door_has_origin(&d, "evil:4711", origin));
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(door_has_origin(&d, host, others[i]));
}

static void
w5_only_its_cookie_is_one(void **state)
{
	struct door d = door(), other = door();
	char text[512];

	(void)state;
	assert_string_not_equal(d.cookie, other.cookie);
	assert_false(door_has_cookie(&d, NULL));
	assert_false(door_has_cookie(&d, ""));
	assert_false(door_has_cookie(&d, "zt_agent"));
	assert_false(door_has_cookie(&d, "zt_agent="));
	(void)snprintf(text, sizeof text, "zt_agent=%s", d.cookie);
	assert_true(door_has_cookie(&d, text));
	assert_false(door_has_cookie(&other, text));
	assert_false(door_has_cookie(&d, text + 1));
	for (size_t n = 9; n < strlen(text); n++) {
		text[n] ^= 1;
		assert_false(door_has_cookie(&d, text));
		text[n] ^= 1;
	}
	text[strlen(text) - 1] = 0;
	assert_false(door_has_cookie(&d, text));
	(void)snprintf(text, sizeof text, "a=zt_agent=%s; xzt_agent=%s", d.cookie, d.cookie);
	assert_false(door_has_cookie(&d, text));
	/* A page at another port of this machine may have set one of the same name. */
	(void)snprintf(text, sizeof text, "a=b; zt_agent=x; zt_agent=%s; c", d.cookie);
	assert_true(door_has_cookie(&d, text));
}

/* A connection within this machine: the ends of both sides. */
static void
dial(int ends[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	socklen_t n = sizeof at;
	int listens = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(0, bind(listens, (struct sockaddr *)&at, n));
	assert_int_equal(0, listen(listens, 1));
	assert_int_equal(0, getsockname(listens, (struct sockaddr *)&at, &n));
	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(0, connect(ends[0], (struct sockaddr *)&at, n));
	ends[1] = accept(listens, NULL, NULL);
	assert_true(ends[1] >= 0);
	(void)close(listens);
}

static void
w5_the_kernel_says_whose_a_connection_is(void **state)
{
	uid_t user = 12345;
	int ends[2];

	(void)state;
	dial(ends);
	assert_true(door_user_of(ends[1], &user));
	assert_int_equal(geteuid(), user);
	(void)close(ends[0]);
	assert_false(door_user_of(ends[1], &user)); /* nobody's any more */
	(void)close(ends[1]);
	assert_false(door_user_of(-1, &user));
}

static void
no_byte_of_a_binary_message_is_lost_or_added(void **state)
{
	const uint8_t whole[] = { 2, 0, 0, 0, '{', '}', 'a', 'b', 'c' };
	struct message_parts m;

	(void)state;
	for (size_t n = 0; n <= sizeof whole; n++) {
		uint8_t *in = exact_copy(whole, n);

		assert_int_equal(n >= 6, message_split(in, n, &m));
		if (n >= 6) {
			assert_ptr_equal(in + 4, m.json);
			assert_int_equal(2, m.json_n);
			assert_ptr_equal(in + 6, m.content);
			assert_int_equal(n - 6, m.content_n);
		}
		free(in);
	}
}

static void
no_part_of_a_message_is_larger_than_it_may_be(void **state)
{
	const size_t n = 4 + RPC_REQUEST_MAX + RPC_CONTENT_MAX + 1;
	uint8_t *in = calloc(1, n);
	struct message_parts m;

	(void)state;
	assert_non_null(in);
	memcpy(in, (uint8_t[]){ 0, 0, 0x10, 0 }, 4); /* 1 MiB */
	assert_true(message_split(in, n - 1, &m));
	assert_false(message_split(in, n, &m));
	in[0] = 1;
	assert_false(message_split(in, n - 1, &m));
	memcpy(in, (uint8_t[]){ 0, 0, 0, 0 }, 4);
	assert_true(message_split(in, 4 + RPC_CONTENT_MAX, &m));
	assert_false(message_split(in, 5 + RPC_CONTENT_MAX, &m));
	memset(in, 0xff, 4);
	assert_false(message_split(in, n, &m));
	free(in);
}

static void
a_device_locks_when_nobody_was_there(void **state)
{
	const struct idle_clocks then = { 50000, 50000, 900000 };
	struct idle_clocks now = then;

	(void)state;
	assert_false(idle_is_over(&then, &now, 1000));
	now.steady_ms += 999;
	now.wall_ms += 999;
	assert_false(idle_is_over(&then, &now, 1000));
	now.steady_ms += 1;
	assert_true(idle_is_over(&then, &now, 1000));
	assert_false(idle_is_over(&then, &now, 0)); /* never */
	now = then;
	now.wall_ms += 1000;
	assert_true(idle_is_over(&then, &now, 1000));
	now.wall_ms = then.wall_ms - 500000; /* the clock was set back */
	assert_false(idle_is_over(&then, &now, 1000));
}

static void
a_machine_that_slept_is_noticed(void **state)
{
	const struct idle_clocks then = { 50000, 40000, 90000 };
	struct idle_clocks now = then;

	(void)state;
	assert_false(idle_has_slept(&then, &now));
	now.steady_ms += 600000;
	now.awake_ms += 600000; /* the loop was late */
	assert_false(idle_has_slept(&then, &now));
	now.steady_ms += 6000;
	assert_true(idle_has_slept(&then, &now));
	idle_now(&now);
	assert_false(idle_has_slept(&now, &now));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(w5_a_ticket_is_used_once),
		cmocka_unit_test(w5_a_ticket_ends_after_a_minute),
		cmocka_unit_test(w5_no_part_of_a_ticket_is_one),
		cmocka_unit_test(eight_tickets_are_open_at_once),
		cmocka_unit_test(w3_only_its_names_are_hosts),
		cmocka_unit_test(w2_only_its_page_is_an_origin),
		cmocka_unit_test(w5_only_its_cookie_is_one),
		cmocka_unit_test(w5_the_kernel_says_whose_a_connection_is),
		cmocka_unit_test(no_byte_of_a_binary_message_is_lost_or_added),
		cmocka_unit_test(a_range_is_within_its_content),
		cmocka_unit_test(w4_what_is_shown_has_no_script),
		cmocka_unit_test(no_part_of_a_message_is_larger_than_it_may_be),
		cmocka_unit_test(a_device_locks_when_nobody_was_there),
		cmocka_unit_test(a_machine_that_slept_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
