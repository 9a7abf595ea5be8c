/* SPDX-License-Identifier: Apache-2.0 */
#include "content/lend.h"

#include "log/enter.h"
#include "port/clock.h"

/* A turn costs opening the store and reading the chain again. */
enum { KEPT_MS = 100, TRIES = 6 };

bool
lend_is_due(const struct transfer *t)
{
	return port_steady_ms() - t->kept_ms >= KEPT_MS;
}

void
lend_begin(struct transfer *t)
{
	if (t->is_lent || t->keeps)
		return;
	t->is_lent = true;
	t->lent_at = t->s->chain.position;
	log_rest(t->z);
}

enum zt_err
lend_end(struct transfer *t)
{
	enum zt_err err = ZT_ERR_LOCKED;

	if (!t->is_lent)
		return ZT_OK;
	/* Each try waits; others who transfer too lend it soon. */
	for (int tries = 0; tries < TRIES && err == ZT_ERR_LOCKED; tries++)
		err = log_wake(t->z, true);
	if (err || (err = workspace_load(t->s)))
		return err;
	/* What this device itself did elsewhere counts as another's, too. */
	if (t->s->chain.position != t->lent_at)
		t->z->foreign++;
	t->is_lent = false;
	t->kept_ms = port_steady_ms();
	return ZT_OK;
}

enum zt_err
lend_while(struct transfer *t, const struct push *l)
{
	enum zt_err err, woken;

	if (transfer_ends_within(t, l, KEPT_MS))
		return t->err;
	lend_begin(t);
	err = l != NULL ? transfer_wait(t, l) : transfer_drain(t);
	woken = lend_end(t);
	return err ? err : woken;
}
