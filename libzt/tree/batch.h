/* SPDX-License-Identifier: Apache-2.0 */
/* batch.h - changes gathered into changesets. */
#ifndef ZT_TREE_BATCH_H
#define ZT_TREE_BATCH_H

#include <sys/stat.h>

#include "chain/workspace.h"
#include "session/session.h"
#include "tree/tree.h"

struct batch;
ZT_CHECKED enum zt_err batch_new(struct workspace *s, struct batch **out);
void batch_free(struct batch *b);
/* Takes ownership of M, also on failure: the next version of VLOB. The caller may still add
 * content (about SIZE bytes) to M until the batch is sent. ADDS_BLOCKS: its blocks are new. */
ZT_CHECKED enum zt_err batch_write(
    struct batch *b, const struct id *vlob, Zt__Manifest *m, bool adds_blocks, uint64_t size);
/* Of the blocks of the last batch_write these are new, and no others: ids, one after the other,
 * which live until the batch is freed. */
void batch_adds(struct batch *b, struct bytes ids);
/* *OBJECT gets the hash of the last batch_write's sealed object, each time that it is sealed:
 * by that the caller knows it again. OBJECT lives until the batch is freed. */
void batch_seals_as(struct batch *b, struct hash *object);
/* Removes the last batch_write again, before anything else is added to B. */
void batch_take_back(struct batch *b);
/* What the entry must be when sent: absent, that very object, or anything. */
enum batch_expect { BATCH_ABSENT, BATCH_SAME, BATCH_ANY };
/* The last batch_write was read from the local file ST; noted once it is sent. */
void batch_from(struct batch *b, const struct stat *st);
/* A folder's attributes: mode and time of the local one. */
struct batch_look {
	unsigned mode, modified_ns;
	int64_t modified;
};
ZT_CHECKED enum zt_err batch_look(
    struct batch *b, const struct id *vlob, const struct batch_look *look);
/* The folder at WAY is new in this batch; WAY lives until the batch is freed. */
ZT_CHECKED enum zt_err batch_hang(struct batch *b, struct tree_way *way);
/* Requires the folder WAY to be in the tree when the batch is sent, and still afterwards; if
 * NAME is not empty, it must be VLOB there. Otherwise sending fails with CONFLICT. */
ZT_CHECKED enum zt_err batch_need(
    struct batch *b, struct tree_way *way, struct bytes name, const struct id *vlob);
/* Sets or removes NAME in FOLDER when the batch is sent; applied again to the newest folder
 * after a conflict. */
ZT_CHECKED enum zt_err batch_link(struct batch *b, const struct id *folder, struct bytes name,
    const struct tree_entry *to, enum batch_expect expect);
ZT_CHECKED enum zt_err batch_unlink(
    struct batch *b, const struct id *folder, struct bytes name, const struct id *expect);
/* A folder that is new in this batch. */
ZT_CHECKED enum zt_err batch_folder(struct batch *b, const struct id *vlob);
/* Seals and signs the batch and starts to send it. The batch must not change until
 * batch_finish has the answer; that retries on top of others' changes after a conflict, and
 * empties the batch. */
ZT_CHECKED enum zt_err batch_start(struct batch *b);
ZT_CHECKED enum zt_err batch_finish(struct batch *b);
/* Both without a retry: another writer's change ends it with CONFLICT or STALE_KEY. */
ZT_CHECKED enum zt_err batch_send_once(struct batch *b);
/* Whether the caller should send before adding more. */
bool batch_is_full(const struct batch *b);
/* Whether nothing else should be under way with it: the line is slow. */
bool batch_needs_line(const struct batch *b);

#endif
