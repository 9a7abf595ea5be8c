/* SPDX-License-Identifier: Apache-2.0 */
/* device_file.h - the device's secrets on disk, sealed under a key from the user's password,
 * from a PKCS#11 token, or in the desktop's secret service. PASSWORD below is then the token's
 * PIN, or ignored. */
#ifndef ZT_STORE_DEVICE_FILE_H
#define ZT_STORE_DEVICE_FILE_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/id.h"
#include "proto/device.pb-c.h"

/* Writes FOLDER/device.zt atomically; makes the folder if needed, for its owner only. Errors:
 * PASSWORD (an empty one), EXISTS (a device.zt exists), FULL, IO, MEMORY. */
ZT_CHECKED enum zt_err device_file_create(
    const char *folder, const Zt__DeviceSecrets *secrets, struct bytes password);
/* The caller gives *OUT to pb_wipe. PASSWORD.p NULL: uses the key held for this session.
 * Errors: NOT_FOUND (the file, or the token, or the key in the desktop's secret service),
 * UNAVAILABLE (that service), PASSWORD (wrong; or there is none, and no key is held), WEAK,
 * CORRUPT, VERSION, FOLDER, IO. */
ZT_CHECKED enum zt_err device_file_open(
    const char *folder, struct bytes password, Zt__DeviceSecrets **out);
/* What opens a device: its password, or (CREDENTIAL not NULL) what a passkey's PRF gave. */
struct device_opener {
	struct bytes password;
	const char *credential;
	struct bytes output;
};
/* The same. Errors: with a passkey NOT_FOUND (the device knows none of this CREDENTIAL) and
 * PASSWORD (the output is not its). */
ZT_CHECKED enum zt_err device_file_open_by(
    const char *folder, const struct device_opener *by, Zt__DeviceSecrets **out);
/* Holds the key of FOLDER's device for this session, SECONDS long (held_key.h). Errors: those
 * of device_file_open. */
ZT_CHECKED enum zt_err device_file_hold(
    const char *folder, struct bytes password, unsigned seconds);
/* Removes that key, in every session of this OS user. Errors: NOT_FOUND (no device there, or
 * no key is held), IO (a session still holds it). */
ZT_CHECKED enum zt_err device_file_release(const char *folder);
/* Whether a key is held for FOLDER. */
bool device_file_is_held(const char *folder);
/* Rewrites the file under another password, atomically: kill -9 leaves the old file or the new
 * one. Passkeys stay. Errors: those of device_file_open, FULL. */
ZT_CHECKED enum zt_err device_file_change(
    const char *folder, struct bytes password, struct bytes new_password);
/* Rewrites the file under the token that URI names, with its PIN. Errors: those of
 * device_file_open and protect_token_new, FULL. */
ZT_CHECKED enum zt_err device_file_protect(
    const char *folder, struct bytes password, const char *uri, const char *pin);
/* Rewrites the file under a new key in the desktop's secret service. Errors: those of
 * device_file_open and protect_desktop_new, FULL. */
ZT_CHECKED enum zt_err device_file_protect_by_desktop(
    const char *folder, struct bytes password);

/* Rewrites the file so that P, whose PRF gave OUTPUT, opens it too. PASSWORD is typed: what is
 * held does not do. Errors: those of device_file_open and passkeys_check, INVALID (no password
 * protects the device), EXISTS, TOO_BIG (it has PASSKEYS_MAX), FULL. */
ZT_CHECKED enum zt_err device_file_add_passkey(
    const char *folder, struct bytes password, const Zt__Passkey *p, struct bytes output);
/* Rewrites it without the passkey. Copies of the old file still open by it. Errors: those of
 * device_file_open, NOT_FOUND, FULL. */
ZT_CHECKED enum zt_err device_file_remove_passkey(
    const char *folder, struct bytes password, const char *credential);
/* Shows EACH the passkeys of FOLDER's device, oldest first, as the file states them: nobody
 * has verified that. Errors: NOT_FOUND, CORRUPT, VERSION, FOLDER, IO. */
ZT_CHECKED enum zt_err device_file_passkeys(
    const char *folder, void (*each)(void *ctx, const Zt__Passkey *p), void *ctx);

enum protector {
	BY_NOTHING, /* no device, or an unreadable one */
	BY_PASSWORD = 1,
	BY_TOKEN = 2,
	BY_DESKTOP = 3 /* as the file states them */
};
/* The protection of FOLDER's device. */
enum protector device_file_protector(const char *folder);
/* Deletes FOLDER's device file. Only for a device that no log ever contained. */
void device_file_discard(const char *folder);
/* Whether FOLDER has no device.zt, as far as this OS user may see. */
bool device_file_is_missing(const char *folder);
/* Checks that a device may be made in FOLDER, which need not exist. Errors: EXISTS (it has
 * one), FOLDER, IO. */
ZT_CHECKED enum zt_err device_file_may_begin(const char *folder);

#endif
