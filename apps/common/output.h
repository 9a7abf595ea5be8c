/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* output.h - output of programs: possibly hostile text, times, lines of JSON. */
#ifndef ZT_COMMON_OUTPUT_H
#define ZT_COMMON_OUTPUT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/* Prints TEXT by the rule of zt_show. */
void output_show(const char *text);
void output_show_on(FILE *to, const char *text);
/* Local date and time of MS milliseconds since 1970. */
void output_time(uint64_t ms);
/* The same into OUT, for a sentence. */
void output_time_text(uint64_t ms, char out[40]);
/* The same of SINCE seconds since 1970; a file may be older. */
void output_seconds(int64_t since);

/* TEXT, of any bytes, as a JSON string, for json_pack's "s:o", which takes ownership. */
json_t *output_text(const char *text);
/* The bytes of TEXT in hexadecimal digits, if it is not UTF-8; else NULL, which "o*" leaves
 * out. */
json_t *output_hex(const char *text);
/* MS milliseconds, or another number, as one of JSON. */
json_t *output_number(uint64_t n);
/* A line of JSON: {"kind":KIND, and the members of the object that json_pack makes of FORMAT.
 * All of it is ASCII, so that no terminal obeys anything in it. docs/command-line.md has the
 * kinds. */
void output_json(FILE *to, const char *kind, const char *format, ...);

#endif
