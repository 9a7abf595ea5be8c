/* SPDX-License-Identifier: Apache-2.0 */
/* positions.h - chain positions signed by the log key: stored here, and shown to a server that
 * lost its newest state. */
#ifndef ZT_CHAIN_POSITIONS_H
#define ZT_CHAIN_POSITIONS_H

#include "chain/workspace.h"
#include "proto/metadata.pb-c.h"

/* Checks M, a PositionBody from the server, against the chain that S has verified, and stores
 * the newest. Ignores a missing M and positions that S has not reached. Errors: FORK (it is of
 * another chain), SIGNATURE, CORRUPT, SUITE. */
ZT_CHECKED enum zt_err position_keep(struct workspace *s, const Zt__Statement *m);
/* Proves to the server, whose chain ends at NEWEST, by signed statements held here, which
 * changesets followed, so that it accepts them again. *LAST: the last such position. Errors:
 * PROOF (no statement proves them), CONFLICT (another changeset is there), NOT_FOUND (this
 * device lacks the changesets). */
ZT_CHECKED enum zt_err positions_show(struct workspace *s, uint64_t newest, uint64_t *last);

#endif
