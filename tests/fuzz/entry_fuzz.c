/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A log entry: decoded, and its leaf is over exactly what came; then the rules, on an
 * organization that one entry began. The body is signed here, so that the rules behind the
 * signature are reached. */
#include "fuzz.h"

#include "crypto/hpke.h"
#include "trust/rules.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[SIGN_SEED_BYTES] = { 1 };
	struct statement s = { .body = bytes_of(data, size) };
	struct sign_key *key = NULL;
	struct org_state *o = NULL;
	struct entry *e = NULL;
	struct id org = { { 0 } };
	const char *message;

	fuzz_start();
	if (sign_from_seed(bytes_of(seed, sizeof seed), &key) ||
	    sign_detached(key, "zt log entry 1", s.body, s.signature))
		abort();
	if (entry_decode(&s, &e) == ZT_OK) {
		fuzz_demand(bytes_equal(e->stmt.body, s.body));
		org = e->org;
		if (org_state_new(&org, &o))
			abort();
		if (rules_check(o, e, 0, &message) == ZT_OK)
			(void)!org_state_apply(o, e, 0);
		org_state_free(o);
		entry_free(e);
	}
	sign_free(key);
	return 0;
}
