/* SPDX-License-Identifier: Apache-2.0 */
/* download.c - the command: a file or a folder down, and again when others changed it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chain/workspace.h"
#include "content/fetch.h"
#include "content/lend.h"
#include "content/local.h"
#include "content/transfer.h"
#include "disk/download_tree.h"
#include "disk/place.h"
#include "disk/verbs.h"
#include "format/limits.h"
#include "handles/reader.h"
#include "session/session.h"
#include "tree/tree.h"

/* The folder of LOCAL, opened, and the last name of it. */
static int
open_parent(const char *local, const char **name)
{
	const char *slash = strrchr(local, '/');
	char folder[4096];

	*name = slash != NULL ? slash + 1 : local;
	if (slash == NULL)
		return open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)snprintf(
	    folder, sizeof folder, "%.*s", slash == local ? 1 : (int)(slash - local), local);
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Into what is no file and no folder: a pipe, a terminal, /dev/null. In order, and not renamed
 * over. */
static enum zt_err
get_stream(struct transfer *t, Zt__Manifest **m, const char *local)
{
	struct zt_reader *r = NULL;
	bool is_output = strcmp(local, "-") == 0;
	int fd = is_output ? STDOUT_FILENO : open(local, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	enum zt_err err;

	if (fd < 0)
		return transfer_err(t->z, local, errno);
	if ((err = reader_new(t->s, m, &r)) == ZT_OK) {
		lend_begin(t); /* to the end: who reads it may be a person */
		err = reader_pour(r, fd);
	}
	zt_reader_close(r);
	if (!is_output && close(fd) != 0 && err == ZT_OK)
		err = transfer_err(t->z, local, errno);
	t->files += err == ZT_OK;
	return err;
}

static bool
is_stream(const char *local)
{
	struct stat st;

	return strcmp(local, "-") == 0 ||
	       (stat(local, &st) == 0 && (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)));
}

/* The folder and the name of the local file. */
static enum zt_err
find_local(struct transfer *t, const struct path *path, const char *local, struct buf *own,
    const char **name, struct folder **in)
{
	struct stat st;
	int dir;

	if (stat(local, &st) == 0 && S_ISDIR(st.st_mode)) {
		buf_add(own, path->name[path->count - 1]);
		*name = buf_text(own);
		dir = open(local, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	} else {
		dir = open_parent(local, name);
	}
	return dir < 0 ? transfer_err(t->z, local, errno) : folder_new(t, dir, false, in);
}

/* F to AT, while others may have the device. */
static enum zt_err
get_file(struct transfer *t, const struct file_writer_place *at, const Zt__FileManifest *f)
{
	struct file_writer *k;
	enum zt_err err = place_file(t, at, f, &k), back;

	while (err == ZT_OK && k != NULL) {
		if (f->size >= LEND_BYTES)
			lend_begin(t);
		if ((err = place_fetch(t, f, &k)) == ZT_OK &&
		    (err = fetch_shared(t)) == ZT_OK && t->is_lent)
			err = transfer_drain(t);
		back = lend_end(t);
		err = err ? err : back;
		if (err == ZT_OK && k != NULL)
			err = place_again(t, f, &k);
	}
	if (k != NULL)
		file_writer_drop(k);
	return err;
}

static enum zt_err
get_one(struct transfer *t, const struct id *vlob, const struct path *path, const char *local)
{
	struct workspace_object o = { .vlob = *vlob };
	Zt__Manifest *m = NULL;
	struct buf own = buf_init(LIMIT_NAME);
	struct file_writer_place at = { .name = local };
	enum zt_err err = ZT_OK;

	if (!is_stream(local))
		err = find_local(t, path, local, &own, &at.name, &at.in);
	if (err || (err = workspace_read_one(t->s, &o, &m)))
		goto out;
	at.shown = at.name;
	at.what = (struct local){ t->s->w->id, *vlob, o.v.version };
	at.author = o.v.author;
	transfer_damaged(t, at.name, &o);
	if (m == NULL && o.damaged == 0)
		err = session_refuse(t->z, ZT_ERR_CORRUPT, "a file without a version");
	else if (m != NULL && at.in == NULL)
		err = get_stream(t, &m, local);
	else if (m != NULL)
		err = get_file(t, &at, m->file);
out:
	folder_drop(at.in);
	buf_free(&own);
	pb_wipe(m);
	return err;
}

/* One look after the other at the same, wherever it is by then. */
struct looks {
	struct tree_entry at;        /* as the first found it */
	char workspace[ID_TEXT + 2]; /* where: its id and ":"; "" before */
	bool is_last;                /* others cannot change the workspace meanwhile */
	bool again;                  /* they did, in a folder that was read */
	struct idmap named;          /* what was named */
};

static enum zt_err
get_once(struct transfer *t, const char *remote, const char *local, const struct zt_progress *p,
    struct looks *looks)
{
	struct zt *z = t->z;
	struct workspace *s;
	struct path path;
	uint64_t foreign;
	bool is_made = false, is_altered = false, is_first = looks->workspace[0] == 0;
	int dir;
	enum zt_err err;

	looks->again = false;
	if ((err = tree_open(z, is_first ? remote : looks->workspace, &s, &path)) ||
	    (is_first && (err = tree_find(s, &path, path.count, &looks->at))) ||
	    (err = transfer_begin(t, s, ZT_PROGRESS_FETCH, p)))
		return err;
	foreign = z->foreign;
	id_print(&s->w->id, looks->workspace);
	looks->workspace[ID_TEXT - 1] = ':';
	t->keeps = looks->is_last;
	t->named = &looks->named;
	if (!looks->at.is_folder) {
		err = get_one(t, &looks->at.vlob, &path, local);
	} else if (strcmp(local, "-") == 0) {
		err = session_refuse(z, ZT_ERR_INVALID, "that is a folder");
	} else if ((!(is_made = mkdir(local, 0700) == 0) && errno != EEXIST) ||
		   (dir = open(local, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
		err = errno == ENOTDIR ? session_refuse(z, ZT_ERR_EXISTS,
					     "%.180s is no folder, and stays; name another "
					     "place for this folder",
					     local)
				       : transfer_err(z, local, errno);
	} else {
		err = download_tree(t, &looks->at.vlob, dir, is_made, &is_altered);
		(void)close(dir);
	}
	if (err == ZT_OK)
		err = lend_while(t, NULL);
	transfer_note(t);
	if (err == ZT_OK)
		err = transfer_skipped(t);
	looks->again = is_altered && z->foreign != foreign;
	return err;
}

enum zt_err
disk_get(struct zt *z, const char *remote, const char *local, const struct zt_progress *p,
    uint64_t *files)
{
	enum { TRIES = 5 };
	struct looks looks = { .again = true };
	uint64_t got = 0;
	enum zt_err err = ZT_OK;

	/* What was moved while the device was lent may be in a folder that was read before: all
	 * is looked through again, and what is here by then is not fetched. Where others go on
	 * and on, the last look keeps the device: little is left to be fetched. */
	for (int tries = 1; looks.again; tries++) {
		struct transfer t = { .z = z };

		looks.is_last = tries == TRIES;
		err = get_once(&t, remote, local, p, &looks);
		got += t.files;
		transfer_end(&t);
		looks.again =
		    looks.again && !looks.is_last && (err == ZT_OK || err == ZT_ERR_SOME);
	}
	idmap_free(&looks.named, NULL);
	if (err == ZT_OK)
		err = chain_end_reading(z);
	if (files != NULL && (err == ZT_OK || err == ZT_ERR_SOME))
		*files = got;
	return err;
}
