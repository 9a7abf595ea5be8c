/* marks.h - how far this service once was, in a file outside its database: an older database
 * does not bring its own past along.
 *
 * A mark is a position with its hash, of an organization or of one topic of it: the size and
 * root of a trust log, the length and newest link of a chain. Whoever acknowledges raises the
 * mark first. A position below its mark means that an older database was restored.
 *
 * The file is the line "zt marks 1", then records of 96 bytes, each with a checksum; the newest
 * of a topic counts. Each record is written at once, so that a killed process loses none; a
 * thread syncs them, a fifth of a second later at most, so that no answer waits for the disk a
 * second time: what a power cut takes from the file is less than that. A torn end is cut off.
 * Thread-safe; one process at a time holds the file. NULL marks are none. */
#ifndef ZT_COMMON_MARKS_H
#define ZT_COMMON_MARKS_H

#include "base/id.h"
#include "crypto/hash.h"

struct marks;

struct mark {
	uint64_t position; /* 0: none */
	struct hash hash;
	uint64_t given_up; /* when the operator last gave up what was lost, milliseconds; 0 */
};

/* Opens the file PATH. *IS_NEW: there is none yet; it is made by marks_settle, once the caller
 * has raised what its database holds. Errors: CONFIG (cannot be opened, is held by another, or
 * is damaged: WHY says so), MEMORY. */
ZT_CHECKED enum zt_err marks_open(
    const char *path, struct marks **out, bool *is_new, char why[200]);
/* Writes a new file whole. Errors: IO. */
ZT_CHECKED enum zt_err marks_settle(struct marks *m);
void marks_close(struct marks *m);
/* The mark of TOPIC (NULL: of the organization); all zero where there is none. */
struct mark marks_get(struct marks *m, const struct id *org, const struct id *topic);
/* Raises it to POSITION; nothing when it is there or beyond. Errors: IO, MEMORY. */
ZT_CHECKED enum zt_err marks_raise(struct marks *m, const struct id *org,
    const struct id *topic, uint64_t position, const struct hash *hash);
/* Sets it to whatever MARK says, lower too; on the disk when this returns. Errors: IO, MEMORY.
 */
ZT_CHECKED enum zt_err marks_set(
    struct marks *m, const struct id *org, const struct id *topic, const struct mark *mark);
/* Drops each mark of ORG's topics. Errors: IO. */
ZT_CHECKED enum zt_err marks_drop_topics(struct marks *m, const struct id *org);

#endif
