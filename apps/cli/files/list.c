/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* list.c - what is there, what was, and what was removed. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/l10n.h"
#include "common/output.h"
#include "common/usage.h"
#include "files/files.h"
#include "zt/history.h"
#include "zt/text.h"

/* Seconds and nanoseconds since 1970, as RFC 3339 has it. */
static json_t *
time_text(int64_t s, unsigned ns)
{
	time_t t = (time_t)s;
	struct tm tm;
	char text[32];

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return json_null();
	return json_sprintf("%s.%09uZ", text, ns);
}

void
cli_show_file(const struct cli *c, const struct zt_file *f)
{
	if (c->json) {
		output_json(stdout, "file", "{s:o,s:b,s:o,s:o,s:i,s:o}", "path",
		    output_text(f->path), "folder", f->is_folder, "size",
		    output_number(f->size), "version", output_number(f->version), "mode",
		    (int)f->mode, "modified", time_text(f->modified, f->modified_ns));
		return;
	}
	if (c->details) {
		(void)printf("%12llu  ", (unsigned long long)f->size);
		output_seconds(f->modified);
		(void)printf("  v%-4llu ", (unsigned long long)f->version);
	}
	output_show(f->path);
	(void)printf("%s\n", f->is_folder ? "/" : "");
}

static void
show_file(void *ctx, const struct zt_file *f)
{
	cli_show_file(ctx, f);
}

/* What LIST prints is written when others may have the device again: who reads it may be a
 * person at a pager. */
static enum zt_err
print_list(struct cli *c, enum zt_err (*list)(struct cli *c))
{
	FILE *out = stdout, *held;
	char *text = NULL;
	size_t n = 0;
	enum zt_err err;

	if ((held = open_memstream(&text, &n)) == NULL)
		return ZT_ERR_MEMORY;
	stdout = held;
	err = list(c);
	stdout = out;
	if (fclose(held) != 0 && err == ZT_OK)
		err = ZT_ERR_MEMORY;
	zt_lend(c->zt);
	if (text != NULL)
		(void)fwrite(text, 1, n, stdout);
	free(text);
	return err;
}

static enum zt_err
list_folder(struct cli *c)
{
	return zt_ls_at(
	    c->zt, c->args[0], c->at, c->recursive, c->details || c->json, show_file, c);
}

enum zt_err
cmd_ls(struct cli *c)
{
	return print_list(c, list_folder);
}

static void
show_version(void *ctx, const struct zt_version *v)
{
	const struct cli *c = ctx;

	if (c->json) {
		output_json(stdout, "version", "{s:o,s:o,s:o,s:o,s:b}", "version",
		    output_number(v->version), "time", output_number(v->time), "size",
		    output_number(v->size), "author", output_text(v->author), "damaged",
		    v->is_damaged);
		return;
	}
	(void)printf("v%-4llu ", (unsigned long long)v->version);
	output_time(v->time);
	(void)printf("  %12llu  ", (unsigned long long)v->size);
	output_show(v->author);
	if (v->is_damaged)
		(void)printf("  %s", _("damaged"));
	(void)printf("%s\n", v->is_newest ? "  *" : "");
}

static enum zt_err
list_versions(struct cli *c)
{
	return zt_history(c->zt, c->args[0], show_version, c);
}

enum zt_err
cmd_history(struct cli *c)
{
	return print_list(c, list_versions);
}

static void
show_removed(void *ctx, const struct zt_removed *r)
{
	struct cli *c = ctx;

	if (c->json) {
		output_json(stdout, "removed", "{s:o,s:s,s:o,s:b,s:o,s:b}", "path",
		    output_text(r->path), "object", r->id, "by", output_text(r->by), "folder",
		    r->is_folder, "removed",
		    time_text(
			(int64_t)(r->removed / 1000), (unsigned)(r->removed % 1000) * 1000000),
		    "unlinked", r->is_unlinked);
		return;
	}
	(void)printf("%s  ", r->id);
	output_time(r->removed);
	(void)printf("  ");
	output_show(r->by);
	(void)printf("  ");
	output_show(r->path);
	(void)printf("%s", r->is_folder ? "/" : "");
	if (r->is_unlinked)
		(void)printf("  (%s)", _("no folder names it; --object brings it back"));
	(void)printf("\n");
}

static enum zt_err
list_removed(struct cli *c)
{
	return zt_trash(c->zt, c->args[0], show_removed, c);
}

enum zt_err
cmd_trash(struct cli *c)
{
	return print_list(c, list_removed);
}

/* ---- find, du: lists, looked through ---- */

struct looking {
	struct cli *c;
	char *pattern; /* in the normal form that names have, whatever the keyboard gave */
	bool found;
};

static void
show_match(void *ctx, const struct zt_file *f)
{
	struct looking *l = ctx;
	const char *slash = strrchr(f->path, '/');

	if (fnmatch(l->pattern, slash != NULL ? slash + 1 : f->path, 0) != 0)
		return;
	l->found = true;
	show_file(l->c, f);
}

static enum zt_err
list_found(struct cli *c)
{
	struct looking l = { .c = c, .pattern = zt_normal(c->args[1]) };
	enum zt_err err = l.pattern != NULL ? zt_ls(c->zt, c->args[0], true,
						  c->details || c->json, show_match, &l)
					    : ZT_ERR_MEMORY;

	if (err == ZT_OK && !l.found && !c->json && !c->quiet) {
		(void)fprintf(stderr,
		    _("nothing there has a name that is \"%.260s\" as a whole"), c->args[1]);
		(void)fprintf(stderr, "\n");
	}
	free(l.pattern);
	return err;
}

enum zt_err
cmd_find(struct cli *c)
{
	return print_list(c, list_found);
}

enum zt_err
cmd_du(struct cli *c)
{
	struct usage s = { 0 };
	enum zt_err err = zt_ls(c->zt, c->args[0], true, true, usage_add, &s);

	if (err)
		return err;
	if (c->json)
		output_json(stdout, "sum", "{s:o,s:o,s:o}", "bytes", output_number(s.bytes),
		    "files", output_number(s.files), "folders", output_number(s.folders));
	else
		(void)printf(_("bytes %llu, files %llu, folders %llu\n"),
		    (unsigned long long)s.bytes, (unsigned long long)s.files,
		    (unsigned long long)s.folders);
	return ZT_OK;
}
