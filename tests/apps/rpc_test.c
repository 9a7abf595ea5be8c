/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rpc_test.c - the app's interface (apps/rpc) on real services: each method, each answer of the
 * type that its row declares, and each request that is not of its row refused. */
#include <stdio.h>
#include <time.h>

#include "ask.h"
#include "zt/audit.h"
#include "zt/pki.h"
#include "zt/recover.h"
#include "zt/server.h"

static void
a_device_names_itself_and_its_log(void **state)
{
	struct zt_identity id;
	char is[128];

	(void)state;
	zt_whoami(stage.s->alice.zt, &id);
	answer_text(ask(stage.alice, "device.whoami", "{}"), "device", is, sizeof is);
	assert_string_equal(id.device, is);
	answer_text(ask(stage.alice, "log.head", "{}"), "root", is, sizeof is);
	assert_string_equal(id.log_root, is);
	assert_int_equal(
	    id.log_size, answer_number(ask(stage.alice, "device.sync", "{}"), "size"));
	does(stage.bob, "device.sync", "{}");
	answer_text(ask(stage.bob, "log.head", "{}"), "head", is, sizeof is);
	does(stage.alice, "log.compare", "{s:s}", "head", is);
	ends(ZT_ERR_INVALID, stage.alice, "log.compare", "{s:s}", "head", "not a head");
	is[strlen(is) - 1] ^= 1;
	ends(ZT_ERR_CORRUPT, stage.alice, "log.compare", "{s:s}", "head", is);
	assert_true(answer_number(ask(stage.alice, "health.store", "{}"), "records") > 0);
	assert_int_equal(
	    id.log_size, answer_number(ask(stage.alice, "log.verify", "{}"), "entries"));
	assert_true(event_came("work"));
}

/* Settings and releases are an admin's; each change is over the newest. */
static void
settings_bind_and_releases_are_pinned(void **state)
{
	struct rpc_lane *a = stage.alice, *b = stage.bob;
	char one[65], other[65], is[64];
	json_t *all;

	(void)state;
	memset(one, 'a', 64);
	memset(other, 'b', 64);
	one[64] = other[64] = 0;
	answer_text(ask(a, "organization.settings", "{}"), "browserDevices", is, sizeof is);
	assert_string_equal("everybody", is);
	ends(
	    ZT_ERR_FORBIDDEN, b, "organization.setSettings", "{s:s}", "workspacesBy", "admins");
	does(a, "organization.setSettings", "{s:s}", "workspacesBy", "admins");
	does(b, "device.sync", "{}");
	ends(ZT_ERR_FORBIDDEN, b, "workspaces.create", "{s:s}", "name", "mine");
	answer_text(ask(a, "organization.setSettings", "{s:s,s:I}", "browserDevices",
			"notAdmins", "deletionDelay", (int64_t)2 * 24 * 3600 * 1000),
	    "workspacesBy", is, sizeof is);
	assert_string_equal("admins", is);
	ends(ZT_ERR_INVALID, a, "organization.setSettings", "{s:i}", "deletionDelay", 1000);
	assert_int_equal((int64_t)2 * 24 * 3600 * 1000,
	    answer_number(ask(b, "organization.settings", "{}"), "deletionDelay"));
	does(a, "organization.setSettings", "{s:s,s:s,s:I}", "browserDevices", "everybody",
	    "workspacesBy", "standard", "deletionDelay", (int64_t)24 * 3600 * 1000);
	ends(ZT_ERR_FORBIDDEN, b, "releases.pin", "{s:[s],s:s}", "releases", one, "how",
	    "exactly");
	ends(ZT_ERR_INVALID, a, "releases.pin", "{s:[s],s:s}", "releases", "none", "how",
	    "exactly");
	does(a, "releases.pin", "{s:[s],s:s}", "releases", one, "how", "exactly");
	assert_int_equal(2,
	    answer_count(ask(a, "releases.pin", "{s:[s],s:s}", "releases", other, "how", "too"),
		"releases"));
	all = ask(b, "releases.list", "{}");
	assert_int_equal(2, json_array_size(json_object_get(all, "releases")));
	assert_null(json_object_get(all, "newest"));
	json_decref(all);
	answer_text(ask(b, "releases.check", "{}"), "state", is, sizeof is);
	assert_string_equal("none", is); /* this gateway serves no page */
	all = ask(b, "releases.list", "{}");
	assert_non_null(json_object_get(all, "newest"));
	assert_null(json_object_get(all, "alarm"));
	json_decref(all);
	does(b, "releases.clear", "{}");
	assert_int_equal(1, answer_count(ask(a, "releases.pin", "{s:[s],s:s}", "releases",
					     other, "how", "noMore"),
				"releases"));
	does(a, "releases.pin", "{s:[],s:s}", "releases", "how", "exactly");
	assert_int_equal(0, answer_count(ask(a, "releases.list", "{}"), "releases"));
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
	    0, answer_count(ask(stage.alice, "log.entries", "{s:I}", "from", (int64_t)1 << 40),
		   "entries"));
	assert_int_equal(1,
	    answer_count(ask(stage.alice, "organization.people", "{s:i}", "max", 1), "people"));
	assert_int_equal(1,
	    answer_number(ask(stage.alice, "organization.people", "{s:i}", "max", 1), "next"));
}

static void
a_workspace_is_made_shared_and_ended(void **state)
{
	struct rpc_lane *a = stage.alice, *b = stage.bob;
	const char *bob = stage.s->bob.email;
	char id[64], again[64];

	(void)state;
	answer_text(ask(a, "workspaces.create", "{s:s}", "name", "press"), "id", id, sizeof id);
	ends(ZT_ERR_EXISTS, a, "workspaces.create", "{s:s}", "name", "press");
	answer_text(ask(a, "workspaces.create", "{s:s,s:b}", "name", "press", "second", 1),
	    "id", again, sizeof again);
	does(a, "workspaces.rename", "{s:s,s:s}", "workspace", again, "name", "paper");
	does(a, "workspaces.share", "{s:s,s:s,s:s}", "workspace", "press", "user", bob, "role",
	    "reader");
	answer_has(ask(a, "workspaces.members", "{s:s}", "workspace", "press"), "members",
	    "role", "reader");
	does(b, "device.sync", "{}");
	answer_has(ask(b, "workspaces.list", "{}"), "workspaces", "name", "press");
	does(a, "workspaces.unshare", "{s:s,s:s}", "workspace", "press", "user", bob);
	does(b, "device.sync", "{}");
	assert_null(
	    answer_item(ask(b, "workspaces.list", "{}"), "workspaces", "name", "press"));
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

static void
a_file_is_written_and_read_in_ranges(void **state)
{
	struct rpc_lane *a = stage.alice;
	json_t *opened;
	int64_t h;

	(void)state;
	assert_int_equal(1, ask_write(a, "plans:/budget", "one two three"));
	opened = ask(a, "reader.open", "{s:s}", "path", "plans:/budget");
	assert_int_equal(13, json_integer_value(json_object_get(opened, "size")));
	assert_int_equal(1, json_integer_value(json_object_get(opened, "version")));
	h = answer_number(opened, "handle");
	ask_reads(a, h, 0, 100, "one two three");
	ask_reads(a, h, 4, 3, "two");
	ask_reads(a, h, 13, 4 * 1024 * 1024, "");
	ask_reads(a, h, ((int64_t)1 << 53) - 1, 1, "");
	ends(ZT_ERR_TOO_BIG, a, "reader.read", "{s:I,s:i,s:i}", "handle", h, "offset", 0,
	    "size", 4 * 1024 * 1024 + 1);
	assert_int_equal(2, ask_write(a, "plans:/budget", "another"));
	ask_reads(a, h, 0, 3, "one");
	does(a, "reader.close", "{s:I}", "handle", h);
	opened = ask(a, "writer.open", "{s:s,s:s}", "path", "plans:/budget", "base", "newest");
	h = answer_number(opened, "handle");
	does(a, "writer.truncate", "{s:I,s:i}", "handle", h, "size", 3);
	assert_int_equal(
	    3, answer_number(ask(a, "writer.commit", "{s:I}", "handle", h), "version"));
	does(a, "writer.close", "{s:I}", "handle", h);
	h = answer_number(
	    ask(a, "reader.open", "{s:s,s:i}", "path", "plans:/budget", "version", 2),
	    "version");
	assert_int_equal(2, h);
	h = answer_number(
	    ask(a, "reader.open", "{s:s,s:i}", "path", "plans:/budget", "version", 3),
	    "handle");
	ask_reads(a, h, 0, 100, "ano");
	does(a, "reader.close", "{s:I}", "handle", h);
	ends(ZT_ERR_NOT_FOUND, a, "reader.open", "{s:s}", "path", "plans:/none");
}

/* What the page saves is what zt-audit reads. */
static void
the_log_is_exported_for_an_auditor(void **state)
{
	struct rpc_lane *a = stage.alice;
	struct rpc_answer given = { 0 };
	struct zt_audit *audit = NULL;
	struct zt_audit_result r;
	struct zt_identity id;
	json_t *opened;
	int64_t h, size, at = 0;

	(void)state;
	zt_whoami(stage.s->alice.zt, &id);
	assert_ok(zt_audit_new(id.org, &audit));
	opened = ask(a, "export.open", "{s:s}", "workspace", "plans");
	size = json_integer_value(json_object_get(opened, "size"));
	h = answer_number(opened, "handle");
	assert_true(size > 100);
	ends(ZT_ERR_TOO_BIG, a, "export.open", "{}");
	while (at < size) {
		json_decref(ask_with(a, "export.read",
		    json_pack("{s:I,s:I,s:i}", "handle", h, "offset", at, "size", 100), NULL, 0,
		    &given));
		assert_true(given.content_n > 0 && given.content_n <= 100);
		assert_ok(zt_audit_take(audit, given.content, given.content_n));
		at += (int64_t)given.content_n;
		rpc_answer_free(&given);
	}
	assert_int_equal(size, at);
	assert_ok(zt_audit_end(audit));
	zt_audit_result(audit, &r);
	assert_int_equal(id.log_size, r.entries + r.hidden);
	assert_true(r.changesets > 0);
	zt_audit_free(audit);
	json_decref(ask_with(a, "export.read",
	    json_pack("{s:I,s:I,s:i}", "handle", h, "offset", size, "size", 9), NULL, 0,
	    &given));
	assert_int_equal(0, given.content_n);
	rpc_answer_free(&given);
	ends(ZT_ERR_TOO_BIG, a, "export.read", "{s:I,s:i,s:i}", "handle", h, "offset", 0,
	    "size", 4 * 1024 * 1024 + 1);
	does(a, "export.close", "{s:I}", "handle", h);
	ends(ZT_ERR_NOT_FOUND, a, "export.close", "{s:I}", "handle", h);
	ends(ZT_ERR_NOT_FOUND, a, "export.open", "{s:s}", "workspace", "nowhere");
	h = answer_number(ask(a, "export.open", "{}"), "handle");
	does(a, "export.close", "{s:I}", "handle", h);
}

static void
a_page_keeps_notes_and_files(void **state)
{
	struct rpc_lane *a = stage.alice;
	json_t *opened;
	int64_t h;

	(void)state;
	does(a, "notes.put", "{s:s,s:s}", "name", "upload.1", "value", "what waits");
	answer_has(
	    ask(a, "notes.list", "{s:s}", "prefix", "upload."), "notes", "value", "what waits");
	does(a, "notes.remove", "{s:s}", "name", "upload.1");
	assert_int_equal(
	    0, answer_count(ask(a, "notes.list", "{s:s}", "prefix", "upload."), "notes"));
	ends(ZT_ERR_NAME, a, "notes.put", "{s:s,s:s}", "name", "No name", "value", "");
	opened = ask(a, "reader.open", "{s:s}", "path", "plans:/budget");
	assert_false(json_boolean_value(json_object_get(opened, "away")));
	h = answer_number(opened, "handle");
	for (const char *const *how =
		 (const char *const[]){ "read", "pinned", "forget", "nothing", NULL };
	     *how != NULL; how++)
		does(a, "reader.keep", "{s:I,s:s}", "handle", h, "how", *how);
	ends(ZT_ERR_NOT_FOUND, a, "reader.keep", "{s:I,s:s}", "handle", h + 999, "how", "read");
	does(a, "reader.close", "{s:I}", "handle", h);
}

static void
small_files_are_written_together(void **state)
{
	struct rpc_lane *a = stage.alice;
	char large[9000] = "larger than what rides in a manifest", pair[2 * sizeof large];
	struct rpc_answer given;
	int64_t h;

	(void)state;
	does(a, "files.makeFolder", "{s:s}", "path", "plans:/few");
	does(a, "files.makeFolder", "{s:s}", "path", "plans:/few/in");
	assert_int_equal(1, ask_write(a, "plans:/few/b", "before"));
	json_decref(ask_with(a, "files.writeSmall",
	    json_pack("{s:s,s:[{s:s,s:i,s:i},{s:s,s:i},{s:s,s:i}]}", "path", "plans:/few",
		"files", "name", "a", "size", 3, "modified", 1500, "name", "b", "size", 2,
		"name", "in/empty", "size", 0),
	    "onetw", 5, &given));
	rpc_answer_free(&given);
	h = answer_number(ask(a, "reader.open", "{s:s}", "path", "plans:/few/a"), "handle");
	ask_reads(a, h, 0, 100, "one");
	does(a, "reader.close", "{s:I}", "handle", h);
	h = answer_number(
	    ask(a, "reader.open", "{s:s,s:i}", "path", "plans:/few/b", "version", 2), "handle");
	ask_reads(a, h, 0, 100, "tw");
	does(a, "reader.close", "{s:I}", "handle", h);
	h = answer_number(
	    ask(a, "reader.open", "{s:s}", "path", "plans:/few/in/empty"), "handle");
	ask_reads(a, h, 0, 100, "");
	does(a, "reader.close", "{s:I}", "handle", h);
	memcpy(pair, large, sizeof large);
	memcpy(pair + sizeof large, large, sizeof large);
	pair[sizeof large] = 'L';
	json_decref(ask_with(a, "files.writeSmall",
	    json_pack("{s:s,s:[{s:s,s:i},{s:s,s:i}]}", "path", "plans:/", "files", "name",
		"few/large", "size", (int)sizeof large, "name", "few/Large", "size",
		(int)sizeof large),
	    pair, sizeof pair, &given));
	rpc_answer_free(&given);
	h = answer_number(ask(a, "reader.open", "{s:s}", "path", "plans:/few/Large"), "handle");
	ask_reads(a, h, 0, 10, "Larger tha");
	does(a, "reader.close", "{s:I}", "handle", h);
	does(a, "files.remove", "{s:s,s:b}", "path", "plans:/few/Large", "recursive", 0);
	ends(ZT_ERR_INVALID, a, "files.writeSmall", "{s:s,s:[{s:s,s:i}]}", "path", "plans:/few",
	    "files", "name", "c", "size", 1); /* without its content */
	ends(ZT_ERR_EXISTS, a, "files.writeSmall", "{s:s,s:[{s:s,s:i}]}", "path", "plans:/few",
	    "files", "name", "in", "size", 0);
	ends(ZT_ERR_NAME, a, "files.writeSmall", "{s:s,s:[{s:s,s:i},{s:s,s:i}]}", "path",
	    "plans:/few", "files", "name", "d", "size", 0, "name", "..", "size", 0);
	for (const char *const *name = (const char *const[]){ "", "x/", NULL }; *name != NULL;
	     name++)
		ends(ZT_ERR_NAME, a, "files.writeSmall", "{s:s,s:[{s:s,s:i},{s:s,s:i}]}",
		    "path", "plans:/", "files", "name", "d", "size", 0, "name", *name, "size",
		    0);
	ends(ZT_ERR_NOT_FOUND, a, "reader.open", "{s:s}", "path", "plans:/few/d");
	ends(ZT_ERR_NOT_FOUND, a, "files.writeSmall", "{s:s,s:[{s:s,s:i}]}", "path",
	    "plans:/none", "files", "name", "a", "size", 0);
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
	ask_write(a, "plans:/in/a", "five.");
	ask_write(a, "plans:/in/\xc3\xa9t\xc3\xa9", "");
	opened = ask(a, "list.open", "{s:s,s:b}", "path", "plans:/in", "details", 1);
	assert_int_equal(3, json_integer_value(json_object_get(opened, "size")));
	h = answer_number(opened, "handle");
	page = ask(a, "list.next", "{s:I,s:i}", "handle", h, "max", 2);
	assert_int_equal(2, json_integer_value(json_object_get(page, "next")));
	entry = answer_item(page, "entries", "name", "a");
	assert_non_null(entry);
	page = json_incref(json_object_get(entry, "details"));
	assert_int_equal(5, json_integer_value(json_object_get(page, "size")));
	assert_int_equal(0600, json_integer_value(json_object_get(page, "mode")));
	assert_int_equal(1700000000123, answer_number(page, "modified"));
	json_decref(entry);
	page = ask(a, "list.next", "{s:I}", "handle", h);
	assert_null(json_object_get(page, "next"));
	answer_has(page, "entries", "name", "\xc3\xa9t\xc3\xa9");
	assert_int_equal(0, answer_count(ask(a, "list.next", "{s:I}", "handle", h), "entries"));
	answer_has(
	    ask(a, "list.next", "{s:I,s:i}", "handle", h, "from", 1), "entries", "name", "b");
	does(a, "list.close", "{s:I}", "handle", h);
	ends(ZT_ERR_NOT_FOUND, a, "list.next", "{s:I}", "handle", h);
	h = answer_number(ask(a, "list.open", "{s:s}", "path", "plans:/in"), "handle");
	answer_has(ask(a, "list.next", "{s:I}", "handle", h), "entries", "name", "a");
	does(a, "list.close", "{s:I}", "handle", h);
	ends(ZT_ERR_INVALID, a, "list.open", "{s:s}", "path", "plans:/in/a");
}

static void
what_is_moved_and_removed_is_found_again(void **state)
{
	struct rpc_lane *a = stage.alice;
	char is[64], object[64];

	(void)state;
	ask_write(a, "plans:/notes", "first");
	ask_write(a, "plans:/notes", "second");
	assert_int_equal(2,
	    answer_count(ask(a, "files.history", "{s:s}", "path", "plans:/notes"), "versions"));
	assert_int_equal(1, answer_number(ask(a, "files.history", "{s:s,s:i}", "path",
					      "plans:/notes", "max", 1),
				"next"));
	does(a, "files.restore", "{s:s,s:i}", "path", "plans:/notes", "version", 1);
	assert_int_equal(3,
	    answer_count(ask(a, "files.history", "{s:s}", "path", "plans:/notes"), "versions"));
	does(a, "files.makeFolder", "{s:s}", "path", "plans:/old");
	answer_text(
	    ask(a, "files.move", "{s:s,s:s}", "from", "plans:/notes", "to", "plans:/old"),
	    "path", is, sizeof is);
	assert_string_equal("plans:/old/notes", is);
	ends(ZT_ERR_INVALID, a, "files.remove", "{s:s}", "path", "plans:/old");
	does(a, "files.remove", "{s:s,s:b}", "path", "plans:/old", "recursive", 1);
	answer_text(answer_item(ask(a, "trash.list", "{s:s}", "path", "plans"), "removed",
			"path", "/old"),
	    "object", object, sizeof object);
	does(a, "trash.restore", "{s:s,s:s}", "path", "plans:/back", "object", object);
	ends(ZT_ERR_EXISTS, a, "trash.restore", "{s:s,s:s}", "path", "plans:/more", "object",
	    object);
	assert_int_equal(
	    3, answer_count(
		   ask(a, "files.history", "{s:s}", "path", "plans:/back/notes"), "versions"));
}

/* Names are found in whole or in part, whatever their case, below a folder. */
static void
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
static void
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
static void
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
static void
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

static void
people_are_found_and_given_profiles(void **state)
{
	struct rpc_lane *a = stage.alice;
	const char *bob = stage.s->bob.email;
	char id[64];

	(void)state;
	answer_has(ask(a, "organization.people", "{}"), "people", "email", bob);
	answer_text(ask(a, "people.find", "{s:s}", "user", bob), "id", id, sizeof id);
	ends(ZT_ERR_NOT_FOUND, a, "people.find", "{s:s}", "user", "nobody@acme.example");
	assert_int_equal(
	    1, answer_count(ask(a, "people.devices", "{s:s}", "user", id), "devices"));
	assert_true(answer_count(ask(a, "people.devices", "{}"), "devices") > 1);
	does(a, "people.profile", "{s:s,s:s}", "user", bob, "profile", "admin");
	does(stage.bob, "device.sync", "{}");
	answer_text(
	    answer_item(ask(stage.bob, "organization.people", "{}"), "people", "id", id),
	    "profile", id, sizeof id);
	assert_string_equal("admin", id);
	does(a, "people.profile", "{s:s,s:s}", "user", bob, "profile", "standard");
	does(stage.bob, "device.sync", "{}");
	ends(ZT_ERR_FORBIDDEN, stage.bob, "people.profile", "{s:s,s:s}", "user", bob, "profile",
	    "admin");
}

static void
freeze_as_operator(const char *slug, const char *frozen, const char *thawed)
{
	struct zt_server op = {
		.url = stage.s->w->url, .in_clear = true, .operator_token = stage.s->w->token
	};
	struct zt_server_limits l = { .freeze = frozen, .thaw = thawed };
	char message[256] = "";

	assert_ok(zt_server_org_set(&op, slug, &l, message));
}

/* Refused by the server alone: what bob has stays readable to him. */
static void
the_server_says_what_it_allows_and_freezes(void **state)
{
	struct rpc_lane *a = stage.alice;
	const char *bob = stage.s->bob.email;
	struct zt_identity of_bob;
	json_t *all, *one;

	(void)state;
	zt_whoami(stage.s->bob.zt, &of_bob);
	does(stage.bob, "device.sync", "{}");
	all = ask(a, "organization.overview", "{}");
	assert_true(json_integer_value(json_object_get(all, "users")) > 1);
	assert_true(json_integer_value(json_object_get(all, "bytes")) > 0);
	assert_int_equal(0, json_integer_value(json_object_get(all, "usersLimit")));
	assert_true(
	    llabs(json_integer_value(json_object_get(all, "time")) / 1000 - time(NULL)) < 60);
	assert_string_equal(zt_version(), json_string_value(json_object_get(all, "version")));
	json_decref(all);
	one = answer_item(ask(a, "people.seen", "{}"), "seen", "device", of_bob.device);
	assert_true(time(NULL) - answer_number(one, "day") / 1000 < 2 * 24 * 60 * 60);
	assert_int_equal(1, answer_count(ask(a, "people.seen", "{s:i}", "max", 1), "seen"));
	ends(ZT_ERR_FORBIDDEN, stage.bob, "organization.overview", "{}");
	ends(ZT_ERR_FORBIDDEN, stage.bob, "people.seen", "{}");
	ends(ZT_ERR_FORBIDDEN, stage.bob, "people.frozen", "{}");
	ends(ZT_ERR_FORBIDDEN, stage.bob, "people.freeze", "{s:s,s:b}", "user", bob, "frozen",
	    1);
	ends(ZT_ERR_INVALID, a, "people.freeze", "{s:s,s:b}", "user", stage.s->alice.email,
	    "frozen", 1);
	ends(ZT_ERR_NOT_FOUND, a, "people.freeze", "{s:s,s:b}", "user", "nobody@acme.example",
	    "frozen", 1);
	does(a, "people.freeze", "{s:s,s:b}", "user", bob, "frozen", 1);
	ends(ZT_ERR_FROZEN, stage.bob, "device.sync", "{}");
	one = answer_item(ask(a, "people.frozen", "{}"), "frozen", "user", of_bob.user);
	assert_true(json_is_true(json_object_get(one, "byAdmin")));
	json_decref(one);
	does(a, "people.freeze", "{s:s,s:b}", "user", bob, "frozen", 0);
	does(a, "people.freeze", "{s:s,s:b}", "user", bob, "frozen", 0);
	assert_int_equal(0, answer_count(ask(a, "people.frozen", "{}"), "frozen"));
	does(stage.bob, "device.sync", "{}");
	/* Whom the operator froze, also after an admin did, an admin does not thaw. */
	does(a, "people.freeze", "{s:s,s:b}", "user", bob, "frozen", 1);
	freeze_as_operator(of_bob.slug, of_bob.user, NULL);
	ends(ZT_ERR_FORBIDDEN, a, "people.freeze", "{s:s,s:b}", "user", bob, "frozen", 0);
	one = answer_item(ask(a, "people.frozen", "{}"), "frozen", "user", of_bob.user);
	assert_true(json_is_false(json_object_get(one, "byAdmin")));
	json_decref(one);
	ends(ZT_ERR_FROZEN, stage.bob, "device.sync", "{}");
	freeze_as_operator(of_bob.slug, NULL, of_bob.user);
	does(stage.bob, "device.sync", "{}");
}

static void
an_invitation_is_made_and_cancelled(void **state)
{
	struct rpc_lane *a = stage.alice;
	char link[1024], id[64];
	json_t *list, *one;

	(void)state;
	answer_text(
	    ask(a, "invitations.create", "{s:s}", "kind", "user"), "link", link, sizeof link);
	ends(ZT_ERR_METHOD, a, "invitations.mail", "{s:s,s:s}", "link", link, "email",
	    "carol@acme.example");
	list = ask(a, "invitations.list", "{}");
	one = answer_item(list, "invitations", "state", "open");
	assert_non_null(one);
	answer_text(one, "id", id, sizeof id);
	does(a, "invitations.cancel", "{s:s}", "id", id);
	assert_null(
	    answer_item(ask(a, "invitations.list", "{}"), "invitations", "state", "open"));
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
	int spaces = 0;

	(void)state;
	world_add_device(&stage.s->alice, laptop, "laptop");
	world_add_device(laptop, &phone, "phone"); /* not by alice's first device */
	zt_whoami(laptop->zt, &laptop_id);
	does(a, "device.sync", "{}");
	assert_int_equal(1, answer_count(ask(a, "device.new", "{}"), "devices"));
	one = ask(a, "device.new", "{}");
	answer_text(json_incref(json_array_get(json_object_get(one, "devices"), 0)), "id", id,
	    sizeof id);
	json_decref(one);
	assert_int_equal(1,
	    answer_number(ask(a, "device.acknowledge", "{s:s}", "device", id), "acknowledged"));
	assert_int_equal(0, answer_count(ask(a, "device.new", "{}"), "devices"));
	person_close(&phone);
	answer_text(answer_item(ask(a, "device.acts", "{s:s}", "device", laptop_id.device),
			"acts", "subject", id),
	    "undo", words, sizeof words);
	assert_string_equal("device", words);
	does(a, "device.revoke", "{s:s}", "device", id);
	assert_null(answer_item(ask(a, "device.acts", "{s:s}", "device", laptop_id.device),
	    "acts", "undo", "device"));
	ends(ZT_ERR_NOT_FOUND, a, "device.revoke", "{s:s}", "device", "no such device");
	assert_int_equal(0, answer_count(ask(a, "recovery.ways", "{}"), "ways"));
	does(a, "recovery.create", "{s:s}", "language", "english");
	answer_text(ask(a, "recovery.create", "{s:s}", "language", "french"), "words", words,
	    sizeof words);
	for (const char *at = words; (at = strchr(at, ' ')) != NULL; at++)
		spaces++;
	assert_int_equal(35, spaces);
	assert_int_equal(2, answer_count(ask(a, "recovery.ways", "{}"), "ways"));
	assert_int_equal(1, answer_number(ask(a, "recovery.endOlder", "{}"), "ended"));
	assert_int_equal(1, answer_count(ask(a, "recovery.ways", "{}"), "ways"));
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
	assert_int_equal(
	    0, answer_number(ask(a, "recovery.colleagues", "{s:[s,s],s:i}", "users",
				 carol.email, stage.s->bob.email, "need", 2),
		   "ended"));
	assert_int_equal(2, answer_count(ask(a, "recovery.ways", "{}"), "ways"));
	does(a, "people.revoke", "{s:s}", "user", carol.email);
	does(a, "keys.maintain", "{}");
	does(a, "workspaces.claim", "{s:s}", "workspace", "hers");
	answer_text(answer_item(ask(a, "workspaces.list", "{}"), "workspaces", "name", "hers"),
	    "role", carol.name, sizeof carol.name);
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
	ask_write(a, "owned:/hers", "hers");
	does(stage.bob, "device.sync", "{}");
	ask_write(stage.bob, "owned:/his", "his");
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
	assert_true(answer_number(ask(a, "workspaces.rewrap", "{s:s}", "workspace", "owned"),
			"rewrapped") > 0);
	assert_int_equal(
	    0, answer_number(
		   ask(a, "workspaces.finishRewrap", "{s:s}", "workspace", "owned"), "lost"));
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

/* NAME's device says what became of its request. */
static void
pki_state_is(const char *name, const char *wanted)
{
	const struct rpc_host host = { .event = take_event };
	char home[128], is[64];
	const struct zt_options o = { .home = home, .password = "a password" };
	struct rpc_lane *l = NULL;
	struct zt *z = NULL;

	(void)snprintf(home, sizeof home, "%s/of-%s", stage.s->w->state, name);
	assert_ok(zt_open(&o, &z, NULL));
	assert_ok(rpc_lane_new(&host, &l));
	rpc_lane_use(l, z);
	answer_text(ask(l, "pki.state", "{}"), "state", is, sizeof is);
	assert_string_equal(wanted, is);
	rpc_lane_free(l);
	zt_close(z);
}

static void
requests_by_certificate_are_accepted_and_rejected(void **state)
{
	struct rpc_lane *a = stage.alice;
	char command[256], anchor[128], list[128], dora[33], emil[33];
	const char *files[] = { anchor, list };

	(void)state;
	assert_int_equal(0, answer_count(ask(a, "pki.trusted", "{}"), "anchors"));
	(void)snprintf(
	    command, sizeof command, "state=%s; . tests/cli/ca.sh; crl", stage.s->w->state);
	assert_int_equal(0, system(command));
	(void)snprintf(anchor, sizeof anchor, "%s/ca/ca.pem", stage.s->w->state);
	(void)snprintf(list, sizeof list, "%s/ca/ca.crl", stage.s->w->state);
	assert_ok(zt_pki_trust(stage.s->alice.zt, files, 2));
	assert_int_equal(2, answer_count(ask(a, "pki.trusted", "{}"), "anchors"));
	assert_int_equal(0, answer_count(ask(a, "pki.requests", "{}"), "requests"));
	ask_by_certificate("dora", dora);
	ask_by_certificate("emil", emil);
	answer_has(ask(a, "pki.requests", "{}"), "requests", "email", "dora@demo.example");
	does(a, "pki.accept", "{s:s,s:s}", "id", dora, "profile", "outsider");
	answer_has(ask(a, "organization.people", "{}"), "people", "profile", "outsider");
	does(a, "pki.reject", "{s:s}", "id", emil);
	assert_int_equal(0, answer_count(ask(a, "pki.requests", "{}"), "requests"));
	ends(ZT_ERR_NOT_FOUND, a, "pki.accept", "{s:s}", "id", emil);
	ends(ZT_ERR_NOT_FOUND, a, "pki.state", "{}");
	pki_state_is("dora", "accepted");
	pki_state_is("emil", "rejected");
}

/* ---- all methods ---- */

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

/* The page alone lends nobody this account, and ends no alarm. */
static void
what_lends_the_account_needs_the_person(void **state)
{
	static const char *const all[] = { "device.revoke", "device.acknowledge",
		"people.freeze", "people.profile", "people.revoke", "organization.setSettings",
		"releases.pin", "releases.clear", "recovery.create", "recovery.endOlder",
		"recovery.colleagues", "exchange.greet", "pki.accept", "workspaces.delete",
		"workspaces.voidPin", "workspaces.voidChangeset", "log.compare" };
	const struct rpc_row *row;
	size_t n = 0;

	(void)state;
	stage.is_unconfirmed = true;
	for (size_t i = 0; (row = rpc_row_at(i)) != NULL; i++) {
		char *text;

		if (row->asks == RPC_FREE)
			continue;
		assert_true(n < sizeof all / sizeof all[0]);
		assert_string_equal(all[n++], row->method);
		if (stage.asked[i] == NULL)
			continue;
		text = request_of(row->method, stage.asked[i]);
		refused(stage.alice, ZT_ERR_CONFIRM, text, strlen(text), 0, NULL);
		free(text);
	}
	assert_int_equal(sizeof all / sizeof all[0], n);
	does(stage.alice, "log.head", "{}"); /* and all else is done */
	stage.is_unconfirmed = false;
}

/* No short call waits for one that reads a whole log or tree, or for people. */
static void
what_takes_long_has_its_own_lane(void **state)
{
	static const char *const all[] = { "log.entries", "log.verify", "files.history",
		"releases.check", "files.find", "files.usage", "files.copy", "files.verify",
		"trash.list", "workspaces.rewrap", "workspaces.finishRewrap", "device.repair",
		"health.store" };
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		assert_int_equal(RPC_LONG, rpc_find(all[i])->lane);
	for (size_t i = 0; rpc_row_at(i) != NULL; i++)
		n += rpc_row_at(i)->lane == RPC_LONG;
	assert_int_equal(sizeof all / sizeof all[0], n);
	assert_int_equal(RPC_PERSON, rpc_find("exchange.greet")->lane);
}

static void
every_method_was_asked(void **state)
{
	const struct rpc_row *row;

	(void)state;
	if (getenv("ONLY") != NULL)
		skip();
	for (size_t i = 0; (row = rpc_row_at(i)) != NULL; i++)
		if (stage.asked[i] == NULL &&
		    row->lane < RPC_PERSON) /* rpc_join_test has the others */
			fail_msg("no test asks for %s", row->method);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_names_itself_and_its_log),
		cmocka_unit_test(settings_bind_and_releases_are_pinned),
		cmocka_unit_test(pages_of_the_log_make_the_whole),
		cmocka_unit_test(a_workspace_is_made_shared_and_ended),
		cmocka_unit_test(a_file_is_written_and_read_in_ranges),
		cmocka_unit_test(small_files_are_written_together),
		cmocka_unit_test(a_page_keeps_notes_and_files),
		cmocka_unit_test(the_log_is_exported_for_an_auditor),
		cmocka_unit_test(a_folder_is_listed_in_pages),
		cmocka_unit_test(what_is_moved_and_removed_is_found_again),
		cmocka_unit_test(a_name_is_found_in_a_tree),
		cmocka_unit_test(a_tree_is_copied),
		cmocka_unit_test(a_verification_says_what_is_lost),
		cmocka_unit_test(a_repair_says_what_is_not_restored),
		cmocka_unit_test(people_are_found_and_given_profiles),
		cmocka_unit_test(the_server_says_what_it_allows_and_freezes),
		cmocka_unit_test(an_invitation_is_made_and_cancelled),
		cmocka_unit_test(a_device_is_acknowledged_and_revoked),
		cmocka_unit_test(what_a_revoked_person_owned_is_claimed),
		cmocka_unit_test(keys_are_wrapped_again_and_changesets_declared_void),
		cmocka_unit_test(requests_by_certificate_are_accepted_and_rejected),
		cmocka_unit_test(odd_parameters_are_answered),
		cmocka_unit_test(what_lends_the_account_needs_the_person),
		cmocka_unit_test(what_takes_long_has_its_own_lane),
		cmocka_unit_test(every_method_was_asked),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, stage_begin, stage_end);
}
