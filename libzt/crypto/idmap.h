/* SPDX-License-Identifier: Apache-2.0 */
/* idmap.h - a table from ids to pointers; it owns neither. Each table has a random key, so
 * that a peer who chooses ids cannot make them collide. It grows incrementally: no call moves
 * more than a few entries. */
#ifndef ZT_CRYPTO_IDMAP_H
#define ZT_CRYPTO_IDMAP_H

#include "crypto/hash.h"

struct idmap_slot {
	struct id id;
	void *value;
};

struct idmap_table {
	struct idmap_slot *slots;
	size_t cap, used; /* used: not free; removed ones count */
};

/* All zeros is an empty map. */
struct idmap {
	struct idmap_table now, old; /* each put moves a few slots from OLD to NOW */
	size_t moved;                /* slots of OLD already moved */
	size_t count;
	struct hash_key key;
};

/* The value of ID, or NULL. */
void *idmap_get(const struct idmap *m, const struct id *id);
/* Adds or replaces. VALUE is not NULL. Errors: MEMORY. */
ZT_CHECKED enum zt_err idmap_put(struct idmap *m, const struct id *id, void *value);
/* Takes ID out and returns its value, or NULL. */
void *idmap_remove(struct idmap *m, const struct id *id);
/* The next value at or after slot *AT, which starts at 0; NULL at the end. In no order.
 * Between two calls put nothing; values already returned may be removed. */
void *idmap_next(const struct idmap *m, size_t *at);
/* Releases the table; gives each value to FREE_VALUE unless that is NULL. */
void idmap_free(struct idmap *m, void (*free_value)(void *));

#endif
