/* SPDX-License-Identifier: Apache-2.0 */
/* names.h - one act on the tree. */
#ifndef ZT_TREE_NAMES_H
#define ZT_TREE_NAMES_H

#include "chain/workspace.h"
#include "session/session.h"
#include "tree/batch.h"
#include "tree/tree.h"

/* Fills B with the changes at PATH for the current S; called again after a conflict. */
typedef enum zt_err tree_act_fn(
    void *ctx, struct workspace *s, const struct path *path, struct batch *b);
ZT_CHECKED enum zt_err tree_act(struct zt *z, const char *remote, tree_act_fn *act, void *ctx);
/* The folder that contains the last name of PATH. Errors: INVALID (PATH is empty, or passes
 * through a file). */
ZT_CHECKED enum zt_err tree_parent(
    struct workspace *s, const struct path *path, struct tree_entry *parent);
/* Checks that WHAT, with its contents, may be at PATH. Errors: TOO_BIG (too deep). */
ZT_CHECKED enum zt_err tree_fits(
    struct workspace *s, const struct path *path, const struct tree_entry *what);

#endif
