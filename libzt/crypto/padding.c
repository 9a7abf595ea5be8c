/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/padding.h"

static unsigned
log2_floor(uint64_t n)
{
	return 63u - (unsigned)__builtin_clzll(n);
}

uint64_t
padding_size(uint64_t n)
{
	unsigned e, s;
	uint64_t mask;

	if (n < 2 || n > UINT64_C(1) << 62)
		return n;
	e = log2_floor(n);
	s = log2_floor(e == 0 ? 1 : e) + 1;
	if (e < s)
		return n;
	mask = (UINT64_C(1) << (e - s)) - 1;
	return (n + mask) & ~mask;
}
