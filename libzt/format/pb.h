/* SPDX-License-Identifier: Apache-2.0 */
/* pb.h - Protocol Buffers from peers: decode with the critical-field rule, and typed reads of
 * byte fields. The contract of unknown fields is proto/README.md. */
#ifndef ZT_FORMAT_PB_H
#define ZT_FORMAT_PB_H

#include <protobuf-c/protobuf-c.h>

#include "base/buf.h"
#include "base/id.h"
#include "crypto/hash.h"

/* Decodes IN, at most MAX bytes, as TYPE; the caller frees *OUT with pb_free. It never takes
 * more memory than eight times IN and 256 KiB (twice, of what is beyond 4 MiB). Errors:
 * CORRUPT, TOO_BIG (also in memory), CRITICAL (an unknown field in the critical range, at any
 * depth). */
ZT_CHECKED enum zt_err pb_decode(
    const ProtobufCMessageDescriptor *type, struct bytes in, size_t max, void *out);
/* Wipes nothing; messages that hold secrets go through pb_wipe. NULL is nothing. */
void pb_free(void *message);
/* Zeroes every byte and text field of MESSAGE at any depth, then frees it. */
void pb_wipe(void *message);
/* Appends the encoding of MESSAGE. */
ZT_CHECKED enum zt_err pb_encode(const void *message, struct buf *out);

/* A copy of FROM as TO's own, in a message that pb_free or pb_wipe frees; of an empty field
 * nothing. Errors: MEMORY. */
ZT_CHECKED enum zt_err pb_copy(ProtobufCBinaryData from, ProtobufCBinaryData *to);

/* The field as an id, a hash, or exactly N bytes. Errors: CORRUPT (another size). */
ZT_CHECKED enum zt_err pb_id(ProtobufCBinaryData field, struct id *out);
ZT_CHECKED enum zt_err pb_hash(ProtobufCBinaryData field, struct hash *out);
ZT_CHECKED enum zt_err pb_exact(ProtobufCBinaryData field, void *out, size_t n);
static inline struct bytes
pb_bytes(ProtobufCBinaryData field)
{
	return bytes_of(field.data, field.len);
}
/* A field that borrows BYTES for as long as the message is encoded. */
static inline ProtobufCBinaryData
pb_field(const void *p, size_t n)
{
	return (ProtobufCBinaryData){ .len = n, .data = (uint8_t *)(uintptr_t)p };
}

#endif
