/* SPDX-License-Identifier: Apache-2.0 */
/* httpsig.h - RFC 9421 HTTP Message Signatures with ed25519, and RFC 9530 Content-Digest.
 *
 * A request of zt covers "@method" "@path" "@query" and, when it has a body that the path does
 * not name by its hash, "content-digest". Bytes in, decisions out. */
#ifndef ZT_FORMAT_HTTPSIG_H
#define ZT_FORMAT_HTTPSIG_H

#include "base/buf.h"
#include "base/id.h"
#include "crypto/sign.h"

#define HTTPSIG_NONCE 32 /* hexadecimal digits */

/* The parts of a request that can be signed. FIELD finds a header's value by its lower-case
 * name, or returns NULL. Everything is borrowed. */
struct httpsig_message {
	const char *method, *target, *authority;
	const char *(*field)(const void *ctx, const char *name);
	const void *ctx;
};

struct httpsig_params {
	struct id org, device;
	uint64_t created_s, expires_s;
	char nonce[HTTPSIG_NONCE + 1];
	bool covers_digest;
};

/* RFC 9421, 2.5: the signature base of M for SIGNATURE_INPUT, appended to OUT; LABEL is set to
 * the signature's label within it. Errors: INVALID (malformed, an unknown derived component, a
 * field that is not there, one named twice). */
ZT_CHECKED enum zt_err httpsig_base(const struct httpsig_message *m,
    const char *signature_input, struct bytes *label, struct buf *out);
/* The 64 signature bytes under LABEL in the Signature field. Errors: INVALID. */
ZT_CHECKED enum zt_err httpsig_signature(
    const char *field, struct bytes label, uint8_t out[SIGN_BYTES]);
/* The parameters of a zt request: all present, the whole target covered. Errors: INVALID. */
ZT_CHECKED enum zt_err httpsig_params(const char *signature_input, struct httpsig_params *out);
/* Signs M as device P with KEY: appends the values of Signature-Input and Signature. */
ZT_CHECKED enum zt_err httpsig_sign(const struct httpsig_message *m,
    const struct httpsig_params *p, const struct sign_key *key, struct buf *input,
    struct buf *signature);
/* Verifies M with KEY: base, then signature. Errors: INVALID, SIGNATURE. */
ZT_CHECKED enum zt_err httpsig_verify(const struct httpsig_message *m,
    const char *signature_input, const char *signature, const uint8_t key[SIGN_PUBLIC_BYTES]);
/* RFC 9530: the value of Content-Digest over BODY with sha-512. */
void httpsig_digest(struct bytes body, struct buf *out);
/* Whether VALUE is the digest of BODY. Errors: DIGEST. */
ZT_CHECKED enum zt_err httpsig_digest_check(const char *value, struct bytes body);

#endif
