/* command.h - one command of zt: its words, its help, and what it does. */
#ifndef ZT_CLI_COMMAND_H
#define ZT_CLI_COMMAND_H

#include <stdbool.h>

#include "zt/enrol.h"
#include "zt/file.h"
#include "zt/org.h"
#include "zt/workspace.h"

/* The options of all commands, and the arguments that are left. */
struct cli {
	struct zt_options o;
	char password[1024];
	const char *home, *server, *token_file, *slug, *email, *name, *label, *role, *profile;
	const char *password_file, *version_text, *at;
	int password_fd;
	bool json, recursive, details, yes, quiet;
	char **args;
	int count;
	struct zt *zt; /* open, for commands that need it */
	char why[256];
	bool began; /* the JSON array of a list */
};

struct command {
	const char *words; /* "workspace share" */
	const char *usage; /* "WORKSPACE USER --role ROLE" */
	const char *what;  /* one line */
	const char *example;
	int least, most; /* arguments */
	bool needs_device;
	enum zt_err (*run)(struct cli *c);
};

extern const struct command commands[];
extern const unsigned command_count;

/* Asks for the password as the options say. Errors: USAGE, IO. */
enum zt_err cli_password(struct cli *c, bool is_new);
/* Reads one line of FILE. */
enum zt_err cli_read_line(struct cli *c, const char *file, char *out, unsigned size);
/* Prints hostile text so that a terminal obeys nothing in it. */
void cli_show(const char *text);

#endif
