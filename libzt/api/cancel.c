/* SPDX-License-Identifier: Apache-2.0 */
/* cancel.c - the functions of zt/cancel.h. */
#include "zt/cancel.h"

#include "base/stop.h"
#include "session/session.h"

void
zt_cancel(struct zt_cancel *c)
{
	__atomic_store_n(&c->is_set, 1, __ATOMIC_RELEASE);
}

bool
zt_cancel_is_set(const struct zt_cancel *c)
{
	return stop_is_set(&c->is_set);
}

void
zt_use_cancel(struct zt *z, const struct zt_cancel *c)
{
	z->stop = c != NULL ? &c->is_set : NULL;
	calls_heed(z->calls, z->stop);
}
