/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a hostile member claims about sizes costs that file only: all others come (P5, R4). */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crypto/suite.h"
#include "files/block.h"
#include "files/manifest.h"
#include "forge.h"
#include "format/limits.h"
#include "format/pb.h"
#include "test.h"

/* A manifest of COUNT blocks of the largest size that are nowhere; DIFFER: each another one. */
struct claim {
	Zt__Manifest m;
	Zt__FileManifest file;
	Zt__BlockList list;
	Zt__BlockRef *refs, **at;
	uint8_t (*ids)[ID_BYTES], key[AEAD_KEY_BYTES], hash[HASH_BYTES];
};

static void
claim_make(struct claim *c, size_t count, bool differ)
{
	memset(c, 0, sizeof *c);
	c->refs = calloc(count, sizeof *c->refs);
	c->at = calloc(count, sizeof *c->at);
	c->ids = calloc(count, ID_BYTES);
	assert_true(c->refs != NULL && c->at != NULL && c->ids != NULL);
	if (differ)
		random_bytes(c->ids, count * ID_BYTES);
	for (size_t i = 0; i < count; i++) {
		zt__block_ref__init(c->at[i] = &c->refs[i]);
		c->refs[i].id = pb_field(c->ids[i], ID_BYTES);
		c->refs[i].key = pb_field(c->key, sizeof c->key);
		c->refs[i].hash = pb_field(c->hash, sizeof c->hash);
		c->refs[i].size = BLOCK_CLEAR_MAX;
	}
	zt__manifest__init(&c->m);
	zt__file_manifest__init(&c->file);
	zt__block_list__init(&c->list);
	c->list.block_size = BLOCK_CLEAR_MAX;
	c->list.blocks = c->at;
	c->list.n_blocks = count;
	c->file.size = (uint64_t)count * BLOCK_CLEAR_MAX;
	c->file.mode = 0644;
	c->file.content_case = ZT__FILE_MANIFEST__CONTENT_BLOCKS;
	c->file.blocks = &c->list;
	c->m.kind_case = ZT__MANIFEST__KIND_FILE;
	c->m.file = &c->file;
}

static void
claim_free(struct claim *c)
{
	free(c->refs);
	free(c->at);
	free(c->ids);
}

/* Bob's patched client puts a file with manifest M and a good one into WORKSPACE. */
static void
push_both(struct scene *s, const char *workspace, const Zt__Manifest *m)
{
	struct workspace *w;
	struct forged_file good;
	struct forged_change changes[3];
	Zt__Manifest folder;
	Zt__FolderManifest in = ZT__FOLDER_MANIFEST__INIT;
	Zt__FolderEntry e[2], *list[2] = { &e[0], &e[1] };
	const char *names[] = { "claims", "good" };
	struct forged f;

	assert_ok(zt_workspace_create(s->alice.zt, workspace));
	assert_ok(
	    zt_workspace_share(s->alice.zt, workspace, "bob@test.example", "contributor"));
	w = person_workspace(&s->bob, workspace);
	zt__manifest__init(&folder);
	forge_file(&good, "of use to somebody");
	for (int i = 0; i < 3; i++) {
		changes[i] = (struct forged_change){ .version = 1 };
		random_bytes(changes[i].vlob.b, ID_BYTES);
	}
	for (int i = 0; i < 2; i++) {
		zt__folder_entry__init(&e[i]);
		e[i].name = pb_field(names[i], strlen(names[i]));
		e[i].vlob = pb_field(changes[i].vlob.b, ID_BYTES);
	}
	in.entries = list;
	in.n_entries = 2;
	folder.kind_case = ZT__MANIFEST__KIND_FOLDER;
	folder.folder = &in;
	changes[0].m = m;
	changes[1].m = &good.m;
	changes[2].m = &folder;
	changes[2].vlob = w->w->id;
	forge_changeset(&s->bob, w, changes, 3, 1, &f);
	assert_ok(forged_send(&s->bob, w, &f));
	forged_free(&f);
}

struct skips {
	unsigned count;
	char name[64];
};

static void
note_skip(void *ctx, const char *name, const char *message)
{
	struct skips *k = ctx;

	assert_true(strlen(message) > 0);
	k->count++;
	(void)snprintf(k->name, sizeof k->name, "%s", name);
}

/* Alice gets all of WORKSPACE: NAME alone is left out with WANTED, and named. */
static void
expect_excluded(struct scene *s, const char *workspace, const char *name, enum zt_err wanted)
{
	struct skips k = { 0 };
	struct zt_progress p = { .ctx = &k, .skipped = note_skip };
	char remote[64], local[128], path[256];
	uint64_t files = 0;

	(void)snprintf(remote, sizeof remote, "%s:/", workspace);
	(void)snprintf(local, sizeof local, "%s/got %s", s->w->state, workspace);
	assert_err(wanted, zt_get(s->alice.zt, remote, local, &p, &files));
	assert_int_equal(1, k.count);
	assert_string_equal(name, k.name);
	(void)snprintf(path, sizeof path, "%s/good", local);
	assert_int_equal(0, access(path, R_OK));
	(void)snprintf(path, sizeof path, "%s/%s", local, name);
	assert_int_not_equal(0, access(path, F_OK));
}

/* 312 GiB of blocks, each another one, and none of them there. */
static void
a_file_that_claims_more_than_the_disk_has_is_left_out_alone(void **state)
{
	struct scene *s = *state;
	struct claim c;

	claim_make(&c, 80000, true);
	push_both(s, "claims", &c.m);
	expect_excluded(s, "claims", "claims", ZT_ERR_FULL);
	claim_free(&c);
}

/* One block 80,000 times. */
static void
a_file_that_names_a_block_twice_is_left_out_alone(void **state)
{
	struct scene *s = *state;
	struct claim c;

	claim_make(&c, 80000, false);
	push_both(s, "twice", &c.m);
	expect_excluded(s, "twice", "claims", ZT_ERR_CORRUPT);
	claim_free(&c);
}

/* It would fit, but its blocks are nowhere: no room is taken for all of it. */
static void
a_file_whose_blocks_are_nowhere_is_left_out_alone(void **state)
{
	struct scene *s = *state;
	struct claim c;

	claim_make(&c, 40, true);
	push_both(s, "nowhere", &c.m);
	expect_excluded(s, "nowhere", "claims", ZT_ERR_MISSING_BLOCK);
	claim_free(&c);
}

/* The disk of this test: no file of more than 100 MiB. The claim is of 160 MiB, and true. */
static void
a_file_that_does_not_fit_is_left_out_alone(void **state)
{
	enum { SIZE = 160 * 1024 * 1024 };
	struct scene *s = *state;
	struct rlimit was, low = { 100 * 1024 * 1024, RLIM_INFINITY };
	char *big = calloc(1, SIZE), *path;

	assert_non_null(big);
	assert_ok(zt_workspace_create(s->alice.zt, "large"));
	path = world_file(s->w, "large file", big, SIZE);
	assert_ok(zt_put(s->alice.zt, path, "large:/large", NULL, NULL));
	(void)unlink(path);
	free(path);
	path = world_file(s->w, "content", "x", 1);
	assert_ok(zt_put(s->alice.zt, path, "large:/good", NULL, NULL));
	free(path);
	free(big);
	assert_int_equal(0, getrlimit(RLIMIT_FSIZE, &was));
	(void)signal(SIGXFSZ, SIG_IGN);
	low.rlim_max = was.rlim_max;
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &low));
	expect_excluded(s, "large", "large", ZT_ERR_FULL);
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &was));
	{
		char local[128];
		uint64_t files = 0;

		(void)snprintf(local, sizeof local, "%s/got large", s->w->state);
		assert_ok(zt_get(s->alice.zt, "large:/", local, NULL, &files));
		assert_int_equal(1, files); /* the other is there already */
	}
}

/* Else a manifest of a few KiB claims what no disk has. */
static void
a_manifest_names_each_block_once(void **state)
{
	struct claim c;
	const char *message = "";

	(void)state;
	claim_make(&c, 3, false);
	assert_err(ZT_ERR_CORRUPT, manifest_check(&c.m, &message));
	assert_non_null(strstr(message, "twice"));
	c.ids[1][0] = 1;
	c.ids[2][0] = 2;
	assert_ok(manifest_check(&c.m, &message));
	memcpy(c.ids[2], c.ids[0], ID_BYTES);
	assert_err(ZT_ERR_CORRUPT, manifest_check(&c.m, &message));
	claim_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_claims_more_than_the_disk_has_is_left_out_alone),
		cmocka_unit_test(a_file_that_names_a_block_twice_is_left_out_alone),
		cmocka_unit_test(a_file_whose_blocks_are_nowhere_is_left_out_alone),
		cmocka_unit_test(a_file_that_does_not_fit_is_left_out_alone),
		cmocka_unit_test(a_manifest_names_each_block_once),
	};

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
