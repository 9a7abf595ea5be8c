/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* files_test.c - rows F1 to F6, F10 and F11 of the attacks against the real client: the server
 * alters what it stores, what it says of the order of changes, and what it says that it took.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/suite.h"
#include "expect.h"
#include "files/manifest.h"
#include "forge.h"
#include "format/limits.h"
#include "format/pb.h"
#include "test.h"

enum { BIG = 1400000 }; /* three blocks */

static char *big; /* a file of BIG bytes */

static int
begin(void **state)
{
	uint8_t *content = malloc(BIG);
	int rc = scene_begin(state);
	struct scene *s = *state;

	assert_non_null(content);
	random_bytes(content, BIG);
	big = world_file(s->w, "big", content, BIG);
	free(content);
	return rc;
}

static int
end(void **state)
{
	free(big);
	return scene_end(state);
}

/* ---- what the server stores: F1, F2, F3, F10 ---- */

struct spoil {
	enum route route;
	size_t at;        /* of the byte to flip */
	long grow;        /* bytes to add or, below zero, to take away */
	struct buf first; /* the first answer, given again as the second */
	bool swap, lose, done;
	unsigned calls, only; /* which of them, from 1; 0: all */
};

static void
spoil_answer(void *ctx, struct proxy_call *c)
{
	struct spoil *p = ctx;

	if (c->route != p->route || c->status != 200)
		return;
	p->calls++;
	if (p->only != 0 && p->calls != p->only)
		return;
	if (p->grow == 0 && !p->lose && !p->swap && p->at >= c->answer.n)
		return; /* this answer has no such byte */
	p->done = true;
	if (p->lose)
		proxy_refuse(c, ZT_ERR_NOT_FOUND);
	else if (p->swap && p->first.n == 0)
		buf_add(&p->first, buf_bytes(&c->answer));
	else if (p->swap) {
		buf_empty(&c->answer);
		buf_add(&c->answer, buf_bytes(&p->first));
	} else if (p->grow > 0)
		buf_add_byte(&c->answer, 0);
	else if (p->grow < 0)
		c->answer.n -= c->answer.n > 0;
	else
		c->answer.p[p->at] ^= 1;
}

static void
F1_no_byte_of_a_block_can_be_flipped(void **state)
{
	struct scene *s = *state;
	struct spoil p = { .route = ROUTE_BLOCK_GET };
	struct proxy_hooks hooks = { .ctx = &p, .after = spoil_answer };

	(void)scene_workspace(s, "f1", "reader");
	assert_ok(zt_put(s->alice.zt, big, "f1:/big", NULL, NULL));
	for (; p.at < 530000; p.at += p.at < 70 ? 1 : 52361) {
		p.done = false;
		proxy_play(s->w->d, &hooks);
		expect_refusal(&s->bob, "f1:/big", ZT_ERR_CORRUPT);
		assert_true(p.done);
	}
	proxy_play(s->w->d, NULL);
	assert_ok(zt_verify(s->bob.zt, "f1", NULL, &(struct zt_check){ 0 }));
}

static void
F1_no_byte_of_a_manifest_wrap_or_header_can_be_flipped(void **state)
{
	struct scene *s = *state;
	struct spoil p = { .route = ROUTE_OBJECTS, .only = 0 };
	struct proxy_hooks hooks = { .ctx = &p, .after = spoil_answer };
	unsigned refused = 0;

	(void)scene_workspace(s, "f1m", "reader");
	person_put(&s->alice, "some text", "f1m:/note");
	expect_got(&s->bob, "f1m:/note", "some text"); /* the folder is known now */
	for (bool more = true; more; p.at++) {
		struct buf b = buf_init(4096);
		enum zt_err err;

		p.done = false;
		proxy_play(s->w->d, &hooks);
		err = person_get(&s->bob, "f1m:/note", &b);
		proxy_play(s->w->d, NULL);
		more = p.done;
		/* A byte of the envelope's protocol framing may say what is so anyway. */
		if (more && err == ZT_OK)
			assert_string_equal("some text", buf_text(&b));
		refused += err != ZT_OK;
		buf_free(&b);
	}
	print_message("%u of %zu flips refused, the others change nothing\n", refused, p.at);
	assert_true(refused >= MANIFEST_HEADER_BYTES + AEAD_OVERHEAD + 9 + ENVELOPE_WRAP_BYTES);
	expect_got(&s->bob, "f1m:/note", "some text");
}

static void
F2_two_blocks_files_or_versions_cannot_be_swapped(void **state)
{
	struct scene *s = *state;
	struct spoil blocks = {
		.route = ROUTE_BLOCK_GET, .swap = true, .first = buf_init(4 << 20)
	};
	struct spoil objects = {
		.route = ROUTE_OBJECTS, .swap = true, .first = buf_init(4 << 20)
	};
	struct proxy_hooks hooks = { .ctx = &blocks, .after = spoil_answer };
	int sink;

	(void)scene_workspace(s, "f2", "reader");
	assert_ok(zt_put(s->alice.zt, big, "f2:/big", NULL, NULL));
	person_put(&s->alice, "first", "f2:/a");
	person_put(&s->alice, "other", "f2:/b");
	person_put(&s->alice, "again", "f2:/a"); /* version 2 */
	expect_got(&s->bob, "f2:/a", "again");
	proxy_play(s->w->d, &hooks);
	expect_refusal(&s->bob, "f2:/big", ZT_ERR_CORRUPT);
	hooks.ctx = &objects;
	proxy_play(s->w->d, &hooks);
	expect_got(&s->bob, "f2:/a", "again");            /* remembered by the double */
	expect_refusal(&s->bob, "f2:/b", ZT_ERR_CORRUPT); /* another file of the same size */
	proxy_play(s->w->d, NULL);
	/* F4: the old version in the place of the new one */
	buf_empty(&objects.first);
	proxy_play(s->w->d, &hooks);
	sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_ok(zt_cat(s->bob.zt, "f2:/a", 1, sink));
	(void)close(sink);
	expect_refusal(&s->bob, "f2:/a", ZT_ERR_CORRUPT);
	proxy_play(s->w->d, NULL);
	expect_got(&s->bob, "f2:/a", "again");
	expect_got(&s->bob, "f2:/b", "other");
	buf_free(&blocks.first);
	buf_free(&objects.first);
}

static void
F2_an_object_of_another_workspace_is_refused(void **state)
{
	struct scene *s = *state;
	struct spoil objects = {
		.route = ROUTE_OBJECTS, .swap = true, .first = buf_init(4 << 20)
	};
	struct proxy_hooks hooks = { .ctx = &objects, .after = spoil_answer };

	(void)scene_workspace(s, "f2x", "reader");
	(void)scene_workspace(s, "f2y", "reader");
	person_put(&s->alice, "here!", "f2x:/a");
	person_put(&s->alice, "there", "f2y:/a");
	expect_got(&s->bob, "f2x:/a", "here!");
	expect_got(&s->bob, "f2y:/a", "there");
	proxy_play(s->w->d, &hooks);
	expect_got(&s->bob, "f2x:/a", "here!");
	expect_refusal(&s->bob, "f2y:/a", ZT_ERR_CORRUPT);
	proxy_play(s->w->d, NULL);
	buf_free(&objects.first);
}

static void
F3_a_block_cannot_be_truncated_extended_or_left_out(void **state)
{
	struct scene *s = *state;
	struct spoil p = { .route = ROUTE_BLOCK_GET, .grow = 1, .only = 2 };
	struct proxy_hooks hooks = { .ctx = &p, .after = spoil_answer };

	(void)scene_workspace(s, "f3", "reader");
	assert_ok(zt_put(s->alice.zt, big, "f3:/big", NULL, NULL));
	proxy_play(s->w->d, &hooks);
	expect_refusal(&s->bob, "f3:/big", ZT_ERR_CORRUPT);
	p = (struct spoil){ .route = ROUTE_BLOCK_GET, .grow = -1, .only = 3 };
	expect_refusal(&s->bob, "f3:/big", ZT_ERR_CORRUPT);
	proxy_play(s->w->d, NULL);
	assert_ok(zt_verify(s->bob.zt, "f3", NULL, &(struct zt_check){ 0 }));
}

static void
F10_a_lost_block_is_named_and_the_rest_stays_readable(void **state)
{
	struct scene *s = *state;
	struct spoil p = { .route = ROUTE_BLOCK_GET, .lose = true, .only = 2 };
	struct proxy_hooks hooks = { .ctx = &p, .after = spoil_answer };

	(void)scene_workspace(s, "f10", "reader");
	assert_ok(zt_put(s->alice.zt, big, "f10:/big", NULL, NULL));
	person_put(&s->alice, "still here", "f10:/note");
	proxy_play(s->w->d, &hooks);
	expect_refusal(&s->bob, "f10:/big", ZT_ERR_MISSING_BLOCK);
	expect_got(&s->bob, "f10:/note", "still here");
}

/* ---- the chain: F5, F6, F11 ---- */

struct feed {
	enum { DROP_FIRST, DROP_LAST, REORDER, REPEAT, DROP_CHANGE, HONEST } how;
	bool done;
};

static void
spoil_feed(void *ctx, struct proxy_call *c)
{
	struct feed *f = ctx;
	Zt__ChainPage *m = NULL;

	if (c->route != ROUTE_CHAIN || c->status != 200 || f->how == HONEST)
		return;
	assert_ok(
	    pb_decode(&zt__chain_page__descriptor, buf_bytes(&c->answer), LIMIT_PAGE, &m));
	if (m->n_changesets >= 3) {
		Zt__Changeset **list = m->changesets, *was[8];
		size_t n = m->n_changesets;

		assert_true(n <= 8);
		memcpy(was, list, n * sizeof was[0]);
		f->done = true;
		if (f->how == DROP_FIRST) {
			memmove(list, list + 1, (n - 1) * sizeof was[0]);
			m->n_changesets--;
		} else if (f->how == DROP_LAST) {
			m->n_changesets--;
			m->newest--;
		} else if (f->how == REORDER) {
			list[0] = was[1];
			list[1] = was[0];
		} else if (f->how == REPEAT) {
			list[1] = was[0]; /* one in another's place */
		} else {
			list[n - 1]->n_changes--;
		}
		buf_empty(&c->answer);
		assert_ok(pb_encode(m, &c->answer));
		memcpy(list, was, n * sizeof was[0]); /* whole again, to be freed */
		m->n_changesets = n;
		list[n - 1]->n_changes += f->how == DROP_CHANGE;
	}
	pb_free(m);
}

static void
ignore(void *ctx, const struct zt_file *f)
{
	(void)ctx;
	(void)f;
}

static void
F5_a_change_dropped_reordered_or_repeated_in_the_feed_is_detected(void **state)
{
	struct scene *s = *state;
	struct feed f = { .how = DROP_FIRST };
	struct proxy_hooks hooks = { .ctx = &f, .after = spoil_feed };
	uint64_t position;

	(void)scene_workspace(s, "f5", "contributor");
	for (int i = 0; i < 4; i++) {
		char remote[16];

		(void)snprintf(remote, sizeof remote, "f5:/%d", i);
		person_put(&s->alice, "x", remote);
	}
	proxy_play(s->w->d, &hooks);
	for (; f.how <= REPEAT; f.how++) {
		if (f.how == DROP_LAST)
			continue; /* below: it is not wrong in itself, only old */
		f.done = false;
		assert_true(zt_ls(s->bob.zt, "f5:/", false, false, ignore, NULL) != ZT_OK);
		assert_true(f.done);
	}
	/* The newest change withheld: bob cannot know yet, but who has seen it does. */
	f = (struct feed){ .how = DROP_LAST };
	assert_ok(zt_ls(s->bob.zt, "f5:/", false, false, ignore, NULL));
	assert_true(f.done);
	proxy_play(s->w->d, NULL);
	position = person_workspace(&s->bob, "f5")->chain.position;
	assert_int_equal(person_workspace(&s->alice, "f5")->chain.position, position);
	assert_ok(zt_ls(s->bob.zt, "f5:/", false, false, ignore, NULL));
}

/* A chain that is shorter than what bob has verified. */
static void
shorten(void *ctx, struct proxy_call *c)
{
	Zt__ChainPage m = ZT__CHAIN_PAGE__INIT;

	(void)ctx;
	if (c->route != ROUTE_CHAIN)
		return;
	m.newest = 1;
	c->status = 200;
	buf_empty(&c->answer);
	assert_ok(pb_encode(&m, &c->answer));
}

static void
F5_F6_a_chain_rolled_back_or_with_two_contents_for_one_version_is_detected(void **state)
{
	struct scene *s = *state;
	struct workspace *w = scene_workspace(s, "f6", "contributor");
	struct proxy_hooks hooks = { .after = shorten };
	struct forged_file file;
	struct forged_change change = { .version = 1, .m = &file.m };
	struct forged f;

	person_put(&s->alice, "one", "f6:/a");
	person_put(&s->alice, "two", "f6:/b");
	assert_ok(zt_ls(s->bob.zt, "f6:/", false, false, ignore, NULL));
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_ROLLBACK, zt_ls(s->bob.zt, "f6:/", false, false, ignore, NULL));
	proxy_play(s->w->d, NULL);
	assert_ok(zt_ls(s->bob.zt, "f6:/", false, false, ignore, NULL));
	/* alice's patched client signs two changesets for position 3; bob is shown the other
	 * one */
	w = person_workspace(&s->alice, "f6");
	random_bytes(change.vlob.b, ID_BYTES);
	forge_file(&file, "only for bob");
	forge_changeset(&s->alice, w, &change, 1, 1, &f);
	hooks = (struct proxy_hooks){ .ctx = &f, .after = forge_inject };
	proxy_play(s->w->d, &hooks);
	assert_ok(zt_ls(s->bob.zt, "f6:/", false, false, ignore, NULL));
	proxy_play(s->w->d, NULL);
	person_put(&s->alice, "three", "f6:/c"); /* the true position 3 */
	person_put(&s->alice, "four", "f6:/d");  /* position 4 names the link behind it */
	assert_err(ZT_ERR_FORK, zt_ls(s->bob.zt, "f6:/", false, false, ignore, NULL));
	assert_true(strstr(zt_error_message(s->bob.zt), "another history") != NULL);
	forged_free(&f);
}

static void
F11_half_of_a_changeset_is_refused_by_client_and_server(void **state)
{
	struct scene *s = *state;
	struct workspace *w = scene_workspace(s, "f11", "contributor");
	struct forged_file file;
	struct forged_folder folder;
	struct forged_change changes[2];
	struct forged f;
	Zt__PushRequest *m = NULL;
	struct feed feed = { .how = DROP_CHANGE };
	struct proxy_hooks hooks = { .ctx = &feed, .after = spoil_feed };

	random_bytes(changes[0].vlob.b, ID_BYTES);
	forge_file(&file, "half");
	forge_folder(&folder, bytes_text("half"), &changes[0].vlob, false);
	changes[0] =
	    (struct forged_change){ .vlob = changes[0].vlob, .version = 1, .m = &file.m };
	changes[1] = (struct forged_change){ .vlob = w->w->id, .version = 1, .m = &folder.m };
	forge_changeset(&s->alice, w, changes, 2, 1, &f);
	assert_ok(pb_decode(&zt__push_request__descriptor, buf_bytes(&f.push), LIMIT_PUSH, &m));
	m->n_objects--; /* an object is missing */
	buf_empty(&f.push);
	assert_ok(pb_encode(m, &f.push));
	assert_err(ZT_ERR_CORRUPT, forged_send(&s->alice, w, &f));
	m->n_objects++;
	m->changeset->n_changes--; /* a change is missing */
	buf_empty(&f.push);
	assert_ok(pb_encode(m, &f.push));
	assert_err(ZT_ERR_CORRUPT, forged_send(&s->alice, w, &f));
	m->changeset->n_changes++;
	buf_empty(&f.push);
	assert_ok(pb_encode(m, &f.push));
	assert_ok(forged_send(&s->alice, w, &f)); /* whole */
	pb_free(m);
	forged_free(&f);
	person_put(&s->alice, "x", "f11:/x");
	person_put(&s->alice, "y", "f11:/y");
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_CORRUPT, zt_ls(s->bob.zt, "f11:/", false, false, ignore, NULL));
	assert_true(feed.done);
	proxy_play(s->w->d, NULL);
	assert_ok(zt_ls(s->bob.zt, "f11:/", false, false, ignore, NULL));
	expect_got(&s->bob, "f11:/half", "half");
}

/* ---- a write that is acknowledged and dropped ---- */

struct dropping {
	uint64_t at; /* where the server says it has put it */
	struct hash link;
	bool done;
};

static bool
drop_push(void *ctx, struct proxy_call *c)
{
	struct dropping *d = ctx;
	Zt__PushAnswer a = ZT__PUSH_ANSWER__INIT;

	if (c->route != ROUTE_PUSH)
		return false;
	a.position = d->at;
	a.link = pb_field(d->link.b, HASH_BYTES);
	assert_ok(pb_encode(&a, &c->answer));
	c->status = 200;
	return d->done = true;
}

static void
F5_a_write_that_the_server_says_it_took_and_drops_is_not_called_done(void **state)
{
	struct scene *s = *state;
	struct workspace *w = scene_workspace(s, "drops", "contributor");
	struct dropping d;
	struct proxy_hooks hooks = { .ctx = &d, .before = drop_push };
	char *local;

	person_put(&s->alice, "one", "drops:/one");
	person_put(&s->alice, "two", "drops:/two");
	local = world_file(s->w, "three", "three", 5);
	for (int i = 0; i < 3; i++) {
		w = person_workspace(&s->alice, "drops");
		/* where nothing is yet, as if others had come first; or in another's place */
		d = (struct dropping){ .at = i == 0   ? w->chain.position + 2
					     : i == 1 ? w->chain.position
						      : 1,
			.link = w->chain.link };
		proxy_play(s->w->d, &hooks);
		assert_err(
		    ZT_ERR_ROLLBACK, zt_put(s->alice.zt, local, "drops:/three", NULL, NULL));
		assert_true(d.done);
		proxy_play(s->w->d, NULL);
	}
	assert_ok(zt_put(s->alice.zt, local, "drops:/three", NULL, NULL)); /* and now it is */
	expect_got(&s->bob, "drops:/three", "three");
	free(local);
}

#define PLAY(test) cmocka_unit_test_teardown(test, honest_again)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAY(F1_no_byte_of_a_block_can_be_flipped),
		PLAY(F1_no_byte_of_a_manifest_wrap_or_header_can_be_flipped),
		PLAY(F2_two_blocks_files_or_versions_cannot_be_swapped),
		PLAY(F2_an_object_of_another_workspace_is_refused),
		PLAY(F3_a_block_cannot_be_truncated_extended_or_left_out),
		PLAY(F5_a_change_dropped_reordered_or_repeated_in_the_feed_is_detected),
		PLAY(
		    F5_F6_a_chain_rolled_back_or_with_two_contents_for_one_version_is_detected),
		PLAY(F10_a_lost_block_is_named_and_the_rest_stays_readable),
		PLAY(F5_a_write_that_the_server_says_it_took_and_drops_is_not_called_done),
		PLAY(F11_half_of_a_changeset_is_refused_by_client_and_server),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
