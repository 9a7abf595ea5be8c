/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cmd_completion.c - what shells complete and man shows, out of the tables that the program
 * itself reads. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
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

/* TEXT for troff: nothing in it is a request or an escape. */
static void
troff(const char *text)
{
	for (; *text != 0; text++)
		if (*text == '\\')
			(void)printf("\\e");
		else if (*text == '-')
			(void)printf("\\-");
		else
			(void)putchar(*text);
}

static void
man_option(const struct cli_option *o)
{
	(void)printf(".TP\n.B ");
	if (o->letter != 0)
		(void)printf("\\-%c, ", o->letter);
	troff(o->name);
	(void)printf(" ");
	troff(o->value);
	(void)printf("\n");
	troff(o->what);
	(void)printf("\n");
}

static void
man_options(uint64_t set)
{
	for (unsigned i = 0; i < OPTION_COUNT; i++)
		if ((set >> i & 1) != 0)
			man_option(&cli_options[i]);
}

static void
man_command(const struct command *k)
{
	char usage[512];

	help_usage(k, usage);
	(void)printf(".SS ");
	troff(k->words);
	(void)printf("\n.B ");
	troff(usage);
	(void)printf("\n.PP\n");
	troff(k->what);
	(void)printf(".\n.br\nExample: ");
	troff(k->example);
	(void)printf("\n");
	man_options(k->needs | k->takes);
}

/* The exit codes that errors have, each once, with their words. */
static void
man_exits(void)
{
	(void)printf(".SH EXIT STATUS\n");
	for (unsigned i = 0; i < cli_exit_count; i++) {
		(void)printf(".TP\n.B %d\n", cli_exits[i].code);
		troff(cli_exits[i].what);
		(void)printf("\n");
	}
}

static void
man(void)
{
	(void)printf(".TH ZT 1 \"\" \"zt %s\"\n.SH NAME\nzt \\- ", zt_version());
	troff("share files through servers that you need not trust");
	(void)printf("\n.SH SYNOPSIS\n.B zt\ncommand [options]\n.SH COMMANDS\n");
	for (unsigned i = 0; i < command_count; i++)
		man_command(&commands[i]);
	(void)printf(".SH OPTIONS OF ALL COMMANDS\n");
	man_options(OPTIONS_OF_ALL);
	man_exits();
	(void)printf(".SH ENVIRONMENT\n.TP\n.B ZT_HOME\nthe device's state folder; when it is "
		     "not set or empty, .local/share/zt in HOME.\n.TP\n.B ZT_LANG, LANGUAGE, "
		     "LC_ALL, LC_MESSAGES, LANG\nthe language, English or French (fr).\n");
}

enum zt_err
cmd_completion(struct cli *c)
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
