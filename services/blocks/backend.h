/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* backend.h - a store of opaque blocks. What each slot must promise:
 *
 * put    returns ZT_OK only when the block survives a power cut; the same block again is ZT_OK
 *        and not ADDED; different content under a known id is EXISTS, and never replaces it;
 *        a block with another hash than HASH is DIGEST. Many threads at once.
 * get    returns exactly the bytes that were put, or an error: CORRUPT for damage, NOT_FOUND.
 * has    whether a block was put. */
#ifndef ZT_BLOCKS_BACKEND_H
#define ZT_BLOCKS_BACKEND_H

#include "base/buf.h"
#include "base/id.h"
#include "crypto/hash.h"

struct backend_place {
	struct id org, workspace, block;
};

/* The destination of a read, without a copy in between. */
struct backend_sink {
	/* N bytes, page-aligned, for whole pages of a file; NULL: no memory. */
	uint8_t *(*room)(void *ctx, size_t n);
	/* The first N of them are the block. */
	void (*keep)(void *ctx, size_t n);
	void *ctx;
};

struct backend {
	enum zt_err (*put)(struct backend *b, const struct backend_place *at,
	    struct bytes block, const struct hash *hash, bool *added);
	enum zt_err (*get)(
	    struct backend *b, const struct backend_place *at, const struct backend_sink *to);
	bool (*has)(struct backend *b, const struct backend_place *at);
	/* Bytes of all blocks of ORG, by counting them, which may be slow. */
	enum zt_err (*usage)(struct backend *b, const struct id *org, uint64_t *bytes);
	/* Deletes all blocks of a workspace; NOT_FOUND: it has none. */
	enum zt_err (*purge)(
	    struct backend *b, const struct id *org, const struct id *workspace);
	void (*close)(struct backend *b);
};

/* The file-system backend under FOLDER: a file a block in sharded folders, its hash and its
 * checksum after its bytes, durable by group commit. Errors: IO with MESSAGE[200]. */
ZT_CHECKED enum zt_err backend_fs_open(
    const char *folder, struct backend **out, char message[200]);

#endif
