/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "terminal/help.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/l10n.h"
#include "common/output.h"
#include "terminal/near.h"

bool
help_begins(const char *words, const char *first)
{
	size_t n = strlen(first);

	return strncmp(words, first, n) == 0 && (words[n] == ' ' || words[n] == 0);
}

static bool
is_group(const char *first)
{
	for (unsigned i = 0; i < command_count; i++)
		if (help_begins(commands[i].words, first) &&
		    commands[i].words[strlen(first)] == ' ')
			return true;
	return false;
}

const struct command *
help_find(struct cli *c)
{
	if (c->count > 0 && strcmp(c->args[0], "help") == 0) {
		c->help = true;
		c->args++;
		c->count--;
	}
	for (unsigned i = 0; i < command_count; i++) {
		const char *words = commands[i].words, *space = strchr(words, ' ');
		int n = space != NULL ? 2 : 1;

		if (c->count < n || !help_begins(words, c->args[0]) ||
		    strlen(c->args[0]) != strcspn(words, " ") ||
		    (n == 2 && strcmp(c->args[1], space + 1) != 0))
			continue;
		c->args += n;
		c->count -= n;
		return &commands[i];
	}
	return NULL;
}

/* Appends to what is in OUT; what has no room is left out. */
static void add(char out[512], const char *format, ...) __attribute__((format(printf, 2, 3)));
static void
add(char out[512], const char *format, ...)
{
	size_t used = strlen(out);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(out + used, 512 - used, format, args);
	va_end(args);
}

void
help_usage(const struct command *k, char out[512])
{
	out[0] = 0;
	add(out, "zt %s%s%s", k->words, k->args[0] != 0 ? " " : "", k->args);
	for (unsigned i = 0; i < OPTION_COUNT; i++)
		if ((k->needs >> i & 1) != 0)
			add(out, " %s %s", cli_options[i].name, cli_options[i].value);
	for (unsigned i = 0; i < OPTION_COUNT; i++)
		if ((k->takes >> i & 1) != 0)
			add(out, " [%s%s%s]", cli_options[i].name,
			    cli_options[i].takes == TAKES_NOTHING ? "" : " ",
			    cli_options[i].value);
}

static void
show_option(const struct cli_option *o)
{
	char both[96];

	(void)snprintf(both, sizeof both, "%c%c%s%s %s", o->letter != 0 ? '-' : ' ',
	    o->letter != 0 ? o->letter : ' ', o->letter != 0 ? ", " : "  ", o->name, o->value);
	(void)printf("  %-32s %s\n", both, _(o->what));
}

static void
show_options(uint64_t set)
{
	for (unsigned i = 0; i < OPTION_COUNT; i++)
		if ((set >> i & 1) != 0)
			show_option(&cli_options[i]);
}

static json_t *
list_options(uint64_t set)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < OPTION_COUNT; i++)
		if ((set >> i & 1) != 0)
			(void)json_array_append_new(
			    list, json_pack("{s:s,s:s,s:o}", "name", cli_options[i].name,
				      "value", cli_options[i].value, "what",
				      output_text(_(cli_options[i].what))));
	return list;
}

static void
show_command(const struct cli *c, const struct command *k)
{
	char usage[512];

	help_usage(k, usage);
	if (c->json) {
		output_json(stdout, "command", "{s:s,s:s,s:o,s:s,s:o,s:o}", "command", k->words,
		    "usage", usage, "what", output_text(_(k->what)), "example", k->example,
		    "needs", list_options(k->needs), "takes",
		    list_options(k->takes | OPTIONS_OF_ALL));
		return;
	}
	(void)printf("%s %s\n  %s\n\n%s\n  %s\n", _("usage:"), usage, _(k->what), _("example:"),
	    k->example);
	if ((k->needs | k->takes) != 0)
		(void)printf("\n%s\n", _("options:"));
	show_options(k->needs | k->takes);
	(void)printf("\n%s\n", _("options of all commands:"));
	show_options(OPTIONS_OF_ALL);
}

/* One line each, of all that begin with FIRST (NULL: of all). */
static void
list_commands(const struct cli *c, const char *first, FILE *to)
{
	for (unsigned i = 0; i < command_count; i++)
		if (first != NULL && !help_begins(commands[i].words, first))
			continue;
		else if (c->json)
			show_command(c, &commands[i]);
		else
			(void)fprintf(
			    to, "  %-22s %s\n", commands[i].words, _(commands[i].what));
}

/* docs/command-line.md has the same table; tests/cli/words_test.sh holds both against err.def.
 */
const struct cli_exit cli_exits[] = {
	{ 0, N_("all of it is done") },
	{ 3, N_("put, get: some of it is done; what is not was named") },
	{ 64, N_("none of it: the command is not one, or its values are not") },
	{ 65, N_("none of it: data is damaged, or not as it has to be; of get and verify, what "
		 "is damaged was named, and all else is done") },
	{ 66, N_("none of it: something does not exist") },
	{ 69, N_("none of it: the server or a service cannot be reached") },
	{ 71, N_("none of it: there is not enough memory") },
	{ 73, N_("none of it: something exists already") },
	{ 74, N_("reading or writing failed, on this machine or at a server; a disk is full; "
		 "zt-agent ended within an act, which may be done, or not; or what was to be "
		 "printed is not all out") },
	{ 75, N_("none of it, but trying again can help: someone was first, or it took too "
		 "long") },
	{ 76, N_("none of it: the server is not honest, or of another version") },
	{ 77, N_("none of it: it is not permitted, or the password is wrong") },
	{ 78, N_("none of it: the configuration is not valid") },
	{ 130, N_("it was interrupted, or a question whether to do it was answered by no") },
};
const unsigned cli_exit_count = sizeof cli_exits / sizeof cli_exits[0];

static void
show_exits(void)
{
	(void)printf("\n%s\n", _("exit codes:"));
	for (unsigned i = 0; i < cli_exit_count; i++)
		(void)printf("  %-5d %s\n", cli_exits[i].code, _(cli_exits[i].what));
}

static void
show_all(const struct cli *c)
{
	if (c->json) {
		list_commands(c, NULL, stdout);
		return;
	}
	(void)printf("%s\n\n%s zt %s\n\n",
	    _("zt: share files through servers that you need not trust"), _("usage:"),
	    _("command [options]"));
	list_commands(c, NULL, stdout);
	(void)printf("\n%s\n", _("options of all commands:"));
	show_options(OPTIONS_OF_ALL);
	show_exits();
	(void)printf(
	    "\n%s\n", _("zt help COMMAND shows a command with its options and an example."));
}

enum zt_err
help_show(struct cli *c, const struct command *k)
{
	if (k != NULL)
		show_command(c, k);
	else if (c->count == 0)
		show_all(c);
	else if (is_group(c->args[0]))
		list_commands(c, c->args[0], stdout);
	else
		return help_refuse(c);
	return ZT_OK;
}

enum zt_err
help_version(const struct cli *c)
{
	if (c->json)
		output_json(stdout, "zt", "{s:s}", "version", zt_version());
	else
		(void)printf("zt %s\n", zt_version());
	return ZT_OK;
}

enum zt_err
help_refuse(struct cli *c)
{
	bool in_group = c->count > 0 && is_group(c->args[0]);
	char typed[128];
	const char *near;

	if (c->count == 0)
		return cli_refuse(c, "%s", _("a command is missing"));
	if (in_group && c->count == 1)
		return cli_refuse(c, _("a word is missing behind zt %.40s"), c->args[0]);
	/* Of what is no group, the second word may be an argument, or the end of a command. */
	(void)snprintf(typed, sizeof typed, "%.40s%s%.80s", c->args[0], c->count > 1 ? " " : "",
	    c->count > 1 ? c->args[1] : "");
	near = near_command(typed);
	if (near == NULL && !in_group)
		(void)snprintf(typed, sizeof typed, "%.80s", c->args[0]);
	if (near == NULL)
		near = near_command(typed);
	return near != NULL
		   ? cli_refuse(c, _("there is no command \"%.80s\"; did you mean \"%.80s\"?"),
			 typed, near)
		   : cli_refuse(c, _("there is no command \"%.80s\""), typed);
}

void
help_hint(const struct cli *c)
{
	struct cli look = *c; /* an option was refused before the command was looked for */
	const struct command *k = c->command != NULL ? c->command : help_find(&look);
	char usage[512];

	if (k != NULL) {
		help_usage(k, usage);
		(void)fprintf(stderr, "%s %s\n", _("usage:"), usage);
	} else if (c->count > 0 && is_group(c->args[0])) {
		list_commands(c, c->args[0], stderr);
	} else {
		(void)fprintf(stderr, "%s\n", _("zt help lists all commands."));
	}
}
