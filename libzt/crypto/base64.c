/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/base64.h"

#include <sodium.h>

void
base64_print(struct bytes bytes, struct buf *out)
{
	size_t n = sodium_base64_ENCODED_LEN(bytes.n, sodium_base64_VARIANT_ORIGINAL);
	uint8_t *to = buf_room(out, n);

	if (to == NULL)
		return;
	sodium_bin2base64((char *)to, n, bytes.p, bytes.n, sodium_base64_VARIANT_ORIGINAL);
	out->n--; /* its zero byte is not counted */
}

enum zt_err
base64_parse(struct bytes text, uint8_t *out, size_t n)
{
	uint8_t bin[96];
	size_t got = 0;
	const char *end = NULL;

	if (n > sizeof bin ||
	    text.n != sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_ORIGINAL) - 1)
		return ZT_ERR_INVALID;
	if (sodium_base642bin(bin, sizeof bin, (const char *)text.p, text.n, NULL, &got, &end,
		sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    got != n || end != (const char *)text.p + text.n)
		return ZT_ERR_INVALID;
	memcpy(out, bin, n);
	return ZT_OK;
}
