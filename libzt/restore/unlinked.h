/* SPDX-License-Identifier: Apache-2.0 */
/* unlinked.h - objects that count, and that no folder that counts has ever named. */
#ifndef ZT_RESTORE_UNLINKED_H
#define ZT_RESTORE_UNLINKED_H

#include "chain/workspace.h"

/* One of them. */
struct unlinked {
	struct workspace_version v; /* its newest that counts */
	uint64_t first;             /* the position of its first that counts */
	bool is_folder;
	/* As a link says that does not count, and that came before FIRST: NAME is below the
	 * folder PARENT, or it is empty. */
	struct id parent;
	struct buf name;
};
struct unlinked_list {
	struct unlinked *all;
	size_t count, cap;
};

/* Adds to OUT those of S that none of the COUNT tables KNOWN has. The caller has verified the
 * whole chain. What does not open is reported as damaged, except rubbish. */
ZT_CHECKED enum zt_err unlinked_find(struct workspace *s, const struct idmap *const *known,
    size_t count, struct unlinked_list *out);
void unlinked_free(struct unlinked_list *l);

#endif
