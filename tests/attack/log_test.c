/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* log_test.c - rows L1, L2, L5, L6 and K1 of the attacks: a hostile server, which has the key
 * of the log and signs everything that it shows, against the real client. After each lie the
 * client reports the error, keeps its verified state, and continues when the server is honest
 * again. */
#include "test.h"

#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log_scene.h"

/* ---- L1, L2 ---- */

static void
L1_every_entry_dropped_swapped_or_repeated_is_refused_by_the_client(void **state)
{
	struct log_scene *s = *state;
	struct fake_log f;

	log_scene_take(s, &s->bob, &f);
	for (size_t i = 1; i < s->log.count; i++) {
		struct statement st = { .body = buf_bytes(&s->log.entry[i].body) };
		struct entry *e = NULL;
		enum zt_err err;
		uint64_t n;
		struct log_lie lie = { .log = &f };
		struct double_hooks hooks = { .ctx = &lie, .before = log_scene_lie };

		if (st.body.n == 0)
			continue; /* hidden from bob */
		memcpy(st.signature, s->log.entry[i].signature, SIGN_BYTES);
		assert_ok(entry_decode(&st, &e));
		fake_log_drop(&f, i);
		double_play(s->w->d, &hooks);
		err = zt_log_verify(s->bob.zt, &n); /* shorter, or with a gap: never accepted */
		assert_true(err == ZT_ERR_FORK || err == ZT_ERR_ROLLBACK ||
			    err == ZT_ERR_UNKNOWN_DEVICE || err == ZT_ERR_FORBIDDEN ||
			    err == ZT_ERR_NOT_FOUND || err == ZT_ERR_CORRUPT ||
			    err == ZT_ERR_PROOF);
		fake_log_insert(&f, i, e);
		assert_ok(zt_log_verify(s->bob.zt, &n)); /* whole again */
		fake_log_insert(&f, i, e);
		assert_true(zt_log_verify(s->bob.zt, &n) != ZT_OK);
		fake_log_drop(&f, i);
		fake_log_swap(&f, i - 1, i);
		assert_true(zt_log_verify(s->bob.zt, &n) != ZT_OK);
		fake_log_swap(&f, i - 1, i);
		entry_free(e);
	}
	double_play(s->w->d, NULL);
	fake_log_free(&f);
}

static void
L1_every_altered_byte_of_an_entry_is_refused_by_the_client(void **state)
{
	struct log_scene *s = *state;
	struct log_lie lie = { .log = &s->log };
	struct double_hooks hooks = { .ctx = &lie, .before = log_scene_lie };
	uint64_t n;

	double_play(s->w->d, &hooks);
	assert_ok(zt_log_verify(s->bob.zt, &n));
	for (size_t i = 0; i < s->log.count; i++)
		for (size_t at = 0; at < s->log.entry[i].body.n; at += 3) {
			s->log.entry[i].body.p[at] ^= 4;
			assert_true(zt_log_verify(s->bob.zt, &n) != ZT_OK);
			s->log.entry[i].body.p[at] ^= 4;
		}
	assert_ok(zt_log_verify(s->bob.zt, &n));
	double_play(s->w->d, NULL);
}

static void
L2_an_entry_of_another_organization_or_topic_is_refused_by_the_client(void **state)
{
	struct log_scene *s = *state;
	struct fake_log f, other;
	struct statement st;
	struct entry *e = NULL;

	log_scene_take(s, &s->eve, &other);
	st.body = buf_bytes(&other.entry[0].body);
	memcpy(st.signature, other.entry[0].signature, SIGN_BYTES);
	assert_ok(entry_decode(&st, &e));
	log_scene_take(s, &s->bob, &f);
	fake_log_insert(&f, f.count, e);
	log_scene_refuses(s, &s->bob, &f, ZT_ERR_CORRUPT);
	fake_log_drop(&f, f.count - 1);
	entry_free(e);
	/* and whole: another organization in the place of this one */
	other.org = s->bob.zt->org;
	log_scene_refuses(s, &s->bob, &other, ZT_ERR_CORRUPT);
	fake_log_free(&other);
	fake_log_free(&f);
}

/* ---- L5, L6 ---- */

static void
sign_badly(Zt__LogPage *page, void *ctx)
{
	(void)ctx;
	page->head->signature.data[10] ^= 1;
}

static void
L5_a_head_badly_signed_smaller_or_of_the_same_size_is_refused_by_the_client(void **state)
{
	struct log_scene *s = *state;
	struct fake_log f;
	struct log_lie lie = { .log = &s->log, .spoil = sign_badly };
	struct double_hooks hooks = { .ctx = &lie, .before = log_scene_lie };

	assert_ok(zt_sync(s->bob.zt));
	double_play(s->w->d, &hooks);
	assert_err(ZT_ERR_SIGNATURE, zt_sync(s->bob.zt));
	lie.spoil = NULL;
	assert_ok(zt_sync(s->bob.zt)); /* the same log, well signed */
	log_scene_take(s, &s->bob, &f);
	lie.log = &f;
	fake_log_drop(&f, f.count - 1);
	double_play(s->w->d, &hooks);
	assert_err(ZT_ERR_ROLLBACK, zt_sync(s->bob.zt));
	assert_true(strstr(zt_why(s->bob.zt), "this device has verified") != NULL);
	fake_log_free(&f);
	log_scene_take(s, &s->bob, &f);
	f.entry[f.count - 1].signature[0] ^= 1; /* as many leaves, another root */
	double_play(s->w->d, &hooks);
	assert_err(ZT_ERR_FORK, zt_sync(s->bob.zt));
	double_play(s->w->d, NULL);
	assert_ok(zt_sync(s->bob.zt));
	fake_log_free(&f);
}

struct flip {
	size_t node;
	bool done;
};

static void
flip_consistency(Zt__LogPage *page, void *ctx)
{
	struct flip *f = ctx;

	if (f->node < page->n_consistency) {
		page->consistency[f->node].data[f->node % HASH_BYTES] ^= 1;
		f->done = true;
	}
}

static void
flip_append(void *ctx, struct double_call *c)
{
	struct flip *f = ctx;
	Zt__AppendAnswer *m = NULL;
	size_t all;

	if (c->route != ROUTE_LOG_APPEND || c->status != 200)
		return;
	assert_ok(
	    pb_decode(&zt__append_answer__descriptor, buf_bytes(&c->answer), 64 * 1024, &m));
	all = m->n_inclusion + m->n_consistency;
	assert_true(all > 0);
	if (f->node < m->n_inclusion)
		m->inclusion[f->node].data[3] ^= 1;
	else if (f->node < all)
		m->consistency[f->node - m->n_inclusion].data[3] ^= 1;
	f->done = f->node < all;
	buf_empty(&c->answer);
	assert_ok(pb_encode(m, &c->answer));
	pb_free(m);
}

static void
L6_each_flipped_node_of_a_proof_is_refused_by_the_client(void **state)
{
	struct log_scene *s = *state;
	struct fake_log f;
	struct flip flip = { .done = true };
	struct log_lie lie = { .log = &f, .spoil = flip_consistency, .ctx = &flip };
	struct double_hooks hooks = { .ctx = &lie, .before = log_scene_lie };
	struct double_hooks appends = { .ctx = &flip, .after = flip_append };
	size_t flipped = 0;

	/* bob is behind by some entries: the server must prove that its log continues his */
	assert_ok(zt_sync(s->bob.zt));
	assert_ok(zt_workspace_create(s->alice.zt, "one"));
	assert_ok(zt_workspace_create(s->alice.zt, "two"));
	log_scene_take(s, &s->alice, &f);
	for (; flip.done; flip.node++) {
		flip.done = false;
		double_play(s->w->d, &hooks);
		if (!flip.done && zt_sync(s->bob.zt) == ZT_OK)
			break; /* no node is left to flip */
		assert_true(flip.done);
		assert_true(strstr(zt_why(s->bob.zt), "does not continue") != NULL);
		flipped++;
	}
	assert_true(flipped > 0);
	fake_log_free(&f);
	/* the append is in the log with any proof: the client refuses only the server's
	 * answer */
	flipped = 0;
	flip = (struct flip){ .done = true };
	for (; flip.done; flip.node++) {
		char name[16];
		enum zt_err err;

		flip.done = false;
		(void)snprintf(name, sizeof name, "w%zu", flip.node);
		double_play(s->w->d, &appends);
		err = zt_workspace_create(s->alice.zt, name);
		assert_err(flip.done ? ZT_ERR_PROOF : ZT_OK, err);
		flipped += flip.done;
	}
	assert_true(flipped > 0);
	double_play(s->w->d, NULL);
	assert_ok(zt_sync(s->alice.zt));
	assert_ok(zt_sync(s->bob.zt));
}

/* ---- what the server has proved, and does not show ---- */

static void
L5_an_act_that_the_server_proves_and_then_does_not_show_is_not_called_done(void **state)
{
	struct log_scene *s = *state;
	struct fake_log f;
	struct log_lie lie = { .log = &f };
	struct double_hooks hooks = { .ctx = &lie, .before = log_scene_lie };

	assert_ok(zt_sync(s->alice.zt));
	log_scene_take(s, &s->alice, &f);
	double_play(s->w->d, &hooks); /* acts reach the server; its log stays as it was */
	assert_err(ZT_ERR_ROLLBACK, zt_user_profile(s->alice.zt, "bob@test.example", "admin"));
	double_play(s->w->d, NULL);
	assert_ok(zt_user_profile(s->alice.zt, "bob@test.example", "standard"));
	fake_log_free(&f);
}

/* ---- K1 ---- */

static void
K1_a_users_key_cannot_be_substituted_because_it_stands_in_the_log(void **state)
{
	struct log_scene *s = *state;
	struct fake_log f;
	const struct org_user *bob = org_state_user(s->alice.zt->state, &s->bob.zt->user);
	bool found = false;

	log_scene_take(s, &s->alice, &f);
	for (size_t i = 0; i < f.count; i++) {
		uint8_t *at = f.entry[i].body.n == 0
				  ? NULL
				  : memmem(f.entry[i].body.p, f.entry[i].body.n, bob->key,
					sizeof bob->key);

		if (at == NULL)
			continue;
		found = true;
		memset(at, 9, sizeof bob->key); /* the server's own key in bob's place */
	}
	assert_true(found);
	log_scene_refuses(s, &s->alice, &f, ZT_ERR_SIGNATURE);
	fake_log_free(&f);
}

#define PLAY(test) cmocka_unit_test_teardown(test, log_scene_honest)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAY(L1_every_entry_dropped_swapped_or_repeated_is_refused_by_the_client),
		PLAY(L1_every_altered_byte_of_an_entry_is_refused_by_the_client),
		PLAY(L2_an_entry_of_another_organization_or_topic_is_refused_by_the_client),
		PLAY(
		    L5_a_head_badly_signed_smaller_or_of_the_same_size_is_refused_by_the_client),
		PLAY(L6_each_flipped_node_of_a_proof_is_refused_by_the_client),
		PLAY(
		    L5_an_act_that_the_server_proves_and_then_does_not_show_is_not_called_done),
		PLAY(K1_a_users_key_cannot_be_substituted_because_it_stands_in_the_log),
	};

	return cmocka_run_group_tests(tests, log_scene_begin, log_scene_end);
}
