/* zt/file.h - files and folders, addressed as WORKSPACE:/path. */
#ifndef ZT_FILE_H
#define ZT_FILE_H

#include "zt/zt.h"

struct zt_progress {
	void *ctx;
	/* How far a transfer is; TOTAL grows while a tree is walked. NULL: not wanted. */
	void (*step)(
	    void *ctx, uint64_t done, uint64_t total, uint64_t files, const char *name);
	/* Something was left out, with the reason; the transfer goes on. NULL: not wanted. */
	void (*skipped)(void *ctx, const char *name, const char *why);
	/* zt_put sends nothing, and names here each file that it would send. NULL: it sends. */
	void (*would)(void *ctx, const char *name);
};
struct zt_file {
	const char *path; /* within the workspace */
	bool is_folder;
	uint64_t size, version; /* zero unless details were asked for */
	int64_t modified;       /* seconds since 1970 */
	unsigned modified_ns, mode;
};
struct zt_version {
	uint64_t version, time, size, position;
	const char *author;         /* e-mail, or id */
	bool is_newest, is_damaged; /* it does not open, or the servers lack it */
};
/* What stood in the tree once, and stands nowhere in it now. */
struct zt_removed {
	const char *path; /* where it stood last, by the names that its folders have now */
	char id[33];      /* for zt_restore_removed */
	bool is_folder;
	uint64_t last_there; /* milliseconds since 1970: the tree at that time had it */
	uint64_t removed;    /* and at this time not any more */
	const char *by;      /* who removed it: e-mail, or "" */
};
struct zt_check {
	uint64_t changesets, skipped, folders, files, blocks, bytes;
};

/* Uploads a file, or a folder with all in it, and returns when the servers hold it durably.
 * What is there with the same size and time is not sent again, so that a broken upload can be
 * finished by the same call. *FILES, when not NULL, counts what was sent. */
ZT_CALL enum zt_err zt_put(struct zt *z, const char *local, const char *remote,
    const struct zt_progress *p, uint64_t *files);
/* Downloads a file or folder to LOCAL, which for a folder may exist; *FILES, when not NULL,
 * counts what was written, without what was there already. Every byte is verified
 * before it takes its name. What is there already gives way if zt wrote it and nobody changed
 * it since (zt_options.overwrite: always), else that file is left out, and the call ends with
 * EXISTS. A file whose content the servers
 * have lost or damaged is left out and told to SKIPPED; so is a file or folder that somebody
 * spoiled, of which the newest version that opens comes. All others come, and the call ends
 * with MISSING_BLOCK, CORRUPT or what else is wrong with the first. */
ZT_CALL enum zt_err zt_get(struct zt *z, const char *remote, const char *local,
    const struct zt_progress *p, uint64_t *files);
/* Writes a file to FD. VERSION 0 is the newest. */
ZT_CALL enum zt_err zt_cat(struct zt *z, const char *remote, uint64_t version, int fd);
ZT_CALL enum zt_err zt_ls(struct zt *z, const char *remote, bool recursive, bool details,
    void (*each)(void *ctx, const struct zt_file *f), void *ctx);
/* The same of the tree as it was at TIME; 0: as it is. */
ZT_CALL enum zt_err zt_ls_at(struct zt *z, const char *remote, uint64_t time, bool recursive,
    bool details, void (*each)(void *ctx, const struct zt_file *f), void *ctx);
ZT_CALL enum zt_err zt_mkdir(struct zt *z, const char *remote);
ZT_CALL enum zt_err zt_mv(struct zt *z, const char *from, const char *to);
/* Takes a file, or a folder with all in it when RECURSIVE, out of its folder; history keeps it.
 */
ZT_CALL enum zt_err zt_rm(struct zt *z, const char *remote, bool recursive);
ZT_CALL enum zt_err zt_history(struct zt *z, const char *remote,
    void (*each)(void *ctx, const struct zt_version *v), void *ctx);
/* Makes VERSION of a file or folder, or when it is 0 what it was at TIME, the newest again: of
 * a folder at TIME all that lay in it, as it was then; of VERSION its names alone. What was
 * removed is found in older versions of its folder, and comes back to where it was; what was
 * moved elsewhere stays there. With both 0, REMOTE was removed, and comes back as it was then.
 * Errors: EXISTS (REMOTE itself was moved, or is there). */
ZT_CALL enum zt_err zt_restore(
    struct zt *z, const char *remote, uint64_t version, uint64_t time);
/* Shows what was removed from the tree of WORKSPACE: of each object the place where it stood
 * last. What was removed with a folder is in that folder, and not shown by itself. */
ZT_CALL enum zt_err zt_trash(struct zt *z, const char *workspace,
    void (*each)(void *ctx, const struct zt_removed *r), void *ctx);
/* Brings the removed object ID back as REMOTE, which is free: as it was when it was removed.
 * Errors: NOT_FOUND, EXISTS (it stands in the tree, or something stands at REMOTE). */
ZT_CALL enum zt_err zt_restore_removed(struct zt *z, const char *remote, const char *id);
/* Walks a whole workspace: chain, every manifest, every block. Files that are not whole are
 * told to SKIPPED, as with zt_get. */
ZT_CALL enum zt_err zt_verify(
    struct zt *z, const char *workspace, const struct zt_progress *p, struct zt_check *out);

#endif
