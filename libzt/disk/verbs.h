/* SPDX-License-Identifier: Apache-2.0 */
/* verbs.h - what the public functions call in this room: each is the zt_ function of its last
 * words, as include/zt says, with the device taken (libzt/api). */
#ifndef ZT_DISK_VERBS_H
#define ZT_DISK_VERBS_H

#include "base/err.h"
#include "zt/file.h"

ZT_CHECKED enum zt_err disk_put(struct zt *z, const char *local, const char *remote,
    const struct zt_progress *p, uint64_t *files);
ZT_CHECKED enum zt_err disk_get(struct zt *z, const char *remote, const char *local,
    const struct zt_progress *p, uint64_t *files);

#endif
