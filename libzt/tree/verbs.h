/* SPDX-License-Identifier: Apache-2.0 */
/* verbs.h - what the public functions call in this room: each is the zt_ function of its last
 * words, as include/zt says, with the device taken (libzt/api). */
#ifndef ZT_TREE_VERBS_H
#define ZT_TREE_VERBS_H

#include "base/err.h"
#include "zt/file.h"
#include "zt/history.h"
#include "zt/list.h"

ZT_CHECKED enum zt_err tree_ls(struct zt *z, const char *remote, bool recursive, bool details,
    void (*each)(void *ctx, const struct zt_file *f), void *ctx);
ZT_CHECKED enum zt_err tree_ls_at(struct zt *z, const char *remote, uint64_t time,
    bool recursive, bool details, void (*each)(void *ctx, const struct zt_file *f), void *ctx);
ZT_CHECKED enum zt_err tree_mkdir(struct zt *z, const char *remote);
ZT_CHECKED enum zt_err tree_mv(struct zt *z, const char *from, const char *to, char **as);
ZT_CHECKED enum zt_err tree_rm(struct zt *z, const char *remote, bool recursive);
ZT_CHECKED enum zt_err tree_history(struct zt *z, const char *remote,
    void (*each)(void *ctx, const struct zt_version *v), void *ctx);
ZT_CHECKED enum zt_err tree_verify(
    struct zt *z, const char *workspace, const struct zt_progress *p, struct zt_check *out);
ZT_CHECKED enum zt_err tree_list_open(struct zt *z, const char *remote, uint64_t time,
    enum zt_list_what what, struct zt_list **out);

#endif
