/* SPDX-License-Identifier: Apache-2.0 */
/* token.h - a PKCS#11 token (version 2.40): a certificate on it, a signature by its key.
 * Modules are found and loaded by p11-kit; URIs name the token and the certificate (RFC
 * 7512). */
#ifndef ZT_PORT_TOKEN_H
#define ZT_PORT_TOKEN_H

#include "base/buf.h"

struct token;

bool token_is_uri(const char *text);
/* Whether TEXT is a URI that names neither a module nor a PIN: so it may be stored. */
bool token_uri_is_plain(const char *text);
/* Opens the token that URI names and logs in with PIN (NULL: without). URI may name the module
 * (module-path), else all modules of p11-kit are searched. Errors: INVALID (not such a URI, or
 * it holds a PIN), NOT_FOUND, PASSWORD (a wrong PIN), LOCKED (too many wrong ones), IO (the
 * module). */
ZT_CHECKED enum zt_err token_open(const char *uri, const char *pin, struct token **out);
void token_close(struct token *t);
/* The certificate that the URI names, in DER; the first one, if it names none. Errors:
 * NOT_FOUND, TOO_BIG, IO. */
ZT_CHECKED enum zt_err token_certificate(struct token *t, struct buf *der);
/* A signature over STATEMENT by the key of that certificate (RSA PKCS #1 v1.5 or ECDSA, with
 * SHA-256), ECDSA's as r and s of equal length; *IS_ECDSA says which. Errors: NOT_FOUND, IO. */
ZT_CHECKED enum zt_err token_sign(
    struct token *t, struct bytes statement, bool *is_ecdsa, struct buf *signature);

/* Opens WRAPPED (RSA-OAEP with SHA-1, which tokens support; collisions do not matter here)
 * with the key of the certificate that token_certificate gave; appends the clear bytes.
 * Errors: NOT_FOUND, KEY (it was not wrapped to that key), IO. */
ZT_CHECKED enum zt_err token_decrypt(struct token *t, struct bytes wrapped, struct buf *clear);

#endif
