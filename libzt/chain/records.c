/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/records.h"

#include <stdio.h>

#include "base/wire.h"
#include "chain/workspace.h"
#include "format/limits.h"
#include "format/pb.h"
#include "proto/device.pb-c.h"
#include "session/session.h"

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
chain_load(struct workspace *s)
{
	struct bytes key = bytes_of(s->w->id.b, ID_BYTES);
	struct buf link = buf_init(256), b = buf_init(STORED_CHAIN);
	Zt__StoredChain *m = NULL;
	enum zt_err err = store_newest(s->z->store, STORE_LINK, key, &s->chain.position, &link);

	if (err == ZT_OK)
		err = read_link(&link, &s->chain.link, &s->chain.time);
	else if (err == ZT_ERR_NOT_FOUND)
		err = (s->chain.position = 0, ZT_OK);
	if (err)
		goto out;
	if ((err = store_get(s->z->store, STORE_CHAIN, key, 0, &b)) == ZT_OK &&
	    (err = pb_decode(&zt__stored_chain__descriptor, buf_bytes(&b), STORED_CHAIN, &m)) ==
		ZT_OK) {
		s->chain.anchor_position = m->begun;
		if (m->voucher.len > 0)
			err = pb_id(m->voucher, &s->chain.voucher);
		s->chain.target = m->goal;
		s->chain.checkpoint = m->checkpoint;
		s->chain.backfilled_to = m->filled;
		s->all_reachable_from = m->led;
		s->chain.judged = m->judged;
		for (size_t i = 0; i < m->n_steps && i < WORKSPACE_STEPS; i++)
			s->chain.steps[s->chain.step_count++] =
			    (struct workspace_step){ m->steps[i]->position,
				    m->steps[i]->known };
		if (err == ZT_OK && s->chain.target > 0)
			err = pb_hash(m->goal_link, &s->chain.target_link);
		if (err == ZT_OK && s->chain.backfilled_to > 0)
			err = pb_hash(m->filled_link, &s->chain.backfilled_link);
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
chain_note(struct workspace *s)
{
	Zt__StoredChain m = ZT__STORED_CHAIN__INIT;
	Zt__StoredStep steps[WORKSPACE_STEPS], *list[WORKSPACE_STEPS];
	struct buf b = buf_init(STORED_CHAIN);
	enum zt_err err;

	for (size_t i = 0; i < s->chain.step_count; i++) {
		zt__stored_step__init(list[i] = &steps[i]);
		steps[i].position = s->chain.steps[i].position;
		steps[i].known = s->chain.steps[i].known;
	}
	m.steps = list;
	m.n_steps = s->chain.step_count;
	m.judged = s->chain.judged;
	m.begun = s->chain.anchor_position;
	m.goal = s->chain.target;
	m.checkpoint = s->chain.checkpoint;
	if (s->chain.target > 0)
		m.goal_link = pb_field(s->chain.target_link.b, HASH_BYTES);
	if (s->chain.anchor_position > 0)
		m.voucher = pb_field(s->chain.voucher.b, ID_BYTES);
	m.filled = s->chain.backfilled_to;
	m.led = s->all_reachable_from;
	if (s->chain.backfilled_to > 0)
		m.filled_link = pb_field(s->chain.backfilled_link.b, HASH_BYTES);
	if ((err = pb_encode(&m, &b)) == ZT_OK)
		err = store_put(
		    s->z->store, STORE_CHAIN, bytes_of(s->w->id.b, ID_BYTES), 0, buf_bytes(&b));
	buf_free(&b);
	return err;
}

enum zt_err
chain_link(struct workspace *s, uint64_t position, struct hash *out, uint64_t *time)
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
chain_put_link(struct workspace *s, uint64_t position, const struct hash *link, uint64_t time)
{
	uint8_t value[LINK_BYTES];

	memcpy(value, link->b, HASH_BYTES);
	wire_store_u64(value + HASH_BYTES, time);
	return store_put(s->z->store, STORE_LINK, bytes_of(s->w->id.b, ID_BYTES), position,
	    bytes_of(value, sizeof value));
}

static void
version_key(const struct workspace *s, const struct id *vlob, uint8_t out[2 * ID_BYTES])
{
	memcpy(out, s->w->id.b, ID_BYTES);
	memcpy(out + ID_BYTES, vlob->b, ID_BYTES);
}

static enum zt_err
read_version(struct bytes b, struct workspace_version *out, bool *before)
{
	Zt__StoredVersion *m = NULL;
	struct workspace_version v = { 0 };
	enum zt_err err;

	if ((err = pb_decode(&zt__stored_version__descriptor, b, 1024, &m)))
		return ZT_ERR_STORE;
	if (pb_id(m->vlob, &v.vlob) || pb_id(m->author, &v.author) ||
	    pb_hash(m->object, &v.pins.object) || pb_hash(m->commitment, &v.pins.commitment))
		err = ZT_ERR_STORE;
	v.version = m->version;
	v.position = m->position;
	v.time = m->time;
	v.excluded = m->left_out != 0;
	*before = m->before != 0;
	if (err == ZT_OK)
		*out = v;
	pb_free(m);
	return err;
}

enum zt_err
chain_stored_version(struct workspace *s, const struct id *vlob, uint64_t n,
    struct workspace_version *out, bool *before)
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
		err = read_version(buf_bytes(&b), out, before);
	buf_free(&b);
	return err;
}

enum zt_err
chain_version(
    struct workspace *s, const struct id *vlob, uint64_t n, struct workspace_version *out)
{
	bool before;
	enum zt_err err = chain_stored_version(s, vlob, n, out, &before);

	return err == ZT_OK && before && s->chain.anchor_position > 0 ? ZT_ERR_NOT_FOUND : err;
}

struct showing {
	workspace_each_version_fn *each;
	void *ctx;
};

static enum zt_err
show_version(void *ctx, struct bytes key, uint64_t n, struct bytes value)
{
	const struct showing *sh = ctx;
	struct workspace_version v;
	bool before;
	enum zt_err err = read_version(value, &v, &before);

	(void)key;
	(void)n;
	return err ? err : sh->each(sh->ctx, &v);
}

enum zt_err
workspace_each_version(struct workspace *s, workspace_each_version_fn *each, void *ctx)
{
	struct showing sh = { each, ctx };

	return store_each(
	    s->z->store, STORE_VERSION, bytes_of(s->w->id.b, ID_BYTES), 0, show_version, &sh);
}

enum zt_err
workspace_newest(struct workspace *s, const struct id *vlob, struct workspace_version *out)
{
	return chain_version(s, vlob, 0, out);
}

enum zt_err
chain_put_version(struct workspace *s, const struct chain_change *of, const struct change *c)
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
	m.left_out = of->excluded;
	m.before = of->before;
	if ((err = pb_encode(&m, &b)) == ZT_OK)
		err = store_put(s->z->store, STORE_VERSION, bytes_of(key, sizeof key),
		    c->version, buf_bytes(&b));
	buf_free(&b);
	return err;
}

enum zt_err
chain_keep_push(struct workspace *s, uint64_t position, struct bytes push)
{
	return store_put(
	    s->z->store, STORE_PUSH, bytes_of(s->w->id.b, ID_BYTES), position, push);
}

enum zt_err
chain_keep(struct workspace *s, uint64_t position, const Zt__Changeset *m)
{
	Zt__PushRequest push = ZT__PUSH_REQUEST__INIT;
	struct buf b = buf_init(LIMIT_PUSH);
	enum zt_err err;

	push.changeset = (Zt__Changeset *)(uintptr_t)m;
	if ((err = pb_encode(&push, &b)) == ZT_OK)
		err = chain_keep_push(s, position, buf_bytes(&b));
	buf_free(&b);
	return err;
}

void
chain_go_back(struct workspace *s, const struct chain_cursor *before)
{
	s->chain = *before;
	s->is_suspect = false;
}

enum zt_err
chain_suspect(struct workspace *s)
{
	s->is_suspect = true;
	return ZT_ERR_PROOF;
}

enum zt_err
chain_refuse(struct workspace *s, enum zt_err err, uint64_t position, const char *message)
{
	s->is_refused = true;
	return session_refuse(s->z, err, "changeset %llu of the workspace: %s",
	    (unsigned long long)position, session_translate(s->z, message));
}

enum zt_err
chain_refuse_older(struct workspace *s)
{
	return session_refuse(s->z, ZT_ERR_ROLLBACK,
	    "the server shows an older state of the workspace than this device has seen, or "
	    "the trust log records");
}

enum zt_err
chain_page(struct workspace *s, uint64_t from, Zt__ChainPage **out)
{
	struct route_params p = { .org = s->z->org, .id = s->w->id };
	struct buf answer = buf_init(LIMIT_PAGE);
	char query[40];
	enum zt_err err;

	(void)snprintf(query, sizeof query, "from=%llu", (unsigned long long)from);
	if ((err = session_call(s->z, ROUTE_CHAIN, &p, query, bytes_of(NULL, 0), &answer)) ==
	    ZT_OK)
		err =
		    pb_decode(&zt__chain_page__descriptor, buf_bytes(&answer), LIMIT_PAGE, out);
	buf_free(&answer);
	return err;
}
