/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cmd_device.c - devices: listed in cmd_org.c, revoked here; and a key held for a session. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "common/l10n.h"
#include "common/output.h"
#include "common/qr.h"
#include "terminal/command.h"
#include "terminal/values.h"
#include "ui/cmd_agent.h"
#include "zt/protect.h"

enum { DEFAULT_S = 8 * 3600 };

enum zt_err
cmd_unlock(struct cli *c)
{
	unsigned seconds;
	enum zt_err err;

	if ((err = cli_soon(c, DEFAULT_S, &seconds)))
		return err;
	if (seconds == 0)
		return cli_refuse(c, "%s", _("a device is unlocked for a limited time only"));
	if ((err = cli_password(c, false)) == ZT_OK &&
	    (err = zt_unlock(&c->o, seconds, c->message)) == ZT_OK)
		cli_done(c, "%s", _("unlocked for this session; zt lock ends it"));
	return err;
}

enum zt_err
cmd_lock(struct cli *c)
{
	enum zt_err of_agent = ZT_OK, err = zt_lock(&c->o, c->message);
	bool was_open;
	char said[sizeof c->message];

	/* First, and whatever the agent says: no session keeps the key. */
	memcpy(said, c->message, sizeof said);
	was_open = ui_lock(c, &of_agent);
	if (of_agent != ZT_OK)
		return of_agent;
	memcpy(c->message, said, sizeof said);
	if (err == ZT_ERR_NOT_FOUND && was_open) { /* the agent alone held it */
		c->message[0] = 0;
		err = ZT_OK;
	}
	if (err == ZT_OK)
		cli_done(c, "%s", _("locked"));
	return err;
}

void
cli_show_browser(const struct zt_device *d)
{
	if (d->browser[0] == 0)
		return;
	(void)printf("  %s ", _("in a browser, with the code of"));
	output_show(d->browser);
}

void
cli_show_new_device(struct cli *c, const struct zt_device *d)
{
	if (c->json) {
		output_json(stdout, "new_device", "{s:s,s:s,s:o,s:o,s:o,s:o}", "event",
		    "new device", "device", d->id, "label", output_text(d->label), "by",
		    output_text(d->by), "added", output_number(d->added), "browser",
		    output_text(d->browser));
		return;
	}
	(void)printf("%s ", _("a new device of yours:"));
	output_show(d->label);
	(void)printf(" (%s), ", d->id);
	output_time(d->added);
	(void)printf(", %s ", _("added by"));
	output_show(d->by);
	cli_show_browser(d);
	(void)printf("\n  %s zt device ack %s\n  %s zt device revoke %s\n",
	    _("if you know it:"), d->id, _("if not:"), d->id);
}

enum zt_err
cmd_device_ack(struct cli *c)
{
	unsigned n = 0;
	enum zt_err err = zt_device_acknowledge(c->zt, c->count > 0 ? c->args[0] : NULL, &n);

	if (err)
		return err;
	if (c->json)
		output_json(stdout, "acknowledged", "{s:i}", "acknowledged", (int)n);
	else
		cli_done(c,
		    ln_(n, "%u new device is known to you now",
			"%u new devices are known to you now"),
		    n);
	return ZT_OK;
}

/* ---- what a revoked device did, and what of it a person takes back ---- */

struct deed {
	enum zt_undo undo;
	char subject[33], workspace[33], what[300];
};
struct deeds {
	struct cli *c;
	struct deed *list; /* those of which something is still valid */
	size_t count, cap, shown;
	uint64_t since;
	bool is_full;
};

/* The command that takes D back. */
static void
print_undo(const struct deed *d, char out[128])
{
	switch (d->undo) {
	case ZT_UNDO_DEVICE:
		(void)snprintf(out, 128, "zt device revoke %s", d->subject);
		return;
	case ZT_UNDO_USER:
		(void)snprintf(out, 128, "zt user revoke %s", d->subject);
		return;
	case ZT_UNDO_ROLE:
		(void)snprintf(
		    out, 128, "zt workspace unshare %s %s", d->workspace, d->subject);
		return;
	case ZT_UNDO_INVITATION:
		(void)snprintf(out, 128, "zt invite cancel %s", d->subject);
		return;
	case ZT_UNDO_NONE:
		break;
	}
	out[0] = 0;
}

static enum zt_err
take_back(struct cli *c, const struct deed *d)
{
	switch (d->undo) {
	case ZT_UNDO_DEVICE:
		return zt_device_revoke(c->zt, d->subject);
	case ZT_UNDO_USER:
		return zt_user_revoke(c->zt, d->subject);
	case ZT_UNDO_ROLE:
		return zt_workspace_unshare(c->zt, d->workspace, d->subject);
	case ZT_UNDO_INVITATION:
		return zt_invite_cancel(c->zt, d->subject);
	case ZT_UNDO_NONE:
		break;
	}
	return ZT_OK;
}

static void
keep_deed(struct deeds *all, const struct deed *d)
{
	struct deed *more;

	if (all->count == all->cap) {
		all->cap = 2 * all->cap + 16;
		if ((more = realloc(all->list, all->cap * sizeof *more)) == NULL) {
			all->cap = all->count;
			all->is_full = true;
			return;
		}
		all->list = more;
	}
	all->list[all->count++] = *d;
}

static void
show_act(void *ctx, const struct zt_act *a)
{
	struct deeds *all = ctx;
	struct deed d = { .undo = a->undo };
	char undo[128];

	if (a->time < all->since)
		return;
	(void)snprintf(d.subject, sizeof d.subject, "%s", a->subject);
	(void)snprintf(d.workspace, sizeof d.workspace, "%s", a->workspace);
	(void)snprintf(d.what, sizeof d.what, "%s", a->what);
	print_undo(&d, undo);
	if (a->undo != ZT_UNDO_NONE)
		keep_deed(all, &d);
	if (all->c->json) {
		output_json(stdout, "act", "{s:s,s:s,s:s,s:o,s:s,s:o,s:o}", "action", a->action,
		    "by", a->by, "subject", a->subject, "what", output_text(a->what), "undo",
		    undo, "index", output_number(a->index), "time", output_number(a->time));
	} else if (!all->c->quiet) {
		if (all->shown++ == 0)
			cli_report(all->c, "what it did, and the devices that it brought:");
		(void)printf("  ");
		output_time(a->time);
		(void)printf("  %-20s ", a->action);
		output_show(a->what[0] != 0 ? a->what : a->subject);
		(void)printf("\n");
	}
}

/* One question a deed to who sits there; the commands to everybody else. */
static enum zt_err
offer_undo(struct cli *c, const struct deeds *all)
{
	bool asks = cli_asks(c);
	char undo[128];
	enum zt_err err = ZT_OK;

	if (all->count > 0 && !c->json && !c->quiet)
		(void)printf("%s\n",
		    asks ? _("this of it is still valid; what you do not know, take back:")
			 : _("this of it is still valid; what you do not know, take back by:"));
	for (size_t i = 0; err == ZT_OK && i < all->count; i++) {
		print_undo(&all->list[i], undo);
		if (c->json)
			break; /* each stood in its line */
		(void)printf("  %s  (", undo);
		output_show(all->list[i].what);
		(void)printf(")");
		if (!asks)
			(void)printf("\n");
		else if (cli_confirm(c))
			err = take_back(c, &all->list[i]);
	}
	return err;
}

/* The device first: what follows may wait for a person. */
enum zt_err
cmd_device_revoke(struct cli *c)
{
	struct deeds all = { .c = c, .since = c->since };
	char id[33];
	enum zt_err err;

	if ((err = zt_find_device(c->zt, c->args[0], id)) ||
	    (err = zt_device_revoke(c->zt, id)))
		return err;
	cli_done(c, _("%.200s is revoked"), c->args[0]);
	err = zt_device_acts(c->zt, id, show_act, &all);
	if (err == ZT_OK && all.shown == 0)
		cli_report(
		    c, c->since > 0
			   ? N_("it has done nothing that the trust log knows of since then")
			   : N_("it has done nothing that the trust log knows of"));
	if (err == ZT_OK)
		err = all.is_full ? ZT_ERR_MEMORY : offer_undo(c, &all);
	free(all.list);
	return err;
}

enum zt_err
cmd_password(struct cli *c)
{
	char new_password[sizeof c->password];
	bool asks = c->new_password_file == NULL;
	enum zt_err err;

	/* A person reads that the old one is wrong before they think of a new one. */
	if ((err = cli_password(c, false)) == ZT_OK &&
	    (!asks || (err = zt_check_password(&c->o, c->message)) == ZT_OK) &&
	    (err = cli_new_password(c, new_password, sizeof new_password)) == ZT_OK &&
	    (err = zt_change_password(&c->o, new_password, c->message)) == ZT_OK)
		cli_done(c, "%s",
		    _("the password is changed; copies of the old device file still open with "
		      "the old one"));
	if (err == ZT_ERR_PASSWORD && c->message[0] == 0 && !zt_is_by_token(c->o.home))
		(void)snprintf(c->message, sizeof c->message, "%s",
		    _("the old password is wrong; nothing was changed"));
	explicit_bzero(new_password, sizeof new_password);
	return err;
}

static enum zt_err
protect_by_desktop(struct cli *c)
{
	enum zt_err err = zt_protect_by_desktop(&c->o, c->message);

	if (err == ZT_OK)
		cli_done(c, "%s",
		    _("the desktop opens this device now, while you are logged in; copies of "
		      "the old device file still open as before"));
	return err;
}

enum zt_err
cmd_protect(struct cli *c)
{
	char pin[256] = "";
	bool by_desktop = strcmp(c->args[0], "desktop") == 0;
	enum zt_err err;

	if (by_desktop && c->pin_file != NULL)
		return cli_refuse(
		    c, _("%.40s and %.40s do not go together"), "desktop", "--pin-file");
	err = cli_password(c, false);
	if (err == ZT_OK && by_desktop)
		return protect_by_desktop(c);
	if (err == ZT_OK)
		err = c->pin_file != NULL ? cli_read_line(c, c->pin_file, pin, sizeof pin)
					  : cli_prompt(c, _("PIN of the token:"),
						"--pin-file FILE", pin, sizeof pin);
	if (err == ZT_OK &&
	    (err = zt_protect_by_token(&c->o, c->args[0], pin, c->message)) == ZT_OK)
		cli_done(c, "%s",
		    _("the token opens this device now; copies of the old device file still "
		      "open with the password"));
	explicit_bzero(pin, sizeof pin);
	return err;
}

enum zt_err
cmd_recovery_create(struct cli *c)
{
	char words[ZT_RECOVERY_WORDS];
	unsigned ended = 0;
	/* Not for people: "fr" where the words of recovery are to be French, else "en". */
	bool is_french = strcmp(_("en"), "fr") == 0;
	enum zt_err err =
	    zt_recovery_create(c->zt, is_french ? ZT_WORDS_FRENCH : ZT_WORDS_ENGLISH, words);

	if (err == ZT_OK) {
		cli_report(c, "write these words on paper and keep it safe: a person who has "
			      "them can add a device of yours");
		if (c->json)
			output_json(stdout, "words", "{s:s}", "words", words);
		else
			(void)printf("%s\n", words);
		if (c->qr)
			(void)qr_print(words);
		/* not before a person can have the new ones */
		err = fflush(stdout) != 0 ? ZT_ERR_IO
		      : c->keep           ? ZT_OK
					  : zt_recovery_end_older(c->zt, &ended);
		if (ended > 0 && !c->quiet) {
			(void)fprintf(stderr,
			    _("earlier words that bring nobody back any more: %u"), ended);
			(void)fprintf(stderr, "\n");
		}
	}
	explicit_bzero(words, sizeof words);
	return err;
}
