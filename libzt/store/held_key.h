/* held_key.h - a device's protection key in the kernel's keyring, for the commands of one login
 * session, so that the password is asked for and derived from once and not by each of them.
 *
 * Only processes of the session read it (keyrings(7)); where the system made none for the
 * login, processes of the user. It is in no file, and goes by itself after its time and at the
 * session's end. */
#ifndef ZT_STORE_HELD_KEY_H
#define ZT_STORE_HELD_KEY_H

#include "crypto/hash.h"
#include "crypto/secret.h"

/* Holds KEY under NAME for SECONDS. Errors: IO (there is no keyring to be had). */
ZT_CHECKED enum zt_err held_key_put(
    const struct hash *name, const struct secret *key, unsigned seconds);
/* The caller owns *OUT. Errors: NOT_FOUND, MEMORY. */
ZT_CHECKED enum zt_err held_key_get(const struct hash *name, struct secret **out);
/* Forgets it, in every session of the user's. Errors: NOT_FOUND (none held it), IO (one that
 * cannot be ended from here still does). */
ZT_CHECKED enum zt_err held_key_drop(const struct hash *name);

#endif
