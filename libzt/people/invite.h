/* SPDX-License-Identifier: Apache-2.0 */
/* invite.h - invitations: what kind one is, and that it ended. */
#ifndef ZT_PEOPLE_INVITE_H
#define ZT_PEOPLE_INVITE_H

#include "session/session.h"
#include "zt/enrol.h"

/* The kind is encoded in the invitation id, which its author chose, so the server cannot
 * change it. 0: unknown kind. */
enum zt_invitation_kind invitation_kind(const struct id *invitation);
/* An invitation's id, given as such or as its link. Errors: INVALID. */
ZT_CHECKED enum zt_err invitation_of(struct zt *z, const char *text, struct id *out);
/* Ends the invitation at the server, and stores its outcome here, so that no server can revive
 * it (J5). */
ZT_CHECKED enum zt_err invitation_end(struct zt *z, const struct id *invitation, bool accepted);
ZT_CHECKED enum zt_err invitation_note(
    struct zt *z, const struct id *invitation, const char *how);

#endif
