/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pki_test.c - row J7: a server that brings an admin's device requests it should not, and one
 * certificate that asks without end. */
#include "test.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "authority.h"
#include "crypto/suite.h"
#include "format/pb.h"
#include "proto/enrol.pb-c.h"
#include "world.h"
#include "zt/pki.h"

struct setting {
	struct authority root;
	EVP_PKEY *key; /* of the newcomer's certificate */
};

static int
begin(void **state)
{
	struct setting *s = calloc(1, sizeof *s);

	assert_non_null(s);
	assert_ok(suite_init());
	found(&s->root, "root", NULL);
	s->key = new_key(2048);
	*state = s;
	return 0;
}

static int
end(void **state)
{
	struct setting *s = *state;

	close_authority(&s->root);
	EVP_PKEY_free(s->key);
	free(s);
	return 0;
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
		cmocka_unit_test(J7_a_certificate_has_one_request_which_ends_after_thirty_days),
		cmocka_unit_test(
		    J7_a_request_that_was_altered_or_answered_before_is_refused_by_the_admin_s_device),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
