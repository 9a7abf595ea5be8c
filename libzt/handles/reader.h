/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h - a version of a file whose manifest is at hand, read (zt/reader.h). */
#ifndef ZT_HANDLES_READER_H
#define ZT_HANDLES_READER_H

#include "chain/workspace.h"
#include "files/manifest.h"
#include "zt/reader.h"

/* A reader of the file M in S; takes ownership of *M, also on failure. The caller gives *OUT to
 * zt_reader_close. Errors: MEMORY. */
ZT_CHECKED enum zt_err reader_new(
    struct workspace *s, Zt__Manifest **m, struct zt_reader **out);
/* Writes all of R in order to FD, which may be a pipe. Errors: as zt_reader_read; those of FD.
 */
ZT_CHECKED enum zt_err reader_pour(struct zt_reader *r, int fd);

#endif
