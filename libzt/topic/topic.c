/* SPDX-License-Identifier: Apache-2.0 */
/* topic.c - a topic, fetched and verified forwards and backwards. */
#include "topic/topic.h"

#include <stdio.h>

#include "chain/keys.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/handles.h"
#include "log/sync.h"
#include "message/message_reader.h"
#include "message/topic_position.h"
#include "session/freeze.h"
#include "topic/records.h"
#include "topic/take.h"

enum { NEWEST = 100 /* with which a topic begins */, PAGE = 500 };

/* ---- one message ---- */

static enum zt_err
find_parent(void *ctx, uint64_t position, struct hash *link, uint64_t *time)
{
	const struct topic *t = ctx;
	struct topic_message m;
	enum zt_err err;

	*time = 0;
	if (t->first > 1 && position + 1 == t->first) {
		*link = t->before;
		return ZT_OK;
	}
	if ((err = topic_get(t, position, &m)))
		return err;
	*link = m.link;
	*time = m.m.time;
	topic_message_end(&m);
	return ZT_OK;
}

static bool
is_there(void *ctx, const struct id *id)
{
	uint64_t at;

	return topic_find(ctx, id, &at) == ZT_OK;
}

/* What the reader says, with the member who signed it where it was one. */
static enum zt_err
explain(const struct topic *t, const struct message_reader *r, enum zt_err err)
{
	struct zt *z = t->s->z;
	const struct org_device *d =
	    r->has_author ? org_state_device(z->state, &r->m.author) : NULL;
	struct log_handle by;

	if (err == ZT_OK || r->message == NULL)
		return err;
	if (d == NULL)
		return session_refuse(z, err, "message %llu of the conversation: %s",
		    (unsigned long long)r->position + 1, session_translate(z, r->message));
	log_handle(z, &d->user->id, &by);
	return session_refuse(z, err, "message %llu of the conversation, signed by %.100s: %s",
	    (unsigned long long)r->position + 1, by.email, session_translate(z, r->message));
}

struct message_reader
topic_reader(struct topic *t)
{
	return (struct message_reader){ .o = t->s->z->state,
		.w = t->s->w,
		.topic = t->id,
		.parent = find_parent,
		.is_there = is_there,
		.ctx = t,
		.position = t->position,
		.link = t->link };
}

enum zt_err
topic_take(struct topic *t, struct message_reader *r, const Zt__Message *m)
{
	uint64_t known = merkle_size(t->s->z->state->tree);
	enum zt_err err = message_reader_take(r, m, known);

	if (err)
		return explain(t, r, err);
	if (r->owes && (err = topic_note_owed(t, r->m.parent_position, &r->m.parent_link)))
		return err == ZT_ERR_FORK
			   ? session_refuse(t->s->z, err,
				 "two authors have seen different histories of this "
				 "conversation")
			   : err;
	return topic_keep(t, r->position, known, &r->link, m, &r->m.id);
}

/* ---- pages ---- */

static enum zt_err
page(struct topic *t, const char *query, Zt__MessagePage **out)
{
	struct zt *z = t->s->z;
	struct route_params p = { .org = z->org, .id = t->s->w->id, .about = t->id };
	struct buf answer = buf_init(LIMIT_PAGE);
	enum zt_err err =
	    session_call(z, ROUTE_MESSAGES, &p, query, bytes_of(NULL, 0), &answer);

	if (err == ZT_OK)
		err = pb_decode(
		    &zt__message_page__descriptor, buf_bytes(&answer), LIMIT_PAGE, out);
	buf_free(&answer);
	return err;
}

static enum zt_err
refuse_older(const struct topic *t)
{
	return session_refuse(t->s->z, ZT_ERR_ROLLBACK,
	    "the server shows fewer messages of the conversation than there were");
}

bool
topic_is_signed(const struct topic *t, const Zt__Statement *said, uint64_t position,
    const struct hash *link)
{
	struct topic_position p = { .org = t->s->z->org, .space = t->s->w->id, .topic = t->id };
	struct statement st;

	return said != NULL && statement_of(said, &st) == ZT_OK &&
	       topic_position_check(t->s->z->state->log_key, &st, &p) == ZT_OK &&
	       p.position == position && hash_equal(&p.link, link);
}

/* Where a sync ends, the log key must have signed this end: what was fetched is held to nothing
 * else that is newer than the trust log. */
static enum zt_err
check_signed(const struct topic *t, const Zt__MessagePage *m)
{
	struct zt *z = t->s->z;
	struct topic_position p = { .org = z->org, .space = t->s->w->id, .topic = t->id };
	struct statement st;
	enum zt_err err;

	if (t->position == 0)
		return ZT_OK; /* nothing was written */
	if (m->signed_ == NULL)
		return session_refuse(
		    z, ZT_ERR_CORRUPT, "the server does not sign where the conversation ends");
	if ((err = statement_of(m->signed_, &st)) ||
	    (err = topic_position_check(z->state->log_key, &st, &p)))
		return session_refuse(z, err,
		    "what the server says of the conversation's end is not signed by its log");
	if (p.position != t->position)
		return session_refuse(
		    z, ZT_ERR_CORRUPT, "the server does not sign where the conversation ends");
	if (!hash_equal(&p.link, &t->link))
		return session_refuse(z, ZT_ERR_FORK,
		    "the server has signed another history of the conversation than it shows");
	return ZT_OK;
}

/* Where the reader of a topic that is new here begins. */
static enum zt_err
begin_at(struct topic *t, const Zt__MessagePage *m, struct message_reader *r)
{
	if (m->n_messages == 0)
		return ZT_OK;
	if (m->first == 0 || m->before.len != (m->first > 1 ? HASH_BYTES : 0))
		return ZT_ERR_CORRUPT;
	t->first = m->first;
	if (m->first > 1)
		memcpy(t->before.b, m->before.data, HASH_BYTES);
	r->position = m->first - 1;
	r->link = t->before;
	return ZT_OK;
}

static enum zt_err
take_all(struct topic *t, struct message_reader *r, const Zt__MessagePage *m)
{
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < m->n_messages; i++)
		if ((err = session_may_go_on(t->s->z)) == ZT_OK &&
		    (err = topic_take(t, r, m->messages[i])) == ZT_OK)
			t->time = r->m.time;
	return err;
}

struct sync {
	uint64_t newest;  /* the topic's end, as the server says */
	bool is_behind;   /* a message's author had seen more of the trust log */
	bool has_fetched; /* the trust log, for that */
};

/* One page, within a transaction. */
static enum zt_err
sync_page(struct topic *t, struct sync *sync)
{
	bool begins = t->position == 0;
	Zt__MessagePage *m = NULL;
	struct message_reader r = topic_reader(t);
	char query[40];
	enum zt_err err;

	(void)snprintf(query, sizeof query, begins ? "last=%llu" : "from=%llu",
	    begins ? (unsigned long long)NEWEST : (unsigned long long)t->position + 1);
	if ((err = page(t, query, &m)) == ZT_ERR_ROLLBACK)
		err = refuse_older(t);
	if (err)
		goto out;
	sync->newest = m->newest;
	if (m->newest < t->position)
		err = refuse_older(t);
	else if (m->n_messages == 0 && m->newest > t->position)
		err = session_refuse(t->s->z, ZT_ERR_CORRUPT, "the server withholds messages");
	else if (begins)
		err = begin_at(t, m, &r);
	if (err || (err = take_all(t, &r, m))) {
		sync->is_behind =
		    r.has_author && r.m.seen_size > merkle_size(t->s->z->state->tree);
		goto out;
	}
	t->position = r.position;
	t->link = r.link;
	/* A page that a limit of size cut off ends earlier; the next one continues. The first
	 * one is whole: NEWEST messages are less than a page, and nothing but the log key's
	 * word holds them to anything. */
	if (t->position > m->newest || (begins && t->position != m->newest))
		err = session_refuse(t->s->z, ZT_ERR_CORRUPT,
		    "the server says that the conversation ends where it does not");
	else if (t->position == m->newest)
		err = check_signed(t, m);
	if (err)
		goto out;
	if (m->n_messages > 0)
		err = topic_note(t);
out:
	pb_free(m);
	return err;
}

enum zt_err
topic_sync(struct topic *t)
{
	struct zt *z = t->s->z;
	const struct org_topic_pin *far;
	struct sync sync = { .has_fetched = false };
	enum zt_err err;

	do {
		struct topic before = *t;

		sync.is_behind = false;
		if ((err = store_begin(z->store)))
			return err;
		if ((err = sync_page(t, &sync)) == ZT_OK)
			err = store_commit(z->store);
		store_rollback(z->store);
		if (err)
			*t = before;
		/* A colleague's entry and message may have come since the log was fetched. */
		if (err && sync.is_behind && !sync.has_fetched) {
			z->message[0] = 0;
			sync.has_fetched = true;
			sync.newest = UINT64_MAX;
			err = log_fetch(z);
		}
	} while (err == ZT_OK && t->position < sync.newest);
	if (err == ZT_OK && (far = org_state_furthest_topic_pin(t->s->w, &t->id)) != NULL &&
	    far->position > t->position)
		err = refuse_older(t);
	return session_note_fork(z, &t->s->w->id, err);
}

/* ---- what came before ---- */

/* From R on up to the first message that is held. */
static enum zt_err
take_until_held(struct topic *t, struct message_reader *r, Zt__MessagePage *m)
{
	uint64_t held = t->first;
	char query[40];
	enum zt_err err = ZT_OK;

	for (;;) {
		for (size_t i = 0; err == ZT_OK && i < m->n_messages && r->position + 1 < held;
		     i++)
			if ((err = session_may_go_on(t->s->z)) == ZT_OK &&
			    (err = topic_take(t, r, m->messages[i])) == ZT_OK)
				err = topic_settle(t, r->position, &r->link);
		if (err || r->position + 1 == held)
			break;
		if (m->n_messages == 0) {
			err = session_refuse(
			    t->s->z, ZT_ERR_CORRUPT, "the server withholds messages");
			break;
		}
		pb_free(m);
		m = NULL;
		(void)snprintf(
		    query, sizeof query, "from=%llu", (unsigned long long)r->position + 1);
		if ((err = page(t, query, &m)))
			break;
	}
	pb_free(m);
	if (err == ZT_ERR_FORK || (err == ZT_OK && !hash_equal(&r->link, &t->before)))
		return session_refuse(t->s->z, ZT_ERR_FORK,
		    "the earlier messages are others than those that the later ones follow");
	return err;
}

static enum zt_err
back_page(struct topic *t, uint64_t most)
{
	struct topic as = *t;
	Zt__MessagePage *m = NULL;
	struct message_reader r = topic_reader(&as);
	char query[64];
	enum zt_err err;

	(void)snprintf(query, sizeof query, "last=%llu&before=%llu", (unsigned long long)most,
	    (unsigned long long)t->first);
	if ((err = page(t, query, &m)))
		return err;
	if (m->first == 0 || m->first >= t->first || m->n_messages == 0) {
		pb_free(m);
		return session_refuse(t->s->z, ZT_ERR_CORRUPT, "the server withholds messages");
	}
	as.first = m->first;
	as.before = (struct hash){ { 0 } };
	if (m->first > 1 && m->before.len == HASH_BYTES)
		memcpy(as.before.b, m->before.data, HASH_BYTES);
	r.position = m->first - 1;
	r.link = as.before;
	/* The reader looks for parents from the new beginning on; the end is to be T's. */
	r.ctx = &as;
	if ((err = take_until_held(t, &r, m)))
		return err;
	t->first = as.first;
	t->before = as.before;
	return topic_note(t);
}

enum zt_err
topic_back(struct topic *t, uint64_t most, bool *is_all)
{
	struct zt *z = t->s->z;
	struct topic before = *t;
	enum zt_err err;

	*is_all = t->first <= 1;
	if (*is_all)
		return ZT_OK;
	if ((err = store_begin(z->store)))
		return err;
	if ((err = back_page(t, most < PAGE ? most : PAGE)) == ZT_OK)
		err = store_commit(z->store);
	store_rollback(z->store);
	if (err)
		*t = before;
	else
		*is_all = t->first <= 1;
	return session_note_fork(z, &t->s->w->id, err);
}

enum zt_err
topic_message_open(const struct topic *t, const struct topic_message *m, struct buf *clear)
{
	const struct secret *key;
	enum zt_err err = workspace_key(t->s, m->m.generation, &key);

	return err ? err : message_open(key, &m->m, m->sealed, clear);
}
