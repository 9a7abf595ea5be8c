/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "terminal/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder of PATH, into PATH. */
static void
cut_name(char path[PATH_MAX])
{
	char *slash = strrchr(path, '/');

	if (slash == NULL)
		(void)memcpy(path, ".", 2);
	else
		slash[slash == path] = 0;
}

/* A file without a name is gone with the program, however that ends. */
static int
open_nameless(const struct new_file *f)
{
	char folder[PATH_MAX];

	(void)memcpy(folder, f->path, sizeof folder);
	cut_name(folder);
	return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

bool
new_file_begin(struct new_file *f, const char *path)
{
	struct stat is;

	*f = (struct new_file){ .fd = -1 };
	if (strlen(path) >= sizeof f->path) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (stat(path, &is) != 0)
		(void)snprintf(f->path, sizeof f->path, "%s", path);
	else if (!S_ISREG(is.st_mode))
		errno = EEXIST;
	else
		(void)!realpath(path, f->path);
	if (f->path[0] == 0)
		return false;
	if ((f->fd = open_nameless(f)) >= 0)
		return true;
	if (errno != EOPNOTSUPP && errno != EISDIR)
		return false;
	(void)snprintf(f->beside, sizeof f->beside, "%s.XXXXXX", f->path);
	return (f->fd = mkostemp(f->beside, O_CLOEXEC)) >= 0;
}

/* A file has to have some name before it can take one that is taken. */
static bool
give_name(struct new_file *f)
{
	char self[32];

	if (f->beside[0] == 0) {
		(void)snprintf(self, sizeof self, "/proc/self/fd/%d", f->fd);
		(void)snprintf(f->beside, sizeof f->beside, "%s.%ld", f->path, (long)getpid());
		(void)unlink(f->beside);
		if (linkat(AT_FDCWD, self, AT_FDCWD, f->beside, AT_SYMLINK_FOLLOW) != 0)
			return false;
	}
	return rename(f->beside, f->path) == 0;
}

bool
new_file_end(struct new_file *f, bool whole)
{
	bool is_there = whole && fsync(f->fd) == 0 && give_name(f);
	int saved_errno = errno;

	if (!is_there && f->beside[0] != 0)
		(void)unlink(f->beside);
	(void)close(f->fd);
	errno = saved_errno;
	return is_there;
}
