/* SPDX-License-Identifier: Apache-2.0 */
/* take.h - one verified message into the store: for pages, and for what this device sent. */
#ifndef ZT_TOPIC_TAKE_H
#define ZT_TOPIC_TAKE_H

#include "message/message_reader.h"
#include "topic/topic.h"

/* A reader behind T's newest message, which looks for parents in T. */
struct message_reader topic_reader(struct topic *t);
/* Within a transaction: takes M by R, and stores it. */
ZT_CHECKED enum zt_err topic_take(
    struct topic *t, struct message_reader *r, const Zt__Message *m);

/* Whether the log key says in SAID that the topic ends at POSITION with LINK. */
bool topic_is_signed(const struct topic *t, const Zt__Statement *said, uint64_t position,
    const struct hash *link);

#endif
