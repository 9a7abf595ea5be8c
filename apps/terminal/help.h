/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* help.h - the help of zt, generated from its tables: for people, and as JSON. */
#ifndef ZT_TERMINAL_HELP_H
#define ZT_TERMINAL_HELP_H

#include <stdbool.h>

#include "terminal/command.h"

/* Finds the command whose words begin the arguments, and removes them, also a "help" before
 * them. NULL: no such command. */
const struct command *help_find(struct cli *c);
/* Shows K; or when it is NULL the group that the first argument names, or everything. Errors:
 * USAGE (there is no such command). */
enum zt_err help_show(struct cli *c, const struct command *k);
enum zt_err help_version(const struct cli *c);
/* Complains that the arguments are no command. Errors: USAGE, always. */
enum zt_err help_refuse(struct cli *c);
/* After a complaint, on standard error: the command's usage, or the list of commands. */
void help_hint(const struct cli *c);
/* "zt workspace share WORKSPACE USER [--role ROLE]" into OUT. */
void help_usage(const struct command *k, char out[512]);
/* Every exit code and its meaning. */
struct cli_exit {
	int code;
	const char *what;
};
extern const struct cli_exit cli_exits[];
extern const unsigned cli_exit_count;
/* Whether WORDS, a command's, begin with FIRST, which is then a group or all of it. */
bool help_begins(const char *words, const char *first);

#endif
