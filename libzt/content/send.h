/* SPDX-License-Identifier: Apache-2.0 */
/* send.h - content up. */
#ifndef ZT_CONTENT_SEND_H
#define ZT_CONTENT_SEND_H

#include "content/transfer.h"
#include "format/limits.h"
#include "session/session.h"

/* Reads all of FD into F: small content into the shared block, else block by block. F is
 * complete only after transfer_drain. When FD cannot be read, T->unread is errno, and the
 * error concerns this file alone. */
ZT_CHECKED enum zt_err send_content(
    struct transfer *t, int fd, const char *name, uint64_t size, Zt__FileManifest *f);
/* The same of CONTENT, LIMIT_BLOCK bytes at most, which are copied. */
ZT_CHECKED enum zt_err send_bytes(
    struct transfer *t, struct bytes content, Zt__FileManifest *f);
/* Whether one manifest can describe the file, judging by ST; the second counts holes of FD
 * too, and rewinds FD. */
bool send_fits(const struct stat *st);
bool send_fits_open(int fd, const struct stat *st);
/* Sets *SAME: whether FD's content matches F, if F is true (fetch_is_same). Rewinds FD.
 * Errors: IO, MEMORY. */
ZT_CHECKED enum zt_err send_is_same(int fd, const Zt__FileManifest *f, bool *same);
/* Clear bytes of a block of a file of SIZE that a writer writes: few calls for a large one, and
 * few references. */
uint32_t send_room(uint64_t size);
/* References that one manifest may hold. */
#define SEND_PARTS_MAX (LIMIT_MANIFEST / 160)
/* Seals and sends the bytes of CLEAR, which then is an empty buffer of the same maximum
 * (BLOCK_CLEAR_MAX). *OUT is the caller's; it is filled in by the time T has drained, and is
 * written to as long as T has it. Errors: MEMORY, those of T. */
ZT_CHECKED enum zt_err send_block(struct transfer *t, struct buf *clear, Zt__BlockRef **out);
/* Sends SEALED, the whole block that REF pins, and leaves another empty buffer of the same
 * maximum (LIMIT_BLOCK_WIRE). Errors: MEMORY, those of T. */
ZT_CHECKED enum zt_err send_sealed(
    struct transfer *t, const struct block_ref *ref, struct buf *sealed);
/* Of a transfer that resumes: forgets its error, and starts again what failed. */
ZT_CHECKED enum zt_err send_resume(struct transfer *t);
/* Sends the shared block of small files; very small content is put into the manifests. */
void send_gathered(struct transfer *t);

#endif
