/* SPDX-License-Identifier: Apache-2.0 */
/* hash.c - large pieces are hashed by the host, whose browser has code for this processor: some
 * four times as fast as this module's. What the host cannot hash is hashed here. */
#include "crypto/bulk.h"

/* The host (hash.mjs): 0 if OUT has the hash, of 32 or 64 bytes. */
__attribute__((import_module("zt"), import_name("hash"))) int host_hash(int is_512,
    const uint8_t *prefix, size_t prefix_n, const uint8_t *in, size_t n, uint8_t *out);

/* That of libzt/crypto/bulk_sodium.c, by this name (mk/wasm.mk). */
void bulk_hash_here(enum bulk_hash which, struct bytes prefix, struct bytes in, uint8_t *out);

/* From this size on, asking costs less than it saves. */
enum { LARGE = 64 * 1024 };

void
bulk_hash(enum bulk_hash which, struct bytes prefix, struct bytes in, uint8_t *out)
{
	if (in.n < LARGE ||
	    host_hash(which == BULK_SHA512, prefix.p, prefix.n, in.p, in.n, out) != 0)
		bulk_hash_here(which, prefix, in, out);
}
