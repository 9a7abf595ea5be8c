/* SPDX-License-Identifier: Apache-2.0 */
/* vfs.c - SQLite's files: open, pread, pwrite, fsync. One instance has the files, so that no
 * lock is needed; its log of writes works without shared memory, because store.c opens it
 * exclusively. */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_BYTES = 4200, SECTOR = 4096 };

struct file {
	sqlite3_file base; /* first: SQLite's view of it */
	int fd;
};

static int
fd_of(sqlite3_file *f)
{
	return ((struct file *)f)->fd;
}

static int
vfs_close(sqlite3_file *f)
{
	return close(fd_of(f)) == 0 ? SQLITE_OK : SQLITE_IOERR_CLOSE;
}

static int
vfs_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	ssize_t got = pread(fd_of(f), to, (size_t)n, at);

	if (got < 0)
		return SQLITE_IOERR_READ;
	if (got == n)
		return SQLITE_OK;
	memset((char *)to + got, 0, (size_t)(n - got));
	return SQLITE_IOERR_SHORT_READ;
}

static int
vfs_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	ssize_t put = pwrite(fd_of(f), from, (size_t)n, at);

	if (put == n)
		return SQLITE_OK;
	return put >= 0 || errno == ENOSPC || errno == EDQUOT ? SQLITE_FULL
							      : SQLITE_IOERR_WRITE;
}

static int
vfs_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	return ftruncate(fd_of(f), n) == 0 ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

static int
vfs_sync(sqlite3_file *f, int how)
{
	(void)how;
	return fsync(fd_of(f)) == 0 ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

static int
vfs_size(sqlite3_file *f, sqlite3_int64 *out)
{
	struct stat st;

	if (fstat(fd_of(f), &st) != 0)
		return SQLITE_IOERR_FSTAT;
	*out = st.st_size;
	return SQLITE_OK;
}

static int
vfs_lock(sqlite3_file *f, int level)
{
	(void)f;
	(void)level;
	return SQLITE_OK;
}

static int
vfs_is_reserved(sqlite3_file *f, int *out)
{
	(void)f;
	*out = 0;
	return SQLITE_OK;
}

static int
vfs_control(sqlite3_file *f, int op, void *arg)
{
	(void)f;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int
vfs_sector(sqlite3_file *f)
{
	(void)f;
	return SECTOR;
}

static int
vfs_traits(sqlite3_file *f)
{
	(void)f;
	return 0;
}

static int
vfs_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
	static const sqlite3_io_methods methods = { 1, vfs_close, vfs_read, vfs_write,
		vfs_truncate, vfs_sync, vfs_size, vfs_lock, vfs_lock, vfs_is_reserved,
		vfs_control, vfs_sector, vfs_traits, NULL, NULL, NULL, NULL, NULL, NULL };
	struct file *x = (struct file *)f;
	int how = ((flags & SQLITE_OPEN_READWRITE) != 0 ? O_RDWR : O_RDONLY) |
		  ((flags & SQLITE_OPEN_CREATE) != 0 ? O_CREAT : 0);

	(void)v;
	x->base.pMethods = NULL;
	if (name == NULL || (x->fd = open(name, how, 0600)) < 0)
		return SQLITE_CANTOPEN;
	if (out != NULL)
		*out = flags;
	x->base.pMethods = &methods;
	return SQLITE_OK;
}

static int
vfs_delete(sqlite3_vfs *v, const char *name, int syncs)
{
	(void)v;
	(void)syncs;
	return unlink(name) == 0 || errno == ENOENT ? SQLITE_OK : SQLITE_IOERR_DELETE;
}

static int
vfs_access(sqlite3_vfs *v, const char *name, int how, int *out)
{
	(void)v;
	(void)how;
	*out = access(name, F_OK) == 0;
	return SQLITE_OK;
}

static int
vfs_full_path(sqlite3_vfs *v, const char *name, int n, char *out)
{
	size_t length = strlen(name);

	(void)v;
	if (n <= 0 || length >= (size_t)n)
		return SQLITE_CANTOPEN;
	memcpy(out, name, length + 1);
	return SQLITE_OK;
}

static int
vfs_random(sqlite3_vfs *v, int n, char *out)
{
	int want = n > 256 ? 256 : n; /* getentropy's most */

	(void)v;
	return getentropy(out, (size_t)want) == 0 ? want : 0;
}

static int
vfs_sleep(sqlite3_vfs *v, int us)
{
	(void)v;
	return us; /* nobody else has the files: there is nothing to wait for */
}

static int
vfs_now(sqlite3_vfs *v, sqlite3_int64 *out)
{
	struct timespec t;

	(void)v;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	/* Julian days in milliseconds: those of 1970 first. */
	*out = 210866760000000LL + (sqlite3_int64)t.tv_sec * 1000 + t.tv_nsec / 1000000;
	return SQLITE_OK;
}

static int
vfs_now_days(sqlite3_vfs *v, double *out)
{
	sqlite3_int64 ms;

	(void)vfs_now(v, &ms);
	*out = (double)ms / 86400000.0;
	return SQLITE_OK;
}

static int
vfs_error(sqlite3_vfs *v, int n, char *out)
{
	(void)v;
	(void)n;
	(void)out;
	return errno;
}

int
sqlite3_os_init(void)
{
	static sqlite3_vfs vfs = { .iVersion = 2,
		.szOsFile = sizeof(struct file),
		.mxPathname = PATH_BYTES,
		.zName = "zt",
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_full_path,
		.xRandomness = vfs_random,
		.xSleep = vfs_sleep,
		.xCurrentTime = vfs_now_days,
		.xGetLastError = vfs_error,
		.xCurrentTimeInt64 = vfs_now };

	return sqlite3_vfs_register(&vfs, 1);
}

int
sqlite3_os_end(void)
{
	return SQLITE_OK;
}
