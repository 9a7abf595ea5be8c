/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "upstream/mailbox.h"

#include <pthread.h>
#include <stdlib.h>

struct mailbox {
	pthread_mutex_t lock;
	struct mail *first, **last;
};

enum zt_err
mailbox_new(struct mailbox **out)
{
	struct mailbox *b = calloc(1, sizeof *b);

	if (b == NULL)
		return ZT_ERR_MEMORY;
	(void)pthread_mutex_init(&b->lock, NULL);
	b->last = &b->first;
	*out = b;
	return ZT_OK;
}

void
mailbox_free(struct mailbox *b)
{
	if (b == NULL)
		return;
	(void)pthread_mutex_destroy(&b->lock);
	free(b);
}

bool
mailbox_put(struct mailbox *b, struct mail *m)
{
	bool was_empty;

	m->next = NULL;
	(void)pthread_mutex_lock(&b->lock);
	was_empty = b->first == NULL;
	*b->last = m;
	b->last = &m->next;
	(void)pthread_mutex_unlock(&b->lock);
	return was_empty;
}

void
mailbox_empty(struct mailbox *b)
{
	struct mail *m, *next;

	(void)pthread_mutex_lock(&b->lock);
	m = b->first;
	b->first = NULL;
	b->last = &b->first;
	(void)pthread_mutex_unlock(&b->lock);
	for (; m != NULL; m = next) {
		next = m->next;
		m->deliver(m);
	}
}
