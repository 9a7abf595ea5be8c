/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "common/l10n.h"

#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char domain[] = "zt";

/* The first that is set of NAMES, which end with NULL; or "". */
static const char *
first_set(const char *const *names)
{
	for (; *names != NULL; names++) {
		const char *value = getenv(*names);

		if (value != NULL && *value != 0)
			return value;
	}
	return "";
}

/* The languages to look for, best first, as LANGUAGE lists them; or "" for English. */
static const char *
wanted(void)
{
	static const char *const own[] = { "ZT_LANG", NULL },
				 *const locale[] = { "LC_ALL", "LC_MESSAGES", "LANG", NULL },
				 *const list[] = { "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG",
					 NULL };
	const char *name = first_set(own);

	if (*name != 0)
		return name;
	/* In the locale C, which scripts ask for, all is English, whatever LANGUAGE says. */
	name = first_set(locale);
	return *name == 0 || strcmp(name, "C") == 0 || strncmp(name, "C.", 2) == 0 ||
		       strcmp(name, "POSIX") == 0
		   ? ""
		   : first_set(list);
}

/* Takes the catalogues beside the program, as in a build folder, or those that are installed.
 */
static void
find_catalogues(void)
{
	static const char beside[] = "../share/locale";
	char path[PATH_MAX + sizeof beside];
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);
	char *end = n > 0 ? memrchr(path, '/', (size_t)n) : NULL;

	if (end != NULL) {
		memcpy(end + 1, beside, sizeof beside);
		(void)bindtextdomain(domain, path);
	}
	if (*gettext("") == 0) /* a catalogue's header */
		(void)bindtextdomain(domain, ZT_LOCALEDIR);
}

void
l10n_start(void)
{
	const char *language = wanted();

	/* Names are UTF-8 everywhere; where the locale says otherwise (cron, a container), one
	 * letter of a name is one letter still. */
	if (setlocale(LC_CTYPE, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
	if (*language == 0)
		return;
	/* gettext wants a locale that is there, looks for LANGUAGE in its place, and translates
	 * nothing in C and C.UTF-8. Often no other is installed: this is C.UTF-8, of a
	 * territory that no file is of, for which the C library takes the file without one. */
	(void)setlocale(LC_MESSAGES, "C_ZT.UTF-8");
	(void)setenv("LANGUAGE", language, 1);
	(void)textdomain(domain);
	(void)bind_textdomain_codeset(domain, "UTF-8");
	find_catalogues();
}

const char *
l10n(const char *text)
{
	/* The translation of "" is the catalogue's header. */
	return *text != 0 ? gettext(text) : text;
}

/* What strerror says in English, where the C library's own catalogue is not installed. */
static const char *const system_errors[] __attribute__((unused)) = { N_("Bad file descriptor"),
	N_("Disk quota exceeded"), N_("File exists"), N_("File name too long"),
	N_("File too large"), N_("Input/output error"), N_("Is a directory"),
	N_("No space left on device"), N_("No such file or directory"), N_("Not a directory"),
	N_("Operation not permitted"), N_("Permission denied"), N_("Read-only file system"),
	N_("Too many levels of symbolic links") };
