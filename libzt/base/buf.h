/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h - owned bytes with a fixed maximum; all growth arithmetic is here.
 *
 * A buffer that failed once (no memory, or over its maximum) stays failed: callers append
 * freely and check once, with buf_err. Large buffers are page-aligned, so that their content
 * can be written with O_DIRECT. Not thread-safe. */
#ifndef ZT_BASE_BUF_H
#define ZT_BASE_BUF_H

#include "base/bytes.h"
#include "base/err.h"

struct buf {
	uint8_t *p;
	size_t n, cap, max;
	enum zt_err err;
};

/* An empty buffer that will never hold more than MAX bytes. */
struct buf buf_init(size_t max);
/* Wipes and releases the memory; B is empty and usable again. */
void buf_free(struct buf *b);
/* Clears the content and the failure; keeps the memory. */
void buf_empty(struct buf *b);
/* Makes room for N more bytes at once. Errors: MEMORY, TOO_BIG. */
ZT_CHECKED enum zt_err buf_reserve(struct buf *b, size_t n);
/* Appends a copy of BYTES. */
void buf_add(struct buf *b, struct bytes bytes);
void buf_add_text(struct buf *b, const char *text);
void buf_add_byte(struct buf *b, uint8_t byte);
/* Appends as printf does. */
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Room for N bytes at the end, counted as used; NULL when the buffer failed. The pointer lives
 * until the next append. */
uint8_t *buf_room(struct buf *b, size_t n);
/* ZT_OK, MEMORY or TOO_BIG. */
ZT_CHECKED enum zt_err buf_err(const struct buf *b);
/* The content with an uncounted terminating zero byte; "" if the buffer failed. */
const char *buf_text(struct buf *b);
static inline struct bytes
buf_bytes(const struct buf *b)
{
	return bytes_of(b->p, b->n);
}

#endif
