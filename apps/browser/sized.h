/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* sized.h - for rpc/json.c in WebAssembly, whose library does not tell how large a piece of
 * memory is: each of jansson's pieces begins with its size. All of them come and go by the two
 * functions of json.c. */
#ifndef ZT_BROWSER_SIZED_H
#define ZT_BROWSER_SIZED_H

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

enum { SIZED_HEAD = 16 }; /* malloc's alignment */

static inline void *
sized_malloc(size_t n)
{
	uint8_t *p = n <= SIZE_MAX - SIZED_HEAD ? malloc(n + SIZED_HEAD) : NULL;

	if (p == NULL)
		return NULL;
	*(size_t *)(void *)p = n;
	return p + SIZED_HEAD;
}

static inline size_t
sized_size(const void *p)
{
	return *(const size_t *)(const void *)((const uint8_t *)p - SIZED_HEAD);
}

static inline void
sized_free(void *p)
{
	if (p != NULL)
		free((uint8_t *)p - SIZED_HEAD);
}

#define malloc sized_malloc
#define free sized_free
#define malloc_usable_size sized_size

#endif
