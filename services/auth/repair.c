/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* repair.c - after an older database was restored: entries that this log once signed a head
 * over come back by the devices that hold them. They are judged by the very code that judged
 * them first, so nobody needs to be believed. */
#include <stdlib.h>

#include "auth/auth.h"
#include "auth/handlers.h"
#include "format/limits.h"
#include "format/pb.h"
#include "frame/audit.h"

static enum zt_err
restore_one(void *state, const struct request *rq, const Zt__Statement *m, uint64_t at,
    struct rpc_answer *out)
{
	struct statement s;
	struct entry *e = NULL;
	const char *message = "";
	enum zt_err err;

	if ((err = statement_of(m, &s)) == ZT_OK && (err = entry_decode(&s, &e)) == ZT_OK &&
	    (err = auth_restore(state, rq->db, &rq->params.org, e, at, rq->now_ms, &message)))
		err = service_refuse(out, err,
		    message[0] != 0 ? message : "another entry is at this place of the log");
	entry_free(e);
	return err;
}

/* The root of the log as it will be with the entries of M. ORG is locked. */
static enum zt_err
root_with(struct auth_org *org, const Zt__LogRepair *m, struct hash *out)
{
	struct merkle *tree = org->state->tree;
	uint64_t size = merkle_size(tree);
	enum zt_err err = m->from <= size ? ZT_OK : ZT_ERR_CONFLICT;

	for (size_t i = 0; err == ZT_OK && i < m->n_entries; i++) {
		uint64_t at = m->from + i;
		struct statement s;
		struct entry *e = NULL;

		if ((err = statement_of(m->entries[i], &s)) == ZT_OK &&
		    (err = entry_decode(&s, &e)) == ZT_OK) {
			if (at >= size)
				err = merkle_add(tree, &e->leaf);
			else if (!hash_equal(merkle_leaf(tree, at), &e->leaf))
				err = ZT_ERR_CONFLICT;
		}
		entry_free(e);
	}
	if (err == ZT_OK)
		err = merkle_root(tree, m->from + m->n_entries, out);
	merkle_trim(tree, size);
	return err;
}

/* Without this a repair would be a way around what is asked of an entry only once, when it is
 * new: its clock, and what a rotation pins. */
static enum zt_err
check_was_here(
    void *state, const struct request *rq, const Zt__LogRepair *m, struct rpc_answer *out)
{
	struct auth *a = state;
	struct auth_org *org = NULL;
	struct merkle_proof proof;
	struct statement s;
	struct head head;
	struct hash root;
	enum zt_err err;

	if ((err = merkle_proof_of(m->n_consistency, m->consistency, &proof)))
		return err;
	if ((err = auth_lock(state, rq->db, &rq->params.org, &org)))
		return err;
	err = ZT_ERR_PROOF;
	if (m->head != NULL && statement_of(m->head, &s) == ZT_OK &&
	    head_check(org->state->log_key, &rq->params.org, &s, &head) == ZT_OK &&
	    (err = root_with(org, m, &root)) == ZT_OK)
		err = merkle_check_consistency(
		    m->from + m->n_entries, head.size, &root, &head.root, &proof);
	/* A head signed by this log's key beyond its end proves that it was longer once, even
	 * without a mark. */
	if (err == ZT_OK && head.size > merkle_size(org->state->tree)) {
		if (head.time <= marks_get(a->marks, &rq->params.org, NULL).given_up)
			err = ZT_ERR_PROOF;
		else
			err =
			    marks_raise(a->marks, &rq->params.org, NULL, head.size, &head.root);
		auth_look_at_mark(a, &rq->params.org, org);
	}
	auth_unlock(org);
	if (err == ZT_ERR_PROOF)
		err = service_refuse(
		    out, err, "no head that this log signed covers these entries");
	return err;
}

/* 0 when it cannot be read. */
static uint64_t
log_size(void *state, const struct request *rq)
{
	struct auth_org *org = NULL;
	uint64_t n = 0;

	if (auth_lock(state, rq->db, &rq->params.org, &org) == ZT_OK) {
		n = merkle_size(org->state->tree);
		auth_unlock(org);
	}
	return n;
}

/* LOG_REPAIR: entries behind the newest one, each at the index where it stood. */
enum zt_err
repair_log(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__LogRepair *m = NULL;
	Zt__LogRepaired answer = ZT__LOG_REPAIRED__INIT;
	uint64_t before;
	enum zt_err err = pb_decode(&zt__log_repair__descriptor, rq->body, rq->body.n, &m);

	if (err)
		return err;
	answer.size = m->from;
	before = log_size(state, rq);
	if (m->n_entries > LIMIT_LOG_PAGE)
		err = ZT_ERR_TOO_BIG;
	else
		err = check_was_here(state, rq, m, out);
	for (size_t i = 0; err == ZT_OK && i < m->n_entries; i++)
		if ((err = restore_one(state, rq, m->entries[i], answer.size, out)) == ZT_OK)
			answer.size++;
	/* What was there already is news to nobody. */
	if (answer.size > m->from && log_size(state, rq) > before) {
		audit(rq->service, "log_repaired", &rq->params.org, &rq->device, NULL);
		service_publish(
		    rq->service, &rq->params.org, &rq->params.org, EVENT_LOG, answer.size);
	}
	if (err == ZT_OK)
		err = auth_answer(out, &answer);
	pb_free(m);
	return err;
}
