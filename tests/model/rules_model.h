/* rules_model.h - "who may sign what" once more, from the table of docs/protocol.md and not
 * from libzt/trust: small arrays, no indexes, no history. Tests hold the validator against it.
 */
#ifndef ZT_TEST_RULES_MODEL_H
#define ZT_TEST_RULES_MODEL_H

#include <stdbool.h>
#include <stdint.h>

enum { MODEL_DAY = 24 * 60 * 60 * 1000 }; /* a deletion can be taken back so long */
enum { MODEL_USERS = 8, MODEL_DEVICES = 24, MODEL_SPACES = 4, MODEL_PINS = 640 };

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
};

struct model_pin { /* a place of a chain that an entry states */
	uint64_t entry, position;
	bool is_rotation, is_void;
};

struct model_space {
	bool archived, open; /* open: access was lost since the newest key */
	unsigned generation;
	uint64_t due;
	struct model_pin pin[MODEL_PINS];
	unsigned pins, voided; /* voided: changesets, a bit each */
	enum model_role role[MODEL_USERS];
};

struct model {
	unsigned users, devices, spaces;
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

/* One act, as its author means it. What an act does not speak of is not looked at. */
struct model_step {
	enum model_act act;
	unsigned author;                      /* device; MODEL_DEVICES: one of nowhere */
	unsigned user, device, space;         /* whom it is about; users..: a new one */
	unsigned value;                       /* profile or role; archived */
	unsigned generation;                  /* of the key that it makes, or names */
	uint64_t pinned, due, time;           /* of a rotation; of a deletion; now */
	uint64_t entry, names;                /* its own number; of what it declares void */
	bool seals_to_all;                    /* a user's key, to exactly the live devices */
	bool lacks_previous;                  /* a rotation that brings no older key along */
	bool has_pin;                         /* a change of role, of a place in the chain */
	bool is_behind, is_forged, is_forked; /* another came first; not its author's signature;
						 its author saw another history */
};

/* Whether S may stand behind what M is. */
bool model_allows(const struct model *m, const struct model_step *s);
/* Takes it in. */
void model_apply(struct model *m, const struct model_step *s);

#endif
