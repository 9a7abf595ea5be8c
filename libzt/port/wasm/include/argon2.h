/* SPDX-License-Identifier: Apache-2.0 */
/* argon2.h - libargon2's interface as crypto/password.c uses it, over the Argon2 in libsodium:
 * Debian has no other source of it that a browser's build can have. */
#ifndef ZT_WASM_ARGON2_H
#define ZT_WASM_ARGON2_H

#include <stddef.h>
#include <stdint.h>

enum { ARGON2_OK = 0, ARGON2_VERSION_13 = 0x13 };
enum zt_argon2_type { Argon2_id = 2 };

typedef struct {
	uint8_t *out;
	uint32_t outlen;
	uint8_t *pwd;
	uint32_t pwdlen;
	uint8_t *salt;
	uint32_t saltlen;
	uint32_t t_cost, m_cost, lanes, threads, version;
	int (*allocate_cbk)(uint8_t **out, size_t n); /* not called: libsodium's own memory */
	void (*free_cbk)(uint8_t *p, size_t n);
} argon2_context;

int zt_argon2_ctx(argon2_context *c, enum zt_argon2_type type);
#define argon2_ctx zt_argon2_ctx

#endif
