/* SPDX-License-Identifier: Apache-2.0 */
/* store.h - the local store: SQLite with every value sealed under LOCAL_ENC_KEY.
 *
 * A record maps (kind, key, n) to a value. Keys are ids or keyed hashes, never names. Kind,
 * key and n are the associated data of the sealed value, so that records cannot be swapped.
 * One process at a time holds a state folder, and one thread of it at a time (store_take). */
#ifndef ZT_STORE_H
#define ZT_STORE_H

#include "base/buf.h"
#include "base/id.h"
#include "crypto/secret.h"
#include "store/kinds.h"

struct store;

/* Opens or creates FOLDER/store.db. Once STOP (base/stop.h; NULL:
 * none) is set, waiting for another process and reading of many records end with INTERRUPTED.
 * Errors: LOCKED (another process), STORE (damaged), FULL, IO, PASSWORD never: the key comes
 * from the device file. */
ZT_CHECKED enum zt_err store_open(
    const char *folder, const struct secret *local_key, const int *stop, struct store **out);
/* Removes the database that an earlier device of FOLDER left: the key of its records is gone.
 * Only before a device file is written. Errors: those of store_open; NOT_FOUND: no folder. */
ZT_CHECKED enum zt_err store_discard(const char *folder);
/* Releases one user of S; the last one closes it. NULL is nothing. */
void store_close(struct store *s);
/* Another user, who gives S to store_close as well. Any thread. */
void store_share(struct store *s);
/* For users on several threads: takes S for WHO, until store_give. *OTHERS: another had it
 * since WHO had it last. WAITS: for the others, until STOP (base/stop.h). Errors: INTERRUPTED,
 * LOCKED.
 */
ZT_CHECKED enum zt_err store_take(
    struct store *s, const void *who, bool waits, const int *stop, bool *others);
void store_give(struct store *s);
/* Of those who took S: how many leave the folder to other processes between their calls. The
 * caller has taken it. */
unsigned *store_resting(struct store *s);
/* Unlocks the folder for other processes; until store_wake every call fails with LOCKED. */
void store_rest(struct store *s);
/* Locks the folder again; others may have written meanwhile. WAITS: wait a little for another
 * process. No-op when the store does not rest. Errors: those of store_open. */
ZT_CHECKED enum zt_err store_wake(struct store *s, bool waits);
bool store_rests(const struct store *s);
/* The last file error: path and the system's words; "" if there was none. */
const char *store_message(const struct store *s);
/* Errors: STORE (a transaction is open; it stays open), LOCKED, IO. */
ZT_CHECKED enum zt_err store_begin(struct store *s);
/* Begins a transaction for data that only saves work, such as the notes of local files. Its
 * commit syncs nothing: a sync would wait for all that a transfer has given the disk. A crash
 * of the system may lose what it wrote. Errors: as store_begin. */
ZT_CHECKED enum zt_err store_begin_unsynced(struct store *s);
ZT_CHECKED enum zt_err store_commit(struct store *s);
void store_rollback(struct store *s); /* no-op without an open transaction */
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
/* Whether a record of KIND has a key that begins with PREFIX. */
bool store_has(struct store *s, enum store_kind kind, struct bytes prefix);
/* Deletes the records of KIND that were added first until the others' values are MOST bytes at
 * most; *SIZE, if not NULL, is what they are then. */
ZT_CHECKED enum zt_err store_trim(
    struct store *s, enum store_kind kind, uint64_t most, uint64_t *size);
/* When the servers did not answer somebody who has S (port/clock.h, steady); 0: they did since.
 * The caller has taken it. */
uint64_t *store_away(struct store *s);
/* Opens every record. Errors: STORE. */
ZT_CHECKED enum zt_err store_verify(struct store *s, uint64_t *records);

#endif
