/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "auth/auth.h"
#include "auth/tally.h"

#include <stdlib.h>

#include "format/limits.h"
#include "format/pb.h"
#include "frame/log.h"

#define ANYWHERE UINT64_MAX

struct auth_append {
	STAILQ_ENTRY(auth_append) link;
	const struct entry *e;
	const struct auth_append *before; /* of the same request, or NULL */
	uint64_t at;                      /* the only index that will do, or ANYWHERE */
	uint64_t index;
	enum zt_err err;
	const char *message;
	bool done;
};

static const struct db_query find_org = { "auth_org",
	"SELECT log_seed FROM orgs WHERE org = $1::bytea" };
static const struct db_query every_org = { "auth_orgs", "SELECT org FROM orgs" };
static const struct db_query read_all = { "auth_entries",
	"SELECT body, signature FROM entries WHERE org = $1::bytea AND idx >= $2::int8 "
	"ORDER BY idx LIMIT 5000" };
static const struct db_query insert = { "auth_insert",
	"INSERT INTO entries VALUES ($1::bytea, $2::int8, $3::bytea, $4::int8, $5::bytea, "
	"$6::bytea, $7::bytea, $8::bytea, $9::bytea)" };
static const struct db_query set_deletion = { "auth_deletion",
	"INSERT INTO deletions VALUES ($1::bytea, $2::bytea, $3::int8) ON CONFLICT (org, "
	"workspace) DO UPDATE SET due = excluded.due" };
static const struct db_query end_deletion = { "auth_deletion_end",
	"DELETE FROM deletions WHERE org = $1::bytea AND workspace = $2::bytea" };
static const struct db_query read_limits = { "auth_limits",
	"SELECT users, storage, expires FROM limits WHERE org = $1::bytea" };
static const struct db_query read_frozen = { "auth_frozen",
	"SELECT member FROM frozen WHERE org = $1::bytea" };
static const struct db_query same_entry = { "auth_same",
	"SELECT idx FROM entries WHERE org = $1::bytea AND topic = $2::bytea AND "
	"topic_index = $3::int8 AND leaf = $4::bytea" };

static struct auth_org *
known_org(struct auth *a, const struct id *id)
{
	struct auth_org *org;

	(void)pthread_mutex_lock(&a->lock);
	org = idmap_get(&a->orgs, id);
	(void)pthread_mutex_unlock(&a->lock);
	return org;
}

/* The caller may be unauthenticated: only organizations in the database get a place in memory,
 * which they keep. */
static enum zt_err
check_exists(struct db *db, const struct id *id)
{
	struct db_value v[] = { DB_ID(id) };
	struct db_rows *rows = NULL;
	enum zt_err err = db_run(db, &find_org, v, 1, &rows);

	if (err == ZT_OK && db_count(rows) == 0)
		err = ZT_ERR_NOT_FOUND;
	db_free(rows);
	return err;
}

static enum zt_err
org_of(struct auth *a, struct db *db, const struct id *id, struct auth_org **out)
{
	struct auth_org *org = known_org(a, id);
	enum zt_err err = ZT_OK;

	if (org != NULL) {
		*out = org;
		return ZT_OK;
	}
	if ((err = check_exists(db, id)))
		return err;
	(void)pthread_mutex_lock(&a->lock);
	if ((org = idmap_get(&a->orgs, id)) == NULL) {
		if ((org = calloc(1, sizeof *org)) == NULL || idmap_put(&a->orgs, id, org)) {
			free(org);
			err = ZT_ERR_MEMORY;
			goto out;
		}
		(void)pthread_mutex_init(&org->lock, NULL);
		(void)pthread_cond_init(&org->done, NULL);
		STAILQ_INIT(&org->waiting);
	}
	*out = org;
out:
	(void)pthread_mutex_unlock(&a->lock);
	return err;
}

/* Takes one entry, known to be good, into STATE as the newest. */
static enum zt_err
take(struct auth_org *org, struct org_state *state, const struct entry *e)
{
	enum zt_err err = org_state_apply(state, e, merkle_size(state->tree));

	if (err == ZT_OK)
		err = merkle_add(state->tree, &e->leaf);
	return err ? err : tally_take(&org->tallies, state, e);
}

static enum zt_err
load_entries(struct db *db, struct auth_org *org, struct org_state *state)
{
	for (;;) {
		struct db_value v[] = { DB_ID(&state->id), DB_INT(merkle_size(state->tree)) };
		struct db_rows *rows = NULL;
		enum zt_err err = db_run(db, &read_all, v, 2, &rows);
		int n = err ? 0 : db_count(rows);

		for (int i = 0; err == ZT_OK && i < n; i++) {
			struct statement s = { .body = db_bytes(rows, i, 0) };
			struct bytes signature = db_bytes(rows, i, 1);
			struct entry *e = NULL;

			err = ZT_ERR_CORRUPT;
			if (signature.n == SIGN_BYTES) {
				memcpy(s.signature, signature.p, SIGN_BYTES);
				if ((err = entry_decode(&s, &e)) == ZT_OK)
					err = take(org, state, e);
			}
			entry_free(e);
		}
		db_free(rows);
		if (err || n == 0)
			return err;
	}
}

enum zt_err
auth_load_limits(struct db *db, const struct id *id, struct auth_org *org)
{
	struct db_value v[] = { DB_ID(id) };
	struct db_rows *limits = NULL, *frozen = NULL;
	enum zt_err err;

	if ((err = db_run(db, &read_limits, v, 1, &limits)) ||
	    (err = db_run(db, &read_frozen, v, 1, &frozen)))
		goto out;
	idmap_free(&org->frozen, NULL);
	if (db_count(limits) == 1)
		org->limits = (struct auth_limits){ (uint64_t)db_int(limits, 0, 0),
			(uint64_t)db_int(limits, 0, 1), (uint64_t)db_int(limits, 0, 2) };
	for (int i = 0; err == ZT_OK && i < db_count(frozen); i++) {
		struct bytes b = db_bytes(frozen, i, 0);
		struct id user = { { 0 } };

		if (b.n == ID_BYTES)
			memcpy(user.b, b.p, ID_BYTES);
		if (idmap_get(&org->frozen, &user) == NULL)
			err = idmap_put(&org->frozen, &user, org);
	}
out:
	db_free(limits);
	db_free(frozen);
	return err;
}

void
auth_look_at_mark(struct auth *a, const struct id *id, struct auth_org *org)
{
	struct mark m = marks_get(a->marks, id, NULL);
	struct hash root;

	org->is_restored =
	    m.position > 0 &&
	    (merkle_root(org->state->tree, m.position, &root) || !hash_equal(&root, &m.hash));
}

/* What was made durable is marked before anybody hears of it. */
static enum zt_err
raise_mark(struct auth *a, const struct id *id, struct auth_org *org)
{
	uint64_t size = merkle_size(org->state->tree);
	struct hash root;
	enum zt_err err = merkle_root(org->state->tree, size, &root);

	if (err == ZT_OK)
		err = marks_raise(a->marks, id, NULL, size, &root);
	auth_look_at_mark(a, id, org);
	return err;
}

static enum zt_err
load(struct auth *a, struct db *db, const struct id *id, struct auth_org *org)
{
	struct db_value v[] = { DB_ID(id) };
	struct db_rows *rows = NULL;
	struct org_state *state = NULL;
	enum zt_err err;

	if ((err = db_run(db, &find_org, v, 1, &rows)))
		goto out;
	err = ZT_ERR_NOT_FOUND;
	if (db_count(rows) == 0)
		goto out;
	if (org->log_key == NULL && (err = sign_from_seed(db_bytes(rows, 0, 0), &org->log_key)))
		goto out;
	idmap_free(&org->tallies, free);
	if ((err = org_state_new(id, &state)) || (err = load_entries(db, org, state)) ||
	    (err = auth_load_limits(db, id, org)))
		goto out;
	org->state = state;
	state = NULL;
	if ((err = raise_mark(a, id, org)) != ZT_OK) {
		org_state_free(org->state);
		org->state = NULL;
	} else if (org->is_restored) {
		char text[ID_TEXT];

		id_print(id, text);
		log_line("warn", "restored", "org", text, NULL);
	}
out:
	org_state_free(state);
	db_free(rows);
	return err;
}

enum zt_err
auth_mark_all(struct auth *a, struct db *db)
{
	struct db_rows *rows = NULL;
	enum zt_err err = db_run(db, &every_org, NULL, 0, &rows);

	for (int i = 0; err == ZT_OK && i < db_count(rows); i++) {
		struct auth_org *org = NULL;
		struct id id = { { 0 } };

		if (db_bytes(rows, i, 0).n == ID_BYTES)
			memcpy(id.b, db_bytes(rows, i, 0).p, ID_BYTES);
		if ((err = auth_lock(a, db, &id, &org)) == ZT_OK)
			auth_unlock(org);
	}
	db_free(rows);
	return err;
}

enum zt_err
auth_lock(struct auth *a, struct db *db, const struct id *id, struct auth_org **out)
{
	struct auth_org *org;
	enum zt_err err;

	if ((err = org_of(a, db, id, &org)))
		return err;
	(void)pthread_mutex_lock(&org->lock);
	/* While a group is being written its state is ahead of the database: wait for its end.
	 */
	while (org->has_leader)
		(void)pthread_cond_wait(&org->done, &org->lock);
	if (org->state == NULL && (err = load(a, db, id, org))) {
		(void)pthread_mutex_unlock(&org->lock);
		return err;
	}
	*out = org;
	return ZT_OK;
}

void
auth_unlock(struct auth_org *org)
{
	(void)pthread_mutex_unlock(&org->lock);
}

uint64_t
auth_live_users(const struct auth_org *org)
{
	const struct org_user *u;
	uint64_t n = 0;
	size_t at = 0;

	while ((u = idmap_next(&org->state->users, &at)) != NULL)
		n += org_state_user_live(u, ORG_NEVER);
	return n;
}

enum zt_err
auth_decide(void *state, struct db *db, const struct id *org_id, const struct id *device,
    const struct id *workspace, struct decision *out)
{
	struct auth_org *org;
	const struct org_device *d;
	const struct org_workspace *w;
	struct decision n = { 0 };
	enum zt_err err = auth_lock(state, db, org_id, &org);

	if (err)
		return err == ZT_ERR_NOT_FOUND ? ZT_ERR_UNKNOWN_DEVICE : err;
	if ((d = org_state_device(org->state, device)) == NULL) {
		err = ZT_ERR_UNKNOWN_DEVICE;
		goto out;
	}
	n.user = d->user->id;
	n.live = org_state_device_live(d, ORG_NEVER);
	n.frozen = idmap_get(&org->frozen, &d->user->id) != NULL;
	n.expires = org->limits.expires;
	n.storage_limit = org->limits.storage;
	n.restored = org->is_restored;
	n.profile = org_state_profile(d->user, ORG_NEVER);
	memcpy(n.sign_key, d->sign_key, sizeof n.sign_key);
	if ((w = org_state_workspace(org->state, workspace)) != NULL) {
		n.role = org_state_role(w, d->user, ORG_NEVER);
		n.generation = (unsigned)w->generation_count;
		n.needs_rotation = org_state_needs_rotation(w, ORG_NEVER);
		n.archived = w->archived;
		n.deletion_due = w->deletion_due;
	}
	*out = n;
out:
	auth_unlock(org);
	return err;
}

/* What the sweep looks at: E may announce a deletion, or take one back. */
static enum zt_err
note_deletion(struct db *db, const struct id *org, const struct entry *e)
{
	uint64_t due;

	if (e->body->action_case != ZT__ENTRY_BODY__ACTION_WORKSPACE_DELETION)
		return ZT_OK;
	due = e->body->workspace_deletion->due;
	struct db_value v[] = { DB_ID(org), DB_ID(&e->topic),
		DB_INT(due < INT64_MAX ? due : INT64_MAX) };

	return due != 0 ? db_run(db, &set_deletion, v, 3, NULL)
			: db_run(db, &end_deletion, v, 2, NULL);
}

static enum zt_err
write_entry(struct db *db, const struct id *org, const struct entry *e, uint64_t index)
{
	struct db_value v[] = { DB_ID(org), DB_INT(index), DB_ID(&e->topic),
		DB_INT(e->body->topic_index), DB_BYTES(e->leaf.b, HASH_BYTES),
		DB_BYTES(e->stmt.body.p, e->stmt.body.n),
		DB_BYTES(e->stmt.signature, SIGN_BYTES), DB_BYTES(e->digest.b, HASH_BYTES),
		DB_BYTES(e->tag.b, HASH_BYTES) };

	enum zt_err err = db_run(db, &insert, v, 9, NULL);

	return err ? err : note_deletion(db, org, e);
}

enum zt_err
auth_begin(struct db *db, const struct id *org, const struct entry *genesis)
{
	return write_entry(db, org, genesis, 0);
}

/* Whether E is already entry *INDEX of the log: the answer to its first sending was lost. */
static bool
is_there(struct db *db, const struct id *org, const struct entry *e, uint64_t *index)
{
	struct db_value v[] = { DB_ID(org), DB_ID(&e->topic), DB_INT(e->body->topic_index),
		DB_BYTES(e->leaf.b, HASH_BYTES) };
	struct db_rows *rows = NULL;
	bool found = db_run(db, &same_entry, v, 4, &rows) == ZT_OK && db_count(rows) == 1;

	if (found)
		*index = (uint64_t)db_int(rows, 0, 0);
	db_free(rows);
	return found;
}

/* The operator's limit, which no entry of a restored log runs into: they were counted once. */
static enum zt_err
check_limit(const struct auth_org *org, struct auth_append *g)
{
	if (g->at == ANYWHERE && org->limits.users > 0 &&
	    g->e->body->action_case == ZT__ENTRY_BODY__ACTION_USER_ADDED &&
	    auth_live_users(org) >= org->limits.users) {
		g->message = N_("the organization has as many users as its operator allows");
		return ZT_ERR_LIMIT;
	}
	return g->at == ANYWHERE ? tally_check(&org->tallies, org->state, g->e, &g->message)
				 : ZT_OK;
}

/* Checks and takes each of GROUP in memory, then makes all that were good durable in one
 * transaction. On failure drops the state, to be read again. */
static void
commit_group(struct auth *a, struct auth_org *org, struct db *db, const struct id *id,
    const struct auth_appends *group)
{
	struct auth_append *g;
	enum zt_err err = db_begin(db);
	size_t good = 0;

	STAILQ_FOREACH(g, group, link)
	{
		g->index = merkle_size(org->state->tree);
		if (g->at != ANYWHERE && g->at != g->index)
			g->err = ZT_ERR_CONFLICT;
		if (g->at == ANYWHERE && org->is_restored)
			g->err = ZT_ERR_RESTORED;
		if (g->before != NULL && g->before->err)
			g->err = g->before->err; /* the request ended there */
		if (g->err || (g->err = err) || (g->err = check_limit(org, g)) ||
		    (g->err = rules_check(org->state, g->e, g->index, &g->message)))
			continue;
		if ((err = g->err = write_entry(db, id, g->e, g->index)) ||
		    (err = g->err = take(org, org->state, g->e)))
			continue;
		good++;
	}
	if (err == ZT_OK && good > 0)
		err = db_commit(db);
	db_rollback(db);
	if (err == ZT_OK && good > 0)
		err = marks_of_done(raise_mark(a, id, org));
	if (err == ZT_OK)
		return;
	log_line("error", "append_failed", "error", err_name(err), NULL);
	org_state_free(org->state);
	org->state = NULL;
	STAILQ_FOREACH(g, group, link)
	if (g->err == ZT_OK)
		g->err = err == ZT_ERR_EXISTS ? ZT_ERR_CONFLICT : err;
}

static const char clock_refusal[] =
    N_("the act was signed at a time that this server's clock does not accept");

/* Appends E[0] and its dependent entries in one group, so that no other entry is between them.
 * Returns the error of E[0]; *OUT: how many were appended. */
static enum zt_err
append(struct auth *a, struct db *db, const struct id *id, struct entry *const *e, size_t count,
    uint64_t at, struct auth_appended *out)
{
	struct auth_append each[AUTH_APPENDS] = { 0 }, *me = each;
	struct auth_org *org;
	enum zt_err err;

	out->message = "";
	if ((err = org_of(a, db, id, &org)))
		return err;
	(void)pthread_mutex_lock(&org->lock);
	for (size_t i = 0; i < count; i++) {
		each[i] = (struct auth_append){ .e = e[i],
			.before = i > 0 ? &each[i - 1] : NULL,
			.at = at,
			.message = "" };
		STAILQ_INSERT_TAIL(&org->waiting, &each[i], link);
	}
	while (!me->done && org->has_leader)
		(void)pthread_cond_wait(&org->done, &org->lock);
	if (!me->done) { /* nobody leads: take all that wait, these among them */
		struct auth_appends group = STAILQ_HEAD_INITIALIZER(group);
		struct auth_append *g;

		STAILQ_CONCAT(&group, &org->waiting);
		org->has_leader = true;
		if (org->state == NULL)
			err = load(a, db, id, org);
		(void)pthread_mutex_unlock(&org->lock); /* others may queue meanwhile */
		if (err == ZT_OK)
			commit_group(a, org, db, id, &group);
		(void)pthread_mutex_lock(&org->lock);
		STAILQ_FOREACH(g, &group, link)
		{
			g->err = err ? err : g->err;
			g->done = true;
		}
		org->has_leader = false;
		(void)pthread_cond_broadcast(&org->done);
	}
	(void)pthread_mutex_unlock(&org->lock);
	for (size_t i = 0; i < count; i++)
		if (each[i].err == ZT_ERR_CONFLICT && is_there(db, id, e[i], &each[i].index))
			each[i].err = ZT_OK;
	for (out->count = 0; out->count < count && each[out->count].err == ZT_OK;)
		out->count++;
	out->index = me->index;
	out->message = me->message;
	return me->err;
}

enum zt_err
auth_append(struct auth *a, struct db *db, const struct id *id, struct entry *const *e,
    size_t count, uint64_t now_ms, struct auth_appended *out)
{
	out->message = clock_refusal;
	for (size_t i = 0; i < count; i++)
		if (e[i]->body->time > now_ms + LIMIT_CLOCK_MS ||
		    e[i]->body->time + LIMIT_CLOCK_MS < now_ms)
			return ZT_ERR_CLOCK;
	return append(a, db, id, e, count, ANYWHERE, out);
}

enum zt_err
auth_restore(struct auth *a, struct db *db, const struct id *id, struct entry *e, uint64_t at,
    uint64_t now_ms, const char **message)
{
	struct auth_appended done;
	enum zt_err err;

	*message = clock_refusal;
	if (e->body->time > now_ms + LIMIT_CLOCK_MS)
		return ZT_ERR_CLOCK;
	err = append(a, db, id, &e, 1, at, &done);
	*message = done.message;
	return err == ZT_OK && done.index != at ? ZT_ERR_CONFLICT : err;
}

enum zt_err
auth_head(struct auth_org *org, const struct id *id, uint64_t now_ms, struct buf *body,
    struct statement *out)
{
	struct head h = { .size = merkle_size(org->state->tree), .time = now_ms };
	enum zt_err err = merkle_root(org->state->tree, h.size, &h.root);

	return err ? err : head_sign(org->log_key, id, &h, body, out);
}

enum zt_err
auth_answer(struct rpc_answer *out, const void *message)
{
	struct buf b = buf_init(LIMIT_PAGE);
	enum zt_err err = pb_encode(message, &b);

	if (err == ZT_OK)
		rpc_answer_add(out, buf_bytes(&b));
	buf_free(&b);
	return err;
}
