/* repair.c - after an older database was restored: entries and changesets that devices bring
 * back are judged by the very code that judged them first, so nobody needs to be believed. */
#include <stdlib.h>

#include "auth/auth.h"
#include "auth/handlers.h"
#include "common/audit.h"
#include "files/changeset.h"
#include "format/limits.h"
#include "format/pb.h"

static enum zt_err
restore_one(void *state, const struct request *rq, const Zt__Statement *m, uint64_t at,
    struct rpc_answer *out)
{
	struct statement s;
	struct entry *e = NULL;
	const char *why = "";
	enum zt_err err;

	if ((err = statement_of(m, &s)) == ZT_OK && (err = entry_decode(&s, &e)) == ZT_OK &&
	    (err = auth_restore(state, rq->db, &rq->params.org, e, at, rq->now_ms, &why)))
		err = service_refuse(out, err,
		    why[0] != 0 ? why : "another entry stands at this place of the log");
	entry_free(e);
	return err;
}

/* LOG_REPAIR: entries behind the newest one, each at the index where it stood. */
enum zt_err
repair_log(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__LogRepair *m = NULL;
	Zt__LogRepaired answer = ZT__LOG_REPAIRED__INIT;
	enum zt_err err = pb_decode(&zt__log_repair__descriptor, rq->body, rq->body.n, &m);

	if (err)
		return err;
	answer.size = m->from;
	if (m->n_entries > LIMIT_LOG_PAGE)
		err = ZT_ERR_TOO_BIG;
	for (size_t i = 0; err == ZT_OK && i < m->n_entries; i++)
		if ((err = restore_one(state, rq, m->entries[i], answer.size, out)) == ZT_OK)
			answer.size++;
	if (answer.size > m->from)
		audit(rq->service, "log_repaired", &rq->params.org, &rq->device, NULL);
	if (answer.size > m->from)
		service_publish(
		    rq->service, &rq->params.org, &rq->params.org, "log", answer.size);
	if (err == ZT_OK)
		err = auth_answer(out, &answer);
	pb_free(m);
	return err;
}

/* The question "/changeset". One that is left out, as signed by someone who had lost access,
 * stands in the chain all the same: REVOKED is no refusal here. */
enum zt_err
repair_ask_changeset(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__ChangesetAsk *m = NULL;
	struct auth_org *org = NULL;
	const struct org_workspace *w;
	struct changeset cs;
	struct change *changes = NULL;
	struct id id, workspace;
	struct hash link;
	const char *why = "";
	enum zt_err err;

	if ((err = pb_decode(&zt__changeset_ask__descriptor, rq->body, rq->body.n, &m)) ||
	    (err = pb_id(m->org, &id)) || (err = pb_id(m->workspace, &workspace)) ||
	    (err = pb_hash(m->link, &link)))
		goto out;
	err = ZT_ERR_CORRUPT;
	if (m->changeset == NULL || (err = changeset_read(m->changeset, &cs, &changes)) ||
	    (err = auth_lock(state, rq->db, &id, &org)))
		goto out;
	err = ZT_ERR_NOT_FOUND;
	if ((w = org_state_workspace(org->state, &workspace)) == NULL)
		goto out;
	err = changeset_check(org->state, w, &cs, m->position, &why);
	if (err == ZT_OK || err == ZT_ERR_REVOKED)
		err = changeset_check_pin(w, m->position, &link, &why);
	if (err)
		err = service_refuse(out, err, why);
out:
	if (org != NULL)
		auth_unlock(org);
	free(changes);
	pb_free(m);
	return err;
}
