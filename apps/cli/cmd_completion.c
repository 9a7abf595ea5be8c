/* cmd_completion.c - what shells complete and man shows, out of the tables that the program
 * itself reads. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "common/l10n.h"

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
options(void)
{
	for (unsigned i = 0; i < cli_option_count; i++)
		(void)printf("%s ", cli_options[i].name);
}

static void
bash(void)
{
	(void)printf(
	    "# Completion of zt for bash.\n_zt() {\n\tlocal word=${COMP_WORDS[COMP_CWORD]} "
	    "list\n\tcase $word in\n\t-*) list=\"");
	options();
	(void)printf("\" ;;\n\t*) case ${COMP_WORDS[1]}:$COMP_CWORD in\n\t\t*:1) list=\"");
	words(NULL);
	(void)printf("\" ;;\n");
	for (unsigned i = 0; i < command_count; i++) {
		const char *w = commands[i].words, *space = strchr(w, ' ');
		char first[32];

		if (space == NULL)
			continue;
		(void)snprintf(first, sizeof first, "%.*s", (int)(space - w), w);
		if (i > 0 && strncmp(commands[i - 1].words, first, strlen(first)) == 0 &&
		    commands[i - 1].words[strlen(first)] == ' ')
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
	(void)printf(")\noptions=(");
	options();
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
man(void)
{
	(void)printf(".TH ZT 1 \"\" \"zt %s\"\n.SH NAME\nzt \\- ", zt_version());
	troff("share files through servers that you need not trust");
	(void)printf("\n.SH SYNOPSIS\n.B zt\n[options] command\n.SH COMMANDS\n");
	for (unsigned i = 0; i < command_count; i++) {
		(void)printf(".TP\n.B zt ");
		troff(commands[i].words);
		(void)printf("\n.I \"");
		for (const char *p = commands[i].usage; *p != 0; p++)
			if (*p != '"')
				(void)putchar(*p);
		(void)printf("\"\n.br\n");
		troff(commands[i].what);
		(void)printf(".\n.br\nExample: ");
		troff(commands[i].example);
		(void)printf("\n");
	}
	(void)printf(".SH OPTIONS\n");
	for (unsigned i = 0; i < cli_option_count; i++) {
		(void)printf(".TP\n.B ");
		troff(cli_options[i].name);
		(void)printf(" %s\n", cli_options[i].value);
		troff(cli_options[i].what);
		(void)printf("\n");
	}
	(void)printf(".SH EXIT STATUS\n0 when all went well; else a number of sysexits.h: 64 "
		     "usage, 65 data, "
		     "66 not there, 69 not reachable, 70 to 74 this machine, 75 try again, 76 "
		     "the server is not "
		     "honest or speaks another version, 77 not permitted, 78 configuration.\n"
		     ".SH ENVIRONMENT\n.TP\n.B ZT_HOME\nthe device's state folder; else "
		     "~/.local/share/zt.\n.TP\n.B LC_ALL, LC_MESSAGES, LANG\nEnglish, or "
		     "French when it begins "
		     "with fr.\n");
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
	return cli_need(c, NULL, "bash | zsh | man");
}
