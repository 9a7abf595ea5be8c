/* SPDX-License-Identifier: Apache-2.0 */
/* lock.c - for one thread, which never meets another. But within a call of libzt that waits for
 * people the host may make another call, where no lock is taken (wasm_locks_taken). */
#include "port/lock.h"

#include <stdlib.h>

struct lock {
	bool is_taken;
};

static int *
taken(void)
{
	static int count;

	return &count;
}

int wasm_locks_taken(void);

/* How many are. */
__attribute__((export_name("wasm_locks_taken"))) int
wasm_locks_taken(void)
{
	return *taken();
}

static enum zt_err
take(struct lock *l)
{
	*taken() += !l->is_taken;
	l->is_taken = true;
	return ZT_OK;
}

enum zt_err
lock_new(struct lock **out)
{
	struct lock *l = calloc(1, sizeof *l);

	if (l == NULL)
		return ZT_ERR_MEMORY;
	*out = l;
	return ZT_OK;
}

void
lock_free(struct lock *l)
{
	if (l != NULL)
		lock_give(l);
	free(l);
}

enum zt_err
lock_take(struct lock *l, const int *stop)
{
	(void)stop;
	return take(l);
}

enum zt_err
lock_try(struct lock *l)
{
	return take(l);
}

void
lock_give(struct lock *l)
{
	*taken() -= l->is_taken;
	l->is_taken = false;
}
