/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an organization stores is one number, wherever it lies, and the operator's limit is of
 * that (R4). */
#include "test.h"

#include <stdio.h>

#include "crypto/suite.h"
#include "forge.h"
#include "format/limits.h"
#include "format/pb.h"
#include "zt/server.h"

enum { MB = 1000 * 1000, LIMIT = 6 * MB };

static struct zt_server
operator_of(struct scene *s)
{
	return (struct zt_server){
		.url = s->w->url, .in_clear = true, .operator_token = s->w->token
	};
}

static void
set_limit(struct scene *s, uint64_t bytes)
{
	struct zt_server_limits l = { .bytes = &bytes };
	struct zt_server op = operator_of(s);
	char why[256] = "";

	assert_ok(zt_server_org_set(&op, s->alice.zt->slug, &l, why));
}

static void
note_usage(void *ctx, const struct zt_server_org *o)
{
	*(uint64_t *)ctx += o->bytes;
}

static uint64_t
usage(struct scene *s)
{
	uint64_t bytes = 0;
	struct zt_server op = operator_of(s);
	char why[256] = "";

	assert_ok(zt_server_orgs(&op, note_usage, &bytes, why));
	return bytes;
}

/* Bob's patched client pushes a manifest of 4 MB, without any block. */
static enum zt_err
push_object(struct scene *s, struct space *w)
{
	char *big = malloc(4 * MB + 1);
	struct forged_file file;
	struct forged_change c = { .version = 1, .m = &file.m };
	struct forged f;
	enum zt_err err;

	assert_non_null(big);
	memset(big, 'x', 4 * MB);
	big[4 * MB] = 0;
	suite_random(c.vlob.b, ID_BYTES);
	forge_file(&file, big);
	assert_ok(space_sync(w));
	forge_changeset(&s->bob, w, &c, 1, 1, &f);
	err = forged_send(&s->bob, w, &f);
	forged_free(&f);
	free(big);
	return err;
}

static enum zt_err
put_file(struct scene *s, const char *remote, size_t n)
{
	uint8_t *content = malloc(n);
	char *path;
	enum zt_err err;

	assert_non_null(content);
	suite_random(content, n);
	path = world_file(s->w, "content", content, n);
	err = zt_put(s->bob.zt, path, remote, NULL, NULL);
	free(path);
	free(content);
	return err;
}

static void
the_operators_limit_is_of_objects_and_blocks_together(void **state)
{
	struct scene *s = *state;
	struct space *w;
	uint64_t before;

	assert_ok(zt_workspace_create(s->alice.zt, "limited"));
	assert_ok(
	    zt_workspace_share(s->alice.zt, "limited", "bob@test.example", "contributor"));
	w = person_space(&s->bob, "limited");
	before = usage(s);
	set_limit(s, LIMIT);
	assert_ok(push_object(s, w));
	assert_true(usage(s) - before > 4 * MB);
	assert_err(ZT_ERR_LIMIT, push_object(s, w));
	/* a refused one takes nothing of what is left: a megabyte of blocks goes in, */
	assert_ok(put_file(s, "limited:/one", MB));
	assert_true(usage(s) - before > 5 * MB);
	/* and three do not, though all blocks together are far below the limit */
	assert_err(ZT_ERR_LIMIT, put_file(s, "limited:/three", 3 * MB));
	assert_true(strstr(zt_why(s->bob.zt), "operator") != NULL);
	assert_true(usage(s) <= LIMIT);
	set_limit(s, 0);
	assert_ok(put_file(s, "limited:/three", 3 * MB));
	w = person_space(&s->bob, "limited");
	assert_ok(push_object(s, w));
	assert_true(usage(s) - before > 12 * MB);
}

/* The client puts twelve blocks at once, and each must find what the others leave. */
static void
puts_at_once_share_what_the_limit_leaves(void **state)
{
	struct scene *s = *state;

	assert_ok(zt_workspace_create(s->bob.zt, "atonce"));
	set_limit(s, 0);
	for (int i = 0; i < 5; i++) {
		uint64_t most = usage(s) + 3 * MB;

		set_limit(s, most);
		assert_err(ZT_ERR_LIMIT, put_file(s, "atonce:/f", 15 * MB));
		assert_true(usage(s) <= most);
		assert_true(usage(s) > most - 2 * MB); /* and no less than fits */
	}
	set_limit(s, 0);
}

static enum zt_err
put_block(struct scene *s, const struct id *workspace, const struct id *block, size_t n)
{
	struct route_params p = { .org = s->bob.zt->org, .id = *workspace, .block = *block };
	struct buf content = buf_init(MB), answer = buf_init(64);
	uint8_t *room = buf_room(&content, n);
	enum zt_err err;

	assert_non_null(room);
	suite_random(room, n);
	hash_block(buf_bytes(&content), &p.hash);
	err = client_call(s->bob.zt, ROUTE_BLOCK_PUT, &p, NULL, buf_bytes(&content), &answer);
	buf_free(&content);
	buf_free(&answer);
	return err;
}

static void
a_put_that_is_refused_takes_nothing_of_what_is_left(void **state)
{
	struct scene *s = *state;
	struct id block, other;
	struct space *w;
	uint64_t is;

	assert_ok(zt_workspace_create(s->bob.zt, "refused"));
	w = person_space(&s->bob, "refused");
	suite_random(block.b, ID_BYTES);
	suite_random(other.b, ID_BYTES);
	is = usage(s);
	set_limit(s, is + MB);
	assert_ok(put_block(s, &w->w->id, &block, MB / 2));
	for (int i = 0; i < 4; i++) {
		/* another content under the id of one that is there; and one that is too big */
		assert_err(ZT_ERR_EXISTS, put_block(s, &w->w->id, &block, MB / 4));
		assert_err(ZT_ERR_LIMIT, put_block(s, &w->w->id, &other, 3 * (MB / 4)));
	}
	assert_int_equal(is + MB / 2, usage(s));
	assert_ok(put_block(s, &w->w->id, &other, MB / 2));
	assert_int_equal(is + MB, usage(s));
	set_limit(s, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_operators_limit_is_of_objects_and_blocks_together),
		cmocka_unit_test(puts_at_once_share_what_the_limit_leaves),
		cmocka_unit_test(a_put_that_is_refused_takes_nothing_of_what_is_left),
	};

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
