/* SPDX-License-Identifier: Apache-2.0 */
/* keys.h - the keys of a workspace, by generation. */
#ifndef ZT_CHAIN_KEYS_H
#define ZT_CHAIN_KEYS_H

#include "chain/workspace.h"
#include "format/limits.h"

/* The key of GENERATION, borrowed; fetched and opened if this device lacks it. Errors:
 * MISSING_KEY, KEY (the server's is not the key). */
ZT_CHECKED enum zt_err workspace_key(
    struct workspace *s, unsigned generation, const struct secret **out);
/* The newest key, for a caller that is about to write: a rotation's key follows a moment behind
 * its entry, and is waited for, some two seconds. Errors: as workspace_key, INTERRUPTED. */
ZT_CHECKED enum zt_err workspace_key_to_write(struct workspace *s, const struct secret **out);
/* The same without asking a server; NULL if not held. GENERATION is one that the log knows. */
const struct secret *workspace_held_key(struct workspace *s, unsigned generation);
/* The held generations that are not reachable from the newest key: a rotation must include
 * them. OUT: *COUNT of them, oldest first. */
ZT_CHECKED enum zt_err workspace_unreachable_keys(
    struct workspace *s, unsigned out[LIMIT_OLDER], size_t *count);

#endif
