/* SPDX-License-Identifier: Apache-2.0 */
/* chain.c - a workspace's chain of changesets as this device verifies it (docs/protocol.md). */
#include "chain/chain.h"
#include "log/sync.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/wire.h"
#include "chain/positions.h"
#include "chain/records.h"
#include "chain/workspace.h"
#include "format/limits.h"
#include "format/pb.h"
#include "proto/device.pb-c.h"
#include "session/freeze.h"
#include "session/session.h"

/* A version must directly follow the one before it (F2, F4, F5, F6). An excluded one, of a
 * write that raced its author's removal, uses its number up: the server has counted it, and
 * the next writer must follow it. If it fits nowhere, ignore it. */
static enum zt_err
take_change(struct workspace *s, const struct chain_change *of, const struct change *c)
{
	struct workspace_version before;
	enum zt_err err = workspace_newest(s, &c->vlob, &before);

	if (err && err != ZT_ERR_NOT_FOUND)
		return err;
	if (!change_follows(c, err == ZT_OK ? before.version : 0,
		err == ZT_OK ? &before.pins.object : NULL)) {
		/* What a checkpoint left out, or misstated: the chain itself will tell. */
		if (s->chain.anchor_position > 0)
			return chain_suspect(s);
		return of->excluded ? ZT_OK
				    : chain_refuse(s, ZT_ERR_CORRUPT, of->position,
					  "a version does not follow the one before it");
	}
	return chain_put_version(s, of, c);
}

/* A chain that is verified again must reach the position and hash verified before. */
static enum zt_err
check_goal(struct workspace *s)
{
	if (s->chain.position != s->chain.target)
		return ZT_OK;
	if (!hash_equal(&s->chain.link, &s->chain.target_link))
		return chain_refuse(s, ZT_ERR_FORK, s->chain.position,
		    "the server shows another history of the workspace than this device has "
		    "verified");
	s->chain.target = 0;
	return chain_note(s);
}

/* The next changeset of the chain. */
static enum zt_err
take_next(struct workspace *s, const Zt__Changeset *m)
{
	enum zt_err err;

	judge_hear(s);
	if ((err = chain_take(s, m, s->chain.position + 1, &s->chain.link, take_change)))
		return err;
	s->chain.position++;
	if ((err = chain_link(s, s->chain.position, &s->chain.link, &s->chain.time)))
		return err;
	return check_goal(s);
}

/* Starts a chain of many pages at a member's checkpoint, if there is one. A bad checkpoint is
 * no reason to refuse: the chain itself can be verified. */
static enum zt_err
begin_at_checkpoint(struct workspace *s, bool *begun)
{
	enum zt_err err = checkpoint_begin(s);

	*begun = err == ZT_OK;
	if (err == ZT_OK || err == ZT_ERR_MEMORY || err == ZT_ERR_FULL || err == ZT_ERR_IO)
		return err;
	s->z->message[0] = 0;
	store_rollback(s->z->store);
	return store_begin(s->z->store);
}

/* One page; *NEWEST is the chain's length as the server says. */
static enum zt_err
sync_page(struct workspace *s, uint64_t *newest)
{
	Zt__ChainPage *m = NULL;
	bool begun = false;
	enum zt_err err;

	if ((err = chain_page(s, s->chain.position + 1, &m)) == ZT_ERR_ROLLBACK)
		err = chain_refuse_older(s);
	if (err)
		goto out;
	*newest = m->newest;
	if (m->newest < s->chain.position || m->newest < s->chain.target)
		err = chain_refuse_older(s);
	else if (m->n_changesets == 0 && m->newest > s->chain.position)
		err = session_refuse(s->z, ZT_ERR_CORRUPT, "the server withholds changesets");
	else if (s->chain.position == 0 && s->chain.target == 0 && m->newest > m->n_changesets)
		err = begin_at_checkpoint(s, &begun);
	for (size_t i = 0; err == ZT_OK && !begun && i < m->n_changesets; i++)
		if ((err = session_may_go_on(s->z)) == ZT_OK &&
		    (err = take_next(s, m->changesets[i])) == ZT_OK)
			err = chain_keep(s, s->chain.position, m->changesets[i]);
	if (err == ZT_OK && m->n_changesets > 0)
		err = chain_note(s);
	if (err == ZT_OK)
		err = position_keep(s, m->signed_);
out:
	pb_free(m);
	return err;
}

enum zt_err
workspace_sync(struct workspace *s)
{
	uint64_t newest = 0;
	bool has_fetched = false;
	enum zt_err err = workspace_load(s);

	if (err)
		return err;
	do {
		struct chain_cursor before = s->chain;

		s->is_refused = s->is_behind = false;

		if ((err = store_begin(s->z->store)))
			return err;
		if ((err = judge_again(s)) == ZT_OK && (err = sync_page(s, &newest)) == ZT_OK)
			err = store_commit(s->z->store);
		store_rollback(s->z->store);
		session_progress(s->z, ZT_WORK_VERIFY_HISTORY, s->chain.position, newest);
		if (err) {
			bool suspect = s->is_suspect;

			chain_go_back(s, &before);
			if (suspect && (err = backfill_all(s)) == ZT_OK)
				newest = UINT64_MAX; /* and again, from what is known now */
			/* A colleague's entry and changeset may have come since the log was
			 * fetched. */
			if (err && s->is_behind && !has_fetched) {
				s->z->message[0] = 0;
				has_fetched = true;
				newest = UINT64_MAX;
				err = log_fetch(s->z);
			}
		}
	} while (err == ZT_OK && s->chain.position < newest);
	return session_note_fork(s->z, &s->w->id, err);
}

enum zt_err
workspace_sync_fresh(struct workspace *s)
{
	const struct org_pin *far;
	enum zt_err err = workspace_sync(s);

	if (err == ZT_OK && (far = org_state_furthest_pin(s->w)) != NULL &&
	    far->position > s->chain.position)
		err = chain_refuse_older(s);
	return err;
}

/* Our changeset that the server accepted must be at its position: otherwise the server could
 * drop a write without a trace. If the chain now starts at a later checkpoint, verifies the
 * chain before it first. */
static enum zt_err
check_own(struct workspace *s, const Zt__Changeset *m, uint64_t position)
{
	struct statement own;
	struct hash before = { { 0 } }, is, next;
	enum zt_err err = position <= s->chain.anchor_position ? workspace_complete(s) : ZT_OK;

	if (err || (err = statement_of(m->statement, &own)))
		return err;
	if (position > 1)
		err = chain_link(s, position - 1, &before, NULL);
	if (err == ZT_OK && (err = chain_link(s, position, &is, NULL)) == ZT_OK)
		changeset_link(&before, &own, &next);
	if (err == ZT_ERR_NOT_FOUND || (err == ZT_OK && !hash_equal(&is, &next)))
		err = chain_refuse(s, ZT_ERR_ROLLBACK, position,
		    "the server said that it had taken it, and shows the workspace without "
		    "it: nothing of it is there");
	return err;
}

enum zt_err
workspace_take_own(struct workspace *s, const Zt__Changeset *m, uint64_t position,
    const struct hash *link, struct bytes push, const Zt__Statement *stmt)
{
	struct chain_cursor before = s->chain;
	enum zt_err err;

	if (position != s->chain.position + 1)
		return (err = workspace_sync(s)) || (err = check_own(s, m, position)) ||
			       (err = chain_keep_push(s, position, push))
			   ? err
			   : position_keep(s, stmt);
	if ((err = store_begin(s->z->store)))
		return err;
	if ((err = take_next(s, m)) == ZT_OK && !hash_equal(&s->chain.link, link))
		err = chain_refuse(s, ZT_ERR_FORK, position,
		    "the server has put it behind another history of the workspace");
	if (err == ZT_OK)
		err = chain_keep_push(s, position, push);
	if (err == ZT_OK && (err = chain_note(s)) == ZT_OK &&
	    (err = position_keep(s, stmt)) == ZT_OK)
		err = store_commit(s->z->store);
	store_rollback(s->z->store);
	if (err)
		chain_go_back(s, &before);
	return session_note_fork(s->z, &s->w->id, err);
}
