/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* damage_test.c - what one member did wrong costs that object only: rubbish in a folder, and a
 * folder of another workspace; and what the servers lost of one is not written over. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "chain/objects.h"
#include "chain/workspace.h"
#include "crypto/suite.h"
#include "expect.h"
#include "forge.h"
#include "format/pb.h"
#include "test.h"
#include "tree/tree.h"
#include "zt/history.h"

/* ---- a folder of one workspace, and another ---- */

static void
f2_a_folder_with_the_id_of_another_workspace_spoils_nothing_there(void **state)
{
	struct scene *s = *state;
	struct person laptop;
	struct workspace *x, *y;
	struct forged f;
	struct forged_file file;
	struct forged_folder root, folder;
	struct forged_change changes[3];

	assert_ok(zt_workspace_create(s->alice.zt, "private"));
	person_put(&s->alice, "dear", "private:/dear");
	assert_ok(zt_workspace_create(s->alice.zt, "shared"));
	scene_share(s, "shared", &s->bob, "contributor");
	world_add_device(&s->alice, &laptop, "laptop29");
	y = person_workspace(&s->alice, "private");
	x = person_workspace(&s->bob, "shared");
	random_bytes(changes[0].vlob.b, ID_BYTES);
	forge_file(&file, "bait");
	forge_folder(&folder, bytes_text("bait"), &changes[0].vlob, false);
	forge_folder(&root, bytes_text("look"), &y->w->id, true);
	changes[0] =
	    (struct forged_change){ .vlob = changes[0].vlob, .version = 1, .m = &file.m };
	changes[1] = (struct forged_change){ .vlob = y->w->id, .version = 1, .m = &folder.m };
	changes[2] = (struct forged_change){ .vlob = x->w->id, .version = 1, .m = &root.m };
	forge_changeset(&s->bob, x, changes, 3, 1, &f);
	assert_ok(forged_send(&s->bob, x, &f));
	expect_list(&laptop, "shared:/", "/look/ /look/bait ");
	expect_list(&laptop, "private:/", "/dear ");
	person_put(&laptop, "more", "private:/more");
	expect_list(&s->alice, "private:/", "/dear /more ");
	forged_free(&f);
	person_close(&laptop);
}

static void
f1_what_is_kept_and_does_not_open_is_fetched_again(void **state)
{
	struct scene *s = *state;
	struct workspace *w;
	uint8_t at[2 * ID_BYTES];
	struct bytes key;

	assert_ok(zt_workspace_create(s->alice.zt, "kept"));
	person_put(&s->alice, "dear", "kept:/dear");
	expect_list(&s->alice, "kept:/", "/dear ");
	w = person_workspace(&s->alice, "kept");
	key = workspace_object_key(w, &w->w->id, at);
	assert_ok(store_put(s->alice.zt->store, STORE_FOLDER, key, 1, bytes_text("rubbish")));
	expect_list(&s->alice, "kept:/", "/dear ");
}

static void
expect_sentence(const struct person *p, const char *words)
{
	assert_string_equal(words, zt_error_message(p->zt));
}

/* ---- what somebody spoiled, or the servers lost ---- */

static void
note(void *ctx, const char *path, const char *what)
{
	(void)what;
	buf_printf(ctx, "%s ", path);
}

static void
f12_rubbish_in_place_of_the_root_folder_is_named_and_written_over(void **state)
{
	struct scene *s = *state;
	struct buf named = buf_init(4096);
	char local[160];
	struct id root;

	assert_ok(zt_workspace_create(s->alice.zt, "brick"));
	person_put(&s->alice, "dear content", "brick:/f");
	scene_share(s, "brick", &s->bob, "contributor");
	root = person_workspace(&s->bob, "brick")->w->id;
	for (int i = 0; i < 3; i++)
		forge_version(&s->bob, "brick", &root, "no manifest at all", NULL);
	s->alice.zt->damaged = note;
	s->alice.zt->damaged_ctx = &named;
	expect_list_err(&s->alice, "brick:/", "/f ", ZT_ERR_CORRUPT);
	assert_string_equal("/ ", buf_text(&named));
	(void)snprintf(local, sizeof local, "%s/brick", s->w->state);
	assert_err(ZT_ERR_CORRUPT, zt_get(s->alice.zt, "brick:/f", local, NULL, NULL));
	expect_content(&s->alice, "brick:/f", "dear content");
	assert_ok(zt_restore(s->alice.zt, "brick:/f", 1, 0));
	person_put(&s->alice, "more", "brick:/more"); /* behind the rubbish */
	buf_empty(&named);
	expect_list(&s->alice, "brick:/", "/f /more ");
	expect_list(&s->bob, "brick:/", "/f /more ");
	assert_ok(zt_get(s->alice.zt, "brick:/f", local, NULL, NULL));
	assert_int_equal(0, named.n);
	s->alice.zt->damaged = NULL;
	buf_free(&named);
}

/* A folder whose root holds COUNT entries, each of the right kind or not. */
static void
forge_tree(struct person *p, const char *workspace, const char *const *names,
    const struct tree_entry *entries, size_t count)
{
	struct workspace *w = person_workspace(p, workspace);
	Zt__FolderEntry e[8], *list[8];
	Zt__FolderManifest folder = ZT__FOLDER_MANIFEST__INIT;
	Zt__Manifest m = ZT__MANIFEST__INIT;

	assert_true(count <= 8);
	for (size_t i = 0; i < count; i++) {
		zt__folder_entry__init(list[i] = &e[i]);
		e[i].name = pb_field(names[i], strlen(names[i]));
		e[i].vlob = pb_field(entries[i].vlob.b, ID_BYTES);
		e[i].folder = entries[i].is_folder;
	}
	folder.entries = list;
	folder.n_entries = count;
	m.kind_case = ZT__MANIFEST__KIND_FOLDER;
	m.folder = &folder;
	forge_version(p, workspace, &w->w->id, NULL, &m);
}

/* All of WANTED were named, once each, in any order, and nothing else. */
static void
expect_named(struct buf *named, const char *const *wanted, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		assert_non_null(strstr(buf_text(named), wanted[i]));
		n += strlen(wanted[i]);
	}
	assert_int_equal(n, named->n);
}

static const char *const below_named[] = { "/rubbish ", "/old ", "/circle ", "/afile ",
	"/folder " };

static void
f12_what_is_spoiled_below_costs_that_entry_only(void **state)
{
	static const char *const names[] = { "afile", "circle", "dear", "folder", "nothing",
		"old", "rubbish" };
	struct scene *s = *state;
	struct tree_entry e[7];
	struct forged_file file;
	struct buf named = buf_init(4096);
	struct zt_progress p = { .ctx = &named, .skipped = note };
	struct zt_check check;
	struct workspace *w;
	char local[160], dear[200];

	assert_ok(zt_workspace_create(s->alice.zt, "below"));
	person_put(&s->alice, "dear content", "below:/dear");
	person_put(&s->alice, "first", "below:/old");
	scene_share(s, "below", &s->bob, "contributor");
	w = person_workspace(&s->bob, "below");
	for (size_t i = 0; i < 7; i++) {
		random_bytes(e[i].vlob.b, ID_BYTES);
		e[i].is_folder = false;
	}
	forge_file(&file, "a file");
	e[0].is_folder = true; /* a folder that is a file */
	forge_version(&s->bob, "below", &e[0].vlob, NULL, &file.m);
	e[1] = (struct tree_entry){ w->w->id, true };
	e[2].vlob = person_vlob(&s->bob, "below:/dear");
	e[3].is_folder = true;
	forge_version(&s->bob, "below", &e[3].vlob, "no folder", NULL);
	e[5].vlob = person_vlob(&s->bob, "below:/old");
	forge_version(&s->bob, "below", &e[5].vlob, "no file", NULL);
	forge_version(&s->bob, "below", &e[6].vlob, "no file", NULL);
	forge_tree(&s->bob, "below", names, e, 7);
	s->alice.zt->damaged = note;
	s->alice.zt->damaged_ctx = &named;
	expect_list_err(&s->alice, "below:/",
	    "/afile/ /circle/ /dear /folder/ /nothing /old /rubbish ", ZT_ERR_CORRUPT);
	expect_named(&named, below_named, 5);
	expect_content(&s->alice, "below:/old", "first");
	buf_empty(&named);
	(void)snprintf(local, sizeof local, "%s/below", s->w->state);
	(void)snprintf(dear, sizeof dear, "%s/dear", local);
	assert_err(ZT_ERR_CORRUPT, zt_get(s->alice.zt, "below:/", local, &p, NULL));
	assert_non_null(strstr(buf_text(&named), "circle "));
	assert_non_null(strstr(buf_text(&named), "afile "));
	assert_non_null(strstr(buf_text(&named), "folder "));
	assert_non_null(strstr(buf_text(&named), "nothing "));
	assert_non_null(strstr(buf_text(&named), "rubbish "));
	assert_non_null(strstr(buf_text(&named), "old "));
	assert_null(strstr(buf_text(&named), "dear"));
	assert_int_equal(0, access(dear, R_OK));
	expect_sentence(
	    &s->alice, "damaged files and folders are named above; all else is whole");
	buf_empty(&named);
	assert_err(ZT_ERR_CORRUPT, zt_verify(s->alice.zt, "below", &p, &check));
	expect_sentence(
	    &s->alice, "damaged files and folders are named above; all else is whole");
	assert_int_equal(2, check.files); /* dear, old */
	assert_non_null(strstr(buf_text(&named), "circle "));
	person_put(&s->alice, "more", "below:/more");
	assert_ok(zt_rm(s->alice.zt, "below:/circle", true));
	s->alice.zt->damaged = NULL;
	buf_free(&named);
}

static void
f10_what_the_servers_lost_of_a_folder_is_not_written_over(void **state)
{
	struct scene *s = *state;
	struct person laptop;
	struct zt_check check;
	struct id root;
	char *path = world_file(s->w, "content", "x", 1), local[160];

	(void)snprintf(local, sizeof local, "%s/holes", s->w->state);
	assert_ok(zt_workspace_create(s->alice.zt, "holes"));
	person_put(&s->alice, "one", "holes:/one");
	person_put(&s->alice, "two", "holes:/two");
	expect_list(&s->alice, "holes:/", "/one /two ");
	root = person_workspace(&s->alice, "holes")->w->id;
	world_add_device(&s->alice, &laptop, "laptop27");
	PQclear(world_ask(s->w, "metadata",
	    "DELETE FROM metadata.objects WHERE vlob = $1::bytea AND version = 2 RETURNING 1",
	    &root));
	expect_list_err(&laptop, "holes:/", "/one ", ZT_ERR_MISSING_BLOCK);
	expect_content(&laptop, "holes:/one", "one");
	/* No copy of a file cures that. */
	assert_err(ZT_ERR_MISSING_BLOCK, zt_get(laptop.zt, "holes:/", local, NULL, NULL));
	expect_sentence(&laptop, "a damaged folder is named above; all else is whole");
	assert_err(ZT_ERR_MISSING_BLOCK, zt_verify(laptop.zt, "holes", NULL, &check));
	expect_sentence(&laptop, "a damaged folder is named above; all else is whole");
	assert_err(ZT_ERR_MISSING_BLOCK, zt_put(laptop.zt, path, "holes:/x", NULL, NULL));
	expect_list(&s->alice, "holes:/", "/one /two ");   /* who has it continues */
	assert_ok(zt_restore(laptop.zt, "holes:/", 1, 0)); /* a person's decision */
	assert_ok(zt_put(laptop.zt, path, "holes:/x", NULL, NULL));
	expect_list(&laptop, "holes:/", "/one /x ");
	free(path);
	person_close(&laptop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
		    f2_a_folder_with_the_id_of_another_workspace_spoils_nothing_there,
		    honest_again),
		cmocka_unit_test_teardown(
		    f1_what_is_kept_and_does_not_open_is_fetched_again, honest_again),
		cmocka_unit_test(
		    f12_rubbish_in_place_of_the_root_folder_is_named_and_written_over),
		cmocka_unit_test(f12_what_is_spoiled_below_costs_that_entry_only),
		cmocka_unit_test(f10_what_the_servers_lost_of_a_folder_is_not_written_over),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
