/* SPDX-License-Identifier: Apache-2.0 */
/* keyring.h - workspace keys: commitments, sealing a key to a member, and reaching keys of
 * older generations (protocol.md 5). */
#ifndef ZT_TRUST_KEYRING_H
#define ZT_TRUST_KEYRING_H

#include "crypto/secret.h"
#include "trust/org_state.h"

/* Everything that a sealed key is bound to. */
struct keyring_subject {
	struct id org, workspace, user;
	unsigned generation, user_generation;
};

/* The commitment to a workspace key that the log states. */
void keyring_commit(const struct secret *key, struct hash *out);
/* Seals KEY to the user's X25519 key and signs it as device AUTHOR; BODY keeps the bytes. */
ZT_CHECKED enum zt_err keyring_seal(const struct sign_key *signer, const struct id *author,
    const struct keyring_subject *s, const uint8_t user_key[32], const struct secret *key,
    struct buf *body, struct statement *out);
/* The shape and subject of a sealed key, without opening it: for the service that stores it
 * and checks the signature itself. AUTHOR is the device that signed. Errors: CORRUPT, SUITE,
 * CRITICAL. */
ZT_CHECKED enum zt_err keyring_read(
    const struct statement *sealed, struct keyring_subject *out, struct id *author);
/* Opens a sealed key for S: right subject, signed by a device of O that is known, opened by
 * USER_KEY, and the committed one. The caller frees *OUT. Errors: CORRUPT (another subject),
 * SIGNATURE, UNKNOWN_DEVICE, KEY (opens to another key, or not at all). */
ZT_CHECKED enum zt_err keyring_open(const struct org_state *o, const struct keyring_subject *s,
    const struct statement *sealed, const struct secret *user_key,
    const struct hash *commitment, struct secret **out);
/* An older generation's key under a newer one, for KeyRotated; GENERATION is the newer one's.
 */
ZT_CHECKED enum zt_err keyring_seal_older(const struct secret *key, const struct id *workspace,
    unsigned generation, const struct secret *older, struct buf *out);
/* Opens an older key sealed so, which must match COMMITMENT. Errors: KEY. The caller frees
 * *OUT. */
ZT_CHECKED enum zt_err keyring_open_older(const struct secret *key, const struct id *workspace,
    unsigned generation, struct bytes sealed, const struct hash *commitment,
    struct secret **out);
/* A user's own key (X25519) of GENERATION, sealed to a device of that user, for UserKeyRotated.
 */
ZT_CHECKED enum zt_err keyring_seal_user_key(const struct org_device *to, unsigned generation,
    const struct secret *key, struct buf *out);
/* Opens the user key of GENERATION that the log holds for device D, with its private SEAL key,
 * and checks that it is the private half of the logged public key. The caller frees *OUT.
 * Errors: NOT_FOUND (none was sealed to it), KEY. */
ZT_CHECKED enum zt_err keyring_open_user_key(const struct org_device *d, unsigned generation,
    const struct secret *seal, struct secret **out);
/* The same for a user's older keys: GENERATION is that of KEY, the newer one. Opening: OLDER
 * is one that the rotation to GENERATION included. Errors: KEY. */
ZT_CHECKED enum zt_err keyring_seal_user_older(const struct secret *key, const struct id *user,
    unsigned generation, const struct secret *older, struct buf *out);
ZT_CHECKED enum zt_err keyring_open_user_older(const struct org_user *u, unsigned generation,
    const struct secret *key, const struct org_older *older, struct secret **out);
/* A name (of a workspace) under its key. */
ZT_CHECKED enum zt_err keyring_seal_name(const struct secret *key, const struct id *workspace,
    unsigned generation, struct bytes name, struct buf *out);
ZT_CHECKED enum zt_err keyring_open_name(const struct secret *key, const struct id *workspace,
    unsigned generation, struct bytes sealed, struct buf *out);

#endif
