/* tree.c - names to objects. The root folder's id is the workspace's own; it is empty until its
 * first version. */
#include <stdio.h>

#include "client/client.h"
#include "format/pb.h"

enum zt_err
tree_find(struct space *s, const struct path *path, size_t depth, struct tree_entry *out)
{
	struct tree_entry at = { s->w->id, true };

	for (size_t i = 0; i < depth; i++) {
		struct space_version v;
		Zt__Manifest *m = NULL;
		const Zt__FolderEntry *e = NULL;
		size_t k;
		enum zt_err err =
		    at.is_folder ? space_version(s, &at.vlob, 0, &v) : ZT_ERR_NOT_FOUND;

		if (err == ZT_OK && (err = space_manifest(s, &v, &m)))
			return err;
		if (m != NULL && m->kind_case == ZT__MANIFEST__KIND_FOLDER &&
		    manifest_find(m->folder, path->name[i], &k))
			e = m->folder->entries[k];
		if (e != NULL) {
			memcpy(at.vlob.b, e->vlob.data, ID_BYTES);
			at.is_folder = e->folder;
		}
		pb_wipe(m);
		if (err && err != ZT_ERR_NOT_FOUND)
			return err;
		if (e == NULL)
			return client_refuse(s->z, ZT_ERR_NOT_FOUND,
			    "there is no \"%.*s\" in %s:", (int)path->name[i].n,
			    (const char *)path->name[i].p, path->workspace);
	}
	*out = at;
	return ZT_OK;
}

enum zt_err
tree_open(struct zt *z, const char *remote, struct space **s, struct path *path)
{
	const char *why = "";
	enum zt_err err;

	z->why[0] = 0;
	if ((err = path_parse(remote, path, &why)))
		return client_refuse(z, err, "%s", why);
	if ((err = client_sync_log(z)) || (err = space_find(z, path->workspace, s)))
		return err;
	return space_sync_fresh(*s);
}
