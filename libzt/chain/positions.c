/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/positions.h"

#include <stdlib.h>

#include "chain/records.h"
#include "chain/workspace.h"
#include "files/position.h"
#include "format/limits.h"
#include "format/pb.h"
#include "session/session.h"

enum { AT_ONCE = 1000, STATEMENT_MAX = 4096 };

/* What is kept of S: its place, and the statement, which the caller gives to pb_free. */
static enum zt_err
kept(struct workspace *s, struct position *p, Zt__Statement **out)
{
	struct buf b = buf_init(STATEMENT_MAX);
	struct statement st;
	Zt__Statement *m = NULL;
	enum zt_err err =
	    store_get(s->z->store, STORE_POSITION, bytes_of(s->w->id.b, ID_BYTES), 0, &b);

	if (err == ZT_OK &&
	    (err = pb_decode(&zt__statement__descriptor, buf_bytes(&b), STATEMENT_MAX, &m)) ==
		ZT_OK &&
	    (err = statement_of(m, &st)) == ZT_OK)
		err = position_check(s->z->state->log_key, &s->z->org, &s->w->id, &st, p);
	buf_free(&b);
	if (err) {
		pb_free(m);
		return err;
	}
	*out = m;
	return ZT_OK;
}

enum zt_err
position_keep(struct workspace *s, const Zt__Statement *m)
{
	struct position p, before = { .position = 0 };
	struct statement st;
	Zt__Statement *is = NULL;
	struct buf b = buf_init(STATEMENT_MAX);
	enum zt_err err;

	if (m == NULL)
		return ZT_OK;
	if ((err = statement_of(m, &st)) ||
	    (err = position_check(s->z->state->log_key, &s->z->org, &s->w->id, &st, &p)))
		return session_refuse(s->z, err,
		    "what the server says of the workspace's place is not signed by its log");
	if (p.position != s->chain.position)
		return ZT_OK;
	if (!hash_equal(&p.link, &s->chain.link))
		return session_refuse(s->z, ZT_ERR_FORK,
		    "the server has signed another history of the workspace than it shows");
	if (p.position == s->chain.signed_at)
		return ZT_OK;
	if (kept(s, &before, &is))
		before.position = 0;
	if (p.position > before.position && (err = pb_encode(m, &b)) == ZT_OK)
		err = store_put(s->z->store, STORE_POSITION, bytes_of(s->w->id.b, ID_BYTES), 0,
		    buf_bytes(&b));
	if (err == ZT_OK)
		s->chain.signed_at =
		    p.position > before.position ? p.position : before.position;
	pb_free(is);
	buf_free(&b);
	return err;
}

/* ---- showing ---- */

/* One call: the statements of the changesets FIRST to LAST. */
struct page {
	Zt__RepairLinks m;
	Zt__Statement statements[AT_ONCE], *list[AT_ONCE];
	Zt__PushRequest *push[AT_ONCE];
};

static enum zt_err
add_statement(struct workspace *s, uint64_t position, struct page *p)
{
	struct buf b = buf_init(LIMIT_PUSH + LIMIT_MANIFEST);
	size_t n = p->m.n_statements;
	enum zt_err err =
	    store_get(s->z->store, STORE_PUSH, bytes_of(s->w->id.b, ID_BYTES), position, &b);

	if (err == ZT_OK)
		err = pb_decode(&zt__push_request__descriptor, buf_bytes(&b), b.n, &p->push[n]);
	if (err == ZT_OK &&
	    (p->push[n]->changeset == NULL || p->push[n]->changeset->statement == NULL))
		err = ZT_ERR_STORE;
	if (err == ZT_OK) {
		p->list[n] = p->push[n]->changeset->statement;
		p->m.n_statements++;
	}
	buf_free(&b);
	return err;
}

static void
page_end(struct page *p)
{
	for (size_t i = 0; i < AT_ONCE; i++)
		pb_free(p->push[i]);
	free(p);
}

/* STMT: the word of the log key for LAST, or NULL. */
static enum zt_err
show_page(struct workspace *s, uint64_t first, uint64_t last, Zt__Statement *stmt)
{
	struct page *p = calloc(1, sizeof *p);
	struct route_params params = { .org = s->z->org, .id = s->w->id };
	struct buf body = buf_init(4 * 1024 * 1024), answer = buf_init(64);
	struct hash before;
	enum zt_err err = ZT_OK;

	if (p == NULL)
		return ZT_ERR_MEMORY;
	zt__repair_links__init(&p->m);
	p->m.statements = p->list;
	p->m.last = last;
	p->m.signed_ = stmt;
	if (first > 1 && (err = chain_link(s, first - 1, &before, NULL)) == ZT_OK)
		p->m.before = pb_field(before.b, HASH_BYTES);
	for (uint64_t at = first; err == ZT_OK && at <= last; at++)
		err = add_statement(s, at, p);
	if (err == ZT_OK && (err = pb_encode(&p->m, &body)) == ZT_OK)
		err = session_call(
		    s->z, ROUTE_REPAIR_LINKS, &params, NULL, buf_bytes(&body), &answer);
	page_end(p);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

/* Shows the statements from LAST down to NEWEST + 1, or to this device's own base: a device
 * with the earlier part shows the rest. */
static enum zt_err
show_way(struct workspace *s, uint64_t newest, uint64_t last, Zt__Statement *stmt)
{
	uint64_t end = last,
		 min = newest > s->chain.anchor_position ? newest : s->chain.anchor_position;
	enum zt_err err = end > min ? ZT_OK : ZT_ERR_NOT_FOUND;

	while (err == ZT_OK && end > min) {
		uint64_t first = end - min > AT_ONCE ? end - AT_ONCE + 1 : min + 1;

		if ((err = show_page(s, first, end, end == last ? stmt : NULL)) == ZT_OK)
			end = first - 1;
	}
	return err;
}

enum zt_err
positions_show(struct workspace *s, uint64_t newest, uint64_t *last)
{
	struct position p = { .position = 0 };
	Zt__Statement *m = NULL;
	enum zt_err err = kept(s, &p, &m);

	if (err && err != ZT_ERR_NOT_FOUND)
		return err;
	*last = s->chain.position;
	err = show_way(s, newest, *last, p.position == *last ? m : NULL);
	if (err == ZT_ERR_PROOF && p.position > newest && p.position < *last) {
		*last = p.position;
		err = show_way(s, newest, *last, m);
	}
	pb_free(m);
	return err;
}
