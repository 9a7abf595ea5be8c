/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The next capacity after CAP of elements of SIZE bytes; 0: there is none. */
static size_t
next(size_t cap, size_t size)
{
	size_t want = cap == 0 ? 8 : cap * 2;

	return want > SIZE_MAX / 2 / size ? 0 : want;
}

enum zt_err
vec_room(void *array, size_t count, size_t *cap, size_t size)
{
	void **at = array, *p;
	size_t want = next(*cap, size);

	if (count < *cap)
		return ZT_OK;
	if (want == 0 || (p = realloc(*at, want * size)) == NULL)
		return ZT_ERR_MEMORY;
	*at = p;
	*cap = want;
	return ZT_OK;
}

/* By hand, and not with realloc, so that no copy stays behind. */
enum zt_err
vec_room_secret(void *array, size_t count, size_t *cap, size_t size)
{
	void **at = array, *p;
	size_t want = next(*cap, size);

	if (count < *cap)
		return ZT_OK;
	if (want == 0 || (p = malloc(want * size)) == NULL)
		return ZT_ERR_MEMORY;
	if (count > 0)
		memcpy(p, *at, count * size);
	if (*at != NULL)
		explicit_bzero(*at, *cap * size);
	free(*at);
	*at = p;
	*cap = want;
	return ZT_OK;
}
