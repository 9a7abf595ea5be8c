/* upload.c - a tree up: what is new or changed, gathered into changesets. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"
#include "base/vec.h"
#include "client/transfer.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"

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
	m->file->mode = (uint32_t)st->st_mode & 07777;
	m->file->modified = transfer_modified(st);
	return m;
}

/* ---- a tree up ---- */

enum { GATHERED, WAITING, PUSHED, STAGES };

static enum zt_err
loads_new(struct transfer *t)
{
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < STAGES; i++) {
		if ((t->load[i] = calloc(1, sizeof *t->load[i])) == NULL)
			return ZT_ERR_MEMORY;
		err = batch_new(t->s, &t->load[i]->batch);
	}
	return err;
}

static void
loads_free(struct transfer *t)
{
	for (size_t i = 0; i < STAGES; i++) {
		if (t->load[i] != NULL)
			batch_free(t->load[i]->batch);
		free(t->load[i]);
	}
}

/* The push under way is answered; the workspace may have been opened anew. */
static enum zt_err
finish_push(struct transfer *t)
{
	enum zt_err err = batch_finish(t->load[PUSHED]->batch);

	t->s = batch_space(t->load[PUSHED]->batch);
	for (size_t i = 0; i < STAGES; i++)
		batch_move(t->load[i]->batch, t->s);
	return err;
}

/* Everything moves on by a stage, so that reading, the blocks and the push each go on while the
 * others do. */
static enum zt_err
move_on(struct transfer *t)
{
	struct load *first = t->load[GATHERED], *empty = t->load[PUSHED];
	enum zt_err err;

	send_gathered(t);
	if ((err = transfer_wait(t, t->load[WAITING])) || (err = finish_push(t)) ||
	    (err = batch_start(t->load[WAITING]->batch)))
		return err;
	t->load[PUSHED] = t->load[WAITING];
	t->load[WAITING] = first;
	t->load[GATHERED] = empty;
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

struct known { /* an entry of a remote folder; of a file also what it holds */
	struct tree_entry to;
	bool is_there;
	uint64_t size, modified;
};

/* A remote folder as it is before this upload: its entries, and of its files size and time,
 * fetched together and never one by one. */
struct there {
	Zt__Manifest *folder; /* NULL: new */
	struct known *entries;
	struct space_object *objects; /* of its files */
	size_t *of;                   /* object to entry */
	bool is_unsure; /* what lies in it cannot be read now: nothing is written over it */
};

static enum zt_err
take_known(void *ctx, size_t i, Zt__Manifest **m)
{
	struct there *h = ctx;
	struct known *k = &h->entries[h->of[i]];

	if (*m != NULL && h->objects[i].damaged == 0) {
		k->size = (*m)->file->size;
		k->modified = (*m)->file->modified;
	} else {
		k->size = k->modified = UINT64_MAX; /* it is written anew */
	}
	return ZT_OK;
}

static void
there_free(struct there *h)
{
	pb_wipe(h->folder);
	free(h->entries);
	free(h->objects);
	free(h->of);
	*h = (struct there){ 0 };
}

/* FOLDER without a version yet is empty. The caller gives *OUT to there_free, also on failure.
 */
static enum zt_err
there_read(struct space *s, const struct id *folder, const char *shown, struct there *out)
{
	struct space_object o = { .vlob = *folder, .is_folder = true };
	size_t n, files = 0;
	enum zt_err err = space_read_one(s, &o, &out->folder);

	if (err)
		return err;
	space_damaged(s, shown, &o);
	out->is_unsure = o.damaged > 0 && !o.is_rubbish;
	if (out->folder == NULL || out->is_unsure)
		return ZT_OK;
	n = out->folder->folder->n_entries;
	out->entries = calloc(n + 1, sizeof *out->entries);
	out->objects = calloc(n + 1, sizeof *out->objects);
	out->of = calloc(n + 1, sizeof *out->of);
	if (out->entries == NULL || out->objects == NULL || out->of == NULL)
		return ZT_ERR_MEMORY;
	for (size_t i = 0; i < n; i++) {
		const Zt__FolderEntry *e = out->folder->folder->entries[i];
		struct known *k = &out->entries[i];

		k->is_there = true;
		k->to.is_folder = e->folder;
		memcpy(k->to.vlob.b, e->vlob.data, ID_BYTES);
		if (e->folder)
			continue;
		out->objects[files].vlob = k->to.vlob;
		out->of[files++] = i;
	}
	return space_read(s, out->objects, files, take_known, out);
}

static struct known
there_find(const struct there *h, struct bytes name)
{
	size_t i;

	if (h->folder == NULL || !manifest_find(h->folder->folder, name, &i))
		return (struct known){ .is_there = false };
	return h->entries[i];
}

/* Whether the remote file is this one already: same size, same time. */
static bool
is_same(const struct known *k, const struct stat *st)
{
	return k->is_there && !k->to.is_folder && k->size == (uint64_t)st->st_size &&
	       k->modified == transfer_modified(st);
}

static enum zt_err
put_file(struct transfer *t, int fd, const char *name, const struct stat *st,
    const struct id *folder, struct bytes as, const struct known *k)
{
	struct tree_entry to = k->to;
	Zt__Manifest *m;
	enum zt_err err;

	if (k->is_there && k->to.is_folder)
		return client_refuse(t->z, ZT_ERR_EXISTS, "%.180s is a folder there", name);
	t->total += (uint64_t)st->st_size;
	if (is_same(k, st)) {
		t->done += (uint64_t)st->st_size;
		return ZT_OK;
	}
	if (!k->is_there)
		suite_random(to.vlob.b, ID_BYTES);
	to.is_folder = false;
	if ((m = new_file(st)) == NULL)
		return ZT_ERR_MEMORY;
	/* The batch has it first: what is under way writes into it, whatever fails meanwhile.
	 */
	if ((err = batch_write(
		 t->load[GATHERED]->batch, &to.vlob, m, true, (uint64_t)st->st_size)) ||
	    (err = send_content(t, fd, name, (uint64_t)st->st_size, m->file)) ||
	    (!k->is_there &&
		(err = batch_link(t->load[GATHERED]->batch, folder, as, &to, BATCH_ABSENT))))
		return err;
	t->files++;
	transfer_report(t, name);
	return batch_is_full(t->load[GATHERED]->batch) ? move_on(t) : ZT_OK;
}

static enum zt_err put_folder(struct transfer *t, int dir, const char *name,
    const struct id *folder, bool is_new, unsigned depth);

/* One entry of a local folder. What cannot be read or named is skipped, and said. */
static enum zt_err
put_entry(struct transfer *t, int dir, const char *entry, const struct id *folder,
    const struct there *there, unsigned depth)
{
	struct buf as = buf_init(4 * LIMIT_NAME), shown = buf_init(4 * LIMIT_NAME);
	struct known k;
	struct stat st;
	const char *why = "";
	enum zt_err err = ZT_OK;
	int fd = -1;

	utf8_show(bytes_text(entry), &shown);
	if (utf8_normal(bytes_text(entry), &as) || path_name_check(buf_bytes(&as), &why)) {
		transfer_skip(t, buf_text(&shown), why[0] != 0 ? why : "its name is not UTF-8");
		goto out;
	}
	if ((fd = openat(dir, entry, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) < 0 ||
	    fstat(fd, &st) != 0) {
		transfer_skip(t, buf_text(&shown),
		    errno == ELOOP ? "it is a symbolic link" : strerror(errno));
		goto out;
	}
	k = there_find(there, buf_bytes(&as));
	if (S_ISREG(st.st_mode)) {
		err = put_file(t, fd, buf_text(&shown), &st, folder, buf_bytes(&as), &k);
	} else if (S_ISDIR(st.st_mode) && (!k.is_there || k.to.is_folder)) {
		bool is_new = !k.is_there;

		if (is_new) {
			suite_random(k.to.vlob.b, ID_BYTES);
			k.to.is_folder = true;
			if ((err = batch_folder(t->load[GATHERED]->batch, &k.to.vlob)) == ZT_OK)
				err = batch_link(t->load[GATHERED]->batch, folder,
				    buf_bytes(&as), &k.to, BATCH_ABSENT);
		}
		if (err == ZT_OK)
			err =
			    put_folder(t, fd, buf_text(&shown), &k.to.vlob, is_new, depth + 1);
		fd = -1; /* closed by put_folder */
	} else {
		transfer_skip(t, buf_text(&shown), "it is neither a file nor a folder");
	}
out:
	if (fd >= 0)
		(void)close(fd);
	buf_free(&as);
	buf_free(&shown);
	return err;
}

/* All in the local folder DIR, which is closed. */
static enum zt_err
put_folder(struct transfer *t, int dir, const char *name, const struct id *folder, bool is_new,
    unsigned depth)
{
	DIR *d = depth < LIMIT_DEPTH ? fdopendir(dir) : NULL;
	struct there there = { 0 };
	struct dirent *e;
	enum zt_err err = ZT_OK;

	if (d == NULL) {
		transfer_skip(
		    t, name, depth < LIMIT_DEPTH ? strerror(errno) : "it is too deep");
		(void)close(dir);
		return ZT_OK;
	}
	if (!is_new)
		err = there_read(t->s, folder, name, &there);
	if (err == ZT_OK && there.is_unsure) {
		transfer_leave_out(t, ZT_ERR_CORRUPT, name,
		    client_words(t->z,
			"what lies in this folder cannot be read now, so nothing is written "
			"into it"));
		goto out;
	}
	while (err == ZT_OK && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			err = put_entry(t, dirfd(d), e->d_name, folder, &there, depth);
	if (err == ZT_OK && batch_is_full(t->load[GATHERED]->batch))
		err = move_on(t);
out:
	there_free(&there);
	(void)closedir(d);
	return err;
}

/* The folder that holds the last name of PATH, and what is there under that name. */
static enum zt_err
place_of(struct space *s, struct path *path, struct tree_entry *parent, struct known *k)
{
	struct there h = { 0 };
	enum zt_err err = tree_find(s, path, path->count - 1, parent);

	k->is_there = false;
	if (err == ZT_OK && !parent->is_folder)
		err = client_refuse(s->z, ZT_ERR_NOT_FOUND, "that path leads through a file");
	if (err == ZT_OK && (err = there_read(s, &parent->vlob, path->workspace, &h)) == ZT_OK)
		*k = there_find(&h, path->name[path->count - 1]);
	there_free(&h);
	return err;
}

static enum zt_err
put_any(struct transfer *t, int fd, const struct stat *st, const char *local, struct path *path)
{
	struct tree_entry parent, self = { .is_folder = true };
	struct known k = { .is_there = true, .to = { t->s->w->id, true } };
	struct bytes as =
	    bytes_text(strrchr(local, '/') != NULL ? strrchr(local, '/') + 1 : local);
	enum zt_err err = ZT_OK;

	if (path->count > 0 && (err = place_of(t->s, path, &parent, &k)))
		goto out;
	if (S_ISREG(st->st_mode)) {
		if (k.is_there && k.to.is_folder) { /* into that folder, under its own name */
			const char *why = "";

			if ((err = path_name_check(as, &why))) {
				err = client_refuse(t->z, err, "%s", why);
				goto out;
			}
			path->name[path->count++] = as;
			if ((err = place_of(t->s, path, &parent, &k)))
				goto out;
		}
		return put_file(
		    t, fd, local, st, &parent.vlob, path->name[path->count - 1], &k);
	}
	if (!S_ISDIR(st->st_mode) || (k.is_there && !k.to.is_folder)) {
		err = client_refuse(t->z, ZT_ERR_INVALID,
		    "%.180s: not a file or folder that fits there", local);
		goto out;
	}
	self = k.to;
	if (!k.is_there) {
		suite_random(self.vlob.b, ID_BYTES);
		self.is_folder = true;
		if ((err = batch_folder(t->load[GATHERED]->batch, &self.vlob)) ||
		    (err = batch_link(t->load[GATHERED]->batch, &parent.vlob,
			 path->name[path->count - 1], &self, BATCH_ABSENT)))
			goto out;
	}
	if ((fd = dup(fd)) < 0)
		return transfer_err(t->z, local, errno);
	return put_folder(t, fd, local, &self.vlob, !k.is_there, 0);
out:
	return err;
}

enum zt_err
zt_put(struct zt *z, const char *local, const char *remote, const struct zt_progress *p,
    uint64_t *files)
{
	struct transfer t = { .z = z };
	struct space *s;
	struct path path;
	struct stat st;
	int fd = -1;
	enum zt_err err;

	if ((err = tree_open(z, remote, &s, &path)))
		return err;
	if ((fd = open(local, O_RDONLY | O_CLOEXEC)) < 0 || fstat(fd, &st) != 0) {
		err = transfer_err(z, local, errno);
		goto out;
	}
	if ((err = transfer_begin(&t, z, s, p)) || (err = loads_new(&t)) ||
	    (err = put_any(&t, fd, &st, local, &path)) || (err = finish(&t)))
		goto out;
	err = transfer_spoiled(&t);
	if (files != NULL && err == ZT_OK)
		*files = t.files;
out:
	transfer_end(&t); /* first: what is under way writes into the batch's manifests */
	loads_free(&t);
	if (fd >= 0)
		(void)close(fd);
	return err;
}
