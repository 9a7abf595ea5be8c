/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* model_test.c - random acts of trust by up to 8 users with up to 24 devices: the model, the
 * validator that clients run, and (in the second test) the real auth service must agree about
 * each. ZT_MODEL_ACTS and ZT_MODEL_SEED say how many, and which. */
#include <stdio.h>
#include <time.h>

#include "crypto/suite.h"
#include "format/pb.h"
#include "log/sync.h"
#include "play.h"
#include "proto/auth.pb-c.h"
#include "test.h"
#include "world.h"

static uint64_t
seed_of(void)
{
	return number_of("ZT_MODEL_SEED", (uint64_t)time(NULL) * 2654435761u) | 1;
}

/* ---- the real service ---- */

struct server {
	const char *url;
	struct calls *calls[MODEL_DEVICES];
};

/* What the real auth service says to E, sent by its author. */
static enum zt_err
ask_server(struct org *g, const struct model_step *s, const struct entry *e, char message[200])
{
	struct route_params p = { .org = g->o->id };
	Zt__AppendRequest m = ZT__APPEND_REQUEST__INIT;
	Zt__Statement st = statement_message(&e->stmt);
	struct buf body = buf_init(64 * 1024), answer = buf_init(64 * 1024);
	struct server *v = g->ctx;
	struct calls_options o = { .server = v->url, .org = g->o->id };
	struct calls **c;
	enum zt_err err;

	if (s->author >= g->m.devices) {
		(void)snprintf(message, 200, "it has no device to send it from");
		return ZT_ERR_UNKNOWN_DEVICE;
	}
	c = &v->calls[s->author];
	o.device = g->devices[s->author];
	o.key = g->keys[s->author];
	if (*c == NULL)
		assert_ok(calls_new(&o, c));
	m.entry = &st;
	assert_ok(pb_encode(&m, &body));
	err = calls_run(*c, ROUTE_LOG_APPEND, &p, NULL, buf_bytes(&body), &answer, message);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

static void
L4_the_validator_agrees_with_an_independent_model(void **state)
{
	enum { ORGS = 3, ACTS_EACH = 600 };
	uint64_t acts = number_of("ZT_MODEL_ACTS", 60000), stood = 0;
	struct chance c = { .seed = seed_of() };
	struct org g[ORGS];
	unsigned left[ORGS] = { 0 };

	(void)state;
	print_message(
	    "seed %llu, %llu acts\n", (unsigned long long)c.seed, (unsigned long long)acts);
	memset(g, 0, sizeof g);
	for (uint64_t n = 0; n < acts; n++) {
		unsigned i = chance(&c, ORGS);

		if (left[i]-- == 0) { /* a new organization now and then: people run out */
			if (g[i].o != NULL)
				play_end(&g[i]);
			play_begin(&g[i], &c);
			left[i] = ACTS_EACH;
		}
		stood += play(&g[i], n);
	}
	print_message("%llu of them stood\n", (unsigned long long)stood);
	assert_true(stood > acts / 10); /* or the test would show nothing */
	for (unsigned i = 0; i < ORGS; i++)
		if (g[i].o != NULL)
			play_end(&g[i]);
}

/* ACTS in one organization that a real client has founded, on its own copy of the log. */
static uint64_t
play_with_server(struct world *w, struct chance *c, uint64_t acts)
{
	struct server v = { .url = w->url };
	struct person first;
	struct org g;
	uint64_t stood = 0;

	world_found(w, &first, "first");
	assert_ok(log_fetch(first.zt));
	g = (struct org){ .o = first.zt->state, .chance = c, .ask = ask_server, .ctx = &v };
	g.users[0] = first.zt->user;
	g.devices[0] = first.zt->device;
	g.keys[0] = first.zt->sign;
	g.m.user[0] = (struct model_user){ true, M_ADMIN, 1 };
	g.m.device[0] = (struct model_device){ .live = true };
	g.m.users = g.m.devices = 1;
	g.m.time = g.o->topic.time;
	g.topics[MODEL_SPACES].length = g.o->topic.length;
	memcpy(g.topics[MODEL_SPACES].last, g.o->topic.last.b, HASH_BYTES);
	for (uint64_t n = 0; n < acts; n++) {
		g.time = session_now_ms(); /* an act adds one: within the clock's bounds */
		stood += play(&g, n);
	}
	for (unsigned i = 0; i < MODEL_DEVICES; i++)
		calls_free(v.calls[i]);
	for (unsigned i = 1; i < g.m.devices; i++)
		sign_free(g.keys[i]);
	person_close(&first);
	return stood;
}

/* The same with the real service behind the real gateway. */
static void
L4_the_server_agrees_with_an_independent_model(void **state)
{
	enum { ACTS_EACH = 200 }; /* people run out: their only admin may have left */
	uint64_t acts = number_of("ZT_MODEL_SERVER_ACTS", 800), stood = 0;
	struct chance c = { .seed = seed_of() };
	struct world *w = world_begin();

	(void)state;
	for (uint64_t n = 0; n < acts; n += ACTS_EACH)
		stood += play_with_server(w, &c, ACTS_EACH);
	print_message("%llu of %llu acts stood at the server too\n", (unsigned long long)stood,
	    (unsigned long long)acts);
	assert_true(stood > 0);
	world_end(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(L4_the_validator_agrees_with_an_independent_model),
		cmocka_unit_test(L4_the_server_agrees_with_an_independent_model),
	};

	if (suite_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
