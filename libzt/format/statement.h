/* SPDX-License-Identifier: Apache-2.0 */
/* statement.h - exact signed bytes: signed once, verified, never re-encoded (protocol.md
 * 2). */
#ifndef ZT_FORMAT_STATEMENT_H
#define ZT_FORMAT_STATEMENT_H

#include "base/buf.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "proto/common.pb-c.h"

enum statement_kind {
	STATEMENT_ENTRY,
	STATEMENT_HEAD,
	STATEMENT_CHANGESET,
	STATEMENT_SEALED_KEY,
	STATEMENT_CHECKPOINT,
	STATEMENT_POSITION,
	STATEMENT_MESSAGE,
	STATEMENT_TOPIC_POSITION,
};

/* A statement that borrows or owns its body; see the function that made it. */
struct statement {
	struct bytes body;
	uint8_t signature[SIGN_BYTES];
};

/* Encodes MESSAGE into BODY (which the caller frees after the statement) and signs it. */
ZT_CHECKED enum zt_err statement_sign(const struct sign_key *key, enum statement_kind kind,
    const void *message, struct buf *body, struct statement *out);
/* ZT_OK or SIGNATURE. */
ZT_CHECKED enum zt_err statement_verify(
    const uint8_t key[SIGN_PUBLIC_BYTES], enum statement_kind kind, const struct statement *s);
/* The statement inside a message, borrowing its memory. Errors: CORRUPT. */
ZT_CHECKED enum zt_err statement_of(const Zt__Statement *message, struct statement *out);
/* A message that borrows S. */
Zt__Statement statement_message(const struct statement *s);
/* A hash of the whole statement, signature included. */
void statement_digest(const struct statement *s, struct hash *out);

#endif
