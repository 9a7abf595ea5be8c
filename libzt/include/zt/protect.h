/* SPDX-License-Identifier: Apache-2.0 */
/* zt/protect.h - what opens a device: a password, a token, the desktop, a key that the login
 * session holds. */
#ifndef ZT_PROTECT_H
#define ZT_PROTECT_H

#include "zt/zt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Derives the key from O->password and keeps it in the kernel's keyring for this login
 * session, so that zt_open needs no password for SECONDS. Errors: those of zt_open; IO (there
 * is no keyring). */
ZT_CALL enum zt_err zt_unlock(const struct zt_options *o, unsigned seconds, char *message);
/* Removes that key, in every login session of this OS user. Errors: NOT_FOUND (no device
 * there, no key is held, or the desktop holds it), IO (a session still holds it). MESSAGE as
 * for zt_open. */
ZT_CALL enum zt_err zt_lock(const struct zt_options *o, char *message);
/* Protects the device by a PKCS#11 token from now on: the RSA key of the certificate that URI
 * (RFC 7512) names; O->password is then its PIN. Errors: those of zt_open; INVALID (the URI, or
 * it names a module), NOT_FOUND, PASSWORD (the PIN), KEY (no RSA key that decrypts). MESSAGE as
 * for zt_open. */
ZT_CALL enum zt_err zt_protect_by_token(
    const struct zt_options *o, const char *uri, const char *pin, char *message);
/* Protects the device by a key in the desktop's secret service (GNOME Keyring, KWallet) from
 * now on, which opens with the login; O->password is then not looked at. Errors: those of
 * zt_open; UNAVAILABLE (there is no such service here, or it refused). MESSAGE as for zt_open.
 */
ZT_CALL enum zt_err zt_protect_by_desktop(const struct zt_options *o, char *message);
/* Whether HOME holds a device, whether or not it opens. */
ZT_CALL int zt_has_device(const char *home);
/* Whether HOME's device opens by a token's PIN. */
ZT_CALL int zt_is_by_token(const char *home);
/* Whether O->password opens the device, which is left as it is. Errors: those of zt_open;
 * PASSWORD (there is one, but the desktop opens it). MESSAGE as for zt_open. */
ZT_CALL enum zt_err zt_check_password(const struct zt_options *o, char *message);
/* Protects the device by NEW_PASSWORD from now on, instead of a password, token or the
 * desktop. Copies of the old file still open as before. Errors: those of zt_open, FULL. MESSAGE
 * as for zt_open. */
ZT_CALL enum zt_err zt_change_password(
    const struct zt_options *o, const char *new_password, char *message);
/* Whether the device in HOME opens without a password now: its key is held by zt_unlock or by
 * the desktop. */
ZT_CALL int zt_is_unlocked(const char *home);

#ifdef __cplusplus
}
#endif

#endif
