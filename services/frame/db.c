/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "frame/db.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"

enum { PREPARED_MAX = 64, VALUES_MAX = 12 };

struct db {
	PGconn *conn;
	const char *conninfo, *schema;
	const struct db_query *prepared[PREPARED_MAX];
	size_t prepared_count;
	bool in_transaction;
	bool lost; /* the server said good-bye, which libpq's status may not show yet */
};

struct db_rows {
	PGresult *result;
};

static bool
command(struct db *db, const char *sql)
{
	PGresult *r = PQexec(db->conn, sql);
	bool ok = PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK;

	PQclear(r);
	return ok;
}

static void
quiet(void *arg, const char *message)
{
	(void)arg;
	(void)message; /* notices may quote data; errors are reported by their code */
}

static enum zt_err
connect_now(struct db *db)
{
	char setup[400];

	if (db->conn != NULL)
		PQfinish(db->conn);
	db->conn = PQconnectdb(db->conninfo);
	db->prepared_count = 0;
	db->in_transaction = db->lost = false;
	if (PQstatus(db->conn) != CONNECTION_OK)
		return ZT_ERR_DATABASE;
	PQsetNoticeProcessor(db->conn, quiet, NULL);
	/* Every query finds its rows by a key. A plan is kept for the life of the connection:
	 * one that was made while a table was small and read all of it must not be. And it is
	 * kept: planning by the values of each call costs more than running. */
	(void)snprintf(setup, sizeof setup,
	    "SET search_path TO %s; SET statement_timeout TO '15s'; SET lock_timeout TO '10s'; "
	    "SET enable_seqscan TO off; SET enable_hashjoin TO off; SET enable_mergejoin TO "
	    "off; SET plan_cache_mode TO force_generic_plan",
	    db->schema);
	return command(db, setup) ? ZT_OK : ZT_ERR_DATABASE;
}

enum zt_err
db_open(const char *conninfo, const char *schema, struct db **out, char message[200])
{
	struct db *db = calloc(1, sizeof *db);
	enum zt_err err;

	if (db == NULL)
		return ZT_ERR_MEMORY;
	db->conninfo = conninfo;
	db->schema = schema;
	if ((err = connect_now(db))) {
		(void)snprintf(message, 200, "%s", PQerrorMessage(db->conn));
		message[strcspn(message, "\n")] = 0;
		db_close(db);
		return err;
	}
	*out = db;
	return ZT_OK;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	PQfinish(db->conn);
	free(db);
}

static enum zt_err
err_of(struct db *db, PGresult *r)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	/* 08: connection; 57P: shut down, crashed, or not up yet */
	if (PQstatus(db->conn) != CONNECTION_OK || state == NULL ||
	    strncmp(state, "57P", 3) == 0 || strncmp(state, "08", 2) == 0) {
		db->lost = true;
		return ZT_ERR_DATABASE;
	}
	if (strcmp(state, "23505") == 0)
		return ZT_ERR_EXISTS;
	if (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0)
		return ZT_ERR_CONFLICT;
	if (strcmp(state, "57014") == 0 || strcmp(state, "55P03") == 0)
		return ZT_ERR_TIMEOUT;
	if (strcmp(state, "53100") == 0)
		return ZT_ERR_FULL;
	return ZT_ERR_DATABASE;
}

static enum zt_err
prepare(struct db *db, const struct db_query *q)
{
	PGresult *r;
	enum zt_err err = ZT_OK;

	for (size_t i = 0; i < db->prepared_count; i++)
		if (db->prepared[i] == q)
			return ZT_OK;
	if (db->prepared_count == PREPARED_MAX)
		return ZT_ERR_DATABASE;
	r = PQprepare(db->conn, q->name, q->sql, 0, NULL);
	if (PQresultStatus(r) == PGRES_COMMAND_OK)
		db->prepared[db->prepared_count++] = q;
	else
		err = err_of(db, r);
	PQclear(r);
	return err;
}

static enum zt_err
run_once(struct db *db, const struct db_query *q, const struct db_value *values, size_t count,
    struct db_rows **rows)
{
	const char *p[VALUES_MAX];
	int n[VALUES_MAX], format[VALUES_MAX];
	uint8_t integers[VALUES_MAX][8];
	PGresult *r;
	enum zt_err err;

	if (count > VALUES_MAX)
		return ZT_ERR_DATABASE;
	if ((err = prepare(db, q)))
		return err;
	for (size_t i = 0; i < count; i++) {
		format[i] = 1;
		if (values[i].type == DB_IS_INT) {
			wire_store_u64(integers[i], (uint64_t)values[i].integer);
			p[i] = (const char *)integers[i];
			n[i] = 8;
		} else {
			p[i] = values[i].bytes.p != NULL ? (const char *)values[i].bytes.p : "";
			n[i] = (int)values[i].bytes.n;
		}
	}
	r = PQexecPrepared(db->conn, q->name, (int)count, p, n, format, 1);
	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK) {
		err = err_of(db, r);
		PQclear(r);
		return err;
	}
	if (rows == NULL) {
		PQclear(r);
		return ZT_OK;
	}
	if ((*rows = calloc(1, sizeof **rows)) == NULL) {
		PQclear(r);
		return ZT_ERR_MEMORY;
	}
	(*rows)->result = r;
	return ZT_OK;
}

static bool
is_lost(const struct db *db)
{
	return db->lost || PQstatus(db->conn) != CONNECTION_OK;
}

enum zt_err
db_run(struct db *db, const struct db_query *q, const struct db_value *values, size_t count,
    struct db_rows **rows)
{
	enum zt_err err;

	if (is_lost(db) && (db->in_transaction || connect_now(db)))
		return ZT_ERR_DATABASE;
	err = run_once(db, q, values, count, rows);
	/* It went away since the last call: outside a transaction, try once on a new
	 * connection. */
	if (err == ZT_ERR_DATABASE && !db->in_transaction && is_lost(db) &&
	    connect_now(db) == ZT_OK)
		err = run_once(db, q, values, count, rows);
	return err;
}

enum zt_err
db_begin(struct db *db)
{
	if (is_lost(db) && connect_now(db))
		return ZT_ERR_DATABASE;
	if (!command(db, "BEGIN") && (connect_now(db) || !command(db, "BEGIN")))
		return ZT_ERR_DATABASE;
	db->in_transaction = true;
	return ZT_OK;
}

enum zt_err
db_commit(struct db *db)
{
	PGresult *r = PQexec(db->conn, "COMMIT");
	enum zt_err err = ZT_OK;

	db->in_transaction = false;
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		err = err_of(db, r);
	else if (strcmp(PQcmdStatus(r), "COMMIT") != 0) /* a statement of it had failed */
		err = ZT_ERR_DATABASE;
	PQclear(r);
	return db->lost ? ZT_ERR_TIMEOUT : err;
}

void
db_rollback(struct db *db)
{
	if (!db->in_transaction)
		return;
	db->in_transaction = false;
	(void)command(db, "ROLLBACK");
}

void
db_array(struct buf *b, enum db_array type, size_t count)
{
	wire_put_u32(b, count > 0 ? 1 : 0); /* dimensions */
	wire_put_u32(b, 0);                 /* no nulls */
	wire_put_u32(b, type);
	if (count == 0)
		return;
	wire_put_u32(b, (uint32_t)count);
	wire_put_u32(b, 1); /* the first index */
}

int
db_count(const struct db_rows *rows)
{
	return PQntuples(rows->result);
}

int64_t
db_int(const struct db_rows *rows, int row, int column)
{
	struct wire_reader r = wire_read(db_bytes(rows, row, column));

	return r.left == 4 ? (int32_t)wire_u32(&r) : (int64_t)wire_u64(&r);
}

struct bytes
db_bytes(const struct db_rows *rows, int row, int column)
{
	return bytes_of(PQgetvalue(rows->result, row, column),
	    (size_t)PQgetlength(rows->result, row, column));
}

void
db_free(struct db_rows *rows)
{
	if (rows == NULL)
		return;
	PQclear(rows->result);
	free(rows);
}

enum zt_err
db_migrate(
    struct db *db, const struct db_migration *migrations, size_t count, char message[200])
{
	static const struct db_query version = { "migrate_version",
		"SELECT coalesce(max(number), 0)::int8 FROM migrations" };
	static const struct db_query note = { "migrate_note",
		"INSERT INTO migrations VALUES ($1::int8)" };
	struct db_rows *rows = NULL;
	enum zt_err err;

	if (!command(db, "SELECT pg_advisory_lock(7420117, hashtext(current_schema()))") ||
	    !command(db, "CREATE TABLE IF NOT EXISTS migrations (number int8 PRIMARY KEY)")) {
		(void)snprintf(message, 200, "%.190s", PQerrorMessage(db->conn));
		return ZT_ERR_DATABASE;
	}
	err = db_run(db, &version, NULL, 0, &rows);
	for (size_t i = 0; err == ZT_OK && i < count; i++) {
		struct db_value number = DB_INT(migrations[i].number);

		if (migrations[i].number <= db_int(rows, 0, 0))
			continue;
		if ((err = db_begin(db)))
			break;
		if (!command(db, migrations[i].sql)) {
			(void)snprintf(message, 200, "%.190s", PQerrorMessage(db->conn));
			err = ZT_ERR_DATABASE;
		}
		if (err == ZT_OK)
			err = db_run(db, &note, &number, 1, NULL);
		if (err == ZT_OK)
			err = db_commit(db);
		db_rollback(db);
	}
	if (err == ZT_OK && count > 0 && db_int(rows, 0, 0) > migrations[count - 1].number) {
		(void)snprintf(message, 200, "the schema is newer than this program");
		err = ZT_ERR_VERSION;
	}
	db_free(rows);
	(void)command(db, "SELECT pg_advisory_unlock(7420117, hashtext(current_schema()))");
	return err;
}
