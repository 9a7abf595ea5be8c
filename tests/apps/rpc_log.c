/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rpc_log.c - cases of rpc_test about the trust log: a device, its log in pages, compared,
 * verified and exported. */
#include "rpc_cases.h"

#include "ask.h"
#include "zt/audit.h"

void
a_device_names_itself_and_its_log(void **state)
{
	struct zt_identity id;
	char is[128];

	(void)state;
	zt_whoami(stage.s->alice.zt, &id);
	answer_text(ask(stage.alice, "device.whoami", "{}"), "device", is, sizeof is);
	assert_string_equal(id.device, is);
	answer_text(ask(stage.alice, "log.head", "{}"), "root", is, sizeof is);
	assert_string_equal(id.log_root, is);
	assert_int_equal(
	    id.log_size, answer_number(ask(stage.alice, "device.sync", "{}"), "size"));
	does(stage.bob, "device.sync", "{}");
	answer_text(ask(stage.bob, "log.head", "{}"), "head", is, sizeof is);
	does(stage.alice, "log.compare", "{s:s}", "head", is);
	ends(ZT_ERR_INVALID, stage.alice, "log.compare", "{s:s}", "head", "not a head");
	is[strlen(is) - 1] ^= 1;
	ends(ZT_ERR_CORRUPT, stage.alice, "log.compare", "{s:s}", "head", is);
	assert_true(answer_number(ask(stage.alice, "health.store", "{}"), "records") > 0);
	assert_int_equal(
	    id.log_size, answer_number(ask(stage.alice, "log.verify", "{}"), "entries"));
	assert_true(event_came("work"));
}

/* Pages of any length make the whole, and each names the next. */
void
pages_of_the_log_make_the_whole(void **state)
{
	struct zt_identity id;
	int64_t from = 0, whole = 0;

	(void)state;
	does(stage.alice, "device.sync", "{}");
	zt_whoami(stage.s->alice.zt, &id);
	for (bool more = true; more;) {
		json_t *page =
		    ask(stage.alice, "log.entries", "{s:I,s:i}", "from", from, "max", 2);
		json_t *entries = json_object_get(page, "entries");

		assert_true(json_array_size(entries) <= 2);
		assert_int_equal(from,
		    json_integer_value(json_object_get(json_array_get(entries, 0), "index")));
		whole += (int64_t)json_array_size(entries);
		more = json_object_get(page, "next") != NULL;
		from = json_integer_value(json_object_get(page, "next"));
		assert_true(!more || from == whole);
		json_decref(page);
	}
	assert_int_equal(id.log_size, whole);
	assert_int_equal(
	    0, answer_count(ask(stage.alice, "log.entries", "{s:I}", "from", (int64_t)1 << 40),
		   "entries"));
	assert_int_equal(1,
	    answer_count(ask(stage.alice, "organization.people", "{s:i}", "max", 1), "people"));
	assert_int_equal(1,
	    answer_number(ask(stage.alice, "organization.people", "{s:i}", "max", 1), "next"));
}

/* What the page saves is what zt-audit reads. */
void
the_log_is_exported_for_an_auditor(void **state)
{
	struct rpc_lane *a = stage.alice;
	struct rpc_answer given = { 0 };
	struct zt_audit *audit = NULL;
	struct zt_audit_result r;
	struct zt_identity id;
	json_t *opened;
	int64_t h, size, at = 0;

	(void)state;
	zt_whoami(stage.s->alice.zt, &id);
	assert_ok(zt_audit_new(id.org, &audit));
	opened = ask(a, "export.open", "{s:s}", "workspace", "plans");
	size = json_integer_value(json_object_get(opened, "size"));
	h = answer_number(opened, "handle");
	assert_true(size > 100);
	ends(ZT_ERR_TOO_BIG, a, "export.open", "{}");
	while (at < size) {
		json_decref(ask_with(a, "export.read",
		    json_pack("{s:I,s:I,s:i}", "handle", h, "offset", at, "size", 100), NULL, 0,
		    &given));
		assert_true(given.content_n > 0 && given.content_n <= 100);
		assert_ok(zt_audit_take(audit, given.content, given.content_n));
		at += (int64_t)given.content_n;
		rpc_answer_free(&given);
	}
	assert_int_equal(size, at);
	assert_ok(zt_audit_end(audit));
	zt_audit_result(audit, &r);
	assert_int_equal(id.log_size, r.entries + r.hidden);
	assert_true(r.changesets > 0);
	zt_audit_free(audit);
	json_decref(ask_with(a, "export.read",
	    json_pack("{s:I,s:I,s:i}", "handle", h, "offset", size, "size", 9), NULL, 0,
	    &given));
	assert_int_equal(0, given.content_n);
	rpc_answer_free(&given);
	ends(ZT_ERR_TOO_BIG, a, "export.read", "{s:I,s:i,s:i}", "handle", h, "offset", 0,
	    "size", 4 * 1024 * 1024 + 1);
	does(a, "export.close", "{s:I}", "handle", h);
	ends(ZT_ERR_NO_HANDLE, a, "export.close", "{s:I}", "handle", h);
	ends(ZT_ERR_NOT_FOUND, a, "export.open", "{s:s}", "workspace", "nowhere");
	h = answer_number(ask(a, "export.open", "{}"), "handle");
	does(a, "export.close", "{s:I}", "handle", h);
}
