/* SPDX-License-Identifier: Apache-2.0 */
/* chain.h - functions on a workspace's chain shared by chain.c, judge.c, backfill.c and
 * checkpoint.c. */
#ifndef ZT_CLIENT_CHAIN_H
#define ZT_CLIENT_CHAIN_H

#include "chain/space.h"
#include "proto/metadata.pb-c.h"
#include "session/session.h"

/* How many positions before its checkpoint a parent link is checked link by link; for older
 * ones the chain is verified from 1. */
#define CHAIN_BACK 100000

/* Loads the chain state of S from the store. */
ZT_CHECKED enum zt_err chain_load(struct space *s);
/* Stores base, goal and checkpoint of S. */
ZT_CHECKED enum zt_err chain_note(struct space *s);
/* The verified chain hash at POSITION, and the time of its changeset (0: unknown; TIME may be
 * NULL). Errors: NOT_FOUND. */
ZT_CHECKED enum zt_err chain_link(
    struct space *s, uint64_t position, struct hash *out, uint64_t *time);
/* Stores both. */
ZT_CHECKED enum zt_err chain_put_link(
    struct space *s, uint64_t position, const struct hash *link, uint64_t time);
/* Version N of VLOB, or the newest (0), excluded ones included. Errors: NOT_FOUND, also for
 * one from before a checkpoint that backfill has not confirmed yet. */
ZT_CHECKED enum zt_err chain_version(
    struct space *s, const struct id *vlob, uint64_t n, struct space_version *out);
/* The same for every stored version; *BEFORE: it is from before a checkpoint. */
ZT_CHECKED enum zt_err chain_stored_version(struct space *s, const struct id *vlob, uint64_t n,
    struct space_version *out, bool *before);
/* The changeset of a change being stored, and how it counts. */
struct chain_change {
	const struct changeset *cs;
	uint64_t position;
	bool left_out; /* excluded: its author had lost access */
	bool before;   /* it precedes the checkpoint */
};
/* Stores the version that change C makes. */
ZT_CHECKED enum zt_err chain_put_version(
    struct space *s, const struct chain_change *of, const struct change *c);
/* Within a transaction: verifies M, which the server puts at POSITION after chain hash *LINK,
 * passes its changes to EACH, stores its chain hash and moves *LINK on. */
typedef enum zt_err chain_take_fn(
    struct space *s, const struct chain_change *of, const struct change *c);
ZT_CHECKED enum zt_err chain_take(struct space *s, const Zt__Changeset *m, uint64_t position,
    struct hash *link, chain_take_fn *each);
/* Stores M for repairs. */
ZT_CHECKED enum zt_err chain_keep(struct space *s, uint64_t position, const Zt__Changeset *m);
/* The checkpoint contradicts the chain: discard it and restart from position 0. Returns an
 * error. */
ZT_CHECKED enum zt_err chain_suspect(struct space *s);
/* Resets S to BEFORE after a transaction that was rolled back. */
void chain_go_back(struct space *s, const struct space *before);
/* Sets the sentence that the server's chain ends too early. Returns an error. */
ZT_CHECKED enum zt_err chain_refuse_older(struct space *s);
/* Fetches a page of the chain from position FROM on, unverified; the caller gives *OUT to
 * pb_free. Errors: ROLLBACK (its chain ends before FROM). */
ZT_CHECKED enum zt_err chain_page(struct space *s, uint64_t from, Zt__ChainPage **out);

/* ---- judge.c ---- */
/* The log size of this device when it first verified POSITION. */
uint64_t judge_known(const struct space *s, uint64_t position);
/* Records that the chain is verified with the current log from here on. */
void judge_hear(struct space *s);
/* The same up to POSITION, for a checkpoint's author whose log had KNOWN entries. */
void judge_begin(struct space *s, uint64_t position, uint64_t known);
/* Within a transaction: re-evaluates which changesets count, if new log entries pin a position
 * of the chain or void one (P6). */
ZT_CHECKED enum zt_err judge_again(struct space *s);
/* The position that a rotation may pin: the furthest that this device, or a colleague by a
 * statement in chain or log, had verified before the first loss of access that nothing pins
 * yet. */
ZT_CHECKED enum zt_err judge_pin(struct space *s, uint64_t *position, struct hash *link);

/* ---- backfill.c ---- */
/* Verifies the whole chain before the base, or restarts from position 0. */
ZT_CHECKED enum zt_err backfill_all(struct space *s);

/* ---- checkpoint.c ---- */
/* Within a transaction, for a space at position 0: starts from the newest checkpoint of a
 * member who may sign one. Errors: NOT_FOUND (no checkpoint), or why it is refused; the caller
 * rolls back. */
ZT_CHECKED enum zt_err checkpoint_begin(struct space *s);
/* Within a transaction: checks that *LINK is the chain hash at POSITION, before the base,
 * through the hashes between, which are stored. Errors: FORK (it is not). */
ZT_CHECKED enum zt_err checkpoint_link(
    struct space *s, uint64_t position, const struct hash *link);

#endif
