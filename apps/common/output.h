/* output.h - what programs print: text that may be hostile, times, fields of JSON lines. */
#ifndef ZT_COMMON_OUTPUT_H
#define ZT_COMMON_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Prints TEXT by the rule of zt_show. */
void output_show(const char *text);
void output_show_on(FILE *to, const char *text);
/* "key":"text", and a comma when MORE follows. */
void output_field(const char *key, const char *text, bool more);
void output_field_on(FILE *to, const char *key, const char *text, bool more);
/* Local date and time of MS milliseconds since 1970. */
void output_time(uint64_t ms);

#endif
