/* SPDX-License-Identifier: Apache-2.0 */
/* steps.c - what this device knew of the log when it verified a place of the chain. */
#include "chain/chain.h"
#include "chain/workspace.h"
#include "session/session.h"

uint64_t
judge_known(const struct workspace *s, uint64_t position)
{
	for (size_t i = s->chain.step_count; i-- > 0;)
		if (s->chain.steps[i].position <= position)
			return s->chain.steps[i].known;
	return merkle_size(s->z->state->tree);
}

/* The index of the newest rotation: losses before it are pinned by it. */
static uint64_t
last_rotation(const struct org_workspace *w)
{
	return w->generations[w->generation_count - 1].index;
}

static void
drop_step(struct workspace *s, size_t i)
{
	memmove(&s->chain.steps[i], &s->chain.steps[i + 1],
	    (s->chain.step_count - i - 1) * sizeof s->chain.steps[0]);
	s->chain.step_count--;
}

void
judge_hear(struct workspace *s)
{
	uint64_t size = merkle_size(s->z->state->tree), next = s->chain.position + 1;
	struct workspace_step *last =
	    s->chain.step_count > 0 ? &s->chain.steps[s->chain.step_count - 1] : NULL;

	if (last != NULL && (last->known >= size || last->position > next))
		return; /* nothing was heard, or the chain is verified again from its beginning
			 */
	if (last != NULL && last->position == next) {
		last->known = size;
		return;
	}
	/* What differs only in what no loss asks for is one step. */
	while (s->chain.step_count > 1 && s->chain.steps[1].known <= last_rotation(s->w)) {
		s->chain.steps[0].known = s->chain.steps[1].known;
		drop_step(s, 1);
	}
	if (s->chain.step_count == WORKSPACE_STEPS) {
		s->chain.steps[0].known = s->chain.steps[1].known;
		drop_step(s, 1);
	}
	s->chain.steps[s->chain.step_count++] = (struct workspace_step){ next, size };
}

void
judge_begin(struct workspace *s, uint64_t position, uint64_t known)
{
	(void)position;
	s->chain.steps[0] = (struct workspace_step){ 1, known };
	s->chain.step_count = 1;
}
