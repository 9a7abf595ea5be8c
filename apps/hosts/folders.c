/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "hosts/folders.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "zt/enrol.h"
#include "zt/protect.h"

bool
folders_has_device(const char *home)
{
	return zt_has_device(home) || zt_is_joining(home);
}

void
folders_each(const char *root, void (*each)(void *ctx, const char *name), void *ctx)
{
	DIR *all = opendir(root);

	for (const struct dirent *e; all != NULL && (e = readdir(all)) != NULL;)
		each(ctx, e->d_name);
	if (all != NULL)
		(void)closedir(all);
}

enum zt_err
folders_make(const char *home)
{
	if (mkdir(home, 0700) != 0 && errno != EEXIST)
		return errno == ENOSPC ? ZT_ERR_FULL : ZT_ERR_IO;
	return zt_has_device(home) && !zt_is_joining(home) ? ZT_ERR_EXISTS : ZT_OK;
}
