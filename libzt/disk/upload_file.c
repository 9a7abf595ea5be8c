/* SPDX-License-Identifier: Apache-2.0 */
/* upload_file.c - one file up: as a new version or a new file, or only how it looks, or not at
 * all when the workspace holds it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/vec.h"
#include "content/fetch.h"
#include "content/lend.h"
#include "content/local.h"
#include "content/send.h"
#include "content/slot.h"
#include "crypto/suite.h"
#include "disk/upload.h"
#include "files/manifest.h"
#include "format/pb.h"
#include "session/session.h"
#include "tree/batch.h"

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
	Zt__Manifest *m = manifest_new_file();

	if (m != NULL)
		look_of(st, m->file);
	return m;
}

/* The same content, and another mode or time. */
static enum zt_err
put_look(struct transfer *t, struct local_entry *e, const struct stat *st)
{
	Zt__Manifest *m = e->m;
	enum zt_err err;

	if (upload_is_dry(t)) {
		t->p->would(t->p->ctx, buf_text(&e->shown));
		return ZT_OK;
	}
	e->m = NULL;
	look_of(st, m->file);
	m->file->restored = false; /* the content was compared */
	if ((err = batch_write(t->push[GATHERED]->batch, &e->there.vlob, m, false, 0)) ==
		ZT_OK &&
	    !e->is_young)
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
	if (!e->is_young &&
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
	enum zt_err err, back;

	if (upload_is_dry(t)) {
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
	if ((err = batch_write(b, &e->there.vlob, m, true, size)) == ZT_OK &&
	    (err = upload_lend(t, size)) == ZT_OK)
		err = send_content(t, fd, buf_text(&e->shown), size, m->file);
	if ((back = lend_end(t)))
		return err && t->unread == 0 ? err : back;
	if (err && t->unread != 0 && t->err == ZT_OK && e->local != NULL)
		return take_back(t, e); /* one of a tree */
	if (err)
		return err;
	if (was_changed(fd, st))
		transfer_exclude(t, ZT_ERR_SOME, buf_text(&e->shown),
		    session_translate(t->z,
			"it was changed while it was read: what arrived may be "
			"half old, half new; put it again"));
	else if (!e->is_young)
		batch_from(b, st);
	if (e->is_there)
		err = batch_need(b, way, buf_bytes(&e->as), &e->there.vlob);
	else if ((err = batch_need(b, way, bytes_of(NULL, 0), NULL)) == ZT_OK)
		err = batch_link(b, &way->vlob, buf_bytes(&e->as), &e->there, BATCH_ABSENT);
	if (err)
		return err;
	t->push[GATHERED]->files++;
	transfer_report(t, buf_text(&e->shown));
	return batch_is_full(b) ? upload_move_on(t) : ZT_OK;
}

enum zt_err
upload_open(struct transfer *t, int fd, struct local_entry *e, struct tree_way *way)
{
	struct stat st;
	bool same = false;
	enum zt_err err = ZT_OK, back;

	if (fstat(fd, &st) != 0)
		return transfer_err(t->z, buf_text(&e->shown), errno);
	/* Before it is read: what is written to it from now on shows by its times, unless it
	 * was written a moment ago. */
	e->is_young = local_is_young(&st);
	if (!send_fits_open(fd, &st)) {
		transfer_exclude(t, ZT_ERR_SOME, buf_text(&e->shown),
		    session_translate(t->z, "it is larger than a file may be"));
		return ZT_OK;
	}
	t->total += (uint64_t)st.st_size;
	if (!t->z->resends && e->m != NULL && e->m->file->size == (uint64_t)st.st_size &&
	    (err = upload_lend(t, (uint64_t)st.st_size)) == ZT_OK)
		err = fetch_is_same(t, fd, e->m->file, &e->v.author, &same);
	back = lend_end(t);
	if (err || back)
		return err ? err : back;
	return same && !was_changed(fd, &st) ? put_same(t, e, &st)
					     : put_content(t, fd, &st, e, way);
}

enum zt_err
upload_file(struct local_folder *f, struct local_entry *e)
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
		err = upload_open(t, fd, e, f->way);
	if (fd >= 0)
		(void)close(fd);
	return err;
}
