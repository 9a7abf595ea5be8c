#include "format/pb.h"

#include "crypto/suite.h"

enum { CRITICAL_FIRST = 1000, CRITICAL_LAST = 1999, DEEPEST = 16 };
enum { HAS_CRITICAL = 1, IS_MALFORMED = 2 }; /* what a walk found */

typedef void visit_bytes(void *p, size_t n);

/* Walks MESSAGE: looks at unknown fields, and shows each byte and text field to VISIT. A field
 * with the number 0, which protobuf-c takes and cannot write again, is malformed. */
static unsigned walk(const ProtobufCMessage *m, unsigned depth, visit_bytes *visit);

static unsigned
walk_value(
    const ProtobufCFieldDescriptor *f, const void *at, unsigned depth, visit_bytes *visit)
{
	const ProtobufCBinaryData *data = at;
	char *const *text = at;
	ProtobufCMessage *const *sub = at;

	if (f->type == PROTOBUF_C_TYPE_MESSAGE)
		return *sub != NULL ? walk(*sub, depth + 1, visit) : 0;
	if (visit != NULL && f->type == PROTOBUF_C_TYPE_BYTES && data->data != NULL)
		visit(data->data, data->len);
	if (visit != NULL && f->type == PROTOBUF_C_TYPE_STRING && *text != NULL)
		visit(*text, strlen(*text));
	return 0;
}

static size_t
value_size(const ProtobufCFieldDescriptor *f)
{
	return f->type == PROTOBUF_C_TYPE_BYTES ? sizeof(ProtobufCBinaryData) : sizeof(void *);
}

static bool
is_walked(const ProtobufCFieldDescriptor *f)
{
	return f->type == PROTOBUF_C_TYPE_MESSAGE || f->type == PROTOBUF_C_TYPE_BYTES ||
	       f->type == PROTOBUF_C_TYPE_STRING;
}

static unsigned
walk(const ProtobufCMessage *m, unsigned depth, visit_bytes *visit)
{
	const uint8_t *base = (const uint8_t *)m;
	unsigned found = 0;

	if (depth > DEEPEST)
		return IS_MALFORMED;
	for (unsigned i = 0; i < m->n_unknown_fields; i++) {
		uint32_t number = m->unknown_fields[i].tag;

		if (number == 0)
			found |= IS_MALFORMED;
		if (number >= CRITICAL_FIRST && number <= CRITICAL_LAST)
			found |= HAS_CRITICAL;
	}
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];

		if (!is_walked(f))
			continue;
		if (f->label == PROTOBUF_C_LABEL_REPEATED) {
			size_t count = *(const size_t *)(base + f->quantifier_offset);
			const uint8_t *array = *(uint8_t *const *)(base + f->offset);

			for (size_t k = 0; k < count; k++)
				found |= walk_value(f, array + k * value_size(f), depth, visit);
		} else if ((f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0 ||
			   *(const uint32_t *)(base + f->quantifier_offset) == f->id) {
			found |= walk_value(f, base + f->offset, depth, visit);
		}
	}
	return found;
}

enum zt_err
pb_decode(const ProtobufCMessageDescriptor *type, struct bytes in, size_t max, void *out)
{
	ProtobufCMessage *m;
	unsigned found;

	if (in.n > max)
		return ZT_ERR_TOO_BIG;
	if ((m = protobuf_c_message_unpack(type, NULL, in.n, in.p)) == NULL)
		return ZT_ERR_CORRUPT;
	if ((found = walk(m, 0, NULL)) != 0) {
		protobuf_c_message_free_unpacked(m, NULL);
		return found & IS_MALFORMED ? ZT_ERR_CORRUPT : ZT_ERR_CRITICAL;
	}
	*(ProtobufCMessage **)out = m;
	return ZT_OK;
}

void
pb_free(void *message)
{
	if (message != NULL)
		protobuf_c_message_free_unpacked(message, NULL);
}

static void
wipe_bytes(void *p, size_t n)
{
	suite_wipe(p, n);
}

void
pb_wipe(void *message)
{
	if (message != NULL)
		(void)walk(message, 0, wipe_bytes);
	pb_free(message);
}

enum zt_err
pb_encode(const void *message, struct buf *out)
{
	size_t n = protobuf_c_message_get_packed_size(message);
	uint8_t *to = buf_room(out, n);

	if (to == NULL)
		return buf_err(out);
	(void)protobuf_c_message_pack(message, to);
	return ZT_OK;
}

enum zt_err
pb_exact(ProtobufCBinaryData field, void *out, size_t n)
{
	if (field.len != n)
		return ZT_ERR_CORRUPT;
	memcpy(out, field.data, n);
	return ZT_OK;
}

enum zt_err
pb_id(ProtobufCBinaryData field, struct id *out)
{
	return pb_exact(field, out->b, sizeof out->b);
}

enum zt_err
pb_hash(ProtobufCBinaryData field, struct hash *out)
{
	return pb_exact(field, out->b, sizeof out->b);
}
