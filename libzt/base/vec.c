/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"

#include <stdint.h>
#include <stdlib.h>

enum zt_err
vec_room(void *array, size_t count, size_t *cap, size_t size)
{
	void **at = array, *p;
	size_t want = *cap == 0 ? 8 : *cap * 2;

	if (count < *cap)
		return ZT_OK;
	if (want > SIZE_MAX / 2 / size || (p = realloc(*at, want * size)) == NULL)
		return ZT_ERR_MEMORY;
	*at = p;
	*cap = want;
	return ZT_OK;
}
