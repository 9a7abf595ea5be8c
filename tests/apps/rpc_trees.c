/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rpc_trees.c - cases of rpc_test about whole trees: searched, copied, verified, repaired. */
#include "rpc_cases.h"

#include "ask.h"

/* Names are found in whole or in part, whatever their case, below a folder. */
void
a_name_is_found_in_a_tree(void **state)
{
	static const struct {
		const char *pattern;
		size_t n;
	} all[] = { { "PLAN", 2 }, { "plan*", 1 }, { "*.ODT", 2 }, { "*.od?", 2 },
		{ "?.odt", 0 }, { "*a*a*.o*t*", 2 }, { "n\xc3\xa9s", 1 }, { "ne\xcc\x81s", 1 },
		{ "???", 1 }, { "", 5 }, { "*", 5 }, { "**", 5 }, { "no*", 0 }, { "plan", 2 } };
	struct rpc_lane *a = stage.alice;
	char long_pattern[1001];
	json_t *found, *one;

	(void)state;
	does(a, "files.makeFolder", "{s:s}", "path", "plans:/find");
	does(a, "files.makeFolder", "{s:s}", "path", "plans:/find/below");
	ask_write(a, "plans:/find/Plan of a dam.odt", "four");
	ask_write(a, "plans:/find/below/a planta.odt", "123456");
	ask_write(a, "plans:/find/below/n\xc3\xa9s", "");
	ask_write(a,
	    "plans:/find/below/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "");
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		assert_int_equal(
		    all[i].n, answer_count(ask(a, "files.find", "{s:s,s:s}", "path",
					       "plans:/find", "pattern", all[i].pattern),
				  "found"));
	for (size_t i = 0; i < 1000; i++) /* no pattern takes long */
		long_pattern[i] = i % 2 == 0 ? '*' : 'a';
	long_pattern[1000] = 0;
	assert_int_equal(0, answer_count(ask(a, "files.find", "{s:s,s:s}", "path",
					     "plans:/find", "pattern", long_pattern),
				"found"));
	assert_int_equal(
	    5, answer_count(ask(a, "files.find", "{s:s}", "path", "plans:/find"), "found"));
	assert_int_equal(
	    2, answer_number(
		   ask(a, "files.find", "{s:s,s:i}", "path", "plans:/find", "max", 2), "next"));
	found = ask(a, "files.find", "{s:s,s:s,s:b}", "path", "plans:/find", "pattern", "dam",
	    "details", 1);
	one = answer_item(found, "found", "path", "/find/Plan of a dam.odt");
	assert_non_null(one);
	assert_int_equal(
	    4, json_integer_value(json_object_get(json_object_get(one, "details"), "size")));
	json_decref(one);
	found = ask(a, "files.usage", "{s:s}", "path", "plans:/find");
	assert_int_equal(10, json_integer_value(json_object_get(found, "bytes")));
	assert_int_equal(1, json_integer_value(json_object_get(found, "folders")));
	assert_int_equal(4, answer_number(found, "files"));
	ends(ZT_ERR_NOT_FOUND, a, "files.find", "{s:s}", "path", "plans:/nowhere");
	ends(ZT_ERR_NOT_FOUND, a, "files.usage", "{s:s}", "path", "plans:/nowhere");
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

/* The COUNT files of the answer, that is at PATH. */
static void
copied(json_t *r, const char *path, int64_t files, int64_t folders, int64_t left)
{
	assert_string_equal(path, json_string_value(json_object_get(r, "path")));
	assert_int_equal(folders, json_integer_value(json_object_get(r, "folders")));
	assert_int_equal(left, json_integer_value(json_object_get(r, "left")));
	assert_int_equal(files, answer_number(r, "files"));
}

static void
reads(struct rpc_lane *l, const char *path, const char *wanted)
{
	int64_t h = answer_number(ask(l, "reader.open", "{s:s}", "path", path), "handle");

	ask_reads(l, h, 0, 1000, wanted);
	does(l, "reader.close", "{s:I}", "handle", h);
}

/* Also to another workspace, and a folder into itself; and nothing is written over. */
void
a_tree_is_copied(void **state)
{
	struct proxy_hooks losing = { .before = lose };
	struct rpc_lane *a = stage.alice;
	char content[200000]; /* too much to be in the manifest */
	json_t *one;

	(void)state;
	does(a, "workspaces.create", "{s:s}", "name", "other");
	does(a, "files.makeFolder", "{s:s}", "path", "plans:/tree");
	does(a, "files.makeFolder", "{s:s}", "path", "plans:/tree/in");
	ask_write(a, "plans:/tree/in/a", "deep");
	ask_write(a, "plans:/tree/b", "");
	event_came("");
	copied(ask(a, "files.copy", "{s:s,s:s}", "from", "plans:/tree", "to", "other:/"),
	    "other:/tree", 2, 2, 0);
	assert_true(event_came("progress"));
	reads(a, "other:/tree/in/a", "deep");
	one = answer_item(ask(a, "files.find", "{s:s,s:s,s:b}", "path", "other:/", "pattern",
			      "a", "details", 1),
	    "found", "path", "/tree/in/a");
	assert_int_equal(1700000000123,
	    json_integer_value(json_object_get(json_object_get(one, "details"), "modified")));
	assert_int_equal(
	    0600, json_integer_value(json_object_get(json_object_get(one, "details"), "mode")));
	json_decref(one);
	copied(ask(a, "files.copy", "{s:s,s:s}", "from", "plans:/tree/", "to", "other:/new"),
	    "other:/new", 2, 2, 0);
	copied(ask(a, "files.copy", "{s:s,s:s}", "from", "plans:/tree/in/a", "to", "other:/c"),
	    "other:/c", 1, 0, 0);
	copied(
	    ask(a, "files.copy", "{s:s,s:s}", "from", "plans:/tree/in/a", "to", "other:/new"),
	    "other:/new/a", 1, 0, 0);
	copied(ask(a, "files.copy", "{s:s,s:s}", "from", "plans:/tree", "to", "plans:/tree/in"),
	    "plans:/tree/in/tree", 2, 2, 0);
	ends(ZT_ERR_EXISTS, a, "files.copy", "{s:s,s:s}", "from", "plans:/tree", "to",
	    "plans:/tree/in");
	ends(ZT_ERR_EXISTS, a, "files.copy", "{s:s,s:s}", "from", "plans:/tree/b", "to",
	    "other:/c");
	reads(a, "other:/c", "deep");
	copied(ask(a, "files.copy", "{s:s,s:s}", "from", "other:/", "to", "plans:/whole"),
	    "plans:/whole", 6, 5, 0);
	ends(ZT_ERR_NOT_FOUND, a, "files.copy", "{s:s,s:s}", "from", "plans:/no", "to",
	    "other:/d");
	ends(ZT_ERR_NOT_FOUND, a, "files.copy", "{s:s,s:s}", "from", "plans:/tree", "to",
	    "other:/no/d");
	ends(ZT_ERR_INVALID, a, "files.copy", "{s:s,s:s}", "from", "", "to", "other:/d");
	memset(content, 'c', sizeof content - 1);
	content[sizeof content - 1] = 0;
	ask_write(a, "plans:/tree/long", content);
	event_came("");
	proxy_play(stage.s->w->d, &losing);
	copied(ask(a, "files.copy", "{s:s,s:s}", "from", "plans:/tree", "to", "other:/rest"),
	    "other:/rest", 4, 4, 1);
	proxy_play(stage.s->w->d, NULL);
	assert_true(event_came("skipped"));
	assert_null(answer_item(ask(a, "files.find", "{s:s}", "path", "other:/rest"), "found",
	    "path", "/rest/long"));
}

/* A verification says how far it is, and what the servers lost. */
void
a_verification_says_what_is_lost(void **state)
{
	struct proxy_hooks losing = { .before = lose };
	char content[200000]; /* too much to be in the manifest */

	(void)state;
	memset(content, 'c', sizeof content - 1);
	content[sizeof content - 1] = 0;
	ask_write(stage.alice, "plans:/verified", content);
	event_came("");
	assert_true(
	    answer_number(
		ask(stage.alice, "files.verify", "{s:s}", "workspace", "plans"), "files") > 0);
	assert_true(event_came("progress"));
	proxy_play(stage.s->w->d, &losing);
	ends(ZT_ERR_MISSING_BLOCK, stage.alice, "files.verify", "{s:s}", "workspace", "plans");
	proxy_play(stage.s->w->d, NULL);
	assert_true(event_came("skipped"));
}

/* Servers of an older backup: each device sends what it has, and says what it has not. */
void
a_repair_says_what_is_not_restored(void **state)
{
	struct scene *s = stage.s;
	struct workspace *w;
	json_t *r;

	(void)state;
	does(stage.alice, "workspaces.create", "{s:s}", "name", "kept");
	ask_write(stage.alice, "kept:/f", "x");
	does(stage.alice, "workspaces.share", "{s:s,s:s,s:s}", "workspace", "kept", "user",
	    s->bob.email, "role", "manager");
	w = person_workspace(&s->bob, "kept");
	world_lose_chain(s->w, &w->w->id);
	event_came("");
	r = ask(stage.bob, "device.repair", "{}");
	assert_true(event_came("lost")); /* what its author alone holds */
	assert_true(json_is_false(json_object_get(r, "whole")));
	assert_true(answer_number(r, "changesets") > 0);
	ends(ZT_ERR_MISSING_BLOCK, stage.bob, "list.open", "{s:s}", "path", "kept:/");
	assert_true(event_came("damaged"));
	r = ask(stage.alice, "device.repair", "{}");
	assert_true(json_is_true(json_object_get(r, "whole")));
	assert_true(answer_number(r, "objects") > 0);
}
