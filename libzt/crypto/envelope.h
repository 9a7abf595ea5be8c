/* SPDX-License-Identifier: Apache-2.0 */
/* envelope.h - a random content key encrypts an object, the workspace key wraps the content
 * key.
 *
 * The author signs the hash of header and ciphertext and the commitment to the content key,
 * never the wrap: a new key generation rewraps 32 bytes and leaves the signature as it was
 * (protocol.md 5). */
#ifndef ZT_CRYPTO_ENVELOPE_H
#define ZT_CRYPTO_ENVELOPE_H

#include "base/buf.h"
#include "crypto/aead.h"
#include "crypto/hash.h"

#define ENVELOPE_WRAP_BYTES (SECRET_BYTES + AEAD_OVERHEAD)

/* The hashes that the author of a sealed object signs. */
struct envelope_pins {
	struct hash object;     /* of header || sealed body, as stored */
	struct hash commitment; /* to the content key */
};

/* Appends HEADER and the sealed CLEAR to OBJECT, and the wrap under KEK to WRAP; WRAP is bound
 * to HEADER. Errors: MEMORY, TOO_BIG. */
ZT_CHECKED enum zt_err envelope_seal(const struct secret *kek, struct bytes header,
    struct bytes clear, struct buf *object, struct buf *wrap, struct envelope_pins *out);
/* Checks PINS, then opens OBJECT, whose first HEADER.n bytes must be HEADER. Errors: CORRUPT
 * (the object or its header), KEY (the wrap opens to another key than the committed one, or not
 * at all), MEMORY. */
ZT_CHECKED enum zt_err envelope_open(const struct secret *kek, struct bytes header,
    struct bytes object, struct bytes wrap, const struct envelope_pins *pins,
    struct buf *clear);
/* Wraps the same content key under another workspace key. Errors as envelope_open. */
ZT_CHECKED enum zt_err envelope_rewrap(const struct secret *from, const struct secret *to,
    struct bytes header, struct bytes wrap, const struct hash *commitment, struct buf *out);
/* The commitment to a key, as the trust log and changesets state it. */
void envelope_commit(const char *purpose, struct bytes key, struct hash *out);

#endif
