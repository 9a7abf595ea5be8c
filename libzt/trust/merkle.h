/* SPDX-License-Identifier: Apache-2.0 */
/* merkle.h - the Merkle tree of RFC 9162, section 2.1: append, roots, inclusion and
 * consistency.
 *
 * Keeps the hash of every complete subtree, about 64 bytes a leaf, so that any root and any
 * proof of any earlier size is a logarithmic number of look-ups. */
#ifndef ZT_TRUST_MERKLE_H
#define ZT_TRUST_MERKLE_H

#include "base/err.h"
#include "crypto/hash.h"
#include "format/pb.h"

#define MERKLE_PROOF 64 /* more nodes than any proof of a tree below 2^63 leaves */

struct merkle;

struct merkle_proof {
	struct hash node[MERKLE_PROOF];
	size_t count;
};

/* An empty tree. Errors: MEMORY. */
ZT_CHECKED enum zt_err merkle_new(struct merkle **out);
void merkle_free(struct merkle *t);
/* Appends a leaf hash. Errors: MEMORY. */
ZT_CHECKED enum zt_err merkle_add(struct merkle *t, const struct hash *leaf);
/* Removes leaves from the end until SIZE are left. */
void merkle_trim(struct merkle *t, uint64_t size);
uint64_t merkle_size(const struct merkle *t);
/* Leaf I, below merkle_size. */
const struct hash *merkle_leaf(const struct merkle *t, uint64_t i);
/* The root of the first SIZE leaves. Errors: INVALID (SIZE is beyond the tree). */
ZT_CHECKED enum zt_err merkle_root(const struct merkle *t, uint64_t size, struct hash *out);
/* RFC 9162, 2.1.3.1 and 2.1.4.1. Errors: INVALID (sizes). */
ZT_CHECKED enum zt_err merkle_inclusion(
    const struct merkle *t, uint64_t index, uint64_t size, struct merkle_proof *out);
ZT_CHECKED enum zt_err merkle_consistency(
    const struct merkle *t, uint64_t first, uint64_t second, struct merkle_proof *out);

/* The N nodes of a proof as a message carries them. Errors: PROOF. */
ZT_CHECKED enum zt_err merkle_proof_of(
    size_t n, const ProtobufCBinaryData *nodes, struct merkle_proof *out);
/* RFC 9162, 2.1.3.2 and 2.1.4.2: ZT_OK or PROOF. */
ZT_CHECKED enum zt_err merkle_check_inclusion(uint64_t index, uint64_t size,
    const struct hash *leaf, const struct merkle_proof *proof, const struct hash *root);
ZT_CHECKED enum zt_err merkle_check_consistency(uint64_t first, uint64_t second,
    const struct hash *first_root, const struct hash *second_root,
    const struct merkle_proof *proof);

#endif
