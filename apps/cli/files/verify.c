/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* verify.c - all that a workspace holds, looked at. */
#include "common/l10n.h"
#include "common/output.h"
#include "files/files.h"
#include "files/moving.h"
#include "terminal/progress.h"

static void
report_checked(const struct cli *c, const struct zt_check *k)
{
	if (c->json) {
		output_json(stdout, "checked", "{s:o,s:o,s:o,s:o,s:o,s:o*}", "changesets",
		    output_number(k->changesets), "folders", output_number(k->folders), "files",
		    output_number(k->files), "blocks", output_number(k->blocks), "bytes",
		    output_number(k->bytes), "unlinked",
		    k->unlinked != ZT_UNLINKED_UNKNOWN ? output_number(k->unlinked) : NULL);
		return;
	}
	cli_done(c,
	    _("all verified: changesets %llu, folders %llu, files %llu, blocks %llu, "
	      "bytes %llu"),
	    (unsigned long long)k->changesets, (unsigned long long)k->folders,
	    (unsigned long long)k->files, (unsigned long long)k->blocks,
	    (unsigned long long)k->bytes);
	if (k->unlinked == ZT_UNLINKED_UNKNOWN)
		cli_done(c, _("what was removed could not be read, so what is in no folder is "
			      "not known"));
	else if (k->unlinked > 0)
		cli_done(c,
		    ln_(k->unlinked,
			"%llu file or folder is in no folder: zt trash %.260s lists it",
			"%llu files or folders are in no folder: zt trash %.260s lists them"),
		    (unsigned long long)k->unlinked, c->args[0]);
}

enum zt_err
cmd_verify(struct cli *c)
{
	struct progress bar;
	struct zt_progress p = progress_begin(&bar, c);
	struct zt_check k;
	enum zt_err err;

	bar.checks = true;
	err = zt_verify(c->zt, c->args[0], &p, &k);
	moving_end(c, &bar);
	if (err)
		return err;
	report_checked(c, &k);
	return ZT_OK;
}
