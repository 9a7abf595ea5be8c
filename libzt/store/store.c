/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/stop.h"
#include "base/wire.h"
#include "crypto/aead.h"
#include "crypto/labels.h"
#include "port/lock.h"
#include "store/device_file.h"
#include "store/device_folder.h"
#include "store/scratch.h"

enum {
	VALUE_MAX = 64 * 1024 * 1024,
	KEY_MAX = 64,
	SCHEMA = 1,
	WAIT_MS = 10000,
	TURN_MS = 1000
};

enum query {
	PUT,
	GET,
	NEWEST,
	DELETE,
	FORGET,
	EACH,
	ALL,
	HAS,
	SIZE,
	OLDEST,
	DELETE_ROW,
	QUERIES
};

struct store {
	char *folder;
	sqlite3 *db; /* NULL while it rests */
	sqlite3_stmt *query[QUERIES];
	struct secret *key;
	int lock;
	struct lock *users_lock;
	unsigned users, resting;
	uint64_t away_ms;
	const void *last;
	const int *stop;                  /* or NULL */
	bool in_transaction, is_unsynced; /* store_begin_unsynced */
	char message[300]; /* what the system said last of the database's files, or "" */
};

static const char *const texts[QUERIES] = {
	[PUT] = "INSERT INTO records VALUES (?1, ?2, ?3, ?4) ON CONFLICT (kind, key, n) "
		"DO UPDATE SET value = excluded.value",
	[GET] = "SELECT n, value FROM records WHERE kind = ?1 AND key = ?2 AND n = ?3",
	[NEWEST] =
	    "SELECT n, value FROM records WHERE kind = ?1 AND key = ?2 ORDER BY n DESC LIMIT 1",
	[DELETE] = "DELETE FROM records WHERE kind = ?1 AND key = ?2 AND n = ?3",
	[FORGET] = "DELETE FROM records WHERE kind = ?1 AND key >= ?2 AND "
		   "substr(key, 1, length(?2)) = ?2",
	[EACH] =
	    "SELECT n, value, key FROM records WHERE kind = ?1 AND key >= ?2 AND "
	    "(length(?2) = 0 OR substr(key, 1, length(?2)) = ?2) AND n >= ?3 ORDER BY key, n",
	[ALL] = "SELECT n, value, key, kind FROM records",
	[HAS] =
	    "SELECT n, n, key FROM records WHERE kind = ?1 AND key >= ?2 ORDER BY key LIMIT 1",
	[SIZE] = "SELECT sum(length(value)) FROM records WHERE kind = ?1",
	[OLDEST] =
	    "SELECT rowid, length(value) FROM records WHERE kind = ?1 ORDER BY rowid LIMIT 1",
	[DELETE_ROW] = "DELETE FROM records WHERE rowid = ?1",
};

static enum zt_err
class_of(int rv, int number)
{
	if (number == ENOSPC || number == EDQUOT || number == EFBIG)
		return ZT_ERR_FULL;
	switch (rv & 0xff) {
	case SQLITE_FULL:
		return ZT_ERR_FULL;
	case SQLITE_NOMEM:
		return ZT_ERR_MEMORY;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_MISUSE: /* it rests */
		return ZT_ERR_LOCKED;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ZT_ERR_STORE;
	default:
		return ZT_ERR_IO;
	}
}

/* The system's error has priority: a full disk shows in many of SQLite's codes, and a person
 * must know which disk it is. */
static enum zt_err
err_of(struct store *s, int rv)
{
	bool is_damage = rv == SQLITE_CORRUPT || rv == SQLITE_NOTADB;
	int number = s->db != NULL && !is_damage ? sqlite3_system_errno(s->db) : 0;
	enum zt_err err = class_of(rv, number);

	if (err == ZT_ERR_FULL && number == 0)
		number = ENOSPC;
	if (number != 0 && (err == ZT_ERR_FULL || err == ZT_ERR_IO))
		(void)snprintf(s->message, sizeof s->message, "%.200s/store.db: %s", s->folder,
		    strerror(number));
	return err;
}

/* Whether FD was locked: nobody else has it. */
static bool
lock_file(int fd, enum zt_err *err)
{
	bool did = flock(fd, LOCK_EX | LOCK_NB) == 0;

	*err = did || errno == EWOULDBLOCK ? ZT_OK : ZT_ERR_IO; /* there are no locks */
	return did;
}

/* One process at a time: a second one that WAITS does so for a little, then says so. The one
 * that waits has the turn (a lock on the folder itself), and the next asks for that first: a
 * transfer that lends the device for an instant, again and again, would else have it back each
 * time before the other looks. A waiting process that was stopped keeps nobody for long. */
static enum zt_err
take_lock(const char *folder, bool waits, const int *stop, int *out)
{
	char path[4200];
	int fd, turn;
	bool is_next = false, has = false;
	enum zt_err err = device_folder_check(folder), ignored = ZT_OK;

	if (err)
		return err;
	(void)snprintf(path, sizeof path, "%s/lock", folder);
	if ((fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0)
		return errno == ENOSPC ? ZT_ERR_FULL : ZT_ERR_IO;
	turn = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int tries = 0;; tries++) {
		is_next = is_next || !waits || turn < 0 || lock_file(turn, &ignored) ||
			  ignored || tries >= TURN_MS / STOP_LOOK_MS;
		has = is_next && lock_file(fd, &err);
		if (has || err || !waits || tries == WAIT_MS / STOP_LOOK_MS ||
		    stop_is_set(stop))
			break;
		(void)usleep(STOP_LOOK_MS * 1000);
	}
	if (turn >= 0)
		(void)close(turn);
	if (has) {
		*out = fd;
		return ZT_OK;
	}
	(void)close(fd);
	return err ? err : stop_is_set(stop) ? ZT_ERR_INTERRUPTED : ZT_ERR_LOCKED;
}

static enum zt_err
command(struct store *s, const char *sql)
{
	int rv = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return rv == SQLITE_OK ? ZT_OK : err_of(s, rv);
}

static enum zt_err
schema_version(struct store *s, int *version)
{
	sqlite3_stmt *q = NULL;
	int rv = sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &q, NULL);

	*version = 0;
	if (rv == SQLITE_OK && (rv = sqlite3_step(q)) == SQLITE_ROW) {
		*version = sqlite3_column_int(q, 0);
		rv = SQLITE_OK;
	}
	(void)sqlite3_finalize(q);
	return rv == SQLITE_OK ? ZT_OK : err_of(s, rv);
}

/* A store that has its schema is not written to: each write costs syncs here and at the end,
 * and those wait for all that a transfer has given the disk. */
static enum zt_err
make_schema(struct store *s)
{
	static const char schema[] =
	    "BEGIN;"
	    "CREATE TABLE IF NOT EXISTS records (kind INTEGER NOT NULL, key BLOB NOT NULL, "
	    "n INTEGER NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, key, n));"
	    "PRAGMA user_version = 1;"
	    "COMMIT;";
	int version;
	enum zt_err err = schema_version(s, &version);

	if (err)
		return err;
	return version > SCHEMA    ? ZT_ERR_VERSION
	       : version == SCHEMA ? ZT_OK
				   : command(s, schema);
}

static enum zt_err
prepare(struct store *s)
{
	/* The folder's lock keeps others out: the database need not lock for each look. The log
	 * of writes stays behind, 8 MiB or so, and is read again in a few milliseconds; copied
	 * at each end, it would be synced behind all that a transfer has given the disk. */
	static const char settings[] =
	    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -16384;"
	    "PRAGMA wal_autocheckpoint = 2048; PRAGMA journal_mode = WAL; PRAGMA synchronous = "
	    "FULL;";
	enum zt_err err = command(s, settings);
	int rv = sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);

	if (err == ZT_OK && rv != SQLITE_OK)
		err = err_of(s, rv);
	if (err || (err = make_schema(s)))
		return err;
	for (size_t i = 0; i < QUERIES; i++)
		if ((rv = sqlite3_prepare_v3(s->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
			 &s->query[i], NULL)) != SQLITE_OK)
			return err_of(s, rv);
	return ZT_OK;
}

enum zt_err
store_open(
    const char *folder, const struct secret *local_key, const int *stop, struct store **out)
{
	struct store *s = calloc(1, sizeof *s);
	enum zt_err err = ZT_ERR_MEMORY;

	if (s == NULL)
		return err;
	s->lock = -1;
	s->stop = stop;
	s->users = 1;
	if ((s->folder = strdup(folder)) == NULL || (err = lock_new(&s->users_lock)) ||
	    (err = secret_derive(local_key, LABEL_LOCAL_STORE, &s->key)) ||
	    (err = store_wake(s, true)))
		goto out;
	scratch_sweep(folder);
	*out = s;
	s = NULL;
out:
	store_close(s);
	return err;
}

enum zt_err
store_wake(struct store *s, bool waits)
{
	char path[4200];
	enum zt_err err;
	int rv;

	if (s->db != NULL)
		return ZT_OK;
	(void)snprintf(path, sizeof path, "%s/store.db", s->folder);
	if ((err = take_lock(s->folder, waits, s->stop, &s->lock)))
		return err;
	rv = sqlite3_open_v2(path, &s->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	if ((err = rv == SQLITE_OK ? prepare(s) : err_of(s, rv)))
		store_rest(s);
	else
		(void)chmod(path, 0600);
	return err;
}

void
store_rest(struct store *s)
{
	store_rollback(s);
	for (size_t i = 0; i < QUERIES; i++) {
		(void)sqlite3_finalize(s->query[i]);
		s->query[i] = NULL;
	}
	(void)sqlite3_close(s->db);
	s->db = NULL;
	if (s->lock >= 0)
		(void)close(s->lock);
	s->lock = -1;
}

enum zt_err
store_discard(const char *folder)
{
	static const char *const names[] = { "store.db-wal", "store.db-shm", "store.db" };
	char path[4200];
	int lock;
	enum zt_err err = take_lock(folder, true, NULL, &lock);

	if (err)
		return err;
	/* Under the lock, a device that another process has made meanwhile shows. */
	for (size_t i = 0; device_file_is_missing(folder) && i < sizeof names / sizeof names[0];
	     i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		if (unlink(path) != 0 && errno != ENOENT)
			err = ZT_ERR_IO;
	}
	(void)close(lock);
	return err;
}

const char *
store_message(const struct store *s)
{
	return s->message;
}

bool
store_rests(const struct store *s)
{
	return s->db == NULL;
}

void
store_close(struct store *s)
{
	if (s == NULL || __atomic_sub_fetch(&s->users, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	store_rest(s);
	lock_free(s->users_lock);
	secret_free(s->key);
	free(s->folder);
	free(s);
}

void
store_share(struct store *s)
{
	(void)__atomic_add_fetch(&s->users, 1, __ATOMIC_ACQ_REL);
}

enum zt_err
store_take(struct store *s, const void *who, bool waits, const int *stop, bool *others)
{
	enum zt_err err = waits ? lock_take(s->users_lock, stop) : lock_try(s->users_lock);

	if (err)
		return err;
	*others = s->last != NULL && s->last != who;
	s->last = who;
	s->stop = stop;
	return ZT_OK;
}

void
store_give(struct store *s)
{
	s->stop = NULL;
	lock_give(s->users_lock);
}

unsigned *
store_resting(struct store *s)
{
	return &s->resting;
}

uint64_t *
store_away(struct store *s)
{
	return &s->away_ms;
}

/* What is committed from now on waits for the disk again. */
static void
end_unsynced(struct store *s)
{
	if (s->is_unsynced && command(s, "PRAGMA synchronous = FULL") == ZT_OK)
		s->is_unsynced = false; /* else the next transaction tries again */
}

static enum zt_err
begin(struct store *s)
{
	enum zt_err err = command(s, "BEGIN IMMEDIATE");

	s->in_transaction = err == ZT_OK;
	return err;
}

enum zt_err
store_begin(struct store *s)
{
	if (s->in_transaction) /* it stays the caller's who began it */
		return ZT_ERR_STORE;
	end_unsynced(s);
	return s->is_unsynced ? ZT_ERR_IO : begin(s);
}

enum zt_err
store_begin_unsynced(struct store *s)
{
	enum zt_err err = ZT_ERR_STORE;

	if (s->in_transaction || (err = command(s, "PRAGMA synchronous = NORMAL")))
		return err;
	s->is_unsynced = true;
	if ((err = begin(s)))
		end_unsynced(s);
	return err;
}

enum zt_err
store_commit(struct store *s)
{
	enum zt_err err = command(s, "COMMIT");

	if (err == ZT_OK) {
		s->in_transaction = false;
		end_unsynced(s);
	}
	return err;
}

void
store_rollback(struct store *s)
{
	if (s->in_transaction)
		(void)command(s, "ROLLBACK");
	s->in_transaction = false;
	end_unsynced(s);
}

/* The associated data of a value: kind, key, n. */
static struct bytes
place(unsigned kind, struct bytes key, uint64_t n, uint8_t out[KEY_MAX + 16])
{
	wire_store_u32(out, kind);
	wire_store_u32(out + 4, (uint32_t)key.n);
	wire_store_u64(out + 8, n);
	if (key.n > 0)
		memcpy(out + 16, key.p, key.n);
	return bytes_of(out, 16 + key.n);
}

static sqlite3_stmt *
bind(struct store *s, enum query q, enum store_kind kind, struct bytes key, uint64_t n)
{
	sqlite3_stmt *st = s->query[q];

	(void)sqlite3_reset(st);
	(void)sqlite3_bind_int(st, 1, (int)kind);
	(void)sqlite3_bind_blob(
	    st, 2, key.p != NULL ? (const void *)key.p : "", (int)key.n, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 3, (sqlite3_int64)n);
	return st;
}

enum zt_err
store_put(
    struct store *s, enum store_kind kind, struct bytes key, uint64_t n, struct bytes value)
{
	struct buf sealed = buf_init(VALUE_MAX);
	uint8_t ad[KEY_MAX + 16];
	sqlite3_stmt *st;
	enum zt_err err;
	int rv;

	if (key.n > KEY_MAX)
		return ZT_ERR_TOO_BIG;
	if ((err = aead_seal(s->key, place(kind, key, n, ad), value, &sealed)) == ZT_OK) {
		st = bind(s, PUT, kind, key, n);
		(void)sqlite3_bind_blob(st, 4, sealed.p, (int)sealed.n, SQLITE_STATIC);
		if ((rv = sqlite3_step(st)) != SQLITE_DONE)
			err = err_of(s, rv);
		(void)sqlite3_reset(st);
	}
	buf_free(&sealed);
	return err;
}

static struct bytes
column(sqlite3_stmt *st, int i)
{
	const void *p = sqlite3_column_blob(st, i);

	return bytes_of(p, (size_t)sqlite3_column_bytes(st, i));
}

static enum zt_err
open_value(struct store *s, unsigned kind, struct bytes key, uint64_t n, struct bytes sealed,
    struct buf *out)
{
	uint8_t ad[KEY_MAX + 16];
	enum zt_err err;

	if (key.n > KEY_MAX)
		return ZT_ERR_STORE;
	err = aead_open(s->key, place(kind, key, n, ad), sealed, out);
	return err == ZT_ERR_CORRUPT ? ZT_ERR_STORE : err;
}

static enum zt_err
get_one(struct store *s, enum query q, enum store_kind kind, struct bytes key, uint64_t *n,
    struct buf *out)
{
	sqlite3_stmt *st = bind(s, q, kind, key, *n);
	int rv = sqlite3_step(st);
	enum zt_err err;

	if (rv == SQLITE_ROW) {
		*n = (uint64_t)sqlite3_column_int64(st, 0);
		err = open_value(s, kind, key, *n, column(st, 1), out);
	} else {
		err = rv == SQLITE_DONE ? ZT_ERR_NOT_FOUND : err_of(s, rv);
	}
	(void)sqlite3_reset(st);
	return err;
}

enum zt_err
store_get(struct store *s, enum store_kind kind, struct bytes key, uint64_t n, struct buf *out)
{
	return get_one(s, GET, kind, key, &n, out);
}

enum zt_err
store_newest(
    struct store *s, enum store_kind kind, struct bytes key, uint64_t *n, struct buf *out)
{
	*n = 0;
	return get_one(s, NEWEST, kind, key, n, out);
}

static enum zt_err
run(struct store *s, sqlite3_stmt *st)
{
	int rv = sqlite3_step(st);

	(void)sqlite3_reset(st);
	return rv == SQLITE_DONE ? ZT_OK : err_of(s, rv);
}

enum zt_err
store_delete(struct store *s, enum store_kind kind, struct bytes key, uint64_t n)
{
	return run(s, bind(s, DELETE, kind, key, n));
}

enum zt_err
store_forget(struct store *s, enum store_kind kind, struct bytes prefix)
{
	sqlite3_stmt *st = s->query[FORGET];

	(void)sqlite3_reset(st);
	(void)sqlite3_bind_int(st, 1, (int)kind);
	/* An empty blob: SQLite takes a NULL pointer for NULL, which no key begins with. */
	(void)sqlite3_bind_blob(
	    st, 2, prefix.n > 0 ? (const void *)prefix.p : "", (int)prefix.n, SQLITE_STATIC);
	return run(s, st);
}

enum zt_err
store_each(struct store *s, enum store_kind kind, struct bytes prefix, uint64_t from,
    store_each_fn *each, void *ctx)
{
	sqlite3_stmt *st = bind(s, EACH, kind, prefix, from);
	struct buf value = buf_init(VALUE_MAX);
	enum zt_err err = ZT_OK;
	int rv = SQLITE_DONE;

	while (err == ZT_OK && (rv = sqlite3_step(st)) == SQLITE_ROW) {
		uint64_t n = (uint64_t)sqlite3_column_int64(st, 0);
		struct bytes key = column(st, 2);

		buf_free(&value);
		if (stop_is_set(s->stop))
			err = ZT_ERR_INTERRUPTED;
		else if ((err = open_value(s, kind, key, n, column(st, 1), &value)) == ZT_OK)
			err = each(ctx, key, n, buf_bytes(&value));
	}
	if (err == ZT_OK && rv != SQLITE_DONE)
		err = err_of(s, rv);
	(void)sqlite3_reset(st);
	buf_free(&value);
	return err;
}

bool
store_has(struct store *s, enum store_kind kind, struct bytes prefix)
{
	sqlite3_stmt *st = bind(s, HAS, kind, prefix, 0);
	bool has = sqlite3_step(st) == SQLITE_ROW;

	if (has) {
		struct bytes key = column(st, 2);

		has = key.n >= prefix.n && memcmp(key.p, prefix.p, prefix.n) == 0;
	}
	(void)sqlite3_reset(st);
	return has;
}

/* The first two columns of the one row of Q. */
static enum zt_err
ask_two(struct store *s, enum query q, enum store_kind kind, uint64_t *a, uint64_t *b)
{
	sqlite3_stmt *st = s->query[q];
	int rv;

	(void)sqlite3_reset(st);
	(void)sqlite3_bind_int(st, 1, (int)kind);
	rv = sqlite3_step(st);
	*a = rv == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	*b = rv == SQLITE_ROW && sqlite3_column_count(st) > 1
		 ? (uint64_t)sqlite3_column_int64(st, 1)
		 : 0;
	(void)sqlite3_reset(st);
	return rv == SQLITE_ROW || rv == SQLITE_DONE ? ZT_OK : err_of(s, rv);
}

enum zt_err
store_trim(struct store *s, enum store_kind kind, uint64_t most, uint64_t *size)
{
	uint64_t all, row, n;
	enum zt_err err = ask_two(s, SIZE, kind, &all, &n);

	while (err == ZT_OK && all > most) {
		if ((err = ask_two(s, OLDEST, kind, &row, &n)) || n == 0)
			break;
		(void)sqlite3_reset(s->query[DELETE_ROW]);
		(void)sqlite3_bind_int64(s->query[DELETE_ROW], 1, (sqlite3_int64)row);
		if ((err = run(s, s->query[DELETE_ROW])) == ZT_OK)
			all -= n < all ? n : all;
	}
	if (err == ZT_OK && size != NULL)
		*size = all;
	return err;
}

enum zt_err
store_verify(struct store *s, uint64_t *records)
{
	sqlite3_stmt *st = s->query[ALL];
	struct buf value = buf_init(VALUE_MAX);
	enum zt_err err = ZT_OK;
	int rv = SQLITE_DONE;

	*records = 0;
	while (err == ZT_OK && (rv = sqlite3_step(st)) == SQLITE_ROW) {
		buf_free(&value);
		err = open_value(s, (unsigned)sqlite3_column_int(st, 3), column(st, 2),
		    (uint64_t)sqlite3_column_int64(st, 0), column(st, 1), &value);
		(*records)++;
		if (err == ZT_OK && stop_is_set(s->stop))
			err = ZT_ERR_INTERRUPTED;
	}
	if (err == ZT_OK && rv != SQLITE_DONE)
		err = err_of(s, rv);
	(void)sqlite3_reset(st);
	buf_free(&value);
	return err;
}
