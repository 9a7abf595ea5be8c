/* protect_desktop.h - a device's key in the desktop's secret service (freedesktop.org Secret
 * Service API: GNOME Keyring, KWallet, KeePassXC), which opens with the login.
 *
 * libsecret is loaded when it is first needed: a machine without a desktop needs none of it,
 * and no other command waits for it. A locked collection asks its owner by itself; SECONDS is
 * how long each question may take, people included. */
#ifndef ZT_STORE_PROTECT_DESKTOP_H
#define ZT_STORE_PROTECT_DESKTOP_H

#include "base/id.h"
#include "crypto/secret.h"

/* A new key, held there under ITEM, read back once. The caller owns *OUT. Errors: UNAVAILABLE
 * (no library, no service, or it refused), TIMEOUT, KEY (it gave something else back), MEMORY.
 */
ZT_CHECKED enum zt_err protect_desktop_new(
    const struct id *item, unsigned seconds, struct secret **out);
/* The caller owns *OUT. Errors: NOT_FOUND (it holds none under ITEM), UNAVAILABLE, TIMEOUT,
 * CORRUPT, MEMORY. */
ZT_CHECKED enum zt_err protect_desktop_open(
    const struct id *item, unsigned seconds, struct secret **out);
/* What is not there is forgotten already. */
void protect_desktop_forget(const struct id *item, unsigned seconds);

#endif
