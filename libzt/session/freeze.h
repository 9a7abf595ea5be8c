/* SPDX-License-Identifier: Apache-2.0 */
/* freeze.h - once a fork was seen, nothing more is written. */
#ifndef ZT_SESSION_FREEZE_H
#define ZT_SESSION_FREEZE_H

#include "session/session.h"

/* Stores ERR with its sentence if it is FORK; returns ERR. WORKSPACE: whose history forked
 * (one member may have caused it); NULL: the trust log. */
enum zt_err session_note_fork(struct zt *z, const struct id *workspace, enum zt_err err);
/* Refuses writes into WORKSPACE (NULL: the trust log) after a fork. Errors: FORK, with the
 * sentence stored when the fork was first seen. */
ZT_CHECKED enum zt_err session_may_write(struct zt *z, const struct id *workspace);
/* Ends the freeze: a person compared heads with a colleague, and they agree. */
ZT_CHECKED enum zt_err session_thaw(struct zt *z);

#endif
