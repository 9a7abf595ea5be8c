/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* restored.c - after an older database was restored: whether a chain was longer once, and the
 * links that it must lead to again.
 *
 * Nobody needs to be believed about what stood there: the marks, the log's pins and positions
 * that the log key signed name links, and a link names all that came before it. So devices
 * first show what authors signed, from such a link backwards, and what leads to it is noted;
 * nothing else is. REPAIR then takes each changeset whose link is noted (repair.c). */
#include "metadata/restored.h"

#include <stdlib.h>

#include "base/vec.h"
#include "bus/peer.h"
#include "format/pb.h"
#include "frame/audit.h"
#include "frame/log.h"
#include "proto/auth.pb-c.h"

enum { ASK_MS = 10000, LINKS_MAX = 1000, ANSWER_MAX = 16 * 1024 * 1024 };

static const struct db_query all_chains = { "restored_chains",
	"SELECT org, workspace, position, link FROM chains WHERE position > 0" };
static const struct db_query chains_of = { "restored_chains_of",
	"SELECT org, workspace, position, link FROM chains WHERE position > 0 AND org = "
	"$1::bytea" };
static const struct db_query chain_at = { "restored_at",
	"SELECT position, link FROM chains WHERE org = $1::bytea AND workspace = $2::bytea" };
static const struct db_query put_goal = { "goal_put",
	"INSERT INTO goals VALUES ($1::bytea, $2::bytea, $3::int8, $4::bytea) ON CONFLICT DO "
	"NOTHING" };
static const struct db_query find_goal = { "goal_find",
	"SELECT 1 FROM goals WHERE org = $1::bytea AND workspace = $2::bytea AND position = "
	"$3::int8 AND link = $4::bytea" };
static const struct db_query last_goal = { "goal_last",
	"SELECT position, link FROM goals WHERE org = $1::bytea AND workspace = $2::bytea "
	"ORDER BY position DESC LIMIT 1" };
static const struct db_query forget_goals = { "goals_forget",
	"DELETE FROM goals WHERE org = $1::bytea AND workspace = $2::bytea AND position <= "
	"$3::int8" };
static const struct db_query drop_goals = { "goals_drop",
	"DELETE FROM goals WHERE org = $1::bytea" };

/* ---- marks ---- */

/* Raises the marks of the chains in ROWS to where these are. */
static enum zt_err
mark_rows(struct metadata *md, const struct db_rows *rows)
{
	enum zt_err err = ZT_OK;

	for (int i = 0; err == ZT_OK && i < db_count(rows); i++) {
		struct bytes org = db_bytes(rows, i, 0), workspace = db_bytes(rows, i, 1),
			     link = db_bytes(rows, i, 3);
		struct id ids[2];
		struct hash h;

		if (org.n != ID_BYTES || workspace.n != ID_BYTES || link.n != HASH_BYTES)
			return ZT_ERR_DATABASE;
		memcpy(ids[0].b, org.p, ID_BYTES);
		memcpy(ids[1].b, workspace.p, ID_BYTES);
		memcpy(h.b, link.p, HASH_BYTES);
		err =
		    marks_raise(md->marks, &ids[0], &ids[1], (uint64_t)db_int(rows, i, 2), &h);
	}
	return err;
}

enum zt_err
restored_mark_all(struct metadata *md, struct db *db)
{
	struct db_rows *rows = NULL;
	enum zt_err err = db_run(db, &all_chains, NULL, 0, &rows);

	if (err == ZT_OK)
		err = mark_rows(md, rows);
	db_free(rows);
	return err;
}

/* POSITION was read under the chain's lock, or after MARK. */
static enum zt_err
compare(uint64_t position, uint64_t mark, struct rpc_answer *out)
{
	return position >= mark ? ZT_OK : service_refuse(out, ZT_ERR_RESTORED, "");
}

enum zt_err
restored_check_at(struct metadata *md, const struct id *org, const struct id *workspace,
    uint64_t position, struct rpc_answer *out)
{
	return compare(position, marks_get(md->marks, org, workspace).position, out);
}

/* The chain's position in the database; 0: no chain. */
static enum zt_err
chain_now(const struct request *rq, uint64_t *position, struct hash *link)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id) };
	struct db_rows *rows = NULL;
	enum zt_err err = db_run(rq->db, &chain_at, v, 2, &rows);

	*position = 0;
	memset(link->b, 0, HASH_BYTES);
	if (err == ZT_OK && db_count(rows) == 1) {
		*position = (uint64_t)db_int(rows, 0, 0);
		if (db_bytes(rows, 0, 1).n == HASH_BYTES)
			memcpy(link->b, db_bytes(rows, 0, 1).p, HASH_BYTES);
	}
	db_free(rows);
	return err;
}

enum zt_err
restored_check(struct metadata *md, const struct request *rq, struct rpc_answer *out)
{
	/* The mark is read first: a push may raise both between two looks, and the position
	 * only grows. */
	uint64_t mark = marks_get(md->marks, &rq->params.org, &rq->params.id).position;
	struct hash link;
	uint64_t position;
	enum zt_err err = chain_now(rq, &position, &link);

	return err ? err : compare(position, mark, out);
}

/* ---- goals ---- */

enum zt_err
restored_is_goal(const struct request *rq, uint64_t position, const struct hash *link, bool *is)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id), DB_INT(position),
		DB_BYTES(link->b, HASH_BYTES) };
	struct db_rows *rows = NULL;
	enum zt_err err = db_run(rq->db, &find_goal, v, 4, &rows);

	*is = err == ZT_OK && db_count(rows) == 1;
	db_free(rows);
	return err;
}

enum zt_err
restored_forget(const struct push *p)
{
	struct db_value v[] = { DB_ID(&p->rq->params.org), DB_ID(&p->rq->params.id),
		DB_INT(p->position) };

	return db_run(p->rq->db, &forget_goals, v, 3, NULL);
}

/* The way that a device shows: links of the positions FIRST to M->last, and the one before. */
struct way {
	const struct request *rq;
	const Zt__RepairLinks *m;
	uint64_t first;
	struct hash link[LINKS_MAX + 1];
};

static enum zt_err
read_way(struct way *w)
{
	const Zt__RepairLinks *m = w->m;

	if (m->n_statements == 0 || m->n_statements > LINKS_MAX || m->last < m->n_statements ||
	    m->last > INT64_MAX)
		return ZT_ERR_CORRUPT;
	w->first = m->last - m->n_statements + 1;
	memset(w->link[0].b, 0, HASH_BYTES);
	if (m->before.len != (w->first > 1 ? HASH_BYTES : 0))
		return ZT_ERR_CORRUPT;
	if (w->first > 1)
		memcpy(w->link[0].b, m->before.data, HASH_BYTES);
	for (size_t i = 0; i < m->n_statements; i++) {
		struct statement s;

		if (statement_of(m->statements[i], &s))
			return ZT_ERR_CORRUPT;
		changeset_link(&w->link[i], &s, &w->link[i + 1]);
	}
	return ZT_OK;
}

/* Asks auth, which has the log and its key, whether W leads to what that signed. */
static enum zt_err
ask_goals(struct way *w, bool *leads)
{
	const Zt__RepairLinks *m = w->m;
	Zt__GoalAsk ask = ZT__GOAL_ASK__INIT;
	Zt__GoalAnswer *answer = NULL;
	struct buf body = buf_init(4096), got = buf_init(ANSWER_MAX);
	enum zt_err err;

	ask.org = pb_field(w->rq->params.org.b, ID_BYTES);
	ask.workspace = pb_field(w->rq->params.id.b, ID_BYTES);
	ask.signed_ = m->signed_;
	if ((err = pb_encode(&ask, &body)) ||
	    (err = peer_call(
		 service_auth(w->rq->service), "/goals", buf_bytes(&body), ASK_MS, &got)) ||
	    (err = pb_decode(
		 &zt__goal_answer__descriptor, buf_bytes(&got), ANSWER_MAX, &answer)))
		goto out;
	for (size_t i = 0; i < answer->n_goals; i++) {
		const Zt__Goal *g = answer->goals[i];
		struct hash link;

		if (pb_hash(g->link, &link) == ZT_OK && g->position == m->last &&
		    hash_equal(&link, &w->link[m->n_statements]))
			*leads = true;
	}
out:
	pb_free(answer);
	buf_free(&body);
	buf_free(&got);
	return err;
}

/* Whether W leads to a link that is known to have stood there. */
static enum zt_err
check_end(struct metadata *md, struct way *w, struct rpc_answer *out)
{
	const struct hash *last = &w->link[w->m->n_statements];
	struct mark mark = marks_get(md->marks, &w->rq->params.org, &w->rq->params.id);
	bool leads = mark.position == w->m->last && hash_equal(&mark.hash, last);
	enum zt_err err = ZT_OK;

	if (!leads)
		err = restored_is_goal(w->rq, w->m->last, last, &leads);
	if (err == ZT_OK && !leads)
		err = ask_goals(w, &leads);
	if (err == ZT_OK && !leads)
		err = service_refuse(out, ZT_ERR_PROOF,
		    "nothing that was signed or noted here says that these stood in the chain");
	return err;
}

/* Stores the links of W beyond POSITION, where the chain's hash is LINK. *IS_WHOLE: they
 * continue from there. */
static enum zt_err
note_way(const struct way *w, uint64_t position, const struct hash *link, bool *is_whole,
    struct rpc_answer *out)
{
	enum zt_err err = ZT_OK;

	*is_whole = position + 1 >= w->first && position <= w->m->last;
	if (*is_whole && !hash_equal(&w->link[position + 1 - w->first], link))
		return service_refuse(
		    out, ZT_ERR_CONFLICT, "another changeset is at this place of the chain");
	for (uint64_t at = w->first - 1; err == ZT_OK && at <= w->m->last; at++) {
		struct db_value v[] = { DB_ID(&w->rq->params.org), DB_ID(&w->rq->params.id),
			DB_INT(at), DB_BYTES(w->link[at + 1 - w->first].b, HASH_BYTES) };

		if (at > position)
			err = db_run(w->rq->db, &put_goal, v, 4, NULL);
	}
	return err;
}

/* The mark of the chain, up to the furthest place that it must lead to. */
static enum zt_err
raise_to_goal(struct metadata *md, const struct request *rq)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id) };
	struct db_rows *rows = NULL;
	struct hash link;
	enum zt_err err = db_run(rq->db, &last_goal, v, 2, &rows);

	if (err == ZT_OK && db_count(rows) == 1 && db_bytes(rows, 0, 1).n == HASH_BYTES) {
		memcpy(link.b, db_bytes(rows, 0, 1).p, HASH_BYTES);
		err = marks_raise(md->marks, &rq->params.org, &rq->params.id,
		    (uint64_t)db_int(rows, 0, 0), &link);
	}
	db_free(rows);
	return err;
}

static uint64_t
times_given_up(struct metadata *md)
{
	uint64_t n;

	(void)pthread_mutex_lock(&md->giving_up);
	n = md->given_up;
	(void)pthread_mutex_unlock(&md->giving_up);
	return n;
}

/* The end of a repair by W, whose transaction is open. What the operator gave up since W's end
 * was checked, GIVEN_UP times before, does not come back: the client asks again. */
static enum zt_err
keep_way(struct metadata *md, const struct way *w, uint64_t given_up, bool is_whole)
{
	enum zt_err err = ZT_ERR_UNAVAILABLE;

	(void)pthread_mutex_lock(&md->giving_up);
	/* What was signed continues the chain that is here: so the chain was longer once, also
	 * where no mark says so. */
	if (md->given_up == given_up && (err = db_commit(w->rq->db)) == ZT_OK && is_whole)
		err = raise_to_goal(md, w->rq);
	(void)pthread_mutex_unlock(&md->giving_up);
	return err;
}

static enum zt_err
take_way(struct metadata *md, struct way *w, struct rpc_answer *out)
{
	uint64_t position, given_up = times_given_up(md);
	struct hash link;
	bool is_whole;
	enum zt_err err;

	if ((err = read_way(w)) || (err = check_end(md, w, out)) ||
	    (err = chain_now(w->rq, &position, &link)) || (err = db_begin(w->rq->db)))
		return err;
	if ((err = note_way(w, position, &link, &is_whole, out)) == ZT_OK)
		err = keep_way(md, w, given_up, is_whole);
	db_rollback(w->rq->db);
	return err;
}

/* REPAIR_LINKS: what stood in the chain, shown by what authors signed, from the end on. */
enum zt_err
restored_links(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct way *w = calloc(1, sizeof *w);
	Zt__RepairLinks *m = NULL;
	enum zt_err err = w != NULL ? ZT_OK : ZT_ERR_MEMORY;

	if (err == ZT_OK && (err = pb_decode(&zt__repair_links__descriptor, rq->body,
				 rq->body.n, &m)) == ZT_OK) {
		w->rq = rq;
		w->m = m;
		err = take_way(state, w, out);
	}
	pb_free(m);
	free(w);
	return err;
}

/* A chain's mark, and where the chain is in the database. */
struct marked {
	struct id workspace;
	uint64_t mark;
	struct mark now;
};

/* All marks of an organization's chains. */
struct all_marked {
	struct marked *list;
	size_t count, cap;
	enum zt_err err; /* of the copying */
};

static void
copy_mark(void *ctx, const struct id *workspace, const struct mark *m)
{
	struct all_marked *all = ctx;

	if (m->position > 0 && all->err == ZT_OK &&
	    (all->err = vec_room(&all->list, all->count, &all->cap, sizeof *all->list)) ==
		ZT_OK)
		all->list[all->count++] =
		    (struct marked){ .workspace = *workspace, .mark = m->position };
}

static enum zt_err
take_position(const struct idmap *by_workspace, const struct db_rows *rows, int i)
{
	struct bytes workspace = db_bytes(rows, i, 1), link = db_bytes(rows, i, 3);
	struct marked *m;
	struct id id;

	if (workspace.n != ID_BYTES || link.n != HASH_BYTES)
		return ZT_ERR_DATABASE;
	memcpy(id.b, workspace.p, ID_BYTES);
	if ((m = idmap_get(by_workspace, &id)) != NULL) {
		m->now.position = (uint64_t)db_int(rows, i, 2);
		memcpy(m->now.hash.b, link.p, HASH_BYTES);
	}
	return ZT_OK;
}

/* Keeps in ALL the chains of RQ's organization that are below their marks; the caller frees
 * its list. The marks are read first, as restored_check does: a chain that a push lengthens
 * between the two looks has lost nothing. */
static enum zt_err
find_lost(struct metadata *md, const struct request *rq, struct all_marked *all)
{
	struct db_value v[] = { DB_ID(&rq->params.org) };
	struct db_rows *rows = NULL;
	struct idmap by_workspace = { 0 };
	size_t lost = 0;
	enum zt_err err;

	marks_each_topic(md->marks, &rq->params.org, copy_mark, all);
	err = all->err ? all->err : db_run(rq->db, &chains_of, v, 1, &rows);
	for (size_t i = 0; err == ZT_OK && i < all->count; i++)
		err = idmap_put(&by_workspace, &all->list[i].workspace, &all->list[i]);
	for (int i = 0; err == ZT_OK && i < db_count(rows); i++)
		err = take_position(&by_workspace, rows, i);
	for (size_t i = 0; err == ZT_OK && i < all->count; i++)
		if (all->list[i].now.position < all->list[i].mark)
			all->list[lost++] = all->list[i];
	all->count = lost;
	idmap_free(&by_workspace, NULL);
	db_free(rows);
	return err;
}

/* Errors: NOT_FOUND (ALL is empty: no chain of the organization lost anything). */
static enum zt_err
check_lost(const struct all_marked *all, struct rpc_answer *out)
{
	return all->count > 0 ? ZT_OK
			      : service_refuse(out, ZT_ERR_NOT_FOUND,
				    "no workspace of the organization lost anything");
}

/* CHAINS_LOSS: whether a chain of the organization lost something. Errors: NOT_FOUND (none). */
enum zt_err
restored_loss(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct all_marked all = { 0 };
	enum zt_err err = find_lost(state, rq, &all);

	if (err == ZT_OK)
		err = check_lost(&all, out);
	free(all.list);
	return err;
}

/* CHAINS_ACCEPT: what chains of the organization lost is given up: they go on from where they
 * are. Marks of the others stay. Errors: NOT_FOUND (nothing is lost). */
enum zt_err
restored_accept(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct metadata *md = state;
	struct db_value v[] = { DB_ID(&rq->params.org) };
	struct all_marked all = { 0 };
	enum zt_err err;

	(void)pthread_mutex_lock(&md->giving_up);
	if ((err = find_lost(md, rq, &all)) || (err = check_lost(&all, out)) ||
	    (err = db_run(rq->db, &drop_goals, v, 1, NULL)))
		goto out;
	for (size_t i = 0; err == ZT_OK && i < all.count; i++)
		err = marks_set(
		    md->marks, &rq->params.org, &all.list[i].workspace, &all.list[i].now);
	if (err == ZT_OK)
		audit(rq->service, "loss_accepted", &rq->params.org, NULL, NULL);
out:
	md->given_up++;
	(void)pthread_mutex_unlock(&md->giving_up);
	free(all.list);
	return err;
}
