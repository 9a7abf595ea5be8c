/* SPDX-License-Identifier: Apache-2.0 */
/* protect_desktop.h - a device's key in the desktop's secret service (freedesktop.org Secret
 * Service API: GNOME Keyring, KWallet, KeePassXC), which opens with the login.
 *
 * libsecret is loaded at first use: a machine without a desktop does not need it, and other
 * commands do not wait for it. The service itself asks the owner to unlock a collection;
 * SECONDS limits each call, the owner's answer included. */
#ifndef ZT_PORT_PROTECT_DESKTOP_H
#define ZT_PORT_PROTECT_DESKTOP_H

#include "base/id.h"
#include "crypto/secret.h"

/* Makes a key, stores it there under ITEM, and reads it back once. The caller owns *OUT.
 * Errors: UNAVAILABLE (no library, no service, or it refused), TIMEOUT, KEY (it returned
 * another key), MEMORY. */
ZT_CHECKED enum zt_err protect_desktop_new(
    const struct id *item, unsigned seconds, struct secret **out);
/* The caller owns *OUT. Errors: NOT_FOUND (no key under ITEM), UNAVAILABLE, TIMEOUT, CORRUPT,
 * MEMORY. */
ZT_CHECKED enum zt_err protect_desktop_open(
    const struct id *item, unsigned seconds, struct secret **out);
/* Deletes ITEM's key; ignores errors. */
void protect_desktop_forget(const struct id *item, unsigned seconds);

#endif
