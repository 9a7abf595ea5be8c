/* SPDX-License-Identifier: Apache-2.0 */
/* words.h - secret bytes as words that a person can write down and say: proquints, five letters
 * for 16 bits, each consonant 4 bits and each vowel 2 (D. Wilkerson, "A Proposal for
 * Proquints", arXiv 0901.4016). A last word is a check over the others. */
#ifndef ZT_FORMAT_WORDS_H
#define ZT_FORMAT_WORDS_H

#include "base/buf.h"

/* Appends IN (an even number of bytes) as words with a space between them, and the check. */
void words_print(struct bytes in, struct buf *out);
/* Reads exactly N bytes from TEXT: accepts capitals, other spaces, hyphens, line breaks,
 * numbers with dots and a byte order mark. Errors: CORRUPT; *WRONG is the number, from 1, of
 * an invalid word, or 0 (wrong count or check word). */
ZT_CHECKED enum zt_err words_parse(struct bytes text, uint8_t *out, size_t n, size_t *wrong);

#endif
