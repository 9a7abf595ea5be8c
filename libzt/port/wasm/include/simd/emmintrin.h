/* SPDX-License-Identifier: Apache-2.0 */
/* emmintrin.h - what libsodium's ChaCha20 for SSSE3 asks of a processor, as WebAssembly has it:
 * four blocks of the stream at once. Only what that file uses is here (mk/wasm-libs.mk). */
#ifndef ZT_WASM_EMMINTRIN_H
#define ZT_WASM_EMMINTRIN_H

#include <wasm_simd128.h>

typedef v128_t __m128i;

#define _mm_loadu_si128(p) wasm_v128_load(p)
#define _mm_storeu_si128(p, a) wasm_v128_store(p, a)
#define _mm_set1_epi32(x) wasm_i32x4_splat((int)(x))
#define _mm_set1_epi64x(x) wasm_i64x2_splat((int64_t)(x))
#define _mm_set_epi64x(high, low) wasm_i64x2_make(low, high)
#define _mm_cvtsi64_si128(x) wasm_i64x2_make(x, 0)
#define _mm_set_epi8(p, o, n, m, l, k, j, i, h, g, f, e, d, c, b, a)                           \
	wasm_i8x16_const(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
#define _mm_add_epi32(a, b) wasm_i32x4_add(a, b)
#define _mm_add_epi64(a, b) wasm_i64x2_add(a, b)
#define _mm_xor_si128(a, b) wasm_v128_xor(a, b)
#define _mm_or_si128(a, b) wasm_v128_or(a, b)
#define _mm_slli_epi32(a, n) wasm_i32x4_shl(a, n)
#define _mm_srli_epi32(a, n) wasm_u32x4_shr(a, n)
#define _mm_shuffle_epi32(a, n)                                                                \
	wasm_i32x4_shuffle(a, a, (n)&3, (n) >> 2 & 3, (n) >> 4 & 3, (n) >> 6)
#define _mm_unpacklo_epi32(a, b) wasm_i32x4_shuffle(a, b, 0, 4, 1, 5)
#define _mm_unpackhi_epi32(a, b) wasm_i32x4_shuffle(a, b, 2, 6, 3, 7)
#define _mm_unpacklo_epi64(a, b) wasm_i64x2_shuffle(a, b, 0, 2)
#define _mm_unpackhi_epi64(a, b) wasm_i64x2_shuffle(a, b, 1, 3)

#endif
