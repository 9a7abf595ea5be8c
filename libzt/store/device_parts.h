/* SPDX-License-Identifier: Apache-2.0 */
/* device_parts.h - for the files of this room that rewrite device.zt: read, opened, sealed
 * again, replaced. */
#ifndef ZT_STORE_DEVICE_PARTS_H
#define ZT_STORE_DEVICE_PARTS_H

#include "base/buf.h"
#include "crypto/secret.h"
#include "store/device_file.h"

/* Appends the bytes of FOLDER/device.zt. Errors: NOT_FOUND, FOLDER, CORRUPT (it is empty), IO,
 * MEMORY. */
ZT_CHECKED enum zt_err device_read(const char *folder, struct buf *out);
/* Opens FILE, which passkeys_decode made M of. The caller gives *OUT to pb_wipe and *KEY, under
 * which they are, to secret_free, also after an error. Errors: those of device_file_open_by. */
ZT_CHECKED enum zt_err device_open(const struct buf *file, const Zt__DeviceFile *m,
    const struct device_opener *by, Zt__DeviceSecrets **out, struct secret **key);
/* Appends a file of SECRETS under KEY, with what M states. Errors: MEMORY, TOO_BIG. */
ZT_CHECKED enum zt_err device_seal(Zt__DeviceFile *m, const Zt__DeviceSecrets *secrets,
    const struct secret *key, struct buf *out);
/* Appends a file of SECRETS under PASSWORD alone. Errors: PASSWORD (it is empty), MEMORY. */
ZT_CHECKED enum zt_err device_compose(
    const Zt__DeviceSecrets *secrets, struct bytes password, struct buf *out);
/* Keeps FOLDER's device file until the caller closes *FD: who would change it meanwhile waits,
 * so that no change is written over by one that had read the file before. Errors: those of
 * device_read. */
ZT_CHECKED enum zt_err device_hold(const char *folder, int *fd);
/* Replaces FOLDER's device file, which the caller holds, and forgets the key that was held for
 * it. Errors: those of device_read, FULL. */
ZT_CHECKED enum zt_err device_replace(const char *folder, const struct buf *file);

#endif
