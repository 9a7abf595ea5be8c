/* SPDX-License-Identifier: Apache-2.0 */
/* sparse.h - files of which parts take no room on the disk. */
#ifndef ZT_CONTENT_SPARSE_H
#define ZT_CONTENT_SPARSE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* Whether ST is of such a file. */
bool sparse_is(const struct stat *st);
/* The next data of FD from AT on, which is less than SIZE: *FROM and *TO; *FROM is SIZE when
 * there is none. Small holes count as data. Moves FD's place. False on failure, with errno. */
bool sparse_next(int fd, uint64_t at, uint64_t size, uint64_t *from, uint64_t *to);

#endif
