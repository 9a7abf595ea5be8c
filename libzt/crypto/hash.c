/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hash.h"

#include <sodium.h>

#include "crypto/bulk.h"
#include "crypto/labels.h"

bool
hash_equal(const struct hash *a, const struct hash *b)
{
	return sodium_memcmp(a->b, b->b, HASH_BYTES) == 0;
}

void
hash_blake2b_parts(
    const char *purpose, const struct bytes *parts, size_t count, struct hash *out)
{
	crypto_generichash_state s;

	crypto_generichash_init(&s, NULL, 0, HASH_BYTES);
	crypto_generichash_update(&s, (const uint8_t *)purpose, strlen(purpose) + 1);
	for (size_t i = 0; i < count; i++)
		crypto_generichash_update(&s, parts[i].p, parts[i].n);
	crypto_generichash_final(&s, out->b, HASH_BYTES);
}

void
hash_blake2b(const char *purpose, struct bytes part, struct hash *out)
{
	hash_blake2b_parts(purpose, &part, 1, out);
}

void
hash_sha256(uint8_t prefix, struct bytes a, struct bytes b, struct hash *out)
{
	crypto_hash_sha256_state s;

	crypto_hash_sha256_init(&s);
	crypto_hash_sha256_update(&s, &prefix, 1);
	crypto_hash_sha256_update(&s, a.p, a.n);
	crypto_hash_sha256_update(&s, b.p, b.n);
	crypto_hash_sha256_final(&s, out->b);
}

/* From this size on OpenSSL's code for this processor is worth the set up. */
enum { BULK = 4096 };

void
hash_block(struct bytes in, struct hash *out)
{
	static const char purpose[] = LABEL_BLOCK;

	bulk_hash(BULK_SHA256, bytes_of(purpose, sizeof purpose), in, out->b);
}

void
hash_file(struct bytes in, struct hash *out)
{
	bulk_hash(BULK_SHA256, bytes_of(NULL, 0), in, out->b);
}

void
hash_content(struct bytes in, struct hash *out)
{
	static const char purpose[] = LABEL_CONTENT;

	bulk_hash(BULK_SHA256, bytes_of(purpose, sizeof purpose), in, out->b);
}

void
hash_sha512(struct bytes in, uint8_t out[HASH_SHA512_BYTES])
{
	if (in.n < BULK)
		(void)crypto_hash_sha512(out, in.p, in.n);
	else
		bulk_hash(BULK_SHA512, bytes_of(NULL, 0), in, out);
}

void
hash_key_make(struct hash_key *out)
{
	_Static_assert(sizeof out->b == crypto_shorthash_KEYBYTES, "SipHash's key");
	randombytes_buf(out->b, sizeof out->b);
}

uint64_t
hash_short(const struct hash_key *key, struct bytes in)
{
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t v;

	(void)crypto_shorthash(out, in.p, in.n, key->b);
	memcpy(&v, out, sizeof v);
	return v;
}
