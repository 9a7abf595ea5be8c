/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* purge.c - deletes the data of workspaces whose deletion is due; the trust log, which others
 * verify, is unchanged. Idempotent. Auth lists what is due, but nothing of an organization
 * whose log was longer once; with a complete log a deletion is final, also for a chain that an
 * older backup of this database restored. */
#include "frame/audit.h"
#include "frame/log.h"
#include "metadata/metadata.h"

static const struct db_query deletions[] = {
	{ "purge_objects",
	    "DELETE FROM objects WHERE org = $1::bytea AND workspace = $2::bytea" },
	{ "purge_wraps", "DELETE FROM wraps WHERE org = $1::bytea AND workspace = $2::bytea" },
	{ "purge_vlobs", "DELETE FROM vlobs WHERE org = $1::bytea AND workspace = $2::bytea" },
	{ "purge_checkpoints",
	    "DELETE FROM checkpoints WHERE org = $1::bytea AND workspace = $2::bytea" },
	{ "purge_keys",
	    "DELETE FROM sealed_keys WHERE org = $1::bytea AND workspace = $2::bytea" },
	{ "purge_goals", "DELETE FROM goals WHERE org = $1::bytea AND workspace = $2::bytea" },
	{ "purge_changesets",
	    "DELETE FROM changesets WHERE org = $1::bytea AND workspace = $2::bytea" },
};
static const struct db_query chain = {
	"purge_chain",
	"DELETE FROM chains WHERE org = $1::bytea AND workspace = $2::bytea RETURNING position"
};

struct purge {
	struct service *s;
	struct metadata *md;
	struct db *db;
};

static enum zt_err
purge_one(void *ctx, const struct id *org, const struct id *workspace)
{
	struct purge *p = ctx;
	struct db_value v[] = { DB_ID(org), DB_ID(workspace) };
	static const struct mark none;
	struct db_rows *rows = NULL;
	enum zt_err err = db_begin(p->db);

	for (size_t i = 0; err == ZT_OK && i < sizeof deletions / sizeof deletions[0]; i++)
		err = db_run(p->db, &deletions[i], v, 2, NULL);
	if (err == ZT_OK && (err = db_run(p->db, &chain, v, 2, &rows)) == ZT_OK)
		err = db_commit(p->db);
	db_rollback(p->db);
	/* By the mark, not the rows: a sweep that was killed, or whose commit had no answer,
	 * may have deleted them. */
	if (err == ZT_OK && marks_get(p->md->marks, org, workspace).position > 0)
		err = marks_set(p->md->marks, org, workspace, &none);
	if (err == ZT_OK && db_count(rows) > 0)
		audit(p->s, "workspace_purged", org, NULL, workspace);
	db_free(rows);
	return err;
}

void
purge_sweep(void *state, struct service *s, struct db *db)
{
	struct purge p = { s, state, db };
	enum zt_err err = service_each_due(s, purge_one, &p);

	if (err)
		log_line("warning", "sweep", "error", err_name(err), NULL);
}
