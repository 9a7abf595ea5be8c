/* SPDX-License-Identifier: Apache-2.0 */
/* place.h - where one file comes to on the disk: its own place, or beside what is there. */
#ifndef ZT_DISK_PLACE_H
#define ZT_DISK_PLACE_H

#include "base/err.h"
#include "content/file_writer.h"
#include "content/transfer.h"

/* *OUT: who writes F to its place, for place_fetch; NULL when nothing is to be written. What
 * hinders it is named, and is no error. */
ZT_CHECKED enum zt_err place_file(struct transfer *t, const struct file_writer_place *at,
    const Zt__FileManifest *f, struct file_writer **out);
/* What place_file placed gets its content, unless what is there holds it. *PLACED is NULL then;
 * it is left where another is to be put beside what is there: place_again looks for a name. */
ZT_CHECKED enum zt_err place_fetch(
    struct transfer *t, const Zt__FileManifest *f, struct file_writer **placed);
/* Beside its place, where what is there is another file: *PLACED is taken, and is who writes
 * it there, or NULL. The device is not lent. */
ZT_CHECKED enum zt_err place_again(
    struct transfer *t, const Zt__FileManifest *f, struct file_writer **placed);

#endif
