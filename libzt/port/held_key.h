/* SPDX-License-Identifier: Apache-2.0 */
/* held_key.h - a device's protection key in the kernel's keyring for the commands of one login
 * session, so that the password is asked for and derived once.
 *
 * Only processes of the session can read it (keyrings(7)); if the system made no session
 * keyring at login, all processes of the user. It is in no file; the kernel removes it after
 * its time and at the session's end. */
#ifndef ZT_PORT_HELD_KEY_H
#define ZT_PORT_HELD_KEY_H

#include "crypto/hash.h"
#include "crypto/secret.h"

/* Holds KEY under NAME for SECONDS. Errors: IO (no keyring). */
ZT_CHECKED enum zt_err held_key_put(
    const struct hash *name, const struct secret *key, unsigned seconds);
/* The caller owns *OUT. Errors: NOT_FOUND, MEMORY. */
ZT_CHECKED enum zt_err held_key_get(const struct hash *name, struct secret **out);
/* Removes it, in every session of the user. Errors: NOT_FOUND (none held it), IO (a session
 * out of reach still holds it). */
ZT_CHECKED enum zt_err held_key_drop(const struct hash *name);

#endif
