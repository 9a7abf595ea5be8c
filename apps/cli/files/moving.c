/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* moving.c - what put, get and cp share: what became of the files is said at the end. */
#include "files/moving.h"

#include <stdio.h>
#include <string.h>

#include "common/l10n.h"
#include "common/output.h"

/* What became of N files. None is no failure, where nothing was named: then all was done
 * before. */
static void
made_text(uint64_t n, enum made made, bool is_same, char *out, size_t size)
{
	unsigned long long files = n;

	if (n == 0 && is_same && made != COPIED)
		(void)snprintf(out, size, "%s",
		    made == SENT ? _("no file was sent: the contents are there already")
				 : _("no file was written: the contents are here already"));
	else if (made == SENT)
		(void)snprintf(
		    out, size, ln_(n, "%llu file was sent", "%llu files were sent"), files);
	else if (made == WRITTEN)
		(void)snprintf(out, size,
		    ln_(n, "%llu file was written", "%llu files were written"), files);
	else
		(void)snprintf(
		    out, size, ln_(n, "%llu file was copied", "%llu files were copied"), files);
}

void
moving_report(const struct cli *c, uint64_t files, enum made made)
{
	char text[256];

	if (c->json) {
		if (!c->quiet)
			output_json(stdout, "transfer", "{s:o}", "files", output_number(files));
		return;
	}
	made_text(files, made, c->named == 0, text, sizeof text);
	if (c->named == 0)
		cli_done(c, "%s", text);
	else
		cli_done(c, _("%.200s; named above: %llu"), text, (unsigned long long)c->named);
}

void
moving_end(struct cli *c, struct progress *bar)
{
	progress_end(bar);
	c->named += bar->excluded;
}

bool
moving_is_done(enum zt_err err)
{
	return err == ZT_OK || err == ZT_ERR_SOME;
}

/* The last name of PATH: *N bytes, behind which a slash may be. */
const char *
moving_name(const char *path, size_t *n)
{
	size_t end = strlen(path), from;

	while (end > 1 && path[end - 1] == '/')
		end--;
	for (from = end; from > 0 && path[from - 1] != '/';)
		from--;
	*n = end - from;
	return path + from;
}
