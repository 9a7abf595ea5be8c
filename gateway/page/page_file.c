/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "page/page_file.h"

#include <stddef.h>
#include <string.h>

const char *
page_file_type(const char *path)
{
	static const struct {
		const char *end, *type;
	} types[] = {
		{ ".html", "text/html; charset=utf-8" },
		{ ".js", "text/javascript; charset=utf-8" },
		{ ".mjs", "text/javascript; charset=utf-8" },
		{ ".css", "text/css; charset=utf-8" },
		{ ".json", "application/json" },
		{ ".webmanifest", "application/manifest+json" },
		{ ".wasm", "application/wasm" },
		{ ".svg", "image/svg+xml" },
		{ ".png", "image/png" },
		{ ".ico", "image/x-icon" },
		{ ".woff2", "font/woff2" },
		{ ".txt", "text/plain; charset=utf-8" },
		{ ".manifest", "text/plain; charset=utf-8" },
	};
	size_t n = strlen(path);

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		size_t m = strlen(types[i].end);

		if (n > m && strcmp(path + n - m, types[i].end) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

/* Whether the N bytes of a word's parameters at P have a quality of 0. */
static bool
is_refused(const char *p, size_t n)
{
	const char *q = memmem(p, n, "q=", 2), *end = p + n;

	if (q == NULL)
		return false;
	for (q += 2; q < end && (*q == '0' || *q == '.'); q++)
		continue;
	return q == end || *q == ' ' || *q == ';';
}

bool
page_file_takes_brotli(const char *list)
{
	for (const char *at = list; at != NULL && *at != 0;) {
		size_t n = strcspn(at, ",");

		if (strncmp(at, "br", 2) == 0 && (n == 2 || at[2] == ' ' || at[2] == ';'))
			return !is_refused(at + 2, n - 2);
		at += n;
		at += strspn(at, ", ");
	}
	return false;
}
