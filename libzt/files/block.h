/* SPDX-License-Identifier: Apache-2.0 */
/* block.h - seals and opens one block of a file.
 *
 * 0 magic 4 | 4 suite 2 | 6 flags 2 | 8 id 16 = 24 bytes, then ciphertext and tag. Each block
 * has its own random key and id; the manifest pins id, key, clear size and the hash of the
 * whole sealed block (docs/protocol.md 6). The key seals this block alone, so that
 * the header serves as the nonce. A device that has id and key can seal a content again: the
 * content is the block's if the hash is the same. */
#ifndef ZT_FILES_BLOCK_H
#define ZT_FILES_BLOCK_H

#include "base/buf.h"
#include "base/id.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/suite.h"
#include "format/limits.h"

#define BLOCK_HEADER_BYTES AEAD_NONCE_BYTES
#define BLOCK_OVERHEAD (BLOCK_HEADER_BYTES + AEAD_TAG_BYTES)
#define BLOCK_CLEAR_MAX (4u * 1024 * 1024)

/* A manifest's reference to a block. KEY is secret: the holder wipes it. */
struct block_ref {
	struct id id;
	uint8_t key[AEAD_KEY_BYTES];
	uint32_t size; /* clear bytes, without padding */
	struct hash hash;
};

/* A file's part of a block: the whole block, or a range of one that small files share. */
struct block_part {
	struct block_ref block;
	uint32_t offset, size; /* within the block's clear bytes */
	uint64_t hole;         /* no block, but a hole of this many zeros */
};

/* The sealed size of N clear bytes, padded by Padmé unless N is a whole block of LIMIT_BLOCK.
 */
size_t block_sealed_size(size_t n);
/* Seals CLEAR (1 to BLOCK_CLEAR_MAX bytes) into OUT, an empty buffer, and fills *REF. Errors:
 * TOO_BIG, MEMORY. */
ZT_CHECKED enum zt_err block_seal(struct bytes clear, struct block_ref *ref, struct buf *out);
/* Sets *SAME: whether CLEAR is the content of the block that REF pins. Errors: MEMORY. */
ZT_CHECKED enum zt_err block_is(const struct block_ref *ref, struct bytes clear, bool *same);
/* Opens SEALED, which must be exactly what REF pins, and appends its clear bytes. Errors:
 * CORRUPT, SUITE, MEMORY. */
ZT_CHECKED enum zt_err block_open(
    const struct block_ref *ref, struct bytes sealed, struct buf *out);

#endif
