/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rpc_test.c - the app's interface (apps/rpc) on real services: each method, each answer of the
 * type that its row declares, and each request that is not of its row refused. */
#include <stdio.h>
#include <time.h>

#include "rpc/call.h"
#include "rpc/encode.h"
#include "rpc/rpc.h"
#include "rpc/types.h"
#include "test.h"
#include "world.h"
#include "zt/pki.h"
#include "zt/recover.h"

enum { ROWS_MOST = 128 };

/* The lanes of alice and bob, what they were asked, and what events came. */
struct stage {
	struct scene *s;
	struct rpc_lane *alice, *bob;
	json_t *asked[ROWS_MOST]; /* by row: the last parameters, or NULL */
	json_t *events;
};

static struct stage stage;

/* ---- asking ---- */

static void
take_event(void *ctx, const char *json, size_t n)
{
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
	assert_int_equal(0, json_array_append_new(stage.events, e));
}

/* Whether an event of this name came since the last question; forgets all. */
static bool
came(const char *event)
{
	bool is = false;
	size_t i;
	json_t *e;

	json_array_foreach(stage.events, i, e) is |=
	    strcmp(event, json_string_value(json_object_get(e, "event"))) == 0;
	json_array_clear(stage.events);
	return is;
}

/* The answer to TEXT, of exactly N bytes. */
static json_t *
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

/* The error of the answer to TEXT is ERR; NAMED, unless NULL, is its parameter. */
static void
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

static char *
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

/* The row of METHOD, once PARAMS are of its type. */
static const struct rpc_row *
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

/* The result of METHOD with PARAMS, which it takes, and CONTENT; what it gives is in *GIVEN. */
static json_t *
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

/* The result of METHOD; the parameters are those of json_pack. */
static json_t *
ask(struct rpc_lane *l, const char *method, const char *format, ...)
{
	va_list args;
	json_t *params;

	va_start(args, format);
	params = params_of(format, args);
	va_end(args);
	return ask_with(l, method, params, NULL, 0, NULL);
}

/* The same, of which the result does not matter. */
static void
does(struct rpc_lane *l, const char *method, const char *format, ...)
{
	va_list args;
	json_t *params;

	va_start(args, format);
	params = params_of(format, args);
	va_end(args);
	json_decref(ask_with(l, method, params, NULL, 0, NULL));
}

/* The same, which ends with ERR. */
static void
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

static int64_t
number(json_t *result, const char *name)
{
	json_t *n = json_object_get(result, name);
	int64_t is = json_integer_value(n);

	assert_true(json_is_integer(n));
	json_decref(result);
	return is;
}

static void
text(json_t *result, const char *name, char *out, size_t size)
{
	const char *is = json_string_value(json_object_get(result, name));

	assert_non_null(is);
	(void)snprintf(out, size, "%s", is);
	json_decref(result);
}

/* The only item of LIST whose KEY is VALUE, as a new reference; NULL: it has none. */
static json_t *
item(json_t *result, const char *list, const char *key, const char *value)
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

static void
has(json_t *result, const char *list, const char *key, const char *value)
{
	json_t *one = item(result, list, key, value);

	if (one == NULL)
		fail_msg("no %s of %s is %s", key, list, value);
	json_decref(one);
}

static size_t
count(json_t *result, const char *list)
{
	size_t n = json_array_size(json_object_get(result, list));

	json_decref(result);
	return n;
}

/* ---- the tests ---- */

static void
a_device_names_itself_and_its_log(void **state)
{
	struct zt_identity id;
	char is[128];

	(void)state;
	zt_whoami(stage.s->alice.zt, &id);
	text(ask(stage.alice, "device.whoami", "{}"), "device", is, sizeof is);
	assert_string_equal(id.device, is);
	text(ask(stage.alice, "log.head", "{}"), "root", is, sizeof is);
	assert_string_equal(id.log_root, is);
	assert_int_equal(id.log_size, number(ask(stage.alice, "device.sync", "{}"), "size"));
	does(stage.bob, "device.sync", "{}");
	text(ask(stage.bob, "log.head", "{}"), "head", is, sizeof is);
	does(stage.alice, "log.compare", "{s:s}", "head", is);
	ends(ZT_ERR_INVALID, stage.alice, "log.compare", "{s:s}", "head", "not a head");
	is[strlen(is) - 1] ^= 1;
	ends(ZT_ERR_CORRUPT, stage.alice, "log.compare", "{s:s}", "head", is);
	assert_true(number(ask(stage.alice, "health.store", "{}"), "records") > 0);
	assert_int_equal(id.log_size, number(ask(stage.alice, "log.verify", "{}"), "entries"));
	assert_true(came("work"));
}

/* Pages of any length make the whole, and each names the next. */
static void
pages_of_the_log_make_the_whole(void **state)
{
	struct zt_identity id;
	int64_t from = 0, whole = 0;

	(void)state;
	does(stage.alice, "device.sync", "{}");
	zt_whoami(stage.s->alice.zt, &id);
	for (bool more = true; more;) {
		json_t *page =
		    ask(stage.alice, "log.entries", "{s:I,s:i}", "from", from, "max", 2);
		json_t *entries = json_object_get(page, "entries");

		assert_true(json_array_size(entries) <= 2);
		assert_int_equal(from,
		    json_integer_value(json_object_get(json_array_get(entries, 0), "index")));
		whole += (int64_t)json_array_size(entries);
		more = json_object_get(page, "next") != NULL;
		from = json_integer_value(json_object_get(page, "next"));
		assert_true(!more || from == whole);
		json_decref(page);
	}
	assert_int_equal(id.log_size, whole);
	assert_int_equal(
	    0, count(ask(stage.alice, "log.entries", "{s:I}", "from", (int64_t)1 << 40),
		   "entries"));
	assert_int_equal(
	    1, count(ask(stage.alice, "organization.people", "{s:i}", "max", 1), "people"));
	assert_int_equal(
	    1, number(ask(stage.alice, "organization.people", "{s:i}", "max", 1), "next"));
}

static void
a_workspace_is_made_shared_and_ended(void **state)
{
	struct rpc_lane *a = stage.alice, *b = stage.bob;
	const char *bob = stage.s->bob.email;
	char id[64], again[64];

	(void)state;
	text(ask(a, "workspaces.create", "{s:s}", "name", "press"), "id", id, sizeof id);
	ends(ZT_ERR_EXISTS, a, "workspaces.create", "{s:s}", "name", "press");
	text(ask(a, "workspaces.create", "{s:s,s:b}", "name", "press", "second", 1), "id",
	    again, sizeof again);
	does(a, "workspaces.rename", "{s:s,s:s}", "workspace", again, "name", "paper");
	does(a, "workspaces.share", "{s:s,s:s,s:s}", "workspace", "press", "user", bob, "role",
	    "reader");
	has(ask(a, "workspaces.members", "{s:s}", "workspace", "press"), "members", "role",
	    "reader");
	does(b, "device.sync", "{}");
	has(ask(b, "workspaces.list", "{}"), "workspaces", "name", "press");
	does(a, "workspaces.unshare", "{s:s,s:s}", "workspace", "press", "user", bob);
	does(b, "device.sync", "{}");
	assert_null(item(ask(b, "workspaces.list", "{}"), "workspaces", "name", "press"));
	does(a, "workspaces.rotate", "{s:s}", "workspace", "paper");
	does(a, "keys.maintain", "{}");
	does(a, "workspaces.archive", "{s:s,s:b}", "workspace", "paper", "archived", 1);
	ends(ZT_ERR_FORBIDDEN, a, "files.makeFolder", "{s:s}", "path", "paper:/no");
	does(a, "workspaces.archive", "{s:s,s:b}", "workspace", "paper", "archived", 0);
	does(a, "workspaces.delete", "{s:s,s:I}", "workspace", "paper", "due",
	    ((int64_t)time(NULL) + 200000) * 1000);
	does(a, "workspaces.delete", "{s:s,s:i}", "workspace", "paper", "due", 0);
	ends(ZT_ERR_FORBIDDEN, a, "workspaces.claim", "{s:s}", "workspace", "paper");
	ends(ZT_ERR_NOT_FOUND, a, "workspaces.rotate", "{s:s}", "workspace", "nowhere");
}

/* Writes CONTENT as PATH by a writer; its version. */
static int64_t
write_file(struct rpc_lane *l, const char *path, const char *content)
{
	int64_t h = number(ask(l, "writer.open", "{s:s}", "path", path), "handle"), version;

	assert_int_equal(strlen(content),
	    number(ask_with(l, "writer.write", json_pack("{s:I,s:i}", "handle", h, "offset", 0),
		       content, strlen(content), NULL),
		"size"));
	version = number(ask(l, "writer.commit", "{s:I,s:s,s:I,s:i}", "handle", h, "how",
			     "orConflict", "modified", (int64_t)1700000000123, "mode", 0600),
	    "version");
	does(l, "writer.close", "{s:I}", "handle", h);
	return version;
}

/* N bytes of a reader at OFFSET are WANTED. */
static void
reads(struct rpc_lane *l, int64_t handle, int64_t offset, int64_t n, const char *wanted)
{
	struct rpc_answer a = { 0 };
	json_t *r = ask_with(l, "reader.read",
	    json_pack("{s:I,s:I,s:I}", "handle", handle, "offset", offset, "size", n), NULL, 0,
	    &a);

	assert_int_equal(strlen(wanted), number(r, "size"));
	assert_int_equal(strlen(wanted), a.content_n);
	assert_memory_equal(wanted, a.content, a.content_n);
	rpc_answer_free(&a);
}

static void
a_file_is_written_and_read_in_ranges(void **state)
{
	struct rpc_lane *a = stage.alice;
	json_t *opened;
	int64_t h;

	(void)state;
	assert_int_equal(1, write_file(a, "plans:/budget", "one two three"));
	opened = ask(a, "reader.open", "{s:s}", "path", "plans:/budget");
	assert_int_equal(13, json_integer_value(json_object_get(opened, "size")));
	h = number(opened, "handle");
	reads(a, h, 0, 100, "one two three");
	reads(a, h, 4, 3, "two");
	reads(a, h, 13, 4 * 1024 * 1024, "");
	reads(a, h, ((int64_t)1 << 53) - 1, 1, "");
	ends(ZT_ERR_TOO_BIG, a, "reader.read", "{s:I,s:i,s:i}", "handle", h, "offset", 0,
	    "size", 4 * 1024 * 1024 + 1);
	assert_int_equal(2, write_file(a, "plans:/budget", "another"));
	reads(a, h, 0, 3, "one");
	does(a, "reader.close", "{s:I}", "handle", h);
	opened = ask(a, "writer.open", "{s:s,s:s}", "path", "plans:/budget", "base", "newest");
	h = number(opened, "handle");
	does(a, "writer.truncate", "{s:I,s:i}", "handle", h, "size", 3);
	assert_int_equal(3, number(ask(a, "writer.commit", "{s:I}", "handle", h), "version"));
	does(a, "writer.close", "{s:I}", "handle", h);
	h = number(ask(a, "reader.open", "{s:s,s:i}", "path", "plans:/budget", "version", 3),
	    "handle");
	reads(a, h, 0, 100, "ano");
	does(a, "reader.close", "{s:I}", "handle", h);
	ends(ZT_ERR_NOT_FOUND, a, "reader.open", "{s:s}", "path", "plans:/none");
}

static void
a_folder_is_listed_in_pages(void **state)
{
	struct rpc_lane *a = stage.alice;
	json_t *opened, *page, *entry;
	int64_t h;

	(void)state;
	does(a, "files.makeFolder", "{s:s}", "path", "plans:/in");
	does(a, "files.makeFolder", "{s:s}", "path", "plans:/in/b");
	write_file(a, "plans:/in/a", "five.");
	write_file(a, "plans:/in/\xc3\xa9t\xc3\xa9", "");
	opened = ask(a, "list.open", "{s:s,s:b}", "path", "plans:/in", "details", 1);
	assert_int_equal(3, json_integer_value(json_object_get(opened, "size")));
	h = number(opened, "handle");
	page = ask(a, "list.next", "{s:I,s:i}", "handle", h, "max", 2);
	assert_int_equal(2, json_integer_value(json_object_get(page, "next")));
	entry = item(page, "entries", "name", "a");
	assert_non_null(entry);
	page = json_incref(json_object_get(entry, "details"));
	assert_int_equal(5, json_integer_value(json_object_get(page, "size")));
	assert_int_equal(0600, json_integer_value(json_object_get(page, "mode")));
	assert_int_equal(1700000000123, number(page, "modified"));
	json_decref(entry);
	page = ask(a, "list.next", "{s:I}", "handle", h);
	assert_null(json_object_get(page, "next"));
	has(page, "entries", "name", "\xc3\xa9t\xc3\xa9");
	assert_int_equal(0, count(ask(a, "list.next", "{s:I}", "handle", h), "entries"));
	has(ask(a, "list.next", "{s:I,s:i}", "handle", h, "from", 1), "entries", "name", "b");
	does(a, "list.close", "{s:I}", "handle", h);
	ends(ZT_ERR_NOT_FOUND, a, "list.next", "{s:I}", "handle", h);
	h = number(ask(a, "list.open", "{s:s}", "path", "plans:/in"), "handle");
	has(ask(a, "list.next", "{s:I}", "handle", h), "entries", "name", "a");
	does(a, "list.close", "{s:I}", "handle", h);
	ends(ZT_ERR_INVALID, a, "list.open", "{s:s}", "path", "plans:/in/a");
}

static void
what_is_moved_and_removed_is_found_again(void **state)
{
	struct rpc_lane *a = stage.alice;
	char is[64], object[64];

	(void)state;
	write_file(a, "plans:/notes", "first");
	write_file(a, "plans:/notes", "second");
	assert_int_equal(
	    2, count(ask(a, "files.history", "{s:s}", "path", "plans:/notes"), "versions"));
	assert_int_equal(
	    1, number(ask(a, "files.history", "{s:s,s:i}", "path", "plans:/notes", "max", 1),
		   "next"));
	does(a, "files.restore", "{s:s,s:i}", "path", "plans:/notes", "version", 1);
	assert_int_equal(
	    3, count(ask(a, "files.history", "{s:s}", "path", "plans:/notes"), "versions"));
	does(a, "files.makeFolder", "{s:s}", "path", "plans:/old");
	text(ask(a, "files.move", "{s:s,s:s}", "from", "plans:/notes", "to", "plans:/old"),
	    "path", is, sizeof is);
	assert_string_equal("plans:/old/notes", is);
	ends(ZT_ERR_INVALID, a, "files.remove", "{s:s}", "path", "plans:/old");
	does(a, "files.remove", "{s:s,s:b}", "path", "plans:/old", "recursive", 1);
	text(item(ask(a, "trash.list", "{s:s}", "path", "plans"), "removed", "path", "/old"),
	    "object", object, sizeof object);
	does(a, "trash.restore", "{s:s,s:s}", "path", "plans:/back", "object", object);
	ends(ZT_ERR_EXISTS, a, "trash.restore", "{s:s,s:s}", "path", "plans:/more", "object",
	    object);
	assert_int_equal(3,
	    count(ask(a, "files.history", "{s:s}", "path", "plans:/back/notes"), "versions"));
}

static bool
lose(void *ctx, struct proxy_call *c)
{
	(void)ctx;
	if (c->route != ROUTE_BLOCK_GET)
		return false;
	proxy_refuse(c, ZT_ERR_NOT_FOUND);
	return true;
}

/* A verification says how far it is, and what the servers lost. */
static void
a_verification_says_what_is_lost(void **state)
{
	struct proxy_hooks losing = { .before = lose };
	char content[200000]; /* too much to be in the manifest */

	(void)state;
	memset(content, 'c', sizeof content - 1);
	content[sizeof content - 1] = 0;
	write_file(stage.alice, "plans:/verified", content);
	came("");
	assert_true(number(ask(stage.alice, "files.verify", "{s:s}", "workspace", "plans"),
			"files") > 0);
	assert_true(came("progress"));
	proxy_play(stage.s->w->d, &losing);
	ends(ZT_ERR_MISSING_BLOCK, stage.alice, "files.verify", "{s:s}", "workspace", "plans");
	proxy_play(stage.s->w->d, NULL);
	assert_true(came("skipped"));
}

/* Servers of an older backup: each device sends what it has, and says what it has not. */
static void
a_repair_says_what_is_not_restored(void **state)
{
	struct scene *s = stage.s;
	struct workspace *w;
	json_t *r;

	(void)state;
	does(stage.alice, "workspaces.create", "{s:s}", "name", "kept");
	write_file(stage.alice, "kept:/f", "x");
	does(stage.alice, "workspaces.share", "{s:s,s:s,s:s}", "workspace", "kept", "user",
	    s->bob.email, "role", "manager");
	w = person_workspace(&s->bob, "kept");
	world_lose_chain(s->w, &w->w->id);
	came("");
	r = ask(stage.bob, "device.repair", "{}");
	assert_true(came("lost")); /* what its author alone holds */
	assert_true(json_is_false(json_object_get(r, "whole")));
	assert_true(number(r, "changesets") > 0);
	ends(ZT_ERR_MISSING_BLOCK, stage.bob, "list.open", "{s:s}", "path", "kept:/");
	assert_true(came("damaged"));
	r = ask(stage.alice, "device.repair", "{}");
	assert_true(json_is_true(json_object_get(r, "whole")));
	assert_true(number(r, "objects") > 0);
}

static void
people_are_found_and_given_profiles(void **state)
{
	struct rpc_lane *a = stage.alice;
	const char *bob = stage.s->bob.email;
	char id[64];

	(void)state;
	has(ask(a, "organization.people", "{}"), "people", "email", bob);
	text(ask(a, "people.find", "{s:s}", "user", bob), "id", id, sizeof id);
	ends(ZT_ERR_NOT_FOUND, a, "people.find", "{s:s}", "user", "nobody@acme.example");
	assert_int_equal(1, count(ask(a, "people.devices", "{s:s}", "user", id), "devices"));
	assert_true(count(ask(a, "people.devices", "{}"), "devices") > 1);
	does(a, "people.profile", "{s:s,s:s}", "user", bob, "profile", "admin");
	does(stage.bob, "device.sync", "{}");
	text(item(ask(stage.bob, "organization.people", "{}"), "people", "id", id), "profile",
	    id, sizeof id);
	assert_string_equal("admin", id);
	does(a, "people.profile", "{s:s,s:s}", "user", bob, "profile", "standard");
	does(stage.bob, "device.sync", "{}");
	ends(ZT_ERR_FORBIDDEN, stage.bob, "people.profile", "{s:s,s:s}", "user", bob, "profile",
	    "admin");
}

static void
an_invitation_is_made_and_cancelled(void **state)
{
	struct rpc_lane *a = stage.alice;
	char link[1024], id[64];
	json_t *list, *one;

	(void)state;
	text(ask(a, "invitations.create", "{s:s}", "kind", "user"), "link", link, sizeof link);
	ends(ZT_ERR_METHOD, a, "invitations.mail", "{s:s,s:s}", "link", link, "email",
	    "carol@acme.example");
	list = ask(a, "invitations.list", "{}");
	one = item(list, "invitations", "state", "open");
	assert_non_null(one);
	text(one, "id", id, sizeof id);
	does(a, "invitations.cancel", "{s:s}", "id", id);
	assert_null(item(ask(a, "invitations.list", "{}"), "invitations", "state", "open"));
}

/* The acts of a device are seen before it is revoked. */
static void
a_device_is_acknowledged_and_revoked(void **state)
{
	struct rpc_lane *a = stage.alice;
	struct person *laptop = &stage.s->laptop, phone = { 0 };
	char id[64], words[ZT_RECOVERY_WORDS];
	struct zt_identity laptop_id;
	json_t *one;

	(void)state;
	world_add_device(&stage.s->alice, laptop, "laptop");
	world_add_device(laptop, &phone, "phone"); /* not by alice's first device */
	zt_whoami(laptop->zt, &laptop_id);
	does(a, "device.sync", "{}");
	assert_int_equal(1, count(ask(a, "device.new", "{}"), "devices"));
	one = ask(a, "device.new", "{}");
	text(json_incref(json_array_get(json_object_get(one, "devices"), 0)), "id", id,
	    sizeof id);
	json_decref(one);
	assert_int_equal(
	    1, number(ask(a, "device.acknowledge", "{s:s}", "device", id), "acknowledged"));
	assert_int_equal(0, count(ask(a, "device.new", "{}"), "devices"));
	person_close(&phone);
	text(item(ask(a, "device.acts", "{s:s}", "device", laptop_id.device), "acts", "subject",
		 id),
	    "undo", words, sizeof words);
	assert_string_equal("device", words);
	does(a, "device.revoke", "{s:s}", "device", id);
	assert_null(item(ask(a, "device.acts", "{s:s}", "device", laptop_id.device), "acts",
	    "undo", "device"));
	ends(ZT_ERR_NOT_FOUND, a, "device.revoke", "{s:s}", "device", "no such device");
	assert_int_equal(0, count(ask(a, "recovery.ways", "{}"), "ways"));
	assert_ok(zt_recovery_create(stage.s->alice.zt, ZT_WORDS_ENGLISH, words));
	assert_int_equal(1, count(ask(a, "recovery.ways", "{}"), "ways"));
}

static void
what_a_revoked_person_owned_is_claimed(void **state)
{
	struct rpc_lane *a = stage.alice;
	struct person carol = { 0 };

	(void)state;
	world_join(&stage.s->alice, &carol, "carol", "standard");
	assert_ok(zt_workspace_create(carol.zt, "hers"));
	assert_ok(zt_workspace_share(carol.zt, "hers", stage.s->alice.email, "manager"));
	does(a, "device.sync", "{}");
	ends(ZT_ERR_INVALID, a, "recovery.colleagues", "{s:[s,s],s:i}", "users", carol.email,
	    stage.s->bob.email, "need", 3);
	assert_int_equal(0, number(ask(a, "recovery.colleagues", "{s:[s,s],s:i}", "users",
				       carol.email, stage.s->bob.email, "need", 2),
				"ended"));
	assert_int_equal(2, count(ask(a, "recovery.ways", "{}"), "ways"));
	does(a, "people.revoke", "{s:s}", "user", carol.email);
	does(a, "keys.maintain", "{}");
	does(a, "workspaces.claim", "{s:s}", "workspace", "hers");
	text(item(ask(a, "workspaces.list", "{}"), "workspaces", "name", "hers"), "role",
	    carol.name, sizeof carol.name);
	assert_string_equal("owner", carol.name);
	person_close(&carol);
}

/* What a member signed is void once an owner says so, and not a contributor. */
static void
keys_are_wrapped_again_and_changesets_declared_void(void **state)
{
	struct rpc_lane *a = stage.alice;
	json_t *r;
	int64_t at;

	(void)state;
	does(a, "workspaces.create", "{s:s}", "name", "owned");
	does(a, "workspaces.share", "{s:s,s:s,s:s}", "workspace", "owned", "user",
	    stage.s->bob.email, "role", "contributor");
	write_file(a, "owned:/hers", "hers");
	does(stage.bob, "device.sync", "{}");
	write_file(stage.bob, "owned:/his", "his");
	r = ask(a, "files.history", "{s:s}", "path", "owned:/his");
	at = json_integer_value(
	    json_object_get(json_array_get(json_object_get(r, "versions"), 0), "position"));
	json_decref(r);
	ends(ZT_ERR_FORBIDDEN, stage.bob, "workspaces.voidChangeset", "{s:s,s:I}", "workspace",
	    "owned", "position", at);
	does(a, "workspaces.voidChangeset", "{s:s,s:I}", "workspace", "owned", "position", at);
	ends(ZT_ERR_NOT_FOUND, a, "files.history", "{s:s}", "path", "owned:/his");
	ends(ZT_ERR_NOT_FOUND, a, "workspaces.voidPin", "{s:s,s:i}", "workspace", "owned",
	    "entry", 1);
	does(a, "workspaces.rotate", "{s:s}", "workspace", "owned");
	assert_true(number(ask(a, "workspaces.rewrap", "{s:s}", "workspace", "owned"),
			"rewrapped") > 0);
	assert_int_equal(0,
	    number(ask(a, "workspaces.finishRewrap", "{s:s}", "workspace", "owned"), "lost"));
}

/* Somebody with a certificate asks to join as NAME; the id of the request. */
static void
ask_by_certificate(const char *name, char id[33])
{
	struct world *w = stage.s->w;
	struct zt_identity alice;
	char command[256], home[128], certificate[128], key[128], email[64], message[256];
	struct zt_options o = { .home = home, .password = "a password" };
	struct zt_pki_ask ask_with = { .server = proxy_url(w->d),
		.email = email,
		.name = name,
		.device_label = "desk",
		.certificate = certificate,
		.key = key };

	(void)snprintf(command, sizeof command,
	    "state=%s; . tests/cli/ca.sh; request_of %s; sign %s", w->state, name, name);
	assert_int_equal(0, system(command));
	(void)snprintf(home, sizeof home, "%s/of-%s", w->state, name);
	(void)snprintf(certificate, sizeof certificate, "%s/ca/%s.pem", w->state, name);
	(void)snprintf(key, sizeof key, "%s/ca/%s.key", w->state, name);
	(void)snprintf(email, sizeof email, "%s@demo.example", name);
	zt_whoami(stage.s->alice.zt, &alice);
	ask_with.org = alice.org;
	if (zt_pki_request(&o, &ask_with, id, message) != ZT_OK)
		fail_msg("%s", message);
}

static void
requests_by_certificate_are_accepted_and_rejected(void **state)
{
	struct rpc_lane *a = stage.alice;
	char command[256], anchor[128], list[128], dora[33], emil[33];
	const char *files[] = { anchor, list };

	(void)state;
	assert_int_equal(0, count(ask(a, "pki.trusted", "{}"), "anchors"));
	(void)snprintf(
	    command, sizeof command, "state=%s; . tests/cli/ca.sh; crl", stage.s->w->state);
	assert_int_equal(0, system(command));
	(void)snprintf(anchor, sizeof anchor, "%s/ca/ca.pem", stage.s->w->state);
	(void)snprintf(list, sizeof list, "%s/ca/ca.crl", stage.s->w->state);
	assert_ok(zt_pki_trust(stage.s->alice.zt, files, 2));
	assert_int_equal(2, count(ask(a, "pki.trusted", "{}"), "anchors"));
	assert_int_equal(0, count(ask(a, "pki.requests", "{}"), "requests"));
	ask_by_certificate("dora", dora);
	ask_by_certificate("emil", emil);
	has(ask(a, "pki.requests", "{}"), "requests", "email", "dora@demo.example");
	does(a, "pki.accept", "{s:s,s:s}", "id", dora, "profile", "outsider");
	has(ask(a, "organization.people", "{}"), "people", "profile", "outsider");
	does(a, "pki.reject", "{s:s}", "id", emil);
	assert_int_equal(0, count(ask(a, "pki.requests", "{}"), "requests"));
	ends(ZT_ERR_NOT_FOUND, a, "pki.accept", "{s:s}", "id", emil);
}

/* ---- hostile requests ---- */

static void
no_other_handle_is_taken(void **state)
{
	struct rpc_lane *a = stage.alice, *b = stage.bob;
	int64_t h = number(ask(a, "reader.open", "{s:s}", "path", "plans:/budget"), "handle");

	(void)state;
	ends(ZT_ERR_NOT_FOUND, a, "writer.write", "{s:I,s:i}", "handle", h, "offset", 0);
	ends(ZT_ERR_NOT_FOUND, a, "writer.commit", "{s:I}", "handle", h);
	ends(ZT_ERR_NOT_FOUND, a, "list.close", "{s:I}", "handle", h);
	ends(ZT_ERR_NOT_FOUND, a, "reader.close", "{s:i}", "handle", 0);
	ends(ZT_ERR_NOT_FOUND, a, "reader.close", "{s:I}", "handle", h + 1);
	ends(ZT_ERR_NOT_FOUND, b, "reader.close", "{s:I}", "handle", h);
	reads(a, h, 0, 3, "ano");
	does(a, "reader.close", "{s:I}", "handle", h);
	ends(ZT_ERR_NOT_FOUND, a, "reader.close", "{s:I}", "handle", h);
	/* Another that is opened in its place is another. */
	does(a, "reader.open", "{s:s}", "path", "plans:/budget");
	ends(ZT_ERR_NOT_FOUND, a, "reader.read", "{s:I,s:i,s:i}", "handle", h, "offset", 0,
	    "size", 1);
}

static void
no_more_handles_than_the_bound_are_open(void **state)
{
	struct rpc_lane *a = stage.alice;

	(void)state;
	rpc_lane_use(a, stage.s->alice.zt);
	for (int i = 0; i < RPC_HANDLES_MAX; i++)
		does(a, "list.open", "{s:s}", "path", "plans:/");
	ends(ZT_ERR_TOO_BIG, a, "list.open", "{s:s}", "path", "plans:/");
	ends(ZT_ERR_TOO_BIG, a, "reader.open", "{s:s}", "path", "plans:/budget");
	ends(ZT_ERR_TOO_BIG, a, "writer.open", "{s:s}", "path", "plans:/budget");
	rpc_lane_use(a, stage.s->alice.zt); /* closes all */
	does(a, "list.open", "{s:s}", "path", "plans:/");
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
	assert_ptr_equal(rpc_find("log.entries"), rpc_row_of(good, sizeof good - 1));
	assert_null(rpc_row_of(good, sizeof good - 2));
	assert_null(rpc_row_of(bad[0], strlen(bad[0])));
	assert_null(rpc_row_of(bad[16], strlen(bad[16])));
	refused_filled(ZT_ERR_INVALID, "{\"id\":1,\"method\":\"", 'a', RPC_REQUEST_MAX / 2,
	    "\",\"params\":{}}");
}

static void
no_more_content_than_the_bound_is_taken(void **state)
{
	struct rpc_lane *a = stage.alice;
	int64_t h = number(ask(a, "writer.open", "{s:s}", "path", "plans:/big"), "handle");
	json_t *params = json_pack("{s:I,s:i}", "handle", h, "offset", 0);
	char *whole = request_of("writer.write", params), *most = calloc(1, RPC_CONTENT_MAX);

	(void)state;
	assert_non_null(most);
	refused(a, ZT_ERR_TOO_BIG, whole, strlen(whole), RPC_CONTENT_MAX + 1, "4194304");
	assert_int_equal((int64_t)RPC_CONTENT_MAX,
	    number(ask_with(a, "writer.write", params, most, RPC_CONTENT_MAX, NULL), "size"));
	does(a, "writer.close", "{s:I}", "handle", h);
	free(most);
	free(whole);
}

/* The answer to PARAMS is one, whatever it says. */
static void
is_answered(struct rpc_lane *l, const struct rpc_row *row, const json_t *params)
{
	struct rpc_answer a = { 0 };
	struct type_fault fault;
	char *text = request_of(row->method, params);
	json_t *whole = answer_to(l, text, strlen(text), NULL, 0, &a),
	       *result = json_object_get(whole, "result");

	if (result != NULL
		? !type_check(row->result, false, result, &fault)
		: !type_check("Failure", true, json_object_get(whole, "error"), &fault))
		fail_msg("%s: %.400s: %s", row->method, a.json, fault.where);
	json_decref(whole);
	rpc_answer_free(&a);
	free(text);
}

/* Of each row's type and still nothing that a page would send: each text and number. */
static void
odd_parameters_are_answered(void **state)
{
	char *huge = malloc(200001);
	json_t *odd[7];
	const struct rpc_row *row;

	(void)state;
	assert_non_null(huge);
	memset(huge, '/', 200000);
	huge[200000] = 0;
	odd[0] = json_string(huge);
	memset(huge, 'a', 200000);
	odd[1] = json_string(huge);
	odd[2] = json_string("");
	odd[3] = json_string("%s%n:/%n%s");
	odd[4] = json_string("\xe2\x80\xae:/../\x01");
	odd[5] = json_integer(((json_int_t)1 << 53) - 1);
	odd[6] = json_integer(0);
	for (size_t i = 0; (row = rpc_row_at(i)) != NULL; i++) {
		const char *key;
		json_t *member;

		if (stage.asked[i] == NULL)
			continue;
		json_object_foreach(stage.asked[i], key, member) for (size_t k = 0; k < 7; k++)
		{
			json_t *params = json_copy(stage.asked[i]);
			struct type_fault fault;

			json_object_set(params, key, odd[k]);
			if (type_check(row->params, true, params, &fault))
				is_answered(stage.alice, row, params);
			json_decref(params);
		}
	}
	for (size_t k = 0; k < 7; k++)
		json_decref(odd[k]);
	free(huge);
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
	refused(l, ZT_ERR_NOT_FOUND, head, sizeof head - 1, 0, "log.head");
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

static void *
give_out(size_t n)
{
	return left-- == 0 ? NULL : malloc(n);
}

/* Asks TEXT while the NTH allocation fails: the answer is an error, or WHOLE. Whether there
 * were fewer. */
static bool
lacks_memory_at(const char *text, int64_t nth, const char *whole)
{
	struct rpc_answer a = { 0 };
	enum zt_err err;
	bool done;

	stage.alice->host.event = NULL; /* take_event needs memory too */
	left = nth;
	json_set_alloc_funcs(give_out, free);
	err = rpc_run(stage.alice, text, strlen(text), NULL, 0, &a);
	done = left >= 0;
	left = -1;
	json_set_alloc_funcs(malloc, free);
	stage.alice->host.event = take_event;
	if (err != ZT_OK)
		assert_err(ZT_ERR_MEMORY, err);
	else if (strstr(a.json, "\"error\"") == NULL)
		assert_string_equal(whole, a.json);
	rpc_answer_free(&a);
	return done;
}

static void
each_lack_of_memory_is_said(void **state)
{
	int64_t h = number(
	    ask(stage.alice, "list.open", "{s:s,s:b}", "path", "plans:/in", "details", 1),
	    "handle");
	json_t *page = json_pack("{s:I,s:i,s:i}", "handle", h, "from", 0, "max", 2),
	       *none = json_object(), *nobody = json_pack("{s:s}", "user", "no"),
	       *one = json_pack("{s:i}", "max", 1);
	char *texts[] = { request_of("list.next", page), request_of("device.whoami", none),
		request_of("workspaces.list", none), request_of("people.find", nobody),
		request_of("organization.people", one) };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct rpc_answer a = { 0 };

		json_decref(answer_to(stage.alice, texts[i], strlen(texts[i]), NULL, 0, &a));
		for (int64_t nth = 0; !lacks_memory_at(texts[i], nth, a.json); nth++)
			assert_true(nth < 10000);
		rpc_answer_free(&a);
		free(texts[i]);
	}
	does(stage.alice, "list.close", "{s:I}", "handle", h);
	json_decref(page);
	json_decref(none);
	json_decref(nobody);
	json_decref(one);
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
	assert_int_equal(11, count(c.result, "items"));
	json_decref((json_t *)c.params);
}

/* ---- the checker, and what was left out ---- */

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

static void
every_method_was_asked(void **state)
{
	const struct rpc_row *row;

	(void)state;
	if (getenv("ONLY") != NULL)
		skip();
	for (size_t i = 0; (row = rpc_row_at(i)) != NULL; i++)
		if (stage.asked[i] == NULL)
			fail_msg("no test asks for %s", row->method);
}

/* A lane of P, whose device is opened again with the events of that lane. */
static struct rpc_lane *
lane_of(struct person *p)
{
	const struct rpc_host host = { .event = take_event };
	struct rpc_lane *l = NULL;

	assert_ok(rpc_lane_new(&host, &l));
	person_close(p);
	rpc_lane_hear(l, &p->o);
	person_open(p);
	rpc_lane_use(l, p->zt);
	return l;
}

static int
begin(void **state)
{
	int rc = scene_begin(state);

	stage = (struct stage){ .s = *state, .events = json_array() };
	stage.alice = lane_of(&stage.s->alice);
	stage.bob = lane_of(&stage.s->bob);
	assert_ok(zt_workspace_create(stage.s->alice.zt, "plans"));
	return rc;
}

static int
end(void **state)
{
	rpc_lane_free(stage.alice);
	rpc_lane_free(stage.bob);
	for (size_t i = 0; i < ROWS_MOST; i++)
		json_decref(stage.asked[i]);
	json_decref(stage.events);
	return scene_end(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_checked),
		cmocka_unit_test(a_device_names_itself_and_its_log),
		cmocka_unit_test(pages_of_the_log_make_the_whole),
		cmocka_unit_test(a_workspace_is_made_shared_and_ended),
		cmocka_unit_test(a_file_is_written_and_read_in_ranges),
		cmocka_unit_test(a_folder_is_listed_in_pages),
		cmocka_unit_test(what_is_moved_and_removed_is_found_again),
		cmocka_unit_test(a_verification_says_what_is_lost),
		cmocka_unit_test(a_repair_says_what_is_not_restored),
		cmocka_unit_test(people_are_found_and_given_profiles),
		cmocka_unit_test(an_invitation_is_made_and_cancelled),
		cmocka_unit_test(a_device_is_acknowledged_and_revoked),
		cmocka_unit_test(what_a_revoked_person_owned_is_claimed),
		cmocka_unit_test(keys_are_wrapped_again_and_changesets_declared_void),
		cmocka_unit_test(requests_by_certificate_are_accepted_and_rejected),
		cmocka_unit_test(no_other_handle_is_taken),
		cmocka_unit_test(no_more_handles_than_the_bound_are_open),
		cmocka_unit_test(no_request_is_cut_deep_or_huge),
		cmocka_unit_test(no_more_content_than_the_bound_is_taken),
		cmocka_unit_test(odd_parameters_are_answered),
		cmocka_unit_test(without_a_device_every_method_refuses),
		cmocka_unit_test(each_lack_of_memory_is_said),
		cmocka_unit_test(a_page_of_long_items_ends_before_its_bound),
		cmocka_unit_test(every_method_was_asked),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, begin, end);
}
