/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rpc.c - the one door of every method: size, depth, JSON, row, parameters, then the method.
 * The frame asks, and the method acts: no method sees a parameter that is not of its row. */
#include "rpc/rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/call.h"
#include "rpc/encode.h"
#include "rpc/types.h"

static const struct rpc_row rows[] = {
#define METHOD(id, method, lane, content, params, result, about)                               \
	{ method, RPC_##lane, RPC_##content, params, result, about },
#include "rpc/methods.def"
};

static enum zt_err (*const methods[])(struct call *c) = {
#define METHOD(id, method, lane, content, params, result, about) method_##id,
#include "rpc/methods.def"
};

const struct rpc_row *
rpc_row_at(size_t index)
{
	return index < sizeof rows / sizeof rows[0] ? &rows[index] : NULL;
}

const struct rpc_row *
rpc_find(const char *method)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].method, method) == 0)
			return &rows[i];
	return NULL;
}

/* Whether TEXT nests deeper than a request may: known before the parser, which recurses, sees
 * it. */
static bool
is_deep(const char *text, size_t n)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < n; i++) {
		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && (text[i] == '{' || text[i] == '['))
			depth++;
		else if (!quoted && (text[i] == '}' || text[i] == ']') && depth > 0)
			depth--;
		if (depth > RPC_DEPTH_MAX)
			return true;
	}
	return false;
}

const struct rpc_row *
rpc_row_of(const char *request, size_t n)
{
	json_t *read = NULL;
	const char *method;
	const struct rpc_row *row;

	if (n <= RPC_REQUEST_MAX && !is_deep(request, n))
		read = json_loadb(request, n, JSON_REJECT_DUPLICATES, NULL);
	method = json_string_value(json_object_get(read, "method"));
	row = method != NULL ? rpc_find(method) : NULL;
	json_decref(read);
	return row;
}

/* ---- lanes ---- */

enum zt_err
rpc_lane_new(const struct rpc_host *host, struct rpc_lane **out)
{
	struct rpc_lane *l = calloc(1, sizeof *l);

	if (l == NULL)
		return ZT_ERR_MEMORY;
	l->host = *host;
	*out = l;
	return ZT_OK;
}

static void
hear_work(void *ctx, enum zt_work what, uint64_t done, uint64_t total)
{
	static const char *const kinds[] = { [ZT_WORK_VERIFY_LOG] = "log",
		[ZT_WORK_VERIFY_HISTORY] = "history",
		[ZT_WORK_WRAP_KEYS] = "keys" };

	lane_event(ctx, "work",
	    json_pack("{s:s,s:o,s:o}", "kind", kinds[what], "done", encode_number(done),
		"total", encode_number(total)));
}

static void
hear_damaged(void *ctx, const char *path, const char *what)
{
	lane_event(ctx, "damaged",
	    json_pack("{s:o,s:o}", "path", encode_text(path), "what", encode_text(what)));
}

void
rpc_lane_hear(struct rpc_lane *l, struct zt_options *o)
{
	o->translate = l->host.translate;
	o->progress = hear_work;
	o->progress_ctx = l;
	o->damaged = hear_damaged;
	o->damaged_ctx = l;
}

void
rpc_lane_use(struct rpc_lane *l, struct zt *z)
{
	handles_close(&l->handles);
	l->z = z;
}

void
rpc_lane_free(struct rpc_lane *l)
{
	if (l == NULL)
		return;
	handles_close(&l->handles);
	free(l);
}

/* ---- the request ---- */

/* Whether there is memory to parse N bytes. jansson's parser drops a byte of a text where it
 * finds none, and continues: a path would be another. */
static bool
has_memory(size_t n)
{
	void *volatile room = malloc(64 * 1024 + 32 * n); /* or a compiler leaves it out */

	free(room);
	return room != NULL;
}

/* Sets *OUT to the request of TEXT, which the caller gives to json_decref. */
static enum zt_err
read_request(struct call *c, const char *text, size_t n, json_t **out)
{
	json_error_t e;

	if (n > RPC_REQUEST_MAX)
		return call_refuse_number(
		    c, ZT_ERR_TOO_BIG, "the request has more than %s bytes", RPC_REQUEST_MAX);
	if (is_deep(text, n))
		return call_refuse_number(
		    c, ZT_ERR_INVALID, "the request has more than %s levels", RPC_DEPTH_MAX);
	if (!has_memory(n))
		return ZT_ERR_MEMORY;
	if ((*out = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e)) != NULL)
		return ZT_OK;
	if (json_error_code(&e) == json_error_unknown) /* it has no other word for that */
		return ZT_ERR_MEMORY;
	return call_refuse_number(
	    c, ZT_ERR_INVALID, "the request is no JSON at byte %s", (uint64_t)e.position);
}

/* Refuses VALUE, unless it is of TYPE; IN names it in the refusal, and may be "". */
static enum zt_err
check_type(struct call *c, const char *type, const json_t *value, const char *in)
{
	struct type_fault fault;
	char where[sizeof fault.where + 16];

	if (type_check(type, true, value, &fault))
		return ZT_OK;
	(void)snprintf(where, sizeof where, "%s%s%s", in,
	    in[0] != 0 && fault.where[0] != 0 ? "." : "",
	    in[0] == 0 && fault.where[0] == 0 ? "request" : fault.where);
	switch (fault.kind) {
	case TYPE_MISSING:
		return call_refuse(c, ZT_ERR_INVALID, "the parameter %s is missing", where);
	case TYPE_UNKNOWN:
		return call_refuse(c, ZT_ERR_INVALID, "there is no parameter %s", where);
	case TYPE_OTHER:
		break;
	}
	return call_refuse(
	    c, ZT_ERR_INVALID, "the parameter %s is not of the type that it must be", where);
}

static enum zt_err
check_content(struct call *c, const struct rpc_row *row)
{
	if (c->content_n > RPC_CONTENT_MAX)
		return call_refuse_number(
		    c, ZT_ERR_TOO_BIG, "the content has more than %s bytes", RPC_CONTENT_MAX);
	if (c->content_n > 0 && row->content != RPC_TAKES)
		return call_refuse(
		    c, ZT_ERR_INVALID, "the method %s takes no content", row->method);
	return ZT_OK;
}

/* The method that REQUEST names, with parameters of its row: calls it. */
static enum zt_err
run(struct call *c, const json_t *request)
{
	const json_t *method = json_object_get(request, "method");
	const struct rpc_row *row;
	enum zt_err err;

	/* The members are looked at first, and the parameters once their type is known. */
	if ((err = check_type(c, "{ id: number; method: string; params: Any }", request, "")))
		return err;
	row = rpc_find(json_string_value(method));
	if (row == NULL)
		return call_refuse(
		    c, ZT_ERR_INVALID, "there is no method %s", json_string_value(method));
	c->params = json_object_get(request, "params");
	if ((err = check_type(c, row->params, c->params, "params")) ||
	    (err = check_content(c, row)))
		return err;
	if (c->z == NULL)
		return call_refuse(
		    c, ZT_ERR_NOT_FOUND, "no device is open for the method %s", row->method);
	return methods[row - rows](c);
}

/* ---- the answer ---- */

/* ERR of C in parts, as zt_error_of has them. */
static json_t *
encode_error(const struct call *c, enum zt_err err)
{
	struct zt_error e = { .number = err, .sentence = "", .english = zt_err_text(err) };
	char sentence[512] = "";
	json_t *parameters = json_array();

	if (c->english != NULL) {
		e.english = c->english;
		e.parameter[e.count++] = c->parameter;
	} else if (c->z != NULL) {
		zt_error_of(c->z, err, &e);
	}
	if (e.sentence[0] == 0) {
		encode_sentence(lane_words(c->lane, e.english),
		    e.count > 0 ? e.parameter[0] : NULL, sentence, sizeof sentence);
		e.sentence = sentence;
	}
	for (size_t i = 0; i < e.count; i++)
		if (json_array_append_new(parameters, encode_text(e.parameter[i])) != 0) {
			json_decref(parameters);
			return NULL;
		}
	return json_pack("{s:i,s:s,s:o,s:o,s:o,s:b}", "number", (int)err, "name",
	    zt_err_name(err), "sentence", encode_text(e.sentence), "english",
	    encode_text(e.english), "parameters", parameters, "retry", zt_err_retry(err));
}

static enum zt_err
write_answer(struct call *c, enum zt_err err, struct rpc_answer *out)
{
	json_t *id = c->lane->request, *whole;
	size_t n = 0;
	char *text;

	if (err == ZT_OK && c->result == NULL && (c->result = json_object()) == NULL)
		err = ZT_ERR_MEMORY;
	whole = err == ZT_OK ? json_pack("{s:O,s:O}", "id", id, "result", c->result)
			     : json_pack("{s:O?,s:o}", "id", id, "error", encode_error(c, err));
	text = whole != NULL ? encode_json(whole, &n) : NULL;
	json_decref(whole);
	if (text == NULL)
		return ZT_ERR_MEMORY;
	*out = (struct rpc_answer){ .json = text, .n = n };
	if (err == ZT_OK) {
		out->content = c->given;
		out->content_n = c->given_n;
		c->given = NULL;
	}
	return ZT_OK;
}

enum zt_err
rpc_run(struct rpc_lane *l, const char *request, size_t n, const void *content,
    size_t content_n, struct rpc_answer *out)
{
	struct call c = { .lane = l, .z = l->z, .content = content, .content_n = content_n };
	json_t *read = NULL, *id;
	enum zt_err err;

	if ((err = read_request(&c, request, n, &read)) == ZT_OK) {
		struct type_fault fault;

		id = json_object_get(read, "id");
		l->request = type_check("number", true, id, &fault) ? id : NULL;
		err = run(&c, read);
	}
	err = write_answer(&c, err, out);
	l->request = NULL;
	json_decref(c.result);
	json_decref(read);
	free(c.given);
	return err;
}

void
rpc_answer_free(struct rpc_answer *a)
{
	free(a->json);
	free(a->content);
	*a = (struct rpc_answer){ .json = NULL };
}
