/* SPDX-License-Identifier: Apache-2.0 */
/* pki_request.h - a newcomer's request that a certificate's key has signed: the same check for
 * the auth service, which keeps requests, and for admins' devices, which accept them. */
#ifndef ZT_PKI_PKI_REQUEST_H
#define ZT_PKI_PKI_REQUEST_H

#include "base/id.h"
#include "format/limits.h"
#include "pki/x509_check.h"
#include "proto/enrol.pb-c.h"
#include "proto/trust.pb-c.h"

#define PKI_REQUEST_MS (30ull * 24 * 3600 * 1000) /* maximum age of a request when accepted */

/* The trust that an organization's settings state. */
struct pki_trust {
	Zt__Settings *m;
	struct bytes *list; /* anchors, then revocation lists; they borrow from M */
	struct x509_trust x509;
};
/* Reads the newest settings of the log; SETTINGS may be empty. The caller gives OUT to
 * pki_trust_free. Errors: CORRUPT, CRITICAL, MEMORY. */
ZT_CHECKED enum zt_err pki_trust_of(struct bytes settings, struct pki_trust *out);
void pki_trust_free(struct pki_trust *t);

/* Adds the bytes that a certificate's key signs for the request BODY to OUT. */
void pki_request_statement(struct bytes body, struct buf *out);

struct pki_request {
	Zt__PkiRequestBody *m;
	struct id id, org, user, device;
	struct buf statement;
	struct bytes chain[LIMIT_CERTIFICATES];
	struct x509_claim claim;
};
/* Reads M; OUT borrows from it, and is given to pki_request_free. Errors: CORRUPT, SUITE,
 * CRITICAL, TOO_BIG, MEMORY. */
ZT_CHECKED enum zt_err pki_request_read(const Zt__PkiRequest *m, struct pki_request *out);
void pki_request_free(struct pki_request *r);
/* Checks R for the organization ORG at the time NOW_MS. On refusal *MESSAGE is a static
 * sentence. Errors: CERTIFICATE, MEMORY. */
ZT_CHECKED enum zt_err pki_request_check(const struct pki_trust *t, const struct id *org,
    const struct pki_request *r, uint64_t now_ms, const char **message);

#endif
