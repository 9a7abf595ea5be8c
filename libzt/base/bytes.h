/* SPDX-License-Identifier: Apache-2.0 */
/* bytes.h - a borrowed span of bytes. It owns nothing; its lifetime is that of the memory's
 * owner. */
#ifndef ZT_BASE_BYTES_H
#define ZT_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *p;
	size_t n;
};

static inline struct bytes
bytes_of(const void *p, size_t n)
{
	return (struct bytes){ p, n };
}

static inline struct bytes
bytes_text(const char *text)
{
	return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

/* Public values only: not constant-time. Secrets go through secret_equal. */
static inline bool
bytes_equal(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Byte by byte, the shorter first: the order of the entries of a folder. Less than, equal to or
 * greater than 0. */
static inline int
bytes_order(struct bytes a, struct bytes b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

#endif
