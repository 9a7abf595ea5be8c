/* blocks.h - what the blocks service keeps in memory, and its handlers. */
#ifndef ZT_BLOCKS_H
#define ZT_BLOCKS_H

#include "blocks/backend.h"
#include "common/service.h"

struct blocks_settings {
	struct service_settings base;
	char folder[CONFIG_TEXT_MOST];
};

struct blocks {
	struct backend *backend;
};

handler block_calls_put, block_calls_get, block_calls_held;

#endif
