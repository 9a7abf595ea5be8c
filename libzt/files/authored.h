/* SPDX-License-Identifier: Apache-2.0 */
/* authored.h - what everything that is signed in a space says of its author, and whether it is
 * valid and counts (P2, P6): changesets and messages are judged by the same code. */
#ifndef ZT_FILES_AUTHORED_H
#define ZT_FILES_AUTHORED_H

#include "format/statement.h"
#include "trust/merkle.h"
#include "trust/org_state.h"

/* Borrows from a changeset or a message. */
struct authored {
	const struct id *org, *space, *author;
	unsigned generation;
	uint64_t parent_position, seen_size;
	const struct hash *seen_root;
	const struct statement *stmt;
	enum statement_kind kind;
	bool is_adjacent; /* valid only directly behind its parent */
};
/* The position in its chain or topic, and its verifier's log when it first verified it. */
struct authored_place {
	const struct id *topic; /* of messages; NULL: the chain of the workspace's files */
	uint64_t position;      /* from 1 */
	uint64_t known;         /* the verifier's log size then */
};
/* Why one is refused, in the words of its kind; static. */
struct authored_words {
	const char *elsewhere, *no_place, *not_adjacent, *other_log, *no_device, *signature,
	    *no_right, *old_key, *late;
};

/* Checks that A is valid at PLACE of W by the log of O: its author had the right to write, and
 * A the current key generation, at the log position that A names. The caller checks A's parent.
 * On refusal *MESSAGE is one of WORDS. Errors: FORK (names a head that is not of this log, or a
 * place that is not), FORBIDDEN, REVOKED (see authored_counts), UNKNOWN_DEVICE, STALE_KEY,
 * SIGNATURE, CORRUPT. */
ZT_CHECKED enum zt_err authored_check(const struct org_state *o, const struct org_workspace *w,
    const struct authored *a, const struct authored_place *place,
    const struct authored_words *words, const char **message);
/* Checks what a service takes as new: A must be right as of now too, and not only as of what
 * its author had seen. FURTHEST: the furthest place of its chain or topic that the log pins.
 * Errors: RESTORED (the log pins a place that is not there), STALE_KEY, FORBIDDEN. */
ZT_CHECKED enum zt_err authored_check_now(const struct org_state *o,
    const struct org_workspace *w, const struct authored *a, uint64_t position,
    uint64_t furthest, const struct authored_words *words, const char **message);
/* Checks that what was signed at TIME names, as the parent link SAID, the LINK that is there,
 * and is no older than what is there, signed at BEFORE (0: not known). Errors: FORK (it was
 * built on another history), CLOCK. */
ZT_CHECKED enum zt_err authored_check_parent(
    const struct hash *said, uint64_t time, const struct hash *link, uint64_t before);
/* Promise P6: whether what device D signed, at SEEN log entries, counts at PLACE although D or
 * its user may have lost the right to write since. It counts up to the position that the log
 * pins for that loss; while no entry pins one, only if the verifier had it before it learned of
 * the loss. A new entry of W's topic of the log may change the answer. */
bool authored_counts(const struct org_workspace *w, const struct org_device *d, uint64_t seen,
    const struct authored_place *place);

#endif
