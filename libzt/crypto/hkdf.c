/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hkdf.h"

#include <sodium.h>

void
hkdf_hmac(struct bytes key, const struct bytes *parts, size_t count, uint8_t out[HKDF_BYTES])
{
	crypto_auth_hmacsha256_state s;

	crypto_auth_hmacsha256_init(&s, key.p, key.n);
	for (size_t i = 0; i < count; i++)
		crypto_auth_hmacsha256_update(&s, parts[i].p, parts[i].n);
	crypto_auth_hmacsha256_final(&s, out);
	sodium_memzero(&s, sizeof s);
}

void
hkdf_extract(struct bytes salt, const struct bytes *ikm, size_t count, uint8_t out[HKDF_BYTES])
{
	static const uint8_t none[HKDF_BYTES];

	hkdf_hmac(salt.n == 0 ? bytes_of(none, sizeof none) : salt, ikm, count, out);
}

enum zt_err
hkdf_expand(const uint8_t prk[HKDF_BYTES], const struct bytes *info, size_t count, uint8_t *out,
    size_t n)
{
	uint8_t t[HKDF_BYTES]; /* wiped below */
	size_t have = 0;

	if (n > HKDF_MAX)
		return ZT_ERR_TOO_BIG;
	for (uint8_t round = 1; n > 0; round++) {
		crypto_auth_hmacsha256_state s;
		size_t take = n < sizeof t ? n : sizeof t;

		crypto_auth_hmacsha256_init(&s, prk, HKDF_BYTES);
		crypto_auth_hmacsha256_update(&s, t, have);
		for (size_t i = 0; i < count; i++)
			crypto_auth_hmacsha256_update(&s, info[i].p, info[i].n);
		crypto_auth_hmacsha256_update(&s, &round, 1);
		crypto_auth_hmacsha256_final(&s, t);
		have = sizeof t;
		memcpy(out, t, take);
		out += take;
		n -= take;
	}
	sodium_memzero(t, sizeof t);
	return ZT_OK;
}
