/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A thief holds one unlocked device, until it is revoked (P9): its user gets everything back,
 * and others are not kept from their work by what one user's devices do without end. */
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/append.h"
#include "log/sync.h"
#include "log/user_keys.h"
#include "people/devices.h"
#include "test.h"
#include "world.h"

static enum zt_err
get(struct person *p, const char *remote, const char *name)
{
	char local[160];

	(void)snprintf(local, sizeof local, "%s/%s", p->w->state, name);
	return zt_get(p->zt, remote, local, NULL, NULL);
}

/* A renewal that seals rubbish to each device, with LENGTH bytes. */
static enum zt_err
fill_spoiled(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	static Zt__UserKeyRotated m;
	static Zt__SealedToDevice one[16], *list[16];
	static uint8_t rubbish[100], key[32], previous[ENVELOPE_WRAP_BYTES];
	const struct org_user *me = org_state_user(z->state, &z->user);
	const size_t *length = ctx;
	struct org_device *d;
	struct secret *sk = NULL;
	size_t at = 0, n = 0;

	assert_ok(secret_generate(&sk));
	hpke_public(sk, key);
	secret_free(sk);
	random_bytes(rubbish, sizeof rubbish);
	random_bytes(previous, sizeof previous);
	while ((d = idmap_next(&z->state->devices, &at)) != NULL)
		if (d->user == me && org_state_device_live(d, ORG_NEVER) && n < 16) {
			zt__sealed_to_device__init(list[n] = &one[n]);
			one[n].device = pb_field(d->id.b, ID_BYTES);
			one[n].sealed = pb_field(rubbish, *length);
			n++;
		}
	zt__user_key_rotated__init(&m);
	m.user = pb_field(me->id.b, ID_BYTES);
	m.generation = me->key_generation + 1;
	m.user_key = pb_field(key, sizeof key);
	m.previous_sealed = pb_field(previous, sizeof previous);
	m.sealed = list;
	m.n_sealed = n;
	b->action_case = ZT__ENTRY_BODY__ACTION_USER_KEY_ROTATED;
	b->user_key_rotated = &m;
	return ZT_OK;
}

static void
P9_a_stolen_device_that_seals_rubbish_locks_nobody_out(void **state)
{
	struct scene *s = *state;
	struct person gina, thief;
	const size_t right = 80;
	char device[ID_TEXT];

	world_join(&s->alice, &gina, "gina", "standard");
	assert_ok(zt_workspace_create(gina.zt, "of gina"));
	person_put(&gina, "old", "of gina:/f");
	world_add_device(&gina, &thief, "stolen");
	assert_ok(
	    log_append(thief.zt, &thief.zt->org, fill_spoiled, (void *)(uintptr_t)&right));
	assert_ok(log_fetch(gina.zt));
	assert_null(log_user_key(gina.zt, 2)); /* what was sealed to it is rubbish */
	id_print(&thief.zt->device, device);
	assert_ok(zt_device_revoke(gina.zt, device)); /* and renews, without the previous key */
	assert_non_null(log_user_key(gina.zt, 3));
	assert_null(log_user_key(gina.zt, 2));
	assert_non_null(log_user_key(gina.zt, 1));
	assert_ok(zt_workspace_create(s->alice.zt, "for gina"));
	person_put(&s->alice, "new", "for gina:/f");
	assert_ok(zt_workspace_share(s->alice.zt, "for gina", "gina@test.example", "reader"));
	assert_ok(get(&gina, "for gina:/f", "new"));
	assert_ok(get(&gina, "of gina:/f", "old"));
	/* Her next device gets the older keys too: the renewal brought along what it could. */
	person_close(&thief);
	world_add_device(&gina, &thief, "bought");
	assert_non_null(log_user_key(thief.zt, 1));
	assert_ok(get(&thief, "of gina:/f", "again"));
	person_close(&gina);
	person_close(&thief);
}

static void
P9_a_device_whose_newest_key_is_missing_renews_by_itself(void **state)
{
	struct scene *s = *state;
	struct person hugo, thief;
	const size_t right = 80;
	struct org_user *me;

	world_join(&s->alice, &hugo, "hugo", "standard");
	world_add_device(&hugo, &thief, "stolen2");
	assert_ok(
	    log_append(thief.zt, &thief.zt->org, fill_spoiled, (void *)(uintptr_t)&right));
	assert_ok(log_fetch(hugo.zt));
	assert_ok(zt_maintain_keys(hugo.zt, NULL)); /* nobody has noticed any theft yet */
	me = org_state_user(hugo.zt->state, &hugo.zt->user);
	assert_int_equal(3, me->key_generation);
	assert_non_null(log_user_key(hugo.zt, 3));
	person_close(&hugo);
	person_close(&thief);
}

static void
P9_renewals_without_end_lock_nobody_out_and_end_at_the_server(void **state)
{
	struct scene *s = *state;
	struct person ivan, thief;
	const size_t right = 80, wrong = 81;
	char device[ID_TEXT];
	enum zt_err err = ZT_OK;
	unsigned n = 0;

	world_join(&s->alice, &ivan, "ivan", "standard");
	world_add_device(&ivan, &thief, "stolen3");
	assert_err(ZT_ERR_CORRUPT,
	    log_append(thief.zt, &thief.zt->org, fill_spoiled, (void *)(uintptr_t)&wrong));
	for (; n < 200 && err == ZT_OK; n++)
		err = log_append(
		    thief.zt, &thief.zt->org, fill_spoiled, (void *)(uintptr_t)&right);
	assert_err(ZT_ERR_LIMIT, err);
	assert_true(n > 40 && n < 60);
	assert_ok(zt_sync(ivan.zt));
	person_close(&ivan);
	person_open(&ivan);
	/* Revocation, and the renewal that it asks for, are never too many. */
	id_print(&thief.zt->device, device);
	assert_ok(zt_device_revoke(ivan.zt, device));
	assert_non_null(log_user_key(
	    ivan.zt, org_state_user(ivan.zt->state, &ivan.zt->user)->key_generation));
	person_close(&ivan);
	person_close(&thief);
}

/* ---- devices without end ---- */

struct throwaway {
	struct id user, device;
	uint8_t sign[32], seal[32];
	Zt__DeviceAdded m;
};

static enum zt_err
fill_throwaway(struct zt *z, void *ctx, Zt__EntryBody *b)
{
	struct throwaway *t = ctx;

	t->user = z->user;
	zt__device_added__init(&t->m);
	t->m.user = pb_field(t->user.b, ID_BYTES);
	t->m.device = pb_field(t->device.b, ID_BYTES);
	t->m.sign_key = pb_field(t->sign, 32);
	t->m.seal_key = pb_field(t->seal, 32);
	t->m.purpose = (char *)(uintptr_t) "desktop";
	b->action_case = ZT__ENTRY_BODY__ACTION_DEVICE_ADDED;
	b->device_added = &t->m;
	return ZT_OK;
}

static enum zt_err
add_and_revoke(struct person *p)
{
	struct throwaway t;
	struct sign_key *sign = NULL;
	struct secret *seal = NULL;
	enum zt_err err;

	random_bytes(t.device.b, ID_BYTES);
	assert_ok(sign_generate(&sign));
	assert_ok(secret_generate(&seal));
	sign_public(sign, t.sign);
	hpke_public(seal, t.seal);
	if ((err = log_append(p->zt, &p->zt->org, fill_throwaway, &t)) == ZT_OK)
		err = people_revoke_device(p->zt, &t.device);
	sign_free(sign);
	secret_free(seal);
	return err;
}

/* Each revocation makes the workspaces of that user wait for their next key, so that a reader
 * could keep others from writing: so many a day, and no more. */
static void
R4_a_reader_who_adds_and_revokes_devices_without_end_is_stopped(void **state)
{
	struct scene *s = *state;
	struct person carol;
	enum zt_err err = ZT_OK;
	unsigned n = 0;

	world_join(&s->alice, &carol, "claire", "standard");
	assert_ok(zt_workspace_create(s->alice.zt, "stopped"));
	assert_ok(zt_workspace_share(s->alice.zt, "stopped", "bob@test.example", "reader"));
	assert_ok(zt_workspace_share(s->alice.zt, "stopped", carol.email, "contributor"));
	person_put(&carol, "before", "stopped:/before");
	for (; n < 100 && err == ZT_OK; n++)
		err = add_and_revoke(&s->bob);
	assert_err(ZT_ERR_LIMIT, err);
	assert_true(n > 5 && n < 40);
	assert_ok(zt_sync(s->alice.zt));
	assert_ok(zt_maintain_keys(s->alice.zt, NULL)); /* as a watch of hers does at once */
	person_put(&carol, "after", "stopped:/after");
	person_close(&carol);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P9_a_stolen_device_that_seals_rubbish_locks_nobody_out),
		cmocka_unit_test(P9_a_device_whose_newest_key_is_missing_renews_by_itself),
		cmocka_unit_test(P9_renewals_without_end_lock_nobody_out_and_end_at_the_server),
		cmocka_unit_test(
		    R4_a_reader_who_adds_and_revokes_devices_without_end_is_stopped),
	};

	if (suite_init())
		return 1;
	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
