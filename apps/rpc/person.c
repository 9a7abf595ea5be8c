/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "rpc/person.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "encode/encode.h"
#include "rpc/call.h"
#include "rpc/json.h"
#include "rpc/types.h"

/* Notes the first reason why a question of C has no answer. */
static void
note(struct call *c, enum zt_err err)
{
	if (c->asked == ZT_OK)
		c->asked = err;
}

/* Sets *OUT to the value of the N bytes of a reply to the lane's last question, which must be
 * of TYPE. */
static enum zt_err
read_reply(struct call *c, const char *type, const char *text, size_t n, json_t **out)
{
	const struct rpc_lane *l = c->lane;
	json_t *reply = NULL, *value;
	enum zt_err err = json_read(c, text, n, &reply);

	if (err != ZT_OK)
		return err;
	value = json_object_get(reply, "value");
	if ((err = call_check(
		 c, "{ reply: number; ask: number; value: Any }", true, reply, "")) == ZT_OK &&
	    (json_integer_value(json_object_get(reply, "reply")) !=
		    json_integer_value(l->request) ||
		json_integer_value(json_object_get(reply, "ask")) != (json_int_t)l->asks))
		err = call_refuse_number(c, ZT_ERR_INVALID,
		    "the reply is not to the question %s, which was asked", l->asks);
	if (err == ZT_OK && (err = call_check(c, type, false, value, "value")) == ZT_OK)
		*out = json_incref(value);
	json_decref(reply);
	return err;
}

/* Asks the person of C the question NAME about DATA, which it takes. Returns the value, which
 * the caller gives to json_decref; NULL: there is none. */
static json_t *
ask(struct call *c, const char *name, json_t *data, bool (*runs)(void *arg), void *arg)
{
	struct rpc_lane *l = c->lane;
	struct rpc_question q = { .runs = runs, .arg = arg };
	json_t *whole, *value = NULL;
	char *text = NULL, *reply = NULL;
	size_t n = 0;
	enum zt_err err = ZT_OK;

	c->is_waiting = false;
	if (c->asked !=
	    ZT_OK) { /* the call ends, and what it asks on the way needs no answer */
		json_decref(data);
		return NULL;
	}
	whole = json_pack("{s:s,s:O?,s:I,s:o}", "question", name, "request", l->request, "ask",
	    (json_int_t)++l->asks, "data", data);
	q.json = text = whole != NULL ? encode_json(whole, &q.n) : NULL;
	json_decref(whole);
	if (text == NULL)
		err = call_lack_memory(c);
	else if (l->host.ask != NULL)
		err = l->host.ask(l->host.ctx, &q, &reply, &n);
	if (err == ZT_OK && reply != NULL)
		err = read_reply(c, type_of_question(name), reply, n, &value);
	note(c, err);
	free(reply);
	free(text);
	return value;
}

/* ---- zt_codes ---- */

static void
show(void *ctx, const char *code)
{
	struct call *c = ctx;

	c->is_waiting = false;
	lane_event(c->lane, "code", json_pack("{s:o}", "code", encode_text(code)));
}

static int
pick(void *ctx, const char *const choices[4], bool (*runs)(void *arg), void *arg)
{
	struct call *c = ctx;
	json_t *value = ask(c, "codes",
	    json_pack("{s:[o,o,o,o]}", "choices", encode_text(choices[0]),
		encode_text(choices[1]), encode_text(choices[2]), encode_text(choices[3])),
	    runs, arg);
	json_int_t picked = value != NULL ? json_integer_value(value) : ZT_PICK_LEFT;

	json_decref(value);
	if (picked >= ZT_PICK_LEFT && picked < 4)
		return (int)picked;
	note(c, call_refuse(c, ZT_ERR_INVALID,
		    "the parameter %s is not of the type that it must be", "value"));
	return ZT_PICK_LEFT;
}

static json_t *
encode_newcomer(const char *email, const char *name, const char *device)
{
	return json_pack("{s:o,s:o,s:o}", "email", encode_text(email), "name",
	    encode_text(name), "device", encode_text(device));
}

static bool
accept(void *ctx, const char *email, const char *name, const char *device, const char *doubt,
    const char **profile)
{
	static const char *const profiles[] = { "admin", "standard", "outsider" };
	json_t *data =
	    encode_with(encode_newcomer(email, name, device), "doubt", encode_text(doubt));
	json_t *value;
	const char *chosen;
	bool yes;

	if (*profile != NULL)
		data = encode_with(data, "profile", encode_text(*profile));
	value = ask(ctx, "accept", data, NULL, NULL);
	yes = json_is_true(json_object_get(value, "accept"));
	chosen = json_string_value(json_object_get(value, "profile"));
	for (size_t i = 0; chosen != NULL && *profile != NULL && i < 3; i++)
		if (strcmp(profiles[i], chosen) == 0) /* the text of the reply ends here */
			*profile = profiles[i];
	json_decref(value);
	return yes;
}

static bool
help(void *ctx, const char *email, const char *name, const char *device)
{
	json_t *value = ask(ctx, "help", encode_newcomer(email, name, device), NULL, NULL);
	bool yes = json_is_true(value);

	json_decref(value);
	return yes;
}

/* libzt asks often; the person hears it once, until something else happens. */
static bool
waiting(void *ctx)
{
	struct call *c = ctx;

	if (!c->is_waiting)
		lane_event(c->lane, "waiting", json_object());
	c->is_waiting = true;
	return c->asked != ZT_OK;
}

void
rpc_codes(struct call *c, struct zt_codes *out)
{
	*out = (struct zt_codes){ .ctx = c,
		.show = show,
		.pick = pick,
		.accept = accept,
		.help = help,
		.waiting = waiting };
}

bool
rpc_returning(void *ctx, const struct zt_returning *who)
{
	json_t *names = json_array(), *value;
	bool yes;

	for (unsigned i = 0; i < who->workspace_count; i++)
		if (json_array_append_new(names, encode_text(who->workspaces[i])) != 0) {
			json_decref(names);
			names = NULL;
		}
	value = ask(ctx, "returning",
	    json_pack("{s:o,s:o,s:o,s:o}", "person", encode_person(&who->person), "devices",
		encode_number(who->devices), "need", encode_number(who->need), "workspaces",
		names),
	    NULL, NULL);
	yes = json_is_true(value);
	json_decref(value);
	return yes;
}

enum zt_err
rpc_asked(struct call *c, enum zt_err err)
{
	if (err == ZT_OK || c->asked == ZT_OK)
		return err;
	if (c->english == NULL)
		return call_refuse(c, c->asked, zt_err_text(c->asked), "");
	return c->asked;
}

/* ---- outside of requests ---- */

void
rpc_changed(struct rpc_lane *l, const struct zt_event *e)
{
	static const char *const kinds[] = { [ZT_EVENT_OTHER] = "other",
		[ZT_EVENT_LOG] = "log",
		[ZT_EVENT_CHAIN] = "files",
		[ZT_EVENT_KEYS] = "keys",
		[ZT_EVENT_MESSAGE] = "messages" };

	lane_event(l, "changed",
	    json_pack("{s:s,s:o,s:o}", "kind", e != NULL ? kinds[e->kind] : "connected",
		"workspace",
		encode_text(e == NULL                     ? ""
			    : e->kind == ZT_EVENT_MESSAGE ? e->space
							  : e->workspace),
		"position", encode_number(e != NULL ? e->position : 0)));
}

void
rpc_new_device(struct rpc_lane *l, const struct zt_device *d)
{
	lane_event(l, "newDevice", encode_device(d));
}

void
rpc_page_alarm(struct rpc_lane *l, const struct zt_page *p)
{
	lane_event(l, "pageAlarm", encode_page_look(p));
}
