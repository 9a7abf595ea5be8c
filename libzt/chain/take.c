/* SPDX-License-Identifier: Apache-2.0 */
/* take.c - one changeset of the chain, by the reader of chains (files/chain_reader.h), from
 * what the store holds. */
#include "chain/chain.h"
#include "chain/records.h"
#include "chain/workspace.h"
#include "log/handles.h"
#include "session/session.h"

/* The same, with the member who signed it: what one of them did wrong is not laid at all doors.
 */
static enum zt_err
refuse_authored(struct workspace *s, enum zt_err err, const struct id *author,
    uint64_t position, const char *message)
{
	const struct org_device *d = org_state_device(s->z->state, author);
	struct log_handle by;

	if (d == NULL)
		return chain_refuse(s, err, position, message);
	log_handle(s->z, &d->user->id, &by);
	s->is_refused = true;
	return session_refuse(s->z, err,
	    "changeset %llu of the workspace, signed by %.100s: %s",
	    (unsigned long long)position, by.email, session_translate(s->z, message));
}

struct taking {
	struct workspace *s;
	chain_take_fn *each;
};

static enum zt_err
find_parent(void *ctx, const struct changeset *cs, struct hash *link, uint64_t *time)
{
	struct workspace *s = ((struct taking *)ctx)->s;
	enum zt_err err = chain_link(s, cs->parent_position, link, time);

	if (err != ZT_ERR_NOT_FOUND || cs->parent_position >= s->chain.anchor_position)
		return err;
	*link = cs->parent_link;
	*time = 0;
	return s->chain.anchor_position - cs->parent_position > CHAIN_BACK
		   ? chain_suspect(s)
		   : checkpoint_link(s, cs->parent_position, link);
}

static enum zt_err
take_change(void *ctx, const struct chain_change *of, const struct change *c)
{
	struct taking *t = ctx;
	struct chain_change as = *of;

	as.before = of->position <= t->s->chain.anchor_position;
	return t->each(t->s, &as, c);
}

/* What the reader says, as this device says it. A refusal names its author. */
static enum zt_err
explain(struct workspace *s, const struct chain_reader *r, enum zt_err err)
{
	if (err == ZT_OK || r->message == NULL)
		return err;
	s->is_behind = r->is_of_author && r->seen_size > merkle_size(s->z->state->tree);
	/* A log that is shorter than it was is not another one: this waits for its repair. */
	if (r->is_of_author && r->seen_size > merkle_size(s->z->state->tree) &&
	    s->z->marked >= r->seen_size)
		return session_refuse(s->z, ZT_ERR_RESTORED, "%s",
		    session_translate(s->z, err_text(ZT_ERR_RESTORED)));
	return r->is_of_author
		   ? refuse_authored(s, err, &r->author, r->position + 1, r->message)
		   : chain_refuse(s, err, r->position + 1, r->message);
}

enum zt_err
chain_take(struct workspace *s, const Zt__Changeset *m, uint64_t position, struct hash *link,
    chain_take_fn *each)
{
	struct taking t = { s, each };
	struct chain_reader r = { .o = s->z->state,
		.w = s->w,
		.parent = find_parent,
		.change = take_change,
		.ctx = &t,
		.position = position - 1,
		.link = *link };
	enum zt_err err = chain_reader_take(&r, m, judge_known(s, position));

	s->z->foreign += r.has_author && !id_equal(&r.author, &s->z->device);
	if (err)
		return explain(s, &r, err);
	if ((err = chain_put_link(s, position, &r.link, r.time)) == ZT_OK) {
		*link = r.link;
		s->chain.skipped += r.is_excluded && r.count > 0;
	}
	return err;
}
