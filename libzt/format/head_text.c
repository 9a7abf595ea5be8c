/* SPDX-License-Identifier: Apache-2.0 */
#include "format/head_text.h"

#include <stdio.h>

#include "base/wire.h"
#include "crypto/labels.h"

enum { ROOT = 2 * HASH_BYTES, CHECK = 4, DIGITS_MAX = 18 };

static void
check_of(uint64_t size, const struct hash *root, char out[CHECK + 1])
{
	uint8_t number[8];
	struct bytes parts[] = { bytes_of(number, sizeof number),
		bytes_of(root->b, HASH_BYTES) };
	struct hash h;

	wire_store_u64(number, size);
	hash_blake2b_parts(LABEL_HEAD_CHECK, parts, 2, &h);
	hex_print(h.b, CHECK / 2, out);
}

void
head_text_print(uint64_t size, const struct hash *root, char out[HEAD_TEXT])
{
	char hex[ROOT + 1], check[CHECK + 1];

	hex_print(root->b, HASH_BYTES, hex);
	check_of(size, root, check);
	(void)snprintf(out, HEAD_TEXT, "%llu:%s:%s", (unsigned long long)size, hex, check);
}

/* TEXT in small letters, without the blanks around it. */
static bool
tidy(const char *text, char out[HEAD_TEXT])
{
	size_t n;

	text += strspn(text, " \t\r\n");
	n = strcspn(text, " \t\r\n");
	if (n >= HEAD_TEXT || text[n + strspn(text + n, " \t\r\n")] != 0)
		return false;
	for (size_t i = 0; i < n; i++)
		out[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]);
	out[n] = 0;
	return true;
}

enum zt_err
head_text_parse(const char *text, uint64_t *size, struct hash *root)
{
	char line[HEAD_TEXT], check[CHECK + 1];
	struct hash r;
	uint64_t n = 0;
	size_t digits;

	if (!tidy(text, line))
		return ZT_ERR_INVALID;
	digits = strspn(line, "0123456789");
	if (digits == 0 || digits > DIGITS_MAX || line[digits] != ':' ||
	    strlen(line + digits) != 1 + ROOT + 1 + CHECK || line[digits + 1 + ROOT] != ':' ||
	    hex_parse(line + digits + 1, ROOT, r.b, HASH_BYTES))
		return ZT_ERR_INVALID;
	for (size_t i = 0; i < digits; i++)
		n = 10 * n + (uint64_t)(line[i] - '0');
	check_of(n, &r, check);
	if (strcmp(check, line + digits + 1 + ROOT + 1) != 0)
		return ZT_ERR_CORRUPT;
	*size = n;
	*root = r;
	return ZT_OK;
}
