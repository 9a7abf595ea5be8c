/* SPDX-License-Identifier: Apache-2.0 */
/* x509_check.h - X.509 certificates (RFC 5280): their contents, and whether one may vouch for
 * a newcomer. All inputs are arguments, the time too; OpenSSL parses and validates paths. */
#ifndef ZT_PKI_X509_CHECK_H
#define ZT_PKI_X509_CHECK_H

#include "base/buf.h"
#include "crypto/hash.h"

/* An organization's trust anchors and revocation lists, in DER. */
struct x509_trust {
	const struct bytes *anchors, *lists; /* certificates, revocation lists */
	size_t anchor_count, list_count;
};

/* A newcomer's evidence: a certificate, its chain to an anchor, and a statement signed by its
 * key. */
struct x509_claim {
	struct bytes certificate;
	const struct bytes *chain;
	size_t chain_count;
	const char *email;
	struct bytes statement, signature;
};

/* Checks C at NOW_MS: the path leads to an anchor; nothing in it is expired or revoked (each
 * issuer needs a revocation list that is not expired); the certificate is for people who sign
 * in (RFC 5280, 4.2.1.3 digitalSignature and 4.2.1.12 clientAuth, where restricted), names the
 * e-mail, has a strong key (112 bits), and its key made the signature. On refusal *MESSAGE is a
 * static sentence. Errors: CERTIFICATE, MEMORY. */
ZT_CHECKED enum zt_err x509_check(const struct x509_trust *t, const struct x509_claim *c,
    uint64_t now_ms, const char **message);

/* A description for people; long texts are cut. */
struct x509_text {
	char subject[256], issuer[256];
	uint64_t from_ms, until_ms;
	struct hash fingerprint; /* SHA-256 of the DER */
};
/* SHA-256 of what the issuer signed: the same however the certificate is encoded around it,
 * which anybody may vary. Errors: CORRUPT, MEMORY. */
ZT_CHECKED enum zt_err x509_signed_hash(struct bytes certificate, struct hash *out);
/* Errors: CORRUPT. */
ZT_CHECKED enum zt_err x509_describe(struct bytes certificate, struct x509_text *out);
ZT_CHECKED enum zt_err x509_describe_list(struct bytes list, struct x509_text *out);

/* Shows each certificate and each revocation list of FILE (PEM, or one of them in DER), in
 * DER; stops at the first error of EACH and returns it. Errors: CORRUPT (it has none). */
typedef enum zt_err x509_each(void *ctx, bool is_list, struct bytes der);
ZT_CHECKED enum zt_err x509_read(struct bytes file, x509_each *each, void *ctx);

/* Signs STATEMENT with the private key in PEM, under PASSWORD or NULL. Errors: PASSWORD,
 * CORRUPT (it has no key), MEMORY. */
ZT_CHECKED enum zt_err x509_sign(
    struct bytes pem, const char *password, struct bytes statement, struct buf *signature);
/* A bare ECDSA signature, r and s of equal length, as X.509 wants it (RFC 3279, 2.2.3). Errors:
 * CORRUPT, MEMORY. */
ZT_CHECKED enum zt_err x509_ecdsa(struct bytes bare, struct buf *out);

/* Encrypts CLEAR to an RSA certificate: RSA-OAEP with SHA-1 (RFC 8017, 7.1). Errors: KEY (no
 * RSA certificate, or too weak), MEMORY. */
ZT_CHECKED enum zt_err x509_wrap(struct bytes certificate, struct bytes clear, struct buf *out);

#endif
