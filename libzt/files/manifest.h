/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.h - the content of a version of a file or folder: composed, sealed, opened,
 * checked.
 *
 * The clear header of a sealed manifest, which its author signs by the object's hash: 0 magic
 * 4 | 4 suite 2 | 6 flags 2 | 8 workspace 16 | 24 vlob 16 | 40 version 8 = 48 bytes. */
#ifndef ZT_FILES_MANIFEST_H
#define ZT_FILES_MANIFEST_H

#include "base/id.h"
#include "crypto/envelope.h"
#include "files/block.h"
#include "proto/files.pb-c.h"

#define MANIFEST_HEADER_BYTES 48

/* Which version of which object of which workspace. */
struct manifest_place {
	struct id workspace, vlob;
	uint64_t version;
};

/* A file of no content, which the caller gives to pb_wipe; NULL: no memory. */
Zt__Manifest *manifest_new_file(void);
/* Begins the list of F's blocks of BLOCK_SIZE bytes, with room for ROOM of them. Errors:
 * MEMORY. */
ZT_CHECKED enum zt_err manifest_begin_blocks(
    Zt__FileManifest *f, size_t room, uint32_t block_size);
/* Adds a copy of FROM to F's list, which has room. Errors: MEMORY. */
ZT_CHECKED enum zt_err manifest_add_block(Zt__FileManifest *f, const Zt__BlockRef *from);

/* Encodes M, padded by Padmé, seals it under KEK for PLACE. */
ZT_CHECKED enum zt_err manifest_seal(const struct secret *kek,
    const struct manifest_place *place, const Zt__Manifest *m, struct buf *object,
    struct buf *wrap, struct envelope_pins *pins);
/* The wrap of PLACE's content key, which COMMITMENT pins, under another workspace key. Errors:
 * KEY, MEMORY. */
ZT_CHECKED enum zt_err manifest_rewrap(const struct secret *from, const struct secret *to,
    const struct manifest_place *place, struct bytes wrap, const struct hash *commitment,
    struct buf *out);
/* Opens and checks a sealed manifest: its place, then every name, size and reference in it. The
 * caller frees *OUT with pb_wipe. Errors: CORRUPT, KEY, NAME (with *MESSAGE), CRITICAL,
 * TOO_BIG. */
ZT_CHECKED enum zt_err manifest_open(const struct secret *kek,
    const struct manifest_place *place, struct bytes object, struct bytes wrap,
    const struct envelope_pins *pins, Zt__Manifest **out, const char **message);
/* The checks alone, for a decoded manifest. */
ZT_CHECKED enum zt_err manifest_check(const Zt__Manifest *m, const char **message);
/* Part I of a checked file. The caller wipes OUT->block.key. */
void manifest_part(const Zt__FileManifest *f, size_t i, struct block_part *out);
/* Whether a checked folder has an entry NAME; *I is its place. */
bool manifest_find(const Zt__FolderManifest *f, struct bytes name, size_t *i);

#endif
