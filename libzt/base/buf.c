/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAGE = 4096, LARGE = 128 * 1024 };

struct buf
buf_init(size_t max)
{
	return (struct buf){ .max = max };
}

void
buf_free(struct buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	free(b->p);
	*b = buf_init(b->max);
}

/* WANT bytes; of a large buffer whole pages, and so a little more. */
static uint8_t *
memory(size_t *want)
{
	if (*want < LARGE || *want > SIZE_MAX - PAGE)
		return malloc(*want);
	*want = (*want + PAGE - 1) / PAGE * PAGE;
	return aligned_alloc(PAGE, *want);
}

/* Moves by hand and not with realloc, so that no copy of a secret stays behind. */
static bool
grow(struct buf *b, size_t more)
{
	size_t want = b->cap < 128 ? 128 : b->cap;
	uint8_t *p;

	if (b->err != ZT_OK)
		return false;
	if (more > b->max || b->n > b->max - more) {
		b->err = ZT_ERR_TOO_BIG;
		return false;
	}
	if (b->n + more < b->cap) /* one byte stays free for buf_text */
		return true;
	if (b->cap == 0 && more >= LARGE)
		want =
		    more + 1; /* known whole, mostly: twice that would be wiped for nothing */
	while (want <= b->n + more)
		want = want > SIZE_MAX / 2 ? b->n + more + 1 : want * 2;
	if (want >
	    b->max) /* never more than what was promised at birth, and the byte for buf_text */
		want = b->max + 1;
	if ((p = memory(&want)) == NULL) {
		b->err = ZT_ERR_MEMORY;
		return false;
	}
	if (b->n > 0)
		memcpy(p, b->p, b->n);
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	free(b->p);
	b->p = p;
	b->cap = want;
	return true;
}

void
buf_empty(struct buf *b)
{
	b->n = 0;
	b->err = ZT_OK;
}

enum zt_err
buf_reserve(struct buf *b, size_t n)
{
	(void)grow(b, n);
	return b->err;
}

uint8_t *
buf_room(struct buf *b, size_t n)
{
	if (!grow(b, n))
		return NULL;
	b->n += n;
	return b->p + b->n - n;
}

void
buf_add(struct buf *b, struct bytes bytes)
{
	uint8_t *to = buf_room(b, bytes.n);

	if (to != NULL && bytes.n > 0)
		memcpy(to, bytes.p, bytes.n);
}

void
buf_add_text(struct buf *b, const char *text)
{
	buf_add(b, bytes_text(text));
}

void
buf_add_byte(struct buf *b, uint8_t byte)
{
	buf_add(b, bytes_of(&byte, 1));
}

void
buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	char *text = NULL;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0) {
		b->err = ZT_ERR_MEMORY;
		return;
	}
	buf_add(b, bytes_of(text, (size_t)n));
	free(text);
}

enum zt_err
buf_err(const struct buf *b)
{
	return b->err;
}

const char *
buf_text(struct buf *b)
{
	if (!grow(b, 0) || b->p == NULL)
		return "";
	b->p[b->n] = 0;
	return (const char *)b->p;
}
