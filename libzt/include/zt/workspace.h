/* SPDX-License-Identifier: Apache-2.0 */
/* zt/workspace.h - workspaces, their members and roles. */
#ifndef ZT_WORKSPACE_H
#define ZT_WORKSPACE_H

#include <stdbool.h>

#include "zt/zt.h"

#ifdef __cplusplus
extern "C" {
#endif

struct zt_workspace {
	const char *id, *name, *role; /* reader, contributor, manager, owner */
	unsigned generation;
	bool is_archived;
	uint64_t deletion_due; /* milliseconds since 1970; 0: no deletion is announced */
	/* The author of the checkpoint on which this device relies for the changesets before
	 * RESTS_UNTIL; it has verified VERIFIED of them so far. NULL: none, all are
	 * verified. */
	const char *rests_on;
	uint64_t rests_until, verified;
};
struct zt_member {
	const char *user, *email, *name, *role;
};
/* Makes a workspace owned by this user. Errors: INVALID (the name), EXISTS (this user owns one
 * of this name; paths would be ambiguous). */
ZT_CALL enum zt_err zt_workspace_create(struct zt *z, const char *name);
/* The same; SECOND allows a second one of the same name. ID: 33 bytes, receives its id; or
 * NULL. */
ZT_CALL enum zt_err zt_workspace_make(struct zt *z, const char *name, bool second, char *id);
/* Those in which this user has a role, oldest first. */
ZT_CALL enum zt_err zt_workspaces(
    struct zt *z, void (*each)(void *ctx, const struct zt_workspace *w), void *ctx);
ZT_CALL enum zt_err zt_workspace_members(struct zt *z, const char *workspace,
    void (*each)(void *ctx, const struct zt_member *m), void *ctx);
/* Gives USER (e-mail or id) ROLE. */
ZT_CALL enum zt_err zt_workspace_share(
    struct zt *z, const char *workspace, const char *user, const char *role);
/* Removes USER's role and rotates the key. */
ZT_CALL enum zt_err zt_workspace_unshare(struct zt *z, const char *workspace, const char *user);
/* Rotates the key and seals it to the members. */
ZT_CALL enum zt_err zt_workspace_rotate(struct zt *z, const char *workspace);
/* Declares void, for owners, what a member signed: the chain position pinned by log entry
 * ENTRY, or the changeset at POSITION of the chain. Errors: FORBIDDEN, NOT_FOUND. */
ZT_CALL enum zt_err zt_workspace_void_pin(struct zt *z, const char *workspace, uint64_t entry);
ZT_CALL enum zt_err zt_workspace_void_changeset(
    struct zt *z, const char *workspace, uint64_t position);
/* Wraps the content keys of all versions under the newest key too, for managers and owners;
 * encrypts no content again and changes no signature. *REWRAPPED counts them; *LOST counts
 * those that no key on the server opens. Damaged objects are reported to the DAMAGED option.
 * Errors: FORBIDDEN, STALE_KEY (a rotation came between: call again). */
ZT_CALL enum zt_err zt_workspace_rewrap(
    struct zt *z, const char *workspace, uint64_t *rewrapped, uint64_t *lost);
/* The same, for owners; then deletes the older wraps of each version that this device has
 * opened with the new one, so that old workspace keys open nothing on the server any more.
 * *FINISHED counts these versions. */
ZT_CALL enum zt_err zt_workspace_rewrap_finish(
    struct zt *z, const char *workspace, uint64_t *finished, uint64_t *lost);
/* For owners: renames; forbids changes, or allows them again; schedules deletion at DUE
 * (milliseconds since 1970, at least a day from now), or cancels it (0) before it is due.
 * Errors: FORBIDDEN. */
ZT_CALL enum zt_err zt_workspace_rename(struct zt *z, const char *workspace, const char *name);
ZT_CALL enum zt_err zt_workspace_archive(struct zt *z, const char *workspace, bool archived);
ZT_CALL enum zt_err zt_workspace_delete(struct zt *z, const char *workspace, uint64_t due);
/* Makes this user owner of a workspace that has no owner left. Errors: FORBIDDEN (it has one;
 * or a member of a higher role is left). */
ZT_CALL enum zt_err zt_workspace_claim(struct zt *z, const char *workspace);

struct zt_maintained {
	uint64_t rotated;        /* keys of workspaces, after a loss of access */
	uint64_t made_reachable; /* the same, to make older keys reachable for new members */
	uint64_t sealed;         /* keys, to members who lacked them */
};
/* Maintains keys, by the log as last verified: rotates the user key after a device of this
 * user was revoked; as manager or owner, rotates workspace keys after a loss of access, or if
 * the last rotation's author lacked older keys that are here; seals keys to members who lack
 * them. Several devices may do this at once. Makes no call if there is nothing to do. OUT may
 * be NULL. */
ZT_CALL enum zt_err zt_maintain_keys(struct zt *z, struct zt_maintained *out);

#ifdef __cplusplus
}
#endif

#endif
