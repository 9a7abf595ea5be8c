/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "bus/ipc.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/socket.h>

void
ipc_widen(void)
{
	static const int size = 2 * 1024 * 1024;
	DIR *open_files = opendir("/proc/self/fd");
	struct dirent *e;

	if (open_files == NULL)
		return;
	while ((e = readdir(open_files)) != NULL) {
		int fd = atoi(e->d_name), domain = AF_UNSPEC;
		socklen_t n = sizeof domain;

		/* One that another thread closes meanwhile is no socket any more, or another.
		 */
		if (e->d_name[0] != '.' &&
		    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) == 0 &&
		    domain == AF_UNIX)
			(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	}
	(void)closedir(open_files);
}
