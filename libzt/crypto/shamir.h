/* SPDX-License-Identifier: Apache-2.0 */
/* shamir.h - a secret in parts, of which any NEED bring it back and fewer say nothing about it
 * (A. Shamir, "How to Share a Secret", 1979), byte by byte over GF(256) with the polynomial of
 * AES, x^8 + x^4 + x^3 + x + 1. Without tables or branches that depend on a secret. */
#ifndef ZT_CRYPTO_SHAMIR_H
#define ZT_CRYPTO_SHAMIR_H

#include "crypto/secret.h"

#define SHAMIR_MAX 16 /* parts of one secret */

/* A part: the polynomials' values at X (1 to SHAMIR_MAX). Secret while NEED - 1 others exist:
 * the holder wipes it. */
struct shamir_part {
	uint8_t x, y[SECRET_BYTES];
};

/* COUNT parts of S, any NEED of which are enough. Errors: INVALID (2 <= NEED <= COUNT <=
 * SHAMIR_MAX). */
ZT_CHECKED enum zt_err shamir_split(
    const struct secret *s, unsigned need, unsigned count, struct shamir_part *out);
/* The secret of COUNT parts: the one that was split if they are NEED unaltered parts of it,
 * else any other value. Errors: INVALID (two of the same X, or none), MEMORY. */
ZT_CHECKED enum zt_err shamir_join(
    const struct shamir_part *parts, unsigned count, struct secret **out);

#endif
