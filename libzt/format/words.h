/* SPDX-License-Identifier: Apache-2.0 */
/* words.h - secret bytes as words that a person can write down and say: those of BIP-39
 * (github.com/bitcoin/bips), eleven bits each. Its check, the first bits of SHA-256, one for
 * each 32 bits, continues here beyond the 32 bytes where BIP-39 ends: 48 bytes have 12 bits of
 * check and are 36 words. One wrong or swapped word passes once in 2^bits. */
#ifndef ZT_FORMAT_WORDS_H
#define ZT_FORMAT_WORDS_H

#include "base/buf.h"

enum words_language { WORDS_ENGLISH, WORDS_FRENCH, WORDS_LANGUAGES };

#define WORDS_BYTES_MAX 64 /* that words encode */

/* The lists, made by scripts/word-lists; in normal form C. */
#define WORDS_LIST 2048
extern const char words_english[WORDS_LIST][12], words_french[WORDS_LIST][12];

/* Appends IN, a multiple of four bytes and at least four, as words with a space between them;
 * in UTF-8, in normal form C. */
void words_print(struct bytes in, enum words_language language, struct buf *out);
/* Reads exactly N bytes, as many as above, from TEXT, in the language that all of its words
 * are of. Accepts capitals, missing accents and both normal forms, the first four or more
 * letters of a word, any spaces, hyphens, line breaks, numbers with dots and a byte order mark.
 * Errors: MEMORY; CORRUPT: *WRONG is the number, from 1, of an invalid word in the language
 * that most are of, or 0 (wrong count, a check that fails, not UTF-8). */
ZT_CHECKED enum zt_err words_parse(struct bytes text, uint8_t *out, size_t n, size_t *wrong);

#endif
