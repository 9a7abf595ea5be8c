/* SPDX-License-Identifier: Apache-2.0 */
/* simd.c - what libsodium's ChaCha20 asks of the processor (include/simd, mk/wasm-libs.mk): the
 * module is not loaded where there are no vectors. */
int zt_has_simd(void);

int
zt_has_simd(void)
{
	return 1;
}
