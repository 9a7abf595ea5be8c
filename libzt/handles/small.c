/* SPDX-License-Identifier: Apache-2.0 */
/* small.c - many small files at once: the blocks that they share, if they have any, then one
 * changeset. */
#include <stdlib.h>
#include <string.h>

#include "content/send.h"
#include "content/transfer.h"
#include "crypto/suite.h"
#include "files/manifest.h"
#include "format/limits.h"
#include "format/pb.h"
#include "handles/verbs.h"
#include "handles/writer.h"
#include "log/enter.h"
#include "session/session.h"
#include "tree/names.h"

/* One of them. */
struct small {
	struct buf remote;         /* its whole path */
	struct id fresh;           /* what becomes of it when nothing is there */
	Zt__FileManifest *content; /* in a block, or as it rides in the manifest */
};

struct act {
	const struct zt_small *files;
	struct small *small;
	size_t count;
	/* Of the last one, which most others share. */
	char *folder;
	size_t folder_n;
	struct tree_entry parent;
	struct tree_look look;
};

static enum zt_err
compose(const struct zt_small *file, const Zt__FileManifest *content, Zt__Manifest **out)
{
	Zt__Manifest *m = manifest_new_file();
	enum zt_err err = ZT_OK;

	if (m == NULL)
		return ZT_ERR_MEMORY;
	m->file->size = file->n;
	m->file->mode = 0644;
	m->file->modified = file->seconds;
	m->file->modified_ns = file->nanoseconds;
	if (content->content_case == ZT__FILE_MANIFEST__CONTENT_BLOCKS) {
		if ((err = manifest_begin_blocks(m->file, 1, LIMIT_BLOCK)) == ZT_OK)
			err = manifest_add_block(m->file, content->blocks->blocks[0]);
	} else if (content->content_case == ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT) {
		m->file->content_case = ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT;
		err = pb_copy(content->inline_content, &m->file->inline_content);
	}
	if (err) {
		pb_wipe(m);
		return err;
	}
	*out = m;
	return ZT_OK;
}

/* The folder of PATH, whose text is REMOTE, into A->parent. */
static enum zt_err
find_parent(struct act *a, struct workspace *s, const struct path *path, const char *remote)
{
	size_t n = (size_t)(strrchr(remote, '/') - remote);
	enum zt_err err;

	if (a->folder != NULL && a->folder_n == n && memcmp(a->folder, remote, n) == 0)
		return ZT_OK;
	free(a->folder);
	if ((a->folder = strdup(remote)) == NULL)
		return ZT_ERR_MEMORY;
	a->folder_n = n;
	if ((err = tree_parent(s, path, &a->parent))) {
		free(a->folder);
		a->folder = NULL;
	}
	return err;
}

/* What SMALL becomes, as a change of B. */
static enum zt_err
write_one(struct act *a, struct workspace *s, const struct zt_small *file, struct small *small,
    struct batch *b)
{
	struct tree_entry at = { .is_folder = false };
	const char *message = "";
	Zt__Manifest *m = NULL;
	struct path path;
	bool is_there = false;
	enum zt_err err;

	if ((err = path_parse(buf_text(&small->remote), &path, &message)))
		return session_refuse(s->z, err, "%s", message);
	if (path.count > LIMIT_DEPTH)
		return session_refuse(s->z, ZT_ERR_TOO_BIG, "the path is too deep");
	if ((err = find_parent(a, s, &path, buf_text(&small->remote))) ||
	    (err = tree_look_up(
		 s, &a->look, &a->parent.vlob, path.name[path.count - 1], &at, &is_there)))
		return err;
	if (a->look.m == NULL) { /* it is damaged, which is said */
		err = tree_find(s, &path, path.count, &at);
		is_there = err == ZT_OK;
		if (err && err != ZT_ERR_NOT_FOUND)
			return err;
	}
	if (is_there && at.is_folder)
		return writer_refuse_folder(s->z, &path);
	if (!is_there)
		at = (struct tree_entry){ .vlob = small->fresh };
	s->z->message[0] = 0;
	if ((err = compose(file, small->content, &m)) ||
	    (err = batch_write(b, &at.vlob, m, true, 0)))
		return err;
	return is_there ? ZT_OK
			: batch_link(
			      b, &a->parent.vlob, path.name[path.count - 1], &at, BATCH_ABSENT);
}

static void
forget_folder(struct act *a)
{
	free(a->folder);
	a->folder = NULL;
	pb_wipe(a->look.m);
	a->look.m = NULL;
}

static enum zt_err
write_all(void *ctx, struct workspace *s, const struct path *path, struct batch *b)
{
	struct act *a = ctx;
	enum zt_err err = ZT_OK;

	(void)path;
	forget_folder(a); /* others may have changed it */
	for (size_t i = 0; err == ZT_OK && i < a->count; i++)
		err = write_one(a, s, &a->files[i], &a->small[i], b);
	return err;
}

/* Sends the content in blocks that the files share, as a put does. */
static enum zt_err
send_blocks(struct workspace *s, const struct act *a)
{
	struct push push = { 0 };
	struct transfer *t = calloc(1, sizeof *t);
	enum zt_err err = ZT_ERR_MEMORY;

	if (t == NULL)
		return err;
	if ((err = transfer_begin(t, s, ZT_PROGRESS_SEND, NULL)))
		goto out;
	t->push[0] = &push;
	for (size_t i = 0; err == ZT_OK && i < a->count; i++)
		err =
		    send_bytes(t, bytes_of(a->files[i].p, a->files[i].n), a->small[i].content);
	if (err == ZT_OK)
		send_gathered(t);
	if (err == ZT_OK)
		err = transfer_drain(t);
out:
	transfer_end(t);
	free(t);
	return err;
}

/* All content is so little that it rides in the manifests. */
static enum zt_err
keep_inline(const struct act *a)
{
	for (size_t i = 0; i < a->count; i++) {
		Zt__FileManifest *f = a->small[i].content;
		ProtobufCBinaryData clear =
		    pb_field((uint8_t *)(uintptr_t)a->files[i].p, a->files[i].n);

		if (clear.len == 0)
			continue;
		f->content_case = ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT;
		if (pb_copy(clear, &f->inline_content))
			return ZT_ERR_MEMORY;
	}
	return ZT_OK;
}

/* Whether the files can be written so; their paths, and room for what they hold. */
static enum zt_err
prepare(struct zt *z, const char *remote, struct act *a)
{
	const char *slash = remote[strlen(remote) - 1] == '/' ? "" : "/";
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < a->count; i++) {
		struct small *one = &a->small[i];
		size_t k = strlen(a->files[i].name);

		if (k == 0 || a->files[i].name[k - 1] == '/')
			return session_refuse(z, ZT_ERR_NAME, "a file has no name");
		if (a->files[i].n > ZT_SMALL_MAX || a->files[i].nanoseconds >= 1000000000)
			return session_refuse(z, ZT_ERR_INVALID, "a file is not small");
		random_bytes(one->fresh.b, ID_BYTES);
		if ((one->content = malloc(sizeof *one->content)) == NULL)
			return ZT_ERR_MEMORY;
		zt__file_manifest__init(one->content);
		buf_printf(&one->remote, "%s%s%s", remote, slash, a->files[i].name);
		err = buf_err(&one->remote);
	}
	return err;
}

enum zt_err
handle_write_small(struct zt *z, const char *remote, const struct zt_small *files, size_t count)
{
	struct act a = { .files = files, .count = count };
	struct workspace *s = NULL;
	struct path path;
	size_t bytes = 0;
	enum zt_err err;

	z->message[0] = 0;
	if (count == 0)
		return ZT_OK;
	if (count > ZT_SMALL_COUNT || remote[0] == 0)
		return session_refuse(z, ZT_ERR_INVALID, "these are too many files at once");
	if ((a.small = calloc(count, sizeof *a.small)) == NULL)
		return ZT_ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		a.small[i].remote = buf_init(PATH_TEXT_MAX + 2 * LIMIT_NAME);
		bytes += files[i].n < LIMIT_BLOCK ? files[i].n : LIMIT_BLOCK;
	}
	if ((err = prepare(z, remote, &a)))
		goto out;
	/* Blocks go while other handles may have the store. */
	if (bytes > LIMIT_INLINE) {
		if ((err = log_enter(z)) == ZT_OK)
			err = tree_open(z, remote, &s, &path);
		if ((err = log_leave(z, err)) || (err = send_blocks(s, &a)))
			goto out;
	} else if ((err = keep_inline(&a))) {
		goto out;
	}
	if ((err = log_enter(z)) == ZT_OK)
		err = tree_act(z, remote, write_all, &a);
	err = log_leave(z, err);
out:
	forget_folder(&a);
	for (size_t i = 0; i < count; i++) {
		buf_free(&a.small[i].remote);
		pb_wipe(a.small[i].content);
	}
	free(a.small);
	return err;
}
