/* SPDX-License-Identifier: Apache-2.0 */
/* message.h - one sealed, signed message of a topic, and its link to those before it
 * (docs/protocol.md, "Messages"). */
#ifndef ZT_MESSAGE_MESSAGE_H
#define ZT_MESSAGE_MESSAGE_H

#include "base/id.h"
#include "crypto/secret.h"
#include "files/authored.h"
#include "proto/messages.pb-c.h"

struct message {
	struct id org, space, topic, author, id; /* ID: of this message, chosen by its author */
	unsigned generation;                     /* of the space's key */
	uint64_t parent_position, seen_size, time;
	struct hash parent_link, seen_root, sealed; /* SEALED: of the payload, sealed */
	struct statement stmt; /* borrows from the message it was read from */
};

/* Seals CLEAR, a payload, under KEY of M->generation, for M's place; sets M->sealed. Errors:
 * MEMORY, TOO_BIG. */
ZT_CHECKED enum zt_err message_seal(
    const struct secret *key, struct message *m, struct bytes clear, struct buf *out);
/* Opens SEALED, which is checked to be what M's author signed. Errors: CORRUPT, MEMORY. */
ZT_CHECKED enum zt_err message_open(
    const struct secret *key, const struct message *m, struct bytes sealed, struct buf *clear);
/* Signs M; BODY keeps the bytes and is freed by the caller after M. */
ZT_CHECKED enum zt_err message_sign(
    const struct sign_key *key, struct message *m, struct buf *body);
/* Reads what a message's author signed; OUT borrows from S. The signature is checked by
 * message_check. Errors: CORRUPT, SUITE, CRITICAL, MEMORY. */
ZT_CHECKED enum zt_err message_read_statement(const Zt__Statement *s, struct message *out);
/* The same, and checks that M's sealed payload, unless it was deleted, is the one signed. */
ZT_CHECKED enum zt_err message_read(const Zt__Message *m, struct message *out);
/* The link of a message whose statement is S, from the one before it (zeros before the first).
 * It holds a digest of the statement, so that a history can be verified without the
 * statements that were deleted from it. */
void message_link(const struct hash *before, const struct statement *s, struct hash *out);
/* Checks that M is valid at PLACE, whose topic is M's, by the log of O. The caller checks that
 * M->parent_link is its own link at M->parent_position. Errors: those of authored_check. */
ZT_CHECKED enum zt_err message_check(const struct org_state *o, const struct org_workspace *w,
    const struct message *m, const struct authored_place *place, const char **message);
/* Checks that M was written no earlier than the message at its parent position, whose link is
 * LINK. TIME 0: not known. Errors: FORK (another link), CLOCK. */
ZT_CHECKED enum zt_err message_check_parent(
    const struct message *m, const struct hash *link, uint64_t time);
/* Checks LINK at POSITION of TOPIC against the log, whose entries pin topics. Errors: FORK. */
ZT_CHECKED enum zt_err message_check_pin(const struct org_workspace *w, const struct id *topic,
    uint64_t position, const struct hash *link, const char **message);
/* For services: whether M may be the newest of its topic, at POSITION with LINK. On refusal
 * *MESSAGE is a static sentence. Errors: NOT_FOUND (the space, or a topic that it cannot have),
 * those of message_check and of authored_check_now. */
ZT_CHECKED enum zt_err message_judge(const struct org_state *o, const struct message *m,
    uint64_t position, const struct hash *link, const char **message);

#endif
