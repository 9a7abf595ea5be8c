/* decisions.c - answers to the other services: may this device act, and as what? */
#include "auth/auth.h"
#include "auth/handlers.h"
#include "format/pb.h"

/* The question "/decision". */
enum zt_err
decisions_ask(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__Decision answer = ZT__DECISION__INIT;
	Zt__DecisionAsk *m = NULL;
	struct decision d;
	struct id org, device, workspace;
	enum zt_err err;

	if ((err = pb_decode(&zt__decision_ask__descriptor, rq->body, 1024, &m)) ||
	    (err = pb_id(m->org, &org)) || (err = pb_id(m->device, &device)) ||
	    (err = pb_id(m->workspace, &workspace)) ||
	    (err = auth_decide(state, rq->db, &org, &device, &workspace, &d)))
		goto out;
	answer.user = pb_field(d.user.b, ID_BYTES);
	answer.sign_key = pb_field(d.sign_key, sizeof d.sign_key);
	answer.profile = d.profile;
	answer.role = d.role;
	answer.generation = d.generation;
	answer.live = d.live;
	answer.open = d.open;
	answer.archived = d.archived;
	answer.deletion_due = d.deletion_due;
	answer.frozen = d.frozen;
	answer.expires = d.expires;
	answer.storage_limit = d.storage_limit;
	err = auth_answer(out, &answer);
out:
	pb_free(m);
	return err;
}
