#include "common/output.h"

#include <stdio.h>
#include <time.h>

void
output_show(const char *text)
{
	for (; *text != 0; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			(void)printf("\\x%02x", (unsigned char)*text);
		else
			(void)putchar(*text);
}

void
output_field(const char *key, const char *text, bool more)
{
	(void)printf("\"%s\":\"", key);
	for (; *text != 0; text++)
		if (*text == '"' || *text == '\\')
			(void)printf("\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			(void)printf("\\u%04x", (unsigned char)*text);
		else
			(void)putchar(*text);
	(void)printf("\"%s", more ? "," : "");
}

void
output_time(uint64_t ms)
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	char text[40];

	(void)localtime_r(&s, &tm);
	(void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
	(void)fputs(text, stdout);
}
