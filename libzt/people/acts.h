/* SPDX-License-Identifier: Apache-2.0 */
/* acts.h - the acts of a device, from the log that this device has verified. */
#ifndef ZT_PEOPLE_ACTS_H
#define ZT_PEOPLE_ACTS_H

#include "session/session.h"

/* The time stated by entry INDEX, milliseconds since 1970, and in *AUTHOR (may be NULL) its
 * signing device; 0 if the entry is hidden from this device. */
uint64_t acts_time(struct zt *z, uint64_t index, struct id *author);
/* Marks DEVICE as known: this device added it, or a person acknowledged it. */
ZT_CHECKED enum zt_err acts_know_device(struct zt *z, const struct id *device);
/* Lists this user's devices added at entry FROM or later, by another device after this one,
 * and not acknowledged here. */
void acts_new_devices(
    struct zt *z, uint64_t from, void (*each)(void *ctx, const struct zt_device *d), void *ctx);

#endif
