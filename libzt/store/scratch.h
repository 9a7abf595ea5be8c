/* SPDX-License-Identifier: Apache-2.0 */
/* scratch.h - ciphertext that waits on the device's disk: sealed blocks in a file of its
 * folder.
 *
 * The file has no name once it is open, so that the system takes its room back when the
 * program ends, however it ends. It is as large as the most that waited at once of each of the
 * three sizes of blocks, until nothing waits; nothing waits in it that somebody without the
 * blocks' keys can read. */
#ifndef ZT_STORE_SCRATCH_H
#define ZT_STORE_SCRATCH_H

#include "base/buf.h"

struct scratch; /* opaque */

/* Where a sealed block is; N bytes, 0: nowhere. */
struct scratch_place {
	uint64_t at;
	uint32_t n;
};

/* The file is made in FOLDER by the first put. The caller gives *OUT to scratch_close. Errors:
 * MEMORY. */
ZT_CHECKED enum zt_err scratch_new(const char *folder, struct scratch **out);
/* Forgets all that waits. NULL is nothing. */
void scratch_close(struct scratch *s);
/* Writes SEALED, at most the largest sealed block; the caller gives *OUT to scratch_forget.
 * Errors: FULL and IO (scratch_number), TOO_BIG, MEMORY. */
ZT_CHECKED enum zt_err scratch_put(
    struct scratch *s, struct bytes sealed, struct scratch_place *out);
/* Appends what is at P to OUT. Errors: IO, MEMORY. */
ZT_CHECKED enum zt_err scratch_get(
    struct scratch *s, const struct scratch_place *p, struct buf *out);
/* P's room is for others, and P nowhere, which it may be already. */
void scratch_forget(struct scratch *s, struct scratch_place *p);
/* The errno of the last FULL or IO. */
int scratch_number(const struct scratch *s);
/* Removes what a program left in FOLDER that was killed while it made such a file. */
void scratch_sweep(const char *folder);

#endif
