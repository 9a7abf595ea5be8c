/* SPDX-License-Identifier: Apache-2.0 */
/* org_users.h - what the trust log says of users and their devices. */
#ifndef ZT_TRUST_ORG_USERS_H
#define ZT_TRUST_ORG_USERS_H

#include "crypto/envelope.h"
#include "crypto/hpke.h"
#include "crypto/sign.h"

#define ORG_NEVER UINT64_MAX

enum profile { PROFILE_NONE, PROFILE_ADMIN, PROFILE_STANDARD, PROFILE_OUTSIDER };
enum role { ROLE_NONE, ROLE_READER, ROLE_CONTRIBUTOR, ROLE_MANAGER, ROLE_OWNER };

struct org_topic {
	uint64_t length, time; /* of its newest entry */
	struct hash last;      /* leaf of its newest entry */
};

struct org_mark { /* a value in force right after entry INDEX */
	uint64_t index;
	unsigned value;
};

struct org_older { /* an older generation's key, sealed under a newer one */
	unsigned generation;
	uint8_t sealed[ENVELOPE_WRAP_BYTES];
};

struct org_user_key { /* number is its place in the array plus one */
	uint8_t key[32];
	uint64_t index;          /* of the entry that introduced it */
	struct org_older *older; /* usually one: the generation before */
	size_t older_count;
};

struct org_user {
	struct id id;
	struct hash handle_commitment;
	uint8_t key[32]; /* of the newest generation */
	unsigned key_generation;
	struct org_user_key *keys; /* all of them */
	size_t key_cap;
	uint64_t added, revoked; /* entry indexes; ORG_NEVER */
	struct org_mark *profiles;
	size_t profile_count, profile_cap;
	uint64_t *losses; /* entries that took access from the user or one of its devices */
	size_t loss_count, loss_cap;
};

struct org_sealed_key {
	unsigned generation;
	uint8_t sealed[SECRET_BYTES + HPKE_OVERHEAD];
};

struct org_device {
	struct id id;
	struct org_user *user;
	uint8_t sign_key[SIGN_PUBLIC_BYTES], seal_key[32];
	uint64_t added, revoked;
	char purpose[32];
	char *browser; /* the origin of the page that made it in a browser; NULL: a program */
	uint8_t *sealed_label;
	size_t sealed_label_n;
	struct org_sealed_key *sealed_keys; /* its user's keys, sealed to it, oldest first */
	size_t sealed_key_count, sealed_key_cap;
};

#endif
