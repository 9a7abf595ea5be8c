/* acts.h - what a device has done, by the log that this device has verified. */
#ifndef ZT_CLIENT_ACTS_H
#define ZT_CLIENT_ACTS_H

#include "client/client.h"

/* When the entry INDEX says that it was signed, milliseconds since 1970, and by which device in
 * *AUTHOR (or NULL); 0 when it is not seen here. */
uint64_t acts_time(struct zt *z, uint64_t index, struct id *author);
/* This device has itself added DEVICE to its user, or a person has acknowledged it. */
ZT_CHECKED enum zt_err acts_know_device(struct zt *z, const struct id *device);
/* Shows the devices of this user that were added at entry FROM or later and since this one, by
 * another, and that nobody acknowledged here. */
void acts_new_devices(
    struct zt *z, uint64_t from, void (*each)(void *ctx, const struct zt_device *d), void *ctx);

#endif
