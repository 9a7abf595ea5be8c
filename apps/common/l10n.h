/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* l10n.h - the words of programs in the user's language, by GNU gettext: English texts are the
 * keys, po/ has their translations. */
#ifndef ZT_COMMON_L10N_H
#define ZT_COMMON_L10N_H

#include <libintl.h>

/* Chooses the language by ZT_LANG, and without it as gettext does (LANGUAGE, LC_ALL,
 * LC_MESSAGES, LANG), also where that locale is not installed. */
void l10n_start(void);
/* TEXT in that language, or TEXT itself. */
const char *l10n(const char *text) __attribute__((format_arg(1)));
#define _(text) l10n(text)
/* The form for N things in that language. */
#define ln_(n, one, many) ngettext(one, many, n)
/* Marks a text of a table for translation where it is shown. */
#define N_(text) text

#endif
