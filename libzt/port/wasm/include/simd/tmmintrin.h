/* SPDX-License-Identifier: Apache-2.0 */
/* tmmintrin.h - as emmintrin.h says. */
#ifndef ZT_WASM_TMMINTRIN_H
#define ZT_WASM_TMMINTRIN_H

#include "emmintrin.h"

/* Of places within A alone: those beyond are another thing for SSSE3. */
#define _mm_shuffle_epi8(a, places) wasm_i8x16_swizzle(a, places)

#endif
