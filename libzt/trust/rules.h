/* SPDX-License-Identifier: Apache-2.0 */
/* rules.h - who may sign what: the table of protocol.md 4, one function an action.
 *
 * The auth service and every client run this code; a client never relies on the service's
 * check. */
#ifndef ZT_TRUST_RULES_H
#define ZT_TRUST_RULES_H

#include "trust/org_state.h"

/* Checks that E is valid as entry INDEX of the log of O, whose tree holds at least the first
 * INDEX leaves: signature, place in its topic, the head it names, and the right of its author.
 * On refusal *MESSAGE is a static sentence. Errors: SIGNATURE, CONFLICT (another entry came
 * first), FORK (the head it names is not of this log), UNKNOWN_DEVICE, REVOKED, FORBIDDEN,
 * CORRUPT, NOT_FOUND, EXISTS. */
ZT_CHECKED enum zt_err rules_check(
    const struct org_state *o, const struct entry *e, uint64_t index, const char **message);

#endif
