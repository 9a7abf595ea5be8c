/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/envelope.h"

#include <sodium.h>

#include "crypto/labels.h"

static const char commitment_purpose[] = LABEL_CONTENT_KEY;
static const char object_purpose[] = LABEL_OBJECT;

void
envelope_commit(const char *purpose, struct bytes key, struct hash *out)
{
	crypto_generichash(
	    out->b, HASH_BYTES, (const uint8_t *)purpose, strlen(purpose), key.p, key.n);
}

enum zt_err
envelope_seal(const struct secret *kek, struct bytes header, struct bytes clear,
    struct buf *object, struct buf *wrap, struct envelope_pins *out)
{
	uint8_t key[AEAD_KEY_BYTES], nonce[AEAD_NONCE_BYTES]; /* key is wiped below */
	size_t start = object->n;
	enum zt_err err;

	randombytes_buf(key, sizeof key);
	randombytes_buf(nonce, sizeof nonce);
	buf_add(object, header);
	buf_add(object, bytes_of(nonce, sizeof nonce));
	if ((err = aead_x_seal(key, nonce, header, clear, object)))
		goto out;
	if ((err = aead_seal(kek, header, bytes_of(key, sizeof key), wrap)))
		goto out;
	hash_blake2b(
	    object_purpose, bytes_of(object->p + start, object->n - start), &out->object);
	envelope_commit(commitment_purpose, bytes_of(key, sizeof key), &out->commitment);
out:
	sodium_memzero(key, sizeof key);
	return err;
}

/* The content key of WRAP, appended to KEY; it must be the committed one. */
static enum zt_err
unwrap(const struct secret *kek, struct bytes header, struct bytes wrap,
    const struct hash *commitment, struct buf *key)
{
	struct hash is;
	enum zt_err err = aead_open(kek, header, wrap, key);

	if (err != ZT_OK)
		return err == ZT_ERR_CORRUPT ? ZT_ERR_KEY : err;
	if (key->n != AEAD_KEY_BYTES)
		return ZT_ERR_KEY;
	envelope_commit(commitment_purpose, buf_bytes(key), &is);
	return hash_equal(&is, commitment) ? ZT_OK : ZT_ERR_KEY;
}

enum zt_err
envelope_open(const struct secret *kek, struct bytes header, struct bytes object,
    struct bytes wrap, const struct envelope_pins *pins, struct buf *clear)
{
	struct buf key = buf_init(256);
	struct bytes sealed;
	struct hash is;
	enum zt_err err = ZT_ERR_CORRUPT;

	hash_blake2b(object_purpose, object, &is);
	if (!hash_equal(&is, &pins->object) || object.n < header.n + AEAD_OVERHEAD ||
	    !bytes_equal(header, bytes_of(object.p, header.n)))
		return ZT_ERR_CORRUPT;
	if ((err = unwrap(kek, header, wrap, &pins->commitment, &key)))
		goto out;
	sealed = bytes_of(
	    object.p + header.n + AEAD_NONCE_BYTES, object.n - header.n - AEAD_NONCE_BYTES);
	err = aead_x_open(key.p, object.p + header.n, header, sealed, clear);
out:
	buf_free(&key);
	return err;
}

enum zt_err
envelope_rewrap(const struct secret *from, const struct secret *to, struct bytes header,
    struct bytes wrap, const struct hash *commitment, struct buf *out)
{
	struct buf key = buf_init(256);
	enum zt_err err = unwrap(from, header, wrap, commitment, &key);

	if (err == ZT_OK)
		err = aead_seal(to, header, buf_bytes(&key), out);
	buf_free(&key);
	return err;
}
