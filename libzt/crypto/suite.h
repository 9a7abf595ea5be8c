/* SPDX-License-Identifier: Apache-2.0 */
/* suite.h - suite numbers, and the start of the cryptographic library. protocol.md 2. */
#ifndef ZT_CRYPTO_SUITE_H
#define ZT_CRYPTO_SUITE_H

#include "base/err.h"

#define SUITE_1 1u /* Ed25519, X25519 HPKE, XChaCha20-Poly1305, BLAKE2b-256, SHA-256 */

/* Must be called once in a process before anything else of this folder; may be called again.
 * Errors: IO (no randomness to be had). */
ZT_CHECKED enum zt_err suite_init(void);
/* ZT_OK for a suite that this version implements, else SUITE. */
ZT_CHECKED enum zt_err suite_check(unsigned suite);
/* Fills OUT with N random bytes. */
void random_bytes(void *out, unsigned long n);
/* Wipes N bytes of a secret on the stack. */
void wipe(void *p, unsigned long n);

#endif
