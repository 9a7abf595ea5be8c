#include "crypto/password.h"

#include <sodium.h>

#define MOST_PASSES 64u
#define MOST_MEMORY (4ull << 30)

struct password_cost
password_cost_now(void)
{
	return (struct password_cost){ crypto_pwhash_OPSLIMIT_MODERATE,
		crypto_pwhash_MEMLIMIT_MODERATE };
}

enum zt_err
password_key(struct bytes password, const uint8_t salt[PASSWORD_SALT_BYTES],
    struct password_cost cost, struct secret **out)
{
	uint8_t key[SECRET_BYTES]; /* wiped below */
	enum zt_err err = ZT_ERR_MEMORY;

	if (cost.passes < crypto_pwhash_OPSLIMIT_MODERATE ||
	    cost.memory < crypto_pwhash_MEMLIMIT_MODERATE)
		return ZT_ERR_WEAK;
	if (cost.passes > MOST_PASSES || cost.memory > MOST_MEMORY)
		return ZT_ERR_TOO_BIG;
	if (crypto_pwhash(key, sizeof key, (const char *)password.p, password.n, salt,
		cost.passes, (size_t)cost.memory, crypto_pwhash_ALG_ARGON2ID13) == 0)
		err = secret_from(bytes_of(key, sizeof key), out);
	sodium_memzero(key, sizeof key);
	return err;
}
