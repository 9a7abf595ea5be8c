/* judge.c - the question "/changeset": may this stand in a workspace's chain? Answered with the
 * code that each device judges chains with, so that a chain holds nothing that one refuses. */
#include "auth/auth.h"
#include "auth/handlers.h"
#include "files/changeset.h"
#include "format/pb.h"

/* What is new must be right as of now too, and not only as of what its author had seen. */
static enum zt_err
check_now(const struct org_state *o, const struct org_workspace *w, const struct changeset *c,
    const char **why)
{
	const struct org_device *d = org_state_device(o, &c->author);

	*why = "a member left: the workspace's key must be rotated first";
	if (org_state_is_open(w, ORG_NEVER))
		return ZT_ERR_STALE_KEY;
	*why = "the workspace has a newer key";
	if (c->generation != w->generation_count)
		return ZT_ERR_STALE_KEY;
	*why = "the workspace is archived";
	if (w->archived)
		return ZT_ERR_FORBIDDEN;
	*why = "a changeset's author had no right to write";
	if (d == NULL || !org_state_device_live(d, ORG_NEVER) ||
	    org_state_role(w, d->user, ORG_NEVER) < ROLE_CONTRIBUTOR)
		return ZT_ERR_FORBIDDEN;
	return ZT_OK;
}

/* One that is left out, as signed by someone who had lost access, is never taken by a push; in
 * a chain that is repaired it may have its place. */
static enum zt_err
judge(const struct org_state *o, const struct id *workspace, const Zt__ChangesetAsk *m,
    const char **why)
{
	const struct org_workspace *w = org_state_workspace(o, workspace);
	struct changeset cs;
	struct hash link;
	enum zt_err err;

	if (w == NULL)
		return ZT_ERR_NOT_FOUND;
	if (m->statement == NULL || pb_hash(m->link, &link))
		return ZT_ERR_CORRUPT;
	if ((err = changeset_read_statement(m->statement, &cs)) ||
	    (m->is_push && (err = check_now(o, w, &cs, why))))
		return err;
	err = changeset_check(o, w, &cs,
	    &(struct changeset_place){ m->position, merkle_size(o->tree) }, why);
	if (err && (m->is_push || err != ZT_ERR_REVOKED))
		return err;
	return changeset_check_pin(w, m->position, &link, why);
}

enum zt_err
judge_changeset(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__ChangesetAsk *m = NULL;
	struct auth_org *org = NULL;
	struct id id, workspace;
	const char *why = "";
	enum zt_err err;

	if ((err = pb_decode(&zt__changeset_ask__descriptor, rq->body, rq->body.n, &m)) ||
	    (err = pb_id(m->org, &id)) || (err = pb_id(m->workspace, &workspace)) ||
	    (err = auth_lock(state, rq->db, &id, &org)))
		goto out;
	if ((err = judge(org->state, &workspace, m, &why)))
		err = service_refuse(out, err, why);
	auth_unlock(org);
out:
	pb_free(m);
	return err;
}
