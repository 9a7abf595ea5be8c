/* SPDX-License-Identifier: Apache-2.0 */
/* argon2.c - in an instance of the module that ends: what memory an instance has taken it never
 * gives back, and Argon2 takes hundreds of MiB. */
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
int argon2_alone(uint8_t *pwd, uint32_t pwd_n, uint8_t *salt, uint32_t salt_n, uint32_t passes,
    uint32_t kib, uint32_t lanes, int type, uint8_t *out, uint32_t out_n);

/* The host (argon2.mjs) calls argon2_alone of another instance. */
__attribute__((import_module("zt"), import_name("argon2"))) int host_argon2(const uint8_t *pwd,
    uint32_t pwd_n, const uint8_t *salt, uint32_t salt_n, uint32_t passes, uint32_t kib,
    uint32_t lanes, int type, uint8_t *out, uint32_t out_n);

int
zt_argon2_ctx(const struct outer *c, int type)
{
	return host_argon2(c->pwd, c->pwdlen, c->salt, c->saltlen, c->t_cost, c->m_cost,
	    c->lanes, type, c->out, c->outlen);
}

__attribute__((export_name("argon2_alone"))) int
argon2_alone(uint8_t *pwd, uint32_t pwd_n, uint8_t *salt, uint32_t salt_n, uint32_t passes,
    uint32_t kib, uint32_t lanes, int type, uint8_t *out, uint32_t out_n)
{
	argon2_context in = {
		.out = out,
		.outlen = out_n,
		.pwd = pwd,
		.pwdlen = pwd_n,
		.salt = salt,
		.saltlen = salt_n,
		.t_cost = passes,
		.m_cost = kib,
		.lanes = lanes,
		.threads = lanes,
	};

	return argon2_ctx(&in, (argon2_type)type);
}
