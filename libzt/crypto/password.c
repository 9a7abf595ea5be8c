/* SPDX-License-Identifier: Apache-2.0 */
/* password.c - by libargon2 and not by libsodium: it takes memory from its caller, in huge
 * pages that halve the time (it reads all over them) and that no core file holds, and fills
 * lanes side by side. */
#include "crypto/password.h"

#include <argon2.h>
#include <sodium.h>
#include <sys/mman.h>

#include "base/utf8.h"

enum { PASSES_MIN = 3, PASSES_MAX = 64, LANES = 4, LANES_MAX = 64, KIB = 1024 };

static const uint64_t min_memory = 256ull << 20, max_memory = 4ull << 30;

struct password_cost
password_cost_now(void)
{
	return (struct password_cost){ PASSES_MIN, min_memory, LANES };
}

static int
take_pages(uint8_t **out, size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	(void)madvise(p, n, MADV_HUGEPAGE); /* where the kernel has none it only takes longer */
	(void)madvise(p, n, MADV_DONTDUMP);
	*out = p;
	return 0;
}

static void
give_pages(uint8_t *p, size_t n)
{
	(void)munmap(p, n); /* argon2 wiped them */
}

static enum zt_err
stretch(struct bytes password, const uint8_t salt[PASSWORD_SALT_BYTES],
    struct password_cost cost, struct secret **out)
{
	unsigned lanes = cost.lanes == 0 ? 1 : cost.lanes;
	uint8_t key[SECRET_BYTES]; /* wiped below */
	argon2_context c = {
		.out = key,
		.outlen = sizeof key,
		/* Only read: argon2 writes here only with a flag that is not set. */
		.pwd = (uint8_t *)(uintptr_t)password.p,
		.pwdlen = (uint32_t)password.n,
		.salt = (uint8_t *)(uintptr_t)salt,
		.saltlen = PASSWORD_SALT_BYTES,
		.t_cost = (uint32_t)cost.passes,
		.m_cost = (uint32_t)(cost.memory / KIB),
		.lanes = lanes,
		.threads = lanes,
		.version = ARGON2_VERSION_13,
		.allocate_cbk = take_pages,
		.free_cbk = give_pages,
	};
	enum zt_err err = ZT_ERR_MEMORY;

	if (cost.passes < PASSES_MIN || cost.memory < min_memory)
		return ZT_ERR_WEAK;
	if (cost.passes > PASSES_MAX || cost.memory > max_memory || lanes > LANES_MAX ||
	    password.n > UINT32_MAX)
		return ZT_ERR_TOO_BIG;
	if (argon2_ctx(&c, Argon2_id) == ARGON2_OK)
		err = secret_from(bytes_of(key, sizeof key), out);
	sodium_memzero(key, sizeof key);
	return err;
}

enum zt_err
password_key(struct bytes password, const uint8_t salt[PASSWORD_SALT_BYTES],
    struct password_cost cost, struct secret **out)
{
	struct buf normal = buf_init(4 * password.n + 64);
	enum zt_err err = ZT_OK;

	if (utf8_valid(password) && (err = utf8_normal(password, &normal)) == ZT_OK)
		password = buf_bytes(&normal);
	if (err == ZT_OK)
		err = stretch(password, salt, cost, out);
	buf_free(&normal);
	return err;
}
