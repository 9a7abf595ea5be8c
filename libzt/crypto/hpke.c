/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hpke.h"

#include <sodium.h>

#include "crypto/aead.h"
#include "crypto/hkdf.h"

struct hpke {
	uint8_t key[AEAD_KEY_BYTES], base_nonce[AEAD_CHACHA_NONCE_BYTES], exporter[HKDF_BYTES];
	uint64_t sequence;
};

/* RFC 9180, 4: suite_id of the KEM, and of the whole suite 0x0020, 0x0001, 0x0003. */
static const uint8_t kem_suite[] = { 'K', 'E', 'M', 0x00, 0x20 };
static const uint8_t hpke_suite[] = { 'H', 'P', 'K', 'E', 0x00, 0x20, 0x00, 0x01, 0x00, 0x03 };

#define SPAN(array) bytes_of(array, sizeof(array))
#define NONE bytes_of(NULL, 0)

static void
labeled_extract(struct bytes suite, struct bytes salt, const char *label, struct bytes ikm,
    uint8_t out[HKDF_BYTES])
{
	struct bytes parts[] = { bytes_text("HPKE-v1"), suite, bytes_text(label), ikm };

	hkdf_extract(salt, parts, 4, out);
}

static enum zt_err
labeled_expand(struct bytes suite, const uint8_t prk[HKDF_BYTES], const char *label,
    struct bytes info, uint8_t *out, size_t n)
{
	uint8_t length[2] = { (uint8_t)(n >> 8), (uint8_t)n };
	struct bytes parts[] = { SPAN(length), bytes_text("HPKE-v1"), suite, bytes_text(label),
		info };

	return hkdf_expand(prk, parts, 5, out, n);
}

void
hpke_public(const struct secret *sk, uint8_t out[HPKE_PUBLIC_BYTES])
{
	(void)crypto_scalarmult_base(out, secret_bytes(sk).p);
}

enum zt_err
hpke_x25519(const struct secret *sk, const uint8_t pk[HPKE_PUBLIC_BYTES],
    uint8_t out[HPKE_PUBLIC_BYTES])
{
	return crypto_scalarmult(out, secret_bytes(sk).p, pk) != 0 ? ZT_ERR_INVALID : ZT_OK;
}

bool
hpke_is_public(const uint8_t pk[HPKE_PUBLIC_BYTES])
{
	/* Clamped, every scalar is a multiple of the cofactor: any of them tells. */
	static const uint8_t scalar[crypto_scalarmult_SCALARBYTES] = { 8 };
	uint8_t out[HPKE_PUBLIC_BYTES];

	return crypto_scalarmult(out, scalar, pk) == 0;
}

enum zt_err
hpke_derive_key_pair(struct bytes ikm, struct secret **out)
{
	uint8_t prk[HKDF_BYTES], sk[SECRET_BYTES]; /* both wiped below */
	enum zt_err err;

	labeled_extract(SPAN(kem_suite), NONE, "dkp_prk", ikm, prk);
	if ((err = labeled_expand(SPAN(kem_suite), prk, "sk", NONE, sk, sizeof sk)) == ZT_OK)
		err = secret_from(SPAN(sk), out);
	sodium_memzero(prk, sizeof prk);
	sodium_memzero(sk, sizeof sk);
	return err;
}

/* RFC 9180, 4.1 ExtractAndExpand and 5.1 KeySchedule in mode base. */
static enum zt_err
schedule(const uint8_t dh[HPKE_PUBLIC_BYTES], const uint8_t enc[HPKE_PUBLIC_BYTES],
    const uint8_t pk[HPKE_PUBLIC_BYTES], struct bytes info, struct hpke **out)
{
	uint8_t prk[HKDF_BYTES], shared[HKDF_BYTES], secret[HKDF_BYTES]; /* wiped below */
	uint8_t kem_context[2 * HPKE_PUBLIC_BYTES], context[1 + 2 * HKDF_BYTES] = { 0 };
	struct bytes suite = SPAN(hpke_suite);
	struct hpke *h = secret_memory(sizeof *h);
	enum zt_err err = ZT_ERR_MEMORY;

	if (h == NULL)
		return ZT_ERR_MEMORY;
	memcpy(kem_context, enc, HPKE_PUBLIC_BYTES);
	memcpy(kem_context + HPKE_PUBLIC_BYTES, pk, HPKE_PUBLIC_BYTES);
	labeled_extract(SPAN(kem_suite), NONE, "eae_prk", bytes_of(dh, HPKE_PUBLIC_BYTES), prk);
	if ((err = labeled_expand(SPAN(kem_suite), prk, "shared_secret", SPAN(kem_context),
		 shared, sizeof shared)))
		goto out;
	labeled_extract(suite, NONE, "psk_id_hash", NONE, context + 1);
	labeled_extract(suite, NONE, "info_hash", info, context + 1 + HKDF_BYTES);
	labeled_extract(suite, SPAN(shared), "secret", NONE, secret);
	if ((err = labeled_expand(
		 suite, secret, "key", SPAN(context), h->key, sizeof h->key)) ||
	    (err = labeled_expand(suite, secret, "base_nonce", SPAN(context), h->base_nonce,
		 sizeof h->base_nonce)) ||
	    (err = labeled_expand(
		 suite, secret, "exp", SPAN(context), h->exporter, sizeof h->exporter)))
		goto out;
	h->sequence = 0;
	*out = h;
	h = NULL;
out:
	hpke_free(h);
	sodium_memzero(prk, sizeof prk);
	sodium_memzero(shared, sizeof shared);
	sodium_memzero(secret, sizeof secret);
	return err;
}

enum zt_err
hpke_sender_with(const struct secret *ephemeral, const uint8_t pk[HPKE_PUBLIC_BYTES],
    struct bytes info, uint8_t enc[HPKE_PUBLIC_BYTES], struct hpke **out)
{
	uint8_t dh[HPKE_PUBLIC_BYTES], mine[HPKE_PUBLIC_BYTES]; /* dh is wiped below */
	enum zt_err err;

	hpke_public(ephemeral, mine);
	if ((err = hpke_x25519(ephemeral, pk, dh)) == ZT_OK)
		err = schedule(dh, mine, pk, info, out);
	if (err == ZT_OK)
		memcpy(enc, mine, sizeof mine);
	sodium_memzero(dh, sizeof dh);
	return err;
}

enum zt_err
hpke_sender(const uint8_t pk[HPKE_PUBLIC_BYTES], struct bytes info,
    uint8_t enc[HPKE_PUBLIC_BYTES], struct hpke **out)
{
	struct secret *ephemeral = NULL;
	enum zt_err err = secret_generate(&ephemeral);

	if (err == ZT_OK)
		err = hpke_sender_with(ephemeral, pk, info, enc, out);
	secret_free(ephemeral);
	return err;
}

enum zt_err
hpke_receiver(const uint8_t enc[HPKE_PUBLIC_BYTES], const struct secret *sk, struct bytes info,
    struct hpke **out)
{
	uint8_t dh[HPKE_PUBLIC_BYTES], pk[HPKE_PUBLIC_BYTES]; /* dh is wiped below */
	enum zt_err err;

	hpke_public(sk, pk);
	if ((err = hpke_x25519(sk, enc, dh)) == ZT_OK)
		err = schedule(dh, enc, pk, info, out);
	sodium_memzero(dh, sizeof dh);
	return err;
}

void
hpke_free(struct hpke *h)
{
	secret_memory_free(h);
}

/* RFC 9180, 5.2 ComputeNonce; the sequence never wraps in practice, and is refused if it would.
 */
static enum zt_err
next_nonce(struct hpke *h, uint8_t nonce[AEAD_CHACHA_NONCE_BYTES])
{
	if (h->sequence == UINT64_MAX)
		return ZT_ERR_TOO_BIG;
	memcpy(nonce, h->base_nonce, AEAD_CHACHA_NONCE_BYTES);
	for (size_t i = 0; i < 8; i++)
		nonce[AEAD_CHACHA_NONCE_BYTES - 1 - i] ^= (uint8_t)(h->sequence >> (8 * i));
	return ZT_OK;
}

enum zt_err
hpke_next_seal(struct hpke *h, struct bytes aad, struct bytes clear, struct buf *out)
{
	uint8_t nonce[AEAD_CHACHA_NONCE_BYTES];
	enum zt_err err;

	if ((err = next_nonce(h, nonce)) ||
	    (err = aead_chacha_seal(h->key, nonce, aad, clear, out)))
		return err;
	h->sequence++;
	return ZT_OK;
}

enum zt_err
hpke_next_open(struct hpke *h, struct bytes aad, struct bytes sealed, struct buf *out)
{
	uint8_t nonce[AEAD_CHACHA_NONCE_BYTES];
	enum zt_err err;

	if ((err = next_nonce(h, nonce)) ||
	    (err = aead_chacha_open(h->key, nonce, aad, sealed, out)))
		return err;
	h->sequence++;
	return ZT_OK;
}

enum zt_err
hpke_export(const struct hpke *h, struct bytes context, uint8_t *out, size_t n)
{
	return labeled_expand(SPAN(hpke_suite), h->exporter, "sec", context, out, n);
}

enum zt_err
hpke_seal(const uint8_t pk[HPKE_PUBLIC_BYTES], struct bytes info, struct bytes aad,
    struct bytes clear, struct buf *out)
{
	uint8_t enc[HPKE_PUBLIC_BYTES];
	struct hpke *h = NULL;
	enum zt_err err;

	if ((err = hpke_sender(pk, info, enc, &h)))
		return err;
	buf_add(out, SPAN(enc));
	err = hpke_next_seal(h, aad, clear, out);
	hpke_free(h);
	return err;
}

enum zt_err
hpke_open(const struct secret *sk, struct bytes info, struct bytes aad, struct bytes sealed,
    struct buf *out)
{
	struct hpke *h = NULL;
	enum zt_err err;

	if (sealed.n < HPKE_OVERHEAD)
		return ZT_ERR_CORRUPT;
	if ((err = hpke_receiver(sealed.p, sk, info, &h)))
		return err == ZT_ERR_INVALID ? ZT_ERR_CORRUPT : err;
	err = hpke_next_open(
	    h, aad, bytes_of(sealed.p + HPKE_PUBLIC_BYTES, sealed.n - HPKE_PUBLIC_BYTES), out);
	hpke_free(h);
	return err;
}
