/* idmap.h - a table from ids to pointers; it owns neither. Ids may be chosen by strangers: each
 * table has a random key, so that nobody can choose ids that meet in one place. It grows by and
 * by: no call moves more than a few entries, however many there are. */
#ifndef ZT_CRYPTO_IDMAP_H
#define ZT_CRYPTO_IDMAP_H

#include "crypto/hash.h"

struct idmap_slot {
	struct id id;
	void *value;
};

struct idmap_table {
	struct idmap_slot *slots;
	size_t cap, used; /* used: not free, also those that were removed */
};

/* All zeros is an empty one. */
struct idmap {
	struct idmap_table now, old; /* OLD moves over to NOW, a few slots with each put */
	size_t moved;                /* so many slots of it have */
	size_t count;
	struct hash_key key;
};

/* The value of ID, or NULL. */
void *idmap_get(const struct idmap *m, const struct id *id);
/* Adds or replaces. VALUE is not NULL. Errors: MEMORY. */
ZT_CHECKED enum zt_err idmap_put(struct idmap *m, const struct id *id, void *value);
/* Takes ID out and returns its value, or NULL. */
void *idmap_remove(struct idmap *m, const struct id *id);
/* The next value at or after slot *AT, which starts at 0; NULL at the end. No order is
 * promised; between two calls nothing may be put, but what was shown may be removed. */
void *idmap_next(const struct idmap *m, size_t *at);
/* Releases the table; gives each value to FREE_VALUE unless that is NULL. */
void idmap_free(struct idmap *m, void (*free_value)(void *));

#endif
