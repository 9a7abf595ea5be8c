/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* certificate_cases.h - the table of certificates that may let somebody in, and of those that
 * may not: asked of the check as native programs have it (certificate_test.c), and as a browser
 * has it (tests/wasm/certificates_check.mjs). */
#ifndef ZT_TEST_CERTIFICATE_CASES_H
#define ZT_TEST_CERTIFICATE_CASES_H

#include "pki/x509_check.h"

struct certificate_case {
	const char *name;
	const char *words; /* a part of the reason for which it is refused; NULL: it is good */
	struct x509_trust trust;
	struct x509_claim claim;
	uint64_t now_ms;
};

/* Makes each case of the table, shows it to ONE, and frees it. */
void certificate_cases(void (*one)(void *ctx, const struct certificate_case *c), void *ctx);

#endif
