/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* changesets.c - the chain: whole or not at all, version n+1 only over n, blocks first.
 *
 * A push holds the chain's row, so that pushes of one workspace are one after the other; those
 * of different workspaces do not wait for each other. */
#include <stdlib.h>

#include "bus/peer.h"
#include "crypto/envelope.h"
#include "crypto/labels.h"
#include "files/changeset.h"
#include "files/manifest.h"
#include "format/limits.h"
#include "format/pb.h"
#include "frame/page.h"
#include "metadata/metadata.h"
#include "metadata/push.h"
#include "metadata/restored.h"
#include "proto/auth.pb-c.h"
#include "proto/blocks.pb-c.h"

enum { ASK_MS = 10000 };

static const struct db_query begin_chain = {
	"chain_begin",
	"INSERT INTO chains VALUES ($1::bytea, $2::bytea, 0, ''::bytea) ON CONFLICT DO NOTHING"
};
static const struct db_query hold_chain = { "chain_hold",
	"SELECT position, link FROM chains WHERE org = $1::bytea AND workspace = $2::bytea "
	"FOR UPDATE" };
static const struct db_query move_chain = { "chain_move",
	"UPDATE chains SET position = $3::int8, link = $4::bytea, bytes = bytes + $5::int8, "
	"signed_body = $6::bytea, signed_signature = $7::bytea "
	"WHERE org = $1::bytea AND workspace = $2::bytea" };
static const struct db_query link_at = { "chain_link",
	"SELECT link, body, signature FROM changesets WHERE org = $1::bytea AND workspace = "
	"$2::bytea AND position = $3::int8" };
static const struct db_query put_changeset = { "chain_put",
	"INSERT INTO changesets VALUES ($1::bytea, $2::bytea, $3::int8, $4::bytea, $5::bytea, "
	"$6::bytea, $7::bytea)" };
static const struct db_query same_changeset = { "chain_same",
	"SELECT position, link FROM changesets WHERE org = $1::bytea AND workspace = $2::bytea "
	"AND "
	"position > $3::int8 AND body = $4::bytea" };
/* All changes of a push in one round trip each. New vlobs are inserted; old ones move only
 * from the version and hash that their author saw. OFFSET 0 keeps the planner from flattening
 * the inner query: one look-up by the whole key for each, with any table statistics. */
static const struct db_query new_vlobs = { "vlobs_new",
	"INSERT INTO vlobs SELECT $1::bytea, $2::bytea, t.v, 1, t.h FROM unnest($3::bytea[], "
	"$4::int8[], $5::bytea[]) AS t(v, n, h) WHERE t.n = 1 ON CONFLICT DO NOTHING RETURNING "
	"1" };
static const struct db_query move_vlobs = { "vlobs_move",
	"INSERT INTO vlobs SELECT $1::bytea, $2::bytea, t.v, t.n, t.h FROM unnest($3::bytea[], "
	"$4::int8[], $5::bytea[], $6::bytea[]) AS t(v, n, h, p), LATERAL (SELECT FROM vlobs o "
	"WHERE o.org = $1::bytea AND o.workspace = $2::bytea AND o.vlob = t.v AND o.version = "
	"t.n - 1 AND o.object_hash = t.p OFFSET 0) seen WHERE t.n > 1 ON CONFLICT (org, "
	"workspace, vlob) DO UPDATE SET version = excluded.version, object_hash = "
	"excluded.object_hash RETURNING 1" };
/* The author's own wraps are stored beside the objects. Others' are added: the first repair
 * may have brought rubbish, and the author's must still be accepted. */
static const struct db_query put_objects = { "objects_put",
	"WITH made AS (INSERT INTO objects SELECT $1::bytea, $2::bytea, t.v, t.n, t.g, t.w, "
	"t.o FROM unnest($3::bytea[], $4::int8[], $5::int8[], $6::bytea[], $7::bytea[]) AS "
	"t(v, n, g, w, o) WHERE t.o <> '' ON CONFLICT (org, workspace, vlob, version) DO "
	"UPDATE SET generation = excluded.generation, wrap = excluded.wrap WHERE objects.wrap "
	"= '' RETURNING octet_length(wrap) + CASE WHEN xmax = 0 THEN octet_length(object) ELSE "
	"0 END AS n) UPDATE chains SET bytes = bytes + (SELECT coalesce(sum(n), 0) FROM "
	"made)::int8 WHERE org = $1::bytea AND workspace = $2::bytea" };
static const struct db_query put_others_objects = { "objects_put_others",
	"WITH made AS (INSERT INTO objects SELECT $1::bytea, $2::bytea, t.v, t.n, 0, "
	"''::bytea, t.o FROM unnest($3::bytea[], $4::int8[], $5::bytea[]) AS t(v, n, o) WHERE "
	"t.o <> '' ON CONFLICT DO NOTHING RETURNING octet_length(object) AS n) UPDATE chains "
	"SET bytes = bytes + (SELECT coalesce(sum(n), 0) FROM made)::int8 WHERE org = "
	"$1::bytea AND workspace = $2::bytea" };
static const struct db_query add_wraps = { "wraps_add",
	"INSERT INTO wraps SELECT $1::bytea, $2::bytea, t.v, t.n, t.g, $7::bytea, t.w FROM "
	"unnest($3::bytea[], $4::int8[], $5::int8[], $6::bytea[]) AS t(v, n, g, w), LATERAL "
	"(SELECT FROM objects o WHERE o.org = $1::bytea AND o.workspace = $2::bytea AND o.vlob "
	"= t.v AND o.version = t.n AND o.wrap <> t.w OFFSET 0) there WHERE t.w <> '' ON "
	"CONFLICT DO NOTHING" };
/* For their author also those that are there without the author's wrap. */
static const struct db_query missing_objects = { "objects_missing",
	"SELECT count(*) FROM unnest($3::bytea[], $4::int8[]) AS t(v, n) WHERE NOT EXISTS "
	"(SELECT FROM objects o WHERE o.org = $1::bytea AND o.workspace = $2::bytea AND o.vlob "
	"= t.v AND o.version = t.n AND ($5::int8 = 0 OR o.wrap <> ''))" };
/* The chain's length and a page of it in one round trip; one row without a changeset when none
 * is new. The range has an end, so that no plan reads the rest of a long chain for a page. */
static const struct db_query read_chain = { "chain_read",
	PAGE_OF("newest, place, body, signature, changes, signed_body, signed_signature",
	    "SELECT c.position AS newest, s.position AS place, s.body, s.signature, s.changes, "
	    "c.signed_body, c.signed_signature "
	    "FROM chains c LEFT JOIN changesets s ON s.org = c.org AND s.workspace = "
	    "c.workspace AND s.position >= $3::int8 AND s.position < $3::int8 + 2000 WHERE "
	    "c.org = $1::bytea AND c.workspace = $2::bytea",
	    "place", PAGE_ROWS,
	    "coalesce(octet_length(body) + octet_length(changes) + "
	    "octet_length(signature), 0)") };

enum zt_err
push_check_objects(const struct push *p, bool is_repair, struct rpc_answer *out)
{
	if (p->m->n_objects != p->cs.count)
		return service_refuse(out, ZT_ERR_CORRUPT, "a change comes without its object");
	for (size_t i = 0; i < p->cs.count; i++) {
		const Zt__Object *o = p->m->objects[i];
		struct hash is;

		if (is_repair && o->object.len == 0)
			continue;
		if (o->object.len < MANIFEST_HEADER_BYTES ||
		    o->object.len > LIMIT_MANIFEST + 1024 ||
		    o->wrap.len != ENVELOPE_WRAP_BYTES || o->generation < p->cs.generation ||
		    o->generation > p->rq->caller.generation)
			return service_refuse(
			    out, ZT_ERR_CORRUPT, "an object is not well formed");
		hash_blake2b(LABEL_OBJECT, pb_bytes(o->object), &is);
		if (!hash_equal(&is, &p->changes[i].pins.object))
			return service_refuse(
			    out, ZT_ERR_CORRUPT, "an object is not the one that was signed");
	}
	return ZT_OK;
}

/* That the request is for the changeset that it carries; whether its author may is for auth to
 * say (push_judge). */
static enum zt_err
check_request(const struct push *p, struct rpc_answer *out)
{
	const struct request *rq = p->rq;

	if (!id_equal(&p->cs.org, &rq->params.org) ||
	    !id_equal(&p->cs.workspace, &rq->params.id) ||
	    !id_equal(&p->cs.author, &rq->device))
		return service_refuse(out, ZT_ERR_FORBIDDEN,
		    "the changeset was signed for elsewhere, or by another");
	return ZT_OK;
}

static enum zt_err
check_clock(const struct push *p, struct rpc_answer *out)
{
	uint64_t now = p->rq->now_ms;

	if (p->cs.time > now + LIMIT_CLOCK_MS || p->cs.time + LIMIT_CLOCK_MS < now)
		return service_refuse(out, ZT_ERR_CLOCK,
		    "the changeset was signed at a time that this server's clock does not "
		    "accept");
	return ZT_OK;
}

enum zt_err
push_missing_blocks(const struct push *p, uint64_t *missing)
{
	Zt__HeldAsk ask = ZT__HELD_ASK__INIT;
	Zt__HeldAnswer *answer = NULL;
	struct buf ids = buf_init(LIMIT_CHANGESET), body = buf_init(LIMIT_CHANGESET + 256);
	struct buf got = buf_init(LIMIT_CHANGESET + 256);
	enum zt_err err;

	/* Small files one behind the other share a block: it is asked for once. */
	*missing = 0;
	for (size_t i = 0; i < p->cs.count; i++)
		if (i == 0 || !bytes_equal(p->changes[i].blocks, p->changes[i - 1].blocks))
			buf_add(&ids, p->changes[i].blocks);
	if ((err = buf_err(&ids)) || ids.n == 0)
		goto out;
	ask.org = pb_field(p->rq->params.org.b, ID_BYTES);
	ask.workspace = pb_field(p->rq->params.id.b, ID_BYTES);
	ask.ids = pb_field(ids.p, ids.n);
	if ((err = pb_encode(&ask, &body)) ||
	    (err = peer_call(p->md->blocks, "/held", buf_bytes(&body), ASK_MS, &got)) ||
	    (err = pb_decode(&zt__held_answer__descriptor, buf_bytes(&got),
		 LIMIT_CHANGESET + 256, &answer)))
		goto out;
	*missing = answer->missing.len / ID_BYTES;
out:
	pb_free(answer);
	buf_free(&ids);
	buf_free(&body);
	buf_free(&got);
	return err;
}

/* The blocks service must hold every block that the changes add. */
static enum zt_err
check_blocks(const struct push *p, struct rpc_answer *out)
{
	uint64_t missing;
	enum zt_err err = push_missing_blocks(p, &missing);

	if (err == ZT_OK && missing > 0)
		err =
		    service_refuse(out, ZT_ERR_MISSING_BLOCK, "a block must be uploaded first");
	return err;
}

void
push_end(struct push *p)
{
	pb_free(p->judged);
	free(p->changes);
}

enum zt_err
push_judge(struct push *p, uint64_t position, bool is_push, struct rpc_answer *out)
{
	Zt__ChangesetAsk m = ZT__CHANGESET_ASK__INIT;
	struct buf body = buf_init(LIMIT_CHANGESET), answer = buf_init(2048);
	char message[PEER_MESSAGE] = "";
	struct hash link;
	enum zt_err err;

	changeset_link(&p->link, &p->cs.stmt, &link);
	m.org = pb_field(p->rq->params.org.b, ID_BYTES);
	m.workspace = pb_field(p->rq->params.id.b, ID_BYTES);
	m.position = position;
	m.link = pb_field(link.b, HASH_BYTES);
	m.statement = p->m->changeset->statement;
	m.is_push = is_push;
	if ((err = pb_encode(&m, &body)) == ZT_OK &&
	    (err = peer_call_message(service_auth(p->rq->service), "/changeset",
		 buf_bytes(&body), ASK_MS, &answer, message)))
		err = service_refuse(out, err, message);
	if (err == ZT_OK)
		err = pb_decode(
		    &zt__changeset_answer__descriptor, buf_bytes(&answer), 2048, &p->judged);
	if (err == ZT_OK && p->judged->signed_ == NULL)
		err = ZT_ERR_CORRUPT;
	buf_free(&body);
	buf_free(&answer);
	return err;
}

/* Checks ROWS, the changeset at the parent position that the author names. */
static enum zt_err
check_parent(const struct push *p, const struct db_rows *rows, struct rpc_answer *out)
{
	static const char other_chain[] =
	    N_("its author has seen another chain of this workspace");
	Zt__Statement m = ZT__STATEMENT__INIT;
	struct changeset parent;
	struct hash link;
	enum zt_err err;

	if (db_count(rows) != 1 || db_bytes(rows, 0, 0).n != HASH_BYTES)
		return service_refuse(out, ZT_ERR_ROLLBACK, other_chain);
	memcpy(link.b, db_bytes(rows, 0, 0).p, HASH_BYTES);
	m.body = pb_field(db_bytes(rows, 0, 1).p, db_bytes(rows, 0, 1).n);
	m.signature = pb_field(db_bytes(rows, 0, 2).p, db_bytes(rows, 0, 2).n);
	if ((err = changeset_read_statement(&m, &parent)))
		return err;
	if ((err = changeset_check_parent(&p->cs, &link, parent.time)) == ZT_ERR_FORK)
		err = service_refuse(out, ZT_ERR_ROLLBACK, other_chain);
	else if (err)
		err = service_refuse(
		    out, err, "the changeset is older than the one that it follows");
	return err;
}

enum zt_err
push_take_hold(struct push *p, struct rpc_answer *out)
{
	const struct request *rq = p->rq;
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
		DB_INT(p->cs.parent_position) };
	struct db_rows *rows = NULL;
	struct bytes link;
	enum zt_err err;

	if ((err = db_run(rq->db, &begin_chain, v, 2, NULL)) ||
	    (err = db_run(rq->db, &hold_chain, v, 2, &rows)))
		goto out;
	err = ZT_ERR_DATABASE;
	if (db_count(rows) != 1)
		goto out;
	p->position = (uint64_t)db_int(rows, 0, 0);
	link = db_bytes(rows, 0, 1);
	memset(p->link.b, 0, HASH_BYTES);
	if (link.n == HASH_BYTES)
		memcpy(p->link.b, link.p, HASH_BYTES);
	db_free(rows);
	rows = NULL;
	err = ZT_OK;
	if (p->cs.parent_position == 0)
		goto out;
	if ((err = db_run(rq->db, &link_at, v, 3, &rows)) == ZT_OK)
		err = check_parent(p, rows, out);
out:
	db_free(rows);
	return err;
}

/* Whether this very changeset is in the chain: the answer to its first sending was lost. */
static enum zt_err
is_there(struct push *p, bool *found)
{
	struct db_value v[] = { DB_ID(&p->rq->params.org), DB_ID(&p->rq->params.id),
		DB_INT(p->cs.parent_position), DB_BYTES(p->cs.stmt.body.p, p->cs.stmt.body.n) };
	struct db_rows *rows = NULL;
	enum zt_err err = db_run(p->rq->db, &same_changeset, v, 4, &rows);

	*found = err == ZT_OK && db_count(rows) == 1;
	if (*found) {
		p->position = (uint64_t)db_int(rows, 0, 0);
		memcpy(p->link.b, db_bytes(rows, 0, 1).p, HASH_BYTES);
	}
	db_free(rows);
	return err;
}

/* The columns of all changes, each as one array. */
struct columns {
	struct buf vlobs, versions, hashes, prevs, generations, wraps, objects;
};

static enum zt_err
fill_columns(const struct push *p, struct columns *c)
{
	size_t n = p->cs.count;

	db_array(&c->vlobs, DB_ARRAY_BYTEA, n);
	db_array(&c->versions, DB_ARRAY_INT8, n);
	db_array(&c->hashes, DB_ARRAY_BYTEA, n);
	db_array(&c->prevs, DB_ARRAY_BYTEA, n);
	db_array(&c->generations, DB_ARRAY_INT8, n);
	db_array(&c->wraps, DB_ARRAY_BYTEA, n);
	db_array(&c->objects, DB_ARRAY_BYTEA, n);
	for (size_t i = 0; i < n; i++) {
		const struct change *one = &p->changes[i];
		const Zt__Object *o = p->m->objects[i];

		wire_put_counted(&c->vlobs, bytes_of(one->vlob.b, ID_BYTES));
		wire_put_u32(&c->versions, 8);
		wire_put_u64(&c->versions, one->version);
		wire_put_counted(&c->hashes, bytes_of(one->pins.object.b, HASH_BYTES));
		wire_put_counted(
		    &c->prevs, bytes_of(one->prev.b, one->has_prev ? HASH_BYTES : 0));
		wire_put_u32(&c->generations, 8);
		wire_put_u64(&c->generations, o->generation);
		/* Of an object that is not sent no wrap is looked at either. */
		wire_put_counted(
		    &c->wraps, o->object.len > 0 ? pb_bytes(o->wrap) : bytes_of(NULL, 0));
		wire_put_counted(&c->objects, pb_bytes(o->object));
	}
	return buf_err(&c->objects) ? buf_err(&c->objects) : buf_err(&c->hashes);
}

#define COLUMN(name) DB_BYTES(c->name.p, c->name.n) /* of the columns C */

static bool
is_own(const struct push *p)
{
	return id_equal(&p->cs.author, &p->rq->device);
}

static enum zt_err
write_objects(const struct push *p, const struct columns *c)
{
	struct db_value own[] = { DB_ID(&p->rq->params.org), DB_ID(&p->rq->params.id),
		COLUMN(vlobs), COLUMN(versions), COLUMN(generations), COLUMN(wraps),
		COLUMN(objects) };
	struct db_value object[] = { own[0], own[1], own[2], own[3], own[6] };
	struct db_value wrap[] = { own[0], own[1], own[2], own[3], own[4], own[5],
		DB_ID(&p->rq->caller.user) };
	enum zt_err err;

	if (is_own(p))
		return db_run(p->rq->db, &put_objects, own, 7, NULL);
	if ((err = db_run(p->rq->db, &put_others_objects, object, 5, NULL)))
		return err;
	return db_run(p->rq->db, &add_wraps, wrap, 7, NULL);
}

static enum zt_err
write_columns(const struct push *p, const struct columns *c, struct rpc_answer *out)
{
	struct db_value vlob[] = { DB_ID(&p->rq->params.org), DB_ID(&p->rq->params.id),
		COLUMN(vlobs), COLUMN(versions), COLUMN(hashes), COLUMN(prevs) };
	struct db_rows *made = NULL, *moved = NULL;
	enum zt_err err;

	if ((err = db_run(p->rq->db, &new_vlobs, vlob, 5, &made)) == ZT_OK &&
	    (err = db_run(p->rq->db, &move_vlobs, vlob, 6, &moved)) == ZT_OK &&
	    (size_t)db_count(made) + (size_t)db_count(moved) != p->cs.count)
		err = service_refuse(out, ZT_ERR_CONFLICT, "someone else changed this first");
	db_free(made);
	db_free(moved);
	return err ? err : write_objects(p, c);
}

static struct columns
columns_new(void)
{
	enum { SMALL = LIMIT_CHANGES * 64 };

	return (struct columns){ buf_init(SMALL), buf_init(SMALL), buf_init(SMALL),
		buf_init(SMALL), buf_init(SMALL), buf_init(2 * SMALL),
		buf_init(LIMIT_PUSH + LIMIT_PAGE) };
}

static void
columns_free(struct columns *c)
{
	buf_free(&c->vlobs);
	buf_free(&c->versions);
	buf_free(&c->hashes);
	buf_free(&c->prevs);
	buf_free(&c->generations);
	buf_free(&c->wraps);
	buf_free(&c->objects);
}

static enum zt_err
write_changes(const struct push *p, struct rpc_answer *out)
{
	struct columns c = columns_new();
	enum zt_err err = fill_columns(p, &c);

	if (err == ZT_OK)
		err = write_columns(p, &c, out);
	columns_free(&c);
	return err;
}

enum zt_err
push_fill(const struct push *p, uint64_t *missing)
{
	struct columns own = columns_new(), *c = &own;
	enum zt_err err = fill_columns(p, c);
	struct db_value v[] = { DB_ID(&p->rq->params.org), DB_ID(&p->rq->params.id),
		COLUMN(vlobs), COLUMN(versions), DB_INT(is_own(p)) };
	struct db_rows *rows = NULL;

	if (err == ZT_OK && (err = write_objects(p, c)) == ZT_OK &&
	    (err = db_run(p->rq->db, &missing_objects, v, 5, &rows)) == ZT_OK)
		*missing = (uint64_t)db_int(rows, 0, 0);
	db_free(rows);
	columns_free(c);
	return err;
}

/* The changes as one counted list. */
static enum zt_err
pack_changes(const Zt__Changeset *m, struct buf *out)
{
	for (size_t i = 0; i < m->n_changes; i++)
		wire_put_counted(out, pb_bytes(m->changes[i]));
	return buf_err(out);
}

enum zt_err
push_write(struct push *p, struct rpc_answer *out)
{
	struct buf packed = buf_init(LIMIT_CHANGESET);
	enum zt_err err = pack_changes(p->m->changeset, &packed);

	changeset_link(&p->link, &p->cs.stmt, &p->link);
	p->position++;
	if (err == ZT_OK)
		err = write_changes(p, out);
	if (err == ZT_OK) {
		struct db_value v[] = { DB_ID(&p->rq->params.org), DB_ID(&p->rq->params.id),
			DB_INT(p->position), DB_BYTES(p->cs.stmt.body.p, p->cs.stmt.body.n),
			DB_BYTES(p->cs.stmt.signature, SIGN_BYTES),
			DB_BYTES(packed.p, packed.n), DB_BYTES(p->link.b, HASH_BYTES) };
		const Zt__Statement *s = p->judged->signed_;
		struct db_value move[] = { v[0], v[1], v[2], v[6],
			DB_INT(p->cs.stmt.body.n + packed.n),
			DB_BYTES(s->body.data, s->body.len),
			DB_BYTES(s->signature.data, s->signature.len) };

		if ((err = db_run(p->rq->db, &put_changeset, v, 7, NULL)) == ZT_OK)
			err = db_run(p->rq->db, &move_chain, move, 7, NULL);
	}
	buf_free(&packed);
	return err;
}

static enum zt_err
answer_push(const struct push *p, struct rpc_answer *out)
{
	Zt__PushAnswer a = ZT__PUSH_ANSWER__INIT;
	struct buf b = buf_init(2048);
	enum zt_err err;

	a.position = p->position;
	a.signed_ = p->judged != NULL ? p->judged->signed_ : NULL;
	a.link = pb_field(p->link.b, HASH_BYTES);
	if ((err = pb_encode(&a, &b)) == ZT_OK)
		rpc_answer_add(out, buf_bytes(&b));
	buf_free(&b);
	return err;
}

/* Refuses an adjacent changeset if others came first: its author reads again. */
static enum zt_err
check_adjacent(const struct push *p, struct rpc_answer *out)
{
	return !p->cs.is_adjacent || p->cs.parent_position == p->position
		   ? ZT_OK
		   : service_refuse(out, ZT_ERR_CONFLICT, "someone else changed this first");
}

/* PUSH: takes one changeset whole, or refuses it whole. */
enum zt_err
changesets_push(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct push p = { .md = state, .rq = rq };
	Zt__PushRequest *m = NULL;
	bool found = false;
	enum zt_err err;

	if ((err = pb_decode(&zt__push_request__descriptor, rq->body, rq->body.n, &m)))
		return err;
	p.m = m;
	if (m->changeset == NULL) {
		err = ZT_ERR_CORRUPT;
		goto out;
	}
	if ((err = changeset_read(m->changeset, &p.cs, &p.changes)) ||
	    (err = check_request(&p, out)) || (err = push_check_objects(&p, false, out)) ||
	    (err = check_blocks(&p, out)) || (err = db_begin(rq->db)))
		goto out;
	if ((err = push_take_hold(&p, out)) || (err = is_there(&p, &found)))
		goto out;
	if (!found && ((err = check_adjacent(&p, out)) ||
			  (err = restored_check_at(
			       p.md, &rq->params.org, &rq->params.id, p.position, out)) ||
			  (err = check_clock(&p, out)) ||
			  (err = push_judge(&p, p.position + 1, true, out)) ||
			  (err = push_write(&p, out)) || (err = usage_check(state, rq, out)) ||
			  (err = db_commit(rq->db))))
		goto out;
	/* What is acknowledged is remembered outside the database. */
	if ((err = marks_of_done(marks_raise(
		 p.md->marks, &rq->params.org, &rq->params.id, p.position, &p.link))))
		goto out;
	if ((err = answer_push(&p, out)) == ZT_OK && !found)
		service_publish(
		    rq->service, &rq->params.org, &rq->params.id, EVENT_CHAIN, p.position);
out:
	db_rollback(rq->db);
	push_end(&p);
	pb_free(m);
	return err;
}

enum zt_err
push_unpack(const struct db_rows *rows, int i, int column, struct unpacked *out)
{
	struct bytes body = db_bytes(rows, i, column),
		     signature = db_bytes(rows, i, column + 1);
	struct wire_reader r = wire_read(db_bytes(rows, i, column + 2));

	zt__statement__init(&out->statement);
	zt__changeset__init(&out->m);
	out->statement.body = pb_field(body.p, body.n);
	out->statement.signature = pb_field(signature.p, signature.n);
	out->m.statement = &out->statement;
	out->m.changes = out->changes;
	while (!r.bad && r.left > 0 && out->m.n_changes < LIMIT_CHANGES) {
		struct bytes c = wire_counted(&r, LIMIT_CHANGESET);

		out->changes[out->m.n_changes++] = pb_field(c.p, c.n);
	}
	return wire_end(&r) ? ZT_ERR_CORRUPT : ZT_OK;
}

/* One changeset of a page, written by hand: repeated field 2 of ChainPage. */
static enum zt_err
add_changeset(const struct db_rows *rows, int i, struct buf *page)
{
	struct unpacked u;
	Zt__Changeset *one[] = { &u.m };
	Zt__ChainPage m = ZT__CHAIN_PAGE__INIT;
	enum zt_err err = push_unpack(rows, i, 2, &u);

	m.changesets = one;
	m.n_changesets = 1;
	return err ? err : pb_encode(&m, page);
}

/* CHAIN: changesets from position ?from= (from 1) on, as many as a page holds. */
enum zt_err
changesets_read(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__ChainPage head = ZT__CHAIN_PAGE__INIT;
	Zt__Statement stmt = ZT__STATEMENT__INIT;
	struct buf page = buf_init(LIMIT_PAGE);
	struct db_rows *rows = NULL;
	uint64_t from;
	enum zt_err err;

	(void)state;
	if ((err = route_query(rq->target, "from", 1, &from)))
		return err;
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id), DB_INT(from) };

	if ((err = db_run(rq->db, &read_chain, v, 3, &rows)))
		goto out;
	head.first = from;
	head.newest = db_count(rows) > 0 ? (uint64_t)db_int(rows, 0, 0) : 0;
	if (db_count(rows) > 0 && db_bytes(rows, 0, 5).n > 0) {
		stmt.body = pb_field(db_bytes(rows, 0, 5).p, db_bytes(rows, 0, 5).n);
		stmt.signature = pb_field(db_bytes(rows, 0, 6).p, db_bytes(rows, 0, 6).n);
		head.signed_ = &stmt;
	}
	if (from > head.newest + 1) {
		err =
		    service_refuse(out, ZT_ERR_ROLLBACK, "the device has seen a longer chain");
		goto out;
	}
	err = pb_encode(&head, &page);
	/* The parts of a message one behind the other are one message: repeated fields add up.
	 */
	for (int i = 0; err == ZT_OK && i < db_count(rows) && db_bytes(rows, i, 2).n > 0; i++)
		err = add_changeset(rows, i, &page);
	if (err == ZT_OK)
		rpc_answer_add(out, buf_bytes(&page));
out:
	db_free(rows);
	buf_free(&page);
	return err;
}
