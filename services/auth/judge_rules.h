/* judge_rules.h - may this stand in a workspace's chain? The judgement alone, without the
 * question around it (judge.c), so that tests hold it against what devices judge. */
#ifndef ZT_AUTH_JUDGE_RULES_H
#define ZT_AUTH_JUDGE_RULES_H

#include "files/changeset.h"

struct judge_place {
	uint64_t position;
	const struct hash *link; /* of that place, with the changeset in it */
	bool is_push;            /* it is new: its author must have the right now as well */
};

/* Whether C, whose shape is good, may stand at PLACE of the chain of WORKSPACE, by the log as O
 * holds it. On refusal *WHY is a static sentence. Errors: NOT_FOUND, RESTORED (the log pins a
 * place of the chain that is not there), FORBIDDEN, STALE_KEY, those of changeset_check. */
ZT_CHECKED enum zt_err judge_rules(const struct org_state *o, const struct id *workspace,
    const struct changeset *c, const struct judge_place *place, const char **why);

#endif
