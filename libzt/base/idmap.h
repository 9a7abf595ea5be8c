/* idmap.h - a table from ids to pointers; it owns neither. Ids are random, or chosen by members
 * who gain nothing by collisions but slower look-ups within one bounded log. */
#ifndef ZT_BASE_IDMAP_H
#define ZT_BASE_IDMAP_H

#include "base/id.h"

struct idmap_slot {
	struct id id;
	void *value;
};

struct idmap {
	struct idmap_slot *slots;
	size_t count, cap;
};

/* The value of ID, or NULL. */
void *idmap_get(const struct idmap *m, const struct id *id);
/* Adds or replaces. VALUE is not NULL. Errors: MEMORY. */
ZT_CHECKED enum zt_err idmap_put(struct idmap *m, const struct id *id, void *value);
/* The next value at or after slot *AT, which starts at 0; NULL at the end. No order is
 * promised. */
void *idmap_next(const struct idmap *m, size_t *at);
/* Releases the table; gives each value to FREE_VALUE unless that is NULL. */
void idmap_free(struct idmap *m, void (*free_value)(void *));

#endif
