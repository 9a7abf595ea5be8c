/* sealed_keys.c - workspace keys, each sealed to one member by another: deposit and fetch.
 * Several members may deposit the same key for one recipient; a bad one does not hide a good
 * one. */
#include <stdlib.h>

#include "format/limits.h"
#include "format/pb.h"
#include "metadata/metadata.h"
#include "trust/keyring.h"

static const struct db_query put = { "keys_put",
	"INSERT INTO sealed_keys VALUES ($1::bytea, $2::bytea, $3::bytea, $4::int8, $5::bytea, "
	"$6::bytea, $7::bytea) ON CONFLICT (org, workspace, recipient, generation, author) "
	"DO UPDATE SET body = excluded.body, signature = excluded.signature" };
static const struct db_query get = {
	"keys_get",
	"SELECT body, signature FROM sealed_keys WHERE org = $1::bytea AND workspace = "
	"$2::bytea "
	"AND recipient = $3::bytea AND generation >= $4::int8 ORDER BY generation DESC LIMIT 64"
};

static enum zt_err
put_one(const struct request *rq, const Zt__Statement *key, struct rpc_answer *out)
{
	struct keyring_subject subject;
	struct statement s;
	struct id author;
	enum zt_err err;

	if ((err = statement_of(key, &s)) || (err = keyring_read(&s, &subject, &author)))
		return err;
	if (!id_equal(&subject.org, &rq->params.org) ||
	    !id_equal(&subject.workspace, &rq->params.id) || !id_equal(&author, &rq->device) ||
	    subject.generation > rq->caller.generation)
		return service_refuse(out, ZT_ERR_FORBIDDEN,
		    "the sealed key was made for elsewhere, or by another");
	if (statement_verify(rq->caller.sign_key, STATEMENT_SEALED_KEY, &s))
		return service_refuse(
		    out, ZT_ERR_SIGNATURE, "the sealed key's signature does not match");
	struct db_value v[] = { DB_ID(&subject.org), DB_ID(&subject.workspace),
		DB_ID(&subject.user), DB_INT(subject.generation), DB_ID(&author),
		DB_BYTES(s.body.p, s.body.n), DB_BYTES(s.signature, SIGN_BYTES) };

	return db_run(rq->db, &put, v, 7, NULL);
}

/* KEYS_PUT: a member deposits keys for members. */
enum zt_err
sealed_keys_put(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__SealedKeys *m = NULL;
	enum zt_err err;

	(void)state;
	if ((err = pb_decode(&zt__sealed_keys__descriptor, rq->body, 1024 * 1024, &m)) ||
	    (err = db_begin(rq->db)))
		goto out;
	err = m->n_keys > LIMIT_KEYS ? ZT_ERR_TOO_BIG : ZT_OK;
	for (size_t i = 0; err == ZT_OK && i < m->n_keys; i++)
		err = put_one(rq, m->keys[i], out);
	if (err == ZT_OK && (err = db_commit(rq->db)) == ZT_OK && m->n_keys > 0)
		service_publish(rq->service, &rq->params.org, &rq->params.id, "keys", 0);
	db_rollback(rq->db);
out:
	pb_free(m);
	return err;
}

/* KEYS_GET: those sealed to the caller's user, newest generation first. */
enum zt_err
sealed_keys_get(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__SealedKeys answer = ZT__SEALED_KEYS__INIT;
	Zt__Statement s[64], *list[64];
	struct db_rows *rows = NULL;
	struct buf b = buf_init(256 * 1024);
	uint64_t from;
	enum zt_err err;

	(void)state;
	if ((err = route_query(rq->target, "from", 1, &from)))
		return err;
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
		DB_ID(&rq->caller.user), DB_INT(from) };

	if ((err = db_run(rq->db, &get, v, 4, &rows)))
		goto out;
	for (int i = 0; i < db_count(rows) && i < 64; i++) {
		struct bytes body = db_bytes(rows, i, 0), signature = db_bytes(rows, i, 1);

		zt__statement__init(&s[i]);
		s[i].body = pb_field(body.p, body.n);
		s[i].signature = pb_field(signature.p, signature.n);
		list[answer.n_keys++] = &s[i];
	}
	answer.keys = list;
	if ((err = pb_encode(&answer, &b)) == ZT_OK)
		rpc_answer_add(out, buf_bytes(&b));
out:
	db_free(rows);
	buf_free(&b);
	return err;
}
