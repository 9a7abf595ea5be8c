/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* options.c - the table of options, and how they are read. */
#include "terminal/options.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/l10n.h"
#include "terminal/command.h"
#include "terminal/values.h"

#define AT(field) offsetof(struct cli, field)

const struct cli_option cli_options[OPTION_COUNT] = {
	[OPTION_HOME] = { "--home", 0, TAKES_TEXT, "DIR",
	    N_("the device's state folder (else ZT_HOME, else ~/.local/share/zt)"), AT(home), 0,
	    0 },
	[OPTION_PASSWORD_FILE] = { "--password-file", 0, TAKES_TEXT, "FILE",
	    N_("read the password from the first line of FILE: 1 to 1023 bytes, not counting "
	       "a byte order mark and the line's end"),
	    AT(password_file), 0, 0 },
	[OPTION_PASSWORD_FD] = { "--password-fd", 0, TAKES_NUMBER, "N",
	    N_("the same from the open descriptor N"), AT(password_fd), 0, INT_MAX },
	[OPTION_CA_FILE] = { "--ca-file", 0, TAKES_TEXT, "FILE",
	    N_("trust this certificate authority (PEM)"), AT(o.ca_file), 0, 0 },
	[OPTION_INSECURE] = { "--insecure", 0, TAKES_NOTHING, "",
	    N_("speak to a server of another machine without TLS (http://)"), AT(o.in_clear), 0,
	    0 },
	[OPTION_JSON] = { "--json", 0, TAKES_NOTHING, "",
	    N_("answer as JSON lines, errors too"), AT(json), 0, 0 },
	[OPTION_QUIET] = { "--quiet", 'q', TAKES_NOTHING, "",
	    N_("say nothing but what was asked for, and errors"), AT(quiet), 0, 0 },
	[OPTION_NO_AGENT] = { "--no-agent", 0, TAKES_NOTHING, "",
	    N_("open the device here, also where the agent has it open (as ZT_AGENT=no)"),
	    AT(no_agent), 0, 0 },
	[OPTION_HELP] = { "--help", 'h', TAKES_NOTHING, "", N_("show help"), AT(help), 0, 0 },
	[OPTION_VERSION] = { "--version", 'V', TAKES_NOTHING, "", N_("show the version"),
	    AT(version), 0, 0 },
	[OPTION_AGAINST] = { "--against", 0, TAKES_TEXT, "HEAD",
	    N_("a head that a colleague's zt log head shows"), AT(against), 0, 0 },
	[OPTION_ADD] = { "--add", 0, TAKES_NOTHING, "",
	    N_("beside those that are accepted, and not in their place"), AT(add), 0, 0 },
	[OPTION_AT] = { "--at", 0, TAKES_TIME, "TIME",
	    N_("as it was then, YYYY-MM-DD HH:MM:SS"), AT(at), 0, 0 },
	[OPTION_BEFORE] = { "--before", 0, TAKES_NUMBER, "MESSAGE",
	    N_("those in front of the message of that number"), AT(before), 1, INT64_MAX },
	[OPTION_BROWSER_DEVICES] = { "--browser-devices", 0, TAKES_TEXT,
	    "everybody|not-admins|nobody",
	    N_("who may add a device in a browser, whose code comes from a server"),
	    AT(browser_devices), 0, 0 },
	[OPTION_CHECKSUM] = { "--checksum", 0, TAKES_NOTHING, "",
	    N_("read every file to see whether it was changed"), AT(o.checksum), 0, 0 },
	[OPTION_DELETION_DELAY] = { "--deletion-delay", 0, TAKES_DURATION, "TIME",
	    N_("how long the deletion of a workspace can be taken back at least, 1d to 30d"),
	    AT(deletion_delay), 0, 0 },
	[OPTION_DRY_RUN] = { "--dry-run", 'n', TAKES_NOTHING, "",
	    N_("send nothing; name what would be sent"), AT(dry), 0, 0 },
	[OPTION_EMAIL] = { "--email", 0, TAKES_TEXT, "ADDRESS",
	    N_("your e-mail address, by which others name you; with invite user theirs, to "
	       "which "
	       "the link is mailed"),
	    AT(email), 0, 0 },
	[OPTION_FINISH] = { "--finish", 0, TAKES_NOTHING, "",
	    N_("the older keys go; an owner's"), AT(finish), 0, 0 },
	[OPTION_FOR] = { "--for", 0, TAKES_DURATION, "TIME",
	    N_("how long, such as 15m, 8h or 2d"), AT(seconds), 0, 0 },
	[OPTION_FORCE] = { "--force", 0, TAKES_NOTHING, "",
	    N_("also when a workspace of yours has this name already"), AT(force), 0, 0 },
	[OPTION_FOUNDING_FILE] = { "--founding-file", 0, TAKES_TEXT, "FILE",
	    N_("read the operator's code from FILE"), AT(founding_file), 0, 0 },
	[OPTION_KEEP] = { "--keep", 0, TAKES_NOTHING, "",
	    N_("earlier words or splits stay good too"), AT(keep), 0, 0 },
	[OPTION_KEEP_BOTH] = { "--keep-both", 0, TAKES_NOTHING, "",
	    N_("write such files beside what is there"), AT(o.keep_both), 0, 0 },
	[OPTION_KEY] = { "--key", 0, TAKES_TEXT, "FILE", N_("the certificate's private key"),
	    AT(key), 0, 0 },
	[OPTION_LABEL] = { "--label", 0, TAKES_TEXT, "NAME",
	    N_("what this device is called; else by the machine's name"), AT(label), 0, 0 },
	[OPTION_LONG] = { "--long", 'l', TAKES_NOTHING, "", N_("with sizes, times, versions"),
	    AT(details), 0, 0 },
	[OPTION_MOST] = { "--most", 0, TAKES_NUMBER, "N",
	    N_("how many messages at most; 50 unless said"), AT(most), 1, 100000 },
	[OPTION_NAME] = { "--name", 0, TAKES_TEXT, "NAME", N_("your name"), AT(name), 0, 0 },
	[OPTION_NEED] = { "--need", 0, TAKES_NUMBER, "N", N_("how many of them are needed"),
	    AT(need), 2, 16 },
	[OPTION_NEW_PASSWORD_FILE] = { "--new-password-file", 0, TAKES_TEXT, "FILE",
	    N_("read the new password from the first line of FILE"), AT(new_password_file), 0,
	    0 },
	[OPTION_OPERATOR_TOKEN_FILE] = { "--operator-token-file", 0, TAKES_TEXT, "FILE",
	    N_("read the token of the server's operator from FILE"), AT(token_file), 0, 0 },
	[OPTION_OBJECT] = { "--object", 0, TAKES_TEXT, "ID",
	    N_("what zt trash shows under that id"), AT(object), 0, 0 },
	[OPTION_ORG] = { "--org", 0, TAKES_TEXT, "ID",
	    N_("the organization, as zt status shows it"), AT(org), 0, 0 },
	[OPTION_OVERWRITE] = { "--overwrite", 0, TAKES_NOTHING, "",
	    N_("replace also what zt did not write, or what was changed since"),
	    AT(o.overwrite), 0, 0 },
	[OPTION_PAGE_CHECK] = { "--page-check", 0, TAKES_DURATION, "TIME",
	    N_("how often the page that the server sends is looked at, on average and at "
	       "random; 6h unless said, 0 for never"),
	    AT(page_check), 0, 0 },
	[OPTION_PIN_FILE] = { "--pin-file", 0, TAKES_TEXT, "FILE",
	    N_("read the key's password or the token's PIN from FILE"), AT(pin_file), 0, 0 },
	[OPTION_PRINT_LINK] = { "--print-link", 0, TAKES_NOTHING, "",
	    N_("print the link, and open no browser"), AT(print_link), 0, 0 },
	[OPTION_PROFILE] = { "--profile", 0, TAKES_TEXT, "admin|standard|outsider",
	    N_("what they may do: admin lets people in and revokes them, standard makes "
	       "workspaces, outsider works in those that are shared with them; standard unless "
	       "said"),
	    AT(profile), 0, 0 },
	[OPTION_QR] = { "--qr", 0, TAKES_NOTHING, "", N_("print a QR code too"), AT(qr), 0, 0 },
	[OPTION_RECURSIVE] = { "--recursive", 'r', TAKES_NOTHING, "", N_("with all below"),
	    AT(recursive), 0, 0 },
	[OPTION_REMOVE] = { "--remove", 0, TAKES_NOTHING, "", N_("take the reaction back"),
	    AT(removes), 0, 0 },
	[OPTION_REPLY_TO] = { "--reply-to", 0, TAKES_TEXT, "MESSAGE",
	    N_("in the thread of this message"), AT(reply_to), 0, 0 },
	[OPTION_RESEND] = { "--resend", 0, TAKES_NOTHING, "",
	    N_("send every file again, as a new version: for what the server has lost"),
	    AT(o.resend), 0, 0 },
	[OPTION_ROLE] = { "--role", 0, TAKES_TEXT, "reader|contributor|manager|owner",
	    N_("what they may do; contributor unless said"), AT(role), 0, 0 },
	[OPTION_SERVER] = { "--server", 0, TAKES_SERVER, "URL", N_("the server"), AT(server), 0,
	    0 },
	[OPTION_SINCE] = { "--since", 0, TAKES_TIME, "TIME",
	    N_("what it did from then on, YYYY-MM-DD HH:MM:SS"), AT(since), 0, 0 },
	[OPTION_SLUG] = { "--slug", 0, TAKES_TEXT, "NAME", N_("the organization's short name"),
	    AT(slug), 0, 0 },
	[OPTION_STORAGE] = { "--storage", 0, TAKES_SIZE, "SIZE",
	    N_("how much it may store, such as 500M or 2T"), AT(storage), 0, 0 },
	[OPTION_TO_VERSION] = { "--to-version", 0, TAKES_NUMBER, "N", N_("that version"),
	    AT(to_version), 1, UINT64_MAX },
	[OPTION_USERS] = { "--users", 0, TAKES_NUMBER, "N", N_("how many users it may have"),
	    AT(users), 0, INT64_MAX },
	[OPTION_WORDS_FILE] = { "--words-file", 0, TAKES_TEXT, "FILE",
	    N_("read the words from FILE, one line"), AT(words_file), 0, 0 },
	[OPTION_WORKSPACES_BY] = { "--workspaces-by", 0, TAKES_TEXT, "standard|admins",
	    N_("who may create workspaces: admins and standard users, or admins alone"),
	    AT(workspaces_by), 0, 0 },
	[OPTION_YES] = { "--yes", 'y', TAKES_NOTHING, "", N_("do it without asking"), AT(yes),
	    0, 0 },
};

/* Of two that exclude each other one would be obeyed, and the other not. */
static const enum option_name excluding[][2] = {
	{ OPTION_PASSWORD_FILE, OPTION_PASSWORD_FD },
	{ OPTION_TO_VERSION, OPTION_AT },
	{ OPTION_TO_VERSION, OPTION_OBJECT },
	{ OPTION_AT, OPTION_OBJECT },
	{ OPTION_FOUNDING_FILE, OPTION_OPERATOR_TOKEN_FILE },
	{ OPTION_JSON, OPTION_QR },
	{ OPTION_OVERWRITE, OPTION_KEEP_BOTH },
};

static void *
place_of(struct cli *c, const struct cli_option *o)
{
	return (char *)c + o->place;
}

/* Whether TEXT is one of the words of "this|that". */
static bool
is_among(const char *text, const char *words)
{
	size_t n = strlen(text);

	for (const char *w = words; w != NULL; w = strchr(w, '|')) {
		w += *w == '|';
		if (strncmp(w, text, n) == 0 && (w[n] == 0 || w[n] == '|'))
			return true;
	}
	return false;
}

static enum zt_err
take_text(struct cli *c, const struct cli_option *o, const char *text)
{
	if (strchr(o->value, '|') != NULL && !is_among(text, o->value))
		return cli_refuse(
		    c, _("%.40s is one of %.60s, not \"%.80s\""), o->name, o->value, text);
	*(const char **)place_of(c, o) = text;
	return ZT_OK;
}

static enum zt_err
take_value(struct cli *c, const struct cli_option *o, const char *text)
{
	void *to = place_of(c, o);

	if (o->takes != TAKES_NOTHING && text[0] == 0)
		return cli_refuse(c, _("a value is missing behind %.40s"), o->name);
	switch (o->takes) {
	case TAKES_NOTHING:
		*(bool *)to = true;
		return ZT_OK;
	case TAKES_TEXT:
		return take_text(c, o, text);
	case TAKES_SERVER:
		return value_server(c, o->name, text, to);
	case TAKES_NUMBER:
		return value_number(c, o->name, text, o->min, o->max, to);
	case TAKES_SIZE:
		return value_size(c, o->name, text, to);
	case TAKES_TIME:
		return value_time(c, o->name, text, to);
	case TAKES_DURATION:
		return value_duration(c, o->name, text, to);
	}
	return ZT_ERR_USAGE;
}

/* What getopt_long returns for a long option is its place in the table and this. */
enum { LONG = 256 };

/* The table as getopt_long has it. Every option with a letter is a flag. */
static void
describe(struct option longs[OPTION_COUNT + 1], char letters[OPTION_COUNT + 3])
{
	*letters++ = '-'; /* arguments are returned in their order */
	*letters++ = ':'; /* a missing value is not an unknown option */
	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct cli_option *o = &cli_options[i];

		longs[i] = (struct option){ o->name + 2,
			o->takes == TAKES_NOTHING ? no_argument : required_argument, NULL,
			LONG + i };
		if (o->letter != 0)
			*letters++ = o->letter;
	}
	longs[OPTION_COUNT] = (struct option){ 0 };
	*letters = 0;
}

/* The option that getopt_long means by VALUE, read in TEXT; or NULL. */
static const struct cli_option *
option_of(int value, const char *text)
{
	const struct cli_option *o = value >= LONG ? &cli_options[value - LONG] : cli_options;
	size_t n = strlen(o->name);

	/* Half a name would mean something else, or nothing, once there are more options. */
	if (value >= LONG)
		return strncmp(o->name, text, n) == 0 && (text[n] == 0 || text[n] == '=')
			   ? o
			   : NULL;
	while (o < cli_options + OPTION_COUNT && (value == 0 || o->letter != value))
		o++;
	return o < cli_options + OPTION_COUNT ? o : NULL;
}

/* What getopt_long GOT in TEXT. */
static enum zt_err
take(struct cli *c, int got, const char *text)
{
	const struct cli_option *o = option_of(got == '?' || got == ':' ? optopt : got, text);

	if (got == 1) {
		c->args[c->count++] = optarg;
		return ZT_OK;
	}
	if (o == NULL)
		return cli_refuse(c, _("there is no option %.100s"), text);
	if (got == '?')
		return cli_refuse(c, _("%.40s takes no value"), o->name);
	c->given |= UINT64_C(1) << (o - cli_options);
	return take_value(c, o, got == ':' ? "" : optarg);
}

enum zt_err
options_read(struct cli *c, int argc, char **argv)
{
	struct option longs[OPTION_COUNT + 1];
	char letters[OPTION_COUNT + 3], *text = argv[optind];
	enum zt_err err;

	describe(longs, letters);
	for (int got; (got = getopt_long(argc, argv, letters, longs, NULL)) != -1;
	     text = argv[optind])
		if ((err = take(c, got, text)))
			return err;
	while (optind < argc)
		c->args[c->count++] = argv[optind++];
	return ZT_OK;
}

static bool
is_in(uint64_t set, unsigned option)
{
	return (set >> option & 1) != 0;
}

enum zt_err
options_check(struct cli *c, const struct command *k)
{
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		const struct cli_option *o = &cli_options[i];

		if (is_in(c->given, i) && !is_in(k->needs | k->takes | OPTIONS_OF_ALL, i))
			return cli_refuse(
			    c, _("zt %.40s has no option %.40s"), k->words, o->name);
		if (is_in(k->needs, i) && !is_in(c->given, i))
			return cli_refuse(
			    c, _("an option is missing: %.40s %.60s"), o->name, o->value);
	}
	for (size_t i = 0; i < sizeof excluding / sizeof excluding[0]; i++)
		if (is_in(c->given, excluding[i][0]) && is_in(c->given, excluding[i][1]))
			return cli_refuse(c, _("%.40s and %.40s do not go together"),
			    cli_options[excluding[i][0]].name,
			    cli_options[excluding[i][1]].name);
	return ZT_OK;
}

bool
options_want_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}
