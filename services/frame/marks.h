/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* marks.h - how far each log and chain once was, in a file outside the service's database, so
 * that a restored older database is detected.
 *
 * A mark is a position with its hash, for an organization or one of its topics: size and root
 * of a trust log, length and newest hash of a chain. A service raises the mark before it
 * acknowledges. A position below its mark means that an older database was restored.
 *
 * The file is the line "zt marks 1", then records of 96 bytes, each with a checksum; the
 * newest of a topic counts. Each record is written at once, so that a killed process loses
 * none. A thread syncs them within a fifth of a second, so that no answer waits for the disk a
 * second time; a power cut can remove at most those records. A torn end is cut off.
 * Thread-safe; one process at a time holds the file. NULL marks: keeps none. */
#ifndef ZT_FRAME_MARKS_H
#define ZT_FRAME_MARKS_H

#include "base/id.h"
#include "crypto/hash.h"

struct marks;

struct mark {
	uint64_t position; /* 0: none */
	struct hash hash;
	uint64_t given_up; /* when the operator last accepted a loss, milliseconds; 0 */
};

/* Opens the file PATH. *IS_NEW: it does not exist; marks_settle makes it, once the caller has
 * raised the marks of its database's contents. Errors: CONFIG (cannot be opened, held by
 * another process, or damaged: MESSAGE says which), MEMORY. */
ZT_CHECKED enum zt_err marks_open(
    const char *path, struct marks **out, bool *is_new, char message[200]);
/* Writes a new file atomically. Errors: IO. */
ZT_CHECKED enum zt_err marks_settle(struct marks *m);
void marks_close(struct marks *m);
/* The mark of TOPIC (NULL: of the organization); all zero where there is none. */
struct mark marks_get(struct marks *m, const struct id *org, const struct id *topic);
/* Raises it to POSITION, where the database is; no-op if it is there or beyond. Errors: IO,
 * MEMORY. */
ZT_CHECKED enum zt_err marks_raise(struct marks *m, const struct id *org,
    const struct id *topic, uint64_t position, const struct hash *hash);
/* ERR of marks_raise for what a caller asked for and is in the database: nobody may read of it
 * that it was refused. Errors: TIMEOUT (it is not marked, which is logged). */
ZT_CHECKED enum zt_err marks_of_done(enum zt_err err);
/* Sets it to MARK, even if lower; synced to disk on return. Errors: IO, MEMORY. */
ZT_CHECKED enum zt_err marks_set(
    struct marks *m, const struct id *org, const struct id *topic, const struct mark *mark);
/* Notes that at NOW_MS the operator gave up what chains of ORG lost, where the log's mark may
 * stay; errors as marks_set. And the last such time, or that of the log's mark if later: a log
 * is not given up without its chains. */
ZT_CHECKED enum zt_err marks_give_up_chains(
    struct marks *m, const struct id *org, uint64_t now_ms);
uint64_t marks_chains_given_up(struct marks *m, const struct id *org);
/* Calls EACH for each topic of ORG that has a mark; EACH calls nothing of these marks. */
void marks_each_topic(struct marks *m, const struct id *org,
    void (*each)(void *ctx, const struct id *topic, const struct mark *mark), void *ctx);

#endif
