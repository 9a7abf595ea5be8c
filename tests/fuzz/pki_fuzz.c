/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Certificates, revocation lists, an organization's settings and a newcomer's request. */
#include "fuzz.h"

#include "pki/pki_request.h"

static enum zt_err
look(void *ctx, bool is_list, struct bytes der)
{
	struct x509_text t;

	(void)ctx;
	(void)!(is_list ? x509_describe_list(der, &t) : x509_describe(der, &t));
	return ZT_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	Zt__PkiRequest m = ZT__PKI_REQUEST__INIT;
	struct pki_trust t;
	struct pki_request r;
	struct id org = { { 0 } };
	struct buf der = buf_init(4096);
	const char *message = "";

	(void)!x509_read(in, look, NULL);
	(void)!x509_ecdsa(in, &der);
	m.body.data = (uint8_t *)(uintptr_t)data;
	m.body.len = size;
	if (pki_trust_of(in, &t) == ZT_OK) {
		struct x509_claim c = { .certificate = in, .email = "a@b.example" };

		/* The input as its own anchor: nobody signs for it. */
		fuzz_demand(x509_check(&t.x509, &c, 1, &message) != ZT_OK);
		if (pki_request_read(&m, &r) == ZT_OK) {
			fuzz_demand(
			    pki_request_check(&t, &org, &r, r.m->time, &message) != ZT_OK);
			pki_request_free(&r);
		}
		pki_trust_free(&t);
	}
	buf_free(&der);
	return 0;
}
