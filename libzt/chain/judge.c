/* SPDX-License-Identifier: Apache-2.0 */
/* judge.c - whose changesets count after a loss of access (P6): what this device knew when it
 * verified a place of the chain, and the second judgement when the log pins one.
 *
 * A server that helps a removed member shows their late writes as soon as it can, and the log
 * as late as it can. So each place is remembered with the length of the log that was known when
 * it was verified, as a few steps, and judgements are made again when the log says more. */
#include <stdlib.h>

#include "chain/chain.h"
#include "chain/records.h"
#include "chain/workspace.h"
#include "format/limits.h"
#include "format/pb.h"

/* The furthest place that was verified with at most LOSS entries of the log. */
static uint64_t
verified_before(const struct workspace *s, uint64_t loss)
{
	uint64_t far = 0;

	for (size_t i = 0; i < s->chain.step_count && s->chain.steps[i].known <= loss; i++)
		far = i + 1 < s->chain.step_count ? s->chain.steps[i + 1].position - 1
						  : s->chain.position;
	return far < s->chain.position ? far : s->chain.position;
}

/* ---- judging again ---- */

/* The changeset at POSITION as it is kept here. Errors: NOT_FOUND. */
static enum zt_err
kept(struct workspace *s, uint64_t position, Zt__PushRequest **out)
{
	struct buf b = buf_init(LIMIT_PUSH + LIMIT_MANIFEST);
	enum zt_err err =
	    store_get(s->z->store, STORE_PUSH, bytes_of(s->w->id.b, ID_BYTES), position, &b);

	if (err == ZT_OK)
		err = pb_decode(&zt__push_request__descriptor, buf_bytes(&b),
		    LIMIT_PUSH + LIMIT_MANIFEST, out);
	buf_free(&b);
	return err;
}

static enum zt_err
mark(struct workspace *s, const struct chain_change *of, const struct change *c, bool *changed)
{
	struct workspace_version v;
	struct chain_change as = *of;
	enum zt_err err = chain_stored_version(s, &c->vlob, c->version, &v, &as.before);

	if (err == ZT_ERR_NOT_FOUND || (err == ZT_OK && v.position != of->position))
		return ZT_OK; /* it fits nowhere (chain.c) */
	if (err || v.excluded == of->excluded)
		return err;
	*changed = true;
	return chain_put_version(s, &as, c);
}

static enum zt_err
judge_one(struct workspace *s, uint64_t position)
{
	Zt__PushRequest *m = NULL;
	struct changeset cs;
	struct chain_change of = { .cs = &cs, .position = position };
	struct change *changes = NULL;
	const struct org_device *d;
	struct hash link;
	bool changed = false;
	enum zt_err err = kept(s, position, &m);

	if (err == ZT_ERR_NOT_FOUND)
		return ZT_OK;
	if (err || (err = chain_link(s, position, &link, NULL)) ||
	    changeset_read(m->changeset, &cs, &changes)) /* void since it came */
		goto out;
	d = org_state_device(s->z->state, &cs.author);
	of.excluded = org_state_is_void(s->w, position, &link) || d == NULL ||
		      !changeset_counts(s->w, d, cs.seen_size,
			  &(struct changeset_place){ position, judge_known(s, position) });
	for (size_t i = 0; err == ZT_OK && i < cs.count; i++)
		err = mark(s, &of, &changes[i], &changed);
	if (changed)
		s->chain.skipped = of.excluded ? s->chain.skipped + 1
					       : s->chain.skipped - (s->chain.skipped > 0);
out:
	free(changes);
	pb_free(m);
	return err;
}

static uint64_t
smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The first place about which P says something else than what was judged without it. A rotation
 * that no loss asked for says nothing. */
static uint64_t
concerned_by(const struct workspace *s, const struct org_pin *p)
{
	uint64_t loss = p->of != NULL ? p->index : org_state_unpinned_loss(s->w, p->index);

	if (loss == ORG_NEVER)
		return ORG_NEVER;
	return 1 +
	       (p->of != NULL ? p->position : smaller(p->position, verified_before(s, loss)));
}

/* The first place about which entries since the last judgement say something; ORG_NEVER: none.
 */
static uint64_t
first_concerned(const struct workspace *s)
{
	const struct org_workspace *w = s->w;
	uint64_t first = ORG_NEVER;

	for (size_t i = 0; i < w->pin_count; i++) {
		const struct org_pin *p = &w->pins[i];

		if (p->index >= s->chain.judged)
			first = smaller(first, concerned_by(s, p));
		if (p->void_index != ORG_NEVER && p->void_index >= s->chain.judged)
			first = smaller(first, 1);
	}
	for (size_t i = 0; i < w->void_count; i++)
		if (w->voids[i].index >= s->chain.judged)
			first = smaller(first, w->voids[i].position);
	return first;
}

enum zt_err
judge_again(struct workspace *s)
{
	uint64_t size = merkle_size(s->z->state->tree), p;
	enum zt_err err = ZT_OK;

	if (s->chain.judged == size)
		return ZT_OK;
	p = first_concerned(s);
	if (p <= s->chain.anchor_position && s->chain.anchor_position > 0)
		return chain_suspect(
		    s); /* what the checkpoint says may not count: read it all */
	for (; err == ZT_OK && p <= s->chain.position; p++)
		err = judge_one(s, p);
	if (err) /* it is judged again by the next who asks */
		return err;
	s->chain.judged = size;
	return chain_note(s);
}

/* ---- what a rotation pins ---- */

/* How far the author of the changeset at POSITION had verified the chain before LOSS; 0: that
 * says nothing. */
static enum zt_err
vouched(struct workspace *s, uint64_t position, uint64_t loss, uint64_t *out)
{
	Zt__PushRequest *m = NULL;
	const struct org_device *d;
	struct changeset cs;
	enum zt_err err = kept(s, position, &m);

	*out = 0;
	if (err == ZT_OK && changeset_read_statement(m->changeset->statement, &cs) == ZT_OK &&
	    cs.seen_size <= loss && (d = org_state_device(s->z->state, &cs.author)) != NULL &&
	    org_state_loss(s->w, d, cs.seen_size) == ORG_NEVER)
		*out = cs.parent_position;
	pb_free(m);
	return err == ZT_ERR_NOT_FOUND ? ZT_OK : err;
}

enum zt_err
judge_pin(struct workspace *s, uint64_t *position, struct hash *link)
{
	uint64_t loss = org_state_unpinned_loss(s->w, ORG_NEVER), far = s->chain.position, q;
	enum zt_err err = ZT_OK;

	if (loss != ORG_NEVER) {
		far = verified_before(s, loss);
		for (size_t i = 0; i < s->w->pin_count; i++) {
			const struct org_pin *p = &s->w->pins[i];

			if (!p->voided && p->index < loss && p->position > far)
				far = p->position;
		}
		for (uint64_t p = s->chain.position; err == ZT_OK && p > far; p--)
			if ((err = vouched(s, p, loss, &q)) == ZT_OK && q > far)
				far = q;
	}
	*link = (struct hash){ 0 };
	if (err == ZT_OK && far > 0 &&
	    (err = chain_link(s, far, link, NULL)) == ZT_ERR_NOT_FOUND &&
	    s->chain.anchor_position > 0 && (err = workspace_complete(s)) == ZT_OK)
		err = chain_link(s, far, link, NULL);
	if (err == ZT_OK)
		*position = far;
	return err;
}
