/* l10n.h - the words of programs in the user's language: English texts are the keys; French is
 * built in, so that it works from a build folder too. */
#ifndef ZT_COMMON_L10N_H
#define ZT_COMMON_L10N_H

/* Chooses the language from LC_ALL, LC_MESSAGES, LANG. */
void l10n_start(void);
/* TEXT in that language, or TEXT itself. */
const char *l10n(const char *text) __attribute__((format_arg(1)));
#define _(text) l10n(text)
/* Marks a text of a table, which is translated where it is shown. */
#define N_(text) text

#endif
