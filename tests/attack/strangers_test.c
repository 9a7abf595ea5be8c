/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* strangers_test.c - rows N of the attacks: what nobody has proved leaves nothing behind,
 * tables cannot be aimed at, and no device spends what others need. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crypto/idmap.h"
#include "crypto/suite.h"
#include "format/httpsig.h"
#include "frame/rate.h"
#include "frame/replay.h"
#include "test.h"
#include "world.h"

/* Of this thread alone: the machine may be busy with others. */
static double
cpu(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Ids that differ in their last bytes only. */
static struct id
chosen(uint64_t n)
{
	struct id id = { { 0 } };

	memcpy(id.b + 8, &n, sizeof n);
	return id;
}

/* ---- N2: tables ---- */

static void
N2_ids_chosen_to_meet_cost_a_table_nothing(void **state)
{
	enum { MANY = 300000 };
	struct idmap m = { 0 };
	double began = cpu();

	(void)state;
	for (uint64_t i = 1; i <= MANY; i++) {
		struct id id = chosen(i);
		size_t moved = m.moved;

		assert_ok(idmap_put(&m, &id, &m));
		/* and none of them waits until all others have moved */
		assert_true(m.moved <= 8 || m.moved - moved <= 8);
		if (cpu() - began > 5)
			fail_msg("%u ids take longer than 5 s", (unsigned)i);
	}
	assert_int_equal(MANY, m.count);
	idmap_free(&m, NULL);
}

static void
a_table_holds_what_was_put_and_not_removed(void **state)
{
	enum { IDS = 3000, STEPS = 200000 };
	static char there[IDS]; /* what the table should hold: values point here */
	struct idmap m = { 0 };
	size_t count = 0, seen = 0, at = 0;
	uint32_t random = 1;

	(void)state;
	for (size_t i = 0; i < STEPS; i++) {
		size_t n = (random = random * 1664525 + 1013904223) >> 8;
		struct id id = chosen(n %= i < STEPS / 2 ? IDS : 50); /* it shrinks again */
		void *was = there[n] ? &there[n] : NULL;

		assert_ptr_equal(was, idmap_get(&m, &id));
		if (random >> 31) {
			assert_ok(idmap_put(&m, &id, &there[n]));
			count += !there[n];
			there[n] = 1;
		} else {
			assert_ptr_equal(was, idmap_remove(&m, &id));
			count -= (size_t)there[n];
			there[n] = 0;
		}
		assert_int_equal(count, m.count);
	}
	for (char *v; (v = idmap_next(&m, &at)) != NULL; seen++) {
		struct id id = chosen((uint64_t)(v - there));

		assert_int_equal(1, *v);
		assert_ptr_equal(v, idmap_remove(&m, &id)); /* what was shown may go */
	}
	assert_int_equal(count, seen);
	assert_int_equal(0, m.count);
	idmap_free(&m, NULL);
}

/* ---- N2, N3: the memory of nonces ---- */

static const uint64_t now = 1700000000000;

static void
N2_nonces_chosen_to_meet_cost_the_memory_nothing(void **state)
{
	struct replay *r = NULL;
	struct id org = chosen(1), device = chosen(2);
	double began = cpu(), at, longest = 0;

	(void)state;
	assert_ok(replay_new(&r));
	for (uint64_t i = 1; i <= 300000; i++) {
		struct id nonce = chosen(i);

		at = cpu();
		assert_ok(replay_take(r, &org, &device, &nonce, now));
		longest = cpu() - at > longest ? cpu() - at : longest;
		if (cpu() - began > 5)
			fail_msg("%u nonces take longer than 5 s", (unsigned)i);
	}
	assert_true(longest < 0.1); /* 300 MiB in one table were moved in more */
	replay_free(r);
}

/* Takes N more nonces of DEVICE; how many were taken until it was refused. */
static uint64_t
take_many(struct replay *r, struct id org, struct id device, uint64_t n, uint64_t at_ms)
{
	static uint64_t next;

	for (uint64_t i = 0; i < n; i++) {
		struct id nonce = chosen(++next);
		enum zt_err err = replay_take(r, &org, &device, &nonce, at_ms);

		if (err != ZT_OK) {
			assert_err(ZT_ERR_RATE, err);
			return i;
		}
	}
	return n;
}

static void
N3_no_device_and_no_organization_shuts_others_out(void **state)
{
	struct replay *r = NULL;
	struct id org = chosen(1), other = chosen(2);
	uint64_t flood, elsewhere = 0;

	(void)state;
	/* A keyed hash puts two organizations together once in 4,096 times: with another key it
	 * does not. */
	for (int keys = 0; elsewhere == 0 && keys < 3; keys++) {
		replay_free(r);
		assert_ok(replay_new(&r));
		flood = take_many(r, org, chosen(100), 2 * REPLAY_MINUTE, now);
		assert_in_range(flood, 100000, REPLAY_MINUTE / 2); /* many, and then no more */
		elsewhere = take_many(r, other, chosen(101), 1000, now);
	}
	assert_int_equal(1000, elsewhere);
	/* An organization's devices have a share together, and then a new one has none. */
	flood = 0;
	for (uint64_t i = 0; i < 100; i++)
		flood += take_many(r, other, chosen(1000 + i), REPLAY_DEVICE_SHARE, now);
	assert_in_range(flood, REPLAY_ORG_SHARE - 2000, REPLAY_ORG_SHARE);
	assert_int_equal(1000, take_many(r, chosen(3), chosen(102), 1000, now));
	/* The next minute everybody begins again. */
	assert_int_equal(1000, take_many(r, org, chosen(100), 1000, now + 60000));
	replay_free(r);
}

/* A request is taken up to five minutes before and after the time that it names. */
static void
R1_a_nonce_is_known_as_long_as_its_request_would_be_taken(void **state)
{
	struct replay *r = NULL;
	struct id org = chosen(1), device = chosen(2), first = chosen(3), nonce;
	uint64_t n = 10;

	(void)state;
	assert_ok(replay_new(&r));
	assert_ok(replay_take(r, &org, &device, &first, now));
	for (uint64_t at = now - 5 * 60000; at <= now + 10 * 60000; at += 7000) {
		nonce = chosen(n++);
		assert_ok(replay_take(r, &org, &device, &nonce, at));
		assert_err(ZT_ERR_REPLAY, replay_take(r, &org, &device, &nonce, at));
		assert_err(ZT_ERR_REPLAY, replay_take(r, &org, &device, &first, now));
	}
	nonce = chosen(n++); /* and when its place is another minute's, it is too old */
	assert_ok(replay_take(r, &org, &device, &nonce, now + 16 * 60000));
	assert_err(ZT_ERR_REPLAY, replay_take(r, &org, &device, &first, now));
	replay_free(r);
}

/* ---- N3: rates ---- */

/* How many of N requests of USER are taken at AT. */
static unsigned
take_rate(struct rate *r, struct id org, struct id user, unsigned n, uint64_t at)
{
	const char *message = "";
	unsigned taken = 0;

	for (unsigned i = 0; i < n; i++) {
		enum zt_err err = rate_take(r, &org, &user, at, &message);

		taken += err == ZT_OK;
		if (err != ZT_OK) {
			assert_err(ZT_ERR_RATE, err);
			assert_non_null(strstr(message, "try again in a second"));
		}
	}
	return taken;
}

static void
N3_a_user_and_an_organization_spend_their_own_rate_alone(void **state)
{
	struct rate *r = NULL;
	struct id acme = chosen(1), other = chosen(2), mallory = chosen(10);
	uint64_t at = 1000000;
	unsigned taken = 0;

	(void)state;
	assert_ok(rate_new(10, 100, &r));
	/* a minute's worth at once, and then ten a second */
	assert_in_range(take_rate(r, acme, mallory, 5000, at), 600, 602);
	assert_int_equal(0, take_rate(r, acme, mallory, 100, at));
	assert_in_range(take_rate(r, acme, mallory, 100, at + 1000), 9, 11);
	/* nobody else has paid for it */
	assert_int_equal(100, take_rate(r, acme, chosen(11), 100, at + 1000));
	/* an organization's users share what is theirs together */
	for (uint64_t i = 20; i < 60; i++)
		taken += take_rate(r, acme, chosen(i), 600, at + 1000);
	assert_in_range(taken, 4000, 6000);
	assert_int_equal(0, take_rate(r, acme, chosen(70), 100, at + 1000));
	assert_int_equal(100, take_rate(r, other, chosen(70), 100, at + 1000));
	/* many who come and go take nothing from who is there, and no memory */
	for (uint64_t i = 0; i < 200000; i++)
		(void)take_rate(r, chosen(1000 + i), chosen(i), 1, at + 1000);
	assert_int_equal(0, take_rate(r, acme, mallory, 10, at + 1000));
	rate_free(r);
}

/* ---- N2: organizations ---- */

/* A request that names a random organization, signed by a key that nobody knows. */
static void
write_unproved(struct buf *out, const struct sign_key *key)
{
	struct httpsig_params p = { .created_s = (uint64_t)time(NULL) };
	struct buf input = buf_init(1024), signature = buf_init(256), path = buf_init(256);
	struct httpsig_message m = { .method = "GET", .authority = "x" };
	struct route_params params = { .org = { { 0 } } };
	uint8_t nonce[16];

	random_bytes(&p.org, sizeof p.org);
	random_bytes(&p.device, sizeof p.device);
	random_bytes(nonce, sizeof nonce);
	hex_print(nonce, sizeof nonce, p.nonce);
	p.expires_s = p.created_s + 60;
	params.org = p.org;
	route_path(ROUTE_DISCLOSURES, &params, &path);
	m.target = buf_text(&path);
	assert_ok(httpsig_sign(&m, &p, key, &input, &signature));
	buf_printf(out,
	    "GET %s HTTP/1.1\r\nHost: x\r\nSignature-Input: %s\r\nSignature: %s\r\n\r\n",
	    m.target, buf_text(&input), buf_text(&signature));
	buf_free(&input);
	buf_free(&signature);
	buf_free(&path);
}

/* Reads one answer, head and body. */
static void
expect_401(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char answer[4096] = "", *body = NULL, *length;
	size_t n = 0;

	while (body == NULL || n < (size_t)(body + 4 - answer) + (size_t)atol(length + 15)) {
		ssize_t got;

		assert_int_equal(1, poll(&p, 1, 8000));
		assert_true((got = recv(fd, answer + n, sizeof answer - 1 - n, 0)) > 0);
		answer[n += (size_t)got] = 0;
		if ((body = strstr(answer, "\r\n\r\n")) != NULL)
			assert_non_null(length = strcasestr(answer, "content-length:"));
	}
	if (strncmp(answer, "HTTP/1.1 401", 12) != 0)
		fail_msg("answered by %.20s", answer);
}

/* Sends N of them on one connection, one after the other; the gateway refuses each. The address
 * 127.0.0.FROM sends nothing else, so that its rate suffices. */
static void
flood(const struct world *w, const struct sign_key *key, uint8_t from, size_t n)
{
	int fd = world_dial_from(w, from);

	for (size_t i = 0; i < n; i++) {
		struct buf request = buf_init(4096);

		write_unproved(&request, key);
		assert_int_equal(request.n, send(fd, request.p, request.n, MSG_NOSIGNAL));
		expect_401(fd);
		buf_free(&request);
	}
	(void)close(fd);
}

static void
N2_organizations_that_nobody_proved_leave_nothing_in_memory(void **state)
{
	enum { AT_ONCE = 1000, TIMES = 8 };
	struct scene *s = *state;
	struct sign_key *key = NULL;
	long before, after;

	assert_ok(sign_generate(&key));
	flood(s->w, key, 2, AT_ONCE);
	before = world_kib(s->w, "auth");
	for (unsigned i = 0; i < TIMES; i++)
		flood(s->w, key, (uint8_t)(3 + i), AT_ONCE);
	after = world_kib(s->w, "auth");
	print_message("auth grew by %ld KiB\n", after - before);
	assert_true(after - before < 512); /* an entry for each of them were 2 MiB */
	assert_ok(zt_sync(s->alice.zt));
	sign_free(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(N2_ids_chosen_to_meet_cost_a_table_nothing),
		cmocka_unit_test(a_table_holds_what_was_put_and_not_removed),
		cmocka_unit_test(N2_nonces_chosen_to_meet_cost_the_memory_nothing),
		cmocka_unit_test(N3_no_device_and_no_organization_shuts_others_out),
		cmocka_unit_test(R1_a_nonce_is_known_as_long_as_its_request_would_be_taken),
		cmocka_unit_test(N3_a_user_and_an_organization_spend_their_own_rate_alone),
		cmocka_unit_test(N2_organizations_that_nobody_proved_leave_nothing_in_memory),
	};

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
