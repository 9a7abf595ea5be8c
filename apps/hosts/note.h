/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* note.h - an event or a question of a call, on its way to a page. */
#ifndef ZT_HOSTS_NOTE_H
#define ZT_HOSTS_NOTE_H

#include <stddef.h>
#include <stdint.h>

/* The object JSON of N bytes, with the member "device" before its others, unless KEY is NULL or
 * no UTF-8: *OUT_N bytes from malloc, or NULL without memory. */
char *note_of(const char *json, size_t n, const char *key, size_t *out_n);
/* The number of the question JSON; 0: it has none. */
uint64_t note_ask(const char *json, size_t n);

#endif
