/* vlobs.c - sealed objects in bulk: as many of the asked-for versions as one answer holds; and
 * their content keys, wrapped anew. */
#include <stdlib.h>

#include "common/page.h"
#include "crypto/envelope.h"
#include "files/manifest.h"
#include "format/limits.h"
#include "format/pb.h"
#include "metadata/metadata.h"
#include "metadata/restored.h"

#define AT_ONCE 512 /* that one query looks up */
enum { MOST_ASKED = 8192 };

/* OFFSET 0 keeps the inner query what it is: one look-up by the whole key for each that is
 * asked for. */
static const struct db_query read_wraps = { "wraps_read",
	"SELECT a.i, f.generation, f.wrap, ''::bytea FROM unnest($3::bytea[], $4::int8[]) "
	"WITH ORDINALITY AS a(v, n, i), LATERAL (SELECT o.generation, o.wrap FROM objects o "
	"WHERE o.org = $1::bytea AND o.workspace = $2::bytea AND o.vlob = a.v AND o.version = "
	"a.n OFFSET 0) f ORDER BY a.i" };
static const struct db_query read_objects = { "objects_read",
	PAGE_PART("i, generation, wrap, object",
	    "SELECT a.i, f.generation, f.wrap, f.object FROM unnest($3::bytea[], $4::int8[]) "
	    "WITH ORDINALITY AS a(v, n, i), LATERAL (SELECT o.generation, o.wrap, o.object "
	    "FROM objects o WHERE o.org = $1::bytea AND o.workspace = $2::bytea AND o.vlob = "
	    "a.v AND o.version = a.n OFFSET 0) f",
	    "i", AT_ONCE, "octet_length(wrap) + octet_length(object)", "$5::int8") };
static const struct db_query rewrap = { "wraps_put",
	"UPDATE objects o SET generation = $5::int8, wrap = t.w FROM unnest($3::bytea[], "
	"$4::int8[], $6::bytea[]) AS t(v, n, w) WHERE o.org = $1::bytea AND o.workspace = "
	"$2::bytea AND o.vlob = t.v AND o.version = t.n AND o.generation < $5::int8" };
static enum zt_err
pack(const Zt__ObjectsRequest *m, size_t from, size_t count, struct buf *vlobs,
    struct buf *versions)
{
	db_array(vlobs, DB_ARRAY_BYTEA, count);
	db_array(versions, DB_ARRAY_INT8, count);
	for (size_t i = from; i < from + count; i++) {
		if (m->asks[i]->vlob.len != ID_BYTES)
			return ZT_ERR_CORRUPT;
		wire_put_counted(vlobs, pb_bytes(m->asks[i]->vlob));
		wire_put_u32(versions, 8);
		wire_put_u64(versions, m->asks[i]->version);
	}
	return buf_err(vlobs) ? buf_err(vlobs) : buf_err(versions);
}

/* Appends ROWS as ObjectsAnswer; stops in front of the first that is not there. */
static enum zt_err
add_objects(const struct db_rows *rows, size_t *done, bool *full, struct buf *page)
{
	size_t first = *done;

	for (int i = 0; i < db_count(rows); i++) {
		struct bytes wrap = db_bytes(rows, i, 2), object = db_bytes(rows, i, 3);
		Zt__Object o = ZT__OBJECT__INIT, *one[] = { &o };
		Zt__ObjectsAnswer m = ZT__OBJECTS_ANSWER__INIT;
		enum zt_err err;

		if ((*full = (size_t)db_int(rows, i, 0) != *done - first + 1))
			return ZT_OK;
		o.generation = (uint32_t)db_int(rows, i, 1);
		o.wrap = pb_field(wrap.p, wrap.n);
		o.object = pb_field(object.p, object.n);
		m.objects = one;
		m.n_objects = 1;
		if ((err = pb_encode(&m, page)))
			return err;
		(*done)++;
	}
	return ZT_OK;
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
	if (m->n_asks > MOST_ASKED)
		err = ZT_ERR_TOO_BIG;
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

/* REWRAP: content keys under the newest key of the workspace; a wrap that is there already
 * under that key stays. */
enum zt_err
vlobs_rewrap(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__RewrapRequest *m = NULL;
	struct buf vlobs = buf_init(MOST_ASKED * 32), versions = buf_init(MOST_ASKED * 32),
		   wraps = buf_init(MOST_ASKED * 128);
	enum zt_err err;

	if ((err = restored_check(state, rq, out)))
		return err;
	if (rq->caller.role < ROLE_MANAGER)
		return service_refuse(out, ZT_ERR_FORBIDDEN,
		    "a manager or owner wraps the keys of a workspace anew");
	if ((err = pb_decode(&zt__rewrap_request__descriptor, rq->body, 1024 * 1024, &m)))
		return err;
	if (m->n_items > MOST_ASKED)
		err = ZT_ERR_TOO_BIG;
	else if (m->generation != rq->caller.generation)
		err = service_refuse(out, ZT_ERR_STALE_KEY, "the workspace has a newer key");
	db_array(&vlobs, DB_ARRAY_BYTEA, m->n_items);
	db_array(&versions, DB_ARRAY_INT8, m->n_items);
	db_array(&wraps, DB_ARRAY_BYTEA, m->n_items);
	for (size_t i = 0; err == ZT_OK && i < m->n_items; i++) {
		if (m->items[i]->vlob.len != ID_BYTES ||
		    m->items[i]->wrap.len != ENVELOPE_WRAP_BYTES)
			err = ZT_ERR_CORRUPT;
		wire_put_counted(&vlobs, pb_bytes(m->items[i]->vlob));
		wire_put_u32(&versions, 8);
		wire_put_u64(&versions, m->items[i]->version);
		wire_put_counted(&wraps, pb_bytes(m->items[i]->wrap));
	}
	if (err == ZT_OK && (err = buf_err(&wraps)) == ZT_OK) {
		struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id),
			DB_BYTES(vlobs.p, vlobs.n), DB_BYTES(versions.p, versions.n),
			DB_INT(m->generation), DB_BYTES(wraps.p, wraps.n) };

		err = db_run(rq->db, &rewrap, v, 6, NULL);
	}
	buf_free(&vlobs);
	buf_free(&versions);
	buf_free(&wraps);
	pb_free(m);
	return err;
}
