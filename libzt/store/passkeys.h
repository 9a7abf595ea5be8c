/* SPDX-License-Identifier: Apache-2.0 */
/* passkeys.h - device files of version 2, which a password opens, or any of some passkeys: the
 * secrets are under the file's key, and that under the password's key and under a key of each
 * passkey, from what its PRF gave (WebAuthn level 3, 10.1.4). Source: docs/protocol.md.
 *
 * Bytes and keys alone: device_file.h reads and writes the file. */
#ifndef ZT_STORE_PASSKEYS_H
#define ZT_STORE_PASSKEYS_H

#include "base/buf.h"
#include "crypto/secret.h"
#include "proto/device.pb-c.h"

#define PASSKEYS_FILE_VERSION 2
#define PASSKEYS_FILE_MAX (256 * 1024)
#define PASSKEYS_MAX 16
#define PASSKEY_OUTPUT 32 /* bytes of a PRF's output */
#define PASSKEY_NAME 16   /* bytes of Zt__DeviceFile.name */

/* Decodes any device file of 1 and 2; the caller frees *OUT with pb_free. A file of version 2
 * has one encoding. Errors: VERSION, CORRUPT, TOO_BIG, CRITICAL, MEMORY. */
ZT_CHECKED enum zt_err passkeys_decode(struct bytes in, Zt__DeviceFile **out);
/* Whether a file may state P (but for its wrap): texts of their sizes and letters. Errors:
 * INVALID. */
ZT_CHECKED enum zt_err passkeys_check(const Zt__Passkey *p);
/* The row of CREDENTIAL in M, or NULL. */
const Zt__Passkey *passkeys_find(const Zt__DeviceFile *m, const char *credential);

/* The key of P's wrap, from the PASSKEY_OUTPUT bytes that its PRF gave: HKDF-SHA256. Errors:
 * INVALID (another size), MEMORY. */
ZT_CHECKED enum zt_err passkeys_key(
    const Zt__Passkey *p, struct bytes output, struct secret **out);
/* Appends the file's key KEY under UNDER: P's, bound to all that P states and to M's name; P
 * NULL: the password's, bound to its salt, its cost and the name. */
ZT_CHECKED enum zt_err passkeys_wrap(const Zt__DeviceFile *m, const Zt__Passkey *p,
    const struct secret *under, const struct secret *key, struct buf *out);
/* Opens that wrap of M. Errors: PASSWORD (UNDER is not its key, or it was altered), MEMORY. */
ZT_CHECKED enum zt_err passkeys_unwrap(const Zt__DeviceFile *m, const Zt__Passkey *p,
    const struct secret *under, struct secret **out);
/* Appends what M's secrets are bound to: all of M but them. */
void passkeys_header(const Zt__DeviceFile *m, struct buf *out);

#endif
