/* SPDX-License-Identifier: Apache-2.0 */
/* password.h - a key from a password by Argon2id (RFC 9106), with a floor under its cost. */
#ifndef ZT_CRYPTO_PASSWORD_H
#define ZT_CRYPTO_PASSWORD_H

#include "base/bytes.h"
#include "crypto/secret.h"

#define PASSWORD_SALT_BYTES 16

/* The Argon2id cost of a key. password_key accepts no less than the passes and memory of
 * libsodium's MODERATE (J8). */
struct password_cost {
	uint64_t passes;
	uint64_t memory; /* bytes */
	unsigned lanes;  /* filled in parallel; 0, as in old files, means 1 */
};

/* The cost for new files: the floor, in the 4 lanes of RFC 9106 section 4. */
struct password_cost password_cost_now(void);
/* Derives *OUT from PASSWORD; UTF-8 is brought to normal form C, as keyboards encode the same
 * letters differently. Errors: WEAK (the cost is below the floor), TOO_BIG (beyond 4 GiB, 64
 * passes or 64 lanes: a hostile file must not hang us), MEMORY. */
ZT_CHECKED enum zt_err password_key(struct bytes password,
    const uint8_t salt[PASSWORD_SALT_BYTES], struct password_cost cost, struct secret **out);

#endif
