/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* test.h - cmocka in the one order that compiles, and the two assertions of this house. */
#ifndef ZT_TEST_H
#define ZT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* clang-format off: cmocka comes last */
#include <cmocka.h>
/* clang-format on */

#include "base/err.h"

#define assert_ok(call) assert_string_equal("OK", err_name(call))
#define assert_err(wanted, call) assert_string_equal(err_name(wanted), err_name(call))

/* What the environment says under NAME, or FALLBACK. */
static inline uint64_t
number_of(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);

	return text != NULL ? strtoull(text, NULL, 10) : fallback;
}

/* A heap copy of exactly N bytes, so that a sanitizer sees one byte too far. */
static inline uint8_t *
exact_copy(const void *p, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);

	assert_non_null(copy);
	if (n > 0)
		memcpy(copy, p, n);
	return copy;
}

#endif
