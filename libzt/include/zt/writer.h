/* SPDX-License-Identifier: Apache-2.0 */
/* zt/writer.h - the next version of a file, written at any place in pieces of any size: for
 * streams, for programs that save what they edit, and for what mounts a workspace.
 *
 * Nobody sees anything of it before zt_writer_commit. What was written in sequence is sealed
 * and sent while more comes: a writer holds 6 blocks of 4 MiB at most, one that it seals or
 * opens, and 12 on their way. What is written here and there waits for the commit, sealed, on
 * the disk of the device's folder: once each block of the file, at most. What an older version
 * has and nobody wrote over is not sent again. A writer belongs to the thread of its device;
 * other calls of the device may come between, and several writers may be open. */
#ifndef ZT_WRITER_H
#define ZT_WRITER_H

#include <stdbool.h>

#include "zt/zt.h"

#ifdef __cplusplus
extern "C" {
#endif

struct zt_writer;

#define ZT_NEWEST UINT64_MAX /* a version: the newest that opens */

/* Opens the file REMOTE, as WORKSPACE:/path, whether or not it is there. The content begins as
 * that of version BASE, or (0) empty. The caller gives *OUT to zt_writer_close. Errors:
 * NOT_FOUND (its folder; version BASE), EXISTS (a folder has this name), INVALID (the workspace
 * itself), those of the workspace and the server. */
ZT_CALL enum zt_err zt_writer_open(
    struct zt *z, const char *remote, uint64_t base, struct zt_writer **out);
/* Forgets what was not committed, and closes W, before its device is closed. What of it a
 * stream had sent, the store knows for 30 days: a writer of the path that is given the same
 * bytes again does not send them again. NULL is nothing.
 */
ZT_API void zt_writer_close(struct zt_writer *w);
/* The size in bytes as written so far. */
ZT_API uint64_t zt_writer_size(const struct zt_writer *w);
/* The version that a commit continues: BASE; else the newest when W was opened (0: no such
 * file); after a commit, that of the commit. */
ZT_API uint64_t zt_writer_version(const struct zt_writer *w);

/* These four may wait for the network. A call that failed or was INTERRUPTED can be made again
 * with the same arguments, and nothing that an earlier call took is lost by it; so can a
 * commit. Errors of all: NETWORK and the like, MEMORY, FULL and LIMIT (of the server), FULL and
 * IO (of the disk of the device's folder), STORE (what waited there was altered), MISSING_BLOCK
 * and CORRUPT (a block of the base, of which a part stays), FORBIDDEN. */

/* Writes N bytes of P at OFFSET; beyond the end, zeros are between, which take no room.
 * Errors: TOO_BIG (the file would be larger than a version may be: 170 GiB or so). */
ZT_CALL enum zt_err zt_writer_write(
    struct zt_writer *w, uint64_t offset, const void *p, size_t n);
/* Reads up to N bytes at OFFSET into OUT, as written so far; *GOT is less than N at the end
 * alone. */
ZT_CALL enum zt_err zt_writer_read(
    struct zt_writer *w, uint64_t offset, void *out, size_t n, size_t *got);
/* Cuts the file to SIZE bytes, or appends zeros up to it. Errors: TOO_BIG. */
ZT_CALL enum zt_err zt_writer_truncate(struct zt_writer *w, uint64_t size);

/* The time of the last change (since 1970; default: that of the commit), and the permission
 * bits (default: those of the base, or 0644). Errors: INVALID (NANOSECONDS of a second or more;
 * other bits than 07777). */
ZT_CALL enum zt_err zt_writer_set_time(
    struct zt_writer *w, int64_t seconds, unsigned nanoseconds);
ZT_CALL enum zt_err zt_writer_set_mode(struct zt_writer *w, unsigned mode);

/* What a commit does if somebody else wrote this file since the version that it continues, or
 * made, moved or removed it: the new version is on top of theirs, which history keeps; or
 * the commit ends with CONFLICT. */
enum zt_commit { ZT_COMMIT_ON_TOP, ZT_COMMIT_OR_CONFLICT };
struct zt_committed {
	uint64_t version;
	bool is_on_top; /* somebody else wrote meanwhile */
};
/* Makes what was written the newest version, which the servers hold durably when this returns.
 * W may be written on then, and committed again; nothing is done if nothing was written since.
 * OUT may be NULL. Errors: CONFLICT, EXISTS (a folder came there), NOT_FOUND (its folder is
 * gone), FORK; after any, W is as before. */
ZT_CALL enum zt_err zt_writer_commit(
    struct zt_writer *w, enum zt_commit how, struct zt_committed *out);

#define ZT_SMALL_MAX ((size_t)512 * 1024) /* bytes of a small file */
#define ZT_SMALL_COUNT 1024               /* of them at once */
/* A file that is there as a whole. */
struct zt_small {
	const char *name; /* below the folder, with / between names */
	const void *p;    /* its N bytes */
	size_t n;
	int64_t seconds; /* of its last change, since 1970 */
	unsigned nanoseconds;
};
/* Makes each of COUNT files, below the folder REMOTE, the newest version of what has its path,
 * on top of what others wrote: by one change, all of them or none. Errors: INVALID (too many,
 * too large), NAME, EXISTS (a folder has a name), NOT_FOUND (a folder), those of
 * zt_writer_write and of the workspace. */
ZT_CALL enum zt_err zt_write_small(
    struct zt *z, const char *remote, const struct zt_small *files, size_t count);

#ifdef __cplusplus
}
#endif

#endif
