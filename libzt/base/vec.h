/* SPDX-License-Identifier: Apache-2.0 */
/* vec.h - room for one more element in a growing array; the arithmetic in one place. */
#ifndef ZT_BASE_VEC_H
#define ZT_BASE_VEC_H

#include <stddef.h>

#include "base/err.h"

/* Makes room in *ARRAY of COUNT elements of SIZE bytes for one more (doubling). *CAP is its
 * capacity. *ARRAY moves. Errors: MEMORY. */
ZT_CHECKED enum zt_err vec_room(void *array, size_t count, size_t *cap, size_t size);
/* The same of elements that hold keys: where they were is wiped. The caller wipes the last one.
 */
ZT_CHECKED enum zt_err vec_room_secret(void *array, size_t count, size_t *cap, size_t size);

#endif
