/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rpc_people.c - cases of rpc_test about people and what is decided about them: profiles,
 * freezing, invitations, devices, recovery, settings and releases. */
#include "rpc_cases.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "zt/overview.h"
#include "zt/recover.h"
#include "zt/server.h"

/* Settings and releases are an admin's; each change is over the newest. */
void
settings_bind_and_releases_are_pinned(void **state)
{
	struct rpc_lane *a = stage.alice, *b = stage.bob;
	char one[65], other[65], is[64];
	json_t *all;

	(void)state;
	memset(one, 'a', 64);
	memset(other, 'b', 64);
	one[64] = other[64] = 0;
	answer_text(ask(a, "organization.settings", "{}"), "browserDevices", is, sizeof is);
	assert_string_equal("everybody", is);
	ends(
	    ZT_ERR_FORBIDDEN, b, "organization.setSettings", "{s:s}", "workspacesBy", "admins");
	does(a, "organization.setSettings", "{s:s}", "workspacesBy", "admins");
	does(b, "device.sync", "{}");
	ends(ZT_ERR_FORBIDDEN, b, "workspaces.create", "{s:s}", "name", "mine");
	answer_text(ask(a, "organization.setSettings", "{s:s,s:I}", "browserDevices",
			"notAdmins", "deletionDelay", (int64_t)2 * 24 * 3600 * 1000),
	    "workspacesBy", is, sizeof is);
	assert_string_equal("admins", is);
	ends(ZT_ERR_INVALID, a, "organization.setSettings", "{s:i}", "deletionDelay", 1000);
	assert_int_equal((int64_t)2 * 24 * 3600 * 1000,
	    answer_number(ask(b, "organization.settings", "{}"), "deletionDelay"));
	does(a, "organization.setSettings", "{s:s,s:s,s:I}", "browserDevices", "everybody",
	    "workspacesBy", "standard", "deletionDelay", (int64_t)24 * 3600 * 1000);
	ends(ZT_ERR_FORBIDDEN, b, "releases.pin", "{s:[s],s:s}", "releases", one, "how",
	    "exactly");
	ends(ZT_ERR_INVALID, a, "releases.pin", "{s:[s],s:s}", "releases", "none", "how",
	    "exactly");
	does(a, "releases.pin", "{s:[s],s:s}", "releases", one, "how", "exactly");
	assert_int_equal(2,
	    answer_count(ask(a, "releases.pin", "{s:[s],s:s}", "releases", other, "how", "too"),
		"releases"));
	all = ask(b, "releases.list", "{}");
	assert_int_equal(2, json_array_size(json_object_get(all, "releases")));
	assert_null(json_object_get(all, "newest"));
	json_decref(all);
	answer_text(ask(b, "releases.check", "{}"), "state", is, sizeof is);
	assert_string_equal("none", is); /* this gateway serves no page */
	all = ask(b, "releases.list", "{}");
	assert_non_null(json_object_get(all, "newest"));
	assert_null(json_object_get(all, "alarm"));
	json_decref(all);
	does(b, "releases.clear", "{}");
	assert_int_equal(1, answer_count(ask(a, "releases.pin", "{s:[s],s:s}", "releases",
					     other, "how", "noMore"),
				"releases"));
	does(a, "releases.pin", "{s:[],s:s}", "releases", "how", "exactly");
	assert_int_equal(0, answer_count(ask(a, "releases.list", "{}"), "releases"));
}

void
people_are_found_and_given_profiles(void **state)
{
	struct rpc_lane *a = stage.alice;
	const char *bob = stage.s->bob.email;
	char id[64];

	(void)state;
	answer_has(ask(a, "organization.people", "{}"), "people", "email", bob);
	answer_text(ask(a, "people.find", "{s:s}", "user", bob), "id", id, sizeof id);
	ends(ZT_ERR_NOT_FOUND, a, "people.find", "{s:s}", "user", "nobody@acme.example");
	assert_int_equal(
	    1, answer_count(ask(a, "people.devices", "{s:s}", "user", id), "devices"));
	assert_true(answer_count(ask(a, "people.devices", "{}"), "devices") > 1);
	does(a, "people.profile", "{s:s,s:s}", "user", bob, "profile", "admin");
	does(stage.bob, "device.sync", "{}");
	answer_text(
	    answer_item(ask(stage.bob, "organization.people", "{}"), "people", "id", id),
	    "profile", id, sizeof id);
	assert_string_equal("admin", id);
	does(a, "people.profile", "{s:s,s:s}", "user", bob, "profile", "standard");
	does(stage.bob, "device.sync", "{}");
	ends(ZT_ERR_FORBIDDEN, stage.bob, "people.profile", "{s:s,s:s}", "user", bob, "profile",
	    "admin");
}

static void
freeze_as_operator(const char *slug, const char *frozen, const char *thawed)
{
	struct zt_server op = {
		.url = stage.s->w->url, .in_clear = true, .operator_token = stage.s->w->token
	};
	struct zt_server_limits l = { .freeze = frozen, .thaw = thawed };
	char message[256] = "";

	assert_ok(zt_server_org_set(&op, slug, &l, message));
}

/* Refused by the server alone: what bob has stays readable to him. */
void
the_server_says_what_it_allows_and_freezes(void **state)
{
	struct rpc_lane *a = stage.alice;
	const char *bob = stage.s->bob.email;
	struct zt_identity of_bob;
	json_t *all, *one;

	(void)state;
	zt_whoami(stage.s->bob.zt, &of_bob);
	does(stage.bob, "device.sync", "{}");
	all = ask(a, "organization.overview", "{}");
	assert_true(json_integer_value(json_object_get(all, "users")) > 1);
	assert_true(json_integer_value(json_object_get(all, "bytes")) > 0);
	assert_int_equal(0, json_integer_value(json_object_get(all, "usersLimit")));
	assert_true(
	    llabs(json_integer_value(json_object_get(all, "time")) / 1000 - time(NULL)) < 60);
	assert_string_equal(zt_version(), json_string_value(json_object_get(all, "version")));
	json_decref(all);
	one = answer_item(ask(a, "people.seen", "{}"), "seen", "device", of_bob.device);
	assert_true(time(NULL) - answer_number(one, "day") / 1000 < 2 * 24 * 60 * 60);
	assert_int_equal(1, answer_count(ask(a, "people.seen", "{s:i}", "max", 1), "seen"));
	ends(ZT_ERR_FORBIDDEN, stage.bob, "organization.overview", "{}");
	ends(ZT_ERR_FORBIDDEN, stage.bob, "people.seen", "{}");
	ends(ZT_ERR_FORBIDDEN, stage.bob, "people.frozen", "{}");
	ends(ZT_ERR_FORBIDDEN, stage.bob, "people.freeze", "{s:s,s:b}", "user", bob, "frozen",
	    1);
	ends(ZT_ERR_INVALID, a, "people.freeze", "{s:s,s:b}", "user", stage.s->alice.email,
	    "frozen", 1);
	ends(ZT_ERR_NOT_FOUND, a, "people.freeze", "{s:s,s:b}", "user", "nobody@acme.example",
	    "frozen", 1);
	does(a, "people.freeze", "{s:s,s:b}", "user", bob, "frozen", 1);
	ends(ZT_ERR_FROZEN, stage.bob, "device.sync", "{}");
	one = answer_item(ask(a, "people.frozen", "{}"), "frozen", "user", of_bob.user);
	assert_true(json_is_true(json_object_get(one, "byAdmin")));
	json_decref(one);
	does(a, "people.freeze", "{s:s,s:b}", "user", bob, "frozen", 0);
	does(a, "people.freeze", "{s:s,s:b}", "user", bob, "frozen", 0);
	assert_int_equal(0, answer_count(ask(a, "people.frozen", "{}"), "frozen"));
	does(stage.bob, "device.sync", "{}");
	/* Whom the operator froze, also after an admin did, an admin does not thaw. */
	does(a, "people.freeze", "{s:s,s:b}", "user", bob, "frozen", 1);
	freeze_as_operator(of_bob.slug, of_bob.user, NULL);
	ends(ZT_ERR_FORBIDDEN, a, "people.freeze", "{s:s,s:b}", "user", bob, "frozen", 0);
	one = answer_item(ask(a, "people.frozen", "{}"), "frozen", "user", of_bob.user);
	assert_true(json_is_false(json_object_get(one, "byAdmin")));
	json_decref(one);
	ends(ZT_ERR_FROZEN, stage.bob, "device.sync", "{}");
	/* The operator's thaw ends an admin's freeze as well: nobody else helps an organization
	 * whose admins a stolen account froze. */
	freeze_as_operator(of_bob.slug, NULL, of_bob.user);
	does(stage.bob, "device.sync", "{}");
	does(a, "people.freeze", "{s:s,s:b}", "user", bob, "frozen", 1);
	freeze_as_operator(of_bob.slug, NULL, of_bob.user);
	does(stage.bob, "device.sync", "{}");
	assert_int_equal(0, answer_count(ask(a, "people.frozen", "{}"), "frozen"));
}

/* One of two who freeze each other. */
struct rival {
	struct zt *z;
	const char *other; /* whom they freeze */
	pthread_barrier_t *start;
	enum zt_err err;
	bool was_asked; /* when the other's was taken: the handler refused, and not the door */
};

static void *
freeze(void *arg)
{
	struct rival *r = arg;

	(void)pthread_barrier_wait(r->start);
	r->err = zt_freeze(r->z, r->other, true);
	r->was_asked = strstr(zt_error_message(r->z), "meanwhile") != NULL;
	return NULL;
}

/* At the same moment, of two admins one freezes the other, who then freezes nobody: also where
 * both were let in before either was frozen, which some rounds must have. */
void
of_two_admins_who_freeze_each_other_one_does(void **state)
{
	enum { ROUNDS = 30, ROUNDS_MOST = 1000, SLEEP_US = 30000 };
	struct zt_identity id[2];
	pthread_barrier_t start;
	const pid_t auth = world_pid(stage.s->w, "auth");
	unsigned done = 0, met = 0, rounds = 0;

	(void)state;
	zt_whoami(stage.s->alice.zt, &id[0]);
	zt_whoami(stage.s->bob.zt, &id[1]);
	does(
	    stage.alice, "people.profile", "{s:s,s:s}", "user", id[1].user, "profile", "admin");
	assert_int_equal(0, pthread_barrier_init(&start, NULL, 2));
	for (; rounds < ROUNDS || (met == 0 && rounds < ROUNDS_MOST); rounds++) {
		struct rival r[2] = { { stage.s->alice.zt, id[1].user, &start, ZT_OK, false },
			{ stage.s->bob.zt, id[0].user, &start, ZT_OK, false } };
		pthread_t one, other;

		does(stage.alice, "device.sync", "{}");
		does(stage.bob, "device.sync", "{}");
		/* The service sleeps until both have asked. */
		assert_int_equal(0, kill(auth, SIGSTOP));
		assert_int_equal(0, pthread_create(&one, NULL, freeze, &r[0]));
		assert_int_equal(0, pthread_create(&other, NULL, freeze, &r[1]));
		(void)usleep(SLEEP_US);
		assert_int_equal(0, kill(auth, SIGCONT));
		assert_int_equal(0, pthread_join(one, NULL));
		assert_int_equal(0, pthread_join(other, NULL));
		assert_true(r[0].err == ZT_OK ? r[1].err == ZT_ERR_FROZEN
					      : r[0].err == ZT_ERR_FROZEN && r[1].err == ZT_OK);
		done |= r[0].err == ZT_OK ? 1 : 2;
		met += r[0].was_asked || r[1].was_asked;
		freeze_as_operator(id[0].slug, NULL, id[0].user);
		freeze_as_operator(id[0].slug, NULL, id[1].user);
	}
	print_message("of %u rounds, both were let in in %u; %s\n", rounds, met,
	    done == 3 ? "each of them was first in some" : "one was first in all");
	assert_true(met > 0);
	(void)pthread_barrier_destroy(&start);
	does(stage.alice, "people.profile", "{s:s,s:s}", "user", id[1].user, "profile",
	    "standard");
	does(stage.bob, "device.sync", "{}");
}

void
an_invitation_is_made_and_cancelled(void **state)
{
	struct rpc_lane *a = stage.alice;
	char link[1024], id[64];
	json_t *list, *one;

	(void)state;
	answer_text(
	    ask(a, "invitations.create", "{s:s}", "kind", "user"), "link", link, sizeof link);
	ends(ZT_ERR_METHOD, a, "invitations.mail", "{s:s,s:s}", "link", link, "email",
	    "carol@acme.example");
	list = ask(a, "invitations.list", "{}");
	one = answer_item(list, "invitations", "state", "open");
	assert_non_null(one);
	answer_text(one, "id", id, sizeof id);
	does(a, "invitations.cancel", "{s:s}", "id", id);
	assert_null(
	    answer_item(ask(a, "invitations.list", "{}"), "invitations", "state", "open"));
}

/* The acts of a device are seen before it is revoked. */
void
a_device_is_acknowledged_and_revoked(void **state)
{
	struct rpc_lane *a = stage.alice;
	struct person *laptop = &stage.s->laptop, phone = { 0 };
	char id[64], words[ZT_RECOVERY_WORDS];
	struct zt_identity laptop_id;
	json_t *one;
	int spaces = 0;

	(void)state;
	world_add_device(&stage.s->alice, laptop, "laptop");
	world_add_device(laptop, &phone, "phone"); /* not by alice's first device */
	zt_whoami(laptop->zt, &laptop_id);
	does(a, "device.sync", "{}");
	assert_int_equal(1, answer_count(ask(a, "device.new", "{}"), "devices"));
	one = ask(a, "device.new", "{}");
	answer_text(json_incref(json_array_get(json_object_get(one, "devices"), 0)), "id", id,
	    sizeof id);
	json_decref(one);
	assert_int_equal(1,
	    answer_number(ask(a, "device.acknowledge", "{s:s}", "device", id), "acknowledged"));
	assert_int_equal(0, answer_count(ask(a, "device.new", "{}"), "devices"));
	person_close(&phone);
	answer_text(answer_item(ask(a, "device.acts", "{s:s}", "device", laptop_id.device),
			"acts", "subject", id),
	    "undo", words, sizeof words);
	assert_string_equal("device", words);
	does(a, "device.revoke", "{s:s}", "device", id);
	assert_null(answer_item(ask(a, "device.acts", "{s:s}", "device", laptop_id.device),
	    "acts", "undo", "device"));
	ends(ZT_ERR_NOT_FOUND, a, "device.revoke", "{s:s}", "device", "no such device");
	assert_int_equal(0, answer_count(ask(a, "recovery.ways", "{}"), "ways"));
	does(a, "recovery.create", "{s:s}", "language", "english");
	answer_text(ask(a, "recovery.create", "{s:s}", "language", "french"), "words", words,
	    sizeof words);
	for (const char *at = words; (at = strchr(at, ' ')) != NULL; at++)
		spaces++;
	assert_int_equal(35, spaces);
	assert_int_equal(2, answer_count(ask(a, "recovery.ways", "{}"), "ways"));
	assert_int_equal(1, answer_number(ask(a, "recovery.endOlder", "{}"), "ended"));
	assert_int_equal(1, answer_count(ask(a, "recovery.ways", "{}"), "ways"));
}
