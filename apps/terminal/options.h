/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* options.h - the options of zt: each defined once, with its value's type; a command lists
 * those that it takes. */
#ifndef ZT_TERMINAL_OPTIONS_H
#define ZT_TERMINAL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zt/err.h"

enum option_name {
	/* of all commands */
	OPTION_HOME,
	OPTION_PASSWORD_FILE,
	OPTION_PASSWORD_FD,
	OPTION_CA_FILE,
	OPTION_INSECURE,
	OPTION_JSON,
	OPTION_QUIET,
	OPTION_NO_AGENT,
	OPTION_HELP,
	OPTION_VERSION,
	/* of some */
	OPTION_AGAINST,
	OPTION_ADD,
	OPTION_AT,
	OPTION_BEFORE,
	OPTION_BROWSER_DEVICES,
	OPTION_CHECKSUM,
	OPTION_DELETION_DELAY,
	OPTION_DRY_RUN,
	OPTION_EMAIL,
	OPTION_FINISH,
	OPTION_FOR,
	OPTION_FORCE,
	OPTION_FOUNDING_FILE,
	OPTION_KEEP,
	OPTION_KEEP_BOTH,
	OPTION_KEY,
	OPTION_LABEL,
	OPTION_LONG,
	OPTION_MOST,
	OPTION_NAME,
	OPTION_NEED,
	OPTION_NEW_PASSWORD_FILE,
	OPTION_OPERATOR_TOKEN_FILE,
	OPTION_OBJECT,
	OPTION_ORG,
	OPTION_OVERWRITE,
	OPTION_PAGE_CHECK,
	OPTION_PIN_FILE,
	OPTION_PRINT_LINK,
	OPTION_PROFILE,
	OPTION_QR,
	OPTION_RECURSIVE,
	OPTION_REMOVE,
	OPTION_REPLY_TO,
	OPTION_RESEND,
	OPTION_ROLE,
	OPTION_SERVER,
	OPTION_SINCE,
	OPTION_SLUG,
	OPTION_STORAGE,
	OPTION_TO_VERSION,
	OPTION_USERS,
	OPTION_WORDS_FILE,
	OPTION_WORKSPACES_BY,
	OPTION_YES,
	OPTION_COUNT
};
/* Sets of options: OPT(AT) | OPT(RECURSIVE). */
#define OPT(name) (UINT64_C(1) << OPTION_##name)
#define OPTIONS_OF_ALL (OPT(AGAINST) - 1)

/* An option's value, and the type of its field in struct cli. */
enum option_takes {
	TAKES_NOTHING,  /* bool */
	TAKES_TEXT,     /* const char *: never empty; one of the words of "this|that" */
	TAKES_SERVER,   /* const char *: an address with http:// or https:// */
	TAKES_NUMBER,   /* uint64_t from MIN to MAX */
	TAKES_SIZE,     /* uint64_t in bytes */
	TAKES_TIME,     /* uint64_t in milliseconds since 1970 */
	TAKES_DURATION, /* unsigned, seconds; 0, also written "ever": without an end */
};
struct cli_option {
	const char *name; /* "--at" */
	char letter;      /* 'r' for -r; 0: none */
	enum option_takes takes;
	const char *value; /* "TIME"; "" when it takes nothing */
	const char *what;
	size_t place; /* in struct cli */
	uint64_t min, max;
};
extern const struct cli_option cli_options[OPTION_COUNT];

struct cli;
struct command;
/* Reads ARGV by getopt_long, once in a process: options, and what is left, the command's words
 * and arguments. No option can be abbreviated. Errors: USAGE, with a complaint: an unknown
 * option, a missing or bad value. */
enum zt_err options_read(struct cli *c, int argc, char **argv);
/* Checks that the given options are K's, and include all that K requires. Errors: USAGE. */
enum zt_err options_check(struct cli *c, const struct command *k);
/* Whether --json is among the arguments, for complaints about them. */
bool options_want_json(int argc, char **argv);

#endif
