/* SPDX-License-Identifier: Apache-2.0 */
/* workspace.c - the functions of zt/workspace.h that take a device. */
#include "zt/workspace.h"

#include "log/enter.h"
#include "workspace/verbs.h"

enum zt_err
zt_workspace_create(struct zt *z, const char *name)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = workspace_create(z, name);
	return log_leave(z, err);
}

enum zt_err
zt_workspace_make(struct zt *z, const char *name, bool second, char *id)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = workspace_make(z, name, second, id);
	return log_leave(z, err);
}

enum zt_err
zt_workspaces(struct zt *z, void (*each)(void *ctx, const struct zt_workspace *w), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = workspace_each(z, each, ctx);
	return log_leave(z, err);
}

enum zt_err
zt_workspace_members(struct zt *z, const char *workspace,
    void (*each)(void *ctx, const struct zt_member *m), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = workspace_members(z, workspace, each, ctx);
	return log_leave(z, err);
}

enum zt_err
zt_workspace_share(struct zt *z, const char *workspace, const char *user, const char *role)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = workspace_share(z, workspace, user, role);
	return log_leave(z, err);
}

enum zt_err
zt_workspace_unshare(struct zt *z, const char *workspace, const char *user)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = workspace_unshare(z, workspace, user);
	return log_leave(z, err);
}

enum zt_err
zt_workspace_rotate(struct zt *z, const char *workspace)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = workspace_rotate_now(z, workspace);
	return log_leave(z, err);
}

enum zt_err
zt_workspace_void_pin(struct zt *z, const char *workspace, uint64_t entry)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = workspace_void_pin(z, workspace, entry);
	return log_leave(z, err);
}

enum zt_err
zt_workspace_void_changeset(struct zt *z, const char *workspace, uint64_t position)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = workspace_void_changeset(z, workspace, position);
	return log_leave(z, err);
}

enum zt_err
zt_workspace_rewrap(struct zt *z, const char *workspace, uint64_t *rewrapped, uint64_t *lost)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = workspace_rewrap(z, workspace, rewrapped, lost);
	return log_leave(z, err);
}

enum zt_err
zt_workspace_rewrap_finish(
    struct zt *z, const char *workspace, uint64_t *finished, uint64_t *lost)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = workspace_rewrap_finish(z, workspace, finished, lost);
	return log_leave(z, err);
}

enum zt_err
zt_workspace_rename(struct zt *z, const char *workspace, const char *name)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = workspace_rename(z, workspace, name);
	return log_leave(z, err);
}

enum zt_err
zt_workspace_archive(struct zt *z, const char *workspace, bool archived)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = workspace_archive(z, workspace, archived);
	return log_leave(z, err);
}

enum zt_err
zt_workspace_delete(struct zt *z, const char *workspace, uint64_t due)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = workspace_delete(z, workspace, due);
	return log_leave(z, err);
}

enum zt_err
zt_workspace_claim(struct zt *z, const char *workspace)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = workspace_claim(z, workspace);
	return log_leave(z, err);
}

enum zt_err
zt_maintain_keys(struct zt *z, struct zt_maintained *out)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = workspace_maintain_keys(z, out);
	return log_leave(z, err);
}
