/* SPDX-License-Identifier: Apache-2.0 */
/* hpke.h - RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305.
 *
 * One implementation for sealed keys and, later, MLS. INFO names the purpose. */
#ifndef ZT_CRYPTO_HPKE_H
#define ZT_CRYPTO_HPKE_H

#include "base/buf.h"
#include "crypto/secret.h"

#define HPKE_PUBLIC_BYTES 32
#define HPKE_TAG_BYTES 16
#define HPKE_OVERHEAD (HPKE_PUBLIC_BYTES + HPKE_TAG_BYTES)

struct hpke; /* one direction's context, in guarded memory */

/* The public half of private key SK (X25519). */
void hpke_public(const struct secret *sk, uint8_t out[HPKE_PUBLIC_BYTES]);
/* X25519 itself. Errors: INVALID when the result is all zero (a low-order point). */
ZT_CHECKED enum zt_err hpke_x25519(const struct secret *sk, const uint8_t pk[HPKE_PUBLIC_BYTES],
    uint8_t out[HPKE_PUBLIC_BYTES]);
/* Whether PK can be sealed to: false for a point of low order (RFC 9180, 7.1.4). */
bool hpke_is_public(const uint8_t pk[HPKE_PUBLIC_BYTES]);
/* RFC 9180, 7.1.3: the private key of IKM. Errors: MEMORY. */
ZT_CHECKED enum zt_err hpke_derive_key_pair(struct bytes ikm, struct secret **out);

/* RFC 9180, 5.1.1, with a given ephemeral key (hpke_sender_with is for test vectors and MLS).
 * Errors: INVALID (bad public key), MEMORY. The caller frees *OUT. */
ZT_CHECKED enum zt_err hpke_sender(const uint8_t pk[HPKE_PUBLIC_BYTES], struct bytes info,
    uint8_t enc[HPKE_PUBLIC_BYTES], struct hpke **out);
ZT_CHECKED enum zt_err hpke_sender_with(const struct secret *ephemeral,
    const uint8_t pk[HPKE_PUBLIC_BYTES], struct bytes info, uint8_t enc[HPKE_PUBLIC_BYTES],
    struct hpke **out);
ZT_CHECKED enum zt_err hpke_receiver(const uint8_t enc[HPKE_PUBLIC_BYTES],
    const struct secret *sk, struct bytes info, struct hpke **out);
void hpke_free(struct hpke *h);
/* Seals or opens the next message in order. Errors: MEMORY, CORRUPT (open). */
ZT_CHECKED enum zt_err hpke_next_seal(
    struct hpke *h, struct bytes aad, struct bytes clear, struct buf *out);
ZT_CHECKED enum zt_err hpke_next_open(
    struct hpke *h, struct bytes aad, struct bytes sealed, struct buf *out);
/* RFC 9180, 5.3. Errors: TOO_BIG. */
ZT_CHECKED enum zt_err hpke_export(
    const struct hpke *h, struct bytes context, uint8_t *out, size_t n);

/* One message: appends enc || ciphertext. */
ZT_CHECKED enum zt_err hpke_seal(const uint8_t pk[HPKE_PUBLIC_BYTES], struct bytes info,
    struct bytes aad, struct bytes clear, struct buf *out);
/* Opens what hpke_seal made; the caller's OUT is wiped by buf_free. Errors: CORRUPT, MEMORY. */
ZT_CHECKED enum zt_err hpke_open(const struct secret *sk, struct bytes info, struct bytes aad,
    struct bytes sealed, struct buf *out);

#endif
