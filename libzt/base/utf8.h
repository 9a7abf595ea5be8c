/* utf8.h - validity, one spelling of names, and safe display of hostile text. */
#ifndef ZT_BASE_UTF8_H
#define ZT_BASE_UTF8_H

#include "base/buf.h"

/* Whether TEXT is valid UTF-8 (no overlong forms, no surrogates). */
bool utf8_valid(struct bytes text);
/* The text in normal form C, appended to OUT. Errors: NAME (not UTF-8), MEMORY.
 * Source: Unicode Standard Annex 15, by utf8proc. */
ZT_CHECKED enum zt_err utf8_normal(struct bytes text, struct buf *out);
/* Appends TEXT so that a terminal shows it and obeys nothing in it: control and format
 * characters and bytes that are not UTF-8 become \xNN or \u{NNNN}; a backslash is doubled. */
void utf8_show(struct bytes text, struct buf *out);
/* Whether TEXT holds a control, format, private or unassigned character, or is not UTF-8. */
bool utf8_has_unshown(struct bytes text);

#endif
