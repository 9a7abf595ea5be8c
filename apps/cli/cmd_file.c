/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cmd_file.c - files: up, down, lists, history. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <fts.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "common/l10n.h"
#include "common/output.h"
#include "common/usage.h"
#include "terminal/command.h"
#include "terminal/progress.h"
#include "ui/cmd_agent.h"
#include "zt/cancel.h"
#include "zt/history.h"
#include "zt/text.h"
#include "zt/writer.h"

static struct zt_cancel stopped; /* by a signal */

enum made { SENT, WRITTEN, COPIED };

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

static void
report_files(const struct cli *c, uint64_t files, enum made made)
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

static void
end_transfer(struct cli *c, struct progress *bar)
{
	progress_end(bar);
	c->named += bar->excluded;
}

/* ---- signals: the first ends a transfer in order, the second the program ---- */

const struct zt_cancel *
cli_stop(void)
{
	return &stopped;
}

static void
stop(int number)
{
	(void)number;
	zt_cancel(&stopped);
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

/* The last name of PATH: *N bytes, behind which a slash may be. */
static const char *
own_name(const char *path, size_t *n)
{
	size_t end = strlen(path), from;

	while (end > 1 && path[end - 1] == '/')
		end--;
	for (from = end; from > 0 && path[from - 1] != '/';)
		from--;
	*n = end - from;
	return path + from;
}

/* ---- a stream up ---- */

/* Whether LOCAL names an open descriptor, which is read once: "-" and the like. */
static bool
is_stream(const char *local, int *fd)
{
	char end;

	*fd = STDIN_FILENO;
	return strcmp(local, "-") == 0 || strcmp(local, "/dev/stdin") == 0 ||
	       sscanf(local, "/dev/fd/%d%c", fd, &end) == 1;
}

/* The next bytes of FD into PIECE; *GOT is 0 at the end. */
static enum zt_err
read_piece(struct cli *c, int fd, const char *local, char *piece, size_t n, size_t *got)
{
	ssize_t rc;

	do {
		rc = zt_cancel_is_set(&stopped) ? 0 : read(fd, piece, n);
	} while (rc < 0 && errno == EINTR);
	if (zt_cancel_is_set(&stopped)) {
		(void)snprintf(c->message, sizeof c->message, "%s",
		    _("nothing of it is kept: a stream is put whole or not at all"));
		return ZT_ERR_INTERRUPTED;
	}
	if (rc < 0) {
		(void)snprintf(
		    c->message, sizeof c->message, _("%.180s: %s"), local, _(strerror(errno)));
		return ZT_ERR_IO;
	}
	*got = (size_t)rc;
	return ZT_OK;
}

/* All of it was sent, and cannot be read again: who has the device meanwhile is waited for. */
static enum zt_err
commit(struct zt_writer *w)
{
	enum { TRIES = 6 };
	enum zt_err err = ZT_ERR_LOCKED;

	for (int i = 0; err == ZT_ERR_LOCKED && i < TRIES; i++)
		err = zt_writer_commit(w, ZT_COMMIT_ON_TOP, NULL);
	return err;
}

static enum zt_err
put_stream(struct cli *c, const char *local, int fd, const char *target,
    const struct zt_progress *p, uint64_t *n)
{
	enum { PIECE = 128 * 1024 };
	struct zt_writer *w = NULL;
	char *piece;
	size_t got = 1;
	enum zt_err err;

	if (p->would != NULL) {
		p->would(p->ctx, local);
		*n = 1;
		return ZT_OK;
	}
	if ((piece = malloc(PIECE)) == NULL)
		return ZT_ERR_MEMORY;
	if ((err = zt_writer_open(c->zt, target, 0, &w)) == ZT_OK)
		zt_lend(c->zt); /* who writes it may take hours */
	while (err == ZT_OK && got > 0) {
		uint64_t at = zt_writer_size(w);

		if ((err = read_piece(c, fd, local, piece, PIECE, &got)) == ZT_OK)
			err = zt_writer_write(w, at, piece, got);
		if (p->step != NULL)
			p->step(p->ctx, &(struct zt_progress_step){ .kind = ZT_PROGRESS_SEND,
					    .done = at,
					    .total = at,
					    .name = local });
	}
	if (err == ZT_OK && (err = commit(w)) == ZT_OK)
		*n = 1;
	if (err && c->message[0] == 0)
		(void)snprintf(c->message, sizeof c->message, "%s", zt_error_message(c->zt));
	zt_writer_close(w);
	free(piece);
	return err;
}

/* ---- put ---- */

static enum zt_err
put_one(struct cli *c, const char *local, const char *target, const struct zt_progress *p,
    uint64_t *n)
{
	int fd;

	return is_stream(local, &fd) ? put_stream(c, local, fd, target, p, n)
				     : zt_put(c->zt, local, target, p, n);
}

/* Into the folder TARGET, under its own name. A stream has none. */
static enum zt_err
put_into(
    struct cli *c, const char *local, const char *target, struct zt_progress *p, uint64_t *n)
{
	char path[4096];
	size_t size, to = strlen(target);
	const char *name = own_name(local, &size);
	int fd;

	if (is_stream(local, &fd))
		return put_stream(c, local, fd, target, p, n);
	if (snprintf(path, sizeof path, "%s%s%.*s", target,
		to > 0 && target[to - 1] == '/' ? "" : "/", (int)size,
		name) >= (int)sizeof path)
		return ZT_ERR_TOO_BIG;
	return zt_put(c->zt, local, path, p, n);
}

static void
would(void *ctx, const char *name)
{
	struct progress *p = ctx;

	p->would++;
	if (p->json)
		output_json(stdout, "would_send", "{s:o,s:o*}", "path", output_text(name),
		    "path_hex", output_hex(name));
	else {
		output_show(name);
		(void)printf("\n");
	}
}

/* Whether the put of LOCAL that ended with ERR says nothing of the others: LOCAL cannot be
 * read, or its place there is not free. */
static bool
is_of_one(const char *local, const char *target, enum zt_err err)
{
	struct stat st;

	if (strcmp(local, "-") == 0)
		return false;
	if (strchr(target, ':') == NULL)
		return false;
	if (err == ZT_ERR_EXISTS || err == ZT_ERR_NAME || err == ZT_ERR_TOO_BIG ||
	    err == ZT_ERR_INVALID)
		return true;
	if (err != ZT_ERR_NOT_FOUND && err != ZT_ERR_IO)
		return false;
	return stat(local, &st) != 0 || access(local, R_OK) != 0;
}

/* MESSAGE without LOCAL, with which it may begin and which the caller shows already. */
static const char *
reason_of(const char *local, const char *message, enum zt_err err)
{
	const char *between = _(": ");
	size_t n = strlen(local), m = strlen(between);

	if (message[0] == 0)
		return zt_err_text(err);
	return strncmp(message, local, n) == 0 && strncmp(message + n, between, m) == 0
		   ? message + n + m
		   : message;
}

/* Each of several into the folder that is the last argument. One that does not go costs itself;
 * where none went, the first one's error is the command's. */
static enum zt_err
put_several(struct cli *c, struct zt_progress *p, uint64_t *sum)
{
	enum zt_err first = ZT_OK;
	bool any = false;

	for (int i = 0; i < c->count - 1; i++) {
		uint64_t n = 0;
		enum zt_err err = put_into(c, c->args[i], c->args[c->count - 1], p, &n);

		*sum += n;
		any |= is_done(err);
		if (err && first == ZT_OK) {
			first = err;
			(void)snprintf(
			    c->message, sizeof c->message, "%s", zt_error_message(c->zt));
		}
		if (is_done(err))
			continue;
		if (!is_of_one(c->args[i], c->args[c->count - 1], err)) {
			(void)snprintf(
			    c->message, sizeof c->message, "%s", zt_error_message(c->zt));
			return err;
		}
		p->skipped(
		    p->ctx, c->args[i], reason_of(c->args[i], zt_error_message(c->zt), err));
	}
	return first == ZT_OK || !any ? first : ZT_ERR_SOME;
}

enum zt_err
cmd_put(struct cli *c)
{
	struct progress bar;
	struct zt_progress p = progress_begin(&bar, c);
	uint64_t sum = 0;
	enum zt_err err;

	heed_signals();
	if (c->dry)
		p.would = would;
	err = c->count > 2 ? put_several(c, &p, &sum)
			   : put_one(c, c->args[0], c->args[1], &p, &sum);
	end_transfer(c, &bar);
	if (is_done(err) && c->dry && !c->json)
		cli_done(c,
		    ln_(bar.would, "%llu file would be sent; nothing was",
			"%llu files would be sent; nothing was"),
		    (unsigned long long)bar.would);
	else if (is_done(err))
		report_files(c, sum, SENT);
	return err;
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
	end_transfer(c, &bar);
	if (is_done(err) && strcmp(local, "-") != 0)
		report_files(c, n, WRITTEN);
	return err;
}

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

/* Where this device's own copy is while a cp continues, which has it locked: what nobody has
 * locked was left by one that was killed. */
#define COPY "copy"

/* All at PATH, which the caller has locked. */
static void
remove_copy(char *path)
{
	char *paths[] = { path, NULL };
	FTS *all = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	FTSENT *e;

	while (all != NULL && (e = fts_read(all)) != NULL)
		if (e->fts_info == FTS_D) /* it came with its mode, maybe read-only */
			(void)chmod(e->fts_accpath, 0700);
		else
			(void)remove(e->fts_accpath);
	if (all != NULL)
		(void)fts_close(all);
}

static void
forget_copy(char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		remove_copy(path);
	(void)close(fd);
}

void
cli_forget_copy(const struct cli *c)
{
	DIR *d = opendir(c->home);
	const struct dirent *e;
	char path[4096];

	while (d != NULL && (e = readdir(d)) != NULL)
		if (strncmp(e->d_name, COPY, strlen(COPY)) == 0 &&
		    snprintf(path, sizeof path, "%s/%s", c->home, e->d_name) < (int)sizeof path)
			forget_copy(path);
	if (d != NULL)
		(void)closedir(d);
}

/* Makes a folder of this very cp, locked until *FD is closed. The caller has the device: no
 * other command looks for what is left meanwhile. */
static enum zt_err
lock_copy(struct cli *c, char folder[4096], int *fd)
{
	(void)snprintf(folder, 4096, "%s/" COPY "-XXXXXX", c->home);
	if (mkdtemp(folder) != NULL &&
	    (*fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) >= 0 &&
	    flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return ZT_OK;
	(void)snprintf(
	    c->message, sizeof c->message, _("%.180s: %s"), folder, _(strerror(errno)));
	return ZT_ERR_IO;
}

/* By way of a folder of this device's own: what one workspace holds is sealed for the other. */
enum zt_err
cmd_cp(struct cli *c)
{
	struct progress bar;
	struct zt_progress p = progress_begin(&bar, c);
	char folder[4096], inside[4400];
	size_t size;
	const char *name = own_name(c->args[0], &size);
	uint64_t n = 0;
	mode_t mask;
	int fd = -1;
	enum zt_err err, first;

	heed_signals();
	if ((err = lock_copy(c, folder, &fd))) {
		if (fd >= 0)
			(void)close(fd);
		return err;
	}
	(void)snprintf(
	    inside, sizeof inside, "%s/%.*s", folder, (int)(size < 256 ? size : 255), name);
	zt_lend(c->zt);
	mask = umask(0); /* it is no file of this person's: modes go through as they are */
	err = first = zt_get(c->zt, c->args[0], inside, &p, NULL);
	(void)umask(mask);
	if (is_done(err) && is_done(err = zt_put(c->zt, inside, c->args[1], &p, &n)) &&
	    err == ZT_OK)
		err = first; /* what could not be read was named */
	end_transfer(c, &bar);
	remove_copy(folder); /* still locked: nobody else does that, with the device in hand */
	(void)close(fd);
	if (is_done(err))
		report_files(c, n, COPIED);
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

enum zt_err
cmd_cat(struct cli *c)
{
	return zt_cat(c->zt, c->args[0], c->to_version, STDOUT_FILENO);
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

/* What became of it: another version, which is the newest now, or something of the trash. */
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
	end_transfer(c, &bar);
	if (err)
		return err;
	report_checked(c, &k);
	return ZT_OK;
}
