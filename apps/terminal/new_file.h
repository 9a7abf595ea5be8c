/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* new_file.h - a file that gets its name when complete: a failure leaves the old file. */
#ifndef ZT_TERMINAL_NEW_FILE_H
#define ZT_TERMINAL_NEW_FILE_H

#include <limits.h>
#include <stdbool.h>

struct new_file {
	int fd; /* to be read and written */
	char path[PATH_MAX], beside[PATH_MAX + 16];
};

/* Starts a file for PATH, where a file may exist; follows a link. False, and errno: EEXIST if
 * a folder, a device or a pipe is there. */
bool new_file_begin(struct new_file *f, const char *path);
/* Renames it to PATH, durably, if WHOLE; else deletes it. False, and errno: PATH has no new
 * file. */
bool new_file_end(struct new_file *f, bool whole);

#endif
