/* SPDX-License-Identifier: Apache-2.0 */
#include "files/changeset.h"

#include <stdlib.h>

#include "crypto/idmap.h"
#include "crypto/labels.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"

enum zt_err
changeset_encode_change(const struct change *c, struct buf *out)
{
	Zt__Change m = ZT__CHANGE__INIT;

	m.vlob = pb_field(c->vlob.b, ID_BYTES);
	m.version = c->version;
	if (c->has_prev)
		m.prev = pb_field(c->prev.b, HASH_BYTES);
	m.object = pb_field(c->pins.object.b, HASH_BYTES);
	m.commitment = pb_field(c->pins.commitment.b, HASH_BYTES);
	m.blocks = pb_field(c->blocks.p, c->blocks.n);
	return pb_encode(&m, out);
}

static enum zt_err
add_leaf(struct merkle *t, struct bytes change)
{
	struct hash leaf;

	hash_sha256(0x00, change, bytes_of(NULL, 0), &leaf);
	return merkle_add(t, &leaf);
}

/* The RFC 9162 root over the changes, so that one of them can be proved by itself. */
static enum zt_err
root_of(const struct bytes *changes, size_t count, struct hash *out)
{
	struct merkle *t = NULL;
	enum zt_err err = merkle_new(&t);

	for (size_t i = 0; err == ZT_OK && i < count; i++)
		err = add_leaf(t, changes[i]);
	if (err == ZT_OK)
		err = merkle_root(t, count, out);
	merkle_free(t);
	return err;
}

enum zt_err
changeset_tree(const Zt__Changeset *m, struct merkle **out)
{
	struct merkle *t = NULL;
	enum zt_err err = merkle_new(&t);

	for (size_t i = 0; err == ZT_OK && i < m->n_changes; i++)
		err = add_leaf(t, pb_bytes(m->changes[i]));
	if (err) {
		merkle_free(t);
		return err;
	}
	*out = t;
	return ZT_OK;
}

enum zt_err
changeset_sign(const struct sign_key *key, struct changeset *c, const struct bytes *changes,
    size_t count, struct buf *body)
{
	Zt__ChangesetBody m = ZT__CHANGESET_BODY__INIT;
	Zt__TreeHead seen = ZT__TREE_HEAD__INIT;
	enum zt_err err = root_of(changes, count, &c->root);

	if (err)
		return err;
	c->count = count;
	seen.tree_size = c->seen_size;
	seen.root_hash = pb_field(c->seen_root.b, HASH_BYTES);
	m.suite = SUITE_1;
	m.org = pb_field(c->org.b, ID_BYTES);
	m.workspace = pb_field(c->workspace.b, ID_BYTES);
	m.generation = c->generation;
	m.parent_position = c->parent_position;
	if (c->parent_position > 0)
		m.parent_link = pb_field(c->parent_link.b, HASH_BYTES);
	m.seen = &seen;
	m.author = pb_field(c->author.b, ID_BYTES);
	m.time = c->time;
	m.count = (uint32_t)count;
	m.adjacent = c->is_adjacent;
	m.root = pb_field(c->root.b, HASH_BYTES);
	return statement_sign(key, STATEMENT_CHANGESET, &m, body, &c->stmt);
}

static enum zt_err
read_body(const Zt__ChangesetBody *b, struct changeset *out)
{
	if (suite_check(b->suite))
		return ZT_ERR_SUITE;
	if (b->seen == NULL || pb_id(b->org, &out->org) ||
	    pb_id(b->workspace, &out->workspace) || pb_id(b->author, &out->author) ||
	    pb_hash(b->root, &out->root) || pb_hash(b->seen->root_hash, &out->seen_root) ||
	    b->count == 0 || b->count > LIMIT_CHANGES || b->generation == 0 ||
	    b->parent_link.len != (b->parent_position > 0 ? HASH_BYTES : 0))
		return ZT_ERR_CORRUPT;
	if (b->parent_position > 0)
		memcpy(out->parent_link.b, b->parent_link.data, HASH_BYTES);
	out->parent_position = b->parent_position;
	out->generation = b->generation;
	out->seen_size = b->seen->tree_size;
	out->time = b->time;
	out->count = b->count;
	out->is_adjacent = b->adjacent;
	return ZT_OK;
}

static enum zt_err
read_change(struct bytes in, struct change *out)
{
	Zt__Change *m = NULL;
	struct change c = { 0 };
	enum zt_err err = pb_decode(&zt__change__descriptor, in, LIMIT_CHANGESET, &m);

	if (err)
		return err;
	c.version = m->version;
	c.has_prev = m->prev.len > 0;
	if (pb_id(m->vlob, &c.vlob) || (c.has_prev && pb_hash(m->prev, &c.prev)) ||
	    pb_hash(m->object, &c.pins.object) || pb_hash(m->commitment, &c.pins.commitment) ||
	    m->blocks.len % ID_BYTES != 0 || c.version == 0 || c.has_prev != (c.version > 1)) {
		err = ZT_ERR_CORRUPT;
	} else if (m->blocks.len > 0) {
		/* Borrow the ids from the input: they are the one field that IN ends with, and
		 * an encoding in another order is refused. */
		if (m->blocks.len > in.n ||
		    memcmp(in.p + in.n - m->blocks.len, m->blocks.data, m->blocks.len) != 0)
			err = ZT_ERR_CORRUPT;
		else
			err = id_all_differ(pb_bytes(m->blocks));
		c.blocks = bytes_of(in.p + in.n - m->blocks.len, m->blocks.len);
	}
	if (err == ZT_OK)
		*out = c;
	pb_free(m);
	return err;
}

static enum zt_err
read_changes(const Zt__Changeset *m, const struct changeset *cs, struct change *out)
{
	struct bytes *spans = calloc(m->n_changes, sizeof *spans);
	struct idmap seen = { 0 };
	struct hash root;
	enum zt_err err = spans != NULL ? ZT_OK : ZT_ERR_MEMORY;

	for (size_t i = 0; err == ZT_OK && i < m->n_changes; i++) {
		spans[i] = pb_bytes(m->changes[i]);
		if ((err = read_change(spans[i], &out[i])) == ZT_OK)
			err = idmap_get(&seen, &out[i].vlob) != NULL
				  ? ZT_ERR_CORRUPT
				  : idmap_put(&seen, &out[i].vlob, &out[i]);
	}
	if (err == ZT_OK)
		err = root_of(spans, m->n_changes, &root);
	if (err == ZT_OK && !hash_equal(&root, &cs->root))
		err = ZT_ERR_CORRUPT;
	idmap_free(&seen, NULL);
	free(spans);
	return err;
}

enum zt_err
changeset_read_statement(const Zt__Statement *m, struct changeset *out)
{
	Zt__ChangesetBody *b = NULL;
	struct changeset cs = { 0 };
	enum zt_err err;

	if ((err = statement_of(m, &cs.stmt)) == ZT_OK &&
	    (err = pb_decode(&zt__changeset_body__descriptor, cs.stmt.body, 4096, &b)) ==
		ZT_OK &&
	    (err = read_body(b, &cs)) == ZT_OK)
		*out = cs;
	pb_free(b);
	return err;
}

enum zt_err
changeset_read(const Zt__Changeset *m, struct changeset *out, struct change **changes)
{
	struct changeset cs;
	struct change *array;
	enum zt_err err = changeset_read_statement(m->statement, &cs);

	if (err)
		return err;
	if (m->n_changes != cs.count)
		return ZT_ERR_CORRUPT;
	if ((array = calloc(cs.count, sizeof *array)) == NULL)
		return ZT_ERR_MEMORY;
	if ((err = read_changes(m, &cs, array))) {
		free(array);
		return err;
	}
	*out = cs;
	*changes = array;
	return ZT_OK;
}

enum zt_err
changeset_read_proved(const struct changeset *c, size_t index, struct bytes change,
    const struct merkle_proof *proof, struct change *out)
{
	struct hash leaf;
	enum zt_err err;

	hash_sha256(0x00, change, bytes_of(NULL, 0), &leaf);
	if ((err = merkle_check_inclusion(index, c->count, &leaf, proof, &c->root)))
		return err;
	return read_change(change, out);
}

bool
change_follows(const struct change *c, uint64_t number, const struct hash *object)
{
	return number == 0 ? c->version == 1
			   : c->version == number + 1 && hash_equal(&c->prev, object);
}

void
changeset_link(const struct hash *before, const struct statement *s, struct hash *out)
{
	struct bytes parts[] = { bytes_of(before->b, HASH_BYTES), s->body,
		bytes_of(s->signature, sizeof s->signature) };

	hash_blake2b_parts(LABEL_CHAIN, parts, 3, out);
}

static const struct authored_words words = {
	.elsewhere = N_("a changeset of another organization or workspace is in this chain"),
	.no_place = N_("a changeset names a place of its chain that does not exist"),
	.not_adjacent = N_("a changeset that must be right behind its parent is elsewhere"),
	.other_log =
	    N_("a colleague's device has seen another trust log than the server shows here"),
	.no_device = N_("a changeset's author is not a device of the organization"),
	.signature = N_("a changeset's signature does not match"),
	.no_right = N_("a changeset's author had no right to write"),
	.old_key = N_("a changeset was written under a key that was no longer the newest"),
	.late = N_("a removed member's change was put in after the removal; it is left out"),
};

static struct authored
authored_of(const struct changeset *c)
{
	return (struct authored){ .org = &c->org,
		.space = &c->workspace,
		.author = &c->author,
		.generation = c->generation,
		.parent_position = c->parent_position,
		.seen_size = c->seen_size,
		.seen_root = &c->seen_root,
		.stmt = &c->stmt,
		.kind = STATEMENT_CHANGESET,
		.is_adjacent = c->is_adjacent };
}

bool
changeset_counts(const struct org_workspace *w, const struct org_device *d, uint64_t seen,
    const struct changeset_place *place)
{
	return authored_counts(w, d, seen,
	    &(struct authored_place){ .position = place->position, .known = place->known });
}

enum zt_err
changeset_check_parent(const struct changeset *c, const struct hash *link, uint64_t time)
{
	return authored_check_parent(&c->parent_link, c->time, link, time);
}

enum zt_err
changeset_check(const struct org_state *o, const struct org_workspace *w,
    const struct changeset *c, const struct changeset_place *place, const char **message)
{
	struct authored a = authored_of(c);

	return authored_check(o, w, &a,
	    &(struct authored_place){ .position = place->position, .known = place->known },
	    &words, message);
}

enum zt_err
changeset_check_now(const struct org_state *o, const struct org_workspace *w,
    const struct changeset *c, uint64_t position, const char **message)
{
	const struct org_pin *pin = org_state_furthest_pin(w);
	struct authored a = authored_of(c);

	return authored_check_now(
	    o, w, &a, position, pin != NULL ? pin->position : 0, &words, message);
}

enum zt_err
changeset_check_pin(const struct org_workspace *w, uint64_t position, const struct hash *link,
    const char **message)
{
	for (size_t i = 0; i < w->pin_count; i++)
		if (!w->pins[i].voided && w->pins[i].position == position &&
		    !hash_equal(&w->pins[i].link, link)) {
			*message = N_("the trust log pins another chain at this place");
			return ZT_ERR_FORK;
		}
	return ZT_OK;
}
