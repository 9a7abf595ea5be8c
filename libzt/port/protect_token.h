/* SPDX-License-Identifier: Apache-2.0 */
/* protect_token.h - a device's key under a PKCS#11 token: wrapped to the RSA key of a
 * certificate on it (RSA-OAEP, RFC 8017 7.1), opened only by the token, with its PIN. */
#ifndef ZT_PORT_PROTECT_TOKEN_H
#define ZT_PORT_PROTECT_TOKEN_H

#include "base/buf.h"
#include "crypto/secret.h"

/* Makes a key and appends it to WRAPPED, encrypted to the certificate that URI names; the
 * token has decrypted it once as a test. The module must be configured in p11-kit: otherwise a
 * device file could load any library. Errors: INVALID (the URI, or it names a module), those
 * of token_open and token_decrypt, KEY (no RSA certificate). */
ZT_CHECKED enum zt_err protect_token_new(
    const char *uri, const char *pin, struct buf *wrapped, struct secret **out);
/* Errors: the same. */
ZT_CHECKED enum zt_err protect_token_open(
    const char *uri, const char *pin, struct bytes wrapped, struct secret **out);

#endif
