/* SPDX-License-Identifier: Apache-2.0 */
/* pki_file.h - a file that a person names: certificates, revocation lists, a key. */
#ifndef ZT_JOIN_PKI_FILE_H
#define ZT_JOIN_PKI_FILE_H

#include "base/buf.h"

/* Adds what is in PATH to OUT, whose limit is the file's. Errors: NOT_FOUND, IO, TOO_BIG,
 * MEMORY. */
ZT_CHECKED enum zt_err pki_file_read(const char *path, struct buf *out);

#endif
