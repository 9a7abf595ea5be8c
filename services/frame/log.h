/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* log.h - structured lines, one JSON object each, on standard error. No call takes a secret, a
 * handle or a name: ids, counts and errors only. Thread-safe. */
#ifndef ZT_FRAME_LOG_H
#define ZT_FRAME_LOG_H

#include <jansson.h>

/* Sets the service's name, a static text, for all lines of this process. Call once, first. */
void log_start(const char *service);
/* A line of LEVEL ("info", "warn", "error") about EVENT; pairs of texts follow, ended by NULL.
 */
void log_line(const char *level, const char *event, ...) __attribute__((sentinel));

/* Lines of other files: */
#define LOG_TIME 40
/* The time, such as 2026-05-01T08:00:00.123Z. */
void log_time(char out[LOG_TIME]);
/* Adds VALUE as text that is safe to show. Without memory the pair is left out. */
void log_add(json_t *line, const char *key, const char *value);
/* Writes LINE, which it takes, as one line of JSON to FD in one call; -1 is none. */
void log_write(int fd, json_t *line);

#endif
