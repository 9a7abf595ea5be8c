/* SPDX-License-Identifier: Apache-2.0 */
/* verbs.h - what the public functions call in this room: each is the zt_ function of its last
 * words, as include/zt says, with the device taken (libzt/api). */
#ifndef ZT_WORKSPACE_VERBS_H
#define ZT_WORKSPACE_VERBS_H

#include "base/err.h"
#include "zt/workspace.h"

ZT_CHECKED enum zt_err workspace_create(struct zt *z, const char *name);
ZT_CHECKED enum zt_err workspace_make(struct zt *z, const char *name, bool second, char *id);
ZT_CHECKED enum zt_err workspace_each(
    struct zt *z, void (*each)(void *ctx, const struct zt_workspace *w), void *ctx);
ZT_CHECKED enum zt_err workspace_members(struct zt *z, const char *workspace,
    void (*each)(void *ctx, const struct zt_member *m), void *ctx);
ZT_CHECKED enum zt_err workspace_share(
    struct zt *z, const char *workspace, const char *user, const char *role);
ZT_CHECKED enum zt_err workspace_unshare(struct zt *z, const char *workspace, const char *user);
ZT_CHECKED enum zt_err workspace_rotate_now(struct zt *z, const char *workspace);
ZT_CHECKED enum zt_err workspace_void_pin(struct zt *z, const char *workspace, uint64_t entry);
ZT_CHECKED enum zt_err workspace_void_changeset(
    struct zt *z, const char *workspace, uint64_t position);
ZT_CHECKED enum zt_err workspace_rewrap(
    struct zt *z, const char *workspace, uint64_t *rewrapped, uint64_t *lost);
ZT_CHECKED enum zt_err workspace_rewrap_finish(
    struct zt *z, const char *workspace, uint64_t *finished, uint64_t *lost);
ZT_CHECKED enum zt_err workspace_rename(struct zt *z, const char *workspace, const char *name);
ZT_CHECKED enum zt_err workspace_archive(struct zt *z, const char *workspace, bool archived);
ZT_CHECKED enum zt_err workspace_delete(struct zt *z, const char *workspace, uint64_t due);
ZT_CHECKED enum zt_err workspace_claim(struct zt *z, const char *workspace);
ZT_CHECKED enum zt_err workspace_maintain_keys(struct zt *z, struct zt_maintained *out);

#endif
