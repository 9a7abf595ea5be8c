/* SPDX-License-Identifier: Apache-2.0 */
/* message_reader.h - reads a topic: messages in their order go in, decisions come out.
 *
 * No I/O. It may begin anywhere: a device reads the end of a topic first, from a link that
 * the server names, and what came before must lead to that link. */
#ifndef ZT_MESSAGE_MESSAGE_READER_H
#define ZT_MESSAGE_MESSAGE_READER_H

#include "message/message.h"

struct message_reader {
	const struct org_state *o;     /* the log, as far as it was verified */
	const struct org_workspace *w; /* the space */
	struct id topic;
	/* Link and time (0: unknown) at POSITION, from 1. NOT_FOUND: it is not here yet. */
	enum zt_err (*parent)(void *ctx, uint64_t position, struct hash *link, uint64_t *time);
	/* Whether the message ID has another place already: a server could show it again. */
	bool (*is_there)(void *ctx, const struct id *id);
	void *ctx;

	uint64_t position; /* of the newest message; 0: none */
	struct hash link;  /* its link; zeros: none */
	/* Of the message that was taken, or refused, last. */
	struct message m;
	bool has_author;
	bool owes;        /* its parent is not here: to be compared when it is */
	bool is_excluded; /* it does not count (P6), for a reader who knows that much */
	/* About a refusal: a static sentence, or NULL. */
	const char *message;
};

/* The next message, by a reader whose log had KNOWN entries when it first verified it. Errors:
 * CORRUPT, FORK, those of message_check and of PARENT; an excluded one is taken. */
ZT_CHECKED enum zt_err message_reader_take(
    struct message_reader *r, const Zt__Message *m, uint64_t known);

#endif
