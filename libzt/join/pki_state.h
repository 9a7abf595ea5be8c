/* SPDX-License-Identifier: Apache-2.0 */
/* pki_state.h - the request by which this device joins. */
#ifndef ZT_JOIN_PKI_STATE_H
#define ZT_JOIN_PKI_STATE_H

#include "base/id.h"

struct zt;

/* Notes which request is this device's, before it is sent: what became of it can be asked then.
 */
ZT_CHECKED enum zt_err pki_state_note(struct zt *z, const struct id *request);

#endif
