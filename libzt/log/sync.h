/* SPDX-License-Identifier: Apache-2.0 */
/* sync.h - the trust log, verified and kept. */
#ifndef ZT_LOG_SYNC_H
#define ZT_LOG_SYNC_H

#include "session/session.h"

/* Reads the state back from the store. */
ZT_CHECKED enum zt_err log_load(struct zt *z);
ZT_CHECKED enum zt_err log_fetch(struct zt *z);
/* The same and the handles of its users, for calls that only read: they may go on without the
 * servers (zt/keep.h). */
ZT_CHECKED enum zt_err log_fetch_to_read(struct zt *z);
/* The newest head that the server signed and this device verified, over its whole log; the
 * caller gives it to pb_free. Errors: NOT_FOUND, STORE. */
ZT_CHECKED enum zt_err log_kept_head(struct zt *z, Zt__Statement **out);

#endif
