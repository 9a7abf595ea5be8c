/* SPDX-License-Identifier: Apache-2.0 */
/* backfill.c - verifies the chain before the checkpoint that it started from, in the
 * background: at the end the device relies on no member, and may sign a checkpoint. */
#include "chain/chain.h"
#include "chain/records.h"
#include "chain/workspace.h"
#include "format/pb.h"
#include "session/session.h"

/* ---- one change ---- */

/* Sets *OUT: whether C directly follows the version before it. */
static enum zt_err
follows(struct workspace *s, const struct change *c, bool *out)
{
	struct workspace_version prev;
	bool before;
	enum zt_err err;

	*out = c->version == 1;
	if (c->version <= 1)
		return ZT_OK;
	err = chain_stored_version(s, &c->vlob, c->version - 1, &prev, &before);
	*out = err == ZT_OK && hash_equal(&c->prev, &prev.pins.object);
	return err == ZT_ERR_NOT_FOUND ? ZT_OK : err;
}

/* A version that the checkpoint called current must be at its stated position. Other versions
 * count once the chain has reached the checkpoint. A newer version than a current one proves
 * that the checkpoint was false (F4). */
static enum zt_err
fill_change(struct workspace *s, const struct chain_change *of, const struct change *c)
{
	struct workspace_version newest, there;
	bool before, fits;
	enum zt_err err = chain_stored_version(s, &c->vlob, 0, &newest, &before);

	if (err == ZT_OK && !before && newest.version < c->version)
		return chain_suspect(s);
	if ((err && err != ZT_ERR_NOT_FOUND) || (err = follows(s, c, &fits)))
		return err;
	if (!fits)
		return of->excluded ? ZT_OK : chain_suspect(s);
	err = chain_stored_version(s, &c->vlob, c->version, &there, &before);
	if (err)
		return err == ZT_ERR_NOT_FOUND ? chain_put_version(s, of, c) : err;
	if (there.position == of->position && hash_equal(&there.pins.object, &c->pins.object))
		return ZT_OK;
	return of->excluded && there.position < of->position ? ZT_OK : chain_suspect(s);
}

/* ---- the chain ---- */

/* Whether ERR is a local or network failure, and not a finding about the chain. */
static bool
is_no_finding(enum zt_err err)
{
	return err == ZT_ERR_MEMORY || err == ZT_ERR_FULL || err == ZT_ERR_IO ||
	       err == ZT_ERR_STORE || err == ZT_ERR_LOCKED;
}

/* Verifies changesets of M until the time budget is spent. Chain hashes prove the history:
 * only the true one leads to the checkpoint's hash and all that followed it. */
static enum zt_err
take_page(struct workspace *s, const Zt__ChainPage *m, uint64_t until)
{
	struct hash base;
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < m->n_changesets &&
			   s->chain.backfilled_to < s->chain.anchor_position;
	     i++) {
		if (i > 0 && session_now_ms() >= until)
			return ZT_OK;
		err = chain_take(s, m->changesets[i], s->chain.backfilled_to + 1,
		    &s->chain.backfilled_link, fill_change);
		if (err == ZT_OK)
			err = chain_keep(s, ++s->chain.backfilled_to, m->changesets[i]);
	}
	if (err == ZT_OK && s->chain.backfilled_to == s->chain.anchor_position &&
	    (err = chain_link(s, s->chain.anchor_position, &base, NULL)) == ZT_OK) {
		if (!hash_equal(&base, &s->chain.backfilled_link))
			return chain_suspect(s);
		s->chain.anchor_position = s->chain.backfilled_to = 0;
	}
	return err == ZT_OK || is_no_finding(err) ? err : chain_suspect(s);
}

static enum zt_err
fill_page(struct workspace *s, uint64_t until)
{
	Zt__ChainPage *m = NULL;
	enum zt_err err = chain_page(s, s->chain.backfilled_to + 1, &m);

	if (err == ZT_ERR_ROLLBACK || (err == ZT_OK && m->newest < s->chain.anchor_position))
		err = chain_refuse_older(s);
	else if (err == ZT_OK && m->n_changesets == 0)
		err = session_refuse(s->z, ZT_ERR_CORRUPT, "the server withholds changesets");
	else if (err == ZT_OK)
		err = take_page(s, m, until);
	pb_free(m);
	return err;
}

/* Discards the checkpoint's data; stores where the chain must lead once it is verified from
 * 1. */
static enum zt_err
begin_anew(struct workspace *s)
{
	struct bytes key = bytes_of(s->w->id.b, ID_BYTES);
	enum zt_err err = store_begin(s->z->store);

	if (err)
		return err;
	if ((err = store_forget(s->z->store, STORE_VERSION, key)) == ZT_OK)
		err = store_forget(s->z->store, STORE_LINK, key);
	s->chain.target = s->chain.position;
	s->chain.target_link = s->chain.link;
	s->chain.anchor_position = s->chain.backfilled_to = s->chain.position =
	    s->chain.skipped = 0;
	s->chain.link = s->chain.backfilled_link = (struct hash){ 0 };
	s->is_suspect = false;
	if (err == ZT_OK && (err = chain_note(s)) == ZT_OK)
		err = store_commit(s->z->store);
	store_rollback(s->z->store);
	return err ? err : ZT_OK;
}

/* Verifies up to a page; restarts from position 0 if it does not lead to the checkpoint. */
static enum zt_err
fill(struct workspace *s, uint64_t until)
{
	struct chain_cursor before = s->chain;
	bool suspect;
	enum zt_err err = store_begin(s->z->store);

	if (err)
		return err;
	if ((err = fill_page(s, until)) == ZT_OK && (err = chain_note(s)) == ZT_OK)
		err = store_commit(s->z->store);
	store_rollback(s->z->store);
	if (err == ZT_OK)
		return ZT_OK;
	suspect = s->is_suspect;
	chain_go_back(s, &before);
	if (!suspect)
		return err;
	s->z->message[0] = 0; /* the chain itself will tell */
	return begin_anew(s);
}

enum zt_err
workspace_backfill(struct workspace *s, unsigned ms)
{
	uint64_t until = session_now_ms() + ms;
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && s->chain.anchor_position > 0 && session_now_ms() < until)
		err = fill(s, until);
	return err;
}

enum zt_err
backfill_all(struct workspace *s)
{
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && s->chain.anchor_position > 0) {
		session_progress(s->z, ZT_WORK_VERIFY_HISTORY, s->chain.backfilled_to,
		    s->chain.anchor_position);
		err = fill(s, UINT64_MAX);
	}
	return err;
}

enum zt_err
workspace_complete(struct workspace *s)
{
	enum zt_err err = backfill_all(s);

	return err ? err : workspace_sync_fresh(s);
}

/* The same among what is known so far: the newest one (0) may lie behind some that are left
 * out. */
static enum zt_err
version_that_counts(
    struct workspace *s, const struct id *vlob, uint64_t version, struct workspace_version *out)
{
	struct workspace_version v;
	enum zt_err err = chain_version(s, vlob, version, &v);

	while (err == ZT_OK && version == 0 && v.excluded)
		err = v.version > 1 ? chain_version(s, vlob, v.version - 1, &v)
				    : ZT_ERR_NOT_FOUND;
	if (err == ZT_OK && v.excluded)
		err = ZT_ERR_NOT_FOUND;
	if (err == ZT_OK)
		*out = v;
	return err;
}

enum zt_err
workspace_version(
    struct workspace *s, const struct id *vlob, uint64_t version, struct workspace_version *out)
{
	enum zt_err err = version_that_counts(s, vlob, version, out);

	/* A version that the checkpoint did not list is in the chain before it. */
	if (err == ZT_ERR_NOT_FOUND && s->chain.anchor_position > 0 &&
	    (err = workspace_complete(s)) == ZT_OK)
		err = version_that_counts(s, vlob, version, out);
	return err;
}
