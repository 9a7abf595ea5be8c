/* SPDX-License-Identifier: Apache-2.0 */
/* away.h - calls that only read continue without the servers (zt/keep.h). */
#ifndef ZT_SESSION_AWAY_H
#define ZT_SESSION_AWAY_H

#include "session/session.h"

/* Whether such calls ask nobody: the servers did not answer a moment ago. */
bool session_is_away(const struct zt *z);
/* Whether such a call continues after ERR of the servers, without them; then all do, for some
 * seconds. */
bool session_goes_away(struct zt *z, enum zt_err err);
/* The error of what such a call needs and this device lacks. */
enum zt_err session_lacks(struct zt *z);

#endif
