/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.h - zt-web.manifest: every file of a release of the page with its SHA-256, a line
 * "HASH  NAME" each. A name that ends in .br is the compressed form of the file before. */
#ifndef ZT_RELEASE_MANIFEST_H
#define ZT_RELEASE_MANIFEST_H

#include "base/buf.h"
#include "crypto/hash.h"

#define MANIFEST_NAME "zt-web.manifest"
enum { MANIFEST_FILES = 2000, MANIFEST_PATH = 200, MANIFEST_BYTES = 512 * 1024 };

struct manifest_file {
	char name[MANIFEST_PATH + 1]; /* below the origin, without a slash before */
	struct hash hash, brotli;
	bool has_brotli;
};
struct manifest {
	struct manifest_file *file;
	size_t count;
};
/* The caller gives *OUT to manifest_free. Errors: CORRUPT (a line is none, a name leads out of
 * the origin or is there twice, there is no index.html), MEMORY. */
ZT_CHECKED enum zt_err manifest_read(struct bytes text, struct manifest *out);
void manifest_free(struct manifest *m);

#endif
