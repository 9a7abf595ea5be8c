/* SPDX-License-Identifier: Apache-2.0 */
/* upload.c - a tree up: what is new or changed, gathered into changesets. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"
#include "base/vec.h"
#include "chain/objects.h"
#include "chain/workspace.h"
#include "content/fetch.h"
#include "content/local.h"
#include "content/lost.h"
#include "content/send.h"
#include "content/slot.h"
#include "content/transfer.h"
#include "crypto/suite.h"
#include "disk/scan.h"
#include "disk/verbs.h"
#include "format/limits.h"
#include "format/pb.h"
#include "session/session.h"
#include "tree/batch.h"
#include "tree/tree.h"

/* A file's mode and time. */
static void
look_of(const struct stat *st, Zt__FileManifest *f)
{
	f->mode = (uint32_t)st->st_mode & 07777;
	f->modified = st->st_mtim.tv_sec;
	f->modified_ns = (uint32_t)st->st_mtim.tv_nsec;
}

static Zt__Manifest *
new_file(const struct stat *st)
{
	Zt__Manifest *m = malloc(sizeof *m);

	if (m == NULL)
		return NULL;
	zt__manifest__init(m);
	m->kind_case = ZT__MANIFEST__KIND_FILE;
	if ((m->file = malloc(sizeof *m->file)) == NULL) {
		free(m);
		return NULL;
	}
	zt__file_manifest__init(m->file);
	look_of(st, m->file);
	return m;
}

/* ---- a tree up ---- */

enum { GATHERED, WAITING, PUSHED, STAGES };

static enum zt_err
loads_new(struct transfer *t)
{
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < STAGES; i++) {
		if ((t->push[i] = calloc(1, sizeof *t->push[i])) == NULL)
			return ZT_ERR_MEMORY;
		err = batch_new(t->s, &t->push[i]->batch);
	}
	return err;
}

static void
loads_free(struct transfer *t)
{
	for (size_t i = 0; i < STAGES; i++) {
		if (t->push[i] != NULL)
			batch_free(t->push[i]->batch);
		free(t->push[i]);
	}
}

/* Everything moves on by a stage, so that reading, the blocks and the push each go on while the
 * others do. */
static enum zt_err
move_on(struct transfer *t)
{
	struct push *first = t->push[GATHERED], *empty = t->push[PUSHED];
	enum zt_err err;

	send_gathered(t);
	if ((err = transfer_wait(t, t->push[WAITING])) ||
	    (err = batch_finish(t->push[PUSHED]->batch)))
		return err;
	t->files += empty->files;
	empty->files = 0;
	if ((err = batch_start(t->push[WAITING]->batch)))
		return err;
	t->push[PUSHED] = t->push[WAITING];
	t->push[WAITING] = first;
	t->push[GATHERED] = empty;
	return ZT_OK;
}

/* To the last answer. */
static enum zt_err
finish(struct transfer *t)
{
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < STAGES; i++)
		err = move_on(t);
	return err;
}

/* ---- one put ---- */

/* One put. */
struct putting {
	struct transfer *t;
	struct tree_way **ways;
	size_t way_count, way_cap;
	struct stat own; /* the state folder of this device */
};

/* ---- one file ---- */

/* Nothing is sent; what would be is named. */
static bool
is_dry(const struct transfer *t)
{
	return t->p != NULL && t->p->would != NULL;
}

/* The same content, and another mode or time. */
static enum zt_err
put_look(struct transfer *t, struct local_entry *e, const struct stat *st)
{
	Zt__Manifest *m = e->m;
	enum zt_err err;

	if (is_dry(t)) {
		t->p->would(t->p->ctx, buf_text(&e->shown));
		return ZT_OK;
	}
	e->m = NULL;
	look_of(st, m->file);
	m->file->restored = false; /* the content was compared */
	if ((err = batch_write(t->push[GATHERED]->batch, &e->there.vlob, m, false, 0)) == ZT_OK)
		batch_from(t->push[GATHERED]->batch, st);
	return err;
}

static bool
looks_same(const Zt__FileManifest *f, const struct stat *st)
{
	return f->mode == ((uint32_t)st->st_mode & 07777) &&
	       f->modified == st->st_mtim.tv_sec &&
	       f->modified_ns == (uint32_t)st->st_mtim.tv_nsec;
}

/* It holds what is there already: that is noted, and nothing is sent but how it looks. */
static enum zt_err
put_same(struct transfer *t, struct local_entry *e, const struct stat *st)
{
	t->done += (uint64_t)st->st_size;
	if (!looks_same(e->m->file, st))
		return put_look(t, e, st);
	if (!local_is_young(st) &&
	    vec_room(&t->notes, t->note_count, &t->note_cap, sizeof *t->notes) == ZT_OK)
		t->notes[t->note_count++] =
		    (struct local_note){ { t->s->w->id, e->there.vlob, e->v.version }, *st };
	return ZT_OK;
}

static bool
was_changed(int fd, const struct stat *before)
{
	struct stat now;

	return fstat(fd, &now) != 0 || now.st_size != before->st_size ||
	       now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != before->st_mtim.tv_nsec ||
	       now.st_ctim.tv_sec != before->st_ctim.tv_sec ||
	       now.st_ctim.tv_nsec != before->st_ctim.tv_nsec;
}

/* Half of a file is none: what could not be read to its end is left out. */
static enum zt_err
take_back(struct transfer *t, struct local_entry *e)
{
	int number = t->unread;
	enum zt_err err = transfer_wait(t, t->push[GATHERED]); /* blocks write into it */

	if (err)
		return err;
	batch_take_back(t->push[GATHERED]->batch);
	t->z->message[0] = 0;
	e->is_excluded = true;
	transfer_exclude(t, ZT_ERR_SOME, buf_text(&e->shown), strerror(number));
	return ZT_OK;
}

/* FD as a new version, or a new file, AS in the folder at WAY. */
static enum zt_err
put_content(struct transfer *t, int fd, const struct stat *st, struct local_entry *e,
    struct tree_way *way)
{
	struct batch *b = t->push[GATHERED]->batch;
	uint64_t size = (uint64_t)st->st_size;
	Zt__Manifest *m;
	enum zt_err err;

	if (is_dry(t)) {
		t->p->would(t->p->ctx, buf_text(&e->shown));
		t->files++;
		return ZT_OK;
	}
	if ((m = new_file(st)) == NULL)
		return ZT_ERR_MEMORY;
	if (!e->is_there) {
		random_bytes(e->there.vlob.b, ID_BYTES);
		e->there.is_folder = false;
	}
	/* The batch owns it first: blocks in flight write into it, even after a failure. */
	t->unread = 0;
	if ((err = batch_write(b, &e->there.vlob, m, true, size)) == ZT_OK)
		err = send_content(t, fd, buf_text(&e->shown), size, m->file);
	if (err && t->unread != 0 && t->err == ZT_OK && e->local != NULL)
		return take_back(t, e); /* one of a tree */
	if (err)
		return err;
	if (was_changed(fd, st))
		transfer_exclude(t, ZT_ERR_SOME, buf_text(&e->shown),
		    session_translate(t->z,
			"it was changed while it was read: what arrived may be "
			"half old, half new; put it again"));
	else if (!local_is_young(st))
		batch_from(b, st);
	if (e->is_there)
		err = batch_need(b, way, buf_bytes(&e->as), &e->there.vlob);
	else if ((err = batch_need(b, way, bytes_of(NULL, 0), NULL)) == ZT_OK)
		err = batch_link(b, &way->vlob, buf_bytes(&e->as), &e->there, BATCH_ABSENT);
	if (err)
		return err;
	t->push[GATHERED]->files++;
	transfer_report(t, buf_text(&e->shown));
	return batch_is_full(b) ? move_on(t) : ZT_OK;
}

/* FD is the file that E was looked at as. */
static enum zt_err
put_open(struct transfer *t, int fd, struct local_entry *e, struct tree_way *way)
{
	struct stat st;
	bool same = false, lost = false;
	enum zt_err err;

	if (fstat(fd, &st) != 0)
		return transfer_err(t->z, buf_text(&e->shown), errno);
	if (!send_fits_open(fd, &st)) {
		transfer_exclude(t, ZT_ERR_SOME, buf_text(&e->shown),
		    session_translate(t->z, "it is larger than a file may be"));
		return ZT_OK;
	}
	t->total += (uint64_t)st.st_size;
	if (e->m != NULL && e->m->file->size == (uint64_t)st.st_size &&
	    (err = fetch_is_same(t, fd, e->m->file, &e->v.author, &same)))
		return err;
	/* What is the same here may be lost there: who reads every file looks there, too. */
	if (same && t->lost != NULL &&
	    (err = lost_any(t->lost, &e->there.vlob, e->v.version, e->m->file, &lost)))
		return err;
	return same && !lost && !was_changed(fd, &st) ? put_same(t, e, &st)
						      : put_content(t, fd, &st, e, way);
}

static enum zt_err
put_file(struct local_folder *f, struct local_entry *e)
{
	struct transfer *t = f->t;
	struct stat st;
	enum zt_err err = session_may_go_on(t->z);
	int fd;

	if (err)
		return err;
	if (e->is_there && e->there.is_folder) {
		scan_exclude(f, e, "a folder has this name there");
		return ZT_OK;
	}
	if (e->is_same) {
		t->total += (uint64_t)e->st.st_size;
		t->done += (uint64_t)e->st.st_size;
		return ZT_OK;
	}
	/* It was a file; a pipe in its place now would not be opened for long, and not read. */
	fd =
	    openat(f->dir, e->local, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		scan_exclude(f, e, strerror(errno));
	else if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		scan_exclude(f, e, "it was changed while it was read");
	else
		err = put_open(t, fd, e, f->way);
	if (fd >= 0)
		(void)close(fd);
	return err;
}

/* ---- a folder ---- */

static enum zt_err put_folder(
    struct putting *p, struct local_folder *f, bool is_new, const struct stat *st);

/* A mode of 0 says that none is known, and lets everybody in: a folder whose owner
 * alone may do anything is closest to that. */
static struct batch_look
folder_look(const struct stat *st)
{
	unsigned mode = (unsigned)st->st_mode & 07777;

	return (struct batch_look){ mode != 0 ? mode : 0700, (unsigned)st->st_mtim.tv_nsec,
		st->st_mtim.tv_sec };
}

static enum zt_err
add_way(struct putting *p, struct tree_way *up, struct bytes name, const struct id *vlob,
    bool is_there, struct tree_way **out)
{
	enum zt_err err = vec_room(&p->ways, p->way_count, &p->way_cap, sizeof *p->ways);

	if (err == ZT_OK &&
	    (err = tree_way_new(p->t->s, up, name, vlob, is_there, out)) == ZT_OK)
		p->ways[p->way_count++] = *out;
	return err;
}

/* A folder AS in the folder at UP, new in the batch. */
static enum zt_err
hang_folder(struct putting *p, struct tree_way *up, struct bytes as, struct tree_way **out)
{
	struct batch *b = p->t->push[GATHERED]->batch;
	struct tree_entry made = { .is_folder = true };
	enum zt_err err;

	random_bytes(made.vlob.b, ID_BYTES);
	if ((err = add_way(p, up, as, &made.vlob, false, out)) || is_dry(p->t))
		return err;
	if ((err = batch_hang(b, *out)) || (err = batch_need(b, up, bytes_of(NULL, 0), NULL)))
		return err;
	return batch_link(b, &up->vlob, as, &made, BATCH_ABSENT);
}

static enum zt_err
put_below(struct putting *p, struct local_folder *f, struct local_entry *e)
{
	struct local_folder below = {
		.t = f->t, .own = f->own, .depth = f->depth + 1, .shown = buf_text(&e->shown)
	};
	bool is_new = !e->is_there;
	enum zt_err err;

	if (e->is_there && !e->there.is_folder) {
		scan_exclude(f, e, "a file has this name there");
		return ZT_OK;
	}
	below.dir = openat(
	    f->dir, e->local, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (below.dir < 0) {
		scan_exclude(f, e, strerror(errno));
		return ZT_OK;
	}
	err = is_new ? hang_folder(p, f->way, buf_bytes(&e->as), &below.way)
		     : add_way(p, f->way, buf_bytes(&e->as), &e->there.vlob, true, &below.way);
	if (err == ZT_OK)
		err = put_folder(p, &below, is_new, &e->st);
	(void)close(below.dir);
	return err;
}

/* Where W is in the workspace. */
static void
way_print(const struct tree_way *w, struct buf *out)
{
	if (w->up == NULL)
		return;
	way_print(w->up, out);
	buf_add_byte(out, '/');
	buf_add(out, bytes_of(w->name.p, w->name.n));
}

/* The remote folder, as far as it is there. *IS_UNSURE: what lies in it cannot be read now:
 * nothing is written over it. */
static enum zt_err
read_there(struct local_folder *f, Zt__Manifest **m, bool *is_unsure)
{
	struct workspace_object o = { .vlob = f->way->vlob, .is_folder = true };
	struct buf shown = buf_init(PATH_TEXT_MAX);
	enum zt_err err;

	f->way->listed = f->t->s->z->foreign;
	if ((err = workspace_read_one(f->t->s, &o, m)))
		return err;
	way_print(f->way, &shown);
	workspace_damaged(f->t->s, shown.n > 0 ? buf_text(&shown) : "/", &o);
	buf_free(&shown);
	*is_unsure = o.damaged > 0 && !o.is_rubbish;
	return ZT_OK;
}

/* Whether the folder looks otherwise than M. The root is nobody's own. */
static bool
looks_new(const struct local_folder *f, const Zt__Manifest *m, const struct stat *st)
{
	struct batch_look look = folder_look(st);

	return f->way->up != NULL && (m == NULL || m->folder->mode != look.mode ||
					 m->folder->modified != look.modified ||
					 m->folder->modified_ns != look.modified_ns);
}

/* Whether something came into the folder, which altered its time there. */
static bool
got_more(const struct local_folder *f)
{
	for (size_t i = 0; f->way->up != NULL && i < f->count; i++)
		if (!f->entries[i].is_excluded && !f->entries[i].is_there)
			return true;
	return false;
}

static enum zt_err
put_folder_look(struct local_folder *f, const struct stat *st)
{
	struct batch_look look = folder_look(st);

	if (is_dry(f->t))
		return ZT_OK;
	return batch_look(f->t->push[GATHERED]->batch, &f->way->vlob, &look);
}

/* All in the local folder: its files, then its folders; at last how it looks, because what
 * is in a later batch alters its time. */
static enum zt_err
put_folder(struct putting *p, struct local_folder *f, bool is_new, const struct stat *st)
{
	struct transfer *t = f->t;
	Zt__Manifest *m = NULL;
	bool is_unsure = false, looks;
	enum zt_err err = is_new ? ZT_OK : read_there(f, &m, &is_unsure);

	if (err == ZT_OK && is_unsure) {
		transfer_exclude(t, ZT_ERR_CORRUPT, f->shown,
		    session_translate(t->z,
			"what lies in it there cannot be read now, so nothing is written into "
			"it"));
		goto out;
	}
	if (err || (err = scan_local(f)) || (m != NULL && (err = scan_match(f, m->folder))))
		goto out;
	if (!scan_has_room(f, m != NULL ? m->folder : NULL)) {
		char message[160];

		(void)snprintf(message, sizeof message,
		    session_translate(t->z, "%zu entries: a folder holds %u at most"), f->count,
		    (unsigned)LIMIT_FOLDER);
		transfer_exclude(t, ZT_ERR_SOME, f->shown, message);
		goto out;
	}
	looks = looks_new(f, m, st);
	for (size_t i = 0; err == ZT_OK && i < f->count; i++)
		if (!f->entries[i].is_excluded && S_ISREG(f->entries[i].st.st_mode)) {
			err = put_file(f, &f->entries[i]);
			pb_wipe(f->entries[i].m); /* or it went into the batch */
			f->entries[i].m = NULL;
		}
	pb_wipe(m);
	m = NULL;
	for (size_t i = 0; err == ZT_OK && i < f->count; i++)
		if (!f->entries[i].is_excluded && S_ISDIR(f->entries[i].st.st_mode))
			err = put_below(p, f, &f->entries[i]);
	if (err == ZT_OK && (looks || got_more(f)))
		err = put_folder_look(f, st);
	if (err == ZT_OK && batch_is_full(t->push[GATHERED]->batch))
		err = move_on(t);
out:
	pb_wipe(m);
	scan_free(f);
	return err;
}

/* ---- the command ---- */

/* The ways to the folders of PATH up to COUNT names. */
static enum zt_err
find_way(struct putting *p, const struct path *path, size_t count, struct tree_way **out)
{
	enum zt_err err = add_way(p, NULL, bytes_of(NULL, 0), &p->t->s->w->id, true, out);

	for (size_t i = 0; err == ZT_OK && i < count; i++) {
		struct tree_entry e;

		if ((err = tree_find(p->t->s, path, i + 1, &e)) == ZT_OK && !e.is_folder)
			err = session_refuse(
			    p->t->z, ZT_ERR_NOT_FOUND, "that path leads through a file");
		if (err == ZT_OK)
			err = add_way(p, *out, path->name[i], &e.vlob, true, out);
	}
	return err;
}

/* What the last name of PATH is now, and the folder that holds it. */
static enum zt_err
find_place(
    struct putting *p, const struct path *path, struct tree_way **parent, struct local_entry *e)
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
refuse_place(struct putting *p, const struct path *path, bool is_folder)
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
put_single(struct putting *p, int fd, const struct stat *st, const char *local,
    const struct path *path)
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
		err = put_open(t, fd, &e, parent);
out:
	pb_wipe(e.m);
	buf_free(&e.as);
	buf_free(&e.shown);
	return err;
}

static enum zt_err
put_tree(struct putting *p, int fd, const struct stat *st, const char *local,
    const struct path *path)
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
		err = !e.is_there ? hang_folder(p, parent, buf_bytes(&e.as), &f.way)
		      : e.there.is_folder
			  ? add_way(p, parent, buf_bytes(&e.as), &e.there.vlob, true, &f.way)
			  : refuse_place(p, path, false);
	buf_free(&e.as);
	return err ? err : put_folder(p, &f, !e.is_there, st);
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
aim(struct putting *p, const char *local, struct path *path, struct buf *own)
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
put_any(struct putting *p, const char *local, struct path *path)
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
put_once(
    struct transfer *t, const char *local, const char *remote, const struct zt_progress *pr)
{
	struct putting p = { .t = t };
	struct zt *z = t->z;
	struct workspace *s;
	struct path path;
	enum zt_err err;

	if ((err = tree_open(z, remote, &s, &path)))
		return err;
	if ((err = transfer_begin(t, s, ZT_PROGRESS_SEND, pr)) || (err = loads_new(t)) ||
	    (z->rereads && (err = lost_new(s, &t->lost))) ||
	    (err = put_any(&p, local, &path)) || (err = finish(t)))
		goto out;
	transfer_note(t);
	err = transfer_skipped(t);
out:
	transfer_end(t); /* first: what is under way writes into the batch's manifests */
	loads_free(t);
	lost_free(t->lost);
	t->lost = NULL;
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
	enum zt_err err;

	/* Somebody changed what it relies on, or took a name first: what was sent by then is
	 * found, and not sent again. */
	for (int tries = 1;; tries++) {
		struct transfer t = { .z = z };

		foreign = z->foreign;
		err = put_once(&t, local, remote, p);
		sent += t.files;
		if (tries == TRIES || !(err == ZT_ERR_CONFLICT ||
					  (err == ZT_ERR_EXISTS && z->foreign != foreign)))
			break;
	}
	if (files != NULL && (err == ZT_OK || err == ZT_ERR_SOME))
		*files = sent;
	return err;
}
