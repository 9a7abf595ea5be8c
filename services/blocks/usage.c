/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* usage.c - how much an organization stores, for the operator's limits. */
#include <stdlib.h>

#include "blocks/blocks.h"

struct usage {
	uint64_t bytes, beside;
	uint64_t coming; /* reserved by puts in flight, independent of counts */
	uint64_t came;   /* since a count began */
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

/* Called with LOCK, which it releases while it walks folders, so that puts continue. Blocks
 * put meanwhile may be counted twice until the next count, but are never missed. */
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

/* LOCK is held. */
static enum zt_err
get_counted(struct blocks *b, const struct id *org, struct usage **out)
{
	enum zt_err err = usage_get(b, org, out);

	while (err == ZT_OK && !(*out)->is_known)
		if ((*out)->is_counting)
			(void)pthread_cond_wait(&b->counted, &b->lock);
		else
			err = count(b, org, *out);
	return err;
}

/* Whether N bytes more go in where BESIDE lie in metadata. */
static bool
has_room(const struct usage *u, uint64_t beside, uint64_t n, uint64_t max)
{
	uint64_t is = u->bytes + u->coming;

	return max == 0 || (beside <= max && is <= max - beside && n <= max - beside - is);
}

enum zt_err
usage_beside(
    struct blocks *b, const struct id *org, uint64_t beside, uint64_t max, uint64_t *bytes)
{
	struct usage *u;
	enum zt_err err;

	(void)pthread_mutex_lock(&b->lock);
	if ((err = get_counted(b, org, &u)) == ZT_OK) {
		*bytes = u->bytes + u->coming;
		if (has_room(u, beside, 0, max))
			u->beside = beside;
	}
	(void)pthread_mutex_unlock(&b->lock);
	return err;
}

enum zt_err
usage_take(struct blocks *b, const struct id *org, uint64_t n, uint64_t max)
{
	struct usage *u;
	enum zt_err err;

	(void)pthread_mutex_lock(&b->lock);
	err = max > 0 ? get_counted(b, org, &u) : usage_get(b, org, &u);
	if (err == ZT_OK && !has_room(u, u->beside, n, max))
		err = ZT_ERR_LIMIT;
	if (err == ZT_OK)
		u->coming += n;
	(void)pthread_mutex_unlock(&b->lock);
	return err;
}

void
usage_end(struct blocks *b, const struct id *org, uint64_t n, bool added)
{
	struct usage *u;

	(void)pthread_mutex_lock(&b->lock);
	if ((u = idmap_get(&b->usage, org)) != NULL) {
		u->coming -= n;
		u->bytes += added ? n : 0;
		u->came += added ? n : 0;
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
