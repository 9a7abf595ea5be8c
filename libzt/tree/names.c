/* SPDX-License-Identifier: Apache-2.0 */
/* names.c - changes of names: each finds its paths in the very state that its changeset builds
 * on, and again in the newer one when someone else came first. What a path leads to, and that
 * nothing is moved into itself, so holds in the chain and not only when it was looked at. */
#include "tree/names.h"

#include <stdlib.h>

#include "chain/workspace.h"
#include "crypto/suite.h"
#include "log/sync.h"
#include "session/session.h"
#include "tree/batch.h"
#include "tree/tree.h"
#include "tree/verbs.h"
#include "zt/file.h"

enum { TRIES = 20 };

enum zt_err
tree_act(struct zt *z, const char *remote, tree_act_fn *act, void *ctx)
{
	struct workspace *s;
	struct path path;
	enum zt_err err = tree_open(z, remote, &s, &path);

	if (err)
		return err;
	for (int tries = 0;; tries++) {
		struct batch *b = NULL;
		bool is_refused = false; /* by ACT, which would do so again */

		z->message[0] = 0;
		if ((err = batch_new(s, &b)) == ZT_OK)
			is_refused = (err = act(ctx, s, &path, b)) != ZT_OK;
		if (err == ZT_OK)
			err = batch_send_once(b);
		batch_free(b);
		if (is_refused || (err != ZT_ERR_CONFLICT && err != ZT_ERR_STALE_KEY) ||
		    tries == TRIES || (err = log_fetch(z)))
			return err;
		if ((err = workspace_sync(s)))
			return err;
	}
}

enum zt_err
tree_parent(struct workspace *s, const struct path *path, struct tree_entry *parent)
{
	enum zt_err err;

	if (path->count == 0)
		return session_refuse(s->z, ZT_ERR_INVALID, "that is the workspace itself");
	if ((err = tree_find(s, path, path->count - 1, parent)))
		return err;
	return parent->is_folder
		   ? ZT_OK
		   : session_refuse(s->z, ZT_ERR_INVALID, "that path leads through a file");
}

/* ---- mkdir ---- */

static enum zt_err
make_folder(void *ctx, struct workspace *s, const struct path *path, struct batch *b)
{
	struct tree_entry parent, made = { .is_folder = true };
	enum zt_err err = tree_parent(s, path, &parent);

	(void)ctx;
	if (err)
		return err;
	if (path->count > LIMIT_DEPTH)
		return session_refuse(s->z, ZT_ERR_TOO_BIG, "the path is too deep");
	random_bytes(made.vlob.b, ID_BYTES);
	if ((err = batch_folder(b, &made.vlob)))
		return err;
	return batch_link(b, &parent.vlob, path->name[path->count - 1], &made, BATCH_ABSENT);
}

enum zt_err
tree_mkdir(struct zt *z, const char *remote)
{
	return tree_act(z, remote, make_folder, NULL);
}

/* ---- mv ---- */

/* Whether the folders that lead to PATH contain the object OF: a folder cannot go into itself.
 */
static enum zt_err
check_way(struct workspace *s, const struct path *path, const struct id *of)
{
	struct tree_entry e;
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < path->count; i++)
		if ((err = tree_find(s, path, i, &e)) == ZT_OK && id_equal(&e.vlob, of))
			err = session_refuse(
			    s->z, ZT_ERR_INVALID, "a folder cannot be moved into itself");
	return err;
}

enum zt_err
tree_fits(struct workspace *s, const struct path *path, const struct tree_entry *what)
{
	unsigned height = 0;
	enum zt_err err = what->is_folder ? tree_height(s, &what->vlob, &height) : ZT_OK;

	if (err == ZT_OK && path->count + height > LIMIT_DEPTH)
		err = session_refuse(s->z, ZT_ERR_TOO_BIG,
		    "folders in folders, %u at most: with what lies in it, it would be %u deep",
		    (unsigned)LIMIT_DEPTH, (unsigned)path->count + height);
	return err;
}

struct move {
	const char *to;
	bool ends_in_slash; /* TO: it means a folder */
	struct buf *as;     /* where it is then */
};

/* Where TO leads: into the folder that is there, under the name of FROM, or to that name. */
static enum zt_err
find_target(struct workspace *s, const struct path *from, const struct move *m, struct path *to)
{
	struct tree_entry into;
	enum zt_err err = to->count > 0 ? tree_find(s, to, to->count, &into) : ZT_OK;

	if (err && (err != ZT_ERR_NOT_FOUND || m->ends_in_slash))
		return err;
	if (err == ZT_OK && to->count > 0 && m->ends_in_slash && !into.is_folder)
		return session_refuse(s->z, ZT_ERR_INVALID, "that is not a folder");
	s->z->message[0] = 0;
	if (to->count > 0 && (err || !into.is_folder))
		return ZT_OK;
	if (to->count >= LIMIT_DEPTH_READ)
		return session_refuse(s->z, ZT_ERR_TOO_BIG, "the path is too deep");
	to->name[to->count++] = from->name[from->count - 1];
	return ZT_OK;
}

static enum zt_err
move(void *ctx, struct workspace *s, const struct path *from, struct batch *b)
{
	const struct move *m = ctx;
	struct tree_entry what, was, into;
	struct bytes name = from->count > 0 ? from->name[from->count - 1] : bytes_of(NULL, 0);
	struct path to;
	const char *message = "";
	enum zt_err err;

	buf_empty(m->as); /* it may be looked at again */
	if ((err = path_parse(m->to, &to, &message)))
		return session_refuse(s->z, err, "%s", message);
	if ((err = tree_parent(s, from, &was)) ||
	    (err = tree_find(s, from, from->count, &what)) ||
	    (err = find_target(s, from, m, &to)) || (err = path_print(&to, m->as)) ||
	    (err = tree_parent(s, &to, &into)))
		return err;
	if (id_equal(&into.vlob, &was.vlob) && bytes_equal(to.name[to.count - 1], name))
		return ZT_OK; /* it is there already */
	if ((err = check_way(s, &to, &what.vlob)) || (err = tree_fits(s, &to, &what)) ||
	    (err = batch_link(b, &into.vlob, to.name[to.count - 1], &what, BATCH_ABSENT)))
		return err;
	return batch_unlink(b, &was.vlob, name, &what.vlob);
}

enum zt_err
tree_mv(struct zt *z, const char *from, const char *to, char **as)
{
	struct buf is = buf_init(PATH_TEXT_MAX + 2 * LIMIT_NAME);
	struct move m = {
		.to = to, .ends_in_slash = to[0] != 0 && to[strlen(to) - 1] == '/', .as = &is
	};
	struct workspace *s, *s2;
	struct path a, b;
	struct tree_entry what;
	enum zt_err err;

	if ((err = tree_open(z, from, &s, &a)) || (err = tree_open(z, to, &s2, &b)))
		return err;
	if (s != s2)
		return session_refuse(z, ZT_ERR_INVALID, "a move stays in one workspace");
	if (from[strlen(from) - 1] == '/' && a.count > 0 &&
	    (err = tree_find(s, &a, a.count, &what)) == ZT_OK && !what.is_folder)
		err = session_refuse(z, ZT_ERR_INVALID, "that is not a folder");
	if (err == ZT_OK && (err = tree_act(z, from, move, &m)) == ZT_OK && as != NULL &&
	    (*as = strdup(buf_text(&is))) == NULL)
		err = ZT_ERR_MEMORY;
	buf_free(&is);
	return err;
}

/* ---- rm ---- */

static enum zt_err
remove_it(void *ctx, struct workspace *s, const struct path *path, struct batch *b)
{
	const bool *recursive = ctx;
	struct tree_entry parent, what;
	enum zt_err err;

	if ((err = tree_parent(s, path, &parent)) ||
	    (err = tree_find(s, path, path->count, &what)))
		return err;
	if (what.is_folder && !*recursive)
		return session_refuse(
		    s->z, ZT_ERR_INVALID, "that is a folder: removing it removes all in it");
	return batch_unlink(b, &parent.vlob, path->name[path->count - 1], &what.vlob);
}

enum zt_err
tree_rm(struct zt *z, const char *remote, bool recursive)
{
	return tree_act(z, remote, remove_it, &recursive);
}
