/* zt/org.h - organizations, people, devices, the trust log. */
#ifndef ZT_ORG_H
#define ZT_ORG_H

#include "zt/zt.h"

struct zt_bootstrap {
	const char *server;         /* http://HOST:PORT or https://… */
	const char *operator_token; /* of the server's operator */
	const char *founding_code;  /* or what the operator gave (zt_server_org_create) */
	const char *slug;           /* short name: a-z 0-9 - */
	const char *email, *name, *device_label;
};
/* Creates an organization with its first admin and device in O->home. The root key is wiped
 * before this returns. Errors: EXISTS (a device is there, or the name is taken), FORBIDDEN
 * (token). */
ZT_CALL enum zt_err zt_bootstrap(
    const struct zt_options *o, const struct zt_bootstrap *b, char *why);

struct zt_user {
	const char *id, *profile; /* admin, standard, outsider */
	const char *email, *name; /* "" when not disclosed to this device */
	const char *fingerprint;
	bool is_live, is_me;
};
/* A person, before something is given to them. */
struct zt_person {
	char id[33], email[260], name[260]; /* "" when not disclosed to this device */
	char fingerprint[ZT_FINGERPRINT];   /* of id and first key: it never changes */
	char doubt[256]; /* "", or why to look twice: the address looks like another known one,
			    mixes alphabets, or was another user's before */
	bool is_live;
};
/* Whom USER (e-mail or id) means. Errors: NOT_FOUND; WHO (the address is that of two users, or
 * meant another user on this device before: name them by id, and it means that one from then
 * on). */
ZT_CALL enum zt_err zt_find_person(struct zt *z, const char *user, struct zt_person *out);
struct zt_device {
	const char *id, *user, *email, *purpose;
	const char *label; /* "" for other people's devices */
	uint64_t added;    /* milliseconds since 1970; 0: not known */
	const char *by;    /* the label or id of the device that added it; "": not known */
	bool is_live, is_me;
};
struct zt_entry {
	uint64_t index, time;
	const char *topic;  /* "org", a workspace's name or id, or "" when hidden */
	const char *action; /* "" when hidden */
	const char *author, *leaf;
};
/* Each shows what the verified log says, oldest first. */
ZT_CALL enum zt_err zt_users(
    struct zt *z, void (*each)(void *ctx, const struct zt_user *u), void *ctx);
ZT_CALL enum zt_err zt_devices(
    struct zt *z, void (*each)(void *ctx, const struct zt_device *d), void *ctx);
ZT_CALL enum zt_err zt_log(
    struct zt *z, uint64_t from, void (*each)(void *ctx, const struct zt_entry *e), void *ctx);
/* Fetches the whole log anew and verifies it from nothing against the pinned root key. *ENTRIES
 * were checked. */
ZT_CALL enum zt_err zt_log_verify(struct zt *z, uint64_t *entries);
/* Writes the verified log, and the chain of WORKSPACE unless it is NULL, to FD, a file, for
 * zt-audit. What this device may not see stands there as hashes. Errors: IO, FULL. */
ZT_CALL enum zt_err zt_log_export(struct zt *z, int fd, const char *workspace);
/* Reads a head that a person typed: a colleague's zt_identity.log_head. Errors: INVALID (it is
 * not written like that), CORRUPT (its check does not fit: something is written wrongly). */
ZT_CALL enum zt_err zt_head_read(const char *text, uint64_t *size, uint8_t root[32]);
/* Whether this device's log has the root that a colleague saw at SIZE entries (zt_whoami on
 * each side). When it has, the freeze after an earlier fork ends. Errors: ROLLBACK (the server
 * shows less here), FORK (another history: this device writes nothing more). */
ZT_CALL enum zt_err zt_log_compare(struct zt *z, uint64_t size, const uint8_t root[32]);
/* Revokes a device by id, or by the label of one of one's own, and renews the keys that it
 * knew: its user's, and those of the workspaces (zt_tend; what is not this device's to renew
 * follows when whoever may is there). Errors: INVALID (this very device), NOT_FOUND, FORBIDDEN.
 */
ZT_CALL enum zt_err zt_device_revoke(struct zt *z, const char *device);
/* The id of a device, given as such or as the label of one of one's own. Errors: NOT_FOUND, WHO
 * (two have the label). */
ZT_CALL enum zt_err zt_find_device(struct zt *z, const char *device, char id[33]);

/* An act of a device: an entry of the log, or an invitation that is open still. */
enum zt_undo { ZT_UNDO_NONE, ZT_UNDO_DEVICE, ZT_UNDO_USER, ZT_UNDO_ROLE, ZT_UNDO_INVITATION };
struct zt_act {
	uint64_t index, time;
	const char *action;    /* as in zt_log, or "invitation" */
	const char *by;        /* the id of the device that did it */
	const char *subject;   /* the id of whom or what it is about; "" */
	const char *workspace; /* where; "" */
	const char *what;      /* the same in words: an address, a label, a role */
	enum zt_undo undo;     /* what of it stands, and may be taken back */
};
/* Shows what the device (an id, revoked or not) has done, and what the devices did that it
 * brought in, as the log says that was last verified; then the open invitations, which the
 * server lists. Key rotations, which devices make by themselves, are left out. */
ZT_CALL enum zt_err zt_device_acts(struct zt *z, const char *device,
    void (*each)(void *ctx, const struct zt_act *a), void *ctx);
/* Shows this user's live devices (of recovery too) that came after this one, by another device,
 * and that nobody has acknowledged here. */
ZT_CALL enum zt_err zt_new_devices(
    struct zt *z, void (*each)(void *ctx, const struct zt_device *d), void *ctx);
/* A person knows them: DEVICE (an id or label), or all (NULL). *COUNT of them were new. */
ZT_CALL enum zt_err zt_device_acknowledge(struct zt *z, const char *device, unsigned *count);
/* Gives USER (e-mail or id) the profile admin, standard or outsider. Errors: FORBIDDEN (not an
 * admin), INVALID. */
ZT_CALL enum zt_err zt_user_profile(struct zt *z, const char *user, const char *profile);
/* Revokes a user by e-mail or id. */
ZT_CALL enum zt_err zt_user_revoke(struct zt *z, const char *user);

#endif
