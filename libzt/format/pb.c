/* SPDX-License-Identifier: Apache-2.0 */
#include "format/pb.h"

#include <stdlib.h>

#include "base/wire.h"
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

/* ---- what a message may cost ----
 *
 * A field of two bytes on the wire can take a hundred in memory. What a message of N bytes
 * takes is therefore bounded: by a first look, before any memory is taken, at what its fields
 * need at least; and by an allocator that counts all that is asked for while it is unpacked,
 * also what is given back at once, for a field that is there a million times is merged a
 * million times. */

enum {
	COST_FREE = 256 * 1024, /* of any message: the smallest ones are mostly structure */
	COST_SMALL = 4 * 1024 * 1024, /* up to here a message may be a list of small things: */
	COST_SMALL_TIMES = 8,         /* names of one letter in a folder take seven times */
	COST_LARGE_TIMES = 2,         /* beyond, it is mostly bytes that others sealed */
	COST_FIELD = 40               /* what protobuf-c notes of each field that it finds */
};

static size_t
budget_of(size_t n)
{
	size_t small = n < COST_SMALL ? n : COST_SMALL;

	return COST_FREE + COST_SMALL_TIMES * small + COST_LARGE_TIMES * (n - small);
}

static uint64_t
varint(struct wire_reader *r)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t b = wire_u8(r);

		v |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80)
			return v;
	}
	r->bad = true;
	return 0;
}

/* Passes over one field's value; what is in it, when it has a length. */
static struct bytes
pass(struct wire_reader *r, unsigned wire_type)
{
	uint64_t n;

	switch (wire_type) {
	case PROTOBUF_C_WIRE_TYPE_VARINT:
		(void)varint(r);
		break;
	case PROTOBUF_C_WIRE_TYPE_64BIT:
		(void)wire_span(r, 8);
		break;
	case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
		n = varint(r);
		if (n <= SIZE_MAX) /* also where that is 32 bits */
			return wire_span(r, (size_t)n);
		r->bad = true;
		break;
	case PROTOBUF_C_WIRE_TYPE_32BIT:
		(void)wire_span(r, 4);
		break;
	default:
		r->bad = true;
	}
	return bytes_of(NULL, 0);
}

/* Takes from *LEFT what the fields of IN cost at least; false when that is not enough. What is
 * malformed is left to the unpacking to find. */
static bool
affords(const ProtobufCMessageDescriptor *type, struct bytes in, unsigned depth, size_t *left)
{
	struct wire_reader r = wire_read(in);
	const ProtobufCFieldDescriptor *f;

	if (*left < type->sizeof_message || depth > DEEPEST)
		return false;
	*left -= type->sizeof_message;
	while (r.left > 0 && !r.bad) {
		uint64_t tag = varint(&r);
		struct bytes value = pass(&r, tag & 7);

		if (*left < COST_FIELD)
			return false;
		*left -= COST_FIELD;
		f = protobuf_c_message_descriptor_get_field(type, (unsigned)(tag >> 3));
		if (value.p != NULL && f != NULL && f->type == PROTOBUF_C_TYPE_MESSAGE &&
		    !affords(f->descriptor, value, depth + 1, left))
			return false;
	}
	return true;
}

struct budget {
	size_t left;
	enum zt_err err; /* why an unpacking ended early */
};

static void *
take(void *budget, size_t n)
{
	struct budget *b = budget;
	void *p;

	b->err = ZT_ERR_TOO_BIG;
	if (n > b->left)
		return NULL;
	b->left -= n;
	p = malloc(n);
	b->err = p != NULL ? ZT_ERR_CORRUPT : ZT_ERR_MEMORY;
	return p;
}

static void
give(void *budget, void *p)
{
	(void)budget;
	free(p);
}

enum zt_err
pb_decode(const ProtobufCMessageDescriptor *type, struct bytes in, size_t max, void *out)
{
	size_t min = budget_of(in.n);
	struct budget budget = { min, ZT_ERR_CORRUPT };
	ProtobufCAllocator allocator = { take, give, &budget };
	ProtobufCMessage *m;
	unsigned found;

	if (in.n > max || !affords(type, in, 0, &min))
		return ZT_ERR_TOO_BIG;
	if ((m = protobuf_c_message_unpack(type, &allocator, in.n, in.p)) == NULL)
		return budget.err;
	if ((found = walk(m, 0, NULL)) != 0) {
		pb_free(m);
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
	wipe(p, n);
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
pb_copy(ProtobufCBinaryData from, ProtobufCBinaryData *to)
{
	if (from.len == 0)
		return ZT_OK;
	if ((to->data = malloc(from.len)) == NULL)
		return ZT_ERR_MEMORY;
	memcpy(to->data, from.data, from.len);
	to->len = from.len;
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
