/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "rpc/call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/encode.h"
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
call_answer(struct call *c, enum zt_err err, json_t *result)
{
	if (err == ZT_OK && result == NULL)
		err = ZT_ERR_MEMORY;
	if (err != ZT_OK) {
		json_decref(result);
		return err;
	}
	json_decref(c->result);
	c->result = result;
	return ZT_OK;
}

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
page_begin(struct page *p, const struct call *c)
{
	uint64_t max = call_number(c, "max", PAGE_USUAL);

	*p = (struct page){ .items = json_array(),
		.from = (size_t)call_number(c, "from", 0),
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
