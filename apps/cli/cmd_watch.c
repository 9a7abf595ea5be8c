/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cmd_watch.c - what happens, as it happens. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "common/l10n.h"
#include "common/output.h"
#include "terminal/command.h"
#include "ui/cmd_web.h"
#include "zt/sync.h"

enum { PAGE_CHECK_S = 6 * 3600 };

/* Set by the signal handler, which can be given nothing; not stop.h's: a watch that a person
 * ends has ended well. */
static volatile sig_atomic_t stopped;

/* A second one does not wait for a call that is under way: nothing is lost by it. */
static void
on_signal(int sig)
{
	stopped = 1;
	(void)signal(sig, SIG_DFL);
}

static void
ready(void *ctx)
{
	const struct cli *c = ctx;

	if (c->json)
		output_json(stdout, "event", "{s:s}", "event", "ready");
	(void)fflush(stdout);
}

/* The server's word, to look for oneself. */
static void
report_event(const struct zt_event *e)
{
	static const char *const words[] = { [ZT_EVENT_OTHER] = N_("something is new"),
		[ZT_EVENT_LOG] = N_("the trust log has a new entry"),
		[ZT_EVENT_CHAIN] = N_("the files were changed"),
		[ZT_EVENT_KEYS] = N_("the keys were renewed"),
		[ZT_EVENT_MESSAGE] = N_("there is a new message") };

	(void)printf("%s ", _(words[e->kind]));
	(void)printf("(%llu)", (unsigned long long)e->position);
	if (e->workspace[0] != 0) {
		(void)printf("%s", _(": "));
		output_show(e->workspace);
	}
	(void)printf("\n");
}

static void
event(void *ctx, const struct zt_event *e)
{
	static const char *const names[] = { [ZT_EVENT_OTHER] = "other",
		[ZT_EVENT_LOG] = "log",
		[ZT_EVENT_CHAIN] = "chain",
		[ZT_EVENT_KEYS] = "keys",
		[ZT_EVENT_MESSAGE] = "message" };
	const struct cli *c = ctx;

	if (c->json) {
		output_json(stdout, "event", "{s:s,s:o,s:o}", "event", names[e->kind],
		    "workspace", output_text(e->workspace), "position",
		    output_number(e->position));
	} else {
		report_event(e);
	}
	(void)fflush(stdout);
}

static void
new_device(void *ctx, const struct zt_device *d)
{
	cli_show_new_device(ctx, d);
	(void)fflush(stdout);
}

static void
page_alarm(void *ctx, const struct zt_page *p)
{
	web_show_page(ctx, p);
	(void)fflush(stdout);
}

void
cli_watch_signals(void)
{
	(void)signal(SIGINT, on_signal);
	(void)signal(SIGTERM, on_signal);
}

bool
cli_watch_stops(void)
{
	return stopped != 0 || ferror(stdout) != 0;
}

static bool
stop(void *ctx)
{
	(void)ctx;
	return cli_watch_stops();
}

enum zt_err
cmd_watch(struct cli *c)
{
	struct zt_watch w = {
		.ctx = c, .ready = ready, .event = event, .new_device = new_device, .stop = stop
	};

	struct zt_page_watch page = { .ctx = c,
		.every_ms =
		    (cli_has(c, OPTION_PAGE_CHECK) ? c->page_check : PAGE_CHECK_S) * 1000ull,
		.alarm = page_alarm };

	cli_watch_signals();
	zt_watch_page(c->zt, &page);
	(void)web_show_page_alarm(c);
	return zt_watch(c->zt, &w);
}
