/* SPDX-License-Identifier: Apache-2.0 */
/* download_tree.h - a folder of a workspace, with all that is in it, to the disk. */
#ifndef ZT_DISK_DOWNLOAD_TREE_H
#define ZT_DISK_DOWNLOAD_TREE_H

#include "base/err.h"
#include "base/id.h"
#include "content/transfer.h"

/* Gets the folder VLOB into the open folder ROOT, which is new when IS_MADE. *IS_ALTERED: a
 * folder is another by now than the one that was read. What is left out is named in T, and is
 * no error. */
ZT_CHECKED enum zt_err download_tree(
    struct transfer *t, const struct id *vlob, int root, bool is_made, bool *is_altered);

#endif
