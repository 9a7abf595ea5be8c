/* SPDX-License-Identifier: Apache-2.0 */
/* devices.h - the devices of this user. */
#ifndef ZT_PEOPLE_DEVICES_H
#define ZT_PEOPLE_DEVICES_H

#include "session/session.h"

/* Appends the revocation of DEVICE only; zt_maintain_keys rotates the keys that it knew. */
ZT_CHECKED enum zt_err people_revoke_device(struct zt *z, const struct id *device);
/* Decrypts the label of one of this user's own devices; "" if that fails. */
void people_device_label(struct zt *z, const struct org_device *d, struct buf *out);

#endif
