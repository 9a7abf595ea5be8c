/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pki_test.c - row J7: what a certificate must be to let somebody in, each bad kind refused
 * with its reason; and a server that brings an admin's device requests it should not. */
#include "test.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

#include "crypto/suite.h"
#include "format/pb.h"
#include "pki/pki_request.h"
#include "proto/auth.pb-c.h"
#include "world.h"
#include "zt/pki.h"

enum { DAY = 24 * 3600, NOW = 1800000000 }; /* seconds: 2027 */

/* ---- a certificate authority ---- */

struct authority {
	EVP_PKEY *key;
	X509 *x;
	struct buf der;
};

struct wish { /* a certificate that should be */
	const char *name, *email, *key_usage, *extended, *basic;
	EVP_PKEY *key;
	long from, until; /* from NOW */
	long serial;
};

enum { P256 = 0, ED25519 = 1 }; /* and from there on, RSA of so many bits */

static EVP_PKEY *
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

/* BY NULL: it signs itself. */
static X509 *
issue(const struct wish *w, const struct authority *by)
{
	X509 *x = X509_new();
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
	assert_true(X509_sign(x, by != NULL ? by->key : w->key, EVP_sha256()) > 0);
	return x;
}

static struct buf
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

static void
found(struct authority *a, const char *name, const struct authority *by)
{
	const struct wish w = { .name = name,
		.basic = "critical,CA:TRUE",
		.key_usage = "critical,keyCertSign,cRLSign",
		.key = a->key = new_key(2048),
		.from = -100 * DAY,
		.until = 100 * DAY,
		.serial = by != NULL ? 2 : 1 };

	a->x = issue(&w, by);
	a->der = der_of(a->x);
}

static void
close_authority(struct authority *a)
{
	EVP_PKEY_free(a->key);
	X509_free(a->x);
	buf_free(&a->der);
}

/* A revocation list of A, of AGE seconds and good for UNTIL, with SERIAL on it unless 0. */
static struct buf
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

static void
sign(EVP_PKEY *key, struct bytes statement, struct buf *out)
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

/* ---- the check alone ---- */

struct setting {
	struct authority root, between, stranger;
	EVP_PKEY *key, *other, *weak, *ec, *ed;
	struct bytes anchors[1], lists[2];
	struct buf list, between_list;
	struct x509_trust trust;
};

static const struct wish good = { .name = "bob",
	.email = "bob@test.example",
	.key_usage = "critical,digitalSignature",
	.extended = "clientAuth",
	.basic = "critical,CA:FALSE",
	.from = -DAY,
	.until = 30 * DAY,
	.serial = 7 };

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
	sign(signer != NULL ? signer : w.key, c.statement, &signature);
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
	sign(s->other, c.statement, &signature);
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

/* ---- a server that brings an admin what it likes ---- */

static char *
pem_file(struct world *w, const char *name, X509 *x, EVP_PKEY *key)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *text, *path;
	long n;

	if (x != NULL)
		assert_int_equal(1, PEM_write_bio_X509(b, x));
	else
		assert_int_equal(
		    1, PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL));
	n = BIO_get_mem_data(b, &text);
	path = world_file(w, name, text, (size_t)n);
	BIO_free(b);
	return path;
}

struct list {
	struct buf kept; /* the list as it once was */
	bool alter;
};

static void
show_again(void *ctx, struct proxy_call *c)
{
	struct list *l = ctx;
	Zt__PkiRequests *m = NULL;
	char *name;

	if (c->route != ROUTE_PKI_LIST || c->status != 200)
		return;
	if (l->kept.n == 0)
		buf_add(&l->kept, buf_bytes(&c->answer));
	buf_empty(&c->answer);
	buf_add(&c->answer, buf_bytes(&l->kept));
	if (!l->alter)
		return;
	assert_ok(pb_decode(&zt__pki_requests__descriptor, buf_bytes(&c->answer), 1 << 20, &m));
	name = memmem(m->items[0]->body.data, m->items[0]->body.len, "2\3bob", 5);
	assert_non_null(name);
	name[2] = 'r'; /* rob */
	buf_empty(&c->answer);
	assert_ok(pb_encode(m, &c->answer));
	pb_free(m);
}

static void
take_id(void *ctx, const struct zt_pki_open *r)
{
	(void)snprintf(ctx, 64, "%s", r->id);
}

static void
expect_message(struct person *p, const char *id, const char *part)
{
	assert_true(zt_pki_accept(p->zt, id, NULL) != ZT_OK);
	assert_non_null(strstr(zt_error_message(p->zt), part));
}

static void
J7_a_request_that_was_altered_or_answered_before_is_refused_by_the_admin_s_device(void **state)
{
	struct setting *s = *state;
	struct list list = { .kept = buf_init(1 << 20) };
	struct proxy_hooks hooks = { .ctx = &list, .after = show_again };
	long shift = (long)time(NULL) - NOW;
	struct wish w = good;
	struct buf crl = list_of(&s->root, DAY - shift, shift + 30 * DAY, 0);
	struct world *world = world_begin();
	struct person alice;
	char home[128], id[64] = "", shown[64] = "", org[ID_TEXT], message[256];
	char *files[2], *certificate, *key;
	uint64_t size;
	struct zt_options o = { .home = home, .password = "a password" };
	struct zt_pki_ask ask = { .email = "bob@test.example", .name = "bob" };
	X509 *x;

	world_found(world, &alice, "alice");
	w.key = s->key;
	w.from += shift;
	w.until += shift;
	x = issue(&w, &s->root);
	files[0] = world_file(world, "root.der", s->root.der.p, s->root.der.n);
	files[1] = world_file(world, "list.der", crl.p, crl.n);
	certificate = pem_file(world, "bob.pem", x, NULL);
	key = pem_file(world, "bob.key", NULL, s->key);
	assert_ok(zt_pki_trust(alice.zt, (const char *const *)files, 2));
	id_print(&alice.zt->org, org);
	ask.server = proxy_url(world->d);
	ask.org = org;
	ask.device_label = "desk";
	ask.certificate = certificate;
	ask.key = key;
	(void)snprintf(home, sizeof home, "%s/bob", world->state);
	assert_ok(zt_pki_request(&o, &ask, id, message));
	proxy_play(world->d, &hooks);
	assert_ok(zt_pki_requests(alice.zt, take_id, shown));
	assert_string_equal(id, shown);
	list.alter = true;
	expect_message(&alice, id, "not signed by the certificate's key");
	list.alter = false;
	assert_ok(zt_pki_accept(alice.zt, id, "standard"));
	size = merkle_size(alice.zt->state->tree);
	assert_ok(zt_pki_accept(alice.zt, id, "standard")); /* it is shown again: bob is in */
	assert_int_equal(size, merkle_size(alice.zt->state->tree));
	assert_ok(zt_user_revoke(alice.zt, "bob@test.example"));
	expect_message(&alice, id, "answered this request before");
	/* And one that was turned down. */
	(void)snprintf(home, sizeof home, "%s/bob2", world->state);
	proxy_play(world->d, NULL);
	assert_ok(zt_pki_request(&o, &ask, id, message));
	buf_empty(&list.kept);
	proxy_play(world->d, &hooks);
	assert_ok(zt_pki_requests(alice.zt, take_id, shown));
	assert_ok(zt_pki_reject(alice.zt, id));
	expect_message(&alice, id, "answered this request before");
	proxy_play(world->d, NULL);
	for (int i = 0; i < 2; i++)
		free(files[i]);
	free(certificate);
	free(key);
	X509_free(x);
	buf_free(&list.kept);
	buf_free(&crl);
	person_close(&alice);
	world_end(world);
}

/* ---- how many there are ---- */

struct certified { /* a world whose organization trusts the root */
	struct setting *s;
	struct world *w;
	struct person alice;
	char org[ID_TEXT];
	struct buf crl;
	struct buf request; /* the last that was sent */
	unsigned homes;
	long shift; /* from NOW to the time of day: one, or certificates would differ */
};

static void
keep_request(void *ctx, struct proxy_call *c)
{
	struct buf *b = ctx;

	if (c->route != ROUTE_PKI_ASK)
		return;
	buf_empty(b);
	buf_add(b, c->request);
}

static void
begin_certified(struct setting *s, struct certified *c)
{
	char *files[2];

	*c = (struct certified){
		.s = s, .request = buf_init(1 << 20), .shift = (long)time(NULL) - NOW
	};
	c->crl = list_of(&s->root, DAY - c->shift, c->shift + 30 * DAY, 0);
	(void)setenv("ZT_SWEEP", "1", 1);
	c->w = world_begin();
	(void)unsetenv("ZT_SWEEP");
	world_found(c->w, &c->alice, "alice");
	id_print(&c->alice.zt->org, c->org);
	files[0] = world_file(c->w, "root.der", s->root.der.p, s->root.der.n);
	files[1] = world_file(c->w, "list.der", c->crl.p, c->crl.n);
	assert_ok(zt_pki_trust(c->alice.zt, (const char *const *)files, 2));
	free(files[0]);
	free(files[1]);
}

static void
end_certified(struct certified *c)
{
	buf_free(&c->crl);
	buf_free(&c->request);
	person_close(&c->alice);
	world_end(c->w);
}

/* A new device of bob's asks, by the certificate with SERIAL. */
static struct zt_options
ask_by(struct certified *c, long serial, char home[128], char id[64])
{
	struct proxy_hooks hooks = { .ctx = &c->request, .after = keep_request };
	struct zt_options o = { .home = home, .password = "a password" };
	struct wish w = good;
	char *certificate, *key, message[256] = "";
	struct zt_pki_ask ask = { .email = "bob@test.example",
		.name = "bob",
		.server = proxy_url(c->w->d),
		.org = c->org,
		.device_label = "desk" };
	X509 *x;

	w.key = c->s->key;
	w.serial = serial;
	w.from += c->shift;
	w.until += c->shift;
	x = issue(&w, &c->s->root);
	certificate = pem_file(c->w, "bob.pem", x, NULL);
	key = pem_file(c->w, "bob.key", NULL, c->s->key);
	ask.certificate = certificate;
	ask.key = key;
	(void)snprintf(home, 128, "%s/bob-%u", c->w->state, c->homes++);
	proxy_play(c->w->d, &hooks);
	assert_ok(zt_pki_request(&o, &ask, id, message));
	proxy_play(c->w->d, NULL);
	X509_free(x);
	free(certificate);
	free(key);
	return o;
}

struct shown {
	unsigned count;
	char last[64];
};

static void
note_shown(void *ctx, const struct zt_pki_open *r)
{
	struct shown *s = ctx;

	s->count++;
	(void)snprintf(s->last, sizeof s->last, "%s", r->id);
}

static struct shown
shown_to(struct certified *c)
{
	struct shown s = { 0 };

	assert_ok(zt_pki_requests(c->alice.zt, note_shown, &s));
	return s;
}

static enum zt_err
state_of(const struct zt_options *o, const char **state)
{
	struct zt *z = NULL;
	char message[256];
	enum zt_err err;

	assert_ok(zt_open(o, &z, message));
	err = zt_pki_state(z, state);
	zt_close(z);
	return err;
}

static unsigned
rows(struct certified *c)
{
	PGresult *r = world_ask(c->w, "auth",
	    "SELECT id FROM auth.pki_requests WHERE org = $1::bytea AND state = 1",
	    &c->alice.zt->org);
	unsigned n = (unsigned)PQntuples(r);

	PQclear(r);
	return n;
}

/* Otherwise one certificate fills the list, and nobody else can ask. */
static void
J7_a_certificate_has_one_request_which_ends_after_thirty_days(void **state)
{
	struct certified c;
	char home[4][128], id[4][64];
	struct zt_options o[4];
	struct buf first = buf_init(1 << 20);
	const char *word = "";
	enum zt_err err = ZT_OK;

	begin_certified(*state, &c);
	o[0] = ask_by(&c, 7, home[0], id[0]);
	buf_add(&first, buf_bytes(&c.request));
	assert_int_equal(200, proxy_send(c.w->d, buf_bytes(&first), &err)); /* a lost answer */
	assert_int_equal(1, shown_to(&c).count);
	o[1] = ask_by(&c, 7, home[1], id[1]);
	assert_int_equal(1, shown_to(&c).count); /* the newer one, */
	assert_string_equal(id[1], shown_to(&c).last);
	assert_int_equal(1, rows(&c));
	assert_ok(state_of(&o[1], &word));
	assert_string_equal("open", word);
	assert_err(ZT_ERR_NOT_FOUND, state_of(&o[0], &word));
	/* whose place the older one does not take when it comes again */
	assert_true(proxy_send(c.w->d, buf_bytes(&first), &err) != 200);
	assert_int_equal(ZT_ERR_CERTIFICATE, err);
	assert_string_equal(id[1], shown_to(&c).last);
	/* another certificate has its own request */
	o[2] = ask_by(&c, 8, home[2], id[2]);
	assert_int_equal(2, shown_to(&c).count);
	/* a month later the first is gone, and its certificate may ask again */
	PQclear(world_ask(c.w, "auth",
	    "UPDATE auth.pki_requests SET created = created - 30 * 86400000::int8 WHERE org = "
	    "$1::bytea AND created = (SELECT min(created) FROM auth.pki_requests) RETURNING 1",
	    &c.alice.zt->org));
	assert_int_equal(1, shown_to(&c).count);
	assert_string_equal(id[2], shown_to(&c).last);
	assert_err(ZT_ERR_NOT_FOUND, state_of(&o[1], &word));
	for (int i = 0; i < 100 && rows(&c) > 1; i++)
		(void)nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
	assert_int_equal(1, rows(&c));
	o[3] = ask_by(&c, 7, home[3], id[3]);
	assert_int_equal(2, shown_to(&c).count);
	assert_ok(zt_pki_accept(c.alice.zt, id[3], "standard"));
	assert_ok(state_of(&o[3], &word));
	assert_string_equal("accepted", word);
	buf_free(&first);
	end_certified(&c);
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
		cmocka_unit_test(J7_a_certificate_has_one_request_which_ends_after_thirty_days),
		cmocka_unit_test(
		    J7_a_request_that_was_altered_or_answered_before_is_refused_by_the_admin_s_device),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
