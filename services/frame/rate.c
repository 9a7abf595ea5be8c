/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Each bucket is one number: the time until which what was asked so far suffices at the rate
 * that is allowed. It runs ahead of the clock by RATE_SPAN_S at most (GCRA, ITU-T I.371). */
#include "frame/rate.h"

#include <pthread.h>
#include <stdlib.h>

#include "crypto/hash.h"

enum { SETS = 4096, WAYS = 8, US = 1000 * 1000 };

struct bucket {
	struct id org, user; /* of an organization's own: no user */
	uint64_t until_us;
};

struct rate {
	struct hash_key key;
	pthread_mutex_t lock;
	uint64_t user_us, org_us; /* between two requests, in the mean */
	struct bucket set[SETS][WAYS];
};

enum zt_err
rate_new(uint64_t of_a_user, uint64_t of_an_org, struct rate **out)
{
	struct rate *r = calloc(1, sizeof *r);

	if (r == NULL)
		return ZT_ERR_MEMORY;
	hash_key_make(&r->key);
	(void)pthread_mutex_init(&r->lock, NULL);
	r->user_us = US / of_a_user;
	r->org_us = US / of_an_org;
	*out = r;
	return ZT_OK;
}

void
rate_free(struct rate *r)
{
	if (r == NULL)
		return;
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
}

/* The bucket of USER of ORG; another's who has been silent longest becomes it. */
static struct bucket *
bucket_of(struct rate *r, const struct id *org, const struct id *user)
{
	struct id both[2] = { *org, *user };
	struct bucket *set = r->set[hash_short(&r->key, bytes_of(both, sizeof both)) % SETS];
	struct bucket *oldest = &set[0];

	for (size_t i = 0; i < WAYS; i++) {
		if (id_equal(&set[i].org, org) && id_equal(&set[i].user, user))
			return &set[i];
		if (set[i].until_us < oldest->until_us)
			oldest = &set[i];
	}
	*oldest = (struct bucket){ *org, *user, 0 };
	return oldest;
}

static bool
has_room(struct bucket *b, uint64_t now_us)
{
	if (b->until_us < now_us)
		b->until_us = now_us;
	return b->until_us - now_us <= (uint64_t)RATE_SPAN_S * US;
}

enum zt_err
rate_take(struct rate *r, const struct id *org, const struct id *user, uint64_t now_ms,
    const char **message)
{
	static const struct id nobody;
	uint64_t now_us = now_ms * 1000;
	struct bucket *mine, *ours;
	enum zt_err err = ZT_ERR_RATE;

	(void)pthread_mutex_lock(&r->lock);
	mine = bucket_of(r, org, user);
	*message =
	    N_("you ask more often than this server allows a user; try again in a second");
	if (!has_room(mine, now_us))
		goto out;
	mine->until_us += r->user_us;
	ours = bucket_of(r, org, &nobody);
	*message =
	    N_("your organization asks more often than this server allows; try again in a "
	       "second");
	if (!has_room(ours, now_us))
		goto out;
	ours->until_us += r->org_us;
	err = ZT_OK;
out:
	(void)pthread_mutex_unlock(&r->lock);
	return err;
}
