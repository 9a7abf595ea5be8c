/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "frame/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/utf8.h"

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

void
log_time(char out[LOG_TIME])
{
	struct timespec now;
	struct tm tm;
	size_t n;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	n = strftime(out, LOG_TIME, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(out + n, LOG_TIME - n, ".%03dZ", (int)(now.tv_nsec / 1000000));
}

void
log_add(json_t *line, const char *key, const char *value)
{
	struct buf b = buf_init(8192);

	utf8_show(bytes_text(value), &b); /* what a library says may be no UTF-8 */
	(void)json_object_set_new(line, key, json_string(buf_text(&b)));
	buf_free(&b);
}

void
log_write(int fd, json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);
	size_t n = text != NULL ? strlen(text) : 0;

	if (fd >= 0 && n > 0) {
		text[n] = '\n'; /* in place of the end: one write a line, or threads mix */
		(void)!write(fd, text, n + 1);
	}
	free(text);
	json_decref(line);
}

void
log_line(const char *level, const char *event, ...)
{
	json_t *line = json_object();
	char when[LOG_TIME];
	const char *key;
	va_list args;

	log_time(when);
	log_add(line, "time", when);
	log_add(line, "level", level);
	log_add(line, "service", *service_name());
	log_add(line, "event", event);
	va_start(args, event);
	while ((key = va_arg(args, const char *)) != NULL) {
		const char *value = va_arg(args, const char *);

		log_add(line, key, value != NULL ? value : "");
	}
	va_end(args);
	log_write(STDERR_FILENO, line);
}
