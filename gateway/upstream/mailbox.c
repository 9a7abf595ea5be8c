/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "upstream/mailbox.h"

#include <pthread.h>
#include <stdlib.h>

struct mailbox {
	pthread_mutex_t lock;
	STAILQ_HEAD(mails, mail) mails;
};

enum zt_err
mailbox_new(struct mailbox **out)
{
	struct mailbox *b = calloc(1, sizeof *b);

	if (b == NULL)
		return ZT_ERR_MEMORY;
	(void)pthread_mutex_init(&b->lock, NULL);
	STAILQ_INIT(&b->mails);
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

	(void)pthread_mutex_lock(&b->lock);
	was_empty = STAILQ_EMPTY(&b->mails);
	STAILQ_INSERT_TAIL(&b->mails, m, link);
	(void)pthread_mutex_unlock(&b->lock);
	return was_empty;
}

void
mailbox_empty(struct mailbox *b)
{
	struct mails received = STAILQ_HEAD_INITIALIZER(received);
	struct mail *m;

	(void)pthread_mutex_lock(&b->lock);
	STAILQ_CONCAT(&received, &b->mails);
	(void)pthread_mutex_unlock(&b->lock);
	while ((m = STAILQ_FIRST(&received)) != NULL) {
		STAILQ_REMOVE_HEAD(&received, link); /* before M is somebody's again */
		m->deliver(m);
	}
}
