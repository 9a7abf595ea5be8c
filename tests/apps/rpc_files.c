/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rpc_files.c - cases of rpc_test about files and folders: written, read, listed, moved,
 * removed, kept. */
#include "rpc_cases.h"

#include "ask.h"

void
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

void
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

/* Small ones are in one block, as those of a put are; larger ones have their own. */
void
small_files_share_blocks(void **state)
{
	enum { SMALL = 5000, LARGE = 200000, ALL = 3 * SMALL + LARGE };
	struct rpc_lane *a = stage.alice;
	static const char *const names[] = { "p", "q", "r", "s", NULL };
	char *content = malloc(ALL);
	struct rpc_answer given;
	int64_t blocks, h;

	(void)state;
	assert_non_null(content);
	for (size_t i = 0; i < ALL; i++)
		content[i] = (char)('a' + i / SMALL % 26);
	does(a, "files.makeFolder", "{s:s}", "path", "plans:/shared");
	blocks = answer_number(ask(a, "files.verify", "{s:s}", "workspace", "plans"), "blocks");
	json_decref(ask_with(a, "files.writeSmall",
	    json_pack("{s:s,s:[{s:s,s:i},{s:s,s:i},{s:s,s:i},{s:s,s:i}]}", "path",
		"plans:/shared", "files", "name", "p", "size", SMALL, "name", "q", "size",
		SMALL, "name", "r", "size", SMALL, "name", "s", "size", LARGE),
	    content, ALL, &given));
	rpc_answer_free(&given);
	for (size_t i = 0; names[i] != NULL; i++) {
		size_t n = i < 3 ? SMALL : LARGE;
		char path[32];

		(void)snprintf(path, sizeof path, "plans:/shared/%s", names[i]);
		h = answer_number(ask(a, "reader.open", "{s:s}", "path", path), "handle");
		json_decref(ask_with(a, "reader.read",
		    json_pack("{s:I,s:i,s:i}", "handle", h, "offset", 0, "size", (int)n + 1),
		    NULL, 0, &given));
		assert_int_equal(n, given.content_n);
		assert_memory_equal(content + i * SMALL, given.content, n);
		rpc_answer_free(&given);
		does(a, "reader.close", "{s:I}", "handle", h);
	}
	assert_int_equal(blocks + 2,
	    answer_number(ask(a, "files.verify", "{s:s}", "workspace", "plans"), "blocks"));
	does(a, "files.remove", "{s:s,s:b}", "path", "plans:/shared", "recursive", 1);
	free(content);
}

void
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
	ends(ZT_ERR_NO_HANDLE, a, "reader.keep", "{s:I,s:s}", "handle", h + 999, "how", "read");
	does(a, "reader.close", "{s:I}", "handle", h);
}

void
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
	ends(ZT_ERR_NO_HANDLE, a, "list.next", "{s:I}", "handle", h);
	h = answer_number(ask(a, "list.open", "{s:s}", "path", "plans:/in"), "handle");
	entry = answer_item(ask(a, "list.next", "{s:I}", "handle", h), "entries", "name", "a");
	assert_null(json_object_get(entry, "details"));
	json_decref(entry);
	/* Details by the same handle are of the same entries, though others came since. */
	does(a, "files.makeFolder", "{s:s}", "path", "plans:/in/0");
	page = ask(a, "list.next", "{s:I,s:i,s:b}", "handle", h, "from", 0, "details", 1);
	assert_int_equal(3, json_array_size(json_object_get(page, "entries")));
	entry = answer_item(page, "entries", "name", "a");
	assert_int_equal(
	    5, json_integer_value(json_object_get(json_object_get(entry, "details"), "size")));
	json_decref(entry);
	entry = answer_item(
	    ask(a, "list.next", "{s:I,s:i,s:b}", "handle", h, "from", 0, "details", 0),
	    "entries", "name", "a");
	assert_null(json_object_get(entry, "details"));
	json_decref(entry);
	does(a, "list.close", "{s:I}", "handle", h);
	ends(ZT_ERR_INVALID, a, "list.open", "{s:s}", "path", "plans:/in/a");
}

void
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
