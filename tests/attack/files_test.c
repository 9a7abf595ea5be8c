/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* files_test.c - rows F1 to F7 and F9 to F11 of the attacks against the real client: the server
 * alters what it stores, and members sign what they may not. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chain/objects.h"
#include "crypto/suite.h"
#include "files/block.h"
#include "files/manifest.h"
#include "files/path.h"
#include "forge.h"
#include "format/limits.h"
#include "format/pb.h"
#include "session/freeze.h"
#include "test.h"
#include "tree/tree.h"

enum { BIG = 1400000 }; /* three blocks */

struct setting {
	struct world *w;
	struct person alice, bob;
	char *big; /* a file of BIG bytes */
	unsigned next;
};

static int
begin(void **state)
{
	struct setting *s = calloc(1, sizeof *s);
	uint8_t *content = malloc(BIG);

	assert_non_null(s);
	assert_non_null(content);
	assert_ok(suite_init());
	random_bytes(content, BIG);
	s->w = world_begin();
	s->big = world_file(s->w, "big", content, BIG);
	free(content);
	world_found(s->w, &s->alice, "alice");
	world_join(&s->alice, &s->bob, "bob", "standard");
	*state = s;
	return 0;
}

static int
end(void **state)
{
	struct setting *s = *state;

	free(s->big);
	person_close(&s->alice);
	person_close(&s->bob);
	world_end(s->w);
	free(s);
	assert_int_equal(0, secret_live());
	return 0;
}

static int
honest_again(void **state)
{
	struct setting *s = *state;

	proxy_play(s->w->d, NULL);
	return 0;
}

static struct workspace *
share(struct setting *s, const char *name, const char *role)
{
	assert_ok(zt_workspace_create(s->alice.zt, name));
	assert_ok(zt_workspace_share(s->alice.zt, name, "bob@test.example", role));
	return person_workspace(&s->alice, name);
}

/* Fetches REMOTE to a new place; on success its content is in OUT, else nothing may be there.
 */
static enum zt_err
get(struct setting *s, struct person *p, const char *remote, struct buf *out)
{
	char local[128];
	uint8_t chunk[65536];
	size_t n;
	FILE *f;
	enum zt_err err;

	(void)snprintf(local, sizeof local, "%s/got-%u", s->w->state, s->next++);
	err = zt_get(p->zt, remote, local, NULL, NULL);
	f = fopen(local, "re");
	assert_true((f != NULL) == (err == ZT_OK)); /* whole, or not at all */
	buf_empty(out);
	while (f != NULL && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_add(out, bytes_of(chunk, n));
	if (f != NULL)
		(void)fclose(f);
	return err;
}

static void
expect_content(struct setting *s, struct person *p, const char *remote, const char *wanted)
{
	struct buf b = buf_init(4 << 20);

	assert_ok(get(s, p, remote, &b));
	assert_string_equal(wanted, buf_text(&b));
	buf_free(&b);
}

static void
expect_refusal(struct setting *s, struct person *p, const char *remote, enum zt_err wanted)
{
	struct buf b = buf_init(4 << 20);
	enum zt_err err = get(s, p, remote, &b);

	assert_err(wanted, err);
	assert_true(strlen(zt_error_message(p->zt)) > 10);
	buf_free(&b);
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
	struct setting *s = *state;
	struct spoil p = { .route = ROUTE_BLOCK_GET };
	struct proxy_hooks hooks = { .ctx = &p, .after = spoil_answer };

	(void)share(s, "f1", "reader");
	assert_ok(zt_put(s->alice.zt, s->big, "f1:/big", NULL, NULL));
	for (; p.at < 530000; p.at += p.at < 70 ? 1 : 52361) {
		p.done = false;
		proxy_play(s->w->d, &hooks);
		expect_refusal(s, &s->bob, "f1:/big", ZT_ERR_CORRUPT);
		assert_true(p.done);
	}
	proxy_play(s->w->d, NULL);
	assert_ok(zt_verify(s->bob.zt, "f1", NULL, &(struct zt_check){ 0 }));
}

static void
F1_no_byte_of_a_manifest_wrap_or_header_can_be_flipped(void **state)
{
	struct setting *s = *state;
	struct spoil p = { .route = ROUTE_OBJECTS, .only = 0 };
	struct proxy_hooks hooks = { .ctx = &p, .after = spoil_answer };
	unsigned refused = 0;

	(void)share(s, "f1m", "reader");
	person_put(&s->alice, "some text", "f1m:/note");
	expect_content(s, &s->bob, "f1m:/note", "some text"); /* the folder is known now */
	for (bool more = true; more; p.at++) {
		struct buf b = buf_init(4096);
		enum zt_err err;

		p.done = false;
		proxy_play(s->w->d, &hooks);
		err = get(s, &s->bob, "f1m:/note", &b);
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
	expect_content(s, &s->bob, "f1m:/note", "some text");
}

static void
F2_two_blocks_files_or_versions_cannot_be_swapped(void **state)
{
	struct setting *s = *state;
	struct spoil blocks = {
		.route = ROUTE_BLOCK_GET, .swap = true, .first = buf_init(4 << 20)
	};
	struct spoil objects = {
		.route = ROUTE_OBJECTS, .swap = true, .first = buf_init(4 << 20)
	};
	struct proxy_hooks hooks = { .ctx = &blocks, .after = spoil_answer };
	int sink;

	(void)share(s, "f2", "reader");
	assert_ok(zt_put(s->alice.zt, s->big, "f2:/big", NULL, NULL));
	person_put(&s->alice, "first", "f2:/a");
	person_put(&s->alice, "other", "f2:/b");
	person_put(&s->alice, "again", "f2:/a"); /* version 2 */
	expect_content(s, &s->bob, "f2:/a", "again");
	proxy_play(s->w->d, &hooks);
	expect_refusal(s, &s->bob, "f2:/big", ZT_ERR_CORRUPT);
	hooks.ctx = &objects;
	proxy_play(s->w->d, &hooks);
	expect_content(s, &s->bob, "f2:/a", "again");        /* remembered by the double */
	expect_refusal(s, &s->bob, "f2:/b", ZT_ERR_CORRUPT); /* another file of the same size */
	proxy_play(s->w->d, NULL);
	/* F4: the old version in the place of the new one */
	buf_empty(&objects.first);
	proxy_play(s->w->d, &hooks);
	sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_ok(zt_cat(s->bob.zt, "f2:/a", 1, sink));
	(void)close(sink);
	expect_refusal(s, &s->bob, "f2:/a", ZT_ERR_CORRUPT);
	proxy_play(s->w->d, NULL);
	expect_content(s, &s->bob, "f2:/a", "again");
	expect_content(s, &s->bob, "f2:/b", "other");
	buf_free(&blocks.first);
	buf_free(&objects.first);
}

static void
F2_an_object_of_another_workspace_is_refused(void **state)
{
	struct setting *s = *state;
	struct spoil objects = {
		.route = ROUTE_OBJECTS, .swap = true, .first = buf_init(4 << 20)
	};
	struct proxy_hooks hooks = { .ctx = &objects, .after = spoil_answer };

	(void)share(s, "f2x", "reader");
	(void)share(s, "f2y", "reader");
	person_put(&s->alice, "here!", "f2x:/a");
	person_put(&s->alice, "there", "f2y:/a");
	expect_content(s, &s->bob, "f2x:/a", "here!");
	expect_content(s, &s->bob, "f2y:/a", "there");
	proxy_play(s->w->d, &hooks);
	expect_content(s, &s->bob, "f2x:/a", "here!");
	expect_refusal(s, &s->bob, "f2y:/a", ZT_ERR_CORRUPT);
	proxy_play(s->w->d, NULL);
	buf_free(&objects.first);
}

static void
F3_a_block_cannot_be_truncated_extended_or_left_out(void **state)
{
	struct setting *s = *state;
	struct spoil p = { .route = ROUTE_BLOCK_GET, .grow = 1, .only = 2 };
	struct proxy_hooks hooks = { .ctx = &p, .after = spoil_answer };

	(void)share(s, "f3", "reader");
	assert_ok(zt_put(s->alice.zt, s->big, "f3:/big", NULL, NULL));
	proxy_play(s->w->d, &hooks);
	expect_refusal(s, &s->bob, "f3:/big", ZT_ERR_CORRUPT);
	p = (struct spoil){ .route = ROUTE_BLOCK_GET, .grow = -1, .only = 3 };
	expect_refusal(s, &s->bob, "f3:/big", ZT_ERR_CORRUPT);
	proxy_play(s->w->d, NULL);
	assert_ok(zt_verify(s->bob.zt, "f3", NULL, &(struct zt_check){ 0 }));
}

static void
F10_a_lost_block_is_named_and_the_rest_stays_readable(void **state)
{
	struct setting *s = *state;
	struct spoil p = { .route = ROUTE_BLOCK_GET, .lose = true, .only = 2 };
	struct proxy_hooks hooks = { .ctx = &p, .after = spoil_answer };

	(void)share(s, "f10", "reader");
	assert_ok(zt_put(s->alice.zt, s->big, "f10:/big", NULL, NULL));
	person_put(&s->alice, "still here", "f10:/note");
	proxy_play(s->w->d, &hooks);
	expect_refusal(s, &s->bob, "f10:/big", ZT_ERR_MISSING_BLOCK);
	expect_content(s, &s->bob, "f10:/note", "still here");
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
	struct setting *s = *state;
	struct feed f = { .how = DROP_FIRST };
	struct proxy_hooks hooks = { .ctx = &f, .after = spoil_feed };
	uint64_t position;

	(void)share(s, "f5", "contributor");
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
inject(void *ctx, struct proxy_call *c)
{
	if (c->route == ROUTE_CHAIN && c->status == 200)
		forge_chain_add(&c->answer, ctx);
}

static void
F5_F6_a_chain_rolled_back_or_with_two_contents_for_one_version_is_detected(void **state)
{
	struct setting *s = *state;
	struct workspace *w = share(s, "f6", "contributor");
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
	hooks = (struct proxy_hooks){ .ctx = &f, .after = inject };
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
	struct setting *s = *state;
	struct workspace *w = share(s, "f11", "contributor");
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
	expect_content(s, &s->bob, "f11:/half", "half");
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
	struct setting *s = *state;
	struct workspace *w = share(s, "drops", "contributor");
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
	expect_content(s, &s->bob, "drops:/three", "three");
	free(local);
}

/* ---- a manifest that misstates what its blocks hold ---- */

/* A new version of REMOTE by bob, which says that it holds MINE: where files share a block, of
 * the block that is there; else of blocks that nobody sent. */
static void
misstate(struct setting *s, const char *remote, struct bytes mine)
{
	struct workspace_object o = { .is_folder = false };
	struct forged_change change = { .version = 0 };
	struct forged f;
	struct tree_entry at;
	struct path path;
	struct workspace *w;
	struct hash content;
	struct block_ref unsent;
	struct buf sealed = buf_init(1 << 20);
	Zt__Manifest *m = NULL;
	Zt__BlockRef *b;

	assert_ok(tree_open(s->bob.zt, remote, &w, &path));
	assert_ok(tree_find(w, &path, path.count, &at));
	o.vlob = at.vlob;
	assert_ok(workspace_read_one(w, &o, &m));
	assert_int_equal(mine.n, m->file->size);
	for (size_t i = 0; i < m->file->blocks->n_blocks; i++) {
		b = m->file->blocks->blocks[i];
		if (b->whole > 0) {
			hash_content(bytes_of(mine.p, b->size), &content);
			memcpy(b->content.data, content.b, HASH_BYTES);
		} else {
			buf_empty(&sealed);
			assert_ok(block_seal(bytes_of(mine.p, b->size), &unsent, &sealed));
			memcpy(b->id.data, unsent.id.b, ID_BYTES);
			memcpy(b->key.data, unsent.key, AEAD_KEY_BYTES);
			memcpy(b->hash.data, unsent.hash.b, HASH_BYTES);
		}
		mine = bytes_of(mine.p + b->size, mine.n - b->size);
	}
	change = (struct forged_change){
		.vlob = at.vlob, .version = o.v.version + 1, .prev = &o.v.pins.object, .m = m
	};
	forge_changeset(&s->bob, w, &change, 1, (unsigned)w->w->generation_count, &f);
	assert_ok(forged_send(&s->bob, w, &f));
	forged_free(&f);
	buf_free(&sealed);
	pb_wipe(m);
}

/* P gets REMOTE as a device that knows nothing of the files here would. */
static void
is_there(struct setting *s, struct person *p, const char *remote, struct bytes wanted)
{
	struct buf b = buf_init(4 << 20);

	assert_ok(get(s, p, remote, &b));
	assert_true(bytes_equal(wanted, buf_bytes(&b)));
	buf_free(&b);
}

/* FOLDER of this world has two files of N random bytes, of which F's are *OUT. */
static char *
two_files(struct setting *s, const char *folder, size_t n, uint8_t *out)
{
	char name[128];
	char *path;

	(void)snprintf(name, sizeof name, "%s/%s", s->w->state, folder);
	assert_int_equal(0, mkdir(name, 0700));
	path = strdup(name);
	random_bytes(out, n);
	(void)snprintf(name, sizeof name, "%s/g", folder);
	free(world_file(s->w, name, out, n));
	random_bytes(out, n);
	(void)snprintf(name, sizeof name, "%s/f", folder);
	free(world_file(s->w, name, out, n));
	return path;
}

/* Alice's file of N bytes is sent whenever bob has said that the workspace holds it. */
static void
misstated_is_sent(struct setting *s, const char *name, size_t n)
{
	uint8_t *mine = malloc(n), *evil = malloc(n);
	char too[128], remote[64], folder[64], *good, *bad;
	uint64_t sent = 0;

	assert_non_null(mine);
	assert_non_null(evil);
	(void)snprintf(folder, sizeof folder, "%s-mine", name);
	good = two_files(s, folder, n, mine);
	(void)snprintf(folder, sizeof folder, "%s-evil", name);
	bad = two_files(s, folder, n, evil);
	(void)share(s, name, "contributor");
	(void)snprintf(folder, sizeof folder, "%s:/d", name);
	(void)snprintf(remote, sizeof remote, "%s:/d/f", name);
	assert_ok(zt_put(s->alice.zt, good, folder, NULL, NULL));
	assert_ok(zt_put(s->bob.zt, bad, folder, NULL, NULL));
	misstate(s, remote, bytes_of(mine, n));
	/* for get it is another file, which zt has not written */
	free(world_file(s->w, "too", mine, n));
	(void)snprintf(too, sizeof too, "%s/too", s->w->state);
	assert_err(ZT_ERR_SOME, zt_get(s->alice.zt, remote, too, NULL, NULL));
	s->alice.zt->rereads = true;
	assert_ok(zt_put(s->alice.zt, good, folder, NULL, &sent));
	assert_int_equal(2, sent); /* F and G */
	is_there(s, &s->bob, remote, bytes_of(mine, n));
	/* A restore does not say the same in the name of its author. */
	assert_ok(zt_restore(s->alice.zt, remote, 3, 0));
	assert_ok(zt_put(s->alice.zt, good, folder, NULL, &sent));
	assert_int_equal(1, sent);
	is_there(s, &s->bob, remote, bytes_of(mine, n));
	/* And the same of bob's that is true is sent by nobody again. */
	assert_ok(zt_put(s->bob.zt, bad, folder, NULL, NULL));
	assert_ok(zt_put(s->bob.zt, good, folder, NULL, NULL));
	assert_ok(zt_put(s->alice.zt, good, folder, NULL, &sent));
	assert_int_equal(0, sent);
	assert_ok(zt_get(s->alice.zt, remote, too, NULL, NULL)); /* it is there */
	s->alice.zt->rereads = false;
	free(mine);
	free(evil);
	free(good);
	free(bad);
}

static void
F6_a_version_that_names_the_content_of_another_file_is_not_taken_for_it(void **state)
{
	struct setting *s = *state;

	misstated_is_sent(s, "unsent", BIG);
	misstated_is_sent(s, "shared-block", 20000);
}

/* ---- who may write: F7 ---- */

static void
F7_a_readers_write_is_refused_by_client_and_server(void **state)
{
	struct setting *s = *state;
	struct forged_file file;
	struct forged_change change = { .version = 1, .m = &file.m };
	struct forged f;
	struct proxy_hooks hooks = { .ctx = &f, .after = inject };
	struct workspace *w;

	(void)share(s, "f7", "reader");
	w = person_workspace(&s->bob, "f7");
	random_bytes(change.vlob.b, ID_BYTES);
	forge_file(&file, "by a reader");
	forge_changeset(&s->bob, w, &change, 1, 1, &f);
	assert_err(ZT_ERR_FORBIDDEN, forged_send(&s->bob, w, &f));
	proxy_play(s->w->d, &hooks); /* the server takes it all the same */
	assert_err(ZT_ERR_FORBIDDEN, zt_ls(s->alice.zt, "f7:/", false, false, ignore, NULL));
	proxy_play(s->w->d, NULL);
	assert_ok(zt_ls(s->alice.zt, "f7:/", false, false, ignore, NULL));
	forged_free(&f);
}

static void
F7_a_removed_members_write_dated_before_the_removal_is_left_out(void **state)
{
	struct setting *s = *state;
	struct forged_file file;
	struct forged_folder folder;
	struct forged_change changes[2];
	struct forged f;
	struct proxy_hooks hooks = { .ctx = &f, .after = inject };
	struct zt_check check;
	struct workspace *w;
	uint64_t before;

	(void)share(s, "f7r", "contributor");
	w = person_workspace(&s->bob, "f7r");
	random_bytes(changes[0].vlob.b, ID_BYTES);
	forge_file(&file, "too late");
	forge_folder(&folder, bytes_text("late"), &changes[0].vlob, false);
	changes[0] =
	    (struct forged_change){ .vlob = changes[0].vlob, .version = 1, .m = &file.m };
	changes[1] = (struct forged_change){ .vlob = w->w->id, .version = 1, .m = &folder.m };
	forge_changeset(&s->bob, w, changes, 2, 1, &f); /* signed while bob was a member */
	assert_ok(zt_workspace_unshare(s->alice.zt, "f7r", "bob@test.example"));
	assert_err(ZT_ERR_NOT_MEMBER, forged_send(&s->bob, w, &f));
	before = person_workspace(&s->alice, "f7r")->chain.position;
	proxy_play(s->w->d, &hooks); /* the server slips it in, behind the pinned place */
	assert_ok(zt_verify(s->alice.zt, "f7r", NULL, &check));
	assert_int_equal(before + 1, check.changesets);
	assert_int_equal(1, check.skipped);
	assert_int_equal(0, check.files);
	proxy_play(s->w->d, NULL);
	forged_free(&f);
}

/* Shows a chain without its newest changeset, as if it had not come yet. */
static void
hide_newest(void *ctx, struct proxy_call *c)
{
	Zt__ChainPage *m = NULL;

	(void)ctx;
	if (c->route != ROUTE_CHAIN ||
	    pb_decode(&zt__chain_page__descriptor, buf_bytes(&c->answer), LIMIT_PAGE, &m))
		return;
	if (m->n_changesets > 0) {
		zt__changeset__free_unpacked(m->changesets[--m->n_changesets], NULL);
		m->newest--;
		buf_empty(&c->answer);
		assert_ok(pb_encode(m, &c->answer));
	}
	pb_free(m);
}

/* A write that the server took before the removal, but that comes behind the place which the
 * rotation pinned: it counts for nobody, and what it wrote to can be written on. */
static void
F7_what_is_left_out_does_not_stand_in_the_way_of_others(void **state)
{
	struct setting *s = *state;
	struct proxy_hooks hooks = { .after = hide_newest };
	struct zt_check check;
	struct buf got = buf_init(BIG);

	assert_ok(session_thaw(s->alice.zt)); /* forks were shown to them before */
	assert_ok(session_thaw(s->bob.zt));
	(void)share(s, "f7o", "contributor");
	person_put(&s->alice, "one", "f7o:/file");
	assert_ok(zt_sync(s->bob.zt));
	person_put(&s->bob, "two", "f7o:/file");  /* the newest version, and */
	person_put(&s->bob, "more", "f7o:/bobs"); /* of the root folder, too */
	assert_ok(workspace_sync(person_workspace(&s->alice, "f7o")));
	person_put(&s->bob, "three", "f7o:/file");
	person_put(&s->bob, "four", "f7o:/fourth");
	proxy_play(s->w->d, &hooks); /* alice does not see the last of these when she pins */
	assert_ok(zt_workspace_unshare(s->alice.zt, "f7o", "bob@test.example"));
	proxy_play(s->w->d, NULL);
	assert_ok(zt_verify(s->alice.zt, "f7o", NULL, &check));
	assert_true(check.skipped >= 1);
	person_put(&s->alice, "five", "f7o:/file");
	person_put(&s->alice, "six", "f7o:/fourth");
	assert_ok(get(s, &s->alice, "f7o:/file", &got));
	assert_string_equal("five", buf_text(&got));
	buf_empty(&got);
	assert_ok(get(s, &s->alice, "f7o:/fourth", &got));
	assert_string_equal("six", buf_text(&got));
	buf_empty(&got);
	assert_ok(get(s, &s->alice, "f7o:/bobs", &got));
	assert_string_equal("more", buf_text(&got));
	assert_ok(zt_verify(s->alice.zt, "f7o", NULL, &check));
	buf_free(&got);
}

/* ---- names: F9 ---- */

static void
F9_a_members_hostile_names_never_write_outside_the_target_folder(void **state)
{
	static const struct {
		const char *name;
		size_t n;
	} names[] = { { "..", 2 }, { ".", 1 }, { "../evil", 7 }, { "/tmp/evil", 9 },
		{ "a/b", 3 }, { "a\0b", 3 }, { "\x1b[2J", 4 }, { "\xff\xfe", 2 }, { "", 0 },
		{ "e\xcc\x81", 3 /* a second spelling */ } };
	struct setting *s = *state;
	struct zt_check check;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char workspace[16], remote[20], local[128], outside[160];
		struct workspace *w;
		struct forged_file file;
		struct forged_folder folder;
		struct forged_change changes[2];
		struct buf raw = buf_init(4096);
		struct forged f;

		(void)snprintf(workspace, sizeof workspace, "f9-%zu", i);
		(void)snprintf(remote, sizeof remote, "%s:/", workspace);
		w = share(s, workspace, "reader");
		forge_file(&file, "evil");
		random_bytes(changes[0].vlob.b, ID_BYTES);
		forge_folder(
		    &folder, bytes_of(names[i].name, names[i].n), &changes[0].vlob, false);
		assert_ok(pb_encode(&folder.m, &raw));
		changes[0] = (struct forged_change){
			.vlob = changes[0].vlob, .version = 1, .m = &file.m
		};
		changes[1] = (struct forged_change){
			.vlob = w->w->id, .version = 1, .raw = buf_bytes(&raw)
		};
		forge_changeset(&s->alice, w, changes, 2, 1, &f);
		assert_ok(forged_send(&s->alice, w, &f)); /* sealed: the server cannot see it */
		(void)snprintf(local, sizeof local, "%s/in/%zu", s->w->state, i);
		(void)snprintf(outside, sizeof outside, "mkdir -p %s", local);
		assert_int_equal(0, system(outside));
		assert_err(ZT_ERR_NAME, zt_get(s->bob.zt, remote, local, NULL, NULL));
		assert_err(ZT_ERR_NAME, zt_ls(s->bob.zt, remote, true, true, ignore, NULL));
		assert_err(ZT_ERR_NAME, zt_verify(s->bob.zt, workspace, NULL, &check));
		(void)snprintf(
		    outside, sizeof outside, "test -z \"$(find %s/in -type f)\"", s->w->state);
		assert_int_equal(0, system(outside));
		assert_int_not_equal(0, access("/tmp/evil", F_OK));
		buf_free(&raw);
		forged_free(&f);
	}
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
		PLAY(F7_a_readers_write_is_refused_by_client_and_server),
		PLAY(F7_a_removed_members_write_dated_before_the_removal_is_left_out),
		PLAY(F7_what_is_left_out_does_not_stand_in_the_way_of_others),
		PLAY(F9_a_members_hostile_names_never_write_outside_the_target_folder),
		PLAY(F10_a_lost_block_is_named_and_the_rest_stays_readable),
		PLAY(F5_a_write_that_the_server_says_it_took_and_drops_is_not_called_done),
		PLAY(F6_a_version_that_names_the_content_of_another_file_is_not_taken_for_it),
		PLAY(F11_half_of_a_changeset_is_refused_by_client_and_server),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
