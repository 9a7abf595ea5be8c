/* SPDX-License-Identifier: Apache-2.0 */
/* object_ask.c - the versions of objects that a server is asked for, and what it answers. */
#include "chain/object_parts.h"

#include <stdlib.h>

#include "format/limits.h"
#include "format/pb.h"
#include "session/session.h"

int
object_order(const void *a, const void *b, void *of)
{
	const struct workspace_object *objects = of;
	const struct workspace_version *x = &objects[*(const size_t *)a].v,
				       *y = &objects[*(const size_t *)b].v;
	int order = memcmp(x->vlob.b, y->vlob.b, ID_BYTES);

	return order != 0 ? order : (x->version > y->version) - (x->version < y->version);
}

size_t
object_repeats(const struct workspace_object *objects, const size_t *asked, size_t count)
{
	size_t n = 1;

	/* cppcheck-suppress objectIndex ; COUNT bounds it: one that is alone has no next */
	while (n < count && object_order(&asked[0], &asked[n], (void *)(uintptr_t)objects) == 0)
		n++;
	return n;
}

enum zt_err
object_ask(struct workspace *s, const struct workspace_object *objects, const size_t *asked,
    size_t count, Zt__ObjectsAnswer **out)
{
	struct route_params p = { .org = s->z->org, .id = s->w->id };
	Zt__ObjectAsk *asks = calloc(count, sizeof *asks), **list = calloc(count, sizeof *list);
	Zt__ObjectsRequest ask = ZT__OBJECTS_REQUEST__INIT;
	struct buf body = buf_init(1024 * 1024), answer = buf_init(LIMIT_PAGE + LIMIT_MANIFEST);
	enum zt_err err = asks != NULL && list != NULL ? ZT_OK : ZT_ERR_MEMORY;
	size_t n = 0;

	for (size_t i = 0; err == ZT_OK && i < count; n++) {
		const struct workspace_version *v = &objects[asked[i]].v;

		zt__object_ask__init(list[n] = &asks[n]);
		asks[n].vlob = pb_field(v->vlob.b, ID_BYTES);
		asks[n].version = v->version;
		i += object_repeats(objects, asked + i, count - i);
	}
	ask.asks = list;
	ask.n_asks = n;
	if (err == ZT_OK && (err = pb_encode(&ask, &body)) == ZT_OK &&
	    (err = session_call(s->z, ROUTE_OBJECTS, &p, NULL, buf_bytes(&body), &answer)) ==
		ZT_OK)
		err = pb_decode(&zt__objects_answer__descriptor, buf_bytes(&answer),
		    LIMIT_PAGE + LIMIT_MANIFEST, out);
	if (err == ZT_OK && (*out)->n_objects > n)
		err = session_refuse(
		    s->z, ZT_ERR_CORRUPT, "the server answers more than was asked for");
	free(asks);
	free(list);
	buf_free(&body);
	buf_free(&answer);
	return err;
}
