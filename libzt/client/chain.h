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
/* The verified link at POSITION. Errors: NOT_FOUND. */
ZT_CHECKED enum zt_err chain_link(struct space *s, uint64_t position, struct hash *out);
/* Version N of VLOB, or (0) the newest, whether it counts or not. Errors: NOT_FOUND. */
ZT_CHECKED enum zt_err chain_version(
    struct space *s, const struct id *vlob, uint64_t n, struct space_version *out);
/* Stores the version that change C of CS makes. */
ZT_CHECKED enum zt_err chain_put_version(struct space *s, const struct changeset *cs,
    const struct change *c, uint64_t position, bool left_out);
/* What the server shows of the chain from position FROM on, not verified; the caller gives *OUT
 * to pb_free. Errors: ROLLBACK (its chain ends before). */
ZT_CHECKED enum zt_err chain_page(struct space *s, uint64_t from, Zt__ChainPage **out);

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
