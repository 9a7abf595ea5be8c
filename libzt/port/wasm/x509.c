/* SPDX-License-Identifier: Apache-2.0 */
/* x509.c - pki/x509_check.h in a browser: a second module, which the host fetches when it is
 * first asked, has OpenSSL and the check itself (x509/module.c). Where that cannot be had, each
 * call ends with NETWORK. */
#include "base/wire.h"
#include "format/limits.h"
#include "pki/x509_check.h"
#include "x509_call.h"

/* The host (certificates.mjs): the error of the call IN, or -1 where the module cannot be had
 * or has failed; OUT, of ROOM bytes, receives the answer, whose size is set. */
__attribute__((import_module("zt"), import_name("certificates"))) int host_certificates(
    const uint8_t *in, size_t n, uint8_t *out, size_t room, size_t *size);

static enum zt_err
call(struct buf *in, uint8_t out[X509_CALL_ANSWER], size_t *n)
{
	enum zt_err err = buf_err(in);
	int answer;

	*n = 0;
	if (err == ZT_OK) {
		answer = host_certificates(in->p, in->n, out, X509_CALL_ANSWER, n);
		err = answer < 0 ? ZT_ERR_NETWORK : (enum zt_err)answer;
	}
	buf_free(in);
	return err;
}

static void
put_all(struct buf *b, const struct bytes *all, size_t n)
{
	wire_put_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		wire_put_counted(b, all[i]);
}

enum zt_err
x509_check(const struct x509_trust *t, const struct x509_claim *c, uint64_t now_ms,
    const char **message)
{
	/* Static for callers, who use it before they ask again: there is one thread. */
	static char sentence[X509_CALL_ANSWER + 1];
	struct buf in = buf_init(LIMIT_PAGE);
	size_t n;
	enum zt_err err;

	wire_put_u32(&in, X509_CALL_CHECK);
	wire_put_u64(&in, now_ms);
	wire_put_counted(&in, bytes_text(c->email));
	wire_put_counted(&in, c->statement);
	wire_put_counted(&in, c->signature);
	wire_put_counted(&in, c->certificate);
	put_all(&in, c->chain, c->chain_count);
	put_all(&in, t->anchors, t->anchor_count);
	put_all(&in, t->lists, t->list_count);
	err = call(&in, (uint8_t *)sentence, &n);
	sentence[n] = 0;
	*message = sentence;
	if (err == ZT_ERR_NETWORK)
		*message = N_("the part of zt that reads certificates could not be loaded");
	return err;
}

static void
text_of(struct wire_reader *r, char to[256])
{
	struct bytes text = wire_counted(r, 255);

	memcpy(to, text.p, text.n);
	to[text.n] = 0;
}

static enum zt_err
describe(uint32_t what, struct bytes der, struct x509_text *out)
{
	struct buf in = buf_init(LIMIT_PAGE);
	uint8_t answer[X509_CALL_ANSWER];
	struct wire_reader r;
	size_t n;
	enum zt_err err;

	*out = (struct x509_text){ .from_ms = 0 };
	wire_put_u32(&in, what);
	wire_put_counted(&in, der);
	if ((err = call(&in, answer, &n)))
		return err;
	r = wire_read(bytes_of(answer, n));
	out->from_ms = wire_u64(&r);
	out->until_ms = wire_u64(&r);
	wire_copy(&r, out->fingerprint.b, HASH_BYTES);
	text_of(&r, out->subject);
	text_of(&r, out->issuer);
	return ZT_OK;
}

enum zt_err
x509_describe(struct bytes certificate, struct x509_text *out)
{
	return describe(X509_CALL_DESCRIBE, certificate, out);
}

enum zt_err
x509_describe_list(struct bytes list, struct x509_text *out)
{
	return describe(X509_CALL_DESCRIBE_LIST, list, out);
}
