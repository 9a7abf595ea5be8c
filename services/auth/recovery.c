/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* recovery.c - parts of recovery secrets, kept for the colleagues to whom they are sealed. */
#include "auth/auth.h"
#include "auth/handlers.h"
#include "format/limits.h"
#include "format/pb.h"
#include "frame/rows.h"

static const struct db_query put = { "recovery_put",
	"INSERT INTO recovery_parts VALUES ($1::bytea, $2::bytea, $3::bytea, $4::bytea, "
	"$5::bytea) ON CONFLICT (org, owner, device, helper) DO UPDATE SET sealed = "
	"excluded.sealed" };
static const struct db_query devices = { "recovery_devices",
	"SELECT device, count(*) FROM recovery_parts WHERE org = $1::bytea AND owner = "
	"$2::bytea GROUP BY device" };
static const struct db_query drop = { "recovery_drop",
	"DELETE FROM recovery_parts WHERE org = $1::bytea AND owner = $2::bytea AND device = "
	"$3::bytea" };
static const struct db_query get = { "recovery_get",
	"SELECT owner, device, sealed FROM recovery_parts WHERE org = $1::bytea AND helper = "
	"$2::bytea LIMIT 10000" };

enum { PARTS_MAX = 64 }; /* of one user */

/* Parts of recovery devices that were revoked go; what is left must be a reasonable number, or
 * one user could hide another's parts behind thousands of their own. */
static enum zt_err
tidy(struct auth *a, const struct request *rq, struct rpc_answer *out)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->caller.user),
		DB_BYTES(NULL, 0) };
	struct auth_org *org = NULL;
	struct db_rows *rows = NULL;
	int64_t left = 0;
	enum zt_err err;

	if ((err = db_run(rq->db, &devices, v, 2, &rows)) ||
	    (err = auth_lock(a, rq->db, &rq->params.org, &org)))
		goto out;
	for (int i = 0; err == ZT_OK && i < db_count(rows); i++) {
		const struct org_device *d;
		struct id id = { { 0 } };

		v[2].bytes = db_bytes(rows, i, 0);
		if (v[2].bytes.n == ID_BYTES)
			memcpy(id.b, v[2].bytes.p, ID_BYTES);
		if ((d = org_state_device(org->state, &id)) != NULL &&
		    !org_state_device_live(d, ORG_NEVER))
			err = db_run(rq->db, &drop, v, 3, NULL);
		else
			left += db_int(rows, i, 1);
	}
	if (err == ZT_OK && left > PARTS_MAX)
		err = service_refuse(out, ZT_ERR_LIMIT,
		    "too many parts of recoveries: revoke older recovery devices");
out:
	if (org != NULL)
		auth_unlock(org);
	db_free(rows);
	return err;
}

/* RECOVERY_PUT: the caller's user leaves a part for each colleague. */
enum zt_err
recovery_put(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__RecoveryParts *m = NULL;
	enum zt_err err;

	if ((err = pb_decode(&zt__recovery_parts__descriptor, rq->body, rq->body.n, &m)) ||
	    (err = db_begin(rq->db)))
		goto out;
	for (size_t i = 0; err == ZT_OK && i < m->n_items; i++) {
		const Zt__RecoveryPart *p = m->items[i];
		struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->caller.user),
			DB_BYTES(p->device.data, p->device.len),
			DB_BYTES(p->helper.data, p->helper.len),
			DB_BYTES(p->sealed.data, p->sealed.len) };

		if (p->device.len != ID_BYTES || p->helper.len != ID_BYTES ||
		    p->sealed.len > LIMIT_TEXT)
			err = service_refuse(out, ZT_ERR_CORRUPT, "a part is not well formed");
		else
			err = db_run(rq->db, &put, v, 5, NULL);
	}
	if (err == ZT_OK)
		err = tidy(state, rq, out);
	if (err == ZT_OK)
		err = db_commit(rq->db);
out:
	db_rollback(rq->db);
	pb_free(m);
	return err;
}

static void
fill(const struct db_rows *found, int row, void *item)
{
	Zt__RecoveryPart *p = item;

	zt__recovery_part__init(p);
	p->owner = rows_field(found, row, 0);
	p->device = rows_field(found, row, 1);
	p->sealed = rows_field(found, row, 2);
}

/* RECOVERY_GET: the parts that colleagues left for the caller's user. */
enum zt_err
recovery_get(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->caller.user) };
	Zt__RecoveryParts answer = ZT__RECOVERY_PARTS__INIT;
	struct rows rows;
	enum zt_err err;

	(void)state;
	if ((err = rows_read(rq->db, &get, v, 2, sizeof(Zt__RecoveryPart), fill, &rows)) ==
	    ZT_OK) {
		answer.items = (Zt__RecoveryPart **)rows.items;
		answer.n_items = rows.n;
		err = auth_answer(out, &answer);
	}
	rows_free(&rows);
	return err;
}
