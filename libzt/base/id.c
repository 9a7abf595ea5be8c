/* SPDX-License-Identifier: Apache-2.0 */
#include "base/id.h"

#include <stdlib.h>

bool
id_equal(const struct id *a, const struct id *b)
{
	return memcmp(a->b, b->b, ID_BYTES) == 0;
}

bool
id_is_zero(const struct id *a)
{
	static const struct id zero;

	return id_equal(a, &zero);
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, ID_BYTES);
}

enum zt_err
id_all_differ(struct bytes ids)
{
	size_t n = ids.n / ID_BYTES;
	struct id *sorted;
	enum zt_err err = ids.n % ID_BYTES == 0 ? ZT_OK : ZT_ERR_CORRUPT;

	if (err || n < 2)
		return err;
	if ((sorted = malloc(ids.n)) == NULL)
		return ZT_ERR_MEMORY;
	memcpy(sorted, ids.p, ids.n);
	qsort(sorted, n, sizeof *sorted, compare);
	for (size_t i = 1; i < n && err == ZT_OK; i++)
		if (id_equal(&sorted[i - 1], &sorted[i]))
			err = ZT_ERR_CORRUPT;
	free(sorted);
	return err;
}

void
id_print(const struct id *id, char out[ID_TEXT])
{
	hex_print(id->b, ID_BYTES, out);
}

enum zt_err
id_parse(const char *text, size_t n, struct id *out)
{
	return hex_parse(text, n, out->b, ID_BYTES);
}

void
hex_print(const void *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = bytes;

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = 0;
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

enum zt_err
hex_parse(const char *text, size_t chars, void *out, size_t n)
{
	uint8_t *to = out;

	if (chars != 2 * n)
		return ZT_ERR_INVALID;
	for (size_t i = 0; i < chars; i++)
		if (digit(text[i]) < 0)
			return ZT_ERR_INVALID;
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
	return ZT_OK;
}
