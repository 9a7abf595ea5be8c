/* trash.c - what was removed: entries of older versions of the folders that stand in the tree
 * now, whose objects stand nowhere in it any more. What was removed from a folder that is
 * itself removed is in that one, and found when it is back. */
#include <stdlib.h>

#include "base/vec.h"
#include "client/client.h"
#include "format/pb.h"
#include "zt/file.h"

/* A folder of the tree. */
struct place {
	struct id vlob;
	struct buf path;
};

struct trash {
	struct space *s;
	struct idmap live, told;
	struct place *folders;
	size_t count, cap, first; /* FIRST of those that are read now */
	void (*each)(void *ctx, const struct zt_removed *r);
	void *ctx;
};

static enum zt_err
add_place(struct trash *t, const struct id *vlob, struct bytes in, struct bytes name)
{
	struct place *p;
	enum zt_err err = vec_room(&t->folders, t->count, &t->cap, sizeof *t->folders);

	if (err)
		return err;
	p = &t->folders[t->count++];
	*p = (struct place){ .vlob = *vlob, .path = buf_init(PATH_TEXT_MOST) };
	buf_add(&p->path, in);
	if (name.n > 0) {
		buf_add_byte(&p->path, '/');
		buf_add(&p->path, name);
	}
	return buf_err(&p->path);
}

/* ---- what stands in the tree ---- */

static enum zt_err
note_live(void *ctx, size_t i, Zt__Manifest **m)
{
	struct trash *t = ctx;
	enum zt_err err = ZT_OK;

	for (size_t k = 0; err == ZT_OK && *m != NULL && k < (*m)->folder->n_entries; k++) {
		const Zt__FolderEntry *e = (*m)->folder->entries[k];
		/* a copy: adding a place may move this one */
		struct bytes in = buf_bytes(&t->folders[t->first + i].path);
		struct id vlob;

		if ((err = pb_id(e->vlob, &vlob)) || idmap_get(&t->live, &vlob) != NULL)
			continue;
		if ((err = idmap_put(&t->live, &vlob, t)) == ZT_OK && e->folder)
			err = add_place(t, &vlob, in, pb_bytes(e->name));
	}
	return err;
}

static enum zt_err
walk(struct trash *t)
{
	enum { AT_ONCE = 256 };
	struct space_object objects[AT_ONCE];
	enum zt_err err = idmap_put(&t->live, &t->s->w->id, t);

	if (err == ZT_OK)
		err = add_place(t, &t->s->w->id, bytes_of(NULL, 0), bytes_of(NULL, 0));
	for (size_t next = 0; err == ZT_OK && next < t->count;) {
		size_t n = 0;

		for (t->first = next; n < AT_ONCE && next < t->count; next++)
			objects[n++] = (struct space_object){ .vlob = t->folders[next].vlob,
				.is_folder = true };
		err = space_read(t->s, objects, n, note_live, t);
	}
	return err;
}

/* ---- what stood in it ---- */

/* E stood in P until the version AFTER. */
static enum zt_err
tell(struct trash *t, const struct place *p, const Zt__FolderEntry *e,
    const struct space_version *last, const struct space_version *after)
{
	const struct org_device *d = org_state_device(t->s->z->state, &after->author);
	struct client_handle h = { .email = "" };
	struct buf path = buf_init(PATH_TEXT_MOST);
	struct zt_removed r = {
		.is_folder = e->folder, .last_there = last->time, .removed = after->time
	};
	struct id vlob;
	enum zt_err err = pb_id(e->vlob, &vlob);

	if (err || idmap_get(&t->live, &vlob) != NULL || idmap_get(&t->told, &vlob) != NULL)
		return err;
	if ((err = idmap_put(&t->told, &vlob, t)))
		return err;
	if (d != NULL)
		client_handle(t->s->z, &d->user->id, &h);
	buf_add(&path, buf_bytes(&p->path));
	buf_add_byte(&path, '/');
	buf_add(&path, pb_bytes(e->name));
	if ((err = buf_err(&path)) == ZT_OK) {
		id_print(&vlob, r.id);
		r.path = buf_text(&path);
		r.by = h.email;
		t->each(t->ctx, &r);
	}
	buf_free(&path);
	return err;
}

/* From the newest version to the first: what is met first stood there last. */
static enum zt_err
look_back(struct trash *t, const struct place *p)
{
	struct space_version v, after = { 0 };
	enum zt_err err = space_newest(t->s, &p->vlob, &v);

	if (err)
		return err == ZT_ERR_NOT_FOUND ? ZT_OK : err;
	for (uint64_t n = v.version; n > 0; n--) {
		Zt__Manifest *m = NULL;

		if ((err = space_version(t->s, &p->vlob, n, &v)) == ZT_OK)
			err = space_manifest(t->s, &v, &m);
		if (err && err != ZT_ERR_NOT_FOUND && !space_is_damage(err))
			return err;
		if (err == ZT_OK && m->kind_case == ZT__MANIFEST__KIND_FOLDER &&
		    after.version > 0)
			for (size_t i = 0; err == ZT_OK && i < m->folder->n_entries; i++)
				err = tell(t, p, m->folder->entries[i], &v, &after);
		else
			err = ZT_OK;
		pb_wipe(m);
		if (err)
			return err;
		after = v;
	}
	t->s->z->why[0] = 0;
	return ZT_OK;
}

enum zt_err
zt_trash(struct zt *z, const char *workspace,
    void (*each)(void *ctx, const struct zt_removed *r), void *ctx)
{
	struct trash t = { .each = each, .ctx = ctx };
	enum zt_err err;

	z->why[0] = 0;
	client_begin_reading(z);
	if ((err = client_sync_log(z)) || (err = client_sync_handles(z)) ||
	    (err = space_find(z, workspace, &t.s)) || (err = space_sync_fresh(t.s)) ||
	    (err = walk(&t)))
		goto out;
	for (size_t i = 0; err == ZT_OK && i < t.count; i++)
		err = look_back(&t, &t.folders[i]);
out:
	for (size_t i = 0; i < t.count; i++)
		buf_free(&t.folders[i].path);
	free(t.folders);
	idmap_free(&t.live, NULL);
	idmap_free(&t.told, NULL);
	return err ? err : client_end_reading(z);
}
