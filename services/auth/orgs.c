/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* orgs.c - organizations: reserved by the operator, begun by their first device. */
#include "auth/auth.h"
#include "auth/handlers.h"
#include "crypto/labels.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "frame/audit.h"

#define RESERVED_MS (24ull * 60 * 60 * 1000)

static const struct db_query reserve = { "orgs_reserve",
	"INSERT INTO pending VALUES ($1::bytea, $2::text, $3::bytea, $4::int8)" };
static const struct db_query lock_name = { "orgs_lock_name",
	"SELECT pg_advisory_xact_lock(7420118, hashtext($1::text))" };
static const struct db_query end_earlier = { "orgs_end_earlier",
	"DELETE FROM pending WHERE slug = $1::text" };
static const struct db_query is_taken = { "orgs_taken",
	"SELECT 1::int8 FROM orgs WHERE slug = $1::text" };
static const struct db_query reserved = {
	"orgs_reserved",
	"SELECT slug, log_seed FROM pending WHERE token_hash = $1::bytea AND expires > $2::int8"
};
static const struct db_query create = { "orgs_create",
	"INSERT INTO orgs VALUES ($1::bytea, $2::text, $3::bytea)" };
static const struct db_query first_leaf = { "orgs_first",
	"SELECT leaf FROM entries WHERE org = $1::bytea AND idx = 0" };

static bool
slug_is_valid(const char *slug)
{
	size_t n = strlen(slug);

	return n > 0 && n <= LIMIT_SLUG &&
	       strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-") == n && slug[0] != '-';
}

/* What was reserved under this name before ends: of a name one code is valid. Two at once take
 * turns, until the transaction ends: neither would see the other's row. */
static enum zt_err
keep_reservation(struct db *db, const char *slug, const struct db_value v[4])
{
	struct db_value by_slug[] = { DB_TEXT(slug) };
	enum zt_err err;

	if ((err = db_begin(db)))
		return err;
	if ((err = db_run(db, &lock_name, by_slug, 1, NULL)) == ZT_OK &&
	    (err = db_run(db, &end_earlier, by_slug, 1, NULL)) == ZT_OK &&
	    (err = db_run(db, &reserve, v, 4, NULL)) == ZT_OK)
		err = db_commit(db);
	db_rollback(db);
	return err;
}

static enum zt_err
reserve_slug(struct db *db, const char *slug, uint64_t now_ms, uint8_t token[32],
    uint8_t log_key[SIGN_PUBLIC_BYTES])
{
	struct db_value by_slug[] = { DB_TEXT(slug) };
	struct db_rows *rows = NULL;
	struct sign_key *key = NULL;
	struct hash hash;
	enum zt_err err;

	if ((err = db_run(db, &is_taken, by_slug, 1, &rows)))
		goto out;
	err = ZT_ERR_EXISTS;
	if (db_count(rows) > 0)
		goto out;
	if ((err = sign_generate(&key)))
		goto out;
	random_bytes(token, 32);
	hash_blake2b(LABEL_BOOTSTRAP_TOKEN, bytes_of(token, 32), &hash);
	sign_public(key, log_key);
	struct db_value v[] = { DB_BYTES(hash.b, HASH_BYTES), DB_TEXT(slug),
		DB_BYTES(sign_seed(key).p, SIGN_SEED_BYTES), DB_INT(now_ms + RESERVED_MS) };

	err = keep_reservation(db, slug, v);
out:
	sign_free(key);
	db_free(rows);
	return err;
}

/* ORG_CREATE: the operator reserves a slug; the answer's token begins the organization once,
 * and ends those before. So a client sends it once: a late try would end what was shown. */
enum zt_err
orgs_create(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__OrgCreated answer = ZT__ORG_CREATED__INIT;
	Zt__OrgCreate *m = NULL;
	uint8_t token[32], log_key[SIGN_PUBLIC_BYTES];
	enum zt_err err;

	(void)state;
	if ((err = pb_decode(&zt__org_create__descriptor, rq->body, 4096, &m)))
		return err;
	if (!slug_is_valid(m->slug))
		err = service_refuse(out, ZT_ERR_INVALID,
		    "the short name takes 1 to 32 of a-z, 0-9 and -, not - first");
	else
		err = reserve_slug(rq->db, m->slug, rq->now_ms, token, log_key);
	if (err == ZT_ERR_EXISTS)
		err = service_refuse(out, err, "an organization of this name exists");
	if (err == ZT_OK) {
		audit(rq->service, "organization_reserved", NULL, NULL, NULL);
		answer.token = pb_field(token, sizeof token);
		answer.log_key = pb_field(log_key, sizeof log_key);
		err = auth_answer(out, &answer);
	}
	pb_free(m);
	return err;
}

/* The genesis must fit what the operator reserved, and the rules. */
static enum zt_err
check_genesis(const struct id *org, const struct entry *e, const struct db_rows *reserved_row,
    const char **message)
{
	struct org_state *empty = NULL;
	struct sign_key *key = NULL;
	uint8_t log_key[SIGN_PUBLIC_BYTES];
	enum zt_err err;

	*message = "";
	if ((err = org_state_new(org, &empty)) || (err = rules_check(empty, e, 0, message)) ||
	    (err = sign_from_seed(db_bytes(reserved_row, 0, 1), &key)))
		goto out;
	sign_public(key, log_key);
	*message = N_("the genesis names another log key or another name than was reserved");
	if (!bytes_equal(
		pb_bytes(e->body->genesis->log_key), bytes_of(log_key, sizeof log_key)) ||
	    !bytes_equal(bytes_text(e->body->genesis->slug), db_bytes(reserved_row, 0, 0)))
		err = ZT_ERR_FORBIDDEN;
out:
	sign_free(key);
	org_state_free(empty);
	return err;
}

static enum zt_err
begin(struct db *db, const struct id *org, const struct entry *e, const struct db_rows *row)
{
	struct bytes slug = db_bytes(row, 0, 0), seed = db_bytes(row, 0, 1);
	struct db_value v[] = { DB_ID(org), DB_BYTES(slug.p, slug.n),
		DB_BYTES(seed.p, seed.n) };
	enum zt_err err;

	if ((err = db_begin(db)))
		return err;
	if ((err = db_run(db, &create, v, 3, NULL)) == ZT_OK &&
	    (err = auth_begin(db, org, e)) == ZT_OK)
		err = db_commit(db);
	db_rollback(db);
	return err;
}

/* Whether ORG was begun with this very genesis: the answer to its first sending was lost. */
static bool
has_begun(struct db *db, const struct id *org, const struct entry *e)
{
	struct db_value v[] = { DB_ID(org) };
	struct db_rows *rows = NULL;
	bool same = db_run(db, &first_leaf, v, 1, &rows) == ZT_OK && db_count(rows) == 1 &&
		    bytes_equal(db_bytes(rows, 0, 0), bytes_of(e->leaf.b, HASH_BYTES));

	db_free(rows);
	return same;
}

/* BOOTSTRAP: the first device begins the organization with its genesis. */
enum zt_err
orgs_bootstrap(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__Bootstrap *m = NULL;
	struct statement s;
	struct entry *e = NULL;
	struct db_rows *rows = NULL;
	struct auth_org *org = NULL;
	struct buf head = buf_init(1024);
	Zt__AppendAnswer answer = ZT__APPEND_ANSWER__INIT;
	Zt__Statement head_message;
	struct hash hash;
	const char *message = "";
	enum zt_err err;

	if ((err = pb_decode(&zt__bootstrap__descriptor, rq->body, LIMIT_ENTRY, &m)) ||
	    (err = statement_of(m->entry, &s)) || (err = entry_decode(&s, &e)))
		goto out;
	hash_blake2b(LABEL_BOOTSTRAP_TOKEN, pb_bytes(m->token), &hash);
	struct db_value v[] = { DB_BYTES(hash.b, HASH_BYTES), DB_INT(rq->now_ms) };

	if ((err = db_run(rq->db, &reserved, v, 2, &rows)))
		goto out;
	if (db_count(rows) != 1) {
		err = service_refuse(out, ZT_ERR_FORBIDDEN,
		    "the founding code is not known, was ended by a newer one, or is too old");
		goto out;
	}
	if ((err = check_genesis(&rq->params.org, e, rows, &message))) {
		err = service_refuse(out, err, message);
		goto out;
	}
	err = begin(rq->db, &rq->params.org, e, rows);
	if (err == ZT_ERR_EXISTS)
		err = has_begun(rq->db, &rq->params.org, e)
			  ? ZT_OK
			  : service_refuse(out, err, "an organization of this name exists");
	if (err || (err = auth_lock(state, rq->db, &rq->params.org, &org)) ||
	    (err = auth_head(org, &rq->params.org, rq->now_ms, &head, &s)))
		goto out;
	audit(rq->service, "organization_begun", &rq->params.org, NULL, NULL);
	head_message = statement_message(&s);
	answer.head = &head_message;
	err = auth_answer(out, &answer);
out:
	if (org != NULL)
		auth_unlock(org);
	buf_free(&head);
	entry_free(e);
	pb_free(m);
	db_free(rows);
	return err;
}
