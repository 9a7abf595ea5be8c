/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* messages.c - topics of messages: each message has one place behind all before it, and is
 * taken once, however often it is sent.
 *
 * A message holds its topic's row, so that messages of one topic are one after the other;
 * those of different topics do not wait for each other. */
#include <stdlib.h>

#include "bus/peer.h"
#include "crypto/labels.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "frame/audit.h"
#include "frame/log.h"
#include "frame/page.h"
#include "message/message.h"
#include "messaging/messaging.h"
#include "proto/auth.pb-c.h"

enum { ASK_MS = 10000, MOST = 1000 /* messages of a page */ };

static const struct db_query begin_topic = { "topic_begin",
	"INSERT INTO topics VALUES ($1::bytea, $2::bytea, $3::bytea, 0, ''::bytea) ON CONFLICT "
	"DO NOTHING" };
static const struct db_query hold_topic = { "topic_hold",
	"SELECT position, link FROM topics WHERE org = $1::bytea AND space = $2::bytea AND "
	"topic = $3::bytea FOR UPDATE" };
static const struct db_query move_topic = { "topic_move",
	"UPDATE topics SET position = $4::int8, link = $5::bytea, bytes = bytes + $6::int8, "
	"signed_body = $7::bytea, signed_signature = $8::bytea WHERE org = $1::bytea AND space "
	"= $2::bytea AND topic = $3::bytea" };
static const struct db_query sum_bytes = { "topics_bytes",
	"SELECT coalesce(sum(bytes), 0)::int8 FROM topics WHERE org = $1::bytea" };
static const struct db_query message_at = { "message_at",
	"SELECT link, body, signature FROM messages WHERE org = $1::bytea AND space = "
	"$2::bytea AND topic = $3::bytea AND position = $4::int8" };
static const struct db_query same_message = { "message_same",
	"SELECT position, link, author FROM messages WHERE org = $1::bytea AND space = "
	"$2::bytea AND topic = $3::bytea AND id = $4::bytea" };
static const struct db_query put_message = { "message_put",
	"INSERT INTO messages VALUES ($1::bytea, $2::bytea, $3::bytea, $4::int8, $5::bytea, "
	"$6::bytea, $7::bytea, $8::bytea, $9::bytea, $10::bytea)" };
static const struct db_query find_topic = { "topic_find",
	"SELECT position, signed_body, signed_signature FROM topics WHERE org = $1::bytea AND "
	"space = $2::bytea AND topic = $3::bytea" };
/* From $4 to $5, as many as a page holds. */
static const struct db_query read_topic = { "topic_read",
	PAGE_OF("position, body, signature, sealed",
	    "SELECT position, body, signature, sealed FROM messages WHERE org = $1::bytea AND "
	    "space = $2::bytea AND topic = $3::bytea AND position >= $4::int8 AND position < "
	    "$5::int8",
	    "position", PAGE_ROWS,
	    "octet_length(body) + octet_length(signature) + octet_length(sealed)") };
static const struct db_query all_topics = { "topics_all",
	"SELECT org, space, topic, position, link FROM topics WHERE position > 0" };
static const struct db_query topics_of_space = { "topics_of_space",
	"SELECT topic FROM topics WHERE org = $1::bytea AND space = $2::bytea" };
static const struct db_query purge_messages = { "messages_purge",
	"DELETE FROM messages WHERE org = $1::bytea AND space = $2::bytea" };
static const struct db_query purge_topics = { "topics_purge",
	"DELETE FROM topics WHERE org = $1::bytea AND space = $2::bytea RETURNING position" };

/* The id by which a topic's mark is kept: marks are of organizations and ids in them. */
static struct id
mark_of(const struct id *space, const struct id *topic)
{
	struct bytes parts[] = { bytes_of(space->b, ID_BYTES), bytes_of(topic->b, ID_BYTES) };
	struct hash h;
	struct id id = { { 0 } };

	hash_blake2b_parts(LABEL_MARK_KEY, parts, 2, &h);
	memcpy(id.b, h.b, ID_BYTES);
	return id;
}

/* ---- taking one ---- */

struct arrival {
	struct messaging *ms;
	const struct request *rq;
	const Zt__Message *m;
	struct message is;
	uint64_t position; /* of the newest message, then of this one */
	struct hash link;
	Zt__ChangesetAnswer *judged; /* its place, signed by the log key */
};

/* That the request is for the message that it carries. */
static enum zt_err
check_request(const struct arrival *a, struct rpc_answer *out)
{
	const struct request *rq = a->rq;
	uint64_t now = rq->now_ms;

	if (!id_equal(&a->is.org, &rq->params.org) || !id_equal(&a->is.space, &rq->params.id) ||
	    !id_equal(&a->is.topic, &rq->params.about) || !id_equal(&a->is.author, &rq->device))
		return service_refuse(out, ZT_ERR_FORBIDDEN,
		    "the message was signed for elsewhere, or by another");
	if (a->m->sealed.len == 0)
		return service_refuse(out, ZT_ERR_CORRUPT, "a message is empty");
	if (a->is.time > now + LIMIT_CLOCK_MS || a->is.time + LIMIT_CLOCK_MS < now)
		return service_refuse(out, ZT_ERR_CLOCK,
		    "the message was signed at a time that this server's clock does not "
		    "accept");
	return ZT_OK;
}

/* Checks ROWS, the message at the parent position that the author names. */
static enum zt_err
check_parent(const struct arrival *a, const struct db_rows *rows, struct rpc_answer *out)
{
	Zt__Statement m = ZT__STATEMENT__INIT;
	struct message parent;
	struct hash link;
	enum zt_err err = ZT_ERR_FORK;

	if (db_count(rows) == 1 && db_bytes(rows, 0, 0).n == HASH_BYTES) {
		memcpy(link.b, db_bytes(rows, 0, 0).p, HASH_BYTES);
		m.body = pb_field(db_bytes(rows, 0, 1).p, db_bytes(rows, 0, 1).n);
		m.signature = pb_field(db_bytes(rows, 0, 2).p, db_bytes(rows, 0, 2).n);
		if ((err = message_read_statement(&m, &parent)))
			return err;
		err = message_check_parent(&a->is, &link, parent.time);
	}
	if (err == ZT_ERR_FORK)
		return service_refuse(out, ZT_ERR_ROLLBACK,
		    "its author has seen other messages of this conversation");
	return err ? service_refuse(
			 out, err, "the message is older than the one that it follows")
		   : ZT_OK;
}

/* Locks the topic, and reads where it ends. */
static enum zt_err
take_hold(struct arrival *a, struct rpc_answer *out)
{
	const struct request *rq = a->rq;
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
		DB_ID(&rq->params.about), DB_INT(a->is.parent_position) };
	struct db_rows *rows = NULL;
	enum zt_err err;

	if ((err = db_run(rq->db, &begin_topic, v, 3, NULL)) ||
	    (err = db_run(rq->db, &hold_topic, v, 3, &rows)))
		goto out;
	err = ZT_ERR_DATABASE;
	if (db_count(rows) != 1)
		goto out;
	a->position = (uint64_t)db_int(rows, 0, 0);
	memset(a->link.b, 0, HASH_BYTES);
	if (db_bytes(rows, 0, 1).n == HASH_BYTES)
		memcpy(a->link.b, db_bytes(rows, 0, 1).p, HASH_BYTES);
	db_free(rows);
	rows = NULL;
	err = ZT_OK;
	if (a->is.parent_position > 0 &&
	    (err = db_run(rq->db, &message_at, v, 4, &rows)) == ZT_OK)
		err = check_parent(a, rows, out);
out:
	db_free(rows);
	return err;
}

/* Whether it is there: the answer to its first sending was lost, or it was signed again since.
 */
static enum zt_err
find_same(struct arrival *a, bool *found, struct rpc_answer *out)
{
	const struct request *rq = a->rq;
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
		DB_ID(&rq->params.about), DB_ID(&a->is.id) };
	struct db_rows *rows = NULL;
	enum zt_err err = db_run(rq->db, &same_message, v, 4, &rows);

	*found = err == ZT_OK && db_count(rows) == 1;
	if (*found && !bytes_equal(db_bytes(rows, 0, 2), bytes_of(rq->device.b, ID_BYTES)))
		err =
		    service_refuse(out, ZT_ERR_EXISTS, "another device's message has this id");
	if (*found) {
		a->position = (uint64_t)db_int(rows, 0, 0);
		if (db_bytes(rows, 0, 1).n == HASH_BYTES)
			memcpy(a->link.b, db_bytes(rows, 0, 1).p, HASH_BYTES);
	}
	db_free(rows);
	return err;
}

/* Asks auth, which has the log, to judge it for its place with the devices' code. */
static enum zt_err
ask_judge(struct arrival *a, const struct hash *link, struct rpc_answer *out)
{
	const struct request *rq = a->rq;
	Zt__MessageAsk m = ZT__MESSAGE_ASK__INIT;
	struct buf body = buf_init(4096), answer = buf_init(2048);
	char message[PEER_MESSAGE] = "";
	enum zt_err err;

	m.org = pb_field(rq->params.org.b, ID_BYTES);
	m.space = pb_field(rq->params.id.b, ID_BYTES);
	m.topic = pb_field(rq->params.about.b, ID_BYTES);
	m.position = a->position + 1;
	m.link = pb_field(link->b, HASH_BYTES);
	m.statement = a->m->statement;
	if ((err = pb_encode(&m, &body)) == ZT_OK &&
	    (err = peer_call_message(service_auth(rq->service), "/message", buf_bytes(&body),
		 ASK_MS, &answer, message)))
		err = service_refuse(out, err, message);
	if (err == ZT_OK)
		err = pb_decode(
		    &zt__changeset_answer__descriptor, buf_bytes(&answer), 2048, &a->judged);
	if (err == ZT_OK && a->judged->signed_ == NULL)
		err = ZT_ERR_CORRUPT;
	buf_free(&body);
	buf_free(&answer);
	return err;
}

static enum zt_err
write_message(struct arrival *a, const struct hash *link)
{
	const struct request *rq = a->rq;
	const Zt__Statement *s = a->judged->signed_;
	struct bytes body = a->is.stmt.body, sealed = pb_bytes(a->m->sealed);
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
		DB_ID(&rq->params.about), DB_INT(a->position + 1), DB_ID(&a->is.id),
		DB_ID(&rq->device), DB_BYTES(body.p, body.n),
		DB_BYTES(a->is.stmt.signature, SIGN_BYTES), DB_BYTES(sealed.p, sealed.n),
		DB_BYTES(link->b, HASH_BYTES) };
	struct db_value move[] = { v[0], v[1], v[2], v[3], v[9], DB_INT(body.n + sealed.n),
		DB_BYTES(s->body.data, s->body.len),
		DB_BYTES(s->signature.data, s->signature.len) };
	enum zt_err err = db_run(rq->db, &put_message, v, 10, NULL);

	if (err == ZT_OK && (err = db_run(rq->db, &move_topic, move, 8, NULL)) == ZT_OK) {
		a->position++;
		a->link = *link;
	}
	return err;
}

/* What all messages of the organization take, beside its files. */
static enum zt_err
check_limit(const struct arrival *a, struct rpc_answer *out)
{
	const struct request *rq = a->rq;
	struct db_value v[] = { DB_ID(&rq->params.org) };
	uint64_t max = rq->caller.storage_limit;
	struct db_rows *rows = NULL;
	enum zt_err err;

	if (max == 0)
		return ZT_OK;
	if ((err = db_run(rq->db, &sum_bytes, v, 1, &rows)) == ZT_OK &&
	    (uint64_t)db_int(rows, 0, 0) + a->is.stmt.body.n + a->m->sealed.len > max)
		err = service_refuse(out, ZT_ERR_LIMIT,
		    "the organization stores as much as its operator allows");
	db_free(rows);
	return err;
}

/* Appends it behind the newest, within the transaction that holds the topic. */
static enum zt_err
append(struct arrival *a, struct rpc_answer *out)
{
	const struct request *rq = a->rq;
	struct id mark = mark_of(&rq->params.id, &rq->params.about);
	struct hash link;
	enum zt_err err;

	if (a->position < marks_get(a->ms->marks, &rq->params.org, &mark).position)
		return service_refuse(out, ZT_ERR_RESTORED, "");
	message_link(&a->link, &a->is.stmt, &link);
	if ((err = check_limit(a, out)) || (err = ask_judge(a, &link, out)) ||
	    (err = write_message(a, &link)))
		return err;
	return db_commit(rq->db);
}

static enum zt_err
answer_place(const struct arrival *a, struct rpc_answer *out)
{
	Zt__MessageAnswer m = ZT__MESSAGE_ANSWER__INIT;
	struct buf b = buf_init(2048);
	enum zt_err err;

	m.position = a->position;
	m.link = pb_field(a->link.b, HASH_BYTES);
	m.signed_ = a->judged != NULL ? a->judged->signed_ : NULL;
	if ((err = pb_encode(&m, &b)) == ZT_OK)
		rpc_answer_add(out, buf_bytes(&b));
	buf_free(&b);
	return err;
}

/* Tells those who listen at this process. */
static void
tell(struct arrival *a)
{
	const struct request *rq = a->rq;
	Zt__Event e = ZT__EVENT__INIT;

	e.org = pb_field(rq->params.org.b, ID_BYTES);
	e.topic = pb_field(rq->params.id.b, ID_BYTES);
	e.kind = (char *)(uintptr_t)event_kind_name(EVENT_MESSAGE);
	e.position = a->position;
	fanout_event(a->ms, &e);
}

/* MESSAGE_PUT: takes one message. */
enum zt_err
messages_put(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct arrival a = { .ms = state, .rq = rq };
	Zt__Message *m = NULL;
	struct id mark = mark_of(&rq->params.id, &rq->params.about);
	bool found = false;
	enum zt_err err;

	if ((err = pb_decode(&zt__message__descriptor, rq->body, rq->body.n, &m)))
		return err;
	a.m = m;
	if ((err = message_read(m, &a.is)) || (err = check_request(&a, out)) ||
	    (err = db_begin(rq->db)) || (err = take_hold(&a, out)) ||
	    (err = find_same(&a, &found, out)) || (!found && (err = append(&a, out))))
		goto out;
	if (!found)
		tell(&a);
	/* What is acknowledged is remembered outside the database. */
	if ((err = marks_of_done(
		 marks_raise(a.ms->marks, &rq->params.org, &mark, a.position, &a.link))))
		goto out;
	err = answer_place(&a, out);
out:
	db_rollback(rq->db);
	pb_free(a.judged);
	pb_free(m);
	return err;
}

/* ---- reading ---- */

static enum zt_err
link_before(const struct request *rq, uint64_t first, struct hash *link, bool *is)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
		DB_ID(&rq->params.about), DB_INT(first - 1) };
	struct db_rows *rows = NULL;
	enum zt_err err = db_run(rq->db, &message_at, v, 4, &rows);

	*is = err == ZT_OK && db_count(rows) == 1 && db_bytes(rows, 0, 0).n == HASH_BYTES;
	if (*is)
		memcpy(link->b, db_bytes(rows, 0, 0).p, HASH_BYTES);
	db_free(rows);
	return err;
}

/* One message of a page, written by hand: repeated field 3 of MessagePage. */
static enum zt_err
add_message(const struct db_rows *rows, int i, struct buf *page)
{
	Zt__Statement s = ZT__STATEMENT__INIT;
	Zt__Message one = ZT__MESSAGE__INIT, *list[] = { &one };
	Zt__MessagePage m = ZT__MESSAGE_PAGE__INIT;

	s.body = pb_field(db_bytes(rows, i, 1).p, db_bytes(rows, i, 1).n);
	s.signature = pb_field(db_bytes(rows, i, 2).p, db_bytes(rows, i, 2).n);
	one.statement = &s;
	one.sealed = pb_field(db_bytes(rows, i, 3).p, db_bytes(rows, i, 3).n);
	m.messages = list;
	m.n_messages = 1;
	return pb_encode(&m, page);
}

/* The messages FIRST to END, END not included, of a topic whose row is TOPIC. */
static enum zt_err
answer_page(const struct request *rq, const struct db_rows *topic, uint64_t first, uint64_t end,
    struct rpc_answer *out)
{
	Zt__MessagePage head = ZT__MESSAGE_PAGE__INIT;
	Zt__Statement stmt = ZT__STATEMENT__INIT;
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
		DB_ID(&rq->params.about), DB_INT(first), DB_INT(end) };
	struct buf page = buf_init(LIMIT_PAGE);
	struct db_rows *rows = NULL;
	struct hash before;
	bool is = false;
	enum zt_err err = ZT_OK;

	head.first = first;
	head.newest = db_count(topic) > 0 ? (uint64_t)db_int(topic, 0, 0) : 0;
	if (db_count(topic) > 0 && db_bytes(topic, 0, 1).n > 0) {
		stmt.body = pb_field(db_bytes(topic, 0, 1).p, db_bytes(topic, 0, 1).n);
		stmt.signature = pb_field(db_bytes(topic, 0, 2).p, db_bytes(topic, 0, 2).n);
		head.signed_ = &stmt;
	}
	if (first > head.newest + 1)
		return service_refuse(
		    out, ZT_ERR_ROLLBACK, "the device has seen a longer conversation");
	if (first > 1 && (err = link_before(rq, first, &before, &is)) == ZT_OK && is)
		head.before = pb_field(before.b, HASH_BYTES);
	if (err == ZT_OK && (err = db_run(rq->db, &read_topic, v, 5, &rows)) == ZT_OK)
		err = pb_encode(&head, &page);
	/* The parts of a message one behind the other are one message: repeated fields add up.
	 */
	for (int i = 0; err == ZT_OK && i < db_count(rows); i++)
		err = add_message(rows, i, &page);
	if (err == ZT_OK)
		rpc_answer_add(out, buf_bytes(&page));
	db_free(rows);
	buf_free(&page);
	return err;
}

/* MESSAGES: from position ?from= on; or ?last= of those before position ?before= (0: of all),
 * as many as a page holds. */
enum zt_err
messages_read(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
		DB_ID(&rq->params.about) };
	struct db_rows *topic = NULL;
	uint64_t from, last, before, end;
	enum zt_err err;

	(void)state;
	if ((err = route_query(rq->target, "from", 0, &from)) ||
	    (err = route_query(rq->target, "last", 0, &last)) ||
	    (err = route_query(rq->target, "before", 0, &before)) ||
	    (err = db_run(rq->db, &find_topic, v, 3, &topic)))
		goto out;
	end = (db_count(topic) > 0 ? (uint64_t)db_int(topic, 0, 0) : 0) + 1;
	if (from == 0) {
		if (before > 0 && before < end)
			end = before;
		last = last > MOST ? MOST : last == 0 ? 1 : last;
		from = end > last ? end - last : 1;
	}
	err = answer_page(rq, topic, from, end, out);
out:
	db_free(topic);
	return err;
}

/* The question "/link": auth asks for the link at a position of a topic. */
enum zt_err
messages_link(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct messaging *ms = state;
	Zt__TopicLinkAsk *m = NULL;
	Zt__LinkAnswer answer = ZT__LINK_ANSWER__INIT;
	struct buf body = buf_init(128);
	struct request of = { .db = rq->db };
	struct hash link;
	struct id mark;
	bool is = false;
	enum zt_err err;

	if ((err = pb_decode(&zt__topic_link_ask__descriptor, rq->body, rq->body.n, &m)) ||
	    (err = pb_id(m->org, &of.params.org)) || (err = pb_id(m->space, &of.params.id)) ||
	    (err = pb_id(m->topic, &of.params.about)))
		goto out;
	/* The mark says that it was there; a place that was lost is not pinned. */
	mark = mark_of(&of.params.id, &of.params.about);
	if ((err = link_before(&of, m->position + 1, &link, &is)) == ZT_OK && !is)
		err = m->position <= marks_get(ms->marks, &of.params.org, &mark).position
			  ? ZT_ERR_RESTORED
			  : ZT_ERR_NOT_FOUND;
	answer.link = pb_field(link.b, HASH_BYTES);
	if (err == ZT_OK && (err = pb_encode(&answer, &body)) == ZT_OK)
		rpc_answer_add(out, buf_bytes(&body));
out:
	pb_free(m);
	buf_free(&body);
	return err;
}

/* ---- marks, and what is purged ---- */

enum zt_err
messages_mark_all(struct messaging *ms, struct db *db)
{
	struct db_rows *rows = NULL;
	enum zt_err err = db_run(db, &all_topics, NULL, 0, &rows);

	for (int i = 0; err == ZT_OK && i < db_count(rows); i++) {
		struct id ids[3], mark;
		struct hash h;

		for (int k = 0; err == ZT_OK && k < 3; k++)
			if (db_bytes(rows, i, k).n == ID_BYTES)
				memcpy(ids[k].b, db_bytes(rows, i, k).p, ID_BYTES);
			else
				err = ZT_ERR_DATABASE;
		if (err || db_bytes(rows, i, 4).n != HASH_BYTES) {
			err = ZT_ERR_DATABASE;
			break;
		}
		memcpy(h.b, db_bytes(rows, i, 4).p, HASH_BYTES);
		mark = mark_of(&ids[1], &ids[2]);
		err = marks_raise(ms->marks, &ids[0], &mark, (uint64_t)db_int(rows, i, 3), &h);
	}
	db_free(rows);
	return err;
}

struct purge {
	struct service *s;
	struct messaging *ms;
	struct db *db;
};

static enum zt_err
forget_marks(
    struct purge *p, const struct id *org, const struct id *space, const struct db_rows *topics)
{
	static const struct mark none;
	enum zt_err err = ZT_OK;

	for (int i = 0; err == ZT_OK && i < db_count(topics); i++) {
		struct id topic, mark;

		if (db_bytes(topics, i, 0).n != ID_BYTES)
			return ZT_ERR_DATABASE;
		memcpy(topic.b, db_bytes(topics, i, 0).p, ID_BYTES);
		mark = mark_of(space, &topic);
		err = marks_set(p->ms->marks, org, &mark, &none);
	}
	return err;
}

static enum zt_err
purge_one(void *ctx, const struct id *org, const struct id *space)
{
	struct purge *p = ctx;
	struct db_value v[] = { DB_ID(org), DB_ID(space) };
	struct db_rows *topics = NULL, *gone = NULL;
	enum zt_err err = db_begin(p->db);

	/* Marks go first: a sweep that ends in between purges again, and finds none of them. */
	if (err == ZT_OK && (err = db_run(p->db, &topics_of_space, v, 2, &topics)) == ZT_OK &&
	    (err = forget_marks(p, org, space, topics)) == ZT_OK &&
	    (err = db_run(p->db, &purge_messages, v, 2, NULL)) == ZT_OK &&
	    (err = db_run(p->db, &purge_topics, v, 2, &gone)) == ZT_OK)
		err = db_commit(p->db);
	db_rollback(p->db);
	if (err == ZT_OK && db_count(gone) > 0)
		audit(p->s, "messages_purged", org, NULL, space);
	db_free(topics);
	db_free(gone);
	return err;
}

void
messages_sweep(void *state, struct service *s, struct db *db)
{
	struct purge p = { s, state, db };
	enum zt_err err = service_each_due(s, purge_one, &p);

	if (err)
		log_line("warning", "sweep", "error", err_name(err), NULL);
}
