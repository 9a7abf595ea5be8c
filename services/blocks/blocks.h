/* blocks.h - what the blocks service keeps in memory, and its handlers. */
#ifndef ZT_BLOCKS_H
#define ZT_BLOCKS_H

#include <pthread.h>

#include "blocks/backend.h"
#include "common/service.h"
#include "crypto/idmap.h"

struct blocks_settings {
	struct service_settings base;
	char folder[CONFIG_TEXT_MOST];
};

struct usage; /* of one organization */

struct blocks {
	struct backend *backend;
	pthread_mutex_t lock;   /* over usage; nobody walks folders while holding it */
	pthread_cond_t counted; /* a count has ended */
	struct idmap usage;     /* by organization, once it was asked for */
};

/* What ORG's blocks take, counted once and kept up from then on, and what lies BESIDE them in
 * metadata, as far as it has told (0 before that). Errors: IO, MEMORY. */
ZT_CHECKED enum zt_err usage_of(
    struct blocks *b, const struct id *org, uint64_t *bytes, uint64_t *beside);
/* Metadata tells. Errors: MEMORY. */
ZT_CHECKED enum zt_err usage_beside(struct blocks *b, const struct id *org, uint64_t beside);
/* A new block of N bytes stands; nothing where nobody has asked yet. */
void usage_add(struct blocks *b, const struct id *org, uint64_t n);

/* After blocks were taken away. Errors: IO. */
ZT_CHECKED enum zt_err usage_recount(struct blocks *b, const struct id *org);
/* Takes the blocks of workspaces away whose deletion is due. */
void blocks_sweep(void *state, struct service *s, struct db *db);

handler block_calls_put, block_calls_get, block_calls_held, block_calls_usage;

#endif
