/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* usage.c - how much an organization stores, for the operator and the operator's limit: one
 * number of what lies here and what lies in blocks. Each tells the other what it holds. */
#include "bus/peer.h"
#include "format/pb.h"
#include "metadata/metadata.h"
#include "proto/blocks.pb-c.h"

enum { ASK_MS = 60000 /* blocks may have to count first */ };

static const struct db_query sum = { "usage_sum",
	"SELECT ((SELECT coalesce(sum(bytes), 0) FROM chains WHERE org = $1::bytea) + (SELECT "
	"coalesce(sum(octet_length(entries)), 0) FROM checkpoints WHERE org = "
	"$1::bytea))::int8" };

static enum zt_err
ask_blocks(const struct metadata *md, const struct id *org, uint64_t beside, uint64_t max,
    uint64_t *bytes)
{
	Zt__UsageAsk m = ZT__USAGE_ASK__INIT;
	Zt__Usage *answer = NULL;
	struct buf body = buf_init(128), got = buf_init(128);
	enum zt_err err;

	m.org = pb_field(org->b, ID_BYTES);
	m.beside = beside;
	m.most = max;
	if ((err = pb_encode(&m, &body)) == ZT_OK &&
	    (err = peer_call(md->blocks, "/usage", buf_bytes(&body), ASK_MS, &got)) == ZT_OK &&
	    (err = pb_decode(&zt__usage__descriptor, buf_bytes(&got), 128, &answer)) == ZT_OK)
		*bytes = answer->bytes;
	pb_free(answer);
	buf_free(&body);
	buf_free(&got);
	return err;
}

/* All that ORG stores at both services, where it may store MAX (0: without a limit). */
static enum zt_err
usage_of(const struct metadata *md, struct db *db, const struct id *org, uint64_t max,
    uint64_t *bytes)
{
	struct db_value v[] = { DB_ID(org) };
	struct db_rows *rows = NULL;
	enum zt_err err = db_run(db, &sum, v, 1, &rows);
	uint64_t here;

	if (err == ZT_OK) {
		here = (uint64_t)db_int(rows, 0, 0);
		if ((err = ask_blocks(md, org, here, max, bytes)) == ZT_OK)
			*bytes += here;
	}
	db_free(rows);
	return err;
}

enum zt_err
usage_check(const struct metadata *md, const struct request *rq, struct rpc_answer *out)
{
	uint64_t bytes = 0, max = rq->caller.storage_limit;
	enum zt_err err = ZT_OK;

	if (max > 0 && (err = usage_of(md, rq->db, &rq->params.org, max, &bytes)) == ZT_OK &&
	    bytes > max)
		err = service_refuse(out, ZT_ERR_LIMIT,
		    "the organization stores as much as its operator allows");
	return err;
}

/* The question "/usage": auth asks, for an organization's admins. */
enum zt_err
usage_ask(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__UsageAsk *ask = NULL;
	Zt__Usage m = ZT__USAGE__INIT;
	struct buf b = buf_init(64);
	struct id org;
	enum zt_err err;

	if ((err = pb_decode(&zt__usage_ask__descriptor, rq->body, 128, &ask)) == ZT_OK &&
	    (err = pb_id(ask->org, &org)) == ZT_OK &&
	    (err = usage_of(state, rq->db, &org, 0, &m.bytes)) == ZT_OK &&
	    (err = pb_encode(&m, &b)) == ZT_OK)
		rpc_answer_add(out, buf_bytes(&b));
	pb_free(ask);
	buf_free(&b);
	return err;
}

/* ORG_USAGE: the operator asks what an organization stores. */
enum zt_err
usage_org(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__Usage m = ZT__USAGE__INIT;
	struct buf b = buf_init(64);
	enum zt_err err;

	if ((err = usage_of(state, rq->db, &rq->params.org, 0, &m.bytes)) == ZT_OK &&
	    (err = pb_encode(&m, &b)) == ZT_OK)
		rpc_answer_add(out, buf_bytes(&b));
	buf_free(&b);
	return err;
}
