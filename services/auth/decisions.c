/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* decisions.c - answers to the other services: may this device act, and as what? */
#include <stdlib.h>

#include "auth/auth.h"
#include "auth/handlers.h"
#include "base/vec.h"
#include "format/limits.h"
#include "format/pb.h"
#include "frame/log.h"

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
	answer.open = d.needs_rotation;
	answer.archived = d.archived;
	answer.deletion_due = d.deletion_due;
	answer.frozen = d.frozen;
	answer.restored = d.restored;
	answer.expires = d.expires;
	answer.storage_limit = d.storage_limit;
	err = auth_answer(out, &answer);
out:
	pb_free(m);
	return err;
}

static uint8_t
may_hear(const struct auth_org *org, const struct org_workspace *w, const struct id *device,
    uint64_t now_ms)
{
	const struct org_device *d = org_state_device(org->state, device);

	if (d == NULL || !org_state_device_live(d, ORG_NEVER) ||
	    idmap_get(&org->frozen, &d->user->id) != NULL ||
	    (org->limits.expires != 0 && org->limits.expires <= now_ms))
		return 0;
	return w != NULL && org_state_role(w, d->user, ORG_NEVER) != ROLE_NONE ? 2 : 1;
}

/* What each device of M may hear of the workspace at place K of M, to MAY. */
static void
hear_of(
    const struct auth_org *org, const Zt__HearAsk *m, size_t k, uint64_t now_ms, uint8_t *may)
{
	const struct org_workspace *w = NULL;
	struct id id;

	if (m->workspaces.len > 0) {
		memcpy(id.b, m->workspaces.data + k * ID_BYTES, ID_BYTES);
		w = org_state_workspace(org->state, &id);
	}
	for (size_t i = 0; i < m->devices.len / ID_BYTES; i++) {
		memcpy(id.b, m->devices.data + i * ID_BYTES, ID_BYTES);
		may[i] = may_hear(org, w, &id, now_ms);
	}
}

/* The question "/hear": one for all devices that listen and all that they may hear of, so that
 * a revocation reaches a thousand of them in one round trip. */
enum zt_err
decisions_hear(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__HearAsk *m = NULL;
	Zt__HearAnswer answer = ZT__HEAR_ANSWER__INIT;
	struct auth_org *org = NULL;
	struct id id;
	uint8_t *may = NULL;
	size_t n, times;
	enum zt_err err;

	if ((err = pb_decode(&zt__hear_ask__descriptor, rq->body, rq->body.n, &m)) ||
	    (err = pb_id(m->org, &id)))
		goto out;
	n = m->devices.len / ID_BYTES;
	times = m->workspaces.len > 0 ? m->workspaces.len / ID_BYTES : 1;
	err = ZT_ERR_TOO_BIG;
	if (n > LIMIT_PAGE / 2 / times)
		goto out;
	err = ZT_ERR_MEMORY;
	if ((may = malloc(n * times + 1)) == NULL)
		goto out;
	if ((err = auth_lock(state, rq->db, &id, &org)))
		goto out;
	for (size_t k = 0; k < times; k++)
		hear_of(org, m, k, rq->now_ms, may + k * n);
	auth_unlock(org);
	answer.may = pb_field(may, n * times);
	err = auth_answer(out, &answer);
out:
	free(may);
	pb_free(m);
	return err;
}

/* The question "/members": who of these users has a role in a workspace? */
enum zt_err
decisions_members(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__MembersAsk *m = NULL;
	Zt__MembersAnswer answer = ZT__MEMBERS_ANSWER__INIT;
	struct auth_org *org = NULL;
	const struct org_workspace *w;
	struct id id, workspace, user;
	uint8_t *are = NULL;
	size_t n;
	enum zt_err err;

	if ((err = pb_decode(&zt__members_ask__descriptor, rq->body, rq->body.n, &m)) ||
	    (err = pb_id(m->org, &id)) || (err = pb_id(m->workspace, &workspace)))
		goto out;
	n = m->users.len / ID_BYTES;
	err = ZT_ERR_MEMORY;
	if ((are = calloc(n + 1, 1)) == NULL)
		goto out;
	if ((err = auth_lock(state, rq->db, &id, &org)))
		goto out;
	w = org_state_workspace(org->state, &workspace);
	for (size_t i = 0; w != NULL && i < n; i++) {
		const struct org_user *u;

		memcpy(user.b, m->users.data + i * ID_BYTES, ID_BYTES);
		u = org_state_user(org->state, &user);
		are[i] = u != NULL && org_state_role(w, u, ORG_NEVER) != ROLE_NONE;
	}
	auth_unlock(org);
	answer.are = pb_field(are, n);
	err = auth_answer(out, &answer);
out:
	free(are);
	pb_free(m);
	return err;
}

/* ---- what is due to be deleted ---- */

static const struct db_query due_orgs = { "due_orgs",
	"SELECT DISTINCT org FROM deletions WHERE due <= $1::int8" };

struct due {
	Zt__DueWorkspace *items, **list;
	size_t count, cap;
};

static enum zt_err
add_due(struct due *d, const struct id *org, const struct id *workspace)
{
	enum zt_err err = vec_room(&d->items, d->count, &d->cap, sizeof *d->items);
	uint8_t *both;

	if (err)
		return err;
	if ((both = malloc((size_t)2 * ID_BYTES)) == NULL)
		return ZT_ERR_MEMORY;
	memcpy(both, org->b, ID_BYTES);
	memcpy(both + ID_BYTES, workspace->b, ID_BYTES);
	zt__due_workspace__init(&d->items[d->count]);
	d->items[d->count].org = pb_field(both, ID_BYTES);
	d->items[d->count++].workspace = pb_field(both + ID_BYTES, ID_BYTES);
	return ZT_OK;
}

/* Whether nobody can take W's deletion back any more; its time may be any number. */
static bool
is_over(const struct auth *a, const struct org_workspace *w, uint64_t now_ms)
{
	return w->deletion_due != 0 && w->deletion_due <= now_ms &&
	       now_ms - w->deletion_due >= a->purge_after_ms;
}

static enum zt_err
add_org(struct auth *a, const struct request *rq, const struct id *id, struct due *d)
{
	struct auth_org *org = NULL;
	const struct org_workspace *w;
	size_t at = 0;
	enum zt_err err = auth_lock(a, rq->db, id, &org);

	if (err)
		return err;
	/* A restored log may lack the taking back of a deletion: nothing in it is due. */
	while (err == ZT_OK && !org->is_restored &&
	       (w = idmap_next(&org->state->workspaces, &at)) != NULL)
		if (is_over(a, w, rq->now_ms))
			err = add_due(d, id, &w->id);
	auth_unlock(org);
	return err;
}

static void
report_excluded(const struct id *org, enum zt_err err)
{
	char text[ID_TEXT];

	id_print(org, text);
	log_line("error", "the organization's deletions wait", "org", text, "error",
	    err_name(err), NULL);
}

/* The question "/due": workspaces whose deletion nobody can take back any more. Only logs that
 * announce one that is due are read, and decide. */
enum zt_err
decisions_due(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__DueAnswer answer = ZT__DUE_ANSWER__INIT;
	struct due d = { .count = 0 };
	const struct auth *a = state;
	struct db_value v[] = { DB_INT(
	    rq->now_ms > a->purge_after_ms ? rq->now_ms - a->purge_after_ms : 0) };
	struct db_rows *rows = NULL;
	enum zt_err err = db_run(rq->db, &due_orgs, v, 1, &rows), excluded;

	for (int i = 0; err == ZT_OK && i < db_count(rows); i++) {
		struct id org = { 0 };

		memcpy(org.b, db_bytes(rows, i, 0).p, ID_BYTES);
		/* a log that does not load keeps no other organization's data */
		if ((excluded = add_org(state, rq, &org, &d)) == ZT_ERR_MEMORY)
			err = excluded;
		else if (excluded)
			report_excluded(&org, excluded);
	}
	if (err == ZT_OK && (d.list = calloc(d.count + 1, sizeof *d.list)) == NULL)
		err = ZT_ERR_MEMORY;
	for (size_t i = 0; err == ZT_OK && i < d.count; i++)
		d.list[i] = &d.items[i];
	answer.items = d.list;
	answer.n_items = d.count;
	if (err == ZT_OK)
		err = auth_answer(out, &answer);
	for (size_t i = 0; i < d.count; i++)
		free(d.items[i].org.data);
	free(d.items);
	free(d.list);
	db_free(rows);
	return err;
}
