/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* files.c - methods about the tree of a workspace, its history and its trash. */
#include <stdlib.h>

#include "encode/encode.h"
#include "rpc/call.h"
#include "zt/history.h"

enum zt_err
method_files_make_folder(struct call *c)
{
	return zt_mkdir(c->z, call_text(c, "path"));
}

enum zt_err
method_files_move(struct call *c)
{
	char *as = NULL;
	enum zt_err err = zt_mv(c->z, call_text(c, "from"), call_text(c, "to"), &as);

	err = call_answer(c, err, json_pack("{s:o}", "path", encode_text(as)));
	free(as);
	return err;
}

enum zt_err
method_files_remove(struct call *c)
{
	return zt_rm(c->z, call_text(c, "path"), call_flag(c, "recursive"));
}

EACH(version, zt_version)
PAGED(files_history, "versions", zt_history(c->z, call_text(c, "path"), each_version, &p))

enum zt_err
method_files_restore(struct call *c)
{
	return zt_restore(c->z, call_text(c, "path"), call_number(c, "version", 0),
	    call_number(c, "time", 0));
}

/* ---- verification ---- */

enum zt_err
method_files_verify(struct call *c)
{
	struct zt_progress p = { .ctx = c->lane, .step = lane_step, .skipped = lane_skipped };
	struct zt_check found = { 0 };
	enum zt_err err = zt_verify(c->z, call_text(c, "workspace"), &p, &found);

	return call_answer(c, err, encode_check(&found));
}

/* ---- trash ---- */

EACH(removed, zt_removed)
PAGED(trash_list, "removed", zt_trash(c->z, call_text(c, "path"), each_removed, &p))

enum zt_err
method_trash_restore(struct call *c)
{
	return zt_restore_removed(c->z, call_text(c, "path"), call_text(c, "object"));
}
