/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* overview.c - what the server tells an organization's admins: what the operator allows, what
 * is stored, when each device was last here, who is frozen; and an admin's own freezing. It is
 * the server's word, and no part of the trust log. */
#include <stdlib.h>

#include "auth/auth.h"
#include "auth/handlers.h"
#include "bus/peer.h"
#include "format/pb.h"
#include "frame/audit.h"
#include "frame/log.h"
#include "proto/blocks.pb-c.h"
#include "zt/version.h"

enum { ASK_MS = 10000 };
#define TEXT_OF(number) #number
#define DOTTED(major, minor, patch) TEXT_OF(major) "." TEXT_OF(minor) "." TEXT_OF(patch)
#define VERSION DOTTED(ZT_VERSION_MAJOR, ZT_VERSION_MINOR, ZT_VERSION_PATCH)
#define DAY_MS (24ull * 60 * 60 * 1000)
#define SEEN_KEPT_DAYS 400

static const struct db_query note_day = { "overview_note",
	"INSERT INTO seen VALUES ($1::bytea, $2::bytea, $3::int8) ON CONFLICT (org, device) DO "
	"UPDATE SET day = excluded.day WHERE seen.day < excluded.day" };
static const struct db_query read_days = { "overview_days",
	"SELECT device, day FROM seen WHERE org = $1::bytea" };
static const struct db_query drop_days = { "overview_drop",
	"DELETE FROM seen WHERE day < $1::int8" };
static const struct db_query read_frozen = {
	"overview_frozen",
	"SELECT member, by_admin::int::int8 FROM frozen WHERE org = $1::bytea ORDER BY member"
};
static const struct db_query freeze = { "overview_freeze",
	"INSERT INTO frozen VALUES ($1::bytea, $2::bytea, true) ON CONFLICT DO NOTHING" };
static const struct db_query thaw = { "overview_thaw",
	"DELETE FROM frozen WHERE org = $1::bytea AND member = $2::bytea AND by_admin" };

/* ---- the last day of a device ---- */

/* DEVICE of ORG signed a request. Written once a day and device. */
void
overview_seen(
    void *state, struct db *db, const struct id *id, const struct id *device, uint64_t now_ms)
{
	uintptr_t day = (uintptr_t)(now_ms / DAY_MS);
	struct auth_org *org = NULL;
	bool is_new = false;
	enum zt_err err;

	if (auth_lock(state, db, id, &org) != ZT_OK)
		return;
	if ((uintptr_t)idmap_get(&org->seen, device) < day)
		is_new = idmap_put(&org->seen, device, (void *)day) == ZT_OK;
	auth_unlock(org);
	if (!is_new)
		return;
	struct db_value v[] = { DB_ID(id), DB_ID(device), DB_INT(day) };

	if ((err = db_run(db, &note_day, v, 3, NULL)))
		log_line("warning", "seen", "error", err_name(err), NULL);
}

enum zt_err
overview_drop_old(struct db *db, uint64_t now_ms)
{
	struct db_value v[] = { DB_INT(now_ms / DAY_MS - SEEN_KEPT_DAYS) };

	return db_run(db, &drop_days, v, 1, NULL);
}

/* ---- what admins learn ---- */

/* What ORG stores; false: metadata does not say it now. */
static bool
ask_bytes(struct auth *a, const struct id *org, uint64_t *bytes)
{
	Zt__UsageAsk m = ZT__USAGE_ASK__INIT;
	Zt__Usage *answer = NULL;
	struct buf body = buf_init(128), got = buf_init(128);
	bool is_known = false;

	if (atomic_fetch_add(&a->asking, 1) < a->asking_max) {
		m.org = pb_field(org->b, ID_BYTES);
		is_known =
		    pb_encode(&m, &body) == ZT_OK &&
		    peer_call(a->metadata, "/usage", buf_bytes(&body), ASK_MS, &got) == ZT_OK &&
		    pb_decode(&zt__usage__descriptor, buf_bytes(&got), 128, &answer) == ZT_OK;
	}
	(void)atomic_fetch_sub(&a->asking, 1);
	if (is_known)
		*bytes = answer->bytes;
	pb_free(answer);
	buf_free(&body);
	buf_free(&got);
	return is_known;
}

/* The rows of QUERY that ANSWER has as COUNT items of two fields; live devices alone. */
struct listing {
	struct db_rows *days, *frozen;
	Zt__Seen *seen;
	Zt__Frozen *users;
};

static enum zt_err
list_days(const struct auth_org *org, struct listing *l, Zt__Overview *answer)
{
	size_t n = (size_t)db_count(l->days);

	l->seen = calloc(n + 1, sizeof *l->seen);
	answer->seen = calloc(n + 1, sizeof *answer->seen);
	if (l->seen == NULL || answer->seen == NULL)
		return ZT_ERR_MEMORY;
	for (size_t i = 0; i < n; i++) {
		struct bytes b = db_bytes(l->days, (int)i, 0);
		const struct org_device *d;
		struct id id = { { 0 } };

		if (b.n != ID_BYTES)
			continue;
		memcpy(id.b, b.p, ID_BYTES);
		if ((d = org_state_device(org->state, &id)) == NULL ||
		    !org_state_device_live(d, ORG_NEVER))
			continue;
		zt__seen__init(answer->seen[answer->n_seen] = &l->seen[answer->n_seen]);
		answer->seen[answer->n_seen]->device = pb_field(b.p, b.n);
		answer->seen[answer->n_seen++]->day = (uint64_t)db_int(l->days, (int)i, 1);
	}
	return ZT_OK;
}

static enum zt_err
list_frozen(struct listing *l, Zt__Overview *answer)
{
	size_t n = (size_t)db_count(l->frozen);

	l->users = calloc(n + 1, sizeof *l->users);
	answer->frozen = calloc(n + 1, sizeof *answer->frozen);
	if (l->users == NULL || answer->frozen == NULL)
		return ZT_ERR_MEMORY;
	for (size_t i = 0; i < n; i++) {
		struct bytes b = db_bytes(l->frozen, (int)i, 0);

		zt__frozen__init(answer->frozen[answer->n_frozen++] = &l->users[i]);
		l->users[i].user = pb_field(b.p, b.n);
		l->users[i].by_admin = db_int(l->frozen, (int)i, 1) != 0;
	}
	return ZT_OK;
}

/* OVERVIEW: the limits of the organization and what it uses of them, for its admins. */
enum zt_err
overview_get(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct db_value v[] = { DB_ID(&rq->params.org) };
	Zt__Overview answer = ZT__OVERVIEW__INIT;
	struct listing l = { .days = NULL };
	struct auth_org *org = NULL;
	enum zt_err err;

	if (rq->caller.profile != PROFILE_ADMIN)
		return service_refuse(out, ZT_ERR_FORBIDDEN, "only an admin does this");
	answer.has_bytes = ask_bytes(state, &rq->params.org, &answer.bytes);
	if ((err = db_run(rq->db, &read_days, v, 1, &l.days)) ||
	    (err = db_run(rq->db, &read_frozen, v, 1, &l.frozen)) ||
	    (err = auth_lock(state, rq->db, &rq->params.org, &org)))
		goto out;
	answer.time = rq->now_ms;
	answer.version = (char *)(uintptr_t)VERSION;
	answer.users = auth_live_users(org);
	answer.users_limit = org->limits.users;
	answer.bytes_limit = org->limits.storage;
	answer.expires = org->limits.expires;
	err = list_days(org, &l, &answer);
	auth_unlock(org);
	if (err == ZT_OK && (err = list_frozen(&l, &answer)) == ZT_OK)
		err = auth_answer(out, &answer);
out:
	free(answer.seen);
	free(answer.frozen);
	free(l.seen);
	free(l.users);
	db_free(l.days);
	db_free(l.frozen);
	return err;
}

/* ---- freezing ---- */

static enum zt_err
check_freeze(const struct auth_org *org, const struct request *rq, const struct id *user,
    struct rpc_answer *out)
{
	const struct org_user *u = org_state_user(org->state, user);

	if (u == NULL || !org_state_user_live(u, ORG_NEVER))
		return service_refuse(
		    out, ZT_ERR_NOT_FOUND, "the organization has no user of this id");
	/* Of two admins who freeze each other at once, the first one does. */
	if (idmap_get(&org->frozen, &rq->caller.user) != NULL)
		return service_refuse(
		    out, ZT_ERR_FROZEN, "another admin has frozen you meanwhile");
	if (id_equal(user, &rq->caller.user))
		return service_refuse(out, ZT_ERR_INVALID, "nobody freezes themselves");
	return ZT_OK;
}

/* FREEZE: an admin asks the server to refuse a user's requests, or to take them again. Whom the
 * operator froze, an admin does not thaw. */
enum zt_err
overview_freeze(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct auth_org *org = NULL;
	Zt__Freeze *m = NULL;
	struct id user;
	enum zt_err err;

	if (rq->caller.profile != PROFILE_ADMIN)
		return service_refuse(out, ZT_ERR_FORBIDDEN, "only an admin does this");
	if ((err = pb_decode(&zt__freeze__descriptor, rq->body, 1024, &m)) ||
	    (err = pb_id(m->user, &user)) ||
	    (err = auth_lock(state, rq->db, &rq->params.org, &org)))
		goto out;
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&user) };

	if ((err = check_freeze(org, rq, &user, out)) == ZT_OK &&
	    (err = db_run(rq->db, m->is_frozen ? &freeze : &thaw, v, 2, NULL)) == ZT_OK &&
	    (err = auth_load_limits(rq->db, &rq->params.org, org)) == ZT_OK) {
		if (!m->is_frozen && idmap_get(&org->frozen, &user) != NULL)
			err = service_refuse(out, ZT_ERR_FORBIDDEN,
			    "the server's operator froze this user, and alone ends that");
		else
			audit(rq->service, m->is_frozen ? "user_frozen" : "user_thawed",
			    &rq->params.org, &rq->device, &user);
	}
	auth_unlock(org);
	if (err == ZT_OK) /* decisions that others keep are old now; sockets are closed */
		service_publish(rq->service, &rq->params.org, &rq->params.org, EVENT_LOG, 0);
out:
	pb_free(m);
	return err;
}
