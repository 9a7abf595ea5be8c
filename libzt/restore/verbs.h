/* SPDX-License-Identifier: Apache-2.0 */
/* verbs.h - what the public functions call in this room: each is the zt_ function of its last
 * words, as include/zt says, with the device taken (libzt/api); restore_count_unlinked is a
 * part of zt_verify. */
#ifndef ZT_RESTORE_VERBS_H
#define ZT_RESTORE_VERBS_H

#include "base/err.h"
#include "zt/file.h"
#include "zt/history.h"
#include "zt/org.h"
#include "zt/repair.h"

ZT_CHECKED enum zt_err restore_at(
    struct zt *z, const char *remote, uint64_t version, uint64_t time);
ZT_CHECKED enum zt_err restore_trash(struct zt *z, const char *where,
    void (*each)(void *ctx, const struct zt_removed *r), void *ctx);
/* Sets *N to how many objects of WORKSPACE, as it was verified last, are in no folder
 * (zt_removed.is_unlinked). Names nothing. */
ZT_CHECKED enum zt_err restore_count_unlinked(struct zt *z, const char *workspace, uint64_t *n);
ZT_CHECKED enum zt_err restore_by_id(struct zt *z, const char *remote, const char *id);
ZT_CHECKED enum zt_err restore_log_export(struct zt *z, int fd, const char *workspace);
ZT_CHECKED enum zt_err restore_repair(struct zt *z,
    void (*lost)(void *ctx, const struct zt_loss *l), void *ctx, struct zt_repaired *out);
ZT_CHECKED enum zt_err restore_log_compare(struct zt *z, uint64_t size, const uint8_t root[32]);

#endif
