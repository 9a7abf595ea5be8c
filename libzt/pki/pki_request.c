/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/pki_request.h"

#include <stdlib.h>

#include "crypto/labels.h"
#include "crypto/suite.h"
#include "format/pb.h"

enum { BODY_MAX = 256 * 1024 };

enum zt_err
pki_trust_of(struct bytes settings, struct pki_trust *out)
{
	struct pki_trust t = { .m = NULL };
	size_t n;
	enum zt_err err = pb_decode(&zt__settings__descriptor, settings, LIMIT_SETTINGS, &t.m);

	if (err)
		return err;
	n = t.m->n_anchors + t.m->n_revocation_lists;
	if ((t.list = calloc(n + 1, sizeof *t.list)) == NULL) {
		pb_free(t.m);
		return ZT_ERR_MEMORY;
	}
	for (size_t i = 0; i < n; i++)
		t.list[i] =
		    pb_bytes(i < t.m->n_anchors ? t.m->anchors[i]
						: t.m->revocation_lists[i - t.m->n_anchors]);
	t.x509.anchors = t.list;
	t.x509.anchor_count = t.m->n_anchors;
	t.x509.lists = t.list + t.m->n_anchors;
	t.x509.list_count = t.m->n_revocation_lists;
	*out = t;
	return ZT_OK;
}

void
pki_trust_free(struct pki_trust *t)
{
	pb_free(t->m);
	free(t->list);
	*t = (struct pki_trust){ .m = NULL };
}

void
pki_request_statement(struct bytes body, struct buf *out)
{
	static const char context[] = LABEL_PKI_REQUEST; /* with its zero */

	buf_add(out, bytes_of(context, sizeof context));
	buf_add(out, body);
}

static bool
is_well_formed(const Zt__PkiRequestBody *m, struct pki_request *r)
{
	uint8_t key[32];

	return !pb_id(m->request, &r->id) && !pb_id(m->org, &r->org) &&
	       !pb_id(m->user, &r->user) && !pb_id(m->device, &r->device) &&
	       !pb_exact(m->user_key, key, 32) && !pb_exact(m->sign_key, key, 32) &&
	       !pb_exact(m->seal_key, key, 32) && strlen(m->email) <= LIMIT_TEXT &&
	       strlen(m->name) <= LIMIT_TEXT && m->sealed_label.len <= 1024 &&
	       m->n_chain <= LIMIT_CERTIFICATES && m->certificate.len > 0;
}

enum zt_err
pki_request_read(const Zt__PkiRequest *m, struct pki_request *out)
{
	struct pki_request r = { .statement = buf_init(BODY_MAX + 64) };
	enum zt_err err =
	    pb_decode(&zt__pki_request_body__descriptor, pb_bytes(m->body), BODY_MAX, &r.m);

	if (err)
		return err;
	if (suite_check(r.m->suite))
		err = ZT_ERR_SUITE;
	else if (!is_well_formed(r.m, &r))
		err = ZT_ERR_CORRUPT;
	pki_request_statement(pb_bytes(m->body), &r.statement);
	if (err || (err = buf_err(&r.statement))) {
		pki_request_free(&r);
		return err;
	}
	for (size_t i = 0; i < r.m->n_chain; i++)
		r.chain[i] = pb_bytes(r.m->chain[i]);
	*out = r;
	out->claim = (struct x509_claim){ .certificate = pb_bytes(r.m->certificate),
		.chain = out->chain,
		.chain_count = r.m->n_chain,
		.email = r.m->email,
		.statement = buf_bytes(&out->statement),
		.signature = pb_bytes(m->signature) };
	return ZT_OK;
}

void
pki_request_free(struct pki_request *r)
{
	pb_free(r->m);
	buf_free(&r->statement);
	r->m = NULL;
}

enum zt_err
pki_request_check(const struct pki_trust *t, const struct id *org, const struct pki_request *r,
    uint64_t now_ms, const char **message)
{
	*message = N_("the request is for another organization");
	if (!id_equal(&r->org, org))
		return ZT_ERR_CERTIFICATE;
	*message = N_("the request is too old, or of the future: ask again");
	if (r->m->time > now_ms + LIMIT_CLOCK_MS || now_ms > r->m->time + PKI_REQUEST_MS)
		return ZT_ERR_CERTIFICATE;
	return x509_check(&t->x509, &r->claim, now_ms, message);
}
