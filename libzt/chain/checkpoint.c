/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c - a long chain from a member's word on: made by a manager or owner who has
 * verified all of it, and taken by a newcomer, who verifies authorship of each object in it and
 * the chain from there on. */
#include "files/checkpoint.h"
#include "base/vec.h"
#include "chain/chain.h"
#include "chain/records.h"
#include "chain/workspace.h"
#include "format/limits.h"
#include "format/pb.h"
#include "session/session.h"

#include <stdio.h>
#include <stdlib.h>

enum zt_err
checkpoint_find(struct workspace *s, struct checkpoint *out)
{
	struct route_params p = { .org = s->z->org, .id = s->w->id };
	struct buf answer = buf_init(64 * 1024);
	Zt__Checkpoints *m = NULL;
	enum zt_err err;

	if ((err = session_call(
		 s->z, ROUTE_CHECKPOINTS, &p, NULL, bytes_of(NULL, 0), &answer)) == ZT_OK)
		err =
		    pb_decode(&zt__checkpoints__descriptor, buf_bytes(&answer), 64 * 1024, &m);
	buf_free(&answer);
	if (err)
		return err;
	err = ZT_ERR_NOT_FOUND;
	for (size_t i = 0; err && i < m->n_statements; i++) {
		struct statement st;

		if (statement_of(m->statements[i], &st) == ZT_OK &&
		    checkpoint_read(&st, out) == ZT_OK &&
		    checkpoint_check(s->z->state, s->w, out, &st) == ZT_OK)
			err = ZT_OK;
	}
	pb_free(m);
	return err;
}

/* A checkpoint on its way in. */
struct taking {
	struct workspace *s;
	const struct checkpoint *c;
	struct buf entries;
	/* The changeset at hand; its statement belongs to the page. */
	struct changeset cs;
	uint64_t position;
	bool excluded;
};

static enum zt_err
take_statement(struct taking *t, const Zt__PlacedStatement *m)
{
	const char *message = "";
	enum zt_err err = changeset_read_statement(m->statement, &t->cs);

	if (err)
		return err;
	err = changeset_check(t->s->z->state, t->s->w, &t->cs,
	    &(struct changeset_place){ m->position, t->c->seen_size }, &message);
	t->position = m->position;
	t->excluded = err == ZT_ERR_REVOKED;
	return t->excluded ? ZT_OK : err;
}

/* An object is here once, and again only for what was left out behind it. A version that is
 * left out is never here alone: the version that counts would be taken for one that is not
 * there. */
static enum zt_err
put_change(struct taking *t, const struct change *c)
{
	struct workspace_version before;
	enum zt_err err = workspace_newest(t->s, &c->vlob, &before);

	if (err == ZT_OK && (!t->excluded || c->version != before.version + 1 ||
				!hash_equal(&c->prev, &before.pins.object)))
		return ZT_ERR_CORRUPT;
	if (err && err != ZT_ERR_NOT_FOUND)
		return err;
	if (err == ZT_ERR_NOT_FOUND && t->excluded && c->version != 1)
		return ZT_ERR_CORRUPT;
	return chain_put_version(
	    t->s, &(struct chain_change){ &t->cs, t->position, t->excluded, false }, c);
}

static enum zt_err
take_proved(struct taking *t, const Zt__ProvedChange *m)
{
	struct checkpoint_entry e = { .position = m->position };
	struct merkle_proof proof = { .count = m->n_proof };
	struct change c;
	enum zt_err err;

	if (m->n_proof > MERKLE_PROOF || m->position != t->position)
		return ZT_ERR_PROOF;
	for (size_t i = 0; i < m->n_proof; i++)
		if (pb_hash(m->proof[i], &proof.node[i]))
			return ZT_ERR_PROOF;
	if ((err = changeset_read_proved(&t->cs, m->index, pb_bytes(m->change), &proof, &c)) ||
	    (err = put_change(t, &c)))
		return err;
	e.vlob = c.vlob;
	e.version = c.version;
	checkpoint_pack(&e, buf_room(&t->entries, CHECKPOINT_ENTRY_BYTES));
	return ZT_OK;
}

static enum zt_err
take_page(struct taking *t, const Zt__CheckpointPage *m)
{
	size_t next = 0;
	enum zt_err err = m->n_changes > 0 ? ZT_OK : ZT_ERR_CORRUPT;

	t->position = 0;
	/* Room for all at once: nothing below can fail for want of it. */
	if (err == ZT_OK)
		err = buf_reserve(&t->entries, m->n_changes * CHECKPOINT_ENTRY_BYTES);
	for (size_t i = 0; err == ZT_OK && i < m->n_changes; i++) {
		while (err == ZT_OK && t->position != m->changes[i]->position)
			err = next < m->n_statements ? take_statement(t, m->statements[next++])
						     : ZT_ERR_PROOF;
		if (err == ZT_OK)
			err = take_proved(t, m->changes[i]);
	}
	return err;
}

static enum zt_err
fetch_part(struct taking *t, Zt__CheckpointPage **out)
{
	struct route_params p = { .org = t->s->z->org, .id = t->s->w->id };
	struct buf answer = buf_init(LIMIT_PAGE);
	char query[80];
	enum zt_err err;

	(void)snprintf(query, sizeof query, "position=%llu&from=%zu",
	    (unsigned long long)t->c->position, t->entries.n / CHECKPOINT_ENTRY_BYTES);
	if ((err = session_call(
		 t->s->z, ROUTE_CHECKPOINT, &p, query, bytes_of(NULL, 0), &answer)) == ZT_OK)
		err = pb_decode(
		    &zt__checkpoint_page__descriptor, buf_bytes(&answer), LIMIT_PAGE, out);
	buf_free(&answer);
	return err;
}

static enum zt_err
take_all(struct taking *t)
{
	const struct checkpoint *c = t->c;
	struct hash root;
	const char *message;
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && t->entries.n / CHECKPOINT_ENTRY_BYTES < c->count) {
		Zt__CheckpointPage *m = NULL;

		if ((err = fetch_part(t, &m)) == ZT_OK)
			err = take_page(t, m);
		pb_free(m);
	}
	if (err || (err = checkpoint_root(buf_bytes(&t->entries), c->position, &root)))
		return err;
	if (!hash_equal(&root, &c->root))
		return ZT_ERR_PROOF;
	return changeset_check_pin(t->s->w, c->position, &c->link, &message);
}

enum zt_err
checkpoint_begin(struct workspace *s)
{
	struct checkpoint c;
	struct taking t = { .s = s, .c = &c, .entries = buf_init(LIMIT_CHECKPOINT) };
	enum zt_err err;

	if ((err = checkpoint_find(s, &c)) == ZT_OK && (err = take_all(&t)) == ZT_OK &&
	    (err = chain_put_link(s, c.position, &c.link, 0)) == ZT_OK) {
		s->chain.anchor_position = s->chain.position = s->chain.checkpoint = c.position;
		s->chain.link = c.link;
		s->chain.voucher = c.author;
		judge_begin(s, c.position, c.seen_size);
		err = chain_note(s);
	}
	buf_free(&t.entries);
	return err;
}

/* ---- links before the base ---- */

/* The links behind POSITION up to the base, from *LINK on: the chain is one of hashes, so that
 * only the true link leads to the true one. */
static enum zt_err
follow(struct workspace *s, uint64_t position, const struct hash *link, struct buf *links)
{
	struct hash at = *link, base;
	enum zt_err err = chain_link(s, s->chain.anchor_position, &base, NULL);

	while (err == ZT_OK && position < s->chain.anchor_position) {
		Zt__ChainPage *m = NULL;

		if ((err = chain_page(s, position + 1, &m)) == ZT_OK && m->n_changesets == 0)
			err = ZT_ERR_CORRUPT;
		for (size_t i = 0;
		     err == ZT_OK && i < m->n_changesets && position < s->chain.anchor_position;
		     i++, position++) {
			struct statement st;

			buf_add(links, bytes_of(at.b, HASH_BYTES));
			if ((err = statement_of(m->changesets[i]->statement, &st)) == ZT_OK)
				changeset_link(&at, &st, &at);
		}
		pb_free(m);
	}
	if (err == ZT_OK && !hash_equal(&at, &base))
		err = ZT_ERR_FORK;
	return err ? err : buf_err(links);
}

enum zt_err
checkpoint_link(struct workspace *s, uint64_t position, const struct hash *link)
{
	struct buf links = buf_init((size_t)CHAIN_BACK * HASH_BYTES);
	enum zt_err err = follow(s, position, link, &links);

	for (size_t i = 0; err == ZT_OK && i < links.n / HASH_BYTES; i++)
		err = chain_put_link(s, position + i,
		    (const struct hash *)(const void *)(links.p + i * HASH_BYTES), 0);
	buf_free(&links);
	return err;
}

/* ---- making one ---- */
