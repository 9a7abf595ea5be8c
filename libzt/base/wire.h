/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h - checked reading and writing of big-endian integers and counted bytes.
 *
 * After the first bad read every later read returns zeros and wire_end returns true: a decoder
 * reads everything and checks once. Trailing bytes are an error. */
#ifndef ZT_BASE_WIRE_H
#define ZT_BASE_WIRE_H

#include "base/buf.h"

struct wire_reader {
	const uint8_t *p;
	size_t left;
	bool bad;
};

struct wire_reader wire_read(struct bytes in);
uint8_t wire_u8(struct wire_reader *r);
uint16_t wire_u16(struct wire_reader *r);
uint32_t wire_u32(struct wire_reader *r);
uint64_t wire_u64(struct wire_reader *r);
/* Copies exactly N bytes to TO; zeros if fewer are left. */
void wire_copy(struct wire_reader *r, void *to, size_t n);
/* The next N bytes, borrowed from the input; empty if fewer are left. */
struct bytes wire_span(struct wire_reader *r, size_t n);
/* A 32-bit count, at most MAX, and the span of that length. */
struct bytes wire_counted(struct wire_reader *r, size_t max);
/* Marks the reader bad unless the next integer is VALUE. */
void wire_expect_u32(struct wire_reader *r, uint32_t value);
/* True if any read was bad, or if bytes are left over. */
bool wire_end(const struct wire_reader *r);

void wire_put_u8(struct buf *b, uint8_t v);
void wire_put_u16(struct buf *b, uint16_t v);
void wire_put_u32(struct buf *b, uint32_t v);
void wire_put_u64(struct buf *b, uint64_t v);
/* A 32-bit count, then the bytes. */
void wire_put_counted(struct buf *b, struct bytes bytes);
/* The same integers into memory that the caller sized. */
void wire_store_u32(uint8_t to[4], uint32_t v);
void wire_store_u64(uint8_t to[8], uint64_t v);
uint32_t wire_load_u32(const uint8_t from[4]);
uint64_t wire_load_u64(const uint8_t from[8]);

#endif
