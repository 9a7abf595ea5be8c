/* SPDX-License-Identifier: Apache-2.0 */
/* zt/org.h - organizations, people, devices, the trust log. */
#ifndef ZT_ORG_H
#define ZT_ORG_H

#include "zt/zt.h"

#ifdef __cplusplus
extern "C" {
#endif

struct zt_bootstrap {
	const char *server;         /* http://HOST:PORT or https://… */
	const char *operator_token; /* the operator's token, or NULL */
	const char *founding_code;  /* or the code from the operator (zt_server_org_create) */
	const char *slug;           /* short name: a-z 0-9 - */
	const char *email, *name, *device_label;
};
/* Creates an organization with its first admin and device in O->home. Wipes the root key
 * before it returns. Errors: EXISTS (O->home has a device, or the name is taken), FORBIDDEN
 * (token). */
ZT_CALL enum zt_err zt_bootstrap(
    const struct zt_options *o, const struct zt_bootstrap *b, char *message);

struct zt_user {
	const char *id, *profile; /* admin, standard, outsider */
	const char *email, *name; /* "" when not disclosed to this device */
	const char *fingerprint;
	bool is_live, is_me;
};
/* A person, to be checked before they get access. */
struct zt_person {
	char id[33], email[260], name[260]; /* "" when not disclosed to this device */
	char fingerprint[ZT_FINGERPRINT];   /* of id and first key: it never changes */
	char doubt[256]; /* "", or a warning: the address looks like another known one, mixes
			  * alphabets, or was another user's before */
	bool is_live;
};
/* Finds the person USER (e-mail or id). An id also makes the address mean that user on this
 * device from now on. Errors: NOT_FOUND; WHO (two users have the address, or it meant another
 * user on this device before: use the id). */
ZT_CALL enum zt_err zt_find_person(struct zt *z, const char *user, struct zt_person *out);
struct zt_device {
	const char *id, *user, *email, *purpose;
	const char *label; /* "" for other people's devices */
	uint64_t added;    /* milliseconds since 1970; 0: not known */
	const char *by;    /* the label or id of the device that added it; "": not known */
	bool is_live, is_me;
	const char *browser; /* the origin of the page that made it in a browser; "": none */
};
struct zt_entry {
	uint64_t index, time;
	const char *topic;  /* "org", a workspace's name or id, or "" when hidden */
	const char *action; /* "" when hidden */
	const char *author, *leaf;
};
/* These list the contents of the verified log, oldest first. */
ZT_CALL enum zt_err zt_users(
    struct zt *z, void (*each)(void *ctx, const struct zt_user *u), void *ctx);
ZT_CALL enum zt_err zt_devices(
    struct zt *z, void (*each)(void *ctx, const struct zt_device *d), void *ctx);
ZT_CALL enum zt_err zt_log(
    struct zt *z, uint64_t from, void (*each)(void *ctx, const struct zt_entry *e), void *ctx);
/* Fetches the whole log again and verifies it from its first entry against the pinned root
 * key. *ENTRIES: the number checked. */
ZT_CALL enum zt_err zt_log_verify(struct zt *z, uint64_t *entries);
/* Writes the verified log, and the chain of WORKSPACE unless it is NULL, to the file FD, for
 * zt-audit. Entries that this device may not see are written as hashes. Errors: IO, FULL. */
ZT_CALL enum zt_err zt_log_export(struct zt *z, int fd, const char *workspace);
/* Parses a head that a person typed: a colleague's zt_identity.log_head. Errors: INVALID
 * (malformed), CORRUPT (its check digits do not match: a typing error). */
ZT_CALL enum zt_err zt_head_read(const char *text, uint64_t *size, uint8_t root[32]);
/* Checks that this device's log has ROOT at SIZE entries, as a colleague's has (zt_whoami on
 * each side). If it does, a freeze after an earlier fork ends. Errors: ROLLBACK (the server
 * shows a shorter log here), FORK (another history: this device stops writing). */
ZT_CALL enum zt_err zt_log_compare(struct zt *z, uint64_t size, const uint8_t root[32]);
/* Revokes a device by id, or by the label of one of one's own, and rotates the keys that it
 * knew: its user's, and those of the workspaces (zt_maintain_keys; keys that this device may
 * not rotate are rotated by another member's device). Errors: INVALID (this device), NOT_FOUND,
 * FORBIDDEN. */
ZT_CALL enum zt_err zt_device_revoke(struct zt *z, const char *device);
/* Finds a device's id from its id, or from the label of one of one's own. Errors: NOT_FOUND,
 * WHO (two have the label). */
ZT_CALL enum zt_err zt_find_device(struct zt *z, const char *device, char id[33]);

/* An act of a device: an entry of the log, or an open invitation. */
enum zt_undo { ZT_UNDO_NONE, ZT_UNDO_DEVICE, ZT_UNDO_USER, ZT_UNDO_ROLE, ZT_UNDO_INVITATION };
struct zt_act {
	uint64_t index, time;
	const char *action;    /* as in zt_log, or "invitation" */
	const char *by;        /* id of the acting device */
	const char *subject;   /* id of the user, device or invitation acted on; "" */
	const char *workspace; /* id of the workspace; "" */
	const char *what;      /* description: an address, a label, a role */
	enum zt_undo undo;     /* which effect is still in force and can be undone */
};
/* Lists the acts of the device (an id, revoked or not) and of the devices that it brought in,
 * from the log as last verified; then the open invitations, from the server. Leaves out key
 * rotations, which devices make automatically. */
ZT_CALL enum zt_err zt_device_acts(struct zt *z, const char *device,
    void (*each)(void *ctx, const struct zt_act *a), void *ctx);
/* Lists this user's live devices (recovery devices too) that another device added after this
 * one, and that nobody has acknowledged here. */
ZT_CALL enum zt_err zt_new_devices(
    struct zt *z, void (*each)(void *ctx, const struct zt_device *d), void *ctx);
/* Acknowledges DEVICE (an id or label), or all (NULL), for a person who knows them. *COUNT of
 * them were new. */
ZT_CALL enum zt_err zt_device_acknowledge(struct zt *z, const char *device, unsigned *count);
/* Gives USER (e-mail or id) the profile admin, standard or outsider. Errors: FORBIDDEN (not an
 * admin), INVALID. */
ZT_CALL enum zt_err zt_user_profile(struct zt *z, const char *user, const char *profile);
/* Revokes a user by e-mail or id. */
ZT_CALL enum zt_err zt_user_revoke(struct zt *z, const char *user);

#ifdef __cplusplus
}
#endif

#endif
