/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/x509_check.h"

#include <limits.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "format/limits.h"

static X509 *
certificate_of(struct bytes der)
{
	const uint8_t *p = der.p;
	X509 *x = der.n <= LIMIT_CERTIFICATE ? d2i_X509(NULL, &p, (long)der.n) : NULL;

	if (x != NULL && p != der.p + der.n) { /* bytes behind it that nobody signed */
		X509_free(x);
		x = NULL;
	}
	return x;
}

static X509_CRL *
list_of(struct bytes der)
{
	const uint8_t *p = der.p;

	return der.n <= LIMIT_SETTINGS ? d2i_X509_CRL(NULL, &p, (long)der.n) : NULL;
}

/* ---- the path ---- */

static void
explain(int error, const char **message)
{
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		*message = N_("the certificate, or one that it rests on, has expired");
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		*message = N_("the certificate is not valid yet");
		break;
	case X509_V_ERR_CERT_REVOKED:
		*message = N_("the certificate, or one that it rests on, was revoked");
		break;
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_DIFFERENT_CRL_SCOPE:
		*message =
		    N_("there is no revocation list of the certificate's issuer: an admin "
		       "adds it");
		break;
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
		*message =
		    N_("the revocation list of the certificate's issuer is out of date: an "
		       "admin adds a newer one");
		break;
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
		*message = N_("a revocation list's signature does not match");
		break;
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		*message = N_("the issuer has not signed this certificate");
		break;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		*message =
		    N_("the certificate does not lead to a trust anchor of this organization");
		break;
	case X509_V_ERR_INVALID_PURPOSE:
		*message = N_("the certificate is not meant for people who sign in");
		break;
	case X509_V_ERR_INVALID_CA:
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
	case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
	case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
		*message =
		    N_("an issuer on the way to the trust anchor may not issue certificates");
		break;
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		*message = N_("a key or a hash of the certificate is too weak");
		break;
	default:
		*message = N_("the certificate is not valid");
		break;
	}
}

/* Of the list that would say whether a certificate was revoked. */
static bool
is_of_list(int error)
{
	return error == X509_V_ERR_UNABLE_TO_GET_CRL ||
	       error == X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER ||
	       error == X509_V_ERR_DIFFERENT_CRL_SCOPE ||
	       error == X509_V_ERR_CRL_SIGNATURE_FAILURE ||
	       error == X509_V_ERR_CRL_HAS_EXPIRED || error == X509_V_ERR_CRL_NOT_YET_VALID;
}

/* An anchor is believed as it is: nobody above it is asked whether it was revoked, also where
 * the list of its issuer is there, whose certificate need not be. */
static int
forgive_anchor(int good, X509_STORE_CTX *v)
{
	int error = X509_STORE_CTX_get_error(v);
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(v);

	if (!good && is_of_list(error) &&
	    X509_STORE_CTX_get_error_depth(v) == sk_X509_num(chain) - 1) {
		X509_STORE_CTX_set_error(v, X509_V_OK);
		return 1;
	}
	return good;
}

/* What is believed, and what leads there. False: no memory, or what is stored is broken. */
static bool
gather(const struct x509_trust *t, const struct x509_claim *c, X509_STORE *store,
    STACK_OF(X509) * between)
{
	bool ok = true;

	for (size_t i = 0; ok && i < t->anchor_count; i++) {
		X509 *x = certificate_of(t->anchors[i]);

		ok = x != NULL && X509_STORE_add_cert(store, x) == 1;
		X509_free(x);
	}
	for (size_t i = 0; ok && i < t->list_count; i++) {
		X509_CRL *l = list_of(t->lists[i]);

		ok = l != NULL && X509_STORE_add_crl(store, l) == 1;
		X509_CRL_free(l);
	}
	for (size_t i = 0; ok && i < c->chain_count && i < LIMIT_CERTIFICATES; i++) {
		X509 *x = certificate_of(c->chain[i]);

		ok = x != NULL && sk_X509_push(between, x) > 0;
		if (!ok)
			X509_free(x);
	}
	return ok;
}

static enum zt_err
walk(const struct x509_trust *t, const struct x509_claim *c, X509 *x, uint64_t now_ms,
    const char **message)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *v = X509_STORE_CTX_new();
	STACK_OF(X509) *between = sk_X509_new_null();
	X509_VERIFY_PARAM *rules;
	enum zt_err err = ZT_ERR_MEMORY;

	if (store == NULL || v == NULL || between == NULL)
		goto out;
	err = ZT_ERR_CERTIFICATE;
	*message = N_("a certificate on the way to the trust anchor cannot be read");
	if (!gather(t, c, store, between) || X509_STORE_CTX_init(v, store, x, between) != 1)
		goto out;
	rules = X509_STORE_CTX_get0_param(v);
	X509_VERIFY_PARAM_set_time(rules, (time_t)(now_ms / 1000));
	X509_VERIFY_PARAM_set_auth_level(rules, 2); /* 112 bits: RSA of 2048 */
	X509_VERIFY_PARAM_set_depth(rules, LIMIT_CERTIFICATES);
	(void)X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_CLIENT);
	(void)X509_VERIFY_PARAM_set_flags(
	    rules, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL |
		       X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_EXTENDED_CRL_SUPPORT);
	X509_STORE_CTX_set_verify_cb(v, forgive_anchor);
	if (X509_verify_cert(v) == 1)
		err = ZT_OK;
	else
		explain(X509_STORE_CTX_get_error(v), message);
out:
	X509_STORE_CTX_free(v);
	X509_STORE_free(store);
	sk_X509_pop_free(between, X509_free);
	return err;
}

/* ---- the certificate itself ---- */

static bool
verifies(X509 *x, struct bytes statement, struct bytes signature)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok;

	ok = key != NULL && md != NULL &&
	     EVP_DigestVerifyInit(md, NULL,
		 EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256(), NULL,
		 key) == 1 &&
	     EVP_DigestVerify(md, signature.p, signature.n, statement.p, statement.n) == 1;
	EVP_MD_CTX_free(md);
	return ok;
}

/* RFC 5280 lets the part before the @ differ by case; the domain does not. */
static bool
names(X509 *x, const char *email)
{
	return email[0] != 0 && X509_check_email(x, email, strlen(email), 0) == 1;
}

enum zt_err
x509_check(const struct x509_trust *t, const struct x509_claim *c, uint64_t now_ms,
    const char **message)
{
	X509 *x = certificate_of(c->certificate);
	enum zt_err err = ZT_ERR_CERTIFICATE;

	*message = N_("the certificate cannot be read");
	if (x == NULL)
		goto out;
	*message = N_("this organization has no trust anchor: an admin adds one");
	if (t->anchor_count == 0)
		goto out;
	if ((err = walk(t, c, x, now_ms, message)))
		goto out;
	err = ZT_ERR_CERTIFICATE;
	*message = N_("the certificate is not meant for signing");
	if ((X509_get_key_usage(x) & KU_DIGITAL_SIGNATURE) == 0)
		goto out;
	*message = N_("the certificate is of another e-mail address");
	if (!names(x, c->email))
		goto out;
	*message = N_("the request was not signed by the certificate's key");
	if (!verifies(x, c->statement, c->signature))
		goto out;
	err = ZT_OK;
out:
	X509_free(x);
	ERR_clear_error();
	return err;
}

/* ---- for people ---- */

static void
print_name(const X509_NAME *name, char out[256])
{
	BIO *b = BIO_new(BIO_s_mem());
	char *text;
	long n = 0;

	out[0] = 0;
	if (b != NULL && X509_NAME_print_ex(b, name, 0, XN_FLAG_RFC2253) >= 0 &&
	    (n = BIO_get_mem_data(b, &text)) > 0) {
		n = n < 255 ? n : 255;
		memcpy(out, text, (size_t)n);
		out[n] = 0;
	}
	BIO_free(b);
}

static uint64_t
ms_of(const ASN1_TIME *t)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, seconds = 0;
	int64_t all = 0;

	if (t != NULL && epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, t) == 1)
		all = (int64_t)days * 86400 + seconds;
	ASN1_TIME_free(epoch);
	return all > 0 ? (uint64_t)all * 1000 : 0;
}

enum zt_err
x509_describe(struct bytes certificate, struct x509_text *out)
{
	X509 *x = certificate_of(certificate);

	*out = (struct x509_text){ .from_ms = 0 };
	if (x == NULL) {
		ERR_clear_error();
		return ZT_ERR_CORRUPT;
	}
	print_name(X509_get_subject_name(x), out->subject);
	print_name(X509_get_issuer_name(x), out->issuer);
	out->from_ms = ms_of(X509_get0_notBefore(x));
	out->until_ms = ms_of(X509_get0_notAfter(x));
	(void)X509_digest(x, EVP_sha256(), out->fingerprint.b, NULL);
	X509_free(x);
	return ZT_OK;
}

enum zt_err
x509_signed_hash(struct bytes certificate, struct hash *out)
{
	X509 *x = certificate_of(certificate);
	uint8_t *signed_part = NULL;
	int n = x != NULL ? i2d_re_X509_tbs(x, &signed_part) : 0;
	enum zt_err err = x == NULL ? ZT_ERR_CORRUPT : ZT_ERR_MEMORY;

	if (n > 0 && EVP_Digest(signed_part, (size_t)n, out->b, NULL, EVP_sha256(), NULL) == 1)
		err = ZT_OK;
	OPENSSL_free(signed_part);
	X509_free(x);
	ERR_clear_error();
	return err;
}

enum zt_err
x509_describe_list(struct bytes list, struct x509_text *out)
{
	X509_CRL *l = list_of(list);

	*out = (struct x509_text){ .from_ms = 0 };
	if (l == NULL) {
		ERR_clear_error();
		return ZT_ERR_CORRUPT;
	}
	print_name(X509_CRL_get_issuer(l), out->issuer);
	out->from_ms = ms_of(X509_CRL_get0_lastUpdate(l));
	out->until_ms = ms_of(X509_CRL_get0_nextUpdate(l));
	(void)X509_CRL_digest(l, EVP_sha256(), out->fingerprint.b, NULL);
	X509_CRL_free(l);
	return ZT_OK;
}

/* ---- files ---- */

static enum zt_err
show_pem(struct bytes file, x509_each *each, void *ctx, size_t *found)
{
	BIO *b = BIO_new_mem_buf(file.p, (int)file.n);
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long n = 0;
	enum zt_err err = b != NULL ? ZT_OK : ZT_ERR_MEMORY;

	while (err == ZT_OK && PEM_read_bio(b, &name, &header, &data, &n) == 1) {
		bool is_list = strcmp(name, PEM_STRING_X509_CRL) == 0;

		if (is_list || strcmp(name, PEM_STRING_X509) == 0) {
			err = each(ctx, is_list, bytes_of(data, (size_t)n));
			(*found)++;
		}
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(data);
	}
	BIO_free(b);
	return err;
}

enum zt_err
x509_read(struct bytes file, x509_each *each, void *ctx)
{
	struct x509_text t;
	size_t found = 0;
	enum zt_err err;

	if (file.n > INT_MAX)
		return ZT_ERR_TOO_BIG;
	if (x509_describe(file, &t) == ZT_OK)
		return each(ctx, false, file);
	if (x509_describe_list(file, &t) == ZT_OK)
		return each(ctx, true, file);
	err = show_pem(file, each, ctx, &found);
	ERR_clear_error();
	return err == ZT_OK && found == 0 ? ZT_ERR_CORRUPT : err;
}

/* ---- signing ---- */

static int
give_password(char *to, int size, int writing, void *ctx)
{
	struct bytes password = ctx != NULL ? bytes_text(ctx) : bytes_of(NULL, 0);

	(void)writing;
	if (password.p == NULL || password.n > (size_t)size)
		return -1;
	memcpy(to, password.p, password.n);
	return (int)password.n;
}

enum zt_err
x509_sign(struct bytes pem, const char *password, struct bytes statement, struct buf *signature)
{
	BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = b != NULL ? PEM_read_bio_PrivateKey(
					b, NULL, give_password, (void *)(uintptr_t)password)
				  : NULL;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t n = 0;
	uint8_t *to;
	enum zt_err err = ZT_ERR_CORRUPT;

	if (key == NULL) {
		if (pem.n > 0 && memmem(pem.p, pem.n, "ENCRYPTED", 9) != NULL)
			err = ZT_ERR_PASSWORD;
		goto out;
	}
	err = ZT_ERR_MEMORY;
	if (md == NULL ||
	    EVP_DigestSignInit(md, NULL,
		EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256(), NULL,
		key) != 1 ||
	    EVP_DigestSign(md, NULL, &n, statement.p, statement.n) != 1 ||
	    (to = buf_room(signature, n)) == NULL)
		goto out;
	if (EVP_DigestSign(md, to, &n, statement.p, statement.n) == 1) {
		signature->n = (size_t)(to - signature->p) + n;
		err = ZT_OK;
	}
out:
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
	BIO_free(b);
	ERR_clear_error();
	return err;
}

enum zt_err
x509_ecdsa(struct bytes bare, struct buf *out)
{
	size_t half = bare.n / 2;
	ECDSA_SIG *s = ECDSA_SIG_new();
	BIGNUM *r = NULL, *t = NULL;
	uint8_t der[256], *to = der;
	int n = -1;

	if (bare.n > 0 && bare.n % 2 == 0 && bare.n <= 160 && s != NULL &&
	    (r = BN_bin2bn(bare.p, (int)half, NULL)) != NULL &&
	    (t = BN_bin2bn(bare.p + half, (int)half, NULL)) != NULL &&
	    ECDSA_SIG_set0(s, r, t) == 1) {
		r = t = NULL; /* its own now */
		n = i2d_ECDSA_SIG(s, &to);
	}
	if (n > 0)
		buf_add(out, bytes_of(der, (size_t)n));
	BN_free(r);
	BN_free(t);
	ECDSA_SIG_free(s);
	return n > 0 ? buf_err(out) : ZT_ERR_CORRUPT;
}

enum zt_err
x509_wrap(struct bytes certificate, struct bytes clear, struct buf *out)
{
	X509 *x = certificate_of(certificate);
	EVP_PKEY *key = x != NULL ? X509_get0_pubkey(x) : NULL;
	EVP_PKEY_CTX *c = NULL;
	size_t n = 0;
	uint8_t *to;
	enum zt_err err = ZT_ERR_KEY;

	if (key == NULL || EVP_PKEY_get_id(key) != EVP_PKEY_RSA ||
	    EVP_PKEY_get_bits(key) < 2048)
		goto out;
	err = ZT_ERR_MEMORY;
	if ((c = EVP_PKEY_CTX_new(key, NULL)) == NULL || EVP_PKEY_encrypt_init(c) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_OAEP_PADDING) != 1 ||
	    EVP_PKEY_encrypt(c, NULL, &n, clear.p, clear.n) != 1 ||
	    (to = buf_room(out, n)) == NULL ||
	    EVP_PKEY_encrypt(c, to, &n, clear.p, clear.n) != 1)
		goto out;
	out->n = (size_t)(to - out->p) + n;
	err = ZT_OK;
out:
	EVP_PKEY_CTX_free(c);
	X509_free(x);
	ERR_clear_error();
	return err;
}
