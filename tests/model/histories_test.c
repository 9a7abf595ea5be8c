/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* histories_test.c - the promises P4, P5 and P6 as predicates, held against every short
 * history.
 *
 * A history is a sequence of acts: A takes rights away, gives them back or rotates the key; A's
 * office revokes; R signs a changeset that names any log size at which R could write; B signs
 * one; S shows A or B the next entry of the log or the next changeset of the chain, as late as
 * it likes. Histories that lead to the same state are one state, counted as often as there are
 * ways to it. histories.h says who is who.
 *
 * ZT_HISTORY_ACTS says how long the histories are, ZT_HISTORY_RANDOM how many long ones are
 * played by chance, ZT_MODEL_SEED which. */
#include "histories.h"
#include "test.h"

#include <stdio.h>
#include <time.h>

#include "base/vec.h"
#include "play.h"

/* ---- the acts ---- */

typedef void each_next(void *ctx, const struct story *next);

static struct story
with_step(const struct story *s, unsigned what, unsigned detail)
{
	struct story next = *s;

	if (next.n < STEPS)
		next.steps[next.n++] = (struct step){ (uint8_t)what, (uint8_t)detail };
	return next;
}

/* A judges at each entry that it hears, B when it continues with the chain. */
static void
hear(struct history *h, unsigned i, unsigned size)
{
	h->d[i].size = (uint8_t)size;
	if (i == 0)
		history_judge(h, &h->d[0]);
}

/* How far the entry of KIND says that A's chain is: rotate.c, fill_role and fill_rotation. */
static unsigned
pin_by_a(const struct history *h, enum kind kind)
{
	struct device d = h->d[0];

	if (kind > ROTATES || kind == GRANTS)
		return 0;
	return kind == ROTATES ? (unsigned)history_pin(h, &d) : d.position;
}

static void
acts_of_trust(const struct story *s, void *ctx, each_next *each)
{
	if (w.nodes[s->h.log].size == BASE + ROOM)
		return;
	for (unsigned k = 0; k < KINDS; k++) {
		int n = log_with(s->h.log, (enum kind)k, pin_by_a(&s->h, (enum kind)k));
		struct story next = with_step(s, 0, k);

		if (n < 0)
			continue;
		next.h.log = n;
		if (k < REVOKES_R) /* A's own */
			hear(&next.h, 0, w.nodes[n].size);
		each(ctx, &next);
	}
}

static void
showing(const struct story *s, void *ctx, each_next *each)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct device *d = &s->h.d[i];
		struct story next;

		if (d->size < w.nodes[s->h.log].size) {
			next = with_step(s, 1 + i, 0);
			hear(&next.h, i, d->size + 1u);
			each(ctx, &next);
		}
		if (d->position < s->h.count && s->h.seen[d->position] <= d->size) {
			next = with_step(s, 3 + i, 0);
			history_take(&next.h, &next.h.d[i]);
			each(ctx, &next);
		}
	}
}

static void
put(struct history *h, unsigned author, unsigned seen, unsigned parent)
{
	h->author[h->count] = (uint8_t)author;
	h->seen[h->count] = (uint8_t)seen;
	h->parent[h->count] = (uint8_t)parent;
	h->count++;
}

/* The code's answer, and the second reading's, to whether DEVICE may write at SEEN. */
static bool
may_sign(int log, unsigned device, unsigned seen)
{
	const struct org_state *o = w.nodes[log].o;
	const struct org_workspace *ws = org_state_workspace(o, &w.space);
	const struct org_device *d = org_state_device(o, &w.devices[device]);
	struct rights r = rights_at(&w.nodes[log], seen);
	bool may = org_state_device_live(d, seen) &&
		   org_state_role(ws, d->user, seen) >= ROLE_CONTRIBUTOR &&
		   !org_state_needs_rotation(ws, seen);

	assert_true(
	    may == ((device == B || (r.writes && r.live[device])) && !r.needs_rotation));
	return may;
}

static void
signing(const struct story *s, void *ctx, each_next *each)
{
	const struct device *b = &s->h.d[1];

	if (s->h.count == ROOM)
		return;
	if (may_sign(s->h.log, B, b->size)) {
		struct story next = with_step(s, 5, b->size);

		put(&next.h, B, b->size, b->position);
		each(ctx, &next);
	}
	for (unsigned d = R1; d <= R2; d++)
		for (unsigned seen = BASE; seen <= w.nodes[s->h.log].size; seen++)
			if (may_sign(s->h.log, d, seen)) {
				struct story next = with_step(s, 6 + d - R1, seen);

				put(&next.h, d, seen, s->h.count);
				each(ctx, &next);
			}
}

static void
each_act(const struct story *s, void *ctx, each_next *each)
{
	acts_of_trust(s, ctx, each);
	showing(s, ctx, each);
	signing(s, ctx, each);
}

static void
begin_story(struct story *s)
{
	memset(s, 0, sizeof *s);
	s->ways = 1;
	for (unsigned i = 0; i < 2; i++)
		s->h.d[i].size = s->h.d[i].judged = BASE;
}

/* ---- all of them ---- */

struct level { /* states after as many acts, each once */
	struct story *s;
	size_t count, cap;
	uint32_t *slots; /* index plus one; 0: free */
	size_t slot_count;
};

static uint64_t
hash_of(const struct history *h)
{
	const uint8_t *p = (const uint8_t *)h;
	uint64_t x = 14695981039346656037u;

	for (size_t i = 0; i < sizeof *h; i++)
		x = (x ^ p[i]) * 1099511628211u;
	return x ^ x >> 29;
}

static size_t
slot_for(const struct level *l, const struct history *h)
{
	size_t at = hash_of(h) & (l->slot_count - 1);

	while (l->slots[at] != 0 && memcmp(&l->s[l->slots[at] - 1].h, h, sizeof *h) != 0)
		at = (at + 1) & (l->slot_count - 1);
	return at;
}

static void
grow(struct level *l)
{
	l->slot_count = l->slot_count == 0 ? 1024 : 2 * l->slot_count;
	free(l->slots);
	l->slots = calloc(l->slot_count, sizeof *l->slots);
	assert_non_null(l->slots);
	for (size_t i = 0; i < l->count; i++)
		l->slots[slot_for(l, &l->s[i].h)] = (uint32_t)i + 1;
}

static void
into_level(void *ctx, const struct story *s)
{
	struct level *l = ctx;
	size_t at;

	if (2 * l->count >= l->slot_count)
		grow(l);
	if (l->slots[at = slot_for(l, &s->h)] != 0) {
		l->s[l->slots[at] - 1].ways += s->ways;
		return;
	}
	assert_ok(vec_room(&l->s, l->count, &l->cap, sizeof *l->s));
	l->s[l->count++] = *s;
	l->slots[at] = (uint32_t)l->count;
}

static void
end_level(struct level *l)
{
	free(l->s);
	free(l->slots);
	*l = (struct level){ .s = NULL };
}

#ifdef __SANITIZE_ADDRESS__
enum { SHORT = 6 }; /* ten times as slow */
#else
enum { SHORT = 7 };
#endif

static void
P4_P5_P6_hold_in_every_short_history(void **state)
{
	uint64_t acts = number_of("ZT_HISTORY_ACTS", SHORT), states = 0;
	struct level now_level = { .s = NULL }, next = { .s = NULL };
	struct story first;

	(void)state;
	histories = 0;
	begin_story(&first);
	into_level(&now_level, &first);
	for (uint64_t n = 0;; n++) {
		for (size_t i = 0; i < now_level.count; i++)
			promises_check(&now_level.s[i]);
		states += now_level.count;
		if (n == acts)
			break;
		for (size_t i = 0; i < now_level.count; i++)
			each_act(&now_level.s[i], &next, into_level);
		end_level(&now_level);
		now_level = next;
		next = (struct level){ .s = NULL };
	}
	end_level(&now_level);
	print_message("%llu histories of up to %llu acts in %llu states, %zu entries of trust, "
		      "%llu logs with lines hidden, %llu seen late\n",
	    (unsigned long long)histories, (unsigned long long)acts, (unsigned long long)states,
	    w.node_count, (unsigned long long)w.hidings, (unsigned long long)w.late);
}

/* ---- long ones by chance ---- */

struct choice {
	struct chance *c;
	struct story next;
	unsigned n;
};

static void
choose(void *ctx, const struct story *s)
{
	struct choice *c = ctx;

	if (chance(c->c, ++c->n) == 0)
		c->next = *s;
}

static void
P5_P6_hold_in_long_histories_by_chance(void **state)
{
	enum { LONG = 40 };
	uint64_t count = number_of("ZT_HISTORY_RANDOM", 100);
	struct chance c = { .seed = number_of("ZT_MODEL_SEED", (uint64_t)time(NULL)) | 1 };

	(void)state;
	print_message("seed %llu\n", (unsigned long long)c.seed);
	histories = 0;
	for (uint64_t i = 0; i < count; i++) {
		struct choice by = { .c = &c };
		struct story s;

		begin_story(&s);
		for (unsigned n = 0; n < LONG; n++) {
			by.n = 0;
			/* each kind of act equally often, independent of its number of acts */
			void (*const kinds[])(const struct story *, void *,
			    each_next *) = { acts_of_trust, showing, showing, signing };

			kinds[chance(&c, 4)](&s, &by, choose);
			if (by.n == 0)
				continue;
			s = by.next;
			promises_check(&s);
		}
	}
	print_message("%llu steps of %llu histories\n", (unsigned long long)histories,
	    (unsigned long long)count);
}

/* ---- frame ---- */

static int
begin(void **state)
{
	(void)state;
	log_tree_begin();
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	log_tree_end();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P4_P5_P6_hold_in_every_short_history),
		cmocka_unit_test(P5_P6_hold_in_long_histories_by_chance),
	};

	if (suite_init())
		return 1;
	return cmocka_run_group_tests(tests, begin, finish);
}
