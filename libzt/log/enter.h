/* SPDX-License-Identifier: Apache-2.0 */
/* enter.h - a device in a call: several handles of one device (zt_open_again) share its store,
 * and one of them has it at a time. */
#ifndef ZT_LOG_ENTER_H
#define ZT_LOG_ENTER_H

#include "session/session.h"

/* Begins a public call: clears the sentence, takes the store, and loads what another handle or
 * process added to the log or the chains since Z had it. Pointers into the state become
 * invalid; workspaces stay. Errors: INTERRUPTED, those of store_wake. */
ZT_CHECKED enum zt_err log_enter(struct zt *z);
/* The same, and waits for nobody; keeps the sentence. Errors: LOCKED, too. */
ZT_CHECKED enum zt_err log_try(struct zt *z);
/* Ends it, also when log_enter failed; returns ERR. */
enum zt_err log_leave(struct zt *z, enum zt_err err);
/* Between calls, from now on: other processes may have the state folder whenever Z, or another
 * handle of this process, is not in a call. */
void log_lend(struct zt *z);
/* Within a call: leaves the store to other handles, and the state folder to other processes,
 * while this one waits. */
void log_rest(struct zt *z);
/* Takes both back, as log_enter. No-op unless Z rests. WAITS: wait a little for another
 * process. Errors: as log_enter; then Z still rests. */
ZT_CHECKED enum zt_err log_wake(struct zt *z, bool waits);

#endif
