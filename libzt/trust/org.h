/* SPDX-License-Identifier: Apache-2.0 */
/* org.h - what the trust log says of an organization: users, devices, workspaces, each fact
 * with the index of the entry at which it began (org_state.h asks and applies). */
#ifndef ZT_TRUST_ORG_H
#define ZT_TRUST_ORG_H

#include "crypto/idmap.h"
#include "trust/merkle.h"
#include "trust/org_users.h"

struct org_generation { /* a workspace key; number is its place in the array plus one */
	struct hash commitment;
	uint64_t index;
	struct org_older *older; /* usually one: the generation before */
	size_t older_count;
};

/* A position of a topic of messages. */
struct org_topic_pin {
	struct id topic;
	uint64_t position;
	struct hash link;
};

/* A position of the workspace's chain pinned by the log: changesets of users who lost the
 * right to write count up to it. */
struct org_pin {
	uint64_t index;            /* of the entry that states it */
	const struct org_user *of; /* the user whose loss of access the entry is; NULL: a
				    * rotation, for all losses before it */
	uint64_t position;
	struct hash link;
	struct org_topic_pin *topics; /* the same of messages, in the order of ids */
	size_t topic_count;
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

/* What a space is for; the same numbers as proto/trust.proto. */
enum space_kind { SPACE_WORKSPACE, SPACE_CHANNEL, SPACE_CONVERSATION };

struct org_workspace {
	struct id id;
	enum space_kind kind;
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
	struct org_policy *policies; /* what binds of them, of all settings (policy.h) */
	size_t policy_count, policy_cap;
	struct hash *releases; /* of the page, that are accepted; none: any */
	size_t release_count;
	struct hash *pinned; /* all that ever were, each once */
	size_t pinned_count, pinned_cap;
	struct merkle *tree; /* of all leaves, those of hidden topics included */
	struct idmap hidden; /* tags of hidden entries, known by their digests only */
};

#endif
