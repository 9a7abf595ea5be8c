/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "common/l10n.h"

#include <langinfo.h>
#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static bool *
french(void)
{
	static bool is; /* set once at the start */

	return &is;
}

static const struct {
	const char *en, *fr;
} texts[] = {
#include "common/fr.def"
};

void
l10n_start(void)
{
	const char *lang = getenv("ZT_LANG");

	/* Names are UTF-8 everywhere; where the locale says otherwise (cron, a container), one
	 * letter of a name is one letter still. */
	if (setlocale(LC_CTYPE, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
	if (lang == NULL || *lang == 0)
		lang = getenv("LC_ALL");
	if (lang == NULL || *lang == 0)
		lang = getenv("LC_MESSAGES");
	if (lang == NULL || *lang == 0)
		lang = getenv("LANG");
	*french() = lang != NULL && strncmp(lang, "fr", 2) == 0;
}

const char *
l10n(const char *text)
{
	for (size_t i = 0; *french() && i < sizeof texts / sizeof texts[0]; i++)
		if (strcmp(texts[i].en, text) == 0)
			return texts[i].fr;
	return text;
}

const char *
l10n_count(unsigned long long n, const char *one, const char *many)
{
	/* French counts nothing in the singular too. */
	return l10n(n == 1 || (n == 0 && *french()) ? one : many);
}
