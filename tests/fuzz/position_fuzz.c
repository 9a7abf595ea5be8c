/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A signed position of a chain. */
#include "fuzz.h"

#include "files/position.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[SIGN_SEED_BYTES] = { 3 };
	static const struct id org = { { 'o' } }, workspace = { { 'w' } };
	struct statement s = { .body = bytes_of(data, size) };
	uint8_t public[SIGN_PUBLIC_BYTES];
	struct sign_key *key = NULL;
	struct position p = { .position = 77 };

	fuzz_start();
	if (sign_from_seed(bytes_of(seed, sizeof seed), &key) ||
	    sign_detached(key, "zt position 1", s.body, s.signature))
		abort();
	sign_public(key, public);
	if (position_check(public, &org, &workspace, &s, &p))
		fuzz_demand(p.position == 77); /* untouched on failure */
	else
		fuzz_demand(p.position > 0 && id_equal(&p.workspace, &workspace));
	sign_free(key);
	return 0;
}
