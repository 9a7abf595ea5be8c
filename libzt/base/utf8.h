/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - validity, one spelling of names, and safe display of hostile text. */
#ifndef ZT_BASE_UTF8_H
#define ZT_BASE_UTF8_H

#include "base/buf.h"

/* Whether TEXT is valid UTF-8 (no overlong forms, no surrogates). */
bool utf8_valid(struct bytes text);
/* The text in normal form C, appended to OUT. Errors: NAME (not UTF-8), MEMORY.
 * Source: Unicode Standard Annex 15, by utf8proc. */
ZT_CHECKED enum zt_err utf8_normal(struct bytes text, struct buf *out);
/* Whether TEXT, valid UTF-8, holds a control character (C0, DEL or C1). */
bool utf8_has_control(struct bytes text);

/* Appends TEXT to OUT without differences of case, width and composition and without invisible
 * characters (NFKC_Casefold). Errors: NAME (not UTF-8), MEMORY. */
ZT_CHECKED enum zt_err utf8_fold(struct bytes text, struct buf *out);
/* The same without marks: "É", composed or not, is "e". */
ZT_CHECKED enum zt_err utf8_bare(struct bytes text, struct buf *out);
/* Appends the skeleton of TEXT: folded, without marks, and letters and digits that are easily
 * taken for each other (of Latin, Greek, Cyrillic and Armenian; 1 and l, 0 and o, rn and m) as
 * one. A hint only: texts of one skeleton look alike, but other texts may too. Errors: as
 * utf8_fold. */
ZT_CHECKED enum zt_err utf8_skeleton(struct bytes text, struct buf *out);
/* Whether a word of TEXT (between ".", "@" and spaces) has letters of two of these scripts. */
bool utf8_is_mixed(struct bytes text);

/* The one rule for showing text from outside: a terminal obeys nothing in it. Shown as
 * \u{NNNN}: controls, format characters (directions, zero width), all other characters that
 * renderers ignore by default, line and paragraph separators, private and unassigned
 * characters. Bytes that are not UTF-8 become \xNN. Showing the result again changes
 * nothing. */
enum utf8_shown {
	UTF8_PLAIN,
	UTF8_JSON /* inside a JSON string: the same characters, escaped as JSON has it */
};
#define UTF8_SHOWN 16 /* bytes that one character needs */
/* Writes the shown form of TEXT's first character, advances TEXT past it, and returns the
 * length of OUT. 0: TEXT was empty. */
size_t utf8_show_next(struct bytes *text, enum utf8_shown how, char out[UTF8_SHOWN]);
/* All of it, appended to OUT. */
void utf8_show(struct bytes text, struct buf *out);
/* As much as fits, in whole characters and terminated. SIZE is at least 1. */
void utf8_show_text(const char *text, char *out, size_t size);

#endif
