/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* due_test.c - the gateway's list of what is due: acts that set and cancel each other. */
#include "limits/due.h"
#include "test.h"

enum { MANY = 4 };

struct thing {
	struct due_list *list;
	struct thing *others;
	struct due due;
	unsigned acted;
};

static void
count(struct due *d, uint64_t now_ms)
{
	(void)now_ms;
	DUE_OF(d, struct thing, due)->acted++;
}

static void
again(struct due *d, uint64_t now_ms)
{
	count(d, now_ms);
	due_set(DUE_OF(d, struct thing, due)->list, d, 0, again);
}

static void
cancel_all(struct due *d, uint64_t now_ms)
{
	struct thing *t = DUE_OF(d, struct thing, due)->others;

	count(d, now_ms);
	for (size_t i = 0; i < MANY; i++)
		due_cancel(&t[i].due);
}

static void
set_all_again(struct due *d, uint64_t now_ms)
{
	struct thing *t = DUE_OF(d, struct thing, due)->others;

	count(d, now_ms);
	for (size_t i = 0; i < MANY; i++)
		due_set(t->list, &t[i].due, now_ms, count);
}

static void
begin(struct due_list *l, struct thing t[MANY], void (*act)(struct due *d, uint64_t now_ms))
{
	LIST_INIT(l);
	for (size_t i = 0; i < MANY; i++) {
		t[i] = (struct thing){ .list = l, .others = t };
		due_set(l, &t[i].due, 10, act);
	}
}

static unsigned
acted(const struct thing t[MANY])
{
	unsigned n = 0;

	for (size_t i = 0; i < MANY; i++)
		n += t[i].acted;
	return n;
}

static void
an_act_runs_once_and_not_before_its_time(void **state)
{
	struct thing t[MANY];
	struct due_list l;

	(void)state;
	begin(&l, t, count);
	due_set(&l, &t[0].due, 20, count); /* in place of what was set */
	due_tick(&l, 9);
	assert_int_equal(0, acted(t));
	due_tick(&l, 10);
	assert_int_equal(MANY - 1, acted(t));
	due_tick(&l, 30);
	due_tick(&l, 40);
	assert_int_equal(MANY, acted(t));
	due_cancel(&t[0].due);
	assert_true(LIST_EMPTY(&l));
}

static void
what_sets_itself_again_waits_for_the_next_tick(void **state)
{
	struct thing t[MANY];
	struct due_list l;

	(void)state;
	begin(&l, t, again);
	for (unsigned i = 1; i <= 3; i++) {
		due_tick(&l, 100);
		assert_int_equal(i * MANY, acted(t));
	}
}

static void
an_act_cancels_and_sets_others_that_are_due_as_well(void **state)
{
	struct thing t[MANY];
	struct due_list l;

	(void)state;
	begin(&l, t, cancel_all);
	due_tick(&l, 10);
	assert_int_equal(1, acted(t));
	assert_true(LIST_EMPTY(&l));
	begin(&l, t, set_all_again);
	due_tick(&l, 10);
	assert_int_equal(1, acted(t));
	due_tick(&l, 10);
	assert_int_equal(1 + MANY, acted(t));
	assert_true(LIST_EMPTY(&l));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_act_runs_once_and_not_before_its_time),
		cmocka_unit_test(what_sets_itself_again_waits_for_the_next_tick),
		cmocka_unit_test(an_act_cancels_and_sets_others_that_are_due_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
