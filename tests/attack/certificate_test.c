/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* certificate_test.c - row J7: what a certificate must be to let somebody in, each bad kind
 * refused with its reason. The check alone: no server is asked. */
#include "test.h"

#include <stdlib.h>

#include "authority.h"
#include "crypto/suite.h"
#include "pki/pki_request.h"

struct setting {
	struct authority root, between, stranger;
	EVP_PKEY *key, *other, *weak, *ec, *ed;
	struct bytes anchors[1], lists[2];
	struct buf list, between_list;
	struct x509_trust trust;
};

static int
begin(void **state)
{
	struct setting *s = calloc(1, sizeof *s);

	assert_non_null(s);
	assert_ok(suite_init());
	found(&s->root, "root", NULL);
	found(&s->between, "between", &s->root);
	found(&s->stranger, "stranger", NULL);
	s->key = new_key(2048);
	s->other = new_key(2048);
	s->weak = new_key(1024);
	s->ec = new_key(P256);
	s->ed = new_key(ED25519);
	s->list = list_of(&s->root, DAY, 30 * DAY, 0);
	s->between_list = list_of(&s->between, DAY, 30 * DAY, 0);
	s->anchors[0] = buf_bytes(&s->root.der);
	s->lists[0] = buf_bytes(&s->list);
	s->lists[1] = buf_bytes(&s->between_list);
	s->trust = (struct x509_trust){ s->anchors, s->lists, 1, 2 };
	*state = s;
	return 0;
}

static int
end(void **state)
{
	struct setting *s = *state;

	close_authority(&s->root);
	close_authority(&s->between);
	close_authority(&s->stranger);
	EVP_PKEY_free(s->key);
	EVP_PKEY_free(s->other);
	EVP_PKEY_free(s->weak);
	EVP_PKEY_free(s->ec);
	EVP_PKEY_free(s->ed);
	buf_free(&s->list);
	buf_free(&s->between_list);
	free(s);
	return 0;
}

/* What the check says of WISH, issued BY, whose key signs; the chain holds the one between. */
static const char *
verdict(struct setting *s, struct wish w, const struct authority *by, EVP_PKEY *signer)
{
	static const char statement[] = "a statement";
	struct bytes chain[] = { buf_bytes(&s->between.der) };
	struct x509_claim c = { .chain = chain,
		.chain_count = 1,
		.email = "bob@test.example",
		.statement = bytes_text(statement) };
	struct buf signature = buf_init(4096), der;
	const char *message = "";
	X509 *x;
	enum zt_err err;

	w.key = w.key != NULL ? w.key : s->key;
	x = issue(&w, by);
	der = der_of(x);
	X509_free(x);
	sign_by(signer != NULL ? signer : w.key, c.statement, &signature);
	c.certificate = buf_bytes(&der);
	c.signature = buf_bytes(&signature);
	err = x509_check(&s->trust, &c, (uint64_t)NOW * 1000, &message);
	buf_free(&signature);
	buf_free(&der);
	if (err == ZT_OK)
		return "good";
	assert_int_equal(ZT_ERR_CERTIFICATE, err);
	return message;
}

#define EXPECT(part, ...) assert_non_null(strstr(verdict(__VA_ARGS__), part))

static void
J7_a_good_certificate_is_taken_and_each_bad_one_refused_with_its_reason(void **state)
{
	struct setting *s = *state;
	struct wish w = good;

	EXPECT("good", s, good, &s->root, NULL);
	EXPECT("good", s, good, &s->between, NULL); /* over one between */
	w.key = s->ec;
	EXPECT("good", s, w, &s->root, NULL);
	w.key = s->ed;
	EXPECT("good", s, w, &s->root, NULL);
	EXPECT("not signed by", s, w, &s->root, s->ec);
	w = good;
	w.extended = NULL; /* not restricted */
	EXPECT("good", s, w, &s->root, NULL);
	w = good;
	w.until = -1;
	EXPECT("has expired", s, w, &s->root, NULL);
	w = good;
	w.from = DAY;
	EXPECT("not valid yet", s, w, &s->root, NULL);
	w = good;
	w.extended = "serverAuth";
	EXPECT("not meant for people", s, w, &s->root, NULL);
	w = good;
	w.key_usage = "critical,keyEncipherment";
	EXPECT("not meant for", s, w, &s->root, NULL);
	w = good;
	w.email = "alice@test.example";
	EXPECT("another e-mail", s, w, &s->root, NULL);
	w.email = NULL;
	EXPECT("another e-mail", s, w, &s->root, NULL);
	w.email = "bob@test.example.evil.example";
	EXPECT("another e-mail", s, w, &s->root, NULL);
	EXPECT("does not lead to", s, good, &s->stranger, NULL);
	EXPECT("does not lead to", s, good, NULL, NULL); /* by itself */
	EXPECT("not signed by", s, good, &s->root, s->other);
	w = good;
	w.key = s->weak;
	EXPECT("too weak", s, w, &s->root, NULL);
}

static void
J7_a_revoked_certificate_or_issuer_and_a_list_that_is_missing_or_old(void **state)
{
	struct setting *s = *state;
	struct buf revoked = list_of(&s->root, DAY, 30 * DAY, good.serial);
	struct buf issuer = list_of(&s->root, DAY, 30 * DAY, 2); /* the one between */
	struct buf old = list_of(&s->root, 60 * DAY, -1, 0);
	struct buf forged = list_of(&s->stranger, DAY, 30 * DAY, 0);

	s->lists[0] = buf_bytes(&revoked);
	EXPECT("revoked", s, good, &s->root, NULL);
	s->lists[0] = buf_bytes(&issuer);
	EXPECT("good", s, good, &s->root, NULL);
	EXPECT("revoked", s, good, &s->between, NULL);
	s->lists[0] = buf_bytes(&old);
	EXPECT("out of date", s, good, &s->root, NULL);
	s->lists[0] = buf_bytes(&forged);
	EXPECT("no revocation list", s, good, &s->root, NULL);
	s->trust.list_count = 0;
	EXPECT("no revocation list", s, good, &s->root, NULL);
	s->trust.list_count = 2;
	s->lists[0] = buf_bytes(&s->list);
	s->trust.anchor_count = 0;
	EXPECT("no trust anchor", s, good, &s->root, NULL);
	s->trust.anchor_count = 1;
	EXPECT("good", s, good, &s->root, NULL);
	buf_free(&revoked);
	buf_free(&issuer);
	buf_free(&old);
	buf_free(&forged);
}

/* Anybody may write the lengths around what the issuer signed in another way. */
static void
J7_a_certificate_that_is_encoded_in_another_way_is_the_same_one(void **state)
{
	struct setting *s = *state;
	struct wish w = good;
	struct buf der, longer = buf_init(65536);
	struct hash is, again, other;
	X509 *x;

	w.key = s->key;
	x = issue(&w, &s->root);
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
	x = issue(&w, &s->root);
	der = der_of(x);
	X509_free(x);
	assert_ok(x509_signed_hash(buf_bytes(&der), &other));
	assert_memory_not_equal(is.b, other.b, HASH_BYTES);
	assert_err(ZT_ERR_CORRUPT, x509_signed_hash(bytes_of(der.p, der.n - 1), &other));
	buf_free(&der);
	buf_free(&longer);
}

/* Somebody's certificate of their own is no issuer's. */
static void
J7_a_person_s_certificate_issues_no_other(void **state)
{
	struct setting *s = *state;
	struct wish w = good;
	struct authority bob = { .key = s->key };
	struct bytes chain[1];
	struct x509_claim c = { .chain = chain,
		.chain_count = 1,
		.email = "bob@test.example",
		.statement = bytes_text("a statement") };
	struct buf signature = buf_init(4096), der;
	const char *message = "";
	X509 *x;

	w.key = s->key;
	bob.x = issue(&w, &s->root);
	bob.der = der_of(bob.x);
	chain[0] = buf_bytes(&bob.der);
	w.key = s->other;
	x = issue(&w, &bob);
	der = der_of(x);
	sign_by(s->other, c.statement, &signature);
	c.certificate = buf_bytes(&der);
	c.signature = buf_bytes(&signature);
	assert_int_equal(
	    ZT_ERR_CERTIFICATE, x509_check(&s->trust, &c, (uint64_t)NOW * 1000, &message));
	X509_free(x);
	X509_free(bob.x);
	buf_free(&bob.der);
	buf_free(&der);
	buf_free(&signature);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    J7_a_good_certificate_is_taken_and_each_bad_one_refused_with_its_reason),
		cmocka_unit_test(
		    J7_a_revoked_certificate_or_issuer_and_a_list_that_is_missing_or_old),
		cmocka_unit_test(J7_a_person_s_certificate_issues_no_other),
		cmocka_unit_test(
		    J7_a_certificate_that_is_encoded_in_another_way_is_the_same_one),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
