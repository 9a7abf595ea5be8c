/* SPDX-License-Identifier: Apache-2.0 */
/* upload.c - a tree up: what a person names, and again when somebody changed meanwhile what it
 * relies on. */
#include "disk/upload.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"
#include "chain/objects.h"
#include "chain/workspace.h"
#include "content/send.h"
#include "disk/verbs.h"
#include "format/limits.h"
#include "format/pb.h"
#include "session/session.h"
#include "tree/tree.h"

/* The ways to the folders of PATH up to COUNT names. */
static enum zt_err
find_way(struct upload *p, const struct path *path, size_t count, struct tree_way **out)
{
	enum zt_err err = upload_way(p, NULL, bytes_of(NULL, 0), &p->t->s->w->id, true, out);

	for (size_t i = 0; err == ZT_OK && i < count; i++) {
		struct tree_entry e;

		if ((err = tree_find(p->t->s, path, i + 1, &e)) == ZT_OK && !e.is_folder)
			err = session_refuse(
			    p->t->z, ZT_ERR_NOT_FOUND, "that path leads through a file");
		if (err == ZT_OK)
			err = upload_way(p, *out, path->name[i], &e.vlob, true, out);
	}
	return err;
}

/* What the last name of PATH is now, and the folder that holds it. */
static enum zt_err
find_place(
    struct upload *p, const struct path *path, struct tree_way **parent, struct local_entry *e)
{
	enum zt_err err = find_way(p, path, path->count - 1, parent);

	if (err)
		return err;
	e->as = buf_init(LIMIT_NAME);
	buf_add(&e->as, path->name[path->count - 1]);
	if ((err = buf_err(&e->as)))
		return err;
	err = tree_find(p->t->s, path, path->count, &e->there);
	e->is_there = err == ZT_OK;
	if (err == ZT_ERR_NOT_FOUND)
		p->t->z->message[0] = 0;
	return err == ZT_ERR_NOT_FOUND ? ZT_OK : err;
}

/* What is at PATH keeps the new one from its place. */
static enum zt_err
refuse_place(struct upload *p, const struct path *path, bool is_folder)
{
	struct buf text = buf_init(PATH_TEXT_MAX + 2 * LIMIT_NAME);
	enum zt_err err = path_print(path, &text);

	if (err == ZT_OK)
		err = session_refuse(p->t->z, ZT_ERR_EXISTS,
		    is_folder ? "%.180s is a folder; name another place for this file"
			      : N_("%.180s is a file; name another place for this folder"),
		    buf_text(&text));
	buf_free(&text);
	return err;
}

static enum zt_err
put_single(
    struct upload *p, int fd, const struct stat *st, const char *local, const struct path *path)
{
	struct transfer *t = p->t;
	struct tree_way *parent;
	struct local_entry e = { .shown = buf_init(8 * PATH_TEXT_MAX) };
	struct workspace_object o = { .is_folder = false };
	enum zt_err err;

	buf_add_text(&e.shown, local);
	if ((err = buf_err(&e.shown)) || (err = find_place(p, path, &parent, &e)))
		goto out;
	if (e.is_there && e.there.is_folder)
		err = refuse_place(p, path, true);
	else if (path->count > LIMIT_DEPTH)
		err = session_refuse(t->z, ZT_ERR_TOO_BIG, "the path is too deep");
	else if (!send_fits(st))
		err = session_refuse(t->z, ZT_ERR_TOO_BIG, "it is larger than a file may be");
	if (err)
		goto out;
	o.vlob = e.there.vlob;
	if (e.is_there && (err = workspace_read_one(t->s, &o, &e.m)) == ZT_OK &&
	    o.damaged > 0) {
		pb_wipe(e.m);
		e.m = NULL;
	}
	e.v = o.v;
	if (err == ZT_OK)
		err = upload_open(t, fd, &e, parent);
out:
	pb_wipe(e.m);
	buf_free(&e.as);
	buf_free(&e.shown);
	return err;
}

static enum zt_err
put_tree(
    struct upload *p, int fd, const struct stat *st, const char *local, const struct path *path)
{
	struct local_folder f = { .t = p->t,
		.own = &p->own,
		.dir = fd,
		.shown = local,
		.depth = (unsigned)path->count };
	struct tree_way *parent;
	struct local_entry e = { .is_there = true, .there.is_folder = true };
	enum zt_err err = ZT_OK;

	if (path->count > LIMIT_DEPTH)
		return session_refuse(p->t->z, ZT_ERR_TOO_BIG, "the path is too deep");
	if (path->count == 0)
		err = find_way(p, path, 0, &f.way);
	else if ((err = find_place(p, path, &parent, &e)) == ZT_OK)
		err = !e.is_there ? upload_hang(p, parent, buf_bytes(&e.as), &f.way)
		      : e.there.is_folder
			  ? upload_way(p, parent, buf_bytes(&e.as), &e.there.vlob, true, &f.way)
			  : refuse_place(p, path, false);
	buf_free(&e.as);
	return err ? err : upload_folder(p, &f, !e.is_there, st);
}

/* What LOCAL is: a file or a folder. */
static enum zt_err
open_source(struct zt *z, const char *local, int *fd, struct stat *st)
{
	/* Never opened, what is no file: a pipe would wait, a tape rewind. */
	if (stat(local, st) != 0)
		return transfer_err(z, local, errno);
	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		return session_refuse(
		    z, ZT_ERR_INVALID, "%.180s: neither a file nor a folder", local);
	*fd = open(local, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (*fd < 0 || fstat(*fd, st) != 0)
		return transfer_err(z, local, errno);
	return S_ISREG(st->st_mode) || S_ISDIR(st->st_mode)
		   ? ZT_OK
		   : session_refuse(z, ZT_ERR_CONFLICT, "%.180s was replaced", local);
}

/* A file is put into an existing folder under its own name. */
static enum zt_err
aim(struct upload *p, const char *local, struct path *path, struct buf *own)
{
	const char *slash = strrchr(local, '/'), *message = N_("a name is not UTF-8");
	struct tree_entry at = { .is_folder = true };
	enum zt_err err = path->count > 0 ? tree_find(p->t->s, path, path->count, &at) : ZT_OK;

	if (err)
		p->t->z->message[0] = 0;
	if (err || !at.is_folder)
		return err == ZT_ERR_NOT_FOUND ? ZT_OK : err;
	if ((err = utf8_normal(bytes_text(slash != NULL ? slash + 1 : local), own)) ||
	    (err = path_name_check(buf_bytes(own), &message)))
		return session_refuse(p->t->z, err, "%s", message);
	path->name[path->count++] = buf_bytes(own);
	return ZT_OK;
}

/* Whether ST is this device's state folder, or a file in it: named directly, or by a link. */
static bool
is_own(const struct zt *z, const struct stat *own, const struct stat *st)
{
	DIR *d = own->st_ino != 0 ? opendir(z->home) : NULL;
	const struct dirent *e;
	struct stat in;
	bool is = own->st_ino != 0 && st->st_dev == own->st_dev && st->st_ino == own->st_ino;

	while (d != NULL && !is && (e = readdir(d)) != NULL)
		is = fstatat(dirfd(d), e->d_name, &in, AT_SYMLINK_NOFOLLOW) == 0 &&
		     S_ISREG(in.st_mode) && in.st_dev == st->st_dev && in.st_ino == st->st_ino;
	if (d != NULL)
		(void)closedir(d);
	return is;
}

static enum zt_err
put_any(struct upload *p, const char *local, struct path *path)
{
	struct transfer *t = p->t;
	struct buf own = buf_init(8 * LIMIT_NAME);
	struct stat st;
	int fd = -1;
	enum zt_err err = open_source(t->z, local, &fd, &st);

	if (stat(t->z->home, &p->own) != 0)
		p->own.st_ino = 0;
	if (err == ZT_OK && is_own(t->z, &p->own, &st))
		err = session_refuse(t->z, ZT_ERR_INVALID,
		    "%.120s belongs to the state folder of this very device: its keys are "
		    "nobody else's, and are not sent",
		    local);
	else if (err == ZT_OK && S_ISREG(st.st_mode))
		err = aim(p, local, path, &own);
	if (err == ZT_OK)
		err = S_ISDIR(st.st_mode) ? put_tree(p, fd, &st, local, path)
					  : put_single(p, fd, &st, local, path);
	if (fd >= 0)
		(void)close(fd);
	buf_free(&own);
	return err;
}

/* Once over, as the workspace is now. */
static enum zt_err
put_once(struct transfer *t, const char *local, const char *remote,
    const struct zt_progress *pr, struct idmap *named)
{
	struct upload p = { .t = t };
	struct zt *z = t->z;
	struct workspace *s;
	struct path path;
	enum zt_err err;

	if ((err = tree_open(z, remote, &s, &path)))
		return err;
	if ((err = transfer_begin(t, s, ZT_PROGRESS_SEND, pr)))
		goto out;
	t->named = named;
	if ((err = upload_begin(t)) || (err = put_any(&p, local, &path)) ||
	    (err = upload_finish(t)))
		goto out;
	transfer_note(t);
	err = transfer_skipped(t);
out:
	transfer_end(t); /* first: what is under way writes into the batch's manifests */
	upload_end(t);
	for (size_t i = 0; i < p.way_count; i++)
		tree_way_free(p.ways[i]);
	free(p.ways);
	return err;
}

enum zt_err
disk_put(struct zt *z, const char *local, const char *remote, const struct zt_progress *p,
    uint64_t *files)
{
	enum { TRIES = 5 };
	uint64_t sent = 0, foreign;
	struct idmap named = { 0 };
	enum zt_err err;

	/* Somebody changed what it relies on, or took a name first: what was sent by then is
	 * found, and not sent again. */
	for (int tries = 1;; tries++) {
		struct transfer t = { .z = z };

		foreign = z->foreign;
		err = put_once(&t, local, remote, p, &named);
		sent += t.files;
		if (tries == TRIES || z->is_resting ||
		    !(err == ZT_ERR_CONFLICT ||
			(err == ZT_ERR_EXISTS && z->foreign != foreign)))
			break;
	}
	idmap_free(&named, NULL);
	if (files != NULL && (err == ZT_OK || err == ZT_ERR_SOME))
		*files = sent;
	return err;
}
