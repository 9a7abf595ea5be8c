/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - the organization's settings, which one entry states all of. */
#ifndef ZT_LOG_SETTINGS_H
#define ZT_LOG_SETTINGS_H

#include "proto/trust.pb-c.h"
#include "session/session.h"

/* Appends settings that are the newest ones after CHANGE: as often as somebody else was first,
 * over theirs, so that nobody's are undone unseen. What CHANGE sets in M is borrowed until the
 * next call of it. Errors: TOO_BIG, those of log_append. */
ZT_CHECKED enum zt_err log_change_settings(
    struct zt *z, void (*change)(void *ctx, Zt__Settings *m), void *ctx);

#endif
