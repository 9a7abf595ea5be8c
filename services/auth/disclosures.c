/* disclosures.c - handles, each sealed to one user who is entitled to it; the log holds only
 * salted commitments. */
#include <stdlib.h>

#include "auth/auth.h"
#include "auth/handlers.h"
#include "format/limits.h"
#include "format/pb.h"

static const struct db_query put = { "disclosures_put",
	"INSERT INTO disclosures VALUES ($1::bytea, $2::bytea, $3::bytea, $4::bytea) "
	"ON CONFLICT (org, recipient, subject) DO UPDATE SET sealed = excluded.sealed" };
static const struct db_query get = { "disclosures_get",
	"SELECT subject, sealed FROM disclosures WHERE org = $1::bytea AND recipient = "
	"$2::bytea" };

/* DISCLOSE: an admin deposits handles for those who may know them. */
enum zt_err
disclosures_put(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__Disclosures *m = NULL;
	enum zt_err err;

	(void)state;
	if (rq->caller.profile != PROFILE_ADMIN)
		return service_refuse(out, ZT_ERR_FORBIDDEN, "only an admin discloses handles");
	if ((err = pb_decode(&zt__disclosures__descriptor, rq->body, 4 * 1024 * 1024, &m)) ||
	    (err = db_begin(rq->db)))
		goto out;
	for (size_t i = 0; err == ZT_OK && i < m->n_items; i++) {
		const Zt__Disclosure *d = m->items[i];
		struct db_value v[] = { DB_ID(&rq->params.org),
			DB_BYTES(d->recipient.data, d->recipient.len),
			DB_BYTES(d->subject.data, d->subject.len),
			DB_BYTES(d->sealed.data, d->sealed.len) };

		if (d->recipient.len != ID_BYTES || d->subject.len != ID_BYTES ||
		    d->sealed.len > 4 * LIMIT_TEXT)
			err = ZT_ERR_CORRUPT;
		else
			err = db_run(rq->db, &put, v, 4, NULL);
	}
	if (err == ZT_OK)
		err = db_commit(rq->db);
out:
	db_rollback(rq->db);
	pb_free(m);
	return err;
}

/* DISCLOSURES: all handles sealed to the caller. */
enum zt_err
disclosures_get(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->caller.user) };
	Zt__Disclosures answer = ZT__DISCLOSURES__INIT;
	Zt__Disclosure *items = NULL;
	struct db_rows *rows = NULL;
	size_t n;
	enum zt_err err;

	(void)state;
	if ((err = db_run(rq->db, &get, v, 2, &rows)))
		return err;
	n = (size_t)db_count(rows);
	items = calloc(n + 1, sizeof *items);
	answer.items = calloc(n + 1, sizeof *answer.items);
	err = items == NULL || answer.items == NULL ? ZT_ERR_MEMORY : ZT_OK;
	for (size_t i = 0; err == ZT_OK && i < n; i++) {
		struct bytes subject = db_bytes(rows, (int)i, 0),
			     sealed = db_bytes(rows, (int)i, 1);

		zt__disclosure__init(&items[i]);
		items[i].subject = pb_field(subject.p, subject.n);
		items[i].sealed = pb_field(sealed.p, sealed.n);
		answer.items[answer.n_items++] = &items[i];
	}
	if (err == ZT_OK)
		err = auth_answer(out, &answer);
	free(items);
	free(answer.items);
	db_free(rows);
	return err;
}
