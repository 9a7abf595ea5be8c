/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* vlobs.c - sealed objects in bulk: as many of the requested versions as one answer holds; and
 * rewrapping of their content keys. */
#include <stdlib.h>

#include "base/wire.h"
#include "crypto/envelope.h"
#include "files/manifest.h"
#include "format/limits.h"
#include "format/pb.h"
#include "frame/page.h"
#include "metadata/metadata.h"
#include "metadata/restored.h"

#define AT_ONCE 512 /* that one query looks up */
enum { ASKED_MAX = 8192 };

/* The wraps that others brought of the object o, each as generation, user and wrap: of each
 * user the newest first, so that nobody's many keep another's out. */
#define OTHER_WRAPS                                                                            \
	"COALESCE((SELECT string_agg(int8send(x.generation) || x.author || x.wrap, ''::bytea " \
	"ORDER BY x.nth, x.generation DESC, x.author) FROM (SELECT w.generation, w.author, "   \
	"w.wrap, row_number() OVER (PARTITION BY w.author ORDER BY w.generation DESC) AS nth " \
	"FROM wraps w WHERE w.org = $1::bytea AND w.workspace = $2::bytea AND w.vlob = "       \
	"o.vlob AND w.version = o.version ORDER BY nth, w.generation DESC, w.author LIMIT "    \
	"64) x), ''::bytea) AS others"
enum { WRAPS_MAX = 64, OTHER_BYTES = 8 + ID_BYTES + ENVELOPE_WRAP_BYTES };

/* OFFSET 0 keeps the inner query what it is: one look-up by the whole key for each that is
 * asked for. */
static const struct db_query read_wraps = { "wraps_read",
	"SELECT a.i, f.generation, f.wrap, ''::bytea, f.others FROM unnest($3::bytea[], "
	"$4::int8[]) WITH ORDINALITY AS a(v, n, i), LATERAL (SELECT o.generation, "
	"o.wrap, " OTHER_WRAPS
	" FROM objects o WHERE o.org = $1::bytea AND o.workspace = $2::bytea AND "
	"o.vlob = a.v AND o.version = a.n OFFSET 0) f ORDER BY a.i" };
static const struct db_query read_objects = { "objects_read",
	PAGE_PART("i, generation, wrap, object, others",
	    "SELECT a.i, f.generation, f.wrap, f.object, f.others FROM unnest($3::bytea[], "
	    "$4::int8[]) WITH ORDINALITY AS a(v, n, i), LATERAL (SELECT o.generation, o.wrap, "
	    "o.object, " OTHER_WRAPS " FROM objects o WHERE o.org = $1::bytea AND o.workspace "
	    "= $2::bytea AND o.vlob = a.v AND o.version = a.n OFFSET 0) f",
	    "i", AT_ONCE, "octet_length(wrap) + octet_length(object) + octet_length(others)",
	    "$5::int8") };
static const struct db_query rewrap = { "wraps_put",
	"INSERT INTO wraps SELECT $1::bytea, $2::bytea, t.v, t.n, $5::int8, $7::bytea, t.w "
	"FROM unnest($3::bytea[], $4::int8[], $6::bytea[]) AS t(v, n, w), LATERAL (SELECT FROM "
	"objects o WHERE o.org = $1::bytea AND o.workspace = $2::bytea AND o.vlob = t.v AND "
	"o.version = t.n OFFSET 0) there ON CONFLICT DO NOTHING" };
/* What an owner's device has opened takes the place of all that is not newer. */
static const struct db_query settle = { "wraps_settle",
	"UPDATE objects o SET generation = $5::int8, wrap = t.w FROM unnest($3::bytea[], "
	"$4::int8[], $6::bytea[]) AS t(v, n, w) WHERE o.org = $1::bytea AND o.workspace = "
	"$2::bytea AND o.vlob = t.v AND o.version = t.n AND EXISTS (SELECT FROM wraps x WHERE "
	"x.org = $1::bytea AND x.workspace = $2::bytea AND x.vlob = t.v AND x.version = t.n "
	"AND x.generation = $5::int8 AND x.wrap = t.w)" };
static const struct db_query drop_older = { "wraps_drop",
	"DELETE FROM wraps x USING unnest($3::bytea[], $4::int8[], $6::bytea[]) AS t(v, n, w), "
	"objects o WHERE x.org = $1::bytea AND x.workspace = $2::bytea AND x.vlob = t.v AND "
	"x.version = t.n AND x.generation <= $5::int8 AND o.org = $1::bytea AND o.workspace = "
	"$2::bytea AND o.vlob = t.v AND o.version = t.n AND o.wrap = t.w" };

/* Asks that check_asks has looked at. */
static enum zt_err
pack(const Zt__ObjectsRequest *m, size_t from, size_t count, struct buf *vlobs,
    struct buf *versions)
{
	db_array(vlobs, DB_ARRAY_BYTEA, count);
	db_array(versions, DB_ARRAY_INT8, count);
	for (size_t i = from; i < from + count; i++) {
		wire_put_counted(vlobs, pb_bytes(m->asks[i]->vlob));
		wire_put_u32(versions, 8);
		wire_put_u64(versions, m->asks[i]->version);
	}
	return buf_err(vlobs) ? buf_err(vlobs) : buf_err(versions);
}

/* OTHERS as they lie in a row: messages in WRAPS, their list in LIST. */
static size_t
unpack_wraps(struct bytes others, Zt__Wrap wraps[WRAPS_MAX], Zt__Wrap *list[WRAPS_MAX])
{
	size_t n = 0;

	for (; n < WRAPS_MAX && others.n >= OTHER_BYTES; n++) {
		zt__wrap__init(list[n] = &wraps[n]);
		wraps[n].generation = wire_load_u32(others.p + 4); /* of an int8 */
		wraps[n].user = pb_field(others.p + 8, ID_BYTES);
		wraps[n].wrap = pb_field(others.p + 8 + ID_BYTES, ENVELOPE_WRAP_BYTES);
		others = bytes_of(others.p + OTHER_BYTES, others.n - OTHER_BYTES);
	}
	return n;
}

/* Appends ROWS as ObjectsAnswer; stops in front of the first that is not there. */
static enum zt_err
add_objects(const struct db_rows *rows, size_t *done, bool *full, struct buf *page)
{
	size_t first = *done;
	Zt__Wrap wraps[WRAPS_MAX], *list[WRAPS_MAX];

	for (int i = 0; i < db_count(rows); i++) {
		struct bytes wrap = db_bytes(rows, i, 2), object = db_bytes(rows, i, 3),
			     others = db_bytes(rows, i, 4);
		Zt__Object o = ZT__OBJECT__INIT, *one[] = { &o };
		Zt__ObjectsAnswer m = ZT__OBJECTS_ANSWER__INIT;
		enum zt_err err;

		if ((*full = (size_t)db_int(rows, i, 0) != *done - first + 1))
			return ZT_OK;
		o.generation = (uint32_t)db_int(rows, i, 1);
		o.wrap = pb_field(wrap.p, wrap.n);
		o.object = pb_field(object.p, object.n);
		o.others = list;
		o.n_others = unpack_wraps(others, wraps, list);
		m.objects = one;
		m.n_objects = 1;
		if ((err = pb_encode(&m, page)))
			return err;
		(*done)++;
	}
	return ZT_OK;
}

static int
by_version(const void *a, const void *b)
{
	const Zt__ObjectAsk *x = *(Zt__ObjectAsk *const *)a, *y = *(Zt__ObjectAsk *const *)b;
	int order = memcmp(x->vlob.data, y->vlob.data, ID_BYTES);

	return order != 0 ? order : (x->version > y->version) - (x->version < y->version);
}

/* As many as one may ask for, each once: a question costs no more than its answer holds. */
static enum zt_err
check_asks(const Zt__ObjectsRequest *m, struct rpc_answer *out)
{
	Zt__ObjectAsk **sorted;
	enum zt_err err = ZT_OK;

	if (m->n_asks > ASKED_MAX)
		return ZT_ERR_TOO_BIG;
	for (size_t i = 0; i < m->n_asks; i++)
		if (m->asks[i]->vlob.len != ID_BYTES)
			return ZT_ERR_CORRUPT;
	if ((sorted = calloc(m->n_asks + 1, sizeof(Zt__ObjectAsk *))) == NULL)
		return ZT_ERR_MEMORY;
	if (m->n_asks > 0)
		memcpy(sorted, m->asks, m->n_asks * sizeof(Zt__ObjectAsk *));
	qsort(sorted, m->n_asks, sizeof(Zt__ObjectAsk *), by_version);
	for (size_t i = 1; err == ZT_OK && i < m->n_asks; i++)
		if (by_version(&sorted[i - 1], &sorted[i]) == 0)
			err = service_refuse(
			    out, ZT_ERR_INVALID, "the same version is asked for twice");
	free(sorted);
	return err;
}

/* OBJECTS: sealed manifests by vlob and version, in the order asked, as many as fit. */
enum zt_err
vlobs_read(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__ObjectsRequest *m = NULL;
	struct buf page = buf_init(LIMIT_PAGE);
	size_t done = 0;
	bool full = false;
	enum zt_err err;

	(void)state;
	if ((err = pb_decode(&zt__objects_request__descriptor, rq->body, 1024 * 1024, &m)))
		return err;
	err = check_asks(m, out);
	while (err == ZT_OK && !full && done < m->n_asks && page.n < PAGE_FILL) {
		size_t n = m->n_asks - done < AT_ONCE ? m->n_asks - done : AT_ONCE,
		       before = done;
		struct buf vlobs = buf_init(AT_ONCE * 32), versions = buf_init(AT_ONCE * 32);
		struct db_rows *rows = NULL;

		if ((err = pack(m, done, n, &vlobs, &versions)) == ZT_OK) {
			struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
				DB_BYTES(vlobs.p, vlobs.n), DB_BYTES(versions.p, versions.n),
				DB_INT(PAGE_FILL - page.n) };

			err = m->wraps_only ? db_run(rq->db, &read_wraps, v, 4, &rows)
					    : db_run(rq->db, &read_objects, v, 5, &rows);
			if (err == ZT_OK)
				err = add_objects(rows, &done, &full, &page);
		}
		if (err == ZT_OK && done < before + n)
			full = true;
		db_free(rows);
		buf_free(&vlobs);
		buf_free(&versions);
	}
	if (err == ZT_OK && done == 0 && m->n_asks > 0)
		err = ZT_ERR_NOT_FOUND;
	if (err == ZT_OK)
		rpc_answer_add(out, buf_bytes(&page));
	buf_free(&page);
	pb_free(m);
	return err;
}

/* What a REWRAP brings, as columns. */
static enum zt_err
pack_items(
    const Zt__RewrapRequest *m, struct buf *vlobs, struct buf *versions, struct buf *wraps)
{
	db_array(vlobs, DB_ARRAY_BYTEA, m->n_items);
	db_array(versions, DB_ARRAY_INT8, m->n_items);
	db_array(wraps, DB_ARRAY_BYTEA, m->n_items);
	for (size_t i = 0; i < m->n_items; i++) {
		if (m->items[i]->vlob.len != ID_BYTES ||
		    m->items[i]->wrap.len != ENVELOPE_WRAP_BYTES)
			return ZT_ERR_CORRUPT;
		wire_put_counted(vlobs, pb_bytes(m->items[i]->vlob));
		wire_put_u32(versions, 8);
		wire_put_u64(versions, m->items[i]->version);
		wire_put_counted(wraps, pb_bytes(m->items[i]->wrap));
	}
	return buf_err(wraps);
}

static enum zt_err
write_wraps(const struct request *rq, const Zt__RewrapRequest *m)
{
	struct buf vlobs = buf_init(ASKED_MAX * 32), versions = buf_init(ASKED_MAX * 32),
		   wraps = buf_init(ASKED_MAX * 128);
	enum zt_err err = pack_items(m, &vlobs, &versions, &wraps);
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
		DB_BYTES(vlobs.p, vlobs.n), DB_BYTES(versions.p, versions.n),
		DB_INT(m->generation), DB_BYTES(wraps.p, wraps.n), DB_ID(&rq->caller.user) };

	if (err || (err = db_begin(rq->db)))
		goto out;
	if (!m->finish)
		err = db_run(rq->db, &rewrap, v, 7, NULL);
	else if ((err = db_run(rq->db, &settle, v, 6, NULL)) == ZT_OK)
		err = db_run(rq->db, &drop_older, v, 6, NULL);
	if (err == ZT_OK)
		err = db_commit(rq->db);
out:
	db_rollback(rq->db);
	buf_free(&vlobs);
	buf_free(&versions);
	buf_free(&wraps);
	return err;
}

/* REWRAP: content keys under the newest key of the workspace. They are added: what is there
 * stays until an owner, who has opened these, says that it may go. */
enum zt_err
vlobs_rewrap(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__RewrapRequest *m = NULL;
	enum zt_err err;

	if ((err = restored_check(state, rq, out)))
		return err;
	if (rq->caller.role < ROLE_MANAGER)
		return service_refuse(out, ZT_ERR_FORBIDDEN,
		    "a manager or owner wraps the keys of a workspace again");
	if ((err = pb_decode(&zt__rewrap_request__descriptor, rq->body, 1024 * 1024, &m)))
		return err;
	if (m->n_items > ASKED_MAX)
		err = ZT_ERR_TOO_BIG;
	else if (m->generation != rq->caller.generation)
		err = service_refuse(out, ZT_ERR_STALE_KEY, "the workspace has a newer key");
	else if (m->finish && rq->caller.role < ROLE_OWNER)
		err = service_refuse(
		    out, ZT_ERR_FORBIDDEN, "an owner says which older keys may go");
	else
		err = write_wraps(rq, m);
	pb_free(m);
	return err;
}
