/* SPDX-License-Identifier: Apache-2.0 */
/* zt/text.h - text from outside: how it is shown, and in which form names are compared. */
#ifndef ZT_TEXT_H
#define ZT_TEXT_H

#include "zt/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How to show text from outside (names, addresses, labels, a server's sentences): a terminal
 * obeys nothing in the result, and no character is invisible or reorders its neighbours. Such
 * characters become \u{NNNN}, or their JSON escapes. zt_error_message is already in this form;
 * showing it again changes nothing. */
enum zt_shown { ZT_SHOW_PLAIN, ZT_SHOW_JSON };
#define ZT_SHOWN 256 /* room for at least one character */
/* Writes the shown form of *TEXT's next characters to OUT, not terminated, moves *TEXT past
 * them, and returns the length. 0: end of text. */
ZT_API size_t zt_show(const char **text, enum zt_shown how, char out[ZT_SHOWN]);
/* Returns a copy of TEXT in the normal form of all names in workspaces (Unicode's form C), to
 * be compared with them; as it is if it is not UTF-8. The caller frees it. NULL: no memory. */
ZT_API char *zt_normal(const char *text);

#ifdef __cplusplus
}
#endif

#endif
