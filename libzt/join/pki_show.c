/* SPDX-License-Identifier: Apache-2.0 */
/* pki_show.c - joining with an X.509 certificate: whom the organization believes, by its log.
 */
#include "join/verbs.h"
#include "log/sync.h"
#include "pki/pki_request.h"
#include "session/session.h"
#include "zt/pki.h"

/* What cannot be read is left out. */
static enum zt_err
show_item(bool is_list, struct bytes der, void (*each)(void *ctx, const struct zt_pki_item *i),
    void *ctx)
{
	struct x509_text t;
	char fingerprint[2 * HASH_BYTES + 1];
	struct zt_pki_item i = { .is_list = is_list };
	enum zt_err err = is_list ? x509_describe_list(der, &t) : x509_describe(der, &t);

	if (err)
		return err == ZT_ERR_CORRUPT ? ZT_OK : err;
	hex_print(t.fingerprint.b, HASH_BYTES, fingerprint);
	i.subject = t.subject;
	i.issuer = t.issuer;
	i.fingerprint = fingerprint;
	i.from = t.from_ms;
	i.until = t.until_ms;
	each(ctx, &i);
	return ZT_OK;
}

enum zt_err
join_pki_show(struct zt *z, void (*each)(void *ctx, const struct zt_pki_item *i), void *ctx)
{
	struct pki_trust trust;
	enum zt_err err;

	z->message[0] = 0;
	if ((err = log_fetch(z)) ||
	    (err = pki_trust_of(bytes_of(z->state->settings, z->state->settings_n), &trust)))
		return err;
	for (size_t i = 0; err == ZT_OK && i < trust.x509.anchor_count; i++)
		err = show_item(false, trust.x509.anchors[i], each, ctx);
	for (size_t i = 0; err == ZT_OK && i < trust.x509.list_count; i++)
		err = show_item(true, trust.x509.lists[i], each, ctx);
	pki_trust_free(&trust);
	return err;
}
