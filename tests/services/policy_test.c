/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* policy_test.c - what a service believes of auth's decisions, and for how long: against an
 * auth whose mind the test changes, without a word or with one. */
#include <nng/nng.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "bus/clock.h"
#include "bus/events.h"
#include "bus/peer.h"
#include "bus/rpc.h"
#include "crypto/suite.h"
#include "format/pb.h"
#include "frame/dispatch.h"
#include "frame/policy.h"
#include "proto/auth.pb-c.h"
#include "proto/rpc.pb-c.h"
#include "test.h"
#include "trust/org_state.h"

enum { HOUR_MS = 3600 * 1000 }; /* a line that is heard of for as long as a test takes */

static const struct id org = { { 1 } }, other = { { 2 } }, device = { { 3 } },
		       workspace = { { 4 } };

/* ---- an auth whose answers the test sets ---- */

struct auth {
	nng_socket socket;
	pthread_t thread;
	pthread_mutex_t lock;
	Zt__Decision says;
	atomic_int asked;
	struct policy *forgets; /* tells it of a change while an answer is under way */
};

struct scene {
	struct auth auth;
	struct peer *peer;
	struct policy *policy;
	struct sign_key *key;
	uint8_t public_key[SIGN_PUBLIC_BYTES];
	struct dispatch dispatch;
	struct decision handled; /* what the handler got */
	int calls;
};

static void *
answer(void *arg)
{
	struct auth *a = arg;
	nng_msg *m, *out;

	while (nng_recvmsg(a->socket, &m, 0) == 0) {
		struct buf body = buf_init(4096);
		struct rpc_answer one;

		nng_msg_free(m);
		(void)atomic_fetch_add(&a->asked, 1);
		(void)pthread_mutex_lock(&a->lock);
		if (pb_encode(&a->says, &body) || rpc_new(1, &out))
			abort();
		(void)pthread_mutex_unlock(&a->lock);
		if (a->forgets != NULL)
			policy_forget(a->forgets, &org);
		one = rpc_answer_begin(out);
		rpc_answer_add(&one, buf_bytes(&body));
		if (rpc_answer_end(&one, ZT_OK) || nng_sendmsg(a->socket, out, 0) != 0)
			abort();
		buf_free(&body);
	}
	return NULL;
}

static void
say(struct scene *s, enum role role, uint32_t generation, uint64_t deletion_due)
{
	(void)pthread_mutex_lock(&s->auth.lock);
	s->auth.says.role = role;
	s->auth.says.generation = generation;
	s->auth.says.deletion_due = deletion_due;
	(void)pthread_mutex_unlock(&s->auth.lock);
}

static enum zt_err
handle(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct scene *s = state;

	(void)out;
	s->calls++;
	s->handled = rq->caller;
	return ZT_OK;
}

static handler *const handlers[ROUTE_COUNT] = {
	[ROUTE_KEYS_GET] = handle,
	[ROUTE_KEYS_PUT] = handle,
};

static const struct service_def def = {
	.name = "metadata", .service = SERVICE_METADATA, .handlers = handlers
};

static int
begin(void **state)
{
	struct scene *s = calloc(1, sizeof *s);
	char url[64];

	assert_non_null(s);
	assert_ok(suite_init());
	(void)snprintf(url, sizeof url, "ipc:///tmp/zt-policy-%d", (int)getpid());
	assert_ok(sign_generate(&s->key));
	sign_public(s->key, s->public_key);
	(void)pthread_mutex_init(&s->auth.lock, NULL);
	s->auth.says = (Zt__Decision)ZT__DECISION__INIT;
	s->auth.says.user = pb_field(device.b, ID_BYTES);
	s->auth.says.sign_key = pb_field(s->public_key, sizeof s->public_key);
	s->auth.says.live = 1;
	say(s, ROLE_CONTRIBUTOR, 1, 0);
	assert_int_equal(0, nng_rep0_open(&s->auth.socket));
	assert_int_equal(0, nng_listen(s->auth.socket, url, NULL, 0));
	assert_int_equal(0, pthread_create(&s->auth.thread, NULL, answer, &s->auth));
	assert_ok(peer_open(NULL, url, &s->peer));
	assert_ok(policy_new(s->peer, &s->policy));
	policy_heard(s->policy, clock_ms() + HOUR_MS);
	s->dispatch.def = &def;
	s->dispatch.state = s;
	s->dispatch.policy = s->policy;
	assert_ok(replay_new(&s->dispatch.window.replay));
	*state = s;
	return 0;
}

static int
finish(void **state)
{
	struct scene *s = *state;

	(void)nng_close(s->auth.socket);
	(void)pthread_join(s->auth.thread, NULL);
	peer_close(s->peer);
	policy_free(s->policy);
	replay_free(s->dispatch.window.replay);
	sign_free(s->key);
	(void)pthread_mutex_destroy(&s->auth.lock);
	free(s);
	return 0;
}

static unsigned
generation_of(struct scene *s, const struct id *of, bool fresh)
{
	struct decision d;

	assert_ok(policy_decide(s->policy, of, &device, &workspace, fresh, &d));
	policy_keep(s->policy, of, &device, &workspace, &d);
	return d.generation;
}

/* ---- the policy ---- */

static void
an_answer_is_kept_until_its_organization_changes(void **state)
{
	struct scene *s = *state;

	assert_int_equal(1, generation_of(s, &org, false));
	assert_int_equal(1, generation_of(s, &other, false));
	say(s, ROLE_CONTRIBUTOR, 2, 0);
	assert_int_equal(1, generation_of(s, &org, false));
	assert_int_equal(2, s->auth.asked);
	policy_forget(s->policy, &org);
	assert_int_equal(2, generation_of(s, &org, false));
	assert_int_equal(1, generation_of(s, &other, false));
	assert_int_equal(3, s->auth.asked);
}

static void
nothing_is_kept_while_the_line_to_auth_is_down(void **state)
{
	struct scene *s = *state;

	assert_int_equal(1, generation_of(s, &org, false));
	policy_deaf(s->policy);
	say(s, ROLE_CONTRIBUTOR, 2, 0);
	assert_int_equal(2, generation_of(s, &org, false));
	say(s, ROLE_CONTRIBUTOR, 3, 0);
	assert_int_equal(3, generation_of(s, &org, false));
	policy_heard(s->policy, clock_ms() + HOUR_MS);
	say(s, ROLE_CONTRIBUTOR, 4, 0);
	assert_int_equal(4, generation_of(s, &org, false));
	assert_int_equal(4, generation_of(s, &org, false));
	assert_int_equal(4, s->auth.asked);
}

static void
an_answer_that_a_change_overtook_is_not_kept(void **state)
{
	struct scene *s = *state;

	s->auth.forgets = s->policy;
	assert_int_equal(1, generation_of(s, &org, false));
	s->auth.forgets = NULL;
	say(s, ROLE_CONTRIBUTOR, 2, 0);
	assert_int_equal(2, generation_of(s, &org, false));
	assert_int_equal(2, generation_of(s, &org, false));
	assert_int_equal(2, s->auth.asked);
}

static void
who_asks_anew_teaches_those_who_do_not(void **state)
{
	struct scene *s = *state;

	assert_int_equal(1, generation_of(s, &org, false));
	say(s, ROLE_CONTRIBUTOR, 2, 0);
	assert_int_equal(2, generation_of(s, &org, true));
	assert_int_equal(2, generation_of(s, &org, false));
	assert_int_equal(2, s->auth.asked);
}

/* ---- the door ---- */

static const char *
field(const void *ctx, const char *name)
{
	return strcmp(name, "content-digest") == 0 ? ctx : NULL;
}

/* What the service answers to a call that the device signs now. */
static enum zt_err
call(struct scene *s, enum route r, const char *body)
{
	const struct route_params params = { .org = org, .id = workspace };
	struct buf target = buf_init(1024), input = buf_init(2048), signature = buf_init(256),
		   digest = buf_init(256);
	struct httpsig_params p = { .org = org,
		.device = device,
		.created_s = (uint64_t)time(NULL),
		.covers_digest = body[0] != 0 };
	struct httpsig_message m = {
		.method = route_verb(route_row(r)->verb), .authority = "", .field = field
	};
	Zt__Call c = ZT__CALL__INIT;
	struct rpc_result result;
	struct wire_reader reader;
	uint8_t nonce[16];
	nng_msg *out = NULL;

	p.expires_s = p.created_s + 110;
	random_bytes(nonce, sizeof nonce);
	hex_print(nonce, sizeof nonce, p.nonce);
	route_path(r, &params, &target);
	httpsig_digest(bytes_text(body), &digest);
	m.target = buf_text(&target);
	m.ctx = buf_text(&digest);
	assert_ok(httpsig_sign(&m, &p, s->key, &input, &signature));
	c.method = (char *)(uintptr_t)m.method;
	c.target = (char *)(uintptr_t)buf_text(&target);
	c.authority = (char *)(uintptr_t) "";
	c.signature_input = (char *)(uintptr_t)buf_text(&input);
	c.signature = (char *)(uintptr_t)buf_text(&signature);
	c.content_digest = (char *)(uintptr_t)buf_text(&digest);
	assert_ok(rpc_new(1, &out));
	assert_ok(dispatch_call(&s->dispatch, NULL, &c, bytes_text(body), out));
	reader = wire_read(bytes_of(nng_msg_body(out), nng_msg_len(out)));
	wire_expect_u32(&reader, 1);
	assert_ok(rpc_read_answer(&reader, &result));
	nng_msg_free(out);
	buf_free(&target);
	buf_free(&input);
	buf_free(&signature);
	buf_free(&digest);
	return result.err;
}

static void
what_is_known_lets_in_without_a_question(void **state)
{
	struct scene *s = *state;

	assert_ok(call(s, ROUTE_KEYS_GET, ""));
	assert_ok(call(s, ROUTE_KEYS_GET, ""));
	assert_int_equal(2, s->calls);
	assert_int_equal(1, s->auth.asked);
}

/* Bob was no member when he asked last; he has been let in since, and the word of it is still
 * under way. */
static void
nobody_is_refused_by_an_older_word(void **state)
{
	struct scene *s = *state;

	say(s, ROLE_NONE, 1, 0);
	assert_int_equal(1, generation_of(s, &org, false));
	say(s, ROLE_READER, 1, 0);
	assert_ok(call(s, ROUTE_KEYS_GET, ""));
	assert_int_equal(1, s->calls);
	assert_int_equal(ROLE_READER, s->handled.role);
}

static void
who_is_refused_by_the_newest_word_stays_out(void **state)
{
	struct scene *s = *state;

	say(s, ROLE_READER, 1, 1); /* deleted in 1970 */
	assert_err(ZT_ERR_NOT_FOUND, call(s, ROUTE_KEYS_GET, ""));
	assert_err(ZT_ERR_NOT_FOUND, call(s, ROUTE_KEYS_GET, ""));
	assert_int_equal(0, s->calls);
}

/* The author of a rotation deposits its key before the word of it has reached the service. */
static void
what_is_under_a_key_is_judged_by_the_newest_word(void **state)
{
	struct scene *s = *state;

	assert_ok(call(s, ROUTE_KEYS_GET, ""));
	assert_int_equal(1, s->handled.generation);
	say(s, ROLE_CONTRIBUTOR, 2, 0);
	assert_ok(call(s, ROUTE_KEYS_PUT, "a sealed key"));
	assert_int_equal(2, s->handled.generation);
}

/* A caller who is not who it says spends nothing; the real one learns when it may go on. */
static void
N3_limits_count_after_verification(void **state)
{
	struct scene *s = *state;
	struct sign_key *mine = s->key;
	struct sign_key *strangers = NULL;

	assert_ok(rate_new(1, 1000, &s->dispatch.rate)); /* 60 at once */
	assert_ok(sign_generate(&strangers));
	s->key = strangers;
	for (int i = 0; i < 100; i++)
		assert_err(ZT_ERR_SIGNATURE, call(s, ROUTE_KEYS_GET, ""));
	s->key = mine;
	for (int i = 0; i < 60; i++)
		assert_ok(call(s, ROUTE_KEYS_GET, ""));
	while (call(s, ROUTE_KEYS_GET, "") == ZT_OK)
		assert_true(s->calls < 100);
	assert_in_range(s->calls, 60, 70); /* one a second comes back */
	rate_free(s->dispatch.rate);
	sign_free(strangers);
}

static void
strangers_and_refusals_fill_nothing(void **state)
{
	struct scene *s = *state;
	struct decision d;

	/* asked for, and never verified */
	assert_ok(policy_decide(s->policy, &org, &device, &workspace, false, &d));
	assert_ok(policy_decide(s->policy, &org, &device, &workspace, false, &d));
	assert_int_equal(2, s->auth.asked);
	/* verified, of a workspace that the caller may have made up */
	say(s, ROLE_NONE, 1, 0);
	assert_int_equal(1, generation_of(s, &org, false));
	assert_int_equal(1, generation_of(s, &org, false));
	assert_int_equal(4, s->auth.asked);
	/* and one who was let in */
	say(s, ROLE_READER, 1, 0);
	assert_int_equal(1, generation_of(s, &org, false));
	assert_int_equal(1, generation_of(s, &org, false));
	assert_int_equal(5, s->auth.asked);
}

/* ---- the line ---- */

static struct bytes
text(struct buf *b)
{
	return bytes_of(b->p, b->n);
}

static void
N4_frames_lost_repeated_reordered_altered_or_forged_are_noticed(void **state)
{
	struct line_end end = line_begin(SERVICE_AUTH), again = line_begin(SERVICE_AUTH);
	struct line lines[SERVICE_COUNT] = { { .is_known = false } };
	struct secret *key = NULL, *wrong = NULL;
	struct buf f[8];
	struct line_news news;

	(void)state;
	assert_ok(secret_generate(&key));
	assert_ok(secret_generate(&wrong));
	for (size_t i = 0; i < 8; i++) {
		f[i] = buf_init(256);
		line_write(i == 7 ? &again : &end, key,
		    bytes_text(i == 1 || i == 3 || i == 5 ? "event" : ""), &f[i]);
	}
	assert_false(line_is_whole(&lines[SERVICE_AUTH], 1000));
	assert_ok(line_take(lines, key, text(&f[0]), 1000, &news));
	assert_true(news.lost); /* events before the first frame */
	assert_ok(line_take(lines, key, text(&f[1]), 1100, &news));
	assert_false(news.lost);
	assert_int_equal(5, news.event.n);
	assert_err(ZT_ERR_REPLAY, line_take(lines, key, text(&f[1]), 1100, &news));
	assert_err(ZT_ERR_REPLAY, line_take(lines, key, text(&f[0]), 1100, &news));
	assert_ok(
	    line_take(lines, key, text(&f[4]), 1200, &news)); /* a heartbeat: one is lost */
	assert_true(news.lost);
	assert_err(ZT_ERR_REPLAY, line_take(lines, key, text(&f[3]), 1200, &news));
	for (size_t i = 0; i < f[5].n; i++) {
		f[5].p[i] ^= 1;
		assert_true(line_take(lines, key, text(&f[5]), 1300, &news) != ZT_OK);
		f[5].p[i] ^= 1;
		assert_true(line_take(lines, key, bytes_of(f[5].p, i), 1300, &news) != ZT_OK);
	}
	assert_err(ZT_ERR_SIGNATURE, line_take(lines, wrong, text(&f[5]), 1300, &news));
	assert_ok(line_take(lines, key, text(&f[5]), 1300, &news));
	assert_false(news.lost);
	assert_true(line_is_whole(&lines[SERVICE_AUTH], 1300 + LINE_SILENT_MS));
	assert_false(line_is_whole(&lines[SERVICE_AUTH], 1301 + LINE_SILENT_MS));
	assert_ok(line_take(lines, key, text(&f[6]), 1301 + LINE_SILENT_MS, &news));
	assert_true(news.lost); /* it was silent for too long */
	assert_ok(line_take(lines, key, text(&f[7]), 1302 + LINE_SILENT_MS, &news));
	assert_true(news.lost); /* another life */
	for (size_t i = 0; i < 8; i++)
		buf_free(&f[i]);
	secret_free(key);
	secret_free(wrong);
}

/* A publisher on a real socket, from which each frame may be lost. */
struct lossy {
	nng_socket pub;
	pthread_t thread;
	pthread_mutex_t lock;
	struct line_end end;
	struct secret *key;
	char url[64];
	unsigned lost_of_8; /* frames */
	bool is_stopped, is_ending;
	uint32_t random;
};

static void
lossy_listen(struct lossy *l)
{
	l->end = line_begin(SERVICE_AUTH);
	assert_int_equal(0, nng_pub0_open(&l->pub));
	assert_int_equal(0, nng_listen(l->pub, l->url, NULL, 0));
}

static void
lossy_send(struct lossy *l, const char *event)
{
	struct buf frame = buf_init(1024), e = buf_init(256);
	Zt__Event m = ZT__EVENT__INIT;

	m.org = m.topic = pb_field(org.b, ID_BYTES);
	m.kind = (char *)(uintptr_t)event;
	if (event[0] != 0)
		assert_ok(pb_encode(&m, &e));
	(void)pthread_mutex_lock(&l->lock);
	if (!l->is_stopped) {
		line_write(&l->end, l->key, buf_bytes(&e), &frame);
		l->random = l->random * 1664525 + 1013904223;
		if (l->random >> 29 >= l->lost_of_8)
			(void)nng_send(l->pub, frame.p, frame.n, 0);
	}
	(void)pthread_mutex_unlock(&l->lock);
	buf_free(&frame);
	buf_free(&e);
}

static void *
lossy_beat(void *arg)
{
	struct lossy *l = arg;

	for (bool ends = false; !ends;) {
		lossy_send(l, "");
		(void)usleep(LINE_BEAT_MS * 1000);
		(void)pthread_mutex_lock(&l->lock);
		ends = l->is_ending;
		(void)pthread_mutex_unlock(&l->lock);
	}
	return NULL;
}

static void
lossy_stop(struct lossy *l, bool stops)
{
	(void)pthread_mutex_lock(&l->lock);
	l->is_stopped = stops;
	(void)pthread_mutex_unlock(&l->lock);
}

/* What a service does with what it hears. */
static void
heard(void *ctx, enum route_service from, bool lost, uint64_t now_ms)
{
	assert_int_equal(SERVICE_AUTH, from);
	if (lost)
		policy_forget(ctx, NULL);
	policy_heard(ctx, now_ms);
}

static void
event(void *ctx, enum route_service from, struct bytes message)
{
	(void)from;
	(void)message;
	policy_forget(ctx, &org);
}

static void
ended(void *ctx)
{
	policy_deaf(ctx);
}

static void
live(struct scene *s, bool is_live)
{
	(void)pthread_mutex_lock(&s->auth.lock);
	s->auth.says.live = is_live;
	(void)pthread_mutex_unlock(&s->auth.lock);
}

/* As dispatch does. */
static bool
is_let_in(struct scene *s)
{
	struct decision d;

	if (policy_decide(s->policy, &org, &device, &workspace, false, &d))
		return false;
	policy_keep(s->policy, &org, &device, &workspace, &d);
	return d.live;
}

/* How long a device is still let in once auth says that it is not, in milliseconds. */
static uint64_t
lasts(struct scene *s, uint64_t since)
{
	uint64_t last = since;

	while (clock_ms() - since < 3000) {
		uint64_t at = clock_ms();

		if (is_let_in(s))
			last = at;
		else if (at - since > 1200 || last + 20 < at)
			break; /* and it stays so */
		(void)usleep(2000);
	}
	return last - since;
}

/* Waits until what is known is kept, as it is when nothing is being lost. */
static void
await_kept(struct scene *s)
{
	for (int i = 0; i < 2000; i++) {
		int asked = s->auth.asked;

		assert_true(is_let_in(s));
		if (s->auth.asked == asked)
			return;
		(void)usleep(5000);
	}
	fail_msg("nothing is ever kept");
}

/* Events are lost, the publisher stops and continues, or restarts: in each case a revoked
 * device is out within a second. ZT_ROUNDS: how often. */
static void
N4_whatever_is_lost_a_revoked_device_is_out_within_a_second(void **state)
{
	struct scene *s = *state;
	const char *wanted = getenv("ZT_ROUNDS");
	unsigned rounds = wanted != NULL ? (unsigned)atoi(wanted) : 24;
	struct lossy l = { .random = 7 };
	struct listener_hooks hooks = { s->policy, heard, event, ended };
	struct events_listener *listener = NULL;
	char message[200];
	uint64_t worst = 0;
	unsigned kept = 0;

	(void)snprintf(l.url, sizeof l.url, "ipc:///tmp/zt-lossy-%d", (int)getpid());
	(void)pthread_mutex_init(&l.lock, NULL);
	assert_ok(secret_generate(&l.key));
	policy_deaf(s->policy);
	lossy_listen(&l);
	assert_int_equal(0, pthread_create(&l.thread, NULL, lossy_beat, &l));
	assert_ok(listener_open(NULL, l.url, l.key, &hooks, &listener, message));
	for (unsigned i = 0; i < rounds; i++) {
		uint64_t at, lasted;

		live(s, true);
		await_kept(s);
		(void)pthread_mutex_lock(&l.lock);
		l.lost_of_8 = i % 4 == 0 ? 0 : 5; /* most of it */
		(void)pthread_mutex_unlock(&l.lock);
		if (i % 8 == 6)
			lossy_stop(&l, true);
		live(s, false);
		at = clock_ms();
		lossy_send(&l, "log");
		if (i % 8 == 7) {
			(void)pthread_mutex_lock(&l.lock);
			(void)nng_close(l.pub);
			lossy_listen(&l);
			(void)pthread_mutex_unlock(&l.lock);
		}
		lasted = lasts(s, at);
		worst = lasted > worst ? lasted : worst;
		kept += lasted > 0;
		if (lasted > 1000)
			fail_msg("round %u: let in for %u ms more", i, (unsigned)lasted);
		(void)pthread_mutex_lock(&l.lock);
		l.lost_of_8 = 0;
		(void)pthread_mutex_unlock(&l.lock);
		lossy_stop(&l, false);
	}
	print_message(
	    "%u of %u times a revoked device was out within a second; the longest took "
	    "%u ms; %u times it was let in again\n",
	    rounds, rounds, (unsigned)worst, kept);
	listener_close(listener);
	(void)pthread_mutex_lock(&l.lock);
	l.is_ending = true;
	(void)pthread_mutex_unlock(&l.lock);
	(void)pthread_join(l.thread, NULL);
	(void)nng_close(l.pub);
	secret_free(l.key);
}

static void
N4_while_auth_is_away_nobody_is_let_in_by_what_is_remembered(void **state)
{
	struct scene *s = *state;

	await_kept(s);
	(void)nng_close(
	    s->auth.socket); /* auth is gone: its line is still believed for a moment */
	assert_true(is_let_in(s));
	policy_deaf(s->policy);
	assert_false(is_let_in(s));
}

#define ACT(test) cmocka_unit_test_setup_teardown(test, begin, finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ACT(an_answer_is_kept_until_its_organization_changes),
		ACT(nothing_is_kept_while_the_line_to_auth_is_down),
		ACT(an_answer_that_a_change_overtook_is_not_kept),
		ACT(who_asks_anew_teaches_those_who_do_not),
		ACT(what_is_known_lets_in_without_a_question),
		ACT(nobody_is_refused_by_an_older_word),
		ACT(who_is_refused_by_the_newest_word_stays_out),
		ACT(what_is_under_a_key_is_judged_by_the_newest_word),
		ACT(N3_limits_count_after_verification),
		ACT(strangers_and_refusals_fill_nothing),
		cmocka_unit_test(
		    N4_frames_lost_repeated_reordered_altered_or_forged_are_noticed),
		ACT(N4_whatever_is_lost_a_revoked_device_is_out_within_a_second),
		ACT(N4_while_auth_is_away_nobody_is_let_in_by_what_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
