/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* disclosures.c - handles, each sealed to one user who is entitled to it; the log holds only
 * salted commitments. */
#include "auth/auth.h"
#include "auth/handlers.h"
#include "format/limits.h"
#include "format/pb.h"
#include "frame/page.h"
#include "frame/rows.h"

static const struct db_query put = { "disclosures_put",
	"INSERT INTO disclosures (org, recipient, subject, sealed, author) VALUES ($1::bytea, "
	"$2::bytea, $3::bytea, $4::bytea, $5::bytea) ON CONFLICT (org, recipient, subject, "
	"author) DO UPDATE SET sealed = excluded.sealed" };
static const struct db_query get = { "disclosures_get",
	PAGE_OF("subject, sealed, is_more",
	    "SELECT * FROM (SELECT subject, author, sealed FROM disclosures WHERE org = "
	    "$1::bytea AND recipient = $2::bytea ORDER BY subject, author OFFSET $3::int8) "
	    "behind",
	    "subject, author", PAGE_ROWS, "octet_length(sealed)") };

/* Both are users, so that their number bounds that of the rows. */
static enum zt_err
check_users(struct auth *a, const struct request *rq, const Zt__Disclosures *m)
{
	struct auth_org *org = NULL;
	struct id recipient, subject;
	enum zt_err err = auth_lock(a, rq->db, &rq->params.org, &org);

	if (err)
		return err;
	for (size_t i = 0; err == ZT_OK && i < m->n_items; i++)
		if ((err = pb_id(m->items[i]->recipient, &recipient)) == ZT_OK &&
		    (err = pb_id(m->items[i]->subject, &subject)) == ZT_OK &&
		    (org_state_user(org->state, &recipient) == NULL ||
			org_state_user(org->state, &subject) == NULL))
			err = ZT_ERR_NOT_FOUND;
	auth_unlock(org);
	return err;
}

/* DISCLOSE: an admin deposits handles for those who may know them. The server cannot look
 * inside: what other devices deposited stays, and readers take what the log commits to. */
enum zt_err
disclosures_put(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__Disclosures *m = NULL;
	enum zt_err err;

	if (rq->caller.profile != PROFILE_ADMIN)
		return service_refuse(out, ZT_ERR_FORBIDDEN, "only an admin discloses handles");
	if ((err = pb_decode(&zt__disclosures__descriptor, rq->body, 4 * 1024 * 1024, &m)) ||
	    (err = check_users(state, rq, m)) || (err = db_begin(rq->db)))
		goto out;
	for (size_t i = 0; err == ZT_OK && i < m->n_items; i++) {
		const Zt__Disclosure *d = m->items[i];
		struct db_value v[] = { DB_ID(&rq->params.org),
			DB_BYTES(d->recipient.data, d->recipient.len),
			DB_BYTES(d->subject.data, d->subject.len),
			DB_BYTES(d->sealed.data, d->sealed.len), DB_ID(&rq->device) };

		if (d->recipient.len != ID_BYTES || d->subject.len != ID_BYTES ||
		    d->sealed.len > 4 * LIMIT_TEXT)
			err = ZT_ERR_CORRUPT;
		else
			err = db_run(rq->db, &put, v, 5, NULL);
	}
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
	Zt__Disclosure *d = item;

	zt__disclosure__init(d);
	d->subject = rows_field(found, row, 0);
	d->sealed = rows_field(found, row, 1);
}

/* DISCLOSURES: the handles sealed to the caller, without the first ?from= of them. None is ever
 * taken away, so that a page begins where the one before it ended, or earlier. */
enum zt_err
disclosures_get(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__Disclosures answer = ZT__DISCLOSURES__INIT;
	struct rows rows;
	uint64_t from;
	enum zt_err err;

	(void)state;
	if ((err = route_query(rq->target, "from", 0, &from)))
		return err;
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->caller.user), DB_INT(from) };

	if ((err = rows_read(rq->db, &get, v, 3, sizeof(Zt__Disclosure), fill, &rows)) ==
	    ZT_OK) {
		answer.items = (Zt__Disclosure **)rows.items;
		answer.n_items = rows.n;
		answer.more = rows.n > 0 && db_int(rows.found, (int)rows.n - 1, 2) == 1;
		err = auth_answer(out, &answer);
	}
	rows_free(&rows);
	return err;
}
