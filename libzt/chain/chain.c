/* SPDX-License-Identifier: Apache-2.0 */
/* chain.c - a workspace's chain of changesets as this device verifies it (docs/protocol.md). */
#include "chain/chain.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/wire.h"
#include "chain/positions.h"
#include "chain/space.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/handles.h"
#include "proto/device.pb-c.h"
#include "session/freeze.h"
#include "session/session.h"

/* ---- what is stored ---- */

enum { LINK_BYTES = HASH_BYTES + 8, STORED_CHAIN = 4096 };

static enum zt_err
read_link(const struct buf *b, struct hash *link, uint64_t *time)
{
	if (b->n != LINK_BYTES)
		return ZT_ERR_STORE;
	memcpy(link->b, b->p, HASH_BYTES);
	*time = wire_load_u64(b->p + HASH_BYTES);
	return ZT_OK;
}

enum zt_err
chain_load(struct space *s)
{
	struct bytes key = bytes_of(s->w->id.b, ID_BYTES);
	struct buf link = buf_init(256), b = buf_init(STORED_CHAIN);
	Zt__StoredChain *m = NULL;
	enum zt_err err = store_newest(s->z->store, STORE_LINK, key, &s->position, &link);

	if (err == ZT_OK)
		err = read_link(&link, &s->link, &s->time);
	else if (err == ZT_ERR_NOT_FOUND)
		err = (s->position = 0, ZT_OK);
	if (err)
		goto out;
	if ((err = store_get(s->z->store, STORE_CHAIN, key, 0, &b)) == ZT_OK &&
	    (err = pb_decode(&zt__stored_chain__descriptor, buf_bytes(&b), STORED_CHAIN, &m)) ==
		ZT_OK) {
		s->base = m->begun;
		if (m->voucher.len > 0)
			err = pb_id(m->voucher, &s->voucher);
		s->goal = m->goal;
		s->checkpoint = m->checkpoint;
		s->filled = m->filled;
		s->led = m->led;
		s->judged = m->judged;
		for (size_t i = 0; i < m->n_steps && i < SPACE_STEPS; i++)
			s->steps[s->step_count++] =
			    (struct space_step){ m->steps[i]->position, m->steps[i]->known };
		if (err == ZT_OK && s->goal > 0)
			err = pb_hash(m->goal_link, &s->goal_link);
		if (err == ZT_OK && s->filled > 0)
			err = pb_hash(m->filled_link, &s->filled_link);
	} else if (err == ZT_ERR_NOT_FOUND) {
		err = ZT_OK;
	}
out:
	pb_free(m);
	buf_free(&link);
	buf_free(&b);
	return err;
}

enum zt_err
chain_note(struct space *s)
{
	Zt__StoredChain m = ZT__STORED_CHAIN__INIT;
	Zt__StoredStep steps[SPACE_STEPS], *list[SPACE_STEPS];
	struct buf b = buf_init(STORED_CHAIN);
	enum zt_err err;

	for (size_t i = 0; i < s->step_count; i++) {
		zt__stored_step__init(list[i] = &steps[i]);
		steps[i].position = s->steps[i].position;
		steps[i].known = s->steps[i].known;
	}
	m.steps = list;
	m.n_steps = s->step_count;
	m.judged = s->judged;
	m.begun = s->base;
	m.goal = s->goal;
	m.checkpoint = s->checkpoint;
	if (s->goal > 0)
		m.goal_link = pb_field(s->goal_link.b, HASH_BYTES);
	if (s->base > 0)
		m.voucher = pb_field(s->voucher.b, ID_BYTES);
	m.filled = s->filled;
	m.led = s->led;
	if (s->filled > 0)
		m.filled_link = pb_field(s->filled_link.b, HASH_BYTES);
	if ((err = pb_encode(&m, &b)) == ZT_OK)
		err = store_put(
		    s->z->store, STORE_CHAIN, bytes_of(s->w->id.b, ID_BYTES), 0, buf_bytes(&b));
	buf_free(&b);
	return err;
}

enum zt_err
chain_link(struct space *s, uint64_t position, struct hash *out, uint64_t *time)
{
	struct buf b = buf_init(256);
	uint64_t unused;
	enum zt_err err =
	    store_get(s->z->store, STORE_LINK, bytes_of(s->w->id.b, ID_BYTES), position, &b);

	if (err == ZT_OK)
		err = read_link(&b, out, time != NULL ? time : &unused);
	buf_free(&b);
	return err;
}

enum zt_err
chain_put_link(struct space *s, uint64_t position, const struct hash *link, uint64_t time)
{
	uint8_t value[LINK_BYTES];

	memcpy(value, link->b, HASH_BYTES);
	wire_store_u64(value + HASH_BYTES, time);
	return store_put(s->z->store, STORE_LINK, bytes_of(s->w->id.b, ID_BYTES), position,
	    bytes_of(value, sizeof value));
}

static void
version_key(const struct space *s, const struct id *vlob, uint8_t out[2 * ID_BYTES])
{
	memcpy(out, s->w->id.b, ID_BYTES);
	memcpy(out + ID_BYTES, vlob->b, ID_BYTES);
}

static enum zt_err
read_version(const struct buf *b, struct space_version *out, bool *before)
{
	Zt__StoredVersion *m = NULL;
	struct space_version v = { 0 };
	enum zt_err err;

	if ((err = pb_decode(&zt__stored_version__descriptor, buf_bytes(b), 1024, &m)))
		return ZT_ERR_STORE;
	if (pb_id(m->vlob, &v.vlob) || pb_id(m->author, &v.author) ||
	    pb_hash(m->object, &v.pins.object) || pb_hash(m->commitment, &v.pins.commitment))
		err = ZT_ERR_STORE;
	v.version = m->version;
	v.position = m->position;
	v.time = m->time;
	v.left_out = m->left_out != 0;
	*before = m->before != 0;
	if (err == ZT_OK)
		*out = v;
	pb_free(m);
	return err;
}

enum zt_err
chain_stored_version(
    struct space *s, const struct id *vlob, uint64_t n, struct space_version *out, bool *before)
{
	uint8_t key[2 * ID_BYTES];
	struct buf b = buf_init(1024);
	uint64_t newest;
	enum zt_err err;

	version_key(s, vlob, key);
	if (n == 0)
		err = store_newest(
		    s->z->store, STORE_VERSION, bytes_of(key, sizeof key), &newest, &b);
	else
		err = store_get(s->z->store, STORE_VERSION, bytes_of(key, sizeof key), n, &b);
	if (err == ZT_OK)
		err = read_version(&b, out, before);
	buf_free(&b);
	return err;
}

enum zt_err
chain_version(struct space *s, const struct id *vlob, uint64_t n, struct space_version *out)
{
	bool before;
	enum zt_err err = chain_stored_version(s, vlob, n, out, &before);

	return err == ZT_OK && before && s->base > 0 ? ZT_ERR_NOT_FOUND : err;
}

enum zt_err
space_newest(struct space *s, const struct id *vlob, struct space_version *out)
{
	return chain_version(s, vlob, 0, out);
}

/* The same among what is known so far: the newest one (0) may lie behind some that are left
 * out. */
static enum zt_err
version_that_counts(
    struct space *s, const struct id *vlob, uint64_t version, struct space_version *out)
{
	struct space_version v;
	enum zt_err err = chain_version(s, vlob, version, &v);

	while (err == ZT_OK && version == 0 && v.left_out)
		err = v.version > 1 ? chain_version(s, vlob, v.version - 1, &v)
				    : ZT_ERR_NOT_FOUND;
	if (err == ZT_OK && v.left_out)
		err = ZT_ERR_NOT_FOUND;
	if (err == ZT_OK)
		*out = v;
	return err;
}

enum zt_err
space_version(
    struct space *s, const struct id *vlob, uint64_t version, struct space_version *out)
{
	enum zt_err err = version_that_counts(s, vlob, version, out);

	/* A version that the checkpoint did not list is in the chain before it. */
	if (err == ZT_ERR_NOT_FOUND && s->base > 0 && (err = space_complete(s)) == ZT_OK)
		err = version_that_counts(s, vlob, version, out);
	return err;
}

enum zt_err
chain_put_version(struct space *s, const struct chain_change *of, const struct change *c)
{
	Zt__StoredVersion m = ZT__STORED_VERSION__INIT;
	uint8_t key[2 * ID_BYTES];
	struct buf b = buf_init(1024);
	enum zt_err err;

	version_key(s, &c->vlob, key);
	m.vlob = pb_field(c->vlob.b, ID_BYTES);
	m.version = c->version;
	m.object = pb_field(c->pins.object.b, HASH_BYTES);
	m.commitment = pb_field(c->pins.commitment.b, HASH_BYTES);
	m.position = of->position;
	m.author = pb_field(of->cs->author.b, ID_BYTES);
	m.time = of->cs->time;
	m.left_out = of->left_out;
	m.before = of->before;
	if ((err = pb_encode(&m, &b)) == ZT_OK)
		err = store_put(s->z->store, STORE_VERSION, bytes_of(key, sizeof key),
		    c->version, buf_bytes(&b));
	buf_free(&b);
	return err;
}

static enum zt_err
refuse_changeset(struct space *s, enum zt_err err, uint64_t position, const char *why)
{
	s->is_refused = true;
	return client_refuse(s->z, err, "changeset %llu of the workspace: %s",
	    (unsigned long long)position, client_words(s->z, why));
}

/* The same, with the member who signed it: what one of them did wrong is not laid at all doors.
 */
static enum zt_err
refuse_authored(struct space *s, enum zt_err err, const struct changeset *cs, uint64_t position,
    const char *why)
{
	const struct org_device *d = org_state_device(s->z->state, &cs->author);
	struct client_handle by;

	if (d == NULL)
		return refuse_changeset(s, err, position, why);
	client_handle(s->z, &d->user->id, &by);
	s->is_refused = true;
	return client_refuse(s->z, err, "changeset %llu of the workspace, signed by %.100s: %s",
	    (unsigned long long)position, by.email, client_words(s->z, why));
}

enum zt_err
chain_suspect(struct space *s)
{
	s->is_suspect = true;
	return ZT_ERR_PROOF;
}

/* A version must directly follow the one before it (F2, F4, F5, F6). An excluded one, of a
 * write that raced its author's removal, uses its number up: the server has counted it, and
 * the next writer must follow it. If it fits nowhere, ignore it. */
static enum zt_err
take_change(struct space *s, const struct chain_change *of, const struct change *c)
{
	struct space_version before;
	enum zt_err err = space_newest(s, &c->vlob, &before);

	if (err && err != ZT_ERR_NOT_FOUND)
		return err;
	if (!change_follows(c, err == ZT_OK ? before.version : 0,
		err == ZT_OK ? &before.pins.object : NULL)) {
		/* What a checkpoint left out, or misstated: the chain itself will tell. */
		if (s->base > 0)
			return chain_suspect(s);
		return of->left_out ? ZT_OK
				    : refuse_changeset(s, ZT_ERR_CORRUPT, of->position,
					  "a version does not follow the one before it");
	}
	return chain_put_version(s, of, c);
}

/* What brings the changeset back when the server has lost it (repair.c). */
static enum zt_err
keep_push(struct space *s, uint64_t position, struct bytes push)
{
	return store_put(
	    s->z->store, STORE_PUSH, bytes_of(s->w->id.b, ID_BYTES), position, push);
}

enum zt_err
chain_keep(struct space *s, uint64_t position, const Zt__Changeset *m)
{
	Zt__PushRequest push = ZT__PUSH_REQUEST__INIT;
	struct buf b = buf_init(LIMIT_PUSH);
	enum zt_err err;

	push.changeset = (Zt__Changeset *)(uintptr_t)m;
	if ((err = pb_encode(&push, &b)) == ZT_OK)
		err = keep_push(s, position, buf_bytes(&b));
	buf_free(&b);
	return err;
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
		return refuse_changeset(s, ZT_ERR_CORRUPT, position,
		    "it claims an earlier time than the changeset that its author built on");
	if (err)
		return refuse_changeset(s, ZT_ERR_FORK, position,
		    "its author had seen another history of this workspace than the server "
		    "shows here");
	return ZT_OK;
}

/* A chain that is verified again must reach the position and hash verified before. */
static enum zt_err
check_goal(struct space *s)
{
	if (s->position != s->goal)
		return ZT_OK;
	if (!hash_equal(&s->link, &s->goal_link))
		return refuse_changeset(s, ZT_ERR_FORK, s->position,
		    "the server shows another history of the workspace than this device has "
		    "verified");
	s->goal = 0;
	return chain_note(s);
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
		return refuse_changeset(
		    s, err, position, "it is not what its author signed, or cannot be read");
	}
	if (!id_equal(&cs.author, &s->z->device))
		s->z->foreign++;
	if (!of.left_out && (err = judge(s, &cs, position, &of.left_out)))
		goto out;
	if ((err = changeset_check_pin(s->w, position, &next, &why))) {
		err = refuse_changeset(s, err, position, why);
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

/* The next changeset of the chain. */
static enum zt_err
take_next(struct space *s, const Zt__Changeset *m)
{
	enum zt_err err;

	judge_hear(s);
	if ((err = chain_take(s, m, s->position + 1, &s->link, take_change)))
		return err;
	s->position++;
	if ((err = chain_link(s, s->position, &s->link, &s->time)))
		return err;
	return check_goal(s);
}

void
chain_go_back(struct space *s, const struct space *before)
{
	struct secret **keys = s->keys; /* these may have come meanwhile, and stay */
	size_t key_cap = s->key_cap;
	uint64_t led = s->led;
	bool is_refused = s->is_refused;

	*s = *before;
	s->is_refused = is_refused;
	s->keys = keys;
	s->key_cap = key_cap;
	s->led = led;
	s->is_suspect = false;
}

enum zt_err
chain_refuse_older(struct space *s)
{
	return client_refuse(s->z, ZT_ERR_ROLLBACK,
	    "the server shows an older state of the workspace than this device has seen, or "
	    "the trust log speaks of. If an older backup was restored, zt repair brings back "
	    "what is held here");
}

enum zt_err
chain_page(struct space *s, uint64_t from, Zt__ChainPage **out)
{
	struct route_params p = { .org = s->z->org, .id = s->w->id };
	struct buf answer = buf_init(LIMIT_PAGE);
	char query[40];
	enum zt_err err;

	(void)snprintf(query, sizeof query, "from=%llu", (unsigned long long)from);
	if ((err = client_call(s->z, ROUTE_CHAIN, &p, query, bytes_of(NULL, 0), &answer)) ==
	    ZT_OK)
		err =
		    pb_decode(&zt__chain_page__descriptor, buf_bytes(&answer), LIMIT_PAGE, out);
	buf_free(&answer);
	return err;
}

/* Starts a chain of many pages at a member's checkpoint, if there is one. A bad checkpoint is
 * no reason to refuse: the chain itself can be verified. */
static enum zt_err
begin_at_checkpoint(struct space *s, bool *begun)
{
	enum zt_err err = checkpoint_begin(s);

	*begun = err == ZT_OK;
	if (err == ZT_OK || err == ZT_ERR_MEMORY || err == ZT_ERR_FULL || err == ZT_ERR_IO)
		return err;
	s->z->why[0] = 0;
	store_rollback(s->z->store);
	return store_begin(s->z->store);
}

/* One page; *NEWEST is the chain's length as the server says. */
static enum zt_err
sync_page(struct space *s, uint64_t *newest)
{
	Zt__ChainPage *m = NULL;
	bool begun = false;
	enum zt_err err;

	if ((err = chain_page(s, s->position + 1, &m)) == ZT_ERR_ROLLBACK)
		err = chain_refuse_older(s);
	if (err)
		goto out;
	*newest = m->newest;
	if (m->newest < s->position || m->newest < s->goal)
		err = chain_refuse_older(s);
	else if (m->n_changesets == 0 && m->newest > s->position)
		err = client_refuse(s->z, ZT_ERR_CORRUPT, "the server withholds changesets");
	else if (s->position == 0 && s->goal == 0 && m->newest > m->n_changesets)
		err = begin_at_checkpoint(s, &begun);
	for (size_t i = 0; err == ZT_OK && !begun && i < m->n_changesets; i++)
		if ((err = take_next(s, m->changesets[i])) == ZT_OK)
			err = chain_keep(s, s->position, m->changesets[i]);
	if (err == ZT_OK && m->n_changesets > 0)
		err = chain_note(s);
	if (err == ZT_OK)
		err = position_keep(s, m->signed_);
out:
	pb_free(m);
	return err;
}

enum zt_err
space_sync(struct space *s)
{
	uint64_t newest = 0;
	enum zt_err err = space_load(s);

	if (err)
		return err;
	s->is_refused = false;
	do {
		struct space before = *s;

		if ((err = store_begin(s->z->store)))
			return err;
		if ((err = judge_again(s)) == ZT_OK && (err = sync_page(s, &newest)) == ZT_OK)
			err = store_commit(s->z->store);
		store_rollback(s->z->store);
		client_working(s->z, ZT_VERIFIES_HISTORY, s->position, newest);
		if (err) {
			bool suspect = s->is_suspect;

			chain_go_back(s, &before);
			if (suspect && (err = backfill_all(s)) == ZT_OK)
				newest = UINT64_MAX; /* and again, from what is known now */
		}
	} while (err == ZT_OK && s->position < newest);
	return client_note_fork(s->z, &s->w->id, err);
}

enum zt_err
space_sync_fresh(struct space *s)
{
	const struct org_pin *far;
	enum zt_err err = space_sync(s);

	if (err == ZT_OK && (far = org_state_furthest_pin(s->w)) != NULL &&
	    far->position > s->position)
		err = chain_refuse_older(s);
	return err;
}

/* Our changeset that the server accepted must be at its position: otherwise the server could
 * drop a write without a trace. If the chain now starts at a later checkpoint, verifies the
 * chain before it first. */
static enum zt_err
check_own(struct space *s, const Zt__Changeset *m, uint64_t position)
{
	struct statement own;
	struct hash before = { { 0 } }, is, next;
	enum zt_err err = position <= s->base ? space_complete(s) : ZT_OK;

	if (err || (err = statement_of(m->statement, &own)))
		return err;
	if (position > 1)
		err = chain_link(s, position - 1, &before, NULL);
	if (err == ZT_OK && (err = chain_link(s, position, &is, NULL)) == ZT_OK)
		changeset_link(&before, &own, &next);
	if (err == ZT_ERR_NOT_FOUND || (err == ZT_OK && !hash_equal(&is, &next)))
		err = refuse_changeset(s, ZT_ERR_ROLLBACK, position,
		    "the server said that it had taken it, and shows the workspace without "
		    "it: nothing of it is there");
	return err;
}

enum zt_err
space_take_own(struct space *s, const Zt__Changeset *m, uint64_t position,
    const struct hash *link, struct bytes push, const Zt__Statement *signed_)
{
	struct space before = *s;
	enum zt_err err;

	if (position != s->position + 1)
		return (err = space_sync(s)) || (err = check_own(s, m, position)) ||
			       (err = keep_push(s, position, push))
			   ? err
			   : position_keep(s, signed_);
	if ((err = store_begin(s->z->store)))
		return err;
	if ((err = take_next(s, m)) == ZT_OK && !hash_equal(&s->link, link))
		err = refuse_changeset(s, ZT_ERR_FORK, position,
		    "the server has put it behind another history of the workspace");
	if (err == ZT_OK)
		err = keep_push(s, position, push);
	if (err == ZT_OK && (err = chain_note(s)) == ZT_OK &&
	    (err = position_keep(s, signed_)) == ZT_OK)
		err = store_commit(s->z->store);
	store_rollback(s->z->store);
	if (err)
		chain_go_back(s, &before);
	return client_note_fork(s->z, &s->w->id, err);
}
