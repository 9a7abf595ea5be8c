/* SPDX-License-Identifier: Apache-2.0 */
#include "format/statement.h"

#include "crypto/labels.h"
#include "format/pb.h"

static const char *
context_of(enum statement_kind kind)
{
	switch (kind) {
	case STATEMENT_ENTRY:
		return LABEL_LOG_ENTRY;
	case STATEMENT_HEAD:
		return LABEL_TREE_HEAD;
	case STATEMENT_CHANGESET:
		return LABEL_CHANGESET;
	case STATEMENT_SEALED_KEY:
		return LABEL_SEALED_KEY;
	case STATEMENT_CHECKPOINT:
		return LABEL_CHECKPOINT;
	case STATEMENT_POSITION:
		return LABEL_POSITION;
	case STATEMENT_MESSAGE:
		return LABEL_MESSAGE;
	case STATEMENT_TOPIC_POSITION:
		return LABEL_TOPIC_POSITION;
	}
	return "zt unknown";
}

enum zt_err
statement_sign(const struct sign_key *key, enum statement_kind kind, const void *message,
    struct buf *body, struct statement *out)
{
	enum zt_err err = pb_encode(message, body);

	if (err == ZT_OK)
		err = sign_detached(key, context_of(kind), buf_bytes(body), out->signature);
	if (err == ZT_OK)
		out->body = buf_bytes(body);
	return err;
}

enum zt_err
statement_verify(
    const uint8_t key[SIGN_PUBLIC_BYTES], enum statement_kind kind, const struct statement *s)
{
	return sign_verify(
	    key, context_of(kind), s->body, bytes_of(s->signature, sizeof s->signature));
}

enum zt_err
statement_of(const Zt__Statement *message, struct statement *out)
{
	if (message == NULL || message->signature.len != SIGN_BYTES || message->body.len == 0)
		return ZT_ERR_CORRUPT;
	out->body = pb_bytes(message->body);
	memcpy(out->signature, message->signature.data, SIGN_BYTES);
	return ZT_OK;
}

Zt__Statement
statement_message(const struct statement *s)
{
	Zt__Statement m = ZT__STATEMENT__INIT;

	m.body = pb_field(s->body.p, s->body.n);
	m.signature = pb_field(s->signature, sizeof s->signature);
	return m;
}

void
statement_digest(const struct statement *s, struct hash *out)
{
	struct bytes parts[] = { s->body, bytes_of(s->signature, sizeof s->signature) };

	hash_blake2b_parts(LABEL_ENTRY, parts, 2, out);
}
