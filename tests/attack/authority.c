/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* authority.c - see authority.h. */
#include "authority.h"

#include <stdio.h>
#include <string.h>

#include "test.h"

const struct wish good = { .name = "bob",
	.email = "bob@test.example",
	.key_usage = "critical,digitalSignature",
	.extended = "clientAuth",
	.basic = "critical,CA:FALSE",
	.from = -DAY,
	.until = 30 * DAY,
	.serial = 7 };

EVP_PKEY *
new_key(unsigned kind)
{
	EVP_PKEY *k = kind == P256      ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")
		      : kind == ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
					: EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)kind);

	assert_non_null(k);
	return k;
}

static void
extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	if (value == NULL)
		return;
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	assert_non_null(e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value));
	assert_int_equal(1, X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
}

/* An extension that is nobody's. */
static void
extend_unknown(X509 *x, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	if (value == NULL)
		return;
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	assert_non_null(e = X509V3_EXT_conf(NULL, &ctx, "1.3.6.1.4.1.55555.1", value));
	assert_int_equal(1, X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
}

X509 *
issue(const struct wish *w, const struct authority *by)
{
	X509 *x = X509_new();
	EVP_PKEY *key = by != NULL ? by->key : w->key;
	const EVP_MD *hash;
	char email[128];

	assert_non_null(x);
	assert_int_equal(1, X509_set_version(x, X509_VERSION_3));
	(void)ASN1_INTEGER_set(X509_get_serialNumber(x), w->serial);
	(void)X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)w->name, -1, -1, 0);
	(void)X509_set_issuer_name(
	    x, by != NULL ? X509_get_subject_name(by->x) : X509_get_subject_name(x));
	(void)ASN1_TIME_set(X509_getm_notBefore(x), NOW + w->from);
	(void)ASN1_TIME_set(X509_getm_notAfter(x), NOW + w->until);
	(void)X509_set_pubkey(x, w->key);
	extend(x, x, NID_basic_constraints, w->basic);
	extend(x, x, NID_key_usage, w->key_usage);
	extend(x, x, NID_ext_key_usage, w->extended);
	(void)snprintf(email, sizeof email, "email:%s", w->email != NULL ? w->email : "");
	extend(x, x, NID_subject_alt_name, w->email != NULL ? email : NULL);
	extend(x, x, NID_name_constraints, w->constraints);
	extend_unknown(x, w->unknown);
	hash = EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 ? NULL
	       : w->hash != NULL                        ? w->hash
							: EVP_sha256();
	assert_true(X509_sign(x, key, hash) > 0);
	return x;
}

struct buf
der_of(X509 *x)
{
	struct buf b = buf_init(65536);
	uint8_t *to, *p = NULL;
	int n = i2d_X509(x, &p);

	assert_true(n > 0);
	to = buf_room(&b, (size_t)n);
	memcpy(to, p, (size_t)n);
	OPENSSL_free(p);
	return b;
}

struct wish
issuer_wish(const char *name)
{
	return (struct wish){ .name = name,
		.basic = "critical,CA:TRUE",
		.key_usage = "critical,keyCertSign,cRLSign",
		.from = -100 * DAY,
		.until = 100 * DAY,
		.serial = 1 };
}

void
found_as(struct authority *a, struct wish w, const struct authority *by)
{
	w.key = a->key = new_key(2048);
	w.serial = by != NULL ? 2 : 1;
	a->x = issue(&w, by);
	a->der = der_of(a->x);
}

void
found(struct authority *a, const char *name, const struct authority *by)
{
	found_as(a, issuer_wish(name), by);
}

void
close_authority(struct authority *a)
{
	EVP_PKEY_free(a->key);
	X509_free(a->x);
	buf_free(&a->der);
}

struct buf
list_of(const struct authority *a, long age, long until, long serial)
{
	X509_CRL *l = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_set(NULL, NOW - age);
	struct buf b = buf_init(65536);
	uint8_t *to, *p = NULL;
	int n;

	assert_non_null(l);
	(void)X509_CRL_set_version(l, X509_CRL_VERSION_2);
	(void)X509_CRL_set_issuer_name(l, X509_get_subject_name(a->x));
	(void)X509_CRL_set1_lastUpdate(l, t);
	(void)ASN1_TIME_set(t, NOW + until);
	(void)X509_CRL_set1_nextUpdate(l, t);
	if (serial != 0) {
		X509_REVOKED *r = X509_REVOKED_new();
		ASN1_INTEGER *s = ASN1_INTEGER_new();

		(void)ASN1_INTEGER_set(s, serial);
		(void)X509_REVOKED_set_serialNumber(r, s);
		(void)ASN1_TIME_set(t, NOW - DAY);
		(void)X509_REVOKED_set_revocationDate(r, t);
		assert_int_equal(1, X509_CRL_add0_revoked(l, r));
		ASN1_INTEGER_free(s);
	}
	(void)X509_CRL_sort(l);
	assert_true(X509_CRL_sign(l, a->key, EVP_sha256()) > 0);
	n = i2d_X509_CRL(l, &p);
	assert_true(n > 0);
	to = buf_room(&b, (size_t)n);
	memcpy(to, p, (size_t)n);
	OPENSSL_free(p);
	ASN1_TIME_free(t);
	X509_CRL_free(l);
	return b;
}

void
sign_by(EVP_PKEY *key, struct bytes statement, struct buf *out)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	const EVP_MD *hash = EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
	size_t n = 0;
	uint8_t *to;

	assert_int_equal(1, EVP_DigestSignInit(md, NULL, hash, NULL, key));
	assert_int_equal(1, EVP_DigestSign(md, NULL, &n, statement.p, statement.n));
	to = buf_room(out, n);
	assert_int_equal(1, EVP_DigestSign(md, to, &n, statement.p, statement.n));
	out->n = (size_t)(to - out->p) + n;
	EVP_MD_CTX_free(md);
}
