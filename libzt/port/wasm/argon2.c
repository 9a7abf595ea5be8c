/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto_pwhash/argon2/argon2.h" /* libsodium's own: its interface has no lanes */

#include <sodium.h>

/* As include/argon2.h declares it; the two headers name their types alike. */
struct outer {
	uint8_t *out;
	uint32_t outlen;
	uint8_t *pwd;
	uint32_t pwdlen;
	uint8_t *salt;
	uint32_t saltlen;
	uint32_t t_cost, m_cost, lanes, threads, version;
};

int zt_argon2_ctx(const struct outer *c, int type);

int
zt_argon2_ctx(const struct outer *c, int type)
{
	argon2_context in = {
		.out = c->out,
		.outlen = c->outlen,
		.pwd = c->pwd,
		.pwdlen = c->pwdlen,
		.salt = c->salt,
		.saltlen = c->saltlen,
		.t_cost = c->t_cost,
		.m_cost = c->m_cost,
		.lanes = c->lanes,
		.threads = c->lanes,
	};

	return argon2_ctx(&in, (argon2_type)type);
}
