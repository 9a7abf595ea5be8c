/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ask.h"

#include <pthread.h>
#include <stdio.h>

struct stage stage;

void
take_event(void *ctx, const char *json, size_t n)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* two may act at once */
	json_t *e = json_loadb(json, n, 0, NULL);
	struct type_fault fault;
	const char *type;

	(void)ctx;
	assert_non_null(e);
	assert_int_equal(0, json[n]);
	assert_non_null(type = type_of_event(json_string_value(json_object_get(e, "event"))));
	if (!type_check(type, true, json_object_get(e, "data"), &fault))
		fail_msg("%s: not of the type %s at %s", json, type, fault.where);
	assert_non_null(json_object_get(e, "request")); /* null: outside of a request */
	(void)pthread_mutex_lock(&lock);
	assert_int_equal(0, json_array_append_new(stage.events, e));
	(void)pthread_mutex_unlock(&lock);
}

bool
event_came(const char *event)
{
	bool is = false;
	size_t i;
	json_t *e;

	json_array_foreach(stage.events, i, e)
	{
		is |= strcmp(event, json_string_value(json_object_get(e, "event"))) == 0;
	}
	json_array_clear(stage.events);
	return is;
}

json_t *
answer_to(struct rpc_lane *l, const char *text, size_t n, const void *content, size_t content_n,
    struct rpc_answer *out)
{
	uint8_t *copy = exact_copy(text, n);
	json_t *whole;

	assert_ok(rpc_run(l, (const char *)copy, n, content, content_n, out));
	free(copy);
	assert_int_equal(strlen(out->json), out->n);
	whole = json_loadb(out->json, out->n, 0, NULL);
	assert_non_null(whole);
	return whole;
}

void
refused(struct rpc_lane *l, enum zt_err err, const char *text, size_t n, size_t content_n,
    const char *named)
{
	struct rpc_answer a = { 0 };
	uint8_t *content = exact_copy("", 0);
	json_t *whole, *error;
	struct type_fault fault;

	content = realloc(content, content_n + 1);
	assert_non_null(content);
	memset(content, 0, content_n + 1);
	whole = answer_to(l, text, n, content, content_n, &a);
	error = json_object_get(whole, "error");
	if (!type_check("Failure", true, error, &fault))
		fail_msg("%.200s: no error: %s", a.json, fault.where);
	assert_err(err, (enum zt_err)json_integer_value(json_object_get(error, "number")));
	assert_true(json_string_length(json_object_get(error, "sentence")) > 0);
	if (named != NULL)
		assert_string_equal(named,
		    json_string_value(json_array_get(json_object_get(error, "parameters"), 0)));
	assert_null(a.content);
	json_decref(whole);
	rpc_answer_free(&a);
	free(content);
}

char *
request_of(const char *method, const json_t *params)
{
	json_t *whole = json_pack("{s:i,s:s,s:O}", "id", 7, "method", method, "params", params);
	char *text = json_dumps(whole, JSON_COMPACT);

	assert_non_null(text);
	json_decref(whole);
	return text;
}

static void
refused_params(struct rpc_lane *l, const struct rpc_row *row, const json_t *params,
    const char *member, size_t content_n)
{
	char *text = request_of(row->method, params), named[64] = "";

	if (member != NULL)
		(void)snprintf(named, sizeof named, "params.%s", member);
	refused(l, ZT_ERR_INVALID, text, strlen(text), content_n,
	    member != NULL ? named : row->method);
	free(text);
}

/* What differs from good PARAMS in one member is refused, and nothing is done. */
static void
neighbours_are_refused(struct rpc_lane *l, const struct rpc_row *row, json_t *params)
{
	json_t *other = json_deep_copy(params), *member;
	struct type_fault fault;
	const char *key;

	json_object_set_new(other, "unknown", json_integer(1));
	refused_params(l, row, other, "unknown", 0);
	json_object_foreach(params, key, member)
	{
		json_decref(other);
		other = json_deep_copy(params);
		json_object_set_new(
		    other, key, json_is_array(member) ? json_true() : json_array());
		refused_params(l, row, other, key, 0);
		json_object_del(other, key);
		if (!type_check(row->params, true, other, &fault))
			refused_params(l, row, other, key, 0);
		if (json_is_integer(member)) {
			json_object_set_new(other, key, json_integer(-1));
			refused_params(l, row, other, key, 0);
		}
	}
	if (row->content != RPC_TAKES)
		refused_params(l, row, params, NULL, 1);
	json_decref(other);
}

const struct rpc_row *
row_of(const char *method, json_t *params)
{
	const struct rpc_row *row = rpc_find(method);
	struct type_fault fault;

	if (row == NULL)
		fail_msg("there is no method %s", method);
	if (!type_check(row->params, true, params, &fault))
		fail_msg("%s: not of the type of its params: %s", method, fault.where);
	json_decref(stage.asked[row - rpc_row_at(0)]);
	stage.asked[row - rpc_row_at(0)] = json_incref(params);
	return row;
}

json_t *
ask_with(struct rpc_lane *l, const char *method, json_t *params, const void *content,
    size_t content_n, struct rpc_answer *given)
{
	const struct rpc_row *row = row_of(method, params);
	struct rpc_answer a = { 0 };
	struct type_fault fault;
	json_t *whole, *result;
	char *text = request_of(method, params);

	neighbours_are_refused(l, row, params);
	whole = answer_to(l, text, strlen(text), content, content_n, &a);
	result = json_object_get(whole, "result");
	if (result == NULL || !type_check(row->result, false, result, &fault))
		fail_msg("%s: %.400s is not of the type %s at %s", method, a.json, row->result,
		    result != NULL ? fault.where : "error");
	assert_int_equal(7, json_integer_value(json_object_get(whole, "id")));
	assert_true((a.content != NULL) == (row->content == RPC_GIVES));
	json_incref(result);
	json_decref(whole);
	json_decref(params);
	free(text);
	if (given != NULL)
		*given = a;
	else
		rpc_answer_free(&a);
	return result;
}

static json_t *
params_of(const char *format, va_list args)
{
	json_error_t e;
	json_t *params = json_vpack_ex(&e, 0, format, args);

	if (params == NULL)
		fail_msg("%s: %s", format, e.text);
	return params;
}

json_t *
ask(struct rpc_lane *l, const char *method, const char *format, ...)
{
	va_list args;
	json_t *params;

	va_start(args, format);
	params = params_of(format, args);
	va_end(args);
	return ask_with(l, method, params, NULL, 0, NULL);
}

void
does(struct rpc_lane *l, const char *method, const char *format, ...)
{
	va_list args;
	json_t *params;

	va_start(args, format);
	params = params_of(format, args);
	va_end(args);
	json_decref(ask_with(l, method, params, NULL, 0, NULL));
}

void
ends(enum zt_err err, struct rpc_lane *l, const char *method, const char *format, ...)
{
	va_list args;
	json_t *params;
	char *text;

	va_start(args, format);
	params = params_of(format, args);
	va_end(args);
	(void)row_of(method, params);
	text = request_of(method, params);
	refused(l, err, text, strlen(text), 0, NULL);
	free(text);
	json_decref(params);
}

/* ---- looking at a result, which each of these forgets ---- */

int64_t
answer_number(json_t *result, const char *name)
{
	json_t *n = json_object_get(result, name);
	int64_t is = json_integer_value(n);

	assert_true(json_is_integer(n));
	json_decref(result);
	return is;
}

void
answer_text(json_t *result, const char *name, char *out, size_t size)
{
	const char *is = json_string_value(json_object_get(result, name));

	assert_non_null(is);
	(void)snprintf(out, size, "%s", is);
	json_decref(result);
}

json_t *
answer_item(json_t *result, const char *list, const char *key, const char *value)
{
	json_t *found = NULL, *one;
	size_t i;

	json_array_foreach(json_object_get(result, list), i,
	    one) if (strcmp(value, json_string_value(json_object_get(one, key))) == 0)
	{
		assert_null(found);
		found = json_incref(one);
	}
	json_decref(result);
	return found;
}

void
answer_has(json_t *result, const char *list, const char *key, const char *value)
{
	json_t *one = answer_item(result, list, key, value);

	if (one == NULL)
		fail_msg("no %s of %s is %s", key, list, value);
	json_decref(one);
}

size_t
answer_count(json_t *result, const char *list)
{
	size_t n = json_array_size(json_object_get(result, list));

	json_decref(result);
	return n;
}

int64_t
ask_write(struct rpc_lane *l, const char *path, const char *content)
{
	int64_t h = answer_number(ask(l, "writer.open", "{s:s}", "path", path), "handle"),
		version;

	assert_int_equal(strlen(content),
	    answer_number(
		ask_with(l, "writer.write", json_pack("{s:I,s:i}", "handle", h, "offset", 0),
		    content, strlen(content), NULL),
		"size"));
	version =
	    answer_number(ask(l, "writer.commit", "{s:I,s:s,s:I,s:i}", "handle", h, "how",
			      "orConflict", "modified", (int64_t)1700000000123, "mode", 0600),
		"version");
	does(l, "writer.close", "{s:I}", "handle", h);
	return version;
}

void
ask_reads(struct rpc_lane *l, int64_t handle, int64_t offset, int64_t n, const char *wanted)
{
	struct rpc_answer a = { 0 };
	json_t *r = ask_with(l, "reader.read",
	    json_pack("{s:I,s:I,s:I}", "handle", handle, "offset", offset, "size", n), NULL, 0,
	    &a);

	assert_int_equal(strlen(wanted), answer_number(r, "size"));
	assert_int_equal(strlen(wanted), a.content_n);
	assert_memory_equal(wanted, a.content, a.content_n);
	rpc_answer_free(&a);
}

static bool
is_confirmed(void *ctx)
{
	(void)ctx;
	return !stage.is_unconfirmed;
}

/* A lane of P, whose device is opened again with the events of that lane. */
static struct rpc_lane *
lane_of(struct person *p)
{
	const struct rpc_host host = { .event = take_event, .is_confirmed = is_confirmed };
	struct rpc_lane *l = NULL;

	assert_ok(rpc_lane_new(&host, &l));
	person_close(p);
	rpc_lane_hear(l, &p->o);
	person_open(p);
	rpc_lane_use(l, p->zt);
	return l;
}

int
stage_begin(void **state)
{
	int rc = scene_begin(state);

	stage = (struct stage){ .s = *state, .events = json_array() };
	stage.alice = lane_of(&stage.s->alice);
	stage.bob = lane_of(&stage.s->bob);
	assert_ok(zt_workspace_create(stage.s->alice.zt, "plans"));
	return rc;
}

int
stage_end(void **state)
{
	rpc_lane_free(stage.alice);
	rpc_lane_free(stage.bob);
	for (size_t i = 0; i < ROWS_MOST; i++)
		json_decref(stage.asked[i]);
	json_decref(stage.events);
	return scene_end(state);
}
