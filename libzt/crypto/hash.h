/* SPDX-License-Identifier: Apache-2.0 */
/* hash.h - BLAKE2b-256 prefixed by a purpose; SHA-256 for the trust log and for blocks; SHA-512
 * for RFC 9530.
 */
#ifndef ZT_CRYPTO_HASH_H
#define ZT_CRYPTO_HASH_H

#include "base/id.h"

#define HASH_BYTES 32
#define HASH_SHA512_BYTES 64

struct hash {
	uint8_t b[HASH_BYTES];
};

bool hash_equal(const struct hash *a, const struct hash *b);
/* BLAKE2b-256 of purpose || 0x00 || the parts one after the other. Where more than one part has
 * a variable size the caller frames them. */
void hash_blake2b_parts(
    const char *purpose, const struct bytes *parts, size_t count, struct hash *out);
/* The same of one part. */
void hash_blake2b(const char *purpose, struct bytes part, struct hash *out);
/* SHA-256 of a one-byte prefix and two parts (RFC 9162, 2.1.1). */
void hash_sha256(uint8_t prefix, struct bytes a, struct bytes b, struct hash *out);
/* SHA-256 of "zt block 1" || 0x00 || IN: the name of a sealed block, by which a manifest pins
 * it and the blocks service checks it. It reads every byte of content: OpenSSL uses the
 * processor's SHA instructions (docs/protocol.md, "Choices"). */
void hash_block(struct bytes in, struct hash *out);
/* SHA-256 of IN alone, as sha256sum prints it: of what others know by that. */
void hash_file(struct bytes in, struct hash *out);
/* As hash_block, of "zt content 1": by which a manifest states a file's part of a shared block,
 * so that a device can compare a local file. */
void hash_content(struct bytes in, struct hash *out);
/* For tables in memory whose keys strangers may choose: 64 bits that are unpredictable without
 * KEY (SipHash-2-4). Not for anything that leaves the process. */
struct hash_key {
	uint8_t b[16];
};
void hash_key_make(struct hash_key *out);
uint64_t hash_short(const struct hash_key *key, struct bytes in);
void hash_sha512(struct bytes in, uint8_t out[HASH_SHA512_BYTES]);

#endif
