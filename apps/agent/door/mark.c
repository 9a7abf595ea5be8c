/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "door/mark.h"

#include <sodium.h>
#include <stdlib.h>

void
mark_new(char out[MARK_TEXT])
{
	unsigned char bytes[32];

	if (sodium_init() < 0)
		abort(); /* the system gives no randomness */
	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2base64(
	    out, MARK_TEXT, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(bytes, sizeof bytes);
}

bool
mark_is(const char mark[MARK_TEXT], const char *text, size_t n)
{
	return n == MARK_TEXT - 1 && sodium_memcmp(mark, text, MARK_TEXT - 1) == 0;
}

void
mark_hash(const void *p, size_t n, char out[MARK_HASH])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(hash, p, n);
	sodium_bin2hex(out, MARK_HASH, hash, sizeof hash);
}
