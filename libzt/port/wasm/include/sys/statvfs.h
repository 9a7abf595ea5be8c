/* SPDX-License-Identifier: Apache-2.0 */
/* statvfs.h - how much a file system has left: WASI does not tell. */
#ifndef ZT_WASM_STATVFS_H
#define ZT_WASM_STATVFS_H

struct statvfs {
	unsigned long f_frsize, f_bavail;
};

int fstatvfs(int fd, struct statvfs *out);

#endif
