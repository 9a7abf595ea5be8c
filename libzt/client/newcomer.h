/* newcomer.h - somebody new: the keys of their first device, and how they are entered into the
 * log, whoever vouches for them. */
#ifndef ZT_CLIENT_NEWCOMER_H
#define ZT_CLIENT_NEWCOMER_H

#include "client/client.h"

/* Whether a newcomer may be called that: an address with one "@" and something on both sides of
 * it, a name and a label, each UTF-8 without controls and no longer than a name may be. Both
 * sides ask, and the newcomer before codes are compared. NULL, or a sentence what is wrong, in
 * English. */
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
/* Makes all of it; SEALED_LABEL is the device's label, sealed to the new user's key. The caller
 * gives N to newcomer_free, also on failure. */
ZT_CHECKED enum zt_err newcomer_make(
    struct newcomer *n, const char *label, struct buf *sealed_label);
/* The same for a device whose keys are N's already: what is public of them, and its label. */
ZT_CHECKED enum zt_err newcomer_seal_label(
    struct newcomer *n, const char *label, struct buf *sealed_label);
void newcomer_free(struct newcomer *n);

/* What a newcomer asks for; all is borrowed. */
struct newcomer_claim {
	struct id user;
	const char *email, *name, *profile; /* profile: admin, standard or outsider */
	ProtobufCBinaryData user_key, device, sign_key, seal_key, sealed_label;
};
/* An admin's act: the user, with a commitment to the handle, which is kept here and disclosed
 * to those who may know it; and theirs to the newcomer. Errors: INVALID (the profile), WHO (the
 * address is a live user's), those of client_append. */
ZT_CHECKED enum zt_err newcomer_enter(struct zt *z, const struct newcomer_claim *c);

#endif
