/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aead.h"

#include <sodium.h>

#include "crypto/bulk.h"

/* Content of blocks is sealed by OpenSSL's ChaCha20-Poly1305, three times as fast as
 * libsodium's where the processor has AVX-512; small values stay with libsodium, whose calls
 * cost less. The bytes are the same. */
enum { BULK = 32 * 1024 };

static bool
bulk_open(const uint8_t key[AEAD_KEY_BYTES], const uint8_t nonce[AEAD_NONCE_BYTES],
    struct bytes aad, struct bytes sealed, uint8_t *to)
{
	struct bytes in = bytes_of(sealed.p, sealed.n - AEAD_TAG_BYTES);
	uint8_t tag[AEAD_TAG_BYTES];

	memcpy(tag, sealed.p + in.n, sizeof tag);
	return bulk_cipher(false, key, nonce, aad, in, to, tag);
}

enum zt_err
aead_x_seal(const uint8_t key[AEAD_KEY_BYTES], const uint8_t nonce[AEAD_NONCE_BYTES],
    struct bytes aad, struct bytes clear, struct buf *out)
{
	uint8_t *to = buf_room(out, clear.n + AEAD_TAG_BYTES);

	if (to == NULL)
		return buf_err(out);
	if (clear.n >= BULK)
		return bulk_cipher(true, key, nonce, aad, clear, to, to + clear.n)
			   ? ZT_OK
			   : ZT_ERR_MEMORY;
	crypto_aead_xchacha20poly1305_ietf_encrypt(
	    to, NULL, clear.p, clear.n, aad.p, aad.n, NULL, nonce, key);
	return ZT_OK;
}

enum zt_err
aead_x_open(const uint8_t key[AEAD_KEY_BYTES], const uint8_t nonce[AEAD_NONCE_BYTES],
    struct bytes aad, struct bytes sealed, struct buf *out)
{
	uint8_t *to;

	if (sealed.n < AEAD_TAG_BYTES)
		return ZT_ERR_CORRUPT;
	if ((to = buf_room(out, sealed.n - AEAD_TAG_BYTES)) == NULL)
		return buf_err(out);
	if (sealed.n >= BULK + AEAD_TAG_BYTES
		? bulk_open(key, nonce, aad, sealed, to)
		: crypto_aead_xchacha20poly1305_ietf_decrypt(
		      to, NULL, NULL, sealed.p, sealed.n, aad.p, aad.n, nonce, key) == 0)
		return ZT_OK;
	out->n -= sealed.n - AEAD_TAG_BYTES;
	return ZT_ERR_CORRUPT;
}

enum zt_err
aead_chacha_seal(const uint8_t key[AEAD_KEY_BYTES],
    const uint8_t nonce[AEAD_CHACHA_NONCE_BYTES], struct bytes aad, struct bytes clear,
    struct buf *out)
{
	uint8_t *to = buf_room(out, clear.n + AEAD_TAG_BYTES);

	if (to == NULL)
		return buf_err(out);
	crypto_aead_chacha20poly1305_ietf_encrypt(
	    to, NULL, clear.p, clear.n, aad.p, aad.n, NULL, nonce, key);
	return ZT_OK;
}

enum zt_err
aead_chacha_open(const uint8_t key[AEAD_KEY_BYTES],
    const uint8_t nonce[AEAD_CHACHA_NONCE_BYTES], struct bytes aad, struct bytes sealed,
    struct buf *out)
{
	uint8_t *to;

	if (sealed.n < AEAD_TAG_BYTES)
		return ZT_ERR_CORRUPT;
	if ((to = buf_room(out, sealed.n - AEAD_TAG_BYTES)) == NULL)
		return buf_err(out);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(
		to, NULL, NULL, sealed.p, sealed.n, aad.p, aad.n, nonce, key) == 0)
		return ZT_OK;
	out->n -= sealed.n - AEAD_TAG_BYTES;
	return ZT_ERR_CORRUPT;
}

enum zt_err
aead_seal(const struct secret *key, struct bytes header, struct bytes clear, struct buf *out)
{
	uint8_t nonce[AEAD_NONCE_BYTES];

	randombytes_buf(nonce, sizeof nonce);
	buf_add(out, bytes_of(nonce, sizeof nonce));
	return aead_x_seal(secret_bytes(key).p, nonce, header, clear, out);
}

enum zt_err
aead_open(const struct secret *key, struct bytes header, struct bytes sealed, struct buf *out)
{
	if (sealed.n < AEAD_OVERHEAD)
		return ZT_ERR_CORRUPT;
	return aead_x_open(secret_bytes(key).p, sealed.p, header,
	    bytes_of(sealed.p + AEAD_NONCE_BYTES, sealed.n - AEAD_NONCE_BYTES), out);
}
