/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* vectors_test.c - everything of the public vectors that this suite uses; prints how many cases
 * ran, passed and were skipped, and why. */
#include "test.h"
#include "vectors.h"

#include <sodium.h>

#include "crypto/aead.h"
#include "crypto/hkdf.h"
#include "crypto/hpke.h"
#include "crypto/password.h"
#include "crypto/sign.h"
#include "crypto/suite.h"
#include "format/httpsig.h"
#include "format/pb.h"
#include "format/words.h"
#include "store/passkeys.h"
#include "trust/merkle.h"

struct tally {
	unsigned run, passed, skipped;
};

static void
report(const char *name, struct tally t, const char *message)
{
	printf("vectors %-28s %4u run, %4u passed, %4u skipped%s%s\n", name, t.run, t.passed,
	    t.skipped, t.skipped > 0 ? ": " : "", t.skipped > 0 ? message : "");
	assert_int_equal(t.run, t.passed);
}

/* Shows each test of a Wycheproof file to ONE; it says whether the case behaves as it should.
 */
enum verdict { PASSED, FAILED, SKIPPED };
typedef enum verdict one_case(const json_t *group, const json_t *test, bool is_valid);

static void
wycheproof(const char *file, one_case *one, const char *message)
{
	json_t *all = vectors_load(file), *group, *test;
	struct tally t = { 0 };
	size_t i, k;

	if (all == NULL)
		skip();
	json_array_foreach(json_object_get(all, "testGroups"), i, group)
	    json_array_foreach(json_object_get(group, "tests"), k, test)
	{
		const char *result = json_string_value(json_object_get(test, "result"));
		enum verdict v = one(group, test, strcmp(result, "invalid") != 0);

		t.skipped += v == SKIPPED;
		t.run += v != SKIPPED;
		t.passed += v == PASSED;
	}
	report(file, t, message);
	json_decref(all);
}

static enum verdict
ed25519(const json_t *group, const json_t *test, bool is_valid)
{
	struct buf b = buf_init(1 << 20);
	uint8_t key[32];
	struct bytes pk, msg, sig;
	bool ok;

	(void)vectors_hex(json_object_get(group, "publicKey"), "pk", &b);
	memcpy(key, b.p, 32);
	pk = bytes_of(key, 32);
	(void)pk;
	buf_free(&b);
	(void)buf_room(&b, 4096); /* so that the spans below do not move */
	b.n = 0;
	msg = vectors_hex(test, "msg", &b);
	sig = vectors_hex(test, "sig", &b);
	ok = sign_verify(key, "", msg, sig) == ZT_OK;
	buf_free(&b);
	return ok == is_valid ? PASSED : FAILED;
}

static void
wycheproof_ed25519(void **state)
{
	(void)state;
	wycheproof("wycheproof/ed25519_test.json", ed25519, "");
}

static enum verdict
x25519(const json_t *group, const json_t *test, bool is_valid)
{
	struct buf b = buf_init(4096);
	struct secret *sk = NULL;
	struct bytes public, private, shared;
	uint8_t out[32];
	bool ok, zero = true;

	(void)group;
	(void)buf_room(&b, 1024);
	b.n = 0;
	public = vectors_hex(test, "public", &b);
	private = vectors_hex(test, "private", &b);
	shared = vectors_hex(test, "shared", &b);
	for (size_t i = 0; i < shared.n; i++)
		zero = zero && shared.p[i] == 0;
	assert_ok(secret_from(private, &sk));
	ok = hpke_x25519(sk, public.p, out) == ZT_OK;
	secret_free(sk);
	ok = zero ? !ok
		  : ok && memcmp(out, shared.p, 32) == 0; /* low-order points are refused */
	buf_free(&b);
	return ok == is_valid ? PASSED : FAILED;
}

static void
wycheproof_x25519(void **state)
{
	(void)state;
	wycheproof("wycheproof/x25519_test.json", x25519, "");
}

static enum verdict
aead(const json_t *test, bool is_valid, bool is_x)
{
	struct buf b = buf_init(1 << 20), clear = buf_init(1 << 20), again = buf_init(1 << 20);
	struct bytes key, iv, aad, msg, ct, tag;
	enum zt_err err;
	bool ok;

	(void)buf_room(&b, 16384);
	b.n = 0;
	key = vectors_hex(test, "key", &b);
	iv = vectors_hex(test, "iv", &b);
	aad = vectors_hex(test, "aad", &b);
	msg = vectors_hex(test, "msg", &b);
	ct = vectors_hex(test, "ct", &b);
	tag = vectors_hex(test, "tag", &b);
	if (iv.n != (is_x ? AEAD_NONCE_BYTES : AEAD_CHACHA_NONCE_BYTES) || tag.n != 16) {
		buf_free(&b);
		return SKIPPED;
	}
	ct.n += tag.n; /* they stand one behind the other */
	err = is_x ? aead_x_open(key.p, iv.p, aad, ct, &clear)
		   : aead_chacha_open(key.p, iv.p, aad, ct, &clear);
	ok = err == ZT_OK && bytes_equal(buf_bytes(&clear), msg);
	if (ok) {
		err = is_x ? aead_x_seal(key.p, iv.p, aad, msg, &again)
			   : aead_chacha_seal(key.p, iv.p, aad, msg, &again);
		ok = err == ZT_OK && bytes_equal(buf_bytes(&again), ct);
	}
	buf_free(&b);
	buf_free(&clear);
	buf_free(&again);
	return ok == is_valid ? PASSED : FAILED;
}

static enum verdict
xchacha(const json_t *group, const json_t *test, bool is_valid)
{
	(void)group;
	return aead(test, is_valid, true);
}

static enum verdict
chacha(const json_t *group, const json_t *test, bool is_valid)
{
	(void)group;
	return aead(test, is_valid, false);
}

static void
wycheproof_aead(void **state)
{
	static const char message[] = "the API takes nonces of one size only";

	(void)state;
	wycheproof("wycheproof/xchacha20_poly1305_test.json", xchacha, message);
	wycheproof("wycheproof/chacha20_poly1305_test.json", chacha, message);
}

static enum verdict
hkdf(const json_t *group, const json_t *test, bool is_valid)
{
	struct buf b = buf_init(1 << 16);
	struct bytes ikm, salt, info, okm;
	size_t n = (size_t)json_integer_value(json_object_get(test, "size"));
	uint8_t prk[HKDF_BYTES], out[HKDF_MAX];
	bool ok;

	(void)group;
	(void)buf_room(&b, 32768);
	b.n = 0;
	ikm = vectors_hex(test, "ikm", &b);
	salt = vectors_hex(test, "salt", &b);
	info = vectors_hex(test, "info", &b);
	okm = vectors_hex(test, "okm", &b);
	hkdf_extract(salt, &ikm, 1, prk);
	ok = hkdf_expand(prk, &info, 1, out, n) == ZT_OK && bytes_equal(bytes_of(out, n), okm);
	buf_free(&b);
	return ok == is_valid ? PASSED : FAILED;
}

static enum verdict
hmac(const json_t *group, const json_t *test, bool is_valid)
{
	struct buf b = buf_init(1 << 16);
	struct bytes key, msg, tag;
	uint8_t out[HKDF_BYTES];
	bool ok;

	(void)group;
	(void)buf_room(&b, 8192);
	b.n = 0;
	key = vectors_hex(test, "key", &b);
	msg = vectors_hex(test, "msg", &b);
	tag = vectors_hex(test, "tag", &b);
	hkdf_hmac(key, &msg, 1, out);
	ok = memcmp(out, tag.p, tag.n) == 0; /* some tags are cut short, as the group says */
	buf_free(&b);
	return ok == is_valid ? PASSED : FAILED;
}

static void
wycheproof_hkdf_and_hmac(void **state)
{
	(void)state;
	wycheproof("wycheproof/hkdf_sha256_test.json", hkdf, "");
	wycheproof("wycheproof/hmac_sha256_test.json", hmac, "");
}

/* ---- RFC 9180 A.2 ---- */

static bool
hpke_messages(struct hpke *send, struct hpke *receive, const json_t *one)
{
	const json_t *m;
	uint64_t at = 0;
	bool ok = true;
	size_t i;

	json_array_foreach(json_object_get(one, "encryptions"), i, m)
	{
		uint64_t want =
		    (uint64_t)json_integer_value(json_object_get(m, "sequence_number"));
		struct buf b = buf_init(4096), ct = buf_init(4096), pt = buf_init(4096);
		struct bytes clear, aad, sealed;

		(void)buf_room(&b, 2048);
		b.n = 0;
		clear = vectors_hex(m, "pt", &b);
		aad = vectors_hex(m, "aad", &b);
		sealed = vectors_hex(m, "ct", &b);
		for (; at <= want; at++) { /* messages in between are not in the file */
			buf_free(&ct);
			buf_free(&pt);
			ok = ok && hpke_next_seal(send, aad, clear, &ct) == ZT_OK &&
			     hpke_next_open(receive, aad, buf_bytes(&ct), &pt) == ZT_OK;
		}
		ok = ok && bytes_equal(buf_bytes(&ct), sealed) &&
		     bytes_equal(buf_bytes(&pt), clear);
		buf_free(&b);
		buf_free(&ct);
		buf_free(&pt);
	}
	return ok;
}

static bool
hpke_exports(const struct hpke *h, const json_t *one)
{
	const json_t *e;
	bool ok = true;
	size_t i;

	json_array_foreach(json_object_get(one, "exports"), i, e)
	{
		struct buf b = buf_init(4096);
		struct bytes context, want;
		uint8_t out[64];

		(void)buf_room(&b, 1024);
		b.n = 0;
		context = vectors_hex(e, "exporter_context", &b);
		want = vectors_hex(e, "exported_value", &b);
		ok = ok && want.n > 0 && want.n <= sizeof out &&
		     hpke_export(h, context, out, want.n) == ZT_OK &&
		     memcmp(out, want.p, want.n) == 0;
		buf_free(&b);
	}
	return ok;
}

static void
hpke_rfc9180_a2(void **state)
{
	json_t *all = vectors_load("hpke/rfc9180-a2-x25519-sha256-chacha20poly1305.json"), *one;
	struct tally t = { 0 };
	size_t i;

	(void)state;
	if (all == NULL)
		skip();
	json_array_foreach(all, i, one)
	{
		struct buf b = buf_init(4096);
		struct secret *sk_e = NULL, *sk_r = NULL, *derived = NULL;
		struct hpke *send = NULL, *receive = NULL;
		struct bytes info, enc, pk_r;
		uint8_t got[32];
		bool ok;

		if (json_integer_value(json_object_get(one, "mode")) != 0) {
			t.skipped++;
			continue;
		}
		(void)buf_room(&b, 2048);
		b.n = 0;
		info = vectors_hex(one, "info", &b);
		enc = vectors_hex(one, "enc", &b);
		pk_r = vectors_hex(one, "pkRm", &b);
		assert_ok(secret_from(vectors_hex(one, "skEm", &b), &sk_e));
		assert_ok(secret_from(vectors_hex(one, "skRm", &b), &sk_r));
		assert_ok(hpke_derive_key_pair(vectors_hex(one, "ikmR", &b), &derived));
		ok = secret_equal(derived, sk_r) &&
		     hpke_sender_with(sk_e, pk_r.p, info, got, &send) == ZT_OK &&
		     memcmp(got, enc.p, 32) == 0 &&
		     hpke_receiver(enc.p, sk_r, info, &receive) == ZT_OK &&
		     hpke_messages(send, receive, one) && hpke_exports(receive, one);
		t.run++;
		t.passed += ok;
		hpke_free(send);
		hpke_free(receive);
		secret_free(sk_e);
		secret_free(sk_r);
		secret_free(derived);
		buf_free(&b);
	}
	report("hpke RFC 9180 A.2", t, "modes psk, auth and auth_psk are not used by zt");
	json_decref(all);
}

/* ---- RFC 9162 ---- */

static bool
hash_of(const json_t *text, struct hash *out)
{
	const char *s = json_string_value(text);

	memset(out, 0, sizeof *out);
	return s != NULL && base64_parse(bytes_text(s), out->b, HASH_BYTES) == ZT_OK;
}

static bool
proof_of(const json_t *list, struct merkle_proof *out)
{
	size_t n = json_array_size(list);

	if (n > MERKLE_PROOF)
		return false;
	out->count = n;
	for (size_t i = 0; i < n; i++)
		if (!hash_of(json_array_get(list, i), &out->node[i]))
			return false;
	return true;
}

static uint64_t
number(const json_t *test, const char *key)
{
	const json_t *v = json_object_get(test, key);

	return json_is_string(v) ? strtoull(json_string_value(v), NULL, 10)
				 : (uint64_t)json_integer_value(v);
}

static void
merkle_good_proofs_pass_and_spoiled_ones_do_not(void **state)
{
	json_t *in = vectors_load("merkle/inclusion.json"), *test;
	json_t *con = vectors_load("merkle/consistency.json");
	struct tally a = { 0 }, b = { 0 };
	size_t i;

	(void)state;
	if (in == NULL || con == NULL)
		skip();
	json_array_foreach(in, i, test)
	{
		struct merkle_proof p;
		struct hash leaf, root;
		bool ok = hash_of(json_object_get(test, "leafHash"), &leaf) &
			  hash_of(json_object_get(test, "root"), &root) &
			  proof_of(json_object_get(test, "proof"), &p);

		ok = ok && merkle_check_inclusion(number(test, "leafIdx"),
			       number(test, "treeSize"), &leaf, &p, &root) == ZT_OK;
		a.run++;
		a.passed += ok != json_is_true(json_object_get(test, "wantErr"));
	}
	json_array_foreach(con, i, test)
	{
		struct merkle_proof p;
		struct hash one, two;
		bool hashes = hash_of(json_object_get(test, "root1"), &one) &
			      hash_of(json_object_get(test, "root2"), &two);
		bool ok = hashes & proof_of(json_object_get(test, "proof"), &p);

		if (!hashes && !json_is_true(json_object_get(test, "wantErr"))) {
			b.skipped++; /* our interface cannot even be given such a root */
			continue;
		}
		ok = ok && merkle_check_consistency(number(test, "size1"),
			       number(test, "size2"), &one, &two, &p) == ZT_OK;
		b.run++;
		b.passed += ok != json_is_true(json_object_get(test, "wantErr"));
	}
	report("merkle inclusion", a, "");
	report("merkle consistency", b, "its roots are not 32 bytes");
	json_decref(in);
	json_decref(con);
}

/* ---- RFC 9421 B.2.6 ---- */

static const char *
header(const void *ctx, const char *name)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)ctx, key,
	    value) if (strcasecmp(key, name) == 0) return json_string_value(value);
	return NULL;
}

static void
http_signature_rfc9421_b26(void **state)
{
	json_t *v = vectors_load("http-signatures/rfc9421-b26.json");
	struct buf base = buf_init(8192);
	struct bytes label;
	struct tally t = { .run = 1 };
	uint8_t key[32];

	(void)state;
	if (v == NULL)
		skip();
#define TEXT(object, name) json_string_value(json_object_get(object, name))
	const json_t *rq = json_object_get(v, "request");
	struct httpsig_message m = { .method = TEXT(rq, "method"),
		.target = TEXT(rq, "target"),
		.authority = TEXT(rq, "authority"),
		.field = header,
		.ctx = json_object_get(rq, "headers") };

	assert_ok(base64_parse(bytes_text(TEXT(v, "public_key_b64")), key, 32));
	assert_ok(httpsig_base(&m, TEXT(v, "signature_input"), &label, &base));
	assert_string_equal(TEXT(v, "signature_base"), buf_text(&base));
	assert_ok(httpsig_verify(&m, TEXT(v, "signature_input"), TEXT(v, "signature"), key));
	m.method = "PUT";
	assert_err(ZT_ERR_SIGNATURE,
	    httpsig_verify(&m, TEXT(v, "signature_input"), TEXT(v, "signature"), key));
	assert_ok(httpsig_digest_check(
	    header(m.ctx, "content-digest"), bytes_text(TEXT(rq, "body"))));
	t.passed = 1;
	report("http-signatures RFC 9421 B.2.6", t, "");
	buf_free(&base);
	json_decref(v);
}

/* Files of before were written with libsodium's: both must give the same key. */
static void
argon2id_is_the_one_of_libsodium(void **state)
{
	static const uint8_t salt[PASSWORD_SALT_BYTES] = "0123456789abcde";
	const char *password = "correct horse";
	struct password_cost cost = password_cost_now();
	struct secret *key = NULL;
	uint8_t expect[32];

	(void)state;
	cost.lanes = 0;
	assert_int_equal(crypto_pwhash(expect, sizeof expect, password, strlen(password), salt,
			     crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE,
			     crypto_pwhash_ALG_ARGON2ID13),
	    0);
	assert_ok(password_key(bytes_text(password), salt, cost, &key));
	assert_memory_equal(secret_bytes(key).p, expect, sizeof expect);
	secret_free(key);
	cost.lanes = 4;
	assert_ok(password_key(bytes_text(password), salt, cost, &key));
	assert_memory_not_equal(secret_bytes(key).p, expect, sizeof expect);
	secret_free(key);
	cost.lanes = 65;
	assert_err(ZT_ERR_TOO_BIG, password_key(bytes_text(password), salt, cost, &key));
	cost.lanes = 4;
	cost.memory--;
	assert_err(ZT_ERR_WEAK, password_key(bytes_text(password), salt, cost, &key));
}

/* The key from a PRF's output, and what the secrets of a file are bound to, as another program
 * (Python's hmac and struct) made them by docs/protocol.md. */
static void
a_passkeys_key_and_its_file_are_those_of_the_protocol(void **state)
{
	static const char header[] =
	    "7a74206465766963652066696c652032000000000200000010000102030405060708090a0b0c0d0e"
	    "0f0000000100000010101112131415161718191a1b1c1d1e1f000000000000000300000000100000"
	    "000000000400000048bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	    "bb000000010000000f7a742e61636d652e6578616d706c65000000045a6d39760000002b41414543"
	    "417751464267634943516f4c4441304f4478415245684d554652595847426b614778776448683800"
	    "000004636cc3a90000018bcfe5680000000048aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaa";
	Zt__DeviceFile m = ZT__DEVICE_FILE__INIT;
	Zt__Passkey p = ZT__PASSKEY__INIT, *rows[] = { &p };
	struct buf out = buf_init(4096);
	uint8_t output[PASSKEY_OUTPUT], wraps[2][72], expect[4096];
	struct secret *key = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof output; i++)
		output[i] = (uint8_t)i;
	memset(wraps[0], 0xaa, sizeof wraps[0]);
	memset(wraps[1], 0xbb, sizeof wraps[1]);
	p.relying_party = (char *)(uintptr_t) "zt.acme.example";
	p.credential = (char *)(uintptr_t) "Zm9v";
	p.salt = (char *)(uintptr_t) "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
	p.label = (char *)(uintptr_t) "cl\xc3\xa9";
	p.added = 1700000000000;
	p.wrap = pb_field(wraps[0], sizeof wraps[0]);
	assert_ok(passkeys_key(&p, bytes_of(output, sizeof output), &key));
	assert_ok(hex_parse("c831a65470b9c0a37ad0890dd2d4929e873e01f720606276075b514ebb8567dc",
	    64, expect, 32));
	assert_memory_equal(secret_bytes(key).p, expect, 32);
	secret_free(key);
	m.version = 2;
	m.protector = 1;
	m.name = pb_field(output, PASSKEY_NAME);
	m.salt = pb_field(output + 16, PASSWORD_SALT_BYTES);
	m.passes = 3;
	m.memory = 256 << 20;
	m.lanes = 4;
	m.wrap = pb_field(wraps[1], sizeof wraps[1]);
	m.passkeys = rows;
	m.n_passkeys = 1;
	passkeys_header(&m, &out);
	assert_int_equal(strlen(header) / 2, out.n);
	assert_ok(hex_parse(header, strlen(header), expect, out.n));
	assert_memory_equal(out.p, expect, out.n);
	buf_free(&out);
}

static void
bip39_entropy_becomes_words_and_comes_back(void **state)
{
	static const char *const cases[][2] = {
#define BIP39(entropy, words) { entropy, words },
#include "bip39.def"
#undef BIP39
	};
	struct tally t = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t n = strlen(cases[i][0]) / 2, wrong;
		struct buf text = buf_init(1024);
		uint8_t in[32], back[32];

		assert_ok(hex_parse(cases[i][0], 2 * n, in, n));
		words_print(bytes_of(in, n), WORDS_ENGLISH, &text);
		assert_string_equal(cases[i][1], buf_text(&text));
		assert_ok(words_parse(bytes_text(cases[i][1]), back, n, &wrong));
		assert_memory_equal(in, back, n);
		buf_free(&text);
		t.run++;
		t.passed++;
	}
	report("bip39", t, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wycheproof_ed25519),
		cmocka_unit_test(wycheproof_x25519),
		cmocka_unit_test(wycheproof_aead),
		cmocka_unit_test(wycheproof_hkdf_and_hmac),
		cmocka_unit_test(hpke_rfc9180_a2),
		cmocka_unit_test(merkle_good_proofs_pass_and_spoiled_ones_do_not),
		cmocka_unit_test(http_signature_rfc9421_b26),
		cmocka_unit_test(argon2id_is_the_one_of_libsodium),
		cmocka_unit_test(a_passkeys_key_and_its_file_are_those_of_the_protocol),
		cmocka_unit_test(bip39_entropy_becomes_words_and_comes_back),
	};

	return suite_init() != ZT_OK || cmocka_run_group_tests(tests, NULL, NULL);
}
