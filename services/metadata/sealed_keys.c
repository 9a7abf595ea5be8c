/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* sealed_keys.c - workspace keys, each sealed to one member by another: deposit and fetch.
 *
 * Nobody but the recipient can say which of them is good, so none may hide another: a user has
 * one for each recipient and generation, from all their devices together; only managers and
 * owners deposit for others, theirs are listed first, and the reader continues through the
 * pages. */
#include <stdlib.h>

#include "bus/peer.h"
#include "format/limits.h"
#include "format/pb.h"
#include "frame/page.h"
#include "metadata/metadata.h"
#include "metadata/restored.h"
#include "proto/auth.pb-c.h"
#include "trust/keyring.h"

#define KEYS_AT_ONCE 256
enum { ASK_MS = 5000, FIRST = 0 /* a manager's or owner's */, OWN = 1 };

static const struct db_query put = { "keys_put",
	"INSERT INTO sealed_keys (org, workspace, recipient, generation, author, body, "
	"signature, rank) VALUES ($1::bytea, $2::bytea, $3::bytea, $4::int8, $5::bytea, "
	"$6::bytea, $7::bytea, $8::int8) ON CONFLICT (org, workspace, recipient, generation, "
	"author) DO UPDATE SET body = excluded.body, signature = excluded.signature, rank = "
	"excluded.rank" };
static const struct db_query get = { "keys_get",
	PAGE_OF("body, signature, is_more",
	    "SELECT * FROM (SELECT body, signature, generation, rank, author FROM sealed_keys "
	    "WHERE org = $1::bytea AND workspace = $2::bytea AND recipient = $3::bytea ORDER "
	    "BY generation DESC, rank, author OFFSET $4::int8) behind",
	    "generation DESC, rank, author", KEYS_AT_ONCE,
	    "octet_length(body) + octet_length(signature)") };

/* One sealed key of a deposit, as it was signed. */
struct deposit {
	struct statement s;
	struct keyring_subject subject;
};

static enum zt_err
read_one(const struct request *rq, const Zt__Statement *key, struct deposit *d,
    struct rpc_answer *out)
{
	struct id author;
	enum zt_err err;

	if ((err = statement_of(key, &d->s)) ||
	    (err = keyring_read(&d->s, &d->subject, &author)))
		return err;
	if (!id_equal(&d->subject.org, &rq->params.org) ||
	    !id_equal(&d->subject.workspace, &rq->params.id) ||
	    !id_equal(&author, &rq->device) || d->subject.generation > rq->caller.generation)
		return service_refuse(out, ZT_ERR_FORBIDDEN,
		    "the sealed key was made for elsewhere, or by another");
	if (rq->caller.role < ROLE_MANAGER && !id_equal(&d->subject.user, &rq->caller.user))
		return service_refuse(
		    out, ZT_ERR_FORBIDDEN, "a manager or an owner deposits keys for others");
	if (statement_verify(rq->caller.sign_key, STATEMENT_SEALED_KEY, &d->s))
		return service_refuse(
		    out, ZT_ERR_SIGNATURE, "the sealed key's signature does not match");
	return ZT_OK;
}

/* All recipients are members, as auth says: else there would be no end to their number. */
static enum zt_err
check_members(
    const struct request *rq, const struct deposit *d, size_t count, struct rpc_answer *out)
{
	Zt__MembersAsk m = ZT__MEMBERS_ASK__INIT;
	Zt__MembersAnswer *answer = NULL;
	struct buf users = buf_init((size_t)LIMIT_KEYS * ID_BYTES),
		   body = buf_init((size_t)LIMIT_KEYS * ID_BYTES + 256),
		   got = buf_init(LIMIT_KEYS + 256);
	enum zt_err err;

	for (size_t i = 0; i < count; i++)
		buf_add(&users, bytes_of(d[i].subject.user.b, ID_BYTES));
	m.org = pb_field(rq->params.org.b, ID_BYTES);
	m.workspace = pb_field(rq->params.id.b, ID_BYTES);
	m.users = pb_field(users.p, users.n);
	if ((err = buf_err(&users)) || (err = pb_encode(&m, &body)) ||
	    (err = peer_call(
		 service_auth(rq->service), "/members", buf_bytes(&body), ASK_MS, &got)) ||
	    (err = pb_decode(
		 &zt__members_answer__descriptor, buf_bytes(&got), LIMIT_KEYS + 256, &answer)))
		goto out;
	if (answer->are.len != count)
		err = ZT_ERR_CORRUPT;
	for (size_t i = 0; err == ZT_OK && i < count; i++)
		if (answer->are.data[i] != 1)
			err = service_refuse(out, ZT_ERR_NOT_MEMBER,
			    "a recipient of the key is not a member of this workspace");
out:
	pb_free(answer);
	buf_free(&users);
	buf_free(&body);
	buf_free(&got);
	return err;
}

static enum zt_err
put_all(const struct request *rq, const struct deposit *d, size_t count)
{
	enum zt_err err = db_begin(rq->db);

	for (size_t i = 0; err == ZT_OK && i < count; i++) {
		struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
			DB_ID(&d[i].subject.user), DB_INT(d[i].subject.generation),
			DB_ID(&rq->caller.user), DB_BYTES(d[i].s.body.p, d[i].s.body.n),
			DB_BYTES(d[i].s.signature, SIGN_BYTES),
			DB_INT(rq->caller.role >= ROLE_MANAGER ? FIRST : OWN) };

		err = db_run(rq->db, &put, v, 8, NULL);
	}
	if (err == ZT_OK)
		err = db_commit(rq->db);
	db_rollback(rq->db);
	return err;
}

/* KEYS_PUT: a manager or owner deposits keys for members, anybody for their own devices. */
enum zt_err
sealed_keys_put(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__SealedKeys *m = NULL;
	struct deposit *d = NULL;
	enum zt_err err;

	if ((err = restored_check(state, rq, out)))
		return err;
	if ((err = pb_decode(&zt__sealed_keys__descriptor, rq->body, 1024 * 1024, &m)))
		goto out;
	if (m->n_keys > LIMIT_KEYS)
		err = ZT_ERR_TOO_BIG;
	else if ((d = calloc(m->n_keys + 1, sizeof *d)) == NULL)
		err = ZT_ERR_MEMORY;
	for (size_t i = 0; err == ZT_OK && i < m->n_keys; i++)
		err = read_one(rq, m->keys[i], &d[i], out);
	if (err || m->n_keys == 0)
		goto out;
	if ((rq->caller.role < ROLE_MANAGER || /* all for the caller, who is a member */
		(err = check_members(rq, d, m->n_keys, out)) == ZT_OK) &&
	    (err = put_all(rq, d, m->n_keys)) == ZT_OK)
		service_publish(rq->service, &rq->params.org, &rq->params.id, EVENT_KEYS, 0);
out:
	free(d);
	pb_free(m);
	return err;
}

/* KEYS_GET: those sealed to the caller's user, without the first ?from= of them: newest
 * generation first, and of each those of managers and owners. */
enum zt_err
sealed_keys_get(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__SealedKeys answer = ZT__SEALED_KEYS__INIT;
	Zt__Statement s[KEYS_AT_ONCE], *list[KEYS_AT_ONCE];
	struct db_rows *rows = NULL;
	struct buf b = buf_init(LIMIT_PAGE);
	uint64_t from;
	enum zt_err err;

	(void)state;
	if ((err = route_query(rq->target, "from", 0, &from)))
		return err;
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
		DB_ID(&rq->caller.user), DB_INT(from) };

	if ((err = db_run(rq->db, &get, v, 4, &rows)))
		goto out;
	for (int i = 0; i < db_count(rows) && i < KEYS_AT_ONCE; i++) {
		struct bytes body = db_bytes(rows, i, 0), signature = db_bytes(rows, i, 1);

		zt__statement__init(&s[i]);
		s[i].body = pb_field(body.p, body.n);
		s[i].signature = pb_field(signature.p, signature.n);
		list[answer.n_keys++] = &s[i];
		answer.more = db_int(rows, i, 2) == 1;
	}
	answer.keys = list;
	if ((err = pb_encode(&answer, &b)) == ZT_OK)
		rpc_answer_add(out, buf_bytes(&b));
out:
	db_free(rows);
	buf_free(&b);
	return err;
}
