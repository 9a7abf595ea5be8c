/* SPDX-License-Identifier: Apache-2.0 */
/* file.c - the functions of zt/file.h that take a device. */
#include "zt/file.h"
#include "zt/history.h"

#include "disk/verbs.h"
#include "handles/reader.h"
#include "handles/verbs.h"
#include "log/enter.h"
#include "restore/verbs.h"
#include "tree/verbs.h"

enum zt_err
zt_put(struct zt *z, const char *local, const char *remote, const struct zt_progress *p,
    uint64_t *files)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = disk_put(z, local, remote, p, files);
	return log_leave(z, err);
}

enum zt_err
zt_get(struct zt *z, const char *remote, const char *local, const struct zt_progress *p,
    uint64_t *files)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = disk_get(z, remote, local, p, files);
	return log_leave(z, err);
}

enum zt_err
zt_ls(struct zt *z, const char *remote, bool recursive, bool details,
    void (*each)(void *ctx, const struct zt_file *f), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = tree_ls(z, remote, recursive, details, each, ctx);
	return log_leave(z, err);
}

enum zt_err
zt_ls_at(struct zt *z, const char *remote, uint64_t time, bool recursive, bool details,
    void (*each)(void *ctx, const struct zt_file *f), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = tree_ls_at(z, remote, time, recursive, details, each, ctx);
	return log_leave(z, err);
}

enum zt_err
zt_mkdir(struct zt *z, const char *remote)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = tree_mkdir(z, remote);
	return log_leave(z, err);
}

enum zt_err
zt_mv(struct zt *z, const char *from, const char *to, char **as)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = tree_mv(z, from, to, as);
	return log_leave(z, err);
}

enum zt_err
zt_rm(struct zt *z, const char *remote, bool recursive)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = tree_rm(z, remote, recursive);
	return log_leave(z, err);
}

enum zt_err
zt_history(struct zt *z, const char *remote,
    void (*each)(void *ctx, const struct zt_version *v), void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = tree_history(z, remote, each, ctx);
	return log_leave(z, err);
}

enum zt_err
zt_restore(struct zt *z, const char *remote, uint64_t version, uint64_t time)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = restore_at(z, remote, version, time);
	return log_leave(z, err);
}

enum zt_err
zt_trash(struct zt *z, const char *where, void (*each)(void *ctx, const struct zt_removed *r),
    void *ctx)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = restore_trash(z, where, each, ctx);
	return log_leave(z, err);
}

enum zt_err
zt_restore_removed(struct zt *z, const char *remote, const char *id)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK)
		err = restore_by_id(z, remote, id);
	return log_leave(z, err);
}

/* What no folder names is looked for in what was just verified, and where nothing is damaged:
 * the trash would name that a second time. */
enum zt_err
zt_verify(
    struct zt *z, const char *workspace, const struct zt_progress *p, struct zt_check *out)
{
	enum zt_err err = log_enter(z);

	if (err == ZT_OK && (err = tree_verify(z, workspace, p, out)) == ZT_OK &&
	    (err = restore_count_unlinked(z, workspace, &out->unlinked)) != ZT_OK &&
	    err != ZT_ERR_INTERRUPTED) {
		out->unlinked = ZT_UNLINKED_UNKNOWN; /* all else is verified */
		err = ZT_OK;
	}
	return log_leave(z, err);
}

/* The device is taken while the file is found; others, also other processes, may have it while
 * this one is read: that takes as long as who reads it wants. */
enum zt_err
zt_cat(struct zt *z, const char *remote, uint64_t version, int fd)
{
	struct zt_reader *r = NULL;
	enum zt_err err = log_enter(z);

	if (err == ZT_OK && (err = handle_reader_open(z, remote, version, &r)) == ZT_OK)
		log_rest(z);
	if (err == ZT_OK)
		err = reader_pour(r, fd);
	zt_reader_close(r);
	/* Z has the folder between calls, unless somebody took it: then the next call does. */
	if (err == ZT_OK && log_wake(z, false) != ZT_OK)
		z->message[0] = 0;
	return log_leave(z, err);
}
