/* main.c - zt: global options, then the table. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "command.h"
#include "common/l10n.h"
#include "common/output.h"
#include "progress.h"

static int
usage(FILE *to)
{
	(void)fprintf(
	    to, "%s\n\n", _("zt: share files through servers that you need not trust"));
	(void)fprintf(to, "%s zt [%s] %s\n\n", _("usage:"), _("options"), _("command"));
	for (unsigned i = 0; i < command_count; i++)
		(void)fprintf(to, "  %-20s %s\n", commands[i].words, _(commands[i].what));
	(void)fprintf(to, "\n%s\n", _("options:"));
	for (unsigned i = 0; i < cli_option_count; i++) {
		char both[64];

		(void)snprintf(
		    both, sizeof both, "%s %s", cli_options[i].name, cli_options[i].value);
		(void)fprintf(to, "  %-28s %s\n", both, _(cli_options[i].what));
	}
	(void)fprintf(to, "\n%s\n", _("zt COMMAND --help shows a command with an example."));
	return to == stdout ? 0 : 64;
}

static int
command_usage(const struct command *k, FILE *to)
{
	(void)fprintf(to, "%s zt %s %s\n  %s\n\n%s\n  %s\n", _("usage:"), k->words, k->usage,
	    _(k->what), _("example:"), k->example);
	return to == stdout ? 0 : 64;
}

enum zt_err
cli_need(struct cli *c, const char *value, const char *option)
{
	if (value != NULL)
		return ZT_OK;
	(void)snprintf(c->why, sizeof c->why, "%s %s", _("an option is missing:"), option);
	return ZT_ERR_USAGE;
}

const char *
cli_label(struct cli *c)
{
	if (c->label != NULL)
		return c->label;
	if (gethostname(c->host, sizeof c->host - 1) != 0)
		return "device";
	return c->host;
}

void
cli_say(const struct cli *c, const char *text)
{
	if (!c->json && !c->quiet)
		(void)printf("%s\n", _(text));
}

void
cli_warn(const struct cli *c, const char *text)
{
	if (text[0] == 0)
		return;
	if (c->json) {
		(void)fprintf(stderr, "{");
		output_field_on(stderr, "warning", text, false);
		(void)fprintf(stderr, "}\n");
		return;
	}
	(void)fprintf(stderr, "zt: %s ", _("warning:"));
	output_show_on(stderr, text);
	(void)fprintf(stderr, "\n");
}

bool
cli_says_yes(const struct cli *c)
{
	char line[16];

	(void)printf("? [y/n] ");
	(void)fflush(stdout);
	if (c->yes) {
		(void)printf("y\n");
		return true;
	}
	return fgets(line, sizeof line, stdin) != NULL &&
	       (line[0] == 'y' || line[0] == 'Y' || line[0] == *_("y"));
}

const struct cli_option cli_options[] = {
	{ "--home", "DIR", N_("the device's state folder (or ZT_HOME)") },
	{ "--password-file", "FILE", N_("read the password from FILE") },
	{ "--password-fd", "N", N_("read the password from descriptor N") },
	{ "--new-password-file", "FILE", N_("password: read the new one from FILE") },
	{ "--ca-file", "FILE", N_("trust this certificate authority (PEM)") },
	{ "--overwrite", "",
	    N_("get: replace files that zt did not write, or that were changed since") },
	{ "--insecure", "", N_("speak to a server of another machine without TLS (http://)") },
	{ "--json", "", N_("answer as JSON lines") },
	{ "--quiet", "", N_("say nothing but errors") },
	{ "--server", "URL", N_("org bootstrap, recover: the server") },
	{ "--operator-token-file", "FILE", N_("org bootstrap: the operator's token") },
	{ "--slug", "NAME", N_("org bootstrap: the organization's short name") },
	{ "--email", "ADDRESS",
	    N_("org bootstrap, claim, pki request: your address; invite user: theirs") },
	{ "--name", "NAME", N_("org bootstrap, claim: your name") },
	{ "--label", "NAME", N_("org bootstrap, claim: what this device is called") },
	{ "--profile", "PROFILE", N_("greet: admin, standard or outsider") },
	{ "--role", "ROLE", N_("workspace share: reader, contributor, manager or owner") },
	{ "--against", "HEAD", N_("log verify: a head that a colleague's zt log head shows") },
	{ "--words-file", "FILE", N_("recover: read the words from FILE, one line") },
	{ "--users", "N", N_("server set: how many users it may have") },
	{ "--storage", "SIZE", N_("server set: how much it may store, such as 500M or 2T") },
	{ "--founding-file", "FILE", N_("org bootstrap: read the operator's code from FILE") },
	{ "--org", "ID", N_("pki request: the organization, as zt status shows it") },
	{ "--key", "FILE", N_("pki request: the certificate's private key") },
	{ "--pin-file", "FILE",
	    N_("pki request, protect: read the key's password or the PIN from FILE") },
	{ "--qr", "", N_("recovery create, invite: print a QR code too") },
	{ "--need", "N", N_("recovery colleagues: how many of them are needed") },
	{ "--for", "TIME", N_("unlock, workspace delete: how long, such as 15m or 8h") },
	{ "--keep", "", N_("recovery colleagues: earlier splits stay good too") },
	{ "--since", "TIME",
	    N_("device revoke: what it did from then on, YYYY-MM-DD HH:MM:SS") },
	{ "--yes", "", N_("greet, workspace share, recover: do it without asking") },
	{ "-r, --recursive", "", N_("ls, rm: with all below") },
	{ "--finish", "", N_("workspace rewrap: the older keys go; an owner's") },
	{ "-l, --long", "", N_("ls: sizes, times, versions") },
	{ "--to-version", "N", N_("restore, cat: that version") },
	{ "--object", "ID", N_("restore: what zt trash shows under that id") },
	{ "--checksum", "", N_("put: read every file to see whether it was changed") },
	{ "--at", "TIME", N_("restore, ls: as it was then, YYYY-MM-DD HH:MM:SS") },
	{ "--help, --version", "", "" },
};
const unsigned cli_option_count = sizeof cli_options / sizeof cli_options[0];

struct slot { /* where an option goes */
	const char *name;
	char letter;
	const char **text;
	bool *flag;
};

enum { SLOTS = 40 };

static void
fill_slots(struct cli *c, const char **fd, bool *help, bool *version, struct slot out[SLOTS])
{
	const struct slot all[SLOTS] = { { "--home", 0, &c->home, NULL },
		{ "--server", 0, &c->server, NULL },
		{ "--operator-token-file", 0, &c->token_file, NULL },
		{ "--slug", 0, &c->slug, NULL }, { "--email", 0, &c->email, NULL },
		{ "--name", 0, &c->name, NULL }, { "--label", 0, &c->label, NULL },
		{ "--role", 0, &c->role, NULL }, { "--profile", 0, &c->profile, NULL },
		{ "--password-file", 0, &c->password_file, NULL },
		{ "--password-fd", 0, fd, NULL }, { "--ca-file", 0, &c->o.ca_file, NULL },
		{ "--to-version", 0, &c->version_text, NULL }, { "--at", 0, &c->at, NULL },
		{ "--words-file", 0, &c->words_file, NULL }, { "--need", 0, &c->need, NULL },
		{ "--users", 0, &c->users, NULL }, { "--storage", 0, &c->storage, NULL },
		{ "--founding-file", 0, &c->founding_file, NULL },
		{ "--org", 0, &c->org, NULL }, { "--key", 0, &c->key, NULL },
		{ "--pin-file", 0, &c->pin_file, NULL }, { "--for", 0, &c->duration, NULL },
		{ "--against", 0, &c->against, NULL },
		{ "--new-password-file", 0, &c->new_password_file, NULL },
		{ "--overwrite", 0, NULL, &c->o.overwrite },
		{ "--checksum", 0, NULL, &c->o.checksum }, { "--object", 0, &c->object, NULL },
		{ "--insecure", 0, NULL, &c->o.in_clear }, { "--json", 0, NULL, &c->json },
		{ "--qr", 0, NULL, &c->qr }, { "--finish", 0, NULL, &c->finish },
		{ "--recursive", 'r', NULL, &c->recursive },
		{ "--long", 'l', NULL, &c->details }, { "--quiet", 'q', NULL, &c->quiet },
		{ "--keep", 0, NULL, &c->keep }, { "--since", 0, &c->since, NULL },
		{ "--yes", 'y', NULL, &c->yes }, { "--help", 'h', NULL, help },
		{ "--version", 0, NULL, version } };

	memcpy(out, all, sizeof all);
}

/* Flags of one letter, alone or together: -r, -rl. */
static bool
set_letters(const struct slot *slots, const char *letters)
{
	for (; *letters != 0; letters++) {
		unsigned k = 0;

		while (k < SLOTS && (slots[k].letter == 0 || slots[k].letter != *letters))
			k++;
		if (k == SLOTS)
			return false;
		*slots[k].flag = true;
	}
	return true;
}

static enum zt_err
refuse_option(struct cli *c, const char *what, const char *option)
{
	(void)snprintf(c->why, sizeof c->why, "%s %.100s", what, option);
	return ZT_ERR_USAGE;
}

/* Takes options out of ARGV; what is left are the command's words and arguments. */
static enum zt_err
read_options(struct cli *c, int argc, char **argv, bool *help)
{
	struct slot slots[SLOTS];
	const char *fd = NULL;
	bool version = false, plain = false;

	fill_slots(c, &fd, help, &version, slots);
	for (int i = 1; i < argc; i++) {
		unsigned k = 0;

		if (plain || argv[i][0] != '-' || argv[i][1] == 0) {
			c->args[c->count++] = argv[i];
			continue;
		}
		if (strcmp(argv[i], "--") == 0) {
			plain = true;
			continue;
		}
		if (argv[i][1] != '-') {
			if (!set_letters(slots, argv[i] + 1))
				return refuse_option(c, _("there is no option"), argv[i]);
			continue;
		}
		while (
		    k < SLOTS && (slots[k].name == NULL || strcmp(argv[i], slots[k].name) != 0))
			k++;
		if (k == SLOTS)
			return refuse_option(c, _("there is no option"), argv[i]);
		if (slots[k].flag != NULL)
			*slots[k].flag = true;
		else if (i + 1 == argc)
			return refuse_option(c, _("a value is missing behind"), argv[i]);
		else
			*slots[k].text = argv[++i];
	}
	c->password_fd = fd != NULL ? atoi(fd) : -1;
	if (version) {
		(void)printf("zt %s\n", zt_version());
		exit(0);
	}
	return ZT_OK;
}

/* The command whose words stand at the front of the arguments, which it takes away. */
static const struct command *
find(struct cli *c)
{
	for (unsigned i = 0; i < command_count; i++) {
		const char *space = strchr(commands[i].words, ' ');
		int n = space != NULL ? 2 : 1;
		size_t first = space != NULL ? (size_t)(space - commands[i].words)
					     : strlen(commands[i].words);

		if (c->count < n || strlen(c->args[0]) != first ||
		    strncmp(c->args[0], commands[i].words, first) != 0 ||
		    (n == 2 && strcmp(c->args[1], space + 1) != 0))
			continue;
		c->args += n;
		c->count -= n;
		return &commands[i];
	}
	return NULL;
}

static enum zt_err
default_home(struct cli *c)
{
	static char path[4096];
	const char *env = getenv("ZT_HOME"), *home = getenv("HOME");

	if (c->home == NULL)
		c->home = env;
	if (c->home == NULL && home != NULL) {
		(void)snprintf(path, sizeof path, "%s/.local/share/zt", home);
		c->home = path;
	}
	c->o.home = c->home;
	c->o.translate = l10n;
	return c->home != NULL ? ZT_OK : ZT_ERR_USAGE;
}

/* What this device owes to others, by the way; the command itself has succeeded. */
static void
tend(struct cli *c)
{
	struct zt_tended done;
	enum zt_err err = zt_tend(c->zt, &done);

	if (err && !c->quiet)
		(void)fprintf(stderr, "zt: %s: %s (%s)\n",
		    _("a key could not be renewed, the next command tries again"),
		    _(zt_err_words(err)), zt_why(c->zt)); /* safe to show */
	if (done.rotated > 0 && !c->quiet && !c->json)
		(void)fprintf(stderr,
		    _("rotated the keys of %llu workspaces after a loss of access\n"),
		    (unsigned long long)done.rotated);
	if (done.mended > 0 && !c->quiet && !c->json)
		(void)fprintf(stderr,
		    _("brought older keys along in %llu workspaces, for those who came "
		      "later\n"),
		    (unsigned long long)done.mended);
}

static enum zt_err
run(struct cli *c, const struct command *k)
{
	enum zt_err err = default_home(c);

	c->o.stop = cli_stop();
	c->o.working = progress_work;
	c->o.working_ctx = c;
	c->o.damaged = progress_damaged;
	c->o.damaged_ctx = c;
	if (c->o.in_clear && !c->quiet)
		(void)fprintf(stderr, "zt: %s\n",
		    _("--insecure: anybody on the way to an http:// server reads names, "
		      "addresses and tokens"));
	if (err == ZT_OK && k->needs_device && (err = cli_password(c, false)) == ZT_OK) {
		err = zt_open(&c->o, &c->zt, c->why);
		explicit_bzero(c->password, sizeof c->password);
	}
	if (err == ZT_OK)
		err = k->run(c);
	progress_end(&c->work);
	if (err && c->zt != NULL && c->why[0] == 0)
		(void)snprintf(c->why, sizeof c->why, "%s", zt_why(c->zt));
	if (err == ZT_OK && c->zt != NULL)
		tend(c);
	zt_close(c->zt);
	explicit_bzero(c->password, sizeof c->password);
	return err;
}

static void
say_error(const struct cli *c, enum zt_err err)
{
	if (c->json) {
		(void)fprintf(stderr, "{");
		output_field_on(stderr, "error", zt_err_name(err), true);
		output_field_on(stderr, "why", _(c->why), true);
		(void)fprintf(stderr, "\"retry\":%s}\n", zt_err_retry(err) ? "true" : "false");
		return;
	}
	(void)fprintf(stderr, "zt: %s", _(zt_err_words(err)));
	if (c->why[0] != 0 && strcmp(c->why, zt_err_words(err)) != 0) {
		(void)fprintf(stderr, " (");
		output_show_on(stderr, _(c->why));
		(void)fprintf(stderr, ")");
	}
	(void)fprintf(stderr, "\n");
}

/* Everything behind the options; returns the exit code. */
static int
act(struct cli *c, bool help)
{
	const struct command *k;
	enum zt_err err;

	if (c->count == 0)
		return usage(help ? stdout : stderr);
	if ((k = find(c)) == NULL) {
		(void)fprintf(
		    stderr, "zt: %s \"%s\"; zt --help\n", _("there is no command"), c->args[0]);
		return 64;
	}
	if (help)
		return command_usage(k, stdout);
	if (c->count < k->least || c->count > k->most)
		return command_usage(k, stderr);
	if ((err = run(c, k)))
		say_error(c, err);
	return zt_err_exit(err);
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

int
main(int argc, char **argv)
{
	struct cli c = { .password_fd = -1 };
	struct rlimit none = { 0, 0 };
	char **args = calloc((size_t)argc + 1, sizeof *args);
	bool help = false;
	enum zt_err err;
	int code;

	(void)setrlimit(RLIMIT_CORE, &none); /* no secret in a core file */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	/* Buffers of a transfer are used again, and not given back and faulted in anew. */
	(void)mallopt(M_MMAP_THRESHOLD, 8 * 1024 * 1024);
	(void)mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
	c.stays_in_memory = keep_in_memory();
	l10n_start();
	c.args = args;
	if (args == NULL)
		return 71;
	if ((err = read_options(&c, argc, argv, &help))) {
		say_error(&c, err);
		code = zt_err_exit(err);
	} else {
		code = act(&c, help);
	}
	free(args);
	return code;
}
