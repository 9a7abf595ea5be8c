/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* mailbox.h - hands finished work from other threads to the loop that requested it. */
#ifndef ZT_UPSTREAM_MAILBOX_H
#define ZT_UPSTREAM_MAILBOX_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/err.h"

struct mailbox;

struct mail {
	STAILQ_ENTRY(mail) link;
	void (*deliver)(struct mail *m); /* runs on the loop's thread */
};

ZT_CHECKED enum zt_err mailbox_new(struct mailbox **out);
void mailbox_free(struct mailbox *b);
/* Any thread. The memory of M is the sender's until it is delivered. Returns whether the loop
 * has to be woken for it: it was not for others already. */
ZT_CHECKED bool mailbox_put(struct mailbox *b, struct mail *m);
/* The loop's thread: delivers all mail, oldest first. */
void mailbox_empty(struct mailbox *b);

#endif
