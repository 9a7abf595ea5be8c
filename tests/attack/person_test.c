/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* person_test.c - whom an address means: never two, never silently somebody else, and no name
 * that the log does not commit to. */
#include <stdio.h>

#include "base/utf8.h"
#include "chain/workspace.h"
#include "format/pb.h"
#include "join/newcomer.h"
#include "log/handles.h"
#include "proto/trust.pb-c.h"
#include "session/session.h"
#include "test.h"
#include "world.h"

/* ---- texts that people take for each other ---- */

static bool
same(enum zt_err of(struct bytes text, struct buf *out), const char *a, const char *b)
{
	struct buf x = buf_init(1024), y = buf_init(1024);
	bool is;

	assert_ok(of(bytes_text(a), &x));
	assert_ok(of(bytes_text(b), &y));
	is = bytes_equal(buf_bytes(&x), buf_bytes(&y));
	buf_free(&x);
	buf_free(&y);
	return is;
}

static void
an_address_is_one_however_it_is_written(void **state)
{
	struct buf out = buf_init(64);

	(void)state;
	assert_true(same(utf8_fold, "Bob@Acme.Example", "bob@acme.example"));
	assert_true(same(utf8_fold, "zoe\u0308@x", "ZO\u00cb@x"));
	assert_true(same(utf8_fold, "\uff42ob@x", "bob@x"));        /* full width */
	assert_true(same(utf8_fold, "b\u200bob\u00ad@x", "bob@x")); /* not seen */
	assert_true(same(utf8_fold, "stra\u00dfe@x", "STRASSE@x"));
	assert_false(same(utf8_fold, "bob@x", "bobb@x"));
	assert_false(same(utf8_fold, "b\u043eb@x", "bob@x")); /* looks alike, and is another */
	assert_err(ZT_ERR_NAME, utf8_fold(bytes_text("\xff"), &out));
	buf_free(&out);
}

static void
what_looks_alike_has_one_skeleton(void **state)
{
	(void)state;
	assert_true(same(utf8_skeleton, "b\u043eb@x", "bob@x"));
	assert_true(same(utf8_skeleton, "b0b@x", "bob@x"));
	assert_true(same(utf8_skeleton, "a1ice@x", "alice@x"));
	assert_true(same(utf8_skeleton, "aIice@x", "alice@x"));
	assert_true(same(utf8_skeleton, "rnary@x", "mary@x"));
	assert_true(same(utf8_skeleton, "\u03b1lice@x", "alice@x"));
	assert_true(same(utf8_skeleton, "\u0430l\u0456c\u0435@x", "alice@x"));
	assert_true(same(utf8_skeleton, "zo\u00eb@x", "zoe@x"));
	assert_false(same(utf8_skeleton, "bob@x", "rob@x"));
	assert_false(same(utf8_skeleton, "carol@x", "carola@x"));
	assert_true(utf8_is_mixed(bytes_text("b\u043eb@x")));
	assert_false(
	    utf8_is_mixed(bytes_text("\u0431\u043e\u0431@acme.example"))); /* two words */
	assert_false(utf8_is_mixed(bytes_text("bob-1@acme.example")));
}

/* ---- two users of one address, and one who comes after another ---- */

struct added {
	struct newcomer n;
	struct buf label;
	struct newcomer_claim c;
};

static enum zt_err
enter(struct person *admin, const char *email, uint8_t number, struct added *a)
{
	*a = (struct added){ .label = buf_init(1024) };
	a->c = (struct newcomer_claim){ .email = email, .name = "B", .profile = "standard" };
	assert_ok(newcomer_make(&a->n, "laptop", &a->label));
	a->c.user.b[15] = number; /* first in every table */
	a->c.user_key = pb_field(a->n.user_public, 32);
	a->c.device = pb_field(a->n.device.b, ID_BYTES);
	a->c.sign_key = pb_field(a->n.sign_public, 32);
	a->c.seal_key = pb_field(a->n.seal_public, 32);
	a->c.sealed_label = pb_field(a->label.p, a->label.n);
	return newcomer_enter(admin->zt, &a->c);
}

static void
added_free(struct added *a)
{
	newcomer_free(&a->n);
	buf_free(&a->label);
}

/* On OF's device, USER is known as somebody else for now. *REAL is what was known. */
static void
pretend(struct person *of, const struct id *user, const char *email, struct buf *real)
{
	struct buf fake = buf_init(4096);
	Zt__Handle h = ZT__HANDLE__INIT;
	uint8_t salt[32] = { 7 };

	assert_ok(zt_sync(of->zt));
	assert_ok(log_sync_handles(of->zt));
	assert_ok(store_get(of->zt->store, STORE_HANDLE, bytes_of(user->b, ID_BYTES), 0, real));
	h.email = (char *)(uintptr_t)email;
	h.name = (char *)(uintptr_t) "somebody";
	h.salt = pb_field(salt, sizeof salt);
	assert_ok(pb_encode(&h, &fake));
	assert_ok(store_put(
	    of->zt->store, STORE_HANDLE, bytes_of(user->b, ID_BYTES), 0, buf_bytes(&fake)));
	buf_free(&fake);
}

static void
pretend_no_more(struct person *of, const struct id *user, struct buf *real)
{
	assert_ok(store_put(
	    of->zt->store, STORE_HANDLE, bytes_of(user->b, ID_BYTES), 0, buf_bytes(real)));
	buf_free(real);
}

static enum role
role_in(struct person *p, const char *workspace, const struct id *user)
{
	struct workspace *w = person_workspace(p, workspace);

	return org_state_role(w->w, org_state_user(p->zt->state, user), ORG_NEVER);
}

static void
K1_the_address_of_a_live_user_is_given_to_no_newcomer(void **state)
{
	struct scene *s = *state;
	struct added a;

	assert_err(ZT_ERR_WHO, enter(&s->alice, "bob@test.example", 1, &a));
	assert_non_null(strstr(zt_error_message(s->alice.zt), s->bob.zt->user_text));
	added_free(&a);
	assert_err(ZT_ERR_WHO, enter(&s->alice, "B\u00adOB@Test.Example", 1, &a));
	added_free(&a);
	assert_ok(enter(&s->alice, "bobby@test.example", 1, &a));
	added_free(&a);
}

static void
K1_an_address_of_two_live_users_means_neither(void **state)
{
	struct scene *s = *state;
	struct buf real = buf_init(4096);
	const struct id *bob = &s->bob.zt->user;
	struct added a;
	char id[ID_TEXT];

	/* An admin's patched client does not ask whether bob is there. */
	pretend(&s->alice, bob, "x@test.example", &real);
	assert_ok(enter(&s->alice, "Bob@test.example", 2, &a));
	pretend_no_more(&s->alice, bob, &real);
	id_print(&a.c.user, id);
	assert_ok(zt_workspace_create(s->alice.zt, "for bob"));
	assert_err(ZT_ERR_WHO,
	    zt_workspace_share(s->alice.zt, "for bob", "bob@test.example", "contributor"));
	assert_non_null(strstr(zt_error_message(s->alice.zt), id)); /* both are named */
	assert_non_null(strstr(zt_error_message(s->alice.zt), s->bob.zt->user_text));
	assert_int_equal(ROLE_NONE, role_in(&s->alice, "for bob", &a.c.user));
	assert_int_equal(ROLE_NONE, role_in(&s->alice, "for bob", bob));
	/* nor is one of them revoked in the other's stead, or made an admin, or a helper */
	assert_err(ZT_ERR_WHO, zt_user_revoke(s->alice.zt, "bob@test.example"));
	assert_err(ZT_ERR_WHO, zt_user_profile(s->alice.zt, "bob@test.example", "admin"));
	/* by id it is certain */
	assert_ok(
	    zt_workspace_share(s->alice.zt, "for bob", s->bob.zt->user_text, "contributor"));
	assert_int_equal(ROLE_CONTRIBUTOR, role_in(&s->alice, "for bob", bob));
	assert_ok(zt_user_revoke(s->alice.zt, id));
	assert_ok(zt_workspace_share(s->alice.zt, "for bob", "bob@test.example", "reader"));
	assert_int_equal(ROLE_READER, role_in(&s->alice, "for bob", bob));
	added_free(&a);
}

static void
K1_an_address_does_not_silently_mean_somebody_else(void **state)
{
	struct scene *s = *state;
	struct person carol, again;
	struct zt_person p;
	char was[ID_TEXT], moved[160];

	world_join(&s->alice, &carol, "carol", "standard");
	assert_ok(zt_workspace_create(s->bob.zt, "bobs"));
	assert_ok(zt_find_person(s->bob.zt, "carol@test.example", &p));
	assert_string_equal("", p.doubt);
	assert_ok(zt_workspace_share(s->bob.zt, "bobs", "carol@test.example", "reader"));
	assert_ok(zt_user_revoke(s->alice.zt, "carol@test.example"));
	(void)snprintf(was, sizeof was, "%s", carol.zt->user_text);
	(void)snprintf(moved, sizeof moved, "%s-was", carol.home);
	person_close(&carol);
	assert_int_equal(0, rename(carol.home, moved));
	world_join(
	    &s->alice, &again, "carol", "standard"); /* an admin's doing, or a comeback */
	assert_err(
	    ZT_ERR_WHO, zt_workspace_share(s->bob.zt, "bobs", "Carol@test.example", "reader"));
	assert_non_null(strstr(zt_error_message(s->bob.zt), was));
	assert_non_null(strstr(zt_error_message(s->bob.zt), again.zt->user_text));
	assert_int_equal(ROLE_NONE, role_in(&s->bob, "bobs", &again.zt->user));
	/* a person who never named carol is warned that the address was another's before */
	assert_ok(zt_find_person(again.zt, "carol@test.example", &p));
	assert_non_null(strstr(p.doubt, was));
	/* bob has asked her: by id, and the address means her from then on */
	assert_ok(zt_maintain_keys(s->bob.zt, NULL));
	assert_ok(zt_workspace_share(s->bob.zt, "bobs", again.zt->user_text, "reader"));
	assert_ok(zt_workspace_share(s->bob.zt, "bobs", "carol@test.example", "contributor"));
	assert_int_equal(ROLE_CONTRIBUTOR, role_in(&s->bob, "bobs", &again.zt->user));
	person_close(&again);
}

static void
K1_who_looks_like_another_is_looked_at_twice(void **state)
{
	struct scene *s = *state;
	struct zt_person p;
	struct zt_identity me;
	struct added a, b;

	assert_ok(enter(&s->alice, "b0b@test.example", 3, &a));
	assert_ok(enter(&s->alice, "d\u043era@test.example", 4, &b));
	assert_ok(zt_find_person(s->alice.zt, "b0b@test.example", &p));
	assert_non_null(strstr(p.doubt, "bob@test.example"));
	assert_ok(zt_find_person(s->alice.zt, "d\u043era@test.example", &p));
	assert_non_null(strstr(p.doubt, "alphabets"));
	assert_ok(zt_find_person(s->alice.zt, "bob@test.example", &p));
	assert_string_equal("", p.doubt); /* he was there before */
	assert_ok(zt_find_person(s->alice.zt, "alice@test.example", &p));
	assert_string_equal("", p.doubt);
	/* what bob reads from his screen is what alice sees */
	assert_ok(zt_find_person(s->alice.zt, "bob@test.example", &p));
	zt_whoami(s->bob.zt, &me);
	assert_string_equal(me.fingerprint, p.fingerprint);
	assert_int_equal(ZT_FINGERPRINT - 1, strlen(p.fingerprint));
	added_free(&a);
	added_free(&b);
}

/* ---- the welcome ---- */

static void
L10_a_false_name_in_the_welcome_is_left_out_and_told(void **state)
{
	struct scene *s = *state;
	struct buf real = buf_init(4096);
	const struct id *bob = &s->bob.zt->user;
	struct log_handle shown;
	struct person frank, gina;
	char warning[256];

	pretend(&s->alice, bob, "ceo@test.example", &real); /* her client is the patched one */
	world_join_warned(&s->alice, &frank, "frank", warning);
	assert_non_null(strstr(warning, "ceo@test.example"));
	assert_non_null(strstr(warning, s->bob.zt->user_text));
	log_handle(frank.zt, bob, &shown);
	assert_string_equal("", shown.email); /* nobody's name, rather than a wrong one */
	pretend_no_more(&s->alice, bob, &real);
	assert_ok(log_disclose(s->alice.zt, &frank.zt->user, NULL, 0)); /* an honest admin */
	assert_ok(log_sync_handles(frank.zt)); /* it is asked for until it is there */
	log_handle(frank.zt, bob, &shown);
	assert_string_equal("bob@test.example", shown.email);
	world_join_warned(&s->alice, &gina, "gina", warning);
	assert_string_equal("", warning);
	log_handle(gina.zt, bob, &shown);
	assert_string_equal("bob@test.example", shown.email);
	person_close(&frank);
	person_close(&gina);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_one_however_it_is_written),
		cmocka_unit_test(what_looks_alike_has_one_skeleton),
		cmocka_unit_test(K1_the_address_of_a_live_user_is_given_to_no_newcomer),
		cmocka_unit_test(K1_an_address_of_two_live_users_means_neither),
		cmocka_unit_test(K1_an_address_does_not_silently_mean_somebody_else),
		cmocka_unit_test(K1_who_looks_like_another_is_looked_at_twice),
		cmocka_unit_test(L10_a_false_name_in_the_welcome_is_left_out_and_told),
	};

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
