/* zt/workspace.h - workspaces and who may do what in them. */
#ifndef ZT_WORKSPACE_H
#define ZT_WORKSPACE_H

#include <stdbool.h>

#include "zt/zt.h"

struct zt_workspace {
	const char *id, *name, *role; /* reader, contributor, manager, owner */
	unsigned generation;
	bool is_archived;
	uint64_t deletion_due; /* milliseconds since 1970; 0: no deletion is announced */
	/* Whose word it rests on that the changesets before RESTS_UNTIL are as they seem; this
	 * device has verified VERIFIED of them so far. NULL: on nobody's. */
	const char *rests_on;
	uint64_t rests_until, verified;
};
struct zt_member {
	const char *user, *email, *name, *role;
};
/* Makes a workspace; this user owns it. Errors: NAME, EXISTS (this user owns one of this name,
 * and its paths would lead to neither). */
ZT_CALL enum zt_err zt_workspace_create(struct zt *z, const char *name);
/* The same; also a SECOND one of the name, when that is wanted. ID[33] is its id; or NULL. */
ZT_CALL enum zt_err zt_workspace_make(struct zt *z, const char *name, bool second, char *id);
ZT_CALL enum zt_err zt_workspaces(
    struct zt *z, void (*each)(void *ctx, const struct zt_workspace *w), void *ctx);
ZT_CALL enum zt_err zt_workspace_members(struct zt *z, const char *workspace,
    void (*each)(void *ctx, const struct zt_member *m), void *ctx);
/* Gives USER (e-mail or id) ROLE. */
ZT_CALL enum zt_err zt_workspace_share(
    struct zt *z, const char *workspace, const char *user, const char *role);
/* Takes USER's access away and rotates the key. */
ZT_CALL enum zt_err zt_workspace_unshare(struct zt *z, const char *workspace, const char *user);
/* Rotates the key and seals it to the members. */
ZT_CALL enum zt_err zt_workspace_rotate(struct zt *z, const char *workspace);
/* An owner's word that what a member signed is void: the place of the chain that entry ENTRY of
 * the trust log pins, or the changeset at POSITION of the chain. Errors: FORBIDDEN, NOT_FOUND.
 */
ZT_CALL enum zt_err zt_workspace_void_pin(struct zt *z, const char *workspace, uint64_t entry);
ZT_CALL enum zt_err zt_workspace_void_changeset(
    struct zt *z, const char *workspace, uint64_t position);
/* Wraps the content keys of all versions under the newest key too; no content is encrypted
 * again and no signature changes. A manager's or owner's. *REWRAPPED counts them; *LOST those
 * that none of the keys on the server opens; whose spoiled ones are there is told to the
 * options' DAMAGED. Errors: FORBIDDEN, STALE_KEY (a rotation came between: call again).
 */
ZT_CALL enum zt_err zt_workspace_rewrap(
    struct zt *z, const char *workspace, uint64_t *rewrapped, uint64_t *lost);
/* The same by an owner; then older keys go, of each version that this device has opened by a
 * new one: they open nothing that is on the server any more. *FINISHED counts these. */
ZT_CALL enum zt_err zt_workspace_rewrap_finish(
    struct zt *z, const char *workspace, uint64_t *finished, uint64_t *lost);
/* Acts of an owner: a new name; no more changes, or changes again; deletion at DUE
 * (milliseconds since 1970, a day from now or later), or 0 to take that back while it is not
 * due, which each owner may. Errors: FORBIDDEN. */
ZT_CALL enum zt_err zt_workspace_rename(struct zt *z, const char *workspace, const char *name);
ZT_CALL enum zt_err zt_workspace_archive(struct zt *z, const char *workspace, bool archived);
ZT_CALL enum zt_err zt_workspace_delete(struct zt *z, const char *workspace, uint64_t due);
/* Becomes the owner of a workspace that has none left. Errors: FORBIDDEN (it has one; or a
 * member of a higher role is left). */
ZT_CALL enum zt_err zt_workspace_claim(struct zt *z, const char *workspace);

struct zt_tended {
	uint64_t rotated; /* keys of workspaces, after a loss of access */
	uint64_t mended;  /* the same, for older keys that newcomers could not get to */
	uint64_t sealed;  /* keys, to members who lacked them */
};
/* Does what this device owes to others, from the log as it was last verified: renews the user's
 * key after a device of this user was revoked, rotates keys of workspaces after a loss of
 * access where this user is manager or owner, or when whoever rotated last did not have older
 * keys that are here, seals keys to members who lack them. Several may do this at once. Asks
 * nothing of the servers when there is nothing to do. OUT may be NULL. */
ZT_CALL enum zt_err zt_tend(struct zt *z, struct zt_tended *out);

#endif
