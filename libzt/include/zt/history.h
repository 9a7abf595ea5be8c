/* SPDX-License-Identifier: Apache-2.0 */
/* zt/history.h - versions of files and folders, and what was removed: listed and restored. */
#ifndef ZT_HISTORY_H
#define ZT_HISTORY_H

#include "zt/zt.h"

#ifdef __cplusplus
extern "C" {
#endif

struct zt_version {
	uint64_t version, time, size, position;
	const char *author;         /* e-mail, or id */
	bool is_newest, is_damaged; /* IS_DAMAGED: does not open, or is missing on the
				     * servers */
};

/* An object that was removed from the tree and is not in it now. */
struct zt_removed {
	const char *path; /* its last place, with the current names of its folders */
	char id[33];      /* for zt_restore_removed */
	bool is_folder;
	uint64_t last_there; /* milliseconds since 1970: it was in the tree at that time */
	uint64_t removed;    /* milliseconds since 1970: removed by then */
	const char *by;      /* the remover's e-mail, or "" */
	/* It was not removed: no folder that counts ever named it, as when who linked it lost
	 * access before that counted. PATH is what that link says, or made of the id; both
	 * times are those of its newest version, and BY wrote that. */
	bool is_unlinked;
};

/* Lists the versions of REMOTE, the oldest first. */
ZT_CALL enum zt_err zt_history(struct zt *z, const char *remote,
    void (*each)(void *ctx, const struct zt_version *v), void *ctx);
/* Restores VERSION of a file or folder as a new version, or with VERSION 0 its state at TIME.
 * At TIME, a folder is restored with its contents of then; by VERSION, only its list of names.
 * Removed objects are found in older versions of the folder, and return to their place;
 * objects moved elsewhere stay there. With both 0, restores a removed REMOTE as it was when
 * removed. Errors: EXISTS (REMOTE itself was moved, or exists). */
ZT_CALL enum zt_err zt_restore(
    struct zt *z, const char *remote, uint64_t version, uint64_t time);
/* Lists the objects removed from the tree of WORKSPACE (or of WORKSPACE:/PATH: there and
 * below), each with its last place, and those that no folder names (is_unlinked). What lay in a
 * removed folder when that was removed is not listed by itself; what had been removed from it
 * before is. */
ZT_CALL enum zt_err zt_trash(struct zt *z, const char *where,
    void (*each)(void *ctx, const struct zt_removed *r), void *ctx);
/* Restores the removed object ID, as it was when removed, at the free path REMOTE. Errors:
 * NOT_FOUND, EXISTS (the object is in the tree, or REMOTE exists). */
ZT_CALL enum zt_err zt_restore_removed(struct zt *z, const char *remote, const char *id);

#ifdef __cplusplus
}
#endif

#endif
