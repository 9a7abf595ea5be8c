/* SPDX-License-Identifier: Apache-2.0 */
/* Folders in bulk, then the files of many folders together. */
#include "disk/download_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"
#include "chain/objects.h"
#include "chain/workspace.h"
#include "content/fetch.h"
#include "content/file_writer.h"
#include "content/lend.h"
#include "content/local.h"
#include "crypto/idmap.h"
#include "disk/place.h"
#include "files/path.h"
#include "format/limits.h"
#include "format/pb.h"
#include "port/clock.h"
#include "session/pace.h"
#include "session/session.h"

/* How much is looked at together: enough that a trip to the servers serves many, few enough
 * open folders, and so little on a slow line that others have a turn. */
enum { FOLDERS_AT_ONCE = 256, FILES_AT_ONCE = 2048 };
static const struct pace folder_pace = { 8, FOLDERS_AT_ONCE },
			 file_pace = { 128, FILES_AT_ONCE };

struct remote_folder {
	struct id vlob;
	struct buf path; /* below the local root, "" for itself */
	unsigned depth;
	struct folder *local; /* while its files are fetched */
	bool is_made, is_excluded;
	uint64_t version; /* that was read */
	unsigned mode;
	struct timespec times[2];
};

struct remote_file {
	struct id vlob;
	struct buf name;
	size_t folder;
	struct file_writer *k; /* placed, and to be fetched by M, or NULL */
	Zt__Manifest *m;
	bool is_later; /* its manifest is too large to be held beside the others */
};

struct getting {
	struct transfer *t;
	int root;
	struct remote_folder *folders; /* from NEXT on still to be looked at */
	size_t folder_count, folder_cap, next;
	struct idmap seen; /* folders seen: each may be in one place only */
	struct remote_file *files;
	size_t file_count, file_cap;
	struct workspace_object *objects; /* that are read now: folders, or files */
	size_t of[FOLDERS_AT_ONCE];       /* object to folder */
	size_t *file_of;                  /* object to file */
	size_t folders_at_once, files_at_once;
	bool is_slow;          /* the line, or the server */
	size_t held_bytes;     /* of manifests of files that are placed */
	uint64_t held_content; /* which they have */
};

/* NAME, in a folder with the path IN, is not fetched. */
static void
leave_out(struct getting *g, struct buf *in, struct bytes name, const char *message)
{
	struct buf shown = buf_init(PATH_TEXT_MAX + LIMIT_NAME);

	buf_printf(&shown, "%s%s%.*s", buf_text(in), in->n > 0 ? "/" : "", (int)name.n,
	    (const char *)name.p);
	transfer_exclude(g->t, ZT_ERR_CORRUPT, buf_text(&shown), message);
	buf_free(&shown);
}

/* A member could put a folder into itself, a thousand times: add each folder once. */
static enum zt_err
add_folder(struct getting *g, const struct id *vlob, struct buf *parent, struct bytes name,
    unsigned depth)
{
	struct remote_folder *f;
	enum zt_err err;

	if (depth >= LIMIT_DEPTH_READ || idmap_get(&g->seen, vlob) != NULL) {
		leave_out(g, parent, name,
		    session_translate(g->t->z, "the folders are too deep, or go in a circle"));
		return ZT_OK;
	}
	if ((err = idmap_put(&g->seen, vlob, g)) ||
	    (err = vec_room(&g->folders, g->folder_count, &g->folder_cap, sizeof *g->folders)))
		return err;
	f = &g->folders[g->folder_count++];
	*f = (struct remote_folder){
		.vlob = *vlob, .path = buf_init(PATH_TEXT_MAX), .depth = depth
	};
	if (parent != NULL) {
		buf_add(&f->path, buf_bytes(parent));
		if (parent->n > 0)
			buf_add_byte(&f->path, '/');
		buf_add(&f->path, name);
	}
	return buf_err(&f->path);
}

static enum zt_err
add_file(struct getting *g, const struct id *vlob, size_t folder, struct bytes name)
{
	struct remote_file *f;
	enum zt_err err = vec_room(&g->files, g->file_count, &g->file_cap, sizeof *g->files);

	if (err)
		return err;
	f = &g->files[g->file_count++];
	*f = (struct remote_file){
		.vlob = *vlob, .name = buf_init(LIMIT_NAME), .folder = folder
	};
	buf_add(&f->name, name);
	return buf_err(&f->name);
}

static enum zt_err
take_folder(void *ctx, size_t i, Zt__Manifest **m)
{
	struct getting *g = ctx;
	size_t folder = g->of[i];
	const char *shown = buf_text(&g->folders[folder].path);
	enum zt_err err = ZT_OK;

	transfer_damaged(g->t, shown[0] != 0 ? shown : "/", &g->objects[i]);
	g->folders[folder].version = g->objects[i].v.version;
	if (*m != NULL) {
		struct remote_folder *f = &g->folders[folder];

		f->mode = (*m)->folder->mode;
		f->times[0].tv_nsec = UTIME_OMIT;
		f->times[1].tv_sec = (time_t)(*m)->folder->modified;
		f->times[1].tv_nsec = (long)(*m)->folder->modified_ns;
	}
	for (size_t k = 0; err == ZT_OK && *m != NULL && k < (*m)->folder->n_entries; k++) {
		const Zt__FolderEntry *e = (*m)->folder->entries[k];
		/* A copy: adding a folder may move the array. */
		struct buf path = g->folders[folder].path;
		struct id vlob;

		if ((err = pb_id(e->vlob, &vlob)))
			return err;
		err = e->folder ? add_folder(g, &vlob, &path, pb_bytes(e->name),
				      g->folders[folder].depth + 1)
				: add_file(g, &vlob, folder, pb_bytes(e->name));
	}
	return err;
}

/* F's local folder, or -1; what is missing of its path is made when it MAKES. No link is
 * followed: what others put there meanwhile must not lead elsewhere. */
static int
walk_to(struct getting *g, struct remote_folder *f, bool makes)
{
	char *path = strdup(buf_text(&f->path)), *rest = NULL;
	int fd = path != NULL ? fcntl(g->root, F_DUPFD_CLOEXEC, 0) : -1, number;

	for (char *name = path != NULL ? strtok_r(path, "/", &rest) : NULL;
	     fd >= 0 && name != NULL; name = strtok_r(NULL, "/", &rest)) {
		int in = fd;

		/* 0700 until all is in it; what hinders that, and not what is missing then */
		errno = 0;
		if (makes && mkdirat(in, name, 0700) == 0)
			f->is_made = true;
		number = errno;
		fd = openat(in, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (number == 0 || errno != ENOENT)
			number = errno;
		(void)close(in);
		errno = number;
	}
	free(path);
	return fd;
}

/* If the local path is no folder, keeps it and writes nothing below it. */
static enum zt_err
open_local(struct getting *g, struct remote_folder *f)
{
	int fd = walk_to(g, f, true);

	if (fd >= 0)
		return folder_new(g->t, fd, f->is_made, &f->local);
	if (errno == EMFILE || errno == ENFILE)
		return transfer_err(g->t->z, buf_text(&f->path), errno);
	f->is_excluded = true;
	transfer_exclude(g->t, transfer_class(errno), buf_text(&f->path),
	    errno == ENOTDIR || errno == ELOOP
		? session_translate(
		      g->t->z, "what is there is no folder, and stays; move it away")
		: strerror(errno));
	return ZT_OK;
}

/* A new folder looks as it did, once all is in it: those in it are first. */
static void
finish_folders(struct getting *g)
{
	for (size_t i = g->folder_count; i > 0; i--) {
		struct remote_folder *f = &g->folders[i - 1];
		int fd = f->is_made ? walk_to(g, f, false) : -1;

		if (fd < 0)
			continue;
		(void)fchmod(fd, (f->mode != 0 ? f->mode & 01777 : 0777) & ~g->t->mask);
		if (f->mode != 0) /* then its time is known too */
			(void)futimens(fd, f->times);
		(void)close(fd);
	}
}

/* F is fetched with the others. */
static void
hold_file(struct getting *g, struct remote_file *f, Zt__Manifest **m, size_t weight)
{
	g->held_bytes += weight;
	g->held_content += (*m)->file->size;
	f->m = *m;
	*m = NULL;
}

/* N were read since BEGAN_MS: *AT_ONCE are next. */
static void
measure(struct getting *g, const struct pace *p, size_t *at_once, size_t n, uint64_t began_ms)
{
	uint64_t ms = port_steady_ms() - began_ms;

	*at_once = pace_next(p, *at_once, n, ms);
	g->is_slow = *at_once < p->most;
}

/* The content of files that are placed, unless ERR. Others may have the device meanwhile: this
 * takes most of the time, and nothing of it is in the store. */
static enum zt_err
fetch_once(struct getting *g, size_t from, size_t count, enum zt_err err)
{
	enum zt_err back;

	if (err == ZT_OK && (g->held_content >= LEND_BYTES || lend_is_due(g->t)))
		lend_begin(g->t);
	for (size_t i = from; i < from + count; i++) {
		struct remote_file *f = &g->files[i];

		if (f->k != NULL && err == ZT_OK)
			err = place_fetch(g->t, f->m->file, &f->k);
		if (f->k != NULL && err) {
			f->k->err = g->t->err ? g->t->err : ZT_ERR_INTERRUPTED;
			file_writer_end(f->k);
			f->k = NULL;
		}
	}
	if (err == ZT_OK)
		err = fetch_shared(g->t);
	/* Else it would hold up what is read next, and the device with that. */
	if (err == ZT_OK && g->is_slow)
		err = lend_while(g->t, NULL);
	back = lend_end(g->t);
	return err ? err : back;
}

/* The same of all that is held, where it may be: what differs from what is there may get a name
 * beside it, and to look for that takes the device. */
static enum zt_err
fetch_held(struct getting *g, size_t from, size_t count, enum zt_err err)
{
	bool again = false;

	err = fetch_once(g, from, count, err);
	for (size_t i = from; i < from + count; i++) {
		struct remote_file *f = &g->files[i];

		if (f->k == NULL)
			continue;
		again = true;
		if (err == ZT_OK)
			err = place_again(g->t, f->m->file, &f->k);
	}
	if (again)
		err = fetch_once(g, from, count, err);
	for (size_t i = from; i < from + count; i++) {
		pb_wipe(g->files[i].m);
		g->files[i].m = NULL;
	}
	g->held_bytes = 0;
	g->held_content = 0;
	return err;
}

static enum zt_err
take_file(void *ctx, size_t i, Zt__Manifest **m)
{
	struct getting *g = ctx;
	struct remote_file *f = &g->files[g->file_of[i]];
	struct remote_folder *in = &g->folders[f->folder];
	struct buf shown = buf_init(PATH_TEXT_MAX + LIMIT_NAME);
	size_t weight = *m != NULL ? zt__manifest__get_packed_size(*m) : 0;
	enum zt_err err = ZT_OK;

	f->is_later = fetch_is_later(g->held_bytes, weight);
	if (f->is_later)
		return ZT_OK;
	buf_printf(&shown, "%s%s%s", buf_text(&in->path), in->path.n > 0 ? "/" : "",
	    buf_text(&f->name));
	transfer_damaged(g->t, buf_text(&shown), &g->objects[i]);
	if (*m == NULL && g->objects[i].damaged == 0)
		transfer_lose(g->t, ZT_ERR_CORRUPT, false, buf_text(&shown),
		    session_translate(g->t->z, "a file without a version"));
	else if (*m != NULL) {
		struct file_writer_place at = { .in = in->local,
			.name = buf_text(&f->name),
			.shown = buf_text(&shown),
			.what = { g->t->s->w->id, f->vlob, g->objects[i].v.version },
			.author = g->objects[i].v.author };

		err = place_file(g->t, &at, (*m)->file, &f->k);
	}
	if (err == ZT_OK && f->k != NULL)
		hold_file(g, f, m, weight);
	buf_free(&shown);
	return err;
}

/* COUNT files from FROM on. */
static enum zt_err
get_files(struct getting *g, size_t from, size_t count)
{
	struct workspace_object *objects = calloc(count + 1, sizeof *objects);
	size_t *file_of = calloc(count + 1, sizeof *file_of), n = count, later;
	enum zt_err err = objects != NULL && file_of != NULL ? ZT_OK : ZT_ERR_MEMORY;

	for (size_t i = 0; err == ZT_OK && i < count; i++)
		file_of[i] = from + i;
	g->objects = objects;
	g->file_of = file_of;
	while (err == ZT_OK && n > 0) {
		const uint64_t began_ms = port_steady_ms();

		for (size_t i = 0; i < n; i++)
			objects[i] =
			    (struct workspace_object){ .vlob = g->files[file_of[i]].vlob };
		err = workspace_read(g->t->s, objects, n, take_file, g);
		measure(g, &file_pace, &g->files_at_once, n, began_ms);
		err = fetch_held(g, from, count, err);
		later = n;
		n = 0;
		for (size_t i = 0; i < later; i++)
			if (g->files[file_of[i]].is_later)
				file_of[n++] = file_of[i];
	}
	g->objects = NULL;
	g->file_of = NULL;
	free(objects);
	free(file_of);
	transfer_note(g->t);
	return err;
}

static void
forget_files(struct getting *g)
{
	for (size_t i = 0; i < g->file_count; i++)
		buf_free(&g->files[i].name);
	g->file_count = 0;
}

/* The next folders: what is in them, then their files. */
static enum zt_err
get_some(struct getting *g)
{
	struct workspace_object objects[FOLDERS_AT_ONCE];
	const uint64_t began_ms = port_steady_ms();
	size_t first = g->next, n = 0, count;
	enum zt_err err = ZT_OK;

	for (; err == ZT_OK && g->next < g->folder_count && n < g->folders_at_once; g->next++) {
		struct remote_folder *f = &g->folders[g->next];

		if ((err = open_local(g, f)) == ZT_OK && !f->is_excluded) {
			g->of[n] = g->next;
			objects[n++] =
			    (struct workspace_object){ .vlob = f->vlob, .is_folder = true };
		}
	}
	g->objects = objects;
	if (err == ZT_OK)
		err = workspace_read(g->t->s, objects, n, take_folder, g);
	g->objects = NULL;
	measure(g, &folder_pace, &g->folders_at_once, n, began_ms);
	if (err == ZT_OK) /* of no file yet: others have a turn */
		err = fetch_held(g, 0, 0, ZT_OK);
	for (size_t i = 0; err == ZT_OK && i < g->file_count; i += count) {
		count = g->file_count - i;
		if (count > g->files_at_once)
			count = g->files_at_once;
		err = get_files(g, i, count);
	}
	forget_files(g);
	for (size_t i = first; i < g->next; i++) {
		folder_drop(g->folders[i].local);
		g->folders[i].local = NULL;
	}
	return err;
}

/* Whether a folder is another by now than the one that was read: something may have been moved
 * from one that was not read yet into one that was. */
static bool
was_altered(struct getting *g)
{
	struct workspace_version v;

	for (size_t i = 0; i < g->folder_count; i++) {
		const struct remote_folder *f = &g->folders[i];

		if (f->is_excluded)
			continue;
		if (workspace_version(g->t->s, &f->vlob, 0, &v))
			v.version = 0;
		if (v.version != f->version)
			return true;
	}
	return false;
}

enum zt_err
download_tree(
    struct transfer *t, const struct id *vlob, int root, bool is_made, bool *is_altered)
{
	struct getting g = { .t = t,
		.root = root,
		.folders_at_once = folder_pace.most,
		.files_at_once = file_pace.most };
	enum zt_err err = add_folder(&g, vlob, NULL, bytes_of(NULL, 0), 0);

	if (err == ZT_OK)
		g.folders[0].is_made = is_made;
	while (err == ZT_OK && g.next < g.folder_count)
		err = get_some(&g);
	if (err == ZT_OK)
		err = lend_while(t, NULL);
	*is_altered = err == ZT_OK && was_altered(&g);
	finish_folders(&g);
	for (size_t i = 0; i < g.folder_count; i++) {
		folder_drop(g.folders[i].local);
		buf_free(&g.folders[i].path);
	}
	free(g.folders);
	free(g.files);
	idmap_free(&g.seen, NULL);
	return err;
}
