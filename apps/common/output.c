/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "common/output.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "zt/text.h"
#include "zt/zt.h"

void
output_show(const char *text)
{
	output_show_on(stdout, text);
}

void
output_show_on(FILE *to, const char *text)
{
	char some[ZT_SHOWN];
	size_t n;

	while ((n = zt_show(&text, ZT_SHOW_PLAIN, some)) > 0)
		(void)fwrite(some, 1, n, to);
}

void
output_time(uint64_t ms)
{
	output_seconds((int64_t)(ms / 1000));
}

static void
print_seconds(int64_t since, char out[40])
{
	time_t s = (time_t)since;
	struct tm tm;

	/* A member may have dated something beyond every calendar. */
	if (localtime_r(&s, &tm) == NULL || strftime(out, 40, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		(void)snprintf(out, 40, "%lld s", (long long)since);
}

void
output_time_text(uint64_t ms, char out[40])
{
	print_seconds((int64_t)(ms / 1000), out);
}

void
output_seconds(int64_t since)
{
	char text[40];

	print_seconds(since, text);
	(void)fputs(text, stdout);
}

json_t *
output_text(const char *text)
{
	char some[ZT_SHOWN], *quoted = NULL;
	size_t size = 0, n;
	FILE *f = open_memstream(&quoted, &size);
	json_t *made = NULL;

	if (f == NULL)
		return NULL;
	(void)fputc('"', f);
	while ((n = zt_show(&text, ZT_SHOW_JSON, some)) > 0)
		(void)fwrite(some, 1, n, f);
	(void)fputc('"', f);
	if (fclose(f) == 0)
		made = json_loadb(quoted, size, JSON_DECODE_ANY, NULL);
	free(quoted);
	return made;
}

json_t *
output_hex(const char *text)
{
	static const char digits[] = "0123456789abcdef";
	json_t *is = json_string(text); /* NULL: it is not UTF-8 */
	size_t n = strlen(text);
	char *hex = is == NULL ? malloc(2 * n + 1) : NULL;

	json_decref(is);
	if (hex == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		hex[2 * i] = digits[(unsigned char)text[i] >> 4];
		hex[2 * i + 1] = digits[(unsigned char)text[i] & 15];
	}
	hex[2 * n] = 0;
	is = json_string(hex);
	free(hex);
	return is;
}

json_t *
output_number(uint64_t n)
{
	return json_integer((json_int_t)(n <= INT64_MAX ? n : INT64_MAX));
}

void
output_json(FILE *to, const char *kind, const char *format, ...)
{
	json_t *line = json_pack("{s:s}", "kind", kind), *more;
	va_list args;

	va_start(args, format);
	more = json_vpack_ex(NULL, 0, format, args);
	va_end(args);
	if (line == NULL || more == NULL || json_object_update_missing(line, more) != 0 ||
	    json_dumpf(line, to, JSON_COMPACT | JSON_ENSURE_ASCII) != 0)
		(void)fputs("{\"kind\":\"error\",\"error\":\"MEMORY\"}", to);
	(void)fputc('\n', to);
	json_decref(more);
	json_decref(line);
}
