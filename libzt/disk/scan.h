/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h - a local folder to upload: its entries, which can be sent, and their counterparts in
 * the workspace. Opens nothing but the folder itself. */
#ifndef ZT_DISK_SCAN_H
#define ZT_DISK_SCAN_H

#include "chain/objects.h"
#include "chain/workspace.h"
#include "content/transfer.h"
#include "session/session.h"
#include "tree/tree.h"

struct local_entry {
	char *local;   /* its name on the disk */
	struct buf as; /* its name in the workspace, in normal form */
	struct buf shown;
	struct stat st;
	struct tree_entry there; /* the workspace's entry of that name */
	bool is_there, is_excluded, is_same;
	bool is_young;   /* a change while it is read may not show: it is not noted */
	Zt__Manifest *m; /* of a remote file that must be compared; or NULL */
	struct workspace_version v; /* version of M; the newest may be newer */
};

/* One folder being uploaded. */
struct local_folder {
	struct transfer *t;
	const struct stat *own; /* the state folder of this device */
	struct tree_way *way;   /* its destination */
	unsigned depth;         /* names of its path in the workspace */
	int dir;
	const char *shown;
	struct local_entry *entries;
	size_t count, cap;
	struct workspace_object *objects; /* the files that must be compared */
	size_t *of;                       /* index in ENTRIES by object */
};

/* Reads the entries of F->dir, ordered by name; reports and skips those that cannot be sent,
 * or F itself if reading it fails, at once or midway. The caller gives F to scan_free. Errors:
 * MEMORY. */
ZT_CHECKED enum zt_err scan_local(struct local_folder *f);
/* Finds F's entries in THERE. Files that this device sent or wrote, and nobody changed since,
 * count as equal; the manifests of all others are fetched in bulk. */
ZT_CHECKED enum zt_err scan_match(struct local_folder *f, const Zt__FolderManifest *there);
/* Whether all of F fits into the remote folder THERE (NULL: new); checked before anything is
 * sent. */
bool scan_has_room(const struct local_folder *f, const Zt__FolderManifest *there);
/* Skips E and reports MESSAGE. */
void scan_exclude(const struct local_folder *f, struct local_entry *e, const char *message);
/* Releases what F holds. */
void scan_free(struct local_folder *f);

#endif
