/* SPDX-License-Identifier: Apache-2.0 */
#include "history/audit.h"

#include <stdlib.h>

#include "base/vec.h"
#include "base/wire.h"
#include "format/limits.h"
#include "format/pb.h"
#include "history/chain_reader.h"
#include "history/log_reader.h"
#include "proto/auth.pb-c.h"

/* What later changesets build on. */
struct link {
	struct hash hash;
	uint64_t time; /* that its author signed */
};

struct audit {
	struct org_state *o;
	struct log_reader log;
	struct chain_reader chain;
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
	a->log.o = a->o;
	*out = a;
	return ZT_OK;
}

void
audit_free(struct audit *a)
{
	if (a == NULL)
		return;
	log_reader_free(&a->log);
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
refuse_record(
    struct audit *a, enum zt_err err, const char *what, uint64_t number, const char *message)
{
	a->r.what = what;
	a->r.number = number;
	a->r.message = message[0] != 0 ? message : err_text(err);
	return err;
}

/* ---- the log ---- */

/* What the reader says of a line, or of the end. */
static enum zt_err
explain(struct audit *a, enum zt_err err, const char *what)
{
	const struct log_reader *r = &a->log;

	if (err == ZT_OK || r->message == NULL)
		return err;
	return refuse_record(
	    a, err, what, r->is_of_entry ? r->number : merkle_size(a->o->tree), r->message);
}

static enum zt_err
take_line(struct audit *a, struct bytes record)
{
	uint64_t index = merkle_size(a->o->tree);
	Zt__LogLine *m = NULL;
	enum zt_err err;

	if (a->r.has_head)
		return refuse_record(
		    a, ZT_ERR_CORRUPT, N_("entry"), index, "it comes behind the head");
	if ((err = pb_decode(&zt__log_line__descriptor, record, LIMIT_ENTRY + 1024, &m)))
		return refuse_record(a, err, N_("entry"), index, "");
	if ((err = explain(a, log_reader_line(&a->log, m), N_("entry"))) == ZT_OK) {
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
	struct head *h = &a->log.head;
	enum zt_err err;

	if (a->r.has_head)
		return refuse_record(a, ZT_ERR_CORRUPT, N_("head"), h->size, "it comes twice");
	err = pb_decode(&zt__statement__descriptor, record, LIMIT_ENTRY, &m);
	if (err == ZT_OK && !a->o->begun)
		err = ZT_ERR_CORRUPT;
	if (err == ZT_OK && (err = statement_of(m, &st)) == ZT_OK)
		err = head_check(a->o->log_key, &a->o->id, &st, h);
	if (err)
		err = refuse_record(a, err, N_("head"), merkle_size(a->o->tree), "");
	else if (h->size != merkle_size(a->o->tree) ||
		 !log_reader_has(&a->log, h->size, &h->root))
		err = refuse_record(a, ZT_ERR_PROOF, N_("head"), h->size,
		    "it does not cover the entries that are here");
	else
		err = explain(a, log_reader_end(&a->log), N_("head"));
	a->r.has_head = err == ZT_OK;
	a->r.head = *h;
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
	return refuse_record(a, ZT_ERR_ROLLBACK, N_("changeset"), a->link_count,
	    "the chain ends before the place that the log pins");
}

static enum zt_err
find_parent(void *ctx, const struct changeset *cs, struct hash *link, uint64_t *time)
{
	const struct audit *a = ctx;
	const struct link *parent = &a->links[cs->parent_position - 1];

	*link = parent->hash;
	*time = parent->time;
	return ZT_OK;
}

/* The newest version of an object that the chain has named. */
struct version {
	uint64_t number;
	struct hash object;
};

static enum zt_err
take_version(void *ctx, const struct chain_change *of, const struct change *c)
{
	struct audit *a = ctx;
	struct version *v = idmap_get(&a->versions, &c->vlob);
	enum zt_err err;

	if (!change_follows(c, v != NULL ? v->number : 0, v != NULL ? &v->object : NULL)) {
		a->chain.message = N_("a version does not follow the one before it");
		return of->excluded ? ZT_OK : ZT_ERR_CORRUPT;
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

static enum zt_err
take_workspace(struct audit *a, struct bytes record)
{
	struct id id;
	enum zt_err err = end_chain(a);

	if (err)
		return err;
	if (record.n != ID_BYTES)
		return refuse_record(a, ZT_ERR_CORRUPT, N_("workspace"), 0, "it has no id");
	memcpy(id.b, record.p, ID_BYTES);
	if (idmap_get(&a->read, &id) != NULL)
		return refuse_record(a, ZT_ERR_CORRUPT, N_("workspace"), 0, "it comes twice");
	a->link_count = 0;
	idmap_free(&a->versions, free);
	a->w = org_state_workspace(a->o, &id);
	if (a->w == NULL || !a->r.has_head)
		return refuse_record(
		    a, ZT_ERR_NOT_FOUND, N_("workspace"), 0, "the log does not know it");
	if (org_state_hides_next(a->o, &id))
		return refuse_record(a, ZT_ERR_CORRUPT, N_("workspace"), 0,
		    "an entry of the log about it is hidden");
	a->chain = (struct chain_reader){
		.o = a->o, .w = a->w, .parent = find_parent, .change = take_version, .ctx = a
	};
	return idmap_put(&a->read, &id, a);
}

static enum zt_err
take_next(struct audit *a, const Zt__Changeset *m)
{
	struct chain_reader *r = &a->chain;
	enum zt_err err = vec_room(&a->links, a->link_count, &a->link_cap, sizeof *a->links);

	if (err || (err = chain_reader_take(r, m, merkle_size(a->o->tree))))
		return err;
	a->links[a->link_count++] = (struct link){ r->link, r->time };
	a->r.changesets++;
	a->r.excluded += r->is_excluded;
	a->r.changes += r->count;
	return ZT_OK;
}

static enum zt_err
take_changeset(struct audit *a, struct bytes record)
{
	Zt__Changeset *m = NULL;
	enum zt_err err = a->w != NULL ? ZT_OK : ZT_ERR_CORRUPT;

	a->chain.message = NULL;
	if (err == ZT_OK && (err = pb_decode(&zt__changeset__descriptor, record,
				 AUDIT_RECORD_MAX, &m)) == ZT_OK)
		err = take_next(a, m);
	if (err)
		err = refuse_record(a, err, N_("changeset"), a->link_count + 1,
		    a->chain.message != NULL ? a->chain.message : "");
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
	return refuse_record(
	    a, ZT_ERR_CORRUPT, N_("record"), (uint64_t)type, "its kind is not known");
}

enum zt_err
audit_end(struct audit *a)
{
	return a->r.has_head
		   ? end_chain(a)
		   : refuse_record(a, ZT_ERR_CORRUPT, N_("entry"), merkle_size(a->o->tree),
			 "the export ends without a signed head");
}

void
audit_put(struct buf *out, enum audit_record type, struct bytes record)
{
	wire_put_u8(out, (uint8_t)type);
	wire_put_counted(out, record);
}
