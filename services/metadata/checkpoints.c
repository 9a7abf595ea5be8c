/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* checkpoints.c - members' checkpoints of chains, with their proofs: a newcomer reads the
 * current versions, and not the whole history. */
#include <stdlib.h>

#include "base/wire.h"
#include "crypto/idmap.h"
#include "files/checkpoint.h"
#include "format/pb.h"
#include "frame/page.h"
#include "metadata/metadata.h"
#include "metadata/push.h"
#include "metadata/restored.h"

/* A question has a price: when so many bytes of changesets were read, the rest waits for the
 * next one. */
#define CHANGESETS_AT_ONCE 128
enum { KEPT = 4, AT_ONCE = 2048, READ_MAX = 16 * 1024 * 1024 };

static const struct db_query link_of = { "checkpoint_link",
	"SELECT 1 FROM changesets WHERE org = $1::bytea AND workspace = $2::bytea AND position "
	"= $3::int8 AND link = $4::bytea" };
static const struct db_query put = { "checkpoint_put",
	"INSERT INTO checkpoints VALUES ($1::bytea, $2::bytea, $3::int8, $4::bytea, $5::bytea, "
	"$6::bytea) ON CONFLICT DO NOTHING" };
static const struct db_query drop_older = { "checkpoint_drop",
	"DELETE FROM checkpoints WHERE org = $1::bytea AND workspace = $2::bytea AND position "
	"< "
	"(SELECT min(position) FROM (SELECT position FROM checkpoints WHERE org = $1::bytea "
	"AND workspace = $2::bytea ORDER BY position DESC LIMIT $3::int8) newest)" };
static const struct db_query list = { "checkpoint_list",
	"SELECT body, signature FROM checkpoints WHERE org = $1::bytea AND workspace = "
	"$2::bytea ORDER BY position DESC LIMIT $3::int8" };
static const struct db_query part = { "checkpoint_part",
	"SELECT substring(entries FROM $4::int8::int4 + 1 FOR $5::int8::int4) FROM checkpoints "
	"WHERE org = $1::bytea AND workspace = $2::bytea AND position = $3::int8" };
static const struct db_query changesets_at = { "checkpoint_changesets",
	PAGE_OF("position, body, signature, changes",
	    "SELECT f.position, f.body, f.signature, f.changes FROM unnest($3::int8[]) AS "
	    "a(n), LATERAL (SELECT * FROM changesets c WHERE c.org = $1::bytea AND c.workspace "
	    "= $2::bytea AND c.position = a.n OFFSET 0) f",
	    "position", CHANGESETS_AT_ONCE, "octet_length(body) + octet_length(changes)") };

/* ---- taking one ---- */

static enum zt_err
check(const struct request *rq, const Zt__CheckpointRequest *m, struct statement *s,
    struct checkpoint *c, struct rpc_answer *out)
{
	struct hash root;
	enum zt_err err;

	if ((err = statement_of(m->statement, s)) || (err = checkpoint_read(s, c)))
		return err;
	if (!id_equal(&c->org, &rq->params.org) || !id_equal(&c->workspace, &rq->params.id) ||
	    !id_equal(&c->author, &rq->device) || rq->caller.role < ROLE_MANAGER)
		return service_refuse(out, ZT_ERR_FORBIDDEN,
		    "a checkpoint is signed by a manager or owner, for this workspace");
	if (statement_verify(rq->caller.sign_key, STATEMENT_CHECKPOINT, s))
		return service_refuse(
		    out, ZT_ERR_SIGNATURE, "the checkpoint's signature does not match");
	if (m->entries.len > LIMIT_CHECKPOINT)
		return ZT_ERR_TOO_BIG;
	if (m->entries.len / CHECKPOINT_ENTRY_BYTES != c->count ||
	    checkpoint_root(pb_bytes(m->entries), c->position, &root) ||
	    !hash_equal(&root, &c->root))
		return service_refuse(
		    out, ZT_ERR_CORRUPT, "the checkpoint's entries are not those it signs");
	return ZT_OK;
}

static enum zt_err
keep(const struct metadata *md, const struct request *rq, const Zt__CheckpointRequest *m,
    const struct statement *s, const struct checkpoint *c, struct rpc_answer *out)
{
	struct db_value at[] = { DB_ID(&c->org), DB_ID(&c->workspace), DB_INT(c->position),
		DB_BYTES(c->link.b, HASH_BYTES) };
	struct db_value v[] = { at[0], at[1], at[2], DB_BYTES(s->body.p, s->body.n),
		DB_BYTES(s->signature, SIGN_BYTES), DB_BYTES(m->entries.data, m->entries.len) };
	struct db_value max[] = { at[0], at[1], DB_INT(KEPT) };
	struct db_rows *rows = NULL;
	enum zt_err err = db_run(rq->db, &link_of, at, 4, &rows);

	if (err == ZT_OK && db_count(rows) != 1)
		err = service_refuse(
		    out, ZT_ERR_ROLLBACK, "the checkpoint is of another chain than this one");
	db_free(rows);
	if (err || (err = db_begin(rq->db)))
		return err;
	if ((err = db_run(rq->db, &put, v, 6, NULL)) == ZT_OK &&
	    (err = db_run(rq->db, &drop_older, max, 3, NULL)) == ZT_OK &&
	    (err = usage_check(md, rq, out)) == ZT_OK)
		err = db_commit(rq->db);
	db_rollback(rq->db);
	return err;
}

/* CHECKPOINT_PUT: the newest few of a workspace are kept. */
enum zt_err
checkpoints_put(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__CheckpointRequest *m = NULL;
	struct statement s;
	struct checkpoint c;
	enum zt_err err =
	    pb_decode(&zt__checkpoint_request__descriptor, rq->body, rq->body.n, &m);

	if (err == ZT_OK && (err = restored_check(state, rq, out)) == ZT_OK &&
	    (err = check(rq, m, &s, &c, out)) == ZT_OK)
		err = keep(state, rq, m, &s, &c, out);
	pb_free(m);
	return err;
}

/* ---- giving them out ---- */

/* CHECKPOINTS: what was signed, without the entries, the newest first: the reader chooses whose
 * word to take. */
enum zt_err
checkpoints_list(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id), DB_INT(KEPT) };
	Zt__Checkpoints m = ZT__CHECKPOINTS__INIT;
	Zt__Statement s[KEPT], *all[KEPT];
	struct db_rows *rows = NULL;
	struct buf b = buf_init(KEPT * 8192);
	enum zt_err err = db_run(rq->db, &list, v, 3, &rows);

	(void)state;
	for (int i = 0; err == ZT_OK && i < db_count(rows) && i < KEPT; i++) {
		struct bytes body = db_bytes(rows, i, 0), signature = db_bytes(rows, i, 1);

		zt__statement__init(all[m.n_statements++] = &s[i]);
		s[i].body = pb_field(body.p, body.n);
		s[i].signature = pb_field(signature.p, signature.n);
	}
	m.statements = all;
	if (err == ZT_OK && (err = pb_encode(&m, &b)) == ZT_OK)
		rpc_answer_add(out, buf_bytes(&b));
	db_free(rows);
	buf_free(&b);
	return err;
}

/* An answer as it grows; entries are in the order of their changesets, so that each of these is
 * read once. */
struct page {
	const struct request *rq;
	struct bytes entries;
	size_t next; /* of the entries */
	size_t read; /* bytes of changesets */
	struct buf out;
};

static bool
is_full(const struct page *p)
{
	return p->out.n > LIMIT_PAGE / 2 || (p->out.n > 0 && p->read > READ_MAX);
}

static enum zt_err
add_proved(struct page *p, const struct checkpoint_entry *e, const struct merkle *t,
    const Zt__Changeset *cs, size_t index)
{
	struct merkle_proof proof;
	ProtobufCBinaryData nodes[MERKLE_PROOF];
	Zt__ProvedChange one = ZT__PROVED_CHANGE__INIT, *changes[] = { &one };
	Zt__CheckpointPage m = ZT__CHECKPOINT_PAGE__INIT;
	enum zt_err err = merkle_inclusion(t, index, cs->n_changes, &proof);

	if (err)
		return err;
	for (size_t i = 0; i < proof.count; i++)
		nodes[i] = pb_field(proof.node[i].b, HASH_BYTES);
	one.position = e->position;
	one.index = (uint32_t)index;
	one.change = cs->changes[index];
	one.proof = nodes;
	one.n_proof = proof.count;
	m.changes = changes;
	m.n_changes = 1;
	return pb_encode(&m, &p->out);
}

static enum zt_err
add_statement(struct page *p, uint64_t position, Zt__Changeset *cs)
{
	Zt__PlacedStatement one = ZT__PLACED_STATEMENT__INIT, *statements[] = { &one };
	Zt__CheckpointPage m = ZT__CHECKPOINT_PAGE__INIT;

	one.position = position;
	one.statement = cs->statement;
	m.statements = statements;
	m.n_statements = 1;
	return pb_encode(&m, &p->out);
}

/* All entries that the changeset CS at POSITION wrote. */
static enum zt_err
add_changeset(struct page *p, uint64_t position, Zt__Changeset *cs)
{
	struct changeset read;
	struct change *changes = NULL;
	struct merkle *t = NULL;
	struct idmap by_vlob = { 0 };
	enum zt_err err;

	if ((err = changeset_read(cs, &read, &changes)) || (err = changeset_tree(cs, &t)) ||
	    (err = add_statement(p, position, cs)))
		goto out;
	for (size_t i = 0; err == ZT_OK && i < read.count; i++)
		err = idmap_put(&by_vlob, &changes[i].vlob, &changes[i]);
	while (err == ZT_OK && p->next * CHECKPOINT_ENTRY_BYTES < p->entries.n && !is_full(p)) {
		const struct change *c;
		struct checkpoint_entry e;

		checkpoint_unpack(p->entries.p + p->next * CHECKPOINT_ENTRY_BYTES, &e);
		if (e.position != position)
			break;
		c = idmap_get(&by_vlob, &e.vlob);
		err = c != NULL && c->version == e.version
			  ? add_proved(p, &e, t, cs, (size_t)(c - changes))
			  : ZT_ERR_CORRUPT;
		p->next += err == ZT_OK;
	}
out:
	idmap_free(&by_vlob, NULL);
	merkle_free(t);
	free(changes);
	return err;
}

/* The positions of the next changesets that entries name, each once; OUT: as an array value. */
static size_t
next_positions(const struct page *p, uint64_t position[CHANGESETS_AT_ONCE], struct buf *out)
{
	size_t n = 0;

	for (size_t i = p->next; i * CHECKPOINT_ENTRY_BYTES < p->entries.n; i++) {
		struct checkpoint_entry e;

		checkpoint_unpack(p->entries.p + i * CHECKPOINT_ENTRY_BYTES, &e);
		if (n > 0 && position[n - 1] == e.position)
			continue;
		if (n == CHANGESETS_AT_ONCE)
			break;
		position[n++] = e.position;
	}
	db_array(out, DB_ARRAY_INT8, n);
	for (size_t i = 0; i < n; i++) {
		wire_put_u32(out, 8);
		wire_put_u64(out, position[i]);
	}
	return n;
}

/* The next changesets, as many as a page of the database's holds. */
static enum zt_err
add_some(struct page *p, struct unpacked *u)
{
	struct buf positions = buf_init((size_t)CHANGESETS_AT_ONCE * 16);
	uint64_t position[CHANGESETS_AT_ONCE];
	size_t n = next_positions(p, position, &positions);
	struct db_value v[] = { DB_ID(&p->rq->params.org), DB_ID(&p->rq->params.id),
		DB_BYTES(positions.p, positions.n) };
	struct db_rows *rows = NULL;
	enum zt_err err;

	if ((err = buf_err(&positions)) == ZT_OK &&
	    (err = db_run(p->rq->db, &changesets_at, v, 3, &rows)) == ZT_OK &&
	    (db_count(rows) == 0 || (size_t)db_count(rows) > n))
		err = ZT_ERR_CORRUPT;
	for (int i = 0; err == ZT_OK && i < db_count(rows) && !is_full(p); i++) {
		if ((uint64_t)db_int(rows, i, 0) != position[i])
			err = ZT_ERR_CORRUPT; /* its author named what is not in the chain */
		else if ((err = push_unpack(rows, i, 1, u)) == ZT_OK)
			err = add_changeset(p, position[i], &u->m);
		p->read += db_bytes(rows, i, 3).n;
	}
	db_free(rows);
	buf_free(&positions);
	return err;
}

/* CHECKPOINT: entries ?from= (from 0) on of the one at ?position=, as many as a page holds. */
enum zt_err
checkpoints_read(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct page p = { .rq = rq, .out = buf_init(LIMIT_PAGE) };
	struct unpacked *u = NULL;
	struct db_rows *rows = NULL;
	uint64_t from, position;
	enum zt_err err;

	(void)state;
	if ((err = route_query(rq->target, "from", 0, &from)) ||
	    (err = route_query(rq->target, "position", 0, &position)))
		return err;
	if (from > LIMIT_CHECKPOINT / CHECKPOINT_ENTRY_BYTES)
		return ZT_ERR_INVALID;
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id), DB_INT(position),
		DB_INT(from * CHECKPOINT_ENTRY_BYTES),
		DB_INT(AT_ONCE * CHECKPOINT_ENTRY_BYTES) };

	if ((err = db_run(rq->db, &part, v, 5, &rows)))
		goto out;
	err = ZT_ERR_NOT_FOUND;
	if (db_count(rows) != 1)
		goto out;
	p.entries = db_bytes(rows, 0, 0);
	err = ZT_ERR_MEMORY;
	if ((u = malloc(sizeof *u)) == NULL)
		goto out;
	err = ZT_OK;
	while (err == ZT_OK && p.next * CHECKPOINT_ENTRY_BYTES < p.entries.n && !is_full(&p))
		err = add_some(&p, u);
	if (err == ZT_OK)
		rpc_answer_add(out, buf_bytes(&p.out));
out:
	free(u);
	db_free(rows);
	buf_free(&p.out);
	return err;
}
