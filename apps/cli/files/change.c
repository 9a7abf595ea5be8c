/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* change.c - names and versions: made, moved, removed, brought back. mkdir, mv and rm go by the
 * agent where that has the device open. */
#include <stdio.h>
#include <stdlib.h>

#include "common/l10n.h"
#include "common/output.h"
#include "files/files.h"
#include "ui/cmd_agent.h"
#include "zt/history.h"

static void
report_made(const struct cli *c)
{
	cli_done(c, _("%.500s is made"), c->args[0]);
}

enum zt_err
cmd_make_folder(struct cli *c)
{
	enum zt_err err = zt_mkdir(c->zt, c->args[0]);

	if (err == ZT_OK)
		report_made(c);
	return err;
}

static void
report_moved(const struct cli *c, const char *as)
{
	cli_done(c, _("%.480s is %.480s now"), c->args[0], as);
}

enum zt_err
cmd_mv(struct cli *c)
{
	char *as = NULL;
	enum zt_err err = zt_mv(c->zt, c->args[0], c->args[1], &as);

	if (err == ZT_OK)
		report_moved(c, as);
	free(as);
	return err;
}

static void
report_gone(const struct cli *c)
{
	cli_done(c, _("%.500s is removed; its history is kept"), c->args[0]);
}

enum zt_err
cmd_rm(struct cli *c)
{
	enum zt_err err = zt_rm(c->zt, c->args[0], c->recursive);

	if (err == ZT_OK)
		report_gone(c);
	return err;
}

/* ---- by the agent: acts of one call, for which nobody types a password again ---- */

bool
cli_by_agent(struct cli *c, enum zt_err (*run)(struct cli *c), enum zt_err *err)
{
	json_t *answer = NULL;
	const char *as;

	if (run == cmd_make_folder &&
	    ui_act(
		c, "files.makeFolder", json_pack("{s:s}", "path", c->args[0]), &answer, err)) {
		if (*err == ZT_OK)
			report_made(c);
	} else if (run == cmd_rm && ui_act(c, "files.remove",
					json_pack("{s:s,s:b}", "path", c->args[0], "recursive",
					    (int)c->recursive),
					&answer, err)) {
		if (*err == ZT_OK)
			report_gone(c);
	} else if (run == cmd_mv &&
		   ui_act(c, "files.move",
		       json_pack("{s:s,s:s}", "from", c->args[0], "to", c->args[1]), &answer,
		       err)) {
		as = json_string_value(json_object_get(answer, "path"));
		if (*err == ZT_OK && as != NULL)
			report_moved(c, as);
		else if (*err == ZT_OK)
			*err = ZT_ERR_CORRUPT;
	} else {
		return false;
	}
	json_decref(answer);
	return true;
}

static void
report_restored(const struct cli *c)
{
	char at[40];

	output_time_text(c->at, at);
	if (cli_has(c, OPTION_TO_VERSION))
		cli_done(c,
		    _("%.400s is like version %llu now, as a new version, the newest; what it "
		      "was before stays in the history"),
		    c->args[0], (unsigned long long)c->to_version);
	else if (cli_has(c, OPTION_AT))
		cli_done(c,
		    _("%.400s is as it was at %.40s, as a new version, the newest; what it was "
		      "before stays in the history"),
		    c->args[0], at);
	else
		cli_done(c, _("%.500s is back from the trash"), c->args[0]);
}

enum zt_err
cmd_restore(struct cli *c)
{
	enum zt_err err;

	if (c->object != NULL)
		err = zt_restore_removed(c->zt, c->args[0], c->object);
	else
		err = zt_restore(c->zt, c->args[0], c->to_version, c->at);
	if (err == ZT_OK)
		report_restored(c);
	return err;
}
