/* SPDX-License-Identifier: Apache-2.0 */
/* chain.h - what the files of this room share: taking a changeset, judging it again,
 * checkpoints. */
#ifndef ZT_CHAIN_CHAIN_H
#define ZT_CHAIN_CHAIN_H

#include "chain/records.h"
#include "chain/workspace.h"
#include "proto/metadata.pb-c.h"
#include "session/session.h"

/* How many positions before its checkpoint a parent link is checked link by link; for older
 * ones the chain is verified from 1. */
#define CHAIN_BACK 100000

/* Within a transaction: verifies M, which the server puts at POSITION after chain hash *LINK,
 * passes its changes to EACH, stores its chain hash and moves *LINK on. */
typedef enum zt_err chain_take_fn(
    struct workspace *s, const struct chain_change *of, const struct change *c);
ZT_CHECKED enum zt_err chain_take(struct workspace *s, const Zt__Changeset *m,
    uint64_t position, struct hash *link, chain_take_fn *each);

/* ---- steps.c ---- */
/* The log size of this device when it first verified POSITION. */
uint64_t judge_known(const struct workspace *s, uint64_t position);
/* Records that the chain is verified with the current log from here on. */
void judge_hear(struct workspace *s);
/* The same up to POSITION, for a checkpoint's author whose log had KNOWN entries. */
void judge_begin(struct workspace *s, uint64_t position, uint64_t known);

/* ---- judge.c ---- */
/* Within a transaction: re-evaluates which changesets count, if new log entries pin a position
 * of the chain or void one (P6). */
ZT_CHECKED enum zt_err judge_again(struct workspace *s);
/* The position that a rotation may pin: the furthest that this device, or a colleague by a
 * statement in chain or log, had verified before the first loss of access that nothing pins
 * yet. */
ZT_CHECKED enum zt_err judge_pin(struct workspace *s, uint64_t *position, struct hash *link);

/* ---- backfill.c ---- */
/* Verifies the whole chain before the base, or restarts from position 0. */
ZT_CHECKED enum zt_err backfill_all(struct workspace *s);

/* ---- checkpoint.c ---- */
struct checkpoint;
/* The newest checkpoint of a member whose word counts, in OUT. Errors: NOT_FOUND. */
ZT_CHECKED enum zt_err checkpoint_find(struct workspace *s, struct checkpoint *out);
/* Within a transaction, for a workspace at position 0: starts from the newest checkpoint of a
 * member who may sign one. Errors: NOT_FOUND (no checkpoint), or why it is refused; the caller
 * rolls back. */
ZT_CHECKED enum zt_err checkpoint_begin(struct workspace *s);
/* Within a transaction: checks that *LINK is the chain hash at POSITION, before the base,
 * through the hashes between, which are stored. Errors: FORK (it is not). */
ZT_CHECKED enum zt_err checkpoint_link(
    struct workspace *s, uint64_t position, const struct hash *link);

#endif
