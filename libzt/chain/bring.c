/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/bring.h"

#include <stdlib.h>

#include "format/limits.h"
#include "format/pb.h"

enum zt_err
bring_held(struct workspace *s, uint64_t position, Zt__PushRequest **out)
{
	struct buf b = buf_init(LIMIT_PUSH + LIMIT_MANIFEST);
	enum zt_err err =
	    store_get(s->z->store, STORE_PUSH, bytes_of(s->w->id.b, ID_BYTES), position, &b);

	if (err == ZT_OK)
		err = pb_decode(&zt__push_request__descriptor, buf_bytes(&b), b.n, out);
	if (err == ZT_OK &&
	    ((*out)->changeset == NULL || (*out)->changeset->statement == NULL)) {
		pb_free(*out);
		*out = NULL;
		err = ZT_ERR_STORE;
	}
	buf_free(&b);
	return err;
}

/* As many objects as the changeset has changes, all of them empty. */
static enum zt_err
empty_objects(size_t count, Zt__Object **all, Zt__Object ***list)
{
	*all = calloc(count + 1, sizeof **all);
	*list = calloc(count + 1, sizeof **list);
	if (*all == NULL || *list == NULL)
		return ZT_ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		zt__object__init((*list)[i] = &(*all)[i]);
	return ZT_OK;
}

enum zt_err
bring_send(struct workspace *s, uint64_t position, const Zt__PushRequest *push,
    Zt__Object **objects, size_t count, Zt__RepairAnswer **out)
{
	struct route_params p = { .org = s->z->org, .id = s->w->id };
	struct buf body = buf_init(LIMIT_PUSH + LIMIT_MANIFEST),
		   answer = buf_init(LIMIT_CHANGESET + 64);
	Zt__PushRequest with = ZT__PUSH_REQUEST__INIT;
	Zt__RepairRequest m = ZT__REPAIR_REQUEST__INIT;
	Zt__Object *empty = NULL, **none = NULL;
	enum zt_err err = objects == NULL ? empty_objects(count, &empty, &none) : ZT_OK;

	with.changeset = push->changeset;
	with.objects = objects != NULL ? objects : none;
	with.n_objects = count;
	m.position = position;
	m.push = &with;
	if (err == ZT_OK && (err = pb_encode(&m, &body)) == ZT_OK &&
	    (err = session_call(s->z, ROUTE_REPAIR, &p, NULL, buf_bytes(&body), &answer)) ==
		ZT_OK)
		err = pb_decode(&zt__repair_answer__descriptor, buf_bytes(&answer),
		    LIMIT_CHANGESET + 64, out);
	buf_free(&body);
	buf_free(&answer);
	free(none);
	free(empty);
	return err;
}
