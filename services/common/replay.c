#include "common/replay.h"

#include <pthread.h>
#include <stdlib.h>

enum { FIRST = 1024, MOST = 1 << 22 };

struct set {
	struct id *slots; /* a zero id is an empty slot */
	size_t count, cap;
};

struct replay {
	pthread_mutex_t lock;
	uint64_t window_ms, began_ms;
	struct set now, before;
};

enum zt_err
replay_new(uint64_t window_ms, struct replay **out)
{
	struct replay *r = calloc(1, sizeof *r);

	if (r == NULL)
		return ZT_ERR_MEMORY;
	(void)pthread_mutex_init(&r->lock, NULL);
	r->window_ms = window_ms;
	*out = r;
	return ZT_OK;
}

void
replay_free(struct replay *r)
{
	if (r == NULL)
		return;
	free(r->now.slots);
	free(r->before.slots);
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
}

static struct id *
find(const struct set *s, const struct id *nonce)
{
	size_t i = id_slot(nonce) & (s->cap - 1);

	while (!id_is_zero(&s->slots[i]) && !id_equal(&s->slots[i], nonce))
		i = (i + 1) & (s->cap - 1);
	return &s->slots[i];
}

static bool
has(const struct set *s, const struct id *nonce)
{
	return s->cap != 0 && !id_is_zero(find(s, nonce));
}

static enum zt_err
add(struct set *s, const struct id *nonce)
{
	if (s->count + 1 > s->cap / 2) {
		struct set bigger = { .cap = s->cap == 0 ? FIRST : s->cap * 2,
			.count = s->count };

		if (bigger.cap > MOST)
			return ZT_ERR_RATE;
		if ((bigger.slots = calloc(bigger.cap, sizeof *bigger.slots)) == NULL)
			return ZT_ERR_MEMORY;
		for (size_t i = 0; i < s->cap; i++)
			if (!id_is_zero(&s->slots[i]))
				*find(&bigger, &s->slots[i]) = s->slots[i];
		free(s->slots);
		*s = bigger;
	}
	*find(s, nonce) = *nonce;
	s->count++;
	return ZT_OK;
}

enum zt_err
replay_take(struct replay *r, const struct id *nonce, uint64_t now_ms)
{
	enum zt_err err;

	if (id_is_zero(nonce))
		return ZT_ERR_REPLAY;
	(void)pthread_mutex_lock(&r->lock);
	if (now_ms - r->began_ms > r->window_ms) {
		free(r->before.slots);
		r->before = r->now;
		r->now = (struct set){ 0 };
		r->began_ms = now_ms;
	}
	if (has(&r->now, nonce) || has(&r->before, nonce))
		err = ZT_ERR_REPLAY;
	else
		err = add(&r->now, nonce);
	(void)pthread_mutex_unlock(&r->lock);
	return err;
}
