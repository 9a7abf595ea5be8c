/* SPDX-License-Identifier: Apache-2.0 */
/* judge_rules.h - whether a changeset is valid in a workspace's chain: the decision only,
 * without the request around it (judge.c), so that tests compare it with the devices'
 * decision. */
#ifndef ZT_FILES_JUDGE_RULES_H
#define ZT_FILES_JUDGE_RULES_H

#include "files/changeset.h"

struct judge_place {
	uint64_t position;
	const struct hash *link; /* chain hash there, this changeset included */
	bool is_push;            /* a new changeset: its author must have the right now, too */
};

/* Checks that the well-formed C is valid at PLACE of the chain of WORKSPACE, by the log of O.
 * On refusal *MESSAGE is a static sentence. Errors: NOT_FOUND, RESTORED (the log pins a
 * position beyond the chain), FORBIDDEN, STALE_KEY, those of changeset_check. */
ZT_CHECKED enum zt_err judge_rules(const struct org_state *o, const struct id *workspace,
    const struct changeset *c, const struct judge_place *place, const char **message);

#endif
