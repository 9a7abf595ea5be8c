/* SPDX-License-Identifier: Apache-2.0 */
#include "files/audit.h"

#include <stdlib.h>

#include "base/vec.h"
#include "base/wire.h"
#include "files/changeset.h"
#include "format/limits.h"
#include "format/pb.h"
#include "proto/auth.pb-c.h"
#include "trust/rules.h"

/* What later changesets build on. */
struct link {
	struct hash hash;
	uint64_t time; /* that its author signed */
};

struct audit {
	struct org_state *o;
	const struct org_workspace *w; /* whose chain is read */
	struct link *links;            /* of that chain; number is its place plus one */
	size_t link_count, link_cap;
	struct idmap versions; /* struct version, of that chain, by object */
	struct idmap read;     /* workspaces whose chain was read */
	struct audit_result r;
};

enum zt_err
audit_new(const struct id *org, struct audit **out)
{
	struct audit *a = calloc(1, sizeof *a);
	enum zt_err err;

	if (a == NULL)
		return ZT_ERR_MEMORY;
	if ((err = org_state_new(org, &a->o))) {
		free(a);
		return err;
	}
	*out = a;
	return ZT_OK;
}

void
audit_free(struct audit *a)
{
	if (a == NULL)
		return;
	org_state_free(a->o);
	idmap_free(&a->versions, free);
	idmap_free(&a->read, NULL);
	free(a->links);
	free(a);
}

const struct audit_result *
audit_result(const struct audit *a)
{
	return &a->r;
}

const struct org_state *
audit_state(const struct audit *a)
{
	return a->o;
}

static enum zt_err
spoiled(struct audit *a, enum zt_err err, const char *what, uint64_t number, const char *why)
{
	a->r.what = what;
	a->r.number = number;
	a->r.why = why[0] != 0 ? why : err_words(err);
	return err;
}

/* ---- the log ---- */

static enum zt_err
take_entry(struct audit *a, const struct statement *st, uint64_t index, struct hash *leaf)
{
	struct entry *e = NULL;
	const char *why = "";
	enum zt_err err = entry_decode(st, &e);

	if (err == ZT_OK && (err = rules_check(a->o, e, index, &why)) == ZT_OK)
		err = org_state_apply(a->o, e, index);
	if (err)
		err = spoiled(a, err, N_("entry"), index, why);
	else
		*leaf = e->leaf;
	entry_free(e);
	return err;
}

/* An entry that the exporter may not see, known by its digest and tag. */
static enum zt_err
take_hidden(struct audit *a, const Zt__LogLine *m, uint64_t index, struct hash *leaf)
{
	struct hash digest, tag;

	if (pb_hash(m->digest, &digest) || pb_hash(m->tag, &tag))
		return spoiled(
		    a, ZT_ERR_CORRUPT, "entry", index, "neither it nor its hash is there");
	entry_leaf(&digest, &tag, leaf);
	return org_state_hide(a->o, &tag);
}

static enum zt_err
take_line(struct audit *a, struct bytes record)
{
	uint64_t index = merkle_size(a->o->tree);
	Zt__LogLine *m = NULL;
	struct statement st;
	struct hash leaf;
	enum zt_err err;

	if (a->r.has_head)
		return spoiled(
		    a, ZT_ERR_CORRUPT, N_("entry"), index, "it comes behind the head");
	if ((err = pb_decode(&zt__log_line__descriptor, record, LIMIT_ENTRY + 1024, &m)))
		return spoiled(a, err, N_("entry"), index, "");
	if (m->index != index)
		err = spoiled(a, ZT_ERR_CORRUPT, N_("entry"), index, "it is missing");
	else if (m->entry == NULL)
		err = take_hidden(a, m, index, &leaf);
	else if ((err = statement_of(m->entry, &st)) == ZT_OK)
		err = take_entry(a, &st, index, &leaf);
	if (err == ZT_OK && (err = merkle_add(a->o->tree, &leaf)) == ZT_OK) {
		a->r.entries += m->entry != NULL;
		a->r.hidden += m->entry == NULL;
	}
	pb_free(m);
	return err;
}

static enum zt_err
take_head(struct audit *a, struct bytes record)
{
	Zt__Statement *m = NULL;
	struct statement st;
	struct hash root;
	enum zt_err err = pb_decode(&zt__statement__descriptor, record, LIMIT_ENTRY, &m);

	if (err == ZT_OK && !a->o->begun)
		err = ZT_ERR_CORRUPT;
	if (err == ZT_OK && (err = statement_of(m, &st)) == ZT_OK)
		err = head_check(a->o->log_key, &a->o->id, &st, &a->r.head);
	if (err == ZT_OK && (a->r.head.size != merkle_size(a->o->tree) ||
				merkle_root(a->o->tree, a->r.head.size, &root) ||
				!hash_equal(&root, &a->r.head.root)))
		err = spoiled(a, ZT_ERR_PROOF, N_("head"), a->r.head.size,
		    "it does not cover the entries that are here");
	else if (err == ZT_OK && org_state_hides_next(a->o, &a->o->id))
		err = spoiled(a, ZT_ERR_CORRUPT, N_("head"), a->r.head.size,
		    "an entry that every member may see is hidden");
	else if (err)
		err = spoiled(a, err, N_("head"), merkle_size(a->o->tree), "");
	a->r.has_head = err == ZT_OK;
	pb_free(m);
	return err;
}

/* ---- a chain ---- */

/* Behind the last changeset of a chain. */
static enum zt_err
end_chain(struct audit *a)
{
	const struct org_pin *far = a->w != NULL ? org_state_furthest_pin(a->w) : NULL;

	if (far == NULL || far->position <= a->link_count)
		return ZT_OK;
	return spoiled(a, ZT_ERR_ROLLBACK, N_("changeset"), a->link_count,
	    "the chain ends before the place that the log pins");
}

static enum zt_err
take_workspace(struct audit *a, struct bytes record)
{
	struct id id;
	enum zt_err err = end_chain(a);

	if (err)
		return err;
	if (record.n != ID_BYTES)
		return spoiled(a, ZT_ERR_CORRUPT, N_("workspace"), 0, "it has no id");
	memcpy(id.b, record.p, ID_BYTES);
	if (idmap_get(&a->read, &id) != NULL)
		return spoiled(a, ZT_ERR_CORRUPT, N_("workspace"), 0, "it comes twice");
	a->link_count = 0;
	idmap_free(&a->versions, free);
	a->w = org_state_workspace(a->o, &id);
	if (a->w == NULL || !a->r.has_head)
		return spoiled(
		    a, ZT_ERR_NOT_FOUND, N_("workspace"), 0, "the log does not know it");
	if (org_state_hides_next(a->o, &id))
		return spoiled(a, ZT_ERR_CORRUPT, N_("workspace"), 0,
		    "an entry of the log about it is hidden");
	return idmap_put(&a->read, &id, a);
}

static enum zt_err
check_place(struct audit *a, const struct changeset *cs, uint64_t position, const char **why)
{
	const struct link *parent;
	enum zt_err err;

	*why = N_("its author had seen another history");
	if (cs->parent_position >= position)
		return ZT_ERR_FORK;
	if (cs->parent_position > 0) {
		parent = &a->links[cs->parent_position - 1];
		err = changeset_check_parent(cs, &parent->hash, parent->time);
		if (err == ZT_ERR_CLOCK) {
			*why =
			    N_("it claims an earlier time than the changeset that its author "
			       "built on");
			return ZT_ERR_CORRUPT;
		}
		if (err)
			return err;
	}
	*why = "";
	return changeset_check(a->o, a->w, cs,
	    &(struct changeset_place){ position, merkle_size(a->o->tree) }, why);
}

static enum zt_err
add_link(struct audit *a, const struct changeset *cs)
{
	static const struct hash zeros;
	enum zt_err err = vec_room(&a->links, a->link_count, &a->link_cap, sizeof *a->links);

	if (err == ZT_OK) {
		changeset_link(a->link_count > 0 ? &a->links[a->link_count - 1].hash : &zeros,
		    &cs->signed_, &a->links[a->link_count].hash);
		a->links[a->link_count++].time = cs->time;
	}
	return err;
}

/* The newest version of an object that the chain has told of. */
struct version {
	uint64_t number;
	struct hash object;
};

static enum zt_err
take_version(struct audit *a, const struct change *c, bool left_out, const char **why)
{
	struct version *v = idmap_get(&a->versions, &c->vlob);
	enum zt_err err;

	if (!change_follows(c, v != NULL ? v->number : 0, v != NULL ? &v->object : NULL)) {
		*why = N_("a version does not follow the one before it");
		return left_out ? ZT_OK : ZT_ERR_CORRUPT;
	}
	if (v == NULL) {
		if ((v = malloc(sizeof *v)) == NULL)
			return ZT_ERR_MEMORY;
		if ((err = idmap_put(&a->versions, &c->vlob, v))) {
			free(v);
			return err;
		}
	}
	*v = (struct version){ c->version, c->pins.object };
	return ZT_OK;
}

/* What CS changes, when it may stand where it does; *WHY when not. */
static enum zt_err
take_changes(struct audit *a, const struct changeset *cs, const struct change *changes,
    bool is_void, const char **why)
{
	uint64_t position = a->link_count;
	enum zt_err err = is_void ? ZT_ERR_REVOKED : check_place(a, cs, position, why);
	bool left_out = err == ZT_ERR_REVOKED; /* it stands in the chain and does not count */

	if ((err && !left_out) ||
	    (err = changeset_check_pin(a->w, position, &a->links[position - 1].hash, why)))
		return err;
	for (size_t i = 0; err == ZT_OK && i < cs->count; i++)
		err = take_version(a, &changes[i], left_out, why);
	if (err == ZT_OK) {
		a->r.left_out += left_out;
		a->r.changes += cs->count;
	}
	return err;
}

static enum zt_err
take_changeset(struct audit *a, struct bytes record)
{
	uint64_t position = a->link_count + 1;
	Zt__Changeset *m = NULL;
	struct changeset cs;
	struct change *changes = NULL;
	bool is_void;
	const char *why = "";
	enum zt_err err = a->w != NULL ? ZT_OK : ZT_ERR_CORRUPT;

	if (err ||
	    (err = pb_decode(&zt__changeset__descriptor, record, AUDIT_RECORD_MOST, &m)) ||
	    (err = changeset_read_statement(m->statement, &cs)) || (err = add_link(a, &cs)))
		goto out;
	is_void = org_state_is_void(a->w, position, &a->links[position - 1].hash);
	if ((err = changeset_read(m, &cs, &changes)) == ZT_OK) {
		err = take_changes(a, &cs, changes, is_void, &why);
	} else if (is_void) { /* an owner passed over what nobody can read */
		a->links[position - 1].time = 0;
		a->r.left_out++;
		err = ZT_OK;
	}
	a->r.changesets += err == ZT_OK;
out:
	if (err)
		err = spoiled(a, err, N_("changeset"), position, why);
	free(changes);
	pb_free(m);
	return err;
}

/* ---- an export ---- */

enum zt_err
audit_take(struct audit *a, enum audit_record type, struct bytes record)
{
	switch (type) {
	case AUDIT_LINE:
		return take_line(a, record);
	case AUDIT_HEAD:
		return take_head(a, record);
	case AUDIT_WORKSPACE:
		return take_workspace(a, record);
	case AUDIT_CHANGESET:
		return take_changeset(a, record);
	default:
		break;
	}
	return spoiled(
	    a, ZT_ERR_CORRUPT, N_("record"), (uint64_t)type, "its kind is not known");
}

enum zt_err
audit_end(struct audit *a)
{
	return a->r.has_head ? end_chain(a)
			     : spoiled(a, ZT_ERR_CORRUPT, N_("entry"), merkle_size(a->o->tree),
				   "the export ends without a signed head");
}

void
audit_put(struct buf *out, enum audit_record type, struct bytes record)
{
	wire_put_u8(out, (uint8_t)type);
	wire_put_counted(out, record);
}
