/* SPDX-License-Identifier: Apache-2.0 */
/* workspace.h - who may read a workspace: its name, its key, and to whom that is sealed. */
#ifndef ZT_WORKSPACE_WORKSPACE_H
#define ZT_WORKSPACE_WORKSPACE_H

#include "format/limits.h"
#include "session/session.h"

/* NAME as a workspace may have it, in NORMAL form C. Errors: INVALID. */
ZT_CHECKED enum zt_err workspace_check_name(
    struct zt *z, const char *name, char normal[LIMIT_NAME + 1]);
/* Refuses NAME when another space of KIND of this user's than BESIDES has it: two of one name
 * could not be distinguished by it from then on. Errors: EXISTS. */
ZT_CHECKED enum zt_err workspace_refuse_second(
    struct zt *z, const char *name, enum space_kind kind, const struct id *besides);
/* The spaces in which this user has a role and which are not deleted, oldest first: workspaces;
 * or channels and conversations, if IS_CHAT. The caller frees *OUT. Errors: MEMORY. */
ZT_CHECKED enum zt_err workspace_spaces(
    struct zt *z, bool is_chat, struct org_workspace ***out, size_t *count);
/* Makes a space of KIND, owned by this user. SECOND: may be the second of its name. ID:
 * receives its id; or NULL. Errors: those of zt_workspace_create. */
ZT_CHECKED enum zt_err workspace_make_space(
    struct zt *z, const char *name, enum space_kind kind, bool second, char *id);
/* Seals KEY, W's newest, to USERS, uploads the sealed keys and notes that. Skips users who
 * have not rotated their key since losing a device. */
ZT_CHECKED enum zt_err workspace_deposit(struct zt *z, const struct org_workspace *w,
    const struct secret *key, struct org_user *const *users, size_t count);

#endif
