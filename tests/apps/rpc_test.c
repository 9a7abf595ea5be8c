/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rpc_test.c - the app's interface (apps/rpc) on real services: each method, each answer of the
 * type that its row declares, and each request that is not of its row refused. The cases of
 * rpc_cases.h ask each method; those here judge all methods. */
#include "ask.h"
#include "rpc_cases.h"

/* The answer to PARAMS is one, whatever it says. */
static void
is_answered(struct rpc_lane *l, const struct rpc_row *row, const json_t *params)
{
	struct rpc_answer a = { 0 };
	struct type_fault fault;
	char *text = request_of(row->method, params);
	json_t *whole = answer_to(l, text, strlen(text), NULL, 0, &a),
	       *result = json_object_get(whole, "result");

	if (result != NULL
		? !type_check(row->result, false, result, &fault)
		: !type_check("Failure", true, json_object_get(whole, "error"), &fault))
		fail_msg("%s: %.400s: %s", row->method, a.json, fault.where);
	json_decref(whole);
	rpc_answer_free(&a);
	free(text);
}

/* Of each row's type and still nothing that a page would send: each text and number. */
static void
odd_parameters_are_answered(void **state)
{
	char *huge = malloc(200001);
	json_t *odd[7];
	const struct rpc_row *row;

	(void)state;
	assert_non_null(huge);
	memset(huge, '/', 200000);
	huge[200000] = 0;
	odd[0] = json_string(huge);
	memset(huge, 'a', 200000);
	odd[1] = json_string(huge);
	odd[2] = json_string("");
	odd[3] = json_string("%s%n:/%n%s");
	odd[4] = json_string("\xe2\x80\xae:/../\x01");
	odd[5] = json_integer(((json_int_t)1 << 53) - 1);
	odd[6] = json_integer(0);
	for (size_t i = 0; (row = rpc_row_at(i)) != NULL; i++) {
		const char *key;
		json_t *member;

		if (stage.asked[i] == NULL)
			continue;
		json_object_foreach(stage.asked[i], key, member) for (size_t k = 0; k < 7; k++)
		{
			json_t *params = json_copy(stage.asked[i]);
			struct type_fault fault;

			json_object_set(params, key, odd[k]);
			if (type_check(row->params, true, params, &fault))
				is_answered(stage.alice, row, params);
			json_decref(params);
		}
	}
	for (size_t k = 0; k < 7; k++)
		json_decref(odd[k]);
	free(huge);
}

/* The page alone lends nobody this account, and ends no alarm. */
static void
what_lends_the_account_needs_the_person(void **state)
{
	static const char *const all[] = { "device.revoke", "device.acknowledge",
		"people.freeze", "people.profile", "people.revoke", "organization.setSettings",
		"releases.pin", "releases.clear", "recovery.create", "recovery.endOlder",
		"recovery.colleagues", "exchange.greet", "pki.accept", "workspaces.delete",
		"workspaces.voidPin", "workspaces.voidChangeset", "log.compare" };
	const struct rpc_row *row;
	size_t n = 0;

	(void)state;
	stage.is_unconfirmed = true;
	for (size_t i = 0; (row = rpc_row_at(i)) != NULL; i++) {
		char *text;

		if (row->asks == RPC_FREE)
			continue;
		assert_true(n < sizeof all / sizeof all[0]);
		assert_string_equal(all[n++], row->method);
		if (stage.asked[i] == NULL)
			continue;
		text = request_of(row->method, stage.asked[i]);
		refused(stage.alice, ZT_ERR_CONFIRM, text, strlen(text), 0, NULL);
		free(text);
	}
	assert_int_equal(sizeof all / sizeof all[0], n);
	does(stage.alice, "log.head", "{}"); /* and all else is done */
	stage.is_unconfirmed = false;
}

/* No short call waits for one that reads a whole log or tree, or for people. */
static void
what_takes_long_has_its_own_lane(void **state)
{
	static const char *const all[] = { "log.entries", "log.verify", "files.history",
		"releases.check", "files.find", "files.usage", "files.copy", "files.verify",
		"trash.list", "chat.search", "workspaces.rewrap", "workspaces.finishRewrap",
		"device.repair", "health.store" };
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		assert_int_equal(RPC_LONG, rpc_find(all[i])->lane);
	for (size_t i = 0; rpc_row_at(i) != NULL; i++)
		n += rpc_row_at(i)->lane == RPC_LONG;
	assert_int_equal(sizeof all / sizeof all[0], n);
	assert_int_equal(RPC_PERSON, rpc_find("exchange.greet")->lane);
}

static void
every_method_was_asked(void **state)
{
	const struct rpc_row *row;

	(void)state;
	if (getenv("ONLY") != NULL)
		skip();
	for (size_t i = 0; (row = rpc_row_at(i)) != NULL; i++)
		if (stage.asked[i] == NULL &&
		    row->lane < RPC_PERSON) /* rpc_join_test has the others */
			fail_msg("no test asks for %s", row->method);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_names_itself_and_its_log),
		cmocka_unit_test(settings_bind_and_releases_are_pinned),
		cmocka_unit_test(pages_of_the_log_make_the_whole),
		cmocka_unit_test(a_workspace_is_made_shared_and_ended),
		cmocka_unit_test(a_file_is_written_and_read_in_ranges),
		cmocka_unit_test(small_files_are_written_together),
		cmocka_unit_test(small_files_share_blocks),
		cmocka_unit_test(a_page_keeps_notes_and_files),
		cmocka_unit_test(the_log_is_exported_for_an_auditor),
		cmocka_unit_test(a_folder_is_listed_in_pages),
		cmocka_unit_test(what_is_moved_and_removed_is_found_again),
		cmocka_unit_test(a_name_is_found_in_a_tree),
		cmocka_unit_test(a_tree_is_copied),
		cmocka_unit_test(a_verification_says_what_is_lost),
		cmocka_unit_test(a_repair_says_what_is_not_restored),
		cmocka_unit_test(people_are_found_and_given_profiles),
		cmocka_unit_test(the_server_says_what_it_allows_and_freezes),
		cmocka_unit_test(of_two_admins_who_freeze_each_other_one_does),
		cmocka_unit_test(an_invitation_is_made_and_cancelled),
		cmocka_unit_test(a_device_is_acknowledged_and_revoked),
		cmocka_unit_test(what_a_revoked_person_owned_is_claimed),
		cmocka_unit_test(keys_are_wrapped_again_and_changesets_declared_void),
		cmocka_unit_test(people_talk_in_a_channel),
		cmocka_unit_test(requests_by_certificate_are_accepted_and_rejected),
		cmocka_unit_test(odd_parameters_are_answered),
		cmocka_unit_test(what_lends_the_account_needs_the_person),
		cmocka_unit_test(what_takes_long_has_its_own_lane),
		cmocka_unit_test(every_method_was_asked),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, stage_begin, stage_end);
}
