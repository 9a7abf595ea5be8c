/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* folders.h - the devices of a host as folders of its root. */
#ifndef ZT_HOSTS_FOLDERS_H
#define ZT_HOSTS_FOLDERS_H

#include <stdbool.h>

#include "zt/err.h"

#define FOLDERS_MAX 64 /* devices that a host knows */

/* Whether HOME has a device, or one that is joining. */
bool folders_has_device(const char *home);
/* Gives EACH the name of each entry of ROOT, which may not be there. */
void folders_each(const char *root, void (*each)(void *ctx, const char *name), void *ctx);
/* Makes HOME, which may be there, for a new device, or one whose joining continues. Errors:
 * EXISTS (it holds a device), FULL, IO. */
enum zt_err folders_make(const char *home) __attribute__((warn_unused_result));

#endif
