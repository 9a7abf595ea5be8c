/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "limits/due.h"

void
due_set(struct due_list *l, struct due *d, uint64_t at_ms,
    void (*act)(struct due *d, uint64_t now_ms))
{
	due_cancel(d);
	d->at_ms = at_ms;
	d->act = act;
	d->is_set = true;
	LIST_INSERT_HEAD(l, d, link);
}

void
due_cancel(struct due *d)
{
	if (d->is_set)
		LIST_REMOVE(d, link);
	d->is_set = false;
}

/* What is due moves to another list first: what an act sets is not met again. */
void
due_tick(struct due_list *l, uint64_t now_ms)
{
	struct due_list now = LIST_HEAD_INITIALIZER(now);
	struct due *d, *next;

	for (d = LIST_FIRST(l); d != NULL; d = next) {
		next = LIST_NEXT(d, link);
		if (d->at_ms > now_ms)
			continue;
		LIST_REMOVE(d, link);
		LIST_INSERT_HEAD(&now, d, link);
	}
	while ((d = LIST_FIRST(&now)) != NULL) {
		due_cancel(d);
		d->act(d, now_ms);
	}
}
