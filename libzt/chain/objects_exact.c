/* SPDX-License-Identifier: Apache-2.0 */
/* objects_exact.c - exactly the versions that are named: opened, or whether the servers have
 * them. */
#include "chain/object_parts.h"

#include <stdlib.h>

#include "chain/objects.h"
#include "chain/workspace.h"
#include "format/pb.h"
#include "session/away.h"
#include "session/session.h"

enum zt_err
workspace_manifest(struct workspace *s, const struct workspace_version *v, Zt__Manifest **out)
{
	const struct workspace_object o = { .v = *v };
	const size_t first = 0;
	struct wrapped by;
	Zt__ObjectsAnswer *m = NULL;
	struct damage d;
	enum zt_err err = object_open_kept(s, STORE_FOLDER, v, &d, out);

	if (err == ZT_ERR_NOT_FOUND && s->z->reads_kept)
		err = object_open_kept(s, STORE_FILE, v, &d, out);
	if (err == ZT_OK && d.err == ZT_OK)
		return ZT_OK;
	if (err && err != ZT_ERR_NOT_FOUND)
		return err;
	if (s->z->read_away)
		return session_lacks(s->z);
	if ((err = object_ask(s, &o, &first, 1, &m)) == ZT_ERR_NOT_FOUND ||
	    (err == ZT_OK && m->n_objects == 0))
		err = session_refuse(
		    s->z, ZT_ERR_MISSING_BLOCK, "the server lacks an object of the workspace");
	else if (err == ZT_OK &&
		 (err = object_open(s, v, m->objects[0], &d, &by, out)) == ZT_OK)
		err = d.err;
	pb_free(m);
	return err;
}

static enum zt_err
open_exactly(
    struct workspace *s, struct workspace_object *at, const Zt__Object *o, Zt__Manifest **out)
{
	struct damage d = { .err = ZT_ERR_MISSING_BLOCK };
	struct wrapped by;
	enum zt_err err = o != NULL ? object_open(s, &at->v, o, &d, &by, out) : ZT_OK;

	at->damaged = d.err ? at->v.version : 0;
	at->author = at->v.author;
	at->reason = d.err;
	at->is_rubbish = d.is_rubbish;
	return err;
}

enum zt_err
workspace_open_exactly(struct workspace *s, struct workspace_object *objects, size_t count,
    workspace_read_fn *each, void *ctx)
{
	enum { AT_ONCE = 2048 };
	size_t *all = calloc(count + 1, sizeof *all), at = 0, n;
	enum zt_err err = all != NULL ? ZT_OK : ZT_ERR_MEMORY;

	for (size_t i = 0; err == ZT_OK && i < count; i++)
		all[i] = i;
	while (err == ZT_OK && at < count) {
		size_t left = count - at < AT_ONCE ? count - at : AT_ONCE;
		Zt__ObjectsAnswer *m = NULL;

		err = object_ask(s, objects, all + at, left, &m);
		if (err == ZT_ERR_NOT_FOUND)
			err = ZT_OK;
		n = m != NULL ? m->n_objects : 0;
		/* an answer that is empty says that the server lacks the first */
		for (size_t i = 0; err == ZT_OK && i < (n > 0 ? n : 1); i++, at++) {
			Zt__Manifest *opened = NULL;

			err = open_exactly(
			    s, &objects[at], n > 0 ? m->objects[i] : NULL, &opened);
			if (err == ZT_OK)
				err = each(ctx, at, &opened);
			pb_wipe(opened);
		}
		pb_free(m);
	}
	s->z->message[0] = 0;
	free(all);
	return err;
}

enum zt_err
workspace_check_there(
    struct workspace *s, struct workspace_object *objects, size_t count, size_t *bad)
{
	size_t *all = calloc(count + 1, sizeof *all), at = 0;
	enum zt_err err = all != NULL ? ZT_OK : ZT_ERR_MEMORY;

	*bad = 0;
	for (size_t i = 0; err == ZT_OK && i < count; i++)
		all[i] = i;
	while (err == ZT_OK && at < count) {
		Zt__ObjectsAnswer *m = NULL;

		err = object_ask(s, objects, all + at, count - at, &m);
		if (err == ZT_ERR_NOT_FOUND || (err == ZT_OK && m->n_objects == 0)) {
			err = ZT_OK;
			++*bad;
			at++;
		}
		for (size_t i = 0; m != NULL && err == ZT_OK && i < m->n_objects; i++, at++) {
			struct damage d;
			struct wrapped by;
			Zt__Manifest *opened = NULL;

			err = object_open(s, &objects[at].v, m->objects[i], &d, &by, &opened);
			*bad += err == ZT_OK && d.err != ZT_OK && !d.is_rubbish;
			pb_wipe(opened);
		}
		pb_free(m);
	}
	s->z->message[0] = 0;
	free(all);
	return err;
}
