/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* put.c - files and streams up. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/l10n.h"
#include "common/output.h"
#include "files/files.h"
#include "files/moving.h"
#include "terminal/progress.h"
#include "terminal/stop.h"
#include "zt/writer.h"

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
		rc = stop_is_asked() ? 0 : read(fd, piece, n);
	} while (rc < 0 && errno == EINTR);
	if (stop_is_asked()) {
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
	const char *name = moving_name(local, &size);
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
		any |= moving_is_done(err);
		if (err && first == ZT_OK) {
			first = err;
			(void)snprintf(
			    c->message, sizeof c->message, "%s", zt_error_message(c->zt));
		}
		if (moving_is_done(err))
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

	stop_heed_signals();
	if (c->dry)
		p.would = would;
	err = c->count > 2 ? put_several(c, &p, &sum)
			   : put_one(c, c->args[0], c->args[1], &p, &sum);
	moving_end(c, &bar);
	if (moving_is_done(err) && c->dry && !c->json)
		cli_done(c,
		    ln_(bar.would, "%llu file would be sent; nothing was",
			"%llu files would be sent; nothing was"),
		    (unsigned long long)bar.would);
	else if (moving_is_done(err))
		moving_report(c, sum, SENT);
	return err;
}
