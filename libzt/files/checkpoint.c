/* SPDX-License-Identifier: Apache-2.0 */
#include "files/checkpoint.h"

#include "base/wire.h"
#include "crypto/suite.h"
#include "format/pb.h"
#include "trust/merkle.h"

void
checkpoint_pack(const struct checkpoint_entry *e, uint8_t out[CHECKPOINT_ENTRY_BYTES])
{
	memcpy(out, e->vlob.b, ID_BYTES);
	wire_store_u64(out + ID_BYTES, e->version);
	wire_store_u64(out + ID_BYTES + 8, e->position);
}

void
checkpoint_unpack(const uint8_t in[CHECKPOINT_ENTRY_BYTES], struct checkpoint_entry *out)
{
	struct wire_reader r = wire_read(bytes_of(in, CHECKPOINT_ENTRY_BYTES));

	wire_copy(&r, out->vlob.b, ID_BYTES);
	out->version = wire_u64(&r);
	out->position = wire_u64(&r);
}

int
checkpoint_order(const struct checkpoint_entry *a, const struct checkpoint_entry *b)
{
	if (a->position != b->position)
		return a->position < b->position ? -1 : 1;
	return memcmp(a->vlob.b, b->vlob.b, ID_BYTES);
}

static enum zt_err
add_entries(struct merkle *t, struct bytes entries, uint64_t position)
{
	struct checkpoint_entry before = { 0 }, e;
	enum zt_err err = ZT_OK;

	for (size_t at = 0; err == ZT_OK && at < entries.n; at += CHECKPOINT_ENTRY_BYTES) {
		struct hash leaf;

		checkpoint_unpack(entries.p + at, &e);
		if (e.version == 0 || e.position == 0 || e.position > position ||
		    (at > 0 && checkpoint_order(&before, &e) >= 0))
			return ZT_ERR_CORRUPT;
		hash_sha256(0x00, bytes_of(entries.p + at, CHECKPOINT_ENTRY_BYTES),
		    bytes_of(NULL, 0), &leaf);
		err = merkle_add(t, &leaf);
		before = e;
	}
	return err;
}

enum zt_err
checkpoint_root(struct bytes entries, uint64_t position, struct hash *out)
{
	struct merkle *t = NULL;
	enum zt_err err;

	if (entries.n % CHECKPOINT_ENTRY_BYTES != 0)
		return ZT_ERR_CORRUPT;
	if ((err = merkle_new(&t)) == ZT_OK &&
	    (err = add_entries(t, entries, position)) == ZT_OK)
		err = merkle_root(t, merkle_size(t), out);
	merkle_free(t);
	return err;
}

enum zt_err
checkpoint_sign(const struct sign_key *key, const struct checkpoint *c, struct buf *body,
    struct statement *out)
{
	Zt__CheckpointBody m = ZT__CHECKPOINT_BODY__INIT;
	Zt__TreeHead seen = ZT__TREE_HEAD__INIT;

	seen.tree_size = c->seen_size;
	seen.root_hash = pb_field(c->seen_root.b, HASH_BYTES);
	m.suite = SUITE_1;
	m.org = pb_field(c->org.b, ID_BYTES);
	m.workspace = pb_field(c->workspace.b, ID_BYTES);
	m.position = c->position;
	m.link = pb_field(c->link.b, HASH_BYTES);
	m.count = c->count;
	m.root = pb_field(c->root.b, HASH_BYTES);
	m.seen = &seen;
	m.author = pb_field(c->author.b, ID_BYTES);
	m.time = c->time;
	return statement_sign(key, STATEMENT_CHECKPOINT, &m, body, out);
}

enum zt_err
checkpoint_read(const struct statement *s, struct checkpoint *out)
{
	Zt__CheckpointBody *m = NULL;
	struct checkpoint c = { 0 };
	enum zt_err err = pb_decode(&zt__checkpoint_body__descriptor, s->body, 4096, &m);

	if (err)
		return err;
	if (suite_check(m->suite))
		err = ZT_ERR_SUITE;
	else if (m->seen == NULL || pb_id(m->org, &c.org) ||
		 pb_id(m->workspace, &c.workspace) || pb_id(m->author, &c.author) ||
		 pb_hash(m->link, &c.link) || pb_hash(m->root, &c.root) ||
		 pb_hash(m->seen->root_hash, &c.seen_root) || m->position == 0)
		err = ZT_ERR_CORRUPT;
	c.position = m->position;
	c.count = m->count;
	c.time = m->time;
	if (err == ZT_OK) {
		c.seen_size = m->seen->tree_size;
		*out = c;
	}
	pb_free(m);
	return err;
}

enum zt_err
checkpoint_check(const struct org_state *o, const struct org_workspace *w,
    const struct checkpoint *c, const struct statement *s)
{
	const struct org_device *d = org_state_device(o, &c->author);
	struct hash root;

	if (!id_equal(&c->org, &o->id) || !id_equal(&c->workspace, &w->id))
		return ZT_ERR_CORRUPT;
	if (c->seen_size == 0 || merkle_root(o->tree, c->seen_size, &root) ||
	    !hash_equal(&root, &c->seen_root))
		return ZT_ERR_FORK;
	if (d == NULL || d->added >= c->seen_size)
		return ZT_ERR_UNKNOWN_DEVICE;
	if (!org_state_device_live(d, ORG_NEVER) ||
	    org_state_role(w, d->user, c->seen_size) < ROLE_MANAGER ||
	    org_state_role(w, d->user, ORG_NEVER) < ROLE_MANAGER)
		return ZT_ERR_FORBIDDEN;
	return statement_verify(d->sign_key, STATEMENT_CHECKPOINT, s);
}
