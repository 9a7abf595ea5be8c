/* SPDX-License-Identifier: Apache-2.0 */
/* user_keys.h - the keys of this device's user, by generation. */
#ifndef ZT_LOG_USER_KEYS_H
#define ZT_LOG_USER_KEYS_H

#include "session/session.h"

/* Takes ownership of KEY, also on failure; frees a duplicate. Errors: MEMORY. */
ZT_CHECKED enum zt_err log_add_user_key(struct zt *z, struct secret *key);
/* This user's private key of GENERATION, borrowed; NULL if this device lacks it. */
const struct secret *log_user_key(const struct zt *z, unsigned generation);
/* Borrows the newest user keys, to give to another device of this user. Returns their
 * count. */
size_t log_hand_user_keys(const struct zt *z, struct bytes out[SESSION_USER_KEYS_MAX]);
/* Opens the user keys that the log holds for this device; skips those that do not open.
 * Errors: MEMORY. */
ZT_CHECKED enum zt_err log_take_user_keys(struct zt *z);
/* Rotates this user's key and seals it to all its live devices. */
ZT_CHECKED enum zt_err log_rotate_user_key(struct zt *z);
/* Rotates the user key if a device was revoked after the last rotation, or if the newest key
 * has not reached this device; OK if another device did it first. */
ZT_CHECKED enum zt_err log_rotate_user_key_if_needed(struct zt *z);

#endif
