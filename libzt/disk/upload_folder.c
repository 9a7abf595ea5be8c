/* SPDX-License-Identifier: Apache-2.0 */
/* upload_folder.c - a folder up: what is in it, and how it looks. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/vec.h"
#include "chain/objects.h"
#include "chain/workspace.h"
#include "content/lend.h"
#include "crypto/suite.h"
#include "disk/upload.h"
#include "format/limits.h"
#include "format/pb.h"
#include "session/session.h"
#include "tree/batch.h"

/* A mode of 0 says that none is known, and lets everybody in: a folder whose owner
 * alone may do anything is closest to that. */
static struct batch_look
folder_look(const struct stat *st)
{
	unsigned mode = (unsigned)st->st_mode & 07777;

	return (struct batch_look){ mode != 0 ? mode : 0700, (unsigned)st->st_mtim.tv_nsec,
		st->st_mtim.tv_sec };
}

enum zt_err
upload_way(struct upload *p, struct tree_way *up, struct bytes name, const struct id *vlob,
    bool is_there, struct tree_way **out)
{
	enum zt_err err = vec_room(&p->ways, p->way_count, &p->way_cap, sizeof *p->ways);

	if (err == ZT_OK &&
	    (err = tree_way_new(p->t->s, up, name, vlob, is_there, out)) == ZT_OK)
		p->ways[p->way_count++] = *out;
	return err;
}

enum zt_err
upload_hang(struct upload *p, struct tree_way *up, struct bytes as, struct tree_way **out)
{
	struct batch *b = p->t->push[GATHERED]->batch;
	struct tree_entry made = { .is_folder = true };
	enum zt_err err;

	random_bytes(made.vlob.b, ID_BYTES);
	if ((err = upload_way(p, up, as, &made.vlob, false, out)) || upload_is_dry(p->t))
		return err;
	if ((err = batch_hang(b, *out)) || (err = batch_need(b, up, bytes_of(NULL, 0), NULL)))
		return err;
	return batch_link(b, &up->vlob, as, &made, BATCH_ABSENT);
}

static enum zt_err
put_below(struct upload *p, struct local_folder *f, struct local_entry *e)
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
	err = is_new
		  ? upload_hang(p, f->way, buf_bytes(&e->as), &below.way)
		  : upload_way(p, f->way, buf_bytes(&e->as), &e->there.vlob, true, &below.way);
	if (err == ZT_OK)
		err = upload_folder(p, &below, is_new, &e->st);
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

	if (upload_is_dry(f->t))
		return ZT_OK;
	return batch_look(f->t->push[GATHERED]->batch, &f->way->vlob, &look);
}

/* What is in the folder here. A put that finds nothing to send lends the device by this. */
static enum zt_err
read_here(struct local_folder *f)
{
	enum zt_err err = upload_lend(f->t, 0), back;

	if (err == ZT_OK)
		err = scan_local(f);
	back = lend_end(f->t);
	return err ? err : back;
}

enum zt_err
upload_folder(struct upload *p, struct local_folder *f, bool is_new, const struct stat *st)
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
	if (err || (err = read_here(f)) || (m != NULL && (err = scan_match(f, m->folder))))
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
			err = upload_file(f, &f->entries[i]);
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
		err = upload_move_on(t);
out:
	pb_wipe(m);
	scan_free(f);
	return err;
}
