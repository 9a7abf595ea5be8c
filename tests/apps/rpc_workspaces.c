/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rpc_workspaces.c - cases of rpc_test about workspaces: made, shared, ended, claimed, their
 * keys, void changesets. */
#include "rpc_cases.h"

#include <time.h>

#include "ask.h"

void
a_workspace_is_made_shared_and_ended(void **state)
{
	struct rpc_lane *a = stage.alice, *b = stage.bob;
	const char *bob = stage.s->bob.email;
	char id[64], again[64];

	(void)state;
	answer_text(ask(a, "workspaces.create", "{s:s}", "name", "press"), "id", id, sizeof id);
	ends(ZT_ERR_EXISTS, a, "workspaces.create", "{s:s}", "name", "press");
	answer_text(ask(a, "workspaces.create", "{s:s,s:b}", "name", "press", "second", 1),
	    "id", again, sizeof again);
	does(a, "workspaces.rename", "{s:s,s:s}", "workspace", again, "name", "paper");
	does(a, "workspaces.share", "{s:s,s:s,s:s}", "workspace", "press", "user", bob, "role",
	    "reader");
	answer_has(ask(a, "workspaces.members", "{s:s}", "workspace", "press"), "members",
	    "role", "reader");
	does(b, "device.sync", "{}");
	answer_has(ask(b, "workspaces.list", "{}"), "workspaces", "name", "press");
	does(a, "workspaces.unshare", "{s:s,s:s}", "workspace", "press", "user", bob);
	does(b, "device.sync", "{}");
	assert_null(
	    answer_item(ask(b, "workspaces.list", "{}"), "workspaces", "name", "press"));
	does(a, "workspaces.rotate", "{s:s}", "workspace", "paper");
	does(a, "keys.maintain", "{}");
	does(a, "workspaces.archive", "{s:s,s:b}", "workspace", "paper", "archived", 1);
	ends(ZT_ERR_FORBIDDEN, a, "files.makeFolder", "{s:s}", "path", "paper:/no");
	does(a, "workspaces.archive", "{s:s,s:b}", "workspace", "paper", "archived", 0);
	does(a, "workspaces.delete", "{s:s,s:I}", "workspace", "paper", "due",
	    ((int64_t)time(NULL) + 200000) * 1000);
	does(a, "workspaces.delete", "{s:s,s:i}", "workspace", "paper", "due", 0);
	ends(ZT_ERR_FORBIDDEN, a, "workspaces.claim", "{s:s}", "workspace", "paper");
	ends(ZT_ERR_NOT_FOUND, a, "workspaces.rotate", "{s:s}", "workspace", "nowhere");
}

void
what_a_revoked_person_owned_is_claimed(void **state)
{
	struct rpc_lane *a = stage.alice;
	struct person carol = { 0 };

	(void)state;
	world_join(&stage.s->alice, &carol, "carol", "standard");
	assert_ok(zt_workspace_create(carol.zt, "hers"));
	assert_ok(zt_workspace_share(carol.zt, "hers", stage.s->alice.email, "manager"));
	does(a, "device.sync", "{}");
	ends(ZT_ERR_INVALID, a, "recovery.colleagues", "{s:[s,s],s:i}", "users", carol.email,
	    stage.s->bob.email, "need", 3);
	assert_int_equal(
	    0, answer_number(ask(a, "recovery.colleagues", "{s:[s,s],s:i}", "users",
				 carol.email, stage.s->bob.email, "need", 2),
		   "ended"));
	assert_int_equal(2, answer_count(ask(a, "recovery.ways", "{}"), "ways"));
	does(a, "people.revoke", "{s:s}", "user", carol.email);
	does(a, "keys.maintain", "{}");
	does(a, "workspaces.claim", "{s:s}", "workspace", "hers");
	answer_text(answer_item(ask(a, "workspaces.list", "{}"), "workspaces", "name", "hers"),
	    "role", carol.name, sizeof carol.name);
	assert_string_equal("owner", carol.name);
	person_close(&carol);
}

/* What a member signed is void once an owner says so, and not a contributor. */
void
keys_are_wrapped_again_and_changesets_declared_void(void **state)
{
	struct rpc_lane *a = stage.alice;
	json_t *r;
	int64_t at;

	(void)state;
	does(a, "workspaces.create", "{s:s}", "name", "owned");
	does(a, "workspaces.share", "{s:s,s:s,s:s}", "workspace", "owned", "user",
	    stage.s->bob.email, "role", "contributor");
	ask_write(a, "owned:/hers", "hers");
	does(stage.bob, "device.sync", "{}");
	ask_write(stage.bob, "owned:/his", "his");
	r = ask(a, "files.history", "{s:s}", "path", "owned:/his");
	at = json_integer_value(
	    json_object_get(json_array_get(json_object_get(r, "versions"), 0), "position"));
	json_decref(r);
	ends(ZT_ERR_FORBIDDEN, stage.bob, "workspaces.voidChangeset", "{s:s,s:I}", "workspace",
	    "owned", "position", at);
	does(a, "workspaces.voidChangeset", "{s:s,s:I}", "workspace", "owned", "position", at);
	ends(ZT_ERR_NOT_FOUND, a, "files.history", "{s:s}", "path", "owned:/his");
	ends(ZT_ERR_NOT_FOUND, a, "workspaces.voidPin", "{s:s,s:i}", "workspace", "owned",
	    "entry", 1);
	does(a, "workspaces.rotate", "{s:s}", "workspace", "owned");
	assert_true(answer_number(ask(a, "workspaces.rewrap", "{s:s}", "workspace", "owned"),
			"rewrapped") > 0);
	assert_int_equal(
	    0, answer_number(
		   ask(a, "workspaces.finishRewrap", "{s:s}", "workspace", "owned"), "lost"));
}
