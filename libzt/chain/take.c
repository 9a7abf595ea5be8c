/* SPDX-License-Identifier: Apache-2.0 */
/* take.c - one changeset of the chain, verified: who signed it, what its author had seen, and
 * whether it counts. */
#include <stdlib.h>

#include "chain/chain.h"
#include "chain/records.h"
#include "chain/space.h"
#include "log/handles.h"
#include "session/session.h"

/* The same, with the member who signed it: what one of them did wrong is not laid at all doors.
 */
static enum zt_err
refuse_authored(struct space *s, enum zt_err err, const struct changeset *cs, uint64_t position,
    const char *why)
{
	const struct org_device *d = org_state_device(s->z->state, &cs->author);
	struct client_handle by;

	if (d == NULL)
		return chain_refuse(s, err, position, why);
	client_handle(s->z, &d->user->id, &by);
	s->is_refused = true;
	return client_refuse(s->z, err, "changeset %llu of the workspace, signed by %.100s: %s",
	    (unsigned long long)position, by.email, client_words(s->z, why));
}

/* What the author had verified must be a link of this very chain. */
static enum zt_err
check_parent(struct space *s, const struct changeset *cs, uint64_t position)
{
	struct hash parent;
	uint64_t time = 0;
	enum zt_err err = chain_link(s, cs->parent_position, &parent, &time);

	if (err == ZT_ERR_NOT_FOUND && cs->parent_position < s->base) {
		parent = cs->parent_link;
		if (s->base - cs->parent_position > CHAIN_BACK)
			return chain_suspect(s);
		if ((err = checkpoint_link(s, cs->parent_position, &parent)) &&
		    err != ZT_ERR_FORK)
			return err;
	}
	if (err == ZT_OK)
		err = changeset_check_parent(cs, &parent, time);
	if (err == ZT_ERR_CLOCK)
		return chain_refuse(s, ZT_ERR_CORRUPT, position,
		    "it claims an earlier time than the changeset that its author built on");
	if (err)
		return chain_refuse(s, ZT_ERR_FORK, position,
		    "its author had seen another history of this workspace than the server "
		    "shows here");
	return ZT_OK;
}

/* Checks that CS is valid at POSITION. *LEFT_OUT: it does not count. A refusal names its
 * author. */
static enum zt_err
judge(struct space *s, const struct changeset *cs, uint64_t position, bool *left_out)
{
	struct changeset_place place = { position, judge_known(s, position) };
	const char *why = "";
	enum zt_err err;

	if (cs->parent_position > 0 && cs->parent_position < position &&
	    (err = check_parent(s, cs, position)))
		return err;
	/* A log that is shorter than it was is not another one: this waits for its repair. */
	if (cs->seen_size > merkle_size(s->z->state->tree) && s->z->marked >= cs->seen_size)
		return client_refuse(s->z, ZT_ERR_RESTORED, "%s",
		    client_words(s->z, err_words(ZT_ERR_RESTORED)));
	err = changeset_check(s->z->state, s->w, cs, &place, &why);
	*left_out = err == ZT_ERR_REVOKED;
	return err == ZT_OK || *left_out ? ZT_OK : refuse_authored(s, err, cs, position, why);
}

/* Stores NEXT as the chain hash at POSITION and makes it the newest. */
static enum zt_err
chain_advance(struct space *s, uint64_t position, const struct hash *next, uint64_t time,
    struct hash *link)
{
	enum zt_err err = chain_put_link(s, position, next, time);

	if (err == ZT_OK)
		*link = *next;
	return err;
}

enum zt_err
chain_take(struct space *s, const Zt__Changeset *m, uint64_t position, struct hash *link,
    chain_take_fn *each)
{
	struct changeset cs;
	struct chain_change of = { &cs, position, false, position <= s->base };
	struct change *changes = NULL;
	struct hash next;
	const char *why = "";
	enum zt_err err;

	if (changeset_read_statement(m->statement, &cs) == ZT_OK) {
		changeset_link(link, &cs.signed_, &next);
		of.left_out = org_state_is_void(s->w, position, &next);
	}
	if ((err = changeset_read(m, &cs, &changes))) {
		if (of.left_out) /* an owner passed over what nobody can read */
			return chain_advance(s, position, &next, 0, link);
		return chain_refuse(
		    s, err, position, "it is not what its author signed, or cannot be read");
	}
	if (!id_equal(&cs.author, &s->z->device))
		s->z->foreign++;
	if (!of.left_out && (err = judge(s, &cs, position, &of.left_out)))
		goto out;
	if ((err = changeset_check_pin(s->w, position, &next, &why))) {
		err = chain_refuse(s, err, position, why);
		goto out;
	}
	for (size_t i = 0; err == ZT_OK && i < cs.count; i++)
		err = each(s, &of, &changes[i]);
	if (err == ZT_OK && (err = chain_advance(s, position, &next, cs.time, link)) == ZT_OK)
		s->skipped += of.left_out;
out:
	free(changes);
	return err;
}
