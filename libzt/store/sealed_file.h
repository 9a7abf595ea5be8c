/* SPDX-License-Identifier: Apache-2.0 */
/* sealed_file.h - for this room: a file of the state folder whose content is sealed, device.zt
 * or joining.zt. */
#ifndef ZT_STORE_SEALED_FILE_H
#define ZT_STORE_SEALED_FILE_H

#include "base/buf.h"
#include "crypto/hash.h"
#include "crypto/password.h"
#include "crypto/secret.h"
#include "store/device_file.h"

/* For a person to find the desktop's prompt and type a password. */
enum { DESKTOP_SECONDS = 120 };

/* Its name, and what its content is bound to. */
struct sealed_file {
	const char *name, *header;
	const ProtobufCMessageDescriptor *content;
	bool may_have_passkeys; /* it may be of version 2 */
};

/* Writes CONTENT as FOLDER's file F: whole or not at all. What is there stays unless it is to
 * be REPLACED. Errors: EXISTS, NOT_FOUND (the folder), FULL, IO. */
ZT_CHECKED enum zt_err sealed_file_write(
    const char *folder, const struct sealed_file *f, struct bytes content, bool replaced);
/* Appends the bytes of FOLDER's file F. Errors: NOT_FOUND, FOLDER, CORRUPT (it is empty), IO,
 * MEMORY. */
ZT_CHECKED enum zt_err sealed_file_read(
    const char *folder, const struct sealed_file *f, struct buf *out);
/* Removes FOLDER's file F, if it is there. */
void sealed_file_remove(const char *folder, const struct sealed_file *f);
/* Appends a file of CONTENT under KEY, with what M states; M is of the first version unless it
 * has one. Errors: MEMORY, TOO_BIG. */
ZT_CHECKED enum zt_err sealed_file_seal(const struct sealed_file *f, const void *content,
    const struct secret *key, Zt__DeviceFile *m, struct buf *out);
/* *KEY is PASSWORD's, by a new SALT, which M borrows, and today's cost, which M states. The
 * caller gives it to secret_free. Errors: PASSWORD (it is empty), MEMORY. */
ZT_CHECKED enum zt_err sealed_file_password(Zt__DeviceFile *m, struct bytes password,
    uint8_t salt[PASSWORD_SALT_BYTES], struct secret **key);
/* Appends a file of CONTENT under PASSWORD alone. Errors: PASSWORD (it is empty), MEMORY. */
ZT_CHECKED enum zt_err sealed_file_compose(
    const struct sealed_file *f, const void *content, struct bytes password, struct buf *out);
/* Opens FILE. The caller gives *OUT, of F's content, to pb_wipe and *KEY to secret_free, also
 * after an error. Errors: those of device_file_open_by. */
ZT_CHECKED enum zt_err sealed_file_open(const struct sealed_file *f, const struct buf *file,
    const struct device_opener *by, void *out, struct secret **key);
/* The same of FILE that was decoded: it is M. */
ZT_CHECKED enum zt_err sealed_file_open_decoded(const struct sealed_file *f,
    const struct buf *file, const Zt__DeviceFile *m, const struct device_opener *by, void *out,
    struct secret **key);
/* The name under which FILE's key is held: with another password it is another. */
void sealed_file_held_name(const struct buf *file, struct hash *out);

#endif
