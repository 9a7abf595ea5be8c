/* SPDX-License-Identifier: Apache-2.0 */
/* send_parts.h - for the files of this room that send: one block, and the reference to it. */
#ifndef ZT_CONTENT_SEND_PARTS_H
#define ZT_CONTENT_SEND_PARTS_H

#include <sys/types.h>

#include "content/slot.h"
#include "content/transfer.h"

/* Reads N bytes of FD, or to its end; how many it read, or -1 with errno. */
ssize_t send_read(int fd, uint8_t *to, size_t n);
/* A free slot with ROOM for a block. Errors: MEMORY, those of T. */
ZT_CHECKED enum zt_err send_take_slot(
    struct transfer *t, uint32_t room, struct transfer_slot **out);
/* F's next reference, empty. *CAP is of F's list, 0 at first. Errors: MEMORY. */
ZT_CHECKED enum zt_err send_add_ref(
    Zt__FileManifest *f, uint32_t room, size_t *cap, Zt__BlockRef **out);
/* Adds F's next reference, for SIZE bytes at OFFSET of SLOT's block, which fills it in.
 * Errors: MEMORY. */
ZT_CHECKED enum zt_err send_add_dest(
    struct transfer_slot *slot, Zt__FileManifest *f, size_t offset, size_t size, size_t *cap);
/* SLOT's block is whole, or its source says what is in it: it is sealed and sent. */
void send_slot(struct transfer_slot *slot);

#endif
