/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* unlinked_test.c - what a member who stays wrote to an object whose link does not count,
 * because the member who made it lost access meanwhile: it is in no folder, and comes back from
 * the trash. The server holds the act that takes the access away until both have written. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "expect.h"
#include "people/devices.h"
#include "test.h"
#include "world.h"
#include "zt/history.h"

struct bin {
	int count, unlinked;
	struct zt_removed last;
	char id[33], path[200], by[64];
};

static void
take_removed(void *ctx, const struct zt_removed *r)
{
	struct bin *b = ctx;

	b->count++;
	if (!r->is_unlinked)
		return;
	b->unlinked++;
	b->last = *r;
	(void)snprintf(b->id, sizeof b->id, "%s", r->id);
	(void)snprintf(b->path, sizeof b->path, "%s", r->path);
	(void)snprintf(b->by, sizeof b->by, "%s", r->by);
}

static struct bin
trash_of(struct person *p, const char *where)
{
	struct bin b = { 0 };

	assert_ok(zt_trash(p->zt, where, take_removed, &b));
	return b;
}

/* One thing that no folder names lies in the trash, was at PATH, and nothing else lies there.
 */
static struct bin
only_unlinked(struct person *p, const char *workspace, const char *path)
{
	struct bin b = trash_of(p, workspace);

	assert_int_equal(1, b.count);
	assert_int_equal(1, b.unlinked);
	assert_string_equal(path, b.path);
	return b;
}

static enum zt_err
put(struct person *p, const char *content, const char *remote)
{
	char *file = world_file(p->w, p->name, content, strlen(content));
	enum zt_err err = zt_put(p->zt, file, remote, NULL, NULL);

	free(file);
	return err;
}

static void
is_nowhere(struct person *p, const char *remote)
{
	assert_err(ZT_ERR_NOT_FOUND, zt_cat(p->zt, remote, 0, STDOUT_FILENO));
}

/* ---- bob, then alice's laptop, while the server holds the first act of the log ---- */

struct held {
	const char *workspace;
	enum zt_err (*bob)(struct held *h), (*laptop)(struct held *h);
	const char *path; /* where the laptop writes */
	struct scene *s;
	struct proxy_hooks hooks;
	bool is_done;
	enum zt_err err;
	char remote[64];
};

static const char *
remote(struct held *h, const char *path)
{
	(void)snprintf(h->remote, sizeof h->remote, "%s:%s", h->workspace, path);
	return h->remote;
}

static bool
hold(void *ctx, struct proxy_call *c)
{
	struct held *h = ctx;

	if (c->route != ROUTE_LOG_APPEND || h->is_done)
		return false;
	h->is_done = true;
	if ((h->err = h->bob(h)) == ZT_OK)
		h->err = h->laptop(h);
	return false;
}

static enum zt_err
bob_puts(struct held *h)
{
	return put(&h->s->bob, "what bob wrote", remote(h, "/x"));
}

static enum zt_err
laptop_puts(struct held *h)
{
	return put(&h->s->laptop, "what the laptop wrote", remote(h, h->path));
}

static void
begin(struct scene *s, struct held *h)
{
	if (s->laptop.zt == NULL) { /* past the double, which runs one hook at a time */
		world_add_device(&s->alice, &s->laptop, "laptop");
		person_speak_to(&s->bob, s->w->url);
		person_speak_to(&s->laptop, s->w->url);
	}
	h->s = s;
	(void)scene_workspace(s, h->workspace, "contributor");
	assert_ok(put(&s->alice, "old", remote(h, "/old")));
	h->hooks = (struct proxy_hooks){ .ctx = h, .before = hold };
	proxy_play(s->w->d, &h->hooks);
}

static void
end(struct held *h)
{
	proxy_play(h->s->w->d, NULL);
	assert_true(h->is_done);
	assert_ok(h->err);
}

/* Bob is removed, who writes meanwhile, as the laptop does. */
static void
remove_bob(struct scene *s, struct held *h)
{
	begin(s, h);
	assert_ok(zt_workspace_unshare(s->alice.zt, h->workspace, s->bob.email));
	end(h);
}

/* ---- what is found afterwards ---- */

static void
P6_what_is_written_to_a_file_whose_link_does_not_count_is_in_the_trash(void **state)
{
	struct scene *s = *state;
	struct held h = {
		.workspace = "left", .path = "/x", .bob = bob_puts, .laptop = laptop_puts
	};
	struct zt_check k;
	struct bin b;

	remove_bob(s, &h);
	is_nowhere(&s->alice, "left:/x");
	b = only_unlinked(&s->alice, "left", "/x"); /* as bob's folder says */
	assert_string_equal(s->alice.email, b.by);
	assert_false(b.last.is_folder);
	assert_int_equal(1, trash_of(&s->laptop, "left").unlinked);
	assert_ok(zt_verify(s->laptop.zt, "left", NULL, &k));
	assert_int_equal(1, k.unlinked);
	assert_ok(zt_restore_removed(s->alice.zt, "left:/x", b.id));
	assert_ok(zt_verify(s->laptop.zt, "left", NULL, &k));
	assert_int_equal(0, k.unlinked);
	expect_content(&s->laptop, "left:/x", "what the laptop wrote");
	expect_content(&s->laptop, "left:/old", "old");
	assert_int_equal(0, trash_of(&s->alice, "left").count);
}

static enum zt_err
laptop_puts_and_bob_moves(struct held *h)
{
	enum zt_err err = laptop_puts(h);

	return err ? err : zt_mv(h->s->bob.zt, remote(h, "/x"), "found:/elsewhere", NULL);
}

/* Who lost access gives no other name to what others wrote. */
static void
P6_the_former_place_is_where_who_wrote_it_had_found_it(void **state)
{
	struct scene *s = *state;
	struct held h = { .workspace = "found",
		.path = "/x",
		.bob = bob_puts,
		.laptop = laptop_puts_and_bob_moves };

	remove_bob(s, &h);
	(void)only_unlinked(&s->alice, "found", "/x");
}

static enum zt_err
bob_makes_a_folder(struct held *h)
{
	return zt_mkdir(h->s->bob.zt, remote(h, "/d"));
}

static void
P6_a_folder_whose_link_does_not_count_comes_back_with_what_lies_in_it(void **state)
{
	struct scene *s = *state;
	struct held h = { .workspace = "folder",
		.path = "/d/x",
		.bob = bob_makes_a_folder,
		.laptop = laptop_puts };
	struct bin b;

	remove_bob(s, &h);
	is_nowhere(&s->alice, "folder:/d/x");
	b = only_unlinked(&s->alice, "folder", "/d");
	assert_true(b.last.is_folder);
	assert_ok(zt_restore_removed(s->alice.zt, "folder:/d", b.id));
	expect_content(&s->laptop, "folder:/d/x", "what the laptop wrote");
	assert_int_equal(0, trash_of(&s->alice, "folder").count);
}

static enum zt_err
bob_puts_a_tree(struct held *h)
{
	enum zt_err err = zt_mkdir(h->s->bob.zt, remote(h, "/d"));

	if (err == ZT_OK)
		err = zt_mkdir(h->s->bob.zt, remote(h, "/d/e"));
	return err ? err : put(&h->s->bob, "what bob wrote", remote(h, "/d/e/x"));
}

static void
P6_a_file_below_folders_that_do_not_count_has_its_former_path(void **state)
{
	struct scene *s = *state;
	struct held h = { .workspace = "below",
		.path = "/d/e/x",
		.bob = bob_puts_a_tree,
		.laptop = laptop_puts };
	struct bin b;

	remove_bob(s, &h);
	b = only_unlinked(&s->alice, "below", "/d/e/x");
	assert_int_equal(0, trash_of(&s->alice, "below:/other").count);
	assert_int_equal(1, trash_of(&s->alice, "below:/d").count);
	assert_ok(zt_restore_removed(s->alice.zt, "below:/mine", b.id));
	expect_content(&s->laptop, "below:/mine", "what the laptop wrote");
}

static enum zt_err
laptop_puts_and_removes(struct held *h)
{
	enum zt_err err = laptop_puts(h);

	return err ? err : zt_rm(h->s->laptop.zt, remote(h, "/x"), false);
}

static void
P6_what_was_removed_from_where_only_an_excluded_link_had_put_it_comes_back(void **state)
{
	struct scene *s = *state;
	struct held h = { .workspace = "removed",
		.path = "/x",
		.bob = bob_puts,
		.laptop = laptop_puts_and_removes };
	struct bin b;

	remove_bob(s, &h);
	b = only_unlinked(&s->alice, "removed", "/x");
	assert_ok(zt_restore_removed(s->alice.zt, "removed:/x", b.id));
	expect_content(&s->laptop, "removed:/x", "what the laptop wrote");
}

static enum zt_err
bob_moves(struct held *h)
{
	return zt_mv(h->s->bob.zt, remote(h, "/old"), "moved:/x", NULL);
}

/* The object had a link that counts, and has it still. */
static void
P6_what_is_written_behind_a_move_that_does_not_count_is_where_it_was(void **state)
{
	struct scene *s = *state;
	struct held h = {
		.workspace = "moved", .path = "/x", .bob = bob_moves, .laptop = laptop_puts
	};

	remove_bob(s, &h);
	is_nowhere(&s->alice, "moved:/x");
	expect_content(&s->alice, "moved:/old", "what the laptop wrote");
	assert_int_equal(0, trash_of(&s->alice, "moved").count);
}

/* The laptop's folder names bob's file, which has no version that counts. */
static void
P6_a_name_of_what_does_not_count_costs_nothing_else(void **state)
{
	struct scene *s = *state;
	struct held h = {
		.workspace = "beside", .path = "/y", .bob = bob_puts, .laptop = laptop_puts
	};
	char got[200];

	remove_bob(s, &h);
	expect_content(&s->alice, "beside:/y", "what the laptop wrote");
	(void)snprintf(got, sizeof got, "%s/beside", s->w->state);
	assert_err(ZT_ERR_CORRUPT, zt_get(s->alice.zt, "beside:/", got, NULL, NULL));
	(void)snprintf(got, sizeof got, "%s/beside/y", s->w->state);
	assert_int_equal(0, access(got, F_OK));
	assert_int_equal(0, trash_of(&s->alice, "beside").count);
	assert_ok(zt_rm(s->alice.zt, "beside:/x", false));
	assert_int_equal(0, trash_of(&s->alice, "beside").count); /* nothing could come back */
	(void)snprintf(got, sizeof got, "%s/after", s->w->state);
	assert_ok(zt_get(s->alice.zt, "beside:/", got, NULL, NULL));
}

/* As one who was there from the beginning sees it, and one who came after all of it. */
static void
P6_a_demotion_leaves_the_same_behind_and_a_newcomer_finds_it(void **state)
{
	struct scene *s = *state;
	struct held h = {
		.workspace = "demoted", .path = "/x", .bob = bob_puts, .laptop = laptop_puts
	};
	struct person carol;
	struct bin b;

	begin(s, &h);
	assert_ok(zt_workspace_share(s->alice.zt, "demoted", s->bob.email, "reader"));
	end(&h);
	world_join(&s->alice, &carol, "carol", "standard");
	assert_ok(zt_workspace_share(s->alice.zt, "demoted", carol.email, "contributor"));
	is_nowhere(&carol, "demoted:/x");
	assert_int_equal(1, trash_of(&s->bob, "demoted").unlinked);
	b = only_unlinked(&carol, "demoted", "/x");
	assert_ok(zt_restore_removed(carol.zt, "demoted:/again", b.id));
	expect_content(&s->bob, "demoted:/again", "what the laptop wrote");
	person_close(&carol);
}

static void
P6_what_was_written_to_a_file_of_a_void_changeset_is_in_the_trash(void **state)
{
	struct scene *s = *state;
	struct held h = { .workspace = "void", .path = "/x" };
	uint64_t at;
	struct bin b;

	begin(s, &h);
	proxy_play(s->w->d, NULL); /* nothing is held */
	assert_ok(bob_puts(&h));
	at = person_workspace(&s->alice, "void")->chain.position;
	assert_ok(laptop_puts(&h));
	assert_int_equal(0, trash_of(&s->alice, "void").count);
	assert_ok(zt_workspace_void_changeset(s->alice.zt, "void", at));
	is_nowhere(&s->alice, "void:/x");
	b = only_unlinked(&s->alice, "void", "/x");
	assert_ok(zt_restore_removed(s->laptop.zt, "void:/x", b.id));
	expect_content(&s->bob, "void:/x", "what the laptop wrote");
}

/* The rotation pins what bob's statement vouches for, so that the link counts. */
static void
P6_what_is_written_to_a_file_of_a_device_that_is_revoked_is_found(void **state)
{
	struct scene *s = *state;
	struct held h = {
		.workspace = "device", .bob = laptop_puts, .laptop = bob_puts, .path = "/x"
	};

	begin(s, &h);
	assert_ok(zt_device_revoke(s->alice.zt, s->laptop.zt->device_text));
	end(&h);
	assert_ok(zt_maintain_keys(s->alice.zt, NULL));
	assert_int_equal(0, trash_of(&s->alice, "device").count);
	expect_content(&s->bob, "device:/x", "what bob wrote");
	person_close(&s->laptop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    P6_what_is_written_to_a_file_whose_link_does_not_count_is_in_the_trash),
		cmocka_unit_test(P6_the_former_place_is_where_who_wrote_it_had_found_it),
		cmocka_unit_test(
		    P6_a_folder_whose_link_does_not_count_comes_back_with_what_lies_in_it),
		cmocka_unit_test(P6_a_file_below_folders_that_do_not_count_has_its_former_path),
		cmocka_unit_test(
		    P6_what_was_removed_from_where_only_an_excluded_link_had_put_it_comes_back),
		cmocka_unit_test(
		    P6_what_is_written_behind_a_move_that_does_not_count_is_where_it_was),
		cmocka_unit_test(P6_a_name_of_what_does_not_count_costs_nothing_else),
		cmocka_unit_test(P6_a_demotion_leaves_the_same_behind_and_a_newcomer_finds_it),
		cmocka_unit_test(
		    P6_what_was_written_to_a_file_of_a_void_changeset_is_in_the_trash),
		/* the last: without the laptop */
		cmocka_unit_test(
		    P6_what_is_written_to_a_file_of_a_device_that_is_revoked_is_found),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
