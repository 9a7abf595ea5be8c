/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cmd_web.c - settings that bind, the releases of the page, and whether a server sends one. */
#include <stdio.h>
#include <string.h>

#include "common/l10n.h"
#include "common/output.h"
#include "terminal/command.h"
#include "ui/cmd_web.h"
#include "zt/release.h"

enum { DAY_S = 24 * 3600 };

/* ---- settings ---- */

static const char *const browsers[] = { [ZT_BROWSERS_EVERYBODY] = "everybody",
	[ZT_BROWSERS_NOT_ADMINS] = "not-admins",
	[ZT_BROWSERS_NOBODY] = "nobody" };
static const char *const creators[] = {
	[ZT_CREATORS_STANDARD] = "standard", [ZT_CREATORS_ADMINS] = "admins"
};

static void
show_settings(const struct cli *c, const struct zt_settings *s)
{
	static const char *const who[] = { [ZT_BROWSERS_EVERYBODY] = N_("everybody"),
		[ZT_BROWSERS_NOT_ADMINS] = N_("everybody but admins"),
		[ZT_BROWSERS_NOBODY] = N_("nobody") };
	static const char *const by[] = { [ZT_CREATORS_STANDARD] =
					      N_("admins and standard users"),
		[ZT_CREATORS_ADMINS] = N_("admins alone") };
	unsigned days = (unsigned)(s->deletion_delay / 1000 / DAY_S);

	if (c->json) {
		output_json(stdout, "settings", "{s:s,s:s,s:o}", "browser_devices",
		    browsers[s->browsers], "workspaces_by", creators[s->creators],
		    "deletion_delay", output_number(s->deletion_delay));
		return;
	}
	(void)printf("%s %s\n%s %s\n%s ", _("may add a device in a browser:"),
	    _(who[s->browsers]), _("may create a workspace:"), _(by[s->creators]),
	    _("a deletion of a workspace can be taken back for at least:"));
	if (s->deletion_delay % (1000 * DAY_S) == 0)
		(void)printf(ln_(days, "%u day", "%u days"), days);
	else
		(void)printf("%llu s", (unsigned long long)(s->deletion_delay / 1000));
	(void)printf("\n");
}

enum zt_err
cmd_org_settings(struct cli *c)
{
	struct zt_settings s = { .deletion_delay = (uint64_t)c->deletion_delay * 1000 };
	bool some = c->browser_devices != NULL || c->workspaces_by != NULL ||
		    cli_has(c, OPTION_DELETION_DELAY);
	enum zt_err err;

	for (int i = 0; c->browser_devices != NULL && i <= ZT_BROWSERS_NOBODY; i++)
		if (strcmp(c->browser_devices, browsers[i]) == 0)
			s.browsers = (enum zt_browsers)i;
	if (c->workspaces_by != NULL && strcmp(c->workspaces_by, "admins") == 0)
		s.creators = ZT_CREATORS_ADMINS;
	if (some &&
	    (err = zt_settings_change(c->zt, c->browser_devices != NULL ? &s.browsers : NULL,
		 c->workspaces_by != NULL ? &s.creators : NULL,
		 cli_has(c, OPTION_DELETION_DELAY) ? &s.deletion_delay : NULL)))
		return err;
	if ((err = zt_settings(c->zt, &s)))
		return err;
	show_settings(c, &s);
	if (some && s.browsers != ZT_BROWSERS_EVERYBODY)
		cli_report(c, "devices in a browser that are there already stay: zt devices "
			      "names them, zt device revoke ends them");
	return ZT_OK;
}

/* ---- releases ---- */

static void
show_release(void *ctx, const char *release)
{
	const struct cli *c = ctx;

	if (c->json)
		output_json(stdout, "release", "{s:s}", "release", release);
	else
		(void)printf("%s\n", release);
}

static void
count_release(void *ctx, const char *release)
{
	(void)release;
	++*(unsigned *)ctx;
}

enum zt_err
cmd_web_releases(struct cli *c)
{
	unsigned n = 0;
	enum zt_err err = zt_releases(c->zt, show_release, c);

	if (err == ZT_OK && (err = zt_releases(c->zt, count_release, &n)) == ZT_OK && n == 0)
		cli_report(c, "the organization has not said which releases of the page it "
			      "accepts: zt web pin");
	return err;
}

/* A release by its name, or by its manifest in a file. */
static enum zt_err
read_release(struct cli *c, const char *text, char release[ZT_RELEASE])
{
	enum zt_err err;

	if (strlen(text) == ZT_RELEASE - 1 &&
	    strspn(text, "0123456789abcdef") == ZT_RELEASE - 1) {
		memcpy(release, text, ZT_RELEASE);
		return ZT_OK;
	}
	if ((err = zt_release_of(text, release)) == ZT_ERR_CORRUPT)
		(void)snprintf(
		    c->message, sizeof c->message, _("%.200s is no zt-web.manifest"), text);
	else if (err)
		(void)snprintf(c->message, sizeof c->message, _("%.200s cannot be read"), text);
	return err;
}

enum zt_err
cmd_web_pin(struct cli *c)
{
	char release[ZT_RELEASES][ZT_RELEASE];
	const char *list[ZT_RELEASES];
	bool none = c->count == 1 && strcmp(c->args[0], "none") == 0;
	size_t n = none ? 0 : (size_t)c->count;
	unsigned all = 0;
	enum zt_err err;

	for (size_t i = 0; i < n; i++) {
		if ((err = read_release(c, c->args[i], release[i])))
			return err;
		list[i] = release[i];
	}
	if ((err = zt_release_pin(
		 c->zt, list, n, c->add && !none ? ZT_PIN_TOO : ZT_PIN_EXACTLY)) ||
	    (err = zt_releases(c->zt, count_release, &all)))
		return err;
	if (all == 0)
		cli_done(c, "%s", _("any release of the page is accepted from now on"));
	else
		cli_done(c,
		    ln_(all, "%u release of the page is accepted from now on",
			"%u releases of the page are accepted from now on"),
		    all);
	return ZT_OK;
}

/* ---- looks ---- */

static void
page_as_json(const struct zt_page *p)
{
	static const char *const names[] = { [ZT_PAGE_NONE] = "none",
		[ZT_PAGE_GOOD] = "good",
		[ZT_PAGE_UNKNOWN] = "unknown",
		[ZT_PAGE_ALTERED] = "altered",
		[ZT_PAGE_FOREIGN] = "foreign",
		[ZT_PAGE_OLD] = "old",
		[ZT_PAGE_GONE] = "gone",
		[ZT_PAGE_UNSEEN] = "unseen" };

	output_json(stdout, "page", "{s:s,s:s,s:b,s:o,s:s,s:o,s:o,s:o}", "event", "page",
	    "state", names[p->state], "alarm", zt_page_is_alarm(p->state), "origin",
	    output_text(p->origin), "release", p->release, "file", output_text(p->file),
	    "files", output_number(p->files), "time", output_number(p->time));
}

/* What is wrong, or not; ORIGIN, FILE and RELEASE are shown around it. */
static const char *
words_of(enum zt_page_state state)
{
	switch (state) {
	case ZT_PAGE_NONE:
		return N_("it serves no page");
	case ZT_PAGE_GOOD:
		return N_("all files are as a release says that the organization accepts");
	case ZT_PAGE_UNKNOWN:
		return N_("all files are of one release, and the organization has not said "
			  "which ones it accepts: zt web pin");
	case ZT_PAGE_ALTERED:
		return N_("ALARM: a file is not as its release says, so that a person who "
			  "opens the page runs other code");
	case ZT_PAGE_FOREIGN:
		return N_("ALARM: the release is one that the organization never accepted");
	case ZT_PAGE_OLD:
		return N_("ALARM: the release is an older one, which the organization accepts "
			  "no more");
	case ZT_PAGE_UNSEEN:
		return N_("the server answers, and does not let this device look at its page");
	case ZT_PAGE_GONE:
		break;
	}
	return N_("ALARM: there was a page, and this device is shown none any more");
}

void
web_show_page(const struct cli *c, const struct zt_page *p)
{
	if (c->json) {
		page_as_json(p);
		return;
	}
	output_show(p->origin);
	(void)printf("%s%s\n", _(": "), _(words_of(p->state)));
	if (p->file[0] != 0) {
		(void)printf("  %s ", _("file"));
		output_show(p->file);
		(void)printf("\n");
	}
	if (p->release[0] != 0)
		(void)printf("  %s %s\n", _("release"), p->release);
	if (zt_page_is_alarm(p->state))
		(void)printf("  %s\n",
		    _("Open it in no browser; ask who runs the server. zt web ack ends the "
		      "alarm."));
}

bool
web_show_page_alarm(struct cli *c)
{
	struct zt_page newest, alarm;

	if (zt_page_known(c->zt, &newest, &alarm) != ZT_OK || alarm.time == 0)
		return false;
	web_show_page(c, &alarm);
	return true;
}

enum zt_err
cmd_web_check(struct cli *c)
{
	struct zt_page p;
	enum zt_err err = zt_page_check(c->zt, c->count > 0 ? c->args[0] : NULL, &p);

	if (err)
		return err;
	web_show_page(c, &p);
	return zt_page_is_alarm(p.state) ? ZT_ERR_PAGE : ZT_OK;
}

enum zt_err
cmd_web_ack(struct cli *c)
{
	struct zt_page newest, alarm;
	enum zt_err err = zt_page_known(c->zt, &newest, &alarm);

	if (err || (err = zt_page_clear(c->zt)))
		return err;
	cli_done(c, "%s",
	    alarm.time != 0 ? _("the alarm about the page has ended")
			    : _("there was no alarm about the page"));
	return ZT_OK;
}
