/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/suite.h"

#include <sodium.h>

enum zt_err
suite_init(void)
{
	return sodium_init() < 0 ? ZT_ERR_IO : ZT_OK;
}

enum zt_err
suite_check(unsigned suite)
{
	return suite == SUITE_1 ? ZT_OK : ZT_ERR_SUITE;
}

void
random_bytes(void *out, unsigned long n)
{
	randombytes_buf(out, n);
}

void
wipe(void *p, unsigned long n)
{
	sodium_memzero(p, n);
}
