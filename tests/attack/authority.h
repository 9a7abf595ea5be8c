/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* authority.h - a certificate authority of a test's own, its certificates and revocation lists.
 */
#ifndef ZT_TEST_AUTHORITY_H
#define ZT_TEST_AUTHORITY_H

#include <openssl/x509v3.h>

#include "base/buf.h"

enum { DAY = 24 * 3600, NOW = 1800000000 }; /* seconds: 2027 */

struct authority {
	EVP_PKEY *key;
	X509 *x;
	struct buf der;
};

struct wish { /* a certificate that should be */
	const char *name, *email, *key_usage, *extended, *basic;
	const char *constraints, *unknown; /* of names; what no program knows */
	const EVP_MD *hash;                /* NULL: SHA-256 */
	EVP_PKEY *key;
	long from, until; /* from NOW */
	long serial;
};

/* Of bob, as it should be; without a key. */
extern const struct wish good;

enum { P256 = 0, ED25519 = 1 }; /* and from there on, RSA of so many bits */

/* The caller frees it. */
EVP_PKEY *new_key(unsigned kind);
/* A certificate that BY has signed (NULL: it signs itself); the caller frees it. */
X509 *issue(const struct wish *w, const struct authority *by);
struct buf der_of(X509 *x);
/* What an authority's own certificate says. */
struct wish issuer_wish(const char *name);
/* A is W's, with a new key, under BY; NULL: it is its own root. */
void found_as(struct authority *a, struct wish w, const struct authority *by);
/* The same of NAME's, as it should be. */
void found(struct authority *a, const char *name, const struct authority *by);
void close_authority(struct authority *a);
/* A revocation list of A, of AGE seconds and good for UNTIL, with SERIAL on it unless 0. */
struct buf list_of(const struct authority *a, long age, long until, long serial);
/* The signature of STATEMENT by KEY, added to OUT. */
void sign_by(EVP_PKEY *key, struct bytes statement, struct buf *out);

#endif
