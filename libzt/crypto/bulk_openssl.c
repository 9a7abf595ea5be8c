/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>

#include "crypto/bulk.h"

enum { MAX_PART = 1 << 30 }; /* OpenSSL counts in int */

/* XChaCha20-Poly1305 is ChaCha20-Poly1305 under a key derived by HChaCha20
 * (draft-irtf-cfrg-xchacha-03, 2.3). */
bool
bulk_cipher(bool seals, const uint8_t key[AEAD_KEY_BYTES],
    const uint8_t nonce[AEAD_NONCE_BYTES], struct bytes aad, struct bytes in, uint8_t *to,
    uint8_t tag[AEAD_TAG_BYTES])
{
	uint8_t subkey[crypto_core_hchacha20_OUTPUTBYTES]; /* wiped below */
	uint8_t iv[AEAD_CHACHA_NONCE_BYTES] = { 0 };
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0, rest = 0;
	bool ok;

	(void)crypto_core_hchacha20(subkey, nonce, key, NULL);
	memcpy(iv + 4, nonce + 16, 8);
	ok =
	    c != NULL && in.n <= MAX_PART && aad.n <= MAX_PART &&
	    EVP_CipherInit_ex(c, EVP_chacha20_poly1305(), NULL, subkey, iv, seals) == 1 &&
	    (seals ||
		EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_BYTES, tag) == 1) &&
	    EVP_CipherUpdate(c, NULL, &n, aad.p, (int)aad.n) == 1 &&
	    EVP_CipherUpdate(c, to, &n, in.p, (int)in.n) == 1 && (size_t)n == in.n &&
	    EVP_CipherFinal_ex(c, to + n, &rest) == 1 && rest == 0 &&
	    (!seals || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_BYTES, tag) == 1);
	EVP_CIPHER_CTX_free(c); /* wipes its copy of the key */
	sodium_memzero(subkey, sizeof subkey);
	if (!ok && !seals)
		sodium_memzero(to, in.n); /* nothing of a forged message is left */
	return ok;
}

void
bulk_hash(enum bulk_hash which, struct bytes prefix, struct bytes in, uint8_t *out)
{
	const EVP_MD *with = which == BULK_SHA512 ? EVP_sha512() : EVP_sha256();
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	if (c == NULL || EVP_DigestInit_ex(c, with, NULL) != 1 ||
	    EVP_DigestUpdate(c, prefix.p, prefix.n) != 1 ||
	    EVP_DigestUpdate(c, in.p, in.n) != 1 || EVP_DigestFinal_ex(c, out, NULL) != 1)
		abort();
	EVP_MD_CTX_free(c);
}
