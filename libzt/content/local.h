/* SPDX-License-Identifier: Apache-2.0 */
/* local.h - notes of which local file holds which version. */
#ifndef ZT_CONTENT_LOCAL_H
#define ZT_CONTENT_LOCAL_H

#include <sys/stat.h>

#include "chain/workspace.h"
#include "session/session.h"

struct local {
	struct id workspace, vlob;
	uint64_t version;
};
struct local_note {
	struct local is;
	struct stat st; /* the file's state at that time */
};

/* Looks up the version that file ST holds; false if unknown or if the file was changed since:
 * OUT is then what it held before, and untouched if that is unknown. */
bool local_find(struct zt *z, const struct stat *st, struct local *out);
/* Whether the file ST holds VERSION of VLOB in S, by its note. */
bool local_is(
    struct workspace *s, const struct stat *st, const struct id *vlob, uint64_t version);
/* Whether the file was changed so recently that a later change may have the same time
 * stamp. */
bool local_is_young(const struct stat *st);
/* Stores COUNT notes, ignoring errors. No transaction may be open. */
void local_keep(struct zt *z, const struct local_note *notes, size_t count);

#endif
