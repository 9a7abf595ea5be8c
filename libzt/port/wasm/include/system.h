/* SPDX-License-Identifier: Apache-2.0 */
/* system.h - what wasi-libc does not declare; system.c defines it. Included before every file
 * of the WebAssembly build. */
#ifndef ZT_WASM_SYSTEM_H
#define ZT_WASM_SYSTEM_H

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

int chmod(const char *path, mode_t mode);
int fchmod(int fd, mode_t mode);
mode_t umask(mode_t mask);
int flock(int fd, int how);
int dup(int fd); /* of a folder */
int fallocate(int fd, int how, off_t at, off_t n);
int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);

#define LOCK_EX 2
#define LOCK_NB 4
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE 2
#ifndef F_DUPFD_CLOEXEC
#define F_DUPFD_CLOEXEC 1030
#endif
/* The client's one use of fcntl is F_DUPFD_CLOEXEC. */
#define fcntl(fd, ...) dup(fd)
#ifndef O_DIRECT
#define O_DIRECT 0
#endif
#ifndef MADV_HUGEPAGE
#define MADV_HUGEPAGE 14
#define MADV_DONTDUMP 16
#endif
int madvise(void *at, size_t n, int advice);
void qsort_r(void *base, size_t count, size_t size,
    int (*compare)(const void *a, const void *b, void *ctx), void *ctx);
char *mkdtemp(char *path);
uid_t geteuid(void);

#define CLOCK_REALTIME_COARSE CLOCK_REALTIME
/* WASI knows of no holes: all of a file is data. */
#define SEEK_DATA 3
#define SEEK_HOLE 4
off_t wasm_lseek(int fd, off_t at, int whence);
#undef lseek
#define lseek wasm_lseek

#endif
