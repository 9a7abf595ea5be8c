/* help.h - what zt can do, out of the tables that it obeys itself: for people, and as JSON. */
#ifndef ZT_CLI_HELP_H
#define ZT_CLI_HELP_H

#include <stdbool.h>

#include "command.h"

/* The command whose words stand at the front of the arguments, which it takes away; so does
 * "help" before them. NULL: there is none. */
const struct command *help_find(struct cli *c);
/* Shows K; or when it is NULL the group that the first argument names, or everything. Errors:
 * USAGE (there is no such command). */
enum zt_err help_show(struct cli *c, const struct command *k);
enum zt_err help_version(const struct cli *c);
/* Complains that the arguments are no command. Errors: USAGE, always. */
enum zt_err help_refuse(struct cli *c);
/* Behind a complaint, on standard error: how the command is used, or what there is. */
void help_hint(const struct cli *c);
/* "zt workspace share WORKSPACE USER [--role ROLE]" into OUT. */
void help_usage(const struct command *k, char out[512]);
/* Every exit code, with what it stands for. */
struct cli_exit {
	int code;
	const char *what;
};
extern const struct cli_exit cli_exits[];
extern const unsigned cli_exit_count;
/* Whether WORDS, a command's, begin with FIRST, which is then a group or all of it. */
bool help_begins(const char *words, const char *first);

#endif
