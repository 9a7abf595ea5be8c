/* SPDX-License-Identifier: Apache-2.0 */
#include "base/wire.h"

struct wire_reader
wire_read(struct bytes in)
{
	return (struct wire_reader){ .p = in.p, .left = in.n };
}

static const uint8_t *
take(struct wire_reader *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->bad || n > r->left) { /* never p + n > end: that sum can wrap */
		r->bad = true;
		return NULL;
	}
	if (n == 0)
		return p;
	r->p += n;
	r->left -= n;
	return p;
}

static uint64_t
integer(struct wire_reader *r, size_t n)
{
	const uint8_t *p = take(r, n);
	uint64_t v = 0;

	for (size_t i = 0; p != NULL && i < n; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t
wire_u8(struct wire_reader *r)
{
	return (uint8_t)integer(r, 1);
}

uint16_t
wire_u16(struct wire_reader *r)
{
	return (uint16_t)integer(r, 2);
}

uint32_t
wire_u32(struct wire_reader *r)
{
	return (uint32_t)integer(r, 4);
}

uint64_t
wire_u64(struct wire_reader *r)
{
	return integer(r, 8);
}

void
wire_copy(struct wire_reader *r, void *to, size_t n)
{
	const uint8_t *p = take(r, n);

	if (p != NULL)
		memcpy(to, p, n);
	else
		memset(to, 0, n);
}

struct bytes
wire_span(struct wire_reader *r, size_t n)
{
	const uint8_t *p = take(r, n);

	return p != NULL ? bytes_of(p, n) : bytes_of(NULL, 0);
}

struct bytes
wire_counted(struct wire_reader *r, size_t max)
{
	size_t n = wire_u32(r);

	if (n > max) {
		r->bad = true;
		return bytes_of(NULL, 0);
	}
	return wire_span(r, n);
}

void
wire_expect_u32(struct wire_reader *r, uint32_t value)
{
	if (wire_u32(r) != value)
		r->bad = true;
}

bool
wire_end(const struct wire_reader *r)
{
	return r->bad || r->left != 0;
}

static void
put(struct buf *b, uint64_t v, size_t n)
{
	uint8_t *p = buf_room(b, n);

	for (size_t i = 0; p != NULL && i < n; i++)
		p[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

void
wire_put_u8(struct buf *b, uint8_t v)
{
	put(b, v, 1);
}

void
wire_put_u16(struct buf *b, uint16_t v)
{
	put(b, v, 2);
}

void
wire_put_u32(struct buf *b, uint32_t v)
{
	put(b, v, 4);
}

void
wire_put_u64(struct buf *b, uint64_t v)
{
	put(b, v, 8);
}

void
wire_put_counted(struct buf *b, struct bytes bytes)
{
	if (bytes.n > UINT32_MAX) {
		b->err = ZT_ERR_TOO_BIG;
		return;
	}
	wire_put_u32(b, (uint32_t)bytes.n);
	buf_add(b, bytes);
}

void
wire_store_u32(uint8_t to[4], uint32_t v)
{
	for (size_t i = 0; i < 4; i++)
		to[i] = (uint8_t)(v >> (24 - 8 * i));
}

void
wire_store_u64(uint8_t to[8], uint64_t v)
{
	for (size_t i = 0; i < 8; i++)
		to[i] = (uint8_t)(v >> (56 - 8 * i));
}

uint32_t
wire_load_u32(const uint8_t from[4])
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 |
	       from[3];
}

uint64_t
wire_load_u64(const uint8_t from[8])
{
	return (uint64_t)wire_load_u32(from) << 32 | wire_load_u32(from + 4);
}
