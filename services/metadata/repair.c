/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* repair.c - after an older database was restored: changesets that devices hold come back to
 * the places where they stood, so that the chain is the one that all have verified. */
#include <stdlib.h>

#include "format/pb.h"
#include "metadata/metadata.h"
#include "metadata/push.h"
#include "metadata/restored.h"

static const struct db_query body_at = { "repair_at",
	"SELECT body FROM changesets WHERE org = $1::bytea AND workspace = $2::bytea AND "
	"position = $3::int8" };

static enum zt_err
is_same(const struct push *p, uint64_t position, struct rpc_answer *out)
{
	struct db_value v[] = { DB_ID(&p->rq->params.org), DB_ID(&p->rq->params.id),
		DB_INT(position) };
	struct db_rows *rows = NULL;
	enum zt_err err = db_run(p->rq->db, &body_at, v, 3, &rows);

	if (err == ZT_OK &&
	    (db_count(rows) != 1 || !bytes_equal(db_bytes(rows, 0, 0), p->cs.stmt.body)))
		err = service_refuse(
		    out, ZT_ERR_CONFLICT, "another changeset is at this place of the chain");
	db_free(rows);
	return err;
}

static enum zt_err
take(struct push *p, uint64_t position, uint64_t *missing, struct rpc_answer *out)
{
	struct hash link;
	bool stood = false;
	enum zt_err err = push_take_hold(p, out);

	if (err)
		return err;
	if (position > p->position + 1)
		return service_refuse(
		    out, ZT_ERR_CONFLICT, "changesets before this one are missing");
	if (position == p->position + 1) {
		changeset_link(&p->link, &p->cs.stmt, &link);
		if ((err = restored_is_goal(p->rq, position, &link, &stood)))
			return err;
		if (!stood)
			return service_refuse(out, ZT_ERR_PROOF,
			    "nothing that was signed or noted here says that these stood in "
			    "the chain");
		if ((err = push_judge(p, position, false, out)) || (err = push_write(p, out)) ||
		    (err = restored_forget(p)))
			return err;
	} else if ((err = is_same(p, position, out))) {
		return err;
	}
	return push_fill(p, missing);
}

/* REPAIR: one changeset at the place where it stood, with the objects that the device holds. */
enum zt_err
repair_changeset(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__RepairRequest *m = NULL;
	Zt__RepairAnswer answer = ZT__REPAIR_ANSWER__INIT;
	struct push p = { .md = state, .rq = rq };
	struct buf b = buf_init(64);
	enum zt_err err;

	if ((err = pb_decode(&zt__repair_request__descriptor, rq->body, rq->body.n, &m)))
		return err;
	err = ZT_ERR_CORRUPT;
	if ((p.m = m->push) == NULL || m->push->changeset == NULL || m->position == 0)
		goto out;
	if ((err = changeset_read(m->push->changeset, &p.cs, &p.changes)))
		goto out;
	err = ZT_ERR_FORBIDDEN;
	if (!id_equal(&p.cs.org, &rq->params.org) || !id_equal(&p.cs.workspace, &rq->params.id))
		goto out;
	if ((err = push_check_objects(&p, true, out)) ||
	    (err = push_missing_blocks(&p, &answer.missing_blocks)) ||
	    (err = db_begin(rq->db)) || (err = take(&p, m->position, &answer.missing, out)) ||
	    (err = usage_check(state, rq, out)) || (err = db_commit(rq->db)) ||
	    (err = marks_of_done(marks_raise(
		 p.md->marks, &rq->params.org, &rq->params.id, p.position, &p.link))) ||
	    (err = pb_encode(&answer, &b)))
		goto out;
	rpc_answer_add(out, buf_bytes(&b));
	service_publish(rq->service, &rq->params.org, &rq->params.id, EVENT_CHAIN, m->position);
out:
	db_rollback(rq->db);
	push_end(&p);
	pb_free(m);
	buf_free(&b);
	return err;
}
