/* SPDX-License-Identifier: Apache-2.0 */
/* secret.h - one 32-byte key in guarded memory, wiped when it is released.
 *
 * Guarded pages are never swapped nor written to a core file. A secret has one owner. Not
 * thread-safe to free; reading from several threads is fine. Source: protocol.md 2. */
#ifndef ZT_CRYPTO_SECRET_H
#define ZT_CRYPTO_SECRET_H

#include "base/bytes.h"
#include "base/err.h"

#define SECRET_BYTES 32
#define SECRET_MARK 32

struct secret;

/* A random key; the caller owns *OUT and gives it to secret_free. Errors: MEMORY. */
ZT_CHECKED enum zt_err secret_generate(struct secret **out);
/* A key with the given SECRET_BYTES bytes, which the caller wipes. Errors: MEMORY, CORRUPT
 * (size). */
ZT_CHECKED enum zt_err secret_from(struct bytes bytes, struct secret **out);
/* A key derived from S for PURPOSE (keyed BLAKE2b-256). Errors: MEMORY. */
ZT_CHECKED enum zt_err secret_derive(
    const struct secret *s, const char *purpose, struct secret **out);
/* A MAC by S over the COUNT parts, concatenated, for PURPOSE (keyed BLAKE2b-256). If more than
 * one part has a variable size the caller frames them. */
void secret_mark(const struct secret *s, const char *purpose, const struct bytes *parts,
    size_t count, uint8_t out[SECRET_MARK]);
/* Wipes and releases. NULL is nothing. */
void secret_free(struct secret *s);
/* The bytes, borrowed, for sealing them to somebody; never to be copied into unguarded memory
 * that is not wiped. */
struct bytes secret_bytes(const struct secret *s);
/* Constant-time comparison. */
bool secret_equal(const struct secret *a, const struct secret *b);
/* Constant-time comparison of public-length values that an adversary could probe (tokens,
 * MACs). */
bool ct_equal(struct bytes a, struct bytes b);
/* How many secrets live in this process: tests demand zero at the end. */
long secret_live(void);

/* Guarded memory of another size, for the private keys of this folder. NULL when there is none.
 */
void *secret_memory(size_t n);
void secret_memory_free(void *p);

#endif
