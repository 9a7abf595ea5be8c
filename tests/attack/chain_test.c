/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* chain_test.c - what a member with a patched client signs, on an honest server: each client
 * accepts every changeset that the server accepts, and the server refuses those that no client
 * would accept. */
#include "test.h"

#include <stdio.h>

#include "crypto/suite.h"
#include "forge.h"
#include "format/limits.h"

/* What a changeset says of itself, against what it should say. */
struct claim {
	uint64_t seen; /* 0: as it is */
	bool other_root;
	int generation, parent;
	int64_t time_ms;
	bool other_link;
	const struct org_state *of; /* whose log SEEN is of */
};

static void
make_claim(Zt__ChangesetBody *b, void *ctx)
{
	const struct claim *c = ctx;
	struct hash root;

	if (c->seen > 0) {
		b->seen->tree_size = c->seen;
		assert_ok(merkle_root(c->of->tree, c->seen, &root));
		memcpy(b->seen->root_hash.data, root.b, HASH_BYTES);
	}
	if (c->other_root)
		b->seen->root_hash.data[7] ^= 1;
	if (c->other_link && b->parent_link.len > 0)
		b->parent_link.data[7] ^= 1;
	b->generation = (uint32_t)((int)b->generation + c->generation);
	b->parent_position = (uint64_t)((int64_t)b->parent_position + c->parent);
	b->time = (uint64_t)((int64_t)b->time + c->time_ms);
}

/* A new file, by BY, with claim C. */
static void
forge_claim(struct person *by, struct workspace *w, struct claim *c, struct forged *out)
{
	struct forged_file file;
	struct forged_change change = { .version = 1 };

	random_bytes(change.vlob.b, ID_BYTES);
	forge_file(&file, "z");
	change.m = &file.m;
	forge_changeset(by, w, &change, 1, (unsigned)w->w->generation_count, out);
	c->of = by->zt->state;
	forged_alter(by, out, make_claim, c);
}

static enum zt_err
send_claim(struct person *by, struct workspace *w, struct claim *c)
{
	struct forged f;
	enum zt_err err;

	forge_claim(by, w, c, &f);
	err = forged_send(by, w, &f);
	forged_free(&f);
	return err;
}

/* P reads the workspace, and still writes in the organization. */
static void
reads_on(struct person *p, const char *workspace)
{
	static unsigned n;
	char name[48];

	(void)person_workspace(p, workspace);
	(void)snprintf(name, sizeof name, "%s-%u", p->name, n++);
	assert_ok(zt_workspace_create(p->zt, name));
}

/* A workspace with a past: bob came, the key was rotated, bob wrote twice. */
static struct workspace *
begin_workspace(struct scene *s, struct person *carol, const char *name, uint64_t old[3])
{
	struct claim none = { 0 };

	old[0] = merkle_size(s->alice.zt->state->tree);
	assert_ok(zt_workspace_create(s->alice.zt, name));
	assert_ok(zt_workspace_share(s->alice.zt, name, carol->email, "reader"));
	old[1] = merkle_size(s->alice.zt->state->tree);
	assert_ok(zt_workspace_share(s->alice.zt, name, "bob@test.example", "contributor"));
	old[2] = merkle_size(s->alice.zt->state->tree);
	assert_ok(zt_workspace_rotate(s->alice.zt, name));
	assert_ok(send_claim(&s->bob, person_workspace(&s->bob, name), &none));
	assert_ok(send_claim(&s->bob, person_workspace(&s->bob, name), &none));
	return person_workspace(&s->bob, name);
}

static void
F7_the_server_refuses_what_no_client_would_take(void **state)
{
	struct scene *s = *state;
	struct person carol;
	struct workspace *w;
	struct claim none = { 0 };
	uint64_t old[3];

	world_join(&s->alice, &carol, "ann", "standard");
	w = begin_workspace(s, &carol, "refused", old);
	struct {
		struct claim c;
		enum zt_err err;
	} row[] = {
		{ { .other_root = true }, ZT_ERR_FORK },
		{ { .seen = 1, .generation = -1 }, ZT_ERR_STALE_KEY },
		{ { .seen = old[0] }, ZT_ERR_FORBIDDEN },
		{ { .seen = old[1] }, ZT_ERR_FORBIDDEN },
		{ { .seen = old[2] }, ZT_ERR_STALE_KEY },
		{ { .seen = old[2], .generation = -1 }, ZT_ERR_STALE_KEY },
		{ { .generation = -1 }, ZT_ERR_STALE_KEY },
		{ { .generation = 1 }, ZT_ERR_CORRUPT }, /* its objects: no such key */
		{ { .other_link = true }, ZT_ERR_ROLLBACK },
		{ { .parent = -1 }, ZT_ERR_ROLLBACK }, { { .parent = 1 }, ZT_ERR_ROLLBACK },
		{ { .time_ms = LIMIT_CLOCK_MS + 60000 }, ZT_ERR_CLOCK },
		{ { .time_ms = -LIMIT_CLOCK_MS - 60000 }, ZT_ERR_CLOCK },
		{ { .time_ms = -60000 }, ZT_ERR_CLOCK }, /* before its parent */
	};

	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		print_message("claim %zu\n", i);
		assert_err(row[i].err, send_claim(&s->bob, w, &row[i].c));
		reads_on(&s->alice, "refused");
	}
	assert_ok(send_claim(&s->bob, w, &none)); /* the same, as it should be */
	reads_on(&s->alice, "refused");
	reads_on(&carol, "refused");
	person_close(&carol);
}

/* Without an oracle for what is right: random claims; every accepted one must be accepted by
 * all. */
static void
F7_what_the_server_takes_each_client_takes(void **state)
{
	enum { CLAIMS = 60 };
	struct scene *s = *state;
	struct person carol;
	uint64_t old[3];
	unsigned taken = 0, seed = 20260727;

	world_join(&s->alice, &carol, "anna", "standard");
	(void)begin_workspace(s, &carol, "taken", old);
	for (unsigned i = 0; i < CLAIMS; i++) {
		struct workspace *w = person_workspace(&s->bob, "taken");
		uint64_t size = merkle_size(s->bob.zt->state->tree);
		unsigned r = (unsigned)rand_r(&seed);
		struct claim c = { .seen = r % 4 == 0 ? size - (r >> 2) % 32 % size : 0,
			.other_root = (r >> 8) % 16 == 0,
			.other_link = (r >> 12) % 16 == 0,
			.generation = (r >> 16) % 16 == 0   ? -1
				      : (r >> 16) % 16 == 1 ? 1
							    : 0,
			.parent = (r >> 20) % 16 == 0   ? -1
				  : (r >> 20) % 16 == 1 ? 1
							: 0,
			.time_ms = (r >> 24) % 16 == 0 ? -1000 : 0 };

		taken += send_claim(&s->bob, w, &c) == ZT_OK;
		(void)person_workspace(&s->alice, "taken"); /* asserts that it is read */
		if (i % 20 == 0)
			assert_ok(zt_workspace_rotate(s->alice.zt, "taken"));
	}
	print_message("%u of %u claims were taken\n", taken, CLAIMS);
	assert_in_range(taken, 10, CLAIMS - 10);
	reads_on(&s->alice, "taken");
	reads_on(&carol, "taken");
	person_close(&carol);
}

static void
P6_the_server_takes_nothing_that_devices_would_leave_out(void **state)
{
	struct scene *s = *state;
	struct person carol;
	struct workspace *w;
	struct claim c = { 0 };
	struct forged f;

	world_join(&s->alice, &carol, "annika", "standard");
	assert_ok(zt_workspace_create(s->alice.zt, "left"));
	assert_ok(zt_workspace_share(s->alice.zt, "left", carol.email, "contributor"));
	w = person_workspace(&carol, "left");
	assert_ok(send_claim(&carol, w, &c));
	w = person_workspace(&carol, "left");
	forge_claim(&carol, w, &c, &f);
	assert_ok(zt_workspace_share(s->alice.zt, "left", carol.email, "reader"));
	assert_err(ZT_ERR_FORBIDDEN, forged_send(&carol, w, &f));
	assert_ok(zt_workspace_share(s->alice.zt, "left", carol.email, "contributor"));
	assert_ok(zt_workspace_unshare(s->alice.zt, "left", carol.email));
	assert_ok(zt_workspace_share(s->alice.zt, "left", carol.email, "contributor"));
	/* A member again, with what was signed before the removal. */
	assert_err(ZT_ERR_STALE_KEY, forged_send(&carol, w, &f));
	forged_free(&f);
	w = person_workspace(&carol, "left");
	assert_ok(send_claim(&carol, w, &c));
	(void)person_workspace(&s->alice, "left");
	person_close(&carol);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(F7_the_server_refuses_what_no_client_would_take),
		cmocka_unit_test(F7_what_the_server_takes_each_client_takes),
		cmocka_unit_test(P6_the_server_takes_nothing_that_devices_would_leave_out),
	};

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
