/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rpc_join_test.c - how people join by the app's interface (apps/rpc) on real services: two
 * sides, each with a page, compare codes by events, questions and replies. The host here makes
 * devices by zt_bootstrap, zt_claim and zt_recover, as any host does. */
#include <stdio.h>
#include <time.h>

#include "ask.h"
#include "rpc/person.h"
#include "zt/cancel.h"
#include "zt/recover.h"
#include "zt/server.h"

enum { GREETER, NEWCOMER };

/* What both people say aloud, and what their pages were shown. */
struct table {
	pthread_mutex_t lock;
	pthread_cond_t said;
	char code[2][16];
};
struct side {
	struct table *t;
	int which;
	const char *leaves; /* the question at which this person leaves; NULL: none */
	const char *profile;
	char asked[256], heard[1024]; /* names of questions and events, each with a space */
	bool is_wrong;                /* something was not of its row */
};

static bool
is_of_row(const char *type, const json_t *data)
{
	struct type_fault fault;

	return type != NULL && type_check(type, true, data, &fault);
}

static void
add_name(char *to, size_t size, const char *name)
{
	size_t n = strlen(to);

	(void)snprintf(to + n, size - n, "%s ", name);
}

static void
on_event(void *ctx, const char *json, size_t n)
{
	struct side *s = ctx;
	json_t *e = json_loadb(json, n, 0, NULL), *data = json_object_get(e, "data");
	const char *name = json_string_value(json_object_get(e, "event")), *code;

	s->is_wrong |= name == NULL || !is_of_row(type_of_event(name), data) ||
		       json_integer_value(json_object_get(e, "request")) != 7;
	if (name != NULL)
		add_name(s->heard, sizeof s->heard, name);
	if ((code = json_string_value(json_object_get(data, "code"))) != NULL) {
		(void)pthread_mutex_lock(&s->t->lock);
		(void)snprintf(s->t->code[s->which], sizeof s->t->code[0], "%s", code);
		(void)pthread_cond_broadcast(&s->t->said);
		(void)pthread_mutex_unlock(&s->t->lock);
	}
	json_decref(e);
}

/* The index of the code that the other has said, once they have; -2: they have gone. */
static json_int_t
find_code(struct side *s, const json_t *choices, const struct rpc_question *q)
{
	char *code = s->t->code[s->which == GREETER ? NEWCOMER : GREETER];
	json_int_t found = -1;
	bool runs = true;
	size_t i;
	json_t *choice;

	(void)pthread_mutex_lock(&s->t->lock);
	while (code[0] == 0 && runs) {
		struct timespec until;

		(void)clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
		if (pthread_cond_timedwait(&s->t->said, &s->t->lock, &until) != 0) {
			(void)pthread_mutex_unlock(&s->t->lock);
			runs = q->runs(q->arg);
			(void)pthread_mutex_lock(&s->t->lock);
		}
	}
	json_array_foreach(choices, i, choice) if (strcmp(code, json_string_value(choice)) == 0)
	    found = (json_int_t)i;
	code[0] = 0; /* heard: the next is another */
	(void)pthread_mutex_unlock(&s->t->lock);
	return runs ? found : -2;
}

static json_t *
decide(struct side *s, const char *name, const json_t *data, const struct rpc_question *q)
{
	if (strcmp(name, "codes") == 0)
		return json_integer(find_code(s, json_object_get(data, "choices"), q));
	if (strcmp(name, "accept") == 0)
		return json_pack("{s:b,s:s*}", "accept", 1, "profile",
		    json_object_get(data, "profile") != NULL ? s->profile : NULL);
	return json_true();
}

static enum zt_err
on_question(void *ctx, const struct rpc_question *q, char **reply, size_t *n)
{
	struct side *s = ctx;
	json_t *whole = json_loadb(q->json, q->n, 0, NULL), *data, *made;
	const char *name = json_string_value(json_object_get(whole, "question"));

	data = json_object_get(whole, "data");
	s->is_wrong |=
	    name == NULL || !is_of_row(type_of_data(name), data) || q->json[q->n] != 0;
	if (name == NULL || (s->leaves != NULL && strcmp(s->leaves, name) == 0)) {
		json_decref(whole);
		return ZT_OK;
	}
	add_name(s->asked, sizeof s->asked, name);
	made = json_pack("{s:O,s:O,s:o}", "reply", json_object_get(whole, "request"), "ask",
	    json_object_get(whole, "ask"), "value", decide(s, name, data, q));
	*reply = json_dumps(made, JSON_COMPACT);
	*n = strlen(*reply);
	json_decref(made);
	json_decref(whole);
	return ZT_OK;
}

/* ---- a host ---- */

struct newcomer {
	struct side side; /* first: the context of the callbacks */
	char home[128];
	struct zt_cancel cancel;
	struct rpc_lane *lane;
	char *request;
	struct rpc_answer answer;
	enum zt_err err;
	pthread_t thread;
};

static enum zt_err
create(struct call *c, const struct zt_options *o, char *message)
{
	const struct zt_bootstrap b = { .server = call_text(c, "server"),
		.founding_code = call_text(c, "code"),
		.slug = call_text(c, "slug"),
		.email = call_text(c, "email"),
		.name = call_text(c, "name"),
		.device_label = call_text(c, "label") };

	return zt_bootstrap(o, &b, message);
}

static enum zt_err
claim(struct call *c, const struct zt_options *o, char *message)
{
	struct zt_codes codes;

	rpc_codes(c, &codes);
	return zt_claim(o,
	    &(struct zt_claim){ call_text(c, "link"), call_text(c, "email"),
		call_text(c, "name"), call_text(c, "label") },
	    &codes, message);
}

static enum zt_err
recover(struct call *c, const struct zt_options *o, char *message)
{
	const json_t *links = json_object_get(c->params, "links"), *link;
	const char *texts[8];
	struct zt_codes codes;
	struct zt_recovery r = { .device_label = call_text(c, "label"),
		.server = call_text(c, "server"),
		.words = call_text(c, "words"),
		.links = texts,
		.email = call_text(c, "email"),
		.codes = &codes,
		.confirm = rpc_returning,
		.ctx = c };
	size_t i;

	rpc_codes(c, &codes);
	json_array_foreach(links, i, link) if (i < 8) texts[i] = json_string_value(link);
	r.link_count = (unsigned)json_array_size(links);
	return zt_recover(o, &r, message);
}

static enum zt_err
run_method(void *ctx, const struct rpc_row *row, struct call *c)
{
	struct newcomer *n = ctx;
	struct zt_options o = {
		.home = n->home, .password = call_text(c, "password"), .cancel = &n->cancel
	};
	char message[256] = "";
	enum zt_err err = strcmp(row->method, "host.create") == 0  ? create(c, &o, message)
			  : strcmp(row->method, "host.claim") == 0 ? claim(c, &o, message)
								   : recover(c, &o, message);

	if (err != ZT_OK)
		return call_quote(c, err, message);
	if (strcmp(row->method, "host.claim") == 0)
		return call_answer(
		    c, ZT_OK, json_pack("{s:s,s:s}", "key", n->home, "warning", message));
	return call_answer(c, ZT_OK, json_pack("{s:s}", "key", n->home));
}

static void
newcomer_begin(struct newcomer *n, struct table *t)
{
	static unsigned homes;
	struct rpc_host host = {
		.event = on_event, .ask = on_question, .method = run_method, .ctx = n
	};

	*n = (struct newcomer){ .side = { .t = t, .which = NEWCOMER } };
	(void)snprintf(n->home, sizeof n->home, "%s/joins-%u", stage.s->w->state, homes++);
	assert_ok(rpc_lane_new(&host, &n->lane));
}

static void
newcomer_end(struct newcomer *n)
{
	rpc_lane_free(n->lane);
	rpc_answer_free(&n->answer);
}

static void *
run_newcomer(void *arg)
{
	struct newcomer *n = arg;

	n->err = rpc_run(n->lane, n->request, strlen(n->request), NULL, 0, &n->answer);
	return NULL;
}

/* N asks for METHOD with PARAMS, which it takes, on a thread. */
static void
newcomer_asks(struct newcomer *n, const char *method, json_t *params)
{
	(void)row_of(method, params);
	n->request = request_of(method, params);
	json_decref(params);
	assert_int_equal(0, pthread_create(&n->thread, NULL, run_newcomer, n));
}

/* The answer, once it is there: the caller decrefs it. */
static json_t *
newcomer_hears(struct newcomer *n)
{
	json_t *whole, *result;

	assert_int_equal(0, pthread_join(n->thread, NULL));
	free(n->request);
	assert_ok(n->err);
	assert_false(n->side.is_wrong);
	whole = json_loadb(n->answer.json, n->answer.n, 0, NULL);
	assert_int_equal(7, json_integer_value(json_object_get(whole, "id")));
	result = json_incref(json_object_get(whole, "result"));
	if (result == NULL)
		result = json_incref(json_object_get(whole, "error"));
	json_decref(whole);
	return result;
}

/* The device that N has made is its user's EMAIL. */
static void
newcomer_is(const struct newcomer *n, const char *email)
{
	const struct zt_options o = { .home = n->home, .password = "of the newcomer" };
	struct zt *z = NULL;
	struct zt_identity id;

	assert_ok(zt_open(&o, &z, NULL));
	zt_whoami(z, &id);
	assert_string_equal(email, id.email);
	zt_close(z);
}

static void
table_begin(struct table *t)
{
	*t = (struct table){ .code = { "", "" } };
	(void)pthread_mutex_init(&t->lock, NULL);
	(void)pthread_cond_init(&t->said, NULL);
}

/* L asks, greets and decides as S from now on. */
static void
greeter_begin(struct side *s, struct rpc_lane *l, struct table *t)
{
	*s = (struct side){ .t = t, .which = GREETER, .profile = "outsider" };
	l->host.event = on_event;
	l->host.ask = on_question;
	l->host.ctx = s;
}

static void
greeter_end(const struct side *s, struct rpc_lane *l)
{
	l->host.event = take_event;
	l->host.ask = NULL;
	l->host.ctx = NULL;
	assert_false(s->is_wrong);
}

static void
invite(struct rpc_lane *l, const char *kind, char link[1024])
{
	answer_text(ask(l, "invitations.create", "{s:s}", "kind", kind), "link", link, 1024);
}

static json_t *
claim_params(const char *link, const char *email)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s}", "link", link, "email", email, "name",
	    "Nobody Else", "label", "page", "password", "of the newcomer");
}

/* ---- tests ---- */

static void
a_newcomer_joins_by_questions(void **state)
{
	struct table t;
	struct newcomer n;
	struct side s;
	char link[1024], is[64];
	json_t *r;

	(void)state;
	table_begin(&t);
	newcomer_begin(&n, &t);
	invite(stage.alice, "user", link);
	greeter_begin(&s, stage.alice, &t);
	newcomer_asks(&n, "host.claim", claim_params(link, "dan@test.example"));
	r = ask(stage.alice, "exchange.greet", "{s:s}", "link", link);
	greeter_end(&s, stage.alice);
	assert_true(json_is_true(json_object_get(r, "fetched")));
	answer_text(r, "email", is, sizeof is);
	assert_string_equal("dan@test.example", is);
	assert_string_equal("codes accept ", s.asked);
	assert_non_null(strstr(s.heard, "code "));
	r = newcomer_hears(&n);
	/* The one who comes first waits. */
	assert_true(
	    strstr(s.heard, "waiting ") != NULL || strstr(n.side.heard, "waiting ") != NULL);
	assert_string_equal(n.home, json_string_value(json_object_get(r, "key")));
	answer_text(r, "warning", is, sizeof is);
	assert_string_equal("", is);
	assert_string_equal("codes ", n.side.asked);
	assert_non_null(strstr(n.side.heard, "code "));
	newcomer_is(&n, "dan@test.example");
	answer_text(answer_item(ask(stage.alice, "organization.people", "{}"), "people",
			"email", "dan@test.example"),
	    "profile", is, sizeof is);
	assert_string_equal("outsider", is);
	newcomer_end(&n);
}

/* Another device of the greeter's own user has no profile to choose. */
static void
a_device_joins_by_questions(void **state)
{
	struct table t;
	struct newcomer n;
	struct side s;
	char link[1024];

	(void)state;
	table_begin(&t);
	newcomer_begin(&n, &t);
	invite(stage.alice, "device", link);
	greeter_begin(&s, stage.alice, &t);
	newcomer_asks(&n, "host.claim", claim_params(link, stage.s->alice.email));
	does(stage.alice, "exchange.greet", "{s:s}", "link", link);
	greeter_end(&s, stage.alice);
	json_decref(newcomer_hears(&n));
	newcomer_is(&n, stage.s->alice.email);
	newcomer_end(&n);
}

/* Who leaves at a question lets nobody in, and neither does a host without people. */
static void
nobody_joins_where_a_person_leaves(void **state)
{
	static const struct {
		const char *leaves;
		enum zt_err err;
	} all[] = { { "accept", ZT_ERR_DECLINED }, { "codes", ZT_ERR_INTERRUPTED },
		{ NULL, ZT_ERR_INTERRUPTED } };

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct table t;
		struct newcomer n;
		struct side s;
		char link[1024];

		table_begin(&t);
		newcomer_begin(&n, &t);
		invite(stage.alice, "user", link);
		greeter_begin(&s, stage.alice, &t);
		s.leaves = all[i].leaves;
		if (all[i].leaves == NULL)
			stage.alice->host.ask = NULL;
		newcomer_asks(&n, "host.claim", claim_params(link, "eric@test.example"));
		ends(all[i].err, stage.alice, "exchange.greet", "{s:s}", "link", link);
		greeter_end(&s, stage.alice);
		zt_cancel(&n.cancel); /* or it waits for the next attempt */
		answer_text(newcomer_hears(&n), "name", link, sizeof link);
		assert_non_null(strstr("INTERRUPTED ABORTED", link));
		assert_null(answer_item(ask(stage.alice, "organization.people", "{}"), "people",
		    "email", "eric@test.example"));
		newcomer_end(&n);
	}
}

/* A page that nobody watches greets nobody. */
static void
a_page_alone_greets_nobody(void **state)
{
	char link[1024];

	(void)state;
	invite(stage.alice, "user", link);
	stage.is_unconfirmed = true;
	ends(ZT_ERR_CONFIRM, stage.alice, "exchange.greet", "{s:s}", "link", link);
	stage.is_unconfirmed = false;
	ends(ZT_ERR_INVALID, stage.alice, "exchange.greet", "{s:s}", "link", "no link");
}

static void
an_organization_is_made_by_the_operators_code(void **state)
{
	const struct zt_server server = { .url = proxy_url(stage.s->w->d),
		.operator_token = stage.s->w->token };
	struct table t;
	struct newcomer n;
	char code[ZT_FOUNDING_CODE], message[256], is[256];
	json_t *params;

	(void)state;
	assert_ok(zt_server_org_create(&server, "pages", code, message));
	for (int again = 0; again < 2; again++) {
		table_begin(&t);
		newcomer_begin(&n, &t);
		params = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "server", server.url,
		    "code", code, "slug", "pages", "email", "fay@test.example", "name", "Fay",
		    "label", "page", "password", "of the newcomer");
		newcomer_asks(&n, "host.create", params);
		if (again == 0) {
			json_decref(newcomer_hears(&n));
			newcomer_is(&n, "fay@test.example");
		} else { /* with libzt's sentence, which no device gives here */
			json_t *error = newcomer_hears(&n);

			answer_text(json_incref(error), "name", is, sizeof is);
			assert_string_not_equal("", is);
			answer_text(error, "sentence", is, sizeof is);
			assert_string_not_equal("", is);
		}
		newcomer_end(&n);
	}
}

static void
a_person_is_back_by_words(void **state)
{
	struct table t;
	struct newcomer n;
	char words[ZT_RECOVERY_WORDS];
	json_t *params;

	(void)state;
	answer_text(ask(stage.bob, "recovery.create", "{s:s}", "language", "french"), "words",
	    words, sizeof words);
	for (int leaves = 1; leaves >= 0; leaves--) {
		table_begin(&t);
		newcomer_begin(&n, &t);
		n.side.leaves = leaves != 0 ? "returning" : NULL;
		params = json_pack("{s:s,s:s,s:s,s:s}", "server", proxy_url(stage.s->w->d),
		    "words", words, "label", "back", "password", "of the newcomer");
		newcomer_asks(&n, "host.recover", params);
		if (leaves != 0) {
			json_t *error = newcomer_hears(&n);

			assert_string_equal(
			    "DECLINED", json_string_value(json_object_get(error, "name")));
			json_decref(error);
		} else {
			json_decref(newcomer_hears(&n));
			assert_string_equal("returning ", n.side.asked);
			newcomer_is(&n, stage.s->bob.email);
		}
		newcomer_end(&n);
	}
}

/* Each colleague says that it is this person, and codes are compared with each in turn. */
static void
a_person_is_back_by_colleagues(void **state)
{
	struct rpc_lane *helper[] = { stage.alice, stage.bob };
	struct person carol = { 0 };
	struct table t;
	struct newcomer n;
	struct side s;
	char link[2][1024];
	const char *users[] = { stage.s->alice.email, stage.s->bob.email };
	const struct zt_split split = { .users = users, .count = 2, .need = 2 };

	(void)state;
	world_join(&stage.s->alice, &carol, "carol", "standard");
	assert_ok(zt_recovery_colleagues(carol.zt, &split, NULL));
	table_begin(&t);
	newcomer_begin(&n, &t);
	for (int i = 0; i < 2; i++) {
		does(helper[i], "device.sync", "{}");
		invite(helper[i], "recovery", link[i]);
	}
	newcomer_asks(&n, "host.recover",
	    json_pack("{s:[s,s],s:s,s:s,s:s}", "links", link[0], link[1], "email", carol.email,
		"label", "back", "password", "of the newcomer"));
	for (int i = 0; i < 2; i++) {
		greeter_begin(&s, helper[i], &t);
		does(helper[i], "exchange.greet", "{s:s}", "link", link[i]);
		greeter_end(&s, helper[i]);
		assert_string_equal("codes help ", s.asked);
	}
	json_decref(newcomer_hears(&n));
	assert_string_equal("codes codes returning ", n.side.asked);
	newcomer_is(&n, carol.email);
	newcomer_end(&n);
	person_close(&carol);
}

static void
every_method_with_people_was_asked(void **state)
{
	const struct rpc_row *row;

	(void)state;
	if (getenv("ONLY") != NULL)
		skip();
	for (size_t i = 0; (row = rpc_row_at(i)) != NULL; i++)
		if (stage.asked[i] == NULL && row->lane == RPC_PERSON)
			fail_msg("no test asks for %s", row->method);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_newcomer_joins_by_questions),
		cmocka_unit_test(a_device_joins_by_questions),
		cmocka_unit_test(nobody_joins_where_a_person_leaves),
		cmocka_unit_test(a_page_alone_greets_nobody),
		cmocka_unit_test(an_organization_is_made_by_the_operators_code),
		cmocka_unit_test(a_person_is_back_by_words),
		cmocka_unit_test(a_person_is_back_by_colleagues),
		cmocka_unit_test(every_method_with_people_was_asked),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, stage_begin, stage_end);
}
