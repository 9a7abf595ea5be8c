/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* db.h - one connection to PostgreSQL a worker: prepared queries, typed values, transactions.
 *
 * Queries are static structs, so that no outside text can become SQL. Reconnects at the next
 * use after a lost connection; the call that noticed fails with DATABASE. Not thread-safe. */
#ifndef ZT_FRAME_DB_H
#define ZT_FRAME_DB_H

#include "base/buf.h"
#include "base/err.h"

struct db;
struct db_rows;

struct db_query {
	const char *name, *sql;
};

struct db_value {
	enum { DB_IS_BYTES, DB_IS_INT, DB_IS_TEXT } type;
	struct bytes bytes;
	int64_t integer;
};

#define DB_BYTES(pointer, size)                                                                \
	{                                                                                      \
		.type = DB_IS_BYTES, .bytes = {(const uint8_t *)(pointer), (size) }            \
	}
#define DB_ID(id) DB_BYTES((id)->b, ID_BYTES)
#define DB_INT(value)                                                                          \
	{                                                                                      \
		.type = DB_IS_INT, .integer = (int64_t)(value)                                 \
	}
#define DB_TEXT(text)                                                                          \
	{                                                                                      \
		.type = DB_IS_TEXT, .bytes = {(const uint8_t *)(text), strlen(text) }          \
	}

/* Keeps CONNINFO and SCHEMA (static or outliving); connects at once. The caller closes. Errors:
 * DATABASE with MESSAGE[200]. */
ZT_CHECKED enum zt_err db_open(
    const char *conninfo, const char *schema, struct db **out, char message[200]);
void db_close(struct db *db);
/* Starts an array value of COUNT elements, each appended by the caller with wire_put_counted: a
 * bytea[] or an int8[], to be passed as DB_BYTES. Source: PostgreSQL's array_send. */
enum db_array { DB_ARRAY_BYTEA = 17, DB_ARRAY_INT8 = 20 };
void db_array(struct buf *b, enum db_array type, size_t count);
/* Runs Q with COUNT values; *ROWS may be NULL when no rows are wanted, else the caller frees
 * it. Errors: DATABASE, EXISTS (a unique key), CONFLICT (serialization), TIMEOUT, FULL. */
ZT_CHECKED enum zt_err db_run(struct db *db, const struct db_query *q,
    const struct db_value *values, size_t count, struct db_rows **rows);
ZT_CHECKED enum zt_err db_begin(struct db *db);
/* Errors: DATABASE, CONFLICT, FULL; TIMEOUT: it may have been taken, as when no
 * answer came. */
ZT_CHECKED enum zt_err db_commit(struct db *db);
/* Ends an open transaction without effect; no-op without an open transaction. */
void db_rollback(struct db *db);

int db_count(const struct db_rows *rows);
int64_t db_int(const struct db_rows *rows, int row, int column);
/* Borrowed until db_free. */
struct bytes db_bytes(const struct db_rows *rows, int row, int column);
void db_free(struct db_rows *rows);

/* One numbered step of a schema. */
struct db_migration {
	int number;
	const char *sql;
};

/* Brings SCHEMA of DB to the newest of COUNT migrations, under a lock so that replicas do not
 * race. Errors: DATABASE, VERSION (the schema is newer than this program). */
ZT_CHECKED enum zt_err db_migrate(
    struct db *db, const struct db_migration *migrations, size_t count, char message[200]);

#endif
