/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rpc_hostile_test.c - the door of the app's interface (apps/rpc): what is no request, what is
 * too much, handles that are not the caller's, and the end of memory. */
#include <malloc.h>
#include <stdio.h>

#include "ask.h"
#include "encode/encode.h"
#include "rpc/json.h"
#include "rpc/message.h"
#include "rpc/person.h"

static void
no_other_handle_is_taken(void **state)
{
	struct rpc_lane *a = stage.alice, *b = stage.bob;
	int64_t h =
	    answer_number(ask(a, "reader.open", "{s:s}", "path", "plans:/budget"), "handle");

	(void)state;
	ends(ZT_ERR_NO_HANDLE, a, "writer.write", "{s:I,s:i}", "handle", h, "offset", 0);
	ends(ZT_ERR_NO_HANDLE, a, "writer.commit", "{s:I}", "handle", h);
	ends(ZT_ERR_NO_HANDLE, a, "list.close", "{s:I}", "handle", h);
	ends(ZT_ERR_NO_HANDLE, a, "reader.close", "{s:i}", "handle", 0);
	ends(ZT_ERR_NO_HANDLE, a, "reader.close", "{s:I}", "handle", h + 1);
	ends(ZT_ERR_NO_HANDLE, b, "reader.close", "{s:I}", "handle", h);
	ask_reads(a, h, 0, 3, "ano");
	does(a, "reader.close", "{s:I}", "handle", h);
	ends(ZT_ERR_NO_HANDLE, a, "reader.close", "{s:I}", "handle", h);
	/* Another that is opened in its place is another. */
	does(a, "reader.open", "{s:s}", "path", "plans:/budget");
	ends(ZT_ERR_NO_HANDLE, a, "reader.read", "{s:I,s:i,s:i}", "handle", h, "offset", 0,
	    "size", 1);
}

/* Each kind has its own bound, by what one holds. */
static void
no_more_handles_than_the_bound_are_open(void **state)
{
	static const struct {
		const char *open, *close, *path;
		int most;
	} all[] = { { "list.open", "list.close", "plans:/", RPC_LISTS_MAX },
		{ "reader.open", "reader.close", "plans:/budget", RPC_READERS_MAX },
		{ "writer.open", "writer.close", "plans:/budget", RPC_WRITERS_MAX } };
	struct rpc_lane *a = stage.alice;

	(void)state;
	rpc_lane_use(a, stage.s->alice.zt);
	for (size_t k = 0; k < 3; k++) {
		int64_t h = 0;

		for (int i = 0; i < all[k].most; i++)
			h = answer_number(
			    ask(a, all[k].open, "{s:s}", "path", all[k].path), "handle");
		ends(ZT_ERR_TOO_BIG, a, all[k].open, "{s:s}", "path", all[k].path);
		does(a, all[k].close, "{s:I}", "handle", h);
		does(a, all[k].open, "{s:s}", "path", all[k].path);
		ends(ZT_ERR_TOO_BIG, a, all[k].open, "{s:s}", "path", all[k].path);
	}
	rpc_lane_use(a, stage.s->alice.zt); /* closes all */
	for (size_t k = 0; k < 3; k++)
		does(a, all[k].open, "{s:s}", "path", all[k].path);
}

/* A text with N times FILL in its middle. */
static void
refused_filled(enum zt_err err, const char *before, char fill, size_t n, const char *behind)
{
	char *whole = malloc(strlen(before) + n + strlen(behind) + 1), *end;

	assert_non_null(whole);
	end = stpcpy(whole, before);
	memset(end, fill, n);
	end = stpcpy(end + n, behind);
	refused(stage.alice, err, whole, (size_t)(end - whole), 0, NULL);
	free(whole);
}

static void
no_request_is_cut_deep_or_huge(void **state)
{
	static const char good[] =
	    "{\"id\":1,\"method\":\"log.entries\",\"params\":{\"max\":1}}";
	static const char *const bad[] = { "null", "[]", "7", "\"text\"", "{}", "{\"id\":1}",
		"{\"id\":1,\"method\":7,\"params\":{}}",
		"{\"id\":\"1\",\"method\":\"log.head\",\"params\":{}}",
		"{\"id\":-1,\"method\":\"log.head\",\"params\":{}}",
		"{\"id\":1.5,\"method\":\"log.head\",\"params\":{}}",
		"{\"id\":9007199254740992,\"method\":\"log.head\",\"params\":{}}",
		"{\"id\":99999999999999999999,\"method\":\"log.head\",\"params\":{}}",
		"{\"id\":1,\"method\":\"log.head\",\"params\":[]}",
		"{\"id\":1,\"method\":\"log.head\"}",
		"{\"id\":1,\"method\":\"log.head\",\"params\":{},\"more\":1}",
		"{\"id\":1,\"id\":2,\"method\":\"log.head\",\"params\":{}}",
		"{\"id\":1,\"method\":\"log.tail\",\"params\":{}}",
		"{\"id\":1,\"method\":\"\",\"params\":{}}",
		"{\"id\":1,\"method\":\"log.head\\u0000\",\"params\":{}}",
		"{\"id\":1,\"method\":\"people.find\",\"params\":{\"user\":\"a\\u0000b\"}}",
		"{\"id\":1,\"method\":\"people.find\",\"params\":{\"user\":\"\xff\"}}",
		"{\"id\":1,\"method\":\"log.head\",\"params\":{\"\xe2\x80\xae\":1}}" };
	json_t *whole;
	struct rpc_answer a = { 0 };

	(void)state;
	for (size_t n = 0; n < sizeof good - 1; n++)
		refused(stage.alice, ZT_ERR_INVALID, good, n, 0, NULL);
	whole = answer_to(stage.alice, good, sizeof good - 1, NULL, 0, &a);
	assert_non_null(json_object_get(whole, "result"));
	json_decref(whole);
	rpc_answer_free(&a);
	refused(stage.alice, ZT_ERR_INVALID, good, sizeof good, 0, NULL); /* its zero byte */
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		refused(stage.alice, ZT_ERR_INVALID, bad[i], strlen(bad[i]), 0, NULL);
	refused(stage.alice, ZT_ERR_INVALID, bad[16], strlen(bad[16]), 0, "log.tail");
	refused(stage.alice, ZT_ERR_INVALID, "[[[[[[[[[", RPC_DEPTH_MAX + 1, 0, "8");
	refused(stage.alice, ZT_ERR_INVALID, "[[[[[[[[1", RPC_DEPTH_MAX + 1, 0, "9");
	ends(ZT_ERR_NOT_FOUND, stage.alice, "people.find", "{s:s}", "user", "[[[[[[\"[[{{{{{");
	refused_filled(ZT_ERR_INVALID, "{\"id\":1,\"method\":", '[', 100000, "");
	refused_filled(ZT_ERR_INVALID, "", '{', 100000, "");
	refused_filled(ZT_ERR_INVALID, "\"", '\\', 100000, "");
	refused_filled(ZT_ERR_TOO_BIG, good, ' ', RPC_REQUEST_MAX, "");
	refused_filled(ZT_ERR_INVALID, "{\"id\":1,\"method\":\"", 'a', RPC_REQUEST_MAX / 2,
	    "\",\"params\":{}}");
}

/* A host passes on what it cannot judge, and nothing that is no message. */
static void
a_message_is_known_by_its_members(void **state)
{
	static const struct {
		const char *text;
		enum rpc_message_kind kind;
		uint64_t id, ask;
		const char *method, *device;
	} all[] = {
		{ "{\"id\":7,\"method\":\"log.head\",\"params\":{},\"device\":\"a\"}",
		    RPC_REQUEST, 7, 0, "log.head", "a" },
		{ "{\"id\":7,\"method\":\"log.tail\",\"device\":1}", RPC_REQUEST, 7, 0, NULL,
		    "" },
		{ "{\"id\":7,\"method\":\"log.head\"", RPC_OTHER, 0, 0, NULL, "" },
		{ "{\"id\":-7,\"method\":\"log.head\"}", RPC_OTHER, 0, 0, NULL, "" },
		{ "{\"id\":7}", RPC_OTHER, 0, 0, NULL, "" },
		{ "{\"reply\":7,\"ask\":2,\"value\":true}", RPC_REPLY, 7, 2, NULL, "" },
		{ "{\"reply\":7,\"value\":true}", RPC_OTHER, 7, 0, NULL, "" },
		{ "{\"cancel\":7}", RPC_CANCEL, 7, 0, NULL, "" },
		{ "{\"cancel\":\"7\"}", RPC_OTHER, 0, 0, NULL, "" },
		{ "[7]", RPC_OTHER, 0, 0, NULL, "" },
		{ "", RPC_OTHER, 0, 0, NULL, "" },
	};
	char longer[256], key[RPC_KEY_MAX + 1];
	struct rpc_message m;

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		uint8_t *copy = exact_copy(all[i].text, strlen(all[i].text));

		rpc_look((const char *)copy, strlen(all[i].text), &m);
		free(copy);
		assert_int_equal(all[i].kind, m.kind);
		assert_int_equal(all[i].id, m.id);
		assert_int_equal(all[i].ask, m.ask);
		assert_ptr_equal(all[i].method != NULL ? rpc_find(all[i].method) : NULL, m.row);
		assert_string_equal(all[i].device, m.device);
	}
	memset(key, 'k', sizeof key - 1);
	for (int over = 0; over < 2; over++) {
		key[RPC_KEY_MAX - 1 + over] = 0;
		(void)snprintf(longer, sizeof longer,
		    "{\"id\":7,\"method\":\"log.head\",\"device\":\"%s\"}", key);
		rpc_look(longer, strlen(longer), &m);
		assert_int_equal(over == 0 ? RPC_KEY_MAX - 1 : 0, strlen(m.device));
		key[RPC_KEY_MAX - 1] = 'k';
	}
}

/* What nobody runs is answered as what somebody refused. */
static void
what_nobody_runs_is_refused(void **state)
{
	const struct rpc_host host = { .ctx = NULL };
	struct rpc_answer a;
	struct type_fault fault;
	json_t *whole, *error;

	(void)state;
	assert_ok(rpc_refuse(&host, 7, ZT_ERR_RATE, &a));
	whole = json_loadb(a.json, a.n, 0, NULL);
	error = json_object_get(whole, "error");
	assert_int_equal(7, json_integer_value(json_object_get(whole, "id")));
	assert_true(type_check("Failure", true, error, &fault));
	assert_string_equal("RATE", json_string_value(json_object_get(error, "name")));
	assert_string_equal(
	    zt_err_text(ZT_ERR_RATE), json_string_value(json_object_get(error, "sentence")));
	json_decref(whole);
	rpc_answer_free(&a);
}

static void
no_more_content_than_the_bound_is_taken(void **state)
{
	struct rpc_lane *a = stage.alice;
	int64_t h =
	    answer_number(ask(a, "writer.open", "{s:s}", "path", "plans:/big"), "handle");
	json_t *params = json_pack("{s:I,s:i}", "handle", h, "offset", 0);
	char *whole = request_of("writer.write", params), *most = calloc(1, RPC_CONTENT_MAX);

	(void)state;
	assert_non_null(most);
	refused(a, ZT_ERR_TOO_BIG, whole, strlen(whole), RPC_CONTENT_MAX + 1, "4194304");
	assert_int_equal((int64_t)RPC_CONTENT_MAX,
	    answer_number(
		ask_with(a, "writer.write", params, most, RPC_CONTENT_MAX, NULL), "size"));
	does(a, "writer.close", "{s:I}", "handle", h);
	free(most);
	free(whole);
}

static const char *
in_french(const char *english)
{
	return strcmp(english, "there is no method %s") == 0 ? "sans %s" : english;
}

static void
without_a_device_every_method_refuses(void **state)
{
	static const char unknown[] = "{\"id\":3,\"method\":\"no\",\"params\":{}}";
	static const char head[] = "{\"id\":3,\"method\":\"log.head\",\"params\":{}}";
	const struct rpc_host host = { .translate = in_french };
	struct rpc_answer a = { 0 };
	struct rpc_lane *l = NULL;
	json_t *whole;

	(void)state;
	assert_ok(rpc_lane_new(&host, &l));
	refused(l, ZT_ERR_NO_DEVICE, head, sizeof head - 1, 0, "log.head");
	whole = answer_to(l, unknown, sizeof unknown - 1, NULL, 0, &a);
	assert_string_equal("sans no",
	    json_string_value(json_object_get(json_object_get(whole, "error"), "sentence")));
	json_decref(whole);
	rpc_answer_free(&a);
	rpc_lane_free(l);
	rpc_lane_free(NULL);
}

/* ---- memory, and long items ---- */

/* Of jansson's allocations, this one fails, counted down to 0. */
static int64_t left;
static json_malloc_t give;
static json_free_t take_back;

static void *
give_out(size_t n)
{
	return give(left-- == 0 ? JSON_PIECE_MAX + 1 : n);
}

static size_t
handles_open(void)
{
	size_t n = 0;

	for (size_t i = 0; i < HANDLES_MAX; i++)
		n += stage.alice->handles.place[i].kind != HANDLE_NONE;
	return n;
}

/* The answer is MEMORY, in its own words and not in those of an error before. */
static void
is_about_memory(const char *json)
{
	json_t *whole = json_loads(json, 0, NULL), *e = json_object_get(whole, "error");

	assert_int_equal(ZT_ERR_MEMORY, json_integer_value(json_object_get(e, "number")));
	assert_string_equal(
	    zt_err_text(ZT_ERR_MEMORY), json_string_value(json_object_get(e, "english")));
	json_decref(whole);
}

/* Asks TEXT while the NTH allocation fails: the answer is MEMORY, and nothing is open, or
 * WHOLE. Whether there were fewer. */
static bool
lacks_memory_at(const char *text, int64_t nth, const char *whole)
{
	struct rpc_answer a = { .json = (char *)text };
	size_t open;
	enum zt_err err;
	bool done;

	rpc_lane_use(stage.alice, stage.s->alice.zt);
	ends(ZT_ERR_NOT_FOUND, stage.alice, "people.find", "{s:s}", "user", "before");
	stage.alice->host.event = NULL; /* take_event needs memory too */
	stage.alice->handles.last = 99;
	left = nth;
	json_get_alloc_funcs(&give, &take_back);
	json_set_alloc_funcs(give_out, take_back);
	err = rpc_run(stage.alice, text, strlen(text), NULL, 0, &a);
	done = left >= 0;
	left = -1;
	json_set_alloc_funcs(give, take_back);
	stage.alice->host.event = take_event;
	open = handles_open();
	if (err != ZT_OK) {
		assert_err(ZT_ERR_MEMORY, err);
		assert_null(a.json);
	} else if (strcmp(whole, a.json) != 0) {
		is_about_memory(a.json);
	}
	if (err != ZT_OK || strstr(a.json, "\"error\"") != NULL)
		assert_int_equal(0, open);
	rpc_answer_free(&a);
	return done;
}

static void
each_lack_of_memory_is_said(void **state)
{
	char long_name[400] = "";
	json_t *none = json_object(), *one = json_pack("{s:i}", "max", 1),
	       *file = json_pack("{s:s}", "path", "plans:/budget"),
	       *folder = json_pack("{s:s,s:b}", "path", "plans:/in", "details", 1), *nobody;
	char *texts[8];

	(void)state;
	memset(long_name, 'n', sizeof long_name - 1); /* the parser grows */
	nobody = json_pack("{s:s}", "user", long_name);
	texts[0] = request_of("list.open", folder);
	texts[1] = request_of("device.whoami", none);
	texts[2] = request_of("workspaces.list", none);
	texts[3] = request_of("people.find", nobody);
	texts[4] = request_of("organization.people", one);
	texts[5] = request_of("reader.open", file);
	texts[6] = request_of("writer.open", file);
	texts[7] = request_of("files.find", folder);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct rpc_answer a = { 0 };

		rpc_lane_use(stage.alice, stage.s->alice.zt);
		stage.alice->handles.last = 99;
		json_decref(answer_to(stage.alice, texts[i], strlen(texts[i]), NULL, 0, &a));
		for (int64_t nth = 0; !lacks_memory_at(texts[i], nth, a.json); nth++)
			assert_true(nth < 10000);
		rpc_answer_free(&a);
		free(texts[i]);
	}
	json_decref(folder);
	json_decref(none);
	json_decref(nobody);
	json_decref(one);
	json_decref(file);
}

/* A page of an open folder is asked for again, whatever was lacking. */
static void
no_entry_of_a_folder_is_lost_with_memory(void **state)
{
	int64_t h = answer_number(
	    ask(stage.alice, "list.open", "{s:s,s:b}", "path", "plans:/in", "details", 1),
	    "handle");
	json_t *params = json_pack("{s:I,s:i}", "handle", h, "max", 2);
	char *text = request_of("list.next", params);
	bool done = false;

	(void)state;
	json_decref(params);
	for (int64_t nth = 0; !done; nth++) {
		struct rpc_answer a = { 0 };
		enum zt_err err;

		json_decref(ask(stage.alice, "list.next", "{s:I,s:i,s:i}", "handle", h, "from",
		    0, "max", 1));
		left = nth;
		json_get_alloc_funcs(&give, &take_back);
		json_set_alloc_funcs(give_out, take_back);
		err = rpc_run(stage.alice, text, strlen(text), NULL, 0, &a);
		done = left >= 0;
		left = -1;
		json_set_alloc_funcs(give, take_back);
		if (err == ZT_OK && strstr(a.json, "\"error\"") == NULL)
			assert_non_null(strstr(a.json, "\"b\""));
		rpc_answer_free(&a);
		assert_true(nth < 10000);
	}
	free(text);
	does(stage.alice, "list.close", "{s:I}", "handle", h);
}

/* ---- what is wiped ---- */

void __real_free(void *p);
void __wrap_free(void *p);

static const char *watched; /* a secret that must not be in what is freed */
static size_t freed;        /* pieces that were large enough */

void
__wrap_free(void *p)
{
	size_t n = p != NULL && watched != NULL ? malloc_usable_size(p) : 0;

	if (n > strlen(watched != NULL ? watched : "")) {
		freed++;
		if (memmem(p, n, watched, strlen(watched)) != NULL)
			watched = NULL; /* found: fails below, outside of free */
	}
	__real_free(p);
}

/* Neither the texts of a request nor an answer's stay in memory that was given back. */
static void
what_was_freed_has_no_secret(void **state)
{
	static const char secret[] = "correct horse battery staple";
	const struct rpc_host host = { .ctx = NULL };
	struct rpc_answer a = { 0 };
	struct rpc_lane *l = NULL;
	char text[256];

	(void)state;
	(void)snprintf(text, sizeof text,
	    "{\"id\":7,\"method\":\"people.find\",\"params\":{\"user\":\"%s\"}}", secret);
	assert_ok(rpc_lane_new(&host, &l));
	watched = secret;
	freed = 0;
	assert_ok(rpc_run(l, text, strlen(text), NULL, 0, &a)); /* without a device */
	rpc_answer_free(&a);
	(void)snprintf(text, sizeof text, "{\"id\":7,\"method\":\"%s\",\"params\":{}}", secret);
	assert_ok(rpc_run(l, text, strlen(text), NULL, 0, &a)); /* which the refusal quotes */
	rpc_answer_free(&a);
	assert_ptr_equal(secret, watched);
	watched = NULL;
	assert_true(freed > 0);
	rpc_lane_free(l);
}

/* ---- replies ---- */

/* What the page's person says next. */
static const char *reply;
static enum zt_err reply_err;
static unsigned questions;

static enum zt_err
say(void *ctx, const struct rpc_question *q, char **out, size_t *n)
{
	(void)ctx;
	(void)q;
	questions++;
	if (reply != NULL) {
		*n = strlen(reply);
		*out = (char *)exact_copy(reply, *n);
	}
	return reply_err;
}

static bool
still_runs(void *arg)
{
	(void)arg;
	return true;
}

/* A call whose first question is number 1 of the request 7. */
static struct call
call_that_asks(struct rpc_lane *l)
{
	*l = (struct rpc_lane){ .host = { .ask = say }, .request = json_integer(7) };
	questions = 0;
	return (struct call){ .lane = l };
}

/* Any bytes may be the reply to a question: what is none ends the call, and says no. */
static void
replies_are_judged(void **state)
{
	static const char *const choices[4] = { "AAAA", "BBBB", "CCCC", "DDDD" };
	static const struct {
		const char *reply;
		int picked;
		enum zt_err err, asked;
	} all[] = { { "{\"reply\":7,\"ask\":1,\"value\":0}", 0, ZT_OK, ZT_OK },
		{ "{\"reply\":7,\"ask\":1,\"value\":3}", 3, ZT_OK, ZT_OK },
		{ "{\"reply\":7,\"ask\":1,\"value\":-1}", -1, ZT_OK, ZT_OK },
		{ "{\"reply\":7,\"ask\":1,\"value\":-2}", -2, ZT_OK, ZT_OK },
		{ "{\"reply\":7,\"ask\":1,\"value\":4}", -2, ZT_OK, ZT_ERR_INVALID },
		{ "{\"reply\":7,\"ask\":1,\"value\":-3}", -2, ZT_OK, ZT_ERR_INVALID },
		{ "{\"reply\":7,\"ask\":1,\"value\":4294967296}", -2, ZT_OK, ZT_ERR_INVALID },
		{ "{\"reply\":7,\"ask\":1,\"value\":1.5}", -2, ZT_OK, ZT_ERR_INVALID },
		{ "{\"reply\":7,\"ask\":1,\"value\":\"0\"}", -2, ZT_OK, ZT_ERR_INVALID },
		{ "{\"reply\":7,\"ask\":1,\"value\":null}", -2, ZT_OK, ZT_ERR_INVALID },
		{ "{\"reply\":7,\"ask\":1}", -2, ZT_OK, ZT_ERR_INVALID },
		{ "{\"reply\":7,\"ask\":2,\"value\":0}", -2, ZT_OK, ZT_ERR_INVALID },
		{ "{\"reply\":8,\"ask\":1,\"value\":0}", -2, ZT_OK, ZT_ERR_INVALID },
		{ "{\"reply\":7,\"ask\":1,\"value\":0,\"more\":1}", -2, ZT_OK, ZT_ERR_INVALID },
		{ "{\"reply\":7,\"ask\":1,\"value\":0", -2, ZT_OK, ZT_ERR_INVALID },
		{ "", -2, ZT_OK, ZT_ERR_INVALID }, { "[[[[[[[[[[", -2, ZT_OK, ZT_ERR_INVALID },
		{ NULL, -2, ZT_OK, ZT_OK },
		{ NULL, -2, ZT_ERR_INTERRUPTED, ZT_ERR_INTERRUPTED } };

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct rpc_lane l;
		struct call c = call_that_asks(&l);
		struct zt_codes codes;
		const char *profile = "standard";

		rpc_codes(&c, &codes);
		assert_false(codes.waiting(codes.ctx));
		reply = all[i].reply;
		reply_err = all[i].err;
		assert_int_equal(
		    all[i].picked, codes.pick(codes.ctx, choices, still_runs, NULL));
		assert_err(all[i].asked, c.asked);
		assert_err(all[i].asked != ZT_OK ? all[i].asked : ZT_ERR_GONE,
		    rpc_asked(&c, ZT_ERR_GONE));
		assert_ok(rpc_asked(&c, ZT_OK));
		if (all[i].asked != ZT_OK) { /* it stops, and nobody is asked more */
			assert_true(codes.waiting(codes.ctx));
			assert_false(codes.accept(codes.ctx, "", "", "", "", &profile));
			assert_err(
			    all[i].asked, call_quote(&c, ZT_ERR_ABORTED, "the other has gone"));
			assert_int_equal(1, questions);
		}
		json_decref(l.request);
	}
	reply_err = ZT_OK;
}

static void
only_a_plain_yes_is_one(void **state)
{
	static const struct {
		const char *value;
		bool yes;
		const char *profile;
	} all[] = { { "{\"accept\":true}", true, "standard" },
		{ "{\"accept\":true,\"profile\":\"admin\"}", true, "admin" },
		{ "{\"accept\":false,\"profile\":\"admin\"}", false, "admin" },
		{ "{\"accept\":true,\"profile\":\"owner\"}", false, "standard" },
		{ "{\"accept\":1}", false, "standard" },
		{ "{\"accept\":\"true\"}", false, "standard" }, { "{}", false, "standard" },
		{ "true", false, "standard" } };
	char text[128];

	(void)state;
	for (size_t i = 0; i < 2 * sizeof all / sizeof all[0]; i++) {
		bool is_device = i % 2 == 1;
		struct rpc_lane l;
		struct call c = call_that_asks(&l);
		struct zt_codes codes;
		const char *profile = is_device ? NULL : "standard";

		(void)snprintf(text, sizeof text, "{\"reply\":7,\"ask\":1,\"value\":%s}",
		    all[i / 2].value);
		reply = text;
		rpc_codes(&c, &codes);
		assert_int_equal(
		    all[i / 2].yes, codes.accept(codes.ctx, "a@b", "A", "phone", "", &profile));
		if (is_device)
			assert_null(profile);
		else
			assert_string_equal(all[i / 2].profile, profile);
		json_decref(l.request);
	}
	for (int yes = 0; yes < 2; yes++) {
		struct rpc_lane l;
		struct call c = call_that_asks(&l);
		struct zt_codes codes;

		reply = yes != 0 ? "{\"reply\":7,\"ask\":1,\"value\":true}"
				 : "{\"reply\":7,\"ask\":1,\"value\":{\"accept\":true}}";
		rpc_codes(&c, &codes);
		assert_int_equal(yes, codes.help(codes.ctx, "a@b", "A", "phone"));
		json_decref(l.request);
	}
}

static void
a_page_of_long_items_ends_before_its_bound(void **state)
{
	struct call c = { .params = json_object() };
	struct page p;
	char item[100001];

	(void)state;
	memset(item, 'i', sizeof item - 1);
	item[sizeof item - 1] = 0;
	page_begin(&p, &c);
	for (int i = 0; i < 30; i++)
		if (page_wants(&p))
			page_add(&p, json_pack("{s:s}", "i", item));
	assert_ok(page_end(&p, &c, ZT_OK, "items"));
	assert_int_equal(11, json_integer_value(json_object_get(c.result, "next")));
	assert_int_equal(11, answer_count(c.result, "items"));
	json_decref((json_t *)c.params);
}

/* ---- the types of answers ---- */

static void
is_of(bool wanted, const char *type, const char *json, const char *where)
{
	json_t *v = json_loads(json, JSON_DECODE_ANY, NULL);
	struct type_fault fault;

	assert_non_null(v);
	if (type_check(type, false, v, &fault) != wanted)
		fail_msg("%s, %s: %s", type, json, fault.where);
	if (where != NULL)
		assert_string_equal(where, fault.where);
	json_decref(v);
}

static void
types_are_checked(void **state)
{
	(void)state;
	is_of(true, "string", "\"a\"", NULL);
	is_of(false, "string", "7", "");
	is_of(true, "number", "-9007199254740991", NULL);
	is_of(false, "number", "9007199254740992", NULL);
	is_of(false, "number", "1.5", NULL);
	is_of(true, "number | 'newest'", "\"newest\"", NULL);
	is_of(true, "number | 'newest'", "5", NULL);
	is_of(false, "number | 'newest'", "\"newes\"", NULL);
	is_of(false, "number | 'newest'", "true", NULL);
	is_of(true, "{ a?: number; b: Role[] }", "{\"b\":[]}", NULL);
	is_of(
	    true, "{ a?: number; b: Role[] }", "{\"b\":[\"owner\",\"reader\"],\"a\":1}", NULL);
	is_of(false, "{ a?: number; b: Role[] }", "{\"b\":[\"owner\",\"none\"]}", "b[1]");
	is_of(false, "{ a?: number; b: Role[] }", "{\"a\":1}", "b");
	is_of(false, "{ a?: number; b: Role[] }", "{\"b\":[],\"c\":1}", "c");
	is_of(false, "{ a?: number; b: Role[] }", "{\"b\":[],\"a\":null}", "a");
	is_of(false, "{ a: { b: string }[] }", "{\"a\":[{\"b\":\"\"},{\"b\":\"\",\"d\":1}]}",
	    "a[1].d");
	is_of(false, "{ a: { b: string }[] }", "{\"a\":{}}", "a");
	is_of(false, "{ a: { b: string }[] }", "[]", "");
}

static int
begin(void **state)
{
	int rc = stage_begin(state);

	ask_write(stage.alice, "plans:/budget", "another");
	does(stage.alice, "files.makeFolder", "{s:s}", "path", "plans:/in");
	ask_write(stage.alice, "plans:/in/a", "five.");
	ask_write(stage.alice, "plans:/in/b", "");
	return rc;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_checked),
		cmocka_unit_test(no_other_handle_is_taken),
		cmocka_unit_test(no_more_handles_than_the_bound_are_open),
		cmocka_unit_test(no_request_is_cut_deep_or_huge),
		cmocka_unit_test(a_message_is_known_by_its_members),
		cmocka_unit_test(what_nobody_runs_is_refused),
		cmocka_unit_test(no_more_content_than_the_bound_is_taken),
		cmocka_unit_test(without_a_device_every_method_refuses),
		cmocka_unit_test(each_lack_of_memory_is_said),
		cmocka_unit_test(no_entry_of_a_folder_is_lost_with_memory),
		cmocka_unit_test(what_was_freed_has_no_secret),
		cmocka_unit_test(replies_are_judged),
		cmocka_unit_test(only_a_plain_yes_is_one),
		cmocka_unit_test(a_page_of_long_items_ends_before_its_bound),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, begin, stage_end);
}
