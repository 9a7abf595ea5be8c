/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* chat.c - methods about channels, direct conversations and their messages. */
#include "zt/chat.h"

#include <string.h>

#include "encode/encode.h"
#include "rpc/call.h"

enum { MOST = 50, MOST_MAX = 200 };

EACH(channel, zt_channel)
EACH(member, zt_member)
PAGED(chat_channels, "channels", zt_channels(c->z, call_flag(c, "fresh"), each_channel, &p))
PAGED(
    chat_members, "members", zt_channel_members(c->z, call_text(c, "channel"), each_member, &p))

static enum zt_err
answer_id(struct call *c, enum zt_err err, const char *id)
{
	return call_answer(c, err, json_pack("{s:o}", "id", encode_text(id)));
}

enum zt_err
method_chat_create(struct call *c)
{
	char id[ZT_MESSAGE_ID] = "";
	enum zt_err err = zt_channel_create(c->z, call_text(c, "name"), id);

	return answer_id(c, err, id);
}

enum zt_err
method_chat_direct(struct call *c)
{
	char id[ZT_MESSAGE_ID] = "";
	enum zt_err err = zt_channel_direct(c->z, call_text(c, "user"), id);

	return answer_id(c, err, id);
}

enum zt_err
method_chat_share(struct call *c)
{
	return zt_channel_share(
	    c->z, call_text(c, "channel"), call_text(c, "user"), call_text(c, "role"));
}

enum zt_err
method_chat_unshare(struct call *c)
{
	return zt_channel_unshare(c->z, call_text(c, "channel"), call_text(c, "user"));
}

/* Messages as they come; the last of them stay where they are too many bytes (KEEPS_LAST), or
 * the first. */
struct collected {
	json_t *messages;
	size_t bytes;
	bool keeps_last, is_cut, failed;
};

static size_t
size_of(const struct zt_message *m)
{
	size_t n = 512 + strlen(m->text) + strlen(m->name) + strlen(m->email);

	for (size_t i = 0; i < m->reaction_count; i++)
		n += 64 + strlen(m->reactions[i].emoji);
	return n;
}

static void
drop_first(struct collected *k)
{
	const json_t *first = json_array_get(k->messages, 0);
	size_t n = json_string_length(json_object_get(first, "text"));

	k->bytes -= n < k->bytes ? n : k->bytes;
	(void)json_array_remove(k->messages, 0);
	k->is_cut = true;
}

static void
collect(void *ctx, const struct zt_message *m)
{
	struct collected *k = ctx;

	if (k->failed || (!k->keeps_last && k->bytes > RPC_PAGE_MAX)) {
		k->is_cut = true;
		return;
	}
	while (k->bytes > RPC_PAGE_MAX && json_array_size(k->messages) > 0)
		drop_first(k);
	k->bytes += size_of(m);
	k->failed = json_array_append_new(k->messages, encode_message(m)) != 0;
}

static unsigned
most_of(const struct call *c)
{
	uint64_t most = call_number(c, "most", MOST);

	return (unsigned)(most > MOST_MAX ? MOST_MAX : most);
}

static enum zt_err
answer_messages(struct call *c, enum zt_err err, struct collected *k)
{
	bool more = k->is_cut || json_array_size(k->messages) >= most_of(c);

	if (k->failed || k->messages == NULL) {
		json_decref(k->messages);
		return err != ZT_OK ? err : call_lack_memory(c);
	}
	return call_answer(
	    c, err, json_pack("{s:o,s:b}", "messages", k->messages, "more", more));
}

enum zt_err
method_chat_read(struct call *c)
{
	struct collected k = { .messages = json_array(), .keeps_last = true };
	enum zt_err err = zt_chat_read(c->z, call_text(c, "channel"),
	    call_number(c, "before", 0), most_of(c), collect, &k);

	return answer_messages(c, err, &k);
}

enum zt_err
method_chat_search(struct call *c)
{
	struct collected k = { .messages = json_array() };
	enum zt_err err = zt_chat_search(
	    c->z, call_text(c, "channel"), call_text(c, "words"), most_of(c), collect, &k);

	return answer_messages(c, err, &k);
}

static enum zt_err
answer_sent(struct call *c, enum zt_err err, const struct zt_chat_sent *s)
{
	return call_answer(c, err,
	    json_pack(
		"{s:o,s:o}", "id", encode_text(s->id), "position", encode_number(s->position)));
}

enum zt_err
method_chat_send(struct call *c)
{
	struct zt_chat_sent sent = { 0 };
	enum zt_err err = zt_chat_send(c->z, call_text(c, "channel"), call_text(c, "text"),
	    call_text(c, "replyTo"), &sent);

	return answer_sent(c, err, &sent);
}

enum zt_err
method_chat_edit(struct call *c)
{
	struct zt_chat_sent sent = { 0 };
	enum zt_err err = zt_chat_edit(c->z, call_text(c, "channel"), call_text(c, "message"),
	    call_text(c, "text"), &sent);

	return answer_sent(c, err, &sent);
}

enum zt_err
method_chat_delete(struct call *c)
{
	struct zt_chat_sent sent = { 0 };
	enum zt_err err =
	    zt_chat_delete(c->z, call_text(c, "channel"), call_text(c, "message"), &sent);

	return answer_sent(c, err, &sent);
}

enum zt_err
method_chat_react(struct call *c)
{
	struct zt_chat_sent sent = { 0 };
	enum zt_err err = zt_chat_react(c->z, call_text(c, "channel"), call_text(c, "message"),
	    call_text(c, "emoji"), call_flag(c, "removes"), &sent);

	return answer_sent(c, err, &sent);
}

enum zt_err
method_chat_flush(struct call *c)
{
	uint64_t sent = 0, left = 0;
	enum zt_err err = zt_chat_flush(c->z, &sent, &left);

	return call_answer(c, err,
	    json_pack("{s:o,s:o}", "sent", encode_number(sent), "left", encode_number(left)));
}

enum zt_err
method_chat_mark(struct call *c)
{
	return zt_chat_mark(c->z, call_text(c, "channel"), call_number(c, "position", 0));
}
