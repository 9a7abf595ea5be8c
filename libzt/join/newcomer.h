/* SPDX-License-Identifier: Apache-2.0 */
/* newcomer.h - a new user: the keys of their first device, and their entry into the log, for
 * every way to vouch for them. */
#ifndef ZT_JOIN_NEWCOMER_H
#define ZT_JOIN_NEWCOMER_H

#include "session/session.h"

/* Checks a newcomer's texts: an address with one "@" and text on both sides, a name and a
 * label, each UTF-8 without controls and within the length of a name. Both sides check; the
 * newcomer before comparing codes. Returns NULL, or a sentence in English. */
const char *newcomer_bad_text(const char *email, const char *name, const char *label);
/* The same for Z. Errors: INVALID. */
ZT_CHECKED enum zt_err newcomer_check_text(
    struct zt *z, const char *email, const char *name, const char *label);

struct newcomer {
	struct sign_key *sign;
	struct secret *seal, *user_key;
	struct id device;
	uint8_t sign_public[SIGN_PUBLIC_BYTES], seal_public[32], user_public[32];
};
/* Generates all keys of N; SEALED_LABEL gets the device's label, sealed to the new user's key.
 * The caller gives N to newcomer_free, also on failure. */
ZT_CHECKED enum zt_err newcomer_make(
    struct newcomer *n, const char *label, struct buf *sealed_label);
/* The same with the keys already in N: computes the public keys, and seals the label. */
ZT_CHECKED enum zt_err newcomer_seal_label(
    struct newcomer *n, const char *label, struct buf *sealed_label);
void newcomer_free(struct newcomer *n);

/* A newcomer's request; everything is borrowed. */
struct newcomer_claim {
	struct id user;
	const char *email, *name, *profile; /* profile: admin, standard or outsider */
	const char *browser;                /* the origin of a page; NULL or "": none */
	ProtobufCBinaryData user_key, device, sign_key, seal_key, sealed_label;
};
/* Enters the user into the log, for admins, with a commitment to the handle. Stores the handle
 * here, discloses it to the users who may know it, and theirs to the newcomer. Errors: INVALID
 * (the profile), WHO (the address is a live user's), those of log_append. */
ZT_CHECKED enum zt_err newcomer_enter(struct zt *z, const struct newcomer_claim *c);

#endif
