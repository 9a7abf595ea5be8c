/* protect_token.h - a device's key under a PKCS#11 token: wrapped to the RSA key of a
 * certificate on it (RSA-OAEP, RFC 8017 7.1), opened only by the token, with its PIN. */
#ifndef ZT_STORE_PROTECT_TOKEN_H
#define ZT_STORE_PROTECT_TOKEN_H

#include "base/buf.h"
#include "crypto/secret.h"

/* A new key, appended to WRAPPED as only the certificate that URI names opens it; the token has
 * opened it once, so that it will again. The module must be one that p11-kit knows: a device
 * file that names a library of its own could bring any code. Errors: INVALID (the URI, or it
 * names a module), those of token_open and token_decrypt, KEY (no RSA certificate). */
ZT_CHECKED enum zt_err protect_token_new(
    const char *uri, const char *pin, struct buf *wrapped, struct secret **out);
/* Errors: the same. */
ZT_CHECKED enum zt_err protect_token_open(
    const char *uri, const char *pin, struct bytes wrapped, struct secret **out);

#endif
