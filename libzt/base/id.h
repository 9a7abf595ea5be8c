/* SPDX-License-Identifier: Apache-2.0 */
/* id.h - 128-bit identifiers, and bytes as hexadecimal and base64url text. */
#ifndef ZT_BASE_ID_H
#define ZT_BASE_ID_H

#include "base/bytes.h"
#include "base/err.h"

#define ID_BYTES 16
#define ID_TEXT 33 /* 32 lower-case hexadecimal digits and a zero byte */

struct id {
	uint8_t b[ID_BYTES];
};

bool id_equal(const struct id *a, const struct id *b);
bool id_is_zero(const struct id *a);
/* Checks that all IDS (ID_BYTES each) differ. Errors: CORRUPT (a duplicate, or a partial id),
 * MEMORY. */
ZT_CHECKED enum zt_err id_all_differ(struct bytes ids);
/* Writes the ID_TEXT bytes of ID's text. */
void id_print(const struct id *id, char out[ID_TEXT]);
/* Reads exactly 32 lower-case hexadecimal digits. Errors: INVALID. */
ZT_CHECKED enum zt_err id_parse(const char *text, size_t n, struct id *out);

/* Writes 2N digits and a zero byte to OUT. */
void hex_print(const void *bytes, size_t n, char *out);
/* Reads exactly N bytes from 2N lower-case digits: one spelling for each value. Errors:
 * INVALID. */
ZT_CHECKED enum zt_err hex_parse(const char *text, size_t chars, void *out, size_t n);

#endif
