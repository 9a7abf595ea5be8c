/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* main.c - zt: global options, then the table. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/commands.h"
#include "common/l10n.h"
#include "common/output.h"
#include "common/standard.h"
#include "files/files.h"
#include "terminal/advice.h"
#include "terminal/command.h"
#include "terminal/help.h"
#include "terminal/progress.h"
#include "terminal/stop.h"
#include "ui/cmd_agent.h"

static enum zt_err
default_home(struct cli *c)
{
	static char path[4096];
	const char *env = getenv("ZT_HOME"), *home = getenv("HOME");
	bool fits = true;

	if (c->home == NULL && env != NULL && env[0] != 0)
		c->home = env;
	if (c->home == NULL && home != NULL && home[0] != 0) {
		fits =
		    snprintf(path, sizeof path, "%s/.local/share/zt", home) < (int)sizeof path;
		c->home = path;
	}
	if (c->home == NULL || !fits)
		return cli_refuse(c, "%s",
		    _("it is not known where this device's state folder is: set HOME or "
		      "ZT_HOME, or say --home DIR"));
	c->o.home = c->home;
	return ZT_OK;
}

/* What this device owes to others; the command itself has succeeded. */
static void
maintain(struct cli *c)
{
	struct zt_maintained done = { 0 };
	enum zt_err err = zt_maintain_keys(c->zt, &done);
	char text[400];

	if (c->quiet)
		return;
	if (err) {
		(void)snprintf(text, sizeof text, "%s: %s (%s)",
		    _("a key could not be renewed, the next command tries again"),
		    advice(zt_err_text(err)), zt_error_message(c->zt)); /* safe to show */
		cli_warn(c, text);
	}
	if (done.rotated > 0 && !c->json)
		(void)fprintf(stderr,
		    ln_(done.rotated,
			"rotated the key of %llu workspace after a loss of access\n",
			"rotated the keys of %llu workspaces after a loss of access\n"),
		    (unsigned long long)done.rotated);
	if (done.made_reachable > 0 && !c->json)
		(void)fprintf(stderr,
		    ln_(done.made_reachable,
			"brought older keys along in %llu workspace, for those who came "
			"later\n",
			"brought older keys along in %llu workspaces, for those who came "
			"later\n"),
		    (unsigned long long)done.made_reachable);
}

static enum zt_err
run(struct cli *c, const struct command *k)
{
	enum zt_err err = k->of != NEEDS_NOTHING ? default_home(c) : ZT_OK, answer;

	c->o.cancel = stop_cancel();
	c->o.translate = advice;
	c->o.progress = progress_work;
	c->o.progress_ctx = c;
	c->o.damaged = progress_damaged;
	c->o.damaged_ctx = c;
	if (c->o.in_clear && !c->quiet)
		cli_warn(
		    c, _("--insecure: anybody on the way to an http:// server reads names, "
			 "addresses and tokens"));
	if (err == ZT_OK && ((k->run == cmd_ls && ui_ls(c, cli_show_file, &answer)) ||
				cli_by_agent(c, k->run, &answer)))
		return answer;
	if (err == ZT_OK && k->of == NEEDS_DEVICE && (err = cli_check_device(c)) == ZT_OK &&
	    (err = cli_password(c, false)) == ZT_OK) {
		err = zt_open(&c->o, &c->zt, c->message);
		explicit_bzero(c->password, sizeof c->password);
	}
	if (err == ZT_OK && c->zt != NULL)
		cli_forget_copy(c);
	if (err == ZT_OK)
		err = k->run(c);
	progress_end(&c->work);
	if (err && c->zt != NULL && c->message[0] == 0)
		(void)snprintf(c->message, sizeof c->message, "%s", zt_error_message(c->zt));
	if (err == ZT_OK && c->zt != NULL)
		maintain(c);
	zt_close(c->zt);
	explicit_bzero(c->password, sizeof c->password);
	return err;
}

/* Whether a message with ERR says what the error's own sentence says, of what was asked: "there
 * is no workspace x" needs no "it does not exist" before it. */
static bool
is_said_by_message(enum zt_err err)
{
	return err == ZT_ERR_USAGE || err == ZT_ERR_NOT_FOUND || err == ZT_ERR_EXISTS ||
	       err == ZT_ERR_INVALID || err == ZT_ERR_NAME || err == ZT_ERR_NOT_MEMBER ||
	       err == ZT_ERR_GONE || err == ZT_ERR_WHO || err == ZT_ERR_FORBIDDEN ||
	       err == ZT_ERR_PASSWORD || err == ZT_ERR_DECLINED || err == ZT_ERR_UNSURE;
}

/* The error's own sentence and the message with it, as people read them, into OUT. */
static void
print_error(const struct cli *c, enum zt_err err, char *out, size_t size)
{
	const char *words = c->dry && err == ZT_ERR_SOME
				? N_("nothing was sent; what is named above would stay here")
				: zt_err_text(err);
	/* Of what was left out each has its own line, with its reason. */
	const char *message = c->message[0] != 0 && err != ZT_ERR_SOME ? c->message : words;

	if (is_said_by_message(err) || strcmp(message, words) == 0)
		(void)snprintf(out, size, "%s", advice(message));
	else
		(void)snprintf(out, size, "%s (%s)", advice(words), advice(message));
}

static void
report_error(const struct cli *c, enum zt_err err)
{
	char reason[1024];

	print_error(c, err, reason, sizeof reason);
	if (c->json) {
		output_json(stderr, "error", "{s:s,s:o,s:i,s:b,s:o*}", "error",
		    zt_err_name(err), "reason", output_text(reason), "exit", zt_err_exit(err),
		    "retry", zt_err_retry(err), "named",
		    c->named > 0 ? output_number(c->named) : NULL);
		return;
	}
	(void)fprintf(stderr, "zt: ");
	output_show_on(stderr, reason);
	(void)fprintf(stderr, "\n");
}

/* The argument that is missing, as help calls it; or the first that is too many. */
static enum zt_err
check_arguments(struct cli *c, const struct command *k)
{
	const char *word = k->args;

	if (c->count > k->max)
		return cli_refuse(
		    c, _("zt %.40s has no use for \"%.80s\""), k->words, c->args[k->max]);
	for (int i = 0; i < c->count; i++)
		if (c->args[i][0] == 0)
			return cli_refuse(
			    c, _("argument %d of zt %.40s is empty"), i + 1, k->words);
	if (c->count >= k->min)
		return ZT_OK;
	for (int i = 0; i < c->count && strchr(word, ' ') != NULL; i++)
		word = strchr(word, ' ') + 1;
	return cli_refuse(c, _("an argument is missing: %.*s"), (int)strcspn(word, " "), word);
}

/* Everything behind the options. */
static enum zt_err
act(struct cli *c)
{
	const struct command *k = help_find(c);
	enum zt_err err;

	if (c->version)
		return help_version(c);
	if (c->help)
		return help_show(c, k);
	if (k == NULL)
		return help_refuse(c);
	c->command = k;
	if ((err = options_check(c, k)) || (err = check_arguments(c, k)))
		return err;
	c->is_understood = true;
	return run(c, k);
}

/* Keys, Argon2's memory and what was decrypted go to no swap, where the system lets us say so:
 * a limit would make later allocations fail, so it is all or nothing. */
static bool
keep_in_memory(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_MEMLOCK, &r) != 0)
		return false;
	r.rlim_cur = r.rlim_max;
	return setrlimit(RLIMIT_MEMLOCK, &r) == 0 &&
	       (r.rlim_max == RLIM_INFINITY || geteuid() == 0) &&
	       mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

/* A transfer has many folders open. */
static void
want_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

/* The only end of the program: what was printed is out, or it failed. */
static int
end(struct cli *c, enum zt_err err)
{
	if (err) {
		report_error(c, err);
		if (err == ZT_ERR_USAGE && !c->json && !c->is_understood)
			help_hint(c);
	}
	if (!standard_end() && err == ZT_OK) {
		err = ZT_ERR_IO;
		(void)snprintf(c->message, sizeof c->message, "%s",
		    _("standard output could not be written"));
		report_error(c, err);
	}
	return zt_err_exit(err);
}

int
main(int argc, char **argv)
{
	struct cli c = { 0 };
	struct rlimit none = { 0, 0 };
	char **args = calloc((size_t)argc + 1, sizeof *args);
	enum zt_err err;
	int code;

	standard_begin();
	(void)setrlimit(RLIMIT_CORE, &none); /* no secret in a core file */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a file too large for its place is left out */
	want_files();
	/* Keep the buffers of a transfer for reuse, instead of returning and faulting them in
	 * again. */
	(void)mallopt(M_MMAP_THRESHOLD, 8 * 1024 * 1024);
	(void)mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
	c.stays_in_memory = keep_in_memory();
	l10n_start();
	c.args = args;
	c.json = options_want_json(argc, argv);
	if (args == NULL)
		err = ZT_ERR_MEMORY;
	else if ((err = options_read(&c, argc, argv)) == ZT_OK)
		err = act(&c);
	code = end(&c, err);
	free(args);
	return code;
}
