/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* private.h - files that only this service may read: keys, tokens, connection strings. */
#ifndef ZT_BUS_PRIVATE_H
#define ZT_BUS_PRIVATE_H

#include <stddef.h>

#include "base/err.h"

/* Reads FILE, of at most MAX - 1 bytes, into OUT with a zero behind it; the caller wipes OUT.
 * Refuses a file that others may read: its owner alone (0600), or a group too (0640; a cluster
 * mounts a Secret with 0440). On error MESSAGE[200] begins with NAME, of
 * the setting, and OUT is wiped. Errors: CONFIG. */
ZT_CHECKED enum zt_err private_read(
    const char *name, const char *file, char *out, size_t max, char message[200]);

#endif
