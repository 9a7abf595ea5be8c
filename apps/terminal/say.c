/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* say.c - what a command says to people, or to programs, and what it asks them. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/l10n.h"
#include "common/output.h"
#include "terminal/command.h"

bool
cli_has(const struct cli *c, enum option_name option)
{
	return (c->given >> option & 1) != 0;
}

enum zt_err
cli_refuse(struct cli *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(c->message, sizeof c->message, format, args);
	va_end(args);
	return ZT_ERR_USAGE;
}

void
cli_done(const struct cli *c, const char *format, ...)
{
	char text[1024];
	va_list args;

	if (c->json)
		output_json(stdout, "done", "{s:s}", "command", c->command->words);
	if (c->json || c->quiet)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	output_show(text);
	(void)printf("\n");
}

void
cli_note(bool json, const char *kind, const char *words, const char *path, const char *reason)
{
	if (json) {
		output_json(stderr, kind, "{s:o,s:o*,s:o}", "path", output_text(path),
		    "path_hex", output_hex(path), "reason", output_text(reason));
		return;
	}
	(void)fprintf(stderr, "zt: %s%s", words, path[0] != 0 ? " " : "");
	output_show_on(stderr, path);
	(void)fprintf(stderr, "%s", words[0] != 0 || path[0] != 0 ? _(": ") : "");
	output_show_on(stderr, reason);
	(void)fprintf(stderr, "\n");
}

const char *
cli_label(struct cli *c)
{
	if (c->label != NULL)
		return c->label;
	if (gethostname(c->host, sizeof c->host - 1) != 0)
		return "device";
	return c->host;
}

void
cli_report(const struct cli *c, const char *text)
{
	if (!c->json && !c->quiet)
		(void)printf("%s\n", _(text));
}

void
cli_warn(const struct cli *c, const char *text)
{
	if (text[0] != 0)
		cli_note(c->json, "warning", _("warning"), "", text);
}

bool
cli_asks(const struct cli *c)
{
	return !c->yes && !c->json && isatty(STDIN_FILENO) != 0;
}

/* A line that a person typed, without blanks around it and in small letters: its beginning, if
 * it is longer than any answer. False: there is no more. */
static bool
read_answer(char out[64])
{
	char line[64], rest[64];
	size_t from, n;

	if (fgets(line, sizeof line, stdin) == NULL)
		return false;
	if (strchr(line, '\n') == NULL)
		while (fgets(rest, sizeof rest, stdin) != NULL && strchr(rest, '\n') == NULL)
			;
	from = strspn(line, " \t");
	for (n = 0; line[from + n] != 0; n++)
		out[n] = (char)tolower((unsigned char)line[from + n]);
	while (n > 0 && isspace((unsigned char)out[n - 1]) != 0)
		n--;
	out[n] = 0;
	return true;
}

/* Whether TEXT is LETTER or WORD, of the English ones or of their translations. */
static bool
is_answer(const char *text, const char *letter, const char *word)
{
	return strcmp(text, letter) == 0 || strcmp(text, word) == 0 ||
	       strcmp(text, _(letter)) == 0 || strcmp(text, _(word)) == 0;
}

/* A slip is no answer: it is asked again, and nothing ends by it. Where nothing more can come,
 * that is no consent. */
bool
cli_confirm(const struct cli *c)
{
	char line[64];

	if (!c->json)
		(void)printf("%s %s%s", _("? [y/n]"), c->yes ? _("y") : "", c->yes ? "\n" : "");
	(void)fflush(stdout);
	if (c->yes)
		return true;
	while (read_answer(line)) {
		if (is_answer(line, N_("y"), N_("yes")))
			return true;
		if (is_answer(line, N_("n"), N_("no")))
			return false;
		if (c->json)
			output_json(stdout, "again", "{}");
		else
			(void)printf("%s ", _("that is neither yes nor no [y/n]"));
		(void)fflush(stdout);
	}
	return false;
}
