/* SPDX-License-Identifier: Apache-2.0 */
/* topic.h - a topic of messages as this device verifies it: its end first, what came before
 * when it is asked for. */
#ifndef ZT_TOPIC_TOPIC_H
#define ZT_TOPIC_TOPIC_H

#include "chain/workspace.h"
#include "message/message.h"

/* Read from the store for a call, and written back by the functions below. */
struct topic {
	struct workspace *s; /* the space */
	struct id id;
	uint64_t position; /* of the newest message; 0: none */
	struct hash link;
	uint64_t time;      /* that its author signed */
	uint64_t first;     /* of the messages held; 0: none */
	struct hash before; /* the link in front of that; zeros at position 1 */
};

/* A message as it is kept; given to topic_message_end. */
struct topic_message {
	uint64_t position;
	uint64_t known; /* this device's log when it first verified it */
	struct hash link;
	struct message m;
	bool counts;         /* by the log as it is now (P6) */
	bool is_deleted;     /* the servers no longer have what was sealed */
	struct bytes sealed; /* borrowed from RAW */
	Zt__Message *raw;
};

/* What the store holds of topic ID of S. */
ZT_CHECKED enum zt_err topic_open(struct workspace *s, const struct id *id, struct topic *out);
/* Fetches and verifies what is new; a topic that is new here begins with its newest messages.
 * Errors: FORK, ROLLBACK and the like: the server is dishonest. */
ZT_CHECKED enum zt_err topic_sync(struct topic *t);
/* Fetches and verifies up to MOST messages in front of those held; they lead to those. *IS_ALL:
 * there are no earlier ones. */
ZT_CHECKED enum zt_err topic_back(struct topic *t, uint64_t most, bool *is_all);
/* The message at POSITION, which is held. Errors: NOT_FOUND. */
ZT_CHECKED enum zt_err topic_get(
    const struct topic *t, uint64_t position, struct topic_message *out);
void topic_message_end(struct topic_message *m);
/* What is sealed in M, in CLEAR, which the caller frees. Errors: MISSING_KEY, KEY, CORRUPT (its
 * author sealed something else). */
ZT_CHECKED enum zt_err topic_message_open(
    const struct topic *t, const struct topic_message *m, struct buf *clear);
/* Where the held message with ID is. Errors: NOT_FOUND. */
ZT_CHECKED enum zt_err topic_find(
    const struct topic *t, const struct id *id, uint64_t *position);
/* Seals CLEAR under the newest key, signs it as message ID and sends it behind all others; sent
 * again it is the same message. *POSITION: where it is, verified. Errors: STALE_KEY (the key
 * must be rotated first), those of topic_sync. */
ZT_CHECKED enum zt_err topic_send(
    struct topic *t, const struct id *id, struct bytes clear, uint64_t *position);

#endif
