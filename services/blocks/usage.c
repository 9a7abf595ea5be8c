/* usage.c - how much an organization stores, for the operator's limits. */
#include <stdlib.h>

#include "blocks/blocks.h"

struct usage {
	uint64_t bytes, beside;
	uint64_t came; /* since a count began */
	bool is_known, is_counting;
};

/* LOCK is held. */
static enum zt_err
usage_get(struct blocks *b, const struct id *org, struct usage **out)
{
	struct usage *u = idmap_get(&b->usage, org);
	enum zt_err err = ZT_OK;

	if (u == NULL) {
		if ((u = calloc(1, sizeof *u)) == NULL)
			return ZT_ERR_MEMORY;
		if ((err = idmap_put(&b->usage, org, u))) {
			free(u);
			return err;
		}
	}
	*out = u;
	return ZT_OK;
}

/* LOCK is held, and let go while folders are walked: puts go on. What comes meanwhile may be
 * counted twice, until the next count; never not at all. */
static enum zt_err
count(struct blocks *b, const struct id *org, struct usage *u)
{
	uint64_t bytes = 0;
	enum zt_err err;

	u->is_counting = true;
	u->came = 0;
	(void)pthread_mutex_unlock(&b->lock);
	err = b->backend->usage(b->backend, org, &bytes);
	(void)pthread_mutex_lock(&b->lock);
	u->is_counting = false;
	if (err == ZT_OK) {
		u->bytes = bytes + u->came;
		u->is_known = true;
	}
	(void)pthread_cond_broadcast(&b->counted);
	return err;
}

enum zt_err
usage_of(struct blocks *b, const struct id *org, uint64_t *bytes, uint64_t *beside)
{
	struct usage *u;
	enum zt_err err;

	(void)pthread_mutex_lock(&b->lock);
	err = usage_get(b, org, &u);
	while (err == ZT_OK && !u->is_known)
		if (u->is_counting)
			(void)pthread_cond_wait(&b->counted, &b->lock);
		else
			err = count(b, org, u);
	if (err == ZT_OK) {
		*bytes = u->bytes;
		*beside = u->beside;
	}
	(void)pthread_mutex_unlock(&b->lock);
	return err;
}

enum zt_err
usage_beside(struct blocks *b, const struct id *org, uint64_t beside)
{
	struct usage *u;
	enum zt_err err;

	(void)pthread_mutex_lock(&b->lock);
	if ((err = usage_get(b, org, &u)) == ZT_OK)
		u->beside = beside;
	(void)pthread_mutex_unlock(&b->lock);
	return err;
}

void
usage_add(struct blocks *b, const struct id *org, uint64_t n)
{
	struct usage *u;

	(void)pthread_mutex_lock(&b->lock);
	if ((u = idmap_get(&b->usage, org)) != NULL) {
		u->bytes += n;
		u->came += n;
	}
	(void)pthread_mutex_unlock(&b->lock);
}

enum zt_err
usage_recount(struct blocks *b, const struct id *org)
{
	struct usage *u;
	enum zt_err err = ZT_OK;

	(void)pthread_mutex_lock(&b->lock);
	u = idmap_get(&b->usage, org);
	while (u != NULL && u->is_counting)
		(void)pthread_cond_wait(&b->counted, &b->lock);
	if (u != NULL && u->is_known)
		err = count(b, org, u);
	(void)pthread_mutex_unlock(&b->lock);
	return err;
}
