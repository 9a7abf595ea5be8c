/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cmd_join.c - invitations, and both sides of an enrolment. */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "common/l10n.h"
#include "common/output.h"
#include "common/qr.h"
#include "terminal/command.h"
#include "terminal/stop.h"

/* Whom the link is for, how long it is valid, and what both sides type: before the link, which
 * is alone on standard output, for a pipe. */
static void
explain_link(const struct cli *c, enum zt_invitation_kind kind)
{
	if (c->json || c->quiet)
		return;
	if (kind == ZT_INVITE_USER)
		(void)fprintf(stderr,
		    _("This link lets one person in. They type: zt claim LINK --email %.200s "
		      "--name NAME"),
		    c->email != NULL ? c->email : _("ADDRESS"));
	else if (kind == ZT_INVITE_DEVICE)
		(void)fprintf(stderr, "%s",
		    _("This link makes another device yours. There you type: zt claim LINK "
		      "--email ADDRESS --name NAME"));
	else
		(void)fprintf(stderr, "%s",
		    _("This link is for a colleague who lost all devices. They type, with the "
		      "links of their other colleagues: zt recover LINK... --email ADDRESS"));
	(void)fprintf(stderr, "\n%s\n",
	    _("You type at the same time: zt greet LINK. The link is valid until it is used, "
	      "or until you cancel it: zt invite cancel LINK"));
}

static enum zt_err
invite(struct cli *c, enum zt_invitation_kind kind)
{
	char link[1024];
	enum zt_err err = zt_invite(c->zt, kind, link);

	if (err)
		return err;
	explain_link(c, kind);
	if (c->json) {
		output_json(stdout, "invitation", "{s:s}", "link", link);
	} else {
		(void)printf("%s\n", link);
		if (c->qr)
			(void)qr_print(link);
	}
	(void)fflush(stdout);
	if (c->email == NULL || kind != ZT_INVITE_USER)
		return ZT_OK;
	/* The link is valid even if the mail fails. */
	if ((err = zt_invite_mail(c->zt, link, c->email)) == ZT_OK)
		cli_report(c, "sent; be there when they claim it, to compare codes");
	return err;
}

enum zt_err
cmd_invite_user(struct cli *c)
{
	return invite(c, ZT_INVITE_USER);
}

enum zt_err
cmd_invite_recovery(struct cli *c)
{
	return invite(c, ZT_INVITE_RECOVERY);
}

enum zt_err
cmd_invite_device(struct cli *c)
{
	return invite(c, ZT_INVITE_DEVICE);
}

static void
show_invitation(void *ctx, const struct zt_invitation *i)
{
	const struct cli *c = ctx;

	if (c->json)
		output_json(stdout, "invitation", "{s:s,s:s,s:s,s:o}", "id", i->id, "type",
		    i->kind, "state", i->state, "created", output_number(i->created));
	else {
		(void)printf("%s  ", i->id);
		output_time(i->created);
		(void)printf("  %-7s %s\n", _(i->kind), _(i->state));
	}
}

enum zt_err
cmd_invite_list(struct cli *c)
{
	return zt_invitations(c->zt, show_invitation, c);
}

enum zt_err
cmd_invite_cancel(struct cli *c)
{
	enum zt_err err = zt_invite_cancel(c->zt, c->args[0]);

	if (err == ZT_OK)
		cli_done(c, "%s", _("the invitation is cancelled"));
	return err;
}

static void
show_code(void *ctx, const char *code)
{
	const struct cli *c = ctx;

	if (c->json)
		output_json(stdout, "code", "{s:s}", "code", code);
	else
		(void)printf("%s %s\n", _("your code, to be read to the other side:"), code);
	(void)fflush(stdout);
}

/* What was typed, without blanks and dashes, in capitals. */
static void
tidy(char *line)
{
	char *to = line;

	for (const char *p = line; *p != 0; p++)
		if (isalnum((unsigned char)*p) != 0)
			*to++ = (char)toupper((unsigned char)*p);
	*to = 0;
}

/* A line, or nothing when the other side has gone meanwhile; what is typed is read unbuffered,
 * or nobody could wait for it. */
static bool
read_answer(const struct cli *c, char *line, size_t size, bool (*runs)(void *arg), void *arg)
{
	struct pollfd typed = { .fd = STDIN_FILENO, .events = POLLIN };
	int n = 0;

	while (!stop_is_asked() && (n = poll(&typed, 1, 1000)) == 0)
		if (!runs(arg)) {
			if (c->json)
				output_json(stdout, "gone", "{}");
			else
				(void)printf(
				    "\n%s\n", _("the other side has gone, or has begun again"));
			return false;
		}
	return !stop_is_asked() && n > 0 && fgets(line, (int)size, stdin) != NULL;
}

static void
show_choices(const struct cli *c, const char *const choices[4])
{
	if (c->json) {
		output_json(stdout, "choices", "{s:[s,s,s,s]}", "choices", choices[0],
		    choices[1], choices[2], choices[3]);
		return;
	}
	(void)printf("%s\n", _("which code does the other side read to you?"));
	for (int i = 0; i < 4; i++)
		(void)printf("  %d) %s\n", i + 1, choices[i]);
	(void)printf("  0) %s\n", _("none of these"));
}

/* Asked again until it is one of them, or none: a slip is no reason for an alarm. */
static int
pick_code(void *ctx, const char *const choices[4], bool (*runs)(void *arg), void *arg)
{
	struct cli *c = ctx;
	char line[64];

	c->waited = false;

	show_choices(c, choices);
	for (;;) {
		if (!c->json)
			(void)printf("> ");
		(void)fflush(stdout);
		if (!read_answer(c, line, sizeof line, runs, arg))
			return ZT_PICK_LEFT;
		tidy(line);
		if (strcmp(line, "0") == 0)
			return ZT_PICK_NONE;
		for (int i = 0; i < 4; i++) /* its number, or the code itself */
			if (strcmp(line, choices[i]) == 0 ||
			    (line[0] == '1' + i && line[1] == 0))
				return i;
		if (c->json)
			show_choices(c, choices);
		else
			(void)printf("%s\n", _("that is none of them: its number or its four "
					       "letters; 0 if the other side's is not there"));
	}
}

static void
report_doubt(const char *doubt)
{
	if (doubt[0] == 0)
		return;
	(void)printf("%s ", _("look twice:"));
	output_show(doubt);
	(void)printf("\n");
}

/* A question to a person, in a program's hands: y or n is read. */
static void
ask_as_json(const char *question, const char *email, const char *name, const char *device,
    const char *doubt)
{
	output_json(stdout, "question", "{s:s,s:o,s:o,s:o,s:o}", "question", question, "email",
	    output_text(email), "name", output_text(name), "device", output_text(device),
	    "doubt", output_text(doubt));
}

static bool
accept_newcomer(void *ctx, const char *email, const char *name, const char *device,
    const char *doubt, const char **profile)
{
	const struct cli *c = ctx;

	if (c->profile != NULL && *profile != NULL)
		*profile = c->profile;
	if (c->json) {
		ask_as_json("accept", email, name, device, doubt);
		return cli_confirm(c);
	}
	report_doubt(doubt);
	(void)printf("%s ", _("accept"));
	output_show(name);
	(void)printf(" <");
	output_show(email);
	(void)printf("> (%s ", _("device"));
	output_show(device);
	if (*profile != NULL)
		(void)printf(", %s %s)", _("profile"), *profile);
	else
		(void)printf(", %s)", _("as a device of yours"));
	return cli_confirm(c);
}

/* A colleague who has lost all devices asks for this user's part. */
static bool
help_colleague(void *ctx, const char *email, const char *name, const char *device)
{
	const struct cli *c = ctx;

	if (c->json) {
		ask_as_json("help", email, name, device, "");
		return cli_confirm(c);
	}
	(void)printf("%s ", _("only if you know that it is them: help"));
	output_show(name);
	(void)printf(" <");
	output_show(email);
	(void)printf("> ");
	(void)printf("%s (", _("to come back"));
	output_show(device);
	(void)printf(")");
	return cli_confirm(c);
}

/* Said once, after a moment of silence. */
static bool
wait_a_little(void *ctx)
{
	struct cli *c = ctx;

	if (!c->waited) {
		if (c->json)
			output_json(stdout, "waiting", "{}");
		cli_report(c, "waiting for the other side; Ctrl-C ends it");
		(void)fflush(stdout);
	}
	c->waited = true;
	return stop_is_asked();
}

/* The first signal tells the other side, then ends; the second ends at once. */
static struct zt_codes
codes_of(struct cli *c)
{
	(void)setvbuf(stdin, NULL, _IONBF, 0);
	stop_heed_signals();
	return (struct zt_codes){ c, show_code, pick_code, accept_newcomer, help_colleague,
		wait_a_little };
}

enum zt_err
cmd_greet(struct cli *c)
{
	struct zt_codes codes = codes_of(c);
	struct zt_greeted whom;
	enum zt_err err = zt_greet(c->zt, c->args[0], &codes, &whom);

	if (err)
		return err;
	if (whom.is_fetched) {
		cli_done(c, "%s", _("done: the other side has what it needs"));
		return ZT_OK;
	}
	(void)snprintf(c->message, sizeof c->message,
	    _("%.120s has not fetched it yet; their zt does, when they run the same command "
	      "with the same link again"),
	    whom.email);
	cli_warn(c, c->message);
	return ZT_OK;
}

/* The arguments, before anybody types a password for what cannot be. */
static enum zt_err
check_links(struct cli *c)
{
	for (int i = 0; i < c->count; i++)
		if (!zt_is_link(c->args[i]))
			return cli_refuse(
			    c, "%s", _("that is not an invitation link (zt://...)"));
	return ZT_OK;
}

enum zt_err
cmd_claim(struct cli *c)
{
	struct zt_codes codes = codes_of(c);
	struct zt_claim k = { .link = c->args[0],
		.email = c->email != NULL ? c->email : "",
		.name = c->name != NULL ? c->name : c->email,
		.device_label = cli_label(c) };
	enum zt_err err = cli_check_no_device(c);

	if (err == ZT_OK && (err = check_links(c)) == ZT_OK &&
	    (err = cli_joining_password(c)) == ZT_OK &&
	    (err = zt_claim(&c->o, &k, &codes, c->message)) == ZT_OK) {
		cli_done(c, "%s", _("this device is in the organization now"));
		cli_warn(c, c->message);
	}
	return err;
}

/* Before anything is made: whom the words or the helpers bring back. */
static bool
confirm_return(void *ctx, const struct zt_returning *w)
{
	const struct cli *c = ctx;

	if (c->json) {
		ask_as_json("is this you", w->person.email, w->person.name,
		    w->person.fingerprint, w->person.doubt);
		return cli_confirm(c);
	}
	(void)printf("%s ", _("you are"));
	output_show(w->person.name);
	(void)printf(" <");
	output_show(w->person.email);
	(void)printf(">, %s %s\n", _("fingerprint"), w->person.fingerprint);
	(void)printf(ln_(w->devices, "with %u device", "with %u devices"), w->devices);
	(void)printf(ln_(w->workspace_count, ", and a role in %u workspace",
			 ", and a role in %u workspaces"),
	    w->workspace_count);
	for (unsigned i = 0; i < w->workspace_count; i++) {
		(void)printf("%s ", i > 0 ? "," : ":");
		output_show(w->workspaces[i]);
	}
	(void)printf("\n");
	if (w->need > 0) {
		(void)printf(_("any %u of your colleagues were to bring you back"), w->need);
		(void)printf("\n");
	}
	report_doubt(w->person.doubt);
	(void)printf("%s", _("is this you, and all of it yours"));
	return cli_confirm(c);
}

/* All of FILE: words are written in lines, and numbered. Errors: NOT_FOUND, TOO_BIG. */
static enum zt_err
read_words(struct cli *c, char *out, size_t size)
{
	FILE *f = fopen(c->words_file, "re");
	size_t n = 0;
	bool all;

	if (f != NULL) {
		(void)setvbuf(f, NULL, _IONBF, 0); /* or its buffer would keep the secret */
		n = fread(out, 1, size - 1, f);
	}
	all = f != NULL && ferror(f) == 0;
	out[n] = 0;
	if (!all)
		(void)snprintf(c->message, sizeof c->message, _("%.180s: %s"), c->words_file,
		    _(strerror(errno)));
	else if (n == size - 1)
		(void)snprintf(c->message, sizeof c->message,
		    _("%.200s holds more than the words"), c->words_file);
	if (f != NULL)
		(void)fclose(f);
	return !all ? ZT_ERR_NOT_FOUND : n == size - 1 ? ZT_ERR_TOO_BIG : ZT_OK;
}

static enum zt_err
ask_words(struct cli *c, char *out, unsigned size)
{
	return c->words_file != NULL
		   ? read_words(c, out, size)
		   : cli_prompt(c, _("The words:"), "--words-file FILE", out, size);
}

static enum zt_err
missing(struct cli *c, const char *option, const char *value)
{
	return cli_refuse(c, _("an option is missing: %.40s %.60s"), option, value);
}

/* With links of colleagues, or with words on paper; what was begun in this folder by links may
 * need no more of them. */
enum zt_err
cmd_recover(struct cli *c)
{
	bool by_words = c->count == 0 && (c->server != NULL || !zt_is_joining(c->o.home));
	char words[4 * ZT_RECOVERY_WORDS];
	struct zt_codes codes = codes_of(c);
	struct zt_recovery r = { .server = c->server,
		.words = by_words ? words : NULL,
		.device_label = cli_label(c),
		.links = (const char *const *)c->args,
		.link_count = (unsigned)c->count,
		.email = c->email,
		.codes = &codes,
		.confirm = confirm_return,
		.ctx = c };
	enum zt_err err = cli_check_no_device(c);

	if (err)
		return err;
	if (!by_words)
		err = c->email != NULL ? check_links(c) : missing(c, "--email", "ADDRESS");
	else if ((err = c->server != NULL ? ZT_OK : missing(c, "--server", "URL")) == ZT_OK)
		err = ask_words(c, words, sizeof words);
	if (err == ZT_OK && (err = cli_joining_password(c)) == ZT_OK &&
	    (err = zt_recover(&c->o, &r, c->message)) == ZT_OK)
		cli_done(c, "%s",
		    _("this device is yours; zt devices lists the others: revoke those that "
		      "are lost"));
	explicit_bzero(words, sizeof words);
	return err;
}

enum zt_err
cmd_recovery_colleagues(struct cli *c)
{
	unsigned need =
	    cli_has(c, OPTION_NEED) ? (unsigned)c->need : (unsigned)c->count / 2 + 1;
	struct zt_split split = { .users = (const char *const *)c->args,
		.count = (unsigned)c->count,
		.need = need,
		.keep = c->keep };
	unsigned ended = 0;
	enum zt_err err = zt_recovery_colleagues(c->zt, &split, &ended);

	if (err)
		return err;
	if (c->json)
		output_json(stdout, "split", "{s:i,s:i,s:i}", "need", (int)need, "helpers",
		    c->count, "ended", (int)ended);
	if (!c->json && !c->quiet) {
		(void)printf(_("any %u of these %d colleagues can bring you back: each runs zt "
			       "invite recovery and zt greet LINK, you run zt recover LINK..."),
		    need, c->count);
		(void)printf("\n");
		if (ended > 0) {
			(void)printf(
			    _("earlier splits that are of no use to anybody now: %u"), ended);
			(void)printf("\n");
		}
	}
	return ZT_OK;
}
