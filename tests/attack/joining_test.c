/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* joining_test.c - rows J4 to J6, J8 and J9 of the attacks against the real clients of both
 * sides: whom an invitation lets in, how often, and into which organization. */
#include "test.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "crypto/suite.h"
#include "fake_log.h"
#include "format/invite_link.h"
#include "format/limits.h"
#include "format/pb.h"
#include "meeting.h"
#include "proto/auth.pb-c.h"
#include "proto/device.pb-c.h"
#include "store/device_file.h"
#include "store/joining_file.h"
#include "zt/cancel.h"

/* ---- J4 ---- */

static int
pick_wrong(void *ctx, const char *const choices[4], bool (*runs)(void *arg), void *arg)
{
	struct human *one = ctx;

	(void)runs;
	(void)arg;
	(void)choices;
	one->h->picks++;
	return -1; /* none of these */
}

static void
J4_each_attempt_needs_a_pick_and_one_wrong_pick_burns_it(void **state)
{
	struct setting *s = *state;
	unsigned before = users(s);
	struct meeting m;

	meeting_init(s, &m);
	for (int i = 1; i <= 3; i++) { /* the same invitation, attempt after attempt */
		struct zt_codes codes = human_codes(&m.at_alice);
		pthread_t thread;

		codes.pick = pick_wrong;
		m.humans.picks = 0;
		memset(m.humans.code, 0, sizeof m.humans.code);
		assert_int_equal(0, pthread_create(&thread, NULL, claim, &m));
		m.greeter = zt_greet(s->alice.zt, m.link, &codes, NULL);
		assert_int_equal(0, pthread_join(thread, NULL));
		assert_err(ZT_ERR_CODES, m.greeter);
		assert_true(m.claimer == ZT_ERR_ABORTED || m.claimer == ZT_ERR_CODES);
		assert_true(m.humans.picks >= 1); /* never silently */
		expect_nobody(&m, before);
	}
	/* burnt were the attempts: the humans still meet by the invitation */
	memset(m.humans.code, 0, sizeof m.humans.code);
	meet(&m);
	assert_ok(m.greeter);
	assert_ok(m.claimer);
}

/* One message of somebody who has the link and no more. */
static enum zt_err
strange(struct calls *c, const struct invite_link *l, const struct id *attempt, bool aborts,
    Zt__ExchangeAnswer **out)
{
	struct route_params p = { .org = l->org, .id = l->invitation };
	Zt__ExchangePut put = ZT__EXCHANGE_PUT__INIT;
	struct buf body = buf_init(4096), answer = buf_init(2 * LIMIT_EXCHANGE);
	static uint8_t message[100];
	char detail[200];
	enum zt_err err;

	if (attempt != NULL) {
		put.attempt = pb_field(attempt->b, ID_BYTES);
		put.message = pb_field(message, sizeof message);
	}
	put.abort = aborts;
	assert_ok(pb_encode(&put, &body));
	err = calls_run(c, ROUTE_CLAIM, &p, NULL, buf_bytes(&body), &answer, detail);
	if (err == ZT_OK)
		assert_ok(pb_decode(&zt__exchange_answer__descriptor, buf_bytes(&answer),
		    2 * LIMIT_EXCHANGE, out));
	buf_free(&body);
	buf_free(&answer);
	return err;
}

static void
J4_a_stranger_with_the_link_uses_no_attempt_up_and_learns_of_none(void **state)
{
	struct setting *s = *state;
	struct calls_options o = { .server = proxy_url(s->w->d) };
	Zt__ExchangeAnswer *a = NULL;
	struct calls *c = NULL;
	struct invite_link l;
	struct meeting m;
	struct id attempt;

	meeting_init(s, &m);
	assert_ok(invite_link_parse(m.link, &l));
	assert_ok(calls_new(&o, &c));
	for (int i = 0; i < 120; i++) {
		random_bytes(attempt.b, ID_BYTES);
		assert_ok(strange(c, &l, &attempt, false, &a));
		assert_int_equal(1, a->n_messages);
		pb_free(a);
	}
	assert_ok(strange(c, &l, NULL, false, &a)); /* which attempt runs? */
	assert_int_equal(0, a->attempt.len);
	assert_int_equal(0, a->n_messages);
	pb_free(a);
	assert_err(
	    ZT_ERR_ABORTED, strange(c, &l, NULL, true, &a)); /* end it, whichever it is */
	assert_ok(strange(c, &l, &attempt, false, &a));
	assert_int_equal(1, a->n_messages); /* it runs on */
	pb_free(a);
	calls_free(c);
	/* and the invitation is as good as before, once the newcomer is there */
	meet_late(&m);
	assert_ok(m.greeter);
	assert_ok(m.claimer);
}

struct intruder {
	struct human *at_alice;
	struct calls *calls;
	struct invite_link link;
	unsigned busy, taken;
};

/* Begins an attempt by the same link. */
static void
intrude(struct intruder *i)
{
	Zt__ExchangeAnswer *a = NULL;
	struct id attempt;

	random_bytes(attempt.b, ID_BYTES);
	assert_ok(strange(i->calls, &i->link, &attempt, false, &a));
	i->busy += a->busy ? 1 : 0;
	i->taken += (unsigned)a->n_messages;
	assert_int_equal(0, a->busy ? a->n_messages + a->attempt.len : 0); /* nor is it sent */
	pb_free(a);
}

static int
pick_beside_an_intruder(
    void *ctx, const char *const choices[4], bool (*runs)(void *arg), void *arg)
{
	struct intruder *i = ctx;

	for (int n = 0; n < 20; n++)
		intrude(i);
	return human_codes(i->at_alice).pick(i->at_alice, choices, runs, arg);
}

static void
show_at_alice(void *ctx, const char *code)
{
	struct intruder *i = ctx;

	human_codes(i->at_alice).show(i->at_alice, code);
}

static bool
accept_at_alice(void *ctx, const char *email, const char *name, const char *device,
    const char *doubt, const char **profile)
{
	struct intruder *i = ctx;

	return human_codes(i->at_alice)
	    .accept(i->at_alice, email, name, device, doubt, profile);
}

static void
J4_a_stranger_with_the_link_ends_no_exchange_that_runs(void **state)
{
	struct setting *s = *state;
	struct calls_options o = { .server = proxy_url(s->w->d) };
	struct zt_codes codes;
	struct intruder i = { 0 };
	struct meeting m;
	pthread_t thread;

	meeting_init(s, &m);
	i.at_alice = &m.at_alice;
	assert_ok(invite_link_parse(m.link, &i.link));
	assert_ok(calls_new(&o, &i.calls));
	intrude(&i); /* before anybody is there it is open, and waits for the greeter */
	assert_int_equal(1, i.taken);
	codes = human_codes(&m.at_alice);
	codes.ctx = &i;
	codes.show = show_at_alice;
	codes.pick = pick_beside_an_intruder;
	codes.accept = accept_at_alice;
	assert_int_equal(0, pthread_create(&thread, NULL, claim, &m));
	for (int n = 0; n < 300 && !has_begun(&m); n++)
		(void)nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
	m.greeter = zt_greet(s->alice.zt, m.link, &codes, NULL);
	assert_int_equal(0, pthread_join(thread, NULL));
	assert_ok(m.greeter);
	assert_ok(m.claimer);
	assert_int_equal(20, i.busy);
	assert_int_equal(1, i.taken);
	/* one that a side has left makes room */
	meeting_init(s, &m);
	assert_ok(invite_link_parse(m.link, &i.link));
	codes = human_codes(&m.at_alice);
	codes.pick = pick_wrong;
	assert_int_equal(0, pthread_create(&thread, NULL, claim, &m));
	assert_err(ZT_ERR_CODES, zt_greet(s->alice.zt, m.link, &codes, NULL));
	assert_int_equal(0, pthread_join(thread, NULL));
	intrude(&i);
	assert_int_equal(2, i.taken);
	calls_free(i.calls);
}

/* A message of a newcomer who was stopped. */
struct late {
	struct zt_cancel stop;
	struct buf request;
};

static bool
cut_off(void *ctx, struct proxy_call *c)
{
	struct late *l = ctx;

	if (c->route != ROUTE_CLAIM || l->request.n > 0)
		return false;
	buf_add(&l->request, c->request);
	zt_cancel(&l->stop);
	c->status = 0;
	return true;
}

static void *
greet(void *arg)
{
	struct meeting *m = arg;
	struct zt_codes codes = human_codes(&m->at_alice);

	/* who reads that the other side began again types the same */
	for (int i = 0; i < 3 && (i == 0 || m->greeter == ZT_ERR_ABORTED); i++)
		m->greeter = zt_greet(m->s->alice.zt, m->link, &codes, NULL);
	return NULL;
}

/* Ends who waits for good: a failure, and no hang. */
struct watchdog {
	struct zt_cancel cancel;
	atomic_bool is_over;
};

static void *
bark(void *arg)
{
	struct watchdog *w = arg;

	for (int i = 0; i < 300 && !atomic_load(&w->is_over); i++)
		(void)nanosleep(&(struct timespec){ 0, 50000000 }, NULL);
	zt_cancel(&w->cancel);
	return NULL;
}

static int
messages_of(struct meeting *m)
{
	struct invite_link l;
	PGresult *r;
	int n;

	assert_ok(invite_link_parse(m->link, &l));
	r = world_ask(
	    m->s->w, "auth", "SELECT id FROM auth.exchange WHERE id = $1", &l.invitation);
	n = PQntuples(r);
	PQclear(r);
	return n;
}

static void
a_message_behind_its_abort_keeps_nobody_waiting(void **state)
{
	struct setting *s = *state;
	struct late l = { .request = buf_init(1 << 20) };
	struct proxy_hooks hooks = { .ctx = &l, .before = cut_off };
	struct meeting m;
	struct zt_options o = {
		.home = m.home, .password = "a newcomer's password", .cancel = &l.stop
	};
	struct zt_claim c = { m.link, m.email, "New", "phone" };
	struct zt_codes codes;
	struct watchdog w = { 0 };
	pthread_t thread, watching;
	enum zt_err err;

	meeting_init(s, &m);
	codes = human_codes(&m.at_newcomer);
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_INTERRUPTED, zt_claim(&o, &c, &codes, m.message));
	proxy_play(s->w->d, NULL);
	assert_int_equal(200, proxy_send(s->w->d, buf_bytes(&l.request), &err));
	assert_int_equal(1, messages_of(&m));
	o.cancel = &w.cancel;
	zt_use_cancel(s->alice.zt, &w.cancel);
	assert_int_equal(0, pthread_create(&watching, NULL, bark, &w));
	/* the greeter takes up what nobody continues */
	assert_int_equal(0, pthread_create(&thread, NULL, greet, &m));
	for (int i = 0; i < 300 && messages_of(&m) < 2; i++)
		(void)nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	assert_int_equal(2, messages_of(&m));
	m.claimer = zt_claim(&o, &c, &codes, m.message);
	assert_int_equal(0, pthread_join(thread, NULL));
	atomic_store(&w.is_over, true);
	assert_int_equal(0, pthread_join(watching, NULL));
	zt_use_cancel(s->alice.zt, NULL);
	assert_ok(m.claimer);
	assert_ok(m.greeter);
	buf_free(&l.request);
}

/* What waits in the folder is of a server that this command may not speak to. */
static void
J4_an_earlier_try_that_cannot_be_gone_on_with_stays_and_is_told(void **state)
{
	static const uint8_t some[32] = { 9 };
	struct setting *s = *state;
	struct meeting m;
	struct zt_codes codes;
	struct zt_options o = { .home = m.home, .password = "a newcomer's password" };
	struct zt_claim c = { m.link, m.email, "New", "phone" };
	struct invite_link l;
	Zt__Joining kept = ZT__JOINING__INIT, *again = NULL;

	meeting_init(s, &m);
	codes = human_codes(&m.at_newcomer);
	assert_ok(invite_link_parse(m.link, &l));
	kept.server = (char *)(uintptr_t) "http://elsewhere.example:1";
	kept.email = m.email;
	kept.org = pb_field(l.org.b, ID_BYTES);
	kept.invitation = pb_field(l.invitation.b, ID_BYTES);
	kept.attempt = kept.device = pb_field(some, ID_BYTES);
	kept.exchange_root = kept.sign_seed = kept.seal_key = kept.user_key =
	    pb_field(some, sizeof some);
	assert_ok(joining_file_keep(m.home, &kept, bytes_text(o.password)));
	assert_err(ZT_ERR_CLEAR, zt_claim(&o, &c, &codes, m.message));
	assert_ok(joining_file_read(m.home, bytes_text(o.password), &again));
	pb_wipe(again);
}

/* ---- J5 ---- */

static bool
pretend_it_is_open(void *ctx, struct proxy_call *c)
{
	Zt__ExchangeAnswer a = ZT__EXCHANGE_ANSWER__INIT;

	if (c->route != ROUTE_GREET)
		return false;
	++*(int *)ctx;
	c->status = 200;
	assert_ok(pb_encode(&a, &c->answer));
	return true;
}

static void
J5_an_accepted_or_cancelled_invitation_is_refused_by_server_and_client(void **state)
{
	struct setting *s = *state;
	int asked = 0;
	struct proxy_hooks hooks = { .ctx = &asked, .before = pretend_it_is_open };
	struct zt_codes codes;
	struct meeting m, again;

	meeting_init(s, &m);
	meet(&m);
	assert_ok(m.greeter);
	again = m;
	(void)snprintf(again.home, sizeof again.home, "%s/thief", s->w->state);
	(void)claim(&again); /* somebody else with the same link: the server */
	assert_err(ZT_ERR_GONE, again.claimer);
	codes = human_codes(&m.at_alice);
	proxy_play(s->w->d, &hooks); /* a server that forgot: the client */
	assert_err(ZT_ERR_GONE, zt_greet(s->alice.zt, m.link, &codes, NULL));
	assert_int_equal(0, asked);
	proxy_play(s->w->d, NULL);
	meeting_init(s, &m);
	assert_ok(zt_invite_cancel(s->alice.zt, m.link));
	codes = human_codes(&m.at_alice);
	assert_err(ZT_ERR_GONE, zt_greet(s->alice.zt, m.link, &codes, NULL));
	(void)claim(&m);
	assert_err(ZT_ERR_GONE, m.claimer);
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_GONE, zt_greet(s->alice.zt, m.link, &codes, NULL));
	assert_int_equal(0, asked);
}

/* ---- J9 ---- */

static void
count_device(void *ctx, const struct zt_device *d)
{
	(void)d;
	++*(unsigned *)ctx;
}

/* A server that turns an invitation of a user into one of a device: the future colleague would
 * become a device of alice's, with all her keys. The kind is encoded in the id. */
static void
J9_an_invitation_of_a_user_never_adds_a_device_of_ones_own(void **state)
{
	struct setting *s = *state;
	unsigned before = users(s), devices = 0, now = 0;
	struct invite_link l;
	struct meeting m;

	meeting_init(s, &m);
	assert_ok(invite_link_parse(m.link, &l));
	PQclear(world_ask(s->w, "auth",
	    "UPDATE auth.invitations SET kind = 2 WHERE id = $1 RETURNING id", &l.invitation));
	assert_ok(zt_devices(s->alice.zt, count_device, &devices));
	meet(&m);
	assert_ok(m.greeter);
	assert_ok(m.claimer);
	assert_int_equal(before + 1, users(s));
	assert_ok(zt_devices(s->alice.zt, count_device, &now));
	assert_int_equal(devices + 1, now); /* the newcomer's own */
}

/* ---- J6 ---- */

struct forger {
	struct fake_log log;
	struct id newcomer_of; /* the organization that is lied about */
	bool playing;
};

static void
keep_page(void *ctx, struct proxy_call *c)
{
	if (c->route == ROUTE_LOG_READ)
		fake_log_take(ctx, buf_bytes(&c->answer));
}

/* Shows the newcomer, who starts at 0, another organization's log. */
static bool
show_another_log(void *ctx, struct proxy_call *c)
{
	struct forger *f = ctx;
	uint64_t from;

	if (c->route != ROUTE_LOG_READ)
		return false;
	assert_ok(route_query(c->target, "from", 0, &from));
	if (from != 0)
		return false;
	fake_log_page(&f->log, 0, &c->answer);
	c->status = 200;
	return true;
}

static void
J6_another_organizations_or_a_forged_genesis_is_refused_by_the_newcomer(void **state)
{
	struct setting *s = *state;
	struct forger f = { .log = { .org = s->alice.zt->org } };
	struct proxy_hooks keep = { .ctx = &f.log, .after = keep_page },
			   hooks = { .ctx = &f, .before = show_another_log };
	struct sign_key *key = world_log_key(s->w, &s->alice.zt->org);
	struct meeting m;
	uint64_t n;

	f.log.key = key;
	proxy_play(s->w->d, &keep);
	assert_ok(zt_log_verify(s->eve.zt, &n));
	proxy_play(s->w->d, &hooks);
	meeting_init(s, &m);
	meet(&m);
	assert_ok(m.greeter); /* the humans met; the server lies afterwards */
	assert_true(m.claimer == ZT_ERR_CORRUPT || m.claimer == ZT_ERR_ROOT);
	assert_true(strlen(m.message) > 10);
	proxy_play(s->w->d, NULL);
	fake_log_free(&f.log);
	/* its own genesis, re-signed by nobody: a byte of the root key is another */
	proxy_play(s->w->d, &(struct proxy_hooks){ .ctx = &f.log, .after = keep_page });
	assert_ok(zt_log_verify(s->alice.zt, &n));
	{
		uint8_t *at = memmem(f.log.entry[0].body.p, f.log.entry[0].body.n,
		    s->alice.zt->root_key, SIGN_PUBLIC_BYTES);

		assert_non_null(at);
		at[0] ^= 1;
	}
	proxy_play(s->w->d, &hooks);
	meeting_init(s, &m);
	meet(&m);
	assert_ok(m.greeter);
	assert_true(m.claimer == ZT_ERR_ROOT || m.claimer == ZT_ERR_SIGNATURE);
	fake_log_free(&f.log);
	sign_free(key);
}

/* ---- J8 ---- */

static void
J8_a_device_file_with_cheaper_password_hashing_is_refused(void **state)
{
	struct setting *s = *state;
	char path[200];
	Zt__DeviceFile *m = NULL;
	struct buf b = buf_init(1 << 20);
	struct zt *z = NULL;
	uint8_t chunk[65536];
	size_t n;
	FILE *f;

	person_close(&s->eve);
	(void)snprintf(path, sizeof path, "%s/device.zt", s->eve.home);
	assert_non_null(f = fopen(path, "re"));
	n = fread(chunk, 1, sizeof chunk, f);
	assert_ok(
	    pb_decode(&zt__device_file__descriptor, bytes_of(chunk, n), sizeof chunk, &m));
	m->memory /= 2;
	assert_ok(pb_encode(m, &b));
	assert_int_equal(0, fclose(f));
	assert_non_null(f = fopen(path, "we"));
	assert_int_equal(b.n, fwrite(b.p, 1, b.n, f));
	assert_int_equal(0, fclose(f));
	assert_err(ZT_ERR_WEAK, zt_open(&s->eve.o, &z, NULL));
	m->memory *= 2;
	buf_empty(&b);
	assert_ok(pb_encode(m, &b));
	assert_non_null(f = fopen(path, "we"));
	assert_int_equal(b.n, fwrite(b.p, 1, b.n, f));
	assert_int_equal(0, fclose(f));
	person_open(&s->eve);
	pb_free(m);
	buf_free(&b);
}

#define PLAY(test) cmocka_unit_test_teardown(test, meeting_is_honest)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAY(J4_a_stranger_with_the_link_uses_no_attempt_up_and_learns_of_none),
		PLAY(J4_a_stranger_with_the_link_ends_no_exchange_that_runs),
		PLAY(J4_each_attempt_needs_a_pick_and_one_wrong_pick_burns_it),
		PLAY(J5_an_accepted_or_cancelled_invitation_is_refused_by_server_and_client),
		PLAY(J6_another_organizations_or_a_forged_genesis_is_refused_by_the_newcomer),
		PLAY(J9_an_invitation_of_a_user_never_adds_a_device_of_ones_own),
		PLAY(a_message_behind_its_abort_keeps_nobody_waiting),
		PLAY(J4_an_earlier_try_that_cannot_be_gone_on_with_stays_and_is_told),
		PLAY(J8_a_device_file_with_cheaper_password_hashing_is_refused),
	};

	return cmocka_run_group_tests(tests, meeting_begin, meeting_end);
}
