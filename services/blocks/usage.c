/* usage.c - how much an organization stores, for the operator and the operator's limits. */
#include <stdlib.h>

#include "blocks/blocks.h"

struct usage {
	uint64_t bytes;
};

static enum zt_err
count(struct blocks *b, const struct id *org, struct usage **out)
{
	struct usage *u = calloc(1, sizeof *u);
	enum zt_err err = ZT_ERR_MEMORY;

	if (u == NULL)
		return err;
	if ((err = b->backend->usage(b->backend, org, &u->bytes)) ||
	    (err = idmap_put(&b->usage, org, u)))
		free(u);
	else
		*out = u;
	return err;
}

enum zt_err
usage_of(struct blocks *b, const struct id *org, uint64_t *bytes)
{
	struct usage *u;
	enum zt_err err = ZT_OK;

	(void)pthread_mutex_lock(&b->lock);
	if ((u = idmap_get(&b->usage, org)) == NULL)
		err = count(b, org, &u);
	if (err == ZT_OK)
		*bytes = u->bytes;
	(void)pthread_mutex_unlock(&b->lock);
	return err;
}

void
usage_add(struct blocks *b, const struct id *org, uint64_t n)
{
	struct usage *u;

	(void)pthread_mutex_lock(&b->lock);
	if ((u = idmap_get(&b->usage, org)) != NULL)
		u->bytes += n;
	(void)pthread_mutex_unlock(&b->lock);
}

enum zt_err
usage_recount(struct blocks *b, const struct id *org)
{
	struct usage *u;
	enum zt_err err = ZT_OK;

	(void)pthread_mutex_lock(&b->lock);
	if ((u = idmap_get(&b->usage, org)) != NULL)
		err = b->backend->usage(b->backend, org, &u->bytes);
	(void)pthread_mutex_unlock(&b->lock);
	return err;
}
