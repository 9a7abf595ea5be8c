/* SPDX-License-Identifier: Apache-2.0 */
/* sparse.c - files of which parts take no room on the disk. */
#include "content/sparse.h"

#include <errno.h>
#include <unistd.h>

/* A hole takes a reference, and ends a block before it is full: in a file with many, smaller
 * holes are sent as zeros. */
enum { HOLES_MAX = 8000 };

bool
sparse_next(int fd, uint64_t at, uint64_t size, uint64_t *from, uint64_t *to)
{
	uint64_t min = size / HOLES_MAX;
	off_t data = lseek(fd, (off_t)at, SEEK_DATA), hole;

	*from = *to = size;
	if (data < 0 || (uint64_t)data >= size)
		return data >= 0 || errno == ENXIO;
	*from = (uint64_t)data - at < min ? at : (uint64_t)data;
	for (;;) {
		if ((hole = lseek(fd, data, SEEK_HOLE)) < 0)
			return false;
		data = lseek(fd, hole, SEEK_DATA);
		if (data < 0 && errno != ENXIO)
			return false;
		if ((uint64_t)hole >= size || data < 0 || (uint64_t)(data - hole) >= min)
			break;
	}
	if ((uint64_t)hole < size)
		*to = (uint64_t)hole;
	return true;
}

bool
sparse_is(const struct stat *st)
{
	return S_ISREG(st->st_mode) && (uint64_t)st->st_blocks * 512 < (uint64_t)st->st_size;
}
