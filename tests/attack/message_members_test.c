/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages and members: nobody changes what another wrote, a person who lost a right has it no
 * more, whatever they sign and whatever a server shows of it. */
#include <stdio.h>

#include "chain/keys.h"
#include "chain/workspace.h"
#include "chat/channel.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "message/chat.h"
#include "message/topic_position.h"
#include "proto/messages.pb-c.h"
#include "talk.h"
#include "topic/topic.h"

/* A server that shows bob's late message behind all others. */
struct late {
	uint64_t position;
	struct buf message;      /* encoded, as a part of a page */
	struct sign_key *key;    /* of the log: the server signs what it shows */
	struct topic_position p; /* what it signs */
};

static void
sign_late(const struct late *l, const Zt__MessagePage *m, Zt__MessagePage *more,
    Zt__Statement *out, struct buf *body)
{
	static struct statement s;
	struct topic_position p = l->p;
	uint8_t public[SIGN_PUBLIC_BYTES];
	Zt__MessagePage *late = NULL;

	assert_ok(statement_of(m->signed_, &s));
	sign_public(l->key, public);
	assert_ok(topic_position_check(public, &s, &p));
	assert_ok(pb_decode(
	    &zt__message_page__descriptor, buf_bytes(&l->message), l->message.n, &late));
	assert_ok(statement_of(late->messages[0]->statement, &s));
	message_link(&p.link, &s, &p.link);
	p.position = l->position;
	assert_ok(topic_position_sign(l->key, &p, body, &s));
	*out = statement_message(&s);
	more->signed_ = out;
	pb_free(late);
}

static void
add_late(void *ctx, struct proxy_call *c)
{
	const struct late *l = ctx;
	Zt__MessagePage *m = NULL;
	Zt__MessagePage more = ZT__MESSAGE_PAGE__INIT;
	struct buf body = buf_init(1024);
	Zt__Statement end;

	if (c->route != ROUTE_MESSAGES || c->status != 200)
		return;
	assert_ok(
	    pb_decode(&zt__message_page__descriptor, buf_bytes(&c->answer), c->answer.n, &m));
	more.newest = l->position;
	if (m->newest + 1 == l->position) {
		sign_late(l, m, &more, &end, &body);
		buf_add(&c->answer, buf_bytes(&l->message));
		assert_ok(pb_encode(&more, &c->answer)); /* the last one counts */
	}
	buf_free(&body);
	pb_free(m);
}

static void
keep_put(void *ctx, struct proxy_call *c)
{
	struct late *l = ctx;
	Zt__Message *m = NULL, *list[1];
	Zt__MessagePage page = ZT__MESSAGE_PAGE__INIT;

	if (c->route != ROUTE_MESSAGE_PUT)
		return;
	assert_ok(pb_decode(&zt__message__descriptor, c->body, c->body.n, &m));
	list[0] = m;
	page.messages = list;
	page.n_messages = 1;
	buf_empty(&l->message);
	assert_ok(pb_encode(&page, &l->message));
	pb_free(m);
}

static bool
keep_and_refuse(void *ctx, struct proxy_call *c)
{
	if (c->route != ROUTE_MESSAGE_PUT)
		return false;
	keep_put(ctx, c);
	proxy_refuse(c, ZT_ERR_UNAVAILABLE);
	return true;
}

/* L shows what it keeps at POSITION of NAME. */
static void
late_begin(struct late *l, struct scene *s, const char *name, uint64_t position)
{
	struct channel c = talk_open(&s->alice, name);

	*l = (struct late){ .position = position,
		.message = buf_init(8192),
		.key = world_log_key(s->w, &s->alice.zt->org),
		.p = { .org = s->alice.zt->org, .space = c.t.id, .topic = c.t.id, .time = 1 } };
}

static void
late_end(struct late *l)
{
	buf_free(&l->message);
	sign_free(l->key);
}

/* P signs CLEAR as message ID of NAME, past the rules of its zt. */
static enum zt_err
forge(struct person *p, const char *name, Zt__ChatPayload *payload)
{
	struct channel c = talk_open(p, name);
	struct buf clear = buf_init(4096);
	struct id id;
	uint64_t at;
	enum zt_err err;

	random_bytes(id.b, ID_BYTES);
	assert_ok(chat_write(payload, &clear));
	err = topic_send(&c.t, &id, buf_bytes(&clear), &at);
	buf_free(&clear);
	return err;
}

/* P signs PAYLOAD as somebody whose log ended at SEEN. */
static enum zt_err
put_as_of(struct person *p, const char *name, Zt__ChatPayload *payload, uint64_t seen)
{
	struct channel c = talk_open(p, name);
	struct zt *z = p->zt;
	const struct secret *key;
	struct message m = { .org = z->org,
		.space = c.t.id,
		.topic = c.t.id,
		.author = z->device,
		.generation = (unsigned)c.s->w->generation_count,
		.parent_position = c.t.position,
		.parent_link = c.t.link,
		.seen_size = seen,
		.time = c.t.time };
	struct buf clear = buf_init(8192), sealed = buf_init(LIMIT_MESSAGE),
		   body = buf_init(LIMIT_MESSAGE_BODY), whole = buf_init(LIMIT_MESSAGE),
		   answer = buf_init(8192);
	struct route_params to = { .org = z->org, .id = c.t.id, .about = c.t.id };
	Zt__Message put = ZT__MESSAGE__INIT;
	Zt__Statement st;
	enum zt_err err;

	random_bytes(m.id.b, ID_BYTES);
	assert_ok(chat_write(payload, &clear));
	assert_ok(workspace_key_to_write(c.s, &key));
	assert_ok(merkle_root(z->state->tree, seen, &m.seen_root));
	assert_ok(message_seal(key, &m, buf_bytes(&clear), &sealed));
	assert_ok(message_sign(z->sign, &m, &body));
	st = statement_message(&m.stmt);
	put.statement = &st;
	put.sealed = pb_field(sealed.p, sealed.n);
	assert_ok(pb_encode(&put, &whole));
	err = session_call(z, ROUTE_MESSAGE_PUT, &to, NULL, buf_bytes(&whole), &answer);
	buf_free(&clear);
	buf_free(&sealed);
	buf_free(&body);
	buf_free(&whole);
	buf_free(&answer);
	return err;
}

static struct id
id_at(struct person *p, const char *name, uint64_t position)
{
	struct channel c = talk_open(p, name);
	struct topic_message m;
	struct id id;

	assert_ok(topic_get(&c.t, position, &m));
	id = m.m.id;
	topic_message_end(&m);
	return id;
}

static void
X_nobody_edits_or_deletes_what_another_wrote(void **state)
{
	struct scene *s = *state;
	const char *name = talk_channel(s);
	Zt__ChatPayload p = ZT__CHAT_PAYLOAD__INIT;
	Zt__ChatEdit edit = ZT__CHAT_EDIT__INIT;
	Zt__ChatDeletion deletion = ZT__CHAT_DELETION__INIT;
	struct zt_chat_sent sent;
	struct talk_seen seen;
	struct id of;

	talk_say(&s->alice, name, "mine");
	of = id_at(&s->bob, name, 1);
	p.kind_case = ZT__CHAT_PAYLOAD__KIND_EDIT;
	p.edit = &edit;
	edit.of = pb_field(of.b, ID_BYTES);
	edit.text = (char *)(uintptr_t) "bob's";
	assert_ok(forge(&s->bob, name, &p));
	p.kind_case = ZT__CHAT_PAYLOAD__KIND_DELETION;
	p.deletion = &deletion;
	deletion.of = pb_field(of.b, ID_BYTES);
	assert_ok(forge(&s->bob, name, &p));
	assert_ok(talk_read(&s->alice, name, &seen));
	assert_string_equal("mine|", seen.texts);
	assert_int_equal(0, seen.deleted);
	/* Through zt it is refused before it is signed; an owner may delete. */
	assert_err(ZT_ERR_FORBIDDEN, zt_chat_edit(s->bob.zt, name, "1", "no", &sent));
	assert_err(ZT_ERR_FORBIDDEN, zt_chat_delete(s->bob.zt, name, "1", &sent));
	talk_say(&s->bob, name, "bob's own");
	assert_ok(zt_chat_delete(s->alice.zt, name, "4", &sent));
	assert_ok(talk_read(&s->bob, name, &seen));
	assert_int_equal(1, seen.deleted);
}

/* What a manager may do ends with the role, whatever head is named. */
static void
X_who_was_a_manager_deletes_nothing_more(void **state)
{
	struct scene *s = *state;
	const char *name = talk_channel(s);
	Zt__ChatPayload p = ZT__CHAT_PAYLOAD__INIT;
	Zt__ChatDeletion d = ZT__CHAT_DELETION__INIT;
	struct late l;
	struct proxy_hooks keep = { .ctx = &l, .before = keep_and_refuse },
			   show = { .ctx = &l, .after = add_late };
	struct channel c;
	struct talk_seen seen;
	struct id of;
	uint64_t then;

	assert_ok(zt_channel_share(s->alice.zt, name, "bob@test.example", "manager"));
	(void)talk_open(&s->bob, name);
	then = merkle_size(s->bob.zt->state->tree);
	assert_ok(zt_channel_share(s->alice.zt, name, "bob@test.example", "contributor"));
	talk_say(&s->alice, name, "said since");
	of = id_at(&s->bob, name, 1);
	p.kind_case = ZT__CHAT_PAYLOAD__KIND_DELETION;
	p.deletion = &d;
	d.of = pb_field(of.b, ID_BYTES);
	assert_err(ZT_ERR_STALE_KEY, put_as_of(&s->bob, name, &p, then));
	talk_reads(&s->alice, name, "said since|");
	/* Nor does a server help that takes and signs it: readers decide. */
	late_begin(&l, s, name, 2);
	proxy_play(s->w->d, &keep);
	assert_err(ZT_ERR_UNAVAILABLE, put_as_of(&s->bob, name, &p, then));
	proxy_play(s->w->d, &show);
	assert_ok(talk_read(&s->alice, name, &seen));
	assert_string_equal("said since|", seen.texts);
	assert_int_equal(0, seen.deleted);
	assert_ok(channel_find(s->alice.zt, name, &c));
	assert_int_equal(2, c.t.position); /* it was taken */
	proxy_play(s->w->d, NULL);
	late_end(&l);
}

static unsigned reactions;

static void
count_reactions(void *ctx, const struct zt_message *m)
{
	(void)ctx;
	reactions = (unsigned)m->reaction_count;
}

static void
X_reactions_that_were_taken_back_leave_room(void **state)
{
	struct scene *s = *state;
	const char *name = talk_channel(s);
	Zt__ChatPayload p = ZT__CHAT_PAYLOAD__INIT;
	Zt__ChatReaction r = ZT__CHAT_REACTION__INIT;
	struct zt_chat_sent sent;
	struct id of;
	char emoji[16];

	talk_say(&s->alice, name, "hello");
	of = id_at(&s->bob, name, 1);
	p.kind_case = ZT__CHAT_PAYLOAD__KIND_REACTION;
	p.reaction = &r;
	r.of = pb_field(of.b, ID_BYTES);
	r.emoji = emoji;
	r.removed = true;
	for (int i = 0; i < 64; i++) {
		(void)snprintf(emoji, sizeof emoji, "x%d", i);
		assert_ok(forge(&s->bob, name, &p));
	}
	assert_ok(zt_chat_react(s->alice.zt, name, "1", "+1", false, &sent));
	assert_ok(zt_chat_read(s->alice.zt, name, 0, 100, count_reactions, NULL));
	assert_int_equal(1, reactions);
}

static void
X_what_a_member_spoils_costs_that_message_alone(void **state)
{
	struct scene *s = *state;
	const char *name = talk_channel(s);
	struct channel c;
	struct talk_seen seen;
	struct id id;
	uint64_t at;

	talk_say(&s->alice, name, "before");
	c = talk_open(&s->bob, name);
	random_bytes(id.b, ID_BYTES);
	assert_ok(topic_send(&c.t, &id, bytes_text("\xff no payload"), &at));
	talk_say(&s->alice, name, "after");
	assert_ok(talk_read(&s->alice, name, &seen));
	assert_string_equal("before||after|", seen.texts);
	assert_int_equal(1, seen.unreadable);
}

static void
P6_who_was_removed_writes_nothing_more(void **state)
{
	struct scene *s = *state;
	const char *name = talk_channel(s);
	struct late l;
	struct proxy_hooks keep = { .ctx = &l, .before = keep_and_refuse },
			   show = { .ctx = &l, .after = add_late };
	struct person carol;
	struct zt_chat_sent sent;

	world_join(&s->alice, &carol, "carol", "standard");
	assert_ok(zt_channel_share(s->alice.zt, name, "carol@test.example", "contributor"));
	talk_say(&s->bob, name, "in time");
	talk_reads(&carol, name, "in time|");
	/* He signs before he is removed; the server keeps it for later. */
	late_begin(&l, s, name, 2);
	proxy_play(s->w->d, &keep);
	assert_ok(zt_chat_send(s->bob.zt, name, "too late", NULL, &sent));
	assert_int_equal(0, sent.position);
	proxy_play(s->w->d, NULL);
	assert_ok(zt_channel_unshare(s->alice.zt, name, "bob@test.example"));
	proxy_play(s->w->d, &show);
	talk_reads(&s->alice, name, "in time|");
	talk_reads(&carol, name, "in time|");
	proxy_play(s->w->d, NULL);
	late_end(&l);
	person_close(&carol);
}

static void
P6_who_was_made_a_reader_keeps_what_was_written_in_time(void **state)
{
	struct scene *s = *state;
	const char *name = talk_channel(s);
	struct zt_chat_sent sent;

	talk_say(&s->bob, name, "in time");
	assert_ok(zt_channel_share(s->alice.zt, name, "bob@test.example", "reader"));
	talk_reads(&s->alice, name, "in time|");
	talk_reads(&s->bob, name, "in time|");
	assert_err(ZT_ERR_FORBIDDEN, zt_chat_send(s->bob.zt, name, "no", NULL, &sent));
	talk_say(&s->alice, name, "on");
	talk_reads(&s->bob, name, "in time|on|");
}

static void
P6_a_revoked_users_messages_from_before_stay_for_newcomers(void **state)
{
	struct scene *s = *state;
	const char *name = talk_channel(s);
	struct person carol, dave;

	world_join(&s->alice, &carol, "carl", "standard");
	assert_ok(zt_channel_share(s->alice.zt, name, "carl@test.example", "contributor"));
	talk_say(&carol, name, "was here");
	talk_reads(&s->bob, name, "was here|");
	talk_say(&s->bob, name, "seen");
	assert_ok(zt_user_revoke(s->alice.zt, "carl@test.example"));
	assert_ok(zt_maintain_keys(s->alice.zt, NULL));
	talk_say(&s->alice, name, "gone");
	world_join(&s->alice, &dave, "dave", "standard");
	assert_ok(zt_channel_share(s->alice.zt, name, "dave@test.example", "reader"));
	talk_reads(&dave, name, "was here|seen|gone|");
	talk_reads(&s->bob, name, "was here|seen|gone|");
	person_close(&carol);
	person_close(&dave);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
		    X_who_was_a_manager_deletes_nothing_more, honest_again),
		cmocka_unit_test(X_reactions_that_were_taken_back_leave_room),
		cmocka_unit_test(X_nobody_edits_or_deletes_what_another_wrote),
		cmocka_unit_test(X_what_a_member_spoils_costs_that_message_alone),
		cmocka_unit_test_teardown(P6_who_was_removed_writes_nothing_more, honest_again),
		cmocka_unit_test(P6_who_was_made_a_reader_keeps_what_was_written_in_time),
		cmocka_unit_test(P6_a_revoked_users_messages_from_before_stay_for_newcomers),
	};

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
