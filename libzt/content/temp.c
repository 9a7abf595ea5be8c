/* SPDX-License-Identifier: Apache-2.0 */
#include "content/temp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/wire.h"
#include "crypto/labels.h"
#include "session/session.h"

/* 0 run 3 | 3 number 4 | 7 mark 5 = 12 bytes, printed. */
enum { RUN = 3, NUMBER = 4, MARK = 5, BEFORE = RUN + NUMBER, ALL = BEFORE + MARK };

static void
print(
    const struct zt *z, const struct temp_place *at, uint8_t raw[ALL], char out[TEMP_NAME + 1])
{
	uint8_t folder[16], mark[SECRET_MARK];
	struct bytes parts[2] = { bytes_of(folder, sizeof folder), bytes_of(raw, BEFORE) };
	char text[2 * ALL + 1];

	wire_store_u64(folder, at->dev);
	wire_store_u64(folder + 8, at->ino);
	secret_mark(z->local, LABEL_TEMPORARY_FILE, parts, 2, mark);
	memcpy(raw + BEFORE, mark, MARK);
	hex_print(raw, ALL, text);
	(void)snprintf(out, TEMP_NAME + 1, ".zt-%s", text);
}

void
temp_name(
    const struct zt *z, const struct temp_place *at, uint32_t number, char out[TEMP_NAME + 1])
{
	uint8_t raw[ALL];

	memcpy(raw, at->run, RUN);
	wire_store_u32(raw + RUN, number);
	print(z, at, raw, out);
}

bool
temp_has_form(const char *name)
{
	return strncmp(name, ".zt-", 4) == 0 && strlen(name) == TEMP_NAME &&
	       strspn(name + 4, "0123456789abcdef") == TEMP_NAME - 4;
}

/* Whether NAME is of this device, for this folder, and of an earlier run. */
static bool
is_left(const struct zt *z, const struct temp_place *at, const char *name)
{
	uint8_t raw[ALL];
	char again[TEMP_NAME + 1];

	if (!temp_has_form(name) || hex_parse(name + 4, TEMP_NAME - 4, raw, sizeof raw) ||
	    memcmp(raw, at->run, RUN) == 0)
		return false;
	print(z, at, raw, again);
	return strcmp(again, name) == 0;
}

/* Who writes such a file has it locked. Where there are no locks, nobody is known to. */
enum { MAKING_MAX = 10 };
int
temp_make(int folder, const char *name)
{
	struct stat st;
	int fd;

	for (int tries = 0; tries < MAKING_MAX; tries++) {
		if ((fd = openat(folder, name,
			 O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0)
			return -1;
		if ((flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) &&
		    (fstat(fd, &st) != 0 || st.st_nlink > 0))
			return fd;
		/* another run took it for a file that was left, before it was locked */
		(void)unlinkat(folder, name, 0);
		(void)close(fd);
	}
	errno = EAGAIN;
	return -1;
}

/* Removes NAME from FOLDER, unless it is being written. */
static void
clear_one(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) /* it came whole, with its mode */
		fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		(void)unlinkat(folder, name, 0);
	if (fd >= 0)
		(void)close(fd);
}

void
temp_clear(const struct zt *z, const struct temp_place *at, int fd)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = own >= 0 ? fdopendir(own) : NULL;
	const struct dirent *e;
	struct stat st;

	if (d == NULL) {
		if (own >= 0)
			(void)close(own);
		return;
	}
	while ((e = readdir(d)) != NULL)
		if (is_left(z, at, e->d_name) &&
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && st.st_uid == geteuid())
			clear_one(fd, e->d_name);
	(void)closedir(d);
}
