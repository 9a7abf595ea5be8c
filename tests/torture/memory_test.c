/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* memory_test.c - every allocation of the floors without I/O fails once: the error is MEMORY,
 * the output is untouched, nothing leaks (the run under sanitizers sees it; live secrets are
 * counted here). */
#include "test.h"

#include "crypto/hpke.h"
#include "crypto/suite.h"
#include "fault.h"
#include "files/changeset.h"
#include "files/manifest.h"
#include "format/httpsig.h"
#include "format/limits.h"
#include "format/pb.h"
#include "trust/keyring.h"
#include "trust/rules.h"
#include "trust/sas.h"

/* ---- the allocator that fails ---- */

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *p, size_t n);
void *__real_aligned_alloc(size_t at, size_t n);
void *__wrap_aligned_alloc(size_t at, size_t n);

static long left = -1, asked; /* LEFT: requests until one fails; below zero: none does */

static bool
fails(void)
{
	asked++;
	return left >= 0 && left-- == 0;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t count, size_t n)
{
	return fails() ? NULL : __real_calloc(count, n);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

void *
__wrap_aligned_alloc(size_t at, size_t n)
{
	return fails() ? NULL : __real_aligned_alloc(at, n);
}

void
fault_each(enum zt_err (*run)(void *ctx), void *ctx)
{
	long count, live = secret_live();

	left = -1;
	asked = 0;
	assert_ok(run(ctx));
	count = asked;
	assert_true(count > 0);
	for (long i = 0; i < count; i++) {
		enum zt_err err;

		left = i;
		err = run(ctx);
		left = -1;
		assert_err(ZT_ERR_MEMORY, err);
		assert_int_equal(live, secret_live());
	}
	print_message("%ld allocations, each failed once\n", count);
}

/* ---- what is run ---- */

static enum zt_err
seal_a_manifest(void *ctx)
{
	static const struct manifest_place place = { { { 'w' } }, { { 'v' } }, 1 };
	Zt__Manifest m = ZT__MANIFEST__INIT, *back = NULL;
	Zt__FileManifest f;
	struct buf object = buf_init(1 << 16), wrap = buf_init(256);
	struct envelope_pins pins;
	const char *message;
	enum zt_err err;

	zt__file_manifest__init(&f);
	m.kind_case = ZT__MANIFEST__KIND_FILE;
	m.file = &f;
	f.size = 5;
	f.content_case = ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT;
	f.inline_content = pb_field("hello", 5);
	if ((err = manifest_seal(ctx, &place, &m, &object, &wrap, &pins)) == ZT_OK)
		err = manifest_open(
		    ctx, &place, buf_bytes(&object), buf_bytes(&wrap), &pins, &back, &message);
	assert_true((back != NULL) == (err == ZT_OK));
	pb_wipe(back);
	buf_free(&object);
	buf_free(&wrap);
	return err;
}

static void
a_manifest_is_sealed_and_opened(void **state)
{
	struct secret *key = NULL;

	(void)state;
	assert_ok(secret_generate(&key));
	fault_each(seal_a_manifest, key);
	secret_free(key);
}

struct founding {
	struct sign_key *root;
	Zt__EntryBody body;
	struct id org;
};

static enum zt_err
begin_an_organization(void *ctx)
{
	struct founding *f = ctx;
	struct entry *e = NULL;
	struct org_state *o = NULL;
	const char *message;
	enum zt_err err;

	if ((err = entry_sign(f->root, &f->body, &e)) || (err = org_state_new(&f->org, &o)) ||
	    (err = rules_check(o, e, 0, &message)) || (err = org_state_apply(o, e, 0)))
		goto out;
	err = merkle_add(o->tree, &e->leaf);
out:
	org_state_free(o);
	entry_free(e);
	return err;
}

static void
a_genesis_is_signed_checked_and_applied(void **state)
{
	struct founding f = { .body = ZT__ENTRY_BODY__INIT };
	Zt__Genesis g = ZT__GENESIS__INIT;
	Zt__UserAdded u = ZT__USER_ADDED__INIT;
	Zt__DeviceAdded d = ZT__DEVICE_ADDED__INIT;
	uint8_t root[32];

	(void)state;
	assert_ok(sign_generate(&f.root));
	sign_public(f.root, root);
	org_state_id(root, &f.org);
	u.user = d.user = d.device = pb_field(root, ID_BYTES);
	d.sign_key = d.seal_key = u.user_key = u.handle_commitment = pb_field(root, 32);
	d.purpose = (char *)(uintptr_t) "desktop";
	u.profile = ZT__PROFILE__ADMIN;
	u.device = &d;
	g.slug = (char *)(uintptr_t) "slug";
	g.format = LOG_FORMAT;
	g.root_key = g.log_key = pb_field(root, 32);
	g.first = &u;
	f.body.suite = 1;
	f.body.org = f.body.topic = pb_field(f.org.b, ID_BYTES);
	f.body.action_case = ZT__ENTRY_BODY__ACTION_GENESIS;
	f.body.genesis = &g;
	fault_each(begin_an_organization, &f);
	sign_free(f.root);
}

static enum zt_err
exchange(void *ctx)
{
	static const struct id id = { { 'x' } };
	struct sas *side[2] = { NULL, NULL };
	struct buf message = buf_init(4096), clear = buf_init(4096);
	enum zt_err err;

	(void)ctx;
	if ((err = sas_new(SAS_CLAIMER, &id, &id, &id, &side[0])) ||
	    (err = sas_new(SAS_GREETER, &id, &id, &id, &side[1])))
		goto out;
	for (unsigned step = 0; step < SAS_STEPS; step++) {
		char code[2][SAS_CODE];

		if (step == 4 && ((err = sas_my_code(side[0], code[0])) ||
				     (err = sas_my_code(side[1], code[1])) ||
				     (err = sas_pick(side[0], code[1])) ||
				     (err = sas_pick(side[1], code[0]))))
			goto out;
		buf_empty(&message);
		if ((err = sas_send(side[step % 2], bytes_text("x"), &message)) ||
		    (err = sas_receive(side[1 - step % 2], buf_bytes(&message), &clear)))
			goto out;
	}
out:
	sas_free(side[0]);
	sas_free(side[1]);
	buf_free(&message);
	buf_free(&clear);
	return err;
}

static void
an_enrolment_is_exchanged(void **state)
{
	(void)state;
	fault_each(exchange, NULL);
}

static enum zt_err
seal_a_message(void *ctx)
{
	uint8_t public[HPKE_PUBLIC_BYTES];
	struct buf sealed = buf_init(4096), clear = buf_init(4096);
	enum zt_err err;

	hpke_public(ctx, public);
	if ((err = hpke_seal(public, bytes_text("test"), bytes_text("aad"), bytes_text("clear"),
		 &sealed)) == ZT_OK)
		err = hpke_open(
		    ctx, bytes_text("test"), bytes_text("aad"), buf_bytes(&sealed), &clear);
	buf_free(&sealed);
	buf_free(&clear);
	return err;
}

static void
a_message_is_sealed_by_hpke(void **state)
{
	struct secret *key = NULL;

	(void)state;
	assert_ok(secret_generate(&key));
	fault_each(seal_a_message, key);
	secret_free(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_manifest_is_sealed_and_opened),
		cmocka_unit_test(a_genesis_is_signed_checked_and_applied),
		cmocka_unit_test(an_enrolment_is_exchanged),
		cmocka_unit_test(a_message_is_sealed_by_hpke),
	};

	if (suite_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
