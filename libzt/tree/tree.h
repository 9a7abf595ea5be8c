/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h - names to objects. */
#ifndef ZT_TREE_TREE_H
#define ZT_TREE_TREE_H

#include "chain/workspace.h"
#include "files/manifest.h"
#include "files/path.h"
#include "session/session.h"

struct tree_entry {
	struct id vlob;
	bool is_folder;
};
/* Walks PATH from the root. Errors: NOT_FOUND with the missing name in zt_error_message. */
ZT_CHECKED enum zt_err tree_find(
    struct workspace *s, const struct path *path, size_t depth, struct tree_entry *out);
/* The same in the tree as it was at the time UNTIL (0: now). */
ZT_CHECKED enum zt_err tree_find_at(struct workspace *s, const struct path *path, size_t depth,
    uint64_t until, struct tree_entry *out);
/* The names from the root to a folder, as they were found. */
struct tree_way {
	struct tree_way *up; /* NULL: this is the root */
	struct id vlob;
	struct buf name;
	bool is_there;    /* else it is new and not yet in the chain */
	uint64_t checked; /* z->foreign when the whole way was checked */
	uint64_t listed;  /* z->foreign when the folder's entries were read */
};
/* One step below UP (NULL: this is the root), which was listed and must outlive it. The caller
 * gives *OUT to tree_way_free. */
ZT_CHECKED enum zt_err tree_way_new(struct workspace *s, struct tree_way *up, struct bytes name,
    const struct id *vlob, bool is_there, struct tree_way **out);
void tree_way_free(struct tree_way *w);
/* z->foreign when W and its entries were last checked. */
uint64_t tree_way_as_of(const struct tree_way *w);
/* Cache of the next functions: the folder read last. The caller gives M to pb_wipe. */
struct tree_look {
	struct id folder;
	Zt__Manifest *m;
};
/* Sets *FOUND, and *OUT to what NAME is in FOLDER now. */
ZT_CHECKED enum zt_err tree_look_up(struct workspace *s, struct tree_look *look,
    const struct id *folder, struct bytes name, struct tree_entry *out, bool *found);
/* Checks that W still leads to its folder. Errors: CONFLICT (it does not). */
ZT_CHECKED enum zt_err tree_way_holds(
    struct workspace *s, struct tree_way *w, struct tree_look *look);
/* Checks that NAME is VLOB in W's folder. Errors: CONFLICT. */
ZT_CHECKED enum zt_err tree_has(struct workspace *s, const struct tree_way *w,
    struct bytes name, const struct id *vlob, struct tree_look *look);
/* Parses REMOTE, finds and syncs its workspace; resets the damage report. */
ZT_CHECKED enum zt_err tree_open(
    struct zt *z, const char *remote, struct workspace **s, struct path *path);

/* Sets *ALL: whether all COUNT objects IDS are in the tree, in any folder. */
ZT_CHECKED enum zt_err tree_holds(
    struct workspace *s, const struct id *ids, size_t count, bool *all);
/* Sets *HEIGHT to the depth of nested folders below FOLDER; 0: none. */
ZT_CHECKED enum zt_err tree_height(
    struct workspace *s, const struct id *folder, unsigned *height);
/* Appends to OUT where the object WHAT is in the tree now, as /a/b. Errors: NOT_FOUND. */
ZT_CHECKED enum zt_err tree_where(struct workspace *s, const struct id *what, struct buf *out);

#endif
