/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sign.h"

#include <sodium.h>
#include <stdlib.h>

#include "crypto/secret.h"

struct sign_key {
	uint8_t sk[crypto_sign_SECRETKEYBYTES]; /* seed, then public key */
};

enum { ON_STACK = 2048 }; /* most statements; larger ones go to the heap */

enum zt_err
sign_generate(struct sign_key **out)
{
	struct sign_key *k = secret_memory(sizeof *k);
	uint8_t pk[SIGN_PUBLIC_BYTES];

	if (k == NULL)
		return ZT_ERR_MEMORY;
	crypto_sign_keypair(pk, k->sk);
	*out = k;
	return ZT_OK;
}

enum zt_err
sign_from_seed(struct bytes seed, struct sign_key **out)
{
	struct sign_key *k;
	uint8_t pk[SIGN_PUBLIC_BYTES];

	if (seed.n != SIGN_SEED_BYTES)
		return ZT_ERR_CORRUPT;
	if ((k = secret_memory(sizeof *k)) == NULL)
		return ZT_ERR_MEMORY;
	crypto_sign_seed_keypair(pk, k->sk, seed.p);
	*out = k;
	return ZT_OK;
}

void
sign_free(struct sign_key *k)
{
	secret_memory_free(k);
}

struct bytes
sign_seed(const struct sign_key *k)
{
	return bytes_of(k->sk, SIGN_SEED_BYTES);
}

void
sign_public(const struct sign_key *k, uint8_t out[SIGN_PUBLIC_BYTES])
{
	memcpy(out, k->sk + SIGN_SEED_BYTES, SIGN_PUBLIC_BYTES);
}

/* context || 0 || bytes, in STACK when it fits, else on the heap (the caller frees *HEAP). */
static struct bytes
message(const char *context, struct bytes bytes, uint8_t stack[ON_STACK], uint8_t **heap)
{
	size_t c = strlen(context), n = c == 0 ? 0 : c + 1;
	uint8_t *to = stack;

	if (n == 0)
		return bytes;
	if (bytes.n > ON_STACK - n && (to = *heap = malloc(n + bytes.n)) == NULL)
		return bytes_of(NULL, 0);
	memcpy(to, context, n);
	if (bytes.n > 0)
		memcpy(to + n, bytes.p, bytes.n);
	return bytes_of(to, n + bytes.n);
}

enum zt_err
sign_detached(
    const struct sign_key *k, const char *context, struct bytes bytes, uint8_t out[SIGN_BYTES])
{
	uint8_t stack[ON_STACK], *heap = NULL;
	struct bytes m = message(context, bytes, stack, &heap);

	if (m.p == NULL && m.n == 0 && *context != 0)
		return ZT_ERR_MEMORY;
	crypto_sign_detached(out, NULL, m.p, m.n, k->sk);
	free(heap);
	return ZT_OK;
}

enum zt_err
sign_verify(const uint8_t key[SIGN_PUBLIC_BYTES], const char *context, struct bytes bytes,
    struct bytes signature)
{
	uint8_t stack[ON_STACK], *heap = NULL;
	struct bytes m;
	int bad;

	if (signature.n != SIGN_BYTES)
		return ZT_ERR_SIGNATURE;
	m = message(context, bytes, stack, &heap);
	if (m.p == NULL && m.n == 0 && *context != 0)
		return ZT_ERR_MEMORY;
	bad = crypto_sign_verify_detached(signature.p, m.p, m.n, key);
	free(heap);
	return bad ? ZT_ERR_SIGNATURE : ZT_OK;
}
