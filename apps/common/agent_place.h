/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* agent_place.h - where the agent of a root folder is: its own folder, and its socket. The
 * agent and those who speak to it find it by the same rule. */
#ifndef ZT_COMMON_AGENT_PLACE_H
#define ZT_COMMON_AGENT_PLACE_H

#include <limits.h>
#include <stdbool.h>

struct agent_place {
	char root[PATH_MAX];   /* its folders are the devices */
	char folder[PATH_MAX]; /* ROOT/zt-agent: lock, log, settings */
	char socket[108];      /* $XDG_RUNTIME_DIR/zt/agent; FOLDER/socket for another root */
	bool is_usual;         /* the root of zt without ZT_HOME and --home */
};

/* The place of ROOT; NULL: the usual root, ~/.local/share, which is made if it is missing.
 * False, and errno: ROOT is not there, HOME is not set (ENOENT), a path is too long
 * (ENAMETOOLONG). */
bool agent_place_of(const char *root, struct agent_place *out);
/* The place of the root in which the state folder HOME is. */
bool agent_place_of_home(const char *home, struct agent_place *out);
/* Makes the folders of P, for this user alone. False, and errno: EPERM (a folder is another
 * user's, or others may enter it). */
bool agent_place_make(const struct agent_place *p);

#endif
