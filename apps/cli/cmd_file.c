/* cmd_file.c - files: up, down, lists, history. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "common/l10n.h"
#include "common/output.h"
#include "progress.h"

static void
say_files(const struct cli *c, uint64_t files)
{
	if (c->quiet)
		return;
	if (c->json)
		(void)printf("{\"files\":%llu}\n", (unsigned long long)files);
	else {
		(void)printf(_("%llu files"), (unsigned long long)files);
		(void)printf("\n");
	}
}

enum zt_err
cmd_put(struct cli *c)
{
	struct progress bar;
	struct zt_progress p = progress_begin(&bar, c);
	uint64_t n = 0;
	enum zt_err err = zt_put(c->zt, c->args[0], c->args[1], &p, &n);

	progress_end(&bar);
	if (err == ZT_OK)
		say_files(c, n);
	return err;
}

enum zt_err
cmd_get(struct cli *c)
{
	struct progress bar;
	struct zt_progress p = progress_begin(&bar, c);
	uint64_t n = 0;
	enum zt_err err = zt_get(c->zt, c->args[0], c->count > 1 ? c->args[1] : ".", &p, &n);

	progress_end(&bar);
	if (err == ZT_OK)
		say_files(c, n);
	return err;
}

static void
show_file(void *ctx, const struct zt_file *f)
{
	const struct cli *c = ctx;

	if (c->json) {
		(void)printf("{");
		output_field("path", f->path, true);
		(void)printf("\"folder\":%s,\"size\":%llu,\"version\":%llu}\n",
		    f->is_folder ? "true" : "false", (unsigned long long)f->size,
		    (unsigned long long)f->version);
		return;
	}
	if (c->details) {
		(void)printf("%12llu  ", (unsigned long long)f->size);
		output_time(f->modified > 0 ? (uint64_t)f->modified * 1000 : 0);
		(void)printf("  v%-4llu ", (unsigned long long)f->version);
	}
	output_show(f->path);
	(void)printf("%s\n", f->is_folder ? "/" : "");
}

/* The time that --at names; 0: none. */
static enum zt_err
parse_at(struct cli *c, uint64_t *at)
{
	*at = 0;
	return c->at != NULL ? cli_time(c, c->at, at) : ZT_OK;
}

enum zt_err
cmd_ls(struct cli *c)
{
	uint64_t at;
	enum zt_err err = parse_at(c, &at);

	return err ? err
		   : zt_ls_at(c->zt, c->args[0], at, c->recursive, c->details, show_file, c);
}

enum zt_err
cmd_make_folder(struct cli *c)
{
	return zt_mkdir(c->zt, c->args[0]);
}

enum zt_err
cmd_mv(struct cli *c)
{
	return zt_mv(c->zt, c->args[0], c->args[1]);
}

enum zt_err
cmd_rm(struct cli *c)
{
	return zt_rm(c->zt, c->args[0], c->recursive);
}

enum zt_err
cmd_cat(struct cli *c)
{
	return zt_cat(c->zt, c->args[0],
	    c->version_text != NULL ? strtoull(c->version_text, NULL, 10) : 0, STDOUT_FILENO);
}

static void
show_version(void *ctx, const struct zt_version *v)
{
	const struct cli *c = ctx;

	if (c->json) {
		(void)printf("{\"version\":%llu,\"time\":%llu,\"size\":%llu,",
		    (unsigned long long)v->version, (unsigned long long)v->time,
		    (unsigned long long)v->size);
		output_field("author", v->author, true);
		(void)printf("\"damaged\":%s}\n", v->is_damaged ? "true" : "false");
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

enum zt_err
cmd_history(struct cli *c)
{
	return zt_history(c->zt, c->args[0], show_version, c);
}

enum zt_err
cmd_restore(struct cli *c)
{
	uint64_t at;
	enum zt_err err = parse_at(c, &at);

	if (err)
		return err;
	if (at == 0 && c->version_text == NULL)
		return cli_need(c, NULL, "--to-version N | --at TIME");
	return zt_restore(c->zt, c->args[0],
	    c->version_text != NULL ? strtoull(c->version_text, NULL, 10) : 0, at);
}

enum zt_err
cmd_verify(struct cli *c)
{
	struct progress bar;
	struct zt_progress p = progress_begin(&bar, c);
	struct zt_check k;
	enum zt_err err = zt_verify(c->zt, c->args[0], &p, &k);

	progress_end(&bar);
	if (err)
		return err;
	(void)printf(c->json ? "{\"changesets\":%llu,\"folders\":%llu,\"files\":%llu,"
			       "\"blocks\":%llu,\"bytes\":%llu}"
			     : _("%llu changesets, %llu folders, %llu files, %llu blocks, %llu "
				 "bytes: all verified"),
	    (unsigned long long)k.changesets, (unsigned long long)k.folders,
	    (unsigned long long)k.files, (unsigned long long)k.blocks,
	    (unsigned long long)k.bytes);
	(void)printf("\n");
	return ZT_OK;
}
