/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* get.c - files down: to a place on the disk, or as a stream. */
#include <string.h>
#include <unistd.h>

#include "files/files.h"
#include "files/moving.h"
#include "terminal/progress.h"
#include "terminal/stop.h"

enum zt_err
cmd_get(struct cli *c)
{
	const char *local = c->count > 1 ? c->args[1] : ".";
	struct progress bar;
	struct zt_progress p = progress_begin(&bar, c);
	uint64_t n = 0;
	enum zt_err err;

	stop_heed_signals();
	err = zt_get(c->zt, c->args[0], local, &p, &n);
	moving_end(c, &bar);
	if (moving_is_done(err) && strcmp(local, "-") != 0)
		moving_report(c, n, WRITTEN);
	return err;
}

enum zt_err
cmd_cat(struct cli *c)
{
	return zt_cat(c->zt, c->args[0], c->to_version, STDOUT_FILENO);
}
