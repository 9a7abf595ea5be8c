/* SPDX-License-Identifier: Apache-2.0 */
/* hkdf.h - HKDF-SHA256 (RFC 5869) over libsodium's HMAC-SHA256. */
#ifndef ZT_CRYPTO_HKDF_H
#define ZT_CRYPTO_HKDF_H

#include "base/bytes.h"
#include "base/err.h"

#define HKDF_BYTES 32
#define HKDF_MAX (255 * HKDF_BYTES)

/* HMAC-SHA256 of the parts under KEY. */
void hkdf_hmac(
    struct bytes key, const struct bytes *parts, size_t count, uint8_t out[HKDF_BYTES]);
/* RFC 5869, 2.2. */
void hkdf_extract(
    struct bytes salt, const struct bytes *ikm, size_t count, uint8_t out[HKDF_BYTES]);
/* RFC 5869, 2.3; N at most HKDF_MAX bytes. Errors: TOO_BIG. */
ZT_CHECKED enum zt_err hkdf_expand(const uint8_t prk[HKDF_BYTES], const struct bytes *info,
    size_t count, uint8_t *out, size_t n);

#endif
