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

static enum zt_err
reads(struct log_scene *s, const struct fake_log *log)
{
	return log_scene_read(s, &s->bob, log, 0, NULL, NULL);
}

/* On the reader each place and each order; on the whole client one of each. */
static void
L1_every_entry_dropped_moved_or_repeated_is_refused(void **state)
{
	struct log_scene *s = *state;
	struct fake_log f;

	log_scene_take(s, &s->bob, &f);
	assert_ok(reads(s, &f));
	for (size_t i = 0; i < f.count; i++) {
		struct statement st = { .body = buf_bytes(&s->log.entry[i].body) };
		struct entry *e = NULL;

		if (st.body.n == 0)
			continue; /* hidden from bob */
		memcpy(st.signature, s->log.entry[i].signature, SIGN_BYTES);
		assert_ok(entry_decode(&st, &e));
		fake_log_drop(&f, i);
		/* The newest one is missed by who has seen it: with a head that covers it. */
		assert_true(i == f.count || reads(s, &f) != ZT_OK);
		if (i == f.count / 2)
			log_scene_refuses(s, &s->bob, &f, reads(s, &f));
		for (size_t k = 0; k <= f.count; k++) {
			fake_log_insert(&f, k, e);
			assert_true((reads(s, &f) == ZT_OK) == (k == i));
			fake_log_drop(&f, k);
		}
		fake_log_insert(&f, i, e);
		for (size_t k = 0; k <= f.count; k++) { /* twice */
			fake_log_insert(&f, k, e);
			assert_true(reads(s, &f) != ZT_OK);
			if (i == k && i == f.count / 2)
				log_scene_refuses(s, &s->bob, &f, reads(s, &f));
			fake_log_drop(&f, k);
		}
		for (size_t k = 0; k < f.count; k++) {
			fake_log_swap(&f, i, k);
			assert_true((reads(s, &f) == ZT_OK) == (k == i));
			fake_log_swap(&f, i, k);
		}
		entry_free(e);
	}
	assert_ok(reads(s, &f));
	fake_log_free(&f);
}

static void
L1_every_altered_byte_of_an_entry_is_refused(void **state)
{
	struct log_scene *s = *state;
	size_t bytes = 0;

	for (size_t i = 0; i < s->log.count; i++) {
		size_t n = s->log.entry[i].body.n;

		for (size_t at = 0; n > 0 && at < n + SIGN_BYTES; at++, bytes++) {
			uint8_t *b = at < n ? s->log.entry[i].body.p + at
					    : s->log.entry[i].signature + at - n;

			*b ^= 4;
			assert_true(reads(s, &s->log) != ZT_OK);
			if (at == n / 2)
				log_scene_refuses(s, &s->bob, &s->log, reads(s, &s->log));
			*b ^= 4;
		}
	}
	print_message("%zu bytes\n", bytes);
	assert_ok(reads(s, &s->log));
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
	struct proxy_hooks hooks = { .ctx = &lie, .before = log_scene_lie };

	assert_ok(zt_sync(s->bob.zt));
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_SIGNATURE, zt_sync(s->bob.zt));
	lie.spoil = NULL;
	assert_ok(zt_sync(s->bob.zt)); /* the same log, well signed */
	log_scene_take(s, &s->bob, &f);
	lie.log = &f;
	fake_log_drop(&f, f.count - 1);
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_ROLLBACK, zt_sync(s->bob.zt));
	assert_true(strstr(zt_error_message(s->bob.zt), "this device has verified") != NULL);
	fake_log_free(&f);
	log_scene_take(s, &s->bob, &f);
	f.entry[f.count - 1].signature[0] ^= 1; /* as many leaves, another root */
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_FORK, zt_sync(s->bob.zt));
	proxy_play(s->w->d, NULL);
	assert_ok(zt_sync(s->bob.zt));
	fake_log_free(&f);
}

struct flip {
	size_t node, byte;
	bool done;
};

static void
flip_consistency(Zt__LogPage *page, void *ctx)
{
	struct flip *f = ctx;

	if (f->node < page->n_consistency) {
		page->consistency[f->node].data[f->byte] ^= 1;
		f->done = true;
	}
}

static void
drop_consistency(Zt__LogPage *page, void *ctx)
{
	struct flip *f = ctx;

	if (f->node >= page->n_consistency)
		return;
	f->done = true;
	for (size_t i = f->node; i + 1 < page->n_consistency; i++)
		memcpy(page->consistency[i].data, page->consistency[i + 1].data, HASH_BYTES);
	page->consistency[page->n_consistency - 1].len = 0;
}

/* Each byte of each node, between each two sizes. */
static void
L6_each_byte_of_each_node_of_each_proof_is_needed(void **state)
{
	struct log_scene *s = *state;
	size_t flipped = 0;

	for (size_t from = 1; from < s->log.count; from++) {
		struct flip f = { .done = true };
		enum zt_err err;

		assert_ok(log_scene_read(s, &s->bob, &s->log, from, NULL, NULL));
		for (; f.done; f.node++)
			for (f.byte = 0; f.byte < HASH_BYTES; f.byte++) {
				f.done = false;
				err = log_scene_read(
				    s, &s->bob, &s->log, from, flip_consistency, &f);
				assert_err(f.done ? ZT_ERR_PROOF : ZT_OK, err);
				if (!f.done)
					break;
				flipped++;
			}
		for (f = (struct flip){ .done = true }; f.done; f.node++) {
			f.done = false;
			if (log_scene_read(s, &s->bob, &s->log, from, drop_consistency, &f) ==
			    ZT_OK)
				assert_false(f.done);
		}
	}
	print_message("%zu bytes\n", flipped);
	assert_true(flipped > 0);
}

static void
flip_append(void *ctx, struct proxy_call *c)
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
	struct flip flip = { .byte = 3, .done = true };
	struct log_lie lie = { .log = &f, .spoil = flip_consistency, .ctx = &flip };
	struct proxy_hooks hooks = { .ctx = &lie, .before = log_scene_lie };
	struct proxy_hooks appends = { .ctx = &flip, .after = flip_append };
	size_t flipped = 0;

	/* bob is behind by some entries: the server must prove that its log continues his */
	assert_ok(zt_sync(s->bob.zt));
	assert_ok(zt_workspace_create(s->alice.zt, "one"));
	assert_ok(zt_workspace_create(s->alice.zt, "two"));
	log_scene_take(s, &s->alice, &f);
	for (; flip.done; flip.node++) {
		flip.done = false;
		proxy_play(s->w->d, &hooks);
		if (!flip.done && zt_sync(s->bob.zt) == ZT_OK)
			break; /* no node is left to flip */
		assert_true(flip.done);
		assert_true(strstr(zt_error_message(s->bob.zt), "does not continue") != NULL);
		flipped++;
	}
	assert_true(flipped > 0);
	fake_log_free(&f);
	/* the append is in the log with any proof: the client refuses only the server's
	 * answer */
	flipped = 0;
	flip = (struct flip){ .byte = 3, .done = true };
	for (; flip.done; flip.node++) {
		char name[16];
		enum zt_err err;

		flip.done = false;
		(void)snprintf(name, sizeof name, "w%zu", flip.node);
		proxy_play(s->w->d, &appends);
		err = zt_workspace_create(s->alice.zt, name);
		assert_err(flip.done ? ZT_ERR_PROOF : ZT_OK, err);
		flipped += flip.done;
	}
	assert_true(flipped > 0);
	proxy_play(s->w->d, NULL);
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
	struct proxy_hooks hooks = { .ctx = &lie, .before = log_scene_lie };

	assert_ok(zt_sync(s->alice.zt));
	log_scene_take(s, &s->alice, &f);
	proxy_play(s->w->d, &hooks); /* acts reach the server; its log stays as it was */
	assert_err(ZT_ERR_ROLLBACK, zt_user_profile(s->alice.zt, "bob@test.example", "admin"));
	proxy_play(s->w->d, NULL);
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
		PLAY(L1_every_entry_dropped_moved_or_repeated_is_refused),
		PLAY(L1_every_altered_byte_of_an_entry_is_refused),
		PLAY(L2_an_entry_of_another_organization_or_topic_is_refused_by_the_client),
		PLAY(
		    L5_a_head_badly_signed_smaller_or_of_the_same_size_is_refused_by_the_client),
		PLAY(L6_each_byte_of_each_node_of_each_proof_is_needed),
		PLAY(L6_each_flipped_node_of_a_proof_is_refused_by_the_client),
		PLAY(
		    L5_an_act_that_the_server_proves_and_then_does_not_show_is_not_called_done),
		PLAY(K1_a_users_key_cannot_be_substituted_because_it_stands_in_the_log),
	};

	return cmocka_run_group_tests(tests, log_scene_begin, log_scene_end);
}
