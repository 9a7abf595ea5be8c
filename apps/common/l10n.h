/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* l10n.h - the words of programs in the user's language: English texts are the keys; French is
 * built in, so that it works from a build folder too. */
#ifndef ZT_COMMON_L10N_H
#define ZT_COMMON_L10N_H

/* Chooses the language: the first that is set of ZT_LANG, LC_ALL, LC_MESSAGES, LANG. */
void l10n_start(void);
/* TEXT in that language, or TEXT itself. */
const char *l10n(const char *text) __attribute__((format_arg(1)));
#define _(text) l10n(text)
/* Picks the translated form for N things in that language; fr.def has both. */
const char *l10n_count(unsigned long long n, const char *one, const char *many)
    __attribute__((format_arg(2), format_arg(3)));
#define ln_(n, one, many) l10n_count(n, one, many)
/* Marks a text of a table for translation where it is shown. */
#define N_(text) text

#endif
