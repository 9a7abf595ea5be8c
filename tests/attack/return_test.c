/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* return_test.c - who comes back, and what came in with who was there too long: recovery by
 * hostile helpers, earlier splits, a thief's devices. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/handles.h"
#include "log/person.h"
#include "proto/auth.pb-c.h"
#include "proto/trust.pb-c.h"
#include "session/session.h"
#include "test.h"
#include "world.h"
#include "zt/recover.h"

enum { HELPERS = 3 };

static void
join_helpers(struct person *alice, struct person *h, const char *name, const char **emails)
{
	for (int i = 0; i < HELPERS; i++) {
		char one[24];

		(void)snprintf(one, sizeof one, "%s%d", name, i);
		world_join(alice, &h[i], one, "standard");
		emails[i] = h[i].email;
	}
}

static void
close_helpers(struct person *h)
{
	for (int i = 0; i < HELPERS; i++)
		person_close(&h[i]);
}

/* ---- one recovery, with helpers one after the other ---- */

struct recovering {
	struct zt_options o;
	struct zt_recovery r;
	struct human human;
	struct zt_codes codes;
	bool says_yes;
	atomic_bool ended;
	unsigned asked, need, devices, workspaces;
	char who[ID_TEXT], first[260];
	enum zt_err err;
	char message[256];
};

struct helping { /* a human is its first member, which the codes take */
	struct human human;
	const struct recovering *of;
};

static bool
confirm(void *ctx, const struct zt_returning *w)
{
	struct recovering *c = ctx;

	c->asked++;
	c->need = w->need;
	c->devices = w->devices;
	c->workspaces = w->workspace_count;
	(void)snprintf(c->who, sizeof c->who, "%s", w->person.id);
	if (w->workspace_count > 0)
		(void)snprintf(c->first, sizeof c->first, "%s", w->workspaces[0]);
	return c->says_yes;
}

static void *
recover(void *arg)
{
	struct recovering *c = arg;

	c->err = zt_recover(&c->o, &c->r, c->message);
	c->ended = true;
	return NULL;
}

/* A helper does not wait for an asker who has given up. */
static bool
nobody_asks(void *ctx)
{
	const struct helping *h = ctx;

	return h->of->ended;
}

static bool
give(void *ctx, const char *email, const char *name, const char *device)
{
	(void)ctx;
	(void)email;
	(void)name;
	(void)device;
	return true;
}

/* EMAIL's user comes back in HOME by the first COUNT of H. */
static void
come_back(struct recovering *c, struct person *h, unsigned count, const char *email,
    const char *home, bool says_yes)
{
	char link[HELPERS][1024];
	const char *links[HELPERS];
	struct humans humans;
	struct zt_codes codes;
	pthread_t thread;

	*c = (struct recovering){ .human = { &humans, true }, .says_yes = says_yes };
	humans_init(&humans, "");
	humans.patience_s = 20;
	for (unsigned i = 0; i < count; i++) {
		assert_ok(zt_invite(h[i].zt, ZT_INVITE_RECOVERY, link[i]));
		links[i] = link[i];
	}
	c->o = h[0].o;
	c->o.home = home;
	c->codes = human_codes(&c->human);
	c->r = (struct zt_recovery){ .device_label = "back",
		.links = links,
		.link_count = count,
		.email = email,
		.codes = &c->codes,
		.confirm = confirm,
		.ctx = c };
	assert_int_equal(0, pthread_create(&thread, NULL, recover, c));
	for (unsigned i = 0; i < count; i++) {
		struct helping at = { { &humans, false }, c };

		codes = human_codes(&at.human);
		codes.help = give;
		codes.waiting = nobody_asks;
		(void)!(int)zt_greet(h[i].zt, link[i], &codes, NULL);
		(void)pthread_mutex_lock(&humans.lock);
		humans.code[0][0] = humans.code[1][0] = 0;
		(void)pthread_mutex_unlock(&humans.lock);
	}
	assert_int_equal(0, pthread_join(thread, NULL));
}

static void
split(struct person *p, const char *const *users, unsigned count, unsigned need, bool keep,
    unsigned *ended)
{
	struct zt_split s = { .users = users, .count = count, .need = need, .keep = keep };

	assert_ok(zt_recovery_colleagues(p->zt, &s, ended));
}

/* On the patched device of a helper mallory bears alice's address, and alice another one. */
static void
patch(struct person *helper, const struct id *alice, const struct id *mallory)
{
	struct buf b = buf_init(4096), x = buf_init(4096);
	Zt__Handle h = ZT__HANDLE__INIT;
	uint8_t salt[32] = { 0 };

	assert_ok(zt_sync(helper->zt));
	assert_ok(log_sync_handles(helper->zt));
	assert_ok(
	    store_get(helper->zt->store, STORE_HANDLE, bytes_of(alice->b, ID_BYTES), 0, &b));
	assert_ok(store_put(
	    helper->zt->store, STORE_HANDLE, bytes_of(mallory->b, ID_BYTES), 0, buf_bytes(&b)));
	h.email = (char *)(uintptr_t) "x@x.example";
	h.name = (char *)(uintptr_t) "x";
	h.salt = pb_field(salt, sizeof salt);
	assert_ok(pb_encode(&h, &x));
	assert_ok(store_put(
	    helper->zt->store, STORE_HANDLE, bytes_of(alice->b, ID_BYTES), 0, buf_bytes(&x)));
	assert_ok(log_meant(helper->zt, mallory)); /* it has helped alice before */
	buf_free(&b);
	buf_free(&x);
}

static void
P9_hostile_helpers_bring_nobody_back_as_somebody_else(void **state)
{
	struct scene *s = *state;
	struct person mallory, h[HELPERS];
	const char *emails[HELPERS];
	struct recovering c;
	char home[160];
	struct zt_identity id;
	struct zt *back = NULL;

	world_join(&s->alice, &mallory, "mallory", "standard");
	join_helpers(&s->alice, h, "aide", emails);
	assert_ok(zt_workspace_create(s->alice.zt, "hers"));
	split(&s->alice, emails, 3, 3, false, NULL);
	split(&mallory, emails, 2, 2, false, NULL);
	(void)snprintf(home, sizeof home, "%s/back", s->w->state);
	/* Two honest ones of three, then all of them: the number is the owner's. */
	come_back(&c, h, 2, s->alice.email, home, true);
	assert_err(ZT_ERR_KEY, c.err);
	assert_int_equal(0, c.asked);
	come_back(&c, h, 3, s->alice.email, home, false);
	assert_err(ZT_ERR_DECLINED, c.err); /* the human looked, and said no */
	assert_int_equal(1, c.asked);
	come_back(&c, h, 3, s->alice.email, home, true);
	assert_ok(c.err);
	assert_string_equal(s->alice.zt->user_text, c.who);
	assert_int_equal(3, c.need);
	assert_int_equal(1, c.devices);
	assert_int_equal(1, c.workspaces);
	assert_string_equal("hers", c.first);
	assert_ok(zt_open(&c.o, &back, NULL));
	zt_whoami(back, &id);
	assert_string_equal(s->alice.zt->user_text, id.user);
	zt_close(back);
	/* Two hostile ones of them, with a device of mallory's. */
	for (int i = 0; i < 2; i++)
		patch(&h[i], &s->alice.zt->user, &mallory.zt->user);
	(void)snprintf(home, sizeof home, "%s/back-as-mallory", s->w->state);
	come_back(&c, h, 2, s->alice.email, home, true);
	assert_err(ZT_ERR_WHO, c.err);
	assert_int_equal(0, c.asked); /* not even asked */
	c.o.home = home;
	assert_err(ZT_ERR_NOT_FOUND, zt_open(&c.o, &back, NULL)); /* nothing was made */
	person_close(&mallory);
	close_helpers(h);
}

/* What the first helper gives is another's part: those of the two others are enough. */
static void
P9_a_part_that_does_not_fit_costs_no_other(void **state)
{
	struct scene *s = *state;
	struct person nina, mallory, h[HELPERS];
	const char *emails[HELPERS];
	struct recovering c;
	char home[160];

	world_join(&s->alice, &nina, "nina", "standard");
	world_join(&s->alice, &mallory, "moriarty", "standard");
	join_helpers(&s->alice, h, "mate", emails);
	split(&nina, emails, 3, 2, false, NULL);
	split(&mallory, emails, 2, 2, false, NULL);
	patch(&h[0], &nina.zt->user, &mallory.zt->user);
	(void)snprintf(home, sizeof home, "%s/nina-back", s->w->state);
	come_back(&c, h, 2, nina.email, home, true);
	assert_err(ZT_ERR_KEY, c.err);
	come_back(&c, &h[2], 1, nina.email, home, true); /* and the other's is kept */
	assert_ok(c.err);
	assert_string_equal(nina.zt->user_text, c.who);
	person_close(&nina);
	person_close(&mallory);
	close_helpers(h);
}

/* Two of nina's helpers give parts that fit, of a device of mallory's; so does a helper with a
 * part of a device that nobody has. The honest ones are enough, asked before or behind. */
static void
P9_helpers_who_bring_anothers_device_do_not_lock_out(void **state)
{
	struct scene *s = *state;
	struct person nora, mallory, h[HELPERS], true_[HELPERS];
	const char *emails[2 * HELPERS];
	struct recovering c;
	char home[160];

	world_join(&s->alice, &nora, "nora", "standard");
	world_join(&s->alice, &mallory, "morgan", "standard");
	join_helpers(&s->alice, h, "false", emails);
	join_helpers(&s->alice, true_, "true", emails + HELPERS);
	split(&nora, emails, 2 * HELPERS, 2, false, NULL);
	split(&mallory, emails, 2, 2, false, NULL);
	for (int i = 0; i < 2; i++)
		patch(&h[i], &nora.zt->user, &mallory.zt->user);
	(void)snprintf(home, sizeof home, "%s/nora-back", s->w->state);
	come_back(&c, h, 2, nora.email, home, true);
	assert_err(ZT_ERR_WHO, c.err);
	assert_int_equal(0, c.asked);
	come_back(&c, true_, 1, nora.email, home, true);
	assert_err(ZT_ERR_WHO, c.err); /* one of two, and the false ones */
	come_back(&c, true_ + 1, 1, nora.email, home, true);
	assert_ok(c.err);
	assert_int_equal(1, c.asked);
	assert_string_equal(nora.zt->user_text, c.who);
	person_close(&nora);
	person_close(&mallory);
	close_helpers(h);
	close_helpers(true_);
}

/* ---- splits that were ---- */

struct ways {
	unsigned count;
	char helpers[512], gone[512], device[ID_TEXT];
};

static void
note_way(void *ctx, const struct zt_way *w)
{
	struct ways *v = ctx;

	v->count++;
	(void)snprintf(v->helpers, sizeof v->helpers, "%s", w->helpers);
	(void)snprintf(v->gone, sizeof v->gone, "%s", w->gone);
	(void)snprintf(v->device, sizeof v->device, "%s", w->device);
}

static size_t
parts_at(struct person *helper)
{
	struct route_params p = { .org = helper->zt->org };
	struct buf answer = buf_init(LIMIT_PAGE);
	Zt__RecoveryParts *m = NULL;
	size_t n;

	assert_ok(
	    session_call(helper->zt, ROUTE_RECOVERY_GET, &p, NULL, bytes_of(NULL, 0), &answer));
	assert_ok(
	    pb_decode(&zt__recovery_parts__descriptor, buf_bytes(&answer), LIMIT_PAGE, &m));
	n = m->n_items;
	pb_free(m);
	buf_free(&answer);
	return n;
}

static void
P9_a_new_split_ends_the_earlier_ones(void **state)
{
	struct scene *s = *state;
	struct person h[HELPERS], erin;
	const char *emails[HELPERS], *others[2];
	struct recovering c;
	struct ways v = { 0 };
	unsigned ended = 77;
	char home[160], words[ZT_RECOVERY_WORDS];

	world_join(&s->alice, &erin, "erin", "standard");
	join_helpers(&s->alice, h, "helper", emails);
	others[0] = h[2].email;
	others[1] = s->bob.email;
	assert_ok(zt_sync(erin.zt));
	assert_ok(zt_recovery_create(erin.zt, ZT_WORDS_FRENCH, words));
	split(&erin, emails, 2, 2, false, &ended);
	assert_int_equal(0, ended); /* the words stay */
	(void)snprintf(home, sizeof home, "%s/erin-kept", s->w->state);
	split(&erin, others, 2, 2, true, &ended);
	assert_int_equal(0, ended);
	assert_int_equal(1, parts_at(&h[0]));
	come_back(&c, h, 2, erin.email, home, true);
	assert_ok(c.err); /* kept: the first split is good */
	assert_ok(zt_sync(erin.zt));
	split(&erin, others, 2, 2, false, &ended); /* not those any more */
	assert_int_equal(2, ended);
	assert_ok(zt_ways_back(erin.zt, note_way, &v));
	assert_int_equal(2, v.count); /* words, and the newest split */
	(void)snprintf(home, sizeof home, "%s/erin-ended", s->w->state);
	come_back(&c, h, 2, erin.email, home, true);
	assert_true(c.err != ZT_OK);
	assert_int_equal(0, c.asked);
	person_close(&erin);
	close_helpers(h);
}

static void
P9_an_owner_is_told_of_helpers_who_are_gone(void **state)
{
	struct scene *s = *state;
	struct person h[HELPERS], frank;
	const char *emails[HELPERS];
	struct ways v = { 0 };

	world_join(&s->alice, &frank, "frank", "standard");
	join_helpers(&s->alice, h, "friend", emails);
	assert_ok(zt_sync(frank.zt));
	split(&frank, emails, 3, 2, false, NULL);
	assert_ok(zt_ways_back(frank.zt, note_way, &v));
	assert_int_equal(1, v.count);
	for (int i = 0; i < HELPERS; i++)
		assert_non_null(strstr(v.helpers, emails[i]));
	assert_string_equal("", v.gone);
	assert_ok(zt_user_revoke(s->alice.zt, emails[1]));
	assert_ok(zt_sync(frank.zt));
	assert_ok(zt_ways_back(frank.zt, note_way, &v));
	assert_string_equal(emails[1], v.gone);
	person_close(&frank);
	close_helpers(h);
}

/* ---- a thief's devices ---- */

struct list {
	unsigned count, undo[5];
	char device[ID_TEXT], by[300], what[300], last_role[300];
};

static void
note_device(void *ctx, const struct zt_device *d)
{
	struct list *l = ctx;

	l->count++;
	(void)snprintf(l->device, sizeof l->device, "%s", d->id);
	(void)snprintf(l->by, sizeof l->by, "%s", d->by);
}

static void
note_act(void *ctx, const struct zt_act *a)
{
	struct list *l = ctx;

	l->count++;
	l->undo[a->undo]++;
	if (a->undo == ZT_UNDO_ROLE)
		(void)snprintf(l->last_role, sizeof l->last_role, "%s", a->what);
}

static void
R2_a_new_device_is_told_of_until_it_is_acknowledged(void **state)
{
	struct scene *s = *state;
	struct person gina, stolen, second;
	struct list l = { 0 };
	unsigned n = 0;

	world_join(&s->alice, &gina, "gina", "standard");
	world_add_device(&gina, &stolen, "stolen"); /* by herself: she knows it */
	assert_ok(zt_sync(gina.zt));
	assert_ok(zt_new_devices(gina.zt, note_device, &l));
	assert_int_equal(0, l.count);
	world_add_device(&stolen, &second, "second"); /* by who has it now */
	assert_ok(zt_sync(gina.zt));
	assert_ok(zt_new_devices(gina.zt, note_device, &l));
	assert_int_equal(1, l.count);
	assert_string_equal(second.zt->device_text, l.device);
	assert_true(l.by[0] != 0);
	person_close(&gina);
	person_open(&gina); /* it stays so */
	l.count = 0;
	assert_ok(zt_new_devices(gina.zt, note_device, &l));
	assert_int_equal(1, l.count);
	/* All are called "phone": which one is meant nobody guesses. */
	assert_err(ZT_ERR_WHO, zt_device_revoke(gina.zt, "phone"));
	assert_non_null(strstr(zt_error_message(gina.zt), "two devices are called phone: "));
	assert_err(ZT_ERR_WHO, zt_device_acknowledge(gina.zt, "phone", &n));
	assert_ok(zt_device_acknowledge(gina.zt, second.zt->device_text, &n));
	assert_int_equal(1, n);
	l.count = 0;
	assert_ok(zt_new_devices(gina.zt, note_device, &l));
	assert_int_equal(0, l.count);
	person_close(&gina);
	person_close(&stolen);
	person_close(&second);
}

static void
R2_what_a_revoked_device_brought_is_shown_to_be_taken_back(void **state)
{
	struct scene *s = *state;
	struct person hugo, stolen, second;
	struct list l = { 0 };
	char link[1024], words[ZT_RECOVERY_WORDS];

	world_join(&s->alice, &hugo, "hugo", "standard");
	world_add_device(&hugo, &stolen, "lost");
	world_add_device(&stolen, &second, "thirds");
	assert_ok(zt_sync(second.zt));
	assert_ok(zt_workspace_create(second.zt, "bait"));
	assert_ok(zt_workspace_share(second.zt, "bait", s->bob.zt->user_text, "reader"));
	assert_ok(zt_recovery_create(stolen.zt, ZT_WORDS_ENGLISH, words));
	assert_ok(zt_invite(second.zt, ZT_INVITE_DEVICE, link));
	assert_ok(zt_device_revoke(hugo.zt, stolen.zt->device_text));
	assert_ok(zt_device_acts(hugo.zt, stolen.zt->device_text, note_act, &l));
	assert_int_equal(2, l.undo[ZT_UNDO_DEVICE]); /* the second one, and the words */
	assert_int_equal(1, l.undo[ZT_UNDO_INVITATION]);
	assert_int_equal(1, l.undo[ZT_UNDO_ROLE]);
	assert_non_null(strstr(l.last_role, "bob@test.example: reader, bait"));
	/* what was taken back is shown, and not offered again */
	assert_ok(zt_device_revoke(hugo.zt, second.zt->device_text));
	memset(&l, 0, sizeof l);
	assert_ok(zt_device_acts(hugo.zt, stolen.zt->device_text, note_act, &l));
	assert_int_equal(1, l.undo[ZT_UNDO_DEVICE]);
	/* and of hugo's own device there is nothing of the thief's */
	memset(&l, 0, sizeof l);
	assert_ok(zt_device_acts(hugo.zt, second.zt->device_text, note_act, &l));
	assert_int_equal(0, l.undo[ZT_UNDO_DEVICE]);
	person_close(&hugo);
	person_close(&stolen);
	person_close(&second);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P9_hostile_helpers_bring_nobody_back_as_somebody_else),
		cmocka_unit_test(P9_a_part_that_does_not_fit_costs_no_other),
		cmocka_unit_test(P9_helpers_who_bring_anothers_device_do_not_lock_out),
		cmocka_unit_test(P9_a_new_split_ends_the_earlier_ones),
		cmocka_unit_test(P9_an_owner_is_told_of_helpers_who_are_gone),
		cmocka_unit_test(R2_a_new_device_is_told_of_until_it_is_acknowledged),
		cmocka_unit_test(R2_what_a_revoked_device_brought_is_shown_to_be_taken_back),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
