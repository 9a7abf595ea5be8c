/* SPDX-License-Identifier: Apache-2.0 */
/* zt/file.h - files and folders, addressed as WORKSPACE:/path. */
#ifndef ZT_FILE_H
#define ZT_FILE_H

#include "zt/zt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a transfer does. */
enum zt_progress_kind { ZT_PROGRESS_SEND, ZT_PROGRESS_FETCH, ZT_PROGRESS_VERIFY };
/* How far it is. */
struct zt_progress_step {
	enum zt_progress_kind kind;
	uint64_t done, total; /* bytes; TOTAL grows while a tree is walked */
	uint64_t files;       /* done so far */
	const char *name;     /* the file that was read or written last, or ""; lives until
			       * STEP returns */
};
struct zt_progress {
	void *ctx;
	/* Called for each block, and for each file. May be NULL. */
	void (*step)(void *ctx, const struct zt_progress_step *s);
	/* NAME was skipped, with the reason; the transfer continues. Of a local file it holds
	 * the bytes that the file system has, UTF-8 or not: show it through zt_show. May be
	 * NULL. */
	void (*skipped)(void *ctx, const char *name, const char *message);
	/* zt_options.keep_both: what is there as NAME stays, and what came is AS. May be
	 * NULL. */
	void (*kept_both)(void *ctx, const char *name, const char *as);
	/* Dry run: zt_put sends nothing, and reports each file that it would send. NULL:
	 * send. */
	void (*would)(void *ctx, const char *name);
};
struct zt_file {
	const char *path; /* within the workspace */
	bool is_folder;
	uint64_t size, version; /* zero unless DETAILS */
	int64_t modified;       /* seconds since 1970 */
	unsigned modified_ns, mode;
};
struct zt_check {
	uint64_t changesets, skipped, folders, files, blocks, bytes;
	/* Files and folders that are whole and in no folder: zt_trash lists them (is_unlinked).
	 * ZT_UNLINKED_UNKNOWN: what was removed could not be read. 0 if something is damaged.
	 */
	uint64_t unlinked;
#define ZT_UNLINKED_UNKNOWN UINT64_MAX
};

/* Uploads a file, or a folder with its contents, and returns once the servers hold it durably.
 * Skips files whose content the workspace has, so that the same call resumes a broken
 * upload. *FILES, if not NULL, counts sent files. */
ZT_CALL enum zt_err zt_put(struct zt *z, const char *local, const char *remote,
    const struct zt_progress *p, uint64_t *files);
/* Downloads a file or folder to LOCAL; an existing local folder is merged into. *FILES, if not
 * NULL, counts written files, without those that were up to date. Every byte is verified
 * before a file gets its name. Replaces a local file only if zt wrote it and nobody changed it
 * since (zt_options.overwrite: always); else skips it, and the call ends with SOME. Skips
 * lost or damaged content and reports it to SKIPPED; for a file or folder whose newest version
 * is damaged, restores the newest version that opens, and reports that. All other files are
 * written, and the call ends with MISSING_BLOCK, CORRUPT or the first file's error. */
ZT_CALL enum zt_err zt_get(struct zt *z, const char *remote, const char *local,
    const struct zt_progress *p, uint64_t *files);
/* Writes a file to FD. VERSION 0 is the newest. */
ZT_CALL enum zt_err zt_cat(struct zt *z, const char *remote, uint64_t version, int fd);
/* Lists what is in the folder REMOTE (the root is WORKSPACE:/), by name within a folder;
 * RECURSIVE: each folder before what is in it. */
ZT_CALL enum zt_err zt_ls(struct zt *z, const char *remote, bool recursive, bool details,
    void (*each)(void *ctx, const struct zt_file *f), void *ctx);
/* The same for the tree at TIME; 0: now. */
ZT_CALL enum zt_err zt_ls_at(struct zt *z, const char *remote, uint64_t time, bool recursive,
    bool details, void (*each)(void *ctx, const struct zt_file *f), void *ctx);
ZT_CALL enum zt_err zt_mkdir(struct zt *z, const char *remote);
/* Moves FROM to TO; into TO, under its own name, if TO is a folder. *AS, if not NULL, is where
 * it is then, as WORKSPACE:/path; the caller frees it. */
ZT_CALL enum zt_err zt_mv(struct zt *z, const char *from, const char *to, char **as);
/* Removes a file, or a folder with its contents (RECURSIVE), from its folder; history keeps
 * it. */
ZT_CALL enum zt_err zt_rm(struct zt *z, const char *remote, bool recursive);
/* Verifies a whole workspace: chain, every manifest, every block. Reports lost or damaged
 * files to SKIPPED, as zt_get does. */
ZT_CALL enum zt_err zt_verify(
    struct zt *z, const char *workspace, const struct zt_progress *p, struct zt_check *out);

#ifdef __cplusplus
}
#endif

#endif
