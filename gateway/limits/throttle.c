/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "limits/throttle.h"

#include <stdlib.h>

enum { SETS = 4096, WAYS = 4, MAX_MS = 1000000 };

struct bucket {
	uint64_t name;
	int64_t milli_used; /* tokens in use, in thousandths */
	uint64_t at_ms;
};

struct throttle {
	int64_t rate, burst;
	struct bucket bucket[SETS][WAYS];
};

enum zt_err
throttle_new(int64_t rate, int64_t burst, struct throttle **out)
{
	struct throttle *t = calloc(1, sizeof *t);

	if (t == NULL)
		return ZT_ERR_MEMORY;
	t->rate = rate;
	t->burst = burst;
	*out = t;
	return ZT_OK;
}

void
throttle_free(struct throttle *t)
{
	free(t);
}

/* What is still in use of B by now. */
static int64_t
used(const struct throttle *t, const struct bucket *b, uint64_t now_ms)
{
	uint64_t passed = now_ms - b->at_ms < MAX_MS ? now_ms - b->at_ms : MAX_MS;
	int64_t back = (int64_t)passed * t->rate;

	return b->milli_used > back ? b->milli_used - back : 0;
}

static struct bucket *
find(struct throttle *t, uint64_t name)
{
	struct bucket *set = t->bucket[name % SETS];

	for (size_t i = 0; i < WAYS; i++)
		if (set[i].name == name)
			return &set[i];
	return NULL;
}

/* The bucket of NAME, or the one of its set that is missed least. */
static struct bucket *
place(struct throttle *t, uint64_t name, uint64_t now_ms)
{
	struct bucket *set = t->bucket[name % SETS], *least = set;

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].name == name)
			return &set[i];
		if (used(t, &set[i], now_ms) < used(t, least, now_ms))
			least = &set[i];
	}
	*least = (struct bucket){ .name = name, .at_ms = now_ms };
	return least;
}

bool
throttle_take(struct throttle *t, uint64_t name, uint64_t now_ms)
{
	struct bucket *b = place(t, name, now_ms);

	b->milli_used = used(t, b, now_ms);
	b->at_ms = now_ms;
	if (b->milli_used + 1000 > t->burst * 1000)
		return false;
	b->milli_used += 1000;
	return true;
}

bool
throttle_is_spent(struct throttle *t, uint64_t name, uint64_t now_ms)
{
	const struct bucket *b = find(t, name);

	return b != NULL && used(t, b, now_ms) + 1000 > t->burst * 1000;
}

void
throttle_give(struct throttle *t, uint64_t name)
{
	struct bucket *b = find(t, name);

	if (b != NULL && b->milli_used >= 1000)
		b->milli_used -= 1000;
}
