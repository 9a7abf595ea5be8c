/* chain.h - what chain.c and checkpoint.c share, and what else reads chains. */
#ifndef ZT_CLIENT_CHAIN_H
#define ZT_CLIENT_CHAIN_H

#include "client/client.h"
#include "proto/metadata.pb-c.h"

/* How far behind its checkpoint a chain is looked at link by link: further back, it is verified
 * from the beginning. */
#define CHAIN_BACK 100000

/* Reads where S stands from the store. */
ZT_CHECKED enum zt_err chain_load(struct space *s);
/* Stores base, goal and checkpoint of S. */
ZT_CHECKED enum zt_err chain_note(struct space *s);
/* The verified link at POSITION, and the time of its changeset (0: it is not known; TIME may be
 * NULL). Errors: NOT_FOUND. */
ZT_CHECKED enum zt_err chain_link(
    struct space *s, uint64_t position, struct hash *out, uint64_t *time);
/* Stores them. */
ZT_CHECKED enum zt_err chain_put_link(
    struct space *s, uint64_t position, const struct hash *link, uint64_t time);
/* Version N of VLOB, or (0) the newest, whether it counts or not. Errors: NOT_FOUND, also for
 * one from before a checkpoint that is not led to yet. */
ZT_CHECKED enum zt_err chain_version(
    struct space *s, const struct id *vlob, uint64_t n, struct space_version *out);
/* The same, of all that is stored; *BEFORE: it is from before a checkpoint. */
ZT_CHECKED enum zt_err chain_stored_version(struct space *s, const struct id *vlob, uint64_t n,
    struct space_version *out, bool *before);
/* A change on its way into the store: of which changeset, and how that counts. */
struct chain_change {
	const struct changeset *cs;
	uint64_t position;
	bool left_out; /* its author had lost access */
	bool before;   /* it stands before the checkpoint */
};
/* Stores the version that change C makes. */
ZT_CHECKED enum zt_err chain_put_version(
    struct space *s, const struct chain_change *of, const struct change *c);
/* Within a transaction: verifies M, which the server puts at POSITION behind *LINK, gives EACH
 * its changes, stores its link and moves *LINK on. */
typedef enum zt_err chain_take_fn(
    struct space *s, const struct chain_change *of, const struct change *c);
ZT_CHECKED enum zt_err chain_take(struct space *s, const Zt__Changeset *m, uint64_t position,
    struct hash *link, chain_take_fn *each);
/* Keeps M, for repairs. */
ZT_CHECKED enum zt_err chain_keep(struct space *s, uint64_t position, const Zt__Changeset *m);
/* What was verified does not lead on, or not back: it is begun anew. Returns an error. */
ZT_CHECKED enum zt_err chain_suspect(struct space *s);
/* S as BEFORE, after a transaction that was not committed. */
void chain_go_back(struct space *s, const struct space *before);
/* Says that the server's chain ends too early. Returns an error. */
ZT_CHECKED enum zt_err chain_refuse_older(struct space *s);
/* What the server shows of the chain from position FROM on, not verified; the caller gives *OUT
 * to pb_free. Errors: ROLLBACK (its chain ends before). */
ZT_CHECKED enum zt_err chain_page(struct space *s, uint64_t from, Zt__ChainPage **out);

/* ---- judge.c ---- */
/* How many entries of the log this device had when it first verified POSITION. */
uint64_t judge_known(const struct space *s, uint64_t position);
/* What is verified from here on, is with the log as it is now. */
void judge_hear(struct space *s);
/* The same up to POSITION, by the word of one who had KNOWN entries then. */
void judge_begin(struct space *s, uint64_t position, uint64_t known);
/* Within a transaction: judges again who counts, where entries came since the last time that
 * pin a place of the chain or declare one void (P6). */
ZT_CHECKED enum zt_err judge_again(struct space *s);
/* The place that a rotation may pin: as far as this device, or a colleague whose statement
 * stands in chain or log, had verified the chain before the first loss that nothing pins yet.
 */
ZT_CHECKED enum zt_err judge_pin(struct space *s, uint64_t *position, struct hash *link);

/* ---- backfill.c ---- */
/* Verifies all that stands before the base, or begins anew. */
ZT_CHECKED enum zt_err backfill_all(struct space *s);

/* ---- checkpoint.c ---- */
/* Within a transaction, for a space that knows nothing yet: takes over the newest checkpoint of
 * a member whose word counts. Errors: NOT_FOUND (there is none), or what is wrong with it; the
 * caller rolls back. */
ZT_CHECKED enum zt_err checkpoint_begin(struct space *s);
/* Within a transaction: whether *LINK stands at POSITION, before the base, by the links
 * between; these are stored. Errors: FORK (it does not). */
ZT_CHECKED enum zt_err checkpoint_link(
    struct space *s, uint64_t position, const struct hash *link);

#endif
