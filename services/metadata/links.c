/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* links.c - the call "/link" of the auth service: the chain hash at a position. */
#include "format/pb.h"
#include "metadata/metadata.h"
#include "metadata/restored.h"
#include "proto/auth.pb-c.h"

static const struct db_query link_at = { "links_at",
	"SELECT link FROM changesets WHERE org = $1::bytea AND workspace = $2::bytea AND "
	"position = $3::int8" };

enum zt_err
links_ask(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__LinkAsk *m = NULL;
	Zt__LinkAnswer answer = ZT__LINK_ANSWER__INIT;
	struct buf body = buf_init(128);
	struct db_rows *rows = NULL;
	struct bytes link;
	struct id org, workspace;
	enum zt_err err;

	if ((err = pb_decode(&zt__link_ask__descriptor, rq->body, rq->body.n, &m)) ||
	    (err = pb_id(m->org, &org)) || (err = pb_id(m->workspace, &workspace)))
		goto out;
	struct db_value v[] = { DB_ID(&org), DB_ID(&workspace), DB_INT(m->position) };

	/* A rotation that pins a chain with a loss would exclude the changesets restored
	 * later. */
	if ((err = restored_check(state,
		 &(struct request){ .db = rq->db, .params = { .org = org, .id = workspace } },
		 out)))
		goto out;

	if ((err = db_run(rq->db, &link_at, v, 3, &rows)))
		goto out;
	err = ZT_ERR_NOT_FOUND;
	if (db_count(rows) != 1)
		goto out;
	link = db_bytes(rows, 0, 0);
	answer.link = pb_field(link.p, link.n);
	if ((err = pb_encode(&answer, &body)) == ZT_OK)
		rpc_answer_add(out, buf_bytes(&body));
out:
	pb_free(m);
	db_free(rows);
	buf_free(&body);
	return err;
}
