/* SPDX-License-Identifier: Apache-2.0 */
/* rotate.h - roles, and the new key that follows their loss. */
#ifndef ZT_WORKSPACE_ROTATE_H
#define ZT_WORKSPACE_ROTATE_H

#include "session/session.h"

/* Sets USER's role, to one that still has access. */
ZT_CHECKED enum zt_err workspace_set_role(
    struct zt *z, const struct id *workspace, const struct id *user, enum role role);
/* Removes USER's role, and rotates the key in the same request. */
ZT_CHECKED enum zt_err workspace_remove(
    struct zt *z, const struct id *workspace, const struct id *user);
/* Rotates the key of the workspace ID. */
ZT_CHECKED enum zt_err workspace_rotate(struct zt *z, const struct id *id);
/* Rotates the key of the workspace ID if access was revoked and no other rotation followed. */
ZT_CHECKED enum zt_err workspace_rotate_if_needed(struct zt *z, const struct id *id);
/* Rotates the key if this device holds the newest key and older ones that are not reachable
 * from it: the last rotation's author lacked them, and new members could not get them. *DONE:
 * it rotated. */
ZT_CHECKED enum zt_err workspace_make_reachable(struct zt *z, const struct id *id, bool *done);

#endif
