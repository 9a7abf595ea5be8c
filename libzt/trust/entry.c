/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/entry.h"

#include <stdlib.h>

#include "base/wire.h"
#include "crypto/labels.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"

static enum zt_err
read_fields(struct entry *e)
{
	const Zt__EntryBody *b = e->body;

	if (suite_check(b->suite))
		return ZT_ERR_SUITE;
	if (pb_id(b->org, &e->org) || pb_id(b->topic, &e->topic))
		return ZT_ERR_CORRUPT;
	if (b->action_case == ZT__ENTRY_BODY__ACTION__NOT_SET)
		return ZT_ERR_CRITICAL;
	if (b->action_case == ZT__ENTRY_BODY__ACTION_GENESIS) {
		if (b->author.len != 0 || b->prev.len != 0 || b->seen != NULL)
			return ZT_ERR_CORRUPT;
		return ZT_OK;
	}
	if (pb_id(b->author, &e->author) || b->seen == NULL ||
	    pb_hash(b->seen->root_hash, &e->seen_root))
		return ZT_ERR_CORRUPT;
	e->seen_size = b->seen->tree_size;
	e->has_prev = b->prev.len != 0;
	if (e->has_prev && pb_hash(b->prev, &e->prev))
		return ZT_ERR_CORRUPT;
	return ZT_OK;
}

void
entry_tag(const struct id *topic, uint64_t index, const struct hash *prev, struct hash *out)
{
	uint8_t number[8];
	struct bytes parts[] = { bytes_of(topic->b, ID_BYTES), bytes_of(number, sizeof number),
		bytes_of(prev != NULL ? prev->b : NULL, prev != NULL ? HASH_BYTES : 0) };

	wire_store_u64(number, index);
	hash_blake2b_parts(LABEL_ENTRY_TAG, parts, 3, out);
}

void
entry_leaf(const struct hash *digest, const struct hash *tag, struct hash *out)
{
	hash_sha256(0x00, bytes_of(tag->b, HASH_BYTES), bytes_of(digest->b, HASH_BYTES), out);
}

enum zt_err
entry_decode(const struct statement *s, struct entry **out)
{
	struct entry *e = NULL;
	uint8_t *copy = NULL;
	enum zt_err err = ZT_ERR_MEMORY;

	if (s->body.n > LIMIT_ENTRY)
		return ZT_ERR_TOO_BIG;
	if ((e = calloc(1, sizeof *e)) == NULL || (copy = malloc(s->body.n + 1)) == NULL)
		goto out;
	memcpy(copy, s->body.p, s->body.n);
	e->stmt = *s;
	e->stmt.body = bytes_of(copy, s->body.n);
	copy = NULL;
	if ((err = pb_decode(
		 &zt__entry_body__descriptor, e->stmt.body, LIMIT_ENTRY, &e->body)) ||
	    (err = read_fields(e)))
		goto out;
	statement_digest(&e->stmt, &e->digest);
	entry_tag(&e->topic, e->body->topic_index, e->has_prev ? &e->prev : NULL, &e->tag);
	entry_leaf(&e->digest, &e->tag, &e->leaf);
	*out = e;
	e = NULL;
out:
	free(copy);
	entry_free(e);
	return err;
}

void
entry_free(struct entry *e)
{
	if (e == NULL)
		return;
	pb_free(e->body);
	free((void *)(uintptr_t)e->stmt.body.p);
	free(e);
}

enum zt_err
entry_sign(const struct sign_key *key, const Zt__EntryBody *body, struct entry **out)
{
	struct buf bytes = buf_init(LIMIT_ENTRY);
	struct statement s;
	enum zt_err err = statement_sign(key, STATEMENT_ENTRY, body, &bytes, &s);

	if (err == ZT_OK)
		err = entry_decode(&s, out);
	buf_free(&bytes);
	return err;
}

const char *
entry_action(const struct entry *e)
{
	const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field(
	    &zt__entry_body__descriptor, (unsigned)e->body->action_case);

	return f != NULL ? f->name : "unknown";
}
