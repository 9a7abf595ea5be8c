/* SPDX-License-Identifier: Apache-2.0 */
/* list.h - a version of a file, found by its path. */
#ifndef ZT_TREE_LIST_H
#define ZT_TREE_LIST_H

#include "chain/workspace.h"
#include "files/manifest.h"

/* VERSION of the file VLOB, or (0) its newest that opens; *WHICH is its number. The caller
 * gives *OUT to pb_wipe. Errors: NOT_FOUND, why it does not open. */
ZT_CHECKED enum zt_err list_manifest(struct workspace *s, const struct id *vlob,
    uint64_t version, uint64_t *which, Zt__Manifest **out);
/* The same of the file REMOTE; *S is its workspace, *VLOB the file. Errors: those, INVALID (a
 * folder), those of the workspace. */
ZT_CHECKED enum zt_err list_file_at(struct zt *z, const char *remote, uint64_t version,
    struct workspace **s, struct id *vlob, uint64_t *which, Zt__Manifest **out);

#endif
