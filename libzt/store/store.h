/* store.h - the local store: SQLite with every value sealed under LOCAL_ENC_KEY.
 *
 * A record is (kind, key, n) to a value. Keys are ids or keyed hashes, never names; the whole
 * place of a record is the associated data of its value, so that records cannot be swapped. One
 * process at a time holds a state folder. Not thread-safe. */
#ifndef ZT_STORE_H
#define ZT_STORE_H

#include "base/buf.h"
#include "base/id.h"
#include "crypto/secret.h"

enum store_kind {
	STORE_META = 1,       /* key: a word; n: 0 */
	STORE_LOG = 2,        /* key: empty; n: index */
	STORE_LINK = 3,       /* key: workspace; n: position */
	STORE_VERSION = 4,    /* key: workspace and vlob; n: version */
	STORE_KEY = 6,        /* key: workspace; n: generation */
	STORE_HANDLE = 7,     /* key: user */
	STORE_INVITATION = 8, /* key: invitation */
	STORE_UPLOAD = 9,     /* key: keyed hash of what is being uploaded */
	STORE_SEALED = 10, /* key: workspace and user; n: generation; what was sealed to whom */
	STORE_PUSH = 11,   /* key: workspace; n: position; a changeset, for repairs: with its
			      objects when this device wrote it */
	STORE_CHAIN = 12,  /* key: workspace; n: 0 */
	/* key: workspace and vlob; n: version; a folder's sealed manifest as it came. (5 was
	 * the same by the vlob alone.) */
	STORE_FOLDER = 13,
	STORE_PERSON = 14,   /* key: keyed hash of an address; n: 0; whom it means */
	STORE_FORK = 15,     /* key: "fork", or a workspace; what was seen (freeze.c) */
	STORE_KNOWN = 16,    /* key: device; n: 0; one of this user's that a person knows of */
	STORE_POSITION = 17, /* key: workspace; n: 0; the newest place that the log signed */
	STORE_GREETING = 18, /* key: invitation; n: 0; who was accepted and has not been told */
	STORE_LOCAL = 19,    /* key: device and inode of a local file; n: 0 (local.c) */
};

struct store;

/* Opens FOLDER/store.db, making it when it is not there. Errors: LOCKED (another process),
 * STORE (damaged), FULL, IO, PASSWORD never: the key comes from the device file. */
ZT_CHECKED enum zt_err store_open(
    const char *folder, const struct secret *local_key, struct store **out);
void store_close(struct store *s);
/* Lets other processes have the folder; until store_wake every call is LOCKED. */
void store_rest(struct store *s);
/* Takes it back, if it WAITS from another process that has it for a little: others may have
 * written meanwhile. Nothing when it does not rest. Errors: those of store_open. */
ZT_CHECKED enum zt_err store_wake(struct store *s, bool waits);
bool store_rests(const struct store *s);
/* Errors: STORE, when a transaction is open, which stays so; LOCKED, IO. */
ZT_CHECKED enum zt_err store_begin(struct store *s);
ZT_CHECKED enum zt_err store_commit(struct store *s);
void store_rollback(struct store *s); /* nothing open is fine */
/* Adds or replaces. Errors: FULL, IO, MEMORY. */
ZT_CHECKED enum zt_err store_put(
    struct store *s, enum store_kind kind, struct bytes key, uint64_t n, struct bytes value);
/* Appends the value to OUT. Errors: NOT_FOUND, STORE. */
ZT_CHECKED enum zt_err store_get(
    struct store *s, enum store_kind kind, struct bytes key, uint64_t n, struct buf *out);
/* The record of KEY with the largest n; *N is set. Errors: NOT_FOUND, STORE. */
ZT_CHECKED enum zt_err store_newest(
    struct store *s, enum store_kind kind, struct bytes key, uint64_t *n, struct buf *out);
ZT_CHECKED enum zt_err store_delete(
    struct store *s, enum store_kind kind, struct bytes key, uint64_t n);
/* Deletes each record of KIND whose key begins with PREFIX. */
ZT_CHECKED enum zt_err store_forget(struct store *s, enum store_kind kind, struct bytes prefix);
/* Shows each record of KIND whose key begins with PREFIX, by key and n from FROM on; stops at
 * the first error of EACH and returns it. EACH must not write. */
typedef enum zt_err store_each_fn(void *ctx, struct bytes key, uint64_t n, struct bytes value);
ZT_CHECKED enum zt_err store_each(struct store *s, enum store_kind kind, struct bytes prefix,
    uint64_t from, store_each_fn *each, void *ctx);
/* Opens every record. Errors: STORE. */
ZT_CHECKED enum zt_err store_verify(struct store *s, uint64_t *records);

#endif
