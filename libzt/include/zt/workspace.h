/* zt/workspace.h - workspaces and who may do what in them. */
#ifndef ZT_WORKSPACE_H
#define ZT_WORKSPACE_H

#include "zt/zt.h"

struct zt_workspace {
	const char *id, *name, *role; /* reader, contributor, manager, owner */
	unsigned generation;
	bool is_archived;
};
struct zt_member {
	const char *user, *email, *name, *role;
};
ZT_CALL enum zt_err zt_workspace_create(struct zt *z, const char *name);
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

#endif
