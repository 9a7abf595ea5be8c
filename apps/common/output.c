#include "common/output.h"

#include <time.h>

#include "zt/zt.h"

static void
show(const char *text, enum zt_shown how, FILE *to)
{
	char one[ZT_SHOWN];
	size_t n;

	while ((n = zt_show(&text, how, one)) > 0)
		(void)fwrite(one, 1, n, to);
}

void
output_show(const char *text)
{
	show(text, ZT_SHOW_PLAIN, stdout);
}

void
output_show_on(FILE *to, const char *text)
{
	show(text, ZT_SHOW_PLAIN, to);
}

void
output_field(const char *key, const char *text, bool more)
{
	output_field_on(stdout, key, text, more);
}

void
output_field_on(FILE *to, const char *key, const char *text, bool more)
{
	(void)fprintf(to, "\"%s\":\"", key);
	show(text, ZT_SHOW_JSON, to);
	(void)fprintf(to, "\"%s", more ? "," : "");
}

void
output_time(uint64_t ms)
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	char text[40];

	/* A member may have dated something beyond every calendar. */
	if (localtime_r(&s, &tm) == NULL ||
	    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		(void)snprintf(text, sizeof text, "%llu ms", (unsigned long long)ms);
	(void)fputs(text, stdout);
}
