/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* exchange_test.c - rows J1 to J3 of the attacks against the real clients of both sides: a
 * server in the middle with a machine for each, and messages that are changed or mixed on their
 * way. */
#include "test.h"

#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "meeting.h"
#include "proto/auth.pb-c.h"
#include "proto/enrol.pb-c.h"
#include "trust/sas.h"

/* ---- J1: a server in the middle, with a machine for each side ---- */

struct middle {
	struct sas *to_claimer, *to_greeter; /* it greets the newcomer, and claims from alice */
	struct id org, invitation, real, own;
	ProtobufCBinaryData at_claimer[SAS_STEPS], at_greeter[SAS_STEPS];
	struct buf memory[2 * SAS_STEPS];
	size_t claimer_count, greeter_count, memories;
};

static struct buf *
room(struct middle *m)
{
	assert_true(m->memories < 2 * SAS_STEPS);
	m->memory[m->memories] = buf_init(LIMIT_EXCHANGE);
	return &m->memory[m->memories++];
}

/* Lets the machine S speak as long as it is its turn and codes are not asked for. */
static void
speak(struct middle *m, struct sas *s, ProtobufCBinaryData *messages, size_t *count)
{
	while (s != NULL && sas_is_my_turn(s) && sas_step(s) < 4) {
		struct buf *b = room(m);

		assert_ok(sas_send(s, bytes_of(NULL, 0), b));
		messages[(*count)++] = pb_field(b->p, b->n);
	}
}

static void
hear(struct middle *m, struct sas *s, const Zt__ExchangePut *put, ProtobufCBinaryData *messages,
    size_t *count)
{
	struct buf *b, nothing = buf_init(LIMIT_EXCHANGE);

	if (put->message.len == 0 || put->step != *count)
		return;
	b = room(m);
	buf_add(b, pb_bytes(put->message));
	messages[(*count)++] = pb_field(b->p, b->n);
	if (sas_step(s) < 4)
		assert_ok(sas_receive(s, buf_bytes(b), &nothing));
	buf_free(&nothing);
}

static bool
stand_in_between(void *ctx, struct proxy_call *c)
{
	struct middle *m = ctx;
	bool is_greeter = c->route == ROUTE_GREET;
	Zt__ExchangePut *put = NULL;
	Zt__ExchangeAnswer a = ZT__EXCHANGE_ANSWER__INIT;

	if (c->route != ROUTE_CLAIM && !is_greeter)
		return false;
	assert_ok(
	    pb_decode(&zt__exchange_put__descriptor, c->body, LIMIT_EXCHANGE + 4096, &put));
	m->org = c->params.org;
	m->invitation = c->params.id;
	if (!is_greeter && m->to_claimer == NULL) {
		assert_ok(pb_id(put->attempt, &m->real));
		assert_ok(
		    sas_new(SAS_GREETER, &m->org, &m->invitation, &m->real, &m->to_claimer));
	}
	if (is_greeter && m->to_greeter == NULL) {
		random_bytes(m->own.b, ID_BYTES);
		assert_ok(
		    sas_new(SAS_CLAIMER, &m->org, &m->invitation, &m->own, &m->to_greeter));
		speak(m, m->to_greeter, m->at_greeter, &m->greeter_count);
	}
	if (is_greeter) {
		hear(m, m->to_greeter, put, m->at_greeter, &m->greeter_count);
		speak(m, m->to_greeter, m->at_greeter, &m->greeter_count);
		a.messages = m->at_greeter;
		a.n_messages = m->greeter_count;
		a.attempt = pb_field(m->own.b, ID_BYTES);
	} else {
		hear(m, m->to_claimer, put, m->at_claimer, &m->claimer_count);
		speak(m, m->to_claimer, m->at_claimer, &m->claimer_count);
		a.messages = m->at_claimer;
		a.n_messages = m->claimer_count;
		a.attempt = pb_field(m->real.b, ID_BYTES);
	}
	c->status = 200;
	assert_ok(pb_encode(&a, &c->answer));
	pb_free(put);
	return true;
}

static void
J1_whoever_stands_in_between_makes_the_codes_differ(void **state)
{
	struct setting *s = *state;
	struct middle middle = { .memories = 0 };
	struct proxy_hooks hooks = { .ctx = &middle, .before = stand_in_between };
	unsigned before = users(s);
	struct meeting m;

	meeting_init(s, &m);
	proxy_play(s->w->d, &hooks);
	meet(&m);
	proxy_play(s->w->d, NULL);
	assert_err(ZT_ERR_CODES, m.greeter);
	assert_err(ZT_ERR_CODES, m.claimer);
	assert_int_equal(2, m.humans.picks); /* both humans looked, neither found the other's */
	assert_false(m.humans.matched);
	assert_string_not_equal(m.humans.code[0], m.humans.code[1]);
	expect_nobody(&m, before);
	sas_free(middle.to_claimer);
	sas_free(middle.to_greeter);
	for (size_t i = 0; i < middle.memories; i++)
		buf_free(&middle.memory[i]);
	/* the same two humans, and an honest server */
	meeting_init(s, &m);
	meet(&m);
	assert_ok(m.greeter);
	assert_ok(m.claimer);
	assert_true(m.humans.matched);
	assert_int_equal(before + 1, users(s));
}

/* ---- J2, J3: messages changed between the sides ---- */

struct tamper {
	size_t step; /* which message */
	enum { FLIP_NONCE, FLIP_KEY, FLIP_COMMITMENT, SPLICE } how;
	struct buf other; /* SPLICE: the message of another attempt */
	bool done;
};

static void
flip(ProtobufCBinaryData *message, const struct tamper *t)
{
	Zt__ExchangeMessage *m = NULL;
	struct buf b = buf_init(LIMIT_EXCHANGE);
	ProtobufCBinaryData *field;

	assert_ok(pb_decode(
	    &zt__exchange_message__descriptor, pb_bytes(*message), LIMIT_EXCHANGE, &m));
	field = t->how == FLIP_NONCE ? &m->nonce
		: t->how == FLIP_KEY ? &m->key
				     : &m->commitment;
	assert_true(field->len > 0);
	field->data[0] ^= 1;
	assert_ok(pb_encode(m, &b));
	assert_int_equal(message->len, b.n);
	memcpy(message->data, b.p, b.n);
	pb_free(m);
	buf_free(&b);
}

static void
tamper_with_the_exchange(void *ctx, struct proxy_call *c)
{
	struct tamper *t = ctx;
	Zt__ExchangeAnswer *a = NULL;

	if ((c->route != ROUTE_CLAIM && c->route != ROUTE_GREET) || c->status != 200)
		return;
	assert_ok(pb_decode(
	    &zt__exchange_answer__descriptor, buf_bytes(&c->answer), 2 * LIMIT_EXCHANGE, &a));
	if (a->n_messages > t->step) {
		ProtobufCBinaryData was = a->messages[t->step];

		t->done = true;
		if (t->how == SPLICE && t->other.n > 0)
			a->messages[t->step] = pb_field(t->other.p, t->other.n);
		else if (t->how != SPLICE)
			flip(&a->messages[t->step], t);
		buf_empty(&c->answer);
		assert_ok(pb_encode(a, &c->answer));
		a->messages[t->step] = was;
	}
	pb_free(a);
}

static void
disturb(struct setting *s, struct tamper *t)
{
	struct proxy_hooks hooks = { .ctx = t, .after = tamper_with_the_exchange };
	unsigned before = users(s);
	struct meeting m;

	meeting_init(s, &m);
	m.humans.patience_s = 1; /* one of them waits for a code that is never shown */
	proxy_play(s->w->d, &hooks);
	meet(&m);
	proxy_play(s->w->d, NULL);
	assert_true(t->done);
	assert_true(m.greeter == ZT_ERR_ABORTED || m.greeter == ZT_ERR_CODES);
	assert_true(m.claimer == ZT_ERR_ABORTED || m.claimer == ZT_ERR_CODES);
	expect_nobody(&m, before);
}

static void
J2_a_reveal_that_does_not_fit_its_commitment_aborts(void **state)
{
	struct setting *s = *state;
	struct tamper reveal = { .step = 3, .how = FLIP_NONCE },
		      commitment = { .step = 1, .how = FLIP_COMMITMENT },
		      key = { .step = 1, .how = FLIP_KEY };

	disturb(s, &reveal);     /* the greeter's nonce is another than it committed to */
	disturb(s, &commitment); /* or the commitment another than the one it made */
	disturb(s, &key);
}

struct keeper {
	struct buf message[4];
};

static void
keep_messages(void *ctx, struct proxy_call *c)
{
	struct keeper *k = ctx;
	Zt__ExchangeAnswer *a = NULL;

	if ((c->route != ROUTE_CLAIM && c->route != ROUTE_GREET) || c->status != 200)
		return;
	assert_ok(pb_decode(
	    &zt__exchange_answer__descriptor, buf_bytes(&c->answer), 2 * LIMIT_EXCHANGE, &a));
	for (size_t i = 0; i < a->n_messages && i < 4; i++)
		if (k->message[i].n == 0)
			buf_add(&k->message[i], pb_bytes(a->messages[i]));
	pb_free(a);
}

static void
J3_steps_of_two_attempts_do_not_mix(void **state)
{
	struct setting *s = *state;
	struct keeper k;
	struct proxy_hooks hooks = { .ctx = &k, .after = keep_messages };
	struct meeting m;

	for (size_t i = 0; i < 4; i++)
		k.message[i] = buf_init(LIMIT_EXCHANGE);
	meeting_init(s, &m);
	proxy_play(s->w->d, &hooks);
	meet(&m);
	assert_ok(m.greeter);
	assert_ok(m.claimer);
	for (size_t step = 0; step < 4; step++) {
		struct tamper t = { .step = step, .how = SPLICE, .other = k.message[step] };

		disturb(s, &t);
	}
	for (size_t i = 0; i < 4; i++)
		buf_free(&k.message[i]);
}

#define PLAY(test) cmocka_unit_test_teardown(test, meeting_is_honest)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAY(J1_whoever_stands_in_between_makes_the_codes_differ),
		PLAY(J2_a_reveal_that_does_not_fit_its_commitment_aborts),
		PLAY(J3_steps_of_two_attempts_do_not_mix),
	};

	return cmocka_run_group_tests(tests, meeting_begin, meeting_end);
}
