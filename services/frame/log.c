/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "frame/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"

static const char **
service_name(void)
{
	static const char *name = "zt"; /* set once, before any thread starts */

	return &name;
}

void
log_start(const char *service)
{
	*service_name() = service;
}

static void
quote(struct buf *b, const char *text)
{
	buf_add_byte(b, '"');
	for (; *text != 0; text++) {
		if (*text == '"' || *text == '\\')
			buf_printf(b, "\\%c", *text);
		else if ((unsigned char)*text < 0x20 || (unsigned char)*text == 0x7f)
			buf_printf(b, "\\u%04x", (unsigned)(unsigned char)*text);
		else
			buf_add_byte(b, (uint8_t)*text);
	}
	buf_add_byte(b, '"');
}

void
log_line(const char *level, const char *event, ...)
{
	struct buf b = buf_init(8192);
	struct timespec now;
	struct tm tm;
	char when[40];
	const char *key;
	va_list args;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	(void)strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &tm);
	buf_printf(&b,
	    "{\"time\":\"%s.%03ldZ\",\"level\":\"%s\",\"service\":\"%s\",\"event\":", when,
	    now.tv_nsec / 1000000, level, *service_name());
	quote(&b, event);
	va_start(args, event);
	while ((key = va_arg(args, const char *)) != NULL) {
		const char *value = va_arg(args, const char *);

		buf_add_byte(&b, ',');
		quote(&b, key);
		buf_add_byte(&b, ':');
		quote(&b, value != NULL ? value : "");
	}
	va_end(args);
	buf_add_text(&b, "}\n");
	if (buf_err(&b) == ZT_OK) /* one write a line, so that lines of threads do not mix */
		(void)!write(STDERR_FILENO, b.p, b.n);
	buf_free(&b);
}
