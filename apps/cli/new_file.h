/* new_file.h - a file that takes its name when it is whole: a failure leaves what was there. */
#ifndef ZT_CLI_NEW_FILE_H
#define ZT_CLI_NEW_FILE_H

#include <limits.h>
#include <stdbool.h>

struct new_file {
	int fd; /* to be read and written */
	char path[PATH_MAX], beside[PATH_MAX + 16];
};

/* Begins what will be at PATH, where a file may be; behind a link it is what the link leads to.
 * False, and errno: EEXIST when a folder, a device or a pipe is there. */
bool new_file_begin(struct new_file *f, const char *path);
/* Gives it the name, durably, when it is WHOLE, else it goes. False, and errno: it is not
 * there.
 */
bool new_file_end(struct new_file *f, bool whole);

#endif
