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

/* Metadata asks what ORG's blocks take, those under way included (counted once and kept up from
 * then on), and tells what lies BESIDE them there; that is kept unless it makes more than MOST
 * of both (0: no limit). Errors: IO, MEMORY. */
ZT_CHECKED enum zt_err usage_beside(
    struct blocks *b, const struct id *org, uint64_t beside, uint64_t most, uint64_t *bytes);
/* Takes room for a block of N bytes before it is put, so that many puts at once share what is
 * left: no more than MOST with all that there is (0: no limit). Once the put has ended,
 * usage_end says whether the block was ADDED. Errors: LIMIT, IO, MEMORY. */
ZT_CHECKED enum zt_err usage_take(
    struct blocks *b, const struct id *org, uint64_t n, uint64_t most);
void usage_end(struct blocks *b, const struct id *org, uint64_t n, bool added);

/* After blocks were taken away. Errors: IO. */
ZT_CHECKED enum zt_err usage_recount(struct blocks *b, const struct id *org);
/* Takes the blocks of workspaces away whose deletion is due. */
void blocks_sweep(void *state, struct service *s, struct db *db);

handler block_calls_put, block_calls_get, block_calls_held, block_calls_usage;

#endif
