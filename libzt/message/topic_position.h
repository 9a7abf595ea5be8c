/* SPDX-License-Identifier: Apache-2.0 */
/* topic_position.h - a topic's newest position, signed by the organization's log key: the
 * answer to a message, so that devices remember it independently of the server. */
#ifndef ZT_MESSAGE_TOPIC_POSITION_H
#define ZT_MESSAGE_TOPIC_POSITION_H

#include "base/id.h"
#include "format/statement.h"

struct topic_position {
	struct id org, space, topic;
	uint64_t position; /* from 1 */
	struct hash link;
	uint64_t time; /* of the server, milliseconds */
};

/* Signs P; BODY keeps the bytes and is freed by the caller after OUT. */
ZT_CHECKED enum zt_err topic_position_sign(const struct sign_key *log_key,
    const struct topic_position *p, struct buf *body, struct statement *out);
/* Verifies S as a position of OUT's org, space and topic, and sets its position, link and time.
 * Errors: SIGNATURE, CORRUPT (of another, or not well formed), SUITE. */
ZT_CHECKED enum zt_err topic_position_check(const uint8_t log_key[SIGN_PUBLIC_BYTES],
    const struct statement *s, struct topic_position *out);

#endif
