/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* values.h - parses numbers, times and sizes; refuses partial matches. WHAT is the option or
 * argument that the complaint names. All fail with USAGE. */
#ifndef ZT_TERMINAL_VALUES_H
#define ZT_TERMINAL_VALUES_H

#include <stdint.h>

#include "zt/err.h"

struct cli;
/* Digits and nothing else, from MIN to MAX. */
enum zt_err value_number(struct cli *c, const char *what, const char *text, uint64_t min,
    uint64_t max, uint64_t *out);
/* An address begins with http:// or https://: without, the library knows no way to it. */
enum zt_err value_server(struct cli *c, const char *what, const char *text, const char **out);
/* A number, and K, M, G or T behind it; as bytes. */
enum zt_err value_size(struct cli *c, const char *what, const char *text, uint64_t *out);
/* "YYYY-MM-DD HH:MM:SS", local: an existing time, from 1970 until now; as milliseconds since
 * 1970. */
enum zt_err value_time(struct cli *c, const char *what, const char *text, uint64_t *out);
/* "90", "90s", "15m", "8h" or "2d", up to a hundred years, as seconds; "ever" is 0. */
enum zt_err value_duration(struct cli *c, const char *what, const char *text, unsigned *out);
/* The time SECONDS from now in milliseconds, up to a second later and never sooner. */
uint64_t cli_due(unsigned seconds);
/* The seconds of --for, or UNLESS_SAID, for what ends soon: 30 days at most. Errors: USAGE. */
enum zt_err cli_soon(struct cli *c, unsigned unless_said, unsigned *out);

#endif
