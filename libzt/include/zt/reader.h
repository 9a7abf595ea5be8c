/* SPDX-License-Identifier: Apache-2.0 */
/* zt/reader.h - one version of a file, read from any place while the rest is still on the
 * servers: for programs that play, index or serve it. */
#ifndef ZT_READER_H
#define ZT_READER_H

#include "zt/zt.h"

#ifdef __cplusplus
extern "C" {
#endif

struct zt_reader;

/* Opens VERSION (0: the newest that opens) of the file REMOTE, as WORKSPACE:/path. The version
 * stays the same until the caller gives *OUT to zt_reader_close, whatever is written
 * meanwhile; other calls of Z may be made between. Several may be open at once. Fetches no
 * content. Errors: NOT_FOUND, INVALID (a folder), those of the workspace and the server. */
ZT_CALL enum zt_err zt_reader_open(
    struct zt *z, const char *remote, uint64_t version, struct zt_reader **out);
/* Closes R, before its device is closed. NULL is nothing. */
ZT_API void zt_reader_close(struct zt_reader *r);
/* The size of the version in bytes. */
ZT_API uint64_t zt_reader_size(const struct zt_reader *r);
/* The number of the version, also where the newest was asked for. */
ZT_API uint64_t zt_reader_version(const struct zt_reader *r);
/* Reads up to N bytes at OFFSET into OUT; *GOT is less than N at the end of the file alone.
 * Each block (4 MiB at most) is verified before a byte of it is given out. Some blocks behind
 * the last one are fetched meanwhile, and some are kept, 8 in all. A call that failed can be
 * made again. Errors: MISSING_BLOCK and CORRUPT (the servers lost or altered a block),
 * INTERRUPTED, NETWORK and the like. */
ZT_CALL enum zt_err zt_reader_read(
    struct zt_reader *r, uint64_t offset, void *out, size_t n, size_t *got);

#ifdef __cplusplus
}
#endif

#endif
