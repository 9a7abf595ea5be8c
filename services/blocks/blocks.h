/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* blocks.h - the blocks service's memory, and its handlers. */
#ifndef ZT_BLOCKS_H
#define ZT_BLOCKS_H

#include <pthread.h>

#include "blocks/backend.h"
#include "crypto/idmap.h"
#include "frame/service.h"

struct blocks_settings {
	struct service_settings base;
	char folder[CONFIG_TEXT_MAX];
};

struct usage; /* of one organization */

struct blocks {
	struct backend *backend;
	pthread_mutex_t lock;   /* guards usage; never held while walking folders */
	pthread_cond_t counted; /* a count has finished */
	struct idmap usage;     /* by organization, from its first request on */
};

/* For metadata: the bytes of ORG's blocks, those in flight included (counted once and kept
 * current from then on). Stores BESIDE, the bytes in metadata, unless both exceed MAX (0: no
 * limit). Errors: IO, MEMORY. */
ZT_CHECKED enum zt_err usage_beside(
    struct blocks *b, const struct id *org, uint64_t beside, uint64_t max, uint64_t *bytes);
/* Reserves N bytes for a block before it is put, so that concurrent puts share what is left;
 * the total must not exceed MAX (0: no limit). After the put, usage_end releases the
 * reservation; ADDED: the block is new. Errors: LIMIT, IO, MEMORY. */
ZT_CHECKED enum zt_err usage_take(
    struct blocks *b, const struct id *org, uint64_t n, uint64_t max);
void usage_end(struct blocks *b, const struct id *org, uint64_t n, bool added);

/* Counts again after blocks were deleted. Errors: IO. */
ZT_CHECKED enum zt_err usage_recount(struct blocks *b, const struct id *org);
/* Deletes the blocks of workspaces whose deletion is due. */
void blocks_sweep(void *state, struct service *s, struct db *db);

handler block_calls_put, block_calls_get, block_calls_held, block_calls_usage;

#endif
