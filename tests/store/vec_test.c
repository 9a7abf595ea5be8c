/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* vec_test.c - arrays that grow: what they hold stays, and keys stay in one place alone. */
#include "test.h"

#include <malloc.h>
#include <stdlib.h>

#include "base/vec.h"

void __real_free(void *p);
void __wrap_free(void *p);

static const char secret[] = "the key of a block";
static volatile bool looks, found; /* compilers know that free changes nothing else */
static volatile size_t freed;      /* pieces that could hold it */

void
__wrap_free(void *p)
{
	size_t n = p != NULL && looks ? malloc_usable_size(p) : 0;

	if (n >= sizeof secret) {
		freed++;
		if (memmem(p, n, secret, sizeof secret) != NULL)
			found = true;
	}
	__real_free(p);
}

struct one {
	size_t n;
	char key[sizeof secret];
};

static void
what_an_array_of_keys_leaves_behind_is_wiped(void **state)
{
	enum { MANY = 1000 };
	struct one *list = NULL;
	size_t count = 0, cap = 0;

	(void)state;
	looks = true;
	for (size_t i = 0; i < MANY; i++) {
		assert_ok(vec_room_secret(&list, count, &cap, sizeof *list));
		list[count].n = i;
		memcpy(list[count++].key, secret, sizeof secret);
	}
	looks = false;
	assert_true(freed > 4);
	assert_false(found);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(i, list[i].n);
		assert_memory_equal(secret, list[i].key, sizeof secret);
	}
	looks = true; /* the test sees what is not wiped */
	free(list);
	looks = false;
	assert_true(found);
}

static void
what_does_not_fit_in_memory_leaves_the_array_as_it_was(void **state)
{
	struct one *list = NULL, *was;
	size_t count = 0, cap = 0;

	(void)state;
	assert_ok(vec_room_secret(&list, count, &cap, sizeof *list));
	was = list;
	cap = SIZE_MAX / 4; /* of so many there is no double */
	assert_err(ZT_ERR_MEMORY, vec_room_secret(&list, cap, &cap, sizeof *list));
	assert_err(ZT_ERR_MEMORY, vec_room(&list, cap, &cap, sizeof *list));
	assert_ptr_equal(was, list);
	assert_int_equal(SIZE_MAX / 4, cap);
	free(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_an_array_of_keys_leaves_behind_is_wiped),
		cmocka_unit_test(what_does_not_fit_in_memory_leaves_the_array_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
