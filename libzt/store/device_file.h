/* device_file.h - the device's secrets on disk, sealed under a key from the user's password. */
#ifndef ZT_STORE_DEVICE_FILE_H
#define ZT_STORE_DEVICE_FILE_H

#include "base/bytes.h"
#include "base/err.h"
#include "proto/device.pb-c.h"

/* Writes FOLDER/device.zt, whole or not at all; an existing one is EXISTS. The folder is made
 * when needed, for its owner only. Errors: EXISTS, FULL, IO, MEMORY. */
ZT_CHECKED enum zt_err device_file_create(
    const char *folder, const Zt__DeviceSecrets *secrets, struct bytes password);
/* The caller gives *OUT to pb_wipe. Errors: NOT_FOUND, PASSWORD, WEAK, CORRUPT, VERSION, IO. */
ZT_CHECKED enum zt_err device_file_open(
    const char *folder, struct bytes password, Zt__DeviceSecrets **out);
/* Whether FOLDER holds a device. */
bool device_file_is_there(const char *folder);

#endif
