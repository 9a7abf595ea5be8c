/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* certificate_test.c - row J7: what a certificate must be to let somebody in, each bad kind
 * refused with its reason. The check alone: no server is asked. With CASES=FILE, each case is
 * written there as a browser's client asks it of its second module, with the answer of this
 * program, which tests/wasm/certificates_check.mjs compares. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "authority.h"
#include "base/wire.h"
#include "certificate_cases.h"
#include "crypto/suite.h"
#include "port/wasm/x509_call.h"

/* What a browser's client asks by (libzt/port/wasm/x509.c, with these names: mk/rules.mk); this
 * file is its host. */
enum zt_err asks_check(const struct x509_trust *t, const struct x509_claim *c, uint64_t now_ms,
    const char **message);
enum zt_err asks_describe(struct bytes certificate, struct x509_text *out);
enum zt_err asks_describe_list(struct bytes list, struct x509_text *out);
int host_certificates(const uint8_t *in, size_t n, uint8_t *out, size_t room, size_t *size);

/* The case that is asked, and the answer of this program. */
static struct {
	FILE *record;
	const char *name;
	enum zt_err err;
	struct buf answer;
	unsigned count;
} now;

static void
write_hex(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)fprintf(now.record, "%02x", p[i]);
}

int
host_certificates(const uint8_t *in, size_t n, uint8_t *out, size_t room, size_t *size)
{
	if (now.record != NULL) {
		(void)fprintf(now.record, "%s\t%d\t", now.name, (int)now.err);
		write_hex(in, n);
		(void)fputc('\t', now.record);
		write_hex(now.answer.p, now.answer.n);
		(void)fputc('\n', now.record);
	}
	assert_true(now.answer.n <= room);
	if (now.answer.n > 0)
		memcpy(out, now.answer.p, now.answer.n);
	*size = now.answer.n;
	return (int)now.err;
}

static void
describe_both(struct bytes der, bool is_list)
{
	struct x509_text is, heard;

	buf_empty(&now.answer);
	now.err = is_list ? x509_describe_list(der, &is) : x509_describe(der, &is);
	if (now.err == ZT_OK) {
		wire_put_u64(&now.answer, is.from_ms);
		wire_put_u64(&now.answer, is.until_ms);
		buf_add(&now.answer, bytes_of(is.fingerprint.b, HASH_BYTES));
		wire_put_counted(&now.answer, bytes_text(is.subject));
		wire_put_counted(&now.answer, bytes_text(is.issuer));
	}
	assert_int_equal(
	    now.err, is_list ? asks_describe_list(der, &heard) : asks_describe(der, &heard));
	assert_int_equal(is.from_ms, heard.from_ms);
	assert_int_equal(is.until_ms, heard.until_ms);
	assert_string_equal(is.subject, heard.subject);
	assert_string_equal(is.issuer, heard.issuer);
	assert_memory_equal(is.fingerprint.b, heard.fingerprint.b, HASH_BYTES);
}

static void
one(void *ctx, const struct certificate_case *c)
{
	const char *reason = "", *heard = NULL;

	(void)ctx;
	now.name = c->name;
	now.count++;
	buf_empty(&now.answer);
	now.err = x509_check(&c->trust, &c->claim, c->now_ms, &reason);
	if (c->words == NULL && now.err != ZT_OK)
		fail_msg("%s: %s", c->name, reason);
	if (c->words != NULL &&
	    (now.err != ZT_ERR_CERTIFICATE || strstr(reason, c->words) == NULL))
		fail_msg("%s: %s, and not %s", c->name, now.err ? reason : "good", c->words);
	if (now.err != ZT_OK)
		buf_add_text(&now.answer, reason);
	assert_int_equal(now.err, asks_check(&c->trust, &c->claim, c->now_ms, &heard));
	assert_string_equal(now.err != ZT_OK ? reason : "", heard);
	describe_both(c->claim.certificate, false);
	for (size_t i = 0; i < c->trust.list_count; i++)
		describe_both(c->trust.lists[i], true);
}

static void
J7_a_good_certificate_is_taken_and_each_bad_one_refused_with_its_reason(void **state)
{
	const char *path = getenv("CASES");

	(void)state;
	if (path != NULL)
		assert_non_null(now.record = fopen(path, "we"));
	now.answer = buf_init(X509_CALL_ANSWER);
	certificate_cases(one, NULL);
	assert_true(now.count > 50);
	buf_free(&now.answer);
	if (now.record != NULL)
		assert_int_equal(0, fclose(now.record));
}

/* Anybody may write the lengths around what the issuer signed in another way. */
static void
J7_a_certificate_that_is_encoded_in_another_way_is_the_same_one(void **state)
{
	struct authority root;
	struct wish w = good;
	struct buf der, longer = buf_init(65536);
	struct hash is, again, other;
	X509 *x;

	(void)state;
	found(&root, "root", NULL);
	w.key = new_key(2048);
	x = issue(&w, &root);
	der = der_of(x);
	X509_free(x);
	assert_memory_equal("\x30\x82", der.p, 2);
	buf_add(&longer, bytes_of("\x30\x83", 3)); /* a length of three bytes, the first 0 */
	buf_add(&longer, bytes_of(der.p + 2, der.n - 2));
	assert_ok(x509_signed_hash(buf_bytes(&der), &is));
	assert_ok(x509_signed_hash(buf_bytes(&longer), &again));
	assert_memory_equal(is.b, again.b, HASH_BYTES);
	buf_free(&der);
	w.serial++;
	x = issue(&w, &root);
	der = der_of(x);
	X509_free(x);
	assert_ok(x509_signed_hash(buf_bytes(&der), &other));
	assert_memory_not_equal(is.b, other.b, HASH_BYTES);
	assert_err(ZT_ERR_CORRUPT, x509_signed_hash(bytes_of(der.p, der.n - 1), &other));
	buf_free(&der);
	buf_free(&longer);
	EVP_PKEY_free(w.key);
	close_authority(&root);
}

static int
begin(void **state)
{
	(void)state;
	return suite_init() == ZT_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    J7_a_good_certificate_is_taken_and_each_bad_one_refused_with_its_reason),
		cmocka_unit_test(
		    J7_a_certificate_that_is_encoded_in_another_way_is_the_same_one),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
