/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* exchanges.c - the relay of the enrolment exchange: it keeps each attempt's messages in order
 * and understands none of them. A side may leave and return; a new attempt by the claimer
 * ends the one before, unless the greeter has joined that one: anybody with the link may start
 * an attempt, and must not end one in which two humans compare codes. Messages are kept while
 * somebody may fetch them: until the invitation is cancelled, or used and the welcome
 * fetched, or a day has passed (sweep.c). No usage counts them; what a user's invitations may
 * keep is bounded instead (invitations.c). */
#include <stdlib.h>

#include "auth/auth.h"
#include "auth/exchanges.h"
#include "auth/handlers.h"
#include "format/limits.h"
#include "format/pb.h"

enum { STEPS_MAX = 8, WELCOME = 7, ATTEMPTS_MAX = 100, SILENT_MS = 5 * 60 * 1000 };

static const struct db_query find = { "exchange_find",
	"SELECT kind, state, author_user, coalesce(attempt, ''::bytea), attempts, "
	"fetched::int::int8, spoken FROM "
	"invitations "
	"WHERE org = $1::bytea AND id = $2::bytea FOR UPDATE" };
static const struct db_query set_attempt = { "exchange_attempt",
	"UPDATE invitations SET attempt = $3::bytea, fetched = false "
	"WHERE org = $1::bytea AND id = $2::bytea" };
static const struct db_query set_fetched = { "exchange_fetched",
	"UPDATE invitations SET fetched = true "
	"WHERE org = $1::bytea AND id = $2::bytea" };
static const struct db_query drop_others = { "exchange_drop_others",
	"DELETE FROM exchange WHERE org = $1::bytea AND id = $2::bytea AND "
	"attempt <> $3::bytea" };
static const struct db_query drop = { "exchange_drop",
	"DELETE FROM exchange WHERE org = $1::bytea AND id = $2::bytea" };
/* By the invitation's row, which each step holds. */
static const struct db_query drop_old = { "exchange_drop_old",
	"DELETE FROM exchange e USING (SELECT org, id FROM invitations i WHERE spoken < "
	"$1::int8 AND EXISTS (SELECT 1 FROM exchange x WHERE x.org = i.org AND x.id = i.id) "
	"FOR UPDATE SKIP LOCKED) old WHERE e.org = old.org AND e.id = old.id" };
static const struct db_query count_attempt = { "exchange_count",
	"UPDATE invitations SET attempts = attempts + 1 "
	"WHERE org = $1::bytea AND id = $2::bytea" };
static const struct db_query messages = { "exchange_messages",
	"SELECT message FROM exchange WHERE org = $1::bytea AND id = $2::bytea AND "
	"attempt = $3::bytea ORDER BY step" };
static const struct db_query add = { "exchange_add",
	"INSERT INTO exchange VALUES ($1::bytea, $2::bytea, $3::bytea, $4::int8, $5::bytea)" };
static const struct db_query set_spoken = { "exchange_spoken",
	"UPDATE invitations SET spoken = $3::int8 WHERE org = $1::bytea AND id = $2::bytea" };

enum zt_err
exchanges_drop(struct db *db, const struct id *org, const struct id *invitation)
{
	struct db_value v[] = { DB_ID(org), DB_ID(invitation) };

	return db_run(db, &drop, v, 2, NULL);
}

enum zt_err
exchanges_drop_old(struct db *db, uint64_t before_ms)
{
	struct db_value v[] = { DB_INT(before_ms) };

	return db_run(db, &drop_old, v, 1, NULL);
}

struct invitation {
	int64_t kind, state, attempts, fetched, spoken;
	struct id author_user, attempt;
};

static enum zt_err
read_invitation(const struct request *rq, struct invitation *out)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id) };
	struct db_rows *rows = NULL;
	struct bytes attempt;
	enum zt_err err = db_run(rq->db, &find, v, 2, &rows);

	if (err == ZT_OK && db_count(rows) != 1)
		err = ZT_ERR_NOT_FOUND;
	if (err == ZT_OK) {
		out->kind = db_int(rows, 0, 0);
		out->state = db_int(rows, 0, 1);
		memcpy(out->author_user.b, db_bytes(rows, 0, 2).p, ID_BYTES);
		attempt = db_bytes(rows, 0, 3);
		memset(out->attempt.b, 0, ID_BYTES);
		if (attempt.n == ID_BYTES)
			memcpy(out->attempt.b, attempt.p, ID_BYTES);
		out->attempts = db_int(rows, 0, 4);
		out->fetched = db_int(rows, 0, 5);
		out->spoken = db_int(rows, 0, 6);
	}
	db_free(rows);
	return err;
}

static enum zt_err
begin_attempt(const struct request *rq, struct invitation *inv, const struct id *attempt)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id), DB_ID(attempt) };

	enum zt_err err;

	inv->attempt = *attempt;
	inv->fetched = 0; /* the one before may have had its welcome */
	if ((err = db_run(rq->db, &set_attempt, v, 3, NULL)))
		return err;
	return db_run(rq->db, &drop_others, v, 3, NULL); /* one attempt's messages are kept */
}

/* Counts an attempt once the inviting side joins it, where a human compares codes: the link
 * alone uses up none. */
static enum zt_err
take_up(const struct request *rq, const struct invitation *inv)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id) };

	return inv->attempts >= ATTEMPTS_MAX ? ZT_ERR_RATE
					     : db_run(rq->db, &count_attempt, v, 2, NULL);
}

/* Puts M behind the COUNT messages that are there; the same message again is fine. */
static enum zt_err
put_message(const struct request *rq, const struct id *attempt, const Zt__ExchangePut *m,
    const struct db_rows *there, bool is_greeter)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id), DB_ID(attempt),
		DB_INT(m->step), DB_BYTES(m->message.data, m->message.len) };
	struct db_value spoken[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
		DB_INT(rq->now_ms) };
	size_t count = (size_t)db_count(there);
	enum zt_err err;

	if (m->step >= STEPS_MAX || (m->step % 2 == 1) != is_greeter || m->step > count)
		return ZT_ERR_ABORTED;
	if (m->step != WELCOME && m->message.len > LIMIT_EXCHANGE_STEP)
		return ZT_ERR_TOO_BIG;
	if (m->step < count)
		return bytes_equal(db_bytes(there, (int)m->step, 0), pb_bytes(m->message))
			   ? ZT_OK
			   : ZT_ERR_ABORTED;
	if ((err = db_run(rq->db, &add, v, 5, NULL)))
		return err;
	return db_run(rq->db, &set_spoken, spoken, 3, NULL);
}

static enum zt_err
read_messages(const struct request *rq, const struct id *attempt, struct db_rows **out)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id), DB_ID(attempt) };

	return db_run(rq->db, &messages, v, 3, out);
}

/* Begins the claimer's ATTEMPT, unless another one runs: the greeter took it up, and neither
 * side has left it or been silent for long. */
static enum zt_err
begin_if_free(
    const struct request *rq, struct invitation *inv, const struct id *attempt, bool *busy)
{
	struct db_rows *there = NULL;
	enum zt_err err = read_messages(rq, &inv->attempt, &there);

	if (err == ZT_OK) {
		*busy = db_count(there) > 1 && (uint64_t)inv->spoken + SILENT_MS > rq->now_ms;
		if (!*busy)
			err = begin_attempt(rq, inv, attempt);
	}
	db_free(there);
	return err;
}

/* Notes that the claimer has the welcome: an unverified statement of this attempt's claimer,
 * shown to a person. Of a used invitation nothing is kept then. */
static enum zt_err
note_fetched(const struct request *rq, struct invitation *inv)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id) };
	struct db_rows *there = NULL;
	enum zt_err err = read_messages(rq, &inv->attempt, &there);

	if (err == ZT_OK && db_count(there) <= WELCOME)
		err = ZT_ERR_ABORTED;
	if (err == ZT_OK && (err = db_run(rq->db, &set_fetched, v, 2, NULL)) == ZT_OK)
		inv->fetched = 1;
	if (err == ZT_OK && inv->state == ZT__INVITATION_STATE__ACCEPTED)
		err = exchanges_drop(rq->db, &rq->params.org, &rq->params.id);
	db_free(there);
	return err;
}

static enum zt_err
answer(const struct request *rq, const struct invitation *inv, bool aborted,
    struct rpc_answer *out)
{
	Zt__ExchangeAnswer a = ZT__EXCHANGE_ANSWER__INIT;
	ProtobufCBinaryData fields[STEPS_MAX];
	struct db_rows *rows = NULL;
	enum zt_err err;

	if ((err = read_messages(rq, &inv->attempt, &rows)))
		return err;
	for (int i = 0; i < db_count(rows) && i < STEPS_MAX; i++) {
		struct bytes b = db_bytes(rows, i, 0);

		fields[a.n_messages++] = pb_field(b.p, b.n);
	}
	a.messages = fields;
	if (!id_is_zero(&inv->attempt))
		a.attempt = pb_field(inv->attempt.b, ID_BYTES);
	a.aborted = aborted;
	a.fetched = inv->fetched != 0;
	err = auth_answer(out, &a);
	db_free(rows);
	return err;
}

/* The caller learns nothing of the attempt that runs. */
static enum zt_err
answer_busy(struct rpc_answer *out)
{
	Zt__ExchangeAnswer a = ZT__EXCHANGE_ANSWER__INIT;

	a.busy = true;
	return auth_answer(out, &a);
}

/* One step of one side, inside a transaction that holds the invitation's row. */
static enum zt_err
step(
    const struct request *rq, const Zt__ExchangePut *m, bool is_greeter, struct rpc_answer *out)
{
	static const struct id none;
	struct invitation inv;
	struct db_rows *there = NULL;
	struct id attempt = none;
	bool aborted, busy;
	enum zt_err err;

	if ((err = read_invitation(rq, &inv)))
		return err;
	if (is_greeter && !id_equal(&inv.author_user, &rq->caller.user))
		return service_refuse(
		    out, ZT_ERR_FORBIDDEN, "someone else made this invitation");
	if (m->attempt.len != 0 && pb_id(m->attempt, &attempt))
		return ZT_ERR_CORRUPT;
	/* An accepted invitation only lets its last claimer read the welcome. */
	if (inv.state != ZT__INVITATION_STATE__OPEN &&
	    (inv.state != ZT__INVITATION_STATE__ACCEPTED || m->message.len != 0 || m->abort ||
		id_is_zero(&attempt) || !id_equal(&attempt, &inv.attempt)))
		return service_refuse(out, ZT_ERR_GONE, "the invitation was used or cancelled");
	/* Without the attempt's name a caller learns nothing of it, and cannot end it. */
	if (!is_greeter && id_is_zero(&attempt)) {
		if (m->abort || m->fetched || m->message.len > 0)
			return ZT_ERR_ABORTED;
		inv.attempt = none;
	}
	if (!is_greeter && m->message.len > 0 && m->step == 0 && !id_is_zero(&attempt) &&
	    !id_equal(&attempt, &inv.attempt)) {
		if ((err = begin_if_free(rq, &inv, &attempt, &busy)))
			return err;
		if (busy)
			return answer_busy(out);
	}
	aborted = !id_is_zero(&attempt) && !id_equal(&attempt, &inv.attempt);
	if (!aborted && m->abort) {
		aborted = true;
		err = begin_attempt(rq, &inv, &none);
	} else if (!aborted && m->fetched && !is_greeter) {
		err = note_fetched(rq, &inv);
	} else if (!aborted && m->message.len > 0) {
		if ((err = read_messages(rq, &inv.attempt, &there)) == ZT_OK && is_greeter &&
		    m->step == 1 && db_count(there) == 1)
			err = take_up(rq, &inv);
		if (err == ZT_OK)
			err = put_message(rq, &inv.attempt, m, there, is_greeter);
	}
	db_free(there);
	return err ? err : answer(rq, &inv, aborted, out);
}

static enum zt_err
run(const struct request *rq, bool is_greeter, struct rpc_answer *out)
{
	Zt__ExchangePut *m = NULL;
	enum zt_err err;

	if ((err = pb_decode(
		 &zt__exchange_put__descriptor, rq->body, LIMIT_EXCHANGE + 4096, &m)) ||
	    (err = db_begin(rq->db)))
		goto out;
	if ((err = step(rq, m, is_greeter, out)) == ZT_OK)
		err = db_commit(rq->db);
	db_rollback(rq->db);
out:
	pb_free(m);
	return err;
}

/* GREET: the inviting side's next message, or a look at the other's. */
enum zt_err
exchanges_greet(void *state, const struct request *rq, struct rpc_answer *out)
{
	(void)state;
	return run(rq, true, out);
}

/* CLAIM: the newcomer's. Anybody with the link may call it; the codes decide. */
enum zt_err
exchanges_claim(void *state, const struct request *rq, struct rpc_answer *out)
{
	(void)state;
	return run(rq, false, out);
}
