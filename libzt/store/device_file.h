/* device_file.h - the device's secrets on disk, sealed under a key from the user's password,
 * from a PKCS#11 token, or in the desktop's secret service. PASSWORD below is then the token's
 * PIN, or not looked at. */
#ifndef ZT_STORE_DEVICE_FILE_H
#define ZT_STORE_DEVICE_FILE_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/id.h"
#include "proto/device.pb-c.h"

/* Whether FOLDER is this user's, and nobody else may write to it. Errors: FOLDER, NOT_FOUND,
 * IO.
 */
ZT_CHECKED enum zt_err device_file_check_folder(const char *folder);
/* Makes FOLDER for its owner only; one that is there is checked. Errors: FOLDER, FULL, IO. */
ZT_CHECKED enum zt_err device_file_folder(const char *folder);
/* Writes FOLDER/device.zt, whole or not at all; an existing one is EXISTS. The folder is made
 * when needed, for its owner only. Errors: PASSWORD (an empty one), EXISTS, FULL, IO, MEMORY.
 */
ZT_CHECKED enum zt_err device_file_create(
    const char *folder, const Zt__DeviceSecrets *secrets, struct bytes password);
/* The caller gives *OUT to pb_wipe. Without a password (p NULL) by the key that is held for
 * this session. Errors: NOT_FOUND (the file, or the token, or the key in the desktop's secret
 * service), UNAVAILABLE (that service), PASSWORD (wrong; or there is none, and no key is held),
 * WEAK, CORRUPT, VERSION, FOLDER, IO. */
ZT_CHECKED enum zt_err device_file_open(
    const char *folder, struct bytes password, Zt__DeviceSecrets **out);
/* Holds the key of FOLDER's device for this session, SECONDS long (held_key.h). Errors: those
 * of device_file_open. */
ZT_CHECKED enum zt_err device_file_hold(
    const char *folder, struct bytes password, unsigned seconds);
/* Forgets it, in every session of the user's. Errors: NOT_FOUND (no device there, or no key is
 * held), IO (a session still holds it). */
ZT_CHECKED enum zt_err device_file_release(const char *folder);
/* Whether it is held. */
bool device_file_is_held(const char *folder);
/* The same secrets under another password; kill -9 leaves the old file or the new one. Errors:
 * those of device_file_open, FULL. */
ZT_CHECKED enum zt_err device_file_change(
    const char *folder, struct bytes password, struct bytes new_password);
/* The same secrets under the token that URI names, with its PIN. Errors: those of
 * device_file_open and protect_token_new, FULL. */
ZT_CHECKED enum zt_err device_file_protect(
    const char *folder, struct bytes password, const char *uri, const char *pin);
/* The same secrets under a new key in the desktop's secret service. Errors: those of
 * device_file_open and protect_desktop_new, FULL. */
ZT_CHECKED enum zt_err device_file_protect_by_desktop(
    const char *folder, struct bytes password);

enum protector {
	BY_NOTHING, /* no device, or one that cannot be read */
	BY_PASSWORD,
	BY_TOKEN,
	BY_DESKTOP
};
/* By what FOLDER's device opens. */
enum protector device_file_protector(const char *folder);
/* Takes FOLDER's device away: only for one that no organization has ever known. */
void device_file_discard(const char *folder);
/* Which file of FOLDER cannot be used as it must, and why, in the system's words; "" when none
 * is found that cannot. */
void device_file_explain(const char *folder, char *out, size_t size);
/* Writes FOLDER/joining.zt over what was there: keys that will be a device's, before anybody is
 * told of them, so that who goes away meanwhile goes on from there. Errors: as
 * device_file_create. */
ZT_CHECKED enum zt_err device_file_keep_joining(
    const char *folder, const Zt__Joining *m, struct bytes password);
/* The caller gives *OUT to pb_wipe. Errors: NOT_FOUND, PASSWORD, WEAK, CORRUPT, VERSION,
 * FOLDER, IO. */
ZT_CHECKED enum zt_err device_file_read_joining(
    const char *folder, struct bytes password, Zt__Joining **out);
/* Which attempt of INVITATION this folder makes, so that whoever was killed in it ends it
 * before beginning another. Who reads it learns nothing, and could end that attempt. */
ZT_CHECKED enum zt_err device_file_note_attempt(
    const char *folder, const struct id *invitation, const struct id *attempt);
bool device_file_noted_attempt(
    const char *folder, const struct id *invitation, struct id *attempt);
void device_file_end_attempt(const char *folder, const struct id *invitation);
/* Whether such a file is there, and no device. */
bool device_file_is_joining(const char *folder);
void device_file_end_joining(const char *folder);
/* Whether a device may be made in FOLDER, which need not be there. Errors: EXISTS (it holds
 * one), FOLDER, IO. */
ZT_CHECKED enum zt_err device_file_may_begin(const char *folder);

#endif
