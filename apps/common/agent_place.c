/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "common/agent_place.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
too_long(void)
{
	errno = ENAMETOOLONG;
	return false;
}

static bool
usual_root(char out[PATH_MAX])
{
	const char *home = getenv("HOME");

	if (home == NULL || home[0] != '/') {
		errno = ENOENT;
		return false;
	}
	return snprintf(out, PATH_MAX, "%s/.local/share", home) < PATH_MAX || too_long();
}

/* The folder PATH, and those above it. */
static bool
make_folders(const char *path)
{
	char part[PATH_MAX];

	for (const char *at = strchr(path + 1, '/');; at = strchr(at + 1, '/')) {
		size_t n = at != NULL ? (size_t)(at - path) : strlen(path);

		(void)snprintf(part, sizeof part, "%.*s", (int)n, path);
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return false;
		if (at == NULL)
			return true;
	}
}

/* The real path of ROOT, and whether it is the usual root. */
static bool
resolve(const char *root, struct agent_place *out)
{
	char usual[PATH_MAX], real[PATH_MAX];
	bool has_usual = usual_root(usual);

	if (root == NULL && !has_usual)
		return false;
	out->is_usual = has_usual && (root == NULL || strcmp(root, usual) == 0);
	if (out->is_usual && !make_folders(usual))
		return false;
	if (realpath(root != NULL ? root : usual, out->root) == NULL)
		return false;
	if (has_usual && realpath(usual, real) != NULL)
		out->is_usual = strcmp(real, out->root) == 0;
	return true;
}

bool
agent_place_of(const char *root, struct agent_place *out)
{
	const char *run = getenv("XDG_RUNTIME_DIR");

	if (!resolve(root, out))
		return false;
	if (snprintf(out->folder, sizeof out->folder, "%s/zt-agent", out->root) >=
	    (int)sizeof out->folder)
		return too_long();
	if (out->is_usual && run != NULL && run[0] == '/' &&
	    snprintf(out->socket, sizeof out->socket, "%s/zt/agent", run) <
		(int)sizeof out->socket)
		return true;
	return snprintf(out->socket, sizeof out->socket, "%s/socket", out->folder) <
		   (int)sizeof out->socket ||
	       too_long();
}

bool
agent_place_of_home(const char *home, struct agent_place *out)
{
	char copy[PATH_MAX];

	if (snprintf(copy, sizeof copy, "%s", home) >= (int)sizeof copy)
		return too_long();
	return agent_place_of(dirname(copy), out);
}

/* A folder of this user's that nobody else may enter. */
static bool
make_private(const char *path)
{
	struct stat st;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return false;
	if (lstat(path, &st) != 0)
		return false;
	if (S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 077) == 0)
		return true;
	errno = EPERM;
	return false;
}

bool
agent_place_make(const struct agent_place *p)
{
	char folder[sizeof p->socket];

	memcpy(folder, p->socket, sizeof folder);
	return make_private(p->folder) && make_private(dirname(folder));
}
