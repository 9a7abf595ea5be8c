/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* copy.c - copies a file, or a folder with its contents, also to another workspace: what one
 * workspace holds is sealed for the other on this device, piece by piece. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode/encode.h"
#include "rpc/call.h"
#include "zt/list.h"
#include "zt/reader.h"
#include "zt/writer.h"

#define PIECE ((size_t)1024 * 1024)
enum {
	ITEMS_MAX = 200000
}; /* files and folders: as much memory as their paths, and some 20 MB */

struct copying {
	struct call *c;
	char *piece; /* of PIECE bytes */
	uint64_t files, folders, left;
	uint64_t done, total; /* bytes */
};

/* FOLDER/NAME, which the caller frees; NULL: no memory. NAME ends before a slash. */
static char *
join(const char *folder, const char *name, size_t name_n)
{
	size_t n = strlen(folder);
	char *out = malloc(n + 1 + name_n + 1);

	if (out != NULL)
		(void)snprintf(out, n + name_n + 2, "%s%s%.*s", folder,
		    n > 0 && folder[n - 1] == '/' ? "" : "/", (int)name_n, name);
	return out;
}

/* The last name of PATH, of *N bytes; none of a workspace itself. */
static const char *
last_name(const char *path, size_t *n)
{
	size_t end = strlen(path), from;

	while (end > 0 && path[end - 1] == '/')
		end--;
	for (from = end; from > 0 && path[from - 1] != '/';)
		from--;
	*n = from > 0 ? end - from : 0;
	return path + from;
}

/* FROM stays behind, for the reason that libzt gave. */
static void
leave_out(struct copying *k, const char *from)
{
	k->left++;
	lane_skipped(k->c->lane, from, zt_error_message(k->c->z));
}

/* *IS_READING: what failed was to read. */
static enum zt_err
copy_bytes(struct copying *k, struct zt_reader *r, struct zt_writer *w, const char *from,
    bool *is_reading)
{
	uint64_t at = 0, size = zt_reader_size(r);
	enum zt_err err = ZT_OK;
	size_t n;

	while (err == ZT_OK && at < size) {
		*is_reading = true;
		if ((err = zt_reader_read(r, at, k->piece, PIECE, &n)))
			return err;
		*is_reading = false;
		err = zt_writer_write(w, at, k->piece, n);
		at += n;
		k->done += n;
		lane_step(k->c->lane, &(struct zt_progress_step){ .kind = ZT_PROGRESS_SEND,
					  .done = k->done,
					  .total = k->total,
					  .files = k->files,
					  .name = from });
	}
	return err;
}

/* Whether ERR says that the servers, or a member, lost or damaged what is read. */
static bool
is_lost(enum zt_err err)
{
	return err == ZT_ERR_MISSING_BLOCK || err == ZT_ERR_CORRUPT;
}

/* Copies the file FROM, whose details F has, to the free path TO. */
static enum zt_err
copy_file(struct copying *k, const char *from, const struct zt_file *f, const char *to)
{
	struct zt_reader *r = NULL;
	struct zt_writer *w = NULL;
	bool is_reading = false;
	enum zt_err err = zt_reader_open(k->c->z, from, 0, &r);

	if (is_lost(err)) {
		leave_out(k, from);
		return ZT_OK;
	}
	if (err != ZT_OK)
		return err;
	k->total += zt_reader_size(r);
	if ((err = zt_writer_open(k->c->z, to, 0, &w)))
		goto out;
	if (zt_writer_version(w) != 0) {
		err = call_refuse(k->c, ZT_ERR_EXISTS, "%s exists already", to);
		goto out;
	}
	if ((err = copy_bytes(k, r, w, from, &is_reading)) ||
	    (err = zt_writer_set_time(w, f->modified, f->modified_ns)) ||
	    (err = zt_writer_set_mode(w, f->mode & 07777)) ||
	    (err = zt_writer_commit(w, ZT_COMMIT_OR_CONFLICT, NULL)))
		goto out;
	k->files++;
out:
	if (is_reading && is_lost(err)) {
		leave_out(k, from);
		err = ZT_OK;
	}
	zt_writer_close(w);
	zt_reader_close(r);
	return err;
}

/* *TO, where it is a folder, becomes the place in it under the last name of FROM. */
static enum zt_err
aim(struct call *c, const char *from, char **to)
{
	struct zt_list *l = NULL;
	size_t n;
	const char *name = last_name(from, &n);
	char *inside;

	if (n == 0 || zt_list_open(c->z, *to, 0, ZT_LIST_NAMES, &l) != ZT_OK)
		return ZT_OK; /* what is wrong with it is found where something is made */
	zt_list_close(l);
	if ((inside = join(*to, name, n)) == NULL)
		return call_lack_memory(c);
	free(*to);
	*to = inside;
	return ZT_OK;
}

/* What a walk finds: all of it, before anything is made, so that a copy into itself ends. */
struct items {
	struct zt_file *list; /* their paths are from malloc */
	size_t count, cap;
	bool has_no_memory;
};

static void
take(void *ctx, const struct zt_file *f)
{
	struct items *all = ctx;
	struct zt_file *more;
	char *path;

	if (all->count == ITEMS_MAX + 1 || all->has_no_memory)
		return;
	if (all->count == all->cap) {
		size_t cap = 2 * all->cap + 64;

		if ((more = realloc(all->list, cap * sizeof *more)) == NULL) {
			all->has_no_memory = true;
			return;
		}
		all->list = more;
		all->cap = cap;
	}
	if ((path = strdup(f->path)) == NULL) {
		all->has_no_memory = true;
		return;
	}
	all->list[all->count] = *f;
	all->list[all->count++].path = path;
}

static void
items_free(struct items *all)
{
	for (size_t i = 0; i < all->count; i++)
		free((char *)all->list[i].path);
	free(all->list);
}

static enum zt_err
walk(struct copying *k, const char *from, struct items *out)
{
	enum zt_err err = zt_ls(k->c->z, from, true, true, take, out);

	if (out->has_no_memory)
		return call_lack_memory(k->c);
	if (out->count > ITEMS_MAX)
		return call_refuse_number(k->c, ZT_ERR_TOO_BIG,
		    "more than %s files and folders are not copied at once", ITEMS_MAX);
	if (is_lost(err)) { /* an older version was listed, or nothing of one folder */
		leave_out(k, from);
		return ZT_OK;
	}
	return err;
}

/* The names of a path: those behind the workspace's. */
static size_t
count_names(const char *path)
{
	size_t n = 0;

	for (const char *p = path; *p != 0; p++)
		n += p[0] == '/' && p[1] != '/' && p[1] != 0;
	return n;
}

/* PATH behind its first N names, without a slash; "" behind the last. */
static const char *
behind(const char *path, size_t n)
{
	for (; *path == '/' && n > 0; n--)
		path += 1 + strcspn(path + 1, "/");
	return path + (*path == '/');
}

/* Copies F, which is at REST below FROM, to its place below TO. */
static enum zt_err
copy_item(struct copying *k, const char *from, const struct zt_file *f, const char *rest,
    const char *to)
{
	char *source = join(from, rest, strlen(rest)), *target = join(to, rest, strlen(rest));
	enum zt_err err;

	if (source == NULL || target == NULL)
		err = call_lack_memory(k->c);
	else if (!f->is_folder)
		err = copy_file(k, source, f, target);
	else if ((err = zt_mkdir(k->c->z, target)) == ZT_OK)
		k->folders++;
	free(source);
	free(target);
	return err;
}

static enum zt_err
copy(struct copying *k, const char *from, char **to)
{
	struct items all = { .count = 0 };
	size_t n = count_names(from);
	enum zt_err err;

	if ((err = walk(k, from, &all)) || (err = aim(k->c, from, to)))
		goto out;
	if (all.count == 1 && behind(all.list[0].path, n)[0] == 0) {
		err = copy_file(k, from, &all.list[0], *to);
		goto out;
	}
	if ((err = zt_mkdir(k->c->z, *to)))
		goto out;
	k->folders++;
	for (size_t i = 0; err == ZT_OK && i < all.count; i++)
		err = copy_item(k, from, &all.list[i], behind(all.list[i].path, n), *to);
out:
	items_free(&all);
	return err;
}

enum zt_err
method_files_copy(struct call *c)
{
	struct copying k = { .c = c, .piece = malloc(PIECE) };
	char *to = strdup(call_text(c, "to"));
	enum zt_err err = k.piece != NULL && to != NULL ? copy(&k, call_text(c, "from"), &to)
							: call_lack_memory(c);

	if (err == ZT_OK)
		err = call_answer(c, ZT_OK,
		    json_pack("{s:o,s:o,s:o,s:o}", "path", encode_text(to), "files",
			encode_number(k.files), "folders", encode_number(k.folders), "left",
			encode_number(k.left)));
	free(to);
	free(k.piece);
	return err;
}
