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

/* What is left of TEXT, appended to OUT, when case, width and composition do not count and
 * unseen characters are left out (NFKC_Casefold). Errors: NAME (not UTF-8), MEMORY. */
ZT_CHECKED enum zt_err utf8_fold(struct bytes text, struct buf *out);
/* What TEXT reads like: folded, without marks, and letters and digits that are easily taken for
 * each other (of Latin, Greek, Cyrillic and Armenian; 1 and l, 0 and o, rn and m) as one. An
 * aid to the eye: two texts of one skeleton look alike, others may. Errors: as utf8_fold. */
ZT_CHECKED enum zt_err utf8_skeleton(struct bytes text, struct buf *out);
/* Whether a word of TEXT (between ".", "@" and spaces) has letters of two of these scripts. */
bool utf8_is_mixed(struct bytes text);

/* The one rule by which text from outside is shown: a terminal obeys nothing in it, and what
 * is not seen or turns its neighbours around is seen as \u{NNNN}: controls, format characters
 * (directions, zero width), whatever else renderers ignore by default, line and paragraph
 * separators, private and unassigned characters. Bytes that are not UTF-8 become \xNN. Showing
 * what was shown changes nothing. */
enum utf8_shown {
	UTF8_PLAIN,
	UTF8_JSON /* inside a JSON string: the same characters, escaped as JSON has it */
};
#define UTF8_SHOWN 16 /* bytes that one character needs */
/* What stands for the first character of TEXT, and its length; TEXT begins behind it then.
 * 0: TEXT was empty. */
size_t utf8_show_next(struct bytes *text, enum utf8_shown how, char out[UTF8_SHOWN]);
/* All of it, appended to OUT. */
void utf8_show(struct bytes text, struct buf *out);
/* As much as has room, in whole characters and terminated. SIZE is at least 1. */
void utf8_show_text(const char *text, char *out, size_t size);

#endif
