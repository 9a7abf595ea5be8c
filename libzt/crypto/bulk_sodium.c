/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>

#include "crypto/bulk.h"

bool
bulk_cipher(bool seals, const uint8_t key[AEAD_KEY_BYTES],
    const uint8_t nonce[AEAD_NONCE_BYTES], struct bytes aad, struct bytes in, uint8_t *to,
    uint8_t tag[AEAD_TAG_BYTES])
{
	if (seals)
		return crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
			   to, tag, NULL, in.p, in.n, aad.p, aad.n, NULL, nonce, key) == 0;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
		to, NULL, in.p, in.n, tag, aad.p, aad.n, nonce, key) == 0)
		return true;
	sodium_memzero(to, in.n);
	return false;
}

void
bulk_hash(enum bulk_hash which, struct bytes prefix, struct bytes in, uint8_t *out)
{
	crypto_hash_sha256_state s;
	crypto_hash_sha512_state l;

	switch (which) {
	case BULK_SHA256:
		crypto_hash_sha256_init(&s);
		crypto_hash_sha256_update(&s, prefix.p, prefix.n);
		crypto_hash_sha256_update(&s, in.p, in.n);
		crypto_hash_sha256_final(&s, out);
		return;
	case BULK_SHA512:
		crypto_hash_sha512_init(&l);
		crypto_hash_sha512_update(&l, prefix.p, prefix.n);
		crypto_hash_sha512_update(&l, in.p, in.n);
		crypto_hash_sha512_final(&l, out);
		return;
	}
}
