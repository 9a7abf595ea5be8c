/* cmd_file.c - files: up, down, lists, history. */
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "common/l10n.h"
#include "common/output.h"
#include "progress.h"

static volatile int stopped; /* by a signal */

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

/* ---- signals: the first ends a transfer in order, the second the program ---- */

const volatile int *
cli_stop(void)
{
	return &stopped;
}

static void
stop(int number)
{
	stopped = number;
}

static void
heed_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction a = { .sa_handler = stop, .sa_flags = (int)SA_RESETHAND };

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		(void)sigaction(numbers[i], &a, NULL);
}

/* What was left out was named; all else was counted. */
static bool
is_done(enum zt_err err)
{
	return err == ZT_OK || err == ZT_ERR_SOME;
}

/* Into the folder TARGET, under its own name. */
static enum zt_err
put_into(
    struct cli *c, const char *local, const char *target, struct zt_progress *p, uint64_t *n)
{
	char path[4096];
	size_t end = strlen(local), from;
	struct stat st;

	if (stat(local, &st) != 0 || !S_ISDIR(st.st_mode))
		return zt_put(c->zt, local, target, p, n);
	while (end > 1 && local[end - 1] == '/')
		end--;
	for (from = end; from > 0 && local[from - 1] != '/';)
		from--;
	if (snprintf(path, sizeof path, "%s/%.*s", target, (int)(end - from), local + from) >=
	    (int)sizeof path)
		return ZT_ERR_TOO_BIG;
	return zt_put(c->zt, local, path, p, n);
}

enum zt_err
cmd_put(struct cli *c)
{
	const char *target = c->args[c->count - 1];
	struct progress bar;
	struct zt_progress p = progress_begin(&bar, c);
	uint64_t sum = 0;
	enum zt_err err = ZT_OK, first = ZT_OK;

	heed_signals();
	for (int i = 0; i < c->count - 1 && is_done(err); i++) {
		uint64_t n = 0;

		err = c->count > 2 ? put_into(c, c->args[i], target, &p, &n)
				   : zt_put(c->zt, c->args[i], target, &p, &n);
		sum += n;
		if (first == ZT_OK || !is_done(err))
			first = err;
	}
	progress_end(&bar);
	if (is_done(first))
		say_files(c, sum);
	return first;
}

enum zt_err
cmd_get(struct cli *c)
{
	const char *local = c->count > 1 ? c->args[1] : ".";
	struct progress bar;
	struct zt_progress p = progress_begin(&bar, c);
	uint64_t n = 0;
	enum zt_err err;

	heed_signals();
	err = zt_get(c->zt, c->args[0], local, &p, &n);
	progress_end(&bar);
	if (err == ZT_OK && strcmp(local, "-") != 0)
		say_files(c, n);
	return err;
}

/* Seconds and nanoseconds since 1970, as RFC 3339 has it. */
static void
print_time(int64_t s, unsigned ns)
{
	time_t t = (time_t)s;
	struct tm tm;
	char text[32];

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		(void)printf("null");
	else
		(void)printf("\"%s.%09uZ\"", text, ns);
}

static void
show_file(void *ctx, const struct zt_file *f)
{
	const struct cli *c = ctx;

	if (c->json) {
		(void)printf("{");
		output_field("path", f->path, true);
		(void)printf("\"folder\":%s,\"size\":%llu,\"version\":%llu,\"mode\":%u,"
			     "\"modified\":",
		    f->is_folder ? "true" : "false", (unsigned long long)f->size,
		    (unsigned long long)f->version, f->mode);
		print_time(f->modified, f->modified_ns);
		(void)printf("}\n");
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
		   : zt_ls_at(c->zt, c->args[0], at, c->recursive, c->details || c->json,
			 show_file, c);
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
	if (c->object != NULL && (at != 0 || c->version_text != NULL))
		return cli_need(c, NULL, "--object ID | --to-version N | --at TIME");
	if (c->object != NULL)
		return zt_restore_removed(c->zt, c->args[0], c->object);
	return zt_restore(c->zt, c->args[0],
	    c->version_text != NULL ? strtoull(c->version_text, NULL, 10) : 0, at);
}

static void
show_removed(void *ctx, const struct zt_removed *r)
{
	struct cli *c = ctx;

	if (c->json) {
		(void)printf("{");
		output_field("path", r->path, true);
		output_field("object", r->id, true);
		output_field("by", r->by, true);
		(void)printf("\"folder\":%s,\"removed\":", r->is_folder ? "true" : "false");
		print_time(
		    (int64_t)(r->removed / 1000), (unsigned)(r->removed % 1000) * 1000000);
		(void)printf("}\n");
		return;
	}
	(void)printf("%s  ", r->id);
	output_time(r->removed);
	(void)printf("  ");
	output_show(r->by);
	(void)printf("  ");
	output_show(r->path);
	(void)printf("%s\n", r->is_folder ? "/" : "");
}

enum zt_err
cmd_trash(struct cli *c)
{
	return zt_trash(c->zt, c->args[0], show_removed, c);
}

/* ---- find, du: lists, looked through ---- */

static void
show_match(void *ctx, const struct zt_file *f)
{
	struct cli *c = ctx;
	const char *slash = strrchr(f->path, '/');

	if (fnmatch(c->args[1], slash != NULL ? slash + 1 : f->path, 0) == 0)
		show_file(c, f);
}

enum zt_err
cmd_find(struct cli *c)
{
	return zt_ls(c->zt, c->args[0], true, c->details || c->json, show_match, c);
}

struct sum {
	uint64_t files, folders, bytes;
};

static void
add_up(void *ctx, const struct zt_file *f)
{
	struct sum *s = ctx;

	s->folders += f->is_folder;
	s->files += !f->is_folder;
	s->bytes += f->size;
}

enum zt_err
cmd_du(struct cli *c)
{
	struct sum s = { 0 };
	enum zt_err err = zt_ls(c->zt, c->args[0], true, true, add_up, &s);

	if (err)
		return err;
	(void)printf(c->json ? "{\"bytes\":%llu,\"files\":%llu,\"folders\":%llu}"
			     : _("%llu bytes in %llu files and %llu folders"),
	    (unsigned long long)s.bytes, (unsigned long long)s.files,
	    (unsigned long long)s.folders);
	(void)printf("\n");
	return ZT_OK;
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
