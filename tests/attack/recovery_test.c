/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* recovery_test.c - a secret in parts: any NEED of them bring it back, fewer say nothing, and
 * an altered one brings back something else. */
#include "test.h"

#include "crypto/shamir.h"
#include "crypto/suite.h"

static struct secret *
secret_of(uint8_t byte)
{
	uint8_t b[SECRET_BYTES];
	struct secret *s = NULL;

	memset(b, byte, sizeof b);
	assert_ok(secret_from(bytes_of(b, sizeof b), &s));
	return s;
}

static unsigned
bits(unsigned n)
{
	unsigned count = 0;

	for (; n != 0; n &= n - 1)
		count++;
	return count;
}

/* Every choice of parts, for every N up to 6 and each NEED. */
static void
P9_any_of_the_needed_number_bring_it_back(void **state)
{
	(void)state;
	for (unsigned n = 2; n <= 6; n++)
		for (unsigned need = 2; need <= n; need++) {
			struct shamir_part parts[6];
			struct secret *s = NULL;

			assert_ok(secret_generate(&s));
			assert_ok(shamir_split(s, need, n, parts));
			for (unsigned which = 1; which < 1U << n; which++) {
				struct shamir_part some[6];
				struct secret *back = NULL;
				unsigned count = 0;

				for (unsigned i = 0; i < n; i++)
					if ((which >> i & 1) != 0)
						some[count++] = parts[i];
				assert_ok(shamir_join(some, count, &back));
				assert_int_equal(bits(which) >= need, secret_equal(s, back));
				secret_free(back);
			}
			secret_free(s);
		}
}

/* One part of 2 of 3, with any value, fits every secret, and each by exactly one other part:
 * its holder knows as much as before. */
static void
P9_one_of_three_learns_nothing(void **state)
{
	(void)state;
	for (unsigned mine = 0; mine < 256; mine += 5) {
		bool seen[256] = { false };

		for (unsigned other = 0; other < 256; other++) {
			struct shamir_part parts[2] = { { .x = 1 }, { .x = 3 } };
			struct secret *s = NULL;

			memset(parts[0].y, (int)mine, SECRET_BYTES);
			memset(parts[1].y, (int)other, SECRET_BYTES);
			assert_ok(shamir_join(parts, 2, &s));
			assert_false(seen[secret_bytes(s).p[0]]);
			seen[secret_bytes(s).p[0]] = true;
			secret_free(s);
		}
	}
}

/* And what shamir_split makes is spread evenly, for very different secrets alike: chi-square
 * over 255 degrees of freedom stays below 400 but once in a hundred million runs. */
static void
P9_parts_are_spread_evenly(void **state)
{
	static const uint8_t secrets[] = { 0x00, 0xff, 0x5a };
	enum { RUNS = 8192 };

	(void)state;
	for (size_t k = 0; k < sizeof secrets; k++)
		for (unsigned part = 0; part < 3; part++) {
			double expected = (double)RUNS * SECRET_BYTES / 256, chi = 0;
			unsigned count[256] = { 0 };
			struct secret *s = secret_of(secrets[k]);

			for (unsigned i = 0; i < RUNS; i++) {
				struct shamir_part parts[3];

				assert_ok(shamir_split(s, 2, 3, parts));
				for (unsigned b = 0; b < SECRET_BYTES; b++)
					count[parts[part].y[b]]++;
			}
			for (unsigned v = 0; v < 256; v++)
				chi += ((double)count[v] - expected) *
				       ((double)count[v] - expected) / expected;
			assert_true(chi < 400);
			secret_free(s);
		}
}

static void
P9_impossible_parts_are_refused(void **state)
{
	struct shamir_part parts[SHAMIR_MAX + 1];
	struct secret *s = secret_of(1), *back = NULL;

	(void)state;
	assert_err(ZT_ERR_INVALID, shamir_split(s, 1, 3, parts));
	assert_err(ZT_ERR_INVALID, shamir_split(s, 4, 3, parts));
	assert_err(ZT_ERR_INVALID, shamir_split(s, 2, SHAMIR_MAX + 1, parts));
	assert_ok(shamir_split(s, 2, 2, parts));
	parts[1].x = parts[0].x;
	assert_err(ZT_ERR_INVALID, shamir_join(parts, 2, &back));
	parts[1].x = 0;
	assert_err(ZT_ERR_INVALID, shamir_join(parts, 2, &back));
	assert_err(ZT_ERR_INVALID, shamir_join(parts, 0, &back));
	secret_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P9_any_of_the_needed_number_bring_it_back),
		cmocka_unit_test(P9_one_of_three_learns_nothing),
		cmocka_unit_test(P9_parts_are_spread_evenly),
		cmocka_unit_test(P9_impossible_parts_are_refused),
	};

	if (suite_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
