/* SPDX-License-Identifier: Apache-2.0 */
/* device_folder.c - the state folder: whose it is, and why it does not work. */
#include "store/device_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum zt_err
device_folder_err(int number)
{
	switch (number) {
	case ENOENT:
		return ZT_ERR_NOT_FOUND;
	case EEXIST:
		return ZT_ERR_EXISTS;
	case ENOSPC:
	case EDQUOT:
		return ZT_ERR_FULL;
	default:
		return ZT_ERR_IO;
	}
}

/* Who else may write to it puts a lock, a store or a device of theirs in the place of ours. */
enum zt_err
device_folder_check(const char *folder)
{
	struct stat st;

	if (stat(folder, &st) != 0)
		return device_folder_err(errno);
	return S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
		       (st.st_mode & (S_IWGRP | S_IWOTH)) == 0
		   ? ZT_OK
		   : ZT_ERR_FOLDER;
}

enum zt_err
device_folder_make(const char *folder)
{
	char part[DEVICE_FOLDER_PATH];

	if (strlen(folder) >= sizeof part)
		return ZT_ERR_TOO_BIG;
	for (const char *p = folder + 1;; p++) {
		if (*p != '/' && *p != 0)
			continue;
		memcpy(part, folder, (size_t)(p - folder));
		part[p - folder] = 0;
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return device_folder_err(errno);
		if (*p == 0)
			return device_folder_check(folder);
	}
}

/* ---- why a folder does not work ---- */

/* Whether PATH, which must be of KIND, is not as it must be: OUT says so. */
static bool
is_unfit(const char *path, mode_t kind, int access_mode, char *out, size_t size)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		if (errno == ENOENT)
			return false;
		(void)snprintf(out, size, "%.160s: %s", path, strerror(errno));
		return true;
	}
	if ((st.st_mode & S_IFMT) != kind)
		(void)snprintf(out, size, "%.160s: %s", path,
		    strerror(kind == S_IFDIR       ? ENOTDIR
			     : S_ISDIR(st.st_mode) ? EISDIR
						   : EINVAL));
	else if (st.st_uid != geteuid())
		(void)snprintf(out, size, "%.160s: uid %u, not %u", path, (unsigned)st.st_uid,
		    (unsigned)geteuid());
	else if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		(void)snprintf(
		    out, size, "%.160s: mode %03o", path, (unsigned)(st.st_mode & 0777));
	else if (access(path, access_mode) != 0)
		(void)snprintf(out, size, "%.160s: %s", path, strerror(errno));
	else
		return false;
	return true;
}

/* Some file systems know no locks. */
static void
explain_lock(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno != EWOULDBLOCK)
		(void)snprintf(out, size, "%.160s: %s", path, strerror(errno));
	(void)close(fd);
}

void
device_folder_explain(const char *folder, char *out, size_t size)
{
	static const char *const names[] = { "lock", "device.zt", "joining.zt", "store.db",
		"store.db-wal", "store.db-shm" };
	char path[DEVICE_FILE_PATH];

	out[0] = 0;
	if (is_unfit(folder, S_IFDIR, R_OK | W_OK | X_OK, out, size))
		return;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		if (is_unfit(path, S_IFREG, R_OK | W_OK, out, size))
			return;
	}
	(void)snprintf(path, sizeof path, "%s/lock", folder);
	explain_lock(path, out, size);
}
