/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A nonce is kept as 64 bits of a keyed hash of itself, its device and its time: eight bytes
 * instead of sixteen, and nobody can choose nonces that meet. Two different requests meet by
 * chance once in 10^12 requests; then an honest one is refused, and none is ever taken twice.
 */
#include "frame/replay.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "crypto/hash.h"
#include "format/limits.h"

enum {
	SHARDS =
	    64, /* by the hash, each with a lock: it is held while a 64th of a minute grows */
	MINUTES =
	    16, /* a request is taken at most LIMIT_CLOCK_MS before or after its creation */
	DEVICES = 1 << 16,
	ORGS = 1 << 12,
	FIRST = 16
};

_Static_assert(2 * LIMIT_CLOCK_MS / 60000 + 2 <= MINUTES, "each minute has its place");

struct set {
	uint64_t *slots; /* 0 is an empty one */
	size_t count, cap;
};

struct shard {
	pthread_mutex_t lock;
	struct {
		uint64_t minute; /* since 1970 */
		struct set seen;
	} of[MINUTES];
};

/* How many requests of a minute there were, by device and by organization: those that a keyed
 * hash puts together share a share. */
struct counts {
	_Atomic uint64_t minute;
	atomic_uint all, device[DEVICES], org[ORGS];
};

struct replay {
	struct hash_key key;
	struct shard shards[SHARDS];
	struct counts counts[MINUTES];
};

enum zt_err
replay_new(struct replay **out)
{
	struct replay *r = calloc(1, sizeof *r);

	if (r == NULL)
		return ZT_ERR_MEMORY;
	hash_key_make(&r->key);
	for (size_t i = 0; i < SHARDS; i++)
		(void)pthread_mutex_init(&r->shards[i].lock, NULL);
	*out = r;
	return ZT_OK;
}

void
replay_free(struct replay *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < SHARDS; i++) {
		for (size_t k = 0; k < MINUTES; k++)
			free(r->shards[i].of[k].seen.slots);
		(void)pthread_mutex_destroy(&r->shards[i].lock);
	}
	free(r);
}

/* ---- shares ---- */

static struct counts *
counts_of(struct replay *r, uint64_t minute)
{
	struct counts *c = &r->counts[minute % MINUTES];
	uint64_t was = atomic_load(&c->minute);

	/* A call that is counted between the two is lost: shares need not be exact. */
	if (was < minute && atomic_compare_exchange_strong(&c->minute, &was, minute)) {
		atomic_store(&c->all, 0);
		for (size_t i = 0; i < DEVICES; i++)
			atomic_store_explicit(&c->device[i], 0, memory_order_relaxed);
		for (size_t i = 0; i < ORGS; i++)
			atomic_store_explicit(&c->org[i], 0, memory_order_relaxed);
	}
	return c;
}

static enum zt_err
take_share(struct replay *r, const struct id *org, const struct id *device, uint64_t minute)
{
	struct id both[2] = { *org, *device };
	struct counts *c = counts_of(r, minute);
	uint64_t d = hash_short(&r->key, bytes_of(both, sizeof both)) % DEVICES;
	uint64_t o = hash_short(&r->key, bytes_of(org->b, ID_BYTES)) % ORGS;
	unsigned all = atomic_load(&c->all);

	if (all >= REPLAY_MINUTE ||
	    (all >= REPLAY_MINUTE / 2 && (atomic_load(&c->device[d]) >= REPLAY_DEVICE_SHARE ||
					     atomic_load(&c->org[o]) >= REPLAY_ORG_SHARE)))
		return ZT_ERR_RATE;
	atomic_fetch_add(&c->all, 1);
	atomic_fetch_add(&c->device[d], 1);
	atomic_fetch_add(&c->org[o], 1);
	return ZT_OK;
}

/* ---- what was seen ---- */

static uint64_t *
find(const struct set *s, uint64_t mark)
{
	size_t i = (size_t)mark & (s->cap - 1);

	while (s->slots[i] != 0 && s->slots[i] != mark)
		i = (i + 1) & (s->cap - 1);
	return &s->slots[i];
}

static enum zt_err
make_room(struct set *s)
{
	struct set bigger = { .cap = s->cap == 0 ? FIRST : s->cap * 2, .count = s->count };

	if (s->count + 1 <= s->cap / 2)
		return ZT_OK;
	if ((bigger.slots = calloc(bigger.cap, sizeof *bigger.slots)) == NULL)
		return ZT_ERR_MEMORY;
	for (size_t i = 0; i < s->cap; i++)
		if (s->slots[i] != 0)
			*find(&bigger, s->slots[i]) = s->slots[i];
	free(s->slots);
	*s = bigger;
	return ZT_OK;
}

static uint64_t
mark_of(const struct replay *r, const struct id *org, const struct id *device,
    const struct id *nonce, uint64_t created_ms)
{
	struct {
		struct id org, device, nonce;
		uint64_t created_ms;
	} all = { *org, *device, *nonce, created_ms };
	uint64_t mark = hash_short(&r->key, bytes_of(&all, sizeof all));

	return mark != 0 ? mark : 1;
}

enum zt_err
replay_take(struct replay *r, const struct id *org, const struct id *device,
    const struct id *nonce, uint64_t created_ms)
{
	uint64_t mark = mark_of(r, org, device, nonce, created_ms);
	uint64_t minute = created_ms / 60000;
	struct shard *shard = &r->shards[mark >> 58];
	struct set *s = &shard->of[minute % MINUTES].seen;
	uint64_t *holds = &shard->of[minute % MINUTES].minute;
	enum zt_err err = ZT_ERR_REPLAY;

	(void)pthread_mutex_lock(&shard->lock);
	if (*holds < minute) {
		free(s->slots);
		*s = (struct set){ 0 };
		*holds = minute;
	}
	if (*holds > minute || (s->cap != 0 && *find(s, mark) != 0))
		goto out;
	if ((err = make_room(s)) || (err = take_share(r, org, device, minute)))
		goto out;
	*find(s, mark) = mark;
	s->count++;
out:
	(void)pthread_mutex_unlock(&shard->lock);
	return err;
}
