/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* certificate_cases.c - see certificate_cases.h. */
#include "certificate_cases.h"

#include <openssl/pem.h>

#include "authority.h"
#include "test.h"

enum { MOST = 4 };

struct setting {
	struct authority root, between, stranger, constrained, shallow, below, ended;
	EVP_PKEY *key, *other;
	struct buf list, between_list, constrained_list, shallow_list, below_list, ended_list;
	void (*one)(void *ctx, const struct certificate_case *c);
	void *ctx;
};

/* A case as it is asked for: WORDS as in certificate_case. */
struct trial {
	const char *words;
	struct wish w;
	const struct authority *by; /* NULL: it issues itself */
	EVP_PKEY *signer;           /* of the statement; NULL: the certificate's key */
	const struct authority *chain[MOST], *anchors[MOST];
	const struct buf *lists[MOST];
	const char *email;
	long later;       /* than NOW, in seconds */
	size_t cut, more; /* bytes that are taken off the certificate's end, or added to it */
};

static size_t
spans(const struct authority *const from[MOST], struct bytes to[MOST])
{
	size_t n = 0;

	for (; n < MOST && from[n] != NULL; n++)
		to[n] = buf_bytes(&from[n]->der);
	return n;
}

static void
try(struct setting *s, const char *name, struct trial t)
{
	static const char statement[] = "a statement";
	struct bytes chain[MOST], anchors[MOST], lists[MOST];
	struct certificate_case c = { .name = name,
		.words = t.words,
		.trust = { .anchors = anchors, .lists = lists },
		.claim = { .chain = chain,
		    .email = t.email,
		    .statement = bytes_text(statement) },
		.now_ms = (uint64_t)(NOW + t.later) * 1000 };
	struct buf signature = buf_init(8192), der;
	X509 *x;

	t.w.key = t.w.key != NULL ? t.w.key : s->key;
	x = issue(&t.w, t.by);
	der = der_of(x);
	X509_free(x);
	for (size_t i = 0; i < t.more; i++)
		buf_add_byte(&der, 0);
	sign_by(t.signer != NULL ? t.signer : t.w.key, c.claim.statement, &signature);
	c.claim.certificate = bytes_of(der.p, der.n - t.cut);
	c.claim.signature = buf_bytes(&signature);
	c.claim.chain_count = spans(t.chain, chain);
	c.trust.anchor_count = spans(t.anchors, anchors);
	for (; c.trust.list_count < MOST && t.lists[c.trust.list_count] != NULL;
	     c.trust.list_count++)
		lists[c.trust.list_count] = buf_bytes(t.lists[c.trust.list_count]);
	s->one(s->ctx, &c);
	buf_free(&signature);
	buf_free(&der);
}

/* Bob's certificate of the root, over the one between where that issues it. */
static struct trial
usual(const struct setting *s, const char *words)
{
	return (struct trial){ .words = words,
		.w = good,
		.by = &s->root,
		.chain = { &s->between },
		.anchors = { &s->root },
		.lists = { &s->list, &s->between_list },
		.email = "bob@test.example" };
}

/* ---- the certificate ---- */

static void
cases_of_contents(struct setting *s)
{
	struct trial t;

	try(s, "as it should be", usual(s, NULL));
	t = usual(s, NULL);
	t.by = &s->between;
	try(s, "over one between", t);
	t = usual(s, NULL);
	t.w.extended = NULL;
	try(s, "its purpose not restricted", t);
	t = usual(s, NULL);
	t.w.email = "bob@TEST.example";
	try(s, "the domain in other letters", t);
	t = usual(s, "another e-mail");
	t.w.email = "BOB@test.example";
	try(s, "the name in other letters", t);
	t = usual(s, "has expired");
	t.w.until = -1;
	try(s, "expired a second ago", t);
	t = usual(s, "has expired");
	t.later = 40 * DAY;
	try(s, "expired by the clock that asks", t);
	t = usual(s, "not valid yet");
	t.w.from = DAY;
	try(s, "of tomorrow", t);
	t = usual(s, "not meant for people");
	t.w.extended = "serverAuth";
	try(s, "a server's", t);
	t = usual(s, "not meant for");
	t.w.key_usage = "critical,keyEncipherment";
	try(s, "for encryption alone", t);
	t = usual(s, "another e-mail");
	t.w.email = "alice@test.example";
	try(s, "alice's", t);
	t.w.email = NULL;
	try(s, "without an e-mail", t);
	t.w.email = "bob@test.example.evil.example";
	try(s, "an e-mail that begins alike", t);
	t = usual(s, "another e-mail");
	t.email = "";
	try(s, "no e-mail asked for", t);
	t = usual(s, "is not valid");
	t.w.unknown = "critical,ASN1:NULL";
	try(s, "what it says and must be understood is not known", t);
	t = usual(s, NULL);
	t.w.unknown = "ASN1:NULL";
	try(s, "what is not known and need not be", t);
	t = usual(s, "cannot be read");
	t.cut = 1;
	try(s, "a byte less", t);
	t = usual(s, "cannot be read");
	t.more = 1;
	try(s, "a byte more", t);
}

/* ---- keys and hashes ---- */

static void
case_of_key(struct setting *s, const char *name, EVP_PKEY *key, const char *words)
{
	struct trial t = usual(s, words);

	assert_non_null(key);
	t.w.key = key;
	try(s, name, t);
	EVP_PKEY_free(key);
}

static EVP_PKEY *
curve(const char *name)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "EC", name);
}

static void
cases_of_keys(struct setting *s)
{
	struct trial t;

	case_of_key(s, "RSA of 1024 bits", new_key(1024), "too weak");
	case_of_key(s, "RSA of 3072 bits", new_key(3072), NULL);
	case_of_key(s, "P-224", curve("P-224"), NULL);
	case_of_key(s, "P-256", curve("P-256"), NULL);
	case_of_key(s, "P-384", curve("P-384"), NULL);
	case_of_key(s, "P-521", curve("P-521"), NULL);
	case_of_key(s, "P-192", curve("P-192"), "too weak");
	case_of_key(s, "secp256k1", curve("secp256k1"), NULL);
	case_of_key(s, "a curve of Brainpool", curve("brainpoolP256r1"), NULL);
	case_of_key(s, "a binary curve", curve("sect283r1"), NULL);
	case_of_key(s, "Ed25519", new_key(ED25519), NULL);
	t = usual(s, "not signed by");
	t.signer = s->other;
	try(s, "another key signed the request", t);
	t.signer = s->between.key;
	try(s, "its issuer signed the request", t);
	t = usual(s, "too weak");
	t.w.hash = EVP_sha1();
	try(s, "signed over SHA-1", t);
	t.w.hash = EVP_md5();
	try(s, "signed over MD5", t);
	t = usual(s, NULL);
	t.w.hash = EVP_sha512();
	try(s, "signed over SHA-512", t);
	t.w.hash = EVP_sha3_256();
	try(s, "signed over SHA3-256", t);
}

/* ---- the path ---- */

static void
cases_of_paths(struct setting *s)
{
	struct trial t = usual(s, "does not lead to");

	t.by = &s->stranger;
	try(s, "a stranger's", t);
	t.by = NULL;
	try(s, "its own", t);
	t = usual(s, "does not lead to");
	t.by = &s->between;
	t.chain[0] = NULL;
	try(s, "the one between is missing", t);
	t = usual(s, "does not lead to");
	t.anchors[0] = &s->stranger;
	try(s, "another root is trusted", t);
	t = usual(s, NULL);
	t.by = &s->between;
	t.anchors[0] = &s->between;
	try(s, "the one between is trusted itself", t);
	t = usual(s, "no trust anchor");
	t.anchors[0] = NULL;
	try(s, "nobody is trusted", t);
	t = usual(s, "is not valid");
	t.by = t.chain[0] = &s->constrained;
	t.lists[1] = &s->constrained_list;
	try(s, "an issuer for other names", t);
	t = usual(s, NULL);
	t.by = t.chain[0] = &s->constrained;
	t.lists[1] = &s->constrained_list;
	t.w.email = t.email = "bob@inside.example";
	try(s, "an issuer for such names", t);
	t = usual(s, "may not issue");
	t.by = t.chain[0] = &s->below;
	t.chain[1] = &s->shallow;
	t.lists[1] = &s->shallow_list;
	t.lists[2] = &s->below_list;
	try(s, "a path that is longer than it may be", t);
	t = usual(s, "has expired");
	t.by = t.chain[0] = &s->ended;
	t.lists[1] = &s->ended_list;
	try(s, "its issuer expired", t);
}

/* Somebody's certificate of their own is no issuer's. */
static void
case_of_a_person_who_issues(struct setting *s)
{
	struct trial t = usual(s, "does not lead to");
	struct authority bob = { .key = s->key };
	struct wish w = good;
	struct buf list;

	w.key = s->key;
	bob.x = issue(&w, &s->root);
	bob.der = der_of(bob.x);
	list = list_of(&bob, DAY, 30 * DAY, 0);
	t.w.key = s->other;
	t.by = t.chain[0] = &bob;
	t.lists[1] = &list;
	try(s, "a person issues it", t);
	X509_free(bob.x);
	buf_free(&bob.der);
	buf_free(&list);
}

static void
cases_of_lists(struct setting *s)
{
	struct buf revoked = list_of(&s->root, DAY, 30 * DAY, good.serial);
	struct buf issuer = list_of(&s->root, DAY, 30 * DAY, 2); /* the one between */
	struct buf old = list_of(&s->root, 60 * DAY, -1, 0);
	struct buf early = list_of(&s->root, -DAY, 30 * DAY, 0);
	struct buf forged = list_of(&s->stranger, DAY, 30 * DAY, 0);
	struct trial t = usual(s, "was revoked");

	t.lists[0] = &revoked;
	try(s, "revoked", t);
	t.lists[0] = &issuer;
	t.words = NULL;
	try(s, "another's serial is on the list", t);
	t.by = &s->between;
	t.words = "was revoked";
	try(s, "its issuer was revoked", t);
	t = usual(s, "out of date");
	t.lists[0] = &old;
	try(s, "the list is old", t);
	t.lists[0] = &early;
	try(s, "the list is of tomorrow", t);
	t = usual(s, "no revocation list");
	t.lists[0] = &forged;
	try(s, "another's list", t);
	t.lists[0] = NULL;
	try(s, "no list", t);
	t = usual(s, "no revocation list");
	t.by = &s->between;
	t.lists[1] = NULL;
	try(s, "no list of the one between", t);
	t = usual(s, "cannot be read");
	revoked.n--;
	t.lists[0] = &revoked;
	try(s, "a list with a byte less", t);
	revoked.n++;
	buf_free(&revoked);
	buf_free(&issuer);
	buf_free(&old);
	buf_free(&early);
	buf_free(&forged);
}

void
certificate_cases(void (*one)(void *ctx, const struct certificate_case *c), void *ctx)
{
	struct setting s = { .one = one, .ctx = ctx };
	struct wish issuer = issuer_wish("constrained");

	found(&s.root, "root", NULL);
	found(&s.between, "between", &s.root);
	found(&s.stranger, "stranger", NULL);
	issuer.constraints = "critical,permitted;email:inside.example";
	found_as(&s.constrained, issuer, &s.root);
	issuer = issuer_wish("shallow");
	issuer.basic = "critical,CA:TRUE,pathlen:0";
	found_as(&s.shallow, issuer, &s.root);
	found(&s.below, "below", &s.shallow);
	issuer = issuer_wish("ended");
	issuer.until = -1;
	found_as(&s.ended, issuer, &s.root);
	s.key = new_key(2048);
	s.other = new_key(2048);
	s.list = list_of(&s.root, DAY, 90 * DAY, 0);
	s.between_list = list_of(&s.between, DAY, 90 * DAY, 0);
	s.constrained_list = list_of(&s.constrained, DAY, 90 * DAY, 0);
	s.shallow_list = list_of(&s.shallow, DAY, 90 * DAY, 0);
	s.below_list = list_of(&s.below, DAY, 90 * DAY, 0);
	s.ended_list = list_of(&s.ended, DAY, 90 * DAY, 0);
	cases_of_contents(&s);
	cases_of_keys(&s);
	cases_of_paths(&s);
	case_of_a_person_who_issues(&s);
	cases_of_lists(&s);
	for (struct authority *const *a = (struct authority *const[]){ &s.root, &s.between,
		 &s.stranger, &s.constrained, &s.shallow, &s.below, &s.ended, NULL };
	     *a != NULL; a++)
		close_authority(*a);
	for (struct buf *const *b = (struct buf *const[]){ &s.list, &s.between_list,
		 &s.constrained_list, &s.shallow_list, &s.below_list, &s.ended_list, NULL };
	     *b != NULL; b++)
		buf_free(*b);
	EVP_PKEY_free(s.key);
	EVP_PKEY_free(s.other);
}
