/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rules_model.h - "who may sign what" a second time, from the table of docs/protocol.md and not
 * from libzt/trust: small arrays, no indexes, no history. Tests hold the validator against it.
 */
#ifndef ZT_TEST_RULES_MODEL_H
#define ZT_TEST_RULES_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MODEL_DAY = 24 * 60 * 60 * 1000 };      /* a deletion can be taken back so long */
#define MODEL_MONTH (UINT64_C(30) * MODEL_DAY) /* the longest that settings ask for */
enum { MODEL_RELEASES = 16 };                  /* that are accepted at once */
enum {
	MODEL_USERS = 8,
	MODEL_DEVICES = 24,
	MODEL_SPACES = 4,
	MODEL_PINS = 640,
	MODEL_OLDER = 3
};

/* As the trust log names them. */
enum model_profile { M_ADMIN = 1, M_STANDARD, M_OUTSIDER };
enum model_role { M_NONE, M_READER, M_CONTRIBUTOR, M_MANAGER, M_OWNER };

struct model_user {
	bool live;
	enum model_profile profile;
	unsigned generation; /* of the user's key */
};

struct model_device {
	bool live;
	unsigned user;
	bool in_browser;
};

/* What the newest settings bind to; as the trust log has them. */
enum model_browsers { M_EVERYBODY, M_NOT_ADMINS, M_NOBODY };
enum model_creators { M_STANDARD_TOO, M_ADMINS_ONLY };
struct model_settings {
	enum model_browsers browsers;
	enum model_creators creators;
	uint64_t delay; /* of a deletion; 0: a day */
};

struct model_pin { /* a place of a chain that an entry states */
	uint64_t entry, position;
	bool is_rotation, is_void,
	    of_other; /* of_other: of another chain than the one there is */
};

struct model_space {
	bool archived, needs_rotation; /* access was lost since the newest key */
	unsigned generation;
	uint64_t due, time; /* of its newest entry */
	struct model_pin pin[MODEL_PINS];
	unsigned pins, voided[2]; /* voided: changesets, a bit each; [1]: of another chain */
	enum model_role role[MODEL_USERS];
};

struct model {
	unsigned users, devices, workspaces;
	uint64_t time; /* of the organization's newest entry */
	struct model_settings settings;
	struct model_user user[MODEL_USERS];
	struct model_device device[MODEL_DEVICES];
	struct model_space space[MODEL_SPACES];
};

enum model_act {
	M_USER_ADDED,
	M_DEVICE_ADDED,
	M_PROFILE_CHANGED,
	M_USER_REVOKED,
	M_DEVICE_REVOKED,
	M_USER_KEY_ROTATED,
	M_ORG_SETTINGS,
	M_RELEASES_PINNED,
	M_SPACE_CREATED,
	M_ROLE_CHANGED,
	M_KEY_ROTATED,
	M_OWNERSHIP_CLAIMED,
	M_SPACE_RENAMED,
	M_SPACE_ARCHIVED,
	M_SPACE_DELETION,
	M_PIN_VOIDED,
	M_CHANGESET_VOIDED,
	M_ACTS
};

/* What is unusual about an act. */
enum model_oddity {
	M_PLAIN,
	M_EARLIER,          /* its time lies before */
	M_OTHER_LINK,       /* it names a place of another chain */
	M_MISPLACED,        /* it is put into a topic that it does not belong to */
	M_SEES_AHEAD,       /* its author had seen more of the log than there is */
	M_SEALED_TWICE,     /* a user's key, to one device twice and to another not */
	M_SEALED_ELSEWHERE, /* to a device that is not a live one of the user */
	M_SEALED_SHORT,
	M_PREVIOUS_SHORT,
	M_OLDER_SHORT,
	M_OLDER,      /* older keys are brought along, by chance */
	M_BAD_ORIGIN, /* of a browser's page */
	M_RELEASE_TWICE,
	M_RELEASE_SHORT,
	M_ODDITIES
};

/* One act, as its author means it. Fields that an act does not use are not looked at. */
struct model_step {
	enum model_act act;
	unsigned author;              /* device; MODEL_DEVICES: one of nowhere */
	unsigned user, device, space; /* whom it is about; users..: a new one */
	unsigned value;               /* profile or role; archived */
	unsigned generation;          /* of the key that it makes, or names */
	uint64_t pinned, due, time;   /* of a rotation; of a deletion; now */
	uint64_t entry, names;        /* its own number; of what it declares void */
	enum model_oddity odd;
	unsigned older[MODEL_OLDER], olders; /* generations that a rotation brings along */
	struct model_settings settings;
	unsigned releases;
	bool in_browser;                      /* a new device */
	bool seals_to_all;                    /* a user's key, to exactly the live devices */
	bool lacks_previous;                  /* a rotation that brings no older key along */
	bool has_pin;                         /* a change of role, of a place in the chain */
	bool is_behind, is_forged, is_forked; /* another came first; not its author's signature;
						 its author saw another history */
};

/* Whether S may follow what M is. */
bool model_allows(const struct model *m, const struct model_step *s);
/* Takes it in. */
void model_apply(struct model *m, const struct model_step *s);

/* Leaf and tag of an entry, as docs/protocol.md has them: the INDEXth of TOPIC, behind the one
 * whose leaf is PREV (NULL: it is the first), with BODY and SIGNATURE. */
void model_leaf(const uint8_t topic[16], uint64_t index, const uint8_t *prev,
    const uint8_t *body, size_t body_n, const uint8_t signature[64], uint8_t tag[32],
    uint8_t leaf[32]);

#endif
