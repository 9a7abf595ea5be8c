/* SPDX-License-Identifier: Apache-2.0 */
/* sign.h - Ed25519 over context || 0x00 || bytes (protocol.md 2; RFC 8032). */
#ifndef ZT_CRYPTO_SIGN_H
#define ZT_CRYPTO_SIGN_H

#include "base/bytes.h"
#include "base/err.h"

#define SIGN_PUBLIC_BYTES 32
#define SIGN_SEED_BYTES 32
#define SIGN_BYTES 64

struct sign_key; /* the private half, in guarded memory */

/* A new key pair; the caller frees. Errors: MEMORY. */
ZT_CHECKED enum zt_err sign_generate(struct sign_key **out);
/* The pair of a 32-byte seed. Errors: MEMORY, CORRUPT (size). */
ZT_CHECKED enum zt_err sign_from_seed(struct bytes seed, struct sign_key **out);
/* Wipes and releases. NULL is nothing. */
void sign_free(struct sign_key *k);
/* The seed, borrowed, for sealing it to disk. */
struct bytes sign_seed(const struct sign_key *k);
void sign_public(const struct sign_key *k, uint8_t out[SIGN_PUBLIC_BYTES]);
/* Signs BYTES under CONTEXT. CONTEXT "" signs the bare bytes, as RFC 9421 asks. Errors: MEMORY.
 */
ZT_CHECKED enum zt_err sign_detached(
    const struct sign_key *k, const char *context, struct bytes bytes, uint8_t out[SIGN_BYTES]);
/* ZT_OK, SIGNATURE, or MEMORY. */
ZT_CHECKED enum zt_err sign_verify(const uint8_t key[SIGN_PUBLIC_BYTES], const char *context,
    struct bytes bytes, struct bytes signature);

#endif
