/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* judge.c - the question "/changeset": may this be in a workspace's chain? Answered with the
 * code that each device judges chains with, so that a chain holds nothing that one refuses. */
#include <stdlib.h>

#include "auth/auth.h"
#include "auth/handlers.h"
#include "files/judge_rules.h"
#include "files/position.h"
#include "format/pb.h"
#include "message/message.h"
#include "message/topic_position.h"
#include "proto/messages.pb-c.h"

static enum zt_err
judge(const struct auth_org *org, const struct id *workspace, const Zt__ChangesetAsk *m,
    const char **message)
{
	struct judge_place place = { .position = m->position, .is_push = m->is_push };
	struct changeset cs;
	struct hash link;
	enum zt_err err;

	if (m->is_push && org->is_restored)
		return ZT_ERR_RESTORED;
	if (m->statement == NULL || pb_hash(m->link, &link))
		return ZT_ERR_CORRUPT;
	place.link = &link;
	err = changeset_read_statement(m->statement, &cs);
	return err ? err : judge_rules(org->state, workspace, &cs, &place, message);
}

/* Answers with S, a position signed by the log key, unless it could not be signed. The caller
 * releases it only once what was judged is in its place. */
static enum zt_err
answer_signed(enum zt_err err, const struct statement *s, struct rpc_answer *out)
{
	Zt__ChangesetAnswer answer = ZT__CHANGESET_ANSWER__INIT;
	Zt__Statement m;

	if (err)
		return err;
	m = statement_message(s);
	answer.signed_ = &m;
	return auth_answer(out, &answer);
}

enum zt_err
judge_changeset(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__ChangesetAsk *m = NULL;
	struct auth_org *org = NULL;
	struct position p = { .time = rq->now_ms };
	const char *message = "";
	struct buf body = buf_init(1024);
	struct statement st;
	enum zt_err err;

	if ((err = pb_decode(&zt__changeset_ask__descriptor, rq->body, rq->body.n, &m)) ||
	    (err = pb_id(m->org, &p.org)) || (err = pb_id(m->workspace, &p.workspace)) ||
	    (err = pb_hash(m->link, &p.link)) || (err = auth_lock(state, rq->db, &p.org, &org)))
		goto out;
	p.position = m->position;
	if ((err = judge(org, &p.workspace, m, &message)))
		err = service_refuse(out, err, message);
	else
		err = answer_signed(position_sign(org->log_key, &p, &body, &st), &st, out);
	auth_unlock(org);
out:
	buf_free(&body);
	pb_free(m);
	return err;
}

/* ---- messages ---- */

static enum zt_err
judge_one(const struct auth_org *org, const struct topic_position *p, const Zt__MessageAsk *m,
    const char **message)
{
	struct message is;
	enum zt_err err;

	if (org->is_restored)
		return ZT_ERR_RESTORED;
	if ((err = message_read_statement(m->statement, &is)))
		return err;
	if (!id_equal(&is.org, &p->org) || !id_equal(&is.space, &p->space) ||
	    !id_equal(&is.topic, &p->topic))
		return ZT_ERR_CORRUPT;
	return message_judge(org->state, &is, p->position, &p->link, message);
}

/* The question "/message": may this be the newest of its topic? */
enum zt_err
judge_message(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__MessageAsk *m = NULL;
	struct auth_org *org = NULL;
	struct topic_position p = { .time = rq->now_ms };
	const char *message = "";
	struct buf body = buf_init(1024);
	struct statement st;
	enum zt_err err;

	if ((err = pb_decode(&zt__message_ask__descriptor, rq->body, rq->body.n, &m)) ||
	    (err = pb_id(m->org, &p.org)) || (err = pb_id(m->space, &p.space)) ||
	    (err = pb_id(m->topic, &p.topic)) || (err = pb_hash(m->link, &p.link)) ||
	    (err = auth_lock(state, rq->db, &p.org, &org)))
		goto out;
	p.position = m->position;
	if ((err = judge_one(org, &p, m, &message)))
		err = service_refuse(out, err, message);
	else
		err =
		    answer_signed(topic_position_sign(org->log_key, &p, &body, &st), &st, out);
	auth_unlock(org);
out:
	buf_free(&body);
	pb_free(m);
	return err;
}

/* ---- where a repair may lead to ---- */

static void
add_goal(Zt__GoalAnswer *a, Zt__Goal *g, uint64_t position, const struct hash *link)
{
	zt__goal__init(g);
	g->position = position;
	g->link = pb_field(link->b, HASH_BYTES);
	a->goals[a->n_goals++] = g;
}

/* The pins of W, and what S, which may be NULL, says when this log's key signed it after the
 * operator last gave something up. */
static enum zt_err
answer_goals(struct auth *a, const struct auth_org *org, const struct org_workspace *w,
    const Zt__Statement *s, struct rpc_answer *out)
{
	Zt__GoalAnswer answer = ZT__GOAL_ANSWER__INIT;
	Zt__Goal *goals = calloc(w->pin_count + 1, sizeof *goals);
	struct position p;
	struct statement st;
	enum zt_err err = ZT_ERR_MEMORY;

	answer.goals = calloc(w->pin_count + 1, sizeof(Zt__Goal *));
	if (goals == NULL || answer.goals == NULL)
		goto out;
	if (s != NULL && statement_of(s, &st) == ZT_OK &&
	    position_check(org->state->log_key, &org->state->id, &w->id, &st, &p) == ZT_OK &&
	    p.time > marks_chains_given_up(a->marks, &org->state->id)) {
		add_goal(&answer, goals, p.position, &p.link);
		goals->is_signed = true;
	}
	for (size_t i = 0; i < w->pin_count; i++)
		if (!w->pins[i].voided)
			add_goal(&answer, &goals[answer.n_goals], w->pins[i].position,
			    &w->pins[i].link);
	err = auth_answer(out, &answer);
out:
	free(answer.goals);
	free(goals);
	return err;
}

/* The question "/goals". */
enum zt_err
judge_goals(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__GoalAsk *m = NULL;
	struct auth_org *org = NULL;
	const struct org_workspace *w;
	struct id id, workspace;
	enum zt_err err;

	if ((err = pb_decode(&zt__goal_ask__descriptor, rq->body, 4096, &m)) ||
	    (err = pb_id(m->org, &id)) || (err = pb_id(m->workspace, &workspace)) ||
	    (err = auth_lock(state, rq->db, &id, &org)))
		goto out;
	w = org_state_workspace(org->state, &workspace);
	err = w == NULL ? ZT_ERR_NOT_FOUND : answer_goals(state, org, w, m->signed_, out);
	auth_unlock(org);
out:
	pb_free(m);
	return err;
}
