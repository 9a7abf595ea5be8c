/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* restored.h - a chain that was longer once: how the service detects it, and where it must
 * lead again. */
#ifndef ZT_METADATA_RESTORED_H
#define ZT_METADATA_RESTORED_H

#include "metadata/metadata.h"
#include "metadata/push.h"

/* Creates marks for all chains of a database that has none. Errors: DATABASE, IO, MEMORY. */
ZT_CHECKED enum zt_err restored_mark_all(struct metadata *md, struct db *db);
/* RESTORED if the chain of WORKSPACE, now at POSITION, was longer once. */
ZT_CHECKED enum zt_err restored_check_at(struct metadata *md, const struct id *org,
    const struct id *workspace, uint64_t position, struct rpc_answer *out);
/* The same for RQ's workspace at its chain's position. */
ZT_CHECKED enum zt_err restored_check(
    struct metadata *md, const struct request *rq, struct rpc_answer *out);
/* Sets *IS: whether LINK is known as the chain's hash at POSITION before the loss. Errors:
 * DATABASE. */
ZT_CHECKED enum zt_err restored_is_goal(
    const struct request *rq, uint64_t position, const struct hash *link, bool *is);
/* Deletes the goals that P's position has reached. Errors: DATABASE. */
ZT_CHECKED enum zt_err restored_forget(const struct push *p);

#endif
