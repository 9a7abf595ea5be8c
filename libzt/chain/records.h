/* SPDX-License-Identifier: Apache-2.0 */
/* records.h - what the store holds of a chain, and what only that decides. */
#ifndef ZT_CHAIN_RECORDS_H
#define ZT_CHAIN_RECORDS_H

#include "chain/workspace.h"
#include "history/chain_reader.h"
#include "proto/metadata.pb-c.h"
#include "session/session.h"

/* Loads the chain state of S from the store. */
ZT_CHECKED enum zt_err chain_load(struct workspace *s);
/* Stores base, goal and checkpoint of S. */
ZT_CHECKED enum zt_err chain_note(struct workspace *s);
/* The verified chain hash at POSITION, and the time of its changeset (0: unknown; TIME may be
 * NULL). Errors: NOT_FOUND. */
ZT_CHECKED enum zt_err chain_link(
    struct workspace *s, uint64_t position, struct hash *out, uint64_t *time);
/* Stores both. */
ZT_CHECKED enum zt_err chain_put_link(
    struct workspace *s, uint64_t position, const struct hash *link, uint64_t time);
/* Version N of VLOB, or the newest (0), excluded ones included. Errors: NOT_FOUND, also for
 * one from before a checkpoint that backfill has not confirmed yet. */
ZT_CHECKED enum zt_err chain_version(
    struct workspace *s, const struct id *vlob, uint64_t n, struct workspace_version *out);
/* The same for every stored version; *BEFORE: it is from before a checkpoint. */
ZT_CHECKED enum zt_err chain_stored_version(struct workspace *s, const struct id *vlob,
    uint64_t n, struct workspace_version *out, bool *before);
/* Stores the version that change C makes. */
ZT_CHECKED enum zt_err chain_put_version(
    struct workspace *s, const struct chain_change *of, const struct change *c);
/* Stores M for repairs. */
ZT_CHECKED enum zt_err chain_keep(
    struct workspace *s, uint64_t position, const Zt__Changeset *m);
/* The same for PUSH, an encoded request. */
ZT_CHECKED enum zt_err chain_keep_push(
    struct workspace *s, uint64_t position, struct bytes push);
/* The checkpoint contradicts the chain: discard it and restart from position 0. Returns an
 * error. */
ZT_CHECKED enum zt_err chain_suspect(struct workspace *s);
/* Resets S to BEFORE after a transaction that was rolled back. */
void chain_go_back(struct workspace *s, const struct chain_cursor *before);
/* Sets the sentence that the server's chain ends too early. Returns an error. */
ZT_CHECKED enum zt_err chain_refuse_older(struct workspace *s);
/* Fetches a page of the chain from position FROM on, unverified; the caller gives *OUT to
 * pb_free. Errors: ROLLBACK (its chain ends before FROM). */
ZT_CHECKED enum zt_err chain_page(struct workspace *s, uint64_t from, Zt__ChainPage **out);
/* Sets the sentence that the changeset at POSITION is refused, and MESSAGE; returns ERR. */
enum zt_err chain_refuse(
    struct workspace *s, enum zt_err err, uint64_t position, const char *message);

#endif
