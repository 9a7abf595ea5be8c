/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tally.h - how often users added devices and rotated their keys lately.
 *
 * Each such act requires work of others: a user who adds and revokes devices without end keeps
 * every workspace of theirs waiting for its next key. The trust log allows it; the server
 * limits it a day. */
#ifndef ZT_AUTH_TALLY_H
#define ZT_AUTH_TALLY_H

#include "trust/org_state.h"

/* Counts E, which was appended to the log of O. TALLIES are by user; values are freed with
 * free. Errors: MEMORY. */
ZT_CHECKED enum zt_err tally_take(
    struct idmap *tallies, const struct org_state *o, const struct entry *e);
/* Checks that the limits allow E. Errors: LIMIT, with *MESSAGE. */
ZT_CHECKED enum zt_err tally_check(const struct idmap *tallies, const struct org_state *o,
    const struct entry *e, const char **message);

#endif
