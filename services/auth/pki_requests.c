/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pki_requests.c - requests that X.509 certificates signed, kept until an admin answers, or for
 * thirty days (sweep.c). They are checked here, and one of a certificate is kept, so that
 * strangers cannot fill the list; an admin's device decides whom to let in, and checks them
 * again. */
#include "auth/auth.h"
#include "auth/handlers.h"
#include "format/limits.h"
#include "format/pb.h"
#include "frame/audit.h"
#include "frame/rows.h"
#include "pki/pki_request.h"
#include "pki/x509_check.h"

enum { OPEN_MAX = 1000 };

/* An older request that is sent again takes no newer one's place. */
static const struct db_query put = { "pki_put",
	"INSERT INTO pki_requests AS p VALUES ($1::bytea, $2::bytea, 1, $3::int8, $4::bytea, "
	"$5::bytea, $6::bytea, $7::int8) ON CONFLICT (org, certificate) WHERE state = 1 AND "
	"certificate <> ''::bytea DO UPDATE SET id = excluded.id, created = excluded.created, "
	"body = excluded.body, signature = excluded.signature, asked = excluded.asked "
	"WHERE p.asked <= excluded.asked" };
static const struct db_query same = { "pki_same",
	"SELECT 1 FROM pki_requests WHERE org = $1::bytea AND id = $2::bytea AND state = 1 AND "
	"body = $3::bytea" };
static const struct db_query count_open = { "pki_count",
	"SELECT count(*) FROM pki_requests WHERE org = $1::bytea AND state = 1 AND certificate "
	"<> $2::bytea AND created > $3::int8" };
static const struct db_query list = { "pki_list",
	"SELECT id, body, signature FROM pki_requests WHERE org = $1::bytea AND state = 1 "
	"AND created > $2::int8 ORDER BY created LIMIT 200" };
static const struct db_query state_of = { "pki_state",
	"SELECT state FROM pki_requests WHERE org = $1::bytea AND id = $2::bytea AND (state <> "
	"1 "
	"OR created > $3::int8)" };
static const struct db_query end = { "pki_end",
	"UPDATE pki_requests SET state = $3::int8, body = ''::bytea, signature = ''::bytea "
	"WHERE org = $1::bytea AND id = $2::bytea AND state IN (1, $3::int8) RETURNING 1" };

/* By the settings in the organization's log. */
static enum zt_err
check(struct auth *a, const struct request *rq, const struct pki_request *r,
    struct rpc_answer *out)
{
	struct pki_trust trust = { .m = NULL };
	struct auth_org *org = NULL;
	const char *message = "";
	enum zt_err err = auth_lock(a, rq->db, &rq->params.org, &org);

	if (err)
		return err;
	err = pki_trust_of(bytes_of(org->state->settings, org->state->settings_n), &trust);
	auth_unlock(org);
	if (err == ZT_OK &&
	    (err = pki_request_check(&trust, &rq->params.org, r, rq->now_ms, &message)))
		err = service_refuse(out, err, message);
	pki_trust_free(&trust);
	return err;
}

/* What was asked before then has ended. */
static uint64_t
oldest(const struct request *rq)
{
	return rq->now_ms - PKI_REQUEST_MS;
}

static enum zt_err
keep(const struct request *rq, const Zt__PkiRequest *m, const struct pki_request *r,
    struct rpc_answer *out)
{
	struct hash certificate;
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
		DB_INT(rq->now_ms), DB_BYTES(m->body.data, m->body.len),
		DB_BYTES(m->signature.data, m->signature.len),
		DB_BYTES(certificate.b, HASH_BYTES), DB_INT(r->m->time) };
	struct db_value others[] = { v[0], v[5], DB_INT(oldest(rq)) };
	struct db_value again[] = { v[0], v[1], v[3] };
	struct db_rows *rows = NULL, *there = NULL;
	enum zt_err err;

	if ((err = x509_signed_hash(r->claim.certificate, &certificate)) ||
	    (err = db_run(rq->db, &count_open, others, 3, &rows)))
		return err;
	if (db_int(rows, 0, 0) >= OPEN_MAX)
		err = service_refuse(out, ZT_ERR_LIMIT, "too many requests wait for an admin");
	if (err == ZT_OK &&
	    ((err = db_run(rq->db, &put, v, 7, NULL)) == ZT_OK || err == ZT_ERR_EXISTS) &&
	    (err = db_run(rq->db, &same, again, 3, &there)) == ZT_OK && db_count(there) == 0)
		err = service_refuse(out, ZT_ERR_CERTIFICATE,
		    "this request was answered before, or a newer one of the certificate came: "
		    "ask again");
	db_free(rows);
	db_free(there);
	return err;
}

/* PKI_ASK: anyone may ask whose certificate leads to an anchor of the organization. */
enum zt_err
pki_requests_put(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__PkiRequest *m = NULL;
	struct pki_request r = { .m = NULL };
	enum zt_err err;

	if ((err = pb_decode(&zt__pki_request__descriptor, rq->body, rq->body.n, &m)) ||
	    (err = pki_request_read(m, &r)))
		goto out;
	if (!id_equal(&r.id, &rq->params.id))
		err = ZT_ERR_CORRUPT;
	else if (rq->now_ms > r.m->time + LIMIT_CLOCK_MS)
		err = service_refuse(out, ZT_ERR_CERTIFICATE,
		    "the request is too old, or of the future: ask again");
	else if ((err = check(state, rq, &r, out)) == ZT_OK)
		err = keep(rq, m, &r, out);
	if (err == ZT_OK)
		audit(rq->service, "pki_asked", &rq->params.org, NULL, &rq->params.id);
out:
	pki_request_free(&r);
	pb_free(m);
	return err;
}

/* PKI_STATE: the state of a request, for any caller who knows its id. */
enum zt_err
pki_requests_state(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
		DB_INT(oldest(rq)) };
	Zt__PkiRequest m = ZT__PKI_REQUEST__INIT;
	struct db_rows *rows = NULL;
	enum zt_err err = db_run(rq->db, &state_of, v, 3, &rows);

	(void)state;
	if (err == ZT_OK && db_count(rows) != 1)
		err = service_refuse(out, ZT_ERR_NOT_FOUND,
		    "this request waits no more: nobody answered it in thirty days, or a newer "
		    "one of the certificate came");
	if (err == ZT_OK) {
		m.state = (Zt__PkiState)db_int(rows, 0, 0);
		err = auth_answer(out, &m);
	}
	db_free(rows);
	return err;
}

static void
fill(const struct db_rows *found, int row, void *item)
{
	Zt__PkiRequest *r = item;

	zt__pki_request__init(r);
	r->id = rows_field(found, row, 0);
	r->body = rows_field(found, row, 1);
	r->signature = rows_field(found, row, 2);
	r->state = ZT__PKI_STATE__PKI_OPEN;
}

/* PKI_LIST: those that wait, for an admin. */
enum zt_err
pki_requests_list(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_INT(oldest(rq)) };
	Zt__PkiRequests answer = ZT__PKI_REQUESTS__INIT;
	struct rows rows;
	enum zt_err err;

	(void)state;
	if (rq->caller.profile != PROFILE_ADMIN)
		return service_refuse(out, ZT_ERR_FORBIDDEN, "only an admin lets people in");
	if ((err = rows_read(rq->db, &list, v, 2, sizeof(Zt__PkiRequest), fill, &rows)) ==
	    ZT_OK) {
		answer.items = (Zt__PkiRequest **)rows.items;
		answer.n_items = rows.n;
		err = auth_answer(out, &answer);
	}
	rows_free(&rows);
	return err;
}

/* PKI_END: an admin's answer, once and for all. */
enum zt_err
pki_requests_end(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__PkiEnd *m = NULL;
	struct db_rows *rows = NULL;
	enum zt_err err;

	(void)state;
	if (rq->caller.profile != PROFILE_ADMIN)
		return service_refuse(out, ZT_ERR_FORBIDDEN, "only an admin lets people in");
	if ((err = pb_decode(&zt__pki_end__descriptor, rq->body, 1024, &m)))
		return err;
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
		DB_INT(
		    m->accepted ? ZT__PKI_STATE__PKI_ACCEPTED : ZT__PKI_STATE__PKI_REJECTED) };

	if ((err = db_run(rq->db, &end, v, 3, &rows)) == ZT_OK && db_count(rows) == 0)
		err = service_refuse(out, ZT_ERR_GONE, "no such request waits");
	if (err == ZT_OK)
		audit(rq->service, m->accepted ? "pki_accepted" : "pki_rejected",
		    &rq->params.org, &rq->device, &rq->params.id);
	db_free(rows);
	pb_free(m);
	return err;
}
