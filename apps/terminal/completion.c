/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* completion.c - what shells complete and man shows, out of the tables that the program
 * itself reads. */
#include "terminal/completion.h"

#include <stdio.h>
#include <string.h>

#include "common/l10n.h"
#include "terminal/command.h"
#include "terminal/help.h"

/* The first words of all commands, each once; or the second ones behind FIRST. */
static void
words(const char *first)
{
	for (unsigned i = 0; i < command_count; i++) {
		const char *w = commands[i].words, *space = strchr(w, ' ');
		size_t n = space != NULL ? (size_t)(space - w) : strlen(w);
		bool seen = i > 0 && strncmp(commands[i - 1].words, w, n) == 0 &&
			    (commands[i - 1].words[n] == 0 || commands[i - 1].words[n] == ' ');

		if (first == NULL && !seen)
			(void)printf("%.*s ", (int)n, w);
		if (first != NULL && space != NULL && strlen(first) == n &&
		    strncmp(first, w, n) == 0)
			(void)printf("%s ", space + 1);
	}
}

static void
options(uint64_t set)
{
	for (unsigned i = 0; i < OPTION_COUNT; i++)
		if ((set >> i & 1) != 0)
			(void)printf("%s ", cli_options[i].name);
}

/* One case of the shell for each command with options; SETS assigns the word list. */
static void
options_of_each(const char *set)
{
	for (unsigned i = 0; i < command_count; i++) {
		const struct command *k = &commands[i];

		if ((k->needs | k->takes) == 0)
			continue;
		(void)printf("\t\"%s\"%s) %s\"", k->words,
		    strchr(k->words, ' ') != NULL ? "" : "\\ *", set);
		options(k->needs | k->takes);
		(void)printf("\" ;;\n");
	}
}

static void
bash(void)
{
	(void)printf(
	    "# Completion of zt for bash.\n_zt() {\n\tlocal word=${COMP_WORDS[COMP_CWORD]} "
	    "list\n\tcase $word in\n\t-*)\n\tcase \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n");
	options_of_each("list=");
	(void)printf("\tesac\n\tlist=\"$list ");
	options(OPTIONS_OF_ALL);
	(void)printf("\" ;;\n\t*) case ${COMP_WORDS[1]}:$COMP_CWORD in\n\t\t*:1) list=\"help ");
	words(NULL);
	(void)printf("\" ;;\n");
	for (unsigned i = 0; i < command_count; i++) {
		const char *w = commands[i].words, *space = strchr(w, ' ');
		char first[32];

		if (space == NULL)
			continue;
		(void)snprintf(first, sizeof first, "%.*s", (int)(space - w), w);
		if (i > 0 && help_begins(commands[i - 1].words, first))
			continue;
		(void)printf("\t\t%s:2) list=\"", first);
		words(first);
		(void)printf("\" ;;\n");
	}
	(void)printf(
	    "\t\t*) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n\t\tesac ;;\n\tesac\n"
	    "\tCOMPREPLY=($(compgen -W \"$list\" -- \"$word\"))\n}\ncomplete -F _zt zt\n");
}

static void
zsh(void)
{
	(void)printf("#compdef zt\n# Completion of zt for zsh.\nlocal -a commands "
		     "options\ncommands=(\n");
	for (unsigned i = 0; i < command_count; i++) {
		(void)printf("\t'%s:", commands[i].words);
		for (const char *p = commands[i].what; *p != 0; p++)
			(void)(*p == '\'' ? printf("'\\''") : putchar(*p));
		(void)printf("'\n");
	}
	(void)printf(")\nlocal own\ncase \"${words[2]} ${words[3]}\" in\n");
	options_of_each("own=");
	(void)printf("esac\noptions=(${=own} ");
	options(OPTIONS_OF_ALL);
	(void)printf(")\nif [[ $PREFIX == -* ]]; then compadd -a options; return; fi\n"
		     "case $CURRENT in\n2) compadd ${(u)commands%%%%[ :]*} ;;\n"
		     "3) compadd ${${(M)commands:#${words[2]} *}#* } 2>/dev/null || _files ;;\n"
		     "*) _files ;;\nesac\n");
}

/* TEXT for mdoc: nothing in it is a macro or an escape, and lines are short. */
static void
man_text(const char *text)
{
	size_t column = 0;

	while (*text != 0) {
		size_t n = strcspn(text, " ");
		bool begins = column == 0 || column + n > 70;

		(void)printf("%s", column == 0 ? "" : begins ? "\n" : " ");
		column = begins ? n : column + 1 + n;
		if (begins && (*text == '.' || *text == '\''))
			(void)printf("\\&");
		for (; n > 0; n--, text++)
			(void)(*text == '\\'  ? printf("\\e")
			       : *text == '-' ? printf("\\-")
					      : putchar(*text));
		text += *text == ' ';
	}
	(void)printf("\n");
}

static void
man_options(uint64_t set)
{
	(void)printf(".Bl -tag -width Ds\n");
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		const struct cli_option *o = &cli_options[i];

		if ((set >> i & 1) == 0)
			continue;
		(void)printf(".It ");
		if (o->letter != 0)
			(void)printf("Fl %c , ", o->letter);
		(void)printf("Fl %s", o->name + 1);
		(void)printf(o->takes != TAKES_NOTHING ? " Ar %s\n" : "\n", o->value);
		man_text(o->what);
	}
	(void)printf(".El\n");
}

static void
man_command(const struct command *k)
{
	char usage[512];

	help_usage(k, usage);
	(void)printf(".Ss %s\n.Bd -literal -offset indent\n", k->words);
	man_text(usage);
	(void)printf(".Ed\n.Pp\n");
	man_text(k->what);
	(void)printf(".Pp\nExample:\n.Bd -literal -offset indent\n");
	man_text(k->example);
	(void)printf(".Ed\n");
	if ((k->needs | k->takes) != 0)
		man_options(k->needs | k->takes);
}

static void
man(void)
{
	(void)printf(
	    ".Dd May 1, 2026\n.Dt ZT 1\n.Os zt %s\n.Sh NAME\n.Nm zt\n"
	    ".Nd share files through servers that you need not trust\n"
	    ".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar options\n"
	    ".Sh DESCRIPTION\nThe commands, and then the options that all of them take:\n",
	    zt_version());
	for (unsigned i = 0; i < command_count; i++)
		man_command(&commands[i]);
	(void)printf(".Ss Options of all commands\n");
	man_options(OPTIONS_OF_ALL);
	(void)printf(
	    ".Sh ENVIRONMENT\n.Bl -tag -width Ds\n.It Ev ZT_HOME\nthe device's state "
	    "folder; when it is not set or empty,\n.Pa .local/share/zt\nin\n.Ev HOME .\n"
	    ".It Ev ZT_LANG , LANGUAGE , LC_ALL , LC_MESSAGES , LANG\n"
	    "the language, English or French (fr)\n.El\n.Sh EXIT STATUS\n.Bl -tag -width Ds\n");
	for (unsigned i = 0; i < cli_exit_count; i++) {
		(void)printf(".It %d\n", cli_exits[i].code);
		man_text(cli_exits[i].what);
	}
	(void)printf(".El\n.Sh SEE ALSO\n.Xr zt-audit 1\n");
}

enum zt_err
completion_show(struct cli *c)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} kinds[] = { { "bash", bash }, { "zsh", zsh }, { "man", man } };

	for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(c->args[0], kinds[i].name) == 0) {
			kinds[i].print();
			return ZT_OK;
		}
	return cli_refuse(c, _("%.40s is one of %.60s, not \"%.80s\""), c->command->words,
	    "bash|zsh|man", c->args[0]);
}
