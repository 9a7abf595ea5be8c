/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* invitations.c - invitations: made, listed, ended. */
#include <stdio.h>

#include "auth/auth.h"
#include "auth/exchanges.h"
#include "auth/handlers.h"
#include "auth/mail.h"
#include "format/limits.h"
#include "format/pb.h"
#include "frame/audit.h"
#include "frame/rows.h"

/* What lies in a service's database for one user's invitations: 33 MiB at most. */
enum { OPEN_MAX = 32, DAY_MAX = 100, DAY_MS = 24 * 60 * 60 * 1000 };

/* Of a user's invitations besides this one: those that may keep messages, and the day's. */
static const struct db_query count = { "invitations_count",
	"SELECT (SELECT count(*) FROM invitations i WHERE org = $1::bytea AND author_user = "
	"$3::bytea AND id <> $2::bytea AND (state = 1 OR EXISTS (SELECT 1 FROM exchange e "
	"WHERE "
	"e.org = i.org AND e.id = i.id))), (SELECT count(*) FROM invitations WHERE org = "
	"$1::bytea AND author_user = $3::bytea AND id <> $2::bytea AND created > $4::int8)" };
static const struct db_query put = { "invitations_put",
	"INSERT INTO invitations (org, id, kind, state, created, author, author_user) VALUES "
	"($1::bytea, $2::bytea, $3::int8, 1, $4::int8, $5::bytea, $6::bytea) "
	"ON CONFLICT (org, id) DO NOTHING" };
static const struct db_query list = { "invitations_list",
	"SELECT id, kind, state, created, author FROM invitations WHERE org = $1::bytea AND "
	"author_user = $2::bytea ORDER BY created DESC LIMIT 1000" };
static const struct db_query mail = { "invitations_mail",
	"UPDATE invitations SET mails = mails + 1 WHERE org = $1::bytea AND id = $2::bytea AND "
	"author_user = $3::bytea AND kind = 1 AND state = 1 AND mails < 3 RETURNING id" };
static const struct db_query end = { "invitations_end",
	"UPDATE invitations SET state = $4::int8 WHERE org = $1::bytea AND id = $2::bytea AND "
	"author_user = $3::bytea AND state IN (1, $4::int8) RETURNING fetched::int::int8" };

static enum zt_err
check_count(const struct request *rq, struct rpc_answer *out)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
		DB_ID(&rq->caller.user), DB_INT(rq->now_ms - DAY_MS) };
	struct db_rows *rows = NULL;
	enum zt_err err = db_run(rq->db, &count, v, 4, &rows);

	if (err == ZT_OK && db_int(rows, 0, 0) >= OPEN_MAX)
		err = service_refuse(out, ZT_ERR_LIMIT,
		    "you have as many open invitations as this server keeps: cancel one that "
		    "nobody will use");
	else if (err == ZT_OK && db_int(rows, 0, 1) >= DAY_MAX)
		err = service_refuse(out, ZT_ERR_LIMIT,
		    "you have made as many invitations as this server takes in a day");
	db_free(rows);
	return err;
}

/* Under the organization's lock, so that two at once are counted one after the other. */
static enum zt_err
keep(struct auth *a, const struct request *rq, int64_t kind, struct rpc_answer *out)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id), DB_INT(kind),
		DB_INT(rq->now_ms), DB_ID(&rq->device), DB_ID(&rq->caller.user) };
	struct auth_org *org = NULL;
	enum zt_err err = auth_lock(a, rq->db, &rq->params.org, &org);

	if (err)
		return err;
	if ((err = check_count(rq, out)) == ZT_OK)
		err = db_run(rq->db, &put, v, 6, NULL);
	auth_unlock(org);
	return err;
}

/* INVITE: an admin invites a user; anyone invites a device of their own, or a colleague who has
 * lost theirs. */
enum zt_err
invitations_put(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__Invitation *m = NULL;
	enum zt_err err;

	if ((err = pb_decode(&zt__invitation__descriptor, rq->body, 1024, &m)))
		return err;
	if (m->kind < ZT__INVITATION_KIND__USER || m->kind > ZT__INVITATION_KIND__RECOVERY)
		err = ZT_ERR_INVALID;
	else if (m->kind == ZT__INVITATION_KIND__USER && rq->caller.profile != PROFILE_ADMIN)
		err = service_refuse(out, ZT_ERR_FORBIDDEN, "only an admin invites a user");
	else
		err = keep(state, rq, m->kind, out);
	if (err == ZT_OK)
		audit(rq->service, "invited", &rq->params.org, &rq->device, &rq->params.id);
	pb_free(m);
	return err;
}

static void
fill(const struct db_rows *found, int row, void *item)
{
	Zt__Invitation *i = item;

	zt__invitation__init(i);
	i->id = rows_field(found, row, 0);
	i->kind = (Zt__InvitationKind)db_int(found, row, 1);
	i->state = (Zt__InvitationState)db_int(found, row, 2);
	i->created = (uint64_t)db_int(found, row, 3);
	i->author = rows_field(found, row, 4);
}

/* INVITATIONS: those that the caller's user made. */
enum zt_err
invitations_list(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->caller.user) };
	Zt__Invitations answer = ZT__INVITATIONS__INIT;
	struct rows rows;
	enum zt_err err;

	(void)state;
	if ((err = rows_read(rq->db, &list, v, 2, sizeof(Zt__Invitation), fill, &rows)) ==
	    ZT_OK) {
		answer.items = (Zt__Invitation **)rows.items;
		answer.n_items = rows.n;
		err = auth_answer(out, &answer);
	}
	rows_free(&rows);
	return err;
}

static enum zt_err
slug_of(struct auth *a, const struct request *rq, char out[LIMIT_SLUG + 8])
{
	struct auth_org *org = NULL;
	enum zt_err err = auth_lock(a, rq->db, &rq->params.org, &org);

	if (err == ZT_OK) {
		(void)snprintf(out, LIMIT_SLUG + 8, "%.32s", org->state->slug);
		auth_unlock(org);
	}
	return err;
}

/* INVITE_MAIL: mails an admin's open invitation to an address, a few times at most. */
enum zt_err
invitations_mail(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct auth *a = state;
	Zt__InvitationMail *m = NULL;
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
		DB_ID(&rq->caller.user) };
	struct db_rows *rows = NULL;
	char slug[LIMIT_SLUG + 8], message[200] = "";
	enum zt_err err;

	if (rq->caller.profile != PROFILE_ADMIN)
		return service_refuse(out, ZT_ERR_FORBIDDEN, "only an admin invites a user");
	if (a->mail == NULL)
		return service_refuse(out, ZT_ERR_METHOD,
		    "this server sends no mail: give the link to them yourself");
	if ((err = pb_decode(&zt__invitation_mail__descriptor, rq->body, 1024, &m)))
		return err;
	if (!mail_is_address(m->email))
		err = service_refuse(out, ZT_ERR_INVALID, "that is not an e-mail address");
	else if ((err = slug_of(a, rq, slug)) == ZT_OK &&
		 (err = db_run(rq->db, &mail, v, 3, &rows)) == ZT_OK && db_count(rows) == 0)
		err = service_refuse(out, ZT_ERR_GONE,
		    "there is no open invitation of yours with this id, or it was sent three "
		    "times");
	if (err == ZT_OK && (err = mail_invite(a->mail, m->email, slug, &rq->params.org,
				 &rq->params.id, message)))
		err = service_refuse(out, err, message);
	if (err == ZT_OK)
		audit(rq->service, "invitation_mailed", &rq->params.org, &rq->device,
		    &rq->params.id);
	db_free(rows);
	pb_free(m);
	return err;
}

/* INVITATION_END: accepted or cancelled, once and for all. What was said is deleted with it,
 * but for a welcome that the newcomer has not fetched. */
enum zt_err
invitations_end(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__InvitationEnd *m = NULL;
	struct db_rows *rows = NULL;
	enum zt_err err;

	(void)state;
	if ((err = pb_decode(&zt__invitation_end__descriptor, rq->body, 1024, &m)))
		return err;
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
		DB_ID(&rq->caller.user),
		DB_INT(m->accepted ? ZT__INVITATION_STATE__ACCEPTED
				   : ZT__INVITATION_STATE__CANCELLED) };

	if ((err = db_begin(rq->db)) == ZT_OK &&
	    (err = db_run(rq->db, &end, v, 4, &rows)) == ZT_OK && db_count(rows) == 0)
		err = service_refuse(
		    out, ZT_ERR_GONE, "there is no open invitation of yours with this id");
	if (err == ZT_OK && (!m->accepted || db_int(rows, 0, 0) != 0))
		err = exchanges_drop(rq->db, &rq->params.org, &rq->params.id);
	if (err == ZT_OK)
		err = db_commit(rq->db);
	db_rollback(rq->db);
	if (err == ZT_OK)
		audit(rq->service, m->accepted ? "invitation_accepted" : "invitation_cancelled",
		    &rq->params.org, &rq->device, &rq->params.id);
	db_free(rows);
	pb_free(m);
	return err;
}
