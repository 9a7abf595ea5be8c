/* SPDX-License-Identifier: Apache-2.0 */
/* send_same.c - whether a local file holds what a manifest says. */
#include "content/send.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "content/send_parts.h"
#include "crypto/suite.h"
#include "files/manifest.h"
#include "format/limits.h"
#include "format/pb.h"

/* Sets *SAME: whether part I of F, which is no hole, is what follows at FD. BUFFER has room for
 * it. Errors: MEMORY. */
static enum zt_err
is_part(int fd, const Zt__FileManifest *f, size_t i, uint8_t *buffer, bool *same)
{
	const Zt__BlockRef *b = f->blocks->blocks[i];
	struct bytes clear = bytes_of(buffer, b->size);
	struct block_part part;
	struct hash content;
	enum zt_err err;

	*same = false;
	if (send_read(fd, buffer, b->size) != (ssize_t)b->size)
		return ZT_OK;
	if (b->whole > 0) {
		hash_content(clear, &content);
		*same = bytes_equal(pb_bytes(b->content), bytes_of(content.b, HASH_BYTES));
		return ZT_OK;
	}
	manifest_part(f, i, &part);
	err = block_is(&part.block, clear, same);
	wipe(part.block.key, sizeof part.block.key);
	return err;
}

/* Whether nothing is at FD but zeros, for N bytes. */
static bool
is_zeros(int fd, uint64_t n, uint8_t *buffer)
{
	off_t at = lseek(fd, 0, SEEK_CUR), data = lseek(fd, at, SEEK_DATA);

	if (data < 0 ? errno == ENXIO : (uint64_t)(data - at) >= n)
		return lseek(fd, at + (off_t)n, SEEK_SET) >= 0;
	if (lseek(fd, at, SEEK_SET) < 0)
		return false;
	while (n > 0) {
		size_t want = n < BLOCK_CLEAR_MAX ? (size_t)n : BLOCK_CLEAR_MAX;

		if (send_read(fd, buffer, want) != (ssize_t)want || buffer[0] != 0 ||
		    memcmp(buffer, buffer + 1, want - 1) != 0)
			return false;
		n -= want;
	}
	return true;
}

enum zt_err
send_is_same(int fd, const Zt__FileManifest *f, bool *same)
{
	size_t n =
	    f->content_case == ZT__FILE_MANIFEST__CONTENT_BLOCKS ? f->blocks->n_blocks : 0;
	uint8_t *buffer = malloc(BLOCK_CLEAR_MAX);
	enum zt_err err = ZT_OK;

	if (buffer == NULL)
		return ZT_ERR_MEMORY;
	*same = lseek(fd, 0, SEEK_SET) == 0;
	if (f->content_case == ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT)
		*same = *same &&
			send_read(fd, buffer, f->inline_content.len) ==
			    (ssize_t)f->inline_content.len &&
			memcmp(buffer, f->inline_content.data, f->inline_content.len) == 0;
	for (size_t i = 0; err == ZT_OK && *same && i < n; i++) {
		uint64_t hole = f->blocks->blocks[i]->hole;

		if (hole > 0)
			*same = is_zeros(fd, hole, buffer);
		else
			err = is_part(fd, f, i, buffer, same);
	}
	free(buffer);
	if (err)
		return err;
	return lseek(fd, 0, SEEK_SET) == 0 ? ZT_OK : ZT_ERR_IO;
}
