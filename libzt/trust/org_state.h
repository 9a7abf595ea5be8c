/* SPDX-License-Identifier: Apache-2.0 */
/* org_state.h - the organization's state, computed from its trust log entry by entry.
 *
 * Every fact is stored with the log index at which it began, so that all questions can be
 * asked "as of index N": a statement is judged at the log position that it names. Not
 * thread-safe. */
#ifndef ZT_TRUST_ORG_STATE_H
#define ZT_TRUST_ORG_STATE_H

#include "crypto/envelope.h"
#include "crypto/hpke.h"
#include "crypto/idmap.h"
#include "trust/entry.h"
#include "trust/merkle.h"

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
	uint8_t *sealed_label;
	size_t sealed_label_n;
	struct org_sealed_key *sealed_keys; /* its user's keys, sealed to it, oldest first */
	size_t sealed_key_count, sealed_key_cap;
};

struct org_generation { /* a workspace key; number is its place in the array plus one */
	struct hash commitment;
	uint64_t index;
	struct org_older *older; /* usually one: the generation before */
	size_t older_count;
};

/* A position of the workspace's chain pinned by the log: changesets of users who lost the
 * right to write count up to it. */
struct org_pin {
	uint64_t index;            /* of the entry that states it */
	const struct org_user *of; /* the user whose loss of access the entry is; NULL: a
				    * rotation, for all losses before it */
	uint64_t position;
	struct hash link;
	bool voided;         /* an owner declared it void: ignore it */
	uint64_t void_index; /* of that entry; ORG_NEVER */
};

struct org_void { /* a changeset that an owner declared void */
	uint64_t index, position;
	struct hash link;
};

struct org_name { /* of a workspace, under its key of GENERATION */
	unsigned generation;
	uint8_t *sealed;
	size_t n;
};

struct org_member { /* a user who has, or had, a role */
	struct org_user *user;
	struct org_mark *roles; /* every change, in order; values are enum role */
	size_t role_count, role_cap;
};

struct org_workspace {
	struct id id;
	struct org_topic topic;
	uint64_t created;
	struct org_generation *generations;
	size_t generation_count, generation_cap;
	struct org_member **members;
	size_t member_count, member_cap;
	struct idmap by_user;  /* the same members */
	uint64_t *withdrawals; /* entries that removed a user's last role */
	size_t withdrawal_count, withdrawal_cap;
	struct org_name *names; /* all of them, the newest last */
	size_t name_count, name_cap;
	struct org_pin *pins; /* all of them, in the order of the log */
	size_t pin_count, pin_cap;
	struct org_void *voids;
	size_t void_count, void_cap;
	bool archived;
	uint64_t deletion_due; /* 0: none */
};

struct org_state {
	struct id id;
	char slug[40];
	uint8_t root_key[SIGN_PUBLIC_BYTES], log_key[SIGN_PUBLIC_BYTES];
	bool begun; /* the genesis was applied */
	struct org_topic topic;
	struct idmap users, devices, workspaces;
	uint8_t *settings; /* the newest, an encoded Settings; NULL: none yet */
	size_t settings_n;
	struct merkle *tree; /* of all leaves, those of hidden topics included */
	struct idmap hidden; /* tags of hidden entries, known by their digests only */
};

/* An organization without entries. Errors: MEMORY. */
ZT_CHECKED enum zt_err org_state_new(const struct id *org, struct org_state **out);
void org_state_free(struct org_state *o);
/* The organization's id: the first 16 bytes of a hash of its root key, so that the id alone
 * pins the root. */
void org_state_id(const uint8_t root_key[SIGN_PUBLIC_BYTES], struct id *out);

/* Look-ups; NULL when unknown. */
struct org_user *org_state_user(const struct org_state *o, const struct id *id);
struct org_device *org_state_device(const struct org_state *o, const struct id *id);
struct org_workspace *org_state_workspace(const struct org_state *o, const struct id *id);

/* Questions as of just before entry AT (ORG_NEVER: now). */
bool org_state_user_live(const struct org_user *u, uint64_t at);
bool org_state_device_live(const struct org_device *d, uint64_t at); /* and its user */
enum profile org_state_profile(const struct org_user *u, uint64_t at);
/* The effective role: none for the revoked, at most contributor for an outsider. */
enum role org_state_role(const struct org_workspace *w, const struct org_user *u, uint64_t at);
/* Whether access was lost after the newest rotation before AT: the key must be rotated. */
bool org_state_is_open(const struct org_workspace *w, uint64_t at);
/* Whether a device of U was revoked after U's last key rotation: it knows the key, so nothing
 * new is sealed to U before the next rotation. */
bool org_state_user_key_is_open(const struct org_user *u);
/* The first index in [FROM, ORG_NEVER) at which D or its user lost the right to write in W, or
 * ORG_NEVER. */
uint64_t org_state_loss(
    const struct org_workspace *w, const struct org_device *d, uint64_t from);
/* The first loss of access to W after its newest rotation, before AT, of a user who could
 * write and whose changesets no entry has pinned; ORG_NEVER: none. */
uint64_t org_state_unpinned_loss(const struct org_workspace *w, uint64_t at);
/* The pin up to which changesets of U count that were signed before the loss at index LOSS;
 * NULL: no entry states one yet. */
const struct org_pin *org_state_pin(
    const struct org_workspace *w, const struct org_user *u, uint64_t loss);
/* The furthest pin of W's chain; NULL: none. */
const struct org_pin *org_state_furthest_pin(const struct org_workspace *w);
/* Whether an owner declared void the changeset at POSITION with chain hash LINK. */
bool org_state_is_void(
    const struct org_workspace *w, uint64_t position, const struct hash *link);
/* Whether U may read entry INDEX of W. */
bool org_state_may_see(const struct org_workspace *w, const struct org_user *u, uint64_t index);
/* Whether U has, or had, any role in W. */
bool org_state_knows(const struct org_workspace *w, const struct org_user *u);

/* Records that the log contains an entry with TAG that is hidden here. Errors: MEMORY. */
ZT_CHECKED enum zt_err org_state_hide(struct org_state *o, const struct hash *tag);
/* Whether the log contains the next entry of TOPIC (the organization's, or a workspace's) as a
 * hidden one. If this device may see the topic, the server is cheating. */
bool org_state_hides_next(const struct org_state *o, const struct id *topic);

/* Applies E, which rules_check accepted as entry INDEX; the caller updates the tree. Errors:
 * MEMORY. */
ZT_CHECKED enum zt_err org_state_apply(
    struct org_state *o, const struct entry *e, uint64_t index);

const char *org_state_profile_name(enum profile p);
const char *org_state_role_name(enum role r);

#endif
