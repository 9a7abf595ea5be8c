/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* log.h - structured lines, one JSON object each, on standard error. No call takes a secret, a
 * handle or a name: ids, counts and errors only. Thread-safe. */
#ifndef ZT_FRAME_LOG_H
#define ZT_FRAME_LOG_H

/* Sets the service's name, a static text, for all lines of this process. Call once, first. */
void log_start(const char *service);
/* A line of LEVEL ("info", "warn", "error") about EVENT; pairs of texts follow, ended by NULL.
 */
void log_line(const char *level, const char *event, ...) __attribute__((sentinel));

#endif
