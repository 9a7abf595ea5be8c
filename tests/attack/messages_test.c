/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages before a hostile server, and with a member's help: none is dropped, moved, shown
 * twice, altered or brought from elsewhere unnoticed; a person who lost the right to write
 * writes nothing; nobody changes what another wrote. */
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
#include "test.h"
#include "topic/topic.h"
#include "world.h"
#include "zt/chat.h"

/* ---- what people see ---- */

struct seen {
	char texts[2048];
	unsigned count, deleted, unreadable;
};

static void
see(void *ctx, const struct zt_message *m)
{
	struct seen *s = ctx;
	size_t n = strlen(s->texts);

	s->count++;
	s->deleted += m->is_deleted;
	s->unreadable += m->is_unreadable;
	(void)snprintf(s->texts + n, sizeof s->texts - n, "%s|", m->text);
}

static enum zt_err
read_all(struct person *p, const char *channel, struct seen *out)
{
	*out = (struct seen){ .count = 0 };
	return zt_chat_read(p->zt, channel, 0, 100, see, out);
}

static void
reads(struct person *p, const char *channel, const char *texts)
{
	struct seen seen;

	assert_ok(read_all(p, channel, &seen));
	assert_string_equal(texts, seen.texts);
}

static void
say(struct person *p, const char *channel, const char *text)
{
	struct zt_chat_sent sent;

	assert_ok(zt_chat_send(p->zt, channel, text, NULL, &sent));
	assert_true(sent.position > 0);
}

/* A new channel of alice's, with bob in it. */
static const char *
channel_of(struct scene *s)
{
	static char name[32];

	(void)snprintf(name, sizeof name, "c%u", s->next++);
	assert_ok(zt_channel_create(s->alice.zt, name, NULL));
	assert_ok(zt_channel_share(s->alice.zt, name, "bob@test.example", "contributor"));
	return name;
}

static struct channel
open_channel(struct person *p, const char *name)
{
	struct channel c;

	assert_ok(zt_sync(p->zt));
	assert_ok(channel_find(p->zt, name, &c));
	assert_ok(topic_sync(&c.t));
	return c;
}

/* ---- a hostile server ---- */

enum lie {
	DROPS,   /* the second of a page */
	SWAPS,   /* the first two */
	REPEATS, /* the first, at the end */
	ALTERS,  /* a byte of what is sealed */
	CUTS,    /* what is sealed, of a message that nobody deleted */
	SILENT,  /* about where it ends */
	LESS     /* than it shows, as if a page followed */
};

struct liar {
	enum lie how;
	const struct sign_key *log_key; /* the server's own; NULL: it signs nothing */
	struct topic_position p;
};

/* The word of the log key for the end of M as it is shown. */
static void
sign_end(struct liar *l, Zt__MessagePage *m, struct buf *body, Zt__Statement *out)
{
	static struct statement s;
	struct hash link = { { 0 } };

	for (size_t i = 0; i < m->n_messages; i++) {
		assert_ok(statement_of(m->messages[i]->statement, &s));
		message_link(&link, &s, &link);
	}
	l->p.link = link;
	l->p.position = m->newest;
	assert_ok(topic_position_sign(l->log_key, &l->p, body, &s));
	*out = statement_message(&s);
	m->signed_ = out;
}

static void
tell_lies(struct liar *l, Zt__MessagePage *m, Zt__Message **list)
{
	size_t n = m->n_messages;

	memcpy(list, m->messages, n * sizeof *list);
	switch (l->how) {
	case DROPS:
		memmove(list + 1, list + 2, (n - 2) * sizeof *list);
		n--;
		break;
	case SWAPS:
		list[0] = m->messages[1];
		list[1] = m->messages[0];
		break;
	case REPEATS:
		list[n++] = m->messages[0];
		m->newest++;
		break;
	case ALTERS:
		list[0]->sealed.data[20] ^= 1;
		break;
	case CUTS:
		list[1]->sealed.len = 0;
		break;
	case SILENT:
		m->signed_ = NULL;
		break;
	case LESS:
		m->newest = 1;
		m->signed_ = NULL;
		break;
	}
	m->messages = list;
	m->n_messages = n;
}

static void
lie_in_page(void *ctx, struct proxy_call *c)
{
	struct liar *l = ctx;
	Zt__MessagePage *m = NULL;
	Zt__Message *list[64], **own;
	Zt__Statement end, *said;
	struct buf body = buf_init(1024);
	size_t count;

	if (c->route != ROUTE_MESSAGES || c->status != 200)
		return;
	assert_ok(
	    pb_decode(&zt__message_page__descriptor, buf_bytes(&c->answer), c->answer.n, &m));
	own = m->messages;
	count = m->n_messages;
	said = m->signed_;
	if (count >= 3) {
		tell_lies(l, m, list);
		if (l->log_key != NULL && l->how < SILENT)
			sign_end(l, m, &body, &end);
		buf_empty(&c->answer);
		assert_ok(pb_encode(m, &c->answer));
	}
	m->messages = own;
	m->n_messages = count;
	m->signed_ = said;
	pb_free(m);
	buf_free(&body);
}

static void
X_no_message_is_dropped_moved_repeated_or_altered_unnoticed(void **state)
{
	static const enum zt_err found[] = {
		[DROPS] = ZT_ERR_FORK,
		[SWAPS] = ZT_ERR_FORK,
		[REPEATS] = ZT_ERR_CORRUPT,
		[ALTERS] = ZT_ERR_CORRUPT,
		[CUTS] = ZT_ERR_CORRUPT,
		[SILENT] = ZT_ERR_CORRUPT,
		[LESS] = ZT_ERR_CORRUPT,
	};
	struct scene *s = *state;
	struct sign_key *key = world_log_key(s->w, &s->alice.zt->org);

	for (enum lie how = DROPS; how <= LESS; how++) {
		const char *name = channel_of(s);
		struct channel c = open_channel(&s->alice, name);
		struct liar l = { .how = how,
			.log_key = key,
			.p = { .org = s->alice.zt->org,
			    .space = c.t.id,
			    .topic = c.t.id,
			    .time = 1 } };
		struct proxy_hooks hooks = { .ctx = &l, .after = lie_in_page };
		struct seen seen;

		for (int i = 0; i < 4; i++)
			say(&s->alice, name, "hello");
		proxy_play(s->w->d, &hooks);
		assert_err(found[how], read_all(&s->bob, name, &seen));
		proxy_play(s->w->d, NULL);
		assert_int_equal(0, seen.count);
		/* Nothing of the lie stays: an honest server is read as if it had not been. */
		reads(&s->bob, name, "hello|hello|hello|hello|");
	}
	sign_free(key);
}

/* ---- an older or shorter conversation ---- */

static void
cut_page(void *ctx, struct proxy_call *c)
{
	Zt__MessagePage m = ZT__MESSAGE_PAGE__INIT;

	(void)ctx;
	if (c->route != ROUTE_MESSAGES || c->status != 200)
		return;
	m.first = 1;
	m.newest = 1;
	buf_empty(&c->answer);
	assert_ok(pb_encode(&m, &c->answer));
}

static void
X_a_conversation_that_was_longer_is_a_rollback(void **state)
{
	struct scene *s = *state;
	const char *name = channel_of(s);
	struct proxy_hooks hooks = { .after = cut_page };
	struct seen seen;

	say(&s->alice, name, "one");
	say(&s->alice, name, "two");
	reads(&s->bob, name, "one|two|");
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_ROLLBACK, read_all(&s->bob, name, &seen));
	proxy_play(s->w->d, NULL);
	reads(&s->bob, name, "one|two|");
}

/* Acknowledges, and keeps nothing. */
static bool
pretend(void *ctx, struct proxy_call *c)
{
	Zt__MessageAnswer m = ZT__MESSAGE_ANSWER__INIT;
	static const uint8_t link[HASH_BYTES] = { 7 };

	(void)ctx;
	if (c->route != ROUTE_MESSAGE_PUT)
		return false;
	m.position = 9;
	m.link = pb_field(link, sizeof link);
	c->status = 200;
	buf_empty(&c->answer);
	assert_ok(pb_encode(&m, &c->answer));
	return true;
}

static void
X_what_was_acknowledged_must_be_there(void **state)
{
	struct scene *s = *state;
	const char *name = channel_of(s);
	struct proxy_hooks hooks = { .before = pretend };
	struct zt_chat_sent sent;
	uint64_t flushed, waits;

	say(&s->alice, name, "one");
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_ROLLBACK, zt_chat_send(s->alice.zt, name, "lost", NULL, &sent));
	proxy_play(s->w->d, NULL);
	/* It may be there, or not: it stays here until it is, once. */
	assert_ok(zt_chat_flush(s->alice.zt, &flushed, &waits));
	assert_int_equal(1, flushed);
	assert_int_equal(0, waits);
	reads(&s->bob, name, "one|lost|");
}

struct losing {
	const struct proxy *d;
	unsigned left;
};

static bool
lose_answer(void *ctx, struct proxy_call *c)
{
	struct losing *l = ctx;
	enum zt_err err;

	if (c->route != ROUTE_MESSAGE_PUT || l->left == 0)
		return false;
	l->left--;
	assert_int_equal(200, proxy_send(l->d, c->request, &err));
	c->status = 0;
	return true;
}

/* A server that acknowledges what it does not keep, with the link that it would have. */
static bool
pretend_next(void *ctx, struct proxy_call *c)
{
	Zt__MessageAnswer m = ZT__MESSAGE_ANSWER__INIT;
	Zt__Message *put = NULL;
	struct statement st;
	const struct topic *t = ctx;
	struct hash next;

	if (c->route != ROUTE_MESSAGE_PUT)
		return false;
	assert_ok(pb_decode(&zt__message__descriptor, c->body, c->body.n, &put));
	assert_ok(statement_of(put->statement, &st));
	message_link(&t->link, &st, &next);
	m.position = t->position + 1;
	m.link = pb_field(next.b, sizeof next.b);
	c->status = 200;
	buf_empty(&c->answer);
	assert_ok(pb_encode(&m, &c->answer));
	pb_free(put);
	return true;
}

static void
X_an_acknowledgement_is_the_log_keys(void **state)
{
	struct scene *s = *state;
	const char *name = channel_of(s);
	struct channel c;
	struct proxy_hooks hooks = { .ctx = &c.t, .before = pretend_next };
	struct zt_chat_sent sent;
	uint64_t flushed, waits;

	say(&s->alice, name, "one");
	c = open_channel(&s->alice, name);
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_ROLLBACK, zt_chat_send(s->alice.zt, name, "kept", NULL, &sent));
	proxy_play(s->w->d, NULL);
	assert_ok(zt_chat_flush(s->alice.zt, &flushed, &waits));
	assert_int_equal(1, flushed);
	assert_int_equal(0, waits);
	reads(&s->bob, name, "one|kept|");
}

/* ---- an honest server ---- */

struct growing {
	struct scene *s;
	const char *name;
	enum route at;
	bool is_done;
};

/* Between two calls of bob the log grows, and what is written then says so. */
static bool
grow(void *ctx, struct proxy_call *c)
{
	struct growing *g = ctx;
	char other[32];

	if (c->route != g->at || g->is_done)
		return false;
	g->is_done = true;
	(void)snprintf(other, sizeof other, "grown%u", g->s->next++);
	assert_ok(zt_workspace_create(g->s->alice.zt, other));
	if (g->at == ROUTE_MESSAGES)
		say(&g->s->alice, g->name, "two");
	else
		assert_ok(zt_mkdir(g->s->alice.zt, g->name));
	return false;
}

static void
a_log_that_grows_between_two_calls_is_no_fork(void **state)
{
	struct scene *s = *state;
	const char *name = channel_of(s);
	struct growing g = { s, name, ROUTE_MESSAGES, false };
	struct proxy_hooks hooks = { .ctx = &g, .before = grow };
	struct zt_chat_sent sent;

	say(&s->alice, name, "one");
	reads(&s->bob, name, "one|");
	person_speak_to(&s->alice, s->w->url);
	proxy_play(s->w->d, &hooks);
	reads(&s->bob, name, "one|two|");
	proxy_play(s->w->d, NULL);
	assert_true(g.is_done);
	assert_ok(zt_chat_send(s->bob.zt, name, "three", NULL, &sent));
	person_speak_to(&s->alice, proxy_url(s->w->d));
}

/* The same of files. */
static void
a_log_that_grows_before_a_chain_is_fetched_is_no_fork(void **state)
{
	struct scene *s = *state;
	struct growing g = { s, "together:/new", ROUTE_CHAIN, false };
	struct proxy_hooks hooks = { .ctx = &g, .before = grow };

	assert_ok(zt_workspace_create(s->alice.zt, "together"));
	assert_ok(
	    zt_workspace_share(s->alice.zt, "together", "bob@test.example", "contributor"));
	assert_ok(zt_mkdir(s->alice.zt, "together:/first"));
	assert_ok(zt_mkdir(s->bob.zt, "together:/his"));
	person_speak_to(&s->alice, s->w->url);
	proxy_play(s->w->d, &hooks);
	assert_ok(zt_mkdir(s->bob.zt, "together:/second"));
	proxy_play(s->w->d, NULL);
	assert_true(g.is_done);
	person_speak_to(&s->alice, proxy_url(s->w->d));
}

/* ---- with a member's help ---- */

/* P signs CLEAR as message ID of NAME, past the rules of its zt. */
static enum zt_err
forge(struct person *p, const char *name, Zt__ChatPayload *payload)
{
	struct channel c = open_channel(p, name);
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
	struct channel c = open_channel(p, name);
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
	struct channel c = open_channel(p, name);
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
	const char *name = channel_of(s);
	Zt__ChatPayload p = ZT__CHAT_PAYLOAD__INIT;
	Zt__ChatEdit edit = ZT__CHAT_EDIT__INIT;
	Zt__ChatDeletion deletion = ZT__CHAT_DELETION__INIT;
	struct zt_chat_sent sent;
	struct seen seen;
	struct id of;

	say(&s->alice, name, "mine");
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
	assert_ok(read_all(&s->alice, name, &seen));
	assert_string_equal("mine|", seen.texts);
	assert_int_equal(0, seen.deleted);
	/* Through zt it is refused before it is signed; an owner may delete. */
	assert_err(ZT_ERR_FORBIDDEN, zt_chat_edit(s->bob.zt, name, "1", "no", &sent));
	assert_err(ZT_ERR_FORBIDDEN, zt_chat_delete(s->bob.zt, name, "1", &sent));
	say(&s->bob, name, "bob's own");
	assert_ok(zt_chat_delete(s->alice.zt, name, "4", &sent));
	assert_ok(read_all(&s->bob, name, &seen));
	assert_int_equal(1, seen.deleted);
}

/* What a manager may do ends with the role, whatever head is named. */
static void
X_who_was_a_manager_deletes_nothing_more(void **state)
{
	struct scene *s = *state;
	const char *name = channel_of(s);
	Zt__ChatPayload p = ZT__CHAT_PAYLOAD__INIT;
	Zt__ChatDeletion d = ZT__CHAT_DELETION__INIT;
	struct id of;
	uint64_t then;

	assert_ok(zt_channel_share(s->alice.zt, name, "bob@test.example", "manager"));
	(void)open_channel(&s->bob, name);
	then = merkle_size(s->bob.zt->state->tree);
	assert_ok(zt_channel_share(s->alice.zt, name, "bob@test.example", "contributor"));
	say(&s->alice, name, "said since");
	of = id_at(&s->bob, name, 1);
	p.kind_case = ZT__CHAT_PAYLOAD__KIND_DELETION;
	p.deletion = &d;
	d.of = pb_field(of.b, ID_BYTES);
	assert_err(ZT_ERR_STALE_KEY, put_as_of(&s->bob, name, &p, then));
	reads(&s->alice, name, "said since|");
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
	const char *name = channel_of(s);
	Zt__ChatPayload p = ZT__CHAT_PAYLOAD__INIT;
	Zt__ChatReaction r = ZT__CHAT_REACTION__INIT;
	struct zt_chat_sent sent;
	struct id of;
	char emoji[16];

	say(&s->alice, name, "hello");
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

/* Who shows less of a conversation keeps nobody in it. */
static void
X_a_conversation_that_is_cut_keeps_nobody_in_it(void **state)
{
	struct scene *s = *state;
	const char *name = channel_of(s);
	struct proxy_hooks hooks = { .after = cut_page };
	struct zt_chat_sent sent;

	say(&s->alice, name, "one");
	say(&s->bob, name, "two");
	reads(&s->alice, name, "one|two|");
	proxy_play(s->w->d, &hooks);
	assert_ok(zt_channel_unshare(s->alice.zt, name, "bob@test.example"));
	proxy_play(s->w->d, NULL);
	assert_err(ZT_ERR_NOT_MEMBER, zt_chat_send(s->bob.zt, name, "three", NULL, &sent));
	reads(&s->alice, name, "one|two|");
}

static void
X_what_a_member_spoils_costs_that_message_alone(void **state)
{
	struct scene *s = *state;
	const char *name = channel_of(s);
	struct channel c;
	struct seen seen;
	struct id id;
	uint64_t at;

	say(&s->alice, name, "before");
	c = open_channel(&s->bob, name);
	random_bytes(id.b, ID_BYTES);
	assert_ok(topic_send(&c.t, &id, bytes_text("\xff no payload"), &at));
	say(&s->alice, name, "after");
	assert_ok(read_all(&s->alice, name, &seen));
	assert_string_equal("before||after|", seen.texts);
	assert_int_equal(1, seen.unreadable);
}

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

static void
P6_who_was_removed_writes_nothing_more(void **state)
{
	struct scene *s = *state;
	const char *name = channel_of(s);
	struct channel c = open_channel(&s->alice, name);
	struct late l = { .message = buf_init(8192),
		.key = world_log_key(s->w, &s->alice.zt->org),
		.p = { .org = s->alice.zt->org, .space = c.t.id, .topic = c.t.id, .time = 1 } };
	struct proxy_hooks keep = { .ctx = &l, .before = keep_and_refuse },
			   show = { .ctx = &l, .after = add_late };
	struct person carol;
	struct zt_chat_sent sent;

	world_join(&s->alice, &carol, "carol", "standard");
	assert_ok(zt_channel_share(s->alice.zt, name, "carol@test.example", "contributor"));
	say(&s->bob, name, "in time");
	reads(&carol, name, "in time|");
	/* He signs before he is removed; the server keeps it for later. */
	proxy_play(s->w->d, &keep);
	assert_ok(zt_chat_send(s->bob.zt, name, "too late", NULL, &sent));
	assert_int_equal(0, sent.position);
	proxy_play(s->w->d, NULL);
	assert_ok(zt_channel_unshare(s->alice.zt, name, "bob@test.example"));
	l.position = 2;
	proxy_play(s->w->d, &show);
	reads(&s->alice, name, "in time|");
	reads(&carol, name, "in time|");
	proxy_play(s->w->d, NULL);
	buf_free(&l.message);
	sign_free(l.key);
	person_close(&carol);
}

static void
P6_who_was_made_a_reader_keeps_what_was_written_in_time(void **state)
{
	struct scene *s = *state;
	const char *name = channel_of(s);
	struct zt_chat_sent sent;

	say(&s->bob, name, "in time");
	assert_ok(zt_channel_share(s->alice.zt, name, "bob@test.example", "reader"));
	reads(&s->alice, name, "in time|");
	reads(&s->bob, name, "in time|");
	assert_err(ZT_ERR_FORBIDDEN, zt_chat_send(s->bob.zt, name, "no", NULL, &sent));
	say(&s->alice, name, "on");
	reads(&s->bob, name, "in time|on|");
}

static void
P6_a_revoked_users_messages_from_before_stay_for_newcomers(void **state)
{
	struct scene *s = *state;
	const char *name = channel_of(s);
	struct person carol, dave;

	world_join(&s->alice, &carol, "carl", "standard");
	assert_ok(zt_channel_share(s->alice.zt, name, "carl@test.example", "contributor"));
	say(&carol, name, "was here");
	reads(&s->bob, name, "was here|");
	say(&s->bob, name, "seen");
	assert_ok(zt_user_revoke(s->alice.zt, "carl@test.example"));
	assert_ok(zt_maintain_keys(s->alice.zt, NULL));
	say(&s->alice, name, "gone");
	world_join(&s->alice, &dave, "dave", "standard");
	assert_ok(zt_channel_share(s->alice.zt, name, "dave@test.example", "reader"));
	reads(&dave, name, "was here|seen|gone|");
	reads(&s->bob, name, "was here|seen|gone|");
	person_close(&carol);
	person_close(&dave);
}

/* ---- long ones ---- */

static void
a_long_conversation_is_read_from_its_end(void **state)
{
	struct scene *s = *state;
	const char *name = channel_of(s);
	struct channel c;
	struct seen seen;
	bool is_all = false;
	char text[16];

	for (int i = 1; i <= 230; i++) {
		(void)snprintf(text, sizeof text, "%d", i);
		say(i % 2 == 0 ? &s->alice : &s->bob, name, text);
	}
	c = open_channel(&s->laptop, name);
	assert_int_equal(230, c.t.position);
	assert_int_equal(131, c.t.first);
	seen = (struct seen){ .count = 0 };
	assert_ok(zt_chat_read(s->laptop.zt, name, 4, 2, see, &seen));
	assert_string_equal("2|3|", seen.texts);
	c = open_channel(&s->laptop, name);
	assert_ok(topic_back(&c.t, 1, &is_all));
	assert_true(is_all);
}

static void
rewrite_past(void *ctx, struct proxy_call *c)
{
	struct liar l = { .how = DROPS };

	(void)ctx;
	if (c->route == ROUTE_MESSAGES && strstr(c->target, "before=") != NULL)
		lie_in_page(&l, c);
}

static void
X_what_came_before_leads_to_what_is_held(void **state)
{
	struct scene *s = *state;
	const char *name = channel_of(s);
	struct proxy_hooks hooks = { .after = rewrite_past };
	struct channel c;
	bool is_all;

	for (int i = 0; i < 120; i++)
		say(&s->alice, name, "x");
	proxy_play(s->w->d, &hooks);
	c = open_channel(&s->bob, name);
	assert_int_equal(21, c.t.first);
	assert_err(ZT_ERR_FORK, topic_back(&c.t, 20, &is_all));
	proxy_play(s->w->d, NULL);
}

/* ---- sent once ---- */

static void
a_message_whose_answer_was_lost_is_there_once(void **state)
{
	struct scene *s = *state;
	const char *name = channel_of(s);
	struct losing l = { s->w->d, 1 };
	struct proxy_hooks hooks = { .ctx = &l, .before = lose_answer };
	struct zt_chat_sent sent;
	uint64_t flushed, waits;

	say(&s->alice, name, "first");
	proxy_play(s->w->d, &hooks);
	assert_ok(zt_chat_send(s->alice.zt, name, "once", NULL, &sent));
	proxy_play(s->w->d, NULL);
	assert_ok(zt_chat_flush(s->alice.zt, &flushed, &waits));
	assert_int_equal(0, waits);
	say(&s->alice, name, "last");
	reads(&s->bob, name, "first|once|last|");
	reads(&s->alice, name, "first|once|last|");
}

static int
begin(void **state)
{
	struct scene *s;

	assert_int_equal(0, scene_begin(state));
	s = *state;
	world_add_device(&s->alice, &s->laptop, "laptop");
	return 0;
}

static int
end(void **state)
{
	struct scene *s = *state;

	person_close(&s->laptop);
	return scene_end(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
		    X_no_message_is_dropped_moved_repeated_or_altered_unnoticed, honest_again),
		cmocka_unit_test_teardown(
		    X_a_conversation_that_was_longer_is_a_rollback, honest_again),
		cmocka_unit_test_teardown(X_what_was_acknowledged_must_be_there, honest_again),
		cmocka_unit_test_teardown(X_an_acknowledgement_is_the_log_keys, honest_again),
		cmocka_unit_test_teardown(
		    a_log_that_grows_between_two_calls_is_no_fork, honest_again),
		cmocka_unit_test_teardown(
		    a_log_that_grows_before_a_chain_is_fetched_is_no_fork, honest_again),
		cmocka_unit_test(X_who_was_a_manager_deletes_nothing_more),
		cmocka_unit_test(X_reactions_that_were_taken_back_leave_room),
		cmocka_unit_test_teardown(
		    X_a_conversation_that_is_cut_keeps_nobody_in_it, honest_again),
		cmocka_unit_test(X_nobody_edits_or_deletes_what_another_wrote),
		cmocka_unit_test(X_what_a_member_spoils_costs_that_message_alone),
		cmocka_unit_test_teardown(P6_who_was_removed_writes_nothing_more, honest_again),
		cmocka_unit_test(P6_who_was_made_a_reader_keeps_what_was_written_in_time),
		cmocka_unit_test(P6_a_revoked_users_messages_from_before_stay_for_newcomers),
		cmocka_unit_test(a_long_conversation_is_read_from_its_end),
		cmocka_unit_test_teardown(
		    X_what_came_before_leads_to_what_is_held, honest_again),
		cmocka_unit_test_teardown(
		    a_message_whose_answer_was_lost_is_there_once, honest_again),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
