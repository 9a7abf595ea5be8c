/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* block_calls.c - put, get and the question which blocks are held. */
#include "blocks/blocks.h"
#include "format/limits.h"
#include "format/pb.h"
#include "proto/blocks.pb-c.h"

/* BLOCK_PUT: the path names the hash of the body, and the device signed the path. */
enum zt_err
block_calls_put(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct blocks *b = state;
	struct backend_place at = { rq->params.org, rq->params.id, rq->params.block };
	bool added = false;
	/* What is there already takes no more room. */
	uint64_t max = b->backend->has(b->backend, &at) ? 0 : rq->caller.storage_limit;
	enum zt_err err;

	if ((err = usage_take(b, &at.org, rq->body.n, max)) == ZT_ERR_LIMIT)
		return service_refuse(
		    out, err, "the organization stores as much as its operator allows");
	if (err)
		return err;
	err = b->backend->put(b->backend, &at, rq->body, &rq->params.hash, &added);
	usage_end(b, &at.org, rq->body.n, err == ZT_OK && added);
	if (err == ZT_ERR_DIGEST)
		return service_refuse(out, err, "the block is not the one that its path names");
	return err == ZT_ERR_EXISTS ? service_refuse(out, err, "another block has this id")
				    : err;
}

/* The question "/usage": what do an organization's blocks take? */
enum zt_err
block_calls_usage(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__UsageAsk *m = NULL;
	Zt__Usage answer = ZT__USAGE__INIT;
	struct buf b = buf_init(64);
	struct id org;
	enum zt_err err;

	if ((err = pb_decode(&zt__usage_ask__descriptor, rq->body, 128, &m)) ||
	    (err = pb_id(m->org, &org)) ||
	    (err = usage_beside(state, &org, m->beside, m->most, &answer.bytes)) ||
	    (err = pb_encode(&answer, &b)))
		goto out;
	rpc_answer_add(out, buf_bytes(&b));
out:
	pb_free(m);
	buf_free(&b);
	return err;
}

static uint8_t *
room(void *ctx, size_t n)
{
	return rpc_answer_pages(ctx, n);
}

static void
keep(void *ctx, size_t n)
{
	rpc_answer_keep(ctx, n);
}

/* BLOCK_GET: read straight into the answer. */
enum zt_err
block_calls_get(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct blocks *b = state;
	struct backend_place at = { rq->params.org, rq->params.id, rq->params.block };
	const struct backend_sink to = { room, keep, out };
	enum zt_err err = b->backend->get(b->backend, &at, &to);

	if (err == ZT_ERR_CORRUPT)
		return service_refuse(out, err, "the block is damaged on the server's disk");
	return err;
}

/* The question "/held": which of these blocks are missing? */
enum zt_err
block_calls_held(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct blocks *b = state;
	Zt__HeldAsk *m = NULL;
	Zt__HeldAnswer answer = ZT__HELD_ANSWER__INIT;
	struct backend_place at;
	struct buf missing = buf_init(LIMIT_CHANGESET), body = buf_init(LIMIT_CHANGESET + 64);
	enum zt_err err;

	if ((err = pb_decode(&zt__held_ask__descriptor, rq->body, LIMIT_CHANGESET + 256, &m)) ||
	    (err = pb_id(m->org, &at.org)) || (err = pb_id(m->workspace, &at.workspace)))
		goto out;
	for (size_t i = 0; i + ID_BYTES <= m->ids.len; i += ID_BYTES) {
		memcpy(at.block.b, m->ids.data + i, ID_BYTES);
		if (!b->backend->has(b->backend, &at))
			buf_add(&missing, bytes_of(at.block.b, ID_BYTES));
	}
	answer.missing = pb_field(missing.p, missing.n);
	if ((err = buf_err(&missing)) == ZT_OK && (err = pb_encode(&answer, &body)) == ZT_OK)
		rpc_answer_add(out, buf_bytes(&body));
out:
	pb_free(m);
	buf_free(&missing);
	buf_free(&body);
	return err;
}
