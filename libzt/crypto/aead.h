/* SPDX-License-Identifier: Apache-2.0 */
/* aead.h - XChaCha20-Poly1305-IETF with the whole clear header as associated data, and the
 * ChaCha20-Poly1305 of RFC 8439 that HPKE is made of. */
#ifndef ZT_CRYPTO_AEAD_H
#define ZT_CRYPTO_AEAD_H

#include "base/buf.h"
#include "crypto/secret.h"

#define AEAD_KEY_BYTES 32
#define AEAD_NONCE_BYTES 24
#define AEAD_CHACHA_NONCE_BYTES 12
#define AEAD_TAG_BYTES 16
#define AEAD_OVERHEAD (AEAD_NONCE_BYTES + AEAD_TAG_BYTES)

/* Appends nonce || ciphertext || tag under a fresh random nonce. Errors: MEMORY, TOO_BIG. */
ZT_CHECKED enum zt_err aead_seal(
    const struct secret *key, struct bytes header, struct bytes clear, struct buf *out);
/* Opens what aead_seal made. Errors: CORRUPT, MEMORY, TOO_BIG. */
ZT_CHECKED enum zt_err aead_open(
    const struct secret *key, struct bytes header, struct bytes sealed, struct buf *out);

/* The bare constructions, with key and nonce given. They append ciphertext || tag, or the clear
 * bytes. Errors: CORRUPT (open), MEMORY, TOO_BIG. */
ZT_CHECKED enum zt_err aead_x_seal(const uint8_t key[AEAD_KEY_BYTES],
    const uint8_t nonce[AEAD_NONCE_BYTES], struct bytes aad, struct bytes clear,
    struct buf *out);
ZT_CHECKED enum zt_err aead_x_open(const uint8_t key[AEAD_KEY_BYTES],
    const uint8_t nonce[AEAD_NONCE_BYTES], struct bytes aad, struct bytes sealed,
    struct buf *out);
ZT_CHECKED enum zt_err aead_chacha_seal(const uint8_t key[AEAD_KEY_BYTES],
    const uint8_t nonce[AEAD_CHACHA_NONCE_BYTES], struct bytes aad, struct bytes clear,
    struct buf *out);
ZT_CHECKED enum zt_err aead_chacha_open(const uint8_t key[AEAD_KEY_BYTES],
    const uint8_t nonce[AEAD_CHACHA_NONCE_BYTES], struct bytes aad, struct bytes sealed,
    struct buf *out);

#endif
