/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* copy.c - from one workspace to another, by way of a folder of this device's own: what one
 * workspace holds is sealed for the other. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/l10n.h"
#include "files/files.h"
#include "files/moving.h"
#include "terminal/progress.h"
#include "terminal/stop.h"

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

enum zt_err
cmd_cp(struct cli *c)
{
	struct progress bar;
	struct zt_progress p = progress_begin(&bar, c);
	char folder[4096], inside[4400];
	size_t size;
	const char *name = moving_name(c->args[0], &size);
	uint64_t n = 0;
	mode_t mask;
	int fd = -1;
	enum zt_err err, first;

	stop_heed_signals();
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
	if (moving_is_done(err) &&
	    moving_is_done(err = zt_put(c->zt, inside, c->args[1], &p, &n)) && err == ZT_OK)
		err = first; /* what could not be read was named */
	moving_end(c, &bar);
	remove_copy(folder); /* still locked: nobody else does that, with the device in hand */
	(void)close(fd);
	if (moving_is_done(err))
		moving_report(c, n, COPIED);
	return err;
}
