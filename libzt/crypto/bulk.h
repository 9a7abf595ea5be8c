/* SPDX-License-Identifier: Apache-2.0 */
/* bulk.h - what content is sealed and hashed with: OpenSSL's code for this processor
 * (bulk_openssl.c), or libsodium's where there is no OpenSSL (bulk_sodium.c). A program links
 * one of them; the bytes are the same. */
#ifndef ZT_CRYPTO_BULK_H
#define ZT_CRYPTO_BULK_H

#include "crypto/aead.h"
#include "crypto/hash.h"

/* XChaCha20-Poly1305 of IN into TO, as long as IN. Sealing writes TAG, opening reads it. False:
 * memory, or (opening) not authentic: then TO is all zeros. */
ZT_CHECKED bool bulk_cipher(bool seals, const uint8_t key[AEAD_KEY_BYTES],
    const uint8_t nonce[AEAD_NONCE_BYTES], struct bytes aad, struct bytes in, uint8_t *to,
    uint8_t tag[AEAD_TAG_BYTES]);

enum bulk_hash { BULK_SHA256, BULK_SHA512 };
/* The hash of PREFIX || IN, 32 or 64 bytes. Ends the process when there is no memory: a wrong
 * hash must not follow from that. */
void bulk_hash(enum bulk_hash which, struct bytes prefix, struct bytes in, uint8_t *out);

#endif
