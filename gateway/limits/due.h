/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* due.h - what is to happen at a time: one list, looked at in every tick of the loop.
 *
 * lws sorts its timers by walking them, and any part of a body sets them again: what has to
 * happen is kept here instead. Belongs to the loop's thread. */
#ifndef ZT_LIMITS_DUE_H
#define ZT_LIMITS_DUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/* Part of what it is about, which cancels it before it ends. All zero: not set. */
struct due {
	LIST_ENTRY(due) link;
	uint64_t at_ms;
	void (*act)(struct due *d, uint64_t now_ms);
	bool is_set;
};
LIST_HEAD(due_list, due);

/* ACT runs once, in the first tick at AT_MS or later (0: in the next one). Replaces what was
 * set. */
void due_set(struct due_list *l, struct due *d, uint64_t at_ms,
    void (*act)(struct due *d, uint64_t now_ms));
/* After this ACT does not run. Nothing when not set. */
void due_cancel(struct due *d);
/* Runs what is due. An act may set or cancel any; what it sets waits for the next tick. */
void due_tick(struct due_list *l, uint64_t now_ms);

/* The struct of TYPE whose MEMBER is D. */
#define DUE_OF(d, type, member) ((type *)(void *)((char *)(d)-offsetof(type, member)))

#endif
