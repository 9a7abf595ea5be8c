/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* files.c - methods about the tree of a workspace, its history and its trash. */
#include <stdlib.h>

#include "rpc/call.h"
#include "rpc/encode.h"
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

static void
each_version(void *ctx, const struct zt_version *v)
{
	if (page_wants(ctx))
		page_add(ctx, encode_version(v));
}

enum zt_err
method_files_history(struct call *c)
{
	struct page p;

	page_begin(&p, c);
	return page_end(
	    &p, c, zt_history(c->z, call_text(c, "path"), each_version, &p), "versions");
}

enum zt_err
method_files_restore(struct call *c)
{
	return zt_restore(c->z, call_text(c, "path"), call_number(c, "version", 0),
	    call_number(c, "time", 0));
}

/* ---- verification ---- */

static void
step(void *ctx, const struct zt_progress_step *s)
{
	static const char *const kinds[] = { [ZT_PROGRESS_SEND] = "send",
		[ZT_PROGRESS_FETCH] = "fetch",
		[ZT_PROGRESS_VERIFY] = "verify" };

	lane_event(ctx, "progress",
	    json_pack("{s:s,s:o,s:o,s:o,s:o}", "kind", kinds[s->kind], "done",
		encode_number(s->done), "total", encode_number(s->total), "files",
		encode_number(s->files), "name", encode_text(s->name)));
}

static void
skipped(void *ctx, const char *name, const char *message)
{
	lane_event(ctx, "skipped",
	    json_pack("{s:o,s:o}", "name", encode_text(name), "reason", encode_text(message)));
}

enum zt_err
method_files_verify(struct call *c)
{
	struct zt_progress p = { .ctx = c->lane, .step = step, .skipped = skipped };
	struct zt_check found = { 0 };
	enum zt_err err = zt_verify(c->z, call_text(c, "workspace"), &p, &found);

	return call_answer(c, err, encode_check(&found));
}

/* ---- trash ---- */

static void
each_removed(void *ctx, const struct zt_removed *r)
{
	if (page_wants(ctx))
		page_add(ctx, encode_removed(r));
}

enum zt_err
method_trash_list(struct call *c)
{
	struct page p;

	page_begin(&p, c);
	return page_end(
	    &p, c, zt_trash(c->z, call_text(c, "path"), each_removed, &p), "removed");
}

enum zt_err
method_trash_restore(struct call *c)
{
	return zt_restore_removed(c->z, call_text(c, "path"), call_text(c, "object"));
}
