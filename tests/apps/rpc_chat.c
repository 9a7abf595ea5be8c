/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rpc_chat.c - cases of rpc_test about channels and messages. */
#include "ask.h"
#include "rpc_cases.h"

static int64_t
sent(json_t *answer, char id[64])
{
	answer_text(json_incref(answer), "id", id, 64);
	return answer_number(answer, "position");
}

void
people_talk_in_a_channel(void **state)
{
	struct rpc_lane *a = stage.alice, *b = stage.bob;
	const char *bob = stage.s->bob.email;
	char team[64], first[64], id[64], text[64];
	json_t *r;

	(void)state;
	answer_text(ask(a, "chat.create", "{s:s}", "name", "team"), "id", team, sizeof team);
	ends(ZT_ERR_EXISTS, a, "chat.create", "{s:s}", "name", "team");
	does(a, "chat.share", "{s:s,s:s,s:s}", "channel", team, "user", bob, "role",
	    "contributor");
	answer_has(ask(a, "chat.members", "{s:s}", "channel", team), "members", "email", bob);
	assert_int_equal(
	    1, sent(ask(a, "chat.send", "{s:s,s:s}", "channel", team, "text", "**Hello**"),
		   first));
	does(b, "device.sync", "{}");
	r = answer_item(ask(b, "chat.channels", "{s:b}", "fresh", 1), "channels", "id", team);
	assert_int_equal(1, answer_number(r, "unread"));
	does(b, "chat.mark", "{s:s,s:i}", "channel", team, "position", 1);
	r = answer_item(ask(b, "chat.channels", "{}"), "channels", "id", team);
	assert_int_equal(0, answer_number(r, "unread"));
	assert_int_equal(2, sent(ask(b, "chat.send", "{s:s,s:s,s:s}", "channel", team, "text",
				     "yes", "replyTo", first),
				id));
	assert_int_equal(3, sent(ask(b, "chat.react", "{s:s,s:s,s:s}", "channel", team,
				     "message", first, "emoji", "+1"),
				text));
	assert_int_equal(4, sent(ask(b, "chat.edit", "{s:s,s:s,s:s}", "channel", team,
				     "message", id, "text", "No"),
				text));
	ends(ZT_ERR_FORBIDDEN, b, "chat.edit", "{s:s,s:s,s:s}", "channel", team, "message",
	    first, "text", "x");
	r = ask(a, "chat.read", "{s:s}", "channel", team);
	assert_int_equal(2, answer_count(json_incref(r), "messages"));
	r = answer_item(r, "messages", "id", id);
	answer_text(json_incref(r), "text", text, sizeof text);
	assert_string_equal("No", text);
	answer_text(r, "replyTo", text, sizeof text);
	assert_string_equal(first, text);
	r = ask(a, "chat.read", "{s:s,s:i,s:i}", "channel", team, "before", 2, "most", 1);
	r = answer_item(r, "messages", "id", first);
	assert_int_equal(1, json_array_size(json_object_get(r, "reactions")));
	assert_int_equal(1, answer_number(r, "replies"));
	answer_has(ask(a, "chat.search", "{s:s}", "words", "hello"), "messages", "id", first);
	does(a, "chat.delete", "{s:s,s:s}", "channel", team, "message", id);
	assert_int_equal(0, answer_number(ask(a, "chat.flush", "{}"), "left"));
	does(a, "chat.unshare", "{s:s,s:s}", "channel", team, "user", bob);
	answer_text(ask(a, "chat.direct", "{s:s}", "user", bob), "id", id, sizeof id);
	answer_text(ask(a, "chat.direct", "{s:s}", "user", bob), "id", text, sizeof text);
	assert_string_equal(id, text);
}
