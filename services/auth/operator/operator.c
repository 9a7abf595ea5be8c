/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* operator.c - the operator's calls: organizations listed, limited, expired, users frozen. None
 * of it touches the trust log: it bounds what this server does, not who is trusted. */
#include <stdlib.h>

#include "auth/auth.h"
#include "auth/handlers.h"
#include "crypto/secret.h"
#include "format/limits.h"
#include "format/pb.h"
#include "frame/audit.h"

static const struct db_query list = { "operator_list",
	"SELECT org, slug FROM orgs ORDER BY slug LIMIT 10000" };
static const struct db_query put_limits = { "operator_limits",
	"INSERT INTO limits VALUES ($1::bytea, $2::int8, $3::int8, $4::int8) ON CONFLICT (org) "
	"DO UPDATE SET users = excluded.users, storage = excluded.storage, expires = "
	"excluded.expires" };
static const struct db_query freeze = { "operator_freeze",
	"INSERT INTO frozen VALUES ($1::bytea, $2::bytea, false) ON CONFLICT (org, member) DO "
	"UPDATE SET by_admin = false" };
static const struct db_query thaw = { "operator_thaw",
	"DELETE FROM frozen WHERE org = $1::bytea AND member = $2::bytea" };

bool
operator_is(void *state, const char *authorization)
{
	const struct auth *a = state;

	return strncmp(authorization, "Bearer ", 7) == 0 &&
	       ct_equal(bytes_text(authorization + 7), bytes_text(a->operator_token));
}

/* The question "/operator" of other services: is this the operator's token? */
enum zt_err
operator_ask(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct buf text = buf_init(1024);
	enum zt_err err = ZT_ERR_FORBIDDEN;

	(void)out;
	buf_add(&text, rq->body);
	if (buf_err(&text) == ZT_OK && operator_is(state, buf_text(&text)))
		err = ZT_OK;
	buf_free(&text);
	return err;
}

static void
describe(struct auth *a, struct auth_org *org, Zt__OrgInfo *m)
{
	const struct org_device *d;
	size_t at = 0;

	m->users = auth_live_users(org);
	while ((d = idmap_next(&org->state->devices, &at)) != NULL)
		m->devices += org_state_device_live(d, ORG_NEVER);
	m->workspaces = org->state->workspaces.count;
	m->entries = merkle_size(org->state->tree);
	m->users_limit = org->limits.users;
	m->storage_limit = org->limits.storage;
	m->expires = org->limits.expires;
	m->frozen = org->frozen.count;
	m->marked = marks_get(a->marks, &org->state->id, NULL).position;
}

/* ORG_LIST: all organizations, with what they are and may be. */
enum zt_err
operator_list(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__OrgList answer = ZT__ORG_LIST__INIT;
	Zt__OrgInfo *items = NULL;
	struct buf *slugs = NULL;
	struct db_rows *rows = NULL;
	size_t n;
	enum zt_err err;

	if ((err = db_run(rq->db, &list, NULL, 0, &rows)))
		return err;
	n = (size_t)db_count(rows);
	items = calloc(n + 1, sizeof *items);
	slugs = calloc(n + 1, sizeof *slugs);
	answer.items = calloc(n + 1, sizeof *answer.items);
	err = items == NULL || slugs == NULL || answer.items == NULL ? ZT_ERR_MEMORY : ZT_OK;
	for (size_t i = 0; err == ZT_OK && i < n; i++) {
		struct bytes id = db_bytes(rows, (int)i, 0);
		struct auth_org *org = NULL;
		struct id of;

		zt__org_info__init(answer.items[answer.n_items++] = &items[i]);
		slugs[i] = buf_init(LIMIT_SLUG);
		buf_add(&slugs[i], db_bytes(rows, (int)i, 1));
		items[i].org = pb_field(id.p, id.n);
		items[i].slug = (char *)(uintptr_t)buf_text(&slugs[i]);
		memcpy(of.b, id.p, ID_BYTES);
		if ((err = auth_lock(state, rq->db, &of, &org)) == ZT_OK) {
			describe(state, org, &items[i]);
			auth_unlock(org);
		}
	}
	if (err == ZT_OK)
		err = auth_answer(out, &answer);
	for (size_t i = 0; slugs != NULL && i < n; i++)
		buf_free(&slugs[i]);
	free(slugs);
	free(items);
	free(answer.items);
	db_free(rows);
	return err;
}

static enum zt_err
set_limits(const struct auth_org *org, const struct request *rq, const Zt__OrgSet *m)
{
	struct auth_limits l = org->limits;
	enum zt_err err;

	if (m->sets_users)
		l.users = m->users;
	if (m->sets_storage)
		l.storage = m->storage;
	if (m->sets_expires)
		l.expires = m->expires;
	if (l.users > INT64_MAX || l.storage > INT64_MAX || l.expires > INT64_MAX)
		return ZT_ERR_INVALID;
	struct db_value v[] = { DB_ID(&rq->params.org), DB_INT(l.users), DB_INT(l.storage),
		DB_INT(l.expires) };

	if ((err = db_run(rq->db, &put_limits, v, 4, NULL)) == ZT_OK)
		audit(rq->service, "limits_set", &rq->params.org, NULL, NULL);
	return err;
}

static enum zt_err
set_frozen(const struct auth_org *org, const struct request *rq, ProtobufCBinaryData user,
    bool is_frozen, struct rpc_answer *out)
{
	struct id id;
	enum zt_err err;

	if (pb_id(user, &id) || org_state_user(org->state, &id) == NULL)
		return service_refuse(
		    out, ZT_ERR_NOT_FOUND, "the organization has no user of this id");
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&id) };

	if ((err = db_run(rq->db, is_frozen ? &freeze : &thaw, v, 2, NULL)) == ZT_OK)
		audit(rq->service, is_frozen ? "user_frozen" : "user_thawed", &rq->params.org,
		    NULL, &id);
	return err;
}

/* ORG_SET: limits, expiry, a user frozen or thawed; what is not named stays. */
enum zt_err
operator_set(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__OrgSet *m = NULL;
	struct auth_org *org = NULL;
	enum zt_err err;

	if ((err = pb_decode(&zt__org_set__descriptor, rq->body, 4096, &m)) ||
	    (err = auth_lock(state, rq->db, &rq->params.org, &org)))
		goto out;
	if (m->sets_users || m->sets_storage || m->sets_expires)
		err = set_limits(org, rq, m);
	if (err == ZT_OK && m->freeze.len > 0)
		err = set_frozen(org, rq, m->freeze, true, out);
	if (err == ZT_OK && m->thaw.len > 0)
		err = set_frozen(org, rq, m->thaw, false, out);
	if (err == ZT_OK)
		err = auth_load_limits(rq->db, &rq->params.org, org);
out:
	if (org != NULL)
		auth_unlock(org);
	/* Decisions that others keep are old now; sockets of the frozen are closed. */
	if (err == ZT_OK)
		service_publish(rq->service, &rq->params.org, &rq->params.org, EVENT_LOG, 0);
	pb_free(m);
	return err;
}

/* ORG_LOSS: whether the log lost something. Errors: NOT_FOUND (it did not). */
enum zt_err
operator_loss(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct auth_org *org = NULL;
	enum zt_err err = auth_lock(state, rq->db, &rq->params.org, &org);

	if (err)
		return err;
	if (!org->is_restored)
		err = service_refuse(out, ZT_ERR_NOT_FOUND,
		    "nothing of the organization is lost: no older backup was restored, or all "
		    "of it is back");
	auth_unlock(org);
	return err;
}

/* A log that is short continues from its end. One that is whole keeps its mark, and heads that
 * it signed before stay good for a repair of it: then the operator gives up chains alone. */
static enum zt_err
give_up(struct auth *a, const struct auth_org *org, uint64_t now_ms)
{
	struct mark m = { .position = merkle_size(org->state->tree), .given_up = now_ms };
	enum zt_err err;

	if (org->is_restored && ((err = merkle_root(org->state->tree, m.position, &m.hash)) ||
				    (err = marks_set(a->marks, &org->state->id, NULL, &m))))
		return err;
	return marks_give_up_chains(a->marks, &org->state->id, now_ms);
}

/* ORG_ACCEPT: what an older backup lacks is given up, in the log and, as far as this service's
 * word for chains leads a repair, in these. It looks for no loss: metadata knows the chains. */
enum zt_err
operator_accept(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct auth *a = state;
	struct auth_org *org = NULL;
	enum zt_err err;

	(void)out;
	if ((err = auth_lock(a, rq->db, &rq->params.org, &org)))
		return err;
	if ((err = give_up(a, org, rq->now_ms)) == ZT_OK)
		audit(rq->service, "loss_accepted", &rq->params.org, NULL, NULL);
	auth_look_at_mark(a, &rq->params.org, org);
	auth_unlock(org);
	if (err == ZT_OK) /* decisions that others keep are old now */
		service_publish(rq->service, &rq->params.org, &rq->params.org, EVENT_LOG, 0);
	return err;
}
