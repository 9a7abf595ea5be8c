/* restored.h - a chain that was longer once: how it is known, and where it must lead again. */
#ifndef ZT_METADATA_RESTORED_H
#define ZT_METADATA_RESTORED_H

#include "metadata/metadata.h"
#include "metadata/push.h"

/* Marks all chains of a database that no marks were kept of. Errors: DATABASE, IO, MEMORY. */
ZT_CHECKED enum zt_err restored_mark_all(struct metadata *md, struct db *db);
/* RESTORED when the chain of WORKSPACE, which stands at POSITION, was longer once. */
ZT_CHECKED enum zt_err restored_check_at(struct metadata *md, const struct id *org,
    const struct id *workspace, uint64_t position, struct rpc_answer *out);
/* The same of the workspace that RQ is about, wherever its chain stands. */
ZT_CHECKED enum zt_err restored_check(
    struct metadata *md, const struct request *rq, struct rpc_answer *out);
/* Whether LINK is known to have stood at POSITION of the chain. Errors: DATABASE. */
ZT_CHECKED enum zt_err restored_is_goal(
    const struct request *rq, uint64_t position, const struct hash *link, bool *is);
/* What led to P's place is not needed any more. Errors: DATABASE. */
ZT_CHECKED enum zt_err restored_forget(const struct push *p);

#endif
