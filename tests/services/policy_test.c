/* policy_test.c - what a service believes of auth's decisions, and for how long: against an
 * auth whose mind the test changes, without a word or with one. */
#include "test.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "common/dispatch.h"
#include "common/peer.h"
#include "common/policy.h"
#include "common/rpc.h"
#include "crypto/suite.h"
#include "format/pb.h"
#include "proto/auth.pb-c.h"

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
	struct decision handled; /* what the handler was told */
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
	.name = "metadata", .service = SERVICE_metadata, .handlers = handlers
};

static int
begin(void **state)
{
	struct scene *s = calloc(1, sizeof *s);
	char url[64];

	assert_non_null(s);
	assert_ok(suite_start());
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
	assert_ok(peer_open(url, &s->peer));
	assert_ok(policy_new(s->peer, &s->policy));
	policy_connected(s->policy, true);
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
	policy_connected(s->policy, false);
	say(s, ROLE_CONTRIBUTOR, 2, 0);
	assert_int_equal(2, generation_of(s, &org, false));
	say(s, ROLE_CONTRIBUTOR, 3, 0);
	assert_int_equal(3, generation_of(s, &org, false));
	policy_connected(s->policy, true);
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
	suite_random(nonce, sizeof nonce);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
