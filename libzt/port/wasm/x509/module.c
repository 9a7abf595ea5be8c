/* SPDX-License-Identifier: Apache-2.0 */
/* module.c - the second module: OpenSSL and pki/x509_check.c, as native programs have them. It
 * has no files, no clock and no network, and holds no key: one export answers a call of
 * port/wasm/x509.c, whose bytes the host carries. Random bytes come from the host: OpenSSL
 * hides by them what it computes on curves, and verifies nothing without. */
#define OPENSSL_API_COMPAT 0x10100000L /* a source of random bytes without a provider */
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/wire.h"
#include "pki/x509_check.h"
#include "wasm/x509_call.h"

/* Of the instance, which its host replaces when it has failed. */
static struct buf answer;

__attribute__((export_name("certificates_call"))) int certificates_call(
    const uint8_t *in, size_t n);
__attribute__((export_name("certificates_answer"))) const uint8_t *certificates_answer(void);
__attribute__((export_name("certificates_answer_size"))) size_t certificates_answer_size(void);

static int
give_random(unsigned char *to, int n)
{
	enum { AT_ONCE = 256 };

	for (int at = 0; at < n; at += AT_ONCE)
		if (getentropy(to + at, (size_t)(n - at < AT_ONCE ? n - at : AT_ONCE)) != 0)
			return 0;
	return 1;
}

static int
has_random(void)
{
	return 1;
}

/* Once; there are no settings to be read. */
static bool
begin(void)
{
	static const RAND_METHOD host = { .bytes = give_random, .status = has_random };

	return RAND_get_rand_method() == &host ||
	       (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1 &&
		   RAND_set_rand_method(&host) == 1);
}

/* As many counted spans as a number says, whose caller frees them; NULL: there was no memory,
 * or R is bad. */
static struct bytes *
spans(struct wire_reader *r, size_t *n)
{
	size_t count = wire_u32(r);
	struct bytes *all = NULL;

	*n = 0;
	if (count > r->left / 4) /* what counts each */
		r->bad = true;
	else
		all = calloc(count + 1, sizeof *all);
	for (size_t i = 0; all != NULL && i < count; i++)
		all[i] = wire_counted(r, SIZE_MAX);
	*n = all != NULL ? count : 0;
	return all;
}

static enum zt_err
check(struct wire_reader *r)
{
	uint64_t now_ms = wire_u64(r);
	struct bytes text = wire_counted(r, X509_CALL_TEXT);
	char email[X509_CALL_TEXT + 1] = "";
	struct x509_trust t = { .anchors = NULL };
	struct x509_claim c = { .email = email };
	struct bytes *chain, *anchors, *lists;
	const char *message = "";
	enum zt_err err = ZT_ERR_CORRUPT;

	c.statement = wire_counted(r, SIZE_MAX);
	c.signature = wire_counted(r, SIZE_MAX);
	c.certificate = wire_counted(r, SIZE_MAX);
	c.chain = chain = spans(r, &c.chain_count);
	t.anchors = anchors = spans(r, &t.anchor_count);
	t.lists = lists = spans(r, &t.list_count);
	if (text.n > 0)
		memcpy(email, text.p, text.n);
	if (wire_end(r))
		goto out;
	err = ZT_ERR_MEMORY;
	if (chain == NULL || anchors == NULL || lists == NULL)
		goto out;
	if ((err = x509_check(&t, &c, now_ms, &message)))
		buf_add_text(&answer, message);
out:
	free(chain);
	free(anchors);
	free(lists);
	return err;
}

static enum zt_err
describe(struct wire_reader *r, bool is_list)
{
	struct bytes der = wire_counted(r, SIZE_MAX);
	struct x509_text t;
	enum zt_err err;

	if (wire_end(r))
		return ZT_ERR_CORRUPT;
	if ((err = is_list ? x509_describe_list(der, &t) : x509_describe(der, &t)))
		return err;
	wire_put_u64(&answer, t.from_ms);
	wire_put_u64(&answer, t.until_ms);
	buf_add(&answer, bytes_of(t.fingerprint.b, HASH_BYTES));
	wire_put_counted(&answer, bytes_text(t.subject));
	wire_put_counted(&answer, bytes_text(t.issuer));
	return buf_err(&answer);
}

int
certificates_call(const uint8_t *in, size_t n)
{
	struct wire_reader r = wire_read(bytes_of(in, n));
	uint32_t what = wire_u32(&r);

	if (!begin())
		return ZT_ERR_MEMORY;
	buf_free(&answer);
	answer = buf_init(X509_CALL_ANSWER);
	switch (what) {
	case X509_CALL_CHECK:
		return (int)check(&r);
	case X509_CALL_DESCRIBE:
	case X509_CALL_DESCRIBE_LIST:
		return (int)describe(&r, what == X509_CALL_DESCRIBE_LIST);
	default:
		return ZT_ERR_CORRUPT;
	}
}

const uint8_t *
certificates_answer(void)
{
	return answer.p;
}

size_t
certificates_answer_size(void)
{
	return answer.n;
}
