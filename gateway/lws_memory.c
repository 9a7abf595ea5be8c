/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/lws_memory.h"

#include <ev.h>
#include <libwebsockets.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/queue.h>

/* Before each allocation, aligned as malloc aligns. */
struct piece {
	union {
		SLIST_ENTRY(piece) link;
		max_align_t align;
	} as;
};

static struct {
	SLIST_HEAD(pieces, piece) waits;
	struct ev_prepare each_turn;
} freed; /* lws has one allocator a process */

/* As lws wants it: SIZE 0 frees. */
static void *
allocate(void *p, size_t size, const char *reason)
{
	struct piece *old = p != NULL ? (struct piece *)p - 1 : NULL, *one;

	(void)reason;
	if (size == 0) {
		if (old != NULL)
			SLIST_INSERT_HEAD(&freed.waits, old, as.link);
		return NULL;
	}
	if (size > SIZE_MAX - sizeof *one || (one = realloc(old, sizeof *one + size)) == NULL)
		return NULL;
	return one + 1;
}

void
lws_memory_free(void)
{
	struct piece *one;

	while ((one = SLIST_FIRST(&freed.waits)) != NULL) {
		SLIST_REMOVE_HEAD(&freed.waits, as.link);
		free(one);
	}
}

static void
turn(struct ev_loop *loop, struct ev_prepare *watcher, int events)
{
	(void)loop;
	(void)watcher;
	(void)events;
	lws_memory_free();
}

void
lws_memory_begin(void)
{
	lws_set_allocator(allocate);
}

void
lws_memory_watch(struct ev_loop *loop)
{
	ev_prepare_init(&freed.each_turn, turn);
	ev_prepare_start(loop, &freed.each_turn);
	ev_unref(loop);
}
