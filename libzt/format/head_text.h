/* head_text.h - the head of a trust log as people read it to each other: SIZE:ROOT:CHECK, a
 * decimal number, 64 hexadecimal digits and four more that tell a slip of the tongue or the pen
 * from another history. */
#ifndef ZT_FORMAT_HEAD_TEXT_H
#define ZT_FORMAT_HEAD_TEXT_H

#include "crypto/hash.h"

#define HEAD_TEXT (20 + 1 + 2 * HASH_BYTES + 1 + 4 + 1)

void head_text_print(uint64_t size, const struct hash *root, char out[HEAD_TEXT]);
/* Capitals and blanks around it are fine. Errors: INVALID (it is not written like that),
 * CORRUPT (the check does not fit: something is written wrongly). */
ZT_CHECKED enum zt_err head_text_parse(const char *text, uint64_t *size, struct hash *root);

#endif
