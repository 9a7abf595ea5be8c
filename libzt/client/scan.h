/* scan.h - a local folder that goes up: its entries, which of them can, and what is there of
 * each. Nothing is opened but the folder itself. */
#ifndef ZT_CLIENT_SCAN_H
#define ZT_CLIENT_SCAN_H

#include "client/transfer.h"

struct local_entry {
	char *local;   /* its name on the disk */
	struct buf as; /* and in the workspace: in normal form */
	struct buf shown;
	struct stat st;
	struct tree_entry there; /* what has that name in the workspace */
	bool is_there, is_left_out, is_same;
	Zt__Manifest *m; /* of a file that is there, when it must be looked at; or NULL */
	struct space_version v; /* which M is: there may be a newer one by now */
};

/* One folder on its way up. */
struct local_folder {
	struct transfer *t;
	const struct stat *own; /* the state folder of this device */
	struct tree_way *way;   /* where it goes */
	unsigned depth;         /* names of its path in the workspace */
	int dir;
	const char *shown;
	struct local_entry *entries;
	size_t count, cap;
	struct space_object *objects; /* of the files that must be looked at */
	size_t *of;                   /* object to entry */
};

/* Reads the entries of F->dir, in the order of their names; what cannot go up is named and left
 * out, as is F itself when it cannot be read (on). The caller gives F to scan_free. Errors:
 * MEMORY. */
ZT_CHECKED enum zt_err scan_local(struct local_folder *f);
/* Finds F's entries in THERE. A file that this device sent or wrote, and nobody changed since,
 * is known to be the same; of all others, what they hold there is fetched together. */
ZT_CHECKED enum zt_err scan_match(struct local_folder *f, const Zt__FolderManifest *there);
/* Whether all of F finds room in the remote folder THERE (NULL: it is new), before anything of
 * it is sent. */
bool scan_has_room(const struct local_folder *f, const Zt__FolderManifest *there);
/* E does not go up; a person is told WHY. */
void scan_leave_out(const struct local_folder *f, struct local_entry *e, const char *why);
/* Releases what F holds. */
void scan_free(struct local_folder *f);

#endif
