#include "gateway/throttle.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "crypto/suite.h"

enum { SLOTS = 16384 };

struct throttle {
	int64_t rate, burst;
	uint8_t seed[16]; /* so that nobody can aim at another's slot */
	struct {
		int64_t milli_used; /* tokens in use, in thousandths */
		uint64_t at_ms;
	} slot[SLOTS];
};

enum zt_err
throttle_new(int64_t rate, int64_t burst, struct throttle **out)
{
	struct throttle *t = calloc(1, sizeof *t);

	if (t == NULL)
		return ZT_ERR_MEMORY;
	t->rate = rate;
	t->burst = burst;
	suite_random(t->seed, sizeof t->seed);
	*out = t;
	return ZT_OK;
}

void
throttle_free(struct throttle *t)
{
	free(t);
}

static size_t
slot_of(const struct throttle *t, const void *key, size_t n)
{
	struct bytes parts[] = { bytes_of(t->seed, sizeof t->seed), bytes_of(key, n) };
	struct hash h;

	hash_purpose("zt throttle 1", parts, 2, &h);
	return (size_t)(h.b[0] | h.b[1] << 8) % SLOTS;
}

bool
throttle_take(struct throttle *t, const void *key, size_t n, uint64_t now_ms)
{
	size_t i = slot_of(t, key, n);
	int64_t passed = (int64_t)(now_ms - t->slot[i].at_ms), used = t->slot[i].milli_used;

	if (t->slot[i].at_ms == 0 || passed > 1000000)
		passed = 1000000;
	if (t->rate > 0)
		used = used > passed * t->rate ? used - passed * t->rate : 0;
	t->slot[i].at_ms = now_ms;
	t->slot[i].milli_used = used;
	if (used + 1000 > t->burst * 1000)
		return false;
	t->slot[i].milli_used += 1000;
	return true;
}

void
throttle_give(struct throttle *t, const void *key, size_t n)
{
	size_t i = slot_of(t, key, n);

	if (t->slot[i].milli_used >= 1000)
		t->slot[i].milli_used -= 1000;
}
