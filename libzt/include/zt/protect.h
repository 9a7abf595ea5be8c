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
 * desktop; passkeys stay. Copies of the old file still open as before. Errors: those of
 * zt_open, FULL. MESSAGE as for zt_open. */
ZT_CALL enum zt_err zt_change_password(
    const struct zt_options *o, const char *new_password, char *message);

/* A passkey (WebAuthn level 3) whose PRF extension gives a key, of the page of RELYING_PARTY: a
 * domain. CREDENTIAL, its id, and SALT, 32 random bytes with which the PRF is asked, are in
 * base64url; LABEL is for people: 128 bytes at most. */
struct zt_passkey {
	const char *relying_party, *credential, *salt, *label;
	uint64_t added; /* milliseconds since 1970 */
};
/* What the PRF of CREDENTIAL gave for its salt, N bytes: 32. The caller wipes them. */
struct zt_passkey_output {
	const char *credential;
	const void *output;
	size_t n;
};
/* Lets P open the device too, by the N bytes of OUTPUT; O->password is typed, and stays. P's
 * time is not looked at. Errors: those of zt_open; INVALID (a text of P, N, or the device has
 * no password), EXISTS, TOO_BIG (sixteen do). MESSAGE as for zt_open. */
ZT_CALL enum zt_err zt_add_passkey(const struct zt_options *o, const struct zt_passkey *p,
    const void *output, size_t n, char *message);
/* zt_open by what a passkey gave; O->password is not looked at. Errors: those of zt_open;
 * NOT_FOUND (P opens this device no more), PASSWORD (the output is not P's). */
ZT_CALL enum zt_err zt_open_by_passkey(const struct zt_options *o,
    const struct zt_passkey_output *p, struct zt **out, char *message);
/* Whether P opens the device, which is left as it is. Errors and MESSAGE: the same. */
ZT_CALL enum zt_err zt_check_passkey(
    const struct zt_options *o, const struct zt_passkey_output *p, char *message);
/* Lets it not open the device any more. Copies of the old file still open by it. Errors: those
 * of zt_open; NOT_FOUND. MESSAGE as for zt_open. */
ZT_CALL enum zt_err zt_remove_passkey(
    const struct zt_options *o, const char *credential, char *message);
/* Shows EACH the passkeys of HOME's device, oldest first, as its file states them, locked or
 * not: who may write to the file may state others, which open nothing. Errors: NOT_FOUND,
 * CORRUPT, VERSION, FOLDER, IO. */
ZT_CALL enum zt_err zt_passkeys(
    const char *home, void (*each)(void *ctx, const struct zt_passkey *p), void *ctx);
/* Whether the device in HOME opens without a password now: its key is held by zt_unlock or by
 * the desktop. */
ZT_CALL int zt_is_unlocked(const char *home);

#ifdef __cplusplus
}
#endif

#endif
