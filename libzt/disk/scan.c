/* SPDX-License-Identifier: Apache-2.0 */
#include "disk/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"
#include "base/vec.h"
#include "chain/objects.h"
#include "chain/workspace.h"
#include "content/local.h"
#include "content/send.h"
#include "content/temp.h"
#include "content/transfer.h"
#include "format/limits.h"
#include "format/pb.h"
#include "session/session.h"

void
scan_free(struct local_folder *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->entries[i].local);
		buf_free(&f->entries[i].as);
		buf_free(&f->entries[i].shown);
		pb_wipe(f->entries[i].m);
	}
	free(f->entries);
	free(f->objects);
	free(f->of);
}

void
scan_exclude(const struct local_folder *f, struct local_entry *e, const char *message)
{
	e->is_excluded = true;
	transfer_exclude(
	    f->t, ZT_ERR_SOME, buf_text(&e->shown), session_translate(f->t->z, message));
}

/* What the entry is, and under which name it is sent. What cannot is named. */
static void
look_at_entry(struct local_folder *f, struct local_entry *e)
{
	const char *message = "";
	struct stat *st = &e->st;

	if (fstatat(f->dir, e->local, st, AT_SYMLINK_NOFOLLOW) != 0)
		scan_exclude(f, e, strerror(errno));
	else if (S_ISLNK(st->st_mode))
		scan_exclude(f, e, "it is a symbolic link");
	else if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		scan_exclude(f, e, "it is neither a file nor a folder");
	else if (utf8_normal(bytes_text(e->local), &e->as))
		scan_exclude(f, e, "its name is not UTF-8");
	else if (path_name_check(buf_bytes(&e->as), &message))
		scan_exclude(f, e, message);
	else if (f->depth >= LIMIT_DEPTH)
		scan_exclude(f, e, "folders in folders: it is too deep");
	else if (S_ISREG(st->st_mode) && !send_fits(st))
		scan_exclude(f, e, "it is larger than a file may be");
	if (e->is_excluded)
		return;
	if (S_ISDIR(st->st_mode) && st->st_dev == f->own->st_dev &&
	    st->st_ino == f->own->st_ino) {
		e->is_excluded = true; /* these keys are nobody else's; nothing is missing */
		transfer_skip(f->t, buf_text(&e->shown),
		    session_translate(f->t->z, "it is the state folder of this very device"));
	} else if (temp_has_form(e->local)) {
		e->is_excluded = true;
		transfer_skip(f->t, buf_text(&e->shown),
		    session_translate(f->t->z, "a download that did not end left it behind"));
	}
}

static enum zt_err
add_entry(struct local_folder *f, const char *name)
{
	struct local_entry *e;
	enum zt_err err = vec_room(&f->entries, f->count, &f->cap, sizeof *f->entries);

	if (err)
		return err;
	e = &f->entries[f->count];
	*e = (struct local_entry){ .local = strdup(name),
		.as = buf_init(8 * LIMIT_NAME),
		.shown = buf_init(PATH_TEXT_MAX * 8) };
	if (e->local == NULL)
		return ZT_ERR_MEMORY;
	f->count++;
	buf_printf(&e->shown, "%s/", f->shown);
	buf_add_text(&e->shown, name);
	if ((err = buf_err(&e->shown)) == ZT_OK)
		look_at_entry(f, e);
	return err;
}

static int
by_name(const void *a, const void *b)
{
	const struct local_entry *x = a, *y = b;
	int order = bytes_order(buf_bytes(&x->as), buf_bytes(&y->as));

	if (order != 0)
		return order;
	/* the one that is in normal form already is sent under its own name */
	order = bytes_equal(bytes_text(y->local), buf_bytes(&y->as));
	order -= bytes_equal(bytes_text(x->local), buf_bytes(&x->as));
	return order != 0 ? order : strcmp(x->local, y->local);
}

/* Two names that are one but for their normal form: the second stays here. */
static void
leave_out_doubles(struct local_folder *f)
{
	for (size_t i = 1, first = 0; i < f->count; i++) {
		struct local_entry *e = &f->entries[i], *before = &f->entries[first];

		if (e->is_excluded || before->is_excluded ||
		    !bytes_equal(buf_bytes(&e->as), buf_bytes(&before->as))) {
			first = i;
			continue;
		}
		scan_exclude(f, e,
		    "another file here has the same name, its accents composed otherwise");
	}
}

enum zt_err
scan_local(struct local_folder *f)
{
	DIR *d;
	struct dirent *e;
	int fd = dup(f->dir);
	enum zt_err err = ZT_OK;

	if (fd < 0 || (d = fdopendir(fd)) == NULL) {
		transfer_exclude(f->t, ZT_ERR_SOME, f->shown, strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return ZT_OK;
	}
	errno = 0;
	while (err == ZT_OK && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			err = add_entry(f, e->d_name);
		errno = 0;
	}
	if (err == ZT_OK && errno != 0)
		transfer_exclude(f->t, ZT_ERR_SOME, f->shown, strerror(errno));
	(void)closedir(d);
	if (err == ZT_OK && f->count > 0) {
		qsort(f->entries, f->count, sizeof *f->entries, by_name);
		leave_out_doubles(f);
	}
	return err;
}

/* ---- what is there of it ---- */

static enum zt_err
keep_manifest(void *ctx, size_t i, Zt__Manifest **m)
{
	struct local_folder *f = ctx;

	/* what is damaged is written again */
	if (*m != NULL && f->objects[i].damaged == 0) {
		f->entries[f->of[i]].m = *m;
		f->entries[f->of[i]].v = f->objects[i].v;
		*m = NULL;
	}
	return ZT_OK;
}

/* Finds F's entries in THERE. A file that this device sent or wrote, and nobody changed since,
 * is known to be the same; of all others, what they hold there is fetched together. */
enum zt_err
scan_match(struct local_folder *f, const Zt__FolderManifest *there)
{
	struct workspace *s = f->t->s;
	size_t n = 0, k;

	f->objects = calloc(f->count + 1, sizeof *f->objects);
	f->of = calloc(f->count + 1, sizeof *f->of);
	if (f->objects == NULL || f->of == NULL)
		return ZT_ERR_MEMORY;
	for (size_t i = 0; i < f->count; i++) {
		struct local_entry *e = &f->entries[i];
		struct workspace_version v;

		if (e->is_excluded || !manifest_find(there, buf_bytes(&e->as), &k))
			continue;
		e->is_there = true;
		e->there.is_folder = there->entries[k]->folder;
		memcpy(e->there.vlob.b, there->entries[k]->vlob.data, ID_BYTES);
		if (e->there.is_folder || !S_ISREG(e->st.st_mode))
			continue;
		if (!s->z->rereads && workspace_version(s, &e->there.vlob, 0, &v) == ZT_OK &&
		    local_is(s, &e->st, &e->there.vlob, v.version)) {
			e->is_same = true;
			continue;
		}
		f->objects[n] = (struct workspace_object){ .vlob = e->there.vlob };
		f->of[n++] = i;
	}
	return workspace_read(s, f->objects, n, keep_manifest, f);
}

/* Whether all of F finds room in the remote folder, before anything of it is sent. */
bool
scan_has_room(const struct local_folder *f, const Zt__FolderManifest *there)
{
	enum { ENTRY = 32 };
	size_t entries = there != NULL ? there->n_entries : 0, bytes = 0;

	for (size_t i = 0; i < entries; i++)
		bytes += there->entries[i]->name.len + ENTRY;
	for (size_t i = 0; i < f->count; i++)
		if (!f->entries[i].is_excluded && !f->entries[i].is_there) {
			entries++;
			bytes += f->entries[i].as.n + ENTRY;
		}
	return entries <= LIMIT_FOLDER && bytes <= LIMIT_MANIFEST - 65536;
}
