/* SPDX-License-Identifier: Apache-2.0 */
/* lost.h - which blocks the server has lost, as it says itself: a disk failed, or its backup of
 * the blocks was older than that of the database. It is asked by a repair that brings nothing
 * (chain/bring.h), once for each changeset, so that no block is fetched or sent for the
 * question. A server that lies is found by who reads. */
#ifndef ZT_CONTENT_LOST_H
#define ZT_CONTENT_LOST_H

#include "chain/workspace.h"
#include "proto/files.pb-c.h"

struct lost;

/* Errors: MEMORY. */
ZT_CHECKED enum zt_err lost_new(struct workspace *s, struct lost **out);
void lost_free(struct lost *l);
/* Sets *ANY: whether the server lacks a block of F, the content of version VERSION of VLOB.
 * Blocks of which this device does not know the changeset are not asked for. Errors: those of
 * the call. */
ZT_CHECKED enum zt_err lost_any(struct lost *l, const struct id *vlob, uint64_t version,
    const Zt__FileManifest *f, bool *any);

#endif
