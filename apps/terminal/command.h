/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* command.h - one command of zt: its words, its help and its function. */
#ifndef ZT_TERMINAL_COMMAND_H
#define ZT_TERMINAL_COMMAND_H

#include <stdbool.h>

#include "terminal/options.h"
#include "zt/enrol.h"
#include "zt/file.h"
#include "zt/org.h"
#include "zt/recover.h"
#include "zt/workspace.h"

/* A line about long work, on standard error (progress.h). */
struct progress {
	bool shown, json;
	bool checks; /* nothing is transferred: what is named is damaged */
	uint64_t began_ms, drawn_ms, excluded, would;
};

/* The options, and the arguments that are left. */
struct cli {
	struct zt_options o;
	char password[ZT_PASSWORD_MAX + 1];
	uint64_t given; /* the set of options that were given */
	const char *home, *server, *token_file, *slug, *email, *name, *label, *role, *profile;
	const char *password_file, *new_password_file, *against, *words_file, *founding_file,
	    *org, *key, *pin_file, *object, *browser_devices, *workspaces_by, *reply_to;
	uint64_t password_fd, to_version, at, need, users, storage, since, before, most;
	unsigned seconds; /* --for */
	unsigned deletion_delay, page_check;
	bool dry, json, qr, finish, recursive, details, yes, quiet, keep, force, help, version,
	    no_agent, print_link, add, removes;
	bool waited;          /* the user knows that we wait for the other side */
	bool is_understood;   /* the words were parsed: later complaints are about something
			       * else */
	bool stays_in_memory; /* this process's memory is locked against swapping */
	char **args;
	int count;
	const struct command *command;
	struct zt *zt;        /* open, for commands that need it */
	struct progress work; /* of zt_options.working */
	uint64_t named;       /* things that were left out or are damaged, each in its line */
	char message[256];
	char host[65]; /* this machine's name */
};

struct command {
	const char *words; /* "workspace share" */
	const char *args;  /* "WORKSPACE USER" */
	const char *what;  /* one line */
	const char *example;
	int min, max;                                          /* arguments */
	enum { NEEDS_NOTHING, NEEDS_FOLDER, NEEDS_DEVICE } of; /* the state folder */
	uint64_t needs, takes; /* sets of options: required ones, and optional ones */
	enum zt_err (*run)(struct cli *c);
};

/* The program's commands, which it defines. */
extern const struct command commands[];
extern const unsigned command_count;

/* Whether OPTION was given. */
bool cli_has(const struct cli *c, enum option_name option);
/* Complains in C's why, in a sentence that is translated already. Errors: USAGE, always. */
enum zt_err cli_refuse(struct cli *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Reports success: one line for people, unless --quiet, or one of JSON ("done"). FORMAT is
 * translated already. */
void cli_done(const struct cli *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Writes a line on standard error about PATH (may be ""): its KIND and the REASON; WORDS name
 * the kind to people. */
void cli_note(
    bool json, const char *kind, const char *words, const char *path, const char *reason);
/* Complains if the state folder holds no device; before a password is asked for, which would
 * open nothing. Errors: NOT_FOUND. */
enum zt_err cli_check_device(struct cli *c);
/* Complains if it holds one: claim and recover make another. Errors: EXISTS. */
enum zt_err cli_check_no_device(struct cli *c);
/* Asks for the password as the options say, unless the device is unlocked. Errors: NOT_FOUND
 * (there is no device to open), USAGE, IO. */
enum zt_err cli_password(struct cli *c, bool is_new);
/* Of a device that is made here, or of a try that was cut off. Errors: as both. */
enum zt_err cli_joining_password(struct cli *c);
/* A new password: from --new-password-file, or asked for twice. */
enum zt_err cli_new_password(struct cli *c, char *out, unsigned size);
/* Asks at the terminal, without showing what is typed. Errors: USAGE (there is none: INSTEAD
 * names the options that do without), TOO_BIG, INTERRUPTED. */
enum zt_err cli_prompt(
    struct cli *c, const char *text, const char *instead, char *out, unsigned size);
/* The first line of FILE: not empty, without a byte order mark before it, a NUL in it or the
 * line's end behind it. Errors: USAGE (it is none), TOO_BIG, NOT_FOUND, IO; with a complaint.
 */
enum zt_err cli_read_line(struct cli *c, const char *file, char *out, unsigned size);
/* This device's label: --label, or the machine's name. */
const char *cli_label(struct cli *c);
/* A sentence for people: nothing with --json or --quiet. */
void cli_report(const struct cli *c, const char *text);
/* A sentence on standard error, also with --json or --quiet; no-op if it is "". */
void cli_warn(const struct cli *c, const char *text);
/* Whether an act that destroys is asked for first: a person sits there, and did not say --yes.
 */
bool cli_asks(const struct cli *c);
/* Waits for the answer to a question just shown; true for yes, or with --yes. */
bool cli_confirm(const struct cli *c);

#endif
