/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "rpc/call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/encode.h"
#include "rpc/person.h"
#include "rpc/types.h"
#include "zt/file.h"
#include "zt/text.h"

enum { PAGE_USUAL = 200, PAGE_MOST = 1000 };

enum zt_err
call_refuse(struct call *c, enum zt_err err, const char *english, const char *parameter)
{
	char some[ZT_SHOWN];
	size_t at = 0, n;

	c->english = english;
	/* What a request names may be anything. */
	while ((n = zt_show(&parameter, ZT_SHOW_PLAIN, some)) > 0 &&
	       n < sizeof c->parameter - at) {
		memcpy(c->parameter + at, some, n);
		at += n;
	}
	c->parameter[at] = 0;
	return err;
}

enum zt_err
call_refuse_number(struct call *c, enum zt_err err, const char *english, uint64_t parameter)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%" PRIu64, parameter);
	return call_refuse(c, err, english, text);
}

enum zt_err
call_lack_memory(struct call *c)
{
	return call_refuse(c, ZT_ERR_MEMORY, zt_err_text(ZT_ERR_MEMORY), "");
}

enum zt_err
call_quote(struct call *c, enum zt_err err, const char *message)
{
	if (c->asked != ZT_OK)
		return rpc_asked(c, err);
	if (message[0] == 0 || strcmp(message, zt_err_text(err)) == 0)
		return call_refuse(c, err, zt_err_text(err), "");
	(void)snprintf(c->sentence, sizeof c->sentence, "%s", message);
	/* The sentence is its own parameter, which a page words where its catalogue has it. */
	return call_refuse(c, err, "%s", message);
}

enum zt_err
call_check(
    struct call *c, const char *type, bool from_zero, const json_t *value, const char *in)
{
	struct type_fault fault;
	char where[sizeof fault.where + 16];

	if (type_check(type, from_zero, value, &fault))
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

enum zt_err
call_answer(struct call *c, enum zt_err err, json_t *result)
{
	if (err == ZT_OK && result == NULL)
		err = call_lack_memory(c);
	if (err != ZT_OK) {
		json_decref(result);
		return err;
	}
	json_decref(c->result);
	c->result = result;
	return ZT_OK;
}

/* ---- the answer ---- */

/* ERR of C in parts, as zt_error_of has them. */
static json_t *
encode_error(const struct call *c, enum zt_err err)
{
	struct zt_error e = {
		.number = err, .sentence = c->sentence, .english = zt_err_text(err)
	};
	char sentence[512] = "";
	json_t *parameters = json_array();

	if (c->english != NULL) {
		e.english = c->english;
		if (strstr(c->english, "%s") != NULL)
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

enum zt_err
call_write(struct call *c, enum zt_err err, struct rpc_answer *out)
{
	json_t *id = c->lane->request, *whole;
	size_t n = 0;
	char *text;

	if (err == ZT_OK && c->result == NULL && (c->result = json_object()) == NULL)
		err = call_lack_memory(c);
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

/* ---- parameters ---- */

const char *
call_text(const struct call *c, const char *name)
{
	return json_string_value(json_object_get(c->params, name));
}

uint64_t
call_number(const struct call *c, const char *name, uint64_t fallback)
{
	const json_t *v = json_object_get(c->params, name);

	return json_is_integer(v) ? (uint64_t)json_integer_value(v) : fallback;
}

bool
call_flag(const struct call *c, const char *name)
{
	return json_is_true(json_object_get(c->params, name));
}

const char *
lane_words(const struct rpc_lane *l, const char *english)
{
	return l->host.translate != NULL ? l->host.translate(english) : english;
}

void
lane_event(struct rpc_lane *l, const char *event, json_t *data)
{
	json_t *whole =
	    json_pack("{s:s,s:O?,s:o}", "event", event, "request", l->request, "data", data);
	size_t n = 0;
	char *text = whole != NULL && l->host.event != NULL ? encode_json(whole, &n) : NULL;

	if (text != NULL)
		l->host.event(l->host.ctx, text, n);
	free(text);
	json_decref(whole);
}

void
lane_step(void *lane, const struct zt_progress_step *s)
{
	static const char *const kinds[] = { [ZT_PROGRESS_SEND] = "send",
		[ZT_PROGRESS_FETCH] = "fetch",
		[ZT_PROGRESS_VERIFY] = "verify" };

	lane_event(lane, "progress",
	    json_pack("{s:s,s:o,s:o,s:o,s:o}", "kind", kinds[s->kind], "done",
		encode_number(s->done), "total", encode_number(s->total), "files",
		encode_number(s->files), "name", encode_text(s->name)));
}

void
lane_skipped(void *lane, const char *name, const char *reason)
{
	lane_event(lane, "skipped",
	    json_pack("{s:o,s:o}", "name", encode_text(name), "reason", encode_text(reason)));
}

/* ---- pages ---- */

void
page_begin(struct page *p, const struct call *c)
{
	uint64_t max = call_number(c, "max", PAGE_USUAL), from = call_number(c, "from", 0);

	*p = (struct page){ .items = json_array(),
		.from = from < SIZE_MAX ? (size_t)from : SIZE_MAX,
		.max = max == 0 ? PAGE_USUAL : (size_t)(max < PAGE_MOST ? max : PAGE_MOST) };
	p->failed = p->items == NULL;
}

bool
page_wants(struct page *p)
{
	size_t at = p->seen++;

	return !p->failed && at >= p->from && at - p->from < p->max;
}

void
page_add(struct page *p, json_t *item)
{
	p->bytes += json_dumpb(item, NULL, 0, JSON_COMPACT | JSON_ENSURE_ASCII);
	if (json_array_append_new(p->items, item) != 0)
		p->failed = true;
	else if (p->bytes >= RPC_PAGE_MAX)
		p->max = json_array_size(p->items);
}

enum zt_err
page_end(struct page *p, struct call *c, enum zt_err err, const char *name)
{
	json_t *result = NULL;

	if (!p->failed)
		result = json_pack("{s:o}", name, p->items);
	else
		json_decref(p->items);
	if (result != NULL && p->seen > p->from && p->seen - p->from > p->max)
		result = encode_with(result, "next", encode_number(p->from + p->max));
	return call_answer(c, err, result);
}
