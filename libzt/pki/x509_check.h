/* x509_check.h - X.509 certificates (RFC 5280): what they say, and whether one of them may
 * vouch for a newcomer. Everything is given, the time too; OpenSSL parses and validates paths.
 */
#ifndef ZT_PKI_X509_CHECK_H
#define ZT_PKI_X509_CHECK_H

#include "base/buf.h"
#include "crypto/hash.h"

/* Whom an organization believes; DER. */
struct x509_trust {
	const struct bytes *anchors, *lists; /* certificates, revocation lists */
	size_t anchor_count, list_count;
};

/* What a newcomer shows: a certificate, what leads to an anchor, and what its key signed. */
struct x509_claim {
	struct bytes certificate;
	const struct bytes *chain;
	size_t chain_count;
	const char *email;
	struct bytes statement, signature;
};

/* Whether C holds at NOW_MS: the path leads to an anchor, nothing in it is out of date or
 * revoked (a list of each issuer must be there, and not out of date), it is meant for people
 * who sign in (RFC 5280, 4.2.1.3 digitalSignature and 4.2.1.12 clientAuth, where they are
 * restricted), names the e-mail, its key is strong enough (112 bits), and has made the
 * signature. On refusal *WHY is a static sentence. Errors: CERTIFICATE, MEMORY. */
ZT_CHECKED enum zt_err x509_check(
    const struct x509_trust *t, const struct x509_claim *c, uint64_t now_ms, const char **why);

/* For people; what does not fit is cut. */
struct x509_text {
	char subject[256], issuer[256];
	uint64_t from_ms, until_ms;
	struct hash fingerprint; /* SHA-256 of the DER */
};
/* Errors: CORRUPT. */
ZT_CHECKED enum zt_err x509_describe(struct bytes certificate, struct x509_text *out);
ZT_CHECKED enum zt_err x509_describe_list(struct bytes list, struct x509_text *out);

/* Shows each certificate and each revocation list of FILE (PEM, or one of them in DER), in DER;
 * stops at the first error of EACH and returns it. Errors: CORRUPT (none is in it). */
typedef enum zt_err x509_each(void *ctx, bool is_list, struct bytes der);
ZT_CHECKED enum zt_err x509_read(struct bytes file, x509_each *each, void *ctx);

/* What a certificate's key signs of BODY. */
void x509_statement(struct bytes body, struct buf *out);
/* Signs STATEMENT with the private key in PEM, under PASSWORD or NULL. Errors: PASSWORD,
 * CORRUPT (no key is in it), MEMORY. */
ZT_CHECKED enum zt_err x509_sign(
    struct bytes pem, const char *password, struct bytes statement, struct buf *signature);
/* A bare ECDSA signature, r and s of equal length, as X.509 wants it (RFC 3279, 2.2.3). Errors:
 * CORRUPT, MEMORY. */
ZT_CHECKED enum zt_err x509_ecdsa(struct bytes bare, struct buf *out);

/* CLEAR as only the key of an RSA certificate opens it: RSA-OAEP with SHA-1 (RFC 8017, 7.1).
 * Errors: KEY (it is no RSA certificate, or too weak), MEMORY. */
ZT_CHECKED enum zt_err x509_wrap(struct bytes certificate, struct bytes clear, struct buf *out);

#endif
