/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages before a hostile server: none is dropped, moved, shown twice, altered or left
 * without what it says unnoticed, and each is there once. */
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
		const char *name = talk_channel(s);
		struct channel c = talk_open(&s->alice, name);
		struct liar l = { .how = how,
			.log_key = key,
			.p = { .org = s->alice.zt->org,
			    .space = c.t.id,
			    .topic = c.t.id,
			    .time = 1 } };
		struct proxy_hooks hooks = { .ctx = &l, .after = lie_in_page };
		struct talk_seen seen;

		for (int i = 0; i < 4; i++)
			talk_say(&s->alice, name, "hello");
		proxy_play(s->w->d, &hooks);
		assert_err(found[how], talk_read(&s->bob, name, &seen));
		proxy_play(s->w->d, NULL);
		assert_int_equal(0, seen.count);
		/* Nothing of the lie stays: an honest server is read as if it had not been. */
		talk_reads(&s->bob, name, "hello|hello|hello|hello|");
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
	const char *name = talk_channel(s);
	struct proxy_hooks hooks = { .after = cut_page };
	struct talk_seen seen;

	talk_say(&s->alice, name, "one");
	talk_say(&s->alice, name, "two");
	talk_reads(&s->bob, name, "one|two|");
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_ROLLBACK, talk_read(&s->bob, name, &seen));
	proxy_play(s->w->d, NULL);
	talk_reads(&s->bob, name, "one|two|");
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
	const char *name = talk_channel(s);
	struct proxy_hooks hooks = { .before = pretend };
	struct zt_chat_sent sent;
	uint64_t flushed, waits;

	talk_say(&s->alice, name, "one");
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_ROLLBACK, zt_chat_send(s->alice.zt, name, "lost", NULL, &sent));
	proxy_play(s->w->d, NULL);
	/* It may be there, or not: it stays here until it is, once. */
	assert_ok(zt_chat_flush(s->alice.zt, &flushed, &waits));
	assert_int_equal(1, flushed);
	assert_int_equal(0, waits);
	talk_reads(&s->bob, name, "one|lost|");
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
	const char *name = talk_channel(s);
	struct channel c;
	struct proxy_hooks hooks = { .ctx = &c.t, .before = pretend_next };
	struct zt_chat_sent sent;
	uint64_t flushed, waits;

	talk_say(&s->alice, name, "one");
	c = talk_open(&s->alice, name);
	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_ROLLBACK, zt_chat_send(s->alice.zt, name, "kept", NULL, &sent));
	proxy_play(s->w->d, NULL);
	assert_ok(zt_chat_flush(s->alice.zt, &flushed, &waits));
	assert_int_equal(1, flushed);
	assert_int_equal(0, waits);
	talk_reads(&s->bob, name, "one|kept|");
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
		talk_say(&g->s->alice, g->name, "two");
	else
		assert_ok(zt_mkdir(g->s->alice.zt, g->name));
	return false;
}

static void
a_log_that_grows_between_two_calls_is_no_fork(void **state)
{
	struct scene *s = *state;
	const char *name = talk_channel(s);
	struct growing g = { s, name, ROUTE_MESSAGES, false };
	struct proxy_hooks hooks = { .ctx = &g, .before = grow };
	struct zt_chat_sent sent;

	talk_say(&s->alice, name, "one");
	talk_reads(&s->bob, name, "one|");
	person_speak_to(&s->alice, s->w->url);
	proxy_play(s->w->d, &hooks);
	talk_reads(&s->bob, name, "one|two|");
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

/* Who shows less of a conversation keeps nobody in it. */
static void
X_a_conversation_that_is_cut_keeps_nobody_in_it(void **state)
{
	struct scene *s = *state;
	const char *name = talk_channel(s);
	struct proxy_hooks hooks = { .after = cut_page };
	struct zt_chat_sent sent;

	talk_say(&s->alice, name, "one");
	talk_say(&s->bob, name, "two");
	talk_reads(&s->alice, name, "one|two|");
	proxy_play(s->w->d, &hooks);
	assert_ok(zt_channel_unshare(s->alice.zt, name, "bob@test.example"));
	proxy_play(s->w->d, NULL);
	assert_err(ZT_ERR_NOT_MEMBER, zt_chat_send(s->bob.zt, name, "three", NULL, &sent));
	talk_reads(&s->alice, name, "one|two|");
}

/* ---- long ones ---- */

static void
a_long_conversation_is_read_from_its_end(void **state)
{
	struct scene *s = *state;
	const char *name = talk_channel(s);
	struct channel c;
	struct talk_seen seen;
	bool is_all = false;
	char text[16];

	for (int i = 1; i <= 230; i++) {
		(void)snprintf(text, sizeof text, "%d", i);
		talk_say(i % 2 == 0 ? &s->alice : &s->bob, name, text);
	}
	c = talk_open(&s->laptop, name);
	assert_int_equal(230, c.t.position);
	assert_int_equal(131, c.t.first);
	seen = (struct talk_seen){ .count = 0 };
	assert_ok(zt_chat_read(s->laptop.zt, name, 4, 2, talk_see, &seen));
	assert_string_equal("2|3|", seen.texts);
	c = talk_open(&s->laptop, name);
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
	const char *name = talk_channel(s);
	struct proxy_hooks hooks = { .after = rewrite_past };
	struct channel c;
	bool is_all;

	for (int i = 0; i < 120; i++)
		talk_say(&s->alice, name, "x");
	proxy_play(s->w->d, &hooks);
	c = talk_open(&s->bob, name);
	assert_int_equal(21, c.t.first);
	assert_err(ZT_ERR_FORK, topic_back(&c.t, 20, &is_all));
	proxy_play(s->w->d, NULL);
}

/* ---- sent once ---- */

static void
a_message_whose_answer_was_lost_is_there_once(void **state)
{
	struct scene *s = *state;
	const char *name = talk_channel(s);
	struct losing l = { s->w->d, 1 };
	struct proxy_hooks hooks = { .ctx = &l, .before = lose_answer };
	struct zt_chat_sent sent;
	uint64_t flushed, waits;

	talk_say(&s->alice, name, "first");
	proxy_play(s->w->d, &hooks);
	assert_ok(zt_chat_send(s->alice.zt, name, "once", NULL, &sent));
	proxy_play(s->w->d, NULL);
	assert_ok(zt_chat_flush(s->alice.zt, &flushed, &waits));
	assert_int_equal(0, waits);
	talk_say(&s->alice, name, "last");
	talk_reads(&s->bob, name, "first|once|last|");
	talk_reads(&s->alice, name, "first|once|last|");
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
		cmocka_unit_test_teardown(
		    X_a_conversation_that_is_cut_keeps_nobody_in_it, honest_again),
		cmocka_unit_test(a_long_conversation_is_read_from_its_end),
		cmocka_unit_test_teardown(
		    X_what_came_before_leads_to_what_is_held, honest_again),
		cmocka_unit_test_teardown(
		    a_message_whose_answer_was_lost_is_there_once, honest_again),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
