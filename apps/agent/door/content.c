/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "door/content.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = 255 };

/* The digits at *AT as *OUT, and what is behind them. False: there are none, or too many. */
static bool
take_number(const char **at, uint64_t *out)
{
	size_t n = strspn(*at, "0123456789");

	*out = 0;
	for (size_t i = 0; i < n && n <= 18; i++)
		*out = *out * 10 + (uint64_t)((*at)[i] - '0');
	*at += n;
	return n > 0 && n <= 18;
}

enum content_range
content_range(const char *range, uint64_t size, uint64_t *from, uint64_t *end)
{
	const char *at = range;
	uint64_t first, last;
	bool has_first, has_last;

	*from = 0;
	*end = size;
	if (range == NULL || strncmp(range, "bytes=", strlen("bytes=")) != 0)
		return CONTENT_ALL;
	at += strlen("bytes=");
	has_first = take_number(&at, &first);
	if (*at++ != '-')
		return CONTENT_ALL;
	has_last = take_number(&at, &last);
	if (*at != 0 || (!has_first && !has_last) || (has_first && has_last && last < first))
		return CONTENT_ALL;
	if (has_first ? first >= size : last == 0 || size == 0)
		return CONTENT_OUTSIDE;
	if (has_first)
		*from = first;
	else if (last < size)
		*from = size - last;
	if (has_first && has_last && last < size - 1)
		*end = last + 1;
	return CONTENT_PART;
}

bool
content_is_shown(const char *type)
{
	static const char *const kinds[] = { "image/", "audio/", "video/" };
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		size_t n = strlen(kinds[i]);

		/* No plus sign: image/svg+xml is a page with scripts. */
		if (strncmp(type, kinds[i], n) == 0)
			return type[n] != 0 && strspn(type + n, letters) == strlen(type + n);
	}
	return false;
}

void
content_disposition(const char *name, char out[CONTENT_DISPOSITION])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_~";
	size_t n = strnlen(name, NAME_MAX_BYTES);
	char *at = out;

	at += sprintf(at, "attachment; filename*=UTF-8''");
	for (size_t i = 0; i < n; i++)
		at += sprintf(at, strchr(letters, name[i]) != NULL ? "%c" : "%%%02X",
		    (unsigned char)name[i]);
}
