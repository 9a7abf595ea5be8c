/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A signed tree head. */
#include "fuzz.h"

#include "trust/head.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[SIGN_SEED_BYTES] = { 2 };
	static const struct id org = { { 'o' } };
	struct statement s = { .body = bytes_of(data, size) };
	uint8_t public[SIGN_PUBLIC_BYTES];
	struct sign_key *key = NULL;
	struct head h = { .size = 77 };

	fuzz_start();
	if (sign_from_seed(bytes_of(seed, sizeof seed), &key) ||
	    sign_detached(key, "zt tree head 1", s.body, s.signature))
		abort();
	sign_public(key, public);
	if (head_check(public, &org, &s, &h))
		fuzz_demand(h.size == 77); /* untouched on failure */
	sign_free(key);
	return 0;
}
