/* SPDX-License-Identifier: Apache-2.0 */
/* outbox.h - what was written here and is not sent yet: kept before it is sent, and sent once,
 * in the order in which it was written. */
#ifndef ZT_CHAT_OUTBOX_H
#define ZT_CHAT_OUTBOX_H

#include "chat/channel.h"

/* Keeps CLEAR as message ID, behind those that wait. *N: its number here. */
ZT_CHECKED enum zt_err outbox_put(
    const struct channel *c, const struct id *id, struct bytes clear, uint64_t *n);
ZT_CHECKED enum zt_err outbox_remove(const struct channel *c, uint64_t n);
/* Sends what waits, the oldest first, up to the first that cannot be sent now. One that is
 * refused is removed, and the sentence has its text, unless it is number OWN (0: none). *SENT
 * counts them; *POSITION is where the last of them is. Errors: those of topic_send; with
 * outbox_waits what is left is sent later. */
ZT_CHECKED enum zt_err outbox_send(
    struct channel *c, uint64_t own, uint64_t *sent, uint64_t *position);
/* Whether ERR is of a kind that time heals: the servers are away, or a key is awaited. */
bool outbox_waits(enum zt_err err);
/* Whether ERR is the server's refusal of the message itself: sent again it would be refused
 * again. */
bool outbox_refused(enum zt_err err);
/* Shows what waits, the oldest first; EACH does not write to the store. */
ZT_CHECKED enum zt_err outbox_each(const struct channel *c,
    enum zt_err (*each)(void *ctx, uint64_t n, const struct id *id, struct bytes clear),
    void *ctx);

#endif
