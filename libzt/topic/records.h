/* SPDX-License-Identifier: Apache-2.0 */
/* records.h - what the store holds of a topic. */
#ifndef ZT_TOPIC_RECORDS_H
#define ZT_TOPIC_RECORDS_H

#include "topic/topic.h"

/* The store's key of T, and of a message ID in it. */
struct topic_key {
	uint8_t b[3 * ID_BYTES];
};
struct bytes topic_key(const struct topic *t, struct topic_key *out);
struct bytes topic_key_of(
    const struct topic *t, const struct id *message, struct topic_key *out);
/* Stores T's place. */
ZT_CHECKED enum zt_err topic_note(const struct topic *t);
/* Stores M, verified by a log of KNOWN entries, at POSITION with LINK. */
ZT_CHECKED enum zt_err topic_keep(const struct topic *t, uint64_t position, uint64_t known,
    const struct hash *link, const Zt__Message *m, const struct id *id);
/* An author's word for LINK at POSITION, which is not here yet: noted, and compared with what
 * an earlier one said. Errors: FORK (they differ). */
ZT_CHECKED enum zt_err topic_note_owed(
    const struct topic *t, uint64_t position, const struct hash *link);
/* Compares LINK with what authors said of POSITION, and forgets that. Errors: FORK. */
ZT_CHECKED enum zt_err topic_settle(
    const struct topic *t, uint64_t position, const struct hash *link);

#endif
