/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/secret.h"

#include <sodium.h>
#include <stdatomic.h>

struct secret {
	uint8_t key[SECRET_BYTES];
};

static atomic_long *
live(void)
{
	static atomic_long count; /* a meter for tests, the one hidden state of this floor */

	return &count;
}

void *
secret_memory(size_t n)
{
	void *p = sodium_malloc(n);

	if (p != NULL)
		atomic_fetch_add(live(), 1);
	return p;
}

void
secret_memory_free(void *p)
{
	if (p == NULL)
		return;
	sodium_free(p); /* wipes */
	atomic_fetch_sub(live(), 1);
}

long
secret_live(void)
{
	return atomic_load(live());
}

enum zt_err
secret_generate(struct secret **out)
{
	struct secret *s = secret_memory(sizeof *s);

	if (s == NULL)
		return ZT_ERR_MEMORY;
	randombytes_buf(s->key, sizeof s->key);
	*out = s;
	return ZT_OK;
}

enum zt_err
secret_from(struct bytes bytes, struct secret **out)
{
	struct secret *s;

	if (bytes.n != SECRET_BYTES)
		return ZT_ERR_CORRUPT;
	if ((s = secret_memory(sizeof *s)) == NULL)
		return ZT_ERR_MEMORY;
	memcpy(s->key, bytes.p, SECRET_BYTES);
	*out = s;
	return ZT_OK;
}

enum zt_err
secret_derive(const struct secret *from, const char *purpose, struct secret **out)
{
	struct secret *s = secret_memory(sizeof *s);

	if (s == NULL)
		return ZT_ERR_MEMORY;
	crypto_generichash(s->key, sizeof s->key, (const uint8_t *)purpose, strlen(purpose),
	    from->key, sizeof from->key);
	*out = s;
	return ZT_OK;
}

void
secret_mark(const struct secret *s, const char *purpose, const struct bytes *parts,
    size_t count, uint8_t out[SECRET_MARK])
{
	crypto_generichash_state g;

	crypto_generichash_init(&g, s->key, sizeof s->key, SECRET_MARK);
	crypto_generichash_update(&g, (const uint8_t *)purpose, strlen(purpose) + 1);
	for (size_t i = 0; i < count; i++)
		crypto_generichash_update(&g, parts[i].p, parts[i].n);
	crypto_generichash_final(&g, out, SECRET_MARK);
	sodium_memzero(&g, sizeof g);
}

void
secret_free(struct secret *s)
{
	secret_memory_free(s);
}

struct bytes
secret_bytes(const struct secret *s)
{
	return bytes_of(s->key, sizeof s->key);
}

bool
secret_equal(const struct secret *a, const struct secret *b)
{
	return sodium_memcmp(a->key, b->key, sizeof a->key) == 0;
}

bool
ct_equal(struct bytes a, struct bytes b)
{
	return a.n == b.n && sodium_memcmp(a.p, b.p, a.n) == 0;
}
