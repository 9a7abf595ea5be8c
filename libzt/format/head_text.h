/* SPDX-License-Identifier: Apache-2.0 */
/* head_text.h - the head of a trust log as people read it to each other: SIZE:ROOT:CHECK, a
 * decimal number, 64 hexadecimal digits and four check digits, which distinguish a typing
 * error from another history. */
#ifndef ZT_FORMAT_HEAD_TEXT_H
#define ZT_FORMAT_HEAD_TEXT_H

#include "crypto/hash.h"

#define HEAD_TEXT (20 + 1 + 2 * HASH_BYTES + 1 + 4 + 1)

void head_text_print(uint64_t size, const struct hash *root, char out[HEAD_TEXT]);
/* Accepts capitals and surrounding blanks. Errors: INVALID (malformed), CORRUPT (wrong check
 * digits: a typing error). */
ZT_CHECKED enum zt_err head_text_parse(const char *text, uint64_t *size, struct hash *root);

#endif
