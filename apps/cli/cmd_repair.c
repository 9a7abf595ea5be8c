/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cmd_repair.c - after the server's operator restored an older backup. */
#include <stdio.h>

#include "cli/commands.h"
#include "common/l10n.h"
#include "common/output.h"
#include "terminal/advice.h"
#include "terminal/command.h"
#include "zt/repair.h"

static void
lost(void *ctx, const struct zt_loss *l)
{
	const struct cli *c = ctx;

	if (c->json) {
		output_json(stdout, "lost", "{s:o,s:o,s:o,s:o}", "lost",
		    output_text(advice(l->what)), "workspace",
		    output_text(l->workspace != NULL ? l->workspace : ""), "first",
		    output_number(l->first), "last", output_number(l->last));
		return;
	}
	output_show(l->workspace != NULL ? l->workspace : _("trust log"));
	(void)printf(" %llu-%llu: %s\n", (unsigned long long)l->first,
	    (unsigned long long)l->last, advice(l->what));
}

enum zt_err
cmd_repair(struct cli *c)
{
	struct zt_repaired r;
	enum zt_err err = zt_repair(c->zt, lost, c, &r);

	if (err)
		return err;
	if (c->json)
		output_json(stdout, "repaired", "{s:o,s:o,s:o,s:b}", "entries",
		    output_number(r.entries), "changesets", output_number(r.changesets),
		    "objects", output_number(r.objects), "whole", r.is_whole);
	else
		cli_done(c,
		    _("brought back: entries of the trust log %llu, changesets %llu, objects "
		      "%llu"),
		    (unsigned long long)r.entries, (unsigned long long)r.changesets,
		    (unsigned long long)r.objects);
	if (r.is_whole) {
		cli_report(c, "the server holds again all that this device has verified; zt "
			      "verify WORKSPACE says whether its blocks are there");
		return ZT_OK;
	}
	(void)snprintf(c->message, sizeof c->message, "%s",
	    _("not everything is back yet: what is missing is named above"));
	return ZT_ERR_ROLLBACK;
}
